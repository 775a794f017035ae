//! The comma-separated files of vision-inference. What becomes of a log of the power monitor, whose rows
//! may be out of order or without a time, the simulated campaign tests (`tests/simulated.rs`).

use crate::assert_told;
use crate::support::{Build, Workspace, mirror, replace};

const STUDY: &str = "vision-inference";
const MODELS: &str = "logs/models.txt";
const ACCURACY: &str = "logs/accuracy.csv";
const WINDOWS: &str = "logs/pm.csv";
const TRAINING: &str = "at-ccae08d/results/cv_training.csv";
const CARBON: &str = "mlco2-impact/data/impact.csv";

const TABLES: [&str; 3] = ["vision-inference/ingest", "vision-inference/clean", "vision-inference/aggregate"];

/// Builds the tables of a workspace in which a raw file was spoilt.
fn spoilt(path: &str, spoil: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Option<(Workspace, Build)> {
    let workspace = Workspace::with_raw(&mirror()?);
    workspace.spoil_raw(STUDY, path, spoil);
    let build = workspace.build(&TABLES);
    Some((workspace, build))
}

/// The stage fails, says so with study, stage and file, and with these words.
#[track_caller]
fn assert_refused(path: &str, spoil: impl FnOnce(Vec<u8>) -> Vec<u8>, stage: &str, words: &[&str]) {
    let Some((_, build)) = spoilt(path, spoil) else { return };
    let stage = format!("{STUDY}/{stage}");
    assert_eq!(build.code, Some(1), "{}", build.errors);
    assert!(build.failed().contains(&stage.as_str()), "{stage}: {}", build.errors);
    assert_told(&build, &["study vision-inference", &stage]);
    assert_told(&build, words);
}

/// The table is the same as that of the file as it is.
#[track_caller]
fn assert_accepted(path: &str, spoil: impl FnOnce(Vec<u8>) -> Vec<u8>, table: &str) {
    let Some((workspace, build)) = spoilt(path, spoil) else { return };
    assert_eq!(build.code, Some(0), "{}", build.errors);
    let Some(mirror) = mirror() else { return };
    let as_is = Workspace::with_raw(&mirror);
    assert_eq!(as_is.build(&TABLES).code, Some(0));
    let table = format!("derived/{STUDY}/{table}.parquet");
    let read = |workspace: &Workspace| std::fs::read(workspace.path(&table)).unwrap();
    assert_eq!(read(&workspace), read(&as_is), "{path}");
}

fn text(text: &'static str) -> impl FnOnce(Vec<u8>) -> Vec<u8> {
    move |_| text.as_bytes().to_vec()
}

#[test]
fn marks_and_line_ends_do_not_matter() {
    let with_mark = |bytes: Vec<u8>| ["\u{feff}".as_bytes(), &bytes].concat();
    assert_accepted(MODELS, with_mark, "ingest/models");
    let with_crlf = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace('\n', "\r\n").into_bytes();
    assert_accepted(WINDOWS, with_crlf, "ingest/windows-inference");
    let without_last_line_end = |bytes: Vec<u8>| bytes.trim_ascii_end().to_vec();
    assert_accepted(WINDOWS, without_last_line_end, "ingest/windows-inference");
}

#[test]
fn an_empty_file_and_another_header() {
    assert_refused(ACCURACY, text("\u{feff}"), "ingest/accuracy", &["empty", "model,top1,top5", ACCURACY]);
    let words = ["line 1", "header", "name,top1,top5", "expected model,top1,top5", ACCURACY];
    assert_refused(ACCURACY, text("name,top1,top5\n"), "ingest/accuracy", &words);
}

#[test]
fn a_duplicated_model_and_a_row_that_is_cut_off() {
    let words = ["\"a\"", "line 2", "line 3", "expected each once", ACCURACY];
    assert_refused(ACCURACY, text("model,top1,top5\na,1,2\na,1,2\n"), "ingest/accuracy", &words);
    let words = ["line 3", ACCURACY];
    assert_refused(ACCURACY, text("model,top1,top5\na,1,2\nb,1\n"), "ingest/accuracy", &words);
}

#[test]
fn a_time_that_cannot_be_read_and_a_clock_that_jumps_back() {
    let seconds = |bytes| replace(bytes, b"15:46:21.270897", b"15:46:61.270897");
    assert_refused(WINDOWS, seconds, "ingest/windows-inference", &["line 2", "15:46:61", "a time such as", WINDOWS]);
    let back = |bytes| replace(bytes, b"2020-08-07 15:50:52.335178", b"2020-08-07 15:40:52.335178");
    let words = ["row 0", "ends before it starts", "the clock was set back"];
    assert_refused(WINDOWS, back, "clean/windows-inference", &words);
}

#[test]
fn a_negative_energy_and_a_text_for_a_number() {
    let negative = |bytes| replace(bytes, b",0.004347", b",-.004347");
    let words = ["line 2", "column empirical", "negative", TRAINING];
    assert_refused(TRAINING, negative, "ingest/energies-training", &words);
    let text = |bytes| replace(bytes, b",61100840.0", b",sixty_ml.0");
    assert_refused(MODELS, text, "ingest/models", &["line 2", "column parameters", "sixty_ml", MODELS]);
}

#[test]
fn results_that_the_log_cannot_be_reconstructed_from() {
    // One digit of one energy.
    let other = |bytes| replace(bytes, b",0.0043476", b",0.0053476");
    let words = ["reconstruct/training", "SHA-256", "differ from those that the rule was made for"];
    assert_refused(TRAINING, other, "reconstruct/training", &words);
}

#[test]
fn another_carbon_intensity() {
    let other = |bytes| replace(bytes, b"London,623", b"London,632");
    assert_refused(CARBON, other, "aggregate/carbon", &["the mean is", "623"]);
}
