//! `cargo xtask build-paper` on the published raw files: which stages run, and that the bytes are
//! always the same.

mod support;

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use support::{Workspace, mirror, send, text, wait_until};

const PAPER: &str = "tinyml-mcu/typeset/paper";

#[test]
fn a_first_build_makes_everything_and_a_second_one_nothing() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::new();
    let output = workspace.run(&["build-paper", "--mirror", mirror.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output));
    let papers = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected = ["tinyml-mcu", "vision-inference", "module-energy", "edge-layers", "aipowermeter", "compendium"]
        .map(|name| format!("derived/papers/{name}.pdf"));
    assert_eq!(papers.lines().collect::<Vec<_>>(), expected, "stdout holds the result and nothing else");
    for paper in expected {
        assert!(fs::read(workspace.path(&paper)).unwrap().starts_with(b"%PDF-"));
    }

    // What rests on a log that was never released says so; the rest of the same study does not.
    for (record, status) in [("inf.r01", "published"), ("inf.r03", "reconstructed"), ("inf.f06", "reconstructed")] {
        let json: serde_json::Value =
            serde_json::from_str(&workspace.read(&format!("derived/vision-inference/records/{record}.json"))).unwrap();
        assert_eq!(json["status"], status, "{record}");
    }
    assert!(workspace.read("figures/vision-inference/inf.f06.svg").contains("RECONSTRUCTED DATA"));

    let again = workspace.build(&[]);
    assert_eq!((again.ran(), again.restored()), (vec![], vec![]));
    assert!(again.fresh().len() > 60);

    let verify = workspace.run(&["verify"]);
    assert!(verify.status.success(), "{}", text(&verify));

    let status = workspace.run(&["status", "--json"]);
    assert_eq!(status.status.code(), Some(0), "{}", text(&status));
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!((&status["locked_by"], &status["last_build"]["fresh"]), (&serde_json::Value::Null, &0.into()));
    assert!(status["stored_bytes"].as_u64().unwrap() > 50 << 20);
    let studies = status["studies"].as_array().unwrap();
    assert_eq!(studies.len(), 5);
    for study in studies {
        assert_eq!((&study["campaign"], &study["raw"]["missing"]), (&"published".into(), &0.into()), "{study}");
        assert_eq!(
            (&study["verified"]["passed"], &study["verified"]["current"]),
            (&true.into(), &true.into()),
            "{study}"
        );
    }
}

#[test]
fn each_change_runs_what_depends_on_it_and_nothing_else() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    let first = workspace.build(&[]);
    assert_eq!(first.code, Some(0), "{}", first.errors);
    assert_eq!(first.ran().len(), first.stages.len());
    let made = workspace.contents("derived");

    // A sentence of the paper.
    let source = workspace.path("paper/tinyml-mcu/paper.typ");
    let before = fs::read_to_string(&source).unwrap();
    assert_eq!(workspace.run(&["plan"]).status.code(), Some(0), "everything is fresh");
    fs::write(&source, before.clone() + "\nOne more sentence.\n").unwrap();
    let plan = workspace.run(&["plan"]);
    assert_eq!(plan.status.code(), Some(4), "{}", text(&plan));
    let planned = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(planned.starts_with(&format!("{PAPER} would run")) && planned.lines().count() == 1, "{planned}");
    let explained = workspace.run(&["explain", "derived/papers/tinyml-mcu.pdf"]);
    let why = format!("{PAPER} would run; it took ");
    assert!(String::from_utf8_lossy(&explained.stdout).starts_with(&why), "{}", text(&explained));
    assert!(text(&explained).contains("\n  input paper/tinyml-mcu/paper.typ changed from "), "{}", text(&explained));
    assert_eq!(workspace.build(&[]).ran(), [PAPER]);
    // Back again: nothing runs, and the paper is the one from before.
    fs::write(&source, before).unwrap();
    let reverted = workspace.build(&[]);
    assert_eq!((reverted.ran(), reverted.restored()), (vec![], vec![PAPER]));
    assert_eq!(workspace.contents("derived"), made);

    // Outputs that are deleted or edited by hand come back without a run.
    fs::remove_file(workspace.path("derived/tinyml-mcu/records/fig5.regression.json")).unwrap();
    fs::write(workspace.path("figures/tinyml-mcu/fig5.svg"), "<svg/>").unwrap();
    let mended = workspace.build(&[]);
    assert_eq!(mended.ran(), Vec::<&str>::new());
    assert_eq!(mended.restored(), ["tinyml-mcu/figures/fig5", "tinyml-mcu/stats/fig5-regression"]);

    // A record that is edited is not verified, and one that nobody makes any more does not count.
    let record = workspace.path("derived/tinyml-mcu/records/fig5.regression.json");
    let right = fs::read_to_string(&record).unwrap();
    fs::write(&record, right.replace("slope", "slape")).unwrap();
    let verify = workspace.run(&["verify"]);
    assert_eq!(verify.status.code(), Some(1));
    assert!(text(&verify).contains("fig5.regression.json is not the record that"), "{}", text(&verify));
    fs::write(&record, &right).unwrap();
    fs::write(workspace.path("derived/tinyml-mcu/records/old.json"), "of an earlier version").unwrap();
    assert!(workspace.run(&["verify"]).status.success());

    // A published value: the comparison runs, and the paper that shows it.
    let published = workspace.path("paper/published/tinyml-mcu.toml");
    let values = fs::read_to_string(&published).unwrap();
    fs::write(&published, values.replace("1.9044774133487125e-08", "1.9044774233487125e-08")).unwrap();
    // What is made over all studies runs too, and a build with a value that differs says so.
    let differing = workspace.build(&[]);
    let compendium = ["aggregate/reproduction", "typeset/paper", "typeset/provenance", "typeset/report"];
    let study = ["typeset/paper", "typeset/report", "typeset/verification"];
    let expected = compendium.map(|stage| format!("compendium/{stage}")).into_iter();
    let artifact = ["appendix", "list"].map(|stage| format!("artifact/typeset/{stage}")).into_iter();
    let expected = artifact.chain(expected);
    let expected: Vec<String> = expected.chain(study.map(|stage| format!("tinyml-mcu/{stage}"))).collect();
    assert_eq!(differing.ran(), expected);
    assert_eq!(differing.code, Some(5));
    let verify = workspace.run(&["verify"]);
    assert_eq!(verify.status.code(), Some(5));
    assert!(text(&verify).contains("fig5.regression"), "{}", text(&verify));
    let json: serde_json::Value = serde_json::from_slice(&workspace.run(&["verify", "--json"]).stdout).unwrap();
    assert_eq!(json[0]["summary"]["mismatched"], 1);
}

#[test]
fn two_workspaces_and_thread_counts_make_the_same_bytes() {
    let Some(mirror) = mirror() else { return };
    // Both before the first build, so that an edit to the papers meanwhile makes no difference.
    let workspaces = [("1", Workspace::with_raw(&mirror)), ("4", Workspace::with_raw(&mirror))];
    let made = workspaces.map(|(jobs, workspace)| {
        let build = workspace.build(&["--jobs", jobs]);
        assert_eq!(build.code, Some(0), "{}", build.errors);
        (workspace.contents("derived"), workspace.contents("figures"))
    });
    assert_eq!(made[0].0.keys().collect::<Vec<_>>(), made[1].0.keys().collect::<Vec<_>>());
    for (path, bytes) in made[0].0.iter().chain(&made[0].1) {
        let other = made[1].0.get(path).or_else(|| made[1].1.get(path)).unwrap();
        assert!(bytes == other, "{path} differs between one thread and four");
    }
}

#[test]
fn the_committed_figures_are_those_that_are_made_and_nothing_in_them_overlaps() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    let studies = ["tinyml-mcu", "vision-inference", "module-energy", "edge-layers", "aipowermeter"];
    let figures = studies.map(|study| format!("{study}/figures"));
    assert_eq!(workspace.build(&figures.each_ref().map(String::as_str)).code, Some(0));
    let lint = |path: &str, bytes: &[u8]| {
        let findings = plot::lint(std::str::from_utf8(bytes).unwrap()).unwrap();
        assert!(findings.is_empty(), "{path}: {findings:?}");
    };
    // Those of simulated runs are not committed.
    let derived = workspace.contents("derived");
    derived.iter().filter(|(path, _)| path.ends_with(".svg")).for_each(|(path, bytes)| lint(path, bytes));
    for (path, bytes) in workspace.contents("figures") {
        lint(&path, &bytes);
        let committed = fs::read(support::repository().join(&path)).unwrap_or_default();
        assert!(bytes == committed, "{path} is not the committed one; if the change is meant, commit it");
    }
}

#[test]
fn a_build_that_is_killed_leaves_nothing_half_and_the_next_one_is_right() {
    let Some(mirror) = mirror() else { return };
    let reference = Workspace::with_raw(&mirror);
    assert_eq!(reference.build(&["tinyml-mcu"]).code, Some(0));
    let (derived, figures) = (reference.contents("derived"), reference.contents("figures"));

    let workspace = Workspace::with_raw(&mirror);
    for milliseconds in [50, 300, 800, 1500, 2500] {
        let mut child = workspace
            .command(&["build-paper", "tinyml-mcu"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().unwrap();
        for folder in ["derived", "figures"].into_iter().filter(|folder| workspace.path(folder).exists()) {
            for (path, bytes) in workspace.contents(folder) {
                let whole = derived.get(&path).or_else(|| figures.get(&path));
                assert!(whole == Some(&bytes), "{path} after {milliseconds} ms");
            }
        }
    }
    assert_eq!(workspace.build(&["tinyml-mcu"]).code, Some(0));
    assert!(workspace.contents("derived") == derived && workspace.contents("figures") == figures);
}

#[test]
fn ctrl_c_finishes_what_runs_and_begins_nothing_new() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    let child = workspace
        .command(&["build-paper", "--jobs", "1", "tinyml-mcu"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.unwrap();
    wait_until("the first stages", || workspace.path("derived/tinyml-mcu/ingest").exists());
    send("INT", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    assert!(text(&output).contains("stopping when the running stages are done"), "{}", text(&output));
    assert!(text(&output).contains("not begun"), "{}", text(&output));
    let rest = workspace.build(&["tinyml-mcu"]);
    assert_eq!(rest.code, Some(0), "{}", rest.errors);
    assert!(!rest.fresh().is_empty() && !rest.ran().is_empty(), "it goes on where it was stopped");
}

#[test]
fn two_builds_at_once_are_one_too_many() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    let mut first =
        workspace.command(&["build-paper", "tinyml-mcu"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the build to begin", || workspace.path(".joulebook/VERSION").exists());
    let second = workspace.run(&["build-paper", "tinyml-mcu"]);
    assert_eq!(second.status.code(), Some(3), "{}", text(&second));
    assert!(text(&second).contains(&format!("process {}", first.id())), "{}", text(&second));
    assert!(first.wait().unwrap().success());
}
