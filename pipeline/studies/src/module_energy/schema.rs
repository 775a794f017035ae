//! The derived tables of this study: each column with its unit and meaning.

use crate::table::Column;

/// Networks of the final data, in the order in which they were measured.
pub(super) const ARCHITECTURES: [&str; 4] = ["vgg16", "alexnet", "vgg11", "vgg13"];

/// The kinds of modules in them, in the order of all tables.
pub(super) const KINDS: [&str; 6] = ["AdaptiveAvgPool2d", "Conv2d", "Dropout", "Linear", "MaxPool2d", "ReLU"];

const ARCHITECTURE: Column = Column::new("architecture", "", "Network");
const BATCH_SIZE: Column = Column::new("batch_size", "", "Inputs of one forward pass");
const MODULE: Column = Column::new("module", "", "Class of the module; at layer 0 that of the whole network");
const LAYER: Column =
    Column::new("layer_idx", "", "Place of the module in its network, from 1; 0 is the whole network");
const ROW: Column = Column::new("row", "", "Row of the raw file, from 0");
const DRAW: Column = Column::new("draw", "", "Which of the times the configuration was measured, from 0");

/// The columns of the tracker's file as pandas holds them after the packed text was taken apart, in
/// its order; of the earlier tracker, with those about the place.
const RUN: [Column; 35] = [
    Column::new("timestamp", "", "End of the run by the local clock"),
    Column::new("run_id", "", "Identifier of the run"),
    Column::new("duration", "s", "Duration of the run"),
    Column::new("emissions", "kg CO2eq", "Emissions of the run"),
    Column::new("emissions_rate", "", "As codecarbon 2.1.3 writes it"),
    Column::new("cpu_power", "W", "Power of the processors at the last sample; not used"),
    Column::new("gpu_power", "W", "Power of the graphics card at the last sample"),
    Column::new("ram_power", "W", "Power of the memory, estimated from its size"),
    Column::new("cpu_energy", "kWh", "Energy of the processors"),
    Column::new("gpu_energy", "kWh", "Energy of the graphics card"),
    Column::new("ram_energy", "kWh", "Energy of the memory, estimated from its size"),
    Column::new("energy_consumed", "kWh", "Sum of the three energies"),
    Column::new("country_name", "", "Where the tracker believed the machine to be"),
    Column::new("country_iso_code", "", "Its ISO 3166-1 alpha-3 code"),
    Column::new("region", "", "Region"),
    Column::new("cloud_provider", "", "Cloud provider"),
    Column::new("cloud_region", "", "Region of the cloud"),
    Column::new("os", "", "Operating system"),
    Column::new("python_version", "", "Version of Python"),
    Column::new("cpu_count", "", "Number of processors"),
    Column::new("cpu_model", "", "Model of the processors"),
    Column::new("gpu_count", "", "Number of graphics cards"),
    Column::new("gpu_model", "", "Model of the graphics card"),
    Column::new("longitude", "degree", "Longitude"),
    Column::new("latitude", "degree", "Latitude"),
    Column::new("ram_total_size", "GB", "Memory"),
    Column::new("tracking_mode", "", "What was tracked"),
    Column::new("on_cloud", "", "Whether it is a machine in a cloud"),
    MODULE,
    Column::new("rep_no", "", "Number of the repetition, from 1"),
    Column::new("macs", "", "Multiply-accumulate operations of one forward pass"),
    BATCH_SIZE,
    ARCHITECTURE,
    LAYER,
    Column::new("forward_passes", "", "Forward passes of the run"),
];

/// The columns of the file that the original's parser wrote; the first, without name, is the row.
pub(super) const RAW_PARSED: [&str; 36] = [
    "",
    "timestamp",
    "run_id",
    "duration",
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "country_name",
    "country_iso_code",
    "region",
    "cloud_provider",
    "cloud_region",
    "os",
    "python_version",
    "cpu_count",
    "cpu_model",
    "gpu_count",
    "gpu_model",
    "longitude",
    "latitude",
    "ram_total_size",
    "tracking_mode",
    "on_cloud",
    "module",
    "rep_no",
    "macs",
    "batch_size",
    "forward_passes",
    "architecture",
    "layer_idx",
];

/// What the job log tells of a run.
const FAILED: Column =
    Column::new("failed", "", "Errors of the energy counter: 0 none, 1 as the original found them, 2 that it missed");

/// The columns of a table of runs: with those about the place, and with what the job log tells.
pub(super) fn runs(place: bool, log: bool) -> Vec<Column> {
    let of_place = |column: &Column| rawlog::tracker::PLACE_COLUMNS.contains(&column.name);
    let run = RUN.into_iter().filter(|column| place || !of_place(column));
    [ROW].into_iter().chain(run).chain(log.then_some(FAILED)).collect()
}

/// The same after the runs with errors were left out, energies being those of one forward pass.
pub(super) fn clean(place: bool) -> Vec<Column> {
    runs(place, false).into_iter().chain([DRAW]).collect()
}

/// Settings of single layers.
const SETTINGS: [Column; 8] = [
    BATCH_SIZE,
    Column::new("image_size", "", "Edge of the square pictures that come in"),
    Column::new("kernel_size", "", "Edge of the square kernel or window"),
    Column::new("in_channels", "", "Channels that come in"),
    Column::new("out_channels", "", "Channels that come out"),
    Column::new("stride", "", "Step of the kernel or window"),
    Column::new("padding", "", "Zeros around the pictures, on each side"),
    Column::new("input_size", "", "Values that come in, for each input of the batch"),
];
const OUTPUT_SIZE: Column = Column::new("output_size", "", "Values that come out, for each input of the batch");

/// The columns of the settings of layers, in the given order.
fn settings(parameters: &[&str]) -> impl Iterator<Item = Column> {
    let column = |name: &&str| SETTINGS.into_iter().chain([OUTPUT_SIZE]).find(|column| column.name == *name);
    parameters.iter().filter_map(column)
}

/// The columns of a table of runs of single layers, which may be those of networks.
pub(super) fn layer_runs(parameters: &[&str], of_networks: bool) -> Vec<Column> {
    let known = |name: &str| RUN.into_iter().find(|column| column.name == name);
    let of_place = |column: &Column| rawlog::tracker::PLACE_COLUMNS.contains(&column.name);
    let tracked = RUN.into_iter().take_while(|column| column.name != "batch_size").filter(|column| !of_place(column));
    let labels = [ARCHITECTURE, Column::new("layer_idx", "", "Place of the module in its network, from 0")];
    let labels = labels.into_iter().filter(|_| of_networks);
    let rest = known("forward_passes").into_iter().chain([FAILED]);
    [ROW].into_iter().chain(tracked).chain(settings(parameters)).chain(labels).chain(rest).collect()
}

/// Layers with settings, each the mean of its runs.
pub(super) fn layer_set(parameters: &[&str]) -> Vec<Column> {
    let means = [
        Column::new("macs", "", "Multiply-accumulate operations of one forward pass"),
        Column::new("cpu_energy", "kWh", "Energy of the processors for one forward pass"),
        Column::new("runs", "", "Runs of which it is the mean"),
    ];
    settings(parameters).chain(means).collect()
}

/// The failed configurations of the logs with progress bars.
pub(super) const FAILURES: &[Column] = &[
    Column::new("data_set", "", "Data set of the log"),
    Column::new("configuration", "", "Number of the configuration, from 0"),
    Column::new("line", "", "Line of the first error, from 1"),
    Column::new("counted", "", "Whether the original found the error (1) or missed it (0)"),
];

/// Configurations, each the mean of its runs.
pub(super) const GROUPS: &[Column] = &[
    MODULE,
    BATCH_SIZE,
    ARCHITECTURE,
    LAYER,
    DRAW,
    Column::new("cpu_energy", "kWh", "Energy of the processors for one forward pass"),
    Column::new("macs", "", "Multiply-accumulate operations of one forward pass"),
    Column::new("runs", "", "Runs of which it is the mean"),
];

/// Networks at a batch size: measured as a whole, and as the sum of their modules.
pub(super) const TOTALS: &[Column] = &[
    ARCHITECTURE,
    BATCH_SIZE,
    DRAW,
    Column::new("measured", "kWh", "Energy of the whole network for one forward pass"),
    Column::new("modules", "kWh", "Sum of the energies of its modules"),
    Column::new("macs", "", "Multiply-accumulate operations of one forward pass"),
];

/// Kinds of modules in a network at a batch size.
pub(super) const SHARES: &[Column] = &[
    ARCHITECTURE,
    BATCH_SIZE,
    DRAW,
    MODULE,
    Column::new("energy", "kWh", "Energy of all modules of the kind for one forward pass"),
    Column::new("share", "%", "Its share in the sum of all modules"),
];

/// Mean shares of the kinds of modules over the batch sizes, with bootstrap intervals.
pub(super) const CONTRIBUTIONS: &[Column] = &[
    MODULE,
    ARCHITECTURE,
    Column::new("share", "%", "Mean share, each share rounded to two decimals"),
    Column::new("lower", "%", "Lower end of the 95 % bootstrap interval of the mean"),
    Column::new("upper", "%", "Its upper end"),
];

/// Layers of a test part: scaled energies, and what a model says of them.
pub(super) const PREDICTIONS: &[Column] = &[
    Column::new("truth", "", "Energy in the range of the training part"),
    Column::new("predicted", "", "Its prediction"),
];

/// Sets of features of the ablation, by size and then in lexicographic order.
pub(super) const ABLATION: &[Column] = &[
    Column::new("set", "", "Its features"),
    Column::new("features", "", "Number of features"),
    Column::new("with_macs", "", "Whether the operations are among them (1) or not (0)"),
    Column::new("validation", "", "Coefficient of determination in the validation part"),
    Column::new("test", "", "The same in the test part"),
];

/// Estimates of layers or whole networks.
pub(super) const ESTIMATES: &[Column] = &[
    ARCHITECTURE,
    BATCH_SIZE,
    MODULE,
    Column::new("measured", "kWh", "Energy of the processors for one forward pass"),
    Column::new("predicted", "kWh", "What the original's models say of it"),
    Column::new("corrected", "kWh", "What models without an intercept say of it"),
];

/// The unit of a column of a raw file.
pub(crate) fn raw_unit(_file: &str, column: &str) -> Option<&'static str> {
    rawlog::tracker::unit(column)
}
