//! Published values as an input of stages: of the comparison, and of what is reconstructed from them.

use dag::Problem;

use crate::cx::Cx;
use crate::published::{Expected, Published, Token};

/// The published values behind the input `published`.
pub(crate) fn published(cx: &Cx<'_, '_>) -> Result<Published, Problem> {
    let file = cx.input_path("published")?;
    let text = cx.read_text("published")?;
    Published::parse(file.as_ref(), &text).map_err(|error| Problem::new(error.to_string()).in_file(file))
}

/// The rows of a published table.
pub(crate) fn rows(cx: &Cx<'_, '_>, id: &str) -> Result<Vec<Vec<Token>>, Problem> {
    match published(cx)?.entry(id).map(|entry| &entry.expected) {
        Some(Expected::Table(rows)) => Ok(rows.clone()),
        _ => Err(Problem::new(format!("{id} is no table with rows")).in_file(cx.input_path("published")?)),
    }
}
