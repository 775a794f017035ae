//! Values on file beside those of the entries: what the correct analysis gives (in `[[quirk]]` tables or
//! in fields of an entry). Each study lists where they stand and which record must hold them.

use super::compare::ValueCheck;
use super::{EntryReport, Findings};
use crate::published::{Published, Token, Tolerance, Value};
use crate::record::{Cell, Record};

/// One value, or one list of values, on file and its place in a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// Id of the quirk or entry that holds the value.
    pub under: String,
    /// The names that lead to the value from there. After the name of a list of rows comes that of a
    /// column, as it stands in the field `columns`, or `<name of the list>_columns`, beside the list.
    pub path: Vec<String>,
    /// Id of the record that must hold it too.
    pub record: String,
    /// Where in that record.
    pub at: Place,
    /// What the values may differ by; without one, what their print allows.
    pub tolerance: Tolerance,
}

/// A place in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The value of that name.
    Value(String),
    /// The cell in the row with that label.
    Cell {
        /// Label of the row.
        row: String,
        /// Name of the column.
        column: String,
    },
    /// All cells of the column, from top to bottom.
    Column(String),
    /// The lengths of all bars of the series.
    Bars(String),
    /// The labels of the x and y axis.
    AxisLabels,
}

impl Expectation {
    /// The expectation that what `path` leads to under `under` stands at `at` in `record`.
    pub fn new(under: &str, path: &[&str], record: impl Into<String>, at: Place) -> Self {
        Expectation {
            under: under.to_owned(),
            path: path.iter().map(|&name| name.to_owned()).collect(),
            record: record.into(),
            at,
            tolerance: Tolerance::default(),
        }
    }

    /// Allows a relative difference, of values that no two programs make alike to all digits.
    #[must_use]
    pub fn within(mut self, relative: f64) -> Self {
        self.tolerance.relative = Some(relative);
        self
    }

    /// The values on file: one, or the items of a list.
    fn on_file<'a>(&self, published: &'a Published) -> Option<Vec<&'a Token>> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let fields = published.fields_of(&self.under)?;
        if let [list, name] = path[..]
            && let Some(Value::List(rows)) = fields.get(list)
        {
            let columns = fields.get(&format!("{list}_columns")).or_else(|| fields.get("columns"))?.as_list()?;
            let place =
                columns.iter().position(|column| column.as_token().is_some_and(|token| token.text() == name))?;
            return rows.iter().map(|row| row.as_list()?.get(place)?.as_token()).collect();
        }
        match fields.at(&path)? {
            Value::Token(token) => Some(vec![token]),
            Value::List(items) => items.iter().map(Value::as_token).collect(),
            Value::Flag(_) | Value::Table(_) => None,
        }
    }

    fn check(&self, published: &Published, record: &Record, found: &mut Findings) {
        let name = self.path.last().map_or("", String::as_str);
        let Some(expected) = self.on_file(published) else {
            let file = published.file.display();
            found.problem(format!("{file} holds no value `{}` under `{}`", self.path.join("."), self.under));
            return;
        };
        let ours = self.at.look_up(record);
        if ours.len() != expected.len() {
            found.problem(format!("{} values at {}, expected {}", ours.len(), self.at.describe(), expected.len()));
            return;
        }
        for (token, (path, cell)) in expected.into_iter().zip(ours) {
            found.check(ValueCheck::of_print(path, token, cell.as_ref(), name, &self.tolerance));
        }
    }
}

impl Place {
    /// What stands there, each with its path. A single value that is absent is one without a cell.
    fn look_up(&self, record: &Record) -> Vec<(String, Option<Cell>)> {
        let numbered = |cells: Vec<Option<Cell>>, name: &str| {
            let named = |(place, cell)| (format!("{name}[{place}]"), cell);
            cells.into_iter().enumerate().map(named).collect()
        };
        match self {
            Place::Value(name) => vec![(name.clone(), record.values.get(name).cloned())],
            Place::Cell { row, column } => vec![(format!("{row}/{column}"), record.cell(row, column).cloned())],
            Place::Column(column) => {
                let Some(place) = record.columns.iter().position(|name| name == column) else { return Vec::new() };
                let place = place + usize::from(record.has_row_labels());
                numbered(record.rows.iter().map(|row| row.get(place).cloned()).collect(), column)
            }
            Place::Bars(name) => {
                let Some(series) = record.find_series(name) else { return Vec::new() };
                numbered(series.value.iter().map(|&value| Some(value.into())).collect(), name)
            }
            Place::AxisLabels => {
                let label = |axis| record.axes.get(axis).map(|axis| axis.label.as_str().into());
                ["x", "y"].map(|axis| (format!("{axis} label"), label(axis))).into()
            }
        }
    }

    fn describe(&self) -> String {
        match self {
            Place::Value(name) => format!("value `{name}`"),
            Place::Cell { row, column } => format!("row `{row}`, column `{column}`"),
            Place::Column(column) => format!("column `{column}`"),
            Place::Bars(series) => format!("bars `{series}`"),
            Place::AxisLabels => "the labels of the axes".to_owned(),
        }
    }
}

/// Checks all expectations, gathered by record, in the order in which the records first occur.
pub(super) fn check<'a>(
    published: &Published,
    expectations: &[Expectation],
    record: impl Fn(&str) -> Option<&'a Record>,
) -> Vec<EntryReport> {
    let mut ids: Vec<&str> = Vec::new();
    for expectation in expectations {
        if !ids.contains(&expectation.record.as_str()) {
            ids.push(&expectation.record);
        }
    }
    let report = |id: &str| {
        let concerned = || expectations.iter().filter(|expectation| expectation.record == id);
        let mut sources: Vec<&str> = concerned().map(|expectation| expectation.under.as_str()).collect();
        sources.dedup();
        let source = sources.join(", ");
        let Some(record) = record(id) else {
            let mut found = Findings::default();
            found.problem(Findings::no_record(id));
            return EntryReport::conclude(id, None, source, found);
        };
        let kind = Some(record.kind);
        if record.status == crate::record::Status::Simulated {
            return EntryReport::simulated(id, kind, source);
        }
        let mut found = Findings::default();
        for expectation in concerned() {
            expectation.check(published, record, &mut found);
        }
        EntryReport::conclude(id, kind, source, found)
    };
    ids.into_iter().map(report).collect()
}
