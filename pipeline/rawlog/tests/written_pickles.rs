//! What the writer writes: the reader reads it as it was, pandas opens it, and it consists of what
//! genuine files consist of.
//!
//! JOULEBOOK_PYTHON names a Python with pandas, any version from 1.0 on, that then has to read random
//! frames; JOULEBOOK_MIRROR adds the raw files of tinyml-mcu.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use common::expected::Expected;
use common::mutate::{run, runner};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rawlog::pickle::{self, Protocol};
use rawlog::time::NAT;
use rawlog::{Array, Cell, Column, ColumnData, Container, Frame, Index, IndexKind, Labels, Level};
use serde::Deserialize;

const PROTOCOLS: [Protocol; 2] = [Protocol::Four, Protocol::Five];

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![prop::num::f64::ANY, prop::sample::select(vec![0.0, -0.0, f64::NAN, f64::INFINITY, 5e-324, 1.5])]
}

fn integer() -> impl Strategy<Value = i64> {
    let edges = vec![0, -1, 255, 256, 65535, 65536, i64::from(i32::MAX), i64::from(i32::MIN), 1 << 31, i64::MAX];
    prop_oneof![
        any::<i64>(),
        prop::sample::select(edges),
        (0..63u32, any::<bool>()).prop_map(|(bits, negative)| if negative { -1 << bits } else { 1 << bits }),
        -200..200i64
    ]
}

fn text() -> impl Strategy<Value = String> {
    let long = (200..300usize).prop_map(|length| "µJ ".repeat(length));
    prop_oneof![4 => any::<String>(), 4 => "[a-c]{0,2}", 1 => long]
}

fn array() -> impl Strategy<Value = Array> {
    let with = |dtype: &str, values| Array { dtype: dtype.to_owned(), values };
    prop_oneof![
        prop::collection::vec(any::<i32>(), 0..5)
            .prop_map(move |v| with("<i4", ColumnData::I64(v.into_iter().map(i64::from).collect()))),
        prop::collection::vec(integer(), 0..5).prop_map(move |v| with("<i8", ColumnData::I64(v))),
        prop::collection::vec(-1e9..1e9f64, 0..5).prop_map(move |v| with("<f8", ColumnData::F64(v))),
    ]
}

fn cell() -> impl Strategy<Value = Cell> {
    let empty = |kind| Cell::Container { kind, entries: 0 };
    let others =
        vec![Cell::None, Cell::Missing, empty(Container::Dict), empty(Container::List), empty(Container::Tuple)];
    prop_oneof![
        4 => text().prop_map(|text| Cell::Text(text.into())),
        2 => integer().prop_map(Cell::Int),
        2 => float().prop_map(Cell::Float),
        1 => any::<bool>().prop_map(Cell::Bool),
        1 => prop::sample::select(others),
        1 => prop::sample::select(vec!["numpy.float32", "numpy.int64", "builtins.int"])
            .prop_map(|name| Cell::Class(name.into())),
        1 => array().prop_map(|array| Cell::Array(Arc::new(array))),
    ]
}

/// Times that all versions of pandas can show.
fn time() -> impl Strategy<Value = i64> {
    prop_oneof![9 => -9_000_000_000_000_000_000..9_000_000_000_000_000_000i64, 1 => Just(NAT)]
}

fn column(rows: usize) -> impl Strategy<Value = Column> {
    let data = prop_oneof![
        prop::collection::vec(float(), rows).prop_map(|values| ("float64", ColumnData::F64(values))),
        prop::collection::vec(integer(), rows).prop_map(|values| ("int64", ColumnData::I64(values))),
        prop::collection::vec(any::<bool>(), rows).prop_map(|values| ("bool", ColumnData::Bool(values))),
        prop::collection::vec(time(), rows).prop_map(|values| ("datetime64[ns]", ColumnData::Datetime(values))),
        prop::collection::vec(cell(), rows).prop_map(|cells| ("object", ColumnData::Object(cells))),
    ];
    (text(), data).prop_map(|(name, (dtype, data))| Column { name, dtype: dtype.to_owned(), data })
}

fn index(rows: usize) -> impl Strategy<Value = Index> {
    let name = || prop::option::of(text());
    let level = |name, data| Labels::Levels(vec![Level { name, data }]);
    let range =
        (name(), -1000..1000i64, prop::sample::select(vec![-7, -1, 1, 3])).prop_map(move |(name, start, step)| Index {
            kind: IndexKind::Range,
            labels: Labels::Range { name, start, stop: start + step * rows as i64, step },
        });
    let integers = (name(), prop::collection::vec(integer(), rows))
        .prop_map(move |(name, labels)| Index { kind: IndexKind::Int64, labels: level(name, ColumnData::I64(labels)) });
    let texts = (name(), prop::collection::vec(text(), rows)).prop_map(move |(name, labels)| {
        let cells = labels.into_iter().map(|label| Cell::Text(label.into())).collect();
        Index { kind: IndexKind::Plain, labels: level(name, ColumnData::Object(cells)) }
    });
    prop_oneof![range, integers, texts]
}

fn frame() -> impl Strategy<Value = Frame> {
    prop_oneof![1 => Just(0), 9 => 1..12usize].prop_flat_map(|rows| {
        let columns = prop::collection::vec(column(rows), 0..9);
        (columns, index(rows)).prop_map(|(columns, index)| Frame::new(columns, index).unwrap())
    })
}

/// Texts, integers and numbers, so many that lists and frames of the pickle are cut.
fn large() -> Frame {
    let rows = 20_000;
    let numbers = |of: fn(usize) -> f64| ColumnData::F64((0..rows).map(of).collect());
    let texts = |of: fn(usize) -> String| ColumnData::Object((0..rows).map(|row| Cell::Text(of(row).into())).collect());
    let column = |name: &str, dtype: &str, data| Column { name: name.to_owned(), dtype: dtype.to_owned(), data };
    let columns = vec![
        column("latency", "float64", numbers(|row| row as f64 / 3.0)),
        column("model", "object", texts(|row| format!("model {}", row % 1001))),
        column("run", "int64", ColumnData::I64((0..rows as i64).collect())),
        column("energy", "float64", numbers(|row| row as f64 * 1e-3)),
    ];
    let labels = Labels::Range { name: None, start: 0, stop: rows as i64, step: 1 };
    Frame::new(columns, Index { kind: IndexKind::Range, labels }).unwrap()
}

/// Every part of the frame as text, so that NaN equals NaN.
fn told(frame: &Frame) -> Vec<String> {
    let index = frame.index();
    let mut told = vec![format!("{:?} {:?}", index.kind, index.names())];
    for row in 0..frame.nrows() {
        told.push(index.row(row).iter().map(common::token).collect());
    }
    for column in frame.columns() {
        told.push(format!("{} {}", column.name, column.dtype));
        told.extend(column.data.cells().map(|cell| common::token(&cell)));
    }
    told
}

#[test]
fn what_is_written_reads_back() {
    run(&mut runner(1500, None), &frame(), |frame| {
        for protocol in PROTOCOLS {
            let bytes = pickle::write(&frame, protocol).unwrap();
            assert_eq!(told(&pickle::read(&bytes).unwrap()), told(&frame), "{protocol:?}");
        }
    });
    for protocol in PROTOCOLS {
        let bytes = pickle::write(&large(), protocol).unwrap();
        assert_eq!(told(&pickle::read(&bytes).unwrap()), told(&large()), "{protocol:?}");
    }
}

#[test]
fn equal_texts_are_written_once() {
    let cells = vec![Cell::Text("joule".into()); 500];
    let column = Column { name: "unit".into(), dtype: "object".into(), data: ColumnData::Object(cells) };
    let labels = Labels::Range { name: None, start: 0, stop: 500, step: 1 };
    let frame = Frame::new(vec![column], Index { kind: IndexKind::Range, labels }).unwrap();
    let bytes = pickle::write(&frame, Protocol::Four).unwrap();
    assert_eq!(bytes.windows(5).filter(|part| part == b"joule").count(), 1);
}

#[test]
fn what_has_no_place_in_the_layout_is_refused() {
    let one = |dtype: &str, data| {
        let column = Column { name: "x".into(), dtype: dtype.into(), data };
        let labels = Labels::Range { name: None, start: 0, stop: 1, step: 1 };
        Frame::new(vec![column], Index { kind: IndexKind::Range, labels }).unwrap()
    };
    let object = |cell| one("object", ColumnData::Object(vec![cell]));
    let error = |frame: &Frame| pickle::write(frame, Protocol::Five).unwrap_err().to_string();

    let written = "float64, int64, bool, datetime64[ns] and object can be written";
    assert_eq!(error(&one("float32", ColumnData::F64(vec![1.0]))), format!("column `x` is float32; {written}"));
    let list = object(Cell::Container { kind: Container::List, entries: 3 });
    assert_eq!(error(&list), "column `x`, row 0: a list: <list of 3> cannot be written");
    let class = object(Cell::Class("os.system".into()));
    assert_eq!(error(&class), "column `x`, row 0: a class: os.system cannot be written");
    let array = object(Cell::Array(Arc::new(Array { dtype: "<i4".into(), values: ColumnData::I64(vec![1 << 40]) })));
    assert_eq!(error(&array), "column `x`, row 0: an array: [1099511627776] cannot be written");

    let level = |data| Level { name: None, data };
    let labels = Labels::Levels(vec![level(ColumnData::Datetime(vec![0]))]);
    let frame = Frame::new(Vec::new(), Index { kind: IndexKind::Datetime, labels }).unwrap();
    let written = "RangeIndex, Int64Index and an Index of objects can be written";
    assert_eq!(error(&frame), format!("the index is a DatetimeIndex; {written}"));
}

/// The raw files, read and written again, are the same tables, and all of them together consist of
/// the same opcodes, classes, functions and kinds of arrays.
#[test]
fn raw_files_written_again_are_the_same_tables() {
    let Some(mirror) = common::mirror("raw_files_written_again_are_the_same_tables") else {
        return;
    };
    let (mut genuine, mut written) = (BTreeSet::new(), BTreeSet::new());
    let paths = pickles_in(&mirror.join("tinyml-mcu/data"));
    assert_eq!(paths.len(), 12);
    for path in paths {
        let (frame, summary) = pickle::read_with_summary(&std::fs::read(&path).unwrap()).unwrap();
        let protocol = if summary.protocol == 4 { Protocol::Four } else { Protocol::Five };
        let bytes = pickle::write(&frame, protocol).unwrap();
        let (again, own_summary) = pickle::read_with_summary(&bytes).unwrap();
        assert_eq!(told(&again), told(&frame), "{}", path.display());
        genuine.extend(parts(&summary));
        written.extend(parts(&own_summary));
    }
    assert_eq!(written, genuine);
}

/// What a pickle consists of, each part with the protocol.
fn parts(summary: &pickle::PickleSummary) -> Vec<String> {
    let opcodes = summary.opcodes.iter().map(|(name, _)| (*name).to_owned());
    // Type and function of each array; in which blocks the columns of one type lie is up to pandas.
    let arrays = summary.blocks.iter().map(|block| {
        let parts: Vec<&str> = block.split(' ').collect();
        format!("{} {}", parts[0], parts[2])
    });
    let parts = opcodes.chain(summary.globals.iter().cloned()).chain(arrays);
    parts.map(|part| format!("protocol {}: {part}", summary.protocol)).collect()
}

fn pickles_in(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pkl"));
    paths.sort();
    paths
}

#[derive(Deserialize)]
struct Opened {
    pandas: String,
    files: Vec<Expected>,
}

/// Random frames, and the raw files written again, as pandas opens them.
#[test]
fn pandas_opens_what_is_written() {
    let Some(python) = std::env::var_os("JOULEBOOK_PYTHON").filter(|value| !value.is_empty()) else {
        println!("pandas_opens_what_is_written: skipped, JOULEBOOK_PYTHON names no Python with pandas");
        return;
    };
    let mut runner = runner(1, None);
    let mut frames: Vec<Frame> = (0..150).map(|_| frame().new_tree(&mut runner).unwrap().current()).collect();
    frames.push(large());
    if let Some(mirror) = common::mirror("pandas_opens_what_is_written, raw files") {
        let files = pickles_in(&mirror.join("tinyml-mcu/data"));
        frames.extend(files.iter().map(|path| pickle::read(&std::fs::read(path).unwrap()).unwrap()));
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("written_pickles");
    std::fs::create_dir_all(&folder).unwrap();
    for protocol in PROTOCOLS {
        let name = |number: usize| folder.join(format!("{number}-{protocol:?}.pkl"));
        for (number, frame) in frames.iter().enumerate() {
            std::fs::write(name(number), pickle::write(frame, protocol).unwrap()).unwrap();
        }
        let script = common::repository().join("tests/reference/read_pickles.py");
        let mut command = Command::new(&python);
        command.arg(script).args((0..frames.len()).map(name));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let opened: Opened = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(opened.files.len(), frames.len());
        for (number, (expected, frame)) in opened.files.iter().zip(&frames).enumerate() {
            let file = format!("pandas {}: {}", opened.pandas, name(number).display());
            // Int64Index is but an Index from pandas 2 on.
            expected.compare_but_for_class_of_index(frame, &file);
        }
        println!("pandas_opens_what_is_written: pandas {} opened {} files, {protocol:?}", opened.pandas, frames.len());
    }
}
