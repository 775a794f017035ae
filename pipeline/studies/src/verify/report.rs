//! What a comparison found: about an entry, about a study, and in numbers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::compare::{ValueCheck, ValueVerdict};
use super::render;
use crate::campaign::Campaign;
use crate::published::Token;
use crate::record::{Kind, Status};
use crate::truth::Recovery;

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
    /// Whether it was not published, but checked besides.
    pub derived: bool,
    /// Number of values compared, names of rows and edges of bootstrap bands not counted.
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

/// Counts over the entries of a study. All but the last six are of what was published.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Number of entries that were published.
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
    /// Number of values compared, names of rows and edges of bootstrap bands not counted.
    pub values_compared: usize,
    /// Number of edges of bootstrap bands that were compared.
    pub band_values_compared: usize,
    /// The largest error among the values that match.
    pub max_rel_error: Option<f64>,
    /// Number of entries that were not published.
    pub derived: usize,
    /// How many of them agree with what is on file.
    pub derived_matched: usize,
    /// How many of them do not; the others have nothing on file, or are not comparable.
    pub derived_mismatched: usize,
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

/// Checks of records against values that nobody published: [`Summary::own_checks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnChecks {
    /// How many hold.
    pub held: usize,
    /// How many do not.
    pub failed: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct BriefEntry<'a> {
    id: &'a str,
    kind: Option<Kind>,
    status: Option<Status>,
    source: &'a str,
    derived: bool,
    values: usize,
    matched: usize,
    max_rel_error: Option<f64>,
    verdict: Verdict,
    note: Option<&'a str>,
}

impl Summary {
    /// Whether nothing differs.
    pub fn passed(&self) -> bool {
        self.mismatched == 0 && self.own_checks().failed == 0
    }

    /// The checks besides those of what was published: of entries that were not, and of expectations.
    pub fn own_checks(&self) -> OwnChecks {
        OwnChecks {
            held: self.derived_matched + self.expectations_matched,
            failed: self.derived_mismatched + self.expectations_mismatched,
        }
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
            derived: report.derived,
            values: report.values,
            matched: report.matched,
            max_rel_error: report.max_rel_error,
            verdict: report.verdict,
            note: report.note.as_deref(),
        }
    }
}

impl Summary {
    pub(super) fn of(entries: &[EntryReport], expectations: &[EntryReport]) -> Self {
        let mut summary = Summary { expectations: expectations.len(), ..Summary::default() };
        for report in entries {
            if report.derived {
                summary.derived += 1;
                summary.derived_matched += usize::from(report.verdict == Verdict::Match);
                summary.derived_mismatched += usize::from(report.verdict == Verdict::Mismatch);
                continue;
            }
            summary.entries += 1;
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
    pub(super) fn simulated(id: &str, kind: Option<Kind>, source: String) -> Self {
        let note = "made from simulated data, not comparable with the published values";
        EntryReport {
            verdict: Verdict::Simulated,
            note: Some(note.to_owned()),
            ..EntryReport::conclude(id, kind, source, Findings::default())
        }
    }

    pub(super) fn conclude(id: &str, kind: Option<Kind>, source: String, found: Findings) -> Self {
        let compared = |check: &&ValueCheck| matches!(check.verdict, ValueVerdict::Match | ValueVerdict::Mismatch);
        let count = |verdict| found.checks.iter().filter(|check| check.verdict == verdict).count();
        let bands = count(ValueVerdict::Bootstrap);
        let values = found.checks.iter().filter(compared).count();
        let mismatches = count(ValueVerdict::Mismatch);
        // Texts beside numbers that cannot be made are no result.
        let is_number = |check: &&ValueCheck| Token::new(check.published.as_str()).decimal().is_some();
        let mut numbers = found.checks.iter().filter(is_number).peekable();
        let numbers_waived =
            numbers.peek().is_some() && numbers.all(|check| check.verdict == ValueVerdict::NotRecomputable);

        let verdict = if mismatches > 0 || !found.problems.is_empty() {
            Verdict::Mismatch
        } else if values + bands > 0 && !numbers_waived {
            Verdict::Match
        } else if found.waived.is_empty() {
            Verdict::NoValuesOnFile
        } else {
            Verdict::NotRecomputable
        };
        let mut notes = found.notes;
        if !found.waived.is_empty() {
            let waived: Vec<&str> = found.waived.iter().map(String::as_str).collect();
            let waived = format!("not recomputable: {}", waived.join(", "));
            // Of an entry of which nothing can be made the reason says more than the names.
            match found.why {
                Some(why) if verdict == Verdict::NotRecomputable => notes.insert(0, why),
                why => drop(notes.splice(0..0, std::iter::once(waived).chain(why))),
            }
        }
        if let Some(problem) = found.problems.first() {
            notes.insert(0, problem.clone());
        } else if mismatches > 0 {
            notes.insert(0, format!("{mismatches} of {} values differ", values + bands));
        }
        // What is not recomputable has no compared values.
        let values = if verdict == Verdict::NotRecomputable { 0 } else { values };
        EntryReport {
            id: id.to_owned(),
            kind,
            status: None,
            source,
            derived: false,
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
pub(super) struct Findings {
    pub(super) problems: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) checks: Vec<ValueCheck>,
    /// What the record says cannot be made.
    pub(super) waivable: BTreeSet<String>,
    /// What of it the entry has.
    pub(super) waived: BTreeSet<String>,
    /// Why it cannot be made.
    pub(super) why: Option<String>,
}

impl Findings {
    pub(super) fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(super) fn check(&mut self, check: ValueCheck) {
        self.checks.push(check);
    }

    /// Waives the values that differ, if they and those that are waived are no more than the file says are lost.
    pub(super) fn excuse(&mut self, lost: usize) {
        let count = |verdict| self.checks.iter().filter(|check| check.verdict == verdict).count();
        let differing = count(ValueVerdict::Mismatch);
        if differing == 0 || differing + count(ValueVerdict::NotRecomputable) > lost {
            return;
        }
        for check in self.checks.iter_mut().filter(|check| check.verdict == ValueVerdict::Mismatch) {
            check.verdict = ValueVerdict::NotRecomputable;
            self.waived.insert(check.path.clone());
        }
    }

    /// Whether the record says that this column, row, value or series cannot be made.
    pub(super) fn waives(&mut self, name: &str) -> bool {
        let waives = self.waivable.contains(name);
        if waives {
            self.waived.insert(name.to_owned());
        }
        waives
    }

    pub(super) fn no_record(id: &str) -> String {
        format!("no record `{id}` was made; run `cargo xtask build-paper`")
    }
}
