//! The ground truth of a simulated campaign, and whether the analyses found it.
//!
//! A simulator knows what it put into its raw files: the slope behind the noise, the number of rows
//! that are broken. It writes that beside the files, as what the records have to hold. Finding it is
//! a test of the analyses that needs no published number.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::record::{Cell, Record};

/// What one place of a record must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Id of the record.
    pub record: String,
    /// Where in it.
    pub at: At,
    /// The true value, in the record's unit.
    pub value: f64,
    /// How far from it the analysis may come out.
    pub within: Within,
}

/// A place in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum At {
    /// The value of that name.
    Value(String),
    /// A cell of a table.
    Cell {
        /// The row, counted from 0.
        row: usize,
        /// The name of the column.
        column: String,
    },
    /// The number of rows of a table.
    Rows,
    /// The number of points or bars of the series of that name.
    Points(String),
    /// The length of a bar.
    Bar {
        /// The name of the series.
        series: String,
        /// The bar, counted from 0.
        bar: usize,
    },
}

/// How far from the truth an analysis may come out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Not at all.
    Exactly,
    /// By that share of the truth.
    Relative(f64),
    /// By that much.
    Absolute(f64),
    /// By that many standard errors, as the record itself tells them.
    StandardErrors {
        /// The name of the value that holds the standard error.
        of: String,
        /// How many of them.
        times: f64,
    },
}

impl Within {
    /// Three standard errors, which an unbiased estimate misses once in four hundred times.
    pub(crate) fn standard_errors(of: &str) -> Self {
        Within::StandardErrors { of: of.to_owned(), times: 3.0 }
    }
}

impl Truth {
    /// The value of that name in a regression or scalar.
    pub(crate) fn value(record: impl Into<String>, name: &str, value: f64, within: Within) -> Self {
        Truth { record: record.into(), at: At::Value(name.to_owned()), value, within }
    }

    /// A cell of a table; rows count from 0.
    pub(crate) fn cell(record: impl Into<String>, row: usize, column: &str, value: f64, within: Within) -> Self {
        Truth { record: record.into(), at: At::Cell { row, column: column.to_owned() }, value, within }
    }

    /// The number of rows of a table.
    pub(crate) fn rows(record: impl Into<String>, rows: usize) -> Self {
        Truth { record: record.into(), at: At::Rows, value: rows as f64, within: Within::Exactly }
    }

    /// The number of points or bars of a series of a figure.
    pub(crate) fn points(record: impl Into<String>, series: &str, points: usize) -> Self {
        let at = At::Points(series.to_owned());
        Truth { record: record.into(), at, value: points as f64, within: Within::Exactly }
    }

    /// The length of a bar of a figure; bars count from 0.
    pub(crate) fn bar(record: impl Into<String>, series: &str, bar: usize, value: f64, within: Within) -> Self {
        Truth { record: record.into(), at: At::Bar { series: series.to_owned(), bar }, value, within }
    }

    /// What the record holds there, and how far from the truth that may be.
    fn look_up(&self, record: &Record) -> Option<(f64, f64)> {
        let value = |name: &str| record.values.get(name).and_then(Cell::as_f64);
        let found = match &self.at {
            At::Value(name) => value(name)?,
            At::Cell { row, column } => {
                let place = record.columns.iter().position(|name| name == column)?;
                record.rows.get(*row)?.get(place + usize::from(record.has_row_labels()))?.as_f64()?
            }
            At::Rows => record.rows.len() as f64,
            At::Points(name) => {
                let series = record.find_series(name)?;
                series.x.len().max(series.category.len()) as f64
            }
            At::Bar { series, bar } => *record.find_series(series)?.value.get(*bar)?,
        };
        let allowed = match &self.within {
            Within::Exactly => 0.0,
            Within::Relative(share) => (share * self.value).abs(),
            Within::Absolute(allowed) => *allowed,
            Within::StandardErrors { of, times } => value(of)? * times,
        };
        Some((found, allowed))
    }
}

/// What became of all truths of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// How many truths there are.
    pub truths: usize,
    /// How many of them the analyses found.
    pub recovered: usize,
    /// Those that they did not.
    pub missed: Vec<Missed>,
}

impl Recovery {
    /// Whether the analyses found everything.
    pub fn is_complete(&self) -> bool {
        self.missed.is_empty()
    }
}

/// The number of truths that were found, and the first that was not.
impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { truths, recovered, missed } = self;
        write!(f, "{recovered} of {truths} known values of the simulated data were found again")?;
        let Some(Missed { truth, found, .. }) = missed.first() else { return Ok(()) };
        let found = found.map_or_else(|| "nothing".to_owned(), |found| found.to_string());
        let Truth { record, at, value, .. } = truth;
        write!(f, "; MISSED {}, first {at:?} of {record}: {found} in place of {value}", missed.len())
    }
}

/// A truth that the analyses did not find.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missed {
    /// What should have been found.
    pub truth: Truth,
    /// What the record holds instead; `None` if there is no such record or place.
    pub found: Option<f64>,
    /// The distance that would have been allowed.
    pub allowed: Option<f64>,
}

/// Holds the truths against the records.
pub(crate) fn recover(truths: &[Truth], records: &[Record]) -> Recovery {
    let by_id: BTreeMap<&str, &Record> = records.iter().map(|record| (record.id.as_str(), record)).collect();
    let mut missed = Vec::new();
    for truth in truths {
        let found = by_id.get(truth.record.as_str()).and_then(|record| truth.look_up(record));
        if !found.is_some_and(|(found, allowed)| (found - truth.value).abs() <= allowed) {
            let (found, allowed) = found.unzip();
            missed.push(Missed { truth: truth.clone(), found, allowed });
        }
    }
    Recovery { truths: truths.len(), recovered: truths.len() - missed.len(), missed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Series, cells};

    fn records() -> [Record; 3] {
        let line = Record::regression("line").value("slope", 2.1).value("stderr", 0.05);
        let table = Record::table("table").columns(["board", "joule"]);
        let bars = Series::bars("latency", ["float", "int8"], vec![f64::NAN, 36.0]);
        let figure = Record::figure("figure").series(bars).series(Series::scatter("all", vec![1.0], vec![2.0]));
        [line, table.row("lenet", cells!["mcu", 3.0]).row("resnet", cells!["mcu", 7.0]), figure]
    }

    #[test]
    fn what_lies_within_is_recovered() {
        let truths = [
            Truth::value("line", "slope", 2.0, Within::standard_errors("stderr")),
            Truth::value("line", "slope", 2.0, Within::Relative(0.06)),
            Truth::cell("table", 1, "joule", 7.0, Within::Exactly),
            Truth::rows("table", 2),
            Truth::points("figure", "latency", 2),
            Truth::points("figure", "all", 1),
            Truth::bar("figure", "latency", 1, 36.5, Within::Absolute(0.5)),
        ];
        assert_eq!(recover(&truths, &records()), Recovery { truths: 7, recovered: 7, missed: Vec::new() });
    }

    #[test]
    fn what_lies_without_or_is_absent_is_missed() {
        let truths = [
            Truth::value("line", "slope", 2.0, Within::Absolute(0.09)),
            Truth::value("line", "intercept", 2.0, Within::Absolute(100.0)),
            Truth::value("none", "slope", 2.0, Within::Absolute(100.0)),
            Truth::cell("table", 2, "joule", 7.0, Within::Relative(1.0)),
            Truth::cell("table", 0, "board", 7.0, Within::Relative(1.0)),
            Truth::rows("table", 3),
            Truth::points("line", "bars", 0),
            Truth::bar("figure", "latency", 0, 36.0, Within::Absolute(100.0)),
            Truth::bar("figure", "latency", 2, 36.0, Within::Absolute(100.0)),
        ];
        let recovery = recover(&truths, &records());
        assert_eq!(recovery.recovered, 0);
        let missed: Vec<_> = recovery.missed.iter().map(|missed| missed.truth.clone()).collect();
        assert_eq!(missed, truths);
        assert_eq!(recovery.missed[0].found, Some(2.1));
        assert_eq!(recovery.missed[1].found, None);
    }

    #[test]
    fn a_record_that_is_not_a_number_is_missed() {
        let record = Record::scalar("share").value("share", f64::NAN);
        let truths = [Truth::value("share", "share", 0.5, Within::Absolute(1.0))];
        assert_eq!(recover(&truths, &[record]).recovered, 0);
    }
}
