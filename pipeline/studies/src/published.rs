//! The values that a study published: `paper/published/<study>.toml`.
//!
//! Each `[[entry]]` is one artifact of the original, with its values as printed. Printed values stand
//! as texts, so that their precision is kept. How they stand there depends on the artifact:
//!
//! | fields | what they hold |
//! | --- | --- |
//! | `columns`, `rows` | a table; a row with one cell more than there are columns begins with its label |
//! | `display_rows` | the same rows as the original shows them, where `rows` lost digits in between |
//! | `slope`, `intercept`, `rvalue`, `pvalue`, `stderr` | a regression |
//! | `values = {…}`, `value`, `values_text = {…}` | values by name |
//! | `values = […]` with `columns` | values by name; without `columns` a table of one column `value` |
//! | `order = […]` | a table of one column `order` |
//! | `series = [{key, role, …}]`, `x_axis`, `y_axis` | coordinates read from a vector drawing |
//! | `points = [[x, "y"]]`, `reading_error` | points read from a picture, good to `reading_error` |
//!
//! `values_on_file = false` says that the entry holds none; those that it holds all the same are read.
//! An entry may state a tolerance of its own: `tolerance` (absolute) or `rel_tolerance`; points of a picture
//! may be off by that or by the reading error, whichever is more. `digits = "cut"` says that the prints were
//! cut off, not rounded. All other fields are remarks; they stay reachable through [`Entry::fields`].
//! `[[quirk]]` describes an error of the original and holds what the correct analysis gives. What stands under
//! `[[derived]]` was not published, but reckoned from the published data by other means than here: it is read as
//! an entry, `text` says what it is, and it never counts among what was published.

use std::io;
use std::path::{Path, PathBuf};

use crate::record::{Kind, Role, Series};

mod fields;
mod read;
mod token;

pub use fields::{Field, Fields, Value};
pub use token::{Decimal, Token};

/// The only `schema` so far. A file without the field has it.
const SCHEMA: &str = "1";

/// The content of one `paper/published/<study>.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The file, for messages.
    pub file: PathBuf,
    /// Name of the study.
    pub study: String,
    /// The entries in the order of the file, derived ones last. Ids are unique.
    pub entries: Vec<Entry>,
    /// The errors of the original.
    pub quirks: Vec<Quirk>,
}

/// One published artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its id, also that of the record.
    pub id: String,
    /// The sort of artifact.
    pub kind: Kind,
    /// Heading, if the file gives one.
    pub title: Option<String>,
    /// Where it stands in the original.
    pub source: String,
    /// `seed` or `upstream`: which document shows it; `None` if derived.
    pub origin: Option<String>,
    /// Whether the held data give it.
    pub recomputable: Recomputable,
    /// Why it is so.
    pub why: Option<String>,
    /// What a reader of the values must know.
    pub note: Option<String>,
    /// Which data give it, where that is not the published raw files: `simulated`, `inventory`, ….
    pub basis: Option<String>,
    /// Whether a newer print of the same artifact exists.
    pub superseded: bool,
    /// Whether the entry was not published, but reckoned from the published data: it is checked besides.
    pub derived: bool,
    /// Names of the columns, the index left out.
    pub columns: Option<Vec<String>>,
    /// Number of rows of the table.
    pub rows_total: Option<usize>,
    /// Rows and columns of the frame of which the table shows an excerpt.
    pub shape: Option<[usize; 2]>,
    /// Number of points of a regression.
    pub n: Option<usize>,
    /// Number of points of a figure.
    pub n_points: Option<usize>,
    /// How many printed cells are known not to come out, whoever recomputes them: `cells` less `cells_ok`.
    pub cells_lost: usize,
    /// The values as printed.
    pub expected: Expected,
    /// Tolerances that the entry states.
    pub tolerance: Tolerance,
    /// Every field as it stands in the file.
    pub fields: Fields,
    /// The line in the file, from 1.
    pub line: usize,
}

/// Whether the held data give a published artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recomputable {
    /// In full.
    Yes,
    /// In part.
    Partly,
    /// Not at all.
    No,
}

/// The values of an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// None are on file.
    Nothing,
    /// Rows of a table. All have as many cells as there are columns, or one more: the label in front.
    Table(Vec<Vec<Token>>),
    /// Values by name.
    Values(Vec<(String, Token)>),
    /// Coordinates read from a vector drawing.
    Drawing(Drawing),
    /// Points read from a picture.
    Points(Points),
}

/// Series read from a vector drawing, in units of its axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Length of the x axis; `None` if it shows categories.
    pub x_span: Option<f64>,
    /// Length of the y axis; `None` if it shows categories.
    pub y_span: Option<f64>,
    /// The series. Their names are unique, their arrays fit together, and each lies on axes with a span.
    pub series: Vec<Series>,
}

/// Points read from a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    /// Places on the x axis, which are settings and thus exact, with the heights as read.
    pub points: Vec<(Token, Token)>,
    /// How far a reading may be off.
    pub reading_error: f64,
    /// Places of further points that cannot be read.
    pub unread: Vec<Token>,
}

/// Tolerances that an entry states.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tolerance {
    /// Largest difference.
    pub absolute: Option<f64>,
    /// Largest difference in units of the published value.
    pub relative: Option<f64>,
    /// Whether the digits after the printed ones were cut off rather than rounded.
    pub cut: bool,
    /// How far two runs of an unseeded bootstrap lie apart, in units of the y span.
    pub band_spread: Option<f64>,
}

/// An error of the original.
#[derive(Debug, Clone, PartialEq)]
pub struct Quirk {
    /// Its id.
    pub id: String,
    /// Which entries it affects, in words.
    pub applies_to: String,
    /// What the original does.
    pub upstream_does: String,
    /// Every field as it stands in the file, among them the corrected values.
    pub fields: Fields,
}

impl Published {
    /// Reads a file.
    ///
    /// # Errors
    /// [`PublishedError::Read`], and those of [`Published::parse`].
    pub fn read(file: &Path) -> Result<Published, PublishedError> {
        let text =
            std::fs::read_to_string(file).map_err(|source| PublishedError::Read { file: file.to_owned(), source })?;
        Published::parse(file, &text)
    }

    /// Parses the text of a file, which is named in errors.
    ///
    /// # Errors
    /// [`PublishedError::Syntax`] if the text is no TOML, [`PublishedError::Entry`] if a field of an
    /// entry is missing, of another type, contradicts another field, or repeats an id.
    pub fn parse(file: &Path, text: &str) -> Result<Published, PublishedError> {
        read::published(file, text)
    }

    /// The entry with that id.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The fields of the quirk or, if there is none with that id, of the entry.
    pub fn fields_of(&self, id: &str) -> Option<&Fields> {
        let quirk = self.quirks.iter().find(|quirk| quirk.id == id);
        quirk.map_or_else(|| self.entry(id).map(|entry| &entry.fields), |quirk| Some(&quirk.fields))
    }
}

impl Entry {
    /// Whether the rows of the table begin with a label.
    pub fn has_row_labels(&self) -> bool {
        match (&self.expected, &self.columns) {
            (Expected::Table(rows), Some(columns)) => rows.first().is_some_and(|row| row.len() == columns.len() + 1),
            _ => false,
        }
    }
}

impl Drawing {
    /// The span of the axis along which bars have their length.
    pub fn bar_span(&self) -> Option<f64> {
        self.x_span.xor(self.y_span)
    }

    /// Whether the axes that the series lies on have a span.
    fn carries(&self, series: &Series) -> bool {
        match series.role {
            Role::Bars => self.bar_span().is_some(),
            _ => self.x_span.is_some() && self.y_span.is_some(),
        }
    }
}

/// Why a file of published values was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishedError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}; it is part of the repository: restore it with git", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("{}:{line}: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A field is not as it must be.
    #[error("{}:{line}: {entry}: {problem}", file.display())]
    Entry {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Which entry, quirk or other part.
        entry: String,
        /// The field, what was expected and what stands there.
        problem: String,
    },
}

#[cfg(test)]
mod tests;
