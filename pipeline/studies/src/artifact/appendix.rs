//! The appendix for the reviewers of the artifact: `paper/artifact/appendix.md` with its tables filled
//! in from what was compared, so that no claim in it can differ from what the pipeline makes.

use std::fmt::Write as _;
use std::path::Path;

use dag::Problem;
use serde::Deserialize;

use super::effort::Effort;
use crate::cx::Cx;
use crate::published::{Entry, Expected, Published};
use crate::record::{Kind, Status};
use crate::sources::Sources;
use crate::truth::Recovery;
use crate::verify::{COORDINATE, Summary};

/// What is read of `derived/<study>/verification.json`.
#[derive(Deserialize)]
struct Verification {
    summary: Summary,
    entries: Vec<Compared>,
    recovery: Option<Recovery>,
}

/// An artifact of the original, as it came out.
#[derive(Deserialize)]
struct Compared {
    id: String,
    kind: Option<Kind>,
    status: Option<Status>,
    source: String,
    values: usize,
    matched: usize,
    max_rel_error: Option<f64>,
    verdict: String,
}

/// A study, as far as the appendix tells of it.
struct Told {
    name: &'static str,
    verification: Verification,
    published: Published,
    sources: Sources,
}

impl Told {
    fn read(cx: &Cx<'_, '_>, name: &'static str) -> Result<Self, Problem> {
        let (verification, published, sources) =
            (format!("{name}/verification"), format!("{name}/published"), format!("{name}/sources"));
        let file = cx.input_path(&verification)?;
        let verification = serde_json::from_str(&cx.read_text(&verification)?)
            .map_err(|error| Problem::new(error.to_string()).in_file(file).at_line(error.line() as u64))?;
        let broken = |error: &dyn std::error::Error| Problem::new(error.to_string());
        let text = cx.read_text(&published)?;
        let published =
            Published::parse(Path::new(cx.input_path(&published)?), &text).map_err(|error| broken(&error))?;
        let text = cx.read_text(&sources)?;
        let sources =
            Sources::parse(&text, name, Path::new(cx.input_path(&sources)?)).map_err(|error| broken(&error))?;
        Ok(Self { name, verification, published, sources })
    }

    /// The artifacts that came out with the published values.
    fn matched(&self) -> impl Iterator<Item = &Compared> {
        self.verification.entries.iter().filter(|entry| entry.verdict == "match")
    }

    /// `14 tables, 10 regressions and 11 figures`, of the artifacts that came out.
    fn kinds(&self) -> String {
        let count = |kind| self.matched().filter(|entry| entry.kind == Some(kind)).count();
        let kinds = [
            (Kind::Table, "tables"),
            (Kind::Regression, "regressions"),
            (Kind::Scalar, "scalars"),
            (Kind::Figure, "figures"),
        ];
        let parts: Vec<String> = kinds
            .map(|(kind, name)| (count(kind), kind, name))
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, kind, name)| if count == 1 { format!("1 {kind}") } else { format!("{count} {name}") })
            .collect();
        match &parts[..] {
            [] => "nothing".to_owned(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }

    /// What comes out, in a sentence for a cell of a table.
    fn claim(&self) -> String {
        let summary = &self.verification.summary;
        let mut claim = format!(
            "{} of {} artifacts on file come out as published: {}",
            summary.matched,
            summary.entries,
            self.kinds()
        );
        let parts = [(summary.matched_reconstructed, "reconstructed"), (summary.matched_simulated, "simulated")];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, data)| format!("{count} from {data} logs"))
            .collect();
        if !parts.is_empty() {
            let _ = write!(claim, " ({})", parts.join(", "));
        }
        if summary.expectations > 0 {
            let _ = write!(
                claim,
                "; {} records of corrected and further values hold what was reckoned by other means",
                summary.expectations_matched
            );
        }
        claim
    }

    /// What the experiment must show.
    fn expected(&self) -> String {
        let summary = &self.verification.summary;
        let (values, agree) =
            self.matched().fold((0, 0), |(values, agree), entry| (values + entry.values, agree + entry.matched));
        let mut expected = format!("{agree} of {values} values agree, {} differ", summary.mismatched);
        if let Some(Recovery { truths, recovered, .. }) = &self.verification.recovery {
            let _ = write!(expected, "; {recovered} of {truths} known values of simulated logs are found again");
        }
        expected + "; exit code 0"
    }

    /// Why the others cannot be compared.
    fn others(&self) -> String {
        let Summary { no_values, not_recomputable, simulated, .. } = self.verification.summary;
        let parts = [
            (no_values, "have no values on file"),
            (not_recomputable, "cannot be made from what was released"),
            (simulated, "are made from simulated logs and were published of measured ones"),
        ];
        let parts: Vec<String> =
            parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
        parts.join(", ")
    }
}

/// What a study takes that `effort.toml` does not tell of yet.
const NOT_MEASURED: &str = "not measured";

/// Fills the appendix in.
pub(crate) fn write(cx: &mut Cx<'_, '_>, studies: &Vec<&'static str>) -> Result<(), Problem> {
    let text = cx.read_text("effort.toml")?;
    let effort: Effort = toml::from_str(&text)
        .map_err(|error| Problem::new(error.to_string()))
        .map_err(|problem| in_input(cx, "effort.toml", problem))?;
    let told = studies.iter().map(|study| Told::read(cx, study)).collect::<Result<Vec<Told>, Problem>>()?;
    let mut parts = vec![
        ("machine".to_owned(), effort.machine.clone()),
        ("effort".to_owned(), effort.rows()),
        ("claims".to_owned(), claims(&told, &effort)),
        ("raw files".to_owned(), raw_files(&told)),
        ("raw size".to_owned(), megabytes(told.iter().map(|study| study.sources.total_bytes()).sum())),
        ("artifacts".to_owned(), told.iter().map(artifacts).collect()),
    ];
    for step in &effort.steps {
        parts.push((format!("time of {}", step.id), step.time.clone()));
        parts.push((format!("disk of {}", step.id), step.disk.clone()));
    }
    let template = cx.read_text("appendix.md")?;
    let filled = fill(&template, &parts).map_err(|problem| in_input(cx, "appendix.md", problem))?;
    cx.write("appendix", filled)
}

fn in_input(cx: &Cx<'_, '_>, role: &str, problem: Problem) -> Problem {
    match cx.input_path(role) {
        Ok(path) => problem.in_file(path),
        Err(_) => problem,
    }
}

/// Puts the parts into the places of a text that are named in double braces.
fn fill(template: &str, parts: &[(String, String)]) -> Result<String, Problem> {
    let mut filled = String::new();
    for (number, line) in (1..).zip(template.lines()) {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{") {
            let problem = |message: String| {
                let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
                Problem::new(message).expected(format!("one of {}", names.join(", "))).at_line(number)
            };
            let (name, after) =
                after.split_once("}}").ok_or_else(|| problem("a place without an end: no `}}`".to_owned()))?;
            let part = parts.iter().find(|(part, _)| part == name);
            let (_, part) = part.ok_or_else(|| problem(format!("there is nothing called `{name}`")))?;
            filled.push_str(before);
            filled.push_str(part.trim_end());
            rest = after;
        }
        filled.push_str(rest);
        filled.push('\n');
    }
    Ok(filled)
}

/// One row a study: claim, experiment, expected result, and what it takes, where that was measured.
fn claims(told: &[Told], effort: &Effort) -> String {
    let mut rows = String::new();
    for (number, study) in (1..).zip(told) {
        let name = study.name;
        let (time, disk) =
            effort.studies.get(name).map_or((NOT_MEASURED, NOT_MEASURED), |cost| (&cost.time, &cost.disk));
        let _ = writeln!(
            rows,
            "| C{number} `{name}` | {} | E{number} `cargo xtask build-paper {name}`, `cargo xtask verify {name}` \
             | {} | {time} | {disk} |",
            study.claim(),
            study.expected()
        );
    }
    rows
}

/// One row a study: how many raw files, how large, under which terms.
fn raw_files(told: &[Told]) -> String {
    let mut rows = String::new();
    for study in told {
        let sources = &study.sources;
        let mut repositories: Vec<&str> = sources.files.iter().map(|pin| pin.repository.as_str()).collect();
        repositories.sort_unstable();
        repositories.dedup();
        let size = megabytes(sources.total_bytes());
        let terms: Vec<String> = sources
            .licence
            .iter()
            .map(|(of, terms)| match &**of {
                "statement" | "name" => one_line(terms),
                of => format!("{}: {}", subject(of, &repositories), one_line(terms)),
            })
            .collect();
        let _ = writeln!(
            rows,
            "| `{}` | {} | {size} | {} | {} |",
            study.name,
            sources.files.len(),
            repositories.join(", "),
            terms.join("; ")
        );
    }
    rows
}

/// What terms are of: a repository, which keeps its name, or a matter in words.
fn subject(of: &str, repositories: &[&str]) -> String {
    let is_repository = |full: &&str| *full == of || full.rsplit('/').next() == Some(of);
    if repositories.iter().any(is_repository) { of.to_owned() } else { of.replace('_', " ") }
}

/// A size in MB, or in kB where that would be less than 0.1.
fn megabytes(bytes: u64) -> String {
    if bytes < 100_000 { format!("{:.0} kB", bytes as f64 / 1e3) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

/// The artifacts of a study that came out as published, one a row.
fn artifacts(study: &Told) -> String {
    let name = study.name;
    let mut section = format!("### {name}\n\n");
    let others = study.others();
    if !others.is_empty() {
        let _ =
            write!(section, "Not in the table: {others}. `cargo xtask verify {name}` lists them with the reasons.\n\n");
    }
    section.push_str("| artifact | where in the original | data | values | must agree | largest relative error |\n");
    section.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for entry in study.matched() {
        let within = study.published.entry(&entry.id).map_or_else(String::new, within);
        let data = entry.status.unwrap_or_default();
        let error = entry
            .max_rel_error
            .map_or_else(|| "–".to_owned(), |error| if error == 0.0 { "0".to_owned() } else { format!("{error:.1e}") });
        let source = one_line(&entry.source);
        let _ = writeln!(section, "| `{}` | {source} | {data} | {} | {within} | {error} |", entry.id, entry.matched);
    }
    section.push('\n');
    section
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
        (_, []) => "in all printed digits".to_owned(),
        (_, stated) => stated.join(", or "),
    }
}

/// A text of several lines in one cell.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_unknown_ones_are_told_with_their_line() {
        let parts = [("a".to_owned(), "1".to_owned()), ("b c".to_owned(), "| x |\n".to_owned())];
        assert_eq!(fill("{{a}} and {{a}}\n{{b c}}\nend\n", &parts).unwrap(), "1 and 1\n| x |\nend\n");
        assert_eq!(fill("x\n{{d}}\n", &parts).unwrap_err().line, Some(2));
        assert!(fill("{{a\n", &parts).is_err());
    }

    #[test]
    fn sizes_are_never_told_as_zero_and_repositories_keep_their_names() {
        let sizes = [0, 21_430, 100_000, 1_549_000].map(megabytes);
        assert_eq!(sizes, ["0 kB", "21 kB", "0.1 MB", "1.5 MB"]);
        let repositories = ["who/model_hub", "who/else_where"];
        let told = ["who/model_hub", "else_where", "state_at_commit"].map(|of| subject(of, &repositories));
        assert_eq!(told, ["who/model_hub", "else_where", "state at commit"]);
    }
}
