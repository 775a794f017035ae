//! A build that is killed at any instant: no half file is seen, and the next build is right.

#![cfg(unix)]

#[path = "support/runner.rs"]
mod runner;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
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
    build_with(root, None, generation)
}

fn build_with(root: &Path, store: Option<&Path>, generation: u8) -> dag::Report {
    let graph = Graph::new(stages(generation)).unwrap();
    let mut options = Options::new(root);
    options.store = store.map(Path::to_owned);
    Engine::open(options).unwrap().build(&graph, &[], &()).unwrap()
}

fn derived(root: &Path) -> Files {
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
        let store = std::env::var_os("DAG_KILL_STORE");
        build_with(Path::new(&root), store.as_ref().map(Path::new), generation.parse().unwrap());
    }
}

fn start_child(root: &Path, generation: u8) -> std::process::Child {
    child_command(root, generation).spawn().unwrap()
}

fn child_command(root: &Path, generation: u8) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored"]).env("DAG_KILL_ROOT", root).stdout(Stdio::null());
    command.env("DAG_KILL_GENERATION", generation.to_string());
    command
}

/// `DAG_KILLS` sets how many instants are tried.
fn kills() -> u32 {
    std::env::var("DAG_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(40)
}

/// Multiples of the golden ratio spread evenly over the build and a little beyond, however many
/// there are.
fn instant(i: u32, whole: Duration) -> Duration {
    whole.mul_f64(1.2 * (f64::from(i) * 0.618_033_988_749_895).fract())
}

type Files = BTreeMap<String, Vec<u8>>;

/// Looks at the outputs all the time while `during` runs: each must be whole, of one generation or
/// the other, at any instant.
fn watched<T>(root: &Path, generations: &[Files], during: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            loop {
                let last = done.load(Ordering::Relaxed);
                assert_whole(&derived(root), generations);
                if last {
                    break;
                }
                // Leaves the processor to the build for a while.
                thread::sleep(Duration::from_micros(200));
            }
        });
        let result = during();
        done.store(true, Ordering::Relaxed);
        watcher.join().unwrap();
        result
    })
}

#[track_caller]
fn assert_whole(found: &Files, generations: &[Files]) {
    for (path, bytes) in found {
        let whole = generations.iter().any(|generation| generation.get(path) == Some(bytes));
        assert!(whole, "a half or foreign file of {} bytes stands at {path}", bytes.len());
    }
}

#[test]
fn killed_at_any_instant_the_next_build_is_right() {
    let kills = kills();
    let undisturbed: Vec<_> = (0..2)
        .map(|generation| {
            let dir = tempfile::tempdir().unwrap();
            build(dir.path(), generation);
            derived(dir.path())
        })
        .collect();
    let space = tempfile::tempdir().unwrap();
    build(space.path(), 1);
    // How long a whole child takes, so that the kills fall all over it.
    let start = Instant::now();
    assert!(start_child(space.path(), 0).wait().unwrap().success());
    let whole = start.elapsed();

    let mut killed_in_time = 0;
    for i in 0..kills {
        let generation = u8::try_from((i + 1) % 2).unwrap();
        // A history would turn every second build into a restore; that is tried in every third.
        if i % 3 != 0 {
            fs::remove_dir_all(space.path().join(".joulebook/store")).unwrap();
        }
        let status = watched(space.path(), &undisturbed, || {
            let mut child = start_child(space.path(), generation);
            thread::sleep(instant(i, whole));
            let _ = child.kill();
            child.wait().unwrap()
        });
        killed_in_time += u32::from(status.signal() == Some(9));
        let report = watched(space.path(), &undisturbed, || build(space.path(), generation));
        assert!(report.succeeded(), "{report:#?}");
        assert_eq!(derived(space.path()), undisturbed[usize::from(generation)], "after kill {i}");
        assert_eq!(fs::read_dir(space.path().join(".joulebook/tmp")).unwrap().count(), 0);
    }
    println!("{killed_in_time} of {kills} were killed before they ended");
    assert!(killed_in_time > kills / 4, "{killed_in_time} of {kills} were killed before they ended");
}

/// Two workspaces build with one store at once, and are killed; then what nobody needs is removed.
#[test]
fn two_workspaces_that_share_a_store_survive_kills_and_collections() {
    let (spaces, shared) = ([(); 2].map(|()| tempfile::tempdir().unwrap()), tempfile::tempdir().unwrap());
    let store = shared.path().join("store");
    let undisturbed: Vec<Files> = (0..2)
        .map(|generation| {
            let dir = tempfile::tempdir().unwrap();
            build(dir.path(), generation);
            derived(dir.path())
        })
        .collect();
    let start =
        |root: &Path, generation| child_command(root, generation).env("DAG_KILL_STORE", &store).spawn().unwrap();
    let begin = Instant::now();
    assert!(start(spaces[0].path(), 0).wait().unwrap().success());
    let whole = begin.elapsed();
    let options = |root: &Path| {
        let mut options = Options::new(root);
        options.store = Some(store.clone());
        options
    };
    let rounds = (kills() / 4).max(8);
    let mut killed_in_time = 0;
    for i in 0..rounds {
        // Often the same, so that both store the same at the same time.
        let generations = [u8::try_from(i % 2).unwrap(), u8::try_from(i / 2 % 2).unwrap()];
        let mut children = [0, 1].map(|n| start(spaces[n].path(), generations[n]));
        thread::sleep(instant(i, whole));
        let _ = children[usize::from(i % 3 == 0)].kill();
        for child in &mut children {
            killed_in_time += u32::from(child.wait().unwrap().signal() == Some(9));
        }
        // The one that was not killed has ended, and so nobody is at work.
        let everything = dag::Keep { used_within: Some(Duration::ZERO), max_bytes: None };
        Engine::collect(&options(spaces[0].path()), &everything, false).unwrap();
        let checked = Engine::check(&options(spaces[0].path()), false, &|_, _| {}).unwrap();
        assert_eq!((checked.faults, checked.orphans), (vec![], 0), "after kill {i}");
        for (space, generation) in spaces.iter().zip(generations) {
            let report = build_with(space.path(), Some(&store), generation);
            assert!(report.succeeded(), "{report:#?}");
            assert_eq!(derived(space.path()), undisturbed[usize::from(generation)], "after kill {i}");
        }
        assert_eq!(fs::read_dir(store.join("tmp")).map_or(0, Iterator::count), 0);
    }
    assert!(killed_in_time > 0, "none of {rounds} was killed before it ended");
}

/// Six stages of commands that write their outputs piece by piece.
fn write_commands(root: &Path, generation: u8) {
    let stage = |i: usize| {
        let input = if i == 0 { "raw/piece".to_owned() } else { format!("derived/{}.bin", (i - 1) / 2) };
        let (one, two) = (format!("derived/{i}.bin"), format!("derived/too/{i}.bin"));
        let line = format!(
            "for i in 1 2 3 4 5 6 7 8; do cat raw/piece; done > {one}; head -c 1000 {input} >> {one}; cat {one} > {two}"
        );
        serde_json::json!({"id": i.to_string(), "command": line, "inputs": ["raw/piece", input], "outputs": [one, two]})
    };
    let mut stages: Vec<_> = (0..6).map(stage).collect();
    stages[0]["inputs"] = serde_json::json!(["raw/piece"]);
    fs::write(root.join("SPEC.json"), serde_json::to_vec(&stages).unwrap()).unwrap();
    fs::create_dir_all(root.join("raw")).unwrap();
    fs::write(root.join("raw/piece"), [b'a' + generation; 30_000]).unwrap();
}

/// Kills the processes that work below a folder, which are commands of the build there.
fn kill_commands(root: &Path) {
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let works_there = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(root.join(".dag")));
        if works_there {
            let pid = entry.file_name();
            let _ = Command::new("kill").arg("-9").arg(pid).stderr(Stdio::null()).status();
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn killed_at_any_instant_a_build_of_commands_is_right_the_next_time() {
    let kills = kills();
    let undisturbed: Vec<Files> = (0..2)
        .map(|generation| {
            let dir = tempfile::tempdir().unwrap();
            write_commands(dir.path(), generation);
            runner::build(dir.path());
            derived(dir.path())
        })
        .collect();
    assert_eq!(undisturbed[0].len(), 12);
    let space = tempfile::tempdir().unwrap();
    write_commands(space.path(), 1);
    runner::build(space.path());
    write_commands(space.path(), 0);
    let start = Instant::now();
    runner::build(space.path());
    let whole = start.elapsed();

    let mut killed_in_time = 0;
    for i in 0..kills {
        let generation = u8::try_from((i + 1) % 2).unwrap();
        if i % 3 != 0 {
            fs::remove_dir_all(space.path().join(".dag/store")).unwrap();
        }
        write_commands(space.path(), generation);
        let status = watched(space.path(), &undisturbed, || {
            let mut child = runner::dag_run(space.path(), &["-q", "SPEC.json"]).stderr(Stdio::null()).spawn().unwrap();
            thread::sleep(instant(i, whole));
            // Sometimes the program alone, sometimes its commands first, sometimes after it.
            if i % 3 == 1 {
                kill_commands(space.path());
            }
            let _ = child.kill();
            let status = child.wait().unwrap();
            if i % 3 == 2 {
                kill_commands(space.path());
            }
            status
        });
        killed_in_time += u32::from(status.signal() == Some(9));
        watched(space.path(), &undisturbed, || runner::build(space.path()));
        assert_eq!(derived(space.path()), undisturbed[usize::from(generation)], "after kill {i}");
        assert!(runner::plan(space.path()).is_fresh());
        assert_eq!(fs::read_dir(space.path().join(".dag/tmp")).unwrap().count(), 0);
    }
    println!("{killed_in_time} of {kills} were killed before they ended");
    assert!(killed_in_time > kills / 4, "{killed_in_time} of {kills} were killed before they ended");
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_does_not_outlive_a_killed_build() {
    let dir = tempfile::tempdir().unwrap();
    let line = format!("echo $$ > {}/pid; exec sleep 1000", dir.path().display());
    let spec = serde_json::json!([{"id": "s", "command": line, "outputs": ["derived/out"]}]);
    fs::write(dir.path().join("SPEC.json"), spec.to_string()).unwrap();
    let mut child = runner::dag_run(dir.path(), &["-q", "SPEC.json"]).spawn().unwrap();
    let pid = wait_for(|| fs::read_to_string(dir.path().join("pid")).ok().filter(|pid| pid.ends_with('\n')));
    child.kill().unwrap();
    child.wait().unwrap();
    let stat = format!("/proc/{}/stat", pid.trim());
    wait_for(|| {
        let state = fs::read_to_string(&stat).unwrap_or_default();
        let ended = state.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'));
        ended.then_some(())
    });
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited for 30 s");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_lock_does_not_outlive_its_process() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = start_child(dir.path(), 0);
    wait_for(|| dir.path().join(".joulebook/lock").exists().then_some(()));
    let _ = child.kill();
    child.wait().unwrap();
    assert!(build(dir.path(), 0).succeeded());
}
