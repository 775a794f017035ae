//! Raw files as they are put together: rows of any type, and columns that are told of them.

use dag::Problem;
use rawlog::pickle::{self, Protocol};
use rawlog::{Array, Cell, Column, ColumnData, Frame, Index, IndexKind, Labels, Level};

/// A DataFrame under construction.
pub(super) struct Sheet<'a, R> {
    rows: &'a [R],
    columns: Vec<Column>,
}

impl<'a, R> Sheet<'a, R> {
    pub(super) fn of(rows: &'a [R]) -> Self {
        Self { rows, columns: Vec::new() }
    }

    /// A column of `object`.
    pub(super) fn object(mut self, name: &str, cell: impl Fn(&R) -> Cell) -> Self {
        let cells = self.rows.iter().map(cell).collect();
        self.columns.push(Column {
            name: name.to_owned(),
            dtype: "object".to_owned(),
            data: ColumnData::Object(cells),
        });
        self
    }

    /// A column of `object` that holds texts.
    pub(super) fn text<T: AsRef<str>>(self, name: &str, text: impl Fn(&R) -> T) -> Self {
        self.object(name, |row| Cell::Text(text(row).as_ref().into()))
    }

    /// A column of `object` that holds integers.
    pub(super) fn count(self, name: &str, number: impl Fn(&R) -> i64) -> Self {
        self.object(name, |row| Cell::Int(number(row)))
    }

    /// Columns of `object` in which nothing was ever filled in.
    pub(super) fn empty(self, names: &[&str]) -> Self {
        names.iter().fold(self, |sheet, name| sheet.object(name, |_| Cell::Float(f64::NAN)))
    }

    /// A column of `float64`.
    pub(super) fn float(mut self, name: &str, number: impl Fn(&R) -> f64) -> Self {
        let data = ColumnData::F64(self.rows.iter().map(number).collect());
        self.columns.push(Column { name: name.to_owned(), dtype: "float64".to_owned(), data });
        self
    }

    /// A column of `int64`.
    pub(super) fn integer(mut self, name: &str, number: impl Fn(&R) -> i64) -> Self {
        let data = ColumnData::I64(self.rows.iter().map(number).collect());
        self.columns.push(Column { name: name.to_owned(), dtype: "int64".to_owned(), data });
        self
    }

    /// A column of `datetime64[ns]`.
    pub(super) fn time(mut self, name: &str, nanoseconds: impl Fn(&R) -> i64) -> Self {
        let data = ColumnData::Datetime(self.rows.iter().map(nanoseconds).collect());
        self.columns.push(Column { name: name.to_owned(), dtype: "datetime64[ns]".to_owned(), data });
        self
    }

    /// Adds columns that several files have in common.
    pub(super) fn with(self, columns: impl FnOnce(Self) -> Self) -> Self {
        columns(self)
    }

    /// The file, with rows labelled by their places.
    pub(super) fn pickle(self, protocol: Protocol) -> Result<Vec<u8>, Problem> {
        let stop = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        let labels = Labels::Range { name: None, start: 0, stop, step: 1 };
        self.indexed(Index { kind: IndexKind::Range, labels }, protocol)
    }

    /// The file, with these labels of its rows.
    pub(super) fn pickle_labelled(self, labels: Vec<i64>, protocol: Protocol) -> Result<Vec<u8>, Problem> {
        let level = Level { name: None, data: ColumnData::I64(labels) };
        self.indexed(Index { kind: IndexKind::Int64, labels: Labels::Levels(vec![level]) }, protocol)
    }

    fn indexed(self, index: Index, protocol: Protocol) -> Result<Vec<u8>, Problem> {
        let frame = Frame::new(self.columns, index).map_err(|error| Problem::new(error.to_string()))?;
        pickle::write(&frame, protocol).map_err(|error| Problem::new(error.to_string()))
    }
}

/// A cell with a small array of 32-bit integers.
pub(super) fn shape(sizes: &[i64]) -> Cell {
    Cell::Array(Array { dtype: "<i4".to_owned(), values: ColumnData::I64(sizes.to_vec()) }.into())
}
