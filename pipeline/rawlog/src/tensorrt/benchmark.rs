//! `<model>_<backend>.json`: how long whole inferences took, as the original's benchmarks write it.

use serde::Deserialize;

use crate::json::{self, JsonError};

/// The result of a benchmark. Fields beyond these are left out.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Benchmark {
    /// What was run.
    pub config: Config,
    /// Time of the whole benchmark in s.
    pub total_time: f64,
    /// When, as `20241025-082414`.
    pub timestamp: String,
    /// Duration of each inference in s.
    pub latencies: Vec<f64>,
    /// Their mean in s.
    pub avg_latency: f64,
    /// Images per s: the size of a batch over the mean.
    pub avg_throughput: f64,
}

/// The settings of a benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Config {
    /// The network.
    pub model: String,
    /// What ran it, e.g. `tensorrt`; the benchmark of the Jetson does not tell.
    #[serde(default)]
    pub backend: Option<String>,
    /// The number format.
    pub dtype: String,
    /// Batch, channels, height, width.
    pub input_shape: Vec<u64>,
    /// Inferences before the first that was timed.
    pub warmup: u64,
    /// Inferences that were timed.
    pub runs: u64,
}

impl Benchmark {
    /// Reads a result: a JSON object, or a JSON string that holds one, as the original wrote it
    /// until October 2024. Of the latter, lines and columns in messages are those inside the string.
    ///
    /// # Errors
    /// [`JsonError`], naming line and column.
    pub fn read(bytes: &[u8]) -> Result<Self, JsonError> {
        const WHAT: &str = "the result of a benchmark with `config` and `latencies`";
        let trimmed = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        if trimmed.starts_with(b"\"") {
            let inner: String = json::document(bytes, "a JSON string with the result of a benchmark")?;
            return json::document(inner.as_bytes(), WHAT);
        }
        json::document(bytes, WHAT)
    }
}
