//! A whole table as CSV or JSON.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;

use crate::cell::{Cell, CellRef, Container};
use crate::frame::Frame;

/// Writes a table as CSV (RFC 4180, lines end with a line feed), the first line naming the columns.
///
/// Missing cells are empty; floats are written in the shortest form that reads back as the same
/// number, times as ISO 8601 (UTC where the column has a zone). The index comes first unless it only
/// counts the rows. A table without any column gives an empty file.
///
/// # Errors
/// Those of the writer.
pub fn write_csv(frame: &Frame, to: impl Write) -> io::Result<()> {
    let headers = headers(frame);
    if headers.is_empty() {
        return Ok(());
    }
    let mut csv = csv::WriterBuilder::new().from_writer(to);
    csv.write_record(&headers)?;
    for row in 0..frame.nrows() {
        let fields = cells(frame, row).map(|cell| match cell {
            cell if cell.is_null() => String::new(),
            cell => cell.to_string(),
        });
        csv.write_record(fields)?;
    }
    csv.flush()
}

/// Writes a table as a JSON array with an object for each row, one to a line, the columns in order.
///
/// Missing and infinite numbers are `null`, times are ISO 8601, arrays are arrays; other cells that
/// JSON has no form for are their text. The index comes first unless it only counts the rows.
///
/// # Errors
/// Those of the writer.
pub fn write_json_rows(frame: &Frame, mut to: impl Write) -> io::Result<()> {
    let headers = headers(frame);
    to.write_all(b"[")?;
    for row in 0..frame.nrows() {
        to.write_all(if row == 0 { b"\n" } else { b",\n" })?;
        let row = Row { headers: &headers, cells: cells(frame, row).collect() };
        serde_json::to_writer(&mut to, &row)?;
    }
    to.write_all(b"\n]\n")?;
    to.flush()
}

/// One row as a JSON object that keeps the order of the columns.
struct Row<'a> {
    headers: &'a [String],
    cells: Vec<CellRef<'a>>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.cells.len()))?;
        for (header, cell) in self.headers.iter().zip(&self.cells) {
            map.serialize_entry(header, &json(cell))?;
        }
        map.end()
    }
}

/// A cell as JSON.
pub(super) fn json(cell: &CellRef<'_>) -> Json {
    match cell {
        cell if cell.is_null() => Json::Null,
        // A float that is not finite becomes null.
        CellRef::Float(number) | CellRef::Object(Cell::Float(number)) => Json::from(*number),
        CellRef::Int(number) | CellRef::Object(Cell::Int(number)) => Json::from(*number),
        CellRef::Bool(flag) | CellRef::Object(Cell::Bool(flag)) => Json::from(*flag),
        CellRef::Object(Cell::Container { kind: Container::Dict, entries: 0 }) => Json::Object(serde_json::Map::new()),
        CellRef::Object(Cell::Array(array)) => Json::Array(array.values.cells().map(|value| json(&value)).collect()),
        cell => Json::from(cell.to_string()),
    }
}

/// Cells of a row: labels of an index worth keeping, then the columns.
fn cells(frame: &Frame, row: usize) -> impl Iterator<Item = CellRef<'_>> {
    let labels = if frame.index().is_default() { Vec::new() } else { frame.index().row(row) };
    let columns = frame.columns().iter().filter_map(move |column| column.cell(row));
    labels.into_iter().chain(columns)
}

/// Names of index and columns, made unique: an index without name is `index` (`level_0`, … with
/// several), a name that was there before gets `.1`, `.2`, …
fn headers(frame: &Frame) -> Vec<String> {
    let index = frame.index();
    let names = if index.is_default() { Vec::new() } else { index.names() };
    let unnamed = |level: usize| match names.len() {
        1 => "index".to_owned(),
        _ => format!("level_{level}"),
    };
    let labels = names.iter().enumerate();
    let labels = labels.map(|(level, name)| name.map_or_else(|| unnamed(level), str::to_owned));
    let columns = frame.columns().iter().map(|column| column.name.clone());
    let mut seen = std::collections::BTreeSet::new();
    let mut headers = Vec::new();
    for name in labels.chain(columns) {
        let mut header = name.clone();
        let mut number = 0;
        while !seen.insert(header.clone()) {
            number += 1;
            header = format!("{name}.{number}");
        }
        headers.push(header);
    }
    headers
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cell::Array;
    use crate::frame::{Column, ColumnData, Index, IndexKind, Labels, Level};
    use crate::time::NAT;

    fn column(name: &str, dtype: &str, data: ColumnData) -> Column {
        Column { name: name.into(), dtype: dtype.into(), data }
    }

    fn sample() -> Frame {
        let array = Array { dtype: "<i4".into(), values: ColumnData::I64(vec![1, 10]) };
        let objects = vec![Cell::Text("a,\"b\"\nc".into()), Cell::None, Cell::Array(Arc::new(array))];
        let dicts = vec![
            Cell::Container { kind: Container::Dict, entries: 0 },
            Cell::Missing,
            Cell::Class("numpy.float32".into()),
        ];
        Frame::new(
            vec![
                column("x", "float64", ColumnData::F64(vec![0.1, f64::NAN, 1e300])),
                column("x", "int64", ColumnData::I64(vec![1, -2, 3])),
                column("time", "datetime64[ns]", ColumnData::Datetime(vec![0, NAT, 1_000])),
                column("note", "object", ColumnData::Object(objects)),
                column("more", "object", ColumnData::Object(dicts)),
            ],
            Index {
                kind: IndexKind::Plain,
                labels: Labels::Levels(vec![Level { name: None, data: ColumnData::I64(vec![7, 7, 8]) }]),
            },
        )
        .unwrap()
    }

    #[test]
    fn csv_quotes_and_leaves_missing_cells_empty() {
        let mut csv = Vec::new();
        write_csv(&sample(), &mut csv).unwrap();
        assert_eq!(
            String::from_utf8(csv).unwrap(),
            "index,x,x.1,time,note,more\n\
             7,0.1,1,1970-01-01T00:00:00,\"a,\"\"b\"\"\nc\",{}\n\
             7,,-2,,,\n\
             8,1e300,3,1970-01-01T00:00:00.000001,\"[1, 10]\",numpy.float32\n"
        );
    }

    #[test]
    fn json_keeps_the_order_of_the_columns() {
        let mut json = Vec::new();
        write_json_rows(&sample(), &mut json).unwrap();
        let text = String::from_utf8(json).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(
            rows[1],
            r#"{"index":7,"x":0.1,"x.1":1,"time":"1970-01-01T00:00:00","note":"a,\"b\"\nc","more":{}},"#
        );
        assert_eq!(rows[2], r#"{"index":7,"x":null,"x.1":-2,"time":null,"note":null,"more":null},"#);
        let parsed: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed[2]["note"], serde_json::json!([1, 10]));
        assert_eq!(parsed.as_array().unwrap().len(), 3);
    }

    #[test]
    fn nothing_gives_empty_files() {
        let index = Index { kind: IndexKind::Range, labels: Labels::Range { name: None, start: 0, stop: 0, step: 1 } };
        let frame = Frame::new(Vec::new(), index).unwrap();
        let (mut csv, mut json) = (Vec::new(), Vec::new());
        write_csv(&frame, &mut csv).unwrap();
        write_json_rows(&frame, &mut json).unwrap();
        assert_eq!(csv, b"");
        assert_eq!(json, b"[\n]\n");
    }
}
