//! The last stages of every study: compare its records with what was published, say where each
//! record comes from, and typeset the paper.

use std::collections::BTreeMap;

use dag::Problem;
use serde::Serialize;

use crate::cx::Cx;
use crate::published::Published;
use crate::record::Record;
use crate::verify::{self, Expectation};

/// When a paper says it was made: a fixed moment, so that no clock reaches its bytes.
const TIMESTAMP: i64 = 1_767_225_600; // 2026-01-01 00:00 UTC

/// Compares all records with the published values.
pub(crate) fn compare(cx: &mut Cx<'_, '_>, expectations: &[Expectation]) -> Result<(), Problem> {
    let file = cx.input_path("published")?;
    let published = Published::parse(file.as_ref(), &cx.read_text("published")?)
        .map_err(|error| Problem::new(error.to_string()).in_file(file))?;
    let ids = cx.inputs().filter(|role| *role != "published").collect::<Vec<_>>();
    let records: Vec<Record> = ids.into_iter().map(|id| cx.read_record(id)).collect::<Result<_, _>>()?;
    let report = verify::verify(&published, &records, expectations);
    write_json(cx, "verification", &report.brief())
}

/// For each record the stage that makes it, and its digest.
pub(crate) fn tell_provenance(cx: &mut Cx<'_, '_>, makers: &BTreeMap<String, String>) -> Result<(), Problem> {
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
pub(crate) fn typeset_paper(cx: &mut Cx<'_, '_>, main: &str, typesetter: &typeset::Backend) -> Result<(), Problem> {
    let roles: Vec<&str> = cx.inputs().collect();
    let mut files = BTreeMap::new();
    for role in &roles {
        files.insert((*role).to_owned(), cx.read(role)?);
    }
    let mut document = typeset::Document::new(main, files);
    document.timestamp = TIMESTAMP;
    let pdf = typesetter.pdf(&document).map_err(|error| {
        let problem =
            Problem::new(error.to_string()).help("the paper's sources are in paper/; the rest is made by other stages");
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
