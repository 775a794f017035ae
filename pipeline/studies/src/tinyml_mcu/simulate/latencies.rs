//! Latency of a network on a board, for all variants (figure 2).

use dag::Problem;
use rawlog::pickle::Protocol;
use rawlog::time::NANOSECONDS_PER_SECOND;
use rawlog::{Cell, Container};
use serde::Serialize;

use super::boards::{Board, Format, Variant};
use super::sheet::{Sheet, shape};
use crate::campaign::Simulation;
use crate::simulate::RawFiles;
use crate::tinyml_mcu::architecture::Architecture;
use crate::truth::{Truth, Within};

/// A file to simulate.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Latencies {
    pub(super) simulation: Simulation,
    /// Board and network, as in the record ids.
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) board: Board,
    #[serde(skip)]
    pub(super) network: Architecture,
}

/// Share of the latency that a mean is off by, at scale 1.
const NOISE: f64 = 1e-4;
/// Of the latency of the file; a mean is off by more in one of millions.
const TOLERANCE: Within = Within::Relative(5.0 * NOISE);

/// When the first benchmark may have begun, in s since 1970: 2020-07-18.
const START: i64 = 1_595_030_400;
/// Seconds in which all benchmarks began.
const WEEK: u64 = 7 * 86_400;

struct Row {
    /// Nanoseconds since 1970.
    time: i64,
    variant: Variant,
    /// Mean and standard deviation in µs, unless the program did not compile.
    latency: Option<(f64, f64)>,
}

/// Writes the file.
pub(super) fn write(chart: &Latencies, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let Latencies { simulation, board, network, .. } = *chart;
    let mut random = simulation.random(chart.name);
    let noise = NOISE / f64::from(simulation.scale).sqrt();
    let mut time = (START + random.below(WEEK)) * NANOSECONDS_PER_SECOND;
    let mut rows = Vec::new();
    for variant in variants(board, network) {
        let microseconds = 1e6 * board.inference(network, variant);
        let measured = (microseconds * (1.0 + noise * random.normal()), microseconds * NOISE);
        let latency = board.holds(network, variant).then_some(measured);
        rows.push(Row { time, variant, latency });
        time += (60 + random.below(900)) * NANOSECONDS_PER_SECOND + 1000 * random.below(1_000_000);
    }
    let protocol = if (board, network) == (Board::F4, Architecture::LeNet) { Protocol::Five } else { Protocol::Four };
    files.write(chart.file, sheet(chart, &rows).pickle(protocol)?)?;
    Ok(truths(chart))
}

/// The variants in the order in which they were measured, which decides what figure 2 shows.
fn variants(board: Board, network: Architecture) -> Vec<Variant> {
    use Format::{Float32, Int8, Int8Weights};
    let formats: &[Format] = match (network, board) {
        (Architecture::LeNet, _) => &[Float32, Int8],
        (Architecture::ResNet20, Board::F7) => &[Int8, Float32],
        (Architecture::ResNet20, _) => &[Int8, Int8Weights, Float32],
    };
    let first = (board, network) != (Board::F4, Architecture::LeNet);
    let mut variants = Vec::new();
    for fast in [first, !first] {
        for fpu in [first, !first] {
            for &format in formats {
                variants.extend([false, true].map(|cmsis_nn| Variant { format, cmsis_nn, fpu, fast }));
            }
        }
    }
    variants
}

fn sheet<'a>(chart: &Latencies, rows: &'a [Row]) -> Sheet<'a, Row> {
    let network = chart.network;
    let resnet = network == Architecture::ResNet20;
    let (input, accuracy) = if resnet { ([1, 32, 32, 3], 0.915) } else { ([1, 32, 32, 1], 0.985) };
    let weights = if resnet { 270_896.0 } else { 80_958.0 };
    let size = move |row: &Row| 3.0 + weights * row.variant.format.bytes() / 1024.0;
    let float_size = 3.0 + weights * 4.0 / 1024.0;
    let reduction = move |row: &Row| 100.0 * (1.0 - size(row) / float_size);
    // Counted once for each weight, as the column of the genuine files.
    let macs = if resnet { 1_625_631 } else { 161_925 };
    let unless_failed = |row: &Row, value: f64| if row.latency.is_some() { value } else { f64::NAN };
    let mean = |row: &Row| row.latency.map_or(f64::NAN, |(mean, _)| mean);
    let deviation = |row: &Row| row.latency.map_or(f64::NAN, |(_, deviation)| deviation);
    let class = |_: &Row| Cell::Class("numpy.float32".into());
    let single = |row: &Row| (mean(row) * 10.0).round() / 10.0;
    let single_or_none = move |row: &Row| match row.latency {
        // The log of a slow program was cut off before its first reading was kept.
        Some((mean, _)) if mean > 2e6 => Cell::Container { kind: Container::Dict, entries: 0 },
        _ => Cell::Float(single(row)),
    };
    let sheet = Sheet::of(rows)
        .time("time", |row| row.time)
        .text("MCU", |_| chart.board.raw_name())
        .text("model", |row| format!("{}_{}", network.raw_name(), row.variant.format.suffix()))
        .text("mbed-dir", |row| row.variant.folder())
        .text("cmsis-nn", |row| row.variant.kernels())
        .count("arena_size", |_| if resnet { 250 } else { 60 })
        .text("compiler_optimization", |row| if row.variant.fast { "-Ofast" } else { "-Os" })
        .count("FPU_status", |row| i64::from(row.variant.fpu))
        .count("MACs", |_| macs)
        .count("pruned", |_| 0)
        .text("weights", |row| row.variant.format.weights())
        .text("activations", |row| row.variant.format.activations())
        .text("model_type", |row| row.variant.model_type())
        .float("model_size", size)
        .float("model_size_reduction", reduction)
        .float("model_size_gzip", |row| 0.9 * size(row))
        .float("model_size_reduction_gzip", |row| 100.0 - 0.9 * (100.0 - reduction(row)))
        .object("binary_size", |row| match row.latency {
            #[expect(clippy::cast_possible_truncation, reason = "a few hundred kilobytes")]
            Some(_) => Cell::Int(280_000 + (1024.0 * size(row)) as i64),
            None => Cell::Float(f64::NAN),
        })
        .object("input_details_dtype", class)
        .object("input_details_shape", |_| shape(&input))
        .object("output_details_dtype", class)
        .object("output_details_shape", |_| shape(&[1, 10]))
        .float("tfl_interpreter_accuracy", |_| accuracy)
        .float("tfl_interpreter_loss_crossentropy", |_| 0.3)
        .float("tfl_interpreter_loss_meansquared", |_| 0.013)
        .count("inferences_per_cycle", |_| 10);
    let nan = |_: &Row| f64::NAN;
    let verified = |sheet: Sheet<'a, Row>| {
        let known = move |value: f64| move |_: &Row| if resnet { f64::NAN } else { value };
        let sheet = sheet.float("tflu_mcu_accuracy", known(accuracy));
        sheet.float("tflu_mcu_loss_crossentropy", known(0.3)).float("tflu_mcu_loss_meansquared", known(0.013))
    };
    if resnet {
        let sheet = sheet.object("tflu_mcu_benchmark_single", single_or_none);
        let sheet = sheet.float("tflu_mcu_benchmark_mean", nan).float("tflu_mcu_benchmark_std", nan).with(verified);
        let sheet = sheet
            .float("tflu_mcu_accuracy_50", |row| unless_failed(row, accuracy))
            .float("tflu_mcu_benchmark_mean_50", mean)
            .float("tflu_mcu_benchmark_std_50", deviation);
        let fails = rows.iter().any(|row| row.latency.is_none());
        let error = |row: &Row| match row.latency {
            Some(_) => Cell::Float(f64::NAN),
            None => Cell::Text("error during compilation".into()),
        };
        return if fails { sheet.object("error", error) } else { sheet };
    }
    let sheet = sheet.float("tflu_mcu_benchmark_single", single);
    let benchmark =
        |sheet: Sheet<'a, Row>| sheet.float("tflu_mcu_benchmark_mean", mean).float("tflu_mcu_benchmark_std", deviation);
    // In one file they change places.
    if chart.board == Board::F4 { sheet.with(verified).with(benchmark) } else { sheet.with(benchmark).with(verified) }
}

/// What figure 2 shows: by the positions that it drops, and by what its labels promise.
fn truths(chart: &Latencies) -> Vec<Truth> {
    use Format::{Float32, Int8};
    let of = |(format, cmsis_nn, fpu)| Variant { format, cmsis_nn, fpu, fast: true };
    let promised = [(Float32, false, false), (Float32, false, true), (Int8, false, true), (Int8, true, true)].map(of);
    // Which rows are left depends on the order of the file and on how numpy sorts it.
    let printed = match chart.name {
        "f4.lenet" => {
            [(Float32, false, false), (Int8, false, false), (Int8, true, false), (Float32, false, true)].map(of)
        }
        "l4.resnet" | "f4.resnet" => {
            [(Float32, true, false), (Int8, false, false), (Int8, true, false), (Float32, false, true)].map(of)
        }
        _ => promised,
    };
    let resnet = chart.network == Architecture::ResNet20;
    let column = if resnet { "tflu_mcu_benchmark_mean_50" } else { "tflu_mcu_benchmark_mean" };
    let table = format!("fig2.{}.table", chart.name);
    let mut truths = vec![Truth::rows(&table, 4)];
    for (row, (printed, promised)) in printed.into_iter().zip(promised).enumerate() {
        let milliseconds = |variant| {
            chart.board.holds(chart.network, variant).then(|| 1e3 * chart.board.inference(chart.network, variant))
        };
        if let Some(latency) = milliseconds(printed) {
            truths.push(Truth::cell(&table, row, column, latency, TOLERANCE));
            truths.push(Truth::bar(format!("fig2.{}.figure", chart.name), "bars", row, latency, TOLERANCE));
        }
        if let Some(latency) = milliseconds(promised) {
            let record = format!("fig2.{}.figure.corrected", chart.name);
            truths.push(Truth::bar(record, "bars", row, latency, TOLERANCE));
        }
    }
    truths
}
