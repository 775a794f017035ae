//! The record: what the pipeline made for one artifact of a study, at full precision.
//!
//! Each analysis writes one record for each artifact (`derived/<study>/records/<id>.json`). The
//! papers take their numbers from records, and `cargo xtask verify` compares records with the
//! published values. The JSON form is deterministic: keys in the order of the fields of
//! [`Record`], two spaces of indent, a line feed at the end, each number with the fewest digits
//! that give the same `f64` back, `null` for a number that does not exist (NaN, infinity).
//!
//! ```json
//! { "id": "fig3.resnet.pareto_x", "kind": "table", "status": "published",
//!   "units": { "latency_mean": "ms" },
//!   "columns": ["latency_mean"],
//!   "rows": [[5, 448.09717988], [14, 2209.188125]] }
//! ```
//!
//! A row holds one cell for each column or, if the table has an index, one cell more: the first
//! is then the label of the row.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod data;

pub(crate) use data::cells;
pub use data::{Axis, Cell, Named, Role, Scale, Series};

/// What sort of artifact a record or a published entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Rows and columns.
    Table,
    /// The parameters of a fit, by name.
    Regression,
    /// Single numbers or texts, by name.
    Scalar,
    /// Series of points, with axes.
    Figure,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Table => "table",
            Kind::Regression => "regression",
            Kind::Scalar => "scalar",
            Kind::Figure => "figure",
        })
    }
}

/// Which data a record was made from, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The raw files that the authors published.
    #[default]
    Published,
    /// Logs that were never released, reconstructed from published energies.
    Reconstructed,
    /// The simulated campaign.
    Simulated,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Status::Published => "published",
            Status::Reconstructed => "reconstructed",
            Status::Simulated => "simulated",
        })
    }
}

/// What was made for one artifact. Built with [`Record::table`], [`Record::regression`],
/// [`Record::scalar`] or [`Record::figure`] and the methods that follow them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The id of the artifact, `<id>.corrected` for what the correct analysis gives.
    pub id: String,
    /// The sort of artifact.
    pub kind: Kind,
    /// The data it was made from.
    pub status: Status,
    /// A heading in our own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the artifact stands in the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What a reader of the numbers must know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Id of the quirk of the original that the values imitate or, in a corrected record, undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quirk: Option<String>,
    /// Id of the record that holds what the correct analysis gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
    /// The unit of a column or of a value, by its name. What has no unit is not listed.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub units: Named<String>,
    /// The names of the columns of a table, the index left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Rows and columns of the whole frame, where `rows` shows an excerpt of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<[usize; 2]>,
    /// The rows of a table; the first cell is the label if there is one cell more than columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Vec<Cell>>,
    /// Values by name. Regressions use the names of scipy's `linregress`: `slope`, `intercept`,
    /// `rvalue`, `pvalue`, `stderr`, and `n` for the number of points.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub values: Named<Cell>,
    /// The drawing of a figure, by its path in the project of a paper: `figures/fig5.svg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The axes of a figure: `x` and `y`, and further ones such as `top`.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub axes: Named<Axis>,
    /// The series of a figure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Series>,
    /// Columns, values or series that the held data do not give, so that they cannot be compared.
    /// `verify` accepts this only of an artifact that is on file as partly recomputable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_recomputable: Vec<String>,
}

impl Record {
    fn new(id: impl Into<String>, kind: Kind) -> Self {
        Record {
            id: id.into(),
            kind,
            status: Status::default(),
            title: None,
            source: None,
            note: None,
            quirk: None,
            corrected: None,
            units: Named::new(),
            columns: Vec::new(),
            shape: None,
            rows: Vec::new(),
            values: Named::new(),
            file: None,
            axes: Named::new(),
            series: Vec::new(),
            not_recomputable: Vec::new(),
        }
    }

    /// An empty table.
    pub fn table(id: impl Into<String>) -> Self {
        Record::new(id, Kind::Table)
    }

    /// A regression without values.
    pub fn regression(id: impl Into<String>) -> Self {
        Record::new(id, Kind::Regression)
    }

    /// A scalar without a value.
    pub fn scalar(id: impl Into<String>) -> Self {
        Record::new(id, Kind::Scalar)
    }

    /// A figure without series.
    pub fn figure(id: impl Into<String>) -> Self {
        Record::new(id, Kind::Figure)
    }

    /// Says which data the record was made from; without it, the published raw files.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Sets the heading.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Says where the artifact stands in the original.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Sets the remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Names the quirk of the original that is imitated or undone here.
    #[must_use]
    pub fn quirk(mut self, quirk: impl Into<String>) -> Self {
        self.quirk = Some(quirk.into());
        self
    }

    /// Links to `<id>.corrected`, the record of the correct analysis.
    #[must_use]
    pub fn with_correction(mut self) -> Self {
        self.corrected = Some(format!("{}.corrected", self.id));
        self
    }

    /// Sets the unit of the column or value called `name`.
    #[must_use]
    pub fn unit(mut self, name: impl Into<String>, unit: impl Into<String>) -> Self {
        self.units.set(name, unit.into());
        self
    }

    /// Sets the names of the columns, the index left out.
    #[must_use]
    pub fn columns<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.columns = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a row with a label, its place in the index. The macro `cells!` lists cells of different types.
    #[must_use]
    pub fn row<C: Into<Cell>>(mut self, label: impl Into<Cell>, cells: impl IntoIterator<Item = C>) -> Self {
        let mut row = vec![label.into()];
        row.extend(cells.into_iter().map(Into::into));
        self.rows.push(row);
        self
    }

    /// Adds a row of a table that has no index: one cell for each column.
    #[must_use]
    pub fn plain_row<C: Into<Cell>>(mut self, cells: impl IntoIterator<Item = C>) -> Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Says that the rows are an excerpt of a frame of that many rows and columns.
    #[must_use]
    pub fn excerpt_of(mut self, rows: usize, columns: usize) -> Self {
        self.shape = Some([rows, columns]);
        self
    }

    /// Sets the value called `name`.
    #[must_use]
    pub fn value(mut self, name: impl Into<String>, value: impl Into<Cell>) -> Self {
        self.values.set(name, value.into());
        self
    }

    /// Names the drawing of the figure.
    #[must_use]
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Sets the x axis.
    #[must_use]
    pub fn x_axis(self, axis: Axis) -> Self {
        self.axis("x", axis)
    }

    /// Sets the y axis.
    #[must_use]
    pub fn y_axis(self, axis: Axis) -> Self {
        self.axis("y", axis)
    }

    /// Sets the axis called `name`, such as `top` for a second x axis.
    #[must_use]
    pub fn axis(mut self, name: impl Into<String>, axis: Axis) -> Self {
        self.axes.set(name, axis);
        self
    }

    /// Adds a series.
    #[must_use]
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Says that the held data do not give the column, value or series called `name`.
    #[must_use]
    pub fn not_recomputable(mut self, name: impl Into<String>) -> Self {
        self.not_recomputable.push(name.into());
        self
    }

    /// Whether the rows carry a label in front of the columns.
    pub fn has_row_labels(&self) -> bool {
        self.rows.first().is_some_and(|row| row.len() == self.columns.len() + 1)
    }

    /// The cell in the row with that label (of a table without index: first cell) and that column.
    pub fn cell(&self, row: &str, column: &str) -> Option<&Cell> {
        let column = self.columns.iter().position(|name| name == column)?;
        let row = self.rows.iter().find(|cells| cells.first().is_some_and(|label| label.is_label(row)))?;
        row.get(column + usize::from(self.has_row_labels()))
    }

    /// The series called `name`.
    pub fn find_series(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }

    /// The name of the record's file.
    pub fn file_name(&self) -> String {
        format!("{}.json", self.id)
    }

    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// [`RecordError::Inconsistent`] if the id cannot be a file name, rows differ in length,
    /// a column or series occurs twice, or the arrays of a series do not belong together.
    pub fn check(&self) -> Result<(), RecordError> {
        let complain = |problem: String| Err(RecordError::Inconsistent { id: self.id.clone(), problem });
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if self.id.is_empty() || self.id.starts_with('.') || !self.id.chars().all(plain) {
            return complain(
                "its id must consist of letters, digits, '.', '-' and '_', and not start with '.'".to_owned(),
            );
        }
        if let Some(name) = first_repeated(&self.columns) {
            return complain(format!("column `{name}` occurs twice"));
        }
        let width = self.columns.len() + usize::from(self.has_row_labels());
        for (number, row) in self.rows.iter().enumerate() {
            if row.len() != width {
                return complain(format!(
                    "row {number} has {} cells, but {} columns need {width}",
                    row.len(),
                    self.columns.len(),
                ));
            }
        }
        let names: Vec<String> = self.series.iter().map(|s| s.name.clone()).collect();
        if let Some(name) = first_repeated(&names) {
            return complain(format!("series `{name}` occurs twice"));
        }
        for series in &self.series {
            if let Err(problem) = series.check() {
                return complain(format!("series `{}`: {problem}", series.name));
            }
        }
        Ok(())
    }

    /// The JSON form.
    ///
    /// # Errors
    /// Those of [`Record::check`].
    pub fn to_json(&self) -> Result<String, RecordError> {
        self.check()?;
        let mut json = serde_json::to_string_pretty(self)
            .map_err(|source| RecordError::Json { file: PathBuf::from(self.file_name()), source })?;
        json.push('\n');
        Ok(json)
    }

    /// Reads the JSON form. `file` is named in errors.
    ///
    /// # Errors
    /// [`RecordError::Json`] if it is no record, and those of [`Record::check`].
    pub fn from_json(json: &str, file: &Path) -> Result<Record, RecordError> {
        let record: Record =
            serde_json::from_str(json).map_err(|source| RecordError::Json { file: file.to_owned(), source })?;
        record.check()?;
        Ok(record)
    }
}

/// The first name that occurs again later in the list.
fn first_repeated(names: &[String]) -> Option<&String> {
    names.iter().enumerate().find(|(place, name)| names[place + 1..].contains(name)).map(|(_, name)| name)
}

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The parts of the record do not fit together.
    #[error("record `{id}`: {problem}")]
    Inconsistent {
        /// Id of the record.
        id: String,
        /// What is wrong.
        problem: String,
    },
    /// The text is not the JSON form of a record.
    #[error(
        "{}: not a record: {source}; remove the file and run `cargo xtask build-paper` to make it again",
        file.display()
    )]
    Json {
        /// The file.
        file: PathBuf,
        /// What serde_json says, with line and column.
        source: serde_json::Error,
    },
}

#[cfg(test)]
mod tests;
