//! What the published figures themselves tell: points that were read from the pictures, and the
//! settings that the source states. No recording, and nothing simulated, enters here.

use dag::Problem;

use crate::aipowermeter::aggregate::count;
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
    let (mut sizes, mut read, mut predicted, mut whole, mut numbers) = (vec![], vec![], vec![], vec![], vec![]);
    for reading in &readings {
        let intervals = reading.intervals(INTERVAL);
        let by_sampling = intervals * INTERVAL * power / reading.inferences;
        let by_time = power * reading.latency;
        let run_time = reading.inferences * reading.latency;
        let (off, shortfall) = (by_sampling / reading.energy - 1.0, 1.0 - reading.energy / by_time);
        let counts = cells![count(reading.inferences), run_time, count(intervals)];
        let energies = cells![reading.energy, by_sampling, off, by_time, shortfall];
        table = table.row(reading.size, counts.into_iter().chain(energies));
        sizes.push(f64::from(reading.size));
        read.push(reading.energy);
        predicted.push(by_sampling);
        whole.push(by_time);
        numbers.push(intervals);
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
    cx.record(jumps(&sizes, &numbers))?;
    cx.record(disagreement(&published, &energies)?)?;
    let figure = Record::figure("alexnet.artefact.series")
        .x_axis(Axis::new("Input size").unit("pixels"))
        .y_axis(Axis::new("Energy of the card per inference").unit("J"))
        .series(Series::scatter("published", sizes.clone(), read))
        .series(Series::path("sampling", sizes.clone(), predicted))
        .series(Series::path("whole run", sizes.clone(), whole))
        .series(Series::path("intervals", sizes, numbers));
    cx.record(figure)
}

/// By how much the total energy of one published figure differs from the sum of the curves of the other.
fn disagreement(published: &Published, cards: &[(f64, f64)]) -> Result<Record, Problem> {
    let package = points(published, "upstream.alexnet.fig1.intel")?;
    let totals = points(published, "upstream.alexnet.fig2.total")?;
    let differences = totals.iter().filter_map(|&(size, total)| {
        let sum = at(cards, size)? + at(&package, size)?;
        Some((size, total - sum, (total - sum).abs() / sum))
    });
    let differences: Vec<(f64, f64, f64)> = differences.collect();
    let greatest = differences.iter().max_by(|a, b| a.2.total_cmp(&b.2));
    let Some((size, difference, relative)) = greatest else {
        return Err(Problem::new("no size has all three energies of AlexNet").in_file(&published.file));
    };
    Ok(Record::scalar("alexnet.disagreement")
        .title("Total energy of figure 2 against the sum of the curves of figure 1, AlexNet")
        .value("sizes", differences.len())
        .value("at", count(*size))
        .value("difference", *difference)
        .value("relative", *relative)
        .unit("at", "pixels")
        .unit("difference", "J"))
}

/// The sizes at which the text sees the curve change, told by the number of intervals: the last size before
/// it first rises, the last before it rises again, and the size at which it does.
fn jumps(sizes: &[f64], counts: &[f64]) -> Record {
    let rises: Vec<usize> = (1..counts.len()).filter(|&at| counts[at] > counts[at - 1]).collect();
    let mut named: Vec<f64> = rises.iter().take(1).map(|&at| sizes[at - 1]).collect();
    named.extend(rises.iter().skip(1).flat_map(|&at| [sizes[at - 1], sizes[at]]));
    let named: Vec<String> = named.iter().map(|size| format!("{size:.0}")).collect();
    let record = Record::scalar("upstream.alexnet.text").value("value", named.join(", ")).value("rises", rises.len());
    record.title("Input sizes at which the number of intervals rises, AlexNet").quirk("compile-step")
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
        .value("intervals", count(intervals));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::{Published, Value};

    /// The file tells the number of intervals of each size; of 2016 pixels it has no energy.
    #[test]
    fn intervals_are_those_on_file() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../paper/published/aipowermeter.toml");
        let published = Published::read(&file).unwrap();
        let on_file = published.fields_of("derived.alexnet.quantised_sampling").unwrap().at(&["intervals"]).unwrap();
        let Value::List(pairs) = on_file else { panic!("{on_file:?}") };
        let number = |value: &Value| value.as_token().unwrap().decimal().unwrap().value;
        let latencies = points(&published, "upstream.alexnet.fig2.latency").unwrap();
        let mut compared = 0;
        for pair in pairs {
            let Value::List(pair) = pair else { panic!("{pair:?}") };
            let Some(latency) = at(&latencies, number(&pair[0])) else { continue };
            let size = number(&pair[0]) as u32;
            let inferences = Network::Alexnet.inferences(size).into();
            let reading = Reading { size, inferences, energy: 1.0, latency };
            assert_eq!(reading.intervals(INTERVAL), number(&pair[1]), "{size}");
            compared += 1;
        }
        assert_eq!((compared, pairs.len()), (17, 18));
    }

    #[test]
    fn the_best_constant_power_misses_lowest_and_highest_alike() {
        let reading = |energy| Reading { size: 112, inferences: 10.0, energy, latency: 1.0 };
        // Two intervals of 5 s: 10 s by 10 inferences.
        let (power, deviation) = constant_power(&[reading(99.0), reading(101.0)], 5.0);
        assert!((power - 99.99).abs() < 1e-9, "{power}");
        assert!((deviation - 0.01).abs() < 1e-12 && (1.0 - power / 101.0 - deviation).abs() < 1e-12, "{deviation}");
    }

    #[test]
    fn the_text_names_the_sizes_around_the_rises() {
        let record = jumps(&[112.0, 224.0, 336.0, 448.0, 560.0], &[2.0, 1.0, 2.0, 2.0, 3.0]);
        assert_eq!(record.values.get("value").unwrap().to_string(), "224, 448, 560");
    }
}
