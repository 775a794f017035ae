//! Energy and latency of whole inferences and of their layers (figures 3, 6 and 7).

use dag::Problem;
use rawlog::pickle::Protocol;
use rawlog::time::{NANOSECONDS_PER_SECOND, date_time};
use serde::Serialize;
use stats::SplitMix64;

use super::boards::{Board, Format, Variant};
use super::sheet::Sheet;
use crate::campaign::Simulation;
use crate::regression::KnownLine;
use crate::simulate::RawFiles;
use crate::tinyml_mcu::architecture::Architecture;
use crate::truth::{Truth, Within};

/// The two files.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Tables {
    pub(super) simulation: Simulation,
    pub(super) inferences: &'static str,
    pub(super) layers: &'static str,
}

/// Share of its power by which that of an inference varies from one variant to the next.
const INFERENCE_NOISE: f64 = 0.01;
/// The same of a layer.
const LAYER_NOISE: f64 = 0.03;
/// Share of its latency by which an inference differs from what its operations make one expect.
const LATENCY_NOISE: f64 = 0.002;
/// 2020-08-05 10:00 in s since 1970.
const START: i64 = 1_596_621_600;
/// Samples that the logger takes in a second.
const SAMPLE_RATE: f64 = 64_000.0;

/// What was measured of an inference or a layer.
#[derive(Clone, Copy)]
struct Measured {
    /// s
    latency: f64,
    /// W
    power: f64,
}

impl Measured {
    /// J
    fn energy(self) -> f64 {
        self.latency * self.power
    }
}

/// A measurement of one variant on one board.
struct Measurement {
    /// Nanoseconds since 1970.
    time: i64,
    board: Board,
    network: Architecture,
    variant: Variant,
    /// Inferences that could be told apart in the recording.
    inferences: i64,
    whole: Measured,
    layers: Vec<Measured>,
}

/// A layer of a measurement.
struct LayerRow<'a> {
    of: &'a Measurement,
    place: i64,
    measured: Measured,
}

/// Writes both files.
pub(super) fn write(tables: &Tables, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let simulation = tables.simulation;
    let mut random = simulation.random("inferences");
    let mut measurements = Vec::new();
    for _ in 0..simulation.scale {
        for (board, network, variant) in shuffled(variants(), &mut random) {
            measurements.push(measure(board, network, variant, measurements.len(), &mut random));
        }
    }
    let sheet = Sheet::of(&measurements).with(|sheet| told(sheet, |row| row));
    let sheet = quantities(sheet, "", |row| row.whole).float("energy_mean", |row| row.whole.energy());
    let sheet = sheet.float("energy_std", |row| 1e-3 * row.whole.energy());
    // Each was cut from a table of its own, with the label of its only row.
    files.write(tables.inferences, sheet.pickle_labelled(vec![0; measurements.len()], Protocol::Five)?)?;

    let rows: Vec<LayerRow<'_>> = measurements.iter().flat_map(layer_rows).collect();
    let sheet = Sheet::of(&rows).with(|sheet| told(sheet, |row| row.of)).integer("layer", |row| row.place);
    let total = |row: &LayerRow<'_>, of: fn(Measured) -> f64| row.of.layers.iter().copied().map(of).sum::<f64>();
    let sheet = quantities(sheet, "layer_", |row| row.measured)
        .float("layer_energy_mean", |row| row.measured.energy())
        .float("layer_energy_std", |row| 1e-3 * row.measured.energy())
        .float("layer_latency_relativ", |row| row.measured.latency / total(row, |layer| layer.latency))
        .float("layer_energy_relativ", |row| row.measured.energy() / total(row, Measured::energy));
    let labels = rows.iter().map(|row| row.place).collect();
    files.write(tables.layers, sheet.pickle_labelled(labels, Protocol::Five)?)?;

    Ok([whole_truths(&measurements), energy_truths(), front_truths(&measurements), layer_truths(&rows)].concat())
}

/// What was measured: all that fits, with the floating-point unit.
fn variants() -> Vec<(Board, Architecture, Variant)> {
    let mut variants = Vec::new();
    for board in Board::ALL {
        for network in [Architecture::LeNet, Architecture::ResNet20] {
            for format in [Format::Float32, Format::Int8] {
                let both = [false, true].map(|cmsis_nn| Variant { format, cmsis_nn, fpu: true, fast: true });
                let fitting = both.into_iter().filter(|&variant| board.holds(network, variant));
                variants.extend(fitting.map(|variant| (board, network, variant)));
            }
        }
    }
    variants
}

/// The items in random order (Fisher and Yates).
fn shuffled<T>(mut items: Vec<T>, random: &mut SplitMix64) -> Vec<T> {
    for last in (1..items.len()).rev() {
        let other = usize::try_from(random.below(last as u64 + 1)).unwrap_or(last);
        items.swap(last, other);
    }
    items
}

fn measure(
    board: Board,
    network: Architecture,
    variant: Variant,
    number: usize,
    random: &mut SplitMix64,
) -> Measurement {
    let minutes = i64::try_from(20 * number).unwrap_or(0);
    let time = (START + 60 * minutes) * NANOSECONDS_PER_SECOND + 1000 * random.below(60_000_000);
    // All layers are slower or faster together.
    let pace = 1.0 + LATENCY_NOISE * random.normal();
    let power = |noise: f64, random: &mut SplitMix64| board.power() * (1.0 + noise * random.normal());
    let whole = Measured { latency: pace * board.inference(network, variant), power: power(INFERENCE_NOISE, random) };
    let layers = variant.layers(network);
    let layers = layers
        .iter()
        .map(|layer| Measured { latency: pace * board.latency(layer, variant), power: power(LAYER_NOISE, random) });
    let layers = layers.collect();
    let inferences = 74 + random.below(127);
    Measurement { time, board, network, variant, inferences, whole, layers }
}

fn layer_rows(of: &Measurement) -> impl Iterator<Item = LayerRow<'_>> {
    of.layers.iter().zip(0..).map(move |(&measured, place)| LayerRow { of, place, measured })
}

/// The columns that tell what was measured.
fn told<'a, R>(sheet: Sheet<'a, R>, of: impl Fn(&R) -> &Measurement) -> Sheet<'a, R> {
    sheet
        .text("time", |row| date_time(of(row).time))
        .text("filename", |row| {
            let time = date_time(of(row).time);
            let digits: String = time.chars().take(19).filter(char::is_ascii_digit).collect();
            let (date, clock) = digits.split_at(digits.len().min(8));
            format!("energy_measurements/{date}_{clock}_inference-energy_measurement.rld")
        })
        .text("MCU", |row| of(row).board.raw_name())
        .text("model", |row| format!("{}_{}", of(row).network.raw_name(), of(row).variant.format.suffix()))
        .text("model_name", |row| of(row).network.raw_name())
        .text("mbed-dir", |row| of(row).variant.folder())
        .text("cmsis-nn", |row| of(row).variant.kernels())
        .text("compiler_optimization", |_| "-Ofast")
        .count("FPU_status", |_| 1)
        .text("model_type", |row| of(row).variant.model_type())
        .text("weights", |row| of(row).variant.format.weights())
        .text("activations", |row| of(row).variant.format.activations())
        .count("pruned", |_| 0)
        .count("no_correct_inferences", |row| of(row).inferences)
}

/// Latency, voltage, current and power, each with its standard deviation.
fn quantities<'a, R>(sheet: Sheet<'a, R>, prefix: &str, of: impl Fn(&R) -> Measured) -> Sheet<'a, R> {
    // The boards' supplies are alike.
    let voltage = Board::L4.voltage();
    let name = |quantity: &str| format!("{prefix}{quantity}");
    let mut sheet = sheet.float(&name("latency_mean"), |row| of(row).latency);
    sheet = sheet.float(&name("latency_std"), |row| 1e-5 * of(row).latency);
    if !prefix.is_empty() {
        // The last sample of a layer is the first of the next.
        sheet = sheet.float(&name("sample_length_mean"), |row| 1.0 + SAMPLE_RATE * of(row).latency);
        sheet = sheet.float(&name("sample_length_std"), |_| 0.5);
    }
    sheet
        .float(&name("voltage_mean"), |_| voltage)
        .float(&name("voltage_std"), |_| 0.0015)
        .float(&name("current_mean"), |row| of(row).power / voltage)
        .float(&name("current_std"), |row| 0.02 * of(row).power / voltage)
        .float(&name("power_mean"), |row| of(row).power)
        .float(&name("power_std"), |row| 0.02 * of(row).power)
}

/// Figure 6: energy is the board's power times the latency.
fn whole_truths(measurements: &[Measurement]) -> Vec<Truth> {
    let mut truths = Vec::new();
    for board in Board::ALL {
        let of_board = measurements.iter().filter(|one| one.board == board);
        let x: Vec<f64> = of_board.map(|one| one.whole.latency).collect();
        let noise: Vec<f64> = x.iter().map(|latency| INFERENCE_NOISE * board.power() * latency).collect();
        let line = KnownLine { slope: board.power(), intercept: 0.0, x: &x, noise: &noise };
        truths.extend(line.truths(&format!("fig6.{}.regression", board.name().to_lowercase())));
        for figure in ["absolute", "normalized"] {
            truths.push(Truth::points(format!("fig6.{figure}.figure"), board.name(), x.len()));
        }
    }
    // After division by the greatest of each board, whose own noise moves all points of the board.
    let all = "fig6.normalized.regression";
    let within = Within::Absolute(5.0 * INFERENCE_NOISE);
    truths.push(Truth::value(all, "slope", 1.0, within.clone()));
    truths.push(Truth::value(all, "intercept", 0.0, within));
    truths.push(Truth::value(all, "n", measurements.len() as f64, Within::Exactly));
    truths
}

/// The cross-study record: boards, networks and variants in the order of [`variants`].
fn energy_truths() -> Vec<Truth> {
    let record = "energy-per-inference";
    let mut truths = vec![Truth::rows(record, variants().len())];
    for (row, (board, network, variant)) in variants().into_iter().enumerate() {
        let energy = board.power() * board.inference(network, variant);
        let within = Within::Relative(5.0 * (INFERENCE_NOISE + LATENCY_NOISE));
        truths.push(Truth::cell(record, row, "energy", energy, within));
        truths.push(Truth::cell(record, row, "macs", network.macs() as f64, Within::Exactly));
    }
    truths
}

/// Figure 3: the fastest and the most frugal inference of each network are the ends of the front.
fn front_truths(measurements: &[Measurement]) -> Vec<Truth> {
    let mut truths = Vec::new();
    for (id, network) in [("fig3.lenet", Architecture::LeNet), ("fig3.resnet", Architecture::ResNet20)] {
        let of_network: Vec<Measured> =
            measurements.iter().filter(|one| one.network == network).map(|one| one.whole).collect();
        let least = |of: fn(Measured) -> f64| of_network.iter().copied().map(of).fold(f64::INFINITY, f64::min);
        // In ms and mJ; the last bit may differ.
        let within = Within::Relative(1e-12);
        let (latency, energy) = (1e3 * least(|one| one.latency), 1e3 * least(Measured::energy));
        truths.push(Truth::rows(format!("{id}.table"), of_network.len()));
        truths.push(Truth::cell(format!("{id}.pareto_x"), 0, "latency_mean", latency, within.clone()));
        truths.push(Truth::cell(format!("{id}.pareto_y"), 2, "energy_mean", energy, within));
    }
    truths
}

/// Figure 7: the same of layers, and of their shares.
fn layer_truths(rows: &[LayerRow<'_>]) -> Vec<Truth> {
    let mut truths = Vec::new();
    for board in Board::ALL {
        let of_board = rows.iter().filter(|row| row.of.board == board);
        let x: Vec<f64> = of_board.map(|row| row.measured.latency).collect();
        let noise: Vec<f64> = x.iter().map(|latency| LAYER_NOISE * board.power() * latency).collect();
        let line = KnownLine { slope: board.power(), intercept: 0.0, x: &x, noise: &noise };
        truths.extend(line.truths(&format!("fig7.{}.regression", board.name().to_lowercase())));
        for figure in ["absolute", "relative"] {
            truths.push(Truth::points(format!("fig7.{figure}.figure"), board.name(), x.len()));
        }
    }
    let share =
        |row: &LayerRow<'_>| row.measured.latency / row.of.layers.iter().map(|layer| layer.latency).sum::<f64>();
    let x: Vec<f64> = rows.iter().map(share).collect();
    let noise: Vec<f64> = x.iter().map(|share| LAYER_NOISE * share).collect();
    // That shares add up to 1 makes their noise smaller, if anything.
    let line = KnownLine { slope: 1.0, intercept: 0.0, x: &x, noise: &noise };
    truths.extend(line.truths("fig7.relative.regression"));
    truths
}
