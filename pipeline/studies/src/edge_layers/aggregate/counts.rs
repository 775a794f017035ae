//! Numbers of layers, their order, and what else follows from the architectures alone.

use std::collections::{BTreeMap, BTreeSet};

use dag::Problem;
use stats::argsort_network;

use super::printed::printed;
use crate::cx::Cx;
use crate::edge_layers::features::Layers;
use crate::edge_layers::kind::{Kind, MEASURED};
use crate::edge_layers::stats::described;
use crate::on_file;
use crate::record::{Record, cells};
use crate::table::Table;

/// Models on whose layers the original tested what it trained on the others (cell 3).
const TEST_MODELS: [&str; 3] = ["lenet", "resnet18", "vgg16"];

/// Rows of a count table that the notebook shows; the others are on file from the same notebook.
const SHOWN: usize = 10;

/// The ids of the records of [`counts`].
pub(in crate::edge_layers) fn ids() -> Vec<String> {
    let of = |kind: Kind| {
        let id = kind.id();
        let seed = ["counts", "order", "table_title", "text"].map(|what| format!("seed.{id}.{what}"));
        seed.into_iter().chain([format!("upstream.{id}.counts_rest")])
    };
    let all = Kind::ALL.into_iter().flat_map(of);
    all.chain(
        ["seed.conv.googlenet", "upstream.tuning.conv.split", "inventory.models", "inventory.split"].map(str::to_owned),
    )
    .collect()
}

/// Layers of each model in each table (cells 5 to 17).
///
/// The notebook lists the models as the file system does and sorts them by their number of layers with
/// a sort that is not stable, so that the order of ties follows from that of the file system, which is
/// taken from its print.
pub(in crate::edge_layers) fn counts(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let inventory = Table::read(cx, "inventory")?;
    let (models, kinds) = (inventory.texts("model")?, inventory.texts("kind")?);
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (model, kind) in models.iter().zip(&kinds) {
        *counts.entry((model, kind)).or_default() += 1;
    }
    let listed = on_file::rows(cx, "seed.models")?;
    let listed: Vec<&str> = listed.iter().filter_map(|row| Some(row.first()?.text())).collect();
    let known: BTreeSet<&str> = models.iter().map(String::as_str).collect();
    if listed.iter().copied().collect::<BTreeSet<_>>() != known {
        let problem = Problem::new("seed.models does not list the models of the inventory");
        return Err(problem.expected(known.into_iter().collect::<Vec<_>>().join(", ")));
    }
    let count = |model: &str, kind: Kind| counts.get(&(model, kind.table())).copied().unwrap_or(0);

    for kind in Kind::ALL {
        let id = kind.id();
        let listed: Vec<&str> = listed.iter().copied().filter(|model| count(model, kind) > 0).collect();
        let sorted = descending(&listed, |model| count(model, kind));
        let columns = ["Model Name".to_owned(), format!("Number of {} Layer", kind.title())];
        let table = |id: String, models: &[&str]| {
            let record = Record::table(id).columns(columns.clone());
            models.iter().fold(record, |record, model| record.plain_row(cells![*model, count(model, kind)]))
        };
        let (shown, rest) = sorted.split_at(SHOWN.min(sorted.len()));
        cx.record(table(format!("seed.{id}.counts"), shown).excerpt_of(sorted.len(), 2))?;
        cx.record(table(format!("upstream.{id}.counts_rest"), rest))?;
        let order = Record::table(format!("seed.{id}.order")).columns(["order"]);
        cx.record(sorted.iter().fold(order, |record, model| record.plain_row([*model])))?;
        let title = format!("{} Layers data summary", kind.title());
        cx.record(Record::scalar(format!("seed.{id}.table_title")).value("value", title))?;
        cx.record(text(kind, &listed, |model| count(model, kind)))?;
    }

    let googlenet = Record::scalar("seed.conv.googlenet").value("value", count("googlenet", Kind::Convolutional));
    cx.record(googlenet.note("The first convolution of 57; the others, and all poolings, did not reach the tables."))?;
    let test: usize = TEST_MODELS.iter().map(|model| count(model, Kind::Convolutional)).sum();
    let all: usize = listed.iter().map(|model| count(model, Kind::Convolutional)).sum();
    let split = Record::table("upstream.tuning.conv.split").columns(["value"]);
    cx.record(split.plain_row([all - test]).plain_row([test]).note("Rows to train on, and to test on."))?;

    let split = inventory.of_numbers("split", |split| split == 1.0)?;
    let convolutional = split.of("kind", Kind::Convolutional.table())?.len();
    let fixed = all - convolutional;
    let record = Record::scalar("inventory.split").value("divided", split.len()).value("convolutional", convolutional);
    cx.record(record.value("fixed", fixed).note(
        "Layers whose kind is not known and was divided, those of them that became convolutional, and the other convolutional ones.",
    ))?;

    let mut record = Record::table("inventory.models").columns(["model"].into_iter().chain(Kind::ALL.map(Kind::table)));
    for model in known {
        let [convolutional, pooling, dense] = Kind::ALL.map(|kind| count(model, kind));
        record = record.plain_row(cells![model, convolutional, pooling, dense]);
    }
    cx.record(record)
}

/// Sorted descending as pandas does by default: reversed, by numpy's default sort (which the original ran
/// with vector instructions, as the order of its ties tells), and reversed again.
fn descending<'a>(models: &[&'a str], count: impl Fn(&str) -> usize) -> Vec<&'a str> {
    let reversed: Vec<&str> = models.iter().rev().copied().collect();
    let keys: Vec<usize> = reversed.iter().map(|model| count(model)).collect();
    let order = argsort_network(&keys).unwrap_or_default();
    order.into_iter().rev().filter_map(|place| reversed.get(place).copied()).collect()
}

/// The numbers in the notebook's prose that follow from the architectures. The others are those of its
/// tables, cut off instead of rounded.
fn text(kind: Kind, models: &[&str], count: impl Fn(&str) -> usize) -> Record {
    let rows: usize = models.iter().map(|model| count(model)).sum();
    let record = Record::scalar(format!("seed.{}.text", kind.id()))
        .value("models with layer", models.len())
        .value("datapoints", rows)
        .value("features incl. power and runtime", kind.features().len() + MEASURED.len());
    let measured =
        MEASURED.into_iter().flat_map(|quantity| ["mean", "max", "min"].map(|of| format!("{quantity} {of}")));
    measured.fold(record, Record::not_recomputable).quirk("truncated-text")
}

/// The true windows of the poolings, which the original took for the input plane.
pub(in crate::edge_layers) fn true_kernel(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let poolings = Table::read(cx, "inventory")?.of("kind", Kind::Pooling.table())?;
    let (window, [height, width]) = (poolings.numbers("kernel")?, ["h_in", "w_in"].map(|name| poolings.numbers(name)));
    let columns = [
        ("kernel_0", window.clone()),
        ("kernel_1", window),
        ("published kernel_0", height?),
        ("published kernel_1", width?),
    ];
    let record = described("derived.pool.true_kernel", &columns).quirk("pooling-kernel");
    cx.record(record.note("The published kernels are the height and width of the input."))
}

/// The printed numbers of the dense table that the division of the layers does not hit.
pub(in crate::edge_layers) fn dense(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let dense = Table::read(cx, "inventory")?.of("kind", Kind::Dense.table())?;
    let published = on_file::published(cx)?;
    let columns = ["quantity", "statistic", "made here", "published", "relative difference"];
    let mut record = Record::table("inventory.dense").columns(columns);
    for (quantity, shape) in [("input_size", ["c_in", "h_in", "w_in"]), ("output_size", ["c_out", "h_out", "w_out"])] {
        let [channels, heights, widths] = shape.map(|name| dense.numbers(name));
        let sizes = dense.numbers("n_in")?.into_iter().zip(channels?).zip(heights?).zip(widths?);
        let sizes: Vec<f64> =
            sizes.map(|(((batch, channels), height), width)| batch * channels * height * width).collect();
        let summary = stats::describe(&sizes);
        for (statistic, ours) in [("mean", summary.mean), ("std", summary.std)] {
            let printed = printed(&published, Kind::Dense, statistic, quantity)?;
            record = record.plain_row(cells![quantity, statistic, ours, printed, ours / printed - 1.0]);
        }
    }
    cx.record(record)
}

/// The inventory against the two engines that are held: numbers of layers, and layers of equal shape.
pub(in crate::edge_layers) fn engines(cx: &mut Cx<'_, '_>, models: &[&'static str; 2]) -> Result<(), Problem> {
    let inventory = Table::read(cx, "inventory")?;
    let columns = ["model", "kind", "layers of the engine", "layers of the inventory", "of equal shape"];
    let mut record = Record::table("inventory.engines").columns(columns);
    for model in models {
        let engine = Layers::read(cx, model)?;
        for kind in Kind::ALL {
            let ours = inventory.of("model", model)?.of("kind", kind.table())?;
            let columns = ["c_in", "h_in", "w_in", "c_out", "h_out", "w_out", "kernel", "padding", "stride"];
            let columns = columns.map(|name| ours.numbers(name)).into_iter().collect::<Result<Vec<_>, _>>()?;
            let places = engine.of(kind);
            let edge = if kind == Kind::Pooling { "window_0" } else { "kernel_0" };
            let names = ["c_in", "h_in", "w_in", "c_out", "h_out", "w_out", edge, "padding_0", "stride_0"];
            // As sets: the engine may run the branches of a network in another order.
            let mut left: Vec<Vec<f64>> =
                (0..ours.len()).map(|row| columns.iter().map(|column| column[row]).collect()).collect();
            let mut equal = 0_usize;
            for place in &places {
                let shape: Vec<f64> = names.iter().map(|name| engine.number(name, *place)).collect();
                if let Some(found) = left.iter().position(|other| *other == shape) {
                    left.swap_remove(found);
                    equal += 1;
                }
            }
            record = record.plain_row(cells![*model, kind.table(), places.len(), ours.len(), equal]);
        }
    }
    cx.record(record)
}

#[cfg(test)]
mod tests {
    use super::descending;

    /// As pandas 3.1 with numpy 2.4 sorts them.
    #[test]
    fn greatest_first_and_ties_as_the_network_leaves_them() {
        let models = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let counts = [1, 3, 3, 1, 2, 3, 2, 3, 3, 1];
        let count = |model: &str| counts[models.iter().position(|known| *known == model).unwrap()];
        assert_eq!(descending(&models, count).concat(), "bcifhgeadj");
    }
}
