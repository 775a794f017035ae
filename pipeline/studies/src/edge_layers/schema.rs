//! The derived tables of this study: each column with its unit and meaning.

use super::kind::Kind;
use crate::table::Column;

const LAYER: Column = Column::new("layer", "", "Layer");
const LAYER_TYPE: Column = Column::new("layer_type", "", "Kernel that TensorRT chose");
const RUN_TIME: Column = Column::new("run_time", "ms", "Run time");

/// Shapes of the tensors of a layer, as columns of [`LAYERS`].
pub(super) const SHAPES: [[&str; 4]; 2] = [["n_in", "c_in", "h_in", "w_in"], ["n_out", "c_out", "h_out", "w_out"]];

/// The layers of an engine, in the order in which they run. What a layer has not is missing.
pub(super) const LAYERS: &[Column] = &[
    LAYER,
    LAYER_TYPE,
    Column::new("parameter_type", "", "What the network asked for; empty for layers that compute nothing"),
    Column::new("n_in", "", "Size of the batch, of the first input"),
    Column::new("c_in", "", "Channels of the first input"),
    Column::new("h_in", "", "Height of the first input"),
    Column::new("w_in", "", "Width of the first input"),
    Column::new("n_out", "", "Size of the batch, of the first output"),
    Column::new("c_out", "", "Channels of the first output"),
    Column::new("h_out", "", "Height of the first output"),
    Column::new("w_out", "", "Width of the first output"),
    Column::new("kernel_0", "", "Height of the kernel"),
    Column::new("kernel_1", "", "Width of the kernel"),
    Column::new("window_0", "", "Height of the window of a pooling"),
    Column::new("window_1", "", "Width of the window of a pooling"),
    Column::new("padding_0", "", "Padding above and below together"),
    Column::new("padding_1", "", "Padding at both sides together"),
    Column::new("stride_0", "", "Vertical stride"),
    Column::new("stride_1", "", "Horizontal stride"),
    Column::new("groups", "", "Groups of a convolution"),
];

/// Which power was drawn while which layer ran; one row a layer and cycle.
pub(super) const MAPPING: &[Column] = &[
    Column::new("cycle", "", "Number of the cycle, from 1"),
    LAYER,
    LAYER_TYPE,
    Column::new("power_with_idle", "µW", "Mean of the power samples within the run; missing without any"),
    Column::new("power_without_idle", "µW", "The same without the power of the idle board"),
    RUN_TIME,
];

/// How a mapping went; one row.
pub(super) const MAPPED: &[Column] = &[
    Column::new("samples", "", "Samples in the power log"),
    Column::new("layers", "", "Layers in the profile"),
    Column::new("cycles", "", "Cycles in the profile"),
    Column::new("unknown", "", "Layers of the profile that the engine does not have"),
    Column::new("exhausted", "", "1 if the log ended before the profile, else 0"),
];

/// Statistics of the layers that the original keeps, in byte order of their names.
pub(super) const STATISTICS: &[Column] = &[
    LAYER,
    LAYER_TYPE,
    Column::new("power_count", "", "Cycles in which a power sample fell into the run"),
    Column::new("power_mean", "µW", "Mean power without that of the idle board"),
    Column::new("power_std", "µW", "Standard deviation, n - 1"),
    Column::new("power_min", "µW", "Least"),
    Column::new("power_25%", "µW", "First quartile"),
    Column::new("power_50%", "µW", "Median"),
    Column::new("power_75%", "µW", "Third quartile"),
    Column::new("power_max", "µW", "Greatest"),
    Column::new("run_time_count", "", "Cycles"),
    Column::new("run_time_mean", "ms", "Mean run time"),
    Column::new("run_time_std", "ms", "Standard deviation, n - 1"),
    Column::new("run_time_min", "ms", "Least"),
    Column::new("run_time_25%", "ms", "First quartile"),
    Column::new("run_time_50%", "ms", "Median"),
    Column::new("run_time_75%", "ms", "Third quartile"),
    Column::new("run_time_max", "ms", "Greatest"),
];

const MODEL: Column = Column::new("model", "", "Network");
const POWER: Column = Column::new("power", "µW", "Mean power without that of the idle board");
const MEAN_RUN_TIME: Column = Column::new("runtime", "ms", "Mean run time");
const LAYER_NAME: Column = Column::new("layer_name", "", "Layer");
const BATCH: Column = Column::new("batch_size", "", "Size of the batch");
const INPUT: [Column; 3] = [
    Column::new("input_size_0", "", "Input channels"),
    Column::new("input_size_1", "", "Input height"),
    Column::new("input_size_2", "", "Input width"),
];
const OUTPUT: [Column; 3] = [
    Column::new("output_size_0", "", "Output channels"),
    Column::new("output_size_1", "", "Output height"),
    Column::new("output_size_2", "", "Output width"),
];
const STRIDE: [Column; 2] =
    [Column::new("stride_0", "", "Vertical stride"), Column::new("stride_1", "", "Horizontal stride")];

const CONVOLUTIONAL: &[Column] = &[
    MODEL,
    BATCH,
    INPUT[0],
    INPUT[1],
    INPUT[2],
    OUTPUT[0],
    OUTPUT[1],
    OUTPUT[2],
    Column::new("kernel_0", "", "Height of the kernel"),
    Column::new("kernel_1", "", "Width of the kernel"),
    Column::new("padding_0", "", "Padding above and below together"),
    Column::new("padding_1", "", "Padding at both sides together"),
    STRIDE[0],
    STRIDE[1],
    POWER,
    MEAN_RUN_TIME,
    LAYER_NAME,
];

const POOLING: &[Column] = &[
    MODEL,
    BATCH,
    INPUT[0],
    INPUT[1],
    INPUT[2],
    OUTPUT[0],
    OUTPUT[1],
    OUTPUT[2],
    Column::new("kernel_0", "", "Input height, by an error of the original"),
    Column::new("kernel_1", "", "Input width, by an error of the original"),
    STRIDE[0],
    STRIDE[1],
    POWER,
    MEAN_RUN_TIME,
    LAYER_NAME,
];

const DENSE: &[Column] = &[
    MODEL,
    BATCH,
    Column::new("input_size", "", "Numbers in the input"),
    Column::new("output_size", "", "Numbers in the output"),
    POWER,
    MEAN_RUN_TIME,
    LAYER_NAME,
];

/// The data sets that the notebook reads, all models in one table.
pub(super) const fn data_set(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Convolutional => CONVOLUTIONAL,
        Kind::Pooling => POOLING,
        Kind::Dense => DENSE,
    }
}

/// The layers of all data sets together, with their work.
pub(super) const HELD: &[Column] = &[
    MODEL,
    LAYER,
    Column::new("kind", "", "Table of the layer"),
    Column::new("place", "", "Place in the engine, from 0"),
    Column::new("macs", "", "Multiply-accumulate operations of one run"),
    Column::new("window_0", "", "Height of the window of a pooling"),
    Column::new("window_1", "", "Width of the window of a pooling"),
    Column::new("count", "", "Cycles in which a power sample fell into the run"),
    Column::new("power", "W", "Power of the layer, idle power subtracted"),
    Column::new("run_time", "ms", "Run time of the layer"),
];

/// The layers of the 21 networks by their architectures: shapes without power and run time.
pub(super) const INVENTORY: &[Column] = &[
    MODEL,
    LAYER,
    Column::new("kind", "", "Table of the layer"),
    Column::new("split", "", "1 if the kind is one of those that had to be divided, else 0"),
    Column::new("n_in", "", "Size of the batch"),
    Column::new("c_in", "", "Input channels"),
    Column::new("h_in", "", "Input height"),
    Column::new("w_in", "", "Input width"),
    Column::new("c_out", "", "Output channels"),
    Column::new("h_out", "", "Output height"),
    Column::new("w_out", "", "Output width"),
    Column::new("kernel", "", "Edge of the kernel or window"),
    Column::new("padding", "", "Padding on both sides together"),
    Column::new("stride", "", "Stride"),
    Column::new("groups", "", "Groups of a convolution"),
];

/// Run times of layers, one row a layer and cycle.
pub(super) const PROFILE: &[Column] = &[
    Column::new("place", "", "Place of the layer in the profile, from 0"),
    LAYER,
    Column::new("cycle", "", "Number of the cycle, from 1"),
    RUN_TIME,
    Column::new("end", "", "When the profiler reported it, in ns since 1970-01-01 of its clock; 0 if it does not tell"),
];

/// The inferences of a benchmark.
pub(super) const BENCHMARK: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("batch", "", "Size of the batch"),
    Column::new("latency", "s", "Duration of an inference"),
    Column::new("stored_latency", "s", "Mean that the file tells"),
    Column::new("stored_throughput", "1/s", "Images per second that the file tells"),
];

/// Iterations of trtexec.
pub(super) const TIMING: &[Column] = &[
    Column::new("latency", "ms", "From the copy to the device to the copy back"),
    Column::new("compute", "ms", "Time of computation"),
    Column::new("start", "ms", "Start of the copy to the device, since the start of the program"),
    Column::new("end", "ms", "End of the copy back"),
];

/// Layers as trtexec profiles them.
pub(super) const TRTEXEC: &[Column] = &[
    LAYER,
    Column::new("iterations", "", "Iterations that were profiled"),
    Column::new("time", "ms", "Time in all iterations"),
    Column::new("average", "ms", "Mean that the file tells"),
    Column::new("median", "ms", "Median"),
    Column::new("percentage", "%", "Share that the file tells"),
];

/// `model1_average_power_stats.csv` and `…_run_time_stats.csv`.
pub(super) const STORED_STATISTICS: &[Column] = &[
    Column::new("layer_name", "", "Layer"),
    Column::new("count", "", "Values"),
    Column::new("mean", "", "Mean"),
    Column::new("std", "", "Standard deviation, n - 1"),
    Column::new("min", "", "Least"),
    Column::new("25%", "", "First quartile"),
    Column::new("50%", "", "Median"),
    Column::new("75%", "", "Third quartile"),
    Column::new("max", "", "Greatest"),
];

/// Power and run time by layer, as the analysis of October 2024 wrote them.
pub(super) const AVERAGES: &[Column] = &[
    Column::new("layer name", "", "Layer"),
    LAYER_TYPE,
    Column::new("average_power", "µW", "Mean power"),
    Column::new("average_run_time", "ms", "Mean run time"),
];

/// The same by layer and cycle.
pub(super) const BY_CYCLE: &[Column] = &[
    Column::new("layer_name", "", "Layer"),
    LAYER_TYPE,
    Column::new("cycle", "", "Number of the cycle, from 1"),
    Column::new("average_power", "µW", "Mean power"),
    Column::new("layer_run_time", "ms", "Run time"),
];

/// A data set of one model as the original stored it: the columns of [`data_set`] without the model.
pub(super) fn stored_data_set(kind: Kind) -> &'static [Column] {
    data_set(kind).get(1..).unwrap_or_default()
}

/// The unit of a column of a raw file.
pub(crate) fn raw_unit(_file: &str, column: &str) -> Option<&'static str> {
    match column {
        "power" | "average_power" => Some("µW"),
        "layer_power_including_idle_power_micro_watt" | "layer_power_excluding_idle_power_micro_watt" => Some("µW"),
        "runtime" | "average_run_time" | "layer_run_time" => Some("ms"),
        _ => None,
    }
}
