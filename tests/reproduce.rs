//! `cargo xtask reproduce`: the same bytes twice, and the stage where others arise.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use support::{Workspace, text};

fn reproduce(workspace: &Workspace, arguments: &[&str], typst: Option<&Path>) -> Output {
    let mut command = workspace.command(&[&["reproduce"], arguments].concat());
    // What is kept of builds that differ goes with the workspace.
    let scratch = workspace.path("scratch");
    fs::create_dir_all(&scratch).unwrap();
    command.env("TMPDIR", scratch);
    if let Some(typst) = typst {
        command.env("JOULEBOOK_TYPST", typst);
    }
    command.output().unwrap()
}

#[test]
fn the_same_bytes_twice_are_0() {
    let workspace = Workspace::new();
    let output = reproduce(&workspace, &["tinyml-mcu/figures/fig5", "--json"], None);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["differing"], Value::Array(Vec::new()));
    assert!(found["stages"].as_u64().unwrap() > 3 && found["files"].as_u64() > found["stages"].as_u64(), "{found}");
    assert!(found["simulated"].as_array().unwrap().contains(&"tinyml-mcu".into()), "what was shown of which data");
    assert_eq!(fs::read_dir(workspace.path("scratch")).unwrap().count(), 0, "nothing is left behind");
}

/// A typesetter that writes the time into its pages, as many a program does.
fn stamping(workspace: &Workspace) -> std::path::PathBuf {
    let script = "#!/bin/sh\n\
        if [ \"$1\" = --version ]; then echo 'typst 0.15.1 (stamps the time)'; exit; fi\n\
        for output; do :; done\n\
        { echo %PDF-1.7; date +%s%N; echo %%EOF; } > \"$output\"\n";
    let typst = workspace.path("stamping-typst");
    fs::write(&typst, script).unwrap();
    fs::set_permissions(&typst, fs::Permissions::from_mode(0o755)).unwrap();
    typst
}

#[test]
fn other_bytes_are_5_and_the_stage_where_they_arise_is_named() {
    let workspace = Workspace::new();
    let paper = "derived/papers/tinyml-mcu.pdf";
    let output = reproduce(&workspace, &[paper], Some(&stamping(&workspace)));
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("arises in tinyml-mcu/typeset/paper: {paper}\n"));
    assert!(text(&output).contains("not reproducible: 1 of "), "{}", text(&output));
    // Both papers are kept, to be compared.
    let kept: Vec<_> = fs::read_dir(workspace.path("scratch")).unwrap().flatten().collect();
    assert_eq!(kept.len(), 1);
    let papers =
        ["one", "another one/with a longer path"].map(|build| fs::read(kept[0].path().join(build).join(paper)));
    assert_ne!(papers[0].as_ref().unwrap(), papers[1].as_ref().unwrap());
}

#[test]
fn what_cannot_be_built_is_told_with_the_code_of_the_build() {
    let workspace = Workspace::new();
    let output = reproduce(&workspace, &["no/such/target"], None);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("there is no stage, output or group \"no/such/target\""), "{}", text(&output));
}
