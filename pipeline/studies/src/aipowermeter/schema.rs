//! The derived tables of this study: each column with its unit and meaning.

use crate::table::Column;

const LINE: Column = Column::new("line", "", "Line of the raw file");
const SEGMENT: Column = Column::new("segment", "", "Segment of the recording, from 0");
const SECONDS: Column = Column::new("seconds", "s", "Seconds since 1970 of the local clock");
const RUN: Column = Column::new("run", "", "Run");
const SIZE: Column = Column::new("size", "", "Input size in pixels or tokens");
const INFERENCES: Column = Column::new("inferences", "", "Inferences of a run");
const COUNT: Column = Column::new("records", "", "Records of a run");

/// The records of a real recording.
pub(super) const RECORDS: &[Column] = &[
    LINE,
    SEGMENT,
    Column::new("closed", "", "Whether a line closes the segment"),
    SECONDS,
    Column::new("time", "ns", "Nanoseconds since 1970 of the local clock"),
    Column::new("intel_power", "W", "Power of all processor packages"),
    Column::new("nvidia_draw", "W", "Power of all graphics cards"),
];

/// Every number of a real recording.
pub(super) const VALUES: &[Column] = &[
    LINE,
    Column::new("field", "", "Field, by its name since December 2021"),
    Column::new("card", "", "Graphics card, `all`, or nothing"),
    Column::new("process", "", "Process id, or nothing"),
    Column::new("value", "", "The number, in the unit of its field"),
];

/// What a recording states and what it should be by its other values.
pub(super) const IDENTITIES: &[Column] = &[
    LINE,
    Column::new("identity", "", "Which identity"),
    Column::new("stated", "", "The number in the recording"),
    Column::new("reckoned", "", "The number by the identity"),
];

/// The quantities that the compile step takes from the records of a run, by the names of its columns.
pub(super) const QUANTITIES: [&str; 7] = [
    "intel_power",
    "total_cpu_power",
    "mem_use_abs",
    "nvidia_draw_absolute",
    "nvidia_estimated_attributable_power_draw",
    "per_gpu_attributable_mem_use",
    "sm",
];

/// The columns of the compiled csv, behind the input size.
pub(super) const COMPILED: [&str; 8] = {
    let [intel, cores, memory, draw, attributable, gpu_memory, sm] = QUANTITIES;
    [intel, cores, memory, draw, attributable, gpu_memory, sm, "latency"]
};

/// The records of the runs of an input size.
pub(super) const RUN_RECORDS: &[Column] = &[
    RUN,
    LINE,
    SEGMENT,
    SECONDS,
    Column::new("intel_power", "W", "Power of all processor packages"),
    Column::new("total_cpu_power", "W", "Power of the cores"),
    Column::new("mem_use_abs", "B", "Memory of the first process"),
    Column::new("nvidia_draw_absolute", "W", "Power of all graphics cards"),
    Column::new("nvidia_estimated_attributable_power_draw", "W", "The same by the own share of its use"),
    Column::new("per_gpu_attributable_mem_use", "B", "Memory of the first process on card 0"),
    Column::new("sm", "%", "Use of the multiprocessors by all processes"),
];

/// The latencies of the runs of an input size.
pub(super) const RUN_LATENCIES: &[Column] = &[
    RUN,
    INFERENCES,
    Column::new("median", "s", "Median latency"),
    Column::new("first", "s", "Latency of the first inference"),
    Column::new("sum", "s", "Sum of all latencies"),
];

const LATENCY: Column = Column::new("latency", "s", "Median latency");

/// One row a run (with `run`) or an input size, as the original compiles them.
pub(super) const AS_COMPILED: &[Column] = &[
    SIZE,
    RUN,
    INFERENCES,
    COUNT,
    Column::new("intel_power", "J", "Package energy per inference"),
    Column::new("total_cpu_power", "J", "Core energy per inference"),
    Column::new("mem_use_abs", "B", "Memory times records by inferences"),
    Column::new("nvidia_draw_absolute", "J", "Card energy per inference"),
    Column::new("nvidia_estimated_attributable_power_draw", "J", "Attributed card energy per inference"),
    Column::new("per_gpu_attributable_mem_use", "B", "Card memory times records by inferences"),
    Column::new("sm", "%", "Use of the multiprocessors times records by inferences"),
    LATENCY,
    Column::new("covered", "s", "Time between the first and the last record"),
    Column::new("duration", "s", "Sum of the latencies"),
];

/// The same by the correct analysis.
pub(super) const AS_CORRECTED: &[Column] = &[
    SIZE,
    RUN,
    INFERENCES,
    COUNT,
    Column::new("intel_power", "J", "Package energy per inference"),
    Column::new("total_cpu_power", "J", "Core energy per inference"),
    Column::new("mem_use_abs", "B", "Memory"),
    Column::new("nvidia_draw_absolute", "J", "Card energy per inference"),
    Column::new("nvidia_estimated_attributable_power_draw", "J", "Attributed card energy per inference"),
    Column::new("per_gpu_attributable_mem_use", "B", "Card memory"),
    Column::new("sm", "%", "Use of the multiprocessors"),
    LATENCY,
    Column::new("covered", "s", "Time between the first and the last record"),
    Column::new("duration", "s", "Sum of the latencies"),
];

/// The unit of a field of a recording, and what it holds.
pub(super) fn field(name: &str) -> (&'static str, &'static str) {
    match name {
        "intel_power" => ("W", "mean power of all packages between two reads of their counters"),
        "total_cpu_power" => ("W", "mean power of the cores between two reads"),
        "total_dram_power" => ("W", "mean power of the memory between two reads"),
        "uncore_power" => ("W", "mean power of the uncore between two reads"),
        "psys_power" => ("W", "mean power of the whole board between two reads"),
        "per_process_cpu_uses" => ("", "share of a process in the time of the whole processor"),
        "per_process_cpu_power" => ("W", "power of the cores by a process's share of the time"),
        "per_process_mem_use_abs" => ("B", "proportional set size of a process"),
        "per_process_mem_use_percent" => ("", "share of a process in the memory in use"),
        "per_process_dram_power" => ("W", "power of the memory by a process's share of it"),
        "per_process_mem_use_uss" => ("B", "unique set size of a process"),
        "nvidia_draw_absolute" => ("W", "momentary power of all cards"),
        "per_gpu_power_draw" => ("W", "momentary power of a card"),
        "per_gpu_attributable_mem_use" => ("B", "memory of a card that an own process uses"),
        "nvidia_estimated_attributable_power_draw" => {
            ("W", "power of the cards by the own processes' share of their use")
        }
        "average_gpu_estimated_utilization_absolute" => ("", "use of the cards by the own processes"),
        "average_gpu_estimated_utilization_relative" => ("", "share of the own processes in the use of the cards"),
        "per_gpu_average_estimated_utilization_absolute.sm" => ("%", "use of the multiprocessors by a process"),
        "per_gpu_average_estimated_utilization_absolute.mem" => ("%", "use of the memory interface by a process"),
        "per_gpu_average_estimated_utilization_absolute.enc" => ("%", "use of the encoder by a process"),
        "per_gpu_average_estimated_utilization_absolute.dec" => ("%", "use of the decoder by a process"),
        "per_gpu_performance_state" => ("", "performance state of a card, 0 the fastest"),
        "per_gpu_per_pid_utilization_absolute" => ("", "use of a card by a process"),
        "per_gpu_absolute_percent_usage" => ("", "use of a card by the own processes"),
        "per_gpu_estimated_attributable_utilization" => ("", "share of the own processes in the use of a card"),
        "per_gpu_attributable_power" => ("W", "power of a card by the own processes' share of its use"),
        _ => ("", ""),
    }
}

/// The unit of a column of a raw file: the formats of this study tell it themselves.
pub(crate) fn raw_unit(_file: &str, _column: &str) -> Option<&'static str> {
    None
}
