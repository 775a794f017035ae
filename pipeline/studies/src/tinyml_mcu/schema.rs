//! The derived tables of this study: each column with its unit and meaning.

use crate::table::Column;

const ROW: Column = Column::new("row", "", "Row of the raw file");
const MCU: Column = Column::new("mcu", "", "Microcontroller");
const MODEL_TYPE: Column = Column::new("model_type", "", "Number formats of weights and activations");
const WEIGHTS: Column = Column::new("weights", "", "Number format of the weights");
const ACTIVATIONS: Column = Column::new("activations", "", "Number format of the activations");
const CMSIS_NN: Column = Column::new("cmsis_nn", "", "Whether the CMSIS-NN kernels are used");

pub(super) const INFERENCE_LATENCY: Column = Column::new("latency", "s", "Inference latency");
pub(super) const INFERENCE_ENERGY: Column = Column::new("energy", "J", "Inference energy consumption");
pub(super) const LAYER_LATENCY: Column = Column::new("latency", "s", "Layer latency");
pub(super) const LAYER_ENERGY: Column = Column::new("energy", "J", "Layer energy consumption");
pub(super) const LATENCY_SHARE: Column = Column::new("latency_share", "", "Share of the layer in the latency");
pub(super) const ENERGY_SHARE: Column = Column::new("energy_share", "", "Share of the layer in the energy");

/// Latency of whole models; the last column is one of the two.
pub(super) const LATENCY: &[Column] = &[
    ROW,
    MCU,
    MODEL_TYPE,
    WEIGHTS,
    ACTIVATIONS,
    CMSIS_NN,
    Column::new("compiler_optimization", "", "Optimisation level of the compiler"),
    Column::new("fpu", "", "Whether the floating-point unit is used"),
    Column::new("tflu_mcu_benchmark_mean|tflu_mcu_benchmark_mean_50", "us", "Inference latency"),
];

/// Energy and latency of whole inferences.
pub(super) const INFERENCES: &[Column] = &[
    ROW,
    MCU,
    Column::new("model_name", "", "Network and data set"),
    MODEL_TYPE,
    WEIGHTS,
    ACTIVATIONS,
    CMSIS_NN,
    INFERENCE_LATENCY,
    INFERENCE_ENERGY,
];

/// Energy and latency of single layers.
pub(super) const LAYERS: &[Column] = &[
    ROW,
    MCU,
    MODEL_TYPE,
    Column::new("layer", "", "Place of the layer in its network, from 0"),
    LAYER_LATENCY,
    LAYER_ENERGY,
    LATENCY_SHARE,
    ENERGY_SHARE,
];

/// Latency of the layers of a sweep.
pub(super) const SWEEP: &[Column] = &[
    ROW,
    MCU,
    CMSIS_NN,
    Column::new("model", "", "Model that the layer belongs to"),
    Column::new("class", "", "Whether the swept size is a multiple of four, another even number, or odd"),
    Column::new("layer", "", "Place and kind of the layer"),
    Column::new("kernel", "", "Edge of the kernel"),
    Column::new("size", "", "Swept size: input length, or number of input channels"),
    Column::new("flops", "", "Floating-point operations of the layer, as the original counts them"),
    Column::new("maccs", "", "Multiply-accumulate operations of the layer, as the original counts them"),
    Column::new("true_flops", "", "Floating-point operations of the layer"),
    Column::new("true_maccs", "", "Multiply-accumulate operations of the layer"),
    Column::new("latency", "us", "Layer latency"),
];

/// A band around a line; x and the edges have the units of the figure.
pub(super) const BAND: &[Column] = &[
    MCU,
    Column::new("x", "", "Abscissa"),
    Column::new("lower", "", "Lower edge of the 95 % band"),
    Column::new("upper", "", "Upper edge of the 95 % band"),
];

/// The unit of a column of a raw file. The aggregated energy tables are in SI units; all other
/// files have their latencies in microseconds.
pub(crate) fn raw_unit(file: &str, column: &str) -> Option<&'static str> {
    let quantity =
        ["_mean_50", "_std_50", "_mean", "_std", "_single"].iter().find_map(|end| column.strip_suffix(end))?;
    match quantity {
        "latency" => Some("s"),
        "layer_latency" if file.contains("A_Aggregated_energy") => Some("s"),
        "layer_latency" | "tflu_mcu_benchmark" => Some("us"),
        "voltage" | "layer_voltage" => Some("V"),
        "current" | "layer_current" => Some("A"),
        "power" | "layer_power" => Some("W"),
        "energy" | "layer_energy" => Some("J"),
        _ => None,
    }
}

/// What a column of a raw file holds, by its name and the notebooks; nothing where neither tells.
pub(super) fn raw_meaning(column: &str) -> &'static str {
    let statistic = ["_mean_50", "_std_50", "_mean", "_std"].iter().find_map(|end| column.strip_suffix(end));
    match column {
        "MCU" => return "Microcontroller",
        "FPU_status" => return "Whether the floating-point unit is used",
        "cmsis-nn" => return "Whether the CMSIS-NN kernels are used",
        "compiler_optimization" => return "Optimisation level of the compiler",
        "model" | "model_name" => return "Network and data set",
        "model_type" => return "Number formats of weights and activations",
        "weights" => return "Number format of the weights",
        "activations" => return "Number format of the activations",
        "layer" => return "Place or name of the layer in its network",
        "FLOPs" => return "Floating-point operations, as the authors count them",
        "FLOPs_profiler" => return "Floating-point operations, as a profiler counts them",
        "MACs" => return "Multiply-accumulate operations, as the authors count them",
        "arena_size" => return "Memory given to the interpreter for tensors",
        "binary_size" => return "Size of the program",
        "model_size" => return "Size of the model file",
        "model_size_gzip" => return "Size of the model file, compressed",
        "model_size_reduction" => return "Size against that of the model in floating point",
        "model_size_reduction_gzip" => return "The same, both compressed",
        "input_details_dtype" | "output_details_dtype" => return "Number format of the input or output",
        "input_details_shape" | "output_details_shape" => return "Shape of the input or output",
        "inferences_per_cycle" => return "Inferences of one measurement",
        "layer_latency_relativ" => return "Share of the layer in the latency",
        "layer_energy_relativ" => return "Share of the layer in the energy",
        "pruned" => return "Whether the network is pruned",
        "filename" => return "File of the recording",
        "time" => return "When it was measured",
        "error" => return "Error of the compiler or the run",
        _ => {}
    }
    match statistic {
        Some("latency") => "Inference latency: mean or standard deviation",
        Some("layer_latency") => "Layer latency: mean or standard deviation",
        Some("tflu_mcu_benchmark") => "Inference latency by the timer of the board: mean or standard deviation",
        Some("voltage" | "layer_voltage") => "Supply voltage: mean or standard deviation",
        Some("current" | "layer_current") => "Supply current: mean or standard deviation",
        Some("power" | "layer_power") => "Power: mean or standard deviation",
        Some("energy" | "layer_energy") => "Energy: mean or standard deviation",
        Some("layer_sample_length") => "Samples of the layer: mean or standard deviation",
        _ => "",
    }
}
