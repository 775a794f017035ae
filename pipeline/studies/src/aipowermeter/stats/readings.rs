//! What the published figures themselves tell: points that were read from the pictures, and the
//! settings that the source states. No recording, and nothing simulated, enters here.

use dag::Problem;

use crate::aipowermeter::protocol::Network;
use crate::cx::Cx;
use crate::published::{Expected, Published};
use crate::record::{Axis, Record, Series, cells};

/// Seconds between two records of processor and card in October 2021: sleep of 2 s, 2 s between the reads
/// of the energy counters, and the query of the card.
pub(in crate::aipowermeter) const INTERVAL: f64 = 4.27;

/// Intervals that are tried, in hundredths of a second.
const TRIED: std::ops::RangeInclusive<u32> = 380..=480;
/// How far the explanation may be off to count as one.
const NEAR: f64 = 0.02;

/// A size of AlexNet with its published energy of the card and latency.
struct Reading {
    size: u32,
    inferences: f64,
    energy: f64,
    latency: f64,
}

impl Reading {
    /// The number of whole intervals in a run. The original needs at least one.
    fn intervals(&self, interval: f64) -> f64 {
        (self.inferences * self.latency / interval).floor().max(1.0)
    }

    /// The published energy by the time that the original's number of intervals stands for.
    fn power(&self, interval: f64) -> f64 {
        self.energy * self.inferences / (self.intervals(interval) * interval)
    }
}

/// The constant power that meets all readings best, and by how much it misses the worst of them.
fn constant_power(readings: &[Reading], interval: f64) -> (f64, f64) {
    let powers = || readings.iter().map(|reading| reading.power(interval));
    let (low, high) = (powers().fold(f64::INFINITY, f64::min), powers().fold(0.0, f64::max));
    // Equally far, relative to what is met, above the lowest and below the highest.
    let power = 2.0 * low * high / (low + high);
    (power, power / low - 1.0)
}

/// The published energies of AlexNet as an artefact of sampling: n × D × P / N, with n = ⌊T / D⌋ intervals of
/// D seconds in a run of N inferences that takes T, and one constant power P.
pub(in crate::aipowermeter) fn artefact(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let published = published(cx)?;
    let energies = points(&published, "upstream.alexnet.fig1.nvidia")?;
    let latencies = points(&published, "upstream.alexnet.fig2.latency")?;
    let readings: Vec<Reading> = energies
        .iter()
        .filter_map(|&(size, energy)| {
            let latency = at(&latencies, size)?;
            let size = Network::Alexnet.sizes().into_iter().find(|&known| f64::from(known) == size)?;
            Some(Reading { size, inferences: Network::Alexnet.inferences(size).into(), energy, latency })
        })
        .collect();
    let (power, deviation) = constant_power(&readings, INTERVAL);

    let mut table = Record::table("alexnet.artefact")
        .title("Published energy of the card, AlexNet, and what sampling alone predicts")
        .columns(["inferences", "run time", "intervals", "published", "predicted", "deviation", "whole run", "shortfall"])
        .unit("run time", "s")
        .note(
            "Run time: inferences × published latency. Whole run: the same power over all of it; shortfall: by how much \
             the published energy is below that.",
        );
    for column in ["published", "predicted", "whole run"] {
        table = table.unit(column, "J");
    }
    let (mut sizes, mut read, mut predicted, mut whole, mut counts) = (vec![], vec![], vec![], vec![], vec![]);
    for reading in &readings {
        let intervals = reading.intervals(INTERVAL);
        let by_sampling = intervals * INTERVAL * power / reading.inferences;
        let by_time = power * reading.latency;
        let run_time = reading.inferences * reading.latency;
        let (off, shortfall) = (by_sampling / reading.energy - 1.0, 1.0 - reading.energy / by_time);
        let row = cells![reading.inferences, run_time, intervals, reading.energy, by_sampling, off, by_time, shortfall];
        table = table.row(reading.size, row);
        sizes.push(f64::from(reading.size));
        read.push(reading.energy);
        predicted.push(by_sampling);
        whole.push(by_time);
        counts.push(intervals);
    }
    let shortfalls = whole.iter().zip(&read).map(|(whole, read)| 1.0 - read / whole);
    let near: Vec<f64> = TRIED
        .map(|hundredths| f64::from(hundredths) / 100.0)
        .filter(|&interval| constant_power(&readings, interval).1 <= NEAR)
        .collect();
    let record = Record::regression("derived.alexnet.quantised_sampling")
        .title("A constant power and a number of intervals explain the published energies")
        .value("interval", INTERVAL)
        .value("power", power)
        .value("greatest deviation", deviation)
        .value("n", readings.len())
        .value("greatest shortfall", shortfalls.fold(0.0, f64::max))
        .value("shortest interval", near.first().copied())
        .value("longest interval", near.last().copied())
        .unit("interval", "s")
        .unit("power", "W")
        .unit("shortest interval", "s")
        .unit("longest interval", "s")
        .note("Shortest and longest interval for which some constant power meets all readings within 2 %.");
    cx.record(record)?;
    cx.record(table)?;
    let figure = Record::figure("alexnet.artefact.series")
        .x_axis(Axis::new("Input size").unit("pixels"))
        .y_axis(Axis::new("Energy of the card per inference").unit("J"))
        .series(Series::scatter("published", sizes.clone(), read))
        .series(Series::path("sampling", sizes.clone(), predicted))
        .series(Series::path("whole run", sizes.clone(), whole))
        .series(Series::path("intervals", sizes, counts));
    cx.record(figure)
}

/// What the published figures of ResNet50 say of the machine, at 4096 pixels: powers and use by the number of records
/// that the published latency gives.
pub(in crate::aipowermeter) fn machine(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    const SIZE: u32 = 4096;
    let published = published(cx)?;
    let reading = |name: &str| -> Result<f64, Problem> {
        let id = format!("upstream.resnet50.fig.{name}");
        let points = points(&published, &id)?;
        at(&points, f64::from(SIZE)).ok_or_else(|| Problem::new(format!("{id} has no point at {SIZE}")))
    };
    let inferences = f64::from(Network::Resnet50.inferences(SIZE));
    let intervals = (inferences * reading("latency")? / INTERVAL).floor();
    let power = |energy: f64| energy * inferences / (intervals * INTERVAL);
    let plain = |value: f64| value * inferences / (intervals + 1.0);
    let record = Record::scalar("derived.resnet50.machine")
        .title("The machine behind the figures of ResNet50")
        .value("GPU W at 4096", power(reading("nvidia_estimated_attributable_power_draw")?))
        .value("CPU W at 4096", power(reading("intel_power")?))
        .value("sm percent at 4096", plain(reading("sm")?))
        .value("memory B at 4096", plain(reading("mem_use_abs")?))
        .value("card memory B at 4096", plain(reading("per_gpu_attributable_mem_use")?))
        .value("intervals", intervals);
    cx.record(record.note("Reckoned from points that were read from the published pictures."))
}

fn published(cx: &Cx<'_, '_>) -> Result<Published, Problem> {
    let file = cx.input_path("published")?;
    Published::parse(file.as_ref(), &cx.read_text("published")?)
        .map_err(|error| Problem::new(error.to_string()).in_file(file))
}

/// The points of an entry that were read from a picture.
fn points(published: &Published, id: &str) -> Result<Vec<(f64, f64)>, Problem> {
    let Some(Expected::Points(points)) = published.entry(id).map(|entry| &entry.expected) else {
        return Err(Problem::new(format!("{id} has no points")).in_file(&published.file));
    };
    let numbers = points.points.iter().map(|(x, y)| Some((x.decimal()?.value, y.decimal()?.value)));
    let numbers: Option<Vec<_>> = numbers.collect();
    numbers.ok_or_else(|| Problem::new(format!("{id}: a point that is no number")).in_file(&published.file))
}

fn at(points: &[(f64, f64)], x: f64) -> Option<f64> {
    #[expect(clippy::float_cmp, reason = "sizes are whole numbers")]
    points.iter().find(|(place, _)| *place == x).map(|(_, y)| *y)
}
