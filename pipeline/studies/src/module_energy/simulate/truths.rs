//! What the analyses must find in the simulated runs.

pub(super) mod layers;

use std::collections::BTreeMap;

use rawlog::joblog::REPETITIONS;
use stats::SplitMix64;

use super::runs::{self, Configuration, NOISE, Run};
use crate::truth::{Truth, Within};

/// A measuring job.
pub(super) struct Job {
    /// Networks and batch sizes, in their order.
    pub(super) settings: Vec<(&'static str, u64)>,
    pub(super) configurations: Vec<Configuration>,
    pub(super) runs: Vec<Run>,
}

impl Job {
    /// Measures networks at batch sizes.
    pub(super) fn measured(settings: Vec<(&'static str, u64)>, start: i64, random: &mut SplitMix64) -> Self {
        let configurations = super::configurations(&settings);
        let runs = runs::measure(&configurations, start, random);
        Self { settings, configurations, runs }
    }

    /// The job when it goes on with the first layers of another batch size.
    pub(super) fn continued(
        &self,
        setting: (&'static str, u64),
        more: Vec<Configuration>,
        start: i64,
        random: &mut SplitMix64,
    ) -> Self {
        let before = self.configurations.len();
        let mut further = runs::measure(&more, start, random);
        further.iter_mut().for_each(|run| run.configuration += before);
        Self {
            settings: self.settings.iter().copied().chain([setting]).collect(),
            configurations: self.configurations.iter().cloned().chain(more).collect(),
            runs: self.runs.iter().cloned().chain(further).collect(),
        }
    }

    /// Rows whose run failed.
    fn failed(&self) -> Vec<usize> {
        self.runs.iter().enumerate().filter(|(_, run)| run.errors > 0).map(|(row, _)| row).collect()
    }
}

/// How many standard deviations the outcome of an analysis may be off: one in a million is more.
const SIGMAS: f64 = 5.0;

/// Standard deviation of the energy of a configuration, as a share of it, when one of its runs failed.
fn noise() -> f64 {
    NOISE / ((REPETITIONS - 1) as f64).sqrt()
}

/// Networks in the order in which they are first seen, with their batch sizes, each once.
fn batch_sizes(settings: &[(&'static str, u64)]) -> Vec<(&'static str, Vec<u64>)> {
    let mut networks: Vec<(&'static str, Vec<u64>)> = Vec::new();
    for &(name, size) in settings {
        match networks.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sizes)) if sizes.contains(&size) => {}
            Some((_, sizes)) => sizes.push(size),
            None => networks.push((name, vec![size])),
        }
    }
    networks
}

/// What the tables of one analysis must hold.
struct Tables<'a> {
    prefix: &'a str,
    networks: Vec<(&'static str, Vec<u64>)>,
}

/// The rows of the corrected shares.
const KINDS: [&str; 6] = ["AdaptiveAvgPool2d", "Conv2d", "Linear", "MaxPool2d", "ReLU", "Dropout"];

impl Tables<'_> {
    /// Mean shares of the kinds of modules.
    fn shares(&self) -> Vec<Truth> {
        let record = format!("{}.fig.contrib.corrected", self.prefix);
        let mut truths = vec![Truth::rows(record.as_str(), KINDS.len())];
        for (network, sizes) in &self.networks {
            let shares: Vec<BTreeMap<&str, f64>> = sizes.iter().map(|&size| shares(network, size)).collect();
            for (row, kind) in KINDS.into_iter().enumerate() {
                let of_kind: Vec<f64> = shares.iter().filter_map(|of| of.get(kind).copied()).collect();
                let mean = of_kind.iter().sum::<f64>() / of_kind.len().max(1) as f64;
                // A share is p = a / (a + b): its relative error is (1 - p) times that of a / b.
                let spread = mean * (1.0 - mean / 100.0) * noise() * 2.0_f64.sqrt();
                let within = Within::Absolute(SIGMAS * spread / (sizes.len() as f64).sqrt());
                truths.push(Truth::cell(record.as_str(), row, network, mean, within));
            }
        }
        truths
    }

    /// Means over the batch sizes, and deviations of the sums.
    fn totals(&self) -> Vec<Truth> {
        let record = format!("{}.totals.corrected", self.prefix);
        let mut truths = vec![Truth::rows(record.as_str(), self.networks.len())];
        for (row, (network, sizes)) in self.networks.iter().enumerate() {
            let count = sizes.len() as f64;
            let mut cell = |column: &str, value: f64, within: Within| {
                truths.push(Truth::cell(record.as_str(), row, column, value, within));
            };
            let modules = |size: &u64| super::network(network, *size).iter().skip(1).map(|of| of.joules).sum::<f64>();
            let mean = sizes.iter().map(modules).sum::<f64>() / count / 3.6e6;
            let deviation = super::deviation(network);
            cell("batch sizes", count, Within::Exactly);
            cell("avg_total_agg_kWh", mean, Within::Relative(SIGMAS * noise()));
            cell("avg_total_measured_kWh", mean * (1.0 - deviation), Within::Relative(SIGMAS * noise()));
            let spread = noise() * 2.0_f64.sqrt();
            cell("mean signed", deviation, Within::Absolute(SIGMAS * spread / count.sqrt()));
            // Large batches weigh more here.
            cell("pooled", deviation, Within::Absolute(SIGMAS * spread));
        }
        truths
    }
}

/// True shares of the kinds of modules in percent.
fn shares(network: &'static str, batch_size: u64) -> BTreeMap<&'static str, f64> {
    let modules: Vec<Configuration> = super::network(network, batch_size).into_iter().skip(1).collect();
    let all: f64 = modules.iter().map(|module| module.joules).sum();
    let mut shares = BTreeMap::new();
    for module in modules {
        *shares.entry(module.module).or_default() += module.joules / all * 100.0;
    }
    shares
}

/// The truths about the jobs that measure networks.
pub(super) fn of_jobs(final_1: &Job, final_2: &Job, first: &Job) -> Vec<Truth> {
    let exactly = |record: &str, row: usize, column: &str, value: usize| {
        Truth::cell(record, row, column, value as f64, Within::Exactly)
    };
    let mut truths = Vec::new();

    // Rows that the job logs call failed.
    for (job, dropped, runs) in [
        (final_1, "mw.d1.dropped", "mw.d1.runs"),
        (final_2, "mw.d2.dropped", "mw.d2.runs"),
        (first, "u1.dropped", "u1.runs"),
    ] {
        let failed = job.failed();
        truths.push(Truth::rows(dropped, failed.len()));
        truths.extend(failed.iter().enumerate().map(|(place, row)| exactly(dropped, place, "row index", *row)));
        for (name, count) in [("runs", job.runs.len()), ("failed", failed.len()), ("missed", 0)] {
            truths.push(Truth::value(runs, name, count as f64, Within::Exactly));
        }
        truths.push(Truth::value(runs, "kept", (job.runs.len() - failed.len()) as f64, Within::Exactly));
    }
    for (job, shape) in [(final_1, "mw.d1.shape"), (final_2, "mw.d2.shape")] {
        truths.push(exactly(shape, 0, "rows", job.runs.len() - job.failed().len()));
        truths.push(exactly(shape, 0, "columns", 28));
    }

    // Groups, and what is left out of them.
    let settings: Vec<(&'static str, u64)> = final_1.settings.iter().chain(&final_2.settings).copied().collect();
    let all = Tables { prefix: "mw", networks: batch_sizes(&settings) };
    let complete = Tables { prefix: "u1", networks: batch_sizes(&final_2.settings) };
    let groups = |tables: &Tables<'_>| {
        let of_network = |(network, sizes): &(&'static str, Vec<u64>)| super::network(network, 1).len() * sizes.len();
        tables.networks.iter().map(of_network).sum::<usize>()
    };
    truths.push(exactly("mw.agg.shape", 0, "rows", groups(&all)));
    truths.push(exactly("mw.complete.shape", 0, "rows", groups(&all)));
    truths.push(exactly("u1.agg.shape", 0, "rows", groups(&complete) + super::MEASURED_LAYERS));
    truths.push(Truth::rows("u1.complete", 1));
    truths.push(exactly("u1.complete", 0, "removed batch_size", super::BROKEN_OFF as usize));
    truths.push(exactly("u1.complete", 0, "rows", groups(&complete)));
    for (row, (network, sizes)) in all.networks.iter().enumerate() {
        let draws = settings.iter().filter(|(name, _)| name == network).count();
        truths.push(exactly("mw.totals.corrected", row, "draws", draws));
        truths.push(Truth::points("mw.fig.batch", &format!("{network} Conv2d"), sizes.len()));
    }
    truths.extend(merged(&settings, &[final_1, final_2]));

    // The correct analysis of the first document is that of the first cluster run.
    let seed = Tables { prefix: "seed", networks: complete.networks.clone() };
    for tables in [&all, &complete, &seed] {
        truths.extend(tables.shares());
        truths.extend(tables.totals());
    }
    truths.push(Truth::value("seed.parsed", "rows", first.runs.len() as f64, Within::Exactly));
    for name in ["texts that differ", "numbers that differ"] {
        truths.push(Truth::value("seed.parsed", name, 0.0, Within::Exactly));
    }
    truths.extend(energies(&all));
    truths.extend(estimates(&all));
    truths
}

/// Estimates of networks from models without an intercept. Of convolutions the energy of an operation is
/// the same in networks and by themselves, but for what a pass costs.
fn estimates(tables: &Tables<'_>) -> Vec<Truth> {
    let settings =
        || tables.networks.iter().flat_map(|(network, sizes)| sizes.iter().map(move |size| (*network, *size)));
    let modules: Vec<Configuration> =
        settings().flat_map(|(network, size)| super::network(network, size).into_iter().skip(1)).collect();
    let mut truths = vec![Truth::value("est.overall", "n", settings().count() as f64, Within::Exactly)];
    for kind in KINDS {
        let count = modules.iter().filter(|module| module.module == kind).count();
        truths.push(Truth::value(format!("est.layer.{kind}"), "n", count as f64, Within::Exactly));
    }
    // Those without a model.
    for kind in ["AdaptiveAvgPool2d", "Dropout"] {
        truths.push(Truth::value(format!("est.layer.{kind}"), "dev_percent", 100.0, Within::Absolute(1e-9)));
    }
    let per_operation = super::energies::joules("Conv2d", 1, 0) - super::energies::joules("Conv2d", 0, 0);
    let off: Vec<f64> = modules
        .iter()
        .filter(|module| module.module == "Conv2d")
        .map(|module| (per_operation * module.macs as f64 / module.joules - 1.0).abs() * 100.0)
        .collect();
    let mean = off.iter().sum::<f64>() / off.len().max(1) as f64;
    let within = Within::Absolute(100.0 * layers::SLOPE);
    truths.push(Truth::value("est.layer.Conv2d.corrected", "dev_percent", mean, within));
    truths
}

/// Batch sizes that were drawn more than once, with the runs of the whole network that did not fail.
fn merged(settings: &[(&'static str, u64)], jobs: &[&Job]) -> Vec<Truth> {
    let mut times: BTreeMap<(&str, u64), u64> = BTreeMap::new();
    for &setting in settings {
        *times.entry(setting).or_default() += 1;
    }
    let sound = |(network, batch_size): (&str, u64)| {
        let is = |configuration: &Configuration| {
            let [(_, name), (_, layer)] = configuration.labels.as_slice() else { return false };
            name == network && layer == "0" && configuration.batch_size == batch_size
        };
        let of_job = |job: &&&Job| {
            let here = |run: &&Run| run.errors == 0 && job.configurations.get(run.configuration).is_some_and(is);
            job.runs.iter().filter(here).count()
        };
        jobs.iter().map(|job| of_job(&job)).sum::<usize>()
    };
    let more: Vec<((&str, u64), usize)> =
        times.iter().filter(|(_, times)| **times > 1).map(|(setting, _)| (*setting, sound(*setting))).collect();
    let mut truths = vec![Truth::rows("derived.mw.merged", more.len())];
    for (row, ((_, batch_size), runs)) in more.into_iter().enumerate() {
        let mut cell = |column: &str, value: f64| {
            truths.push(Truth::cell("derived.mw.merged", row, column, value, Within::Exactly));
        };
        cell("batch_size", batch_size as f64);
        cell("rows in the whole-network group", runs as f64);
    }
    truths
}

/// Energy and operations of one inference.
fn energies(tables: &Tables<'_>) -> Vec<Truth> {
    let record = "energy-per-inference";
    let settings = tables.networks.iter().flat_map(|(network, sizes)| sizes.iter().map(move |size| (*network, *size)));
    let of = |(row, (network, size)): (usize, (&'static str, u64))| {
        let whole = super::network(network, size).into_iter().next()?;
        let inputs = size as f64;
        Some([
            Truth::cell(record, row, "macs", whole.macs as f64 / inputs, Within::Exactly),
            Truth::cell(record, row, "energy", whole.joules / inputs, Within::Relative(SIGMAS * noise())),
        ])
    };
    settings.enumerate().filter_map(of).flatten().collect()
}
