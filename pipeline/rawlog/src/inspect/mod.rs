//! What is in a raw file, for a person who wants to see it without the program that wrote it.
//!
//! [`open`] recognises the format and reads the file into a [`Frame`]; [`describe`] lists its columns
//! with types, units and first values; [`write_csv`] and [`write_json_rows`] write all of it.

mod export;
mod render;
mod results;
mod text;

use serde::Serialize;
use serde_json::Value as Json;

pub use self::export::{write_csv, write_json_rows};
use crate::cell::{Cell, CellRef};
use crate::delimited::DelimitedError;
use crate::frame::{Column, ColumnData, Frame};
use crate::json::JsonError;
use crate::pickle::{self, PickleError};
use crate::text::TextError;

/// Characters of a cell that a description repeats, and elements of an array: cells of a file may
/// share one very long text.
const LONGEST_SHOWN: usize = 200;
const MOST_ELEMENTS: usize = 16;

/// How many rows a description shows at most.
pub const FIRST_ROWS: usize = 5;

/// A format of raw files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// A DataFrame pickled by pandas.
    PandasPickle,
    /// The CSV of the energy tracker codecarbon.
    TrackerCsv,
    /// The job log of a campaign with it.
    JobLog,
    /// Records of AIPowerMeter.
    PowerMetrics,
    /// Durations of inferences, one a line.
    LatencyCsv,
    /// The power log of a Jetson.
    JetsonPowerLog,
    /// The layers of a TensorRT engine.
    TensorRtEngine,
    /// The run times of its layers.
    TensorRtProfile,
    /// Durations of inferences that a benchmark of edge-layers timed.
    Benchmark,
    /// The power of a Jetson that does nothing.
    IdlePower,
    /// The times of each iteration of trtexec.
    TrtexecTiming,
    /// Its profile of layers.
    TrtexecProfile,
    /// Its summary.
    TrtexecSummary,
    /// Power and run time of layers in each cycle, as CSV.
    LayerPowersCsv,
    /// The same as JSON.
    LayerPowersJson,
    /// Mean power of layers.
    LayerPowers,
    /// Features of layers by table.
    LayerFeatures,
    /// Comma-separated text of no format in particular.
    Delimited,
}

/// Why a file cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The format is none that is known.
    #[error(
        "{file}: unknown format ({hint}); known are: a pandas DataFrame as pickle, protocols 2 to 5; \
         {}",
        text::KNOWN
    )]
    UnknownFormat {
        /// The file's name.
        file: String,
        /// What the content looks like.
        hint: String,
    },
    /// A pickle that cannot be read as a table.
    #[error("{file}: {source}")]
    Pickle {
        /// The file's name.
        file: String,
        /// What is wrong, with the offset.
        source: PickleError,
    },
    /// A file of lines that cannot be read.
    #[error("{file}: {source}")]
    Text {
        /// The file's name.
        file: String,
        /// What is wrong, with the line.
        source: TextError,
    },
    /// A file of JSON that cannot be read.
    #[error("{file}: {source}")]
    Json {
        /// The file's name.
        file: String,
        /// What is wrong, with line and column.
        source: JsonError,
    },
    /// A file of comma-separated text that cannot be read.
    #[error("{file}: {source}")]
    Delimited {
        /// The file's name.
        file: String,
        /// What is wrong, with the line.
        source: DelimitedError,
    },
}

/// A raw file that was recognised and read.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Name of the file, as the caller gave it.
    pub file: String,
    /// Its format.
    pub format: Format,
    /// Variant of the format in words, e.g. `pandas pickle, protocol 4`.
    pub variant: String,
    /// Its content.
    pub frame: Frame,
}

/// The format of a file by its content, and by its name where the content does not tell.
#[must_use]
pub fn detect(file_name: &str, bytes: &[u8]) -> Option<Format> {
    let named_pickle = [".pkl", ".pickle"].iter().any(|end| file_name.ends_with(end));
    if pickle::is_pickle(bytes) || named_pickle { Some(Format::PandasPickle) } else { text::detect(bytes) }
}

/// Recognises and reads a raw file.
///
/// # Errors
/// [`InspectError`], which names the file.
pub fn open(file_name: &str, bytes: &[u8]) -> Result<Opened, InspectError> {
    let file = file_name.to_owned();
    match detect(file_name, bytes) {
        Some(Format::PandasPickle) => match pickle::read_with_summary(bytes) {
            Ok((frame, summary)) => Ok(Opened {
                file,
                format: Format::PandasPickle,
                variant: format!("pandas pickle, protocol {}", summary.protocol),
                frame,
            }),
            Err(source) => Err(InspectError::Pickle { file, source }),
        },
        Some(format) => text::open(file, format, bytes),
        None => Err(InspectError::UnknownFormat {
            file,
            hint: match pickle::read(bytes) {
                Err(PickleError::NotAPickle { found }) => found,
                _ => String::new(),
            },
        }),
    }
}

impl Opened {
    /// Describes the content; see [`describe`]. Where `units` knows none, the unit is that of the format.
    #[must_use]
    pub fn describe(&self, units: impl Fn(&str) -> Option<String>) -> Description {
        Description {
            file: Some(self.file.clone()),
            format: Some(self.variant.clone()),
            ..describe(&self.frame, |column| units(column).or_else(|| text::unit(self.format, column)))
        }
    }
}

/// A table in short. Its JSON form is part of the command line's interface.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// Name of the file.
    pub file: Option<String>,
    /// Format in words.
    pub format: Option<String>,
    /// Number of rows.
    pub rows: usize,
    /// The row labels.
    pub index: IndexDescription,
    /// The columns in order.
    pub columns: Vec<ColumnDescription>,
}

/// Row labels in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexDescription {
    /// Class in pandas.
    pub kind: &'static str,
    /// Names of its levels, `null` for a level without name.
    pub names: Vec<Option<String>>,
    /// Labels of the first row, one for each level.
    pub first: Vec<Json>,
    /// Labels of the last row.
    pub last: Vec<Json>,
}

/// A column in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnDescription {
    /// Its name.
    pub name: String,
    /// Its type as pandas names it.
    pub dtype: String,
    /// Its unit, where the caller knows it.
    pub unit: Option<String>,
    /// Number of missing cells.
    pub nulls: usize,
    /// For columns of objects: the kinds of cells in them and how many, the first met first.
    pub kinds: Vec<(&'static str, usize)>,
    /// The first cells, at most [`FIRST_ROWS`]; missing ones are `null`, long ones cut short.
    pub first: Vec<Json>,
    /// The same as text, for the terminal.
    #[serde(skip)]
    pub(crate) shown: Vec<String>,
}

/// Describes a table. `units` gives the unit of a column by its name, where one is known.
#[must_use]
pub fn describe(frame: &Frame, units: impl Fn(&str) -> Option<String>) -> Description {
    let index = frame.index();
    let labels = |row: usize| index.row(row).iter().map(short_json).collect();
    Description {
        file: None,
        format: None,
        rows: frame.nrows(),
        index: IndexDescription {
            kind: index.kind.name(),
            names: index.names().iter().map(|name| name.map(str::to_owned)).collect(),
            first: labels(0),
            last: labels(frame.nrows().saturating_sub(1)),
        },
        columns: frame.columns().iter().map(|column| describe_column(column, units(&column.name))).collect(),
    }
}

fn describe_column(column: &Column, unit: Option<String>) -> ColumnDescription {
    let first: Vec<CellRef<'_>> = column.data.cells().take(FIRST_ROWS).collect();
    let mut kinds: Vec<(&'static str, usize)> = Vec::new();
    if let ColumnData::Object(cells) = &column.data {
        for cell in cells {
            match kinds.iter_mut().find(|(kind, _)| *kind == cell.kind()) {
                Some((_, count)) => *count += 1,
                None => kinds.push((cell.kind(), 1)),
            }
        }
    }
    ColumnDescription {
        name: column.name.clone(),
        dtype: column.dtype.clone(),
        unit,
        nulls: column.null_count(),
        kinds,
        first: first.iter().map(short_json).collect(),
        shown: first.iter().map(|cell| shorten(cell.to_string())).collect(),
    }
}

/// A cell as JSON, what is long in it cut short.
fn short_json(cell: &CellRef<'_>) -> Json {
    match cell {
        CellRef::Object(Cell::Array(array)) if array.values.len() > MOST_ELEMENTS => {
            Json::from(shorten(cell.to_string()))
        }
        CellRef::Object(Cell::Text(text)) => Json::from(shorten(text.to_string())),
        cell => export::json(cell),
    }
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text,
    }
}
