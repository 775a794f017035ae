//! What the summaries of the simulated campaign must say: those of what the simulation was given.

use dag::Problem;
use stats::describe;

use super::inventory::{self, Layer};
use crate::edge_layers::kind::Kind;
use crate::edge_layers::stats::STATISTICS;
use crate::simulate::RawFiles;
use crate::truth::{Truth, Within};

/// Allowed relative difference of statistics of the power: its readings come in steps of 8 mV and 8 mA.
const POWER: f64 = 2e-4;
/// Allowed relative difference of statistics of the run time, whose steps are 32 ns.
const RUN_TIME: f64 = 1e-6;

/// Tells every cell of the three summaries, numbers of layers, the true windows, the energy of every
/// model, and that no layer is lost.
pub(super) fn tell(_: &(), _: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let layers = inventory::layers()?;
    let mut truths = Vec::new();
    for kind in Kind::ALL {
        let of_kind = |of: &dyn Fn(&Layer) -> f64| -> Vec<f64> {
            layers.iter().filter(|layer| layer.kind == kind).map(of).collect()
        };
        let shapes = kind.features().iter().map(|feature| (*feature, of_kind(&|layer| shape(layer, feature)), 1e-12));
        let measured =
            [("power", of_kind(&|layer| layer.power), POWER), ("runtime", of_kind(&|layer| layer.run_time), RUN_TIME)];
        for (column, values, within) in shapes.chain(measured) {
            let summary = describe(&values);
            for (row, (_, statistic)) in STATISTICS.into_iter().enumerate() {
                let record = format!("seed.{}.describe", kind.id());
                truths.push(Truth::cell(record, row, column, statistic(&summary), Within::Relative(within)));
            }
        }
    }
    let count = |of: &dyn Fn(&Layer) -> bool| layers.iter().filter(|layer| of(layer)).count() as f64;
    for kind in Kind::ALL {
        let rows = count(&|layer| layer.kind == kind);
        truths.push(Truth::value(format!("seed.{}.text", kind.id()), "datapoints", rows, Within::Exactly));
    }
    let poolings: Vec<f64> =
        layers.iter().filter(|layer| layer.kind == Kind::Pooling).map(|layer| layer.kernel as f64).collect();
    for (row, (_, statistic)) in STATISTICS.into_iter().enumerate() {
        let value = statistic(&describe(&poolings));
        truths.push(Truth::cell("derived.pool.true_kernel", row, "kernel_0", value, Within::Relative(1e-12)));
    }
    truths.push(Truth::value("inventory.split", "divided", count(&|layer| layer.from_split), Within::Exactly));
    truths.push(Truth::value("burst.all", "layers", layers.len() as f64, Within::Exactly));
    for (row, model) in inventory::MODELS.into_iter().enumerate() {
        let own = || layers.iter().filter(|layer| layer.model == model);
        let energy: f64 = own().map(|layer| layer.power * layer.run_time / 1000.0).sum();
        let macs: f64 = own().map(macs).sum();
        truths.push(Truth::cell("energy-per-inference", row, "energy", energy, Within::Relative(POWER)));
        truths.push(Truth::cell("energy-per-inference", row, "macs", macs, Within::Exactly));
    }
    truths.push(Truth::value("campaign.summaries", "power", 0.0, Within::Absolute(POWER)));
    truths.push(Truth::value("campaign.summaries", "runtime", 0.0, Within::Absolute(RUN_TIME)));
    truths.push(Truth::value("campaign.recovery", "layers", layers.len() as f64, Within::Exactly));
    truths.push(Truth::value("campaign.recovery", "greatest power", 0.0, Within::Absolute(1e-3)));
    truths.push(Truth::value("campaign.recovery", "greatest run time", 0.0, Within::Absolute(3e-5)));
    Ok(truths)
}

/// A feature of a layer, from its shapes rather than from the description of an engine.
fn shape(layer: &Layer, feature: &str) -> f64 {
    let whole = |[c, h, w]: [u64; 3]| layer.batch * c * h * w;
    let value = match feature {
        "batch_size" => layer.batch,
        "input_size" => whole(layer.input),
        "output_size" => whole(layer.output),
        "input_size_0" => layer.input[0],
        "input_size_1" => layer.input[1],
        "input_size_2" => layer.input[2],
        "output_size_0" => layer.output[0],
        "output_size_1" => layer.output[1],
        "output_size_2" => layer.output[2],
        // An error of the original, which the chain imitates.
        "kernel_0" if layer.kind == Kind::Pooling => layer.input[1],
        "kernel_1" if layer.kind == Kind::Pooling => layer.input[2],
        "kernel_0" | "kernel_1" => layer.kernel,
        "padding_0" | "padding_1" => layer.padding,
        _ => layer.stride,
    };
    value as f64
}

/// Multiply-accumulate operations: k² c_in / groups for each number of the output.
fn macs(layer: &Layer) -> f64 {
    if layer.kind == Kind::Pooling {
        return 0.0;
    }
    let [c, h, w] = layer.output;
    (layer.kernel * layer.kernel * layer.input[0] / layer.groups * c * h * w) as f64
}
