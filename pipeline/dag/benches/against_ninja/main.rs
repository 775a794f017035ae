//! The engine beside ninja and sha256sum, in the same run: `cargo bench -p dag`.
//!
//! What counts are the ratios: other work on the machine slows both. Runs of the two alternate, and
//! medians are told.

#[path = "../../tests/support/graphs.rs"]
mod graphs;
mod measure;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use dag::{Digest, Engine, Graph, Options, Report, Stage};
use graphs::Step;
use measure::{Cost, cost, median};

const DAG_RUN: &str = env!("CARGO_BIN_EXE_dag-run");

fn main() {
    let profile = if cfg!(debug_assertions) { "dev (with debug assertions)" } else { "release" };
    println!("profile: {profile}; dag-run is {DAG_RUN}");
    println!("cores: {}", thread::available_parallelism().map_or(1, usize::from));
    let ninja = Command::new("ninja").arg("--version").output().is_ok_and(|output| output.status.success());
    if !ninja {
        println!("ninja is not installed (Debian: ninja-build): only dag-run is measured");
    }
    study(ninja);
    large(ninja);
    hashing();
}

/// A workspace with raw files, `SPEC.json` and `build.ninja`.
fn workspace(steps: &[Step], write_raw: impl Fn(&Path)) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    write_raw(dir.path());
    fs::write(dir.path().join("SPEC.json"), graphs::spec(steps)).expect("SPEC.json");
    fs::write(dir.path().join("build.ninja"), graphs::ninja(steps)).expect("build.ninja");
    dir
}

fn dag_run(root: &Path) -> Command {
    let mut command = Command::new(DAG_RUN);
    command.args(["--quiet", "SPEC.json"]).current_dir(root).stdout(Stdio::null());
    command
}

/// In a workspace of its own: the two write the same outputs.
fn ninja_in(root: &Path) -> Command {
    let mut command = Command::new("ninja");
    command.arg("--quiet").current_dir(root).stdout(Stdio::null()).env("LC_ALL", "C");
    command
}

/// 120 stages over 400 files: nothing to do, an edit of data, an edit that is cut off, a revert.
fn study(ninja: bool) {
    let steps = graphs::study();
    let (ours, theirs) = (workspace(&steps, graphs::write_raw_of_study), workspace(&steps, graphs::write_raw_of_study));
    println!("\n120 stages over 400 files");
    first_build(&ours, ninja.then_some(&theirs));
    nothing_to_do(&ours, ninja.then_some(&theirs), 201);

    type Edit = fn(&Path);
    let edits: [(&str, Edit, usize); 3] = [
        ("data edited", graphs::edit_data, 10),
        ("reverted", |root| graphs::edit(root, "50001", "50000"), 0),
        ("comment edited", graphs::edit_comment, 2),
    ];
    let mut took = vec![(Vec::new(), Vec::new()); edits.len()];
    let mut counts = vec![(0, 0); edits.len()];
    for round in 0..9 {
        for (i, (_, edit, _)) in edits.iter().enumerate() {
            // Ninja goes by dates, and a date is that of the last tick.
            thread::sleep(Duration::from_millis(20));
            edit(ours.path());
            let (ran, time) = ran(ours.path());
            counts[i].0 = ran;
            took[i].0.push(time);
            if ninja {
                edit(theirs.path());
                let (ran, time) = ran_by_ninja(theirs.path());
                counts[i].1 = ran;
                took[i].1.push(time);
            }
        }
        // One more number: what this round made is in the store, and must not serve the next.
        for root in [ours.path(), theirs.path()] {
            graphs::edit(root, "50000", &format!("50000\n{}", 60_000 + round));
        }
        ran(ours.path());
        if ninja {
            ran_by_ninja(theirs.path());
        }
    }
    for (i, (name, _, promised)) in edits.iter().enumerate() {
        let (ran, by_ninja) = counts[i];
        let verdict = if ran == *promised { "as promised" } else { "NOT AS PROMISED" };
        let ours = median(&mut took[i].0);
        print!("  {name:15} {ran:3} stages run ({verdict}), {}", millis(ours));
        if ninja {
            let theirs = median(&mut took[i].1);
            print!("; ninja {by_ninja} stages, {}; ratio {:.2}", millis(theirs), ratio(ours, theirs));
        }
        println!();
    }
}

/// 10 000 stages over 40 000 files.
fn large(ninja: bool) {
    let stages = std::env::var("DAG_BENCH_STAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let steps = graphs::large(stages);
    let write_raw = |root: &Path| graphs::write_raw_of_large(root, &steps);
    let (ours, theirs) = (workspace(&steps, write_raw), workspace(if ninja { &steps } else { &[] }, write_raw));
    println!("\n{stages} stages over {} files", 4 * stages);
    first_build(&ours, ninja.then_some(&theirs));
    nothing_to_do(&ours, ninja.then_some(&theirs), 21);
}

fn first_build(ours: &tempfile::TempDir, theirs: Option<&tempfile::TempDir>) {
    // Files must be left alone for a tick before their digests are remembered.
    thread::sleep(Duration::from_millis(50));
    let ours = cost(&mut dag_run(ours.path()));
    print!("  first build     {:.1}", ours.wall.as_secs_f64());
    if let Some(theirs) = theirs {
        let theirs = cost(&mut ninja_in(theirs.path()));
        print!(" s; ninja {:.1}", theirs.wall.as_secs_f64());
    }
    println!(" s");
}

fn nothing_to_do(ours: &tempfile::TempDir, theirs: Option<&tempfile::TempDir>, runs: usize) {
    let (mut own, mut ninjas) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        own.push(cost(&mut dag_run(ours.path())));
        ninjas.extend(theirs.map(|theirs| cost(&mut ninja_in(theirs.path()))));
    }
    let wall = |costs: &[Cost]| median(&mut costs.iter().map(|cost| cost.wall).collect::<Vec<_>>());
    let cpu = |costs: &[Cost]| median(&mut costs.iter().map(|cost| cost.cpu).collect::<Vec<_>>());
    let peak = |costs: &[Cost]| costs.iter().map(|cost| cost.peak_kib).max().unwrap_or(0);
    println!("  nothing to do   {} wall, {} CPU, peak {} KiB", millis(wall(&own)), millis(cpu(&own)), peak(&own));
    if !ninjas.is_empty() {
        let (ninja_wall, ninja_cpu) = (wall(&ninjas), cpu(&ninjas));
        println!(
            "  ninja           {} wall, {} CPU, peak {} KiB",
            millis(ninja_wall),
            millis(ninja_cpu),
            peak(&ninjas)
        );
        let (wall, cpu) = (ratio(wall(&own), ninja_wall), ratio(cpu(&own), ninja_cpu));
        println!("  ratio to ninja  {wall:.2} wall, {cpu:.2} CPU (medians of {runs})");
    }
}

/// Builds; returns how many stages ran, and how long it took.
fn ran(root: &Path) -> (usize, Duration) {
    let start = Instant::now();
    let output = dag_run(root).arg("--json").stdout(Stdio::piped()).output().expect("dag-run");
    let took = start.elapsed();
    let report: Report = serde_json::from_slice(&output.stdout).expect("a report");
    assert!(report.succeeded(), "{report:#?}");
    (report.ran().len(), took)
}

fn ran_by_ninja(root: &Path) -> (usize, Duration) {
    let start = Instant::now();
    let mut command = Command::new("ninja");
    let output = command.args(["-d", "stats", "-v"]).current_dir(root).env("LC_ALL", "C").output().expect("ninja");
    let took = start.elapsed();
    assert!(output.status.success());
    let told = String::from_utf8_lossy(&output.stdout);
    (told.lines().filter(|line| line.starts_with('[')).count(), took)
}

/// Hashing by one thread and by all, beside sha256sum over the same files.
fn hashing() {
    const FILES: usize = 4;
    const BYTES: usize = 128 << 20;
    let dir = tempfile::tempdir().expect("a temporary folder");
    let names: Vec<String> = (0..FILES).map(|i| format!("{i}.bin")).collect();
    for (name, byte) in names.iter().zip(0..) {
        fs::write(dir.path().join(name), vec![byte; BYTES]).expect("a large file");
    }
    println!("\nhashing {FILES} files of {} MiB, in the page cache", BYTES >> 20);
    let (mut one, mut all, mut sums) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        one.push(timed(|| {
            for name in &names {
                let file = fs::File::open(dir.path().join(name)).expect("a large file");
                Digest::of_reader(file).expect("a digest");
            }
        }));
        all.push(timed(|| plan_over(dir.path(), &names)));
        sums.push(timed(|| {
            let mut command = Command::new("sha256sum");
            let output = command.args(&names).current_dir(dir.path()).output().expect("sha256sum");
            assert!(output.status.success());
        }));
    }
    let speed = |took: Duration| (FILES * BYTES) as f64 / took.as_secs_f64() / 1e6;
    let (one, all, sums) = (median(&mut one), median(&mut all), median(&mut sums));
    println!("  one thread      {:.0} MB/s", speed(one));
    println!("  sha256sum       {:.0} MB/s; ratio of the times {:.2}", speed(sums), ratio(one, sums));
    println!("  all threads     {:.0} MB/s: {:.2} times one", speed(all), ratio(one, all));
}

/// A plan over files that were never seen has to hash them, as a build would.
fn plan_over(root: &Path, names: &[String]) {
    let mut stage = Stage::new("s").output("out", "out");
    for name in names {
        stage = stage.source(name, name);
    }
    let graph = Graph::new(vec![stage.run(|cx| cx.write("out", ""))]).expect("a graph");
    Engine::plan(&Options::new(root), &graph, &[]).expect("a plan");
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

fn millis(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
}
