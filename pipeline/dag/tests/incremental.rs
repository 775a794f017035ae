//! How much of a graph of commands an edit costs: the numbers of stages that the project promises.
#![cfg(unix)]

#[path = "support/graphs.rs"]
mod graphs;
#[path = "support/runner.rs"]
mod runner;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use dag::Fate;
use graphs::EDITED;
use runner::{build, plan};

/// The 120 stages over 400 files, built.
fn built() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let steps = graphs::study();
    assert_eq!(steps.len(), 120);
    graphs::write_raw_of_study(dir.path());
    fs::write(dir.path().join("SPEC.json"), graphs::spec(&steps)).unwrap();
    // A file written within a tick of the clock is hashed again the next time.
    thread::sleep(Duration::from_millis(50));
    assert_eq!(build(dir.path()).ran().len(), 120);
    dir
}

/// How many stages a plan says run at least and at most.
fn planned(root: &Path) -> (usize, usize) {
    let plan = plan(root);
    let count = |fates: &[Fate]| plan.stages.iter().filter(|stage| fates.contains(&stage.fate)).count();
    (count(&[Fate::Run]), count(&[Fate::Run, Fate::MayRun]))
}

#[test]
fn nothing_changed_runs_nothing() {
    let dir = built();
    assert!(plan(dir.path()).is_fresh());
    let report = build(dir.path());
    assert_eq!((report.fresh().len(), report.files_hashed), (120, 0));
}

#[test]
fn one_edit_of_data_runs_ten_of_the_twenty_four_that_depend_on_it() {
    let dir = built();
    graphs::edit_data(dir.path());
    assert_eq!(planned(dir.path()), (2, 24));
    let report = build(dir.path());
    let mut ran = report.ran();
    ran.sort_unstable();
    let summaries = ["digits", "high", "least", "lines", "low", "most"].map(|name| format!("summary/{name}"));
    let expected = ["all", "clean/17", "count/17", "merge/04"].map(str::to_owned).into_iter().chain(summaries);
    assert_eq!(ran, expected.collect::<Vec<_>>());
    assert_eq!((report.restored().len(), report.fresh().len()), (0, 110));
    assert!(plan(dir.path()).is_fresh());
}

#[test]
fn one_edit_that_changes_no_intermediate_output_runs_two() {
    let dir = built();
    graphs::edit_comment(dir.path());
    assert_eq!(planned(dir.path()), (2, 24));
    let report = build(dir.path());
    assert_eq!(report.ran(), ["clean/17", "count/17"]);
    assert_eq!(report.fresh().len(), 118);
}

#[test]
fn a_revert_runs_none() {
    let dir = built();
    let all = fs::read(dir.path().join("derived/all.txt")).unwrap();
    let before = fs::read(dir.path().join(EDITED)).unwrap();
    graphs::edit_data(dir.path());
    assert_eq!(build(dir.path()).ran().len(), 10);
    assert_ne!(fs::read(dir.path().join("derived/all.txt")).unwrap(), all);
    fs::write(dir.path().join(EDITED), before).unwrap();
    assert_eq!(planned(dir.path()), (0, 0));
    let report = build(dir.path());
    assert_eq!(report.ran().len(), 0, "{:?}", report.ran());
    assert_eq!(fs::read(dir.path().join("derived/all.txt")).unwrap(), all);
    assert_eq!(build(dir.path()).fresh().len(), 120);
}
