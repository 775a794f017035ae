//! The formats of the raw files, as the programs of the original write them.

use std::io::{self, Write};

use dag::Problem;
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::inventory::Layer;
use crate::edge_layers::kind::Kind;

/// JSON with an indent of four blanks, as Python's `json.dump(…, indent=4)`.
pub(super) fn indented(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    indented_to(&mut bytes, value).map_err(|error| Problem::new(error.to_string()))?;
    Ok(bytes)
}

/// As [`indented`], as it is made.
pub(super) fn indented_to(to: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(to, PrettyFormatter::with_indent(b"    "));
    Ok(value.serialize(&mut serializer)?)
}

/// A JSON string that holds a JSON document, as the original wrote its results until October 2024.
pub(super) fn doubly_encoded(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    let inner = String::from_utf8_lossy(&indented(value)?).into_owned();
    serde_json::to_vec(&inner).map_err(|error| Problem::new(error.to_string()))
}

/// Lines of comma-separated cells; those with a comma or a quote are quoted.
pub(super) fn csv(rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let quoted = |cell: &String| {
        if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    let mut text = String::new();
    for row in rows {
        text += &row.iter().map(quoted).collect::<Vec<_>>().join(",");
        text.push('\n');
    }
    text.into_bytes()
}

/// A number as Python writes it, with a decimal point always; an empty cell if it is missing.
pub(super) fn python(number: f64) -> String {
    if number.is_nan() { String::new() } else { format!("{number:?}") }
}

/// The nearest number of six significant digits, which is what trtexec exports.
pub(super) fn six_digits(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// The result of a benchmark.
#[derive(Serialize)]
pub(super) struct Benchmark {
    pub(super) config: Config,
    pub(super) total_time: f64,
    pub(super) timestamp: String,
    pub(super) latencies: Vec<f64>,
    pub(super) avg_latency: f64,
    pub(super) avg_throughput: f64,
}

/// The settings of a benchmark.
#[derive(Serialize)]
pub(super) struct Config {
    pub(super) model: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) backend: Option<&'static str>,
    dtype: &'static str,
    input_shape: [u64; 4],
    warmup: u64,
    runs: usize,
}

impl Benchmark {
    /// A benchmark of so many inferences: their latencies are spread evenly over 10 % about a mean, in
    /// an order that looks random.
    pub(super) fn of(model: &'static str, backend: Option<&'static str>, when: &str, runs: usize, mean: f64) -> Self {
        let step = 0.1 * mean / runs as f64;
        // 7919 is prime: each place occurs once.
        let place = |run: usize| ((run * 7919) % runs) as f64 - (runs as f64 - 1.0) / 2.0;
        let latencies: Vec<f64> = (0..runs).map(|run| mean + step * place(run)).collect();
        let avg_latency = latencies.iter().sum::<f64>() / runs as f64;
        Self {
            config: Config { model, backend, dtype: "float16", input_shape: [1, 3, 224, 224], warmup: 50, runs },
            total_time: avg_latency * runs as f64,
            timestamp: when.to_owned(),
            avg_throughput: 1.0 / avg_latency,
            avg_latency,
            latencies,
        }
    }
}

/// `trt_engine_info.json`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Engine {
    pub(super) layers: Vec<EngineLayer>,
    pub(super) bindings: Vec<String>,
}

/// A layer of an engine. What a layer has not is left out.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EngineLayer {
    pub(super) name: String,
    pub(super) layer_type: &'static str,
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameter_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kernel: Option<[u64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_size: Option<[u64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_padding: Option<[u64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_padding: Option<[u64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stride: Option<[u64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<u64>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tensor {
    name: String,
    dimensions: Vec<u64>,
}

impl EngineLayer {
    /// A layer of the inventory.
    pub(super) fn of(layer: &Layer) -> Self {
        let half = layer.padding / 2;
        let is_pooling = layer.kind == Kind::Pooling;
        let edge = Some([layer.kernel; 2]);
        Self {
            parameter_type: Some(if is_pooling { "Pooling" } else { "Convolution" }),
            kernel: edge.filter(|_| !is_pooling),
            window_size: edge.filter(|_| is_pooling),
            pre_padding: Some([half; 2]),
            post_padding: Some([layer.padding - half; 2]),
            stride: Some([layer.stride; 2]),
            groups: Some(layer.groups).filter(|_| !is_pooling),
            ..Self::plain(&layer.name, layer.kind.layer_type(), layer.batch, layer.input, layer.output)
        }
    }

    /// A layer that leaves the shape as it is. One that computes nothing has no type of parameters.
    pub(super) fn between(
        name: &str,
        layer_type: &'static str,
        parameter_type: Option<&'static str>,
        shape: [u64; 3],
    ) -> Self {
        Self { parameter_type, ..Self::plain(name, layer_type, 1, shape, shape) }
    }

    fn plain(name: &str, layer_type: &'static str, batch: u64, input: [u64; 3], output: [u64; 3]) -> Self {
        let tensor = |end: &str, [channels, height, width]: [u64; 3]| Tensor {
            name: format!("{end} of {name}"),
            dimensions: vec![batch, channels, height, width],
        };
        Self {
            name: name.to_owned(),
            layer_type,
            inputs: vec![tensor("input", input)],
            outputs: vec![tensor("output", output)],
            parameter_type: None,
            kernel: None,
            window_size: None,
            pre_padding: None,
            post_padding: None,
            stride: None,
            groups: None,
        }
    }
}

/// The engine of a network.
pub(super) fn engine(layers: impl IntoIterator<Item = EngineLayer>) -> Result<Vec<u8>, Problem> {
    indented(&Engine { layers: layers.into_iter().collect(), bindings: Vec::new() })
}

/// `trt_layer_latency.json`: for each layer its runs, in ms and with the time of the end if there is
/// one. Written by hand, as there are many.
pub(super) fn profile<'a, R: IntoIterator<Item = (f64, Option<i64>)>>(
    to: &mut dyn Write,
    layers: impl IntoIterator<Item = (&'a str, R)>,
) -> io::Result<()> {
    to.write_all(b"{")?;
    let mut clock = Clock::default();
    let mut text = Vec::new();
    for (number, (name, runs)) in layers.into_iter().enumerate() {
        to.write_all(if number == 0 { b"\n    " } else { b",\n    " })?;
        serde_json::to_writer(&mut *to, name)?;
        to.write_all(b": [")?;
        for (cycle, (milliseconds, end)) in runs.into_iter().enumerate() {
            text.clear();
            text.extend_from_slice(if cycle == 0 { b"\n        " } else { b",\n        " });
            match end {
                None => write!(text, "{milliseconds:?}")?,
                Some(end) => {
                    write!(text, "[\n            {milliseconds:?},\n            \"")?;
                    clock.write(end, &mut text);
                    text.extend_from_slice(b"\"\n        ]");
                }
            }
            to.write_all(&text)?;
        }
        to.write_all(b"\n    ]")?;
    }
    to.write_all(b"\n}")
}

/// Writes times as `20241121-05:00:00.000000`. The day is kept, for thousands of times share it.
#[derive(Default)]
pub(super) struct Clock {
    /// The day in µs since 1970-01-01, and as text.
    day: Option<(i64, Vec<u8>)>,
}

impl Clock {
    const DAY: i64 = 86_400_000_000;

    /// Appends a time in µs since 1970-01-01.
    pub(super) fn write(&mut self, microseconds: i64, text: &mut Vec<u8>) {
        let midnight = microseconds.div_euclid(Self::DAY) * Self::DAY;
        if self.day.as_ref().is_none_or(|(day, _)| *day != midnight) {
            let date = rawlog::time::iso8601(midnight.saturating_mul(1000));
            let date = date.bytes().take_while(|byte| *byte != b'T').filter(|byte| *byte != b'-');
            self.day = Some((midnight, date.collect()));
        }
        if let Some((day, date)) = &self.day {
            text.extend_from_slice(date);
            let within = microseconds - day;
            let parts = [(within / 3_600_000_000, b'-', 2), (within / 60_000_000 % 60, b':', 2)];
            let seconds = [(within / 1_000_000 % 60, b':', 2), (within % 1_000_000, b'.', 6)];
            for (number, before, width) in parts.into_iter().chain(seconds) {
                text.push(before);
                for place in (0..width).rev() {
                    let digit = number / 10_i64.pow(place) % 10;
                    text.push(b'0' + u8::try_from(digit).unwrap_or(0));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_reader_reads_them() {
        let mut clock = Clock::default();
        for (microseconds, expected) in [
            (1_732_165_200_000_000, "20241121-05:00:00.000000"),
            (1_732_233_599_999_999, "20241121-23:59:59.999999"),
            (1_732_233_600_000_001, "20241122-00:00:00.000001"),
        ] {
            let mut text = Vec::new();
            clock.write(microseconds, &mut text);
            assert_eq!(String::from_utf8(text.clone()).unwrap(), expected);
            text.extend_from_slice(b",5000.0,848.0\n");
            let sample = rawlog::tensorrt::power_log::read(&text[..]).unwrap()[0];
            assert_eq!(sample.time, microseconds * 1000);
        }
    }

    #[test]
    fn cells_with_commas_are_quoted() {
        let rows = [vec!["a".to_owned(), "PWN(x, \"y\")".to_owned()]];
        assert_eq!(csv(rows), b"a,\"PWN(x, \"\"y\"\")\"\n");
    }
}
