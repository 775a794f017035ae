//! What `plan`, `explain`, `what-ran` and `status` tell, and with which exit codes.

mod support;

use std::fs;
use std::process::{Output, Stdio};

use serde_json::Value;
use support::{Workspace, text, wait_until};

/// Small: the sweeps of one board are simulated, cleaned and fitted.
const STAGE: &str = "tinyml-mcu/stats/fig5-regression";
const RECORD: &str = "derived/tinyml-mcu/records/fig5.regression.json";

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{}", text(output)))
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}

#[test]
fn plans_and_the_log_follow_what_is_done() {
    let workspace = Workspace::new();
    let run = |arguments: &[&str]| workspace.run(arguments);

    // Nothing was done yet.
    let planned = run(&["plan", STAGE]);
    assert_eq!(code(&planned), 4);
    assert!(stdout(&planned).contains(&format!("{STAGE} may run: it reads from ")), "{}", text(&planned));
    let nothing = run(&["what-ran"]);
    assert_eq!((code(&nothing), stdout(&nothing)), (0, String::new()));
    assert!(!workspace.path(".joulebook").exists() && !workspace.path("derived").exists(), "they write nothing");

    // A build, and one with nothing to do, which is not worth an entry.
    let built = workspace.build(&[STAGE]);
    assert_eq!(built.code, Some(0), "{}", built.errors);
    assert_eq!(workspace.build(&[STAGE]).ran(), Vec::<&str>::new());
    assert_eq!(code(&run(&["plan", STAGE])), 0);
    let explained = run(&["explain", RECORD]);
    assert_eq!(code(&explained), 0);
    assert!(stdout(&explained).starts_with(&format!("{STAGE} is fresh; it took ")), "{}", text(&explained));
    let log = json(&run(&["what-ran", "--json"]));
    assert_eq!(log.as_array().unwrap().len(), 1);
    assert_eq!((&log[0]["targets"][0], &log[0]["note"]), (&STAGE.into(), &"simulated, seed 0, scale 1".into()));
    let ran: Vec<&str> = log[0]["stages"].as_array().unwrap().iter().map(|s| s["stage"].as_str().unwrap()).collect();
    assert_eq!(
        {
            let mut ran = ran.clone();
            ran.sort_unstable();
            ran
        },
        built.ran(),
        "in the order of the graph"
    );

    // A lost output: the reason is the same before and after.
    fs::remove_file(workspace.path(RECORD)).unwrap();
    let explained = run(&["explain", STAGE]);
    assert_eq!(code(&explained), 4);
    assert!(stdout(&explained).contains(&format!("\n  output {RECORD} is missing\n")), "{}", text(&explained));
    assert_eq!(workspace.build(&[STAGE]).restored(), [STAGE]);
    let told = stdout(&run(&["what-ran", RECORD, "--last", "1"]));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(
        lines[0].contains(" UTC, ")
            && lines[0].contains(&format!(": {STAGE} (simulated, seed 0, scale 1): 1 restored"))
    );
    assert!(
        lines[1].starts_with(&format!("restored {STAGE} "))
            && lines[1].ends_with(&format!("output {RECORD} is missing")),
        "{told}"
    );

    // What is no stage.
    for command in ["plan", "explain", "what-ran", "build-paper"] {
        let unknown = run(&[command, "tinyml-mcu/no/such"]);
        assert_eq!((code(&unknown), stdout(&unknown)), (2, String::new()), "{command}: {}", text(&unknown));
    }
}

#[test]
fn missing_inputs_are_1_in_plan_explain_and_status() {
    let workspace = Workspace::new();
    for arguments in [&["plan"][..], &["explain", STAGE], &["status"]] {
        let output = workspace.run(&[arguments, &["--campaign", "published"]].concat());
        assert_eq!(code(&output), 1, "{arguments:?}: {}", text(&output));
    }
    let failed = workspace.run(&["build-paper", "--campaign", "published", STAGE]);
    assert_eq!(code(&failed), 1);
    let log = json(&workspace.run(&["what-ran", "--json"]));
    assert_eq!(log[0]["note"], "published");
    let told = stdout(&workspace.run(&["what-ran"]));
    assert!(told.contains("  failed tinyml-mcu/ingest/") && told.contains("an input file is missing"), "{told}");
}

#[test]
fn status_tells_data_stages_and_who_builds() {
    let workspace = Workspace::new();
    let status = workspace.run(&["status", "--json"]);
    assert_eq!(code(&status), 4, "{}", text(&status));
    let told = json(&status);
    let study = &told["studies"][0];
    assert_eq!(study["study"], "tinyml-mcu");
    assert_eq!(study["campaign"]["simulated"]["seed"], 0);
    assert!(study["raw"]["files"].as_u64().unwrap() > 0);
    assert_eq!(study["raw"]["missing"], study["raw"]["files"]);
    assert_eq!((&study["stages"]["fresh"], &study["verified"]), (&0.into(), &Value::Null));
    assert_eq!((&told["locked_by"], &told["stored_bytes"]), (&Value::Null, &0.into()));
    let lines = stdout(&workspace.run(&["status"]));
    assert!(lines.lines().count() < 24, "one screen: {lines}");

    // While another process builds. It is killed, which spoils nothing.
    let mut command = workspace.command(&["build-paper", "tinyml-mcu"]);
    let mut builder = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the first data", || workspace.path("derived/tinyml-mcu").exists());
    let during = json(&workspace.run(&["status", "--json"]));
    builder.kill().unwrap();
    builder.wait().unwrap();
    let holder = during["locked_by"].as_str().unwrap();
    assert!(holder.starts_with(&format!("process {} ", builder.id())), "{holder}");
    let after = json(&workspace.run(&["status", "--json"]));
    assert_eq!((&after["locked_by"], &after["last_build"]), (&Value::Null, &Value::Null));
    assert_eq!(stdout(&workspace.run(&["what-ran"])), "", "a build that was killed tells nothing");
}

#[test]
fn a_figure_that_simulated_data_do_not_make_is_named_where_it_is() {
    let workspace = Workspace::new();
    for command in ["build-paper", "plan", "explain"] {
        let output = workspace.run(&[command, "figures/tinyml-mcu/fig5.svg"]);
        assert_eq!((code(&output), stdout(&output)), (2, String::new()), "{command}");
        let told = text(&output);
        assert!(
            told.contains("is not made from simulated data")
                && told.contains("ask for derived/tinyml-mcu/figures/fig5.svg"),
            "{told}"
        );
    }
    let output = workspace.run(&["plan", "derived/tinyml-mcu/figures/fig5.svg"]);
    assert_eq!(code(&output), 4, "{}", text(&output));
}
