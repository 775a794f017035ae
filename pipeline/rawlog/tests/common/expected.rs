//! What pandas holds in memory, as tests/reference/make_pickles.py writes it down.

use rawlog::Frame;
use serde::Deserialize;

use super::token;

#[derive(Deserialize)]
pub struct Expected {
    rows: usize,
    index: Index,
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Index {
    kind: String,
    levels: Vec<Level>,
}

#[derive(Deserialize)]
struct Level {
    name: Option<String>,
    cells: Vec<String>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    dtype: String,
    nulls: usize,
    cells: Vec<String>,
}

impl Expected {
    /// Asserts that the frame is what pandas holds.
    pub fn compare(&self, frame: &Frame, file: &str) {
        assert_eq!(frame.index().kind.name(), self.index.kind, "{file}");
        self.compare_but_for_class_of_index(frame, file);
    }

    /// The same where the versions of pandas that wrote and read the file call the index otherwise.
    pub fn compare_but_for_class_of_index(&self, frame: &Frame, file: &str) {
        assert_eq!(frame.nrows(), self.rows, "{file}");
        let names = frame.index().names();
        assert_eq!(names.len(), self.index.levels.len(), "{file}");
        for (number, level) in self.index.levels.iter().enumerate() {
            assert_eq!(names[number], level.name.as_deref(), "{file}");
            let cells: Vec<String> = (0..frame.nrows()).map(|row| token(&frame.index().row(row)[number])).collect();
            assert_eq!(cells, level.cells, "{file}: index");
        }
        let names: Vec<&str> = frame.columns().iter().map(|c| c.name.as_str()).collect();
        let expected_names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, expected_names, "{file}");
        for (column, expected) in frame.columns().iter().zip(&self.columns) {
            let what = format!("{file}: {}", column.name);
            let cells: Vec<String> = column.data.cells().map(|cell| token(&cell)).collect();
            assert_eq!(cells, expected.cells, "{what}");
            assert_eq!(column.dtype, expected.dtype, "{what}");
            assert_eq!(column.null_count(), expected.nulls, "{what}");
        }
    }
}
