//! The program `dag-run`: its exit codes, and what it tells where.
#![cfg(unix)]

#[path = "support/graphs.rs"]
mod graphs;
#[path = "support/runner.rs"]
mod runner;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use runner::{dag_run, exit_code, run, stderr, stdout};

const SPEC: &str = r#"[
    {"id": "clean/a", "command": "grep -v '^#' raw/a > derived/a", "inputs": ["raw/a"], "outputs": ["derived/a"]},
    {"id": "stats/n", "command": ["wc", "-l", "derived/a"], "inputs": ["derived/a"], "outputs": ["derived/n"]}
]"#;

/// The second stage prints in place of writing: most tests mend it.
fn workspace(spec: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    graphs::write(dir.path(), "raw/a", "# a\n1\n2\n");
    fs::write(dir.path().join("SPEC.json"), spec).unwrap();
    thread::sleep(Duration::from_millis(50));
    dir
}

fn good() -> tempfile::TempDir {
    workspace(&SPEC.replace(r#"["wc", "-l", "derived/a"]"#, r#""wc -l < derived/a > derived/n""#))
}

#[test]
fn a_build_tells_on_standard_error_what_ran_and_why() {
    let dir = good();
    let output = run(dir.path(), &["SPEC.json"]);
    assert_eq!((exit_code(&output), stdout(&output)), (0, String::new()));
    assert!(stderr(&output).contains("ran       clean/a in "), "{}", stderr(&output));
    let output = run(dir.path(), &["SPEC.json"]);
    assert_eq!((exit_code(&output), stderr(&output)), (0, "nothing to do: 2 stages are fresh\n".to_owned()));
    graphs::write(dir.path(), "raw/a", "# a\n1\n2\n3\n");
    let output = run(dir.path(), &["SPEC.json"]);
    assert!(stderr(&output).contains(": input raw/a changed from "), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(dir.path().join("derived/n")).unwrap().trim(), "3");
    let output = run(dir.path(), &["--quiet", "SPEC.json"]);
    assert_eq!((stdout(&output), stderr(&output)), (String::new(), String::new()));
}

#[test]
fn a_failure_is_1_and_tells_of_the_command() {
    let dir = workspace(SPEC);
    let output = run(dir.path(), &["SPEC.json"]);
    assert_eq!(exit_code(&output), 1);
    let told = stderr(&output);
    assert!(told.contains("FAILED    stats/n: the command did not write its output\n  file: derived/n"), "{told}");
    assert!(told.contains("  command: wc -l derived/a\n  | 2 derived/a\n"), "{told}");
    assert!(told.contains("\n1 ran, 1 failed in "), "{told}");
    let quiet = stderr(&run(dir.path(), &["-q", "SPEC.json"]));
    assert!(quiet.starts_with("FAILED    stats/n"), "{quiet}");
}

#[test]
fn mistakes_in_arguments_and_specifications_are_2() {
    let dir = good();
    let fails = |arguments: &[&str], message: &str| {
        let output = run(dir.path(), arguments);
        assert_eq!(exit_code(&output), 2, "{arguments:?}");
        assert!(stderr(&output).contains(message), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    };
    fails(&[], "no SPEC.json is given");
    fails(&["--no-such-option", "SPEC.json"], "--no-such-option");
    fails(&["-j", "0", "SPEC.json"], "0");
    fails(&["missing.json"], "cannot read missing.json");
    fails(&["SPEC.json", "stats/m"], "did you mean stats/n?");
    fails(&["-C", "no/such/folder", "SPEC.json"], "is not a folder");
    fs::write(dir.path().join("bad.json"), "[\n{\"id\": 1}]").unwrap();
    fails(&["bad.json"], "bad.json: line 2, column 8: invalid type: integer `1`, expected a string");
    let twice =
        r#"[{"id": "a", "command": "true", "outputs": ["x"]}, {"id": "a", "command": "true", "outputs": ["y"]}]"#;
    fs::write(dir.path().join("twice.json"), twice).unwrap();
    fails(&["twice.json"], "two stages are named a");
}

#[test]
fn help_and_version_are_results() {
    let dir = good();
    let help = run(dir.path(), &["--help"]);
    assert_eq!((exit_code(&help), stderr(&help)), (0, String::new()));
    assert!(stdout(&help).contains("Exit codes:"));
    assert!(stdout(&run(dir.path(), &["-V"])).starts_with("dag-run "));
}

#[test]
fn a_plan_is_4_if_there_is_something_to_do_and_0_if_not() {
    let dir = good();
    let output = run(dir.path(), &["--plan", "SPEC.json"]);
    assert_eq!(exit_code(&output), 4);
    assert_eq!(
        stdout(&output),
        "clean/a would run: it has not run before\n\
         stats/n may run: it reads from clean/a, which runs; it has not run before\n\
         1 would run, 1 may run\n"
    );
    assert!(!dir.path().join(".dag").exists(), "a plan writes nothing");
    assert_eq!(exit_code(&run(dir.path(), &["SPEC.json"])), 0);
    let output = run(dir.path(), &["-n", "SPEC.json"]);
    assert_eq!((exit_code(&output), stdout(&output)), (0, "2 fresh\n".to_owned()));
    fs::remove_file(dir.path().join("raw/a")).unwrap();
    let output = run(dir.path(), &["--dry-run", "SPEC.json"]);
    assert_eq!(exit_code(&output), 1, "an input is missing");
    assert!(stdout(&output).contains("clean/a would fail: an input file is missing\n  file: raw/a"));
    assert!(stdout(&output).ends_with("1 would fail, 1 would be blocked\n"), "{}", stdout(&output));
}

#[test]
fn explain_tells_a_sentence_for_each_thing() {
    let dir = good();
    assert_eq!(exit_code(&run(dir.path(), &["SPEC.json"])), 0);
    let output = run(dir.path(), &["--explain", "clean/a", "SPEC.json"]);
    assert_eq!(exit_code(&output), 0);
    assert!(
        stdout(&output).starts_with("clean/a is fresh: nothing that it depends on has changed since it last ran\n")
    );
    graphs::write(dir.path(), "raw/a", "1\n");
    let spec = fs::read_to_string(dir.path().join("SPEC.json")).unwrap().replace("'^#'", "'^##'");
    let spec = spec.replacen("\"outputs\"", "\"env\": {\"LANG\": \"C\"}, \"outputs\"", 1);
    fs::write(dir.path().join("SPEC.json"), spec).unwrap();
    let output = stdout(&run(dir.path(), &["--explain", "derived/a", "SPEC.json"]));
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "clean/a would run:");
    assert!(lines[1].starts_with("  input raw/a changed from "), "{output}");
    let command = |comment: &str| format!("`grep -v '{comment}' raw/a > derived/a`");
    assert_eq!(lines[2], format!("  its command changed from {} to {}", command("^#"), command("^##")));
    assert_eq!(lines[3], "  environment variable LANG is new");
    assert!(lines[4].starts_with("  it took "), "{output}");
}

#[test]
fn json_is_all_there_is_on_standard_output() {
    let dir = good();
    assert_eq!(runner::build(dir.path()).ran(), ["clean/a", "stats/n"]);
    assert!(runner::plan(dir.path()).is_fresh());
    let output = run(dir.path(), &["--explain", "stats", "--json", "SPEC.json"]);
    let explained: Vec<dag::PlannedStage> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((explained.len(), explained[0].stage.as_str()), (1, "stats/n"));
}

#[test]
fn what_ran_tells_of_builds_that_did_something() {
    let dir = good();
    let log = |arguments: &[&str]| {
        let output = run(dir.path(), &[&["SPEC.json", "--what-ran", "--json"], arguments].concat());
        assert_eq!(exit_code(&output), 0, "{}", stderr(&output));
        serde_json::from_slice::<Vec<dag::log::Entry>>(&output.stdout).unwrap()
    };
    assert_eq!(log(&[]), []);
    assert_eq!(exit_code(&run(dir.path(), &["SPEC.json"])), 0);
    assert_eq!(exit_code(&run(dir.path(), &["SPEC.json"])), 0);
    fs::remove_file(dir.path().join("derived/n")).unwrap();
    assert_eq!(exit_code(&run(dir.path(), &["SPEC.json", "stats"])), 0);
    fs::remove_file(dir.path().join("raw/a")).unwrap();
    assert_eq!(exit_code(&run(dir.path(), &["SPEC.json"])), 1);

    let builds = log(&[]);
    let told = |entry: &dag::log::Entry| (entry.targets.clone(), entry.fresh, entry.stages.len());
    let targets = vec!["stats".to_owned()];
    assert_eq!(builds.iter().map(told).collect::<Vec<_>>(), [(vec![], 0, 2), (targets, 1, 1), (vec![], 0, 2)]);
    assert_eq!(builds[1].stages[0].reasons, [dag::Reason::OutputMissing { path: "derived/n".to_owned() }]);
    assert!(builds[0].began <= builds[1].began);
    assert_eq!(log(&["clean"]).len(), 2, "builds in which the stage was fresh are left out");

    let text = stdout(&run(dir.path(), &["SPEC.json", "--what-ran"]));
    assert!(text.contains(" of stats: 1 restored, 1 fresh in "), "{text}");
    assert!(text.contains("\n  restored  stats/n: output derived/n is missing\n"), "{text}");
    assert!(text.contains("\n  FAILED    clean/a: an input file is missing\n"), "{text}");
    assert_eq!(exit_code(&run(dir.path(), &["SPEC.json", "--what-ran", "no/such"])), 2);
}

#[test]
fn targets_build_what_they_need() {
    let dir = good();
    assert_eq!(exit_code(&run(dir.path(), &["SPEC.json", "derived/a"])), 0);
    assert!(dir.path().join("derived/a").exists() && !dir.path().join("derived/n").exists());
}

#[test]
fn the_workspace_the_folder_and_standard_input_can_be_named() {
    let dir = good();
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("kept");
    let spec = fs::File::open(dir.path().join("SPEC.json")).unwrap();
    let (root, kept) = (dir.path().to_str().unwrap(), folder.to_str().unwrap());
    let mut command = dag_run(elsewhere.path(), &["-", "--root", root, "--folder", kept, "-j", "1"]);
    assert!(command.stdin(spec).output().unwrap().status.success());
    assert!(
        dir.path().join("derived/n").exists() && !dir.path().join(".dag").exists() && folder.join("state").exists()
    );
}

/// A stage that says that it has begun, and then waits for a file.
fn waiting() -> tempfile::TempDir {
    let begun = tempfile::tempdir().unwrap();
    let line = format!(
        "touch {0}/begun; while ! [ -e {0}/go ]; do sleep 0.01; done; cp raw/a derived/a",
        begun.path().display()
    );
    let spec = serde_json::json!([{"id": "wait", "command": line, "inputs": ["raw/a"], "outputs": ["derived/a"]}]);
    fs::write(begun.path().join("SPEC.json"), spec.to_string()).unwrap();
    graphs::write(begun.path(), "raw/a", "1\n");
    begun
}

fn wait_for(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !path.exists() {
        assert!(Instant::now() < deadline, "waited 30 s for {}", path.display());
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_second_process_is_told_who_builds_with_3_and_may_plan() {
    let dir = waiting();
    let mut first = dag_run(dir.path(), &["SPEC.json"]).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&dir.path().join("begun"));
    let second = run(dir.path(), &["SPEC.json"]);
    let plan = run(dir.path(), &["--plan", "SPEC.json"]);
    fs::write(dir.path().join("go"), "").unwrap();
    assert!(first.wait().unwrap().success());
    assert_eq!(exit_code(&second), 3);
    let holder = format!("another build is at work here: process {} (", first.id());
    assert!(stderr(&second).contains(&holder) && stderr(&second).contains("SPEC.json"), "{}", stderr(&second));
    assert_eq!(exit_code(&plan), 4);
    assert!(stderr(&plan).contains(&format!("process {}", first.id())), "{}", stderr(&plan));
    assert_eq!(exit_code(&run(dir.path(), &["SPEC.json"])), 0);
}

#[test]
fn two_processes_started_at_once_never_spoil_each_other() {
    let dir = tempfile::tempdir().unwrap();
    graphs::write_raw_of_study(dir.path());
    fs::write(dir.path().join("SPEC.json"), graphs::spec(&graphs::study())).unwrap();
    for _ in 0..4 {
        let start = || dag_run(dir.path(), &["SPEC.json", "-q"]).stderr(Stdio::null()).spawn().unwrap();
        let mut codes: Vec<_> = [start(), start()].iter_mut().map(|child| child.wait().unwrap().code()).collect();
        codes.sort_unstable();
        // Unless one was done before the other looked, one is refused.
        assert!(codes == [Some(0), Some(3)] || codes == [Some(0), Some(0)], "{codes:?}");
        assert!(runner::plan(dir.path()).is_fresh());
        fs::remove_dir_all(dir.path().join("derived")).unwrap();
    }
}

/// Ctrl-C reaches the program alone: its commands are in groups of their own.
#[test]
fn a_signal_stops_the_build_and_its_commands_with_130() {
    for signal in ["INT", "TERM"] {
        let dir = waiting();
        let child = dag_run(dir.path(), &["SPEC.json"]).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&dir.path().join("begun"));
        let kill = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(exit_code(&output), 130);
        assert!(stderr(&output).contains("1 cancelled in "), "{}", stderr(&output));
        let stopping = "stopping when the running commands have ended; press Ctrl-C again to stop at once";
        assert_eq!(stderr(&output).matches(stopping).count(), 1, "{}", stderr(&output));
        assert!(!dir.path().join("derived").exists());
        assert_eq!(fs::read_dir(dir.path().join(".dag/tmp")).unwrap().count(), 0);
        fs::write(dir.path().join("go"), "").unwrap();
        assert_eq!(exit_code(&run(dir.path(), &["SPEC.json"])), 0);
    }
}
