//! The formats of text: recognised by how they begin, and laid out as tables.

use super::{Format, InspectError, Opened, results};
use crate::cell::Cell;
use crate::delimited::DelimitedError;
use crate::frame::{Column, ColumnData, Frame, FrameError, Index, IndexKind, Labels};
use crate::joblog::{self, Style};
use crate::json::JsonError;
use crate::latency;
use crate::power_metrics::{self, Cpu, Gpu, PowerMetricsError, Record};
use crate::tensorrt::{Engine, IdleError, Profile, Tensor, power_log, stored};
use crate::text::TextError;
use crate::time::NAT;
use crate::tracker;

/// The formats in words, for a message.
pub(super) const KNOWN: &str = "the CSV of codecarbon 2.1.3 and its job logs; \
    power_metrics.json of AIPowerMeter; latencies, one a line; \
    power logs of a Jetson, its power when idle, and engines, profiles and latencies of TensorRT and trtexec, \
    with what was made of them; comma-separated text with a header";

/// How much of a file is looked at to tell its format.
const BEGINNING: usize = 1 << 16;

/// The format of a text by its first lines.
pub(super) fn detect(bytes: &[u8]) -> Option<Format> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let beginning = bytes.get(..BEGINNING).unwrap_or(bytes);
    let first = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(first).unwrap_or_default().trim_end();
    if tracker::is_header(line) {
        Some(Format::TrackerCsv)
    } else if power_metrics::is_record(first) {
        Some(Format::PowerMetrics)
    } else if line.parse::<f64>().is_ok_and(f64::is_finite) {
        Some(Format::LatencyCsv)
    } else if power_log::is_sample(line) {
        Some(Format::JetsonPowerLog)
    } else if line.starts_with("The average idling power") {
        Some(Format::IdlePower)
    } else if line == stored::HEADER.join(",") {
        Some(Format::LayerPowersCsv)
    } else if joblog::is_job_log(beginning) {
        Some(Format::JobLog)
    } else {
        let text = String::from_utf8_lossy(beginning);
        match text.trim_start().as_bytes().first() {
            Some(b'{') => of_object(&text),
            Some(b'[') => of_list(&text),
            // A benchmark of before October 2024: a text that holds an object.
            Some(b'"') if text.contains("\\\"config\\\"") => Some(Format::Benchmark),
            // Not what has but one word in each line: anything could be meant by that.
            _ if line.contains(',') && !line.contains('\0') => Some(Format::Delimited),
            _ => None,
        }
    }
}

/// The format of a JSON object by its first key and what follows it.
fn of_object(beginning: &str) -> Option<Format> {
    let (_, key) = beginning.split_once('"')?;
    let (key, value) = key.split_once("\":")?;
    match (key, value.trim_start().chars().next()?) {
        ("Layers", '[') => Some(Format::TensorRtEngine),
        (_, '[') => Some(Format::TensorRtProfile),
        ("config", '{') => Some(Format::Benchmark),
        ("performance_summary", '{') => Some(Format::TrtexecSummary),
        // The metadata of a build have no times.
        ("model_options", '{') => None,
        (_, '{') => Some(Format::LayerFeatures),
        ("timestamp" | "avg_idle_power", _) => Some(Format::IdlePower),
        (_, digit) if digit.is_ascii_digit() => Some(Format::LayerPowers),
        _ => None,
    }
}

/// The format of a JSON list by the first key of its first object.
fn of_list(beginning: &str) -> Option<Format> {
    let (_, key) = beginning.split_once('"')?;
    match key.split_once('"')?.0 {
        "startEnqMs" => Some(Format::TrtexecTiming),
        "count" => Some(Format::TrtexecProfile),
        "cycle" => Some(Format::LayerPowersJson),
        _ => None,
    }
}

/// The unit of a column that is the same in all files of a format.
pub(super) fn unit(format: Format, column: &str) -> Option<String> {
    let unit = match format {
        Format::TrackerCsv => tracker::unit(column),
        Format::PowerMetrics if column.contains("power") || column.contains("draw") => Some("W"),
        Format::LatencyCsv if column == "duration" => Some("s"),
        Format::JetsonPowerLog if column == "voltage" => Some("mV"),
        Format::JetsonPowerLog if column == "current" => Some("mA"),
        Format::JetsonPowerLog if column == "power" => Some("µW"),
        Format::TensorRtProfile if column == "run_time" => Some("ms"),
        Format::Benchmark
        | Format::IdlePower
        | Format::TrtexecTiming
        | Format::TrtexecProfile
        | Format::TrtexecSummary
        | Format::LayerPowers
        | Format::LayerPowersCsv
        | Format::LayerPowersJson => results::unit(column),
        _ => None,
    };
    unit.map(str::to_owned)
}

/// Reads a file of a format that [`detect`] tells.
pub(super) fn open(file: String, format: Format, bytes: &[u8]) -> Result<Opened, InspectError> {
    match table(format, bytes) {
        Ok((variant, Ok(frame))) => Ok(Opened { file, format, variant, frame }),
        Ok((_, Err(error))) => Err(InspectError::UnknownFormat { file, hint: error.to_string() }),
        Err(Unreadable::Text(source)) => Err(InspectError::Text { file, source }),
        Err(Unreadable::Json(source)) => Err(InspectError::Json { file, source }),
        Err(Unreadable::Delimited(source)) => Err(InspectError::Delimited { file, source }),
    }
}

pub(super) type Table = (String, Result<Frame, FrameError>);

/// What is wrong with a file, by the sort of text that it is.
enum Unreadable {
    Text(TextError),
    Json(JsonError),
    Delimited(DelimitedError),
}

impl From<TextError> for Unreadable {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

impl From<JsonError> for Unreadable {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<DelimitedError> for Unreadable {
    fn from(error: DelimitedError) -> Self {
        Self::Delimited(error)
    }
}

impl From<PowerMetricsError> for Unreadable {
    fn from(error: PowerMetricsError) -> Self {
        match error {
            PowerMetricsError::Text(error) => Self::Text(error),
            PowerMetricsError::Json(error) => Self::Json(error),
        }
    }
}

impl From<IdleError> for Unreadable {
    fn from(error: IdleError) -> Self {
        match error {
            IdleError::Text(error) => Self::Text(error),
            IdleError::Json(error) => Self::Json(error),
        }
    }
}

fn table(format: Format, bytes: &[u8]) -> Result<Table, Unreadable> {
    match format {
        Format::TrackerCsv => Ok(runs(bytes)?),
        Format::JobLog => Ok(failures(bytes)?),
        Format::PowerMetrics => Ok(records(bytes)?),
        Format::LatencyCsv => {
            let durations = latency::read_csv(bytes)?;
            Ok(("latencies".to_owned(), frame(vec![floats("duration", durations)])))
        }
        Format::JetsonPowerLog => Ok(samples(bytes)?),
        Format::TensorRtEngine => Ok(layers(&Engine::read(bytes)?)),
        Format::TensorRtProfile => Ok(run_times(&Profile::read(bytes)?)),
        Format::Benchmark => Ok(results::benchmark(bytes)?),
        Format::IdlePower => Ok(results::idle(bytes)?),
        Format::TrtexecTiming => Ok(results::timing(bytes)?),
        Format::TrtexecProfile => Ok(results::layer_times(bytes)?),
        Format::TrtexecSummary => Ok(results::summary(bytes)?),
        Format::LayerPowersCsv => Ok(results::mapping(&stored::mapping_csv(bytes)?)),
        Format::LayerPowersJson => Ok(results::mapping(&stored::mapping_json(bytes)?)),
        Format::LayerPowers => Ok(results::powers(bytes)?),
        Format::LayerFeatures => Ok(results::features(bytes)?),
        Format::Delimited => Ok(results::delimited(bytes)?),
        Format::PandasPickle => Err(TextError::Empty { expected: "a format of text" }.into()),
    }
}

/// A column of numbers and where they are.
type Number = (&'static str, fn(&tracker::Run) -> f64);

fn runs(bytes: &[u8]) -> Result<Table, TextError> {
    let log = tracker::read(bytes)?;
    let runs = &log.runs;
    let joined = |pairs: Vec<String>| pairs.join(";");
    let mut columns = vec![
        column("timestamp", "datetime64[ns]", ColumnData::Datetime(runs.iter().map(|run| run.timestamp).collect())),
        texts("module", runs.iter().map(|run| run.project.module.clone())),
        counts("rep_no", runs.iter().map(|run| run.project.repetition)),
        counts("macs", runs.iter().map(|run| run.project.macs)),
        counts("batch_size", runs.iter().map(|run| run.project.batch_size)),
        counts("forward_passes", runs.iter().map(|run| run.project.forward_passes)),
        texts(
            "settings",
            runs.iter().map(|run| {
                joined(run.project.settings.iter().map(|(name, value)| format!("{name}={value}")).collect())
            }),
        ),
        texts(
            "freeText",
            runs.iter()
                .map(|run| joined(run.project.labels.iter().map(|(name, value)| format!("{name}={value}")).collect())),
        ),
        texts("run_id", runs.iter().map(|run| run.run_id.clone())),
    ];
    let numbers: [Number; 11] = [
        ("duration", |run| run.duration),
        ("emissions", |run| run.emissions),
        ("emissions_rate", |run| run.emissions_rate),
        ("cpu_power", |run| run.power.cpu),
        ("gpu_power", |run| run.power.gpu),
        ("ram_power", |run| run.power.ram),
        ("cpu_energy", |run| run.energy.cpu),
        ("gpu_energy", |run| run.energy.gpu),
        ("ram_energy", |run| run.energy.ram),
        ("energy_consumed", |run| run.energy.consumed),
        ("ram_total_size", |run| run.machine.ram_total_size),
    ];
    columns.extend(numbers.iter().map(|(name, number)| floats(name, runs.iter().map(number).collect())));
    columns.push(texts("cpu_model", runs.iter().map(|run| run.machine.cpu_model.clone())));
    columns.push(texts("gpu_model", runs.iter().map(|run| run.machine.gpu_model.clone())));
    let odd = log.findings.first().map_or_else(String::new, |first| {
        format!("; {} odd: {first}{}", log.findings.len(), if log.findings.len() > 1 { ", …" } else { "" })
    });
    Ok((format!("energy tracker, codecarbon 2.1.3{odd}"), frame(columns)))
}

fn failures(bytes: &[u8]) -> Result<Table, TextError> {
    let data_sets = joblog::read(bytes)?;
    let rows: Vec<_> =
        data_sets.iter().flat_map(|set| set.failures.iter().map(move |failure| (set, failure))).collect();
    let style = |style: Option<Style>| match style {
        Some(Style::Printed) => "printed runs",
        Some(Style::ProgressBar) => "progress bar",
        None => "no runs",
    };
    let repetition = |repetition: Option<u64>| match repetition {
        Some(number) => Cell::Int(i64::try_from(number).unwrap_or(i64::MAX)),
        None => Cell::None,
    };
    let columns = vec![
        texts("data_set", rows.iter().map(|(set, _)| joblog::name_of(set))),
        texts("style", rows.iter().map(|(set, _)| style(set.style).to_owned())),
        counts("configuration", rows.iter().map(|(_, failure)| failure.during.configuration)),
        objects("repetition", rows.iter().map(|(_, failure)| repetition(failure.during.repetition)).collect()),
        counts("line", rows.iter().map(|(_, failure)| failure.line)),
        counts("errors_at_line_start", rows.iter().map(|(_, failure)| failure.at_line_start)),
        counts("errors_behind_text", rows.iter().map(|(_, failure)| failure.behind_text)),
    ];
    let sets: Vec<String> = data_sets
        .iter()
        .map(|set| format!("{} of {} rows", joblog::name_of(set), set.announced_rows))
        .take(8)
        .collect();
    Ok((format!("job log, failed runs of {}", sets.join(", ")), frame(columns)))
}

fn records(bytes: &[u8]) -> Result<Table, PowerMetricsError> {
    let file = power_metrics::read(bytes)?;
    let numbered = || {
        let segments = file.segments.iter().zip(1_u64..);
        segments.flat_map(|(segment, number)| segment.records.iter().map(move |record| (number, record)))
    };
    let cpu = |name: &str, part: fn(&Cpu) -> Option<f64>| {
        floats(name, file.records().map(|record| record.cpu.as_ref().and_then(part).unwrap_or(f64::NAN)).collect())
    };
    let gpu = |name: &str, part: fn(&Gpu) -> Option<f64>| {
        floats(name, file.records().map(|record| record.gpu.as_ref().and_then(part).unwrap_or(f64::NAN)).collect())
    };
    let processes = |record: &Record| {
        let uses = record.cpu.as_ref().and_then(|cpu| cpu.per_process_cpu_uses.as_ref());
        uses.map_or(Cell::None, |uses| Cell::Int(i64::try_from(uses.0.len()).unwrap_or(i64::MAX)))
    };
    let mut columns = vec![
        counts("segment", numbered().map(|(segment, _)| segment)),
        column("date", "datetime64[ns]", ColumnData::Datetime(file.records().map(|record| record.date).collect())),
        cpu("intel_power", |cpu| Some(cpu.intel_power)),
        cpu("total_cpu_power", |cpu| cpu.total_cpu_power),
        cpu("total_dram_power", |cpu| cpu.total_dram_power),
        cpu("uncore_power", |cpu| cpu.uncore_power),
        cpu("psys_power", |cpu| cpu.psys_power),
        objects("processes", file.records().map(processes).collect()),
        gpu("nvidia_draw_absolute", |gpu| Some(gpu.nvidia_draw_absolute)),
        gpu("nvidia_estimated_attributable_power_draw", |gpu| gpu.attributable_power_draw),
    ];
    // Parts that no record has would be columns of nothing.
    columns.retain(|column| column.null_count() < column.data.len() || column.data.is_empty());
    let (count, closed) = (file.segments.len(), file.segments.iter().filter(|segment| segment.closed).count());
    let variant = format!("AIPowerMeter records, {count} segment(s), {closed} closed");
    Ok((variant, frame(columns)))
}

fn samples(bytes: &[u8]) -> Result<Table, TextError> {
    let samples = power_log::read(bytes)?;
    let columns = vec![
        column("time", "datetime64[ns]", ColumnData::Datetime(samples.iter().map(|sample| sample.time).collect())),
        floats("voltage", samples.iter().map(|sample| sample.millivolt).collect()),
        floats("current", samples.iter().map(|sample| sample.milliampere).collect()),
        floats("power", samples.iter().map(power_log::Sample::microwatt).collect()),
    ];
    Ok(("power log of a Jetson".to_owned(), frame(columns)))
}

fn layers(engine: &Engine) -> Table {
    let by_axis = |sizes: &[u64]| sizes.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
    let shapes =
        |tensors: &[Tensor]| tensors.iter().map(|tensor| by_axis(&tensor.dimensions)).collect::<Vec<_>>().join(", ");
    let layers = &engine.layers;
    let columns = vec![
        texts("layer_type", layers.iter().map(|layer| layer.layer_type.clone())),
        texts("inputs", layers.iter().map(|layer| shapes(&layer.inputs))),
        texts("outputs", layers.iter().map(|layer| shapes(&layer.outputs))),
        texts("kernel", layers.iter().map(|layer| by_axis(&layer.kernel))),
        texts("window", layers.iter().map(|layer| by_axis(&layer.window_size))),
        texts("stride", layers.iter().map(|layer| by_axis(&layer.stride))),
        texts("name", layers.iter().map(|layer| layer.name.clone())),
    ];
    ("TensorRT engine".to_owned(), frame(columns))
}

fn run_times(profile: &Profile) -> Table {
    let (mut names, mut cycles, mut times, mut ends) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, runs) in &profile.layers.0 {
        // One text for all rows of the layer.
        let name = Cell::Text(name.as_str().into());
        for (run, cycle) in runs.iter().zip(1_i64..) {
            names.push(name.clone());
            cycles.push(cycle);
            times.push(run.milliseconds);
            ends.push(run.end.unwrap_or(NAT));
        }
    }
    let columns = vec![
        objects("layer", names),
        column("cycle", "int64", ColumnData::I64(cycles)),
        floats("run_time", times),
        column("end", "datetime64[ns]", ColumnData::Datetime(ends)),
    ];
    (format!("TensorRT profile of {} layers", profile.layers.0.len()), frame(columns))
}

pub(super) fn frame(columns: Vec<Column>) -> Result<Frame, FrameError> {
    let rows = columns.first().map_or(0, |column| column.data.len());
    let stop = i64::try_from(rows).unwrap_or(i64::MAX);
    let labels = Labels::Range { name: None, start: 0, stop, step: 1 };
    Frame::new(columns, Index { kind: IndexKind::Range, labels })
}

pub(super) fn column(name: &str, dtype: &str, data: ColumnData) -> Column {
    Column { name: name.to_owned(), dtype: dtype.to_owned(), data }
}

pub(super) fn floats(name: &str, numbers: Vec<f64>) -> Column {
    column(name, "float64", ColumnData::F64(numbers))
}

fn objects(name: &str, cells: Vec<Cell>) -> Column {
    column(name, "object", ColumnData::Object(cells))
}

pub(super) fn texts(name: &str, texts: impl Iterator<Item = String>) -> Column {
    objects(name, texts.map(|text| Cell::Text(text.into())).collect())
}

/// Numbers beyond 2^63 - 1, which no file of these formats means, are shown as that.
pub(super) fn counts(name: &str, numbers: impl Iterator<Item = u64>) -> Column {
    column(name, "int64", ColumnData::I64(numbers.map(|number| i64::try_from(number).unwrap_or(i64::MAX)).collect()))
}
