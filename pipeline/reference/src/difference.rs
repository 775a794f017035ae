//! Which numbers and texts of an output differ, and by how much.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::content::{Cell, Column, Content, is_digest, is_relative, is_size, json_number};
use crate::number::{TOLERANCE, same};

/// One number or text that is another one; displays as a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Where it stands: ``series `Odd`, point 3, Energy [mJ]``, or `values.slope`.
    pub place: String,
    /// What is committed.
    pub committed: String,
    /// What was made.
    pub made: String,
    /// How much it moved, relative to what is committed, if both are numbers and that one is not zero.
    pub relative: Option<f64>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.place, self.committed, self.made)?;
        match self.relative {
            // A percentage where that can be read, and an exponent for what is small.
            Some(relative) if relative.abs() >= 1e-4 => write!(f, " ({:+.3} %)", relative * 100.0),
            Some(relative) => write!(f, " (relative {relative:+.1e})"),
            None => Ok(()),
        }
    }
}

/// All that differs by more than the tolerance, in the order of the file.
pub(crate) fn differences(committed: &Content, made: &Content) -> Vec<Difference> {
    let mut found = Vec::new();
    match (committed, made) {
        (Content::Json(committed), Content::Json(made)) => json("", "", committed, made, &mut found),
        (Content::Table(committed), Content::Table(made)) => table(committed, made, &mut found),
        (Content::Text(committed), Content::Text(made)) => text(committed, made, &mut found),
        _ => found.push(difference("the file", "one format", "another one")),
    }
    found
}

fn difference(place: impl Into<String>, committed: impl ToString, made: impl ToString) -> Difference {
    let (committed, made) = (committed.to_string(), made.to_string());
    Difference { place: place.into(), committed, made, relative: None }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Number(number) if *number != 0.0 && !(1e-5..1e17).contains(&number.abs()) => write!(f, "{number:e}"),
            Cell::Number(number) => write!(f, "{number}"),
            Cell::Integer(integer) => write!(f, "{integer}"),
            Cell::Text(text) => write!(f, "`{text}`"),
            Cell::Missing => f.write_str("nothing"),
        }
    }
}

/// The difference of two cells, if they differ.
fn cells(committed: &Cell, made: &Cell) -> Option<(String, String, Option<f64>)> {
    let value = |cell: &Cell| match cell {
        Cell::Number(number) => Some(*number),
        Cell::Integer(integer) => Some(*integer as f64),
        Cell::Text(_) | Cell::Missing => None,
    };
    let relative = match (committed, made) {
        (Cell::Integer(a), Cell::Integer(b)) if a == b => return None,
        (Cell::Integer(a), Cell::Integer(b)) => Some((*b as f64 - *a as f64) / *a as f64),
        _ => match (value(committed), value(made)) {
            (Some(a), Some(b)) if same(a, b) => return None,
            (Some(a), Some(b)) => Some((b - a) / a.abs()),
            _ if committed == made => return None,
            _ => None,
        },
    };
    Some((committed.to_string(), made.to_string(), relative.filter(|relative| relative.is_finite())))
}

fn json(place: &str, key: &str, committed: &Value, made: &Value, found: &mut Vec<Difference>) {
    let here = || if place.is_empty() { "the whole".to_owned() } else { place.to_owned() };
    match (committed, made) {
        (Value::Number(a), Value::Number(b)) if is_relative(key) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            // NaN is never near.
            let near = (a - b).abs() <= TOLERANCE;
            if !near {
                found.push(difference(here(), Cell::Number(a), Cell::Number(b)));
            }
        }
        (Value::Number(a), Value::Number(b)) => {
            if let Some((committed, made, relative)) = cells(&json_number(a), &json_number(b)) {
                found.push(Difference { place: here(), committed, made, relative });
            }
        }
        (Value::String(a), Value::String(b)) if is_digest(a) && is_digest(b) => {}
        (Value::Array(a), Value::Array(b)) => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                json(&format!("{place}[{}]", label(index, a, b)), key, a, b, found);
            }
            if a.len() != b.len() {
                found.push(difference(format!("{}, entries", here()), a.len(), b.len()));
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            let within = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
            for (name, value) in a.iter().filter(|(name, _)| !(is_size(name, a) && is_size(name, b))) {
                match b.get(name) {
                    Some(other) => json(&within(name), name, value, other, found),
                    None => found.push(difference(within(name), brief(value), "nothing")),
                }
            }
            for (name, value) in b.iter().filter(|(name, _)| !a.contains_key(*name)) {
                found.push(difference(within(name), "nothing", brief(value)));
            }
        }
        (a, b) if a == b => {}
        (a, b) => found.push(difference(here(), brief(a), brief(b))),
    }
}

/// What an entry of a list is called: by its name where both have the same one, or its place from 0.
fn label(index: usize, committed: &Value, made: &Value) -> String {
    let name = |value: &Value| ["name", "id"].iter().find_map(|key| Some(value.get(key)?.as_str()?.to_owned()));
    let label = |row: &Value| row.as_array().and_then(|cells| Some(cells.first()?.as_str()?.to_owned()));
    for called in [name, label] {
        match (called(committed), called(made)) {
            (Some(one), Some(other)) if one == other => return format!("{index} `{one}`"),
            _ => {}
        }
    }
    index.to_string()
}

fn brief(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    };
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Line by line: the numbers where what stands between them is the same, else the line.
fn text(committed: &[Vec<Cell>], made: &[Vec<Cell>], found: &mut Vec<Difference>) {
    let is_text = |cell: &&Cell| matches!(cell, Cell::Text(_));
    for (line, (before, after)) in (1..).zip(committed.iter().zip(made)) {
        if before.len() != after.len() || !before.iter().filter(is_text).eq(after.iter().filter(is_text)) {
            let whole = |cells: &[Cell]| brief(&Value::String(cells.iter().map(written).collect()));
            found.push(difference(format!("line {line}"), whole(before), whole(after)));
            continue;
        }
        for (number, (before, after)) in (1..).zip(before.iter().zip(after).filter(|(cell, _)| !is_text(cell))) {
            if let Some((committed, made, relative)) = cells(before, after) {
                let place = format!("line {line}, number {number}");
                found.push(Difference { place, committed, made, relative });
            }
        }
    }
    if committed.len() != made.len() {
        found.push(difference("lines", committed.len(), made.len()));
    }
}

/// A part of a line as it is written there.
fn written(cell: &Cell) -> String {
    if let Cell::Text(text) = cell { text.clone() } else { cell.to_string() }
}

fn table(committed: &[Column], made: &[Column], found: &mut Vec<Difference>) {
    let header = |columns: &[Column]| {
        let header = |column: &Column| format!("{} {}", column.name, column.kind).trim_end().to_owned();
        columns.iter().map(header).collect::<Vec<_>>().join(", ")
    };
    if header(committed) != header(made) {
        found.push(difference("columns", header(committed), header(made)));
        return;
    }
    let (before, after) = (rows_by_series(committed), rows_by_series(made));
    for (series, rows) in &before {
        let Some(others) = after.get(series) else {
            found.push(difference(format!("{}, rows", series_name(*series)), rows.len(), "nothing"));
            continue;
        };
        for (point, (&row, &other)) in rows.iter().zip(others).enumerate() {
            for (column, new) in committed.iter().zip(made) {
                let (Some(cell), Some(new)) = (column.cells.get(row), new.cells.get(other)) else { continue };
                if let Some((committed, made, relative)) = cells(cell, new) {
                    let row = match series {
                        Some(_) => format!("{}, point {}", series_name(*series), point + 1),
                        None => format!("row {}", point + 1),
                    };
                    found.push(Difference { place: format!("{row}, {}", column.name), committed, made, relative });
                }
            }
        }
        if rows.len() != others.len() {
            let what = if series.is_some() { "points" } else { "rows" };
            let place = format!("{}, {what}", series_name(*series));
            found.push(difference(place, rows.len(), others.len()));
        }
    }
    for (series, rows) in after.iter().filter(|(series, _)| !before.contains_key(*series)) {
        found.push(difference(format!("{}, rows", series_name(*series)), "nothing", rows.len()));
    }
}

fn series_name(series: Option<&str>) -> String {
    series.map_or_else(|| "the table".to_owned(), |series| format!("series `{series}`"))
}

/// The places of the rows of each series; of a table without series, those of all rows.
fn rows_by_series(columns: &[Column]) -> BTreeMap<Option<&str>, Vec<usize>> {
    let series = columns.first().filter(|column| column.name == "series");
    let height = columns.first().map_or(0, |column| column.cells.len());
    let mut rows: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for row in 0..height {
        let name = series.map(|series| match series.cells.get(row) {
            Some(Cell::Text(name)) => name.as_str(),
            _ => "",
        });
        rows.entry(name).or_default().push(row);
    }
    rows
}

#[cfg(test)]
mod tests;
