//! Jobs that measure single layers: with random settings, and with those of the networks' layers.

use std::collections::BTreeMap;

use dag::Problem;
use stats::SplitMix64;

use super::energies;
use super::logs::{self, Ending, Errors, Printed};
use super::runs::{self, Configuration, Run};
use super::truths;
use crate::campaign::Simulation;
use crate::module_energy::architecture::{self, Layer};
use crate::module_energy::jobs::{BARS, Job};
use crate::module_energy::layers::{LAYER_SETS, LayerSet};
use crate::module_energy::schema::ARCHITECTURES;
use crate::simulate::RawFiles;
use crate::truth::Truth;

/// Configurations of a job with random settings, when the scale is 1.
const LAYERS: u32 = 500;

/// A measured job.
pub(super) struct Measured {
    pub(super) job: &'static Job,
    pub(super) configurations: Vec<Configuration>,
    pub(super) runs: Vec<Run>,
    /// Whether its log has progress bars, which do not tell the run of an error.
    pub(super) has_bars: bool,
}

impl Measured {
    /// What the log tells of each configuration. A single error is glued to a bar, and missed there.
    pub(super) fn errors(&self) -> Vec<Errors> {
        let mut errors = vec![Errors::None; self.configurations.len()];
        for run in self.runs.iter().filter(|run| run.errors > 0) {
            if let Some(of) = errors.get_mut(run.configuration) {
                *of = if run.errors == 1 { Errors::Missed } else { Errors::Found(run.errors - 1) };
            }
        }
        errors
    }
}

/// The jobs of all data sets of single layers.
pub(super) fn layers(simulation: &Simulation, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let mut random = SplitMix64::new(simulation.seed.wrapping_add(1 << 32));
    let mut start = 1_671_240_000;
    let mut measured: Vec<(&'static LayerSet, Vec<Measured>)> = Vec::new();
    for set in &LAYER_SETS {
        let mut jobs = Vec::new();
        for job in set.jobs() {
            let is_random = set.random.iter().any(|other| other.name == job.name);
            let configurations: Vec<Configuration> = if is_random {
                (0..LAYERS * simulation.scale).map(|_| random_layer(set, &mut random)).collect()
            } else {
                of_networks(set, &mut random)
            };
            let runs = runs::measure(&configurations, start, &mut random);
            start = runs.last().map_or(start, |run| run.end) + 60;
            let has_bars = BARS.iter().any(|(_, path, _)| *path == job.log);
            jobs.push(Measured { job, configurations, runs, has_bars });
        }
        measured.push((set, jobs));
    }

    // Some jobs share a log. With each, the seconds that a configuration takes by it.
    let mut bars: BTreeMap<&str, Vec<(&Measured, f64)>> = BTreeMap::new();
    for (set, jobs) in &measured {
        for of in jobs {
            files.stream(of.job.tracker, &mut |to| runs::tracker_csv(to, &of.configurations, &of.runs))?;
            let is_random = set.random.iter().any(|other| other.name == of.job.name);
            if of.has_bars {
                bars.entry(of.job.log).or_default().push((of, 103.0 + random.unit()));
            } else {
                let doing = if is_random { "Doing random configs...\n\n" } else { "Doing architecture configs...\n" };
                let planned = of.configurations.len();
                let printed = Printed { preamble: "", data_set: of.job.data_set, doing, planned, ending: Ending::Done };
                files.stream(of.job.log, &mut |to| logs::printed(to, &of.configurations, &of.runs, &printed))?;
            }
        }
    }
    for (path, jobs) in bars {
        files.stream(path, &mut |to| {
            let mut jobs = jobs.iter();
            jobs.try_for_each(|(of, seconds)| {
                logs::bars(to, of.job.data_set, &of.configurations, &of.errors(), *seconds)
            })
        })?;
    }
    Ok(truths::layers::of_layers(&measured))
}

/// A layer with random settings, within the limits of the genuine data sets.
fn random_layer(set: &LayerSet, random: &mut SplitMix64) -> Configuration {
    let mut within = |least: u64, most: u64| least + random.next_u64() % (most - least + 1);
    let mut values: BTreeMap<&str, u64> = BTreeMap::new();
    for name in set.parameters {
        let (least, most) = match *name {
            "batch_size" | "in_channels" | "out_channels" => (1, 512),
            "image_size" => (4, 224),
            "kernel_size" => (1, 11),
            "stride" => (1, 5),
            "padding" => (0, 3),
            "input_size" if set.name != "linear" => (50_000, 5_000_000),
            _ => (1, 5000),
        };
        values.insert(name, within(least, most));
    }
    let value = |name: &str| values.get(name).copied().unwrap_or_default();
    // A window may neither leave the padded picture nor lie in the padding alone.
    let kernel = value("kernel_size").min(value("image_size"));
    let padding = value("padding").min(kernel / 2);
    for (name, value) in [("kernel_size", kernel), ("padding", padding)] {
        if let Some(known) = values.get_mut(name) {
            *known = value;
        }
    }
    configuration(set, &values, Vec::new())
}

/// The layers of the networks that a data set is about, each at a batch size of its own.
fn of_networks(set: &LayerSet, random: &mut SplitMix64) -> Vec<Configuration> {
    let mut all = Vec::new();
    for network in ARCHITECTURES {
        let layers = architecture::layers(network);
        let of_kind = layers.iter().enumerate().filter(|(_, layer)| layer.module == set.module);
        for (place, layer) in of_kind {
            let batch_size = 1 + random.next_u64() % 256;
            let setting = |name: &str| match name {
                "batch_size" => batch_size,
                "output_size" => outputs(layer),
                "input_size" => layer.weights / outputs(layer).max(1) - 1,
                name => layer.setting(name).unwrap_or_default(),
            };
            let values = set.parameters.iter().map(|name| (*name, setting(name))).collect();
            let labels = vec![("architecture", network.to_owned()), ("layer_idx", place.to_string())];
            all.push(configuration(set, &values, labels));
        }
    }
    all
}

/// Values that come out of a linear layer: the last of a network has 1000, the others 4096.
fn outputs(layer: &Layer) -> u64 {
    if layer.weights == (4096 + 1) * 1000 { 1000 } else { 4096 }
}

/// A layer with settings; operations are those that the original's profiler counts.
fn configuration(
    set: &LayerSet,
    values: &BTreeMap<&'static str, u64>,
    labels: Vec<(&'static str, String)>,
) -> Configuration {
    let value = |name: &str| values.get(name).copied().unwrap_or_default();
    let batch_size = value("batch_size");
    let window = value("kernel_size") * value("kernel_size");
    let edge = |kernel: u64| (value("image_size") + 2 * value("padding") - kernel) / value("stride").max(1) + 1;
    let (macs, weights) = match set.module {
        "Conv2d" => {
            let (edge, taps) = (edge(value("kernel_size")), value("in_channels") * window + 1);
            (value("out_channels") * edge * edge * taps, value("out_channels") * taps)
        }
        "MaxPool2d" => {
            let edge = edge(value("kernel_size"));
            (value("in_channels") * edge * edge * window / 2, 0)
        }
        "Linear" => {
            let weights = (value("input_size") + 1) * value("output_size");
            (weights, weights)
        }
        _ => (value("input_size"), 0),
    };
    // The profiler knows of no operations in the other activations.
    let is_counted = !["Sigmoid", "Tanh", "Softmax"].contains(&set.module);
    let others = set.parameters.iter().filter(|name| **name != "batch_size");
    Configuration {
        module: set.module,
        batch_size,
        settings: others.map(|name| (*name, value(name))).collect(),
        labels,
        macs: if is_counted { macs * batch_size } else { 0 },
        joules: energies::joules(set.module, macs * batch_size, weights),
    }
}
