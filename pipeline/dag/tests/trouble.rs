//! Files that are in the way, lie, or change under the engine's hands.

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use dag::{Code, Digest, Engine, Graph, Options, Outcome, Pin, Problem, Report, Stage};
use support::{Space, Study};

fn build(space: &Space, stages: Vec<Stage>) -> Report {
    let graph = Graph::new(stages).unwrap();
    Engine::open(Options::new(space.root())).unwrap().build(&graph, &[], &()).unwrap()
}

#[track_caller]
fn problem(report: &Report) -> &Problem {
    let failed = report.stages.iter().find_map(|s| match &s.outcome {
        Outcome::Failed(problem) => Some(problem),
        _ => None,
    });
    failed.unwrap_or_else(|| panic!("nothing failed: {report:#?}"))
}

#[test]
fn an_input_that_changes_while_its_stage_runs_does_not_count() {
    for by_path in [false, true] {
        let space = Space::new();
        let log = space.path("raw/a.log");
        let stage = Stage::new("s").source("log", "raw/a.log").output("out", "derived/out").run(move |cx| {
            let bytes = if by_path {
                let bytes = fs::read(cx.path("log")?).unwrap();
                fs::write(&log, "7\n").unwrap();
                bytes
            } else {
                fs::write(&log, "7\n").unwrap();
                cx.read("log")?
            };
            cx.write("out", bytes)
        });
        let report = build(&space, vec![stage]);
        assert_eq!(problem(&report).message, "the input changed while the stage ran");
        assert!(!space.path("derived/out").exists());
    }
}

#[test]
fn a_pinned_file_with_another_hash_is_refused() {
    let space = Space::new();
    let pin = Pin { sha256: Digest::of(b"other"), help: "run fetch".into() };
    let stage =
        Stage::new("s").pinned("log", "raw/a.log", pin).output("out", "derived/out").run(|cx| cx.write("out", "x"));
    let report = build(&space, vec![stage]);
    let problem = problem(&report);
    assert_eq!(problem.file.as_deref(), Some("raw/a.log".as_ref()));
    assert!(problem.expected.as_ref().unwrap().contains(&Digest::of(b"other").to_string()));
    assert_eq!(problem.help.as_deref(), Some("run fetch"));
}

#[test]
fn a_stage_that_panics_or_forgets_an_output_fails_alone() {
    let space = Space::new();
    let panics = Stage::new("panics").output("out", "derived/p").run(|_| panic!("division by zero"));
    let forgets = Stage::new("forgets").output("out", "derived/f").run(|_| Ok(()));
    let undeclared = Stage::new("undeclared").output("out", "derived/u").run(|cx| cx.write("uot", "x"));
    let good = Stage::new("good").output("out", "derived/g").run(|cx| cx.write("out", "x"));
    let report = build(&space, vec![panics, forgets, undeclared, good]);
    let told: Vec<String> = report
        .stages
        .iter()
        .map(|s| match &s.outcome {
            Outcome::Failed(problem) => problem.message.clone(),
            outcome => format!("{outcome:?}"),
        })
        .collect();
    assert!(told[0].contains("division by zero"), "{told:?}");
    assert!(told[1].contains("did not write its output \"out\""), "{told:?}");
    assert!(told[2].contains("asks for the output \"uot\""), "{told:?}");
    assert_eq!(told[3], "Ran");
}

#[test]
fn something_in_the_way_of_an_output_is_named_and_spared() {
    let space = Space::new();
    fs::create_dir_all(space.path("derived/sum.txt/mine")).unwrap();
    let report = space.build(&Study::default());
    assert_eq!(problem(&report).file.as_deref(), Some("derived/sum.txt".as_ref()));
    assert!(space.path("derived/sum.txt/mine").is_dir());

    let space = Space::new();
    fs::write(space.path("derived"), "a file").unwrap();
    let report = space.build(&Study::default());
    assert!(problem(&report).help.is_some(), "{report:#?}");
    assert_eq!(fs::read_to_string(space.path("derived")).unwrap(), "a file");
}

#[test]
fn a_symlink_at_an_output_is_replaced_and_not_followed() {
    let space = Space::new();
    space.write("precious", "precious\n");
    fs::create_dir_all(space.path("derived")).unwrap();
    symlink(space.path("precious"), space.path("derived/sum.txt")).unwrap();
    assert!(space.build(&Study::default()).succeeded());
    assert_eq!(space.read("precious"), "precious\n");
    assert_eq!(space.read("derived/sum.txt"), "6\n");
    assert!(!fs::symlink_metadata(space.path("derived/sum.txt")).unwrap().is_symlink());
}

#[test]
fn odd_names_are_names() {
    let space = Space::new();
    let name = "raw/a b\"c'd\n-é$(x).log";
    space.write(name, "1");
    let stage = || {
        let stage = Stage::new("s").source("in", name).output("out", "derived/ü ' \" \n.txt").code(Code::of_text("1"));
        stage.run(|cx| {
            let bytes = cx.read("in")?;
            cx.write("out", bytes)
        })
    };
    assert_eq!(build(&space, vec![stage()]).ran(), ["s"]);
    assert_eq!(build(&space, vec![stage()]).fresh(), ["s"]);
    assert_eq!(space.read("derived/ü ' \" \n.txt"), "1");
}

/// Mounts a file system of 64 KiB and builds into it. Needs the right to mount.
#[test]
fn a_full_disk_is_named_and_costs_nothing_that_was_built() {
    let space = Space::new();
    fs::create_dir_all(space.path("derived/small")).unwrap();
    let small = space.path("derived/small");
    let mount =
        std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&small).status();
    if !mount.is_ok_and(|status| status.success()) {
        println!("skipped: this test mounts a tmpfs, which needs more rights than it has here");
        return;
    }
    let stages = |bytes: usize| {
        let stage = Stage::new("s").output("out", "derived/small/out").code(Code::of_text("1"));
        vec![stage.run_with(bytes, |cx, &bytes| cx.write("out", vec![b'x'; bytes]))]
    };
    let first = build(&space, stages(1000)).succeeded();
    let report = build(&space, stages(1 << 20));
    let kept = space.read("derived/small/out").len();
    let left = fs::read_dir(&small).unwrap().count();
    std::process::Command::new("umount").arg(&small).status().unwrap();
    assert!(first);
    let problem = problem(&report);
    assert_eq!(problem.file.as_deref(), Some("derived/small/out".as_ref()));
    assert!(problem.help.as_ref().unwrap().contains("free some space"), "{problem}");
    assert_eq!((kept, left), (1000, 1), "the earlier output stays, and no half file beside it");
}

/// Mounts `derived` read-only. Needs the right to mount.
#[test]
fn a_read_only_folder_is_named_and_costs_nothing_that_was_built() {
    let space = Space::new();
    assert!(space.build(&Study::default()).succeeded());
    let derived = space.path("derived");
    let mount = |options: &[&str]| {
        let status = std::process::Command::new("mount").args(options).arg(&derived).status();
        status.is_ok_and(|status| status.success())
    };
    let bind = derived.to_string_lossy().into_owned();
    if !mount(&["--bind", &bind]) || !mount(&["-o", "remount,bind,ro"]) {
        println!("skipped: this test mounts a folder read-only, which needs more rights than it has here");
        return;
    }
    space.write("raw/a.log", "9\n");
    let report = space.build(&Study::default());
    std::process::Command::new("umount").arg(&derived).status().unwrap();
    let problem = problem(&report);
    assert!(problem.help.as_ref().unwrap().contains("writable"), "{problem}");
    assert_eq!(space.read("derived/sum.txt"), "6\n");
    let report = space.build(&Study::default());
    assert_eq!(report.ran(), ["s/stats/sum", "s/paper/paper"], "what was made before the failure is restored");
    assert_eq!(report.restored(), ["s/clean/a"]);
}
