//! The appendix for the reviewers of the artifact: `paper/artifact/appendix.md` with its tables filled
//! in from what was compared, so that no claim in it can differ from what the pipeline makes.

use std::fmt::Write as _;

use dag::Problem;

use super::effort::Effort;
use super::findings;
use super::told::{Told, one_line};
use crate::campaign::Campaign;
use crate::cx::Cx;
use crate::truth::Recovery;
use crate::verify::OwnChecks;

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
        // A test holds the version in CITATION.cff to this one.
        ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("machine".to_owned(), effort.machine.clone()),
        ("memory".to_owned(), effort.memory.clone()),
        ("download".to_owned(), effort.download.clone()),
        ("effort".to_owned(), effort.rows()),
        ("claims".to_owned(), claims(cx, &told)?),
        ("experiments".to_owned(), experiments(&told, &effort)),
        ("limits".to_owned(), limits(&told)),
        ("raw files".to_owned(), raw_files(&told)),
        ("raw size".to_owned(), megabytes(told.iter().map(|study| study.sources.total_bytes()).sum())),
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

/// One item a study: what it finds, and how much of what was published came out again.
fn claims(cx: &Cx<'_, '_>, told: &[Told]) -> Result<String, Problem> {
    let mut items = String::new();
    for (number, study) in (1..).zip(told) {
        let finding = match (study.verification.campaign, findings::of(study.name)) {
            (Campaign::Simulated(_), _) => "Made from SIMULATED files, of which nothing was measured. ".to_owned(),
            (Campaign::Published, Some(finding)) => finding.told(cx)? + " ",
            (Campaign::Published, None) => String::new(),
        };
        let _ = writeln!(items, "- **C{number} `{}`.** {finding}{}", study.name, counts(study));
    }
    Ok(items)
}

/// What came out as published, and what did not and why.
fn counts(study: &Told) -> String {
    let summary = &study.verification.summary;
    let mut counts =
        format!("{} of {} artifacts come out as published: {}", summary.matched, summary.entries, study.kinds());
    if let Some(stand_ins) = study.stand_ins() {
        let _ = write!(counts, " ({stand_ins})");
    }
    if let Some(others) = study.why_not() {
        let _ = write!(counts, "; {others}");
    }
    counts + "."
}

/// One row a study: how its claim is checked, what that must show, and what it takes, where that was measured.
fn experiments(told: &[Told], effort: &Effort) -> String {
    let mut rows = String::new();
    for (number, study) in (1..).zip(told) {
        let name = study.name;
        let (time, disk) =
            effort.studies.get(name).map_or((NOT_MEASURED, NOT_MEASURED), |cost| (&cost.time, &cost.disk));
        let _ = writeln!(
            rows,
            "| E{number} | `cargo xtask build-paper {name}`, `cargo xtask verify {name}` | {} | {time} | {disk} |",
            expected(study)
        );
    }
    rows
}

/// What the experiment must show.
fn expected(study: &Told) -> String {
    let summary = &study.verification.summary;
    let (values, agree) =
        study.matched().fold((0, 0), |(values, agree), entry| (values + entry.values, agree + entry.matched));
    let mut expected = vec![format!("{agree} of {values} values agree, {} artifacts differ", summary.mismatched)];
    if summary.band_values_compared > 0 {
        expected.push(format!("so do {} edges of bootstrap bands", summary.band_values_compared));
    }
    match summary.own_checks() {
        OwnChecks { held: 0, failed: 0 } => {}
        OwnChecks { held, failed } => {
            expected.push(format!("{held} of {} checks against what was not published hold", held + failed));
        }
    }
    if let Some(Recovery { truths, recovered, .. }) = &study.verification.recovery {
        expected.push(format!("{recovered} of {truths} known values of simulated logs are found again"));
    }
    expected.join("; ")
}

/// One row a study: what its artifacts rest on, and what cannot be compared.
fn limits(told: &[Told]) -> String {
    let mut rows = String::new();
    for study in told {
        let summary = &study.verification.summary;
        let stand_ins = study.stand_ins().unwrap_or_else(|| "none".to_owned());
        let _ = writeln!(
            rows,
            "| `{}` | {} of {} | {stand_ins} | {} | {} | {} | {} |",
            study.name,
            summary.matched,
            summary.entries,
            summary.no_values,
            summary.not_recomputable,
            summary.simulated,
            study.sources.missing.len(),
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
        let in_full = || sources.licence.values().map(|terms| one_line(terms)).collect::<Vec<_>>().join("; ");
        let terms = sources.terms.as_deref().map_or_else(in_full, one_line);
        let _ = writeln!(
            rows,
            "| `{}` | {} | {size} | {} | {} |",
            study.name,
            sources.files.len(),
            repositories.join(", "),
            terms
        );
    }
    rows
}

/// A size in MB, or in kB where that would be less than 0.1.
fn megabytes(bytes: u64) -> String {
    if bytes < 100_000 { format!("{:.0} kB", bytes as f64 / 1e3) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
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
    fn sizes_are_never_told_as_zero() {
        let sizes = [0, 21_430, 100_000, 1_549_000].map(megabytes);
        assert_eq!(sizes, ["0 kB", "21 kB", "0.1 MB", "1.5 MB"]);
    }
}
