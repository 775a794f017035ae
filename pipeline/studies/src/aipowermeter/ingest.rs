//! Read the raw files: the real recordings into all their values, the runs of an input size into
//! what the compile step takes from them.

use std::fmt::Display;

use dag::Problem;
use rawlog::json::Entries;
use rawlog::latency;
use rawlog::power_metrics::{self, Cpu, Gpu, PowerMetrics, Record};
use rawlog::time::NANOSECONDS_PER_SECOND;

use super::protocol::Sweep;
use super::schema;
use crate::cx::Cx;
use crate::table::Rows;

/// A recording to two tables: its records, and every value in them.
pub(crate) fn recording(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let file = power(cx, "raw")?;
    let mut records = Records::default();
    let mut values = Values::default();
    for (segment, closed, record) in numbered(&file) {
        records.lines.push(as_integer(record.line));
        records.segments.push(segment);
        records.closed.push(i64::from(closed));
        records.times.push(record.date);
        records.intel_power.push(record.cpu.as_ref().map_or(f64::NAN, |cpu| cpu.intel_power));
        records.nvidia_draw.push(record.gpu.as_ref().map_or(f64::NAN, |gpu| gpu.nvidia_draw_absolute));
        values.line = as_integer(record.line);
        record.cpu.iter().for_each(|cpu| values.of_cpu(cpu));
        record.gpu.iter().for_each(|gpu| values.of_gpu(gpu));
    }
    records.write(cx)?;
    values.write(cx)
}

/// The ten runs of an input size to two tables: the records, and the latencies of each run.
pub(crate) fn runs(cx: &mut Cx<'_, '_>, sweep: &Sweep) -> Result<(), Problem> {
    let mut rows = RunRecords::default();
    let mut latencies = Latencies::default();
    for run in sweep.network.runs() {
        let [records, durations] = roles(run);
        let path = cx.input_path(&records)?.to_owned();
        for (segment, _, record) in numbered(&power(cx, &records)?) {
            rows.push(i64::from(run), segment, record, &path)?;
        }
        latencies.push(cx, i64::from(run), &durations)?;
    }
    rows.write(cx)?;
    latencies.write(cx)
}

/// The roles of the two files of a run.
pub(super) fn roles(run: u32) -> [String; 2] {
    ["power", "latency"].map(|what| format!("run_{run}/{what}"))
}

/// The time of a record in seconds since 1970, to the bit as Python's `datetime.timestamp` gives it:
/// published energies hang on the rounding of these numbers.
#[expect(clippy::cast_precision_loss, reason = "whole seconds and microseconds stay far below 2^53")]
pub(super) fn seconds(time: i64) -> f64 {
    let whole = time.div_euclid(NANOSECONDS_PER_SECOND) as f64;
    let microseconds = (time.rem_euclid(NANOSECONDS_PER_SECOND) / 1000) as f64;
    whole + microseconds / 1e6
}

/// Reads a file of records. What the reader finds odd is an error here: the original would take a
/// negative power, or a clock that goes back, into its integrals.
fn power(cx: &Cx<'_, '_>, role: &str) -> Result<PowerMetrics, Problem> {
    let path = cx.input_path(role)?;
    let file = power_metrics::read(&cx.read(role)?[..]).map_err(|error| unreadable(&error, path))?;
    match file.findings.first() {
        None => Ok(file),
        Some(finding) => {
            let more = match file.findings.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more findings)"),
            };
            let problem = unreadable(&format!("{finding}{more}"), path);
            Err(problem.expected("powers of at least 0 W, and dates that never go back"))
        }
    }
}

fn unreadable(error: &impl Display, path: &str) -> Problem {
    let problem = Problem::new(error.to_string()).in_file(path);
    if path.starts_with("raw/") {
        problem.help("bring the pinned file back with `cargo xtask fetch aipowermeter --force`")
    } else {
        problem.help("the file is made by a stage aipowermeter/simulate/…, whose code must be corrected")
    }
}

/// All records with the number of their segment, from 0, and whether a line closed it.
fn numbered(file: &PowerMetrics) -> impl Iterator<Item = (i64, bool, &Record)> {
    let segments = (0..).zip(&file.segments);
    segments.flat_map(|(number, segment)| segment.records.iter().map(move |record| (number, segment.closed, record)))
}

fn as_integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[derive(Default)]
struct Records {
    lines: Vec<i64>,
    segments: Vec<i64>,
    closed: Vec<i64>,
    times: Vec<i64>,
    intel_power: Vec<f64>,
    nvidia_draw: Vec<f64>,
}

impl Records {
    fn write(self, cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
        Rows::new()
            .integers("line", self.lines)
            .integers("segment", self.segments)
            .integers("closed", self.closed)
            .floats("seconds", self.times.iter().map(|&time| seconds(time)).collect())
            .integers("time", self.times)
            .floats("intel_power", self.intel_power)
            .floats("nvidia_draw", self.nvidia_draw)
            .write(cx, "records", schema::RECORDS)
    }
}

/// One row for each number of a recording, by the names of its fields since December 2021.
#[derive(Default)]
struct Values {
    line: i64,
    lines: Vec<i64>,
    fields: Vec<String>,
    cards: Vec<String>,
    processes: Vec<String>,
    values: Vec<f64>,
}

impl Values {
    fn push(&mut self, field: &str, card: &str, process: &str, value: f64) {
        self.lines.push(self.line);
        self.fields.push(field.to_owned());
        self.cards.push(card.to_owned());
        self.processes.push(process.to_owned());
        self.values.push(value);
    }

    fn of_cpu(&mut self, cpu: &Cpu) {
        for (field, value) in [
            ("intel_power", Some(cpu.intel_power)),
            ("total_cpu_power", cpu.total_cpu_power),
            ("total_dram_power", cpu.total_dram_power),
            ("uncore_power", cpu.uncore_power),
            ("psys_power", cpu.psys_power),
        ] {
            value.iter().for_each(|&value| self.push(field, "", "", value));
        }
        self.by_process("per_process_cpu_uses", "", cpu.per_process_cpu_uses.as_ref());
        self.by_process("per_process_cpu_power", "", cpu.per_process_cpu_power.as_ref());
        self.by_process("per_process_mem_use_abs", "", cpu.per_process_mem_use_abs.as_ref());
        self.by_process("per_process_mem_use_percent", "", cpu.per_process_mem_use_percent.as_ref());
        self.by_process("per_process_dram_power", "", cpu.per_process_dram_power.as_ref());
        self.by_process("per_process_mem_use_uss", "", cpu.per_process_mem_use_uss.as_ref());
    }

    fn of_gpu(&mut self, gpu: &Gpu) {
        self.push("nvidia_draw_absolute", "", "", gpu.nvidia_draw_absolute);
        for (field, value) in [
            ("nvidia_estimated_attributable_power_draw", gpu.attributable_power_draw),
            ("average_gpu_estimated_utilization_absolute", gpu.utilization_absolute),
            ("average_gpu_estimated_utilization_relative", gpu.utilization_relative),
        ] {
            value.iter().for_each(|&value| self.push(field, "", "", value));
        }
        for (field, entries) in [
            ("per_gpu_power_draw", &gpu.power_draw),
            ("per_gpu_absolute_percent_usage", &gpu.absolute_usage),
            ("per_gpu_estimated_attributable_utilization", &gpu.attributable_utilization),
            ("per_gpu_attributable_power", &gpu.attributable_power),
        ] {
            for (card, value) in entries.iter().flat_map(|entries| &entries.0) {
                self.push(field, card, "", *value);
            }
        }
        for (card, state) in gpu.performance_state.iter().flat_map(|entries| &entries.0) {
            let state = state.strip_prefix('P').and_then(|state| state.parse().ok());
            self.push("per_gpu_performance_state", card, "", state.unwrap_or(f64::NAN));
        }
        for (card, processes) in gpu.memory.iter().flat_map(|entries| &entries.0) {
            self.by_process("per_gpu_attributable_mem_use", card, Some(processes));
        }
        for (card, processes) in gpu.per_pid_utilization.iter().flat_map(|entries| &entries.0) {
            self.by_process("per_gpu_per_pid_utilization_absolute", card, Some(processes));
        }
        for row in gpu.utilization.iter().flatten() {
            // The recorder writes these whole numbers as floats.
            let (card, process) = (format!("{:.0}", row.gpu), format!("{:.0}", row.pid));
            for (field, value) in [("sm", row.sm), ("mem", row.mem), ("enc", row.enc), ("dec", row.dec)] {
                let field = format!("per_gpu_average_estimated_utilization_absolute.{field}");
                self.push(&field, &card, &process, value);
            }
        }
    }

    fn by_process<V: Number>(&mut self, field: &str, card: &str, entries: Option<&Entries<V>>) {
        for (process, value) in entries.iter().flat_map(|entries| &entries.0) {
            self.push(field, card, process, value.number());
        }
    }

    fn write(self, cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
        Rows::new()
            .integers("line", self.lines)
            .texts("field", self.fields)
            .texts("card", self.cards)
            .texts("process", self.processes)
            .floats("value", self.values)
            .write(cx, "values", schema::VALUES)
    }
}

/// A number of a record: a share, a power, or bytes.
trait Number {
    fn number(&self) -> f64;
}

impl Number for f64 {
    fn number(&self) -> f64 {
        *self
    }
}

impl Number for u64 {
    #[expect(clippy::cast_precision_loss, reason = "bytes of memory stay below 2^53")]
    fn number(&self) -> f64 {
        *self as f64
    }
}

/// The quantities of a run's records that the compile step reads.
#[derive(Default)]
struct RunRecords {
    runs: Vec<i64>,
    lines: Vec<i64>,
    segments: Vec<i64>,
    seconds: Vec<f64>,
    quantities: [Vec<f64>; schema::QUANTITIES.len()],
}

impl RunRecords {
    fn push(&mut self, run: i64, segment: i64, record: &Record, path: &str) -> Result<(), Problem> {
        let absent = |field: &str| {
            let problem = Problem::new(format!("line {}: the record has no {field}", record.line));
            let problem = problem.in_file(path).at_line(record.line);
            problem.expected("a record of October 2021 of processor and graphics card, as the studies have them")
        };
        let cpu = record.cpu.as_ref().ok_or_else(|| absent("part `cpu`"))?;
        let gpu = record.gpu.as_ref().ok_or_else(|| absent("part `gpu`"))?;
        let memory = cpu.per_process_mem_use_abs.as_ref().ok_or_else(|| absent("mem_use_abs"))?;
        let gpu_memory = gpu.memory.as_ref().ok_or_else(|| absent("per_gpu_attributable_mem_use"))?;
        let attributable = gpu.attributable_power_draw;
        let utilization = gpu.utilization.as_ref();
        let utilization = utilization.ok_or_else(|| absent("per_gpu_average_estimated_utilization_absolute"))?;
        // Of several processes the original takes the first, and of none 0.
        let first = |entries: &Entries<u64>| entries.values().next().map_or(0.0, Number::number);
        let values = [
            cpu.intel_power,
            cpu.total_cpu_power.ok_or_else(|| absent("total_cpu_power"))?,
            first(memory),
            gpu.nvidia_draw_absolute,
            attributable.ok_or_else(|| absent("nvidia_estimated_attributable_power_draw"))?,
            gpu_memory.get("0").map_or(0.0, first),
            utilization.iter().map(|row| row.sm).sum(),
        ];
        self.runs.push(run);
        self.lines.push(as_integer(record.line));
        self.segments.push(segment);
        self.seconds.push(seconds(record.date));
        self.quantities.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        Ok(())
    }

    fn write(self, cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
        let rows = Rows::new().integers("run", self.runs).integers("line", self.lines);
        let rows = rows.integers("segment", self.segments).floats("seconds", self.seconds);
        let named = schema::QUANTITIES.into_iter().zip(self.quantities);
        let rows = named.fold(rows, |rows, (name, values)| rows.floats(name, values));
        rows.write(cx, "records", schema::RUN_RECORDS)
    }
}

/// What is kept of the latencies of each run: there are millions of them.
#[derive(Default)]
struct Latencies {
    runs: Vec<i64>,
    inferences: Vec<i64>,
    medians: Vec<f64>,
    firsts: Vec<f64>,
    sums: Vec<f64>,
}

impl Latencies {
    fn push(&mut self, cx: &Cx<'_, '_>, run: i64, role: &str) -> Result<(), Problem> {
        let path = cx.input_path(role)?;
        let bytes = cx.read(role)?;
        let durations = if path.ends_with(".json") {
            latency::read_json(&bytes).map_err(|error| unreadable(&error, path))?
        } else {
            latency::read_csv(&bytes[..]).map_err(|error| unreadable(&error, path))?
        };
        let count = as_integer(durations.len() as u64);
        let expected = self.inferences.first().copied().unwrap_or(count);
        if count < 2 || count != expected {
            let problem = unreadable(&format!("{count} latencies"), path);
            return Err(problem.expected(format!("one for each inference, {} as in the other runs", expected.max(2))));
        }
        let median = stats::median(&durations).map_err(|error| unreadable(&error, path))?;
        self.runs.push(run);
        self.inferences.push(count);
        self.medians.push(median);
        self.firsts.extend(durations.first());
        self.sums.push(stats::sum(&durations));
        Ok(())
    }

    fn write(self, cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
        Rows::new()
            .integers("run", self.runs)
            .integers("inferences", self.inferences)
            .floats("median", self.medians)
            .floats("first", self.firsts)
            .floats("sum", self.sums)
            .write(cx, "latencies", schema::RUN_LATENCIES)
    }
}
