//! The records of AIPowerMeter: `power_metrics.json`, one JSON object a line, about every 2 to 4 s.
//!
//! Field names and units changed over the years, and all forms but that of 2026 can be read:
//!
//! - to October 2021: per-process fields without their prefix (`cpu_uses`, `mem_use_abs`, …);
//!   the utilisation of the graphics cards as rows ([`Gpu::utilization`]);
//! - December 2021: prefixed names, [`Cpu::uncore_power`] as a list of one element;
//! - 2022 to 2025: [`Gpu::per_pid_utilization`] and what follows it in place of the rows, and a line
//!   that ends a segment of the recording.
//!
//! A field that no form has is an error, so that nothing is lost unseen.

use std::fmt;
use std::io::BufRead;

use serde::{Deserialize, Deserializer};

use crate::clock;
use crate::json::{self, Entries, JsonError};
use crate::text::{LineEnds, Lines, TextError, quote};

const RECORD: &str = "a record of power_metrics.json, as {\"date\": …, \"metrics\": {\"cpu\": {…}, \"gpu\": {…}}}";
const END_OF_SEGMENT: &str = "END OF RECORDING SEGMENT";

/// Why a file of records could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PowerMetricsError {
    /// The lines of the file.
    #[error(transparent)]
    Text(#[from] TextError),
    /// One of its records.
    #[error(transparent)]
    Json(#[from] JsonError),
}

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Line of the file, from 1.
    pub line: u64,
    /// When it was written, in nanoseconds since 1970-01-01 of the local clock.
    pub date: i64,
    /// Processor and memory, if they were recorded.
    pub cpu: Option<Cpu>,
    /// Graphics cards, if they were recorded.
    pub gpu: Option<Gpu>,
}

/// The part on processor and memory. Keys of the entries are process ids.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// Mean power of all packages between two reads of the energy counters, in W.
    pub intel_power: f64,
    /// The same of the cores, in W; `None` if the processor does not tell.
    pub total_cpu_power: Option<f64>,
    /// The same of the memory, in W; `None` if the processor does not tell.
    pub total_dram_power: Option<f64>,
    /// The same of the uncore, in W; `None` if the processor does not tell.
    #[serde(default, deserialize_with = "number_or_list_of_one")]
    pub uncore_power: Option<f64>,
    /// Power of the whole board, in W; `None` if there is no such counter (written as -1).
    #[serde(default, deserialize_with = "minus_one_is_none")]
    pub psys_power: Option<f64>,
    /// Time of the process on a processor, as a share of that of the whole machine.
    #[serde(alias = "cpu_uses")]
    pub per_process_cpu_uses: Option<Entries<f64>>,
    /// Power of the cores by this share, in W.
    pub per_process_cpu_power: Option<Entries<f64>>,
    /// Proportional set size, or resident set size if that cannot be read, in bytes.
    #[serde(alias = "mem_use_abs")]
    pub per_process_mem_use_abs: Option<Entries<u64>>,
    /// The same as a share of the memory in use.
    #[serde(alias = "mem_use_percent")]
    pub per_process_mem_use_percent: Option<Entries<f64>>,
    /// Power of the memory by this share, in W.
    pub per_process_dram_power: Option<Entries<f64>>,
    /// Unique set size, in bytes.
    #[serde(alias = "mem_use_uss")]
    pub per_process_mem_use_uss: Option<Entries<u64>>,
}

/// The part on graphics cards. Keys of the outer entries are the numbers of the cards, keys of the
/// inner ones process ids.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// Sum of the momentary powers of all cards, in W.
    pub nvidia_draw_absolute: f64,
    /// Power of each card, in W.
    #[serde(rename = "per_gpu_power_draw")]
    pub power_draw: Option<Entries<f64>>,
    /// Memory of the own processes on each card, in bytes.
    #[serde(rename = "per_gpu_attributable_mem_use")]
    pub memory: Option<Entries<Entries<u64>>>,
    /// To 2021: power of each card by the own share of its utilisation, summed, in W.
    #[serde(rename = "nvidia_estimated_attributable_power_draw")]
    pub attributable_power_draw: Option<f64>,
    /// To 2021: utilisation by all processes.
    #[serde(rename = "per_gpu_average_estimated_utilization_absolute")]
    pub utilization: Option<Vec<Utilization>>,
    /// To 2021: own utilisation, mean over the used cards, as a share.
    #[serde(rename = "average_gpu_estimated_utilization_absolute")]
    pub utilization_absolute: Option<f64>,
    /// To 2021: own utilisation by that of all processes, mean over the used cards.
    #[serde(rename = "average_gpu_estimated_utilization_relative")]
    pub utilization_relative: Option<f64>,
    /// To 2021: performance state of each card, `P0` to `P12`.
    #[serde(rename = "per_gpu_performance_state")]
    pub performance_state: Option<Entries<String>>,
    /// From 2022: utilisation by each process on each card, as a share.
    #[serde(rename = "per_gpu_per_pid_utilization_absolute")]
    pub per_pid_utilization: Option<Entries<Entries<f64>>>,
    /// From 2022: own utilisation of each card, as a share.
    #[serde(rename = "per_gpu_absolute_percent_usage")]
    pub absolute_usage: Option<Entries<f64>>,
    /// From 2022: own utilisation by that of all processes, for each card.
    #[serde(rename = "per_gpu_estimated_attributable_utilization")]
    pub attributable_utilization: Option<Entries<f64>>,
    /// From 2022: power of each card by this share, in W, and their sum as `all`. The recorder wrote
    /// some of the first values in percent.
    #[serde(rename = "per_gpu_attributable_power")]
    pub attributable_power: Option<Entries<f64>>,
}

/// Utilisation of a card by one process, in percent. The recorder writes all numbers as floats.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Utilization {
    /// Number of the card.
    pub gpu: f64,
    /// Process id.
    pub pid: f64,
    /// Of the multiprocessors.
    pub sm: f64,
    /// Of the memory interface.
    pub mem: f64,
    /// Of the encoder.
    pub enc: f64,
    /// Of the decoder.
    pub dec: f64,
}

/// Records from a start of the recorder to its stop. Between segments nothing was measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Segment {
    /// The records in the order of the file.
    pub records: Vec<Record>,
    /// Whether a line says that the recorder stopped; before 2022 none does.
    pub closed: bool,
}

/// Something odd that is no reason to refuse a record.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// A power below zero.
    NegativePower {
        /// Line of the record.
        line: u64,
        /// The field.
        field: &'static str,
        /// The power in W.
        watt: f64,
    },
    /// A record that is dated before the one above it.
    ClockWentBack {
        /// Line of the record.
        line: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegativePower { line, field, watt } => {
                write!(f, "line {line}, {field}: a negative power, {watt:?} W")
            }
            Self::ClockWentBack { line } => write!(f, "line {line}: the date is before that of the record above"),
        }
    }
}

/// All records of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PowerMetrics {
    /// The segments in the order of the file; none is empty unless it was closed.
    pub segments: Vec<Segment>,
    /// What is odd, in the order of the file.
    pub findings: Vec<Finding>,
}

impl PowerMetrics {
    /// All records, without regard to the segments.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.segments.iter().flat_map(|segment| &segment.records)
    }
}

/// Reads a whole file of records.
///
/// # Errors
/// [`PowerMetricsError`], naming the line, for the first line that is no record; and for a file without any line.
pub fn read(mut from: impl BufRead) -> Result<PowerMetrics, PowerMetricsError> {
    // Compiled here, with this crate's optimisation, and not where it is called.
    read_lines(&mut from)
}

fn read_lines(from: &mut dyn BufRead) -> Result<PowerMetrics, PowerMetricsError> {
    let mut lines = Lines::new(from, LineEnds::LineFeed);
    let mut file = PowerMetrics::default();
    let mut segment = Segment::default();
    let mut any = false;
    let mut before = i64::MIN;
    while let Some((line, bytes)) = lines.next_line()? {
        any = true;
        match json::line::<Line>(line, bytes, RECORD)? {
            Line::Record { date, metrics } => {
                let record = record(line, &date, *metrics)?;
                findings(&record, before, &mut file.findings);
                before = record.date;
                segment.records.push(record);
            }
            Line::Mark(mark) if mark == END_OF_SEGMENT => {
                file.segments.push(Segment { closed: true, ..std::mem::take(&mut segment) });
            }
            Line::Mark(found) => {
                let expected = "a record, or the text `END OF RECORDING SEGMENT`";
                return Err(TextError::Order { line, found: format!("the text {:?}", quote(&found)), expected }.into());
            }
        }
    }
    if !any {
        return Err(TextError::Empty { expected: "records of power_metrics.json" }.into());
    }
    if !segment.records.is_empty() {
        file.segments.push(segment);
    }
    Ok(file)
}

/// Whether a first line may be a record.
pub(crate) fn is_record(line: &[u8]) -> bool {
    line.starts_with(b"{\"date\": \"") && line.windows(11).any(|part| part == b"\"metrics\": ")
}

fn record(line: u64, date: &str, metrics: Metrics) -> Result<Record, TextError> {
    let nanoseconds = clock::iso8601(date).ok_or_else(|| TextError::Field {
        line,
        field: "date".to_owned(),
        expected: "a date and time without zone, as 2021-10-05 14:51:06.271031",
        found: quote(date),
    })?;
    Ok(Record { line, date: nanoseconds, cpu: metrics.cpu, gpu: metrics.gpu })
}

fn findings(record: &Record, before: i64, findings: &mut Vec<Finding>) {
    let line = record.line;
    let cpu = record.cpu.as_ref();
    let gpu = record.gpu.as_ref();
    for (field, watt) in [
        ("intel_power", cpu.map(|cpu| cpu.intel_power)),
        ("total_cpu_power", cpu.and_then(|cpu| cpu.total_cpu_power)),
        ("total_dram_power", cpu.and_then(|cpu| cpu.total_dram_power)),
        ("uncore_power", cpu.and_then(|cpu| cpu.uncore_power)),
        ("psys_power", cpu.and_then(|cpu| cpu.psys_power)),
        ("nvidia_draw_absolute", gpu.map(|gpu| gpu.nvidia_draw_absolute)),
        ("nvidia_estimated_attributable_power_draw", gpu.and_then(|gpu| gpu.attributable_power_draw)),
    ] {
        if let Some(watt) = watt.filter(|watt| *watt < 0.0) {
            findings.push(Finding::NegativePower { line, field, watt });
        }
    }
    if record.date < before {
        findings.push(Finding::ClockWentBack { line });
    }
}

/// What a line holds. Not derived as an untagged enum, whose errors would not say what is wrong.
enum Line {
    Record { date: String, metrics: Box<Metrics> },
    Mark(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metrics {
    cpu: Option<Cpu>,
    gpu: Option<Gpu>,
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `date` and `metrics`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Line, E> {
                Ok(Line::Mark(text.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Line, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Object {
                    date: String,
                    metrics: Box<Metrics>,
                }
                let Object { date, metrics } = Object::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Line::Record { date, metrics })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// A stray comma in the recorder made a list of the number.
fn number_or_list_of_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    struct Either;

    impl<'de> serde::de::Visitor<'de> for Either {
        type Value = f64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number or a list of one number")
        }

        fn visit_f64<E>(self, number: f64) -> Result<f64, E> {
            Ok(number)
        }

        #[expect(clippy::cast_precision_loss, reason = "a power in W")]
        fn visit_i64<E>(self, number: i64) -> Result<f64, E> {
            Ok(number as f64)
        }

        #[expect(clippy::cast_precision_loss, reason = "a power in W")]
        fn visit_u64<E>(self, number: u64) -> Result<f64, E> {
            Ok(number as f64)
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<f64, A::Error> {
            let one = list.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
            match list.next_element::<serde::de::IgnoredAny>()? {
                None => Ok(one),
                Some(_) => Err(serde::de::Error::invalid_length(2, &self)),
            }
        }
    }

    deserializer.deserialize_any(Either).map(Some)
}

fn minus_one_is_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let power = Option::<f64>::deserialize(deserializer)?;
    #[expect(clippy::float_cmp, reason = "a mark, not a measurement")]
    Ok(power.filter(|watt| *watt != -1.0))
}
