//! The simulated campaign: runs of networks whose modules take known energies, and job logs with known
//! failures.
//!
//! Energies of runs are those of [`networks`] with noise; a whole network takes less than the sum of its
//! modules by a known share. The jobs are as the genuine ones: the second of the final data is the sound
//! part of the first cluster run, which broke off. Single layers by themselves have a job log only; who
//! needs their runs adds a part that writes both from the same [`runs::Configuration`]s.

mod logs;
mod networks;
mod runs;
mod truths;

use dag::Problem;
use stats::SplitMix64;

use self::logs::{Ending, Errors, Printed};
use self::runs::Configuration;
use self::truths::Job;
use super::jobs::{BARS, JOBS, PARSED};
use super::schema;
use crate::campaign::Simulation;
use crate::simulate::{Part, RawFiles};
use crate::truth::Truth;

/// The parts of the campaign.
pub(crate) fn campaign(simulation: Simulation) -> Vec<Part> {
    let of_jobs = JOBS.iter().flat_map(|job| [job.tracker, job.log]).chain([PARSED]).map(str::to_owned).collect();
    let of_bars = BARS.iter().map(|(_, path, _)| (*path).to_owned()).collect();
    vec![
        Part::new("architectures", of_jobs, simulation, architectures),
        Part::new("layers", of_bars, simulation, layers),
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
    let layers = networks::layers(name);
    let labels = |layer: usize| vec![("architecture", name.to_owned()), ("layer_idx", layer.to_string())];
    let all: f64 = layers.iter().map(|layer| layer.joules(batch_size)).sum();
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
        joules: layer.joules(batch_size),
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
    let log = |job: &Job, preamble: &'static str, ending: Ending| {
        logs::printed(&job.configurations, &job.runs, &Printed { preamble, planned, ending })
    };
    let died = rest.next().map_or(Ending::Cut, Ending::Died);
    let preamble = "Starting job 1\nSLURM assigned me these nodes:\nnode1\nLoading [architectures] data-collector\n\n";
    let [one, two, three] = &JOBS;
    files.write(one.tracker, runs::tracker_csv(&final_1.configurations, &final_1.runs))?;
    files.write(one.log, log(&final_1, "", Ending::Done))?;
    files.write(two.tracker, runs::tracker_csv(&final_2.configurations, &final_2.runs))?;
    files.write(two.log, log(&final_2, "", Ending::Cut))?;
    files.write(three.tracker, runs::placed_csv(&first.configurations, &first.runs))?;
    files.write(three.log, log(&first, preamble, died))?;
    files.write(PARSED, runs::parsed_csv(&schema::RAW_PARSED, &first.configurations, &first.runs))?;
    Ok(truths::of_jobs(&final_1, &final_2, &first))
}

/// Configurations of a data set of single layers, when the scale is 1.
const LAYERS: u32 = 500;

/// Of how many configurations one fails, and of how many of these the original misses one.
const FAILING: u64 = 40;
const MISSED: u64 = 6;

/// The job logs of single layers.
fn layers(simulation: &Simulation, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let mut random = SplitMix64::new(simulation.seed.wrapping_add(1 << 32));
    let mut counts = Vec::new();
    for (_, path, data_sets) in BARS {
        let mut log = String::new();
        for name in data_sets {
            let mut configurations = Vec::new();
            for _ in 0..LAYERS * simulation.scale {
                let configuration = layer(name, &mut random);
                let errors = match random.next_u64() % FAILING {
                    0 if random.next_u64().is_multiple_of(MISSED) => Errors::Missed,
                    0 => Errors::Found(1 + random.next_u64() % 8),
                    _ => Errors::None,
                };
                configurations.push((configuration, errors));
            }
            let count = |is: fn(&Errors) -> bool| configurations.iter().filter(|(_, errors)| is(errors)).count();
            counts.push([
                count(|errors| *errors != Errors::None),
                count(|errors| matches!(errors, Errors::Found(_))),
                count(|errors| *errors == Errors::Missed),
            ]);
            log.push_str(&logs::bars(name, &configurations, 103.0 + random.unit()));
        }
        files.write(path, log.into_bytes())?;
    }
    Ok(truths::of_failures(&counts))
}

/// A layer with random settings, within the limits of the genuine data sets.
fn layer(data_set: &str, random: &mut SplitMix64) -> Configuration {
    let limits: &[(&'static str, u64, u64)] = match data_set {
        "conv2d" => &[
            ("image_size", 4, 224),
            ("kernel_size", 1, 11),
            ("in_channels", 1, 512),
            ("out_channels", 1, 512),
            ("stride", 1, 5),
            ("padding", 0, 3),
        ],
        "linear" => &[("input_size", 1, 5000), ("output_size", 1, 5000)],
        "maxpool2d" => &[
            ("image_size", 4, 224),
            ("kernel_size", 1, 11),
            ("in_channels", 1, 512),
            ("stride", 1, 5),
            ("padding", 0, 3),
        ],
        _ => &[("input_size", 50_000, 5_000_000)],
    };
    let mut within = |least: u64, most: u64| least + random.next_u64() % (most - least + 1);
    let batch_size = within(1, 512);
    let settings = limits.iter().map(|&(name, least, most)| (name, within(least, most))).collect();
    // Their runs are not written yet, and so need neither operations nor energies.
    Configuration { module: "", batch_size, settings, labels: Vec::new(), macs: 0, joules: 0.0 }
}
