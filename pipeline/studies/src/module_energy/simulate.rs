//! The simulated campaign: runs of networks whose modules take known energies, and job logs with known
//! failures.
//!
//! Energies of runs are those of [`energies`] with noise; a whole network takes less than the sum of its
//! modules by a known share. The jobs are as the genuine ones: the second of the final data is the sound
//! part of the first cluster run, which broke off. Single [`layers`] have random settings.

mod energies;
mod layers;
mod logs;
mod runs;
mod truths;

use dag::Problem;
use stats::SplitMix64;

use self::logs::{Ending, Printed};
use self::runs::Configuration;
use self::truths::Job;
use super::architecture;
use super::jobs::{JOBS, PARSED};
use super::layers::LAYER_SETS;
use super::schema;
use crate::campaign::Simulation;
use crate::simulate::{Part, RawFiles};
use crate::truth::Truth;

/// The parts of the campaign.
pub(crate) fn campaign(simulation: Simulation) -> Vec<Part> {
    let of_jobs = JOBS.iter().flat_map(|job| [job.tracker, job.log]).chain([PARSED]).map(str::to_owned).collect();
    let layer_jobs = LAYER_SETS.iter().flat_map(|set| set.jobs());
    let mut of_layers: Vec<String> = layer_jobs.flat_map(|job| [job.tracker, job.log]).map(str::to_owned).collect();
    // The activations share a job log.
    of_layers.sort();
    of_layers.dedup();
    vec![
        Part::new("architectures", of_jobs, simulation, architectures),
        Part::new("layers", of_layers, simulation, layers::layers),
    ]
}

/// By how much of the sum of its modules a whole network takes less.
fn deviation(network: &str) -> f64 {
    match network {
        "vgg16" => 0.0056,
        "alexnet" => 0.0031,
        "vgg11" => 0.0118,
        _ => 0.0074,
    }
}

/// Batch sizes are drawn from 1 to this.
const LARGEST_BATCH: u64 = 256;

/// Layers of the last batch size that were measured before the job died, and that batch size: no other.
const MEASURED_LAYERS: usize = 17;
const BROKEN_OFF: u64 = LARGEST_BATCH + 1;

/// A network at a batch size: the whole, then its layers.
fn network(name: &'static str, batch_size: u64) -> Vec<Configuration> {
    let layers = architecture::layers(name);
    let labels = |layer: usize| vec![("architecture", name.to_owned()), ("layer_idx", layer.to_string())];
    let all: f64 = layers.iter().map(|layer| energies::of_layer(layer, batch_size)).sum();
    let whole = Configuration {
        module: if name == "alexnet" { "AlexNet" } else { "VGG" },
        batch_size,
        settings: Vec::new(),
        labels: labels(0),
        macs: layers.iter().map(|layer| layer.macs).sum::<u64>() * batch_size,
        joules: all * (1.0 - deviation(name)),
    };
    let modules = layers.iter().enumerate().map(|(place, layer)| Configuration {
        module: layer.module,
        batch_size,
        settings: Vec::new(),
        labels: labels(place + 1),
        macs: layer.macs * batch_size,
        joules: energies::of_layer(layer, batch_size),
    });
    std::iter::once(whole).chain(modules).collect()
}

/// Draws batch sizes of networks: name, how many of its own, how many that repeat one of these.
fn drawn(
    draws: &[(&'static str, u32, u32)],
    simulation: Simulation,
    random: &mut SplitMix64,
) -> Vec<(&'static str, u64)> {
    let mut settings = Vec::new();
    for &(name, own, repeated) in draws {
        let mut sizes: Vec<u64> = (0..own * simulation.scale).map(|_| 1 + random.next_u64() % LARGEST_BATCH).collect();
        for _ in 0..repeated * simulation.scale {
            let place = random.next_u64() % sizes.len().max(1) as u64;
            sizes.extend(sizes.get(place as usize).copied());
        }
        settings.extend(sizes.into_iter().map(|size| (name, size)));
    }
    settings
}

fn configurations(settings: &[(&'static str, u64)]) -> Vec<Configuration> {
    settings.iter().flat_map(|(name, batch_size)| network(name, *batch_size)).collect()
}

/// The jobs that measure networks.
fn architectures(simulation: &Simulation, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let simulation = *simulation;
    let mut random = SplitMix64::new(simulation.seed);
    // As many as in the genuine jobs.
    let settings =
        drawn(&[("vgg16", 8, 2), ("alexnet", 10, 0), ("vgg11", 10, 0), ("vgg13", 10, 0)], simulation, &mut random);
    let final_1 = Job::measured(settings, 1_671_930_600, &mut random);
    let mut settings = drawn(&[("alexnet", 10, 0), ("vgg11", 9, 0)], simulation, &mut random);
    // One that the other job measured, too.
    let known = final_1.settings.iter().find(|(name, _)| *name == "vgg11");
    settings.extend(known.copied());
    settings.extend(drawn(&[("vgg13", 5, 0)], simulation, &mut random));
    let final_2 = Job::measured(settings, 1_671_543_500, &mut random);

    let mut broken_off = network("vgg13", BROKEN_OFF);
    let mut rest = broken_off.split_off(MEASURED_LAYERS).into_iter();
    let start = final_2.runs.last().map_or(0, |run| run.end);
    let first = final_2.continued(("vgg13", BROKEN_OFF), broken_off, start, &mut random);

    let planned = final_1.configurations.len();
    let [one, two, three] = &JOBS;
    let died = rest.next().map_or(Ending::Cut, Ending::Died);
    let preamble = "Starting job 1\nSLURM assigned me these nodes:\nnode1\nLoading [architectures] data-collector\n\n";
    // The first campaign looked up where it was.
    let logs: [(_, _, runs::Csv, _, _); 3] = [
        (one, &final_1, runs::tracker_csv, "", Ending::Done),
        (two, &final_2, runs::tracker_csv, "", Ending::Cut),
        (three, &first, runs::placed_csv, preamble, died),
    ];
    for (files_of, job, tracker, preamble, ending) in logs {
        let (configurations, runs) = (&job.configurations, &job.runs);
        files.stream(files_of.tracker, &mut |to| tracker(to, configurations, runs))?;
        let printed = Printed { preamble, data_set: one.data_set, doing: "", planned, ending };
        files.stream(files_of.log, &mut |to| logs::printed(to, configurations, runs, &printed))?;
    }
    let Job { configurations, runs, .. } = &first;
    files.stream(PARSED, &mut |to| runs::parsed_csv(to, &schema::RAW_PARSED, configurations, runs))?;
    Ok(truths::of_jobs(&final_1, &final_2, &first))
}
