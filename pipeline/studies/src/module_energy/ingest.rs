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

pub(super) mod layers;

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

/// The runs of networks and their modules, column by column.
fn rows(runs: &[Run], path: &str) -> Result<Rows, Problem> {
    let (mut networks, mut layers) = (Vec::new(), Vec::new());
    for run in runs {
        let (network, layer) = (label(run, "architecture", path)?, place(run, path)?);
        if let Some((found, expected)) = unknown(network, layer, &run.project.module) {
            return Err(wrong_project(run, path, found, expected));
        }
        networks.push(network.to_owned());
        layers.push(layer);
    }
    Ok(tracked(runs)
        .texts("module", texts(runs, |run| run.project.module.clone()))
        .integers("rep_no", counts(runs, |run| run.project.repetition))
        .integers("macs", counts(runs, |run| run.project.macs))
        .integers("batch_size", counts(runs, |run| run.project.batch_size))
        .texts("architecture", networks)
        .integers("layer_idx", layers)
        .integers("forward_passes", counts(runs, |run| run.project.forward_passes)))
}

/// A problem with the packed text of a run.
fn wrong_project(run: &Run, path: &str, found: String, expected: String) -> Problem {
    Problem::new(format!("project_name: {found}")).in_file(path).at_line(run.line).expected(expected).help(FETCH)
}

/// A pair of the free text of a run.
fn label<'a>(run: &'a Run, name: &str, path: &str) -> Result<&'a str, Problem> {
    let wrong = || wrong_project(run, path, format!("no `{name}` in its freeText"), format!("a part `{name}=`"));
    run.project.label(name).ok_or_else(wrong)
}

/// The place of the module in its network.
fn place(run: &Run, path: &str) -> Result<i64, Problem> {
    let layer = label(run, "layer_idx", path)?;
    let place = layer.parse::<u32>();
    let wrong = |_| wrong_project(run, path, format!("layer_idx={layer:?}"), "a whole number".to_owned());
    place.map(i64::from).map_err(wrong)
}

fn floats(runs: &[Run], value: fn(&Run) -> f64) -> Vec<f64> {
    runs.iter().map(value).collect()
}

fn texts(runs: &[Run], value: fn(&Run) -> String) -> Vec<String> {
    runs.iter().map(value).collect()
}

fn counts(runs: &[Run], value: fn(&Run) -> u64) -> Vec<i64> {
    runs.iter().map(value).map(signed).collect()
}

/// What the tracker tells of each run, without what was measured.
fn tracked(runs: &[Run]) -> Rows {
    let mut rows = Rows::new()
        .integers("row", (0..).take(runs.len()).collect())
        .texts("timestamp", texts(runs, |run| iso8601(run.timestamp)))
        .texts("run_id", texts(runs, |run| run.run_id.clone()))
        .floats("duration", floats(runs, |run| run.duration))
        .floats("emissions", floats(runs, |run| run.emissions))
        .floats("emissions_rate", floats(runs, |run| run.emissions_rate))
        .floats("cpu_power", floats(runs, |run| run.power.cpu))
        .floats("gpu_power", floats(runs, |run| run.power.gpu))
        .floats("ram_power", floats(runs, |run| run.power.ram))
        .floats("cpu_energy", floats(runs, |run| run.energy.cpu))
        .floats("gpu_energy", floats(runs, |run| run.energy.gpu))
        .floats("ram_energy", floats(runs, |run| run.energy.ram))
        .floats("energy_consumed", floats(runs, |run| run.energy.consumed));
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
        .texts("os", texts(runs, |run| run.machine.os.clone()))
        .texts("python_version", texts(runs, |run| run.machine.python_version.clone()))
        .integers("cpu_count", counts(runs, |run| run.machine.cpu_count))
        .texts("cpu_model", texts(runs, |run| run.machine.cpu_model.clone()))
        .integers("gpu_count", counts(runs, |run| run.machine.gpu_count))
        .texts("gpu_model", texts(runs, |run| run.machine.gpu_model.clone()));
    if with_place {
        let of = |value: fn((f64, f64)) -> f64| {
            places.iter().map(|place| place.coordinates.map_or(f64::NAN, value)).collect::<Vec<f64>>()
        };
        rows = rows.floats("longitude", of(|(longitude, _)| longitude));
        rows = rows.floats("latitude", of(|(_, latitude)| latitude));
    }
    rows.floats("ram_total_size", floats(runs, |run| run.machine.ram_total_size))
        .texts("tracking_mode", texts(runs, |run| run.machine.tracking_mode.clone()))
        .texts("on_cloud", texts(runs, |run| if run.machine.on_cloud { "Y" } else { "N" }.to_owned()))
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
