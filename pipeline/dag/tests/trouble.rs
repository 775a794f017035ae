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

#[test]
fn an_input_may_be_a_symlink_and_is_what_it_points_to() {
    let space = Space::new();
    space.write("elsewhere/one", "1\n");
    space.write("elsewhere/two", "2\n");
    fs::remove_file(space.path("raw/a.log")).unwrap();
    symlink("../elsewhere/one", space.path("raw/a.log")).unwrap();
    assert!(space.build(&Study::default()).succeeded());
    assert_eq!(space.read("derived/sum.txt"), "1\n");
    // Another target of the same size and age.
    fs::remove_file(space.path("raw/a.log")).unwrap();
    symlink("../elsewhere/two", space.path("raw/a.log")).unwrap();
    assert!(space.build(&Study::default()).succeeded());
    assert_eq!(space.read("derived/sum.txt"), "2\n");
    // The target itself is edited.
    space.write("elsewhere/two", "3\n");
    assert!(space.build(&Study::default()).succeeded());
    assert_eq!(space.read("derived/sum.txt"), "3\n");
    fs::remove_file(space.path("elsewhere/two")).unwrap();
    let report = space.build(&Study::default());
    assert_eq!(problem(&report).message, "an input file is missing");
    assert_eq!(space.read("derived/sum.txt"), "3\n");
}

#[test]
fn a_symlink_that_points_to_itself_is_an_error() {
    let space = Space::new();
    fs::remove_file(space.path("raw/a.log")).unwrap();
    symlink("a.log", space.path("raw/a.log")).unwrap();
    let report = space.build(&Study::default());
    assert_eq!(problem(&report).file.as_deref(), Some("raw/a.log".as_ref()));
}

#[test]
fn the_folder_of_outputs_may_be_a_symlink_to_another_disk() {
    let space = Space::new();
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), space.path("derived")).unwrap();
    assert!(space.build(&Study::default()).succeeded());
    assert_eq!(fs::read_to_string(elsewhere.path().join("sum.txt")).unwrap(), "6\n");
    assert_eq!(space.build(&Study::default()).fresh().len(), 5);
}

#[test]
fn a_folder_in_the_place_of_an_input_is_refused() {
    let space = Space::new();
    fs::remove_file(space.path("raw/a.log")).unwrap();
    fs::create_dir(space.path("raw/a.log")).unwrap();
    let report = space.build(&Study::default());
    assert_eq!(problem(&report).message, "an input is a folder");
    assert_eq!(problem(&report).file.as_deref(), Some("raw/a.log".as_ref()));
}

#[test]
fn a_pipe_in_the_place_of_an_input_is_refused_and_not_waited_for() {
    let space = Space::new();
    fs::remove_file(space.path("raw/a.log")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(space.path("raw/a.log")).status();
    assert!(made.unwrap().success());
    let report = space.build(&Study::default());
    assert!(problem(&report).message.contains("neither a file nor a folder"), "{report:#?}");
}

/// Declared paths are text, but where the workspace lies, and what else lies in it, is not ours.
#[test]
#[cfg(target_os = "linux")]
fn names_that_are_not_unicode_do_no_harm() {
    use std::os::unix::ffi::OsStrExt;
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join(std::ffi::OsStr::from_bytes(b"work \xff\n space"));
    fs::create_dir_all(root.join("raw")).unwrap();
    fs::write(root.join("raw/a"), "1").unwrap();
    fs::write(root.join(std::ffi::OsStr::from_bytes(b"raw/\xfe")), "2").unwrap();
    let stages = || {
        let copy = Stage::new("function").source("in", "raw/a").output("out", "derived/f");
        let copy = copy.run(|cx| cx.write("out", std::fs::read(cx.path("in")?).unwrap_or_default()));
        // It leaves a file of such a name where it runs.
        let line = "touch \"$(printf '\\376')\" && cp raw/a derived/c";
        let command = Stage::new("command").source("in", "raw/a").output("out", "derived/c");
        vec![copy, command.command(dag::Command::shell(line))]
    };
    let build = || {
        let graph = Graph::new(stages()).unwrap();
        Engine::open(Options::new(&root)).unwrap().build(&graph, &[], &()).unwrap()
    };
    assert_eq!(build().ran().len(), 2);
    assert_eq!(build().fresh().len(), 2);
    for output in ["derived/f", "derived/c"] {
        assert_eq!(fs::read_to_string(root.join(output)).unwrap(), "1");
        fs::remove_file(root.join(output)).unwrap();
    }
    assert_eq!(build().restored().len(), 2);
    assert_eq!(fs::read_dir(root.join(".joulebook/tmp")).unwrap().count(), 0);
}

/// Stages are looked at when it is their turn, not as things stood when the build began.
#[test]
fn what_changes_before_the_turn_of_its_stage_is_taken_as_it_is_then() {
    let space = Space::new();
    let stages = |change: &'static str| {
        let root = space.root().to_owned();
        let first = Stage::new("first").source("a", "raw/a.log").output("out", "derived/first");
        let first = first.code(Code::of_text(change)).run(move |cx| {
            if !change.is_empty() {
                fs::write(root.join("raw/b.log"), "7\n").unwrap();
                fs::write(root.join("derived/other"), "edited").unwrap();
            }
            cx.write("out", change)
        });
        let copy = |id: &str, input: &str, output: &str| {
            let stage = Stage::new(id).source("after", "derived/first").source("in", input).output("out", output);
            stage.run(|cx| cx.write("out", cx.read("in")?))
        };
        vec![first, copy("second", "raw/b.log", "derived/second"), copy("third", "raw/a.log", "derived/other")]
    };
    assert!(build(&space, stages("")).succeeded());
    let report = build(&space, stages("change"));
    assert!(report.succeeded(), "{report:#?}");
    assert_eq!(space.read("derived/second"), "7\n");
    assert_eq!(space.read("derived/other"), space.read("raw/a.log"));
    assert_eq!(build(&space, stages("change")).fresh().len(), 3);
}

/// An output that somebody edits while the build is at work on another stage.
#[test]
fn an_output_that_is_edited_during_the_build_is_noticed_when_it_is_its_turn() {
    let space = Space::new();
    let stages = |code: &'static str| {
        let root = space.root().to_owned();
        let first = Stage::new("first").output("out", "derived/first").code(Code::of_text(code)).run(move |cx| {
            let _ = fs::write(root.join("derived/second"), "edited");
            cx.write("out", "the same")
        });
        let second = Stage::new("second").source("first", "derived/first").output("out", "derived/second");
        vec![first, second.run(|cx| cx.write("out", cx.read("first")?))]
    };
    assert_eq!(build(&space, stages("1")).ran(), ["first", "second"]);
    let report = build(&space, stages("2"));
    assert_eq!((report.ran(), report.restored()), (vec!["first"], vec!["second"]));
    assert_eq!(space.read("derived/second"), "the same");
}

/// The function has read what made the key; but what it made is not of the file that is there now.
#[test]
fn an_input_that_changes_after_it_was_read_does_not_count_either() {
    let space = Space::new();
    let log = space.path("raw/a.log");
    let stage = Stage::new("s").source("log", "raw/a.log").output("out", "derived/out").run(move |cx| {
        let bytes = cx.read("log")?;
        fs::write(&log, "7\n").unwrap();
        cx.write("out", bytes)
    });
    let report = build(&space, vec![stage]);
    assert_eq!(problem(&report).message, "the input changed while the stage ran");
    assert!(!space.path("derived/out").exists());
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
