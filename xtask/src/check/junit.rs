//! What a check found, as tests that CI shows: one for each stage, and one for each published artifact.

use std::collections::BTreeMap;

use dag::{Outcome as Fate, Report};
use reference::junit::{Case, Outcome};
use reference::{Comparison, Output};
use studies::verify::{EntryReport, StudyReport, Verdict};

/// The stages of a build that failed.
pub(super) fn failures(report: &Report) -> Vec<Case> {
    let case = |stage: &dag::StageReport| {
        let result = match &stage.outcome {
            Fate::Failed(problem) => Outcome::Error(problem.message.clone(), problem.to_string()),
            Fate::Blocked { by } => Outcome::Skipped(format!("{by} failed")),
            Fate::Cancelled => Outcome::Skipped("the build was stopped".to_owned()),
            Fate::Fresh | Fate::Restored | Fate::Ran => Outcome::Passed,
        };
        of_stage(&stage.stage, result)
    };
    report.stages.iter().map(case).collect()
}

/// The stages of a build beside the reference. What no stage makes stands below `files`.
pub(super) fn stages(report: &Report, comparison: &Comparison, strict: bool) -> Vec<Case> {
    let mut differing: BTreeMap<Option<&str>, Vec<&Output>> = BTreeMap::new();
    for output in comparison.failing(strict) {
        differing.entry(output.stage.as_deref()).or_default().push(output);
    }
    let known = report.stages.iter().map(|stage| stage.stage.as_str());
    let mut cases: Vec<Case> = Vec::new();
    for stage in known {
        let result = differing.remove(&Some(stage)).map_or(Outcome::Passed, |outputs| failed(&outputs));
        cases.push(of_stage(stage, result));
    }
    for (stage, outputs) in differing {
        cases.push(of_stage(stage.unwrap_or("files/that no stage makes"), failed(&outputs)));
    }
    cases
}

/// Each artifact of each study beside what was published, what is checked besides, and the known values of simulated
/// data.
pub(super) fn published(reports: &[StudyReport]) -> Vec<Case> {
    let mut cases = Vec::new();
    for StudyReport { study, entries, expectations, recovery, .. } in reports {
        let case =
            |class: &str, name: &str, result| Case { class: format!("{study}.{class}"), name: name.to_owned(), result };
        let class = |entry: &EntryReport| if entry.derived { "expected" } else { "published" };
        cases.extend(entries.iter().map(|entry| case(class(entry), &entry.id, of_entry(entry))));
        cases.extend(expectations.iter().map(|entry| case("expected", &entry.id, of_entry(entry))));
        if let Some(recovery) = recovery {
            let told = recovery.to_string();
            let missed = || Outcome::Failed("known values were not found again".to_owned(), told.clone());
            let result = if recovery.is_complete() { Outcome::Passed } else { missed() };
            cases.push(case("simulated", "known values", result));
        }
    }
    cases
}

fn of_entry(entry: &EntryReport) -> Outcome {
    let skipped = |why: &str| Outcome::Skipped(why.to_owned());
    match entry.verdict {
        Verdict::Match => Outcome::Passed,
        Verdict::Mismatch => {
            let lines = entry.problems.iter().chain(&entry.note).cloned().collect::<Vec<_>>();
            Outcome::Failed("differs from what is known".to_owned(), lines.join("\n"))
        }
        Verdict::NoValuesOnFile => skipped("no values on file"),
        Verdict::NotRecomputable => skipped("the held data do not give it"),
        Verdict::Simulated => skipped("made from simulated data, and published of measured ones"),
    }
}

fn failed(outputs: &[&Output]) -> Outcome {
    let mut text = String::new();
    for output in outputs {
        let change = output.change.map(|change| format!(" ({change})")).unwrap_or_default();
        text.push_str(&format!("{}{change}: {}\n", output.path, output.verdict));
        output.what.iter().for_each(|what| text.push_str(&format!("  {what}\n")));
    }
    let paths: Vec<&str> = outputs.iter().map(|output| output.path.as_str()).collect();
    Outcome::Failed(format!("differs: {}", paths.join(", ")), text)
}

/// The study and the layer are the class: `tinyml-mcu.figures`.
fn of_stage(id: &str, result: Outcome) -> Case {
    let (class, name) = id.rsplit_once('/').unwrap_or(("", id));
    Case { class: class.replace('/', "."), name: name.to_owned(), result }
}
