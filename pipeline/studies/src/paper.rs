//! The last stages of every study: compare its records with what was published, say where each
//! record comes from, and typeset the paper.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dag::{Problem, Stage};
use serde::Serialize;

use crate::published::Published;
use crate::record::Record;
use crate::stage::Cx;
use crate::study::Setting;
use crate::verify::{self, Expectation};

/// When a paper says it was made: a fixed moment, so that no clock reaches its bytes.
const TIMESTAMP: i64 = 1_767_225_600; // 2026-01-01 00:00 UTC

/// The stages that make the paper of a study from what `stages` made.
pub(crate) fn stages(setting: &Setting, stages: &[Stage], expectations: fn() -> Vec<Expectation>) -> Vec<Stage> {
    let made = |folder: &str, ending: &str| -> Vec<(String, String)> {
        let paths = stages.iter().flat_map(|stage| stage.outputs().map(move |(_, path)| (stage.id(), path)));
        let wanted = paths.filter(|(_, path)| path.starts_with(folder) && path.ends_with(ending));
        wanted.map(|(stage, path)| (path.to_owned(), stage.to_owned())).collect()
    };
    let records = made(&setting.derived("records/"), ".json");
    let figures = made(&format!("{}/", setting.figures()), ".svg");
    let name = |path: &str| Path::new(path).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let id = |path: &str| name(path).trim_end_matches(".json").to_owned();

    let published = format!("paper/published/{}.toml", setting.study);
    let mut verification = setting.stage("typeset", "verification").file("published", &published);
    verification = verification.makes("verification", "verification.json");
    let mut provenance = setting.stage("typeset", "provenance").makes("provenance", "provenance.json");
    let mut paper = setting.stage("typeset", "paper").makes_file("paper", &setting.paper());
    for (path, _) in &records {
        verification = verification.reads_record(&id(path));
        provenance = provenance.reads_record(&id(path));
        paper = paper.file(&format!("records/{}", name(path)), path);
    }
    for (path, _) in &figures {
        paper = paper.file(&format!("figures/{}", name(path)), path);
    }
    for source in setting.paper_sources() {
        let role = source.trim_start_matches("paper/").to_owned();
        paper = paper.file(&role, &source);
    }
    paper = paper.file("verification.json", &setting.derived("verification.json"));
    paper = paper.file("provenance.json", &setting.derived("provenance.json"));

    let makers: BTreeMap<String, String> = records.iter().map(|(path, stage)| (id(path), stage.clone())).collect();
    let typesetter = Arc::clone(&setting.typesetter);
    let main = format!("{}/paper.typ", setting.study);
    vec![
        verification.does(move |cx| compare(cx, &expectations())),
        provenance.does_with(makers, tell_provenance),
        paper.uses("typst", &typesetter.identity()).does(move |cx| typeset_paper(cx, &main, &typesetter)),
    ]
}

/// Compares all records with the published values.
fn compare(cx: &mut Cx<'_, '_>, expectations: &[Expectation]) -> Result<(), Problem> {
    let file = cx.input_path("published")?;
    let published = Published::parse(file.as_ref(), &cx.read_text("published")?)
        .map_err(|error| Problem::new(error.to_string()).in_file(file))?;
    let ids = cx.inputs().filter(|role| *role != "published").collect::<Vec<_>>();
    let records: Vec<Record> = ids.into_iter().map(|id| cx.read_record(id)).collect::<Result<_, _>>()?;
    let report = verify::verify(&published, &records, expectations);
    write_json(cx, "verification", &report.brief())
}

/// For each record the stage that makes it, and its digest.
fn tell_provenance(cx: &mut Cx<'_, '_>, makers: &BTreeMap<String, String>) -> Result<(), Problem> {
    #[derive(Serialize)]
    struct Origin<'a> {
        stage: &'a str,
        sha256: dag::Digest,
    }
    let mut origins = BTreeMap::new();
    for (id, stage) in makers {
        origins.insert(id.as_str(), Origin { stage, sha256: cx.input_digest(id)? });
    }
    write_json(cx, "provenance", &origins)
}

fn write_json(cx: &mut Cx<'_, '_>, role: &str, value: &impl Serialize) -> Result<(), Problem> {
    let mut json = serde_json::to_string_pretty(value).map_err(|error| Problem::new(error.to_string()))?;
    json.push('\n');
    cx.write(role, json)
}

/// Typesets the paper: every input is a file of its project, named by its role.
fn typeset_paper(cx: &mut Cx<'_, '_>, main: &str, typesetter: &typeset::Backend) -> Result<(), Problem> {
    let roles: Vec<&str> = cx.inputs().collect();
    let mut files = BTreeMap::new();
    for role in &roles {
        files.insert((*role).to_owned(), cx.read(role)?);
    }
    let mut document = typeset::Document::new(main, files);
    document.timestamp = TIMESTAMP;
    let pdf = typesetter.pdf(&document).map_err(|error| {
        let problem = Problem::new(error.to_string()).help("the paper's sources are in paper/; the rest is made by other stages");
        let at = match &error {
            typeset::Error::Document(diagnostics) => diagnostics.first().and_then(|first| first.at.as_ref()),
            _ => None,
        };
        match at.and_then(|at| Some((cx.input_path(&at.file).ok()?, at.line))) {
            Some((path, line)) => problem.in_file(path).at_line(line as u64),
            None => problem.in_file(format!("paper/{main}")),
        }
    })?;
    cx.write("paper", pdf.bytes)
}
