//! The simulated pickles of tinyml-mcu, as pandas opens them. JOULEBOOK_PYTHON names a Python with pandas,
//! any version from 1.0 on; with JOULEBOOK_MIRROR they are held against the published files.

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{Workspace, mirror, repository, text};

/// What pandas makes of the files: `tests/reference/read_pickles.py`.
fn opened(python: &Path, folder: &Path, files: &[String]) -> Vec<Value> {
    let mut command = Command::new(python);
    command.arg(repository().join("tests/reference/read_pickles.py"));
    let output = command.args(files.iter().map(|file| folder.join(file))).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let opened: Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("pandas {} opened {} files in {}", opened["pandas"], files.len(), folder.display());
    opened["files"].as_array().unwrap().clone()
}

/// Names and types of the columns, and the class of the index.
fn layout(frame: &Value) -> Vec<String> {
    let told = |value: &Value| value.as_str().unwrap().to_owned();
    let columns = frame["columns"].as_array().unwrap().iter();
    let columns = columns.map(|column| format!("{} {}", told(&column["name"]), told(&column["dtype"])));
    std::iter::once(told(&frame["index"]["kind"])).chain(columns).collect()
}

#[test]
fn pandas_opens_the_simulated_pickles_and_finds_the_columns_of_the_published_ones() {
    let Some(python) = std::env::var_os("JOULEBOOK_PYTHON").filter(|value| !value.is_empty()) else {
        println!("skipped: set JOULEBOOK_PYTHON to a Python with pandas");
        return;
    };
    let python = Path::new(&python);
    let workspace = Workspace::new();
    let output = workspace.run(&["simulate", "tinyml-mcu", "--out", "campaign"]);
    assert!(output.status.success(), "{}", text(&output));
    let folder = workspace.path("campaign/tinyml-mcu/simulated");
    let mut files: Vec<String> = std::fs::read_dir(folder.join("data"))
        .unwrap()
        .map(|entry| format!("data/{}", entry.unwrap().file_name().into_string().unwrap()))
        .collect();
    files.sort();
    assert_eq!(files.len(), 12);
    let simulated = opened(python, &folder, &files);
    assert!(simulated.iter().all(|frame| frame["rows"].as_u64().unwrap() >= 16));

    let Some(mirror) = mirror() else { return };
    let published = opened(python, &mirror.join("tinyml-mcu"), &files);
    for ((file, simulated), published) in files.iter().zip(&simulated).zip(&published) {
        assert_eq!(layout(simulated), layout(published), "{file}");
    }
}
