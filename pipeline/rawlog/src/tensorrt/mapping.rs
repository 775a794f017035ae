//! Which power was drawn while which layer ran, by the rules of the original analysis of edge-layers.

use std::collections::BTreeMap;
use std::io;
use std::iter::Peekable;

use super::power_log::Sample;
use super::{CycleRun, Engine, LayerTime, Profile};
use crate::text::TextError;

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
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] TextError),
    /// The runs cannot be read from the scratch file where they are kept; the reason.
    #[error("{0}")]
    Scratch(String),
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
    let layers = profile.layers.0.iter().map(|(name, _)| name.as_str());
    let samples = samples.iter().copied().map(Ok);
    let mut mapper = Mapper::new(samples, layers, profile.by_cycle(), engine, idle_microwatt);
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
    layers: Vec<(&'a str, Option<&'a str>)>,
    idle_microwatt: f64,
    runs: Box<dyn Iterator<Item = io::Result<CycleRun>> + 'a>,
    /// The samples from the cursor on.
    rest: Peekable<Box<dyn Iterator<Item = Result<Sample, TextError>> + 'a>>,
    /// Samples before the cursor.
    passed: usize,
    log_exhausted: bool,
    failed: bool,
}

impl<'a> Mapper<'a> {
    /// A mapper at the beginning of a log and of a profile: the names of its layers and its runs cycle by cycle, as
    /// [`Profile::by_cycle`] and [`super::ByCycle`] give them.
    #[must_use]
    pub fn new(
        samples: impl Iterator<Item = Result<Sample, TextError>> + 'a,
        layers: impl Iterator<Item = &'a str>,
        runs: impl Iterator<Item = io::Result<CycleRun>> + 'a,
        engine: &'a Engine,
        idle_microwatt: f64,
    ) -> Self {
        let types: BTreeMap<&'a str, &'a str> =
            engine.layers.iter().map(|layer| (layer.name.as_str(), layer.layer_type.as_str())).collect();
        let rest: Box<dyn Iterator<Item = _> + 'a> = Box::new(samples);
        Self {
            layers: layers.map(|name| (name, types.get(name).copied())).collect(),
            idle_microwatt,
            runs: Box::new(runs),
            rest: rest.peekable(),
            passed: 0,
            log_exhausted: false,
            failed: false,
        }
    }

    /// Layers of the profile that the engine does not have, in the order of the profile.
    #[must_use]
    pub fn unknown_layers(&self) -> Vec<&'a str> {
        self.layers.iter().filter(|(_, kind)| kind.is_none()).map(|(name, _)| *name).collect()
    }

    /// Whether the log has ended before the profile.
    #[must_use]
    pub fn log_exhausted(&self) -> bool {
        self.log_exhausted
    }

    /// Reads the log to its end, and tells how many samples it has.
    ///
    /// # Errors
    /// The first of the samples that are left.
    pub fn samples(mut self) -> Result<usize, TextError> {
        for sample in self.rest.by_ref() {
            sample?;
            self.passed += 1;
        }
        Ok(self.passed)
    }

    /// The sample at the cursor if it is not later than a time, past which the cursor goes.
    fn sample_until(&mut self, end: i64) -> Result<Option<Sample>, TextError> {
        match self.rest.next_if(|sample| sample.as_ref().map_or(true, |sample| sample.time <= end)) {
            Some(sample) => {
                self.passed += 1;
                sample.map(Some)
            }
            None => Ok(None),
        }
    }

    /// The row of a run, past the samples that it takes.
    #[expect(clippy::cast_precision_loss, reason = "a number of samples")]
    fn row(&mut self, run: CycleRun) -> Result<Option<Row<'a>>, MappingError> {
        let Some(&(layer, kind)) = self.layers.get(run.place) else { return Ok(None) };
        let cycle = run.cycle + 1;
        let (start, end) = window(layer, cycle, run.time)?;
        let (mut sum, mut count) = (0.0, 0_u64);
        while let Some(sample) = self.sample_until(end)? {
            if sample.time >= start {
                sum += sample.microwatt();
                count += 1;
            }
        }
        let power = (count > 0).then(|| sum / count as f64).filter(|power| *power != 0.0);
        Ok(Some(Row {
            cycle,
            layer,
            layer_type: kind.unwrap_or(UNKNOWN),
            power_with_idle: power,
            power_without_idle: power.map(|power| power - self.idle_microwatt),
            run_time: run.time.milliseconds,
        }))
    }
}

impl<'a> Iterator for Mapper<'a> {
    type Item = Result<Row<'a>, MappingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.log_exhausted || self.failed {
            return None;
        }
        let run = self.runs.next()?.map_err(|error| MappingError::Scratch(error.to_string()));
        let row = run.and_then(|run| self.row(run)).transpose()?;
        match &row {
            Ok(_) => self.log_exhausted = self.rest.peek().is_none(),
            Err(_) => self.failed = true,
        }
        Some(row)
    }
}

/// Start and end of a run in nanoseconds.
#[expect(clippy::cast_possible_truncation, reason = "at most a day in µs")]
fn window(layer: &str, cycle: usize, run: LayerTime) -> Result<(i64, i64), MappingError> {
    const DAY: f64 = 86_400_000.0;
    let LayerTime { milliseconds, end } = run;
    let end = end.ok_or_else(|| MappingError::NoEnd { layer: layer.to_owned(), cycle })?;
    if !(0.0..=DAY).contains(&milliseconds) {
        return Err(MappingError::RunTime { layer: layer.to_owned(), cycle, found: milliseconds.to_string() });
    }
    let microseconds = (milliseconds * 1000.0).round_ties_even() as i64;
    Ok((end.saturating_sub(microseconds * 1000), end))
}
