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
//! | not recomputable | the held data do not give it; no record is needed |
//! | simulated | the record was made from simulated data and the entry from measured: not comparable |
//! | planned | no stage makes it yet, as the study itself says; it does not count as reproduced |
//!
//! Which difference is allowed stands in [`compare`], for figures in [`figure`]. Of an entry that is
//! partly recomputable a record may name columns, rows, values or series that the held data do not give
//! ([`Record::not_recomputable`]); these are left out. Values that the file holds beside its entries,
//! above all corrected ones, are [`Expectation`]s. Records without entry are listed, not judged.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::campaign::Campaign;
use crate::published::{Entry, Expected, Published, Recomputable, Token};
use crate::record::{Cell, Kind, Record, Status};
use crate::truth::Recovery;

pub mod aipowermeter;
pub mod compare;
pub mod edge_layers;
mod expectation;
pub mod figure;
pub mod module_energy;
mod render;
pub mod tinyml_mcu;
pub mod vision_inference;

pub use compare::{Measure, ValueCheck, ValueVerdict};
pub use expectation::{Expectation, Place};

/// Entries that a later version of the pipeline will make, by study and the first parts of their ids.
const PLANNED: [(&str, &[&str]); 1] = [("module-energy", &module_energy::PLANNED)];

/// Bases of entries whose values the default simulation provides.
const SIMULATED_BASES: [&str; 2] = ["simulated", "inventory"];

/// Names that original programs print for the values which records name as scipy does.
const ALIASES: [(&str, &str); 3] = [("r_value", "rvalue"), ("p_value", "pvalue"), ("std_err", "stderr")];

/// What was found about one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// Each value agrees.
    #[serde(rename = "match")]
    Match,
    /// Something differs or is missing.
    #[serde(rename = "mismatch")]
    Mismatch,
    /// The record is there, but there is nothing to compare it with.
    #[serde(rename = "no values on file")]
    NoValuesOnFile,
    /// The held data do not give it.
    #[serde(rename = "not recomputable")]
    NotRecomputable,
    /// Made from simulated data, which the published value was not.
    #[serde(rename = "simulated")]
    Simulated,
    /// No stage makes it yet.
    #[serde(rename = "planned")]
    Planned,
}

/// What was found about one entry, or about the expectations of one record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryReport {
    /// Id of the entry and of its record.
    pub id: String,
    /// The sort of artifact; `None` if there is no record to tell it.
    pub kind: Option<Kind>,
    /// Which data the record was made from; `None` if there is no record.
    pub status: Option<Status>,
    /// Where it stands in the original; of expectations, the quirks that hold the values.
    pub source: String,
    /// Number of values compared, edges of bootstrap bands not counted.
    pub values: usize,
    /// How many of them agree.
    pub matched: usize,
    /// The largest error, relative to the value or the span of its axis; `None` without numbers.
    pub max_rel_error: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in words, where that is not plain.
    pub note: Option<String>,
    /// Number of edges of bootstrap bands that were compared.
    pub band_values: usize,
    /// What differs other than a value.
    pub problems: Vec<String>,
    /// Each value.
    pub checks: Vec<ValueCheck>,
}

/// Counts over the entries of a study.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Number of entries.
    pub entries: usize,
    /// How many match.
    pub matched: usize,
    /// How many of these were made from logs that are reconstructed.
    pub matched_reconstructed: usize,
    /// How many of these were made from simulated data.
    pub matched_simulated: usize,
    /// How many do not.
    pub mismatched: usize,
    /// How many have no values on file.
    pub no_values: usize,
    /// How many were made from simulated data and published of measured ones.
    pub simulated: usize,
    /// How many the held data do not give.
    pub not_recomputable: usize,
    /// How many no stage makes yet.
    pub planned: usize,
    /// Number of values compared, edges of bootstrap bands not counted.
    pub values_compared: usize,
    /// Number of edges of bootstrap bands that were compared.
    pub band_values_compared: usize,
    /// The largest error among the values that match.
    pub max_rel_error: Option<f64>,
    /// Number of records with expectations.
    pub expectations: usize,
    /// How many of them hold what is expected.
    pub expectations_matched: usize,
    /// How many of them do not.
    pub expectations_mismatched: usize,
}

/// What was found about a study. Its JSON form holds every value; [`StudyReport::brief`] does not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudyReport {
    /// Name of the study.
    pub study: String,
    /// Which raw files it was made from.
    pub campaign: Campaign,
    /// Counts.
    pub summary: Summary,
    /// The entries, in the order of the file.
    pub entries: Vec<EntryReport>,
    /// The records that must hold corrected values.
    pub expectations: Vec<EntryReport>,
    /// Ids of the records of which nothing is on file.
    pub extra: Vec<String>,
    /// The comparison with the ground truth, as far as the data are simulated.
    pub recovery: Option<Recovery>,
}

/// A report without the single values: `{"study", "campaign", "summary", "entries", "expectations", "extra"}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BriefReport<'a> {
    study: &'a str,
    campaign: Campaign,
    summary: &'a Summary,
    entries: Vec<BriefEntry<'a>>,
    expectations: Vec<BriefEntry<'a>>,
    extra: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery: Option<&'a Recovery>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct BriefEntry<'a> {
    id: &'a str,
    kind: Option<Kind>,
    status: Option<Status>,
    source: &'a str,
    values: usize,
    matched: usize,
    max_rel_error: Option<f64>,
    verdict: Verdict,
    note: Option<&'a str>,
}

/// Compares what a study has on file with the records that were made of a campaign.
pub fn verify(
    published: &Published,
    records: &[Record],
    expectations: &[Expectation],
    campaign: Campaign,
) -> StudyReport {
    let by_id: BTreeMap<&str, &Record> = records.iter().map(|record| (record.id.as_str(), record)).collect();
    let record = |id: &str| by_id.get(id).copied();

    let report = |entry: &Entry| match record(&entry.id) {
        None if is_planned(&published.study, entry) => EntryReport::planned(entry),
        record => verify_entry(entry, record, campaign),
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

/// Whether the study says that no stage makes the entry yet.
fn is_planned(study: &str, entry: &Entry) -> bool {
    let begins = |part: &&str| entry.id.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let planned = PLANNED.iter().filter(|(name, _)| *name == study);
    entry.recomputable != Recomputable::No && planned.flat_map(|(_, parts)| *parts).any(begins)
}

impl Summary {
    /// Whether nothing differs.
    pub fn passed(&self) -> bool {
        self.mismatched == 0 && self.expectations_mismatched == 0
    }
}

impl StudyReport {
    /// Whether nothing differs and no truth was missed.
    pub fn passed(&self) -> bool {
        self.summary.passed() && self.recovery.as_ref().is_none_or(Recovery::is_complete)
    }

    /// Whether the study was made from simulated files, so that nothing measured was compared.
    pub fn is_simulated(&self) -> bool {
        matches!(self.campaign, Campaign::Simulated(_))
    }

    /// The report without the single values.
    pub fn brief(&self) -> BriefReport<'_> {
        BriefReport {
            study: &self.study,
            campaign: self.campaign,
            summary: &self.summary,
            entries: self.entries.iter().map(BriefEntry::of).collect(),
            expectations: self.expectations.iter().map(BriefEntry::of).collect(),
            extra: &self.extra,
            recovery: self.recovery.as_ref(),
        }
    }

    /// The report as text for a terminal of that many columns: one line for each entry with the
    /// value that differs most, each mismatch in full, a summary. `verbose` shows every value.
    pub fn render(&self, width: usize, colour: bool, verbose: bool) -> String {
        render::render(self, width, colour, verbose)
    }
}

impl<'a> BriefEntry<'a> {
    fn of(report: &'a EntryReport) -> Self {
        BriefEntry {
            id: &report.id,
            kind: report.kind,
            status: report.status,
            source: &report.source,
            values: report.values,
            matched: report.matched,
            max_rel_error: report.max_rel_error,
            verdict: report.verdict,
            note: report.note.as_deref(),
        }
    }
}

impl Summary {
    fn of(entries: &[EntryReport], expectations: &[EntryReport]) -> Self {
        let mut summary = Summary { entries: entries.len(), expectations: expectations.len(), ..Summary::default() };
        for report in entries {
            match report.verdict {
                Verdict::Match => {
                    summary.matched += 1;
                    match report.status {
                        Some(Status::Reconstructed) => summary.matched_reconstructed += 1,
                        Some(Status::Simulated) => summary.matched_simulated += 1,
                        Some(Status::Published) | None => {}
                    }
                }
                Verdict::Mismatch => summary.mismatched += 1,
                Verdict::NoValuesOnFile => summary.no_values += 1,
                Verdict::Simulated => summary.simulated += 1,
                Verdict::NotRecomputable => summary.not_recomputable += 1,
                Verdict::Planned => summary.planned += 1,
            }
            summary.values_compared += report.values;
            summary.band_values_compared += report.band_values;
            let error = report.max_rel_error.filter(|_| report.verdict == Verdict::Match);
            summary.max_rel_error = larger(summary.max_rel_error, error);
        }
        let count = |verdict| expectations.iter().filter(|report| report.verdict == verdict).count();
        summary.expectations_matched = count(Verdict::Match);
        summary.expectations_mismatched = count(Verdict::Mismatch);
        summary
    }
}

impl EntryReport {
    fn simulated(id: &str, kind: Option<Kind>, source: String) -> Self {
        let note = "made from simulated data, not comparable with the published values";
        EntryReport {
            verdict: Verdict::Simulated,
            note: Some(note.to_owned()),
            ..EntryReport::conclude(id, kind, source, Findings::default())
        }
    }

    fn planned(entry: &Entry) -> Self {
        let conclusion = EntryReport::conclude(&entry.id, Some(entry.kind), entry.source.clone(), Findings::default());
        EntryReport { verdict: Verdict::Planned, note: Some("no stage makes it yet".to_owned()), ..conclusion }
    }

    fn conclude(id: &str, kind: Option<Kind>, source: String, found: Findings) -> Self {
        let compared = |check: &&ValueCheck| matches!(check.verdict, ValueVerdict::Match | ValueVerdict::Mismatch);
        let count = |verdict| found.checks.iter().filter(|check| check.verdict == verdict).count();
        let bands = count(ValueVerdict::Bootstrap);
        let values = found.checks.iter().filter(compared).count();
        let mismatches = count(ValueVerdict::Mismatch);

        let verdict = if mismatches > 0 || !found.problems.is_empty() {
            Verdict::Mismatch
        } else if values + bands > 0 {
            Verdict::Match
        } else if found.waived.is_empty() {
            Verdict::NoValuesOnFile
        } else {
            Verdict::NotRecomputable
        };
        let mut notes = found.notes;
        if !found.waived.is_empty() {
            let waived: Vec<&str> = found.waived.iter().map(String::as_str).collect();
            notes.insert(0, format!("not recomputable: {}", waived.join(", ")));
        }
        if let Some(problem) = found.problems.first() {
            notes.insert(0, problem.clone());
        } else if mismatches > 0 {
            notes.insert(0, format!("{mismatches} of {} values differ", values + bands));
        }
        EntryReport {
            id: id.to_owned(),
            kind,
            status: None,
            source,
            values,
            matched: values - mismatches,
            max_rel_error: found.checks.iter().filter(compared).fold(None, |max, check| larger(max, check.rel_error)),
            verdict,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
            band_values: bands,
            problems: found.problems,
            checks: found.checks,
        }
    }

    /// The value that differs most: of those that do not match, else of all that were compared. Of
    /// equal ones that with the largest tolerance, so that indices and counts come last.
    pub fn worst(&self) -> Option<&ValueCheck> {
        let rank = |check: &ValueCheck| match check.verdict {
            // A mismatch without error, a text say, is worse than any with one.
            ValueVerdict::Mismatch => (2, check.rel_error.unwrap_or(f64::INFINITY)),
            ValueVerdict::Match => (1, check.rel_error.unwrap_or(-1.0)),
            ValueVerdict::Bootstrap | ValueVerdict::NotRecomputable => (0, check.rel_error.unwrap_or(-1.0)),
        };
        let room = |check: &ValueCheck| check.tolerance.unwrap_or(0.0);
        let order = |a: &&ValueCheck, b: &&ValueCheck| {
            let ((a_rank, a_error), (b_rank, b_error)) = (rank(a), rank(b));
            a_rank.cmp(&b_rank).then(a_error.total_cmp(&b_error)).then(room(a).total_cmp(&room(b)))
        };
        // Of several the first.
        self.checks.iter().rev().max_by(order)
    }
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

/// What has been found about an entry so far.
#[derive(Debug, Default)]
struct Findings {
    problems: Vec<String>,
    notes: Vec<String>,
    checks: Vec<ValueCheck>,
    /// What the record says cannot be made.
    waivable: BTreeSet<String>,
    /// What of it the entry has.
    waived: BTreeSet<String>,
}

impl Findings {
    fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn check(&mut self, check: ValueCheck) {
        self.checks.push(check);
    }

    /// Whether the record says that this column, row, value or series cannot be made.
    fn waives(&mut self, name: &str) -> bool {
        let waives = self.waivable.contains(name);
        if waives {
            self.waived.insert(name.to_owned());
        }
        waives
    }

    fn no_record(id: &str) -> String {
        format!("no record `{id}` was made; run `cargo xtask build-paper`")
    }
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
            // The first cell says which row it is; it is compared in any case.
            if place > 0 && (row_waived || found.waives(column)) {
                check.verdict = ValueVerdict::NotRecomputable;
            }
            found.check(check);
        }
    }
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
