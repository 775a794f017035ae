//! Which power was drawn while which layer ran, by the rules of the original analysis of edge-layers.

use std::collections::BTreeMap;

use super::power_log::Sample;
use super::{Engine, LayerTime, Profile};

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

/// Maps power samples to layers, and keeps all rows.
///
/// # Errors
/// Those of [`Mapper`].
pub fn map<'a>(
    samples: &'a [Sample],
    profile: &'a Profile,
    engine: &'a Engine,
    idle_microwatt: f64,
) -> Result<Mapping<'a>, MappingError> {
    let mut mapper = Mapper::new(samples, profile, engine, idle_microwatt);
    let rows = mapper.by_ref().collect::<Result<_, _>>()?;
    Ok(Mapping { rows, unknown_layers: mapper.unknown_layers(), log_exhausted: mapper.log_exhausted })
}

/// Maps power samples to layers, row by row.
///
/// A layer ran from its end less its run time, which is rounded to whole µs (ties to even), to its
/// end, both inclusive. One cursor goes through the log and never back, so that a sample belongs to
/// one layer only and layers listed after their time get none; nothing is sorted. When the log is at
/// its end the row at hand is written and the mapping stops. A layer that has fewer cycles than
/// others has no row in those it lacks.
///
/// After an error, which names layer and cycle, come no more rows.
pub struct Mapper<'a> {
    /// Layers of the profile with their kinds in the engine.
    layers: Vec<(&'a str, Option<&'a str>, &'a [LayerTime])>,
    idle_microwatt: f64,
    cycles: usize,
    /// The cycle at hand, from 0, and the place of the layer that comes next.
    cycle: usize,
    place: usize,
    /// The samples from the cursor on.
    rest: &'a [Sample],
    log_exhausted: bool,
}

impl<'a> Mapper<'a> {
    /// A mapper at the beginning of log and profile.
    #[must_use]
    pub fn new(samples: &'a [Sample], profile: &'a Profile, engine: &'a Engine, idle_microwatt: f64) -> Self {
        let types: BTreeMap<&'a str, &'a str> =
            engine.layers.iter().map(|layer| (layer.name.as_str(), layer.layer_type.as_str())).collect();
        let layers = profile.layers.0.iter().map(|(name, runs)| {
            let name = name.as_str();
            (name, types.get(name).copied(), runs.as_slice())
        });
        Self {
            layers: layers.collect(),
            idle_microwatt,
            cycles: profile.cycles(),
            cycle: 0,
            place: 0,
            rest: samples,
            log_exhausted: false,
        }
    }

    /// Layers of the profile that the engine does not have, in the order of the profile.
    #[must_use]
    pub fn unknown_layers(&self) -> Vec<&'a str> {
        self.layers.iter().filter(|(_, kind, _)| kind.is_none()).map(|(name, _, _)| *name).collect()
    }

    /// Whether the log has ended before the profile.
    #[must_use]
    pub fn log_exhausted(&self) -> bool {
        self.log_exhausted
    }

    /// The row of a run, past the samples that it takes.
    fn row(&mut self, layer: &'a str, kind: Option<&'a str>, run: LayerTime) -> Result<Row<'a>, MappingError> {
        let cycle = self.cycle + 1;
        let (start, end) = window(layer, cycle, run.milliseconds, run.end)?;
        let passed = self.rest.iter().take_while(|sample| sample.time < start).count();
        self.rest = self.rest.get(passed..).unwrap_or_default();
        let taken = self.rest.iter().take_while(|sample| sample.time <= end).count();
        let power = mean(self.rest.get(..taken).unwrap_or_default()).filter(|power| *power != 0.0);
        self.rest = self.rest.get(taken..).unwrap_or_default();
        Ok(Row {
            cycle,
            layer,
            layer_type: kind.unwrap_or(UNKNOWN),
            power_with_idle: power,
            power_without_idle: power.map(|power| power - self.idle_microwatt),
            run_time: run.milliseconds,
        })
    }
}

impl<'a> Iterator for Mapper<'a> {
    type Item = Result<Row<'a>, MappingError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.cycle < self.cycles && !self.log_exhausted {
            let Some(&(layer, kind, runs)) = self.layers.get(self.place) else {
                (self.cycle, self.place) = (self.cycle + 1, 0);
                continue;
            };
            self.place += 1;
            if let Some(run) = runs.get(self.cycle) {
                let row = self.row(layer, kind, *run);
                match &row {
                    Ok(_) => self.log_exhausted = self.rest.is_empty(),
                    Err(_) => self.cycle = self.cycles,
                }
                return Some(row);
            }
        }
        None
    }
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
