//! Single cells of a table.

use std::fmt;
use std::sync::Arc;

use crate::frame::ColumnData;
use crate::time::{NAT, iso8601};

/// A cell of an object column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// Text; equal texts of a file may share memory.
    Text(Arc<str>),
    /// An integer.
    Int(i64),
    /// A number; NaN is missing.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// Python's `None`; missing.
    None,
    /// `pandas.NA`; missing.
    Missing,
    /// A dict, list, tuple or set. Only its size is kept.
    Container {
        /// Which of them.
        kind: Container,
        /// Number of entries.
        entries: usize,
    },
    /// A type, e.g. `numpy.float32`, by its dotted name.
    Class(Arc<str>),
    /// A one-dimensional array of numbers.
    Array(Arc<Array>),
}

/// Kinds of containers in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// `dict`.
    Dict,
    /// `list`.
    List,
    /// `tuple`.
    Tuple,
    /// `set` or `frozenset`.
    Set,
}

/// A small array inside a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// numpy's short form of the dtype, e.g. `<i4`.
    pub dtype: String,
    /// The elements; never [`ColumnData::Object`].
    pub values: ColumnData,
}

/// A cell of any column, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellRef<'a> {
    /// Of a column of floats.
    Float(f64),
    /// Of a column of integers.
    Int(i64),
    /// Of a column of booleans.
    Bool(bool),
    /// Of a column of times: nanoseconds since 1970-01-01 UTC.
    Datetime(i64),
    /// Of a column of objects.
    Object(&'a Cell),
}

impl CellRef<'_> {
    /// Whether pandas counts the cell as missing: NaN, NaT, None, NA.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match self {
            Self::Float(number) | Self::Object(Cell::Float(number)) => number.is_nan(),
            Self::Datetime(nanoseconds) => *nanoseconds == NAT,
            Self::Object(Cell::None | Cell::Missing) => true,
            Self::Int(_) | Self::Bool(_) | Self::Object(_) => false,
        }
    }

    /// The number in the cell, integers converted; `None` if it holds anything else.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "as pandas converts integers")]
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::Float(number) | Self::Object(&Cell::Float(number)) => Some(number),
            Self::Int(number) | Self::Object(&Cell::Int(number)) => Some(number as f64),
            _ => None,
        }
    }

    /// The cell in words, for an error message.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Float(number) | Self::Object(Cell::Float(number)) if number.is_nan() => "NaN (missing)".to_owned(),
            Self::Float(number) | Self::Object(Cell::Float(number)) => {
                format!("the number {number:?}")
            }
            Self::Int(number) | Self::Object(Cell::Int(number)) => {
                format!("the integer {number}")
            }
            Self::Bool(flag) | Self::Object(Cell::Bool(flag)) => format!("the boolean {flag}"),
            Self::Datetime(NAT) => "NaT (missing)".to_owned(),
            Self::Datetime(_) => format!("the time {self}"),
            Self::Object(cell) => match cell {
                Cell::Text(text) => {
                    let text: String = text.chars().take(60).collect();
                    format!("the text {text:?}")
                }
                Cell::None => "None (missing)".to_owned(),
                Cell::Missing => "NA (missing)".to_owned(),
                Cell::Container { .. } | Cell::Class(_) => format!("a {}: {self}", cell.kind()),
                Cell::Array(_) => format!("an array: {self}"),
                Cell::Int(_) | Cell::Float(_) | Cell::Bool(_) => format!("{self}"),
            },
        }
    }
}

impl Cell {
    /// What kind of value the cell holds.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Int(_) => "integer",
            Self::Float(number) if number.is_nan() => "NaN",
            Self::Float(_) => "float",
            Self::Bool(_) => "boolean",
            Self::None => "None",
            Self::Missing => "NA",
            Self::Container { kind, .. } => kind.name(),
            Self::Class(_) => "class",
            Self::Array(_) => "array",
        }
    }
}

impl Container {
    /// The type's name in Python.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dict => "dict",
            Self::List => "list",
            Self::Tuple => "tuple",
            Self::Set => "set",
        }
    }
}

/// The cell as plain text, so that numbers read back exactly: floats in shortest form, times as ISO
/// 8601, containers as their kind and size, arrays in brackets, missing cells by their name.
impl fmt::Display for CellRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(number) | Self::Object(Cell::Float(number)) => write!(f, "{number:?}"),
            Self::Int(number) | Self::Object(Cell::Int(number)) => write!(f, "{number}"),
            Self::Bool(flag) | Self::Object(Cell::Bool(flag)) => write!(f, "{flag}"),
            Self::Datetime(nanoseconds) => f.write_str(&iso8601(*nanoseconds)),
            Self::Object(cell) => match cell {
                Cell::Text(text) | Cell::Class(text) => f.write_str(text),
                Cell::None => f.write_str("None"),
                Cell::Missing => f.write_str("NA"),
                Cell::Container { kind: Container::Dict, entries: 0 } => f.write_str("{}"),
                Cell::Container { kind, entries } => write!(f, "<{} of {entries}>", kind.name()),
                Cell::Array(array) => {
                    f.write_str("[")?;
                    for (i, value) in array.values.cells().enumerate() {
                        let separator = if i == 0 { "" } else { ", " };
                        write!(f, "{separator}{value}")?;
                    }
                    f.write_str("]")
                }
                Cell::Int(_) | Cell::Float(_) | Cell::Bool(_) => Ok(()),
            },
        }
    }
}
