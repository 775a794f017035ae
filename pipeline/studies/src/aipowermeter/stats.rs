//! Correlations and trends of the compiled tables.

pub(super) mod readings;

use dag::Problem;
use stats::Correlation;

use super::aggregate::count;
use super::protocol::Network;
use crate::cx::Cx;
use crate::record::Record;
use crate::table::Table;

/// The two tables of a network: their role, and the ending of the ids of what is made from them.
pub(super) const ANALYSES: [(&str, &str); 2] = [("compiled", ""), ("corrected", ".corrected")];

/// The quantities of the Spearman table, in its order.
pub(super) const RANKED: [&str; 7] = [
    "intel_power",
    "mem_use_abs",
    "nvidia_estimated_attributable_power_draw",
    "per_gpu_attributable_mem_use",
    "sm",
    "latency",
    "input_size",
];

/// A quantity of a table of medians; `total` is that of package and cards.
pub(super) fn quantity(table: &Table, name: &str) -> Result<Vec<f64>, Problem> {
    match name {
        "input_size" => table.numbers("size"),
        "total" => {
            let cards = table.numbers("nvidia_draw_absolute")?;
            Ok(table.numbers("intel_power")?.iter().zip(cards).map(|(package, cards)| package + cards).collect())
        }
        _ => table.numbers(name),
    }
}

fn correlated(id: &str, correlation: &Correlation) -> Record {
    Record::scalar(id)
        .value("value", correlation.coefficient)
        .value("pvalue", correlation.pvalue)
        .value("n", correlation.n)
}

/// What the text says of AlexNet: correlation of energy and latency, and card against package.
pub(super) fn alexnet(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    for (role, ending) in ANALYSES {
        let table = Table::read(cx, role)?;
        let broken = |error: stats::Error| table.problem(error.to_string());
        let correct = |record: Record| if ending.is_empty() { record.with_correction() } else { record };
        let found = stats::pearson(&quantity(&table, "total")?, &quantity(&table, "latency")?).map_err(broken)?;
        let record = correlated(&format!("upstream.alexnet.pearson{ending}"), &found);
        let record = record.title("Pearson correlation of total energy and latency, AlexNet").quirk("compile-step");
        cx.record(correct(record))?;

        let (cards, package) = (quantity(&table, "nvidia_draw_absolute")?, quantity(&table, "intel_power")?);
        let factors: Vec<f64> = cards.iter().zip(&package).map(|(cards, package)| cards / package).collect();
        let record = Record::scalar(format!("upstream.alexnet.factor{ending}"))
            .title("Energy of the card by that of the package, AlexNet")
            .value("value", stats::median(&factors).map_err(broken)?)
            .value("least", factors.iter().copied().fold(f64::INFINITY, f64::min))
            .value("greatest", factors.iter().copied().fold(f64::NEG_INFINITY, f64::max))
            .note("Median, least and greatest over the input sizes.");
        cx.record(correct(record))?;

        let found = stats::pearson(&cards, &package).map_err(broken)?;
        let record = correlated(&format!("alexnet.card-package{ending}"), &found);
        cx.record(correct(record.title("Pearson correlation of card and package energy, AlexNet")))?;
    }
    Ok(())
}

/// The Spearman correlations of all pairs of quantities of ResNet50, with scipy's definition.
pub(super) fn spearman(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    for (role, ending) in ANALYSES {
        let table = Table::read(cx, role)?;
        let columns = RANKED.iter().map(|name| quantity(&table, name)).collect::<Result<Vec<_>, _>>()?;
        let mut record = Record::table(format!("upstream.resnet50.spearman{ending}")).columns(RANKED);
        for (name, column) in RANKED.iter().zip(&columns) {
            let row = columns.iter().map(|other| stats::spearman(column, other).map(|found| found.coefficient));
            let row: Vec<f64> = row.collect::<Result<_, _>>().map_err(|error| table.problem(error.to_string()))?;
            record = record.row(*name, row);
        }
        let record = record.title("Spearman correlations of the medians, ResNet50").quirk("compile-step");
        cx.record(if ending.is_empty() { record.with_correction() } else { record })?;
    }
    Ok(())
}

/// What the text says of BERT: how linear the energy of the card is, and where that of the package is least and most.
pub(super) fn bert(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    for (role, ending) in ANALYSES {
        let table = Table::read(cx, role)?;
        let (sizes, cards) = (quantity(&table, "input_size")?, quantity(&table, "nvidia_draw_absolute")?);
        let package = quantity(&table, "intel_power")?;
        let found = stats::pearson(&sizes, &cards).map_err(|error| table.problem(error.to_string()))?;
        let at = |better: fn(f64, f64) -> bool| {
            let best =
                (1..package.len()).fold(0, |best, row| if better(package[row], package[best]) { row } else { best });
            (sizes[best], package[best])
        };
        let ((least_at, least), (greatest_at, greatest)) = (at(|a, b| a < b), at(|a, b| a > b));
        let record = Record::scalar(format!("bert.trend{ending}"))
            .title("Trends of the energies of BERT")
            .value("pearson of card energy and tokens", found.coefficient)
            .value("least package energy", least)
            .value("tokens at the least", count(least_at))
            .value("greatest package energy", greatest)
            .value("tokens at the greatest", count(greatest_at))
            .unit("least package energy", "J")
            .unit("greatest package energy", "J")
            .quirk("compile-step");
        cx.record(if ending.is_empty() { record.with_correction() } else { record })?;
    }
    Ok(())
}

/// The ids of the records of [`alexnet`].
pub(super) fn alexnet_ids() -> Vec<String> {
    let names = ["upstream.alexnet.pearson", "upstream.alexnet.factor", "alexnet.card-package"];
    ANALYSES.iter().flat_map(|(_, ending)| names.iter().map(move |name| format!("{name}{ending}"))).collect()
}

/// The roles of the tables that [`alexnet`], [`spearman`] and [`bert`] read, with their paths.
pub(super) fn inputs(network: Network) -> [(&'static str, String); 2] {
    ANALYSES.map(|(role, ending)| (role, format!("aggregate/{}{ending}", network.id())))
}
