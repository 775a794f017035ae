//! A scratch workspace for the real binary, and what it did there.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The repository that is tested.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder with copies of the raw files, or a printed reason to skip the test.
pub fn mirror() -> Option<PathBuf> {
    let set = std::env::var_os("JOULEBOOK_MIRROR").filter(|value| !value.is_empty());
    // A relative path is meant from where the tests were started, at the top of the repository.
    let found = set.map(|path| repository().join(path)).filter(|path| path.is_dir());
    if found.is_none() {
        println!(
            "skipped: the published raw files are needed; set JOULEBOOK_MIRROR to a folder that holds <study>/<path>"
        );
    }
    found
}

/// A workspace with the sources of the papers and the pins of the raw files, and nothing made.
pub struct Workspace {
    dir: tempfile::TempDir,
}

impl Workspace {
    /// Puts the committed reference of the repository in place.
    pub fn with_reference(self) -> Self {
        fs::copy(repository().join("pipeline.lock"), self.path("pipeline.lock")).unwrap();
        for folder in ["figures", "reference"] {
            copy(&repository().join(folder), &self.path(folder), false);
        }
        self
    }

    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["paper", "raw"] {
            copy(&repository().join(folder), &dir.path().join(folder), folder == "raw");
        }
        Self { dir }
    }

    /// A workspace with the raw files in place.
    pub fn with_raw(mirror: &Path) -> Self {
        let workspace = Self::new();
        let output = workspace.run(&["fetch", "--mirror", mirror.to_str().unwrap()]);
        assert!(output.status.success(), "{}", text(&output));
        workspace
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Runs `cargo xtask` in the workspace, without mirrors and upstream unless `arguments` name one.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(self.dir.path()).args(arguments);
        command.env_remove("JOULEBOOK_MIRROR").env_remove("JOULEBOOK_TYPST").env("JOULEBOOK_UPSTREAM", "off");
        for name in ["JOULEBOOK_STORE", "JOULEBOOK_STORE_LIMIT", "JOULEBOOK_REMOTE"] {
            command.env_remove(name);
        }
        command
    }

    /// Builds and tells what became of each stage.
    pub fn build(&self, arguments: &[&str]) -> Build {
        let output = self.run(&[&["build-paper", "--json"], arguments].concat());
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}", text(&output)));
        let stages = report["stages"].as_array().unwrap();
        let told = stages.iter().map(|stage| (stage["stage"].as_str().unwrap().to_owned(), stage["outcome"].clone()));
        Build {
            stages: told.collect(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }

    /// Contents of all files below a folder, by path; but for the report page, which tells of one build.
    pub fn contents(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.path(folder)];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if !path.ends_with("derived/report.html") {
                    let name = path.strip_prefix(self.dir.path()).unwrap().display().to_string();
                    found.insert(name, fs::read(path).unwrap());
                }
            }
        }
        found
    }

    /// Changes a raw file, and pins what it became, so that the stages see it.
    pub fn spoil_raw(&self, study: &str, path: &str, spoil: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let file = self.path(&format!("raw/{study}/{path}"));
        let before = fs::read(&file).unwrap();
        let after = spoil(before.clone());
        assert_ne!(before, after, "nothing was spoilt");
        fs::write(&file, &after).unwrap();
        let pins = self.path(&format!("raw/{study}/sources.toml"));
        let text = fs::read_to_string(&pins).unwrap();
        let (old, new) = (dag::Digest::of(&before).to_string(), dag::Digest::of(&after).to_string());
        assert!(text.contains(&old));
        let text = text
            .replace(&old, &new)
            .replace(&format!("bytes = {}\n", before.len()), &format!("bytes = {}\n", after.len()));
        fs::write(&pins, text).unwrap();
    }
}

/// Waits until a condition holds, for as long as a busy machine may need.
#[track_caller]
pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited 60 s for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Sends a signal, such as `INT`.
pub fn send(signal: &str, to: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &to.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// What became of the stages of a build.
pub struct Build {
    pub stages: BTreeMap<String, Value>,
    pub errors: String,
    pub code: Option<i32>,
}

impl Build {
    fn with(&self, outcome: &str) -> Vec<&str> {
        let is = |found: &Value| found == outcome || found.get(outcome).is_some();
        self.stages.iter().filter(|(_, found)| is(found)).map(|(stage, _)| stage.as_str()).collect()
    }

    pub fn ran(&self) -> Vec<&str> {
        self.with("ran")
    }

    pub fn restored(&self) -> Vec<&str> {
        self.with("restored")
    }

    pub fn fresh(&self) -> Vec<&str> {
        self.with("fresh")
    }

    pub fn failed(&self) -> Vec<&str> {
        self.with("failed")
    }

    pub fn blocked(&self) -> Vec<&str> {
        self.with("blocked")
    }
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Copies a folder; of the raw files only what the repository itself holds.
fn copy(from: &Path, to: &Path, pins_only: bool) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target, pins_only);
        } else if !pins_only || entry.file_name() == "sources.toml" {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The same text with a byte order mark, CRLF, and no line end at the end.
pub fn other_form(bytes: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(bytes).unwrap();
    format!("\u{feff}{}", text.trim_end().replace('\n', "\r\n")).into_bytes()
}

/// Replaces every occurrence of some bytes by as many others.
pub fn replace(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut at = 0;
    while at + from.len() <= bytes.len() {
        if &bytes[at..at + from.len()] == from {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        at += 1;
    }
    bytes
}
