//! Typesetting, the last stage of every study.

use std::collections::BTreeMap;

use crate::cx::Cx;
use dag::Problem;

/// When a paper says it was made: a fixed moment, so that no clock reaches its bytes.
const TIMESTAMP: i64 = 1_767_225_600; // 2026-01-01 00:00 UTC

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
