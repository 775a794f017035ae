//! The last stages of every study: what its records are worth, and its paper.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dag::Stage;

use crate::dictionary;
use crate::evidence;
use crate::paper;
use crate::stage::{Setting, StageOf};
use crate::verify::Expectation;

/// The stages that make the paper of a study from what `stages` made.
///
/// The records are compared with the published values and, as far as the data are simulated, with the
/// ground truth.
pub(crate) fn stages(setting: &Setting, stages: &[Stage], expectations: fn() -> Vec<Expectation>) -> Vec<Stage> {
    let published = format!("paper/published/{}.toml", setting.study);
    let mut verification = setting.stage("typeset", "verification").file("published", &published);
    for (path, _) in records(setting, stages) {
        verification = verification.reads_record(&id(&path));
    }
    let truths = setting.truths();
    for path in setting.made() {
        if let Some(part) = path.strip_prefix(&truths) {
            verification = verification.file(&format!("{}{part}", evidence::TRUTH), &path);
        }
    }
    let verification = verification.makes("verification", "verification.json");
    let verification = verification.calls(setting.campaign, evidence::compare, move |cx, &campaign| {
        evidence::compare(cx, campaign, &expectations())
    });

    let document = setting.stage("typeset", "paper");
    let document = document.file("verification.json", &setting.derived("verification.json"));
    [verification].into_iter().chain(self::document(setting, stages, document)).collect()
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

    for folder in [format!("figures/{}/", setting.study), setting.derived("figures/")] {
        for (path, _) in made(stages, &folder, ".svg") {
            paper = paper.file(&format!("figures/{}", name(&path)), &path);
        }
    }
    for source in setting.paper_sources() {
        paper = paper.file(source.trim_start_matches("paper/"), &source);
    }
    let paper = paper.file("provenance.json", &setting.derived("provenance.json"));
    let typesetter = Arc::clone(&setting.typesetter);
    let paper = paper.makes_file("paper", &setting.paper()).uses("typst backend", &typesetter.identity());
    let main = format!("{}/paper.typ", setting.study);
    let paper = paper.calls(main, paper::typeset_paper, move |cx, main| paper::typeset_paper(cx, main, &typesetter));
    [provenance, paper].into_iter().chain(dictionary::stage(setting, stages)).collect()
}

/// The records that stages make, and the ids of the stages.
fn records(setting: &Setting, stages: &[Stage]) -> Vec<(String, String)> {
    made(stages, &setting.derived("records/"), ".json")
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
