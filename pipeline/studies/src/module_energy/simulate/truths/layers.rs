//! What the analyses of single layers must find, and the estimates of networks that rest on them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::layers::Measured;
use super::super::logs::Errors;
use super::super::runs::Configuration;
use crate::module_energy::layers::LayerSet;
use crate::module_energy::models::MODELS;
use crate::truth::{Truth, Within};

/// By how much of it the energy of an operation may come out wrong. The noise would allow a tenth of that;
/// but a large layer has much weight, and one of its runs may have failed without being noticed.
pub(super) const SLOPE: f64 = 0.03;

/// How far a coefficient of determination may be from 1 where the energy is a function of the features.
const SCORE: f64 = 0.01;

fn exactly(record: &str, row: usize, column: &str, value: usize) -> Truth {
    Truth::cell(record, row, column, value as f64, Within::Exactly)
}

/// The truths about the jobs of single layers.
pub(in crate::module_energy::simulate) fn of_layers(measured: &[(&LayerSet, Vec<Measured>)]) -> Vec<Truth> {
    let mut truths = of_failures(measured);
    for (set, jobs) in measured {
        for (place, job) in jobs.iter().enumerate() {
            truths.extend(of_job(set, place, job));
        }
        let groups = groups(set, jobs, true);
        let name = set.name;
        let (shapes, row) = match name {
            "conv2d" | "linear" | "maxpool2d" => (format!("{name}.agg.shape"), 1),
            "relu" => ("relu.shapes".to_owned(), 3),
            _ => (format!("{name}.shapes"), 1),
        };
        truths.push(exactly(&shapes, row, "rows", groups));
        let kept: usize = random(set, jobs).map(|job| job.runs.len() - dropped(job).len()).sum();
        truths.push(exactly(&shapes, row - 1, "rows", kept));
        let files = if set.random.len() > 1 { jobs.len() } else { 0 };
        truths.push(Truth::rows(format!("datasets.{name}"), files + 1));
        truths.push(exactly(&format!("datasets.{name}"), files, "rows", groups));
        for model in MODELS.iter().filter(|model| model.set == name) {
            let test = groups - (0.9 * groups as f64) as usize;
            truths.push(Truth::points(format!("{}.fig", model.id), "predictions", test));
            let n = (0.7 * groups as f64) as usize;
            truths.push(Truth::value(model.id, "n", n as f64, Within::Exactly));
        }
    }
    let by_name = |name: &str| measured.iter().find(|(set, _)| set.name == name);
    for (row, name) in
        ["conv2d", "conv2d", "linear", "maxpool2d", "relu", "tanh", "sigmoid", "softmax"].iter().enumerate()
    {
        truths.extend(by_name(name).map(|(set, jobs)| exactly("derived.split", row, "n", groups(set, jobs, true))));
    }
    truths.push(Truth::rows("derived.log.fixed", MODELS.len()));
    for (row, model) in MODELS.iter().enumerate() {
        let sound = by_name(model.set).map(|(set, jobs)| groups(set, jobs, false));
        truths.extend(sound.map(|sound| exactly("derived.log.fixed", row, "groups", sound)));
    }

    // The energy is a function of these features, in which the models are linear.
    for model in ["conv2d.macs", "conv2d.param_macs", "relu.param", "relu.macs", "tanh", "sigmoid", "softmax"] {
        for score in ["cv_r2_mean", "val_r2", "test_r2"] {
            truths.push(Truth::value(model, score, 1.0, Within::Absolute(SCORE)));
            truths.push(Truth::value(format!("{model}.corrected"), score, 1.0, Within::Absolute(SCORE)));
        }
    }
    truths.push(Truth::value("ablation.count", "value", 32767.0, Within::Exactly));
    truths.push(Truth::rows("ablation.extremes", 4));
    for row in 0..2 {
        truths.push(Truth::cell("ablation.extremes", row, "test R2", 1.0, Within::Absolute(SCORE)));
    }
    truths.push(Truth::cell("ablation.extremes.corrected", 0, "test R2", 1.0, Within::Absolute(SCORE)));
    for (row, name) in ["conv2d", "linear", "relu", "maxpool2d"].into_iter().enumerate() {
        if let Some((set, jobs)) = by_name(name) {
            let record = "derived.est.models.corrected";
            let slope = slope(set, jobs);
            truths.push(Truth::cell(record, row, "energy of an operation", slope, Within::Relative(SLOPE)));
        }
    }
    truths
}

/// The jobs with random settings.
fn random<'a>(set: &LayerSet, jobs: &'a [Measured]) -> impl Iterator<Item = &'a Measured> {
    let names: Vec<&str> = set.random.iter().map(|job| job.name).collect();
    jobs.iter().filter(move |job| names.contains(&job.job.name))
}

/// Rows that the original drops: single runs where the log tells them, else all of a configuration of which
/// it sees an error.
fn dropped(measured: &Measured) -> Vec<usize> {
    let errors = measured.errors();
    let is_dropped = |row: &usize| {
        let run = &measured.runs[*row];
        match measured.has_bars {
            true => matches!(errors.get(run.configuration), Some(Errors::Found(_))),
            false => run.errors > 0,
        }
    };
    (0..measured.runs.len()).filter(is_dropped).collect()
}

/// What the cleaning of a job tells.
fn of_job(set: &LayerSet, place: usize, job: &Measured) -> Vec<Truth> {
    let dropped = dropped(job);
    let runs = match (set.random.len(), set.name) {
        (1, name) => format!("{name}.runs"),
        (_, name) => format!("{name}.d{}.runs", place + 1),
    };
    let missed = if job.has_bars { job.errors().iter().filter(|of| **of == Errors::Missed).count() * 3 } else { 0 };
    let mut truths = Vec::new();
    for (name, count) in [
        ("runs", job.runs.len()),
        ("failed", dropped.len()),
        ("missed", missed),
        ("kept", job.runs.len() - dropped.len()),
    ] {
        truths.push(Truth::value(runs.as_str(), name, count as f64, Within::Exactly));
    }
    let record = match job.job.name {
        "conv2d-3" => "datasets.conv2d.d3.dropped".to_owned(),
        "linear-3" | "maxpool2d-3" => return truths,
        "relu-new" => "relu.dropped.new".to_owned(),
        "relu-old" => "relu.dropped.old".to_owned(),
        _ if set.random.len() > 1 => format!("{}.d{}.dropped", set.name, place + 1),
        name => format!("{name}.dropped"),
    };
    truths.push(Truth::rows(record.as_str(), dropped.len()));
    truths.extend(dropped.iter().enumerate().map(|(place, row)| exactly(&record, place, "row index", *row)));
    truths
}

/// How many different layers are left, with or without those of which an error was missed.
fn groups(set: &LayerSet, jobs: &[Measured], with_missed: bool) -> usize {
    let mut settings: BTreeSet<(u64, &[(&str, u64)])> = BTreeSet::new();
    for job in random(set, jobs) {
        let (dropped, errors) = (dropped(job), job.errors());
        for (row, run) in job.runs.iter().enumerate() {
            let is_missed = job.has_bars && errors.get(run.configuration) == Some(&Errors::Missed);
            if dropped.binary_search(&row).is_ok() || (is_missed && !with_missed) {
                continue;
            }
            if let Some(of) = job.configurations.get(run.configuration) {
                settings.insert((of.batch_size, &of.settings));
            }
        }
    }
    settings.len()
}

/// Joules of an operation: the line through the origin and the true energies.
fn slope(set: &LayerSet, jobs: &[Measured]) -> f64 {
    let all = || random(set, jobs).flat_map(|job| &job.configurations);
    let sum = |value: fn(&Configuration) -> f64| all().map(value).sum::<f64>();
    sum(|of| of.macs as f64 * of.joules) / sum(|of| of.macs as f64 * of.macs as f64)
}

/// For each data set of a log with bars: how many configurations failed, how many of these the original
/// finds, and how many it misses.
fn of_failures(measured: &[(&LayerSet, Vec<Measured>)]) -> Vec<Truth> {
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (set, jobs) in measured {
        for job in jobs.iter().filter(|job| job.has_bars) {
            let errors = job.errors();
            let count = |is: fn(&Errors) -> bool| errors.iter().filter(|errors| is(errors)).count();
            counts.insert(
                set.name,
                [
                    count(|errors| *errors != Errors::None),
                    count(|errors| matches!(errors, Errors::Found(_))),
                    count(|errors| *errors == Errors::Missed),
                ],
            );
        }
    }
    // In the order of the logs.
    let names = ["conv2d", "linear", "maxpool2d", "relu", "sigmoid", "tanh", "softmax"];
    let of_sets: Vec<[usize; 3]> = names.iter().filter_map(|name| counts.get(name).copied()).collect();
    let sum = of_sets.iter().fold([0; 3], |sum, of| [sum[0] + of[0], sum[1] + of[1], sum[2] + of[2]]);
    let mut truths = vec![Truth::rows("derived.log.missed", of_sets.len())];
    for (row, of) in of_sets.iter().chain([&sum]).enumerate() {
        for (column, count) in ["failed", "found", "missed"].into_iter().zip(of) {
            truths.push(exactly("log.failures", row, column, *count));
        }
    }
    truths
}
