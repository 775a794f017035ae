//! The pickles of tinyml-mcu, and what holds for all raw files: pins, hashes, folders.

use std::fs;

use crate::assert_told;
use crate::support::{Build, Workspace, mirror, replace, text};

const STUDY: &str = "tinyml-mcu";
const INFERENCES: &str = "data/A_Aggregated_energy_inference_table.pkl";
const LAYERS: &str = "data/A_Aggregated_energy_inference_layer_table.pkl";

/// Spoils a raw file of a built workspace and builds again.
fn spoilt(path: &str, spoil: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Option<Build> {
    let workspace = Workspace::with_raw(&mirror()?);
    assert_eq!(workspace.build(&[STUDY]).code, Some(0));
    let (derived, figures) = (workspace.contents("derived"), workspace.contents("figures"));
    workspace.spoil_raw(STUDY, path, spoil);
    let build = workspace.build(&[STUDY]);
    assert_eq!(build.code, Some(1), "{}", build.errors);
    assert!(workspace.contents("figures") == figures, "the figures stay");
    let kept = workspace.contents("derived");
    assert_eq!(kept["derived/papers/tinyml-mcu.pdf"], derived["derived/papers/tinyml-mcu.pdf"], "the paper stays");
    assert!(build.fresh().len() > 30, "what does not depend on it is fresh");
    Some(build)
}

#[test]
fn a_truncated_pickle() {
    let Some(build) = spoilt(INFERENCES, |bytes| bytes[..bytes.len() / 2].to_vec()) else { return };
    assert_eq!(build.failed(), ["tinyml-mcu/ingest/inferences"]);
    assert!(build.blocked().contains(&"tinyml-mcu/typeset/paper"));
    assert_told(
        &build,
        &["study tinyml-mcu", "tinyml-mcu/ingest/inferences", &format!("raw/{STUDY}/{INFERENCES}"), "offset"],
    );
}

#[test]
fn a_pickle_that_would_run_code() {
    let evil = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x09echo hurt\x85R.".to_vec();
    let Some(build) = spoilt(INFERENCES, |_| evil) else { return };
    assert_told(&build, &["posix.system", "not allowed", "stage: tinyml-mcu/ingest/inferences"]);
}

#[test]
fn a_column_that_is_absent() {
    let Some(build) = spoilt(INFERENCES, |bytes| replace(bytes, b"latency_mean", b"latency_meen")) else { return };
    assert_eq!(build.failed(), ["tinyml-mcu/clean/inferences"]);
    assert_told(&build, &["no column latency_mean", "latency_meen", INFERENCES, "stage: tinyml-mcu/clean/inferences"]);
}

#[test]
fn an_unknown_microcontroller() {
    let Some(build) = spoilt(LAYERS, |bytes| replace(bytes, b"NUCLEO_F767ZI", b"NUCLEO_X999ZI")) else { return };
    assert_eq!(build.failed(), ["tinyml-mcu/clean/layers"]);
    assert_told(&build, &["NUCLEO_X999ZI", "one of NUCLEO_L496ZG, DISCO_F469NI, NUCLEO_F767ZI", LAYERS, "row "]);
}

#[test]
fn a_nan_where_a_number_is_needed() {
    // The greatest latency of the file, which stands in it once.
    let value = 12.041_714_375_f64.to_le_bytes();
    let Some(build) = spoilt(INFERENCES, |bytes| replace(bytes, &value, &f64::NAN.to_le_bytes())) else { return };
    assert_eq!(build.failed(), ["tinyml-mcu/clean/inferences"]);
    assert_told(&build, &["latency_mean", "NaN", INFERENCES, "row "]);
}

#[test]
fn a_file_with_another_hash_is_refused_by_the_stage_that_reads_it() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    let file = workspace.path(&format!("raw/{STUDY}/{INFERENCES}"));
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let build = workspace.build(&[STUDY]);
    assert_eq!(build.failed(), ["tinyml-mcu/ingest/inferences"]);
    assert_told(&build, &["not the one that is pinned", "sha256", INFERENCES, "cargo xtask fetch tinyml-mcu --force"]);
    let fetch = workspace.run(&["fetch", "--force", "--mirror", mirror.to_str().unwrap()]);
    assert!(fetch.status.success(), "{}", text(&fetch));
    assert_eq!(workspace.build(&[STUDY]).code, Some(0));
}

#[test]
fn a_missing_file_is_named_and_the_rest_is_built() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    fs::remove_file(workspace.path(&format!("raw/{STUDY}/{LAYERS}"))).unwrap();
    let build = workspace.build(&[STUDY, "--campaign", "published"]);
    assert_eq!(build.failed(), ["tinyml-mcu/ingest/layers"]);
    assert_told(&build, &["missing", LAYERS, "cargo xtask fetch tinyml-mcu"]);
    assert!(build.ran().contains(&"tinyml-mcu/figures/fig5"));
    assert!(build.blocked().contains(&"tinyml-mcu/figures/fig7.absolute"));
}

#[test]
fn no_raw_files_and_no_way_to_fetch_them() {
    let workspace = Workspace::new();
    let output = workspace.run(&["build-paper", "--campaign", "published"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output);
    for word in ["tinyml-mcu", "--mirror DIR", INFERENCES] {
        assert!(told.contains(word), "{word} is not in\n{told}");
    }
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let workspace = Workspace::new();
    for arguments in
        [&["build-paper", "--jobs", "0"][..], &["verify", "no-such-study"], &["fly"], &["build-paper", "no/such/stage"]]
    {
        let output = workspace.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output));
    }
}
