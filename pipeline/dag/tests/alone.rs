//! Single stages, each brought up to date by itself, as schedulers start them.
#![cfg(unix)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use dag::{Code, Engine, Error, Graph, Options, Outcome, Problem, Stage, StageReport};
use support::{Space, Study};

const ORDER: [&str; 5] = ["s/clean/a", "s/clean/b", "s/stats/sum", "s/stats/max", "s/paper/paper"];

fn graph(study: &Study) -> Graph {
    Graph::new(support::stages(study)).unwrap()
}

fn alone(root: &Path, graph: &Graph, stage: &str) -> StageReport {
    Engine::run_alone(&Options::new(root), graph, stage).unwrap().stages.remove(0)
}

/// The names below the folder of scratch folders, `gate` apart.
fn left_behind(space: &Space) -> Vec<String> {
    let entries = fs::read_dir(space.path(".joulebook/alone")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name != "gate").collect()
}

#[test]
fn stages_that_ran_alone_are_found_by_the_next_build() {
    let (space, usual) = (Space::new(), Space::new());
    assert!(usual.build(&Study::default()).succeeded());
    let graph = graph(&Study::default());
    for stage in ORDER {
        let report = alone(space.root(), &graph, stage);
        assert_eq!((report.stage.as_str(), &report.outcome), (stage, &Outcome::Ran));
        assert!(!report.outputs.is_empty());
    }
    assert_eq!(space.derived(), usual.derived());
    assert!(!space.path(".joulebook/state").exists(), "the state is for who holds the lock");
    assert_eq!(left_behind(&space), Vec::<String>::new());

    let build = space.build(&Study::default());
    assert!(build.succeeded() && build.ran().is_empty(), "{build:#?}");
    assert_eq!(space.build(&Study::default()).fresh().len(), ORDER.len());
    // It reads the state, and leaves it as it is.
    let state = fs::read(space.path(".joulebook/state")).unwrap();
    assert_eq!(alone(space.root(), &graph, "s/paper/paper").outcome, Outcome::Fresh);
    fs::remove_file(space.path("derived/papers/paper.txt")).unwrap();
    assert_eq!(alone(space.root(), &graph, "s/paper/paper").outcome, Outcome::Restored);
    assert_eq!(space.derived(), usual.derived());
    assert!(fs::read(space.path(".joulebook/state")).unwrap() == state);
}

#[test]
fn a_missing_input_is_named_with_the_stage_that_makes_it() {
    let space = Space::new();
    let report = alone(space.root(), &graph(&Study::default()), "s/stats/sum");
    let Outcome::Failed(problem) = report.outcome else { panic!("{report:?}") };
    assert_eq!(problem.file.as_deref(), Some("derived/a.txt".as_ref()));
    assert!(problem.help.unwrap().contains("run s/clean/a, which makes it"));

    fs::remove_file(space.path("raw/a.log")).unwrap();
    let report = alone(space.root(), &graph(&Study::default()), "s/clean/a");
    let Outcome::Failed(problem) = report.outcome else { panic!("{report:?}") };
    assert_eq!(
        (problem.message.as_str(), problem.file.as_deref()),
        ("an input file is missing", Some("raw/a.log".as_ref()))
    );
}

#[test]
fn a_missing_input_is_taken_from_the_store_if_that_knows_it() {
    let space = Space::new();
    assert!(space.build(&Study::default()).succeeded());
    let paper = space.read("derived/papers/paper.txt");
    fs::remove_dir_all(space.path("derived")).unwrap();
    // The last stage is another one, so that it must run.
    let mut stages = support::stages(&Study::default());
    stages[0] = Stage::new("s/paper/paper")
        .source("sum", "derived/sum.txt")
        .source("max", "derived/max.txt")
        .output("paper", "derived/papers/paper.txt")
        .code(Code::of_text("paper 2"))
        .run(|cx| cx.write("paper", format!("sum {}max {}", cx.read_text("sum")?, cx.read_text("max")?)));
    let report = alone(space.root(), &Graph::new(stages).unwrap(), "s/paper/paper");
    assert_eq!(report.outcome, Outcome::Ran);
    let there: Vec<String> = space.derived().into_keys().collect();
    assert_eq!(there, ["derived/max.txt", "derived/papers/paper.txt", "derived/sum.txt"], "what it reads, and no more");
    assert_eq!(space.read("derived/papers/paper.txt"), paper);

    // Of another raw file the store knows nothing.
    fs::remove_file(space.path("derived/sum.txt")).unwrap();
    space.write("raw/a.log", "9\n");
    let report = alone(space.root(), &graph(&Study::default()), "s/paper/paper");
    let Outcome::Failed(problem) = report.outcome else { panic!("{report:?}") };
    assert_eq!(problem.file.as_deref(), Some("derived/sum.txt".as_ref()));
}

#[test]
fn a_stage_that_fails_and_a_stage_that_is_not_there_are_told() {
    let space = Space::new();
    let graph = graph(&Study { fail: true, ..Study::default() });
    assert_eq!(alone(space.root(), &graph, "s/clean/b").outcome, Outcome::Ran);
    let report = alone(space.root(), &graph, "s/stats/max");
    assert!(matches!(&report.outcome, Outcome::Failed(problem) if problem.message == "no luck"), "{report:?}");
    let error = Engine::run_alone(&Options::new(space.root()), &graph, "s/clean").unwrap_err();
    assert!(matches!(error, Error::Graph(_)), "{error}");
}

#[test]
fn a_build_that_begins_meanwhile_clears_nothing_of_it() {
    let space = Space::new();
    let root = space.root().to_owned();
    let stage = Stage::new("s").source("log", "raw/a.log").output("out", "derived/out").run(move |cx| {
        cx.write("out", "whole")?;
        let other = Stage::new("t").output("out", "derived/other").run(|cx| cx.write("out", "x"));
        let build = Engine::open(Options::new(&root)).map_err(|error| Problem::new(error.to_string()))?.build(
            &Graph::new(vec![other]).unwrap(),
            &[],
            &(),
        );
        assert!(build.unwrap().succeeded());
        Ok(())
    });
    let graph = Graph::new(vec![stage]).unwrap();
    assert_eq!(alone(space.root(), &graph, "s").outcome, Outcome::Ran);
    assert_eq!((space.read("derived/out"), space.read("derived/other")), ("whole".to_owned(), "x".to_owned()));
}

#[test]
fn it_runs_while_another_holds_the_lock() {
    let space = Space::new();
    let graph = graph(&Study::default());
    let mut engine = space.engine();
    for stage in ORDER {
        assert_eq!(alone(space.root(), &graph, stage).outcome, Outcome::Ran);
    }
    assert!(engine.build(&graph, &[], &()).unwrap().ran().is_empty());
}

/// Not a test: the process that the tests below start.
#[test]
#[ignore = "started by the tests of this file"]
fn child() {
    let Ok(root) = std::env::var("DAG_ALONE_ROOT") else { return };
    match std::env::var("DAG_ALONE_STAGE").as_deref() {
        Ok(stage) => {
            alone(root.as_ref(), &waiting(), stage);
        }
        Err(_) => {
            let graph = graph(&Study::default());
            for stage in ORDER {
                let outcome = alone(root.as_ref(), &graph, stage).outcome;
                assert!(!matches!(outcome, Outcome::Failed(_)), "{stage}: {outcome:?}");
            }
        }
    }
}

fn start_child(root: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored"]).env("DAG_ALONE_ROOT", root).stdout(Stdio::null());
    command
}

fn waiting() -> Graph {
    let stage = Stage::new("waits").output("out", "derived/out").run(|cx| {
        cx.write("out", "half")?;
        loop {
            thread::park();
        }
    });
    Graph::new(vec![stage]).unwrap()
}

#[test]
fn what_a_killed_process_leaves_is_cleared_by_the_next() {
    let space = Space::new();
    let clear: [fn(&Space); 2] =
        [|space| drop(space.engine()), |space| drop(alone(space.root(), &graph(&Study::default()), "s/clean/a"))];
    for clear in clear {
        let mut child = start_child(space.root()).env("DAG_ALONE_STAGE", "waits").spawn().unwrap();
        let half = || {
            walkdir::WalkDir::new(space.path(".joulebook/alone"))
                .into_iter()
                .flatten()
                .any(|entry| entry.file_name() == "0")
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while !half() {
            assert!(Instant::now() < deadline, "waited in vain");
            thread::sleep(Duration::from_millis(2));
        }
        clear(&space);
        assert_eq!(left_behind(&space).len(), 1, "the folder of a process that lives stays");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(left_behind(&space).len(), 1);
        clear(&space);
        assert_eq!(left_behind(&space), Vec::<String>::new());
    }
    assert!(!space.path("derived/out").exists());
}

#[test]
fn many_at_once_and_a_build_beside_them_do_each_other_no_harm() {
    let usual = Space::new();
    assert!(usual.build(&Study::default()).succeeded());
    for _ in 0..3 {
        let space = Space::new();
        let children: Vec<Child> = (0..6).map(|_| start_child(space.root()).spawn().unwrap()).collect();
        let build = space.build(&Study::default());
        assert!(build.succeeded(), "{build:#?}");
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(space.derived(), usual.derived());
        assert!(space.build(&Study::default()).ran().is_empty());
        assert_eq!(left_behind(&space), Vec::<String>::new());
    }
}
