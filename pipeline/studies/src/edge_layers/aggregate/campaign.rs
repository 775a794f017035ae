//! What the simulated campaign shows: the prose of the notebook, how well the chain finds what the
//! simulation put in, and the energy of whole inferences.

use std::collections::BTreeMap;

use dag::Problem;

use super::printed::printed;
use crate::cx::Cx;
use crate::edge_layers::kind::{Kind, MEASURED};
use crate::edge_layers::simulate::inventory;
use crate::edge_layers::stats::{STATISTICS, column};
use crate::on_file;
use crate::record::{Cell, Record, cells};
use crate::table::Table;

/// Numbers of the notebook's prose: of the data sets, cut off as printed, and rounded.
///
/// The prose cuts off instead of rounding (quirk `truncated-text`), at the second decimal, or the third
/// where the second would be 0.
pub(in crate::edge_layers) fn text(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let columns = ["table", "quantity", "value", "cut off", "rounded"];
    let mut record = Record::table("campaign.text").columns(columns).quirk("truncated-text");
    let mut summaries = Vec::new();
    for kind in Kind::ALL {
        let table = Table::read(cx, kind.table())?;
        for quantity in MEASURED {
            let summary = stats::describe(&column(&table, quantity)?);
            for (of, value) in [("mean", summary.mean), ("max", summary.max), ("min", summary.min)] {
                let decimals = if value < 0.01 { 3 } else { 2 };
                let cut_off = cut_off(value, decimals);
                let rounded = format!("{value:.decimals$}");
                record = record.plain_row(cells![kind.table(), format!("{quantity} {of}"), value, cut_off, rounded]);
            }
            summaries.push((quantity, summary));
        }
    }
    cx.record(record.note("Power in W, run time in ms."))?;

    // Pooling, convolutional, dense: ascending, as the summary of the notebook says.
    let of = |quantity: &str, value: fn(&stats::Describe) -> f64| {
        let all: Vec<f64> = summaries.iter().filter(|(name, _)| *name == quantity).map(|(_, of)| value(of)).collect();
        match all.as_slice() {
            [convolutional, pooling, dense] => [*pooling, *convolutional, *dense],
            _ => [f64::NAN; 3],
        }
    };
    let chain = |[a, b, c]: [f64; 3]| {
        let sign = |less: bool| if less { '<' } else { '≥' };
        format!("{a:.6} {} {b:.6} {} {c:.6}", sign(a < b), sign(b < c))
    };
    let (power, run_time) = (of("power", |of| of.mean), of("runtime", |of| of.mean));
    let longest = of("runtime", |of| of.max);
    let value =
        format!("pooling mean power {}; mean runtime {}; max {}", chain(power), chain(run_time), chain(longest));
    cx.record(Record::scalar("seed.summary.text").value("value", value))
}

/// A positive number without the decimals behind some, as text.
fn cut_off(value: f64, decimals: usize) -> String {
    let text = format!("{value:.12}");
    let end = text.find('.').map_or(text.len(), |point| point + 1 + decimals);
    text.get(..end).unwrap_or(&text).to_owned()
}

/// How far power and run time of the layers come out from what the simulation was given.
pub(in crate::edge_layers) fn recovery(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let held = Table::read(cx, "held")?;
    let (models, layers) = (held.texts("model")?, held.texts("layer")?);
    let (powers, run_times) = (held.numbers("power")?, held.numbers("run_time")?);
    let given = inventory::layers()?;
    let given: BTreeMap<(&str, &str), [f64; 2]> = given
        .iter()
        .map(|layer| ((layer.model.as_str(), layer.name.as_str()), [layer.power, layer.run_time]))
        .collect();
    let mut errors = [Vec::new(), Vec::new()];
    for (row, (model, layer)) in models.iter().zip(&layers).enumerate() {
        let [power, run_time] = given.get(&(model.as_str(), layer.as_str())).copied().unwrap_or([f64::NAN; 2]);
        errors[0].push((powers[row] / power - 1.0).abs());
        errors[1].push((run_times[row] / run_time - 1.0).abs());
    }
    let fewest = held.numbers("count")?.into_iter().fold(f64::INFINITY, f64::min);
    let mut record = Record::scalar("campaign.recovery").value("layers", held.len()).value("fewest", fewest);
    for (name, errors) in ["power", "run time"].into_iter().zip(errors) {
        let summary = stats::describe(&errors);
        // An error of NaN, of a layer that was not simulated, is not left out.
        let greatest = if summary.missing > 0 { f64::NAN } else { summary.max };
        record = record.value(format!("greatest {name}"), greatest).value(format!("median {name}"), summary.q50);
    }
    cx.record(
        record.note("Relative differences of the layers from what was simulated; fewest power values of a layer."),
    )
}

/// How far the summaries of power and run time are from the printed ones, to which the simulation is
/// fitted: the greatest relative difference of the three tables' statistics.
pub(in crate::edge_layers) fn summaries(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let published = on_file::published(cx)?;
    let mut record = Record::scalar("campaign.summaries");
    for quantity in MEASURED {
        let mut greatest = 0.0_f64;
        for kind in Kind::ALL {
            let own = cx.read_record(&format!("seed.{}.describe", kind.id()))?;
            for (statistic, _) in STATISTICS {
                let printed = printed(&published, kind, statistic, quantity)?;
                let ours = own.cell(statistic, quantity).and_then(Cell::as_f64).unwrap_or(f64::NAN);
                let difference = (ours / printed - 1.0).abs();
                // NaN, of a statistic that is missing, is not left out.
                greatest = if difference.is_nan() { difference } else { greatest.max(difference) };
            }
        }
        record = record.value(quantity, greatest);
    }
    cx.record(record.note("Greatest relative difference of the statistics from the printed ones, by construction."))
}

/// Energy of an inference of each model: the sum over the layers that reached the tables of power times
/// run time. W times ms is mJ.
pub(in crate::edge_layers) fn energy(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let held = Table::read(cx, "held")?;
    let (macs, powers, run_times) = (held.numbers("macs")?, held.numbers("power")?, held.numbers("run_time")?);
    let mut models: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (row, model) in held.texts("model")?.into_iter().enumerate() {
        let (operations, energies) = models.entry(model).or_default();
        operations.push(macs[row]);
        energies.push(powers[row] * run_times[row] / 1000.0);
    }
    let record = Record::table("energy-per-inference").columns(["model", "macs", "energy"]).unit("energy", "J");
    let record = models.iter().fold(record, |record, (model, (macs, energies))| {
        record.plain_row(cells![model.as_str(), stats::sum(macs), stats::sum(energies)])
    });
    cx.record(record.note(
        "A simulated Jetson Orin with TensorRT, fp16, batch 1. Power of the whole board without that of the idle board, times run \
         time, summed over the layers that reached the tables: convolutions, poolings and fully connected layers; of googlenet \
         one layer, of the convnexts no fully connected ones. Operations are those of the same layers, from their shapes.",
    ))
}

#[cfg(test)]
mod tests {
    use super::cut_off;

    #[test]
    fn the_prose_cuts_off() {
        assert_eq!(cut_off(5.245_252, 2), "5.24");
        assert_eq!(cut_off(0.009_791, 3), "0.009");
        assert_eq!(cut_off(7.0, 2), "7.00");
    }
}
