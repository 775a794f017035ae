//! The page that shows what differs: one HTML file that needs nothing else.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::committed::Committed;
use crate::compare::Build;
use crate::lock::Lock;
use crate::number::TOLERANCE;
use crate::verdict::{Comparison, Output, Verdict};

/// Pixels to the pt of the pictures.
const SCALE: f32 = 2.0;
/// How many lines are shown of what differs in one file.
const MOST_LINES: usize = 40;

const STYLE: &str = include_str!("page.css");

/// What stands at the top of a page.
pub struct Head<'a> {
    /// The verdict in one sentence.
    pub verdict: &'a str,
    /// Whether it is a good one.
    pub passed: bool,
    /// Further sentences: how published values compare, study by study.
    pub remarks: &'a [String],
}

/// The page on a comparison: figures that differ with pictures, then all other files.
pub fn html(head: &Head<'_>, build: &Build<'_>, comparison: &Comparison, lock: &Lock, committed: &Committed) -> String {
    let mut page = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    let _ = writeln!(page, "<title>Joulebook check</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>");
    let class = if head.passed { "good" } else { "bad" };
    let _ = writeln!(page, "<h1>Build and reference</h1>\n<p class=\"verdict {class}\">{}</p>", escape(head.verdict));
    counts(&mut page, comparison);
    begins(&mut page, comparison);

    let is_drawing = |output: &&Output| output.path.ends_with(".svg");
    let figures: Vec<&Output> = comparison.differing().filter(is_drawing).collect();
    if !figures.is_empty() {
        page.push_str("<h2>Figures that differ</h2>\n");
        let _ = writeln!(
            page,
            "<p>In the third picture, what both show is faint; <span class=\"only-first\">what only the committed \
             figure shows</span> and <span class=\"only-second\">what only the new one shows</span> are coloured.</p>"
        );
    }
    let locked = lock.by_path();
    for figure in figures {
        let before = locked.get(figure.path.as_str()).and_then(|entry| committed.content(&figure.path, &entry.sha256));
        let before = before.and_then(|bytes| String::from_utf8(bytes).ok());
        // A drawing that no stage makes any more still lies where it is committed.
        let is_made = figure.verdict != Verdict::Gone;
        let after = is_made.then(|| std::fs::read_to_string(build.root.join(&figure.path)).ok()).flatten();
        section(&mut page, figure);
        pictures(&mut page, figure, before.as_deref(), after.as_deref());
        page.push_str("</section>\n");
    }

    let others: Vec<&Output> = comparison.differing().filter(|output| !is_drawing(output)).collect();
    if !others.is_empty() {
        page.push_str("<h2>Other files that differ</h2>\n");
    }
    for output in others {
        section(&mut page, output);
        page.push_str("</section>\n");
    }
    same_numbers(&mut page, comparison);
    if !head.remarks.is_empty() {
        let remarks = head.remarks.iter().map(|remark| format!("<li>{}</li>\n", escape(remark))).collect::<String>();
        let _ = writeln!(page, "<h2>Published values</h2>\n<ul>\n{remarks}</ul>");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn counts(page: &mut String, comparison: &Comparison) {
    let counts = comparison.counts;
    let _ = writeln!(
        page,
        "<table class=\"counts\">\n<tr><th scope=\"row\">same bytes</th><td>{}</td></tr>\n<tr><th scope=\"row\">same \
         numbers, within {TOLERANCE:e} relative</th><td>{}</td></tr>\n<tr><th scope=\"row\">different</th>\
         <td>{}</td></tr>\n</table>",
        counts.same_bytes, counts.same_numbers, counts.different
    );
}

/// The stages where differences arise.
fn begins(page: &mut String, comparison: &Comparison) {
    let mut stages: Vec<&str> = Vec::new();
    for output in comparison.differing().filter(|output| output.arises) {
        let stage = output.stage.as_deref().unwrap_or("raw files");
        if !stages.contains(&stage) {
            stages.push(stage);
        }
    }
    if stages.is_empty() {
        return;
    }
    page.push_str("<h2>Where it arises</h2>\n<p>All that these stages read is the same.</p>\n<ul>\n");
    for stage in stages {
        let _ = writeln!(page, "<li><code>{}</code></li>", escape(stage));
    }
    page.push_str("</ul>\n");
}

fn section(page: &mut String, output: &Output) {
    let change = output.change.map(|change| format!(": {change}")).unwrap_or_default();
    let _ = writeln!(
        page,
        "<section>\n<h3><code>{}</code> <span class=\"tag\">{}{change}</span></h3>",
        escape(&output.path),
        output.verdict
    );
    if let Some(stage) = &output.stage {
        let from = if output.arises { "arises in" } else { "follows from what differs before" };
        let _ = writeln!(page, "<p class=\"stage\">{from} <code>{}</code></p>", escape(stage));
    }
    lines(page, &output.what);
}

fn lines(page: &mut String, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    page.push_str("<ul class=\"what\">\n");
    for line in lines.iter().take(MOST_LINES) {
        let _ = writeln!(page, "<li>{}</li>", escape(line));
    }
    if let Some(more) = lines.len().checked_sub(MOST_LINES).filter(|more| *more > 0) {
        let _ = writeln!(page, "<li>and {more} more</li>");
    }
    page.push_str("</ul>\n");
}

fn pictures(page: &mut String, figure: &Output, before: Option<&str>, after: Option<&str>) {
    let none = |name| match (figure.verdict, name) {
        (Verdict::New, "committed") => "there was none",
        (Verdict::Gone, "new") => "no stage makes it",
        (Verdict::New | Verdict::Gone, "difference") => "there is only one",
        _ => "cannot be had",
    };
    let path = escape(&figure.path);
    let png = |svg: Option<&str>| svg.and_then(|svg| plot::png(svg, SCALE).ok());
    let both = before.zip(after).and_then(|(before, after)| plot::difference_png(before, after, SCALE).ok());
    page.push_str("<div class=\"panels\">\n");
    for (name, picture) in [("committed", png(before)), ("new", png(after)), ("difference", both)] {
        let _ = match picture {
            Some(png) => writeln!(
                page,
                "<figure><img alt=\"{path}: {name}\" src=\"data:image/png;base64,{}\">\
                 <figcaption>{name}</figcaption></figure>",
                STANDARD.encode(png)
            ),
            None => writeln!(page, "<figure><p>{}</p><figcaption>{name}</figcaption></figure>", none(name)),
        };
    }
    page.push_str("</div>\n");
}

fn same_numbers(page: &mut String, comparison: &Comparison) {
    let same: Vec<&Output> = comparison.outputs.iter().filter(|o| o.verdict == Verdict::SameNumbers).collect();
    if same.is_empty() {
        return;
    }
    let _ = writeln!(page, "<h2>Other bytes, same numbers</h2>\n<ul class=\"what\">");
    for output in same {
        let _ = writeln!(page, "<li><code>{}</code></li>", escape(&output.path));
    }
    page.push_str("</ul>\n");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
