//! `cargo xtask reproduce`: everything twice from nothing, in surroundings that differ in all that must
//! not matter.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dag::Report;
use serde::Serialize;
use studies::sources::Sources;

use crate::cli::Reproduce;
use crate::console::{BAD, Console, GOOD};
use crate::{Exit, Failure, fetch, workspace};

/// Surroundings of a build.
struct Surroundings {
    /// Name of the workspace's folder; one has a space, and lies deeper.
    folder: &'static str,
    jobs: &'static str,
    /// Where the program is started: in the workspace, or at the top of the file system.
    inside: bool,
    environment: [(&'static str, &'static str); 4],
}

const SURROUNDINGS: [Surroundings; 2] = [
    Surroundings {
        folder: "one",
        jobs: "1",
        inside: true,
        environment: [("TZ", "UTC"), ("LANG", "C"), ("LC_ALL", "C"), ("RAYON_NUM_THREADS", "1")],
    },
    Surroundings {
        folder: "another one/with a longer path",
        jobs: "4",
        inside: false,
        environment: [
            ("TZ", "Asia/Kathmandu"),
            ("LANG", "tr_TR.UTF-8"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("RAYON_NUM_THREADS", "3"),
        ],
    },
];

/// What was compared, and what differs.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Comparison {
    stages: usize,
    files: usize,
    /// The outputs that differ. Stages stand in the order in which data flow, so that of the first one
    /// here all inputs were the same: it arises there.
    differing: Vec<Difference>,
}

/// An output whose bytes differ.
#[derive(Debug, PartialEq, Serialize)]
struct Difference {
    stage: String,
    path: String,
}

pub(crate) fn run(root: &Path, arguments: &Reproduce, console: &Console) -> Result<Exit, Failure> {
    let scratch = tempfile::Builder::new().prefix("joulebook-reproduce-").tempdir();
    let scratch = scratch.map_err(|error| Failure::io("make", "a scratch folder", &error))?;
    let reports = SURROUNDINGS
        .iter()
        .map(|surroundings| build(root, scratch.path(), surroundings, arguments, console))
        .collect::<Result<Vec<Report>, Failure>>()?;
    let comparison = compare(&reports[0], &reports[1]);

    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&comparison).map_err(Failure::new)?);
    }
    let Comparison { stages, files, differing } = &comparison;
    if differing.is_empty() {
        console.line(&format!(
            "{GOOD}reproducible{GOOD:#}: {stages} stages made {files} files twice, with the same bytes"
        ));
        return Ok(Exit::Success);
    }
    let kept = scratch.keep();
    console.error(&format!(
        "{BAD}not reproducible{BAD:#}: {} of {files} files differ; both builds are kept in {}",
        differing.len(),
        kept.display()
    ));
    for (number, Difference { stage, path }) in differing.iter().enumerate() {
        let word = if number == 0 { "arises in" } else { "then in" };
        anstream::println!("{word} {stage}: {path}");
    }
    Ok(Exit::Failed)
}

/// Builds a copy of the workspace that has nothing made in it.
fn build(
    root: &Path,
    scratch: &Path,
    surroundings: &Surroundings,
    arguments: &Reproduce,
    console: &Console,
) -> Result<Report, Failure> {
    let Surroundings { folder, jobs, inside, environment } = surroundings;
    let place = scratch.join(folder);
    copy_sources(root, &place)?;
    console.line(&format!("building in {} with {jobs} job(s)", place.display()));
    let program = std::env::current_exe().map_err(|error| Failure::io("find", "this program", &error))?;
    let mut command = Command::new(program);
    command.args(["build-paper", "--json", "--quiet", "--jobs", jobs, "--root"]).arg(&place).args(&arguments.targets);
    command.current_dir(if *inside { &place } else { Path::new("/") });
    // Both take the raw files that this workspace has, and fetch nothing.
    command.envs(environment.iter().copied()).env("JOULEBOOK_UPSTREAM", "off").env_remove("JOULEBOOK_MIRROR");
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Failure::io("start", "the build", &error))?;
    let report: Result<Report, _> = serde_json::from_slice(&output.stdout);
    match report {
        Ok(report) if report.succeeded() => Ok(report),
        _ => Err(Failure::new(format!("the build in {} failed", place.display()))),
    }
}

/// Copies what a build reads: papers, pins, and the raw files that are in place.
fn copy_sources(root: &Path, place: &Path) -> Result<(), Failure> {
    copy_folder(&root.join("paper"), &place.join("paper"))?;
    for study in workspace::studies(&[])? {
        let sources = Sources::load(root, study.name).map_err(Failure::new)?;
        let pins = Path::new("raw").join(study.name);
        copy_file(&root.join(&pins).join("sources.toml"), &place.join(&pins).join("sources.toml"))?;
        if !fetch::absent(root, &sources).is_empty() {
            continue;
        }
        for pin in &sources.files {
            copy_file(&pin.below(&root.join(&pins)), &pin.below(&place.join(&pins)))?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::io("read", from.display(), &error);
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy_folder(&path, &target)? } else { copy_file(&path, &target)? }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    let folder = to.parent().map_or_else(PathBuf::new, Path::to_owned);
    let copied = fs::create_dir_all(folder).and_then(|()| fs::copy(from, to));
    copied.map(|_| ()).map_err(|error| Failure::io("copy", from.display(), &error))
}

/// The outputs that differ, in the order of the graph.
fn compare(one: &Report, other: &Report) -> Comparison {
    let mut comparison = Comparison { stages: one.stages.len(), ..Comparison::default() };
    for (stage, twin) in one.stages.iter().zip(&other.stages) {
        comparison.files += stage.outputs.len();
        for (output, same) in stage.outputs.iter().zip(&twin.outputs) {
            if output != same {
                comparison.differing.push(Difference { stage: stage.stage.clone(), path: output.0.clone() });
            }
        }
    }
    comparison
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dag::{Digest, Outcome, Report, StageReport};

    use super::compare;

    fn report(stages: &[(&str, &[&str])]) -> Report {
        let stage = |(id, contents): &(&str, &[&str])| StageReport {
            stage: (*id).to_owned(),
            outcome: Outcome::Ran,
            reasons: Vec::new(),
            duration: Duration::ZERO,
            outputs: contents.iter().map(|c| (format!("{id}/file"), Digest::of(c.as_bytes()))).collect(),
        };
        let stages = stages.iter().map(stage).collect();
        Report { stages, state_problem: None, duration: Duration::ZERO, files_hashed: 0 }
    }

    #[test]
    fn the_first_stage_that_differs_comes_first() {
        let one = report(&[("a", &["x"]), ("b", &["1"]), ("c", &["2"])]);
        let other = report(&[("a", &["x"]), ("b", &["3"]), ("c", &["4"])]);
        let comparison = compare(&one, &other);
        assert_eq!((comparison.stages, comparison.files), (3, 3));
        let stages: Vec<_> = comparison.differing.iter().map(|difference| difference.stage.as_str()).collect();
        assert_eq!(stages, ["b", "c"]);
        assert!(compare(&one, &one).differing.is_empty());
    }
}
