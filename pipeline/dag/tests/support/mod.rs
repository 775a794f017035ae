//! A scratch workspace with a small graph, for tests that ask which stages ran.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use dag::{Code, Engine, Graph, Options, Problem, Report, Stage};

pub struct Space {
    dir: tempfile::TempDir,
}

/// What the little study of [`stages`] is made of; each test changes one thing.
#[derive(Clone)]
pub struct Study {
    pub threshold: i64,
    pub clean_code: &'static str,
    pub stats_code: &'static str,
    pub fail: bool,
}

impl Default for Study {
    fn default() -> Self {
        Self { threshold: 1, clean_code: "clean 1", stats_code: "stats 1", fail: false }
    }
}

/// ```text
/// raw/a.log -> clean/a -> stats/sum -> paper/paper
/// raw/b.log -> clean/b -> stats/max -> paper/paper
/// ```
pub fn stages(study: &Study) -> Vec<Stage> {
    let clean = |name: &'static str| {
        Stage::new(format!("s/clean/{name}"))
            .source("log", format!("raw/{name}.log"))
            .output("numbers", format!("derived/{name}.txt"))
            .code(Code::of_text(study.clean_code))
            .run_with(study.threshold, |cx, threshold| {
                let text = cx.read_text("log")?;
                let numbers =
                    text.lines().filter(|line| !line.starts_with('#')).map(|line| parse(cx.input_path("log")?, line));
                let numbers: Vec<i64> = numbers.collect::<Result<_, Problem>>()?;
                let kept = numbers.into_iter().filter(|n| n >= threshold).map(|n| format!("{n}\n"));
                cx.write("numbers", kept.collect::<String>())
            })
    };
    let fold = |name: &'static str, of: &'static str, fail: bool, f: fn(i64, i64) -> i64| {
        Stage::new(format!("s/stats/{name}"))
            .source("numbers", format!("derived/{of}.txt"))
            .output("value", format!("derived/{name}.txt"))
            .output("copy", format!("derived/copies/{name}.txt"))
            .code(Code::of_text(study.stats_code))
            .run_with(fail, move |cx, fail| {
                if *fail {
                    return Err(Problem::new("no luck").in_file("raw/b.log").at_line(3).help("try again"));
                }
                let numbers = cx.read_text("numbers")?;
                let value = numbers.lines().filter_map(|line| line.parse().ok()).fold(0, f);
                cx.write("value", format!("{value}\n"))?;
                cx.write("copy", format!("{value}\n"))
            })
    };
    let paper = Stage::new("s/paper/paper")
        .source("sum", "derived/sum.txt")
        .source("max", "derived/max.txt")
        .output("paper", "derived/papers/paper.txt")
        .code(Code::of_text("paper 1"))
        .run(|cx| {
            let text = format!("sum {}max {}", cx.read_text("sum")?, cx.read_text("max")?);
            cx.write("paper", text)
        });
    vec![paper, fold("sum", "a", false, |a, b| a + b), fold("max", "b", study.fail, i64::max), clean("a"), clean("b")]
}

fn parse(path: &str, line: &str) -> Result<i64, Problem> {
    line.parse().map_err(|_| Problem::new(format!("{line:?} is no number")).in_file(path))
}

impl Space {
    pub fn new() -> Self {
        let space = Self { dir: tempfile::tempdir().unwrap() };
        space.write("raw/a.log", "# watts\n1\n2\n3\n");
        space.write("raw/b.log", "# watts\n5\n4\n");
        space
    }

    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Writes a file, dated back and left alone for longer than a tick of the clock.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(5)).unwrap();
        std::thread::sleep(Duration::from_millis(30));
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn engine(&self) -> Engine {
        Engine::open(Options::new(self.root())).unwrap()
    }

    pub fn build(&self, study: &Study) -> Report {
        self.build_with(study, 2)
    }

    pub fn build_with(&self, study: &Study, jobs: usize) -> Report {
        let mut options = Options::new(self.root());
        options.jobs = jobs;
        let graph = Graph::new(stages(study)).unwrap();
        Engine::open(options).unwrap().build(&graph, &[], &()).unwrap()
    }

    /// All files below `derived`, with their contents.
    pub fn derived(&self) -> BTreeMap<String, String> {
        let files = walkdir::WalkDir::new(self.path("derived")).into_iter().filter_map(Result::ok);
        let files = files.filter(|entry| entry.file_type().is_file());
        files
            .map(|entry| {
                let path = entry.path().strip_prefix(self.root()).unwrap().to_string_lossy().into_owned();
                (path, fs::read_to_string(entry.path()).unwrap())
            })
            .collect()
    }
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// Overwrites a file, which may be read-only, and dates it as before.
pub fn damage(path: &Path, bytes: &[u8]) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
}
