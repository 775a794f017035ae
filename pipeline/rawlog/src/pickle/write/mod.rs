//! DataFrames as pickles, laid out as pandas 1.0 with numpy 1 writes them: what the simulators of raw
//! files need. Later versions of pandas open them too.
//!
//! The layout, by the opcodes of genuine files: `DataFrame` and its `BlockManager` are made without
//! arguments and given their state; that of the manager holds the axes, one array for the columns
//! of each type, the names of their columns, and the same once more by name under `0.14.1`.
//! Protocol 5 keeps numbers in buffers (`_frombuffer`); protocol 4, and all times and objects, in the
//! state of an array (`_reconstruct`).

mod pickler;

use self::pickler::{Pickler, Slot};
use super::globals::{Global, Role};
use crate::cell::{Array, Cell, CellRef, Container};
use crate::frame::{Column, ColumnData, Frame, Index, IndexKind, Labels};

/// A version of the pickle format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The highest of Python 3.4 to 3.7.
    Four,
    /// The highest from Python 3.8 on.
    Five,
}

impl Protocol {
    fn number(self) -> u8 {
        match self {
            Self::Four => 4,
            Self::Five => 5,
        }
    }
}

/// Why a frame cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A type of columns that is not written.
    #[error("column `{column}` is {dtype}; float64, int64, bool, datetime64[ns] and object can be written")]
    Column {
        /// Name of the column.
        column: String,
        /// Its type in pandas.
        dtype: String,
    },
    /// A cell of which the frame does not hold all.
    #[error("column `{column}`, row {row}: {found} cannot be written")]
    Cell {
        /// Name of the column.
        column: String,
        /// Row position, from 0.
        row: usize,
        /// What the cell holds.
        found: String,
    },
    /// A kind of index that is not written.
    #[error("the index is a {kind}; RangeIndex, Int64Index and an Index of objects can be written")]
    Index {
        /// Its class in pandas.
        kind: &'static str,
    },
}

/// Writes a frame as a pickle.
///
/// # Errors
/// [`WriteError`] names the first column, cell or index that has no place in the layout: columns
/// narrower than 64 bits, categories, containers that are not empty, indexes of several levels.
pub fn write(frame: &Frame, protocol: Protocol) -> Result<Vec<u8>, WriteError> {
    let blocks = blocks(frame.columns())?;
    let mut out = Pickler::new(protocol);
    out.global("pandas.core.frame", "DataFrame");
    out.empty_tuple();
    out.new_object();
    out.empty_dict();
    out.mark();
    out.text("_data");
    manager(&mut out, frame, &blocks)?;
    out.text("_typ");
    out.text("dataframe");
    out.text("_metadata");
    out.empty_list();
    out.text("attrs");
    out.empty_dict();
    out.set_items();
    out.build();
    Ok(out.stop())
}

/// The types of elements that are written.
#[derive(Clone, Copy, PartialEq)]
enum Element {
    F64,
    I64,
    I32,
    Bool,
    Datetime,
    Object,
}

impl Element {
    fn of(column: &Column) -> Result<Self, WriteError> {
        match (&column.data, column.dtype.as_str()) {
            (ColumnData::F64(_), "float64") => Ok(Self::F64),
            (ColumnData::I64(_), "int64") => Ok(Self::I64),
            (ColumnData::Bool(_), "bool") => Ok(Self::Bool),
            (ColumnData::Datetime(_), "datetime64[ns]") => Ok(Self::Datetime),
            (ColumnData::Object(_), "object") => Ok(Self::Object),
            _ => Err(WriteError::Column { column: column.name.clone(), dtype: column.dtype.clone() }),
        }
    }

    /// numpy's name of it, byte order, and flags.
    fn dtype(self) -> (&'static str, &'static str, i64) {
        match self {
            Self::F64 => ("f8", "<", 0),
            Self::I64 => ("i8", "<", 0),
            Self::I32 => ("i4", "<", 0),
            Self::Bool => ("b1", "|", 0),
            Self::Datetime => ("M8", "<", 0),
            Self::Object => ("O8", "|", 63),
        }
    }
}

/// The columns of one type.
struct Block<'a> {
    element: Element,
    /// Places of the columns, ascending.
    places: Vec<usize>,
    columns: Vec<&'a Column>,
}

/// The columns by type, in the order in which the types first occur.
fn blocks(columns: &[Column]) -> Result<Vec<Block<'_>>, WriteError> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let element = Element::of(column)?;
        match blocks.iter_mut().find(|block| block.element == element) {
            Some(block) => {
                block.places.push(place);
                block.columns.push(column);
            }
            None => blocks.push(Block { element, places: vec![place], columns: vec![column] }),
        }
    }
    Ok(blocks)
}

enum Axis {
    Columns,
    Rows,
}

fn manager(out: &mut Pickler, frame: &Frame, blocks: &[Block<'_>]) -> Result<(), WriteError> {
    let rows = frame.nrows();
    out.global("pandas.core.internals.managers", "BlockManager");
    out.empty_tuple();
    out.new_object();
    out.mark();
    let axes = out.list([Axis::Columns, Axis::Rows].into_iter(), |out, axis| match axis {
        Axis::Columns => names(out, frame.columns().iter()),
        Axis::Rows => index(out, frame.index()),
    })?;
    let mut values = Vec::with_capacity(blocks.len());
    out.list(blocks.iter(), |out, block| {
        values.push(block_values(out, block, rows)?);
        Ok(())
    })?;
    out.list(blocks.iter(), |out, block| names(out, block.columns.iter().copied()))?;
    out.empty_dict();
    out.text("0.14.1");
    out.empty_dict();
    out.mark();
    out.text("axes");
    out.get(axes);
    out.text("blocks");
    out.list(blocks.iter().zip(values), |out, (block, values)| {
        out.empty_dict();
        out.mark();
        out.text("values");
        out.get(values);
        out.text("mgr_locs");
        placement(out, &block.places);
        out.set_items();
        Ok(())
    })?;
    out.set_items();
    out.set_item();
    out.tuple();
    out.build();
    Ok(())
}

/// The names of columns as an index.
fn names<'a>(out: &mut Pickler, columns: impl ExactSizeIterator<Item = &'a Column>) -> Result<(), WriteError> {
    new_index(out, ("pandas.core.indexes.base", "Index"), None, |out| {
        objects(out, &[columns.len()], columns, |out, column| {
            out.text(&column.name);
            Ok(())
        })?;
        Ok(())
    })
}

fn index(out: &mut Pickler, index: &Index) -> Result<(), WriteError> {
    let refused = || WriteError::Index { kind: index.kind.name() };
    let level = match &index.labels {
        Labels::Range { name, start, stop, step } => {
            out.global("pandas.core.indexes.base", "_new_Index");
            out.global("pandas.core.indexes.range", "RangeIndex");
            out.empty_dict();
            out.mark();
            out.text("name");
            optional_text(out, name.as_deref());
            for (attribute, number) in [("start", start), ("stop", stop), ("step", step)] {
                out.text(attribute);
                out.int(*number);
            }
            out.set_items();
            out.tuple_of::<2>();
            out.reduce();
            return Ok(());
        }
        Labels::Levels(levels) => match levels.as_slice() {
            [level] => level,
            _ => return Err(refused()),
        },
    };
    let name = level.name.as_deref();
    match (index.kind, &level.data) {
        (IndexKind::Int64, ColumnData::I64(labels)) => {
            new_index(out, ("pandas.core.indexes.numeric", "Int64Index"), name, |out| {
                numbers(out, Element::I64, &[labels.len()], &little_endian(labels));
                Ok(())
            })
        }
        (IndexKind::Plain, ColumnData::Object(labels)) => {
            new_index(out, ("pandas.core.indexes.base", "Index"), name, |out| {
                let cells = labels.iter().enumerate();
                objects(out, &[labels.len()], cells, |out, (row, label)| cell(out, label, "index", row))?;
                Ok(())
            })
        }
        _ => Err(refused()),
    }
}

/// An index of this class with what `data` writes.
fn new_index(
    out: &mut Pickler,
    (module, class): (&str, &str),
    name: Option<&str>,
    data: impl FnOnce(&mut Pickler) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    out.global("pandas.core.indexes.base", "_new_Index");
    out.global(module, class);
    out.empty_dict();
    out.mark();
    out.text("data");
    data(out)?;
    out.text("name");
    optional_text(out, name);
    out.set_items();
    out.tuple_of::<2>();
    out.reduce();
    Ok(())
}

fn optional_text(out: &mut Pickler, text: Option<&str>) {
    match text {
        Some(text) => out.text(text),
        None => out.none(),
    }
}

/// The array of a block: one line for each column.
fn block_values(out: &mut Pickler, block: &Block<'_>, rows: usize) -> Result<Slot, WriteError> {
    let shape = [block.columns.len(), rows];
    if block.element == Element::Object {
        let cells: Vec<(&Column, usize, &Cell)> = block.columns.iter().flat_map(|column| rows_of(column)).collect();
        return objects(out, &shape, cells.into_iter(), |out, (column, row, value)| {
            cell(out, value, &column.name, row)
        });
    }
    let bytes: Vec<u8> = block.columns.iter().flat_map(|column| bytes_of(&column.data)).collect();
    Ok(numbers(out, block.element, &shape, &bytes))
}

fn rows_of(column: &Column) -> impl Iterator<Item = (&Column, usize, &Cell)> {
    let cells = match &column.data {
        ColumnData::Object(cells) => cells.as_slice(),
        _ => &[],
    };
    cells.iter().enumerate().map(move |(row, cell)| (column, row, cell))
}

/// The elements of a column of numbers as numpy holds them.
fn bytes_of(data: &ColumnData) -> Vec<u8> {
    match data {
        ColumnData::F64(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        ColumnData::I64(values) | ColumnData::Datetime(values) => little_endian(values),
        ColumnData::Bool(values) => values.iter().map(|&value| u8::from(value)).collect(),
        ColumnData::Object(_) => Vec::new(),
    }
}

fn little_endian(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// An array of numbers or times.
fn numbers(out: &mut Pickler, element: Element, shape: &[usize], bytes: &[u8]) -> Slot {
    if out.protocol() == Protocol::Five && element != Element::Datetime {
        out.global("numpy.core.numeric", "_frombuffer");
        out.mark();
        out.buffer(bytes);
        dtype(out, element);
        self::shape(out, shape);
        out.text("C");
        out.tuple();
        return out.reduce();
    }
    let slot = reconstruct(out, shape, element);
    out.bytes(bytes);
    out.tuple();
    out.build();
    slot
}

/// An array of what `save` writes for each item.
fn objects<T>(
    out: &mut Pickler,
    shape: &[usize],
    items: impl ExactSizeIterator<Item = T>,
    save: impl FnMut(&mut Pickler, T) -> Result<(), WriteError>,
) -> Result<Slot, WriteError> {
    let slot = reconstruct(out, shape, Element::Object);
    out.list(items, save)?;
    out.tuple();
    out.build();
    Ok(slot)
}

/// An empty array, and its state up to the elements: version, shape, dtype, order.
fn reconstruct(out: &mut Pickler, shape: &[usize], element: Element) -> Slot {
    out.global("numpy.core.multiarray", "_reconstruct");
    out.global("numpy", "ndarray");
    self::shape(out, &[0]);
    out.letter_b();
    out.tuple_of::<3>();
    let slot = out.reduce();
    out.mark();
    out.int(1);
    self::shape(out, shape);
    dtype(out, element);
    out.bool(false);
    slot
}

fn shape(out: &mut Pickler, sizes: &[usize]) {
    for &size in sizes {
        out.int(i64::try_from(size).unwrap_or(i64::MAX));
    }
    match sizes {
        [_, _] => out.tuple_of::<2>(),
        _ => out.tuple_of::<1>(),
    }
}

fn dtype(out: &mut Pickler, element: Element) {
    let (code, order, flags) = element.dtype();
    out.dtype(code, |out| {
        out.global("numpy", "dtype");
        out.text(code);
        out.bool(false);
        out.bool(true);
        out.tuple_of::<3>();
        let slot = out.reduce();
        let of_time = element == Element::Datetime;
        out.mark();
        out.int(if of_time { 4 } else { 3 });
        out.text(order);
        out.none();
        out.none();
        out.none();
        out.int(-1);
        out.int(-1);
        out.int(flags);
        if of_time {
            // One nanosecond.
            out.empty_dict();
            out.mark();
            out.bytes(b"ns");
            out.int(1);
            out.int(1);
            out.int(1);
            out.tuple();
            out.tuple_of::<2>();
        }
        out.tuple();
        out.build();
        slot
    });
}

/// Where the columns of a block stand: a slice if their distances are equal, else the places.
fn placement(out: &mut Pickler, places: &[usize]) {
    let places: Vec<i64> = places.iter().map(|&place| i64::try_from(place).unwrap_or(i64::MAX)).collect();
    let (first, last) = (places.first().copied().unwrap_or(0), places.last().copied().unwrap_or(0));
    let step = places.get(1).map_or(1, |second| second - first);
    if places.windows(2).all(|pair| pair[1] - pair[0] == step) {
        out.global("builtins", "slice");
        out.int(first);
        out.int(last + step);
        out.int(step);
        out.tuple_of::<3>();
        out.reduce();
    } else {
        numbers(out, Element::I64, &[places.len()], &little_endian(&places));
    }
}

fn cell(out: &mut Pickler, cell: &Cell, column: &str, row: usize) -> Result<(), WriteError> {
    let refused = || {
        let found = CellRef::Object(cell).describe();
        WriteError::Cell { column: column.to_owned(), row, found }
    };
    match cell {
        Cell::Text(text) => out.text(text),
        Cell::Int(number) => out.int(*number),
        Cell::Float(number) => out.float(*number),
        Cell::Bool(flag) => out.bool(*flag),
        Cell::None => out.none(),
        Cell::Missing => out.global("pandas._libs.missing", "NA"),
        Cell::Container { kind: Container::Dict, entries: 0 } => out.empty_dict(),
        Cell::Container { kind: Container::List, entries: 0 } => out.empty_list(),
        Cell::Container { kind: Container::Tuple, entries: 0 } => out.empty_tuple(),
        Cell::Container { .. } => return Err(refused()),
        Cell::Class(name) => {
            let (module, name) = name.rsplit_once('.').ok_or_else(refused)?;
            let known = Global::resolve(module, name).is_ok_and(|global| global.role() == Role::ScalarType);
            if !known {
                return Err(refused());
            }
            out.global(module, name);
        }
        Cell::Array(array) => {
            let (element, bytes) = array_elements(array).ok_or_else(refused)?;
            numbers(out, element, &[array.values.len()], &bytes);
        }
    }
    Ok(())
}

/// The elements of an array in a cell; `None` where its dtype is none that is written.
fn array_elements(array: &Array) -> Option<(Element, Vec<u8>)> {
    match (array.dtype.as_str(), &array.values) {
        ("<f8", ColumnData::F64(_)) => Some((Element::F64, bytes_of(&array.values))),
        ("<i8", ColumnData::I64(_)) => Some((Element::I64, bytes_of(&array.values))),
        ("<i4", ColumnData::I64(values)) => {
            let narrow: Option<Vec<i32>> = values.iter().map(|&value| i32::try_from(value).ok()).collect();
            Some((Element::I32, narrow?.into_iter().flat_map(i32::to_le_bytes).collect()))
        }
        _ => None,
    }
}
