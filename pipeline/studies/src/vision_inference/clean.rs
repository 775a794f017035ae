//! Clean and normalise: operation counts, windows in UTC, energies of windows, and the joins.

use std::collections::BTreeMap;

use dag::Problem;
use rawlog::samples::{Log, LogError, Means, seconds_between};
use rawlog::time::parse_date_time;
use serde::Serialize;

use super::ingest::located;
use super::schema;
use crate::cx::Cx;
use crate::record::{Record, cells};
use crate::table::{Rows, Table};

/// Seconds by which the clock of the window logs (British Summer Time) is ahead of UTC.
const AHEAD: i64 = 3600;

/// Header of the log of the power monitor.
pub(super) const LOG_HEADER: [&str; 5] = ["last_changed", "entity_id", "node_id", "power_consumption", "unit"];
/// Nominal distance of its samples in s.
const SPACING: f64 = 3.0;

/// A column of local times as nanoseconds UTC.
pub(super) fn utc(windows: &Table, column: &str) -> Result<Vec<i64>, Problem> {
    let time = |(row, text): (usize, &String)| {
        let time = parse_date_time(text).map(|time| time.utc_if_ahead(AHEAD));
        time.ok_or_else(|| windows.problem(format!("row {row}, column {column}: {text:?} is no time")))
    };
    windows.texts(column)?.iter().enumerate().map(time).collect()
}

/// Operation counts of all models (inference notebook, cell 4; training notebook, cell 4).
pub(super) fn models(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let raw = Table::read(cx, "raw")?;
    let (macs, parameters) = (raw.numbers("macs")?, raw.numbers("parameters")?);
    let of = |values: &[f64], function: fn(f64) -> f64| values.iter().map(|&value| function(value)).collect();
    Rows::new()
        .texts("model", raw.texts("model")?)
        .floats("macs", macs.clone())
        .floats("parameters", parameters.clone())
        .floats("flops", of(&macs, |macs| macs * 2.0))
        .floats("gflops", of(&macs, |macs| macs * 2.0 / 1e9))
        .floats("tflops", of(&macs, |macs| macs * 2.0 / 1e12))
        .floats("gmacs", of(&macs, |macs| macs / 1e9))
        .floats("million_parameters", of(&parameters, |parameters| parameters / 1e6))
        .floats("ln_flops", of(&macs, |macs| (macs * 2.0).ln()))
        .floats("ln_macs", of(&macs, f64::ln))
        .floats("ln_gflops", of(&macs, |macs| (macs * 2.0 / 1e9).ln()))
        .floats("epoch", of(&macs, |macs| macs * 2.0 / 1e9 * 2.0 * 3.0 * 1.2e6))
        .write(cx, "table", schema::MODELS)
}

/// The models whose accuracy is known, in the order of the models (cells 7 and 9).
pub(super) fn accurate(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let (models, accuracy) = (Table::read(cx, "models")?, Table::read(cx, "accuracy")?);
    let place = places(&accuracy)?;
    let joined: Vec<(usize, usize)> =
        models.texts("model")?.iter().enumerate().filter_map(|(row, model)| Some((row, *place.get(model)?))).collect();
    let models = models.take(&joined.iter().map(|(row, _)| *row).collect::<Vec<_>>())?;
    let accuracy = accuracy.take(&joined.iter().map(|(_, row)| *row).collect::<Vec<_>>())?;
    let (top1, top5) = (accuracy.numbers("top1")?, accuracy.numbers("top5")?);
    let score = |errors: &[f64]| errors.iter().map(|error| 100.0 - error).collect();
    let (top1_score, top5_score) = (score(&top1), score(&top5));
    copied(&models, schema::MODELS)?
        .floats("top1", top1)
        .floats("top5", top5)
        .floats("top1_score", top1_score)
        .floats("top5_score", top5_score)
        .write(cx, "table", schema::ACCURATE)
}

/// The windows of a run in UTC, with their durations (cell 25).
pub(super) fn windows(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let raw = Table::read(cx, "raw")?;
    let (starts, ends) = (utc(&raw, "start_time")?, utc(&raw, "end_time")?);
    if let Some(row) = starts.iter().zip(&ends).position(|(start, end)| end < start) {
        let problem = raw.problem(format!("row {row}: the window ends before it starts"));
        return Err(problem.expected("start_time before end_time").help("the clock was set back during the run"));
    }
    let duration = starts.iter().zip(&ends).map(|(&start, &end)| seconds_between(start, end)).collect();
    Rows::new()
        .integers("window", raw.positions())
        .texts("model", raw.texts("model")?)
        .texts("start_time", raw.texts("start_time")?)
        .texts("end_time", raw.texts("end_time")?)
        .integers("start_utc", starts)
        .integers("end_utc", ends)
        .floats("duration", duration)
        .write(cx, "table", schema::WINDOWS)
}

/// The windows of a run with the models whose accuracy is known, in the order of the windows (cell 32).
pub(super) fn timed(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let (windows, models) = (Table::read(cx, "windows")?, Table::read(cx, "models")?);
    let place = places(&models)?;
    let names = windows.texts("model")?;
    let joined: Vec<(usize, usize)> =
        names.iter().enumerate().filter_map(|(row, model)| Some((row, *place.get(model)?))).collect();
    let windows = windows.take(&joined.iter().map(|(row, _)| *row).collect::<Vec<_>>())?;
    let models = models.take(&joined.iter().map(|(_, row)| *row).collect::<Vec<_>>())?;
    copied(&models, schema::ACCURATE)?
        .integers("window", windows.integers("window")?)
        .floats("duration", windows.numbers("duration")?)
        .write(cx, "table", schema::TIMED)
}

/// A run with its log.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Measured {
    pub(super) run: &'static str,
    /// Header of the log: a reconstructed one tells more.
    pub(super) header: &'static [&'static str],
}

/// The energy of each window: three seconds times the sum of the power samples (cells 20 to 29).
pub(super) fn energies(cx: &mut Cx<'_, '_>, measured: &Measured) -> Result<(), Problem> {
    let run = measured.run;
    let windows = Table::read(cx, "windows")?;
    let (starts, ends) = (windows.integers("start_utc")?, windows.integers("end_utc")?);
    let bounds: Vec<(i64, i64)> = starts.into_iter().zip(ends).collect();
    let (path, scratch) = (cx.path("log")?, cx.scratch());
    let log = Log { path: &path, header: measured.header, time: "last_changed", value: "power_consumption" };
    let sums = log.integrate(&bounds, SPACING, &Means::new(scratch));
    let shown = cx.input_path("log")?;
    let sums = sums.map_err(|error| match error {
        LogError::Io(error) => Problem::io("read", shown, &error),
        LogError::Content(error) => located(&error, shown),
    })?;
    let record = Record::scalar(format!("log.{run}")).value("rows", sums.rows).value("unparsable", sums.unparsable);
    let note = "Rows of the log, those whose time cannot be read, and those that are earlier than the row before.";
    cx.record(record.value("backward_steps", sums.backward_steps).note(note))?;
    let (models, duration) = (windows.texts("model")?, windows.numbers("duration")?);
    let (mut energy, mut mean_power, mut mean_energy) = (Vec::new(), Vec::new(), Vec::new());
    let mut record = Record::table(format!("samples.{run}"))
        .columns(["model", "duration", "samples", "mean power", "energy", "gaps", "longest gap"])
        .unit("duration", "s")
        .unit("mean power", "W")
        .unit("energy", "J")
        .unit("longest gap", "s");
    for ((window, model), duration) in sums.windows.iter().zip(&models).zip(&duration) {
        let mean = window.mean().ok_or_else(|| {
            windows.problem(format!("{model}: the log has no sample in its window")).expected("a sample every 3 s")
        })?;
        energy.push(window.integral);
        mean_power.push(mean);
        mean_energy.push(mean * duration);
        let cells =
            cells![model.as_str(), *duration, window.samples, mean, window.integral, window.gaps, window.longest_gap];
        record = record.plain_row(cells);
    }
    cx.record(record)?;
    let rows = Rows::new().texts("model", models).integers("window", windows.positions());
    let rows = rows.floats("kwh", energy.iter().map(|joule| joule / (1000.0 * 3600.0)).collect());
    let rows = rows.floats("joule", energy).floats("mean_power", mean_power).floats("mean_energy", mean_energy);
    rows.write(cx, "table", schema::ENERGIES)
}

/// The energies beside what is known of the models.
pub(super) fn joined(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let (timed, energies) = (Table::read(cx, "timed")?, Table::read(cx, "energies")?);
    let place = places(&energies)?;
    let row = |model: &String| {
        place.get(model).copied().ok_or_else(|| energies.problem(format!("there is no energy of {model}")))
    };
    let energies = energies.take(&timed.texts("model")?.iter().map(row).collect::<Result<Vec<_>, _>>()?)?;
    let mut rows = copied(&timed, schema::ACCURATE)?
        .integers("window", timed.integers("window")?)
        .floats("duration", timed.numbers("duration")?);
    for name in ["kwh", "joule", "mean_power", "mean_energy"] {
        rows = rows.floats(name, energies.numbers(name)?);
    }
    rows.write(cx, "table", schema::JOINED)
}

/// Where each model stands.
fn places(table: &Table) -> Result<BTreeMap<String, usize>, Problem> {
    Ok(table.texts("model")?.into_iter().zip(0..).collect())
}

/// The columns of a schema, of which the first is the name of the model and the others are numbers.
fn copied(table: &Table, schema: &[crate::table::Column]) -> Result<Rows, Problem> {
    let rows = Rows::new().texts("model", table.texts("model")?);
    schema.iter().skip(1).try_fold(rows, |rows, column| Ok(rows.floats(column.name, table.numbers(column.name)?)))
}
