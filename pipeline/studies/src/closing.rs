//! The last stages of every study: what its records are worth, its paper, and its part of the report page.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dag::Stage;

use crate::dictionary;
use crate::evidence;
use crate::fragment::{self, Makers};
use crate::paper;
use crate::stage::{Setting, StageOf};
use crate::verify::Expectation;

/// What the report page shows of a study, below the study's derived data.
pub const FRAGMENT: &str = "report.json";

/// The frame of the report page.
pub const SHELL: &str = "derived/compendium/report-shell.html";

/// The stages that make the paper of a study from what `stages` made, and its part of the report page.
///
/// The records are compared with the published values and, as far as the data are simulated, with the
/// ground truth.
pub(crate) fn stages(setting: &Setting, stages: &[Stage], expectations: fn() -> Vec<Expectation>) -> Vec<Stage> {
    let verification =
        evidence(setting, stages, setting.stage("typeset", "verification")).makes("verification", "verification.json");
    let verification = verification.calls(setting.campaign, evidence::compare, move |cx, &campaign| {
        evidence::compare(cx, campaign, &expectations())
    });

    let fragment = evidence(setting, stages, setting.stage("typeset", "report"));
    let fragment = fragment.file("sources", &format!("raw/{}/sources.toml", setting.study));
    let fragment = drawings(setting, stages, fragment).makes("fragment", FRAGMENT);
    let fragment = fragment.calls(makers(setting, stages), fragment::of_study, move |cx, makers| {
        fragment::of_study(cx, makers, &expectations())
    });

    let document = setting.stage("typeset", "paper");
    let document = document.file("verification.json", &setting.derived("verification.json"));
    [verification, fragment].into_iter().chain(self::document(setting, stages, document)).collect()
}

/// A stage that reads the published values, the records that `stages` made, and the ground truth.
fn evidence<'a>(setting: &Setting, stages: &[Stage], reader: StageOf<'a>) -> StageOf<'a> {
    let mut reader = reader.file("published", &format!("paper/published/{}.toml", setting.study));
    for (path, _) in records(setting, stages) {
        reader = reader.reads_record(&id(&path));
    }
    let truths = setting.truths();
    for path in setting.made() {
        if let Some(part) = path.strip_prefix(&truths) {
            reader = reader.file(&format!("{}{part}", evidence::TRUTH), &path);
        }
    }
    reader
}

/// The stages that make the part of the report page that is over all studies, from what `stages` made, and
/// its frame.
pub(crate) fn report(setting: &Setting, stages: &[Stage]) -> [Stage; 2] {
    let mut fragment = setting.stage("typeset", "report");
    for (path, _) in records(setting, stages) {
        fragment = fragment.reads_record(&id(&path));
    }
    let fragment = drawings(setting, stages, fragment).makes("fragment", FRAGMENT);
    let fragment = fragment.does_with(makers(setting, stages), fragment::of_compendium);
    let shell = setting.stage("typeset", "report-shell").makes_file("shell", SHELL).does(fragment::shell);
    [fragment, shell]
}

/// A stage that reads the figures that `stages` drew: their drawings, data and specifications.
fn drawings<'a>(setting: &Setting, stages: &[Stage], mut reader: StageOf<'a>) -> StageOf<'a> {
    for (path, _) in figures(setting, stages) {
        let name = name(&path);
        let name = name.trim_end_matches(".svg");
        reader = reader.file(&format!("figures/{name}.svg"), &path);
        for ending in ["csv", "js"] {
            let part = format!("figures/{name}.{ending}");
            reader = reader.file(&part, &setting.derived(&part));
        }
    }
    reader
}

/// Which of `stages` makes which record and which figure.
fn makers(setting: &Setting, stages: &[Stage]) -> Makers {
    let records = records(setting, stages).into_iter().map(|(path, stage)| (id(&path), stage)).collect();
    let figures = figures(setting, stages).into_iter();
    let figures = figures.map(|(path, stage)| (name(&path).trim_end_matches(".svg").to_owned(), stage)).collect();
    Makers { study: setting.study.to_owned(), campaign: setting.campaign, records, figures }
}

/// The stages that typeset the document of a study from what `stages` made and from what `paper` reads
/// already, and tell the origin of its records and the columns of its tables.
pub(crate) fn document(setting: &Setting, stages: &[Stage], mut paper: StageOf<'_>) -> Vec<Stage> {
    let records = records(setting, stages);
    let mut provenance = setting.stage("typeset", "provenance").makes("provenance", "provenance.json");
    for (path, _) in &records {
        provenance = provenance.reads_record(&id(path));
        paper = paper.file(&format!("records/{}", name(path)), path);
    }
    let makers: BTreeMap<String, String> = records.iter().map(|(path, stage)| (id(path), stage.clone())).collect();
    let provenance = provenance.does_with(makers, evidence::tell_provenance);

    for (path, _) in figures(setting, stages) {
        paper = paper.file(&format!("figures/{}", name(&path)), &path);
    }
    for source in setting.paper_sources() {
        paper = paper.file(source.trim_start_matches("paper/"), &source);
    }
    let paper = paper.file("provenance.json", &setting.derived("provenance.json"));
    let typesetter = Arc::clone(&setting.typesetter);
    let paper = paper.makes_file("paper", &setting.paper()).uses("typst backend", &typesetter.identity());
    let main = paper::main_file(setting.study);
    let paper = paper.calls(main, paper::typeset_paper, move |cx, main| paper::typeset_paper(cx, main, &typesetter));
    [provenance, paper].into_iter().chain(dictionary::stage(setting, stages)).collect()
}

/// The records that stages make, and the ids of the stages.
fn records(setting: &Setting, stages: &[Stage]) -> Vec<(String, String)> {
    made(stages, &setting.derived("records/"), ".json")
}

/// The drawings that stages make, committed ones first, and the ids of the stages.
fn figures(setting: &Setting, stages: &[Stage]) -> Vec<(String, String)> {
    let folders = [format!("figures/{}/", setting.study), setting.derived("figures/")];
    folders.iter().flat_map(|folder| made(stages, folder, ".svg")).collect()
}

/// The files below a folder that stages make, and the ids of the stages.
fn made(stages: &[Stage], folder: &str, ending: &str) -> Vec<(String, String)> {
    let paths = stages.iter().flat_map(|stage| stage.outputs().map(move |(_, path)| (stage.id(), path)));
    let wanted = paths.filter(|(_, path)| path.starts_with(folder) && path.ends_with(ending));
    wanted.map(|(stage, path)| (path.to_owned(), stage.to_owned())).collect()
}

fn name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn id(path: &str) -> String {
    name(path).trim_end_matches(".json").to_owned()
}
