//! Published values against the records made here.
//!
//! [`verify`] takes what a study has on file ([`Published`]) and the records that the pipeline wrote.
//! Each entry gets a verdict:
//!
//! | verdict | when |
//! | --- | --- |
//! | match | each value agrees, and so do columns, rows and numbers of points |
//! | mismatch | something differs, or there is no record |
//! | no values on file | a record of the right kind, columns and size exists; there is nothing to compare |
//! | not recomputable | the held data do not give it, or none of its numbers; in the first case no record is needed |
//! | simulated | the record was made from simulated data and the entry from measured: not comparable |
//!
//! Which difference is allowed stands in [`compare`], for figures in [`figure`]. Of an entry that is
//! partly recomputable a record may name columns, rows, values or series that the held data do not give
//! ([`Record::not_recomputable`]); these are left out. Names of rows must agree and count as no value.
//! Values that the file holds beside its entries, above all corrected ones, are [`Expectation`]s. These, and
//! entries that were not published ([`Entry::derived`]), are checked besides: they count apart from what was
//! published. Records without entry are listed, not judged.

use std::collections::{BTreeMap, BTreeSet};

use crate::campaign::Campaign;
use crate::published::{Entry, Expected, Published, Recomputable, Token};
use crate::record::{Cell, Kind, Record, Status};

pub mod aipowermeter;
pub mod compare;
pub mod edge_layers;
mod expectation;
pub mod figure;
pub mod module_energy;
mod render;
mod report;
pub mod tinyml_mcu;
pub mod vision_inference;

pub use compare::{Measure, ValueCheck, ValueVerdict};
pub use expectation::{Expectation, Place};
pub use figure::COORDINATE;
use report::Findings;
pub use report::{BriefReport, EntryReport, OwnChecks, StudyReport, Summary, Verdict};

/// Bases of entries whose values the default simulation provides.
const SIMULATED_BASES: [&str; 2] = ["simulated", "inventory"];

/// Names that original programs print for the values which records name as scipy does.
const ALIASES: [(&str, &str); 3] = [("r_value", "rvalue"), ("p_value", "pvalue"), ("std_err", "stderr")];

/// Compares what a study has on file with the records that were made of a campaign.
pub fn verify(
    published: &Published,
    records: &[Record],
    expectations: &[Expectation],
    campaign: Campaign,
) -> StudyReport {
    let by_id: BTreeMap<&str, &Record> = records.iter().map(|record| (record.id.as_str(), record)).collect();
    let record = |id: &str| by_id.get(id).copied();

    let report = |entry: &Entry| {
        let report = verify_entry(entry, record(&entry.id), campaign);
        EntryReport { derived: entry.derived, ..report }
    };
    let mut entries: Vec<EntryReport> = published.entries.iter().map(report).collect();
    let mut expectations = expectation::check(published, expectations, record);
    for report in entries.iter_mut().chain(&mut expectations) {
        report.status = record(&report.id).map(|record| record.status);
    }

    let on_file: BTreeSet<&str> = entries.iter().chain(&expectations).map(|report| report.id.as_str()).collect();
    let extra = by_id.keys().filter(|id| !on_file.contains(*id)).map(|&id| id.to_owned()).collect();
    let summary = Summary::of(&entries, &expectations);
    let study = published.study.clone();
    StudyReport { study, campaign, summary, entries, expectations, extra, recovery: None }
}

fn verify_entry(entry: &Entry, record: Option<&Record>, campaign: Campaign) -> EntryReport {
    let kind = Some(entry.kind);
    let source = entry.source.clone();
    if entry.recomputable == Recomputable::No {
        let report = EntryReport::conclude(&entry.id, kind, source, Findings::default());
        return EntryReport { verdict: Verdict::NotRecomputable, note: entry.why.clone(), ..report };
    }
    let mut found = Findings::default();
    let Some(record) = record else {
        found.problem(Findings::no_record(&entry.id));
        return EntryReport::conclude(&entry.id, kind, source, found);
    };
    let by_simulation = entry.basis.as_deref().is_some_and(|basis| SIMULATED_BASES.contains(&basis));
    if record.status == Status::Simulated && !(by_simulation && campaign.is_default()) {
        return EntryReport::simulated(&entry.id, kind, source);
    }
    if let Err(error) = record.check() {
        found.problem(error.to_string());
        return EntryReport::conclude(&entry.id, kind, source, found);
    }
    if !record.not_recomputable.is_empty() && entry.recomputable == Recomputable::Yes {
        found.problem(format!(
            "the record calls {} not recomputable, but the whole entry is recomputable",
            record.not_recomputable.join(", ")
        ));
    } else {
        found.waivable = record.not_recomputable.iter().cloned().collect();
    }
    check_frame(entry, record, &mut found);
    if found.problems.is_empty() {
        match &entry.expected {
            Expected::Nothing => {}
            Expected::Table(rows) => check_rows(entry, rows, record, &mut found),
            Expected::Values(values) => check_values(entry, values, record, &mut found),
            Expected::Drawing(drawing) => figure::drawing(drawing, record, &entry.tolerance, &mut found),
            Expected::Points(points) => figure::points(points, record, &entry.tolerance, &mut found),
        }
    }
    found.excuse(entry.cells_lost);
    if !found.waived.is_empty() {
        found.why = entry.why.clone();
    }
    EntryReport::conclude(&entry.id, kind, source, found)
}

/// Everything but the values: kind, columns, numbers of rows and points. What is wrong here makes a
/// comparison of values meaningless.
fn check_frame(entry: &Entry, record: &Record, found: &mut Findings) {
    if record.kind != entry.kind {
        found.problem(format!("the record is a {}, published a {}", record.kind, entry.kind));
    }
    let rows_on_file = match &entry.expected {
        Expected::Table(rows) => Some(rows),
        _ => None,
    };
    if let Some(columns) = &entry.columns
        && (entry.kind == Kind::Table || rows_on_file.is_some())
        && *columns != record.columns
    {
        found.problem(format!("columns {:?}, published {columns:?}", record.columns));
    }
    let rows = rows_on_file.map(Vec::len).or(entry.rows_total);
    if let Some(rows) = rows
        && rows != record.rows.len()
    {
        found.problem(format!("{} rows, published {rows}", record.rows.len()));
    }
    if rows_on_file.is_some() && entry.has_row_labels() != record.has_row_labels() {
        let words = |labels| if labels { "labels" } else { "no labels" };
        let (ours, published) = (words(record.has_row_labels()), words(entry.has_row_labels()));
        found.problem(format!("rows with {ours}, published with {published}"));
    }
    if let Some(shape) = entry.shape
        && record.shape != Some(shape)
    {
        let ours = record.shape.map_or("none".to_owned(), |shape| format!("{shape:?}"));
        found.problem(format!("shape of the whole frame {ours}, published {shape:?}"));
    }
    if let Some(n) = entry.n {
        let ours = record.values.get("n");
        if ours.and_then(Cell::as_f64) != Some(n as f64) {
            let ours = ours.map_or("none".to_owned(), Cell::to_string);
            found.problem(format!("number of points n {ours}, published {n}"));
        }
    }
    if let Some(n) = entry.n_points
        && !record.series.iter().any(|series| series.x.len() == n)
    {
        found.problem(format!("no series of {n} points"));
    }
    if entry.kind == Kind::Figure && record.series.is_empty() && rows_on_file.is_none() {
        found.problem("the figure has no series");
    }
}

fn check_rows(entry: &Entry, rows: &[Vec<Token>], record: &Record, found: &mut Findings) {
    let labels = usize::from(entry.has_row_labels());
    let columns = entry.columns.as_deref().unwrap_or_default();
    for (number, (published, ours)) in rows.iter().zip(&record.rows).enumerate() {
        let row_waived = published.first().is_some_and(|label| found.waives(label.text()));
        for (place, token) in published.iter().enumerate() {
            let column = match place.checked_sub(labels) {
                Some(place) => columns.get(place).map_or("", String::as_str),
                None => "label",
            };
            let path = format!("rows[{number}].{column}");
            let mut check = ValueCheck::of_print(path, token, ours.get(place), column, &entry.tolerance);
            if is_name(place, labels, published) {
                // It says which row it is. That must be right, and is no result.
                if check.verdict != ValueVerdict::Match {
                    found.check(check);
                }
                continue;
            }
            if row_waived || found.waives(column) {
                check.verdict = ValueVerdict::NotRecomputable;
            }
            found.check(check);
        }
    }
}

/// Whether a cell names its row: the label, and in a table without labels a text in the first of several columns.
fn is_name(place: usize, labels: usize, row: &[Token]) -> bool {
    let first = row.first();
    place == 0 && (labels > 0 || (row.len() > 1 && first.is_some_and(|cell| cell.decimal().is_none())))
}

fn check_values(entry: &Entry, values: &[(String, Token)], record: &Record, found: &mut Findings) {
    for (name, token) in values {
        let alias = ALIASES.iter().find(|(printed, _)| printed == name).map(|(_, scipy)| *scipy);
        let ours = record.values.get(name).or_else(|| record.values.get(alias?));
        let mut check = ValueCheck::of_print(name.clone(), token, ours, name, &entry.tolerance);
        if found.waives(name) {
            check.verdict = ValueVerdict::NotRecomputable;
        }
        found.check(check);
    }
}

#[cfg(test)]
mod tests;
