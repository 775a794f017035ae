//! Read the raw files: each pandas pickle becomes a table with the same columns.

use dag::Problem;

use super::schema;
use crate::cx::Cx;
use crate::table::write_raw;

/// A pickle to a table. Nothing in the pickle is executed.
pub(crate) fn pickle(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let file = cx.input_path("pickle")?;
    let frame = rawlog::pickle::read(&cx.read("pickle")?).map_err(|error| {
        let problem =
            Problem::new(error.to_string()).in_file(file).expected("a DataFrame as pandas writes it with to_pickle");
        problem.help("if the file was replaced, `cargo xtask fetch tinyml-mcu --force` brings the pinned one back")
    })?;
    let file = file.to_owned();
    write_raw(cx, "table", &frame, |column| {
        (schema::raw_unit(&file, column).unwrap_or_default(), schema::raw_meaning(column))
    })
}
