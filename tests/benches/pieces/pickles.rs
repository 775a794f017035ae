//! Pickled data frames.

use std::fs;

use rawlog::{ColumnData, Frame};
use serde_json::json;

use crate::{Found, Outcome};

pub(crate) fn read(paths: &[String]) -> Outcome<Vec<Frame>> {
    paths.iter().map(|path| Ok(rawlog::pickle::read(&fs::read(path)?)?)).collect()
}

/// Rows, columns, and the sums of the columns of floats of all frames.
pub(crate) fn told(frames: &[Frame]) -> Found {
    let floats = |frame: &Frame| {
        let sum = |column: &rawlog::Column| match &column.data {
            ColumnData::F64(values) => Some(values.iter().filter(|value| !value.is_nan()).sum::<f64>()),
            _ => None,
        };
        frame.columns().iter().filter_map(sum).collect::<Vec<f64>>()
    };
    let mut found = Found::new();
    found.insert("rows".to_owned(), frames.iter().map(Frame::nrows).collect());
    found.insert("columns".to_owned(), frames.iter().map(|frame| frame.columns().len()).collect());
    found.insert("sums".to_owned(), json!(frames.iter().flat_map(floats).collect::<Vec<f64>>()));
    found
}
