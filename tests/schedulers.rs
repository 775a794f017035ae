//! Stages that are started one by one, by hand or by Snakemake, and stages that run isolated: they make
//! the bytes that a usual build makes, and the next build finds them.

mod support;

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use support::{Workspace, repository, text};

const FIGURE: &str = "tinyml-mcu/figures/fig5";
const SIMULATED: [&str; 2] = ["--campaign", "simulated"];

/// A workspace in which the target was built in the usual way.
fn usual(target: &str) -> Workspace {
    let workspace = Workspace::new();
    let build = workspace.build(&[&SIMULATED[..], &[target]].concat());
    assert_eq!(build.code, Some(0), "{}", build.errors);
    workspace
}

#[track_caller]
fn assert_made_as_usual(workspace: &Workspace, target: &str) {
    let (made, expected) = (workspace.contents("derived"), usual(target).contents("derived"));
    assert_eq!(made.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (path, bytes) in &expected {
        assert!(made[path] == *bytes, "{path} differs");
    }
    let build = workspace.build(&[&SIMULATED[..], &[target]].concat());
    assert_eq!((build.code, build.ran()), (Some(0), vec![]), "{}", build.errors);
}

#[test]
fn stages_that_ran_one_by_one_are_found_by_the_next_build() {
    let workspace = Workspace::new();
    let graph = workspace.run(&["graph", FIGURE, "--format", "json", "--campaign", "simulated"]);
    let graph: Value = serde_json::from_slice(&graph.stdout).unwrap();
    let stages: Vec<&str> = graph.as_array().unwrap().iter().map(|stage| stage["id"].as_str().unwrap()).collect();
    assert!(stages.len() > 2, "{stages:?}");

    // The last one first: what it reads is not there, and the message says who makes it.
    let stage = |stage: &str| workspace.run(&["stage", stage, "--simulated", "tinyml-mcu"]);
    let early = stage(FIGURE);
    assert_eq!(early.status.code(), Some(1));
    assert!(text(&early).contains("which makes it, before this stage"), "{}", text(&early));
    for id in &stages {
        let output = stage(id);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        assert!(String::from_utf8_lossy(&output.stdout).lines().all(|path| workspace.path(path).is_file()));
    }
    assert!(!workspace.path(".joulebook/state").exists());
    assert_made_as_usual(&workspace, FIGURE);

    let unknown = stage("tinyml-mcu/figures/fig55");
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown));
    assert!(text(&unknown).contains("did you mean tinyml-mcu/figures/fig5"), "{}", text(&unknown));
}

#[test]
fn isolated_stages_make_the_same_bytes() {
    if let Err(unsupported) = dag::isolation::probe() {
        println!("skipped: {unsupported}");
        return;
    }
    let workspace = Workspace::new();
    let build = workspace.build(&["--isolated", "--campaign", "simulated", "tinyml-mcu"]);
    assert_eq!(build.code, Some(0), "{}", build.errors);
    assert_eq!(build.ran().len(), build.stages.len());
    assert_made_as_usual(&workspace, "tinyml-mcu");
}

/// The program Snakemake, or a printed reason to skip the test.
fn snakemake() -> Option<PathBuf> {
    let set = std::env::var_os("JOULEBOOK_TEST_SNAKEMAKE").filter(|value| !value.is_empty());
    let found = set.map(|path| repository().join(path)).filter(|path| path.is_file());
    if found.is_none() {
        println!("skipped: Snakemake is needed; set JOULEBOOK_TEST_SNAKEMAKE to its program");
    }
    found
}

#[test]
fn snakemake_runs_the_exported_stages_and_makes_the_same_bytes() {
    let Some(snakemake) = snakemake() else { return };
    let workspace = Workspace::new();
    let export = workspace.run(&["export", "snakemake", FIGURE, "--campaign", "simulated", "--out", "."]);
    assert_eq!(String::from_utf8_lossy(&export.stdout), "./Snakefile\n", "{}", text(&export));
    let run = || -> Output {
        let mut command = Command::new(&snakemake);
        command.args(["--cores", "2", "--config", concat!("program=", env!("CARGO_BIN_EXE_xtask"))]);
        let output = command.current_dir(workspace.path(".")).env("XDG_CACHE_HOME", workspace.path(".cache")).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", text(&output));
        output
    };
    run();
    assert_made_as_usual(&workspace, FIGURE);
    assert!(text(&run()).contains("Nothing to be done"), "the dates of the outputs satisfy it");

    // What is removed comes back out of the store.
    std::fs::remove_dir_all(workspace.path("derived/tinyml-mcu/figures")).unwrap();
    run();
    assert_made_as_usual(&workspace, FIGURE);
    assert!(text(&run()).contains("Nothing to be done"));
}
