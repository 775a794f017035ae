//! The launcher with a cargo of its own in the place of cargo.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Writes a shell script that can be run.
fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A program cannot be started while it is open for writing, and a process that another test forks has
/// open for a moment what is being written here.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A target folder with the launcher in it, and a cargo that does as told.
struct Target {
    folder: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Target {
    fn new(cargo: &str) -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        fs::copy(env!("CARGO_BIN_EXE_launch"), folder.path().join("launch")).unwrap();
        script(&folder.path().join("cargo"), cargo);
        Self { folder, _alone: alone }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let folder = self.folder.path();
        let mut launch = Command::new(folder.join("launch"));
        launch
            .args(arguments)
            .env("CARGO_MANIFEST_DIR", "of the launcher")
            .env("CARGO", folder.join("cargo"))
            .current_dir(folder)
            .output()
            .unwrap()
    }
}

/// Compiles, once, a program that prints what it is given.
const COMPILES: &str = r#"echo "cargo $* ${CARGO_MANIFEST_DIR-}" >&2
[ -e xtask ] || { printf '#!/bin/sh\necho "xtask $*"; exit 4\n' > xtask; chmod +x xtask; }"#;

#[test]
fn it_compiles_and_becomes_the_program_and_says_so_the_first_time() {
    let target = Target::new(COMPILES);
    let told = |output: Output| {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, out, first) = told(target.run(&["plan", "a b"]));
    assert_eq!((code, out.as_str()), (Some(4), "xtask plan a b\n"));
    assert!(first.starts_with("The first build compiles "), "{first}");
    assert!(first.ends_with(")\ncargo build --package xtask \n"), "{first}");
    let (code, out, again) = told(target.run(&["plan"]));
    assert_eq!((code, out.as_str(), again.as_str()), (Some(4), "xtask plan\n", "cargo build --package xtask \n"));
}

#[test]
fn it_is_quiet_when_asked_to_be() {
    let target = Target::new(COMPILES);
    assert_eq!(target.run(&["--quiet", "plan"]).stderr, b"cargo build --package xtask --quiet \n");
}

#[test]
fn what_does_not_compile_does_not_run() {
    let output = Target::new("exit 101").run(&["plan"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(101), 0));
}

#[test]
fn a_cargo_that_is_missing_is_an_error() {
    let target = Target::new("");
    fs::remove_file(target.folder.path().join("cargo")).unwrap();
    let output = target.run(&["plan"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("error: cannot start the program: "));
}
