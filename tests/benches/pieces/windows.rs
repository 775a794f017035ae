//! A power log, summed over windows.

use std::fs;
use std::path::Path;

use rawlog::delimited::Delimited;
use rawlog::samples::{Log, Means, Sums};
use rawlog::time::parse_date_time;
use serde_json::json;

use crate::{Found, Outcome};

const LOG: [&str; 5] = ["last_changed", "entity_id", "node_id", "power_consumption", "unit"];
const WINDOWS: [&str; 3] = ["model", "start_time", "end_time"];
/// Seconds by which the clock of the windows is ahead of UTC.
const AHEAD: i64 = 3600;
/// Nominal distance of samples in s.
const SPACING: f64 = 3.0;
/// Windows that are told one by one.
const TOLD: usize = 1000;

pub(crate) fn sums(paths: &[String]) -> Outcome<Sums> {
    let [log, windows] = paths else { return Err("windows takes LOG and WINDOWS".into()) };
    let windows = Delimited::read(&fs::read(windows)?, &WINDOWS)?;
    let times = |column: &str| -> Outcome<Vec<i64>> {
        let time = |(line, cell)| {
            let time = parse_date_time(cell).map(|time| time.utc_if_ahead(AHEAD));
            time.ok_or_else(|| format!("line {line}: {cell:?} is no time").into())
        };
        windows.column(column)?.map(time).collect()
    };
    let bounds: Vec<(i64, i64)> = times("start_time")?.into_iter().zip(times("end_time")?).collect();
    let path = Path::new(log);
    let log = Log { path, header: &LOG, time: "last_changed", value: "power_consumption" };
    Ok(log.integrate(&bounds, SPACING, &Means::new(path.parent().unwrap_or(Path::new("."))))?)
}

/// The energies in J, of many windows every so-many-th, and what is in all of them.
pub(crate) fn told(sums: &Sums) -> Found {
    let step = sums.windows.len().div_ceil(TOLD).max(1);
    let energies: Vec<f64> = sums.windows.iter().step_by(step).map(|window| window.integral).collect();
    let mut found = Found::new();
    found.insert("rows".to_owned(), json!(sums.rows - sums.unparsable));
    found.insert("samples".to_owned(), json!(sums.windows.iter().map(|window| window.samples).sum::<usize>()));
    found.insert("energy".to_owned(), json!(sums.windows.iter().map(|window| window.integral).sum::<f64>()));
    found.insert("energies".to_owned(), json!(energies));
    found
}
