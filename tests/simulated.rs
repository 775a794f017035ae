//! The simulated campaigns: a machine without raw files and network makes every document, all that it
//! makes says what it is, and the analyses find the ground truth again.

mod support;

use std::fs;

use serde_json::Value;
use support::{Workspace, mirror, text};

const STUDIES: [&str; 5] = ["tinyml-mcu", "vision-inference", "module-energy", "edge-layers", "aipowermeter"];

fn json(workspace: &Workspace, path: &str) -> Value {
    serde_json::from_str(&workspace.read(path)).unwrap()
}

/// Asserts that a study was made from simulated files and that its analyses found what they hold.
fn assert_recovered(workspace: &Workspace, study: &str) {
    let verification = json(workspace, &format!("derived/{study}/verification.json"));
    assert!(verification["campaign"]["simulated"].is_object(), "{study}: {}", verification["campaign"]);
    let recovery = &verification["recovery"];
    assert_eq!(recovery["missed"], Value::Array(Vec::new()), "{study}");
    assert!(recovery["truths"].as_u64().unwrap() >= 10, "{study} has {} truths", recovery["truths"]);
}

#[test]
fn without_raw_files_and_network_everything_is_made_and_says_that_it_is_simulated() {
    let workspace = Workspace::new();
    let output = workspace.run(&["build-paper"]);
    assert!(output.status.success(), "{}", text(&output));
    let papers = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(papers.lines().count(), STUDIES.len() + 1, "{papers}");
    for paper in papers.lines() {
        let pdf = fs::read(workspace.path(paper)).unwrap();
        assert!(pdf.starts_with(b"%PDF-"), "{paper}");
        assert!(pdf.windows(14).any(|bytes| bytes == b"simulated data"), "{paper} does not say so in its metadata");
    }
    let warning = told.lines().find(|line| line.contains("made from SIMULATED data")).unwrap();
    for study in STUDIES {
        assert!(warning.contains(study), "{warning}");
        assert!(told.contains(&format!("{study} is SIMULATED")), "{told}");
        assert_recovered(&workspace, study);
    }
    // No committed figure is touched, each drawing carries the banner, each record the status.
    assert!(!workspace.path("figures").exists());
    let (mut drawings, mut records) = (0, 0);
    for (path, bytes) in workspace.contents("derived") {
        if path.ends_with(".svg") {
            assert!(String::from_utf8_lossy(&bytes).contains("SIMULATED DATA"), "{path}");
            drawings += 1;
        } else if path.contains("/records/") {
            let record: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(record["status"], "simulated", "{path}");
            records += 1;
        }
    }
    assert!(drawings > 50 && records > 300, "{drawings} drawings, {records} records");
    // Nothing was compared with what was measured, and nobody can take it for that.
    let verify = workspace.run(&["verify"]);
    assert_eq!(verify.status.code(), Some(1));
    assert!(text(&verify).contains("nothing measured was compared: tinyml-mcu, "), "{}", text(&verify));
    assert!(text(&verify).contains("0 of 26 records hold the further values on file"), "{}", text(&verify));
    assert!(workspace.run(&["verify", "--simulated"]).status.success());
    // Not even who asks for silence is left in the dark.
    let quiet = workspace.run(&["build-paper", "--quiet", "--campaign", "simulated", "derived/papers/tinyml-mcu.pdf"]);
    assert!(text(&quiet).contains("made from SIMULATED data (seed 0, scale 1): tinyml-mcu"), "{}", text(&quiet));

    let refused = workspace.run(&["build-paper", "--campaign", "published"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("cargo xtask fetch tinyml-mcu"), "{}", text(&refused));
    let again = workspace.build(&[]);
    assert_eq!((again.code, again.ran()), (Some(0), vec![]));
}

#[test]
fn the_analyses_find_the_truth_for_other_seeds_and_scales() {
    let workspace = Workspace::new();
    for (seed, scale) in [("1", "1"), ("2", "2")] {
        let targets = STUDIES.map(|study| format!("{study}/typeset/verification"));
        let options = ["--campaign", "simulated", "--seed", seed, "--scale", scale];
        let arguments: Vec<&str> = options.into_iter().chain(targets.iter().map(String::as_str)).collect();
        let build = workspace.build(&arguments);
        assert_eq!(build.code, Some(0), "seed {seed}, scale {scale}: {}", build.errors);
        for study in STUDIES {
            assert_recovered(&workspace, study);
        }
    }
}

#[test]
fn simulate_writes_what_a_build_reads() {
    let workspace = Workspace::new();
    let study = "tinyml-mcu";
    let out = workspace.path("campaign");
    let arguments = ["simulate", study, "--seed", "3", "--out", out.to_str().unwrap()];
    let output = workspace.run(&arguments);
    assert!(output.status.success(), "{}", text(&output));
    let folder = format!("campaign/{study}/simulated");
    assert!(String::from_utf8_lossy(&output.stdout).trim().ends_with(&folder));
    let written = workspace.contents(&folder);
    assert!(written.keys().any(|path| path.contains("/truth/")));

    let targets = [&format!("{study}/simulate")[..], "--campaign", "simulated", "--seed", "3"];
    assert_eq!(workspace.build(&targets).code, Some(0));
    let built = workspace.contents(&format!("derived/{study}/simulated"));
    assert!(built.values().eq(written.values()), "the same bytes");

    let again = workspace.run(&arguments);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again).contains("--force"), "{}", text(&again));
    assert!(workspace.run(&[&arguments[..], &["--force"]].concat()).status.success());
}

#[test]
fn simulate_replaces_nothing_but_campaigns() {
    let workspace = Workspace::new();
    let run = |out: &str, force: bool| {
        let arguments = ["simulate", "tinyml-mcu", "--out", out, "--force"];
        workspace.run(&arguments[..if force { 5 } else { 4 }])
    };
    let raw = run("raw", true);
    assert_eq!(raw.status.code(), Some(2), "{}", text(&raw));
    assert!(text(&raw).contains("holds the raw files of a study"), "{}", text(&raw));
    fs::create_dir_all(workspace.path("mine/tinyml-mcu/simulated")).unwrap();
    fs::write(workspace.path("mine/tinyml-mcu/simulated/notes.txt"), "mine").unwrap();
    let mine = run("mine", true);
    assert_eq!(mine.status.code(), Some(2), "{}", text(&mine));
    assert_eq!(workspace.read("mine/tinyml-mcu/simulated/notes.txt"), "mine");
}

#[test]
fn broken_raw_files_are_an_error_and_no_reason_to_simulate() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    let data = workspace.path("raw/tinyml-mcu/data");
    let files: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
    fs::write(&files[0], "another content").unwrap();
    fs::remove_file(&files[1]).unwrap();
    let build = workspace.build(&["tinyml-mcu/ingest"]);
    assert_eq!(build.code, Some(1), "{}", build.errors);
    assert!(build.errors.contains("other content than pinned"), "{}", build.errors);
    assert!(!build.errors.contains("SIMULATED"), "{}", build.errors);
}

#[test]
fn records_of_another_build_are_not_verified() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    assert_eq!(workspace.build(&["tinyml-mcu/typeset/verification"]).code, Some(0));
    assert!(workspace.run(&["verify", "tinyml-mcu"]).status.success());
    let other = ["tinyml-mcu/typeset/provenance", "--campaign", "simulated", "--seed", "5"];
    assert_eq!(workspace.build(&other).code, Some(0));
    let verify = workspace.run(&["verify", "tinyml-mcu"]);
    assert_eq!(verify.status.code(), Some(1), "{}", text(&verify));
    assert!(text(&verify).contains("is not the record that"), "{}", text(&verify));
}

#[test]
fn published_files_replace_simulated_ones_as_soon_as_they_are_there() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::new();
    let target = "tinyml-mcu/stats/fig5-regression";
    let record = "derived/tinyml-mcu/records/fig5.regression.json";
    assert_eq!(workspace.build(&[target]).code, Some(0));
    assert_eq!(json(&workspace, record)["status"], "simulated");
    let build = workspace.build(&[target, "--mirror", mirror.to_str().unwrap()]);
    assert_eq!(build.code, Some(0), "{}", build.errors);
    assert_eq!(json(&workspace, record)["status"], "published");
    // And back: nothing has to run again.
    let simulated = workspace.build(&[target, "--campaign", "simulated"]);
    assert_eq!((simulated.ran(), simulated.code), (vec![], Some(0)));
    assert_eq!(json(&workspace, record)["status"], "simulated");
}
