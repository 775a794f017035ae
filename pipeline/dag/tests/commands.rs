//! External commands as stages: what they see, what is taken of what they do, and how they end.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use dag::{Command, Engine, Graph, Options, Outcome, Problem, Reason, Report, Stage};
use support::Space;

fn build(space: &Space, stages: Vec<Stage>) -> Report {
    let graph = Graph::new(stages).unwrap();
    let report = Engine::open(Options::new(space.root())).unwrap().build(&graph, &[], &()).unwrap();
    assert_eq!(fs::read_dir(space.path(".joulebook/tmp")).unwrap().count(), 0, "something is left behind");
    report
}

/// A stage that reads raw/a.log and writes derived/out with a line of shell.
fn shell(line: &str) -> Stage {
    Stage::new("s").source("log", "raw/a.log").output("out", "derived/out").command(Command::shell(line))
}

#[track_caller]
fn problem(report: &Report) -> &Problem {
    match &report.stages[0].outcome {
        Outcome::Failed(problem) => problem,
        outcome => panic!("{outcome:?}"),
    }
}

#[test]
fn a_command_reads_its_inputs_and_writes_its_outputs_at_their_paths() {
    let space = Space::new();
    let stage = || {
        Stage::new("s/both")
            .source("a", "raw/a.log")
            .source("b", "raw/b.log")
            .output("sorted", "derived/deep/sorted.txt")
            .output("count", "derived/count.txt")
            .command(Command::shell(
                "sort raw/a.log raw/b.log | tee derived/deep/sorted.txt | wc -l > derived/count.txt",
            ))
    };
    assert_eq!(build(&space, vec![stage()]).ran(), ["s/both"]);
    assert_eq!(space.read("derived/deep/sorted.txt"), "# watts\n# watts\n1\n2\n3\n4\n5\n");
    assert_eq!(space.read("derived/count.txt").trim(), "7");
    assert_eq!(build(&space, vec![stage()]).fresh(), ["s/both"]);
    fs::remove_dir_all(space.path("derived")).unwrap();
    assert_eq!(build(&space, vec![stage()]).restored(), ["s/both"]);
}

#[test]
fn functions_read_what_commands_made_and_the_other_way_round() {
    let space = Space::new();
    let count = |line: &str| {
        Stage::new("s/count").source("log", "raw/a.log").output("n", "derived/n").command(Command::shell(line))
    };
    let double = || {
        Stage::new("s/double").source("n", "derived/n").output("d", "derived/d").run(|cx| {
            let n: i64 = cx.read_text("n")?.trim().parse().map_err(|_| Problem::new("no number"))?;
            cx.write("d", format!("{}\n", 2 * n))
        })
    };
    let show = || {
        let stage = Stage::new("s/show").source("d", "derived/d").output("s", "derived/s");
        stage.command(Command::new("cp", ["derived/d", "derived/s"]))
    };
    let stages = |line| vec![show(), double(), count(line)];
    assert_eq!(build(&space, stages("wc -l < raw/a.log > derived/n")).ran(), ["s/count", "s/double", "s/show"]);
    assert_eq!(space.read("derived/s"), "8\n");
    // Another command that makes the same: cut off.
    let report = build(&space, stages("cat raw/a.log | wc -l > derived/n"));
    assert_eq!(report.ran(), ["s/count"]);
    let told: Vec<String> = report.stages[0].reasons.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["its command changed from `wc -l < raw/a.log > derived/n` to `cat raw/a.log | wc -l > derived/n`"]
    );
}

#[test]
fn only_declared_inputs_can_be_read_and_the_error_names_the_other() {
    let space = Space::new();
    let report = build(&space, vec![shell("cat raw/a.log ./raw/b.log > derived/out")]);
    let problem = problem(&report);
    assert!(problem.message.contains("ended with exit code 1"), "{problem}");
    assert!(problem.help.as_ref().unwrap().ends_with("declare raw/b.log as well"), "{problem}");
    assert!(!space.path("derived/out").exists());
}

#[test]
fn only_declared_variables_and_a_plain_path_reach_the_command() {
    let space = Space::new();
    let stage = |language: &str| {
        let command = Command::shell("env > derived/out").env("LANGUAGE", language);
        Stage::new("s").output("out", "derived/out").command(command)
    };
    build(&space, vec![stage("eo")]);
    let seen = space.read("derived/out");
    // What the shell adds by itself.
    let mut names: Vec<&str> = seen.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    names.sort_unstable();
    assert_eq!(names, ["LANGUAGE", "PATH"]);
    assert!(seen.contains("PATH=/usr/local/bin:/usr/bin:/bin\n"));

    let report = build(&space, vec![stage("fi")]);
    assert_eq!(report.ran(), ["s"]);
    assert_eq!(
        report.stages[0].reasons,
        [Reason::Environment { name: "LANGUAGE".into(), before: Some("\"eo\"".into()), after: Some("\"fi\"".into()) }]
    );
}

#[test]
fn the_key_does_not_depend_on_where_the_workspace_is() {
    let keys = || {
        let space = Space::new();
        build(&space, vec![shell("sort raw/a.log > derived/out")]);
        let actions = walkdir::WalkDir::new(space.path(".joulebook/store/actions")).into_iter().flatten();
        let files = actions.filter(|entry| entry.file_type().is_file());
        files.map(|entry| entry.file_name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys(), keys());
}

#[test]
fn a_failing_command_tells_its_exit_code_and_what_it_printed() {
    let space = Space::new();
    let report = build(&space, vec![shell("echo half > derived/out; echo to out; echo to err >&2; exit 7")]);
    let problem = problem(&report);
    assert_eq!(problem.message, "the command ended with exit code 7");
    assert_eq!(problem.command.as_ref().unwrap().printed, "to out\nto err\n");
    let told = problem.to_string();
    assert!(told.contains("\n  command: echo half > derived/out;"), "{told}");
    assert!(told.contains("\n  | to out\n  | to err\n"), "{told}");
    assert!(!space.path("derived").exists(), "what a failing command wrote is thrown away");
}

#[test]
fn a_command_that_is_killed_is_told_as_such() {
    let space = Space::new();
    let report = build(&space, vec![shell("echo half > derived/out; kill -9 $$")]);
    assert!(problem(&report).message.starts_with("the command was ended by signal 9"), "{report:#?}");
    assert!(!space.path("derived/out").exists());
}

#[test]
fn only_the_end_of_a_flood_is_kept() {
    let space = Space::new();
    let report = build(&space, vec![shell("seq 1 100000; exit 1")]);
    let printed = &problem(&report).command.as_ref().unwrap().printed;
    assert!(printed.len() < 33_000 && printed.ends_with("\n99999\n100000\n"), "{}", printed.len());
    assert!(printed.starts_with('[') && printed.contains("bytes before this are left out]\n"));
}

#[test]
fn what_a_successful_command_prints_is_reported() {
    let space = Space::new();
    let report = build(&space, vec![shell("cp raw/a.log derived/out; echo warning: old format >&2")]);
    assert_eq!(report.stages[0].printed, "warning: old format\n");
}

#[test]
fn an_output_that_is_missing_or_no_file_is_refused() {
    for (line, message) in [
        ("true", "the command did not write its output"),
        ("mkdir derived/out", "the command made a folder where its output should be"),
        ("ln -s ../raw/a.log derived/out", "the command made something else than a file where its output should be"),
    ] {
        let space = Space::new();
        let report = build(&space, vec![shell(line)]);
        assert_eq!(problem(&report).message, message);
        assert_eq!(problem(&report).file.as_deref(), Some("derived/out".as_ref()));
        assert!(!space.path("derived").exists());
    }
}

/// Files of a mirror serve again: nothing of an earlier content may be seen.
#[test]
fn a_short_input_after_a_long_one_is_seen_as_it_is() {
    let space = Space::new();
    for (i, text) in
        ["long\n".repeat(1000), "short\n".to_owned(), String::new(), "again\n".to_owned()].iter().enumerate()
    {
        space.write("raw/a.log", text);
        let report = build(&space, vec![shell("cat raw/a.log > derived/out")]);
        assert_eq!((report.ran().len(), space.read("derived/out")), (1, text.clone()), "{i}");
    }
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let space = Space::new();
    let stage = Stage::new("s").output("out", "derived/out").command(Command::new("no-such-tool", ["-v"]));
    let report = build(&space, vec![stage]);
    let problem = problem(&report);
    assert!(problem.message.starts_with("cannot start \"no-such-tool\""), "{problem}");
    assert!(problem.expected.as_ref().unwrap().contains("PATH=/usr/local/bin:/usr/bin:/bin"), "{problem}");
    let bad = Stage::new("s").output("out", "derived/out").command(Command::shell("true").env("A=B", "1"));
    assert!(build(&space, vec![bad]).stages[0].outcome != Outcome::Ran);
}

#[test]
fn an_input_that_changes_while_the_command_runs_does_not_count() {
    // One that is copied for the command and one that is linked.
    for size in [10, 3 << 20] {
        let space = Space::new();
        space.write("raw/a.log", &"x".repeat(size));
        let log = space.path("raw/a.log");
        let stages =
            || vec![shell("touch started; while ! [ -e go ]; do sleep 0.01; done; cat raw/a.log > derived/out")];
        thread::scope(|scope| {
            let space = &space;
            let building = scope.spawn(move || {
                let graph = Graph::new(stages()).unwrap();
                Engine::open(Options::new(space.root())).unwrap().build(&graph, &[], &()).unwrap()
            });
            let folder = mirror_of_running_command(space);
            fs::write(&log, "y".repeat(size)).unwrap();
            fs::write(folder.join("go"), "").unwrap();
            let report = building.join().unwrap();
            assert_eq!(problem(&report).message, "the input changed while the stage ran");
        });
        assert!(!space.path("derived/out").exists());
        let report = build(&space, vec![shell("cat raw/a.log > derived/out")]);
        assert_eq!(report.ran(), ["s"]);
        assert_eq!(space.read("derived/out"), "y".repeat(size));
    }
}

/// It was looked at when it was still the old one; the command must not run on the new one in its name.
#[test]
fn an_input_that_changes_before_the_command_starts_does_not_count() {
    let space = Space::new();
    let log = space.path("raw/b.log");
    let change = Stage::new("change").output("out", "derived/changed").run(move |cx| {
        fs::write(&log, "7\n").unwrap();
        cx.write("out", "")
    });
    let copy = || {
        let stage = Stage::new("copy").source("log", "raw/b.log").output("out", "derived/out");
        stage.command(Command::new("cp", ["raw/b.log", "derived/out"]))
    };
    let mut options = Options::new(space.root());
    options.jobs = 1;
    let graph = Graph::new(vec![change, copy()]).unwrap();
    let report = Engine::open(options).unwrap().build(&graph, &[], &()).unwrap();
    assert_eq!((report.ran(), report.failed()), (vec!["change"], vec!["copy"]), "{report:#?}");
    assert_eq!(build(&space, vec![copy()]).ran(), ["copy"]);
    assert_eq!(space.read("derived/out"), "7\n");
}

#[test]
fn a_content_that_came_and_went_while_a_command_read_it_does_not_count() {
    let space = Space::new();
    let text = "x".repeat(3 << 20);
    space.write("raw/a.log", &text);
    let log = space.path("raw/a.log");
    thread::scope(|scope| {
        let space = &space;
        let line = "touch started; while ! [ -e go ]; do sleep 0.01; done; cat raw/a.log > derived/out; touch done; \
                    while [ -e go ]; do sleep 0.01; done";
        let building = scope.spawn(move || {
            let graph = Graph::new(vec![shell(line)]).unwrap();
            Engine::open(Options::new(space.root())).unwrap().build(&graph, &[], &()).unwrap()
        });
        let folder = mirror_of_running_command(space);
        fs::write(&log, "y".repeat(3 << 20)).unwrap();
        fs::write(folder.join("go"), "").unwrap();
        wait_for(|| folder.join("done").exists());
        fs::write(&log, &text).unwrap();
        fs::remove_file(folder.join("go")).unwrap();
        assert_eq!(problem(&building.join().unwrap()).message, "the input changed while the stage ran");
    });
}

/// Waits for the command to have made a file `started` where it runs; returns that folder.
fn mirror_of_running_command(space: &Space) -> std::path::PathBuf {
    let mut found = None;
    wait_for(|| {
        let entries = walkdir::WalkDir::new(space.path(".joulebook/tmp")).into_iter().flatten();
        found = entries.map(walkdir::DirEntry::into_path).find(|path| path.ends_with("workspace/started"));
        found.is_some()
    });
    found.unwrap().parent().unwrap().to_owned()
}

fn wait_for(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "waited for 30 s");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_command_cannot_write_to_its_inputs() {
    let space = Space::new();
    let before = space.read("raw/a.log");
    // For root no mode forbids it: then it writes to its copy.
    build(&space, vec![shell("echo spoilt 2>/dev/null > raw/a.log; echo made > derived/out")]);
    assert_eq!(space.read("raw/a.log"), before);
    assert_eq!(space.read("derived/out"), "made\n");
}

#[test]
fn a_program_that_a_stage_makes_can_be_run_by_another_and_is_restored_as_a_program() {
    let space = Space::new();
    let stages = || {
        let tool = "printf '#!/bin/sh\\necho made by a tool\\n' > derived/tool; chmod +x derived/tool";
        vec![
            Stage::new("s/tool").output("tool", "derived/tool").command(Command::shell(tool)),
            Stage::new("s/use")
                .source("tool", "derived/tool")
                .output("out", "derived/out")
                .command(Command::shell("./derived/tool > derived/out")),
        ]
    };
    assert_eq!(build(&space, stages()).ran(), ["s/tool", "s/use"]);
    assert_eq!(space.read("derived/out"), "made by a tool\n");
    fs::remove_file(space.path("derived/tool")).unwrap();
    assert_eq!(build(&space, stages()).restored(), ["s/tool"]);
    assert_eq!(fs::metadata(space.path("derived/tool")).unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(fs::metadata(space.path("derived/out")).unwrap().permissions().mode() & 0o111, 0);
}

#[test]
fn odd_names_reach_commands_as_they_are() {
    let space = Space::new();
    let (input, output) = ("raw/a b\"c'd\n-é$(x).log", "derived/ü ' \" \n.txt");
    space.write(input, "1");
    let stage = Stage::new("s").source("in", input).output("out", output).command(Command::new("cp", [input, output]));
    assert_eq!(build(&space, vec![stage]).ran(), ["s"]);
    assert_eq!(space.read(output), "1");
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_command_leaves_behind_ends_with_it() {
    let space = Space::new();
    let report = build(&space, vec![shell("sleep 1000 & echo $! > derived/out")]);
    assert_eq!(report.ran(), ["s"]);
    let process = space.read("derived/out").trim().to_owned();
    // It may take the kernel a moment.
    wait_for(|| !is_running(&process));
}

#[cfg(target_os = "linux")]
fn is_running(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // "17 (name) S …": the state comes after the name. A zombie is only waiting to be reaped.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn a_cancelled_build_ends_its_commands_and_the_next_one_goes_on() {
    let space = Space::new();
    // One that goes when it is asked to, and one that must be killed.
    for patience in ["", "trap '' TERM; "] {
        let line = format!("{patience}touch started; echo half > derived/out; while true; do sleep 0.1; done");
        let options = Options::new(space.root());
        let cancel = options.cancel.clone();
        let report = thread::scope(|scope| {
            let building = scope.spawn(move || {
                let after = Stage::new("t").source("in", "derived/out").output("out", "derived/after");
                let graph =
                    Graph::new(vec![shell(&line), after.command(Command::shell("cp derived/out derived/after"))]);
                Engine::open(options).unwrap().build(&graph.unwrap(), &[], &()).unwrap()
            });
            mirror_of_running_command(&space);
            cancel.store(true, Ordering::Relaxed);
            building.join().unwrap()
        });
        assert!(report.stages.iter().all(|stage| stage.outcome == Outcome::Cancelled), "{report:#?}");
        assert!(!space.path("derived").exists());
    }
    assert_eq!(build(&space, vec![shell("cp raw/a.log derived/out")]).ran(), ["s"]);
}
