//! The durations of inferences that AIPowerMeter's studies write beside the power records: one
//! number in seconds a line (`latency.csv`), or a JSON array of them (`latency.json`). Simulations write
//! them too.

use std::io::BufRead;

use crate::json::{self, JsonError};
use crate::python;
use crate::text::{Field, LineEnds, Lines, TextError};

/// Reads `latency.csv`: a duration in s on every line, without header.
///
/// # Errors
/// [`TextError`], naming the line, for what is no number of at least 0; and for a file without any.
pub fn read_csv(mut from: impl BufRead) -> Result<Vec<f64>, TextError> {
    // Compiled here, with this crate's optimisation, and not where it is called.
    read_lines(&mut from)
}

fn read_lines(from: &mut dyn BufRead) -> Result<Vec<f64>, TextError> {
    let mut lines = Lines::new(from, LineEnds::LineFeed);
    let mut durations = Vec::new();
    while let Some((line, text)) = lines.next_text()? {
        let field = Field { line, name: "duration", text: text.trim() };
        let duration = field.number()?;
        if duration < 0.0 {
            return Err(field.wrong("a duration in s, at least 0"));
        }
        durations.push(duration);
    }
    if durations.is_empty() {
        return Err(TextError::Empty { expected: "durations in s, one a line" });
    }
    Ok(durations)
}

/// Reads `latency.json`: an array of durations in s.
///
/// # Errors
/// [`JsonError`], naming line and column; an empty array and a negative duration are errors too.
pub fn read_json(bytes: &[u8]) -> Result<Vec<f64>, JsonError> {
    let expected = "an array of durations in s";
    let durations: Vec<f64> = json::document(bytes, expected)?;
    if durations.is_empty() {
        return Err(JsonError::Empty { expected });
    }
    match durations.iter().position(|duration| *duration < 0.0) {
        None => Ok(durations),
        Some(at) => Err(JsonError::Content {
            line: 1,
            column: 1,
            what: expected,
            problem: format!("element {at} is negative; expected at least 0"),
        }),
    }
}

/// Writes `latency.csv` as numpy's `savetxt` does: `%.18e` on each line.
#[must_use]
pub fn write_csv(durations: &[f64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(durations.len() * 25);
    for duration in durations {
        python::append(&mut bytes, format_args!("{duration:.18e}"));
        bytes.push(b'\n');
    }
    bytes
}

/// Writes `latency.json` as Python's `json.dump` does.
#[must_use]
pub fn write_json(durations: &[f64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(durations.len() * 23 + 2);
    bytes.push(b'[');
    for (place, duration) in durations.iter().enumerate() {
        if place > 0 {
            bytes.extend(b", ");
        }
        python::append(&mut bytes, format_args!("{duration:?}"));
    }
    bytes.push(b']');
    bytes
}
