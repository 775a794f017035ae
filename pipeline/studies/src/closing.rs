//! The last stages of every study: what its records are worth, and its paper.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dag::Stage;

use crate::evidence;
use crate::paper;
use crate::stage::Setting;
use crate::verify::Expectation;

/// The stages that make the paper of a study from what `stages` made.
///
/// The records are compared with the published values and, as far as the data are simulated, with the
/// ground truth.
pub(crate) fn stages(setting: &Setting, stages: &[Stage], expectations: fn() -> Vec<Expectation>) -> Vec<Stage> {
    let made = |folder: &str, ending: &str| -> Vec<(String, String)> {
        let paths = stages.iter().flat_map(|stage| stage.outputs().map(move |(_, path)| (stage.id(), path)));
        let wanted = paths.filter(|(_, path)| path.starts_with(folder) && path.ends_with(ending));
        wanted.map(|(stage, path)| (path.to_owned(), stage.to_owned())).collect()
    };
    let records = made(&setting.derived("records/"), ".json");
    let mut figures = made(&format!("figures/{}/", setting.study), ".svg");
    figures.extend(made(&setting.derived("figures/"), ".svg"));
    let name =
        |path: &str| Path::new(path).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let id = |path: &str| name(path).trim_end_matches(".json").to_owned();

    let published = format!("paper/published/{}.toml", setting.study);
    let mut verification = setting.stage("typeset", "verification").file("published", &published);
    verification = verification.makes("verification", "verification.json");
    let truths = setting.truths();
    for path in setting.made() {
        if let Some(part) = path.strip_prefix(&truths) {
            verification = verification.file(&format!("{}{part}", evidence::TRUTH), &path);
        }
    }
    let mut provenance = setting.stage("typeset", "provenance").makes("provenance", "provenance.json");
    let mut document = setting.stage("typeset", "paper").makes_file("paper", &setting.paper());
    for (path, _) in &records {
        verification = verification.reads_record(&id(path));
        provenance = provenance.reads_record(&id(path));
        document = document.file(&format!("records/{}", name(path)), path);
    }
    for (path, _) in &figures {
        document = document.file(&format!("figures/{}", name(path)), path);
    }
    for source in setting.paper_sources() {
        let role = source.trim_start_matches("paper/").to_owned();
        document = document.file(&role, &source);
    }
    document = document.file("verification.json", &setting.derived("verification.json"));
    document = document.file("provenance.json", &setting.derived("provenance.json"));

    let makers: BTreeMap<String, String> = records.iter().map(|(path, stage)| (id(path), stage.clone())).collect();
    let typesetter = Arc::clone(&setting.typesetter);
    let main = format!("{}/paper.typ", setting.study);
    vec![
        verification.calls(setting.campaign, evidence::compare, move |cx, &campaign| {
            evidence::compare(cx, campaign, &expectations())
        }),
        provenance.does_with(makers, evidence::tell_provenance),
        document
            .uses("typst backend", &typesetter.identity())
            .calls(main, paper::typeset_paper, move |cx, main| paper::typeset_paper(cx, main, &typesetter)),
    ]
}
