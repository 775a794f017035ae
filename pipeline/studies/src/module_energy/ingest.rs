//! Read the raw files: the tracker's files become tables of runs, with what the job logs tell of each.

use std::collections::{BTreeMap, BTreeSet};

use dag::Problem;
use rawlog::delimited::{self, Delimited, DelimitedError};
use rawlog::joblog::{self, REPETITIONS, Rule, Style};
use rawlog::time::{iso8601, parse_date_time};
use rawlog::tracker::{self, Place, Run, Runs};

use super::schema::{self, ARCHITECTURES, KINDS};
use crate::cx::Cx;
use crate::table::{Column, PART, Parts, Rows};

pub(super) mod layers;

/// A run in which no error was logged, one with an error as the original found it, and one with an
/// error that it missed: column `failed`.
pub(super) const SOUND: i64 = 0;
pub(super) const FAILED: i64 = 1;
pub(super) const MISSED: i64 = 2;

const FETCH: &str = "correct the file, or bring the pinned one back with `cargo xtask fetch module-energy --force`";

/// A column about the place, and where its text is.
type OfPlace = (&'static str, fn(&Place) -> &String);

/// The columns about the place that may be empty.
const PLACES: [OfPlace; 3] = [
    ("region", |place| &place.region),
    ("cloud_provider", |place| &place.cloud_provider),
    ("cloud_region", |place| &place.cloud_region),
];

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
    let path = cx.input_path("tracker")?;
    let tracker = Tracked::read(cx, data_set)?;
    let schema = schema::runs(tracker.is_placed, true);
    tracker.write(cx, &schema, |part| rows(part, path))
}

/// A tracker's file that is read part by part, and what the job log tells of its runs.
struct Tracked {
    runs: Runs<'static>,
    path: String,
    failures: Failures,
    /// Whether the tracker looked up where it was.
    is_placed: bool,
    /// The columns about the place that are not all empty.
    told: BTreeSet<&'static str>,
    /// Runs of the parts before.
    rows: usize,
    /// The lines of these, by what names a run.
    seen: BTreeMap<RunId, u64>,
}

/// Some runs of a file.
struct Part<'a> {
    runs: &'a [Run],
    /// Rows of the file before these.
    first: usize,
    told: &'a BTreeSet<&'static str>,
}

/// What names a run, in little memory: most often a UUID.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum RunId {
    Uuid(u128),
    Other(Box<str>),
}

impl RunId {
    fn of(text: &str) -> Self {
        let digits: String = text.split('-').collect();
        let places = [8, 13, 18, 23].map(|place| text.as_bytes().get(place) == Some(&b'-'));
        let is_plain = text.len() == 36 && places == [true; 4] && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match u128::from_str_radix(&digits, 16) {
            Ok(number) if is_plain && digits.len() == 32 && !digits.starts_with('+') => Self::Uuid(number),
            _ => Self::Other(text.into()),
        }
    }
}

impl Tracked {
    /// Reads the job log and the beginning of the tracker's file.
    fn read(cx: &Cx<'_, '_>, data_set: &str) -> Result<Self, Problem> {
        let path = cx.input_path("tracker")?;
        let located = |error| located(error, path);
        let failures = Failures::read(cx, data_set)?;
        let (mut told, mut is_placed) = (BTreeSet::new(), false);
        for run in tracker::runs(cx.open("tracker")?).map_err(located)? {
            let Some(place) = run.map_err(located)?.place else { break };
            is_placed = true;
            told.extend(PLACES.iter().filter(|(_, of)| !of(&place).is_empty()).map(|(name, _)| *name));
        }
        let runs = tracker::runs(cx.open("tracker")?).map_err(located)?;
        Ok(Self { runs, path: path.to_owned(), failures, is_placed, told, rows: 0, seen: BTreeMap::new() })
    }

    /// Writes the table of all runs; `rows` makes the columns of some of them, to which is added what the log tells.
    fn write(
        mut self,
        cx: &mut Cx<'_, '_>,
        schema: &[Column],
        rows: impl Fn(&Part<'_>) -> Result<Rows, Problem>,
    ) -> Result<(), Problem> {
        let mut table = Parts::new(cx, "table", schema)?;
        loop {
            let runs = self.next_runs()?;
            let part = Part { runs: &runs, first: self.rows, told: &self.told };
            let marks = (part.first..).take(runs.len()).map(|row| self.failures.of(row));
            table.add(rows(&part)?.integers("failed", marks.collect()))?;
            self.rows += runs.len();
            if runs.len() < PART {
                break;
            }
        }
        self.failures.check(self.rows)?;
        table.finish()
    }

    /// The runs of the next part.
    fn next_runs(&mut self) -> Result<Vec<Run>, Problem> {
        let path = &self.path;
        let wrong = |line: u64, message: String, expected: String| {
            Err(Problem::new(message).in_file(path).at_line(line).expected(expected).help(FETCH))
        };
        let mut runs = Vec::new();
        for run in self.runs.by_ref().take(PART) {
            let run = run.map_err(|error| located(error, path))?;
            if let Some(first) = self.seen.insert(RunId::of(&run.run_id), run.line) {
                let message = format!("the run {:?} stands already in line {first}", run.run_id);
                return wrong(run.line, message, "each run once".to_owned());
            }
            // What the job log tells of a configuration finds its rows by this order.
            let expected = (self.rows + runs.len()) as u64 % REPETITIONS + 1;
            if run.project.repetition != expected {
                let message = format!("repetition {} of a configuration", run.project.repetition);
                let expected =
                    format!("repetition {expected}: {REPETITIONS} rows for each configuration, in their order");
                return wrong(run.line, message, expected);
            }
            runs.push(run);
        }
        Ok(runs)
    }
}

/// What the job log tells of the runs of a data set.
struct Failures {
    name: String,
    path: String,
    /// Rows that the log announces.
    announced: u64,
    /// The runs with errors by their rows.
    marks: BTreeMap<u64, i64>,
}

impl Failures {
    fn read(cx: &Cx<'_, '_>, name: &str) -> Result<Self, Problem> {
        let path = cx.input_path("log")?;
        let log = joblog::read(cx.open("log")?).map_err(|error| located(error, path))?;
        let Some(data_set) = log.iter().find(|data_set| data_set.name.as_deref() == Some(name)) else {
            let names: Vec<&str> = log.iter().filter_map(|data_set| data_set.name.as_deref()).collect();
            let found = format!("there is no data set {name}; the log has {}", names.join(", "));
            return Err(Problem::new(found)
                .in_file(path)
                .expected(format!("`Starting data-collection for {name}...`")));
        };
        let mut marks = BTreeMap::new();
        for (rule, mark) in [(Rule::Corrected, MISSED), (Rule::Original, FAILED)] {
            marks.extend(data_set.failed_rows(rule).into_iter().map(|row| (row, mark)));
        }
        Ok(Self { name: name.to_owned(), path: path.to_owned(), announced: data_set.announced_rows, marks })
    }

    /// The mark of a run.
    fn of(&self, row: usize) -> i64 {
        self.marks.get(&(row as u64)).copied().unwrap_or(SOUND)
    }

    /// Looks whether as many runs are announced as the tracker's file has.
    fn check(&self, rows: usize) -> Result<(), Problem> {
        let (rows, announced) = (rows as u64, self.announced);
        // A job that died was in a run that has no row.
        if (rows..=rows + 1).contains(&announced) {
            return Ok(());
        }
        let message = format!("{announced} runs of {} are announced, the tracker's file has {rows}", self.name);
        let problem =
            Problem::new(message).in_file(&self.path).expected("as many, or one more that the end of the job cut off");
        Err(problem.help(FETCH))
    }
}

/// The runs of networks and their modules, column by column.
fn rows(part: &Part<'_>, path: &str) -> Result<Rows, Problem> {
    let runs = part.runs;
    let (mut networks, mut layers) = (Vec::new(), Vec::new());
    for run in runs {
        let (network, layer) = (label(run, "architecture", path)?, place(run, path)?);
        if let Some((found, expected)) = unknown(network, layer, &run.project.module) {
            return Err(wrong_project(run, path, found, expected));
        }
        networks.push(network.to_owned());
        layers.push(layer);
    }
    Ok(tracked(part)
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
fn tracked(part: &Part<'_>) -> Rows {
    let runs = part.runs;
    let mut rows = Rows::new()
        .integers("row", (0..).skip(part.first).take(runs.len()).collect())
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
        for (name, value) in PLACES {
            rows = texts_or_nothing(rows, name, of(value), part.told.contains(name));
        }
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

/// A column of texts; as numbers that are missing if the whole file tells none, as pandas reads it.
fn texts_or_nothing(rows: Rows, name: &str, texts: Vec<String>, is_told: bool) -> Rows {
    if is_told { rows.texts(name, texts) } else { rows.floats(name, vec![f64::NAN; texts.len()]) }
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
    let located = |error| located(error, path);
    let parts = || {
        let file = [cx.open("parsed")?, cx.open("parsed")?];
        delimited::Parts::read(file, &schema::RAW_PARSED, PART).map_err(located)
    };
    let mut told = BTreeSet::new();
    for part in parts()? {
        let part = part.map_err(located)?;
        for (name, _) in PLACES {
            if part.column(name).map_err(located)?.any(|(_, cell)| !cell.is_empty()) {
                told.insert(name);
            }
        }
    }
    let parts = parts()?;
    let mut table = Parts::new(cx, "table", &schema::runs(true, false))?;
    for part in parts {
        table.add(parsed_rows(&part.map_err(located)?, &told).map_err(located)?)?;
    }
    table.finish()
}

fn parsed_rows(file: &Delimited, told: &BTreeSet<&str>) -> Result<Rows, DelimitedError> {
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
            Kind::OptionalText => texts_or_nothing(rows, name, file.texts(raw)?, told.contains(name)),
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
    let log = joblog::read(cx.open("log")?).map_err(|error| located(error, path))?;
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
