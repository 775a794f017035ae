//! The program `dag-run` over a scratch workspace.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use dag::{Plan, Report};

/// The program, to be run in `root` with a specification `SPEC.json` there.
pub fn dag_run(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dag-run"));
    command.current_dir(root).args(arguments).stdin(Stdio::null());
    command
}

pub fn run(root: &Path, arguments: &[&str]) -> Output {
    dag_run(root, arguments).output().unwrap()
}

pub fn exit_code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{:?}", output.status))
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A build of the whole graph that must succeed.
#[track_caller]
pub fn build(root: &Path) -> Report {
    let output = run(root, &["SPEC.json", "--json"]);
    assert_eq!(exit_code(&output), 0, "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
pub fn plan(root: &Path) -> Plan {
    let output = run(root, &["SPEC.json", "--json", "--plan"]);
    serde_json::from_slice(&output.stdout).unwrap()
}
