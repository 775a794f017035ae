//! What the steps of the original after the mapping write down, and what its tests expect of them.

use serde::Deserialize;

use crate::delimited::{Delimited, DelimitedError};
use crate::json::{self, Entries, JsonError};

/// The header of `power_runtime_mapping_layerwise.csv`.
pub const HEADER: [&str; 6] = [
    "cycle",
    "layer_name",
    "layer_type",
    "layer_power_including_idle_power_micro_watt",
    "layer_power_excluding_idle_power_micro_watt",
    "layer_run_time",
];

/// One layer in one cycle, as [`super::mapping::Row`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Row {
    /// Number of the cycle, from 1.
    pub cycle: u64,
    /// Name of the layer.
    #[serde(rename = "layer_name")]
    pub layer: String,
    /// Its kind in the engine.
    pub layer_type: String,
    /// Mean power in µW, if a sample fell into the run.
    #[serde(rename = "layer_power_including_idle_power_micro_watt")]
    pub power_with_idle: Option<f64>,
    /// The same without the power of the idle board, in µW.
    #[serde(rename = "layer_power_excluding_idle_power_micro_watt")]
    pub power_without_idle: Option<f64>,
    /// Run time in ms.
    #[serde(rename = "layer_run_time")]
    pub run_time: f64,
}

/// Reads `power_runtime_mapping_layerwise.csv`. A power is an empty cell where no sample fell into the run.
///
/// # Errors
/// [`DelimitedError`], naming the line.
pub fn mapping_csv(bytes: &[u8]) -> Result<Vec<Row>, DelimitedError> {
    let file = Delimited::read(bytes, &HEADER)?;
    let [cycle, layer, layer_type, with_idle, without_idle, run_time] = HEADER;
    let (cycles, run_times) = (file.counts(cycle)?, file.non_negative(run_time)?);
    let (with_idle, without_idle) = (file.optional_numbers(with_idle)?, file.optional_numbers(without_idle)?);
    let names = file.texts(layer)?.into_iter().zip(file.texts(layer_type)?);
    let powers = with_idle.into_iter().zip(without_idle);
    let rows = cycles.into_iter().zip(names).zip(powers).zip(run_times);
    Ok(rows
        .map(|(((cycle, (layer, layer_type)), (power_with_idle, power_without_idle)), run_time)| Row {
            cycle,
            layer,
            layer_type,
            power_with_idle,
            power_without_idle,
            run_time,
        })
        .collect())
}

/// Reads `expected_metrics_by_cycle.json`: the same rows as a list of objects.
///
/// # Errors
/// [`JsonError`], naming line and column.
pub fn mapping_json(bytes: &[u8]) -> Result<Vec<Row>, JsonError> {
    json::document(bytes, "a list of layers with their power and run time")
}

/// Reads `expected_features.json`: for each table (`convolutional`, …) the features by name.
///
/// # Errors
/// [`JsonError`], naming line and column; a name that occurs twice is one.
pub fn features(bytes: &[u8]) -> Result<Entries<Entries<f64>>, JsonError> {
    json::document(bytes, "features by table and name")
}

/// Reads `average_power_used_by_layer.json`: mean power in µW by layer.
///
/// # Errors
/// [`JsonError`], naming line and column; a layer that occurs twice is one.
pub fn powers(bytes: &[u8]) -> Result<Entries<f64>, JsonError> {
    json::document(bytes, "powers by layer")
}
