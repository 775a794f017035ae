//! Typesetting, the last stage of every study.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cx::Cx;
use dag::{Problem, Stage};
use typeset::{Backend, Document};

/// When a paper says it was made: a fixed moment, so that no clock reaches its bytes.
const TIMESTAMP: i64 = 1_767_225_600; // 2026-01-01 00:00 UTC

/// Typesets the paper: every input is a file of its project, named by its role.
pub(crate) fn typeset_paper(cx: &mut Cx<'_, '_>, main: &str, typesetter: &Backend) -> Result<(), Problem> {
    let roles: Vec<&str> = cx.inputs().collect();
    let mut files = BTreeMap::new();
    for role in &roles {
        files.insert((*role).to_owned(), cx.read(role)?);
    }
    let pdf = typesetter.pdf(&document(main, files)).map_err(|error| {
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

fn document(main: &str, files: BTreeMap<String, Vec<u8>>) -> Document {
    Document { timestamp: TIMESTAMP, ..Document::new(main, files) }
}

/// Typesets the paper that a stage makes, for what the compiler then remembers of it: the first change of it is
/// typeset as soon as any other. Whatever is wrong shows when the stage runs.
pub fn rehearse(root: &Path, stage: &Stage, typesetter: &Backend) {
    let Some((study, _)) = stage.id().split_once('/') else { return };
    let read = |(role, path): (&str, &str)| Some((role.to_owned(), std::fs::read(root.join(path)).ok()?));
    if let Some(files) = stage.inputs().map(read).collect() {
        // The stage makes the paper; this one is for nobody.
        let _ = typesetter.pdf(&document(&main_file(study), files));
    }
}

/// The file of a study's paper that is typeset.
pub(crate) fn main_file(study: &str) -> String {
    format!("{study}/paper.typ")
}

/// The ids of stages that make papers end so.
pub const PAPER: &str = "/typeset/paper";
