//! The workspace and where it lies: disk, memory, raw files, the engine's folder, the file system.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use dag::{Engine, Graph, Options};
use indicatif::DecimalBytes;
use studies::sources::{Pin, Sources};

use super::{Finding, State};
use crate::fetch::{self, Problem};
use crate::machine::{free_disk, free_memory, size};
use crate::needs::Needs;
use crate::{Failure, workspace};

/// What compiling the workspace leaves in `target/`, and the memory that it takes: 1.8 GB for the compiler of
/// `studies`, and less for one beside it. Measured on Linux, x86-64.
const COMPILED: u64 = 2_700_000_000;
const COMPILING_MEMORY: u64 = 3_000_000_000;

/// How far the clocks of the file system and of the machine may be apart.
const CLOCKS: Duration = Duration::from_secs(2);

pub(super) fn disk_and_memory(root: &Path) -> Vec<Finding> {
    let compiled = compiled_here(root);
    let made = root.join(".joulebook/state").exists();
    let needed = if compiled { 0 } else { COMPILED } + if made { 0 } else { Needs::of_everything().disk };
    let disk = match free_disk(root) {
        None => Finding::new("disk", State::Note, "the system does not tell how much is free"),
        Some(free) if free < needed => {
            let found = format!("{} free in {}, {} needed", size(free), root.display(), size(needed));
            let fix = "free some, or clone the repository to another disk; CARGO_TARGET_DIR=DIR moves target/";
            Finding::new("disk", State::Missing, found).fix(fix)
        }
        Some(free) if needed == 0 => Finding::ok("disk", format!("{} free; everything was made before", size(free))),
        Some(free) => Finding::ok("disk", format!("{} free, {} needed", size(free), size(needed))),
    };
    let memory = match free_memory() {
        Some(free) if free < COMPILING_MEMORY && !compiled => {
            let found = format!("{} free, up to {} needed to compile", size(free), size(COMPILING_MEMORY));
            Finding::new("memory", State::Note, found).fix("CARGO_BUILD_JOBS=1 cargo xtask build-paper")
        }
        Some(free) => Finding::ok("memory", format!("{} free", size(free))),
        None => Finding::ok("memory", "the system does not tell how much is free"),
    };
    vec![disk, memory]
}

/// Whether this program lies where cargo compiles the workspace to.
fn compiled_here(root: &Path) -> bool {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("debug/deps").is_dir() || target.join("release/deps").is_dir()
}

/// One finding a study: in place, in a mirror, upstream, or nowhere; and one on what stands in the way.
pub(super) fn raw_files(root: &Path, offline: bool) -> Result<Vec<Finding>, Failure> {
    let sources = workspace::sources(root, &[])?;
    let fetch::Options { mirrors, upstream, .. } = fetch::Options::from_env(Vec::new()).map_err(Failure::usage)?;
    let places: Vec<Places<'_>> = sources.iter().map(|sources| Places::of(root, sources, &mirrors)).collect();
    // One answer stands for all: the files lie on one server.
    let Some(first) = places.iter().find_map(|places| places.elsewhere.first()) else {
        return Ok(places.iter().map(|places| places.finding(true)).collect());
    };
    let answer = match upstream {
        _ if offline => Err("not asked (--offline)".to_owned()),
        Some(upstream) => upstream.impatient().offers(first).map_err(|problem| problem.to_string()),
        None => Err(Problem::NotAsked.to_string()),
    };
    let mut findings: Vec<Finding> = places.iter().map(|places| places.finding(answer.is_ok())).collect();
    findings.push(match answer {
        Ok(()) => Finding::ok("upstream", "answers"),
        Err(reason) => Finding::new("upstream", State::Note, reason)
            .fix("cargo xtask fetch --mirror DIR, with a folder that holds <study>/<path>; or connect to the network"),
    });
    Ok(findings)
}

/// Where the raw files of a study are.
struct Places<'a> {
    sources: &'a Sources,
    in_mirrors: Vec<&'a Pin>,
    elsewhere: Vec<&'a Pin>,
}

impl<'a> Places<'a> {
    fn of(root: &Path, sources: &'a Sources, mirrors: &[PathBuf]) -> Self {
        let has = |mirror: &PathBuf, pin: &Pin| {
            fs::metadata(pin.below(&mirror.join(&sources.study))).is_ok_and(|found| found.len() == pin.bytes)
        };
        let missing = fetch::missing(root, sources).into_iter();
        let (in_mirrors, elsewhere) = missing.partition(|pin| mirrors.iter().any(|mirror| has(mirror, pin)));
        Self { sources, in_mirrors, elsewhere }
    }

    fn finding(&self, upstream: bool) -> Finding {
        let Sources { study, files, .. } = self.sources;
        let what = format!("raw files of {study}");
        let bytes = |pins: &[&Pin]| DecimalBytes(pins.iter().map(|pin| pin.bytes).sum());
        let (all, mirrored, other) = (files.len(), self.in_mirrors.len(), self.elsewhere.len());
        match (all, mirrored, other) {
            (0, ..) => Finding::ok(what, "none are pinned: it is made from simulated ones"),
            (_, 0, 0) => Finding::ok(what, format!("{all} in place, {}", bytes(&files.iter().collect::<Vec<_>>()))),
            (_, _, 0) => Finding::ok(
                what,
                format!("{mirrored} of {all} in a mirror, {}; build-paper copies them", bytes(&self.in_mirrors)),
            ),
            _ if upstream => Finding::ok(
                what,
                format!("{other} of {all} upstream, {}; build-paper fetches them", bytes(&self.elsewhere)),
            ),
            _ => Finding::new(what, State::Note, format!("{other} of {all} cannot be had: made from SIMULATED ones")),
        }
    }
}

/// Whether the engine can work here: its folder is free, and of its format.
pub(super) fn engine_folder(root: &Path) -> Finding {
    let what = ".joulebook";
    let folder = root.join(what);
    if !folder.exists() {
        return Finding::ok(what, "not there yet; the first build makes it");
    }
    let remove = format!("rm -r {} (it only saves work)", folder.display());
    let plan = Graph::new(Vec::new()).map_err(|error| error.to_string());
    let plan = plan.and_then(|none| Engine::plan(&Options::new(root), &none, &[]).map_err(|error| error.to_string()));
    match plan {
        Err(error) => {
            let error = error.lines().next().unwrap_or_default().to_owned();
            Finding::new(what, State::Missing, error).fix(remove)
        }
        Ok(plan) => match plan.locked_by {
            Some(process) => {
                Finding::new(what, State::Note, format!("{process} builds here right now")).fix("wait for it")
            }
            None if is_read_only(&folder.join("lock")) => {
                Finding::new(what, State::Missing, "it cannot be written: another user's?").fix(remove)
            }
            None => Finding::ok(what, "there, free, and of this version"),
        },
    }
}

fn is_read_only(file: &Path) -> bool {
    file.exists() && File::options().append(true).open(file).is_err()
}

/// What the engine relies on: files can be written and replaced by rename, names keep their case apart,
/// times are those of this machine's clock.
pub(super) fn file_system(root: &Path) -> Vec<Finding> {
    let what = "file system";
    let scratch = match tempfile::Builder::new().prefix(".joulebook-doctor-").tempdir_in(root) {
        Ok(scratch) => scratch,
        Err(error) => {
            let found = format!("nothing can be written in {}: {error}", root.display());
            return vec![Finding::new(what, State::Missing, found).fix("clone the repository to a place of your own")];
        }
    };
    let (one, two, upper) = (scratch.path().join("a"), scratch.path().join("b"), scratch.path().join("A"));
    let replaced = fs::write(&one, "1").and_then(|()| fs::write(&two, "2")).and_then(|()| fs::rename(&one, &two));
    let replaced = replaced.and_then(|()| fs::read_to_string(&two));
    if !matches!(replaced.as_deref(), Ok("1")) {
        let found = "a file cannot be replaced by rename, which every output relies on";
        return vec![Finding::new(what, State::Missing, found).fix("clone the repository to a local disk")];
    }
    let mut findings = Vec::new();
    let written = fs::write(&one, "1").and_then(|()| fs::metadata(&one)?.modified());
    let now = SystemTime::now();
    if let Ok(written) = written {
        let apart = now.duration_since(written).unwrap_or_else(|error| error.duration());
        if apart > CLOCKS {
            let found =
                format!("its clock is {:.0} s off this machine's: files are hashed more often", apart.as_secs_f64());
            findings.push(
                Finding::new(what, State::Note, found).fix("set the clocks, as with chrony or systemd-timesyncd"),
            );
        }
    }
    if upper.exists() {
        let found = "upper and lower case are the same in names: records whose ids differ by case only would be one";
        findings.push(Finding::new(what, State::Note, found));
    }
    if let Some(other) = on_other_disk(root) {
        let found = format!("{other} is on another disk than the workspace: outputs are copied there, not moved");
        findings.push(Finding::new(what, State::Note, found));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(what, "replaces by rename, keeps case apart, has this machine's time"));
    }
    findings
}

/// A folder of outputs that is mounted from elsewhere or a link to elsewhere.
#[cfg(unix)]
fn on_other_disk(root: &Path) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt as _;
    let disk = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.dev());
    let here = disk(root)?;
    [".joulebook", "derived", "figures"]
        .into_iter()
        .find(|name| disk(&root.join(name)).is_some_and(|disk| disk != here))
}

#[cfg(not(unix))]
fn on_other_disk(_: &Path) -> Option<&'static str> {
    None
}
