//! Tables that stages hand to each other: polars frames in parquet, columns with unit and meaning.

use std::io::{Cursor, Write};
use std::sync::Arc;

use dag::{Context, Problem};
use polars_core::prelude::{
    BooleanChunked, ChunkCompareEq as _, Column as Series, DataFrame, DataType, IdxCa, IdxSize, PolarsError,
};
use polars_io::parquet::write::KeyValueMetadata;
use polars_io::prelude::{ParquetCompression, ParquetReader, ParquetWriter, SerReader};
use rawlog::{CellRef, ColumnData, Frame};

mod field;
mod parts;

pub(crate) use field::{Field, Fields, fields_of_csv};
pub(crate) use parts::{PART, Parts};

/// A column of a derived table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name; `a|b` where it is called either.
    pub(crate) name: &'static str,
    /// Unit as printed on an axis; empty for texts, counts and ratios.
    pub(crate) unit: &'static str,
    /// What it holds, in a few words.
    pub(crate) meaning: &'static str,
}

impl Column {
    pub(crate) const fn new(name: &'static str, unit: &'static str, meaning: &'static str) -> Self {
        Self { name, unit, meaning }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name.split('|').any(|alternative| alternative == name)
    }
}

/// A table as read by a stage. What is asked of it and not there is a [`Problem`] that names the
/// file and the row.
#[derive(Clone)]
pub(crate) struct Table {
    frame: DataFrame,
    file: String,
    /// Rows of the file before these, if it is read in parts.
    first: usize,
    /// The columns of the file, of which not all may have been read.
    in_file: Arc<[String]>,
}

impl Table {
    /// Reads the parquet behind an input of the stage.
    pub(crate) fn read(cx: &Context<'_>, role: &str) -> Result<Self, Problem> {
        let file = cx.input_path(role)?.to_owned();
        let reader = ParquetReader::new(Cursor::new(cx.read(role)?));
        let frame = reader.finish().map_err(|error| broken(&error).in_file(&file))?;
        let in_file = frame.get_column_names().iter().map(ToString::to_string).collect();
        Ok(Self { frame, file, first: 0, in_file })
    }

    /// Says which raw file the table came from, for messages.
    pub(crate) fn read_from(mut self, file: &str) -> Self {
        file.clone_into(&mut self.file);
        self
    }

    /// A problem with this table.
    pub(crate) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(message).in_file(&self.file)
    }

    pub(crate) fn len(&self) -> usize {
        self.frame.height()
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        self.frame.column(column).is_ok()
    }

    /// The names of all columns.
    pub(crate) fn names(&self) -> Vec<String> {
        self.frame.get_column_names().iter().map(ToString::to_string).collect()
    }

    /// The names of the columns that hold numbers, or nothing.
    pub(crate) fn number_names(&self) -> Vec<String> {
        let numbers = self.frame.columns().iter().filter(|column| !matches!(column.dtype(), DataType::String));
        numbers.map(|column| column.name().to_string()).collect()
    }

    /// The label of a row: its place in the raw file, where the table tells it.
    pub(crate) fn label(&self, row: usize) -> String {
        let label = ["row", "index"].iter().find_map(|name| self.frame.column(name).ok()?.i64().ok()?.get(row));
        label.map_or_else(|| (self.first + row).to_string(), |label| label.to_string())
    }

    /// The rows' places in the file, from 0.
    pub(crate) fn positions(&self) -> Vec<i64> {
        (0..).skip(self.first).take(self.len()).collect()
    }

    /// A column of numbers; what is missing is NaN.
    pub(crate) fn floats(&self, name: &str) -> Result<Vec<f64>, Problem> {
        let column = self.column(name)?;
        let floats = column.cast(&DataType::Float64).ok().filter(|floats| floats.null_count() == column.null_count());
        let floats =
            floats.filter(|_| !matches!(column.dtype(), DataType::String) || column.null_count() == self.len());
        let floats = floats.ok_or_else(|| self.wrong_type(column, "numbers"))?;
        let floats = floats.f64().map_err(|error| broken(&error))?;
        Ok(floats.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
    }

    /// A column of numbers of which none may be missing or infinite.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<f64>, Problem> {
        let floats = self.floats(name)?;
        match floats.iter().position(|value| !value.is_finite()) {
            None => Ok(floats),
            Some(row) => {
                let problem = self.problem(format!(
                    "row {}, column {name}: {} where a number is needed",
                    self.label(row),
                    floats[row]
                ));
                Err(problem
                    .expected("a finite number in each row")
                    .help("correct the raw file, or drop the row in the clean step and say so"))
            }
        }
    }

    /// A column of integers of which none may be missing.
    pub(crate) fn integers(&self, name: &str) -> Result<Vec<i64>, Problem> {
        let column = self.column(name)?;
        let integers = column.i64().map_err(|_| self.wrong_type(column, "integers"))?;
        integers.iter().enumerate().map(|(row, value)| value.ok_or_else(|| self.absent(name, row))).collect()
    }

    /// A column of texts of which none may be missing.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Problem> {
        let column = self.column(name)?;
        let texts = column.str().map_err(|_| self.wrong_type(column, "texts"))?;
        let text = |(row, value): (usize, Option<&str>)| value.map(str::to_owned).ok_or_else(|| self.absent(name, row));
        texts.iter().enumerate().map(text).collect()
    }

    /// The rows in which a column is missing.
    pub(crate) fn where_null(&self, name: &str) -> Result<Self, Problem> {
        let mask = self.column(name)?.is_null();
        self.with(self.frame.filter(&mask))
    }

    /// The rows that are to be kept, in their order; `kept` says it of each row.
    pub(crate) fn filter(&self, kept: impl IntoIterator<Item = bool>) -> Result<Self, Problem> {
        let kept: BooleanChunked = kept.into_iter().collect();
        self.with(self.frame.filter(&kept))
    }

    /// The rows in which a column holds a text.
    pub(crate) fn of(&self, column: &str, text: &str) -> Result<Self, Problem> {
        let column = self.column(column)?;
        let kept = column.str().map_err(|_| self.wrong_type(column, "texts"))?.equal(text);
        self.with(self.frame.filter(&kept))
    }

    /// The rows in which a column holds a number of which `wanted` is true; what is missing is NaN.
    pub(crate) fn of_numbers(&self, column: &str, wanted: impl FnMut(f64) -> bool) -> Result<Self, Problem> {
        self.filter(self.floats(column)?.into_iter().map(wanted))
    }

    /// The rows at the given places, in the given order.
    pub(crate) fn take(&self, rows: &[usize]) -> Result<Self, Problem> {
        let rows: Vec<IdxSize> = rows.iter().map(|&row| IdxSize::try_from(row).unwrap_or(IdxSize::MAX)).collect();
        self.with(self.frame.take(&IdxCa::from_vec("rows".into(), rows)))
    }

    fn with(&self, frame: Result<DataFrame, PolarsError>) -> Result<Self, Problem> {
        let frame = frame.map_err(|error| broken(&error).in_file(&self.file))?;
        Ok(Self { frame, file: self.file.clone(), first: self.first, in_file: Arc::clone(&self.in_file) })
    }

    fn column(&self, name: &str) -> Result<&Series, Problem> {
        self.frame.column(name).map_err(|_| {
            self.problem(format!("there is no column {name}"))
                .expected(format!("{name} among {}", self.in_file.join(", ")))
                .help("check that the raw file is the one that the study was made from")
        })
    }

    fn wrong_type(&self, column: &Series, expected: &str) -> Problem {
        self.problem(format!("column {} holds {}", column.name(), column.dtype())).expected(expected)
    }

    fn absent(&self, column: &str, row: usize) -> Problem {
        self.problem(format!("row {}, column {column}: nothing where a value is needed", self.label(row)))
    }
}

/// A table under construction, column by column.
#[derive(Default)]
pub(crate) struct Rows {
    columns: Vec<Series>,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// All columns of a table.
    pub(crate) fn of(table: &Table) -> Self {
        Self { columns: table.frame.columns().to_vec() }
    }

    /// The same with other numbers in a column.
    pub(crate) fn with_floats(mut self, name: &str, values: Vec<f64>) -> Self {
        if let Some(column) = self.columns.iter_mut().find(|column| column.name() == name) {
            *column = Series::new(name.into(), values);
        }
        self
    }

    /// The same without a column.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.columns.retain(|column| column.name() != name);
        self
    }

    pub(crate) fn floats(mut self, name: &str, values: Vec<f64>) -> Self {
        self.columns.push(Series::new(name.into(), values));
        self
    }

    pub(crate) fn integers(mut self, name: &str, values: Vec<i64>) -> Self {
        self.columns.push(Series::new(name.into(), values));
        self
    }

    pub(crate) fn texts(mut self, name: &str, values: Vec<String>) -> Self {
        self.columns.push(Series::new(name.into(), values));
        self
    }

    /// Writes the table to an output of the stage, after a look that it has the columns that are
    /// declared for it.
    pub(crate) fn write(self, cx: &mut Context<'_>, role: &str, schema: &[Column]) -> Result<(), Problem> {
        let (frame, told) = self.frame(schema)?;
        write(cx, role, frame, &told)
    }

    /// The table as a frame, with unit and meaning of each column.
    fn frame(self, schema: &[Column]) -> Result<(DataFrame, Vec<Told>), Problem> {
        let frame = DataFrame::new_infer_height(self.columns).map_err(|error| broken(&error))?;
        let names = frame.get_column_names();
        let as_declared =
            names.len() == schema.len() && schema.iter().zip(&names).all(|(column, name)| column.is_called(name));
        if !as_declared {
            let declared: Vec<_> = schema.iter().map(|column| column.name).collect();
            return Err(Problem::new(format!("the table has the columns {names:?}")).expected(declared.join(", ")));
        }
        Ok((frame, schema.iter().map(|column| (column.unit, column.meaning)).collect()))
    }
}

/// Unit and meaning of a column.
type Told = (&'static str, &'static str);

/// Writes a frame of a raw file to an output of the stage, each column with the type that its
/// cells allow, and the row labels as the column `index`. `tell` knows unit and meaning of a column.
pub(crate) fn write_raw(
    cx: &mut Context<'_>,
    role: &str,
    raw: &Frame,
    tell: impl Fn(&str) -> (&'static str, &'static str),
) -> Result<(), Problem> {
    let index = (0..raw.nrows()).map(|row| match raw.index().row(row).first() {
        Some(CellRef::Int(label)) => *label,
        _ => i64::try_from(row).unwrap_or(i64::MAX),
    });
    let mut columns = vec![Series::new("index".into(), index.collect::<Vec<_>>())];
    for column in raw.columns() {
        let name = column.name.as_str().into();
        columns.push(match &column.data {
            ColumnData::F64(values) => {
                Series::new(name, values.iter().map(|v| (!v.is_nan()).then_some(*v)).collect::<Vec<_>>())
            }
            ColumnData::I64(values) | ColumnData::Datetime(values) => Series::new(name, values.clone()),
            ColumnData::Bool(values) => Series::new(name, values.clone()),
            ColumnData::Object(_) => objects(column),
        });
    }
    let frame = DataFrame::new_infer_height(columns).map_err(|error| broken(&error))?;
    let told = raw.columns().iter().map(|column| tell(&column.name));
    let told: Vec<_> = std::iter::once(("", "Label of the row in the raw file")).chain(told).collect();
    write(cx, role, frame, &told)
}

/// Cells of any kind: integers or numbers where all are, else their text.
fn objects(column: &rawlog::Column) -> Series {
    let name = column.name.as_str().into();
    let cells: Vec<_> = column.data.cells().map(|cell| (!cell.is_null()).then_some(cell)).collect();
    let present = || cells.iter().flatten();
    if present().next().is_none() {
        return Series::new(name, vec![None::<&str>; cells.len()]);
    }
    let integer = |cell: &CellRef<'_>| match cell {
        CellRef::Object(rawlog::Cell::Int(value)) => Some(*value),
        _ => None,
    };
    if present().all(|cell| integer(cell).is_some()) {
        Series::new(name, cells.iter().map(|cell| cell.as_ref().and_then(integer)).collect::<Vec<_>>())
    } else if present().all(|cell| cell.as_f64().is_some()) {
        Series::new(name, cells.iter().map(|cell| cell.as_ref().and_then(CellRef::as_f64)).collect::<Vec<_>>())
    } else {
        Series::new(name, cells.iter().map(|cell| cell.as_ref().map(ToString::to_string)).collect::<Vec<_>>())
    }
}

/// Writes a frame to an output of the stage.
fn write(cx: &mut Context<'_>, role: &str, mut frame: DataFrame, told: &[Told]) -> Result<(), Problem> {
    let mut bytes = Vec::new();
    writer(&mut bytes, &frame, told)?.finish(&mut frame).map_err(|error| broken(&error))?;
    cx.write(role, bytes)
}

/// A writer of frames with the columns of this one, with the unit and the meaning of each in the metadata of the file.
fn writer<W: Write>(to: W, frame: &DataFrame, told: &[Told]) -> Result<ParquetWriter<W>, Problem> {
    let fields = frame.columns().iter().zip(told);
    let fields = fields.map(|(column, (unit, meaning))| Field::of(column, unit, meaning));
    let schema = serde_json::to_string(&Fields { fields: fields.collect() });
    let schema = schema.map_err(|error| Problem::new(error.to_string()))?;
    // Uncompressed: the tables are small, and a reviewer may look at them with anything.
    let writer = ParquetWriter::new(to).with_compression(ParquetCompression::Uncompressed).set_parallel(false);
    let schema = KeyValueMetadata::from_static(vec![(field::KEY.to_owned(), schema)]);
    Ok(writer.with_key_value_metadata(Some(schema)))
}

fn broken(error: &PolarsError) -> Problem {
    Problem::new(format!("the table cannot be used: {error}"))
}
