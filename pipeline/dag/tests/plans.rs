//! Plans: what they foresee, and that they write nothing.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use dag::{Engine, Fate, Graph, Options, Plan, Reason, Stage};
use support::{Space, Study, stages};

fn plan_of(space: &Space, stages: Vec<Stage>, targets: &[&str]) -> Plan {
    let graph = Graph::new(stages).unwrap();
    let targets: Vec<String> = targets.iter().map(|&target| target.to_owned()).collect();
    Engine::plan(&Options::new(space.root()), &graph, &targets).unwrap()
}

fn plan(space: &Space, study: &Study) -> Plan {
    plan_of(space, stages(study), &[])
}

fn fates(plan: &Plan) -> BTreeMap<&str, &Fate> {
    plan.stages.iter().map(|planned| (planned.stage.as_str(), &planned.fate)).collect()
}

fn reasons(plan: &Plan, stage: &str) -> Vec<String> {
    let planned = plan.stages.iter().find(|planned| planned.stage == stage).unwrap();
    planned.reasons.iter().map(ToString::to_string).collect()
}

fn built() -> (Space, Study) {
    let (space, study) = (Space::new(), Study::default());
    assert!(space.build(&study).succeeded());
    (space, study)
}

/// Everything below the workspace, with what would show a write.
fn everything(space: &Space) -> Vec<(std::path::PathBuf, std::time::SystemTime, u64)> {
    let entries = walkdir::WalkDir::new(space.root()).sort_by_file_name().into_iter().map(Result::unwrap);
    let told = |entry: walkdir::DirEntry| {
        let metadata = entry.metadata().unwrap();
        (entry.into_path(), metadata.modified().unwrap(), metadata.len())
    };
    entries.map(told).collect()
}

#[test]
fn of_a_new_workspace_everything_would_run_and_nothing_is_written() {
    let space = Space::new();
    let before = everything(&space);
    let plan = plan(&space, &Study::default());
    assert_eq!(everything(&space), before);
    assert!(!plan.is_fresh() && !plan.would_fail());
    let expected = [
        ("s/clean/a", &Fate::Run),
        ("s/clean/b", &Fate::Run),
        ("s/paper/paper", &Fate::MayRun),
        ("s/stats/max", &Fate::MayRun),
        ("s/stats/sum", &Fate::MayRun),
    ];
    assert_eq!(fates(&plan), BTreeMap::from(expected));
    assert_eq!(reasons(&plan, "s/clean/a"), ["it has not run before"]);
    assert_eq!(reasons(&plan, "s/stats/sum"), ["it reads from s/clean/a, which runs", "it has not run before"]);
    assert_eq!(plan.expected(), (Duration::ZERO, Duration::ZERO));
}

#[test]
fn of_a_built_workspace_everything_is_fresh() {
    let (space, study) = built();
    let before = everything(&space);
    let plan = plan(&space, &study);
    assert_eq!(everything(&space), before);
    assert!(plan.is_fresh(), "{plan:#?}");
    assert!(plan.stages.iter().all(|planned| planned.reasons.is_empty() && planned.took.is_some()));
}

#[test]
fn an_edit_is_followed_as_far_as_it_can_be_foreseen() {
    let (space, study) = built();
    space.write("raw/a.log", "10\n");
    let plan = plan(&space, &Study { stats_code: "stats 2", ..study.clone() });
    let fates = fates(&plan);
    assert_eq!(fates["s/clean/a"], &Fate::Run);
    assert_eq!(fates["s/clean/b"], &Fate::Fresh);
    assert_eq!(fates["s/stats/sum"], &Fate::MayRun);
    assert_eq!(fates["s/stats/max"], &Fate::Run);
    assert_eq!(fates["s/paper/paper"], &Fate::MayRun);
    // What is known to differ is told beside what is not known yet.
    let sum = reasons(&plan, "s/stats/sum");
    assert_eq!(sum[0], "it reads from s/clean/a, which runs");
    assert!(sum[1..].iter().all(|reason| reason.starts_with("code stats")) && sum.len() == 3, "{sum:?}");
    let paper = reasons(&plan, "s/paper/paper");
    assert_eq!(paper, ["it reads from s/stats/sum, which runs", "it reads from s/stats/max, which runs"]);
}

#[test]
fn a_state_seen_before_would_be_restored_down_to_the_end() {
    let (space, study) = built();
    let raw = space.read("raw/a.log");
    space.write("raw/a.log", "10\n");
    space.build(&study);
    space.write("raw/a.log", &raw);
    let plan = plan(&space, &study);
    let restored = ["s/clean/a", "s/stats/sum", "s/paper/paper"];
    for planned in &plan.stages {
        let expected = if restored.contains(&planned.stage.as_str()) { Fate::Restore } else { Fate::Fresh };
        assert_eq!(planned.fate, expected, "{}", planned.stage);
    }
    assert_eq!(space.build(&study).restored(), restored);
}

#[test]
fn a_lost_content_would_run() {
    let (space, study) = built();
    fs::remove_file(space.path("derived/sum.txt")).unwrap();
    let restore = plan(&space, &study);
    assert_eq!(fates(&restore)["s/stats/sum"], &Fate::Restore);
    assert_eq!(reasons(&restore, "s/stats/sum"), ["output derived/sum.txt is missing"]);
    fs::remove_dir_all(space.path(".joulebook/store/objects")).unwrap();
    let run = plan(&space, &study);
    assert_eq!(fates(&run)["s/stats/sum"], &Fate::Run);
    assert_eq!(reasons(&run, "s/stats/sum")[1], "the stored content of derived/sum.txt is gone or damaged");
}

#[test]
fn a_missing_source_would_fail_and_block() {
    let (space, study) = built();
    fs::remove_file(space.path("raw/a.log")).unwrap();
    let plan = plan(&space, &study);
    assert!(plan.would_fail());
    let fates = fates(&plan);
    assert!(matches!(fates["s/clean/a"], Fate::Fail(problem) if problem.message == "an input file is missing"));
    let blocked = Fate::Blocked { by: "s/clean/a".into() };
    assert_eq!((fates["s/stats/sum"], fates["s/paper/paper"]), (&blocked, &blocked));
    assert_eq!(fates["s/stats/max"], &Fate::Fresh);
}

#[test]
fn a_plan_is_of_its_targets() {
    let (space, study) = built();
    let plan = plan_of(&space, stages(&study), &["s/stats/sum"]);
    assert_eq!(
        plan.stages.iter().map(|planned| planned.stage.as_str()).collect::<Vec<_>>(),
        ["s/clean/a", "s/stats/sum"]
    );
    let graph = Graph::new(stages(&study)).unwrap();
    assert!(Engine::plan(&Options::new(space.root()), &graph, &["nothing".into()]).is_err());
}

#[test]
fn a_plan_can_be_had_while_another_process_builds_and_says_so() {
    let (space, study) = built();
    assert_eq!(plan(&space, &study).locked_by, None);
    let engine = space.engine();
    let plan_then = plan(&space, &study);
    assert!(plan_then.locked_by.as_ref().unwrap().starts_with(&format!("process {}", std::process::id())));
    assert!(plan_then.is_fresh());
    drop(engine);
    // To look at the lock is not to take it.
    assert!(space.build(&study).succeeded());
}

/// The reasons beside a stage that runs are those that the plan gave.
#[test]
fn a_build_gives_the_reasons_that_the_plan_gave() {
    let (space, study) = built();
    space.write("raw/b.log", "1\n2\n");
    let study = Study { clean_code: "clean 2", ..study };
    let plan = plan(&space, &study);
    let report = space.build(&study);
    for planned in plan.stages.iter().filter(|planned| planned.fate == Fate::Run) {
        let built = report.stages.iter().find(|stage| stage.stage == planned.stage).unwrap();
        assert_eq!(built.reasons, planned.reasons);
        assert!(!planned.reasons.contains(&Reason::Declaration));
    }
    assert_eq!(plan.stages.iter().filter(|planned| planned.fate == Fate::Run).count(), 2);
}
