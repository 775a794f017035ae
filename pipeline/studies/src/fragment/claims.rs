//! The claims of a study: a row for each artifact, rows apart for what was not published but is checked besides,
//! and every compared value in a pack.

use std::collections::BTreeMap;

use dag::Problem;
use maud::{Markup, html};
use report::html::{count, mark, stage, verdict};
use report::pack::pack;
use serde::Serialize;

use super::{Makers, anchor};
use crate::published::Published;
use crate::verify::{EntryReport, Measure, StudyReport, ValueCheck, ValueVerdict, Verdict};

/// What is told of a claim once it is opened.
#[derive(Serialize)]
struct Details<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    /// Why it can or cannot be recomputed, in the words of the file of published values.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [String],
    /// The compared values, each as a list: path, published, ours, error, tolerance, measure, verdict.
    checks: Vec<Check<'a>>,
}

#[derive(Serialize)]
struct Check<'a>(&'a str, &'a str, String, Option<f64>, Option<f64>, u8, u8);

impl<'a> Check<'a> {
    fn of(check: &'a ValueCheck) -> Self {
        let ours = check.ours.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
        let (measure, verdict) = (check.measure as u8, check.verdict as u8);
        Self(&check.path, &check.published, ours, check.rel_error, check.tolerance, measure, verdict)
    }
}

// The script of the page reads measures and verdicts by their places.
const _: () = {
    assert!(Measure::Relative as u8 == 0 && Measure::Absolute as u8 == 1);
    assert!(Measure::AxisSpan as u8 == 2 && Measure::Equality as u8 == 3);
    assert!(ValueVerdict::Match as u8 == 0 && ValueVerdict::Bootstrap as u8 == 1);
    assert!(ValueVerdict::Mismatch as u8 == 2 && ValueVerdict::NotRecomputable as u8 == 3);
};

/// The rows of a study, and the values behind them.
pub(super) struct Rows {
    /// Of what was published.
    pub(super) claims: Markup,
    /// Of what was not, and is checked besides.
    pub(super) besides: Markup,
    /// The pack of all values.
    pub(super) packed: String,
}

/// Whose value a row compares with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// One that the original shows.
    Published,
    /// One that was reckoned from the data of the original by other means than here.
    Ours,
}

/// What stands in a section of the page, by the first part of the ids of its rows.
const SECTIONS: [&str; 2] = ["claim", "further"];

/// The rows, and the pack of all values.
pub(super) fn rows(report: &StudyReport, published: &Published, makers: &Makers) -> Result<Rows, Problem> {
    let mut all = BTreeMap::new();
    let (mut claims, mut besides) = (Vec::new(), Vec::new());
    for (section, entries) in SECTIONS.into_iter().zip([&report.entries, &report.expectations]) {
        for entry in entries {
            let on_file = published.entry(&entry.id).filter(|_| section == "claim");
            let details = Details {
                title: on_file.and_then(|found| found.title.as_deref()),
                note: on_file.and_then(|found| found.note.as_deref()),
                why: on_file.and_then(|found| found.why.as_deref()),
                problems: &entry.problems,
                checks: entry.checks.iter().map(Check::of).collect(),
            };
            all.insert(format!("{section}:{}", entry.id), details);
            if section == "claim" && !entry.derived {
                claims.push(row(section, Of::Published, &entry.id, entry, makers));
            } else {
                // The values of a record that has a row among the claims, too, must not pass for it.
                let name = match section == "further" && published.entry(&entry.id).is_some() {
                    true => format!("{}: further values", entry.id),
                    false => entry.id.clone(),
                };
                besides.push(row(section, Of::Ours, &name, entry, makers));
            }
        }
    }
    let json = serde_json::to_string(&all).map_err(|error| Problem::new(error.to_string()))?;
    let body = |rows: Vec<Markup>| {
        html! {
            @if !rows.is_empty() {
                tbody role="rowgroup" data-study=(makers.study) { @for row in &rows { (row) } }
            }
        }
    };
    Ok(Rows { claims: body(claims), besides: body(besides), packed: pack(&json) })
}

fn row(section: &str, of: Of, name: &str, entry: &EntryReport, makers: &Makers) -> Markup {
    let study = &makers.study;
    let (class, words) = words(entry.verdict, of);
    let status = entry.status.map(|status| status.to_string()).unwrap_or_default();
    let kind = entry.kind.map_or_else(|| "value".to_owned(), |kind| kind.to_string());
    let worst = entry.worst();
    let number = |number: Option<f64>| number.map_or_else(|| "–".to_owned(), short_number);
    let (error, tolerance) = (worst.and_then(|check| check.rel_error), worst.and_then(|check| check.tolerance));
    let ours = worst.map_or_else(|| "–".to_owned(), ValueCheck::ours_as_printed);
    let in_full = worst.and_then(|check| check.ours.as_ref()).map(ToString::to_string);
    let measure = match worst.map(|check| check.measure) {
        Some(Measure::AxisSpan) => "of axis",
        Some(Measure::Absolute) => "absolute",
        _ => "",
    };
    let (whose, column) = match of {
        Of::Published => ("published", "Published"),
        Of::Ours => ("ours", "Expected"),
    };
    let tells_why = entry.verdict != Verdict::Match
        || entry.checks.iter().any(|check| check.verdict == ValueVerdict::NotRecomputable);
    html! {
        tr role="row" id=(anchor(section, study, &entry.id)) data-verdict=(words) data-kind=(kind) data-of=(whose)
            data-data=[(!status.is_empty()).then_some(&status)] data-error=[error] data-tolerance=[tolerance] {
            td role="cell" data-label="Study" { (study) }
            td.artifact role="cell" data-label="Artifact" {
                b { (name) } " " small.kind { (kind) } " " (mark(if status.is_empty() { "published" } else { &status }))
                small.source { (entry.source) }
                @if tells_why { @if let Some(note) = &entry.note { small.why { (note) } } }
            }
            td.number role="cell" data-label=(column) {
                (worst.map_or("–", |check| &check.published))
                @if of == Of::Ours && worst.is_some() { " " small.whose { "expected" } }
            }
            td.number role="cell" data-label="Made here" title=[in_full.filter(|full| *full != ours)] { (ours) }
            td.number role="cell" data-label="Relative error" {
                (number(error)) @if !measure.is_empty() { " " small { (measure) } }
            }
            td.number role="cell" data-label="Tolerance" { (number(tolerance)) }
            td role="cell" data-label="Verdict" {
                (verdict(class, words))
                @if entry.values > 0 { small { (entry.matched) " of " (count(entry.values, "value")) } }
                @if entry.band_values > 0 { small { "and " (count(entry.band_values, "edge")) " of bands" } }
            }
            td.rerun role="cell" data-label="cargo xtask build-paper …" {
                @match makers.records.get(&entry.id) { Some(id) => (stage(id)), None => "–" }
            }
        }
    }
}

/// The class and the words of a verdict.
fn words(verdict: Verdict, of: Of) -> (&'static str, &'static str) {
    match (verdict, of) {
        (Verdict::Match, Of::Published) => ("good", "match"),
        (Verdict::Match, Of::Ours) => ("good", "as expected"),
        (Verdict::Mismatch, Of::Published) => ("bad", "differs"),
        (Verdict::Mismatch, Of::Ours) => ("bad", "not as expected"),
        (Verdict::NoValuesOnFile, Of::Published) => ("none", "no values on file"),
        (Verdict::NoValuesOnFile, Of::Ours) => ("none", "nothing to compare"),
        (Verdict::NotRecomputable, _) => ("none", "not recomputable"),
        (Verdict::Simulated, _) => ("caution", "simulated"),
    }
}

/// A number as an error is told: two digits.
fn short_number(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { format!("{number:.1e}") }
}
