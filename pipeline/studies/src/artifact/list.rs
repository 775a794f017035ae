//! The list of all artifacts for the reviewers: which came out as published and how well, which did not and why,
//! and what is checked besides.

use std::fmt::Write as _;

use dag::Problem;

use super::told::{Compared, Told, one_line};
use crate::cx::Cx;
use crate::published::{Entry, Expected};
use crate::verify::COORDINATE;

const HEAD: &str = "\
<!-- Made by the stage artifact/typeset/list from what was compared with the published values. Run `cargo xtask build-paper`. -->

# Every artifact

What [ARTIFACT.md](../ARTIFACT.md) counts, one by one: which artifacts of the original studies come out as published, which cannot be
compared and why, and what is checked besides. `cargo xtask verify --verbose` prints every value of each, and `cargo xtask report --open`
shows them.

Data: *published* logs were released by their authors; *reconstructed* ones were made from published energies, and *simulated* ones stand in
for logs that cannot be had: agreement of these is by construction, and tests the analysis and not the measurement. Values: single
numbers and texts that were compared, names of rows not counted.
";

/// Writes the list.
pub(crate) fn write_list(cx: &mut Cx<'_, '_>, studies: &Vec<&'static str>) -> Result<(), Problem> {
    let mut list = HEAD.to_owned();
    for study in studies {
        list.push_str(&section(&Told::read(cx, study)?));
    }
    cx.write("list", list)
}

/// The artifacts of a study.
fn section(study: &Told) -> String {
    let mut section = format!("\n## {}\n", study.name);
    let matched: Vec<String> = study.matched().map(|entry| matched(study, entry)).collect();
    let heads = "artifact | where in the original | data | values | must agree | largest relative error";
    table(&mut section, "Comes out as published", heads, &matched);

    let others = study.others().map(|entry| {
        let on_file = study.published.entry(&entry.id).and_then(|found| found.why.as_deref());
        let why = entry.note.as_deref().or(on_file).unwrap_or("–");
        format!("`{}` | {} | {} | {}", entry.id, one_line(&entry.source), entry.verdict, one_line(why))
    });
    table(
        &mut section,
        "Not compared",
        "artifact | where in the original | verdict | why, or what is known",
        &others.collect::<Vec<_>>(),
    );

    let besides = study.besides().map(|entry| {
        let verdict = match &*entry.verdict {
            "match" => "as expected",
            "mismatch" => "not as expected",
            "no values on file" => "nothing to compare",
            other => other,
        };
        let source = one_line(entry.source.trim_start_matches("not published: "));
        let data = entry.status.unwrap_or_default();
        format!("`{}` | {source} | {data} | {} | {verdict} | {}", entry.id, entry.matched, entry.error())
    });
    let heads =
        "record | what is expected of it, or the entry that says so | data | values | verdict | largest relative error";
    table(&mut section, "Checked besides, not published", heads, &besides.collect::<Vec<_>>());
    section
}

/// Adds a table with its title; nothing if it has no rows.
fn table(section: &mut String, title: &str, heads: &str, rows: &[String]) {
    if rows.is_empty() {
        return;
    }
    let rule = vec!["---"; heads.split(" | ").count()].join(" | ");
    let _ = write!(section, "\n### {title}: {}\n\n| {heads} |\n| {rule} |\n", rows.len());
    for row in rows {
        let _ = writeln!(section, "| {row} |");
    }
}

fn matched(study: &Told, entry: &Compared) -> String {
    let within = study.published.entry(&entry.id).map_or_else(String::new, within);
    let (source, data) = (one_line(&entry.source), entry.status.unwrap_or_default());
    format!("`{}` | {source} | {data} | {} | {within} | {}", entry.id, entry.matched, entry.error())
}

/// How far a value of an entry may be from the published one.
fn within(entry: &Entry) -> String {
    let stated = [
        entry.tolerance.absolute.map(|most| format!("within {most:e}")),
        entry.tolerance.relative.map(|most| format!("within {most:e} of the value")),
        match &entry.expected {
            Expected::Points(points) => Some(format!("within {} as read from the picture", points.reading_error)),
            _ => None,
        },
    ];
    let stated: Vec<String> = stated.into_iter().flatten().collect();
    match (&entry.expected, &stated[..]) {
        (Expected::Drawing(_), []) => format!("within {COORDINATE:e} of the axis"),
        (_, []) if entry.tolerance.cut => "in all printed digits, cut off and not rounded".to_owned(),
        (_, []) => "in all printed digits".to_owned(),
        (_, stated) => stated.join(", or "),
    }
}
