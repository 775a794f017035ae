//! Clean and normalise: short names, one unit, sizes and operation counts of each layer.
//!
//! Source: `01_Figures.ipynb`, cells In[2], In[4], In[6], In[9], In[16], In[20].

use dag::Problem;
use serde::Serialize;

use super::schema;
use crate::cx::Cx;
use crate::table::{Rows, Table};

/// Boards and the names that figures give them, in the order of all legends.
const BOARDS: [(&str, &str); 3] = [("NUCLEO_L496ZG", "L4"), ("DISCO_F469NI", "F4"), ("NUCLEO_F767ZI", "F7")];

/// The raw file that a table was read from, for messages.
#[derive(Serialize)]
pub(super) struct From {
    pub(super) raw: &'static str,
}

/// What the layers of a sweep are swept over, which decides their operation counts.
#[derive(Clone, Copy, PartialEq, Serialize)]
pub(super) enum Sweep {
    /// Dense layers of input length U (In[6]).
    Dense,
    /// Convolutions with F input channels, kernel K and 60 output channels on 32 x 32 (In[9]).
    Conv,
    /// Depth-wise convolutions with F channels and kernel K on 24 x 24 (In[20]).
    Depthwise,
}

/// A sweep and the raw file that it was read from.
#[derive(Serialize)]
pub(super) struct SweepFrom {
    pub(super) raw: &'static str,
    pub(super) sweep: Sweep,
}

/// Latency of whole models on one board (figure 2). The latency keeps the name of the column it
/// comes from: of two, files of ResNet-20 fill `…_mean_50` and the others `…_mean`.
pub(super) fn latency(cx: &mut Cx<'_, '_>, from: &From) -> Result<(), Problem> {
    let columns = [
        "index",
        "MCU",
        "model_type",
        "weights",
        "activations",
        "cmsis-nn",
        "compiler_optimization",
        "FPU_status",
        "tflu_mcu_benchmark_mean",
        "tflu_mcu_benchmark_mean_50",
    ];
    let raw = Table::columns(cx, "raw", &columns)?.read_from(from.raw);
    let measured =
        if raw.has("tflu_mcu_benchmark_mean_50") { "tflu_mcu_benchmark_mean_50" } else { "tflu_mcu_benchmark_mean" };
    let table = Rows::new()
        .integers("row", raw.integers("index")?)
        .texts("mcu", short_names(&raw)?)
        .texts("model_type", raw.texts("model_type")?)
        .texts("weights", raw.texts("weights")?)
        .texts("activations", raw.texts("activations")?)
        .texts("cmsis_nn", raw.texts("cmsis-nn")?)
        .texts("compiler_optimization", raw.texts("compiler_optimization")?)
        .integers("fpu", raw.integers("FPU_status")?)
        .floats(measured, raw.floats(measured)?);
    table.write(cx, "table", schema::LATENCY)
}

/// Energy and latency of whole inferences (figures 3 and 6).
pub(super) fn inferences(cx: &mut Cx<'_, '_>, from: &From) -> Result<(), Problem> {
    let columns = [
        "index",
        "MCU",
        "model_name",
        "model_type",
        "weights",
        "activations",
        "cmsis-nn",
        "latency_mean",
        "energy_mean",
    ];
    let raw = Table::columns(cx, "raw", &columns)?.read_from(from.raw);
    Rows::new()
        .integers("row", raw.positions())
        .texts("mcu", short_names(&raw)?)
        .texts("model_name", raw.texts("model_name")?)
        .texts("model_type", dashed(raw.texts("model_type")?))
        .texts("weights", raw.texts("weights")?)
        .texts("activations", raw.texts("activations")?)
        .texts("cmsis_nn", raw.texts("cmsis-nn")?)
        .floats("latency", raw.numbers("latency_mean")?)
        .floats("energy", raw.numbers("energy_mean")?)
        .write(cx, "table", schema::INFERENCES)
}

/// Energy and latency of single layers (figure 7). The 13 layers of no latency are kept.
pub(super) fn layers(cx: &mut Cx<'_, '_>, from: &From) -> Result<(), Problem> {
    let columns = [
        "index",
        "MCU",
        "model_type",
        "layer",
        "layer_latency_mean",
        "layer_energy_mean",
        "layer_latency_relativ",
        "layer_energy_relativ",
    ];
    let raw = Table::columns(cx, "raw", &columns)?.read_from(from.raw);
    Rows::new()
        .integers("row", raw.positions())
        .texts("mcu", short_names(&raw)?)
        .texts("model_type", dashed(raw.texts("model_type")?))
        .integers("layer", raw.integers("layer")?)
        .floats("latency", raw.numbers("layer_latency_mean")?)
        .floats("energy", raw.numbers("layer_energy_mean")?)
        .floats("latency_share", raw.numbers("layer_latency_relativ")?)
        .floats("energy_share", raw.numbers("layer_energy_relativ")?)
        .write(cx, "table", schema::LAYERS)
}

/// Latency of the layers of a sweep, with the operation counts that the original gives them and,
/// where these are wrong, the right ones beside them.
pub(super) fn sweep(cx: &mut Cx<'_, '_>, from: &SweepFrom) -> Result<(), Problem> {
    let columns = ["index", "MCU", "model", "layer", "cmsis-nn", "layer_latency_mean", "error"];
    let raw = Table::columns(cx, "raw", &columns)?.read_from(from.raw);
    let raw = if raw.has("error") { raw.where_null("error")? } else { raw };
    let (models, layers) = (raw.texts("model")?, raw.texts("layer")?);
    let mut counts: Vec<Operations> = Vec::with_capacity(layers.len());
    let (mut sizes, mut kernels) = (Vec::new(), Vec::new());
    for (row, (model, layer)) in models.iter().zip(&layers).enumerate() {
        let tagged = |tag: &str| {
            tagged_number(model, tag).ok_or_else(|| {
                let problem =
                    Problem::new(format!("row {}: the model {model:?} does not tell its size", raw.label(row)));
                problem.in_file(from.raw).expected(format!("{tag}<number>_ in the name"))
            })
        };
        let (size, kernel) = match from.sweep {
            Sweep::Dense => (tagged("_U-")?, 1.0),
            Sweep::Conv => (tagged("_F-")?, tagged("_K-")?),
            Sweep::Depthwise => (tagged("_f-")?, tagged("_K-")?),
        };
        counts.push(operations(from.sweep, layer, size, kernel));
        sizes.push(size);
        kernels.push(kernel);
    }
    Rows::new()
        .integers("row", raw.integers("index")?)
        .texts("mcu", short_names(&raw)?)
        .texts("cmsis_nn", raw.texts("cmsis-nn")?)
        .texts("model", models)
        .texts("class", sizes.iter().map(|&size| class(size).to_owned()).collect())
        .texts("layer", layers)
        .floats("kernel", kernels)
        .floats("size", sizes)
        .floats("flops", counts.iter().map(|c| c.flops).collect())
        .floats("maccs", counts.iter().map(|c| c.maccs).collect())
        .floats("true_flops", counts.iter().map(|c| c.true_flops).collect())
        .floats("true_maccs", counts.iter().map(|c| c.true_maccs).collect())
        .floats("latency", raw.numbers("layer_latency_mean")?)
        .write(cx, "table", schema::SWEEP)
}

/// The classes that figures 4, 5 and 8 tell apart, each size in one of them.
fn class(size: f64) -> &'static str {
    if size % 4.0 == 0.0 {
        "modulo 4"
    } else if size % 2.0 == 0.0 {
        "even"
    } else {
        "odd"
    }
}

/// Operations of one layer.
#[derive(Clone, Copy)]
struct Operations {
    flops: f64,
    maccs: f64,
    true_flops: f64,
    true_maccs: f64,
}

impl Operations {
    fn agreed(flops: f64, maccs: f64) -> Self {
        Self { flops, maccs, true_flops: flops, true_maccs: maccs }
    }
}

/// Operation counts as the original has them (In[6], In[9], In[20]). Its convolutions count one
/// bias for each input channel where there is one for each output element (quirk `conv-macc`).
fn operations(sweep: Sweep, layer: &str, size: f64, kernel: f64) -> Operations {
    let area = kernel * kernel;
    let dense = |inputs: f64, outputs: f64| Operations::agreed(2.0 * inputs * outputs, outputs * (inputs + 1.0));
    match sweep {
        Sweep::Dense => match layer {
            l if l.contains("2_FULLY") => dense(100.0, size),
            l if l.contains("3_FULLY") || l.contains("5_FULLY") => dense(size, 450.0),
            l if l.contains("4_FULLY") => dense(450.0, size),
            l if l.contains("6_FULLY") => dense(450.0, 10.0),
            _ => Operations::agreed(100.0, 100.0),
        },
        Sweep::Conv => {
            let pixels = 32.0 * 32.0;
            match layer {
                l if l.contains("1_CONV") => {
                    Operations::agreed(pixels * (2.0 * area + 1.0) * size, pixels * (area + 1.0) * size)
                }
                l if l.contains("CONV") => Operations {
                    flops: pixels * size * (2.0 * area + 1.0) * 60.0,
                    maccs: pixels * size * (area + 1.0) * 60.0,
                    true_flops: pixels * 60.0 * (2.0 * area * size + 1.0),
                    true_maccs: pixels * 60.0 * (area * size + 1.0),
                },
                l if l.contains("FULLY") => dense(pixels * 60.0, 10.0),
                _ => Operations::agreed(10.0, 10.0),
            }
        }
        Sweep::Depthwise => {
            let pixels = 24.0 * 24.0;
            match layer {
                l if l.contains("CONV") => {
                    Operations::agreed(pixels * size * (2.0 * area + 1.0), pixels * size * (area + 1.0))
                }
                l if l.contains("FULLY") => dense(pixels * size, 10.0),
                _ => Operations::agreed(10.0, 10.0),
            }
        }
    }
}

/// The number between a tag and the next underscore: `_F-100_` holds 100 for `_F-`.
fn tagged_number(model: &str, tag: &str) -> Option<f64> {
    let (_, rest) = model.split_once(tag)?;
    let (digits, _) = rest.split_once('_')?;
    digits.parse::<u32>().ok().map(f64::from)
}

fn short_names(raw: &Table) -> Result<Vec<String>, Problem> {
    let boards = raw.texts("MCU")?;
    let short = |(row, board): (usize, &String)| {
        let known = BOARDS.iter().find(|(name, _)| name == board).map(|(_, short)| (*short).to_owned());
        known.ok_or_else(|| {
            let known: Vec<_> = BOARDS.iter().map(|(name, _)| *name).collect();
            raw.problem(format!("row {}: unknown microcontroller board {board:?}", raw.label(row)))
                .expected(format!("one of {}", known.join(", ")))
                .help("if the board is right, add it to BOARDS in clean.rs of this study")
        })
    };
    boards.iter().enumerate().map(short).collect()
}

fn dashed(texts: Vec<String>) -> Vec<String> {
    texts.into_iter().map(|text| text.replace('_', "-")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stand_between_tag_and_underscore() {
        assert_eq!(tagged_number("01dg_ConvBenchmark_SingleConv_F-100_K-1_Q-full", "_K-"), Some(1.0));
        assert_eq!(tagged_number("01dg_ConvBenchmark_SingleConv_F-100_K-1_Q-full", "_F-"), Some(100.0));
        assert_eq!(tagged_number("01dg_F-x_K-1", "_F-"), None);
        assert_eq!(tagged_number("01dg_K-1", "_K-"), None);
    }

    #[test]
    fn classes_do_not_overlap() {
        assert_eq!([440.0, 441.0, 442.0].map(class), ["modulo 4", "odd", "even"]);
    }

    #[test]
    fn operation_counts_are_those_of_the_printed_tables() {
        let conv = operations(Sweep::Conv, "2_CONV_2D", 100.0, 3.0);
        assert_eq!((conv.maccs, conv.flops), (61_440_000.0, 116_736_000.0));
        assert_eq!(conv.true_maccs, 1024.0 * 60.0 * 901.0);
        let first = operations(Sweep::Conv, "1_CONV_2D", 100.0, 1.0);
        assert_eq!((first.maccs, first.true_maccs), (204_800.0, 204_800.0));
        assert_eq!(operations(Sweep::Conv, "4_FULLY_CONNECTED", 100.0, 1.0).maccs, 614_410.0);
        let depthwise = operations(Sweep::Depthwise, "2_DEPTHWISE_CONV_2D", 100.0, 3.0);
        assert_eq!((depthwise.maccs, depthwise.flops), (576_000.0, 1_094_400.0));
        assert_eq!(operations(Sweep::Dense, "3_FULLY_CONNECTED", 447.0, 1.0).maccs, 450.0 * 448.0);
    }
}
