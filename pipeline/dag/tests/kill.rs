//! A build that is killed at any instant: no half file is seen, and the next build is right.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use dag::{Code, Engine, Graph, Options, Stage};

/// Six stages whose outputs are large enough to be killed within.
fn stages(generation: u8) -> Vec<Stage> {
    let stage = |i: usize| {
        let mut stage = Stage::new(format!("s/{i}")).code(Code::of_text("1"));
        if i > 0 {
            stage = stage.source("in", format!("derived/{}.bin", (i - 1) / 2));
        }
        let stage = stage.output("out", format!("derived/{i}.bin")).output("too", format!("derived/too/{i}.bin"));
        stage.run_with((i, generation), |cx, &(i, generation)| {
            let bytes = vec![generation ^ u8::try_from(i).unwrap_or(0); 300_000];
            cx.write("out", &bytes)?;
            cx.write("too", &bytes)
        })
    };
    (0..6).map(stage).collect()
}

fn build(root: &Path, generation: u8) -> dag::Report {
    let graph = Graph::new(stages(generation)).unwrap();
    Engine::open(Options::new(root)).unwrap().build(&graph, &[], &()).unwrap()
}

fn derived(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(root.join("derived")).into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| (entry.path().strip_prefix(root).unwrap().display().to_string(), fs::read(entry.path()).unwrap()))
        .collect()
}

/// Not a test: the process that the test below starts and kills.
#[test]
#[ignore = "started by the tests of this file"]
fn child() {
    if let (Ok(root), Ok(generation)) = (std::env::var("DAG_KILL_ROOT"), std::env::var("DAG_KILL_GENERATION")) {
        build(Path::new(&root), generation.parse().unwrap());
    }
}

fn start_child(root: &Path, generation: u8) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored"])
        .env("DAG_KILL_ROOT", root)
        .env("DAG_KILL_GENERATION", generation.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// `DAG_KILLS` sets how many instants are tried.
#[test]
fn killed_at_any_instant_the_next_build_is_right() {
    let kills: u32 = std::env::var("DAG_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let undisturbed: Vec<_> = (0..2)
        .map(|generation| {
            let dir = tempfile::tempdir().unwrap();
            build(dir.path(), generation);
            derived(dir.path())
        })
        .collect();
    // How long a whole child takes, so that the kills fall all over it.
    let dir = tempfile::tempdir().unwrap();
    let start = Instant::now();
    assert!(start_child(dir.path(), 0).wait().unwrap().success());
    let whole = start.elapsed();

    let mut killed_in_time = 0;
    let space = tempfile::tempdir().unwrap();
    build(space.path(), 0);
    for i in 0..kills {
        // Multiples of the golden ratio spread evenly over the build, however many there are.
        let instant = (f64::from(i) * 0.618_033_988_749_895).fract();
        let generation = u8::try_from((i + 1) % 2).unwrap();
        // A history would turn every second build into a restore; that is tried in every third.
        if i % 3 != 0 {
            fs::remove_dir_all(space.path().join(".joulebook/store")).unwrap();
        }
        let mut child = start_child(space.path(), generation);
        thread::sleep(whole.mul_f64(instant));
        let _ = child.kill();
        killed_in_time += u32::from(child.wait().unwrap().signal() == Some(9));

        for (path, bytes) in derived(space.path()) {
            let whole = undisturbed.iter().any(|generation| generation.get(&path) == Some(&bytes));
            assert!(whole, "a half or foreign file stands at {path} after kill {i} at {instant} of {whole:?}");
        }
        let report = build(space.path(), generation);
        assert!(report.succeeded(), "{report:#?}");
        assert_eq!(derived(space.path()), undisturbed[usize::from(generation)], "after kill {i}");
        assert_eq!(fs::read_dir(space.path().join(".joulebook/tmp")).unwrap().count(), 0);
    }
    assert!(killed_in_time > kills / 4, "{killed_in_time} of {kills} were killed before they ended");
}

#[test]
fn a_lock_does_not_outlive_its_process() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = start_child(dir.path(), 0);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !dir.path().join(".joulebook/lock").exists() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill();
    child.wait().unwrap();
    assert!(build(dir.path(), 0).succeeded());
}
