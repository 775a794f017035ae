//! Reconstruct the logs of the power monitor, which were never released.
//!
//! The published energies fix the sum of the samples of each window to the milliwatt; the means that
//! some versions of the notebooks print fix the phase of the 3 s grid of samples, and with it their
//! number. Inside a window every sample is the mean, to the milliwatt: these are NOT measurements. They
//! show nothing of power within a window, start-up, idle level, jitter or lost samples.

use std::collections::BTreeMap;
use std::fmt::Write;

use dag::{Digest, Problem};
use rawlog::time::{NANOSECONDS_PER_SECOND, date_time, parse_date_time};
use serde::Serialize;

use super::clean::utc;
use crate::cx::Cx;
use crate::on_file;
use crate::published::Token;
use crate::table::Table;

/// Header of the log: as the notebooks read it, and where each row is from.
pub(super) const HEADER: [&str; 6] =
    ["last_changed", "entity_id", "node_id", "power_consumption", "unit", "provenance"];
const ENTITY: &str = "sensor.aeon_labs_zw096_smart_switch_6_power_2";
/// Distance of samples in s.
const SPACING: i64 = 3;
/// g CO2e/kWh, by which the result file of inference multiplies energies.
const GRAMS_PER_KWH: f64 = 623.0;

/// A log to reconstruct.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Log {
    /// A time on the grid of samples.
    pub(super) anchor: &'static str,
    /// The published entry with the last rows of the log.
    pub(super) printed: &'static str,
    /// Where the energies come from.
    pub(super) energies: Energies,
    /// The digest that the log must have.
    pub(super) sha256: &'static str,
}

/// Where the energies of a log come from.
#[derive(Clone, Copy, PartialEq, Serialize)]
pub(super) enum Energies {
    /// The result file of full precision, in kWh.
    Results,
    /// The published entry with a column `empirical` in J.
    Printed(&'static str),
}

/// Writes the log.
pub(super) fn log(cx: &mut Cx<'_, '_>, log: &Log) -> Result<(), Problem> {
    let windows = Table::read(cx, "windows")?;
    let models = windows.texts("model")?;
    let (starts, ends) = (utc(&windows, "start_time")?, utc(&windows, "end_time")?);
    let sums = sums(cx, log, &models)?;
    let anchor = parse_date_time(log.anchor).and_then(|time| time.utc()).unwrap_or(0);

    let step = SPACING * NANOSECONDS_PER_SECOND;
    let mut rows: Vec<(i64, String)> = Vec::new();
    for (((model, start), end), sum) in models.iter().zip(starts).zip(ends).zip(sums) {
        let whole = |time: i64| time.div_euclid(NANOSECONDS_PER_SECOND) * NANOSECONDS_PER_SECOND;
        let (start, end) = (whole(start), whole(end));
        let first = start + (anchor - start).rem_euclid(step);
        let count = if first > end { 0 } else { (end - first) / step + 1 };
        if count == 0 {
            return Err(windows.problem(format!("{model}: no sample falls into its window")));
        }
        let (quotient, remainder) = (sum / count, sum % count);
        for sample in 0..count {
            let milliwatt = quotient + i64::from(sample < remainder);
            let time = first + sample * step;
            let power = format!("{}.{:03}", milliwatt / 1000, milliwatt % 1000);
            rows.push((time, format!("{}+00:00,{ENTITY},5.0,{power},W,reconstructed", date_time(time))));
        }
    }
    for row in on_file::rows(cx, log.printed)? {
        let time = row.first().and_then(|cell| parse_date_time(cell.text())?.utc());
        let time = time.ok_or_else(|| Problem::new(format!("{}: a row without time", log.printed)))?;
        let cells: Vec<&str> = row.iter().map(Token::text).collect();
        rows.push((time, format!("{},printed", cells.join(","))));
    }
    rows.sort_by_key(|(time, _)| *time);

    let mut text = HEADER.join(",") + "\n";
    for (_, row) in rows {
        let _ = writeln!(text, "{row}");
    }
    let found = Digest::of(text.as_bytes()).to_string();
    if found != log.sha256 {
        let problem = Problem::new(format!("the reconstructed log has the SHA-256 {found}"));
        return Err(problem.expected(log.sha256).help("its inputs differ from those that the rule was made for"));
    }
    cx.write("log", text)
}

/// The sum of the samples of each window in mW.
fn sums(cx: &Cx<'_, '_>, log: &Log, models: &[String]) -> Result<Vec<i64>, Problem> {
    #[expect(clippy::cast_possible_truncation, reason = "sums of samples stay far below 2^53")]
    let whole = |milliwatt: f64| milliwatt.round() as i64;
    match log.energies {
        Energies::Printed(entry) => {
            let mut energies = BTreeMap::new();
            for row in on_file::rows(cx, entry)? {
                if let [model, _, joule, ..] = row.as_slice()
                    && let Some(joule) = joule.decimal()
                {
                    energies.insert(model.text().to_owned(), joule.value);
                }
            }
            let sum = |model: &String| {
                let joule =
                    energies.get(model).ok_or_else(|| Problem::new(format!("{entry} has no energy of {model}")))?;
                Ok(whole(joule * 1000.0 / 3.0))
            };
            models.iter().map(sum).collect()
        }
        Energies::Results => {
            let results = Table::read(cx, "energies")?;
            let (kwh, kilograms) = (results.numbers("empirical")?, results.numbers("kg CO2e")?);
            let by_name: BTreeMap<String, f64> = results.texts("model")?.into_iter().zip(kwh).collect();
            let sum = |(window, model): (usize, &String)| {
                // The CO2 of row i is that of window i, whatever its model: it tells the energies of the
                // models that have no row of their own.
                let kwh = by_name.get(model).copied().or_else(|| Some(kilograms.get(window)? * 1000.0 / GRAMS_PER_KWH));
                let kwh = kwh.ok_or_else(|| results.problem(format!("no energy of {model}")))?;
                Ok(whole(kwh * 1.2e9))
            };
            models.iter().enumerate().map(sum).collect()
        }
    }
}
