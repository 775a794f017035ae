//! Isolated stages: what they can read, write and reach, and how they end.
//!
//! An isolated function runs in this very program, started again, on its first thread. The usual test
//! harness runs nothing there, so this file has its own.

mod support;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use dag::{Code, Command, Engine, Graph, Isolation, Options, Outcome, Problem, Report, Stage, isolation};
use support::{Space, Study};

/// Functions with their names.
macro_rules! named {
    ($($test:ident),* $(,)?) => { [$((stringify!($test), $test as fn())),*] };
}

/// Runs the tests whose names contain one of the arguments, or all.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if arguments == ["serve"] {
        return isolation::serve(|| Ok(graph())).unwrap();
    }
    if let Err(unsupported) = isolation::probe() {
        return println!("skipped: {unsupported}");
    }
    let tests = named![
        an_isolated_build_makes_the_same_bytes_and_a_usual_one_finds_them,
        an_undeclared_file_cannot_be_read_and_the_error_names_it,
        nothing_can_be_written_but_outputs_and_temporary_files,
        nobody_is_connected_to,
        a_process_that_dies_is_a_stage_that_failed,
        a_cancelled_build_ends_isolated_functions,
        an_input_may_be_a_symlink_also_in_isolation,
        a_process_with_another_graph_than_the_build_does_not_run_its_stages,
        a_command_reads_its_inputs_and_the_programs_of_the_system,
        a_command_cannot_read_or_write_elsewhere_by_an_absolute_path,
        a_tool_can_be_let_in,
    ];
    for (name, test) in tests {
        if arguments.is_empty() || arguments.iter().any(|argument| name.contains(argument)) {
            println!("test {name}");
            test();
        }
    }
    println!("test result: ok");
}

fn isolated(space: &Space) -> Options {
    let mut options = Options::new(space.root());
    options.isolation = Some(Isolation::new().unwrap().helper(["serve"]));
    options
}

/// The stages of the little study, and those that misbehave.
fn graph() -> Graph {
    let mut stages = support::stages(&Study::default());
    let odd = |id: &'static str, function: fn(&mut dag::Context<'_>) -> Result<(), Problem>| {
        Stage::new(id).source("log", "raw/a.log").output("out", format!("derived/{id}")).run(function)
    };
    stages.push(odd("reads", |cx| {
        let undeclared = cx.path("log")?.with_file_name("b.log");
        let text = fs::read(&undeclared).map_err(|error| Problem::io("read", &undeclared, &error))?;
        cx.write("out", text)
    }));
    stages.push(odd("unwraps", |cx| cx.write("out", fs::read(cx.path("log")?.with_file_name("b.log")).unwrap())));
    stages.push(odd("lists", |cx| {
        let folder = cx.path("log")?.parent().unwrap().to_owned();
        let listed = fs::read_dir(&folder).map_err(|error| Problem::io("list", &folder, &error))?;
        cx.write("out", listed.count().to_string())
    }));
    stages.push(odd("writes", |cx| {
        let beside = cx.path("log")?.with_file_name("written");
        fs::write(&beside, "x").map_err(|error| Problem::io("write", &beside, &error))?;
        cx.write("out", "x")
    }));
    stages.push(odd("changes", |cx| {
        let log = cx.path("log")?;
        fs::write(&log, "x").map_err(|error| Problem::io("write", &log, &error))?;
        cx.write("out", "x")
    }));
    stages.push(odd("connects", |cx| {
        let port = cx.read_text("log")?.trim().parse().unwrap();
        let connected = TcpStream::connect(("127.0.0.1", port));
        connected.map_err(|error| Problem::new(format!("cannot connect: {error}")))?;
        cx.write("out", "x")
    }));
    stages.push(odd("aborts", |_| std::process::abort()));
    stages.push(odd("exits", |_| std::process::exit(0)));
    stages.push(odd("panics", |_| panic!("division by zero")));
    stages.push(odd("waits", |_| {
        println!("waiting");
        loop {
            thread::park();
        }
    }));
    stages.push(odd("scratches", |cx| {
        let file = std::env::temp_dir().join("note");
        fs::write(&file, "kept for a moment").unwrap();
        let _ = fs::OpenOptions::new().write(true).open("/dev/null").unwrap();
        cx.write("out", fs::read(&file).unwrap())
    }));
    Graph::new(stages).unwrap()
}

fn build(options: Options, graph: &Graph, targets: &[&str]) -> Report {
    let folder = options.folder.clone();
    let targets: Vec<String> = targets.iter().map(|&target| target.to_owned()).collect();
    let report = Engine::open(options).unwrap().build(graph, &targets, &()).unwrap();
    assert_eq!(fs::read_dir(folder.join("tmp")).unwrap().count(), 0, "something is left behind");
    report
}

#[track_caller]
fn problem(report: &Report) -> Problem {
    match &report.stages[0].outcome {
        Outcome::Failed(problem) => problem.clone(),
        outcome => panic!("{outcome:?}"),
    }
}

fn problem_of(space: &Space, stage: &str) -> Problem {
    let report = build(isolated(space), &graph(), &[stage]);
    assert!(!space.path("derived").join(stage).exists());
    problem(&report)
}

fn an_isolated_build_makes_the_same_bytes_and_a_usual_one_finds_them() {
    let (space, usual) = (Space::new(), Space::new());
    let report = build(isolated(&space), &graph(), &["s"]);
    assert_eq!(report.ran().len(), 5, "{report:#?}");
    let other = usual.build(&Study::default());
    assert!(other.succeeded());
    let digests = |report: &Report| report.stages.iter().flat_map(|stage| stage.outputs.clone()).collect::<Vec<_>>();
    assert_eq!(digests(&report), digests(&other));
    assert_eq!(space.derived(), usual.derived());
    assert_eq!(space.build(&Study::default()).fresh().len(), 5, "both have the same keys");
}

fn an_undeclared_file_cannot_be_read_and_the_error_names_it() {
    let space = Space::new();
    let problem = problem_of(&space, "reads");
    assert!(problem.file.unwrap().ends_with("raw/b.log"));
    assert!(problem.message.contains("Permission denied"), "{}", problem.message);
    assert!(problem.help.unwrap().contains("declare the file as an input"));
    assert!(problem_of(&space, "unwraps").help.unwrap().contains("declare the file as an input"));
    assert!(problem_of(&space, "lists").file.unwrap().ends_with("raw"));
    // Without isolation nobody notices.
    assert!(build(Options::new(space.root()), &graph(), &["reads", "unwraps", "lists"]).succeeded());
}

fn nothing_can_be_written_but_outputs_and_temporary_files() {
    let space = Space::new();
    assert!(problem_of(&space, "writes").file.unwrap().ends_with("raw/written"));
    assert!(problem_of(&space, "changes").file.unwrap().ends_with("raw/a.log"));
    assert!(!space.path("raw/written").exists());
    assert_eq!(space.read("raw/a.log"), "# watts\n1\n2\n3\n");
    let report = build(isolated(&space), &graph(), &["scratches"]);
    assert!(report.succeeded(), "{report:#?}");
    assert_eq!(space.read("derived/scratches"), "kept for a moment");
}

fn nobody_is_connected_to() {
    let space = Space::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    space.write("raw/a.log", &port.to_string());
    assert!(problem_of(&space, "connects").message.contains("cannot connect"));
    assert!(build(Options::new(space.root()), &graph(), &["connects"]).succeeded());
}

fn a_process_that_dies_is_a_stage_that_failed() {
    let space = Space::new();
    let problem = problem_of(&space, "aborts");
    assert!(problem.message.contains("was ended by signal 6 (SIGABRT)"), "{problem}");
    let problem = problem_of(&space, "exits");
    assert!(problem.message.contains("ended with exit code 0"), "{problem}");
    let problem = problem_of(&space, "panics");
    assert!(problem.message.contains("panicked: division by zero"), "{problem}");
}

fn a_cancelled_build_ends_isolated_functions() {
    let space = Space::new();
    let options = isolated(&space);
    let cancel = options.cancel.clone();
    let tmp = space.path(".joulebook/tmp");
    thread::scope(|scope| {
        scope.spawn(|| {
            wait_for(|| {
                let stages = fs::read_dir(&tmp).into_iter().flatten().flatten();
                let printed = stages.filter_map(|stage| fs::read_to_string(stage.path().join("printed")).ok());
                printed.into_iter().any(|printed| printed.contains("waiting"))
            });
            cancel.store(true, Ordering::Relaxed);
        });
        let report = build(options, &graph(), &["waits"]);
        assert_eq!(report.cancelled(), ["waits"]);
    });
}

fn wait_for(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain");
        thread::sleep(Duration::from_millis(2));
    }
}

fn an_input_may_be_a_symlink_also_in_isolation() {
    let space = Space::new();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::rename(space.path("raw/a.log"), elsewhere.path().join("a.log")).unwrap();
    symlink(elsewhere.path().join("a.log"), space.path("raw/a.log")).unwrap();
    let report = build(isolated(&space), &graph(), &["s/clean/a"]);
    assert_eq!(report.ran(), ["s/clean/a"], "{report:#?}");
}

fn a_process_with_another_graph_than_the_build_does_not_run_its_stages() {
    let space = Space::new();
    let stage = Stage::new("s/clean/a").source("log", "raw/a.log").output("numbers", "derived/a.txt");
    let other = Graph::new(vec![stage.code(Code::of_text("clean 2")).run(|cx| cx.write("numbers", "2"))]).unwrap();
    let problem = problem(&build(isolated(&space), &other, &[]));
    assert!(problem.message.contains("another graph than the build"), "{problem}");
}

fn shell(line: &str) -> Graph {
    let stage = Stage::new("s").source("log", "raw/a.log").output("out", "derived/out");
    Graph::new(vec![stage.command(Command::shell(line))]).unwrap()
}

fn a_command_reads_its_inputs_and_the_programs_of_the_system() {
    let space = Space::new();
    let large = "1\n".repeat(1 << 20);
    space.write("raw/a.log", &large);
    let line = "set -e; t=$(mktemp); sort raw/a.log > \"$t\"; head -c 1 /dev/zero > /dev/null; mv \"$t\" derived/out";
    let report = build(isolated(&space), &shell(line), &[]);
    assert_eq!(report.ran(), ["s"], "{report:#?}");
    assert_eq!(space.read("derived/out"), large);
}

fn a_command_cannot_read_or_write_elsewhere_by_an_absolute_path() {
    let space = Space::new();
    let undeclared = space.path("raw/b.log");
    let line = format!("cat {} > derived/out", undeclared.display());
    let problem_in_isolation = problem(&build(isolated(&space), &shell(&line), &[]));
    let told = problem_in_isolation.to_string();
    assert!(told.contains(&format!("{}: Permission denied", undeclared.display())), "{told}");
    assert!(told.contains("cannot read other files, wherever they are"), "{told}");
    assert!(build(Options::new(space.root()), &shell(&line), &[]).succeeded());

    let line = format!("echo x > derived/out; echo x > {}", undeclared.display());
    let told = problem(&build(isolated(&space), &shell(&line), &[])).to_string();
    assert!(told.contains("Permission denied"), "{told}");
    assert_eq!(space.read("raw/b.log"), "# watts\n5\n4\n");
}

fn a_tool_can_be_let_in() {
    let space = Space::new();
    let tools = tempfile::tempdir().unwrap();
    let tool = tools.path().join("tool");
    fs::copy("/bin/cat", &tool).unwrap();
    let graph = shell(&format!("{} raw/a.log > derived/out", tool.display()));
    assert!(!build(isolated(&space), &graph, &[]).succeeded());
    let mut options = isolated(&space);
    options.isolation = options.isolation.map(|isolation| isolation.readable(tools.path()));
    let report = build(options, &graph, &[]);
    assert!(report.succeeded(), "{report:#?}");
    assert!(Path::new(&tool).exists());
}
