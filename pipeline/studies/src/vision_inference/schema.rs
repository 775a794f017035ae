//! The derived tables of this study: each column with its unit and meaning.

use crate::table::Column;

const MODEL: Column = Column::new("model", "", "Network");
const MACS: Column = Column::new("macs", "", "Multiply-accumulate operations of one inference");
const PARAMETERS: Column = Column::new("parameters", "", "Parameters");
const TOP1: Column = Column::new("top1", "%", "Top-1 error");
const TOP5: Column = Column::new("top5", "%", "Top-5 error");
const START_TIME: Column = Column::new("start_time", "", "Start, local time");
const END_TIME: Column = Column::new("end_time", "", "End, local time");
const WINDOW: Column = Column::new("window", "", "Place of the window in its run, from 0");
const DURATION: Column = Column::new("duration", "s", "Duration of the window");

/// `models.txt`.
pub(super) const RAW_MODELS: &[Column] = &[MODEL, MACS, PARAMETERS];

/// `accuracy.csv`.
pub(super) const RAW_ACCURACY: &[Column] = &[MODEL, TOP1, TOP5];

/// Windows as they are logged.
pub(super) const RAW_WINDOWS: &[Column] = &[MODEL, START_TIME, END_TIME];

/// Result files of full precision.
pub(super) const RAW_RESULTS: &[Column] = &[
    MODEL,
    Column::new("empirical", "kWh", "Energy"),
    Column::new("kg CO2e", "kg", "Emission of the window in the same row"),
];

/// `impact.csv`.
pub(super) const RAW_CARBON: &[Column] =
    &[Column::new("country", "", "Country of the region"), Column::new("impact", "g/kWh", "Carbon intensity")];

/// Operation counts.
pub(super) const MODELS: &[Column] = &OPERATIONS;
const OPERATIONS: [Column; 12] = [
    MODEL,
    MACS,
    PARAMETERS,
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
pub(super) const ACCURATE: &[Column] = &ACCURACIES;
const ACCURACIES: [Column; 16] = joined(
    OPERATIONS,
    [
        TOP1,
        TOP5,
        Column::new("top1_score", "%", "100 less the top-1 error"),
        Column::new("top5_score", "%", "100 less the top-5 error"),
    ],
);

/// Windows in UTC.
pub(super) const WINDOWS: &[Column] = &[
    WINDOW,
    MODEL,
    START_TIME,
    END_TIME,
    Column::new("start_utc", "", "Start, nanoseconds since 1970-01-01 UTC"),
    Column::new("end_utc", "", "End, nanoseconds since 1970-01-01 UTC"),
    DURATION,
];

/// Windows of models whose accuracy is known.
pub(super) const TIMED: &[Column] = &TIMES;
const TIMES: [Column; 18] = joined(ACCURACIES, [WINDOW, DURATION]);

/// Energies of windows.
pub(super) const ENERGIES: &[Column] = &joined::<2, 4, 6>([MODEL, WINDOW], ENERGY);
const ENERGY: [Column; 4] = [
    Column::new("kwh", "kWh", "Energy of the window"),
    Column::new("joule", "J", "Energy of the window"),
    Column::new("mean_power", "W", "Mean of the samples"),
    Column::new("mean_energy", "J", "Mean of the samples times the duration"),
];

/// The same with their energies.
pub(super) const JOINED: &[Column] = &joined::<18, 4, 22>(TIMES, ENERGY);

/// Columns and further ones.
const fn joined<const N: usize, const MORE: usize, const ALL: usize>(
    columns: [Column; N],
    more: [Column; MORE],
) -> [Column; ALL] {
    assert!(N + MORE == ALL, "as many as both together");
    let mut all = [MODEL; ALL];
    let mut place = 0;
    while place < ALL {
        all[place] = if place < N { columns[place] } else { more[place - N] };
        place += 1;
    }
    all
}

/// The unit of a column of a raw file.
pub(crate) fn raw_unit(_file: &str, column: &str) -> Option<&'static str> {
    match column {
        "top1" | "top5" => Some("%"),
        "empirical" => Some("kWh"),
        "kg CO2e" => Some("kg"),
        "impact" => Some("g/kWh"),
        "power_consumption" => Some("W"),
        _ => None,
    }
}
