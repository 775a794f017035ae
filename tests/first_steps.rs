//! What a newcomer types first: `doctor`, `build-paper --smoke`, what is told before long work, help, and
//! mistakes.

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde_json::Value;
use support::{Workspace, mirror, text};

/// What `doctor` found, by what it looked at: state and words.
fn findings(workspace: &Workspace, variables: &[(&str, &str)]) -> (Option<i32>, Vec<(String, String, String)>) {
    let mut command = workspace.command(&["doctor", "--json"]);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let found = found.iter().map(|one| (word(one, "what"), word(one, "state"), word(one, "found") + &word(one, "fix")));
    (output.status.code(), found.collect())
}

#[track_caller]
fn assert_found(found: &[(String, String, String)], what: &str, state: &str, words: &str) {
    let one = found.iter().find(|(name, ..)| name == what).unwrap_or_else(|| panic!("{what} in {found:?}"));
    assert!(one.1 == state && one.2.contains(words), "{one:?}");
}

#[test]
fn doctor_tells_what_is_missing_and_what_to_do() {
    let workspace = Workspace::new();
    let before = workspace.contents(".");
    let (code, found) = findings(&workspace, &[]);
    assert_eq!(code, Some(0), "{found:?}");
    assert_found(&found, "Rust", "ok", "rustc");
    assert_found(&found, "typst", "ok", "typst");
    assert_found(&found, ".joulebook", "ok", "not there yet");
    assert_found(&found, "file system", "ok", "rename");
    assert_found(&found, "raw files of tinyml-mcu", "note", "12 of 12 cannot be had: made from SIMULATED ones");
    assert_found(&found, "upstream", "note", "JOULEBOOK_UPSTREAM=off");
    assert!(found.iter().any(|(what, ..)| what == "ninja (tests)"), "{found:?}");
    let (_, found) = findings(&workspace, &[("JOULEBOOK_VALIDATORS", "")]);
    assert_found(&found, "validators (tests)", "optional", "export JOULEBOOK_VALIDATORS=");
    let (_, found) = findings(&workspace, &[("JOULEBOOK_VALIDATORS", "/some/python")]);
    assert_found(&found, "validators (tests)", "ok", "/some/python");
    assert_eq!(workspace.contents("."), before, "it leaves nothing behind");

    // A compiler that is not there, a typst that is none, and a folder of another version: each is told of.
    let (code, found) = findings(&workspace, &[("RUSTC", "no-such-rustc"), ("JOULEBOOK_TYPST", "/no/typst")]);
    assert_eq!(code, Some(1));
    assert_found(&found, "Rust", "missing", "rustup toolchain install");
    assert_found(&found, "typst", "missing", "unset JOULEBOOK_TYPST");
    fs::create_dir(workspace.path(".joulebook")).unwrap();
    fs::write(workspace.path(".joulebook/VERSION"), "of another program\n").unwrap();
    let (code, found) = findings(&workspace, &[]);
    assert_eq!(code, Some(1));
    assert_found(&found, ".joulebook", "missing", "of another program");

    // The same as a table.
    let output = workspace.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.lines().any(|line| line.starts_with("MISSING   .joulebook ")), "{table}");
    assert!(table.lines().any(|line| line.trim_start().starts_with("-> rm -r ")), "{table}");
    assert!(text(&output).contains("papers cannot be built here"), "{}", text(&output));

    let Some(mirror) = mirror() else { return };
    let (_, found) = findings(&workspace, &[("JOULEBOOK_MIRROR", mirror.to_str().unwrap())]);
    assert_found(&found, "raw files of tinyml-mcu", "ok", "12 of 12 in a mirror");
    assert!(!found.iter().any(|(what, ..)| what == "upstream"), "there was nothing to ask: {found:?}");
}

#[test]
fn a_smoke_run_ends_in_one_line_and_touches_nothing() {
    let workspace = Workspace::new();
    let before = workspace.contents(".");
    let output = workspace.run(&["build-paper", "--smoke"]);
    assert!(output.status.success(), "{}", text(&output));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = told.lines().last().unwrap();
    assert!(last.starts_with("PASS: tinyml-mcu from SIMULATED logs (seed 0, scale 1) to its paper in "), "{told}");
    assert!(told.contains("448 of 448 known values"), "{told}");
    assert!(told.contains("not covered: vision-inference, "), "{told}");
    assert_eq!(workspace.contents("."), before);

    // What is wrong with the raw files is not hidden by simulating them.
    let output = workspace.run(&["build-paper", "--smoke", "--campaign", "published"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(String::from_utf8_lossy(&output.stdout).lines().last().unwrap().starts_with("FAIL: "), "{}", text(&output));

    let Some(mirror) = mirror() else { return };
    let workspace = workspace.with_reference();
    let lock = workspace.read("pipeline.lock");
    let paper = lock.lines().find(|line| line.ends_with(" derived/papers/tinyml-mcu.pdf")).unwrap();
    let other = format!("{} 0123456789abcdef derived/papers/tinyml-mcu.pdf", "0".repeat(64));
    fs::write(workspace.path("pipeline.lock"), lock.replace(paper, &other)).unwrap();
    let output = workspace.run(&["build-paper", "--smoke", "--json", "--mirror", mirror.to_str().unwrap()]);
    let smoke: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &smoke["passed"]), (Some(5), &Value::Bool(false)), "{smoke}");
    let steps = smoke["steps"].as_array().unwrap();
    let failed: Vec<&Value> = steps.iter().filter(|step| step["passed"] == false).collect();
    assert_eq!(failed.len(), 1, "{smoke}");
    assert_eq!(failed[0]["what"], "reference", "{smoke}");
    assert!(failed[0]["found"].as_str().unwrap().contains("first derived/papers/tinyml-mcu.pdf"), "{smoke}");
    fs::write(workspace.path("pipeline.lock"), lock).unwrap();
    let output = workspace.run(&["build-paper", "--smoke", "--mirror", mirror.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.lines().last().unwrap().starts_with("PASS: tinyml-mcu from published logs"), "{told}");
    assert!(told.contains("files are the same bytes as those of pipeline.lock"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_smoke_run_that_is_stopped_leaves_nothing() {
    use std::os::unix::process::CommandExt as _;

    let workspace = Workspace::new();
    let scratch = tempfile::tempdir().unwrap();
    let mut command = workspace.command(&["build-paper", "--smoke", "--campaign", "simulated"]);
    // A group of its own, as a terminal makes one, and sends its Ctrl-C to all of it.
    command.env("TMPDIR", scratch.path()).process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    let mut smoke = command.spawn().unwrap();
    let folder = || fs::read_dir(scratch.path()).unwrap().flatten().next().map(|found| found.path());
    support::wait_until("the build in the scratch folder has begun", || {
        folder().is_some_and(|folder| folder.join("derived").exists())
    });
    let sent = Command::new("kill").args(["-s", "INT", "--", &format!("-{}", smoke.id())]).status().unwrap();
    assert!(sent.success());
    assert_eq!(smoke.wait().unwrap().code(), Some(130));
    assert_eq!(folder(), None, "the scratch folder is removed");
}

#[test]
fn what_is_needed_is_told_before_it_begins() {
    let workspace = Workspace::new();
    let targets = ["build-paper", "tinyml-mcu", "--campaign", "simulated"];
    let announced = || {
        let output = workspace.run(&targets);
        assert!(output.status.success(), "{}", text(&output));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = told.lines().find(|line| line.contains(" stages to run: about ")).map(str::to_owned);
        assert!(line.as_ref().is_none_or(|line| line.contains(" of disk")), "{told}");
        line.is_some()
    };
    assert!(announced(), "a build from nothing");
    assert!(!announced(), "a build with nothing to do");
    // A state that another program left, and of which nothing is there any more.
    let state = fs::File::options().write(true).open(workspace.path(".joulebook/state")).unwrap();
    state.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    fs::remove_dir_all(workspace.path("derived")).unwrap();
    fs::remove_dir_all(workspace.path(".joulebook/store")).unwrap();
    assert!(announced(), "a build by another program");

    // More than any disk has.
    let huge = ["--scale", "100000"];
    let refused = workspace.run(&[&targets[..], &huge].concat());
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    assert!(text(&refused).contains("--no-disk-check begins all the same"), "{}", text(&refused));
    let out = workspace.path("campaign");
    let refused = workspace.run(&[&["simulate", "--out", out.to_str().unwrap()][..], &huge].concat());
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    assert!(!out.exists(), "nothing was begun");
}

#[test]
fn help_is_there_in_every_form() {
    let workspace = Workspace::new();
    let commands = String::from_utf8_lossy(&workspace.run(&["--help"]).stdout).into_owned();
    assert!(commands.contains("doctor") && commands.contains("Exit codes"), "{commands}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = workspace.run(&["completions", shell]);
        let script = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && script.contains("build-paper") && script.contains("simulated"), "{shell}");
    }
    let folder = workspace.path("man");
    let output = workspace.run(&["man", "--out", folder.to_str().unwrap()]);
    let pages = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(pages.lines().any(|page| page.ends_with("cargo-xtask-build-paper.1")), "{pages}");
    assert!(pages.lines().all(|page| fs::read_to_string(page).unwrap().starts_with(".ie")), "{pages}");
}

#[test]
fn mistakes_are_told_with_what_was_meant() {
    let workspace = Workspace::new();
    for (arguments, words) in [
        (&["build-papers"][..], "similar subcommand exists: 'build-paper'"),
        (&["build-paper", "tinyml"], "did you mean tinyml-mcu?"),
        (&["build-paper", "tinyml-mcu/figures/fig55"], "did you mean tinyml-mcu/figures/fig5?"),
        (&["plan", "derived/papers/tinyml.pdf"], "did you mean derived/papers/tinyml-mcu.pdf?"),
        (&["verify", "tinyml"], "there are tinyml-mcu, vision-inference"),
        (&["fetch", "--mirror", "/no/mirror"], "expected one that holds <study>/<path"),
        (&["plan", "--root", "/"], "expected one with the folders raw and paper"),
        (&["build-paper", "--smoke", "tinyml-mcu"], "cannot be used with"),
        (&["build-paper", "--smoke", "--isolated"], "cannot be used with"),
        (&["build-paper", "--smoke", "--scale", "2"], "cannot be used with"),
        (&["build-paper", "--smoke", "--store", "elsewhere"], "--store cannot be used with --smoke"),
        (&["build-paper", "--smoke", "--remote", "file:///elsewhere"], "--remote cannot be used with --smoke"),
    ] {
        let output = workspace.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output));
        assert!(text(&output).contains(words), "{arguments:?}: {}", text(&output));
        assert!(!text(&output).contains("fetching"), "nothing is fetched for a mistake: {}", text(&output));
    }
}
