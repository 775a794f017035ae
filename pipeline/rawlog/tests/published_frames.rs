//! The 12 raw files of the study tinyml-mcu against every reference value that is on file for them:
//! paper/published/tinyml-mcu-frames.toml.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rawlog::pickle::{self, PickleSummary};
use rawlog::{Cell, CellRef, Column, Container, Frame};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Reference {
    frame: Vec<FrameReference>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrameReference {
    path: String,
    bytes: usize,
    sha256: String,
    protocol: u8,
    rows: usize,
    columns: usize,
    index: String,
    index_unique: bool,
    index_first_last: [i64; 2],
    canonical_sha256: String,
    memo_entries: usize,
    opcodes: BTreeMap<String, u32>,
    globals: Vec<String>,
    blocks: Vec<String>,
    column_names: Vec<String>,
    column: Vec<ColumnReference>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnReference {
    name: String,
    dtype: String,
    nan: usize,
    cells: String,
    sha256: String,
    sum: Option<String>,
    min: Option<String>,
    max: Option<String>,
    distinct: Option<usize>,
    values: Option<Vec<String>>,
    min_ns: Option<i64>,
    max_ns: Option<i64>,
    sum_of_numeric_cells: Option<String>,
}

#[test]
fn every_reference_value_agrees() {
    let Some(mirror) = common::mirror("every_reference_value_agrees") else {
        return;
    };
    let path = common::repository().join("paper/published/tinyml-mcu-frames.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let reference: Reference = toml::from_str(&text).unwrap();
    assert_eq!(reference.frame.len(), 12);
    let mut columns = 0;
    for frame in &reference.frame {
        let bytes = std::fs::read(mirror.join("tinyml-mcu").join(&frame.path)).unwrap();
        assert_eq!(bytes.len(), frame.bytes, "{}", frame.path);
        assert_eq!(sha256(&bytes), frame.sha256, "{}", frame.path);
        let (table, summary) = pickle::read_with_summary(&bytes).unwrap();
        compare_summary(&summary, frame);
        compare_frame(&table, frame);
        for (column, expected) in table.columns().iter().zip(&frame.column) {
            compare_column(column, expected, &format!("{}: {}", frame.path, expected.name));
            columns += 1;
        }
    }
    assert_eq!(columns, 453);
}

fn compare_summary(summary: &PickleSummary, expected: &FrameReference) {
    let path = &expected.path;
    let opcodes: BTreeMap<String, u32> =
        summary.opcodes.iter().map(|&(name, count)| (name.to_owned(), count)).collect();
    assert_eq!(summary.protocol, expected.protocol, "{path}");
    assert_eq!(summary.memo_entries, expected.memo_entries, "{path}");
    assert_eq!(opcodes, expected.opcodes, "{path}");
    assert_eq!(summary.globals, expected.globals, "{path}");
    assert_eq!(summary.blocks, expected.blocks, "{path}");
}

fn compare_frame(table: &Frame, expected: &FrameReference) {
    let path = &expected.path;
    assert_eq!(table.nrows(), expected.rows, "{path}");
    assert_eq!(table.columns().len(), expected.columns, "{path}");
    let names: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, expected.column_names, "{path}");

    assert_eq!(table.index().kind.name(), expected.index, "{path}");
    let labels: Vec<i64> = (0..table.nrows())
        .map(|row| match table.index().row(row)[..] {
            [CellRef::Int(label)] => label,
            ref other => panic!("{path}: label {other:?}"),
        })
        .collect();
    let distinct: BTreeSet<i64> = labels.iter().copied().collect();
    assert_eq!(distinct.len() == labels.len(), expected.index_unique, "{path}");
    let first_last = [labels[0], labels[labels.len() - 1]];
    assert_eq!(first_last, expected.index_first_last, "{path}");

    let mut canonical = names.join("\u{1f}") + "\n";
    for (row, label) in labels.iter().enumerate() {
        write!(canonical, "i{label}").unwrap();
        for column in table.columns() {
            let cell = column.cell(row).unwrap();
            write!(canonical, "\u{1f}{}", canonical_token(&cell)).unwrap();
        }
        canonical.push('\n');
    }
    assert_eq!(sha256(canonical.as_bytes()), expected.canonical_sha256, "{path}");
}

fn compare_column(column: &Column, expected: &ColumnReference, what: &str) {
    assert_eq!(column.name, expected.name, "{what}");
    assert_eq!(column.dtype, expected.dtype, "{what}");
    assert_eq!(column.null_count(), expected.nan, "{what}");
    let cells: Vec<CellRef<'_>> = column.data.cells().collect();

    let tokens: String = cells.iter().map(|cell| canonical_token(cell) + "\n").collect();
    assert_eq!(sha256(tokens.as_bytes()), expected.sha256, "{what}");

    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for cell in &cells {
        *kinds.entry(kind(cell)).or_default() += 1;
    }
    let expected_kinds: BTreeMap<String, usize> = expected
        .cells
        .split("; ")
        .map(|part| {
            let (kind, count) = part.rsplit_once(' ').unwrap();
            (kind.to_owned(), count.parse().unwrap())
        })
        .collect();
    assert_eq!(kinds, expected_kinds, "{what}");

    let numbers: Vec<f64> = cells.iter().filter_map(CellRef::as_f64).filter(|number| !number.is_nan()).collect();
    let sums = [&expected.sum, &expected.sum_of_numeric_cells];
    for sum in sums.into_iter().flatten() {
        assert_eq!(exact_sum(&numbers), sum.parse::<f64>().unwrap(), "{what}: sum");
    }
    if let Some(min) = &expected.min {
        let found = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(found, min.parse::<f64>().unwrap(), "{what}: min");
    }
    if let Some(max) = &expected.max {
        let found = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(found, max.parse::<f64>().unwrap(), "{what}: max");
    }
    if expected.min_ns.is_some() {
        let times = column.datetime_ns().unwrap();
        assert_eq!(times.iter().copied().min(), expected.min_ns, "{what}");
        assert_eq!(times.iter().copied().max(), expected.max_ns, "{what}");
    }
    if let Some(distinct) = expected.distinct {
        let texts = column.optional_text().unwrap();
        let found: BTreeSet<&str> = texts.into_iter().flatten().collect();
        assert_eq!(found.len(), distinct, "{what}");
        if let Some(values) = &expected.values {
            assert_eq!(found, values.iter().map(String::as_str).collect(), "{what}");
        }
    }
}

/// As [`common::token`], where the reference values have `d{}` for an empty dict.
fn canonical_token(cell: &CellRef<'_>) -> String {
    match cell {
        CellRef::Object(Cell::Container { kind: Container::Dict, entries: 0 }) => "d{}".to_owned(),
        cell => common::token(cell),
    }
}

/// The kind of a cell in the words of the reference values.
fn kind(cell: &CellRef<'_>) -> String {
    let kind = match cell {
        CellRef::Object(Cell::Array(array)) => {
            return format!("ndarray {} shape ({},)", array.dtype, array.values.len());
        }
        cell if cell.is_null() => "nan",
        CellRef::Float(_) | CellRef::Object(Cell::Float(_)) => "float",
        CellRef::Int(_) | CellRef::Object(Cell::Int(_)) => "int",
        CellRef::Datetime(_) => "timestamp",
        CellRef::Object(Cell::Text(_)) => "str",
        CellRef::Object(Cell::Class(_)) => "class",
        CellRef::Object(Cell::Container { kind: Container::Dict, entries: 0 }) => "empty dict",
        other => panic!("unexpected {other:?}"),
    };
    kind.to_owned()
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The correctly rounded sum: partial sums without overlap, added from the largest.
/// Source: J. R. Shewchuk, Adaptive precision floating-point arithmetic (1997), as in Python's fsum.
fn exact_sum(numbers: &[f64]) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for &number in numbers {
        let mut x = number;
        let mut kept = 0;
        for i in 0..partials.len() {
            let mut y = partials[i];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        partials.push(x);
    }
    let mut sum = partials.pop().unwrap_or(0.0);
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let high = sum + y;
        low = y - (high - sum);
        sum = high;
        if low != 0.0 {
            break;
        }
    }
    // Half-way cases round as the exact sum would.
    if let Some(&next) = partials.last()
        && (low < 0.0) == (next < 0.0)
        && low != 0.0
    {
        let doubled = low * 2.0;
        let rounded = sum + doubled;
        if doubled == rounded - sum {
            sum = rounded;
        }
    }
    sum
}
