//! Frames that pandas 0.24 to 3.0 pickled, protocols 2 to 5, against what they held in memory.
//! The files and their expected content are made by tests/reference/make_pickles.py.

mod common;

use std::collections::BTreeSet;

use common::expected::Expected;
use rawlog::{ColumnData, Labels, pickle};
use serde::Deserialize;

#[derive(Deserialize)]
struct Manifest {
    pandas: String,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    file: String,
    protocol: u8,
    frame: Option<Expected>,
    /// What the error has to name, if the file cannot be read.
    error: Option<String>,
}

fn manifests() -> Vec<Manifest> {
    let mut paths: Vec<_> = std::fs::read_dir(common::pickles())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
    texts.map(|text| serde_json::from_str(&text).unwrap()).collect()
}

#[test]
fn every_version_and_protocol_reads_as_it_was_in_memory() {
    let manifests = manifests();
    let mut seen = BTreeSet::new();
    for manifest in &manifests {
        for file in &manifest.files {
            let Some(expected) = &file.frame else {
                continue;
            };
            let bytes = std::fs::read(common::pickles().join(&file.file)).unwrap();
            let (frame, summary) =
                pickle::read_with_summary(&bytes).unwrap_or_else(|error| panic!("{}: {error}", file.file));
            assert_eq!(summary.protocol, file.protocol, "{}", file.file);
            expected.compare(&frame, &file.file);
            seen.insert((manifest.pandas.as_str(), file.protocol));
        }
    }
    // Each of the versions that must be readable, with each protocol.
    for pandas in ["0.25.3", "1.0.5", "1.1.5", "1.3.5", "1.5.3", "2.0.3", "2.2.3", "3.0.3"] {
        for protocol in 2..=5 {
            assert!(seen.contains(&(pandas, protocol)), "pandas {pandas}, protocol {protocol}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let mut refused = 0;
    for manifest in manifests() {
        for file in manifest.files {
            let Some(feature) = file.error else {
                continue;
            };
            let bytes = std::fs::read(common::pickles().join(&file.file)).unwrap();
            let error = match pickle::read(&bytes) {
                Ok(_) => panic!("{} was read", file.file),
                Err(error) => error.to_string(),
            };
            assert!(error.contains(&feature), "{}: {error}", file.file);
            assert!(error.starts_with("offset "), "{}: {error}", file.file);
            refused += 1;
        }
    }
    assert!(refused >= 40, "only {refused} files");
}

#[test]
fn plain_columns_keep_their_types() {
    let bytes = std::fs::read(common::pickles().join("pandas-1.1.5-p4-mixed.pkl")).unwrap();
    let frame = pickle::read(&bytes).unwrap();
    let data = |name| &frame.column(name).unwrap().data;
    assert!(matches!(data("energy_uJ"), ColumnData::F64(_)));
    assert!(matches!(data("power_mW"), ColumnData::F64(_)));
    assert!(matches!(data("layer"), ColumnData::I64(_)));
    assert!(matches!(data("fpu"), ColumnData::Bool(_)));
    assert!(matches!(data("time"), ColumnData::Datetime(_)));
    assert!(matches!(data("board"), ColumnData::Object(_)));
    assert!(matches!(frame.index().labels, Labels::Range { .. }));

    let error = frame.column("energy").unwrap_err().to_string();
    assert!(error.starts_with("no column `energy`; the columns are: energy_uJ, board,"), "{error}");
    let error = frame.column("note").unwrap().text().unwrap_err().to_string();
    assert_eq!(error, "column `note` (object), row 1: expected text, found None (missing)");
    let error = frame.column("board").unwrap().f64().unwrap_err().to_string();
    assert_eq!(error, "column `board` (object), row 0: expected a number, found the text \"F469NI\"");
    let error = frame.column("energy_uJ").unwrap().f64_without_nulls().unwrap_err().to_string();
    assert!(error.contains("row 1: expected a number that is not missing, found NaN"), "{error}");
    assert_eq!(frame.column("stride").unwrap().f64().unwrap()[3], -32768.0);
}
