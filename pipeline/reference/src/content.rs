//! What stands in an output, as far as it has numbers: JSON, tables as CSV or parquet, and texts with numbers in them.

use std::io::Cursor;

use dag::Digest;
use polars_core::prelude::{AnyValue, Column as Series, DataType};
use polars_io::prelude::{ParquetReader, SerReader};
use serde_json::{Map, Value};

use crate::lock::Numbers;
use crate::number;

/// The numbers and texts of an output.
pub(crate) enum Content {
    Json(Value),
    Table(Vec<Column>),
    /// The lines of a text, each as the numbers in it and what stands between them.
    Text(Vec<Vec<Cell>>),
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The type, where the format has types.
    pub(crate) kind: String,
    pub(crate) cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Number(f64),
    /// A number that is written without a point: the same only if it is equal to the last digit.
    Integer(i128),
    Text(String),
    Missing,
}

/// Whether numbers of such a file can be compared. A log, fetched or simulated, cannot: it is the same
/// bytes or another log.
pub(crate) fn has_numbers(path: &str) -> bool {
    let is_log = path.starts_with("raw/") || path.split('/').any(|part| part == "simulated");
    !is_log && !is_bundle(path) && matches!(extension(path), "json" | "csv" | "parquet" | "js" | "md" | "html")
}

/// Whether a file bundles what other outputs say in a form that hides the numbers: a paper, or a study's part of the
/// report page, `derived/<study>/report.json`, which has its data compressed.
pub(crate) fn is_bundle(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    extension(path) == "pdf" || matches!(parts.as_slice(), ["derived", _, "report.json"])
}

/// What stands behind the last point of a path.
pub(crate) fn extension(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension)
}

impl Content {
    /// Reads a file that [has numbers](has_numbers); an error says what is wrong with it.
    pub(crate) fn read(path: &str, bytes: &[u8]) -> Result<Self, String> {
        match extension(path) {
            "json" => serde_json::from_slice(bytes).map(Content::Json).map_err(|error| error.to_string()),
            "csv" => csv_table(bytes).map(Content::Table).map_err(|error| error.to_string()),
            "parquet" => parquet_table(bytes).map(Content::Table).map_err(|error| error.to_string()),
            "js" | "md" | "html" => {
                let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
                Ok(Content::Text(text.lines().map(line_cells).collect()))
            }
            other => Err(format!("there are no numbers in a file of type {other:?}")),
        }
    }

    /// A digest of all texts and of all numbers to ten significant digits. Where it is the same, so are
    /// the numbers within the tolerance; a number on the edge of rounding may make it another one.
    pub(crate) fn numbers(&self) -> Numbers {
        let mut bytes = Vec::new();
        match self {
            Content::Json(value) => feed_json("", value, &mut bytes),
            Content::Table(columns) => columns.iter().for_each(|column| {
                feed(&mut bytes, 'c', &column.name);
                feed(&mut bytes, 'k', &column.kind);
                column.cells.iter().for_each(|cell| feed_cell(cell, &mut bytes));
            }),
            Content::Text(lines) => lines.iter().for_each(|line| {
                feed(&mut bytes, 'l', "");
                line.iter().for_each(|cell| feed_cell(cell, &mut bytes));
            }),
        }
        Numbers::of(&Digest::of(&bytes))
    }
}

/// Whether a text is a digest, alone or after the name of its function: which bytes it is about is told of those bytes
/// themselves.
pub(crate) fn is_digest(text: &str) -> bool {
    Digest::from_hex(text.strip_prefix("sha256:").unwrap_or(text)).is_some()
}

/// Whether a field is the size of the bytes that a digest beside it is of, which says no more than that does.
pub(crate) fn is_size(name: &str, fields: &Map<String, Value>) -> bool {
    name == "bytes" && fields.get("hash").and_then(Value::as_str).is_some_and(is_digest)
}

/// Whether a number is itself the relative difference of two numbers, so that it is compared as it is.
pub(crate) fn is_relative(key: &str) -> bool {
    matches!(key, "max_rel_error" | "rel_error" | "relative_error")
}

fn feed(bytes: &mut Vec<u8>, kind: char, text: &str) {
    bytes.push(kind as u8);
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn feed_cell(cell: &Cell, bytes: &mut Vec<u8>) {
    match cell {
        Cell::Number(number) => feed(bytes, 'n', &number::rounded(*number)),
        Cell::Integer(integer) => feed(bytes, 'n', &number::exact(*integer)),
        Cell::Text(text) => feed(bytes, 't', text),
        Cell::Missing => bytes.push(b'-'),
    }
}

fn feed_json(key: &str, value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null => bytes.push(b'-'),
        Value::Bool(truth) => feed(bytes, 'b', if *truth { "1" } else { "0" }),
        // To nine decimals, which is what the tolerance means of it.
        Value::Number(number) if is_relative(key) => {
            feed(bytes, 'n', &format!("{:.9}", number.as_f64().unwrap_or(f64::NAN)));
        }
        Value::Number(number) => feed_cell(&json_number(number), bytes),
        Value::String(text) if is_digest(text) => feed(bytes, 't', ""),
        Value::String(text) => feed(bytes, 't', text),
        Value::Array(values) => {
            feed(bytes, 'a', &values.len().to_string());
            values.iter().for_each(|value| feed_json(key, value, bytes));
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().filter(|(name, _)| !is_size(name, fields)).collect();
            feed(bytes, 'o', &sorted.len().to_string());
            sorted.sort_by_key(|(name, _)| *name);
            for (name, value) in sorted {
                feed(bytes, 'f', name);
                feed_json(name, value, bytes);
            }
        }
    }
}

pub(crate) fn json_number(number: &serde_json::Number) -> Cell {
    let integer = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
    integer.map_or_else(|| Cell::Number(number.as_f64().unwrap_or(f64::NAN)), Cell::Integer)
}

fn csv_table(bytes: &[u8]) -> Result<Vec<Column>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(bytes);
    let column = |name: &str| Column { name: name.to_owned(), kind: String::new(), cells: Vec::new() };
    let mut columns: Vec<Column> = reader.headers()?.iter().map(column).collect();
    for row in reader.records() {
        for (column, cell) in columns.iter_mut().zip(row?.iter()) {
            column.cells.push(csv_cell(cell));
        }
    }
    Ok(columns)
}

fn csv_cell(text: &str) -> Cell {
    if text.is_empty() {
        return Cell::Missing;
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_padded = digits.len() > 1 && digits.starts_with('0');
    match (text.parse::<i128>(), text.parse::<f64>()) {
        // A name that happens to be made of digits.
        (Ok(_), _) if is_padded || text.starts_with('+') => Cell::Text(text.to_owned()),
        (Ok(integer), _) => Cell::Integer(integer),
        (_, Ok(number)) => Cell::Number(number),
        _ => Cell::Text(text.to_owned()),
    }
}

/// The numbers in a line, and the texts between them. A sign belongs to the text before it.
fn line_cells(line: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (text, number) = rest.split_at(start);
        let (number, after) = number.split_at(number_length(number));
        if !text.is_empty() {
            cells.push(Cell::Text(text.to_owned()));
        }
        cells.push(csv_cell(number));
        rest = after;
    }
    if !rest.is_empty() {
        cells.push(Cell::Text(rest.to_owned()));
    }
    cells
}

/// How many bytes a number at the beginning of a text takes: digits, maybe a fraction, maybe an exponent.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| text.bytes().skip(from).take_while(u8::is_ascii_digit).count();
    let at = |place: usize| text.as_bytes().get(place).copied();
    let mut length = digits(0);
    if at(length) == Some(b'.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if matches!(at(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(at(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign);
        length += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    length
}

fn parquet_table(bytes: &[u8]) -> Result<Vec<Column>, polars_core::error::PolarsError> {
    let frame = ParquetReader::new(Cursor::new(bytes)).finish()?;
    frame.columns().iter().map(parquet_column).collect()
}

fn parquet_column(series: &Series) -> Result<Column, polars_core::error::PolarsError> {
    let cells: Vec<Cell> = match series.dtype() {
        DataType::Float64 => series.f64()?.iter().map(|v| v.map_or(Cell::Missing, Cell::Number)).collect(),
        DataType::Int64 => series.i64()?.iter().map(|v| v.map_or(Cell::Missing, |v| Cell::Integer(v.into()))).collect(),
        DataType::String => {
            series.str()?.iter().map(|v| v.map_or(Cell::Missing, |v| Cell::Text(v.to_owned()))).collect()
        }
        _ => (0..series.len()).map(|row| series.get(row).map(any_cell)).collect::<Result<_, _>>()?,
    };
    Ok(Column { name: series.name().to_string(), kind: series.dtype().to_string(), cells })
}

/// A cell of a type that tables seldom have.
fn any_cell(value: AnyValue<'_>) -> Cell {
    match value {
        AnyValue::Null => Cell::Missing,
        AnyValue::Float32(number) => Cell::Number(number.into()),
        other => Cell::Text(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use polars_core::prelude::DataFrame;
    use polars_io::prelude::{ParquetCompression, ParquetWriter};

    use super::*;

    fn numbers(path: &str, text: &str) -> Numbers {
        Content::read(path, text.as_bytes()).unwrap().numbers()
    }

    #[test]
    fn the_last_bit_does_not_make_other_numbers_and_all_else_does() {
        let json = r#"{"rows": [["a", 0.30000000000000004, 7]], "sha256": "DIGEST", "max_rel_error": 1.5e-16}"#;
        let digest = |digit: char| json.replace("DIGEST", &digit.to_string().repeat(64));
        let before = numbers("r.json", &digest('a'));
        for (from, to, same) in [
            ("0.30000000000000004", "0.3", true),
            ("0.30000000000000004", "0.300000001", false),
            ("1.5e-16", "3e-16", true),
            ("1.5e-16", "3e-6", false),
            ("\"a\"", "\"b\"", false),
            (", 7", ", 8", false),
            (", 7", "", false),
            (", 7", ", 7.0", true),
            ("rows", "rowz", false),
            ("[[", "[[[", false),
        ] {
            let closing = if to == "[[[" { digest('b').replace("]]", "]]]") } else { digest('b') };
            assert_eq!(numbers("r.json", &closing.replacen(from, to, 1)) == before, same, "{from} → {to}");
        }
    }

    #[test]
    fn parquet_is_compared_by_what_it_holds_and_not_by_how_it_is_written() {
        let write = |numbers: &[f64], rows_in_a_group: usize| {
            let columns = vec![
                Series::new("name".into(), ["a", "b", "c"]),
                Series::new("count".into(), [Some(1_i64), None, Some(3)]),
                Series::new("energy".into(), numbers),
                Series::new("is".into(), [true, false, true]),
            ];
            let mut bytes = Vec::new();
            let writer = ParquetWriter::new(&mut bytes).with_compression(ParquetCompression::Uncompressed);
            let mut frame = DataFrame::new_infer_height(columns).unwrap();
            writer.with_row_group_size(Some(rows_in_a_group)).finish(&mut frame).unwrap();
            bytes
        };
        let numbers = |bytes: &[u8]| Content::read("t.parquet", bytes).unwrap().numbers();
        let table = write(&[0.1, 0.2, f64::NAN], 3);
        let other_layout = write(&[0.1, 0.2, f64::NAN], 1);
        assert_ne!(table, other_layout);
        assert_eq!(numbers(&table), numbers(&other_layout));
        assert_eq!(numbers(&table), numbers(&write(&[0.1, 0.1 + 0.1 + 1e-17, f64::NAN], 3)));
        assert_ne!(numbers(&table), numbers(&write(&[0.1, 0.200000001, f64::NAN], 3)));
        let moved = Content::read("t.parquet", &write(&[0.1, 0.3, f64::NAN], 3)).unwrap();
        let found = crate::difference::differences(&Content::read("t.parquet", &table).unwrap(), &moved);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_string(), "row 2, energy: 0.2 → 0.3 (+50.000 %)");
    }

    #[test]
    fn cells_of_csv() {
        let cells = ["", "7", "-7", "007", "+7", "7.5", "1e-300", "inf", "L4", "12345678901234567890"];
        let read = cells.map(csv_cell);
        let text = |text: &str| Cell::Text(text.to_owned());
        let expected = [
            Cell::Missing,
            Cell::Integer(7),
            Cell::Integer(-7),
            text("007"),
            text("+7"),
            Cell::Number(7.5),
            Cell::Number(1e-300),
            Cell::Number(f64::INFINITY),
            text("L4"),
            Cell::Integer(12_345_678_901_234_567_890),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn numbers_in_a_line_and_what_stands_between_them() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let read = line_cells(r#"{"x1":-34.5e-3,"path":"M1 007L2.","#);
        let expected = [
            text(r#"{"x"#),
            Cell::Integer(1),
            text(r#"":-"#),
            Cell::Number(34.5e-3),
            text(r#","path":"M"#),
            Cell::Integer(1),
            text(" "),
            text("007"),
            text("L"),
            Cell::Integer(2),
            text(r#".","#),
        ];
        assert_eq!(read, expected);
        assert_eq!(
            line_cells("2e 3é4e+"),
            [2, 3, 4]
                .map(Cell::Integer)
                .into_iter()
                .zip(["e ", "é", "e+"].map(text))
                .flat_map(|(number, text)| [number, text])
                .collect::<Vec<_>>()
        );
        assert!(line_cells("").is_empty());
    }

    #[test]
    fn the_last_bit_in_a_specification_or_a_description_does_not_make_other_numbers() {
        let chart = r##"{"color":"#7d1d4b","data":[0.30000000000000004,7]}"##;
        let before = numbers("derived/s/figures/a.js", chart);
        for (from, to, same) in [
            ("0.30000000000000004", "0.3", true),
            ("0.30000000000000004", "0.300000001", false),
            ("[0.3", "[-0.3", false),
            ("#7d1d4b", "#7d1d4c", false),
            (",7", ",8", false),
            ("data", "date", false),
            ("]}", "]}\n", true),
            ("]}", "]\n}", false),
        ] {
            let after = chart.replacen(from, to, 1);
            assert_eq!(numbers("derived/s/figures/a.js", &after) == before, same, "{from} → {to}");
        }
        let package = |digit: char, bytes: usize, rows: usize| {
            let hash = digit.to_string().repeat(64);
            numbers("p.json", &format!(r#"{{"hash": "sha256:{hash}", "bytes": {bytes}, "rows": {rows}}}"#))
        };
        assert_eq!(package('a', 10, 2), package('b', 11, 2));
        assert_ne!(package('a', 10, 2), package('a', 10, 3));
        assert_ne!(numbers("p.json", r#"{"bytes": 10}"#), numbers("p.json", r#"{"bytes": 11}"#));
    }

    #[test]
    fn logs_have_no_numbers_to_compare_and_broken_files_are_errors() {
        assert!(has_numbers("derived/s/records/a.json") && has_numbers("derived/s/clean/a.b.parquet"));
        assert!(!has_numbers("derived/s/simulated/a.json") && !has_numbers("derived/papers/s.pdf"));
        assert!(!has_numbers("raw/s/a.csv") && !has_numbers("raw/s/README.md"));
        assert!(has_numbers("derived/s/figures/a.js") && has_numbers("ARTIFACT.md"));
        assert!(is_bundle("derived/s/report.json") && !has_numbers("derived/s/report.json"));
        assert!(is_bundle("derived/papers/s.pdf") && has_numbers("derived/s/records/report.json"));
        for (path, bytes) in [("a.json", "{"), ("a.csv", "a,b\n1\n"), ("a.parquet", "PAR1"), ("a.pdf", "%PDF")] {
            assert!(Content::read(path, bytes.as_bytes()).is_err(), "{path}");
        }
    }
}
