//! Read the raw files: the tracker's files become tables of runs, with what the job logs tell of each.

use std::collections::BTreeMap;

use dag::Problem;
use rawlog::delimited::{Delimited, DelimitedError};
use rawlog::joblog::{self, REPETITIONS, Rule, Style};
use rawlog::time::{iso8601, parse_date_time};
use rawlog::tracker::{self, Place, Run, Tracker};

use super::schema::{self, ARCHITECTURES, KINDS};
use crate::cx::Cx;
use crate::table::Rows;

/// A run in which no error was logged, one with an error as the original found it, and one with an
/// error that it missed: column `failed`.
pub(super) const SOUND: i64 = 0;
pub(super) const FAILED: i64 = 1;
pub(super) const MISSED: i64 = 2;

const FETCH: &str = "correct the file, or bring the pinned one back with `cargo xtask fetch module-energy --force`";

/// A problem with a raw file; its message begins with the line where there is one.
fn located(error: impl ToString, path: &str) -> Problem {
    let message = error.to_string();
    let line = message.strip_prefix("line ").and_then(|rest| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    });
    let problem = Problem::new(message).in_file(path).help(FETCH);
    match line {
        Some(line) => problem.at_line(line),
        None => problem,
    }
}

/// A tracker's file and the part of a job log that is about it: one row for each run.
pub(super) fn runs(cx: &mut Cx<'_, '_>, data_set: &&'static str) -> Result<(), Problem> {
    let tracker = read_tracker(cx)?;
    let failed = failures(cx, data_set, &tracker)?;
    let place = tracker.runs.first().is_some_and(|run| run.place.is_some());
    rows(&tracker.runs, cx.input_path("tracker")?)?.integers("failed", failed).write(
        cx,
        "table",
        &schema::runs(place, true),
    )
}

fn read_tracker(cx: &Cx<'_, '_>) -> Result<Tracker, Problem> {
    let path = cx.input_path("tracker")?;
    let tracker = tracker::read(&*cx.read("tracker")?).map_err(|error| located(error, path))?;
    let mut seen = BTreeMap::new();
    for (row, run) in tracker.runs.iter().enumerate() {
        if let Some(first) = seen.insert(&run.run_id, run.line) {
            let message = format!("the run {:?} stands already in line {first}", run.run_id);
            return Err(Problem::new(message).in_file(path).at_line(run.line).expected("each run once").help(FETCH));
        }
        // What the job log tells of a configuration finds its rows by this order.
        let expected = row as u64 % REPETITIONS + 1;
        if run.project.repetition != expected {
            let message = format!("repetition {} of a configuration", run.project.repetition);
            let expected = format!("repetition {expected}: {REPETITIONS} rows for each configuration, in their order");
            return Err(Problem::new(message).in_file(path).at_line(run.line).expected(expected).help(FETCH));
        }
    }
    Ok(tracker)
}

/// What the job log tells of each run.
fn failures(cx: &Cx<'_, '_>, name: &str, tracker: &Tracker) -> Result<Vec<i64>, Problem> {
    let path = cx.input_path("log")?;
    let log = joblog::read(&*cx.read("log")?).map_err(|error| located(error, path))?;
    let Some(data_set) = log.iter().find(|data_set| data_set.name.as_deref() == Some(name)) else {
        let names: Vec<&str> = log.iter().filter_map(|data_set| data_set.name.as_deref()).collect();
        let found = format!("there is no data set {name}; the log has {}", names.join(", "));
        return Err(Problem::new(found).in_file(path).expected(format!("`Starting data-collection for {name}...`")));
    };
    // A job that died was in a run that has no row.
    let rows = tracker.runs.len() as u64;
    if !(rows..=rows + 1).contains(&data_set.announced_rows) {
        let message =
            format!("{} runs of {name} are announced, the tracker's file has {rows}", data_set.announced_rows);
        let problem =
            Problem::new(message).in_file(path).expected("as many, or one more that the end of the job cut off");
        return Err(problem.help(FETCH));
    }
    let mut failed = vec![SOUND; tracker.runs.len()];
    for (rule, mark) in [(Rule::Corrected, MISSED), (Rule::Original, FAILED)] {
        for row in data_set.failed_rows(rule) {
            if let Some(run) = usize::try_from(row).ok().and_then(|row| failed.get_mut(row)) {
                *run = mark;
            }
        }
    }
    Ok(failed)
}

/// The runs, column by column.
fn rows(runs: &[Run], path: &str) -> Result<Rows, Problem> {
    let floats = |value: fn(&Run) -> f64| runs.iter().map(value).collect::<Vec<f64>>();
    let texts = |value: fn(&Run) -> String| runs.iter().map(value).collect::<Vec<String>>();
    let counts = |value: fn(&Run) -> u64| runs.iter().map(value).map(signed).collect::<Vec<i64>>();
    let (mut networks, mut layers) = (Vec::new(), Vec::new());
    for run in runs {
        let wrong = |found: String, expected: String| {
            Problem::new(format!("project_name: {found}"))
                .in_file(path)
                .at_line(run.line)
                .expected(expected)
                .help(FETCH)
        };
        let label = |name: &str| {
            let text = run.project.label(name);
            text.ok_or_else(|| wrong(format!("no `{name}` in its freeText"), format!("a part `{name}=`")))
        };
        let (network, layer) = (label("architecture")?, label("layer_idx")?);
        let module = &run.project.module;
        let place =
            layer.parse::<u32>().map_err(|_| wrong(format!("layer_idx={layer:?}"), "a whole number".to_owned()))?;
        if let Some((found, expected)) = unknown(network, i64::from(place), module) {
            return Err(wrong(found, expected));
        }
        networks.push(network.to_owned());
        layers.push(i64::from(place));
    }

    let mut rows = Rows::new()
        .integers("row", (0..).take(runs.len()).collect())
        .texts("timestamp", texts(|run| iso8601(run.timestamp)))
        .texts("run_id", texts(|run| run.run_id.clone()))
        .floats("duration", floats(|run| run.duration))
        .floats("emissions", floats(|run| run.emissions))
        .floats("emissions_rate", floats(|run| run.emissions_rate))
        .floats("cpu_power", floats(|run| run.power.cpu))
        .floats("gpu_power", floats(|run| run.power.gpu))
        .floats("ram_power", floats(|run| run.power.ram))
        .floats("cpu_energy", floats(|run| run.energy.cpu))
        .floats("gpu_energy", floats(|run| run.energy.gpu))
        .floats("ram_energy", floats(|run| run.energy.ram))
        .floats("energy_consumed", floats(|run| run.energy.consumed));
    let places: Vec<&Place> = runs.iter().filter_map(|run| run.place.as_ref()).collect();
    let with_place = !places.is_empty();
    if with_place {
        let of = |value: fn(&Place) -> &String| places.iter().map(|place| value(place).clone()).collect::<Vec<_>>();
        rows = rows.texts("country_name", of(|place| &place.country_name));
        rows = rows.texts("country_iso_code", of(|place| &place.country_iso_code));
        rows = texts_or_nothing(rows, "region", of(|place| &place.region));
        rows = texts_or_nothing(rows, "cloud_provider", of(|place| &place.cloud_provider));
        rows = texts_or_nothing(rows, "cloud_region", of(|place| &place.cloud_region));
    }
    rows = rows
        .texts("os", texts(|run| run.machine.os.clone()))
        .texts("python_version", texts(|run| run.machine.python_version.clone()))
        .integers("cpu_count", counts(|run| run.machine.cpu_count))
        .texts("cpu_model", texts(|run| run.machine.cpu_model.clone()))
        .integers("gpu_count", counts(|run| run.machine.gpu_count))
        .texts("gpu_model", texts(|run| run.machine.gpu_model.clone()));
    if with_place {
        let of = |value: fn((f64, f64)) -> f64| {
            places.iter().map(|place| place.coordinates.map_or(f64::NAN, value)).collect::<Vec<f64>>()
        };
        rows = rows.floats("longitude", of(|(longitude, _)| longitude));
        rows = rows.floats("latitude", of(|(_, latitude)| latitude));
    }
    Ok(rows
        .floats("ram_total_size", floats(|run| run.machine.ram_total_size))
        .texts("tracking_mode", texts(|run| run.machine.tracking_mode.clone()))
        .texts("on_cloud", texts(|run| if run.machine.on_cloud { "Y" } else { "N" }.to_owned()))
        .texts("module", texts(|run| run.project.module.clone()))
        .integers("rep_no", counts(|run| run.project.repetition))
        .integers("macs", counts(|run| run.project.macs))
        .integers("batch_size", counts(|run| run.project.batch_size))
        .texts("architecture", networks)
        .integers("layer_idx", layers)
        .integers("forward_passes", counts(|run| run.project.forward_passes)))
}

/// What is wrong with a network or a kind of module that the study does not know, and what would be right.
fn unknown(network: &str, layer: i64, module: &str) -> Option<(String, String)> {
    if !ARCHITECTURES.contains(&network) {
        return Some((format!("the unknown network {network:?}"), format!("one of {}", ARCHITECTURES.join(", "))));
    }
    let is_kind = layer == 0 || KINDS.contains(&module);
    (!is_kind).then(|| (format!("a layer of the unknown kind {module:?}"), format!("one of {}", KINDS.join(", "))))
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A column of texts; as numbers that are missing if all are empty, as pandas reads it.
fn texts_or_nothing(rows: Rows, name: &str, texts: Vec<String>) -> Rows {
    if texts.iter().all(String::is_empty) {
        rows.floats(name, vec![f64::NAN; texts.len()])
    } else {
        rows.texts(name, texts)
    }
}

/// How a column of the parsed file is read.
enum Kind {
    Text,
    /// Texts that may all be missing.
    OptionalText,
    Time,
    Integer,
    Number,
    /// Numbers of which some may be missing.
    OptionalNumber,
}

impl Kind {
    fn of(column: &str) -> Self {
        match column {
            "timestamp" => Self::Time,
            "row" | "cpu_count" | "gpu_count" | "rep_no" | "macs" | "batch_size" | "forward_passes" | "layer_idx" => {
                Self::Integer
            }
            "region" | "cloud_provider" | "cloud_region" => Self::OptionalText,
            "longitude" | "latitude" => Self::OptionalNumber,
            "duration" | "emissions" | "emissions_rate" | "cpu_power" | "gpu_power" | "ram_power" | "cpu_energy"
            | "gpu_energy" | "ram_energy" | "energy_consumed" | "ram_total_size" => Self::Number,
            _ => Self::Text,
        }
    }
}

/// The file with the runs of the first campaign as the original's parser left them.
pub(super) fn parsed(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let path = cx.input_path("parsed")?;
    let rows = parsed_rows(&cx.read("parsed")?).map_err(|error| located(error, path))?;
    rows.write(cx, "table", &schema::runs(true, false))
}

fn parsed_rows(bytes: &[u8]) -> Result<Rows, DelimitedError> {
    let file = Delimited::read(bytes, &schema::RAW_PARSED)?;
    let networks = file.column("architecture")?.zip(file.column("layer_idx")?).zip(file.column("module")?);
    for (((line, network), (_, layer)), (_, module)) in networks {
        // A layer that is no number is told below.
        if unknown(network, layer.parse().unwrap_or(0), module).is_some() {
            let found = format!("{network}, {module}");
            return Err(wrong(line, "architecture, module", &found, "a network and a module that the study knows"));
        }
    }
    let mut rows = Rows::new();
    for column in schema::runs(true, false) {
        let name = column.name;
        let raw = if name == "row" { "" } else { name };
        let cells = || file.column(raw);
        rows = match Kind::of(name) {
            Kind::Text => rows.texts(name, file.texts(raw)?),
            Kind::OptionalText => texts_or_nothing(rows, name, file.texts(raw)?),
            Kind::Number => rows.floats(name, file.numbers(raw)?),
            Kind::Time => {
                let time = |(line, cell)| {
                    let time = parse_date_time(cell).map(|time| iso8601(time.local));
                    time.ok_or_else(|| wrong(line, name, cell, "a time such as 2022-12-20T13:40:24"))
                };
                rows.texts(name, cells()?.map(time).collect::<Result<_, _>>()?)
            }
            Kind::Integer => {
                let count = |(line, cell): (u64, &str)| {
                    let count = cell.parse().ok().filter(|count: &i64| *count >= i64::from(name == "forward_passes"));
                    count.ok_or_else(|| wrong(line, name, cell, "a count"))
                };
                rows.integers(name, cells()?.map(count).collect::<Result<_, _>>()?)
            }
            Kind::OptionalNumber => {
                let number = |(line, cell): (u64, &str)| match cell {
                    "" => Ok(f64::NAN),
                    cell => cell.parse().map_err(|_| wrong(line, name, cell, "a number or nothing")),
                };
                rows.floats(name, cells()?.map(number).collect::<Result<_, _>>()?)
            }
        };
    }
    Ok(rows)
}

fn wrong(line: u64, column: &str, found: &str, expected: &'static str) -> DelimitedError {
    DelimitedError::Cell { line, column: column.to_owned(), found: found.to_owned(), expected }
}

/// The failed configurations of a job log with progress bars, which tells no more of a run.
pub(super) fn failed_configurations(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let path = cx.input_path("log")?;
    let log = joblog::read(&*cx.read("log")?).map_err(|error| located(error, path))?;
    let (mut names, mut configurations, mut lines, mut counted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for data_set in &log {
        if data_set.style != Some(Style::ProgressBar) {
            let problem = Problem::new("its runs are not announced by a progress bar").in_file(path);
            return Err(problem.expected("bars such as `| 12/500 [`").help(FETCH));
        }
        // An error after the bar was drawn anew, at the same place, is a failure of its own.
        let mut failures: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for failure in &data_set.failures {
            let (_, found) = failures.entry(failure.during.configuration).or_insert((failure.line, 0));
            *found += failure.at_line_start;
        }
        for (configuration, (line, found)) in failures {
            names.push(joblog_name(data_set));
            configurations.push(signed(configuration));
            lines.push(signed(line));
            counted.push(i64::from(found > 0));
        }
    }
    let rows = Rows::new().texts("data_set", names).integers("configuration", configurations);
    rows.integers("line", lines).integers("counted", counted).write(cx, "table", schema::FAILURES)
}

fn joblog_name(data_set: &joblog::DataSet) -> String {
    data_set.name.clone().unwrap_or_default()
}
