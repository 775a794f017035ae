//! A table in memory, as a raw log holds it: named columns of one type each, and labels of the rows.
//!
//! This is the neutral form between the readers of raw formats and whatever computes with the data.
//! Rows are counted from 0 by position; the labels of the index need not be unique.

use crate::cell::{Cell, CellRef};

/// A table: columns of equal length and an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    columns: Vec<Column>,
    index: Index,
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name; numbers as names are written out in decimal.
    pub name: String,
    /// The type as pandas names it, e.g. `float32`, `object`, `category`, `datetime64[ns, UTC]`;
    /// narrower than [`Self::data`] where those are widened.
    pub dtype: String,
    /// The values.
    pub data: ColumnData,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// `float64`, `float32`. Missing is NaN.
    F64(Vec<f64>),
    /// All plain integer types. None is missing.
    I64(Vec<i64>),
    /// `bool`. None is missing.
    Bool(Vec<bool>),
    /// Times in nanoseconds since 1970-01-01 UTC. Missing is [`crate::time::NAT`].
    Datetime(Vec<i64>),
    /// Cells of any kind: `object`, `category`, `string`, and nullable numbers.
    Object(Vec<Cell>),
}

/// What pandas calls the class of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexKind {
    /// `RangeIndex`: an arithmetic sequence.
    Range,
    /// `Int64Index`, up to pandas 1.5.
    Int64,
    /// `UInt64Index`, up to pandas 1.5.
    UInt64,
    /// `Float64Index`, up to pandas 1.5.
    Float64,
    /// `Index`: text or mixed labels; numbers from pandas 2 on.
    Plain,
    /// `DatetimeIndex`.
    Datetime,
    /// `CategoricalIndex`.
    Categorical,
    /// `MultiIndex`.
    Multi,
}

impl IndexKind {
    /// The class name in pandas.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Range => "RangeIndex",
            Self::Int64 => "Int64Index",
            Self::UInt64 => "UInt64Index",
            Self::Float64 => "Float64Index",
            Self::Plain => "Index",
            Self::Datetime => "DatetimeIndex",
            Self::Categorical => "CategoricalIndex",
            Self::Multi => "MultiIndex",
        }
    }
}

/// The labels of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// Its class in pandas.
    pub kind: IndexKind,
    /// The labels.
    pub labels: Labels,
}

/// Labels, one for each row. They are not unique in general.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// `start`, `start + step`, … up to but without `stop`, as Python's `range`.
    Range {
        /// Name of the index.
        name: Option<String>,
        /// First label.
        start: i64,
        /// First number beyond the labels.
        stop: i64,
        /// Distance of labels, not 0.
        step: i64,
    },
    /// One or, for a `MultiIndex`, several columns of labels.
    Levels(Vec<Level>),
}

/// One column of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Name of the index or of this level.
    pub name: Option<String>,
    /// A label for each row.
    pub data: ColumnData,
}

/// Why a column could not be had in the form that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// There is no such column.
    #[error("no column `{name}`; the columns are: {}", columns.join(", "))]
    NoColumn {
        /// The name asked for.
        name: String,
        /// The names that exist, in order.
        columns: Vec<String>,
    },
    /// The name is not unique.
    #[error("column `{name}` occurs {count} times; take it by position from `columns()`")]
    AmbiguousColumn {
        /// The name asked for.
        name: String,
        /// How often it occurs.
        count: usize,
    },
    /// A cell is of another kind than was asked for.
    #[error("column `{column}` ({dtype}), row {row}: expected {expected}, found {found}")]
    WrongCell {
        /// Name of the column.
        column: String,
        /// Its type in pandas.
        dtype: String,
        /// Row position, from 0.
        row: usize,
        /// What was asked for.
        expected: &'static str,
        /// What the cell holds.
        found: String,
    },
    /// Columns or index differ in length.
    #[error("{what} has {found} rows where the index has {expected}")]
    UnequalLength {
        /// The column.
        what: String,
        /// Rows of the index.
        expected: usize,
        /// Rows of the column.
        found: usize,
    },
}

impl Frame {
    /// A frame of these columns, all as long as the index.
    ///
    /// # Errors
    /// [`FrameError::UnequalLength`], naming the first column that is not.
    pub fn new(columns: Vec<Column>, index: Index) -> Result<Self, FrameError> {
        let expected = index.len();
        let wrong = columns.iter().find(|column| column.data.len() != expected);
        if let Some(column) = wrong {
            return Err(FrameError::UnequalLength {
                what: format!("column `{}`", column.name),
                expected,
                found: column.data.len(),
            });
        }
        Ok(Self { columns, index })
    }

    /// Number of rows.
    #[must_use]
    pub fn nrows(&self) -> usize {
        self.index.len()
    }

    /// The columns in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The row labels.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The column of this name.
    ///
    /// # Errors
    /// [`FrameError::NoColumn`] with the names that exist; [`FrameError::AmbiguousColumn`] if several
    /// columns bear the name.
    pub fn column(&self, name: &str) -> Result<&Column, FrameError> {
        let mut found = self.columns.iter().filter(|column| column.name == name);
        let first = found.next().ok_or_else(|| FrameError::NoColumn {
            name: name.to_owned(),
            columns: self.columns.iter().map(|c| c.name.clone()).collect(),
        })?;
        match found.count() {
            0 => Ok(first),
            more => Err(FrameError::AmbiguousColumn { name: name.to_owned(), count: more + 1 }),
        }
    }

    /// Whether there is a column of this name.
    #[must_use]
    pub fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }
}

impl Column {
    /// The cells as text.
    ///
    /// # Errors
    /// [`FrameError::WrongCell`] at the first cell that is not text, a missing one included.
    pub fn text(&self) -> Result<Vec<&str>, FrameError> {
        let expected = "text";
        self.convert(expected, |cell| match cell {
            CellRef::Object(Cell::Text(text)) => Some(&**text),
            _ => None,
        })
    }

    /// The cells as text, missing ones as `None`.
    ///
    /// # Errors
    /// [`FrameError::WrongCell`] at the first cell that is neither.
    pub fn optional_text(&self) -> Result<Vec<Option<&str>>, FrameError> {
        self.convert("text or nothing", |cell| match cell {
            CellRef::Object(Cell::Text(text)) => Some(Some(&**text)),
            cell if cell.is_null() => Some(None),
            _ => None,
        })
    }

    /// The cells as numbers, integers converted, missing ones (NaN, None, NA) as NaN.
    ///
    /// # Errors
    /// [`FrameError::WrongCell`] at the first cell that is no number. Booleans and times are none.
    pub fn f64(&self) -> Result<Vec<f64>, FrameError> {
        self.convert("a number", |cell| match cell {
            cell if cell.is_null() && !matches!(cell, CellRef::Datetime(_)) => Some(f64::NAN),
            cell => cell.as_f64(),
        })
    }

    /// As [`Self::f64`], but a missing number is an error too.
    ///
    /// # Errors
    /// [`FrameError::WrongCell`] at the first cell that is missing or no number.
    pub fn f64_without_nulls(&self) -> Result<Vec<f64>, FrameError> {
        self.convert("a number that is not missing", |cell| match cell {
            cell if cell.is_null() => None,
            cell => cell.as_f64(),
        })
    }

    /// The cells as integers.
    ///
    /// # Errors
    /// [`FrameError::WrongCell`] at the first cell that is no integer; a whole float is none.
    pub fn i64(&self) -> Result<Vec<i64>, FrameError> {
        self.convert("an integer", |cell| match cell {
            CellRef::Int(number) | CellRef::Object(&Cell::Int(number)) => Some(number),
            _ => None,
        })
    }

    /// The times in nanoseconds since 1970-01-01 UTC, missing ones as [`crate::time::NAT`].
    ///
    /// # Errors
    /// [`FrameError::WrongCell`] if this is no column of times.
    pub fn datetime_ns(&self) -> Result<Vec<i64>, FrameError> {
        self.convert("a time", |cell| match cell {
            CellRef::Datetime(nanoseconds) => Some(nanoseconds),
            _ => None,
        })
    }

    /// One cell, `None` beyond the last row.
    #[must_use]
    pub fn cell(&self, row: usize) -> Option<CellRef<'_>> {
        self.data.cell(row)
    }

    /// Number of missing cells: NaN, NaT, None and NA, as `isna().sum()` counts them.
    #[must_use]
    pub fn null_count(&self) -> usize {
        self.data.cells().filter(CellRef::is_null).count()
    }

    fn convert<'a, T>(
        &'a self,
        expected: &'static str,
        convert: impl Fn(CellRef<'a>) -> Option<T>,
    ) -> Result<Vec<T>, FrameError> {
        let cells = self.data.cells().enumerate();
        cells
            .map(|(row, cell)| {
                convert(cell).ok_or_else(|| FrameError::WrongCell {
                    column: self.name.clone(),
                    dtype: self.dtype.clone(),
                    row,
                    expected,
                    found: cell.describe(),
                })
            })
            .collect()
    }
}

impl ColumnData {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::F64(values) => values.len(),
            Self::I64(values) | Self::Datetime(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Object(cells) => cells.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One cell, `None` beyond the last row.
    #[must_use]
    pub fn cell(&self, row: usize) -> Option<CellRef<'_>> {
        Some(match self {
            Self::F64(values) => CellRef::Float(*values.get(row)?),
            Self::I64(values) => CellRef::Int(*values.get(row)?),
            Self::Bool(values) => CellRef::Bool(*values.get(row)?),
            Self::Datetime(values) => CellRef::Datetime(*values.get(row)?),
            Self::Object(cells) => CellRef::Object(cells.get(row)?),
        })
    }

    /// All cells in order.
    pub fn cells(&self) -> impl Iterator<Item = CellRef<'_>> {
        (0..self.len()).filter_map(|row| self.cell(row))
    }
}

impl Index {
    /// Number of labels.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.labels {
            Labels::Range { start, stop, step, .. } => range_len(*start, *stop, *step),
            Labels::Levels(levels) => levels.first().map_or(0, |level| level.data.len()),
        }
    }

    /// Whether there are no labels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the labels are just the positions 0, 1, 2, …, and nameless: nothing worth keeping.
    #[must_use]
    pub fn is_default(&self) -> bool {
        matches!(self.labels, Labels::Range { name: None, start: 0, step: 1, .. })
    }

    /// The labels of one row, one for each level; empty beyond the last row.
    #[must_use]
    pub fn row(&self, row: usize) -> Vec<CellRef<'_>> {
        match &self.labels {
            Labels::Range { start, step, .. } if row < self.len() => {
                // Inside the range, so the label fits, though `row * step` alone may not.
                let label = i128::from(*start) + row as i128 * i128::from(*step);
                i64::try_from(label).map(CellRef::Int).into_iter().collect()
            }
            Labels::Range { .. } => Vec::new(),
            Labels::Levels(levels) => levels.iter().filter_map(|l| l.data.cell(row)).collect(),
        }
    }

    /// Names of the levels, one for any index that is no `MultiIndex`.
    #[must_use]
    pub fn names(&self) -> Vec<Option<&str>> {
        match &self.labels {
            Labels::Range { name, .. } => vec![name.as_deref()],
            Labels::Levels(levels) => levels.iter().map(|level| level.name.as_deref()).collect(),
        }
    }
}

/// Length of Python's `range(start, stop, step)`; 0 if `step` is 0.
pub(crate) fn range_len(start: i64, stop: i64, step: i64) -> usize {
    let (start, stop, step) = (i128::from(start), i128::from(stop), i128::from(step));
    let (distance, stride) = if step > 0 { (stop - start, step) } else { (start - stop, -step) };
    if distance <= 0 || stride == 0 {
        return 0;
    }
    usize::try_from((distance - 1) / stride + 1).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data: ColumnData) -> Column {
        Column { name: name.into(), dtype: "any".into(), data }
    }

    fn range(start: i64, stop: i64, step: i64) -> Index {
        Index { kind: IndexKind::Range, labels: Labels::Range { name: None, start, stop, step } }
    }

    #[test]
    fn lengths_of_ranges_are_those_of_python() {
        for (start, stop, step, expected) in [
            (0, 3, 1, 3),
            (10, 4, -2, 3),
            (10, 3, -2, 4),
            (0, 0, 1, 0),
            (3, 0, 1, 0),
            (0, 1, i64::MAX, 1),
            (0, -1, i64::MIN, 1),
            (0, 5, 0, 0),
            (i64::MIN, i64::MAX, 1, usize::MAX),
        ] {
            assert_eq!(range_len(start, stop, step), expected, "range({start}, {stop}, {step})");
        }
    }

    #[test]
    fn labels_of_a_range() {
        let index = range(10, 4, -2);
        assert_eq!(index.row(2), [CellRef::Int(6)]);
        assert_eq!(index.row(3), []);
        assert!(!index.is_default());
        assert!(range(0, 3, 1).is_default());
    }

    #[test]
    fn columns_are_as_long_as_the_index() {
        let columns = vec![column("x", ColumnData::I64(vec![1, 2])), column("y", ColumnData::Bool(vec![true]))];
        let error = Frame::new(columns, range(0, 2, 1)).unwrap_err();
        assert_eq!(error.to_string(), "column `y` has 1 rows where the index has 2");
    }

    #[test]
    fn a_name_that_is_not_unique_is_refused() {
        let columns = vec![column("x", ColumnData::I64(vec![1])), column("x", ColumnData::I64(vec![2]))];
        let frame = Frame::new(columns, range(0, 1, 1)).unwrap();
        let error = frame.column("x").unwrap_err();
        assert_eq!(error, FrameError::AmbiguousColumn { name: "x".into(), count: 2 });
    }

    #[test]
    fn conversions_name_the_row_that_does_not_fit() {
        let cells = vec![Cell::Int(1), Cell::Float(2.5), Cell::None, Cell::Missing, Cell::Bool(true)];
        let mixed = column("x", ColumnData::Object(cells));
        let error = mixed.f64().unwrap_err().to_string();
        assert_eq!(error, "column `x` (any), row 4: expected a number, found the boolean true");
        let error = mixed.i64().unwrap_err().to_string();
        assert_eq!(error, "column `x` (any), row 1: expected an integer, found the number 2.5");
        assert_eq!(mixed.null_count(), 2);

        let times = column("t", ColumnData::Datetime(vec![0, crate::time::NAT]));
        assert_eq!(times.datetime_ns().unwrap(), [0, crate::time::NAT]);
        let error = times.f64().unwrap_err().to_string();
        assert_eq!(error, "column `t` (any), row 0: expected a number, found the time 1970-01-01T00:00:00");

        let texts = column("s", ColumnData::Object(vec![Cell::Text("a".into()), Cell::None]));
        assert_eq!(texts.optional_text().unwrap(), [Some("a"), None]);
        assert!(texts.text().is_err());
    }
}
