//! The derived tables of this study: each column with its unit and meaning.

use crate::table::Column;

/// `models.txt`.
pub(super) const RAW_MODELS: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("macs", "", "Multiply-accumulate operations of one inference"),
    Column::new("parameters", "", "Parameters"),
];

/// `accuracy.csv`.
pub(super) const RAW_ACCURACY: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("top1", "%", "Top-1 error"),
    Column::new("top5", "%", "Top-5 error"),
];

/// Windows as they are logged.
pub(super) const RAW_WINDOWS: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("start_time", "", "Start, local time"),
    Column::new("end_time", "", "End, local time"),
];

/// Result files of full precision.
pub(super) const RAW_RESULTS: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("empirical", "kWh", "Energy"),
    Column::new("kg CO2e", "kg", "Emission of the window in the same row"),
];

/// `impact.csv`.
pub(super) const RAW_CARBON: &[Column] =
    &[Column::new("country", "", "Country of the region"), Column::new("impact", "g/kWh", "Carbon intensity")];

/// Operation counts.
pub(super) const MODELS: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("macs", "", "Multiply-accumulate operations of one inference"),
    Column::new("parameters", "", "Parameters"),
    Column::new("flops", "", "Twice the multiply-accumulate operations"),
    Column::new("gflops", "GFLOP", "Twice the multiply-accumulate operations"),
    Column::new("tflops", "TFLOP", "Twice the multiply-accumulate operations"),
    Column::new("gmacs", "GMAC", "Multiply-accumulate operations"),
    Column::new("million_parameters", "million", "Parameters"),
    Column::new("ln_flops", "", "Natural logarithm of the FLOPs"),
    Column::new("ln_macs", "", "Natural logarithm of the MACs"),
    Column::new("ln_gflops", "", "Natural logarithm of the GFLOPs"),
    Column::new("epoch", "", "GFLOPs of one training epoch on ImageNet; called pfs-days, which it is not"),
];

/// The models whose accuracy is known.
pub(super) const ACCURATE: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("macs", "", "Multiply-accumulate operations of one inference"),
    Column::new("parameters", "", "Parameters"),
    Column::new("flops", "", "Twice the multiply-accumulate operations"),
    Column::new("gflops", "GFLOP", "Twice the multiply-accumulate operations"),
    Column::new("tflops", "TFLOP", "Twice the multiply-accumulate operations"),
    Column::new("gmacs", "GMAC", "Multiply-accumulate operations"),
    Column::new("million_parameters", "million", "Parameters"),
    Column::new("ln_flops", "", "Natural logarithm of the FLOPs"),
    Column::new("ln_macs", "", "Natural logarithm of the MACs"),
    Column::new("ln_gflops", "", "Natural logarithm of the GFLOPs"),
    Column::new("epoch", "", "GFLOPs of one training epoch on ImageNet; called pfs-days, which it is not"),
    Column::new("top1", "%", "Top-1 error"),
    Column::new("top5", "%", "Top-5 error"),
    Column::new("top1_score", "%", "100 less the top-1 error"),
    Column::new("top5_score", "%", "100 less the top-5 error"),
];

/// Windows in UTC.
pub(super) const WINDOWS: &[Column] = &[
    Column::new("window", "", "Place of the window in its run, from 0"),
    Column::new("model", "", "Network"),
    Column::new("start_time", "", "Start, local time"),
    Column::new("end_time", "", "End, local time"),
    Column::new("start_utc", "", "Start, nanoseconds since 1970-01-01 UTC"),
    Column::new("end_utc", "", "End, nanoseconds since 1970-01-01 UTC"),
    Column::new("duration", "s", "Duration of the window"),
];

/// Windows of models whose accuracy is known.
pub(super) const TIMED: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("macs", "", "Multiply-accumulate operations of one inference"),
    Column::new("parameters", "", "Parameters"),
    Column::new("flops", "", "Twice the multiply-accumulate operations"),
    Column::new("gflops", "GFLOP", "Twice the multiply-accumulate operations"),
    Column::new("tflops", "TFLOP", "Twice the multiply-accumulate operations"),
    Column::new("gmacs", "GMAC", "Multiply-accumulate operations"),
    Column::new("million_parameters", "million", "Parameters"),
    Column::new("ln_flops", "", "Natural logarithm of the FLOPs"),
    Column::new("ln_macs", "", "Natural logarithm of the MACs"),
    Column::new("ln_gflops", "", "Natural logarithm of the GFLOPs"),
    Column::new("epoch", "", "GFLOPs of one training epoch on ImageNet; called pfs-days, which it is not"),
    Column::new("top1", "%", "Top-1 error"),
    Column::new("top5", "%", "Top-5 error"),
    Column::new("top1_score", "%", "100 less the top-1 error"),
    Column::new("top5_score", "%", "100 less the top-5 error"),
    Column::new("window", "", "Place of the window in its run, from 0"),
    Column::new("duration", "s", "Duration of the window"),
];

/// Energies of windows.
pub(super) const ENERGIES: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("window", "", "Place of the window in its run, from 0"),
    Column::new("kwh", "kWh", "Energy of the window"),
    Column::new("joule", "J", "Energy of the window"),
    Column::new("mean_power", "W", "Mean of the samples"),
    Column::new("mean_energy", "J", "Mean of the samples times the duration"),
];

/// The same with their energies.
pub(super) const JOINED: &[Column] = &[
    Column::new("model", "", "Network"),
    Column::new("macs", "", "Multiply-accumulate operations of one inference"),
    Column::new("parameters", "", "Parameters"),
    Column::new("flops", "", "Twice the multiply-accumulate operations"),
    Column::new("gflops", "GFLOP", "Twice the multiply-accumulate operations"),
    Column::new("tflops", "TFLOP", "Twice the multiply-accumulate operations"),
    Column::new("gmacs", "GMAC", "Multiply-accumulate operations"),
    Column::new("million_parameters", "million", "Parameters"),
    Column::new("ln_flops", "", "Natural logarithm of the FLOPs"),
    Column::new("ln_macs", "", "Natural logarithm of the MACs"),
    Column::new("ln_gflops", "", "Natural logarithm of the GFLOPs"),
    Column::new("epoch", "", "GFLOPs of one training epoch on ImageNet; called pfs-days, which it is not"),
    Column::new("top1", "%", "Top-1 error"),
    Column::new("top5", "%", "Top-5 error"),
    Column::new("top1_score", "%", "100 less the top-1 error"),
    Column::new("top5_score", "%", "100 less the top-5 error"),
    Column::new("window", "", "Place of the window in its run, from 0"),
    Column::new("duration", "s", "Duration of the window"),
    Column::new("kwh", "kWh", "Energy of the window"),
    Column::new("joule", "J", "Energy of the window"),
    Column::new("mean_power", "W", "Mean of the samples"),
    Column::new("mean_energy", "J", "Mean of the samples times the duration"),
];

/// The unit of a column of a raw file.
pub(crate) fn raw_unit(_file: &str, column: &str) -> Option<&'static str> {
    match column {
        "top1" | "top5" => Some("%"),
        "empirical" => Some("kWh"),
        "kg CO2e" => Some("kg"),
        "impact" => Some("g/kWh"),
        _ => None,
    }
}
