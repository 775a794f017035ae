//! Read the raw files: each comma-separated file becomes a table with the columns that are needed.

use dag::Problem;
use rawlog::delimited::{Delimited, DelimitedError};
use rawlog::time::parse_date_time;
use serde::Serialize;

use crate::cx::Cx;
use crate::table::{Column, Rows};

/// What a raw file must look like, and what is taken from it.
#[derive(Clone, Copy, Serialize)]
pub(super) struct File {
    /// The header, exactly.
    pub(super) header: &'static [&'static str],
    /// The column of names that must be unique, if any.
    pub(super) key: Option<&'static str>,
    /// Columns of times without zone.
    pub(super) times: &'static [&'static str],
    /// Columns of texts to keep.
    pub(super) texts: &'static [&'static str],
    /// Columns of numbers to keep, none of which may be negative.
    pub(super) numbers: &'static [&'static str],
    #[serde(skip)]
    pub(super) schema: &'static [Column],
}

/// A comma-separated file to a table.
pub(crate) fn delimited(cx: &mut Cx<'_, '_>, file: &File) -> Result<(), Problem> {
    let path = cx.input_path("raw")?.to_owned();
    let rows = columns(&cx.read("raw")?, file).map_err(|error| located(&error, &path))?;
    rows.write(cx, "table", file.schema)
}

/// A problem with a delimited file.
pub(super) fn located(error: &DelimitedError, path: &str) -> Problem {
    let problem = Problem::new(error.to_string()).in_file(path).at_line(error.line());
    problem.help("correct the file, or bring the pinned one back with `cargo xtask fetch vision-inference --force`")
}

fn columns(bytes: &[u8], file: &File) -> Result<Rows, DelimitedError> {
    let raw = Delimited::read(bytes, file.header)?;
    let mut rows = Rows::new();
    if let Some(key) = file.key {
        rows = rows.texts(key, raw.keys(key)?);
    }
    for name in file.times {
        for (line, cell) in raw.column(name)? {
            if parse_date_time(cell).is_none() {
                let expected = "a time such as 2020-08-07 15:46:21.270897";
                let (column, found) = ((*name).to_owned(), cell.to_owned());
                return Err(DelimitedError::Cell { line, column, found, expected });
            }
        }
        rows = rows.texts(name, raw.texts(name)?);
    }
    for name in file.texts {
        rows = rows.texts(name, raw.texts(name)?);
    }
    for name in file.numbers {
        rows = rows.floats(name, raw.non_negative(name)?);
    }
    Ok(rows)
}
