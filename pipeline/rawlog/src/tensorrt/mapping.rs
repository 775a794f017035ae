//! Which power was drawn while which layer ran, by the rules of the original analysis of edge-layers.

use super::power_log::Sample;
use super::{Engine, Profile};

/// What the original writes where the engine has no layer of the profile's name.
pub const UNKNOWN: &str = "Unknown";

/// One layer in one cycle. Names are borrowed: a campaign has millions of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// Number of the cycle, from 1.
    pub cycle: usize,
    /// Name of the layer.
    pub layer: &'a str,
    /// Its kind in the engine, or [`UNKNOWN`].
    pub layer_type: &'a str,
    /// Mean power of the samples during the run, in µW; `None` without any, or if it is 0.
    pub power_with_idle: Option<f64>,
    /// The same without the power of the idle board, in µW.
    pub power_without_idle: Option<f64>,
    /// Run time in ms.
    pub run_time: f64,
}

/// The rows, and what could not be mapped.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping<'a> {
    /// The rows: cycles in order, in each the layers in the order of the profile.
    pub rows: Vec<Row<'a>>,
    /// Layers of the profile that the engine does not have, in the order of the profile.
    pub unknown_layers: Vec<&'a str>,
    /// Whether the log ended before the profile did: later layers and cycles have no row.
    pub log_exhausted: bool,
}

/// Why samples cannot be mapped to layers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingError {
    /// A profile without times of the clock, as the desktop's are.
    #[error("layer `{layer}`, cycle {cycle}: a run time without the time of its end; expected a profile of the Jetson")]
    NoEnd {
        /// The layer.
        layer: String,
        /// The cycle, from 1.
        cycle: usize,
    },
    /// A run time below zero or beyond a day.
    #[error("layer `{layer}`, cycle {cycle}: a run time of {found} ms; expected one between 0 and a day")]
    RunTime {
        /// The layer.
        layer: String,
        /// The cycle, from 1.
        cycle: usize,
        /// The run time as text.
        found: String,
    },
}

/// Maps power samples to layers.
///
/// A layer ran from its end less its run time, which is rounded to whole µs (ties to even), to its
/// end, both inclusive. One cursor goes through the log and never back, so that a sample belongs to
/// one layer only and layers listed after their time get none; nothing is sorted. When the log is at
/// its end the row at hand is written and the mapping stops. A layer that has fewer cycles than
/// others has no row in those it lacks.
///
/// # Errors
/// [`MappingError`], naming layer and cycle.
pub fn map<'a>(
    samples: &[Sample],
    profile: &'a Profile,
    engine: &'a Engine,
    idle_microwatt: f64,
) -> Result<Mapping<'a>, MappingError> {
    let types: std::collections::BTreeMap<&'a str, &'a str> =
        engine.layers.iter().map(|layer| (layer.name.as_str(), layer.layer_type.as_str())).collect();
    let names = profile.layers.0.iter().map(|(name, _)| name.as_str());
    let unknown_layers = names.filter(|name| !types.contains_key(name)).collect();
    let mut mapping = Mapping { unknown_layers, ..Mapping::default() };
    let mut rest = samples;
    for cycle in 0..profile.cycles() {
        for (layer, runs) in &profile.layers.0 {
            let Some(run) = runs.get(cycle) else { continue };
            let (start, end) = window(layer, cycle + 1, run.milliseconds, run.end)?;
            rest = rest.get(rest.iter().take_while(|sample| sample.time < start).count()..).unwrap_or_default();
            let taken = rest.iter().take_while(|sample| sample.time <= end).count();
            let power = mean(rest.get(..taken).unwrap_or_default()).filter(|power| *power != 0.0);
            rest = rest.get(taken..).unwrap_or_default();
            mapping.rows.push(Row {
                cycle: cycle + 1,
                layer,
                layer_type: types.get(layer.as_str()).copied().unwrap_or(UNKNOWN),
                power_with_idle: power,
                power_without_idle: power.map(|power| power - idle_microwatt),
                run_time: run.milliseconds,
            });
            if rest.is_empty() {
                mapping.log_exhausted = true;
                return Ok(mapping);
            }
        }
    }
    Ok(mapping)
}

/// Start and end of a run in nanoseconds.
#[expect(clippy::cast_possible_truncation, reason = "at most a day in µs")]
fn window(layer: &str, cycle: usize, milliseconds: f64, end: Option<i64>) -> Result<(i64, i64), MappingError> {
    const DAY: f64 = 86_400_000.0;
    let end = end.ok_or_else(|| MappingError::NoEnd { layer: layer.to_owned(), cycle })?;
    if !(0.0..=DAY).contains(&milliseconds) {
        return Err(MappingError::RunTime { layer: layer.to_owned(), cycle, found: milliseconds.to_string() });
    }
    let microseconds = (milliseconds * 1000.0).round_ties_even() as i64;
    Ok((end.saturating_sub(microseconds * 1000), end))
}

#[expect(clippy::cast_precision_loss, reason = "a number of samples")]
fn mean(samples: &[Sample]) -> Option<f64> {
    let sum: f64 = samples.iter().map(Sample::microwatt).sum();
    (!samples.is_empty()).then(|| sum / samples.len() as f64)
}
