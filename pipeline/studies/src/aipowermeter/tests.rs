//! Folders of runs that are not as they should be. In a build these files are made by stages, which bring
//! back what is lost or edited; here the stage that reads them is on its own, as it is for recordings that
//! an author puts in their place.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use dag::{Engine, Graph, Options, Outcome, Problem};

use super::ingest_runs;
use super::protocol::{Network, Sweep};
use super::simulate;
use crate::campaign::Simulation;
use crate::stage::Setting;

const SWEEP: Sweep = Sweep { network: Network::Resnet50, size: 4096 };
const POWER: &str = "resnet50/input_4096/run_3/power_metrics.json";
const LATENCY: &str = "resnet50/input_4096/run_3/latency.csv";

/// A workspace with the runs of one input size.
struct Workspace {
    dir: tempfile::TempDir,
}

impl Workspace {
    fn new() -> Self {
        let workspace = Self { dir: tempfile::tempdir().unwrap() };
        let part = simulate::runs(Simulation::default()).into_iter().find(|part| part.name() == SWEEP.name()).unwrap();
        part.write_below(&workspace.file("")).unwrap();
        workspace
    }

    fn file(&self, path: &str) -> PathBuf {
        self.dir.path().join("derived/aipowermeter/simulated").join(path)
    }

    fn spoil(&self, path: &str, spoil: impl FnOnce(String) -> String) {
        let before = fs::read_to_string(self.file(path)).unwrap();
        let after = spoil(before.clone());
        assert_ne!(before, after, "nothing was spoilt");
        fs::write(self.file(path), after).unwrap();
    }

    /// Reads the runs; the tables, or what is wrong.
    fn ingest(&self) -> Result<Vec<Vec<u8>>, Problem> {
        let root = self.dir.path();
        let typesetter = Arc::new(typeset::Backend::choose(None).unwrap());
        let setting = Setting::new(root.to_owned(), "aipowermeter", typesetter);
        let graph = Graph::new(vec![ingest_runs(&setting, SWEEP)]).unwrap();
        let mut engine = Engine::open(Options::new(root)).unwrap();
        let report = engine.build(&graph, &[], &()).unwrap();
        assert_eq!(report.stages[0].stage, "aipowermeter/ingest/resnet50-4096");
        match &report.stages[0].outcome {
            Outcome::Failed(problem) => Err(problem.clone()),
            Outcome::Ran => {
                Ok(report.stages[0].outputs.iter().map(|(path, _)| fs::read(root.join(path)).unwrap()).collect())
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The error of a workspace that was spoilt names the file and says all of `words`.
#[track_caller]
fn assert_refused(spoil: impl FnOnce(&Workspace), path: &str, words: &[&str]) {
    let workspace = Workspace::new();
    spoil(&workspace);
    let told = workspace.ingest().unwrap_err().to_string();
    for word in words.iter().chain([&path]) {
        assert!(told.contains(word), "{word:?} is not in\n{told}");
    }
}

#[test]
fn a_run_folder_without_its_latencies() {
    assert_refused(|workspace| fs::remove_file(workspace.file(LATENCY)).unwrap(), LATENCY, &["missing"]);
}

#[test]
fn records_that_cannot_be_read() {
    type Spoil = fn(String) -> String;
    let cases: [(Spoil, &[&str]); 8] = [
        (|_| String::new(), &["the file is empty; expected records"]),
        (|text| text[..text.len() - 100].to_owned(), &["line 54", "the file ends inside a record", "truncated"]),
        (
            |text| text.replacen("\"intel_power\": 8", "\"intel_power\": \"8\", \"x\": 8", 1),
            &["line 1", "expected f64"],
        ),
        (
            |text| text.replacen("\"intel_power\": ", "\"intel_power\": -", 1),
            &["line 1", "negative power", "at least 0 W"],
        ),
        (
            |text| text.rsplit_once("2021-10-20").map(|(before, after)| format!("{before}2021-10-19{after}")).unwrap(),
            &["line 54", "the date is before", "never go back"],
        ),
        (|text| text.replacen("2021-10-20 ", "20.10.2021 ", 1), &["line 1", "expected a date and time"]),
        (
            |text| text.replacen("\"total_cpu_power\"", "\"total_dram_power\"", 1),
            &["line 1", "no total_cpu_power", "October 2021"],
        ),
        (|text| text.replacen("\"cpu_uses\"", "\"gpu_uses\"", 1), &["line 1", "unknown field `gpu_uses`"]),
    ];
    for (spoil, words) in cases {
        assert_refused(|workspace| workspace.spoil(POWER, spoil), POWER, words);
    }
}

#[test]
fn latencies_that_cannot_be_read() {
    type Spoil = fn(String) -> String;
    let cases: [(Spoil, &[&str]); 4] = [
        (|_| String::new(), &["the file is empty; expected durations"]),
        (|text| text.replacen("1.19", "-1.19", 1), &["line 1", "at least 0"]),
        (|text| format!("latency\n{text}"), &["line 1", "expected a finite number", "latency"]),
        (
            |text| text.lines().skip(1).map(|line| format!("{line}\n")).collect(),
            &["999 latencies", "1000 as in the other"],
        ),
    ];
    for (spoil, words) in cases {
        assert_refused(|workspace| workspace.spoil(LATENCY, spoil), LATENCY, words);
    }
}

#[test]
fn line_ends_and_marks_of_byte_order_make_no_difference() {
    let expected = Workspace::new().ingest().unwrap();
    let workspace = Workspace::new();
    for path in [POWER, LATENCY] {
        workspace.spoil(path, |text| format!("\u{feff}{}", text.replace('\n', "\r\n").trim_end()));
    }
    assert_eq!(workspace.ingest().unwrap(), expected);
}
