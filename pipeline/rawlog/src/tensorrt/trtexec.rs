//! What `trtexec`, the benchmark program of TensorRT, exports: the times of each iteration, the profile
//! of the layers, and a summary. All numbers carry six significant digits.

use std::fmt;
use std::io::BufRead;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::json::stream::{self, Elements, Take};
use crate::json::{self, JsonError, Stopped};

/// The times of one iteration in ms, from `*.timing.json`. Starts and ends are counted from the start
/// of the program.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Iteration {
    /// When it was put into the queue.
    pub start_enq_ms: f64,
    /// When that was done.
    pub end_enq_ms: f64,
    /// When the copy to the device began.
    pub start_h2d_ms: f64,
    /// When it ended.
    pub end_h2d_ms: f64,
    /// When the computation began.
    pub start_compute_ms: f64,
    /// When it ended.
    pub end_compute_ms: f64,
    /// When the copy back began.
    pub start_d2h_ms: f64,
    /// When it ended.
    pub end_d2h_ms: f64,
    /// Duration of the copy to the device.
    pub h2d_ms: f64,
    /// Duration of the computation.
    pub compute_ms: f64,
    /// Duration of the copy back.
    pub d2h_ms: f64,
    /// The three together.
    pub latency_ms: f64,
}

const TIMES: &str = "the times of trtexec: a list of iterations";

/// Reads `*.timing.json`.
///
/// # Errors
/// [`JsonError`], naming line and column; a file without iterations is one.
pub fn timing(bytes: &[u8]) -> Result<Vec<Iteration>, JsonError> {
    let iterations: Vec<Iteration> = json::document(bytes, TIMES)?;
    if iterations.is_empty() { Err(JsonError::Empty { expected: TIMES }) } else { Ok(iterations) }
}

/// Reads `*.timing.json` of any size: calls `each` with the iterations, one by one.
///
/// # Errors
/// Those of [`timing`] and of `each`.
pub fn each_iteration<E>(
    mut from: impl BufRead,
    mut each: impl FnMut(Iteration) -> Result<(), E>,
) -> Result<(), Stopped<E>> {
    let mut stopped = None;
    let mut take = |iteration| each(iteration).map_err(|error| stopped = Some(error));
    let read = read_iterations(&mut from, &mut take);
    stream::outcome(read, stopped)
}

/// Compiled here, with this crate's optimisation, and not where it is called.
fn read_iterations(from: &mut dyn BufRead, each: Take<'_, Iteration>) -> Result<(), JsonError> {
    match stream::document(from, TIMES, Elements(each))? {
        0 => Err(JsonError::Empty { expected: TIMES }),
        _ => Ok(()),
    }
}

/// The profile of the layers, from `*.profile.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Iterations that were profiled.
    pub count: u64,
    /// The layers, in the order in which they run.
    pub layers: Vec<Layer>,
}

/// A layer of the profile.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Time in all iterations in ms.
    pub time_ms: f64,
    /// Mean of the iterations in ms.
    pub average_ms: f64,
    /// Their median in ms.
    pub median_ms: f64,
    /// Share in the time of all layers in percent.
    pub percentage: f64,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`JsonError`], naming line and column.
    pub fn read(bytes: &[u8]) -> Result<Self, JsonError> {
        json::document(bytes, "the profile of trtexec: a list of a count and the layers")
    }
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Count {
            count: u64,
        }

        struct CountAndLayers;

        impl<'de> Visitor<'de> for CountAndLayers {
            type Value = Profile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of a count and the layers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Profile, A::Error> {
                let count: Count = list.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
                let mut layers = Vec::new();
                while let Some(layer) = list.next_element()? {
                    layers.push(layer);
                }
                Ok(Profile { count: count.count, layers })
            }
        }

        deserializer.deserialize_seq(CountAndLayers)
    }
}

/// The summary of a run, from `*.profile.metadata.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Summary {
    /// Inferences per s of wall time.
    #[serde(rename = "Throughput")]
    pub throughput: f64,
    /// Time from the copy to the device to the copy back.
    #[serde(rename = "Latency")]
    pub latency: Distribution,
    /// Time of the computation alone.
    #[serde(rename = "GPU Compute Time")]
    pub compute: Distribution,
    /// Wall time in s.
    #[serde(rename = "Total Host Walltime")]
    pub walltime: f64,
    /// Sum of the times of computation in s.
    #[serde(rename = "Total GPU Compute Time")]
    pub total_compute: f64,
}

/// A distribution of times in ms.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(from = "[f64; 7]")]
pub struct Distribution {
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
    /// The median.
    pub median: f64,
    /// The percentiles 90, 95 and 99.
    pub percentiles: [f64; 3],
}

impl From<[f64; 7]> for Distribution {
    fn from([min, max, mean, median, p90, p95, p99]: [f64; 7]) -> Self {
        Self { min, max, mean, median, percentiles: [p90, p95, p99] }
    }
}

impl Distribution {
    /// The percentiles that a summary tells.
    pub const PERCENTILES: [f32; 3] = [90.0, 95.0, 99.0];

    /// The distribution of some times, as trtexec reckons it; `None` without any.
    ///
    /// The percentile p of n sorted times is that at n - 1 - ⌊(1 - p / 100) n⌋, in single precision: no
    /// interpolation. Source: `findPercentile` and `findMedian` in TensorRT's
    /// `samples/common/sampleReporting.cpp`.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "numbers of iterations, and in single precision as in the original"
    )]
    pub fn of(times: &[f64]) -> Option<Self> {
        let mut sorted = times.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let count = sorted.len();
        let at = |place: usize| sorted.get(place).copied().unwrap_or(max);
        let median = if count % 2 == 1 {
            at(count / 2)
        } else {
            f64::midpoint(at((count / 2).saturating_sub(1)), at(count / 2))
        };
        let percentiles = Self::PERCENTILES.map(|percentile| {
            let excluded = ((1.0 - percentile / 100.0) * count as f32) as usize;
            at((count - 1).saturating_sub(excluded))
        });
        Some(Self { min, max, mean: times.iter().sum::<f64>() / count as f64, median, percentiles })
    }
}

impl Summary {
    /// Reads the summary in the file of metadata.
    ///
    /// # Errors
    /// [`JsonError`], naming line and column.
    pub fn read(bytes: &[u8]) -> Result<Self, JsonError> {
        #[derive(Deserialize)]
        struct Metadata {
            performance_summary: Summary,
        }
        let metadata: Metadata = json::document(bytes, "the metadata of trtexec with `performance_summary`")?;
        Ok(metadata.performance_summary)
    }
}
