//! The report as text for a terminal.
//!
//! ASCII only. From [`MIN_WIDTH`] columns on no line is longer than the terminal; values and ids that do not
//! fit are shortened, except in the lines about mismatches and notes, which are broken at spaces.

use std::fmt::Write as _;

use super::{EntryReport, Measure, StudyReport, ValueCheck, ValueVerdict, Verdict};
use crate::campaign::Campaign;
use crate::published::Token;

/// The narrowest terminal for which the table is laid out.
pub const MIN_WIDTH: usize = 80;

/// Digits beyond this width are left out: more do not tell a reader where two values part.
const MAX_VALUE: usize = 22;

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

/// Widths of the columns: entry, number of values, published, made here, error, tolerance, verdict.
struct Layout {
    id: usize,
    count: usize,
    value: usize,
    error: usize,
    verdict: usize,
}

/// One line of the table.
struct Line<'a> {
    id: &'a str,
    count: String,
    worst: Option<&'a ValueCheck>,
    verdict: &'a str,
    colour: &'a str,
}

pub(super) fn render(report: &StudyReport, width: usize, colour: bool, verbose: bool) -> String {
    let width = width.max(MIN_WIDTH);
    let reports = || report.entries.iter().chain(&report.expectations);
    let layout = Layout::for_width(width, reports());
    let mut out = String::new();
    paint(&mut out, colour, BOLD, &layout.header(&report.study));
    out.push('\n');
    let (derived, published): (Vec<&EntryReport>, Vec<&EntryReport>) =
        report.entries.iter().partition(|entry| entry.derived);
    for (section, title) in [
        (published, ""),
        (derived, "checked besides, not published"),
        (report.expectations.iter().collect(), "corrected and further values on file"),
    ] {
        if section.is_empty() {
            continue;
        }
        if !title.is_empty() {
            paint(&mut out, colour, BOLD, title);
            out.push('\n');
        }
        for entry in section {
            entry_lines(&mut out, entry, &layout, width, colour, verbose);
        }
    }
    if !report.extra.is_empty() {
        wrap(&mut out, &format!("records of which nothing is on file: {}", report.extra.join(", ")), "", width);
    }
    summary_lines(&mut out, report, width, colour);
    out
}

impl Layout {
    fn for_width<'a>(width: usize, reports: impl Iterator<Item = &'a EntryReport>) -> Self {
        let widest = reports.map(|report| report.id.chars().count()).max().unwrap_or(0);
        let (count, error, verdict) = (9, 8, 10);
        // Six spaces between seven columns.
        let rest = width.saturating_sub(count + 2 * error + verdict + 6);
        let id = widest.clamp(5, rest.saturating_sub(2 * 14).max(5));
        let value = ((rest - id) / 2).min(MAX_VALUE);
        Layout { id, count, value, error, verdict }
    }

    fn header(&self, study: &str) -> String {
        let Layout { id, count, value, error, .. } = *self;
        format!(
            "{:id$} {:>count$} {:>value$} {:>value$} {:>error$} {:>error$} verdict",
            shorten(study, id),
            "values",
            "published",
            "made here",
            "error",
            "allowed"
        )
    }

    fn push(&self, out: &mut String, line: &Line<'_>, colour: bool) {
        let Layout { id, count, value, error, .. } = *self;
        let published = line.worst.map_or(String::new(), |check| shorten_value(&check.published, value));
        let ours = line.worst.map_or(String::new(), |check| shorten_value(&ours(check), value));
        let number = |number: Option<f64>| number.map_or(String::new(), short_number);
        let _ = write!(
            out,
            "{:id$} {:>count$} {published:>value$} {ours:>value$} {:>error$} {:>error$} ",
            shorten(line.id, id),
            line.count,
            number(line.worst.and_then(|check| check.rel_error)),
            number(line.worst.and_then(|check| check.tolerance)),
        );
        paint(out, colour, line.colour, line.verdict);
        out.push('\n');
    }
}

fn entry_lines(out: &mut String, entry: &EntryReport, layout: &Layout, width: usize, colour: bool, verbose: bool) {
    let (verdict, paint) = match entry.verdict {
        Verdict::Match => ("match", GREEN),
        Verdict::Mismatch => ("MISMATCH", RED),
        Verdict::NoValuesOnFile => ("no values", YELLOW),
        Verdict::NotRecomputable => ("not recomp", YELLOW),
        Verdict::Simulated => ("simulated", YELLOW),
    };
    debug_assert!(verdict.len() <= layout.verdict);
    let count = match entry.values {
        0 => String::new(),
        values => format!("{}/{values}", entry.matched),
    };
    let line = Line { id: &entry.id, count, worst: entry.worst(), verdict, colour: paint };
    layout.push(out, &line, colour);
    if entry.id.chars().count() > layout.id && (verbose || entry.verdict == Verdict::Mismatch) {
        wrap(out, &format!("id: {}", entry.id), "    ", width);
    }
    for problem in &entry.problems {
        wrap(out, problem, "    ", width);
    }
    for check in entry.checks.iter().filter(|check| verbose || check.verdict == ValueVerdict::Mismatch) {
        wrap(out, &in_full(check), "    ", width);
    }
    // The first note of a mismatch repeats what stands above.
    if let Some(note) = entry.note.as_ref().filter(|_| verbose && entry.verdict != Verdict::Mismatch) {
        wrap(out, &format!("note: {note}"), "    ", width);
    }
}

/// A value with all its digits.
fn in_full(check: &ValueCheck) -> String {
    let verdict = match check.verdict {
        ValueVerdict::Match => "match",
        ValueVerdict::Bootstrap => "match (bootstrap)",
        ValueVerdict::Mismatch => "MISMATCH",
        ValueVerdict::NotRecomputable => "not recomputable",
    };
    let unit = match check.measure {
        Measure::Relative => " relative",
        Measure::Absolute => " absolute",
        Measure::AxisSpan => " of the axis",
        Measure::Equality => "",
    };
    let mut text = format!("{}: published {}, made here {}", check.path, check.published, ours(check));
    if let (Some(error), Some(tolerance)) = (check.rel_error, check.tolerance) {
        let _ = write!(text, ", error {} (allowed {}{unit})", short_number(error), short_number(tolerance));
    }
    let _ = write!(text, ": {verdict}");
    text
}

fn ours(check: &ValueCheck) -> String {
    check.ours.as_ref().map_or("nothing".to_owned(), ToString::to_string)
}

fn summary_lines(out: &mut String, report: &StudyReport, width: usize, colour: bool) {
    let summary = &report.summary;
    let mut text = format!("{}: {} entries: {} match", report.study, summary.entries, summary.matched);
    let parts = [
        (summary.matched_reconstructed, "from reconstructed logs"),
        (summary.matched_simulated, "from simulated data"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !parts.is_empty() {
        let _ = write!(text, " ({})", parts.join(", "));
    }
    let _ = write!(text, ", {} mismatch, {} without values on file", summary.mismatched, summary.no_values);
    if summary.simulated > 0 {
        let _ = write!(text, ", {} simulated and not comparable", summary.simulated);
    }
    let _ = write!(text, ", {} not recomputable", summary.not_recomputable);
    let _ = write!(text, "; {} values compared", summary.values_compared);
    if summary.band_values_compared > 0 {
        let _ = write!(text, " and {} edges of bootstrap bands", summary.band_values_compared);
    }
    if let Some(error) = summary.max_rel_error {
        let _ = write!(text, "; largest error {}", short_number(error));
    }
    let compared = summary.derived_matched + summary.derived_mismatched;
    if compared > 0 {
        let held = summary.derived_matched;
        let _ = write!(text, "; {held} of {compared} entries that were not published agree");
    }
    if summary.expectations > 0 {
        let held = summary.expectations_matched;
        let _ = write!(text, "; {held} of {} records hold the further values on file", summary.expectations);
    }
    if let Some(recovery) = &report.recovery {
        let _ = write!(text, "; {recovery}");
    }
    if let Campaign::Simulated(simulation) = report.campaign {
        text = format!("SIMULATED ({simulation}), nothing of it was measured. {text}");
    }
    let mut wrapped = String::new();
    wrap(&mut wrapped, &text, "", width);
    let paint_with = if !report.passed() {
        RED
    } else if report.is_simulated() {
        YELLOW
    } else {
        GREEN
    };
    paint(out, colour, paint_with, wrapped.trim_end());
    out.push('\n');
}

fn paint(out: &mut String, colour: bool, code: &str, text: &str) {
    if colour {
        let _ = write!(out, "{code}{text}{RESET}");
    } else {
        out.push_str(text);
    }
}

/// An error or tolerance in at most eight characters.
fn short_number(number: f64) -> String {
    match number {
        0.0 => "0".to_owned(),
        _ => format!("{number:.1e}"),
    }
}

/// A value in at most `width` characters: a number loses digits, a text its middle.
fn shorten_value(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let Some(decimal) = Token::new(text).decimal() else { return shorten(text, width) };
    let fixed = !text.contains(['e', 'E']) && decimal.value.abs() >= 1e-3;
    let with = |decimals: usize| match fixed {
        true => format!("{:.decimals$}", decimal.value),
        false => format!("{:.decimals$e}", decimal.value),
    };
    (1..width).rev().map(with).find(|shorter| shorter.len() <= width).unwrap_or_else(|| shorten(text, width))
}

/// A text in at most `width` characters, the middle left out.
fn shorten(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(2);
    let head: String = text.chars().take(kept - kept / 2).collect();
    let tail: String = text.chars().skip(length - kept / 2).collect();
    format!("{head}..{tail}")
}

/// Writes a paragraph, each line indented, broken at spaces and, in words longer than a line, anywhere.
fn wrap(out: &mut String, text: &str, indent: &str, width: usize) {
    let room = width - indent.len();
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut rest = word;
        while !rest.is_empty() {
            // Bytes up to the end of the last character that still fits on a line.
            let cut = rest.char_indices().nth(room).map_or(rest.len(), |(at, _)| at);
            let (piece, after) = rest.split_at(cut);
            let length = piece.chars().count();
            if used > 0 && used + 1 + length <= room {
                out.push(' ');
                used += 1 + length;
            } else {
                if used > 0 {
                    out.push('\n');
                }
                out.push_str(indent);
                used = length;
            }
            out.push_str(piece);
            rest = after;
        }
    }
    out.push('\n');
}
