//! Latency of the layers of models of which one size is swept (figures 4, 5, 8, 9 and table 4).
//!
//! With CMSIS-NN the latency of the swept layer is a straight line in its operations for each class of
//! sizes: the lines are parallel, and odd sizes are slower than even ones and these than multiples of
//! four; noise grows in the same order. Without, there is but one line.

mod truths;

use dag::Problem;
use rawlog::Cell;
use rawlog::pickle::Protocol;
use rawlog::time::{NANOSECONDS_PER_SECOND, date_time};
use serde::Serialize;
use stats::SplitMix64;

use super::boards::{Board, Format};
use super::sheet::Sheet;
use crate::campaign::Simulation;
use crate::simulate::RawFiles;
use crate::truth::Truth;

/// A file to simulate.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Sweep {
    pub(super) simulation: Simulation,
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) swept: Swept,
    pub(super) runs: Runs,
}

/// What is swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Swept {
    /// The length U of the input of dense layers with 450 outputs.
    Dense,
    /// The input channels F of a convolution with 60 output channels on 32 x 32.
    Conv,
    /// The channels f of a depth-wise convolution on 24 x 24.
    Depthwise,
}

/// Which runs the file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Runs {
    /// All sizes without CMSIS-NN, then with it; both after an attempt that broke off.
    Interrupted,
    /// All sizes without CMSIS-NN, then with it.
    Both,
    /// All sizes with CMSIS-NN.
    CmsisNn,
}

/// Sizes that the attempt measured before it broke off.
const ATTEMPTED: usize = 22;
/// How much slower the board was in that attempt.
const ATTEMPT: f64 = 1.02;
/// µs that a layer takes beside its operations.
const SETUP: f64 = 50.0;
/// When the runs began, in s since 1970: 2021-03-31 14:00.
const START: i64 = 1_617_199_200;

/// A class of swept sizes, in the order in which they first appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Modulo4,
    Odd,
    Even,
}

impl Class {
    const ALL: [Class; 3] = [Class::Modulo4, Class::Odd, Class::Even];

    fn of(size: u32) -> Self {
        match size % 4 {
            0 => Class::Modulo4,
            2 => Class::Even,
            _ => Class::Odd,
        }
    }

    /// Its name in records.
    fn name(self) -> &'static str {
        match self {
            Class::Modulo4 => "modulo 4",
            Class::Odd => "odd",
            Class::Even => "even",
        }
    }

    /// By what share of the latency at the first size the class is slower.
    fn penalty(self, cmsis_nn: bool) -> f64 {
        match self {
            Class::Odd if cmsis_nn => 0.07,
            Class::Even if cmsis_nn => 0.03,
            _ => 0.0,
        }
    }

    /// Standard deviation of the noise, as a share of the latency at the first size.
    fn noise(self) -> f64 {
        match self {
            Class::Modulo4 => 0.0005,
            Class::Even => 0.001,
            Class::Odd => 0.002,
        }
    }
}

impl Swept {
    /// The first size, and the number of sizes at scale 1.
    fn sizes(self) -> (u32, u32) {
        match self {
            Swept::Dense => (440, 60),
            Swept::Conv | Swept::Depthwise => (100, 21),
        }
    }

    /// Edges of the kernels that are measured.
    fn kernels(self) -> &'static [u32] {
        match self {
            Swept::Dense => &[1],
            Swept::Conv => &[1, 3],
            Swept::Depthwise => &[1, 3, 5],
        }
    }

    fn model(self, size: u32, kernel: u32) -> String {
        match self {
            Swept::Dense => format!("01ec_DenseBenchmark_varying-input_U-{size}_Q-full"),
            Swept::Conv => format!("01dg_ConvBenchmark_SingleConv_F-{size}_K-{kernel}_Q-full"),
            Swept::Depthwise => format!("01f_Depthwise-Conv_f-{size}_K-{kernel}_Q-full"),
        }
    }

    /// µs that an operation of the swept layers takes.
    fn rate(self, cmsis_nn: bool) -> f64 {
        match (self, cmsis_nn) {
            (Swept::Dense, false) => 0.140,
            (Swept::Conv, false) => 0.320,
            (Swept::Depthwise, false) => 0.600,
            (Swept::Dense, true) => 0.045,
            (Swept::Conv, true) => 0.040,
            (Swept::Depthwise, true) => 0.260,
        }
    }

    /// Multiply-accumulate operations of the swept layer, one for each bias among them.
    fn macs(self, size: u32, kernel: u32) -> f64 {
        let (size, area) = (f64::from(size), f64::from(kernel * kernel));
        match self {
            Swept::Dense => 450.0 * (size + 1.0),
            Swept::Conv => 1024.0 * 60.0 * (area * size + 1.0),
            Swept::Depthwise => 576.0 * size * (area + 1.0),
        }
    }

    /// All layers: name, and µs unless it is swept.
    fn layers(self, size: u32, kernel: u32, cmsis_nn: bool) -> Vec<(&'static str, Option<f64>)> {
        let (size, area) = (f64::from(size), f64::from(kernel * kernel));
        let of = |macs: f64| Some(SETUP + self.rate(cmsis_nn) * macs);
        match self {
            Swept::Dense => vec![
                ("0_QUANTIZE", Some(65.0)),
                ("1_RESHAPE", Some(19.0)),
                ("2_FULLY_CONNECTED", of(size * 101.0)),
                ("3_FULLY_CONNECTED", None),
                ("4_FULLY_CONNECTED", of(size * 451.0)),
                ("5_FULLY_CONNECTED", None),
                ("6_FULLY_CONNECTED", of(4510.0)),
                ("7_DEQUANTIZE", Some(25.0)),
            ],
            Swept::Conv => vec![
                ("0_QUANTIZE", Some(573.0)),
                ("1_CONV_2D", of(1024.0 * size * (area + 1.0))),
                ("2_CONV_2D", None),
                ("3_RESHAPE", Some(8453.0)),
                ("4_FULLY_CONNECTED", of(614_410.0)),
                ("5_SOFTMAX", Some(200.0)),
                ("6_DEQUANTIZE", Some(26.0)),
            ],
            Swept::Depthwise => vec![
                ("0_QUANTIZE", Some(327.0)),
                ("1_CONV_2D", of(576.0 * size * (area + 1.0))),
                ("2_DEPTHWISE_CONV_2D", None),
                ("3_RESHAPE", Some(80.0 * size)),
                ("4_FULLY_CONNECTED", of(5760.0 * size + 10.0)),
                ("5_SOFTMAX", Some(200.0)),
                ("6_DEQUANTIZE", Some(26.0)),
            ],
        }
    }
}

/// One model on the board.
struct Run {
    /// Nanoseconds since 1970.
    time: i64,
    size: u32,
    kernel: u32,
    cmsis_nn: bool,
    /// How much slower the board was than it should be.
    pace: f64,
    /// Name of each layer and its latency in µs; none if the program did not compile.
    layers: Vec<(&'static str, f64)>,
    inferences: i64,
}

impl Run {
    /// The latency in µs that the swept layers have without noise, and the standard deviation of that.
    fn expected(&self, swept: Swept) -> (f64, f64) {
        let class = Class::of(self.size);
        let first = swept.rate(self.cmsis_nn) * swept.macs(swept.sizes().0, self.kernel);
        let latency = swept.rate(self.cmsis_nn) * swept.macs(self.size, self.kernel);
        let offset = SETUP + class.penalty(self.cmsis_nn) * first;
        (self.pace * (latency + offset), self.pace * class.noise() * first)
    }

    /// Latency of the inference in µs.
    fn total(&self) -> f64 {
        self.layers.iter().map(|(_, latency)| latency).sum()
    }
}

/// Writes the file.
pub(super) fn write(sweep: &Sweep, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let mut random = sweep.simulation.random(sweep.name);
    let runs = runs(sweep, &mut random);
    files.write(sweep.file, sheet(sweep, &rows(&runs)).pickle(Protocol::Five)?)?;
    Ok(truths::of(sweep, &runs))
}

fn runs(sweep: &Sweep, random: &mut SplitMix64) -> Vec<Run> {
    let swept = sweep.swept;
    let (first, count) = swept.sizes();
    let sizes: Vec<u32> = (first..).take(count as usize * sweep.simulation.scale as usize).collect();
    let mut planned = Vec::new();
    let mut plan = |size: u32, kernel: u32, cmsis_nn: bool, pace: f64, compiles: bool| {
        planned.push((Run { time: 0, size, kernel, cmsis_nn, pace, layers: Vec::new(), inferences: 0 }, compiles));
    };
    if sweep.runs == Runs::Interrupted {
        for (place, &size) in sizes.iter().enumerate() {
            plan(size, 1, false, ATTEMPT, place < ATTEMPTED);
        }
        sizes.iter().for_each(|&size| plan(size, 1, true, ATTEMPT, false));
        sizes.iter().take(3).for_each(|&size| plan(size, 1, false, 1.0, false));
    }
    for cmsis_nn in [false, true] {
        if cmsis_nn || sweep.runs != Runs::CmsisNn {
            for &size in &sizes {
                swept.kernels().iter().for_each(|&kernel| plan(size, kernel, cmsis_nn, 1.0, true));
                if swept == Swept::Conv {
                    // Too large for the memory.
                    plan(size, 5, cmsis_nn, 1.0, false);
                }
            }
        }
    }
    let mut time = START * NANOSECONDS_PER_SECOND;
    for (run, compiles) in &mut planned {
        run.time = time;
        time += (50 + random.below(20)) * NANOSECONDS_PER_SECOND + 1000 * random.below(1_000_000);
        if *compiles {
            run.inferences = 8 + random.below(3);
            run.layers = measured(run, swept, random);
        }
    }
    planned.into_iter().map(|(run, _)| run).collect()
}

/// The layers of a run with noise, to a tenth of a microsecond: the mean of ten readings.
fn measured(run: &Run, swept: Swept, random: &mut SplitMix64) -> Vec<(&'static str, f64)> {
    let (expected, noise) = run.expected(swept);
    let layers = swept.layers(run.size, run.kernel, run.cmsis_nn).into_iter();
    let latency = |latency: Option<f64>, random: &mut SplitMix64| match latency {
        Some(known) => run.pace * known + 0.1 * random.normal(),
        None => expected + noise * random.normal(),
    };
    layers.map(|(name, known)| (name, (latency(known, random) * 10.0).round() / 10.0)).collect()
}

/// A row of the file: a layer of a run, or a run without layers.
struct Row<'a> {
    run: &'a Run,
    layer: Option<(&'static str, f64)>,
}

fn rows(runs: &[Run]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for run in runs {
        if run.layers.is_empty() {
            rows.push(Row { run, layer: None });
        }
        rows.extend(run.layers.iter().map(|&layer| Row { run, layer: Some(layer) }));
    }
    rows
}

fn sheet<'a>(sweep: &Sweep, rows: &'a [Row<'a>]) -> Sheet<'a, Row<'a>> {
    let swept = sweep.swept;
    let board = Board::L4;
    let (first, _) = swept.sizes();
    // The first model of the sweep names the recording.
    let recording = swept.model(first, 1).replace("_Q-full", "");
    let day = sweep.file.rsplit('_').next().unwrap_or_default().trim_end_matches(".pkl");
    let recording = format!("./results/{}_{recording}_{day}.rld", board.raw_name());
    let macs = move |row: &Row<'_>| swept.macs(row.run.size, row.run.kernel);
    let kilobytes = move |row: &Row<'_>| 500.0 + 1e-5 * macs(row);
    let nothing = |row: &Row<'_>| row.layer.is_none();
    let fails = rows.iter().any(nothing);
    #[expect(clippy::cast_possible_truncation, reason = "operations of a small model")]
    let flops = move |row: &Row<'_>| 2 * macs(row) as i64;
    let measured = |value: f64, row: &Row<'_>| if nothing(row) { f64::NAN } else { value };
    let latency = |row: &Row<'_>| row.layer.map_or(f64::NAN, |(_, latency)| latency);
    let text =
        move |row: &Row<'_>, text: &str| if nothing(row) { Cell::Float(f64::NAN) } else { Cell::Text(text.into()) };
    let binary_size = move |row: &Row<'_>| (290_000.0 + 1024.0 * kilobytes(row)).round();

    let sheet = Sheet::of(rows)
        .text("time", |row| date_time(row.run.time))
        .text("MCU", |_| board.raw_name())
        .text("model", |row| swept.model(row.run.size, row.run.kernel))
        .text("mbed-dir", |row| folder(row.run.cmsis_nn))
        .text("cmsis-nn", |row| if row.run.cmsis_nn { "cmsis-nn" } else { "none" })
        .empty(&["arena_size"])
        .text("compiler_optimization", |_| "-Ofast")
        .integer("FPU_status", |_| 1)
        .integer("FLOPs", flops)
        .integer("FLOPs_profiler", |row| flops(row) / 10)
        .empty(&["pruned"])
        .text("weights", |_| Format::Int8.weights())
        .text("activations", |_| Format::Int8.activations())
        .text("model_type", |_| "W-int8_A-int8")
        .float("model_size", kilobytes)
        .float("model_size_reduction", |_| 74.5)
        .float("model_size_gzip", |row| 0.99 * kilobytes(row))
        .float("model_size_reduction_gzip", |_| 74.8);
    #[expect(clippy::cast_possible_truncation, reason = "a few hundred kilobytes")]
    let sheet = if fails {
        sheet.float("binary_size", |row| measured(binary_size(row), row))
    } else {
        sheet.integer("binary_size", |row| binary_size(row) as i64)
    };
    let sheet = sheet
        .empty(&[
            "input_details_dtype",
            "input_details_shape",
            "output_details_dtype",
            "output_details_shape",
            "tfl_interpreter_accuracy",
            "tfl_interpreter_loss_crossentropy",
            "tfl_interpreter_loss_meansquared",
            "inferences_per_cycle",
            "tflu_mcu_benchmark_single",
            "tflu_mcu_benchmark_mean",
            "tflu_mcu_benchmark_std",
            "tflu_mcu_accuracy",
            "tflu_mcu_loss_crossentropy",
            "tflu_mcu_loss_meansquaredlayer",
        ])
        .float("layer_latency_mean", latency)
        .float("layer_latency_std", |row| measured(0.5, row))
        .object("layer", |row| text(row, row.layer.map_or("", |(name, _)| name)))
        .float("layer_latency_relativ", |row| latency(row) / row.run.total())
        .object("filename", |row| text(row, &recording));
    #[expect(clippy::cast_precision_loss, reason = "about ten")]
    let sheet = if fails {
        sheet.float("no_correct_inferences", |row| measured(row.run.inferences as f64, row))
    } else {
        sheet.integer("no_correct_inferences", |row| row.run.inferences)
    };
    let seconds = |row: &Row<'_>| measured(1e-6 * row.run.total(), row);
    let (power, voltage) = (board.power(), board.voltage());
    let sheet = sheet
        .float("latency_mean", seconds)
        .float("latency_std", |row| measured(7e-6, row))
        .float("voltage_mean", |row| measured(voltage, row))
        .float("voltage_std", |row| measured(0.0014, row))
        .float("current_mean", |row| measured(power / voltage, row))
        .float("current_std", |row| measured(0.02 * power / voltage, row))
        .float("power_mean", |row| measured(power, row))
        .float("power_std", |row| measured(0.02 * power, row))
        .float("energy_mean", |row| power * seconds(row))
        .float("energy_std", |row| 1e-3 * power * seconds(row));
    let error = |row: &Row<'_>| match row.layer {
        Some(_) => Cell::Float(f64::NAN),
        None => Cell::Text("error during compilation".into()),
    };
    if fails { sheet.object("error", error) } else { sheet }
}

fn folder(cmsis_nn: bool) -> &'static str {
    if cmsis_nn { "./TFLu_benchmark-model_mbed_cmsis-nn" } else { "./TFLu_benchmark-model_mbed" }
}
