//! Which stages run, and which do not.

mod support;

use std::fs;

use dag::{Engine, Graph, Options, Outcome, Reason};
use support::{Space, Study, stages};

const ALL: [&str; 5] = ["s/clean/a", "s/stats/sum", "s/clean/b", "s/stats/max", "s/paper/paper"];

fn sorted(mut ids: Vec<&str>) -> Vec<&str> {
    ids.sort_unstable();
    ids
}

#[track_caller]
fn assert_ran(report: &dag::Report, expected: &[&str]) {
    assert_eq!(sorted(report.ran()), sorted(expected.to_vec()), "{report:#?}");
}

#[track_caller]
fn assert_restored(report: &dag::Report, expected: &[&str]) {
    assert_eq!(sorted(report.restored()), sorted(expected.to_vec()), "{report:#?}");
}

fn built() -> (Space, Study) {
    let (space, study) = (Space::new(), Study::default());
    assert_ran(&space.build(&study), &ALL);
    (space, study)
}

#[test]
fn the_first_build_runs_everything() {
    let space = Space::new();
    let report = space.build(&Study::default());
    assert_ran(&report, &ALL);
    assert!(report.stages.iter().all(|stage| stage.reasons == [Reason::FirstRun]));
    assert_eq!(space.read("derived/papers/paper.txt"), "sum 6\nmax 5\n");
    assert_eq!(fs::read_dir(space.path(".joulebook/tmp")).unwrap().count(), 0);
}

#[test]
fn nothing_changed_runs_nothing_and_hashes_nothing() {
    let (space, study) = built();
    let report = space.build(&study);
    assert_eq!(report.fresh().len(), 5);
    assert_eq!(report.files_hashed, 0);
}

#[test]
fn a_file_that_was_only_touched_is_hashed_and_runs_nothing() {
    let (space, study) = built();
    space.write("raw/a.log", &space.read("raw/a.log"));
    let report = space.build(&study);
    assert_eq!(report.fresh().len(), 5);
    assert_eq!(report.files_hashed, 1);
}

#[test]
fn one_raw_byte_runs_its_branch() {
    let (space, study) = built();
    let before = space.read("raw/a.log");
    space.write("raw/a.log", "# watts\n1\n2\n4\n");
    let report = space.build(&study);
    assert_ran(&report, &["s/clean/a", "s/stats/sum", "s/paper/paper"]);
    assert_eq!(space.read("derived/papers/paper.txt"), "sum 7\nmax 5\n");
    let clean = report.stages.iter().find(|s| s.stage == "s/clean/a").unwrap();
    let digest = |text: &str| Some(dag::Digest::of(text.as_bytes()));
    let (before, after) = (digest(&before), digest("# watts\n1\n2\n4\n"));
    assert_eq!(clean.reasons, [Reason::Input { path: "raw/a.log".into(), before, after }]);
}

#[test]
fn a_comment_stops_where_the_bytes_are_the_same_again() {
    let (space, study) = built();
    space.write("raw/a.log", "# watts, measured at the wall\n1\n2\n3\n");
    assert_ran(&space.build(&study), &["s/clean/a"]);
}

#[test]
fn a_parameter_runs_the_stages_that_have_it() {
    let (space, study) = built();
    let report = space.build(&Study { threshold: 2, ..study });
    // 5 and 4 both reach the new threshold: the branch of b is cut off.
    assert_ran(&report, &["s/clean/a", "s/clean/b", "s/stats/sum", "s/paper/paper"]);
    let clean = report.stages.iter().find(|s| s.stage == "s/clean/b").unwrap();
    assert_eq!(clean.reasons[0].to_string(), "parameter parameters changed from 1 to 2");
}

#[test]
fn another_code_runs_the_stages_that_have_it() {
    let (space, study) = built();
    let report = space.build(&Study { stats_code: "stats 2", ..study });
    assert_ran(&report, &["s/stats/sum", "s/stats/max"]);
    assert!(matches!(report.stages[1].reasons[0], Reason::Code { .. }), "{report:#?}");
}

#[test]
fn a_deleted_output_is_restored() {
    let (space, study) = built();
    fs::remove_file(space.path("derived/sum.txt")).unwrap();
    fs::remove_file(space.path("derived/papers/paper.txt")).unwrap();
    let report = space.build(&study);
    assert_ran(&report, &[]);
    assert_restored(&report, &["s/stats/sum", "s/paper/paper"]);
    assert_eq!(space.read("derived/papers/paper.txt"), "sum 6\nmax 5\n");
    assert_eq!(space.build(&study).fresh().len(), 5);
}

#[test]
fn an_edited_output_is_restored_even_if_edited_at_once_and_to_the_same_length() {
    let (space, study) = built();
    // Straight after the build, within one tick of the clock: only its age tells it apart.
    fs::write(space.path("derived/sum.txt"), "7\n").unwrap();
    let report = space.build(&study);
    assert_ran(&report, &[]);
    assert_restored(&report, &["s/stats/sum"]);
    let reason = Reason::OutputEdited { path: "derived/sum.txt".into() };
    assert_eq!(report.stages.iter().find(|s| s.stage == "s/stats/sum").unwrap().reasons, [reason]);
    assert_eq!(space.read("derived/sum.txt"), "6\n");
}

#[test]
fn a_revert_restores_and_runs_nothing() {
    let (space, study) = built();
    let first = space.derived();
    let raw = space.read("raw/a.log");
    space.write("raw/a.log", "10\n");
    assert_ran(&space.build(&study), &["s/clean/a", "s/stats/sum", "s/paper/paper"]);
    space.write("raw/a.log", &raw);
    let report = space.build(&study);
    assert_ran(&report, &[]);
    assert_restored(&report, &["s/clean/a", "s/stats/sum", "s/paper/paper"]);
    assert_eq!(space.derived(), first);
}

#[test]
fn a_lost_state_costs_a_look_and_not_a_run() {
    let (space, study) = built();
    fs::remove_file(space.path(".joulebook/state")).unwrap();
    let report = space.build(&study);
    assert_ran(&report, &[]);
    assert_eq!(report.restored().len(), 5);
    assert_eq!(space.build(&study).fresh().len(), 5);
}

#[test]
fn a_lost_store_runs_only_what_is_missing() {
    let (space, study) = built();
    fs::remove_dir_all(space.path(".joulebook/store")).unwrap();
    assert_eq!(space.build(&study).fresh().len(), 5, "the outputs are right where they are");
    fs::remove_file(space.path("derived/sum.txt")).unwrap();
    let report = space.build(&study);
    assert_ran(&report, &["s/stats/sum"]);
    let reasons = &report.stages.iter().find(|s| s.stage == "s/stats/sum").unwrap().reasons;
    assert!(reasons.contains(&Reason::ContentLost { path: "derived/sum.txt".into() }), "{reasons:?}");
}

#[test]
fn a_damaged_content_is_never_put_in_place() {
    let (space, study) = built();
    for entry in walkdir::WalkDir::new(space.path(".joulebook/store/objects")).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_file() {
            fs::remove_file(entry.path()).unwrap();
            fs::write(entry.path(), "6!").unwrap();
        }
    }
    fs::remove_file(space.path("derived/sum.txt")).unwrap();
    let report = space.build(&study);
    assert_ran(&report, &["s/stats/sum"]);
    assert_eq!(space.read("derived/sum.txt"), "6\n");
}

#[test]
fn a_failing_stage_blocks_its_readers_and_nobody_else() {
    let (space, study) = built();
    space.write("raw/a.log", "1\n");
    let report = space.build(&Study { fail: true, ..study.clone() });
    assert_ran(&report, &["s/clean/a", "s/stats/sum"]);
    assert_eq!(report.failed(), ["s/stats/max"]);
    assert_eq!(report.blocked(), ["s/paper/paper"]);
    assert!(!report.succeeded());
    assert_eq!(space.read("derived/papers/paper.txt"), "sum 6\nmax 5\n", "what was built before stays");
    let failed = report.stages.iter().find(|s| s.stage == "s/stats/max").unwrap();
    let Outcome::Failed(problem) = &failed.outcome else { panic!("{failed:?}") };
    assert_eq!(problem.to_string(), "no luck\n  file: raw/b.log, line 3\n  help: try again");
    assert_ran(&space.build(&study), &["s/paper/paper"]);
}

#[test]
fn a_missing_raw_file_names_file_and_stage_and_blocks_its_readers() {
    let (space, study) = built();
    fs::remove_file(space.path("raw/a.log")).unwrap();
    let report = space.build(&study);
    assert_eq!(report.failed(), ["s/clean/a"]);
    assert_eq!(sorted(report.blocked()), ["s/paper/paper", "s/stats/sum"]);
    let Outcome::Failed(problem) = &report.stages[0].outcome else { panic!("{report:?}") };
    assert_eq!(problem.file.as_deref(), Some("raw/a.log".as_ref()));
}

#[test]
fn targets_run_what_they_need() {
    let space = Space::new();
    let graph = Graph::new(stages(&Study::default())).unwrap();
    let report = space.engine().build(&graph, &["s/stats/sum".into()], &()).unwrap();
    assert_ran(&report, &["s/clean/a", "s/stats/sum"]);
    assert_eq!(report.stages.len(), 2);
}

#[test]
fn the_number_of_threads_does_not_show() {
    let derived: Vec<_> = [1, 2, 8]
        .into_iter()
        .map(|jobs| {
            let space = Space::new();
            assert_ran(&space.build_with(&Study::default(), jobs), &ALL);
            space.derived()
        })
        .collect();
    assert_eq!(derived[0], derived[1]);
    assert_eq!(derived[0], derived[2]);
}

#[test]
fn a_cancelled_build_says_so_and_the_next_one_goes_on() {
    let space = Space::new();
    let graph = Graph::new(stages(&Study::default())).unwrap();
    let options = Options::new(space.root());
    options.cancel.store(true, std::sync::atomic::Ordering::Relaxed);
    let report = Engine::open(options).unwrap().build(&graph, &[], &()).unwrap();
    assert!(report.stages.iter().all(|s| s.outcome == Outcome::Cancelled));
    assert!(!report.succeeded());
    assert_ran(&space.build(&Study::default()), &ALL);
}

#[test]
fn two_processes_at_once_are_one_too_many() {
    let space = Space::new();
    let engine = space.engine();
    let error = Engine::open(Options::new(space.root())).err().unwrap();
    assert!(error.to_string().starts_with("another build is at work here: process "), "{error}");
    drop(engine);
    space.engine();
}
