//! `cargo xtask reproduce`: everything twice from nothing, in surroundings that differ in all that must
//! not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dag::{Digest, Report, StageReport};
use serde::{Deserialize, Serialize};
use studies::campaign::Campaign;
use studies::sources::Sources;

use crate::build_paper::is_wanted;
use crate::cli::Reproduce;
use crate::console::{BAD, Console, GOOD};
use crate::needs::Needs;
use crate::{Exit, Failure, fetch, workspace};

/// Surroundings of a build.
struct Surroundings {
    /// Name of the workspace's folder; one has a space, and lies deeper.
    folder: &'static str,
    jobs: usize,
    /// Where the program is started: in the workspace, or at the top of the file system.
    inside: bool,
    environment: [(&'static str, &'static str); 4],
}

const SURROUNDINGS: [Surroundings; 2] = [
    Surroundings {
        folder: "one",
        jobs: 1,
        inside: true,
        environment: [("TZ", "UTC"), ("LANG", "C"), ("LC_ALL", "C"), ("RAYON_NUM_THREADS", "1")],
    },
    Surroundings {
        folder: "another one/with a longer path",
        jobs: 4,
        inside: false,
        environment: [
            ("TZ", "Asia/Kathmandu"),
            ("LANG", "tr_TR.UTF-8"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("RAYON_NUM_THREADS", "3"),
        ],
    },
];

/// What a build tells as JSON.
#[derive(Deserialize)]
pub(crate) struct Built {
    pub(crate) campaigns: BTreeMap<String, Campaign>,
    #[serde(flatten)]
    pub(crate) report: Report,
}

/// What was compared, and what differs.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Comparison {
    /// Studies that were made from simulated data: of their published files nothing is shown.
    simulated: Vec<String>,
    stages: usize,
    files: usize,
    /// The outputs that differ. Stages stand in the order in which data flow, so that of the first one
    /// here all inputs were the same: it arises there.
    differing: Vec<Difference>,
}

/// An output whose bytes differ, or that one of the builds did not make.
#[derive(Debug, PartialEq, Serialize)]
struct Difference {
    stage: String,
    path: String,
}

pub(crate) fn run(root: &Path, arguments: &Reproduce, console: &Console) -> Result<Exit, Failure> {
    let scratch = tempfile::Builder::new().prefix("joulebook-reproduce-").tempdir();
    let scratch = scratch.map_err(|error| Failure::io("make", "a scratch folder", &error))?;
    let wanted = studies::all().iter().filter(|study| is_wanted(study, &arguments.targets));
    let once = wanted.map(|study| Needs::of_study(study.name)).fold(Needs::default(), Needs::and);
    let twice =
        SURROUNDINGS.iter().map(|surroundings| once.with_jobs(surroundings.jobs)).fold(Needs::default(), Needs::and);
    twice.announce("two builds from nothing", scratch.path(), &arguments.disk, console)?;
    let built = SURROUNDINGS
        .iter()
        .map(|surroundings| build(root, scratch.path(), surroundings, arguments, console))
        .collect::<Result<Vec<Built>, Failure>>();
    let built = match built {
        Ok(built) => built,
        Err(failure) => {
            let message = format!("{}; it is kept in {}", failure.message, scratch.keep().display());
            return Err(Failure { message, ..failure });
        }
    };
    let mut comparison = compare(&built[0].report, &built[1].report);
    let simulated = built[0].campaigns.iter().filter(|(_, campaign)| matches!(campaign, Campaign::Simulated(_)));
    comparison.simulated = simulated.map(|(study, _)| study.clone()).collect();

    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&comparison).map_err(Failure::new)?);
    }
    let Comparison { stages, files, differing, .. } = &comparison;
    if differing.is_empty() {
        console.line(&format!(
            "{GOOD}reproducible{GOOD:#}: {stages} stages made {files} files twice, with the same bytes"
        ));
        return Ok(Exit::Success);
    }
    console.error(&format!(
        "{BAD}not reproducible{BAD:#}: {} of {files} files differ; both builds are kept in {}",
        differing.len(),
        scratch.keep().display()
    ));
    for (number, Difference { stage, path }) in differing.iter().enumerate().filter(|_| !arguments.json) {
        let word = if number == 0 { "arises in" } else { "then in" };
        anstream::println!("{word} {stage}: {path}");
    }
    Ok(Exit::Mismatch)
}

/// This program, about to build in a workspace that has nothing made in it, and to tell of it as JSON.
pub(crate) fn build_from_nothing(place: &Path, jobs: usize) -> Result<Command, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::io("find", "this program", &error))?;
    let mut command = Command::new(program);
    command.args(["build-paper", "--json", "--quiet", "--no-disk-check", "--jobs", &jobs.to_string(), "--root"]);
    // What others have made proves nothing.
    for variable in ["JOULEBOOK_STORE", "JOULEBOOK_STORE_LIMIT", "JOULEBOOK_REMOTE"] {
        command.env_remove(variable);
    }
    command.arg(place);
    Ok(command)
}

/// Builds a copy of the workspace that has nothing made in it.
fn build(
    root: &Path,
    scratch: &Path,
    surroundings: &Surroundings,
    arguments: &Reproduce,
    console: &Console,
) -> Result<Built, Failure> {
    let Surroundings { folder, jobs, inside, environment } = surroundings;
    let place = scratch.join(folder);
    copy_sources(root, &place, &[])?;
    console.line(&format!("building in {} with {jobs} job(s)", place.display()));
    let mut command = build_from_nothing(&place, *jobs)?;
    command.args(&arguments.targets);
    if arguments.isolated {
        command.arg("--isolated");
    }
    command.current_dir(if *inside { &place } else { Path::new("/") });
    // Both take the raw files that this workspace has, and fetch nothing.
    command.envs(environment.iter().copied()).env("JOULEBOOK_UPSTREAM", "off").env_remove("JOULEBOOK_MIRROR");
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Failure::io("start", "the build", &error))?;
    let built: Result<Built, _> = serde_json::from_slice(&output.stdout);
    match built {
        Ok(built) if built.report.succeeded() => Ok(built),
        _ => {
            let exit = match output.status.code() {
                Some(code) if code == Exit::Usage as i32 => Exit::Usage,
                Some(code) if code == Exit::Interrupted as i32 => Exit::Interrupted,
                _ => Exit::Failed,
            };
            Err(Failure { message: format!("the build in {} failed", place.display()), exit })
        }
    }
}

/// Copies what a build reads: papers, pins, and the raw files of the named studies, or of all, that are in
/// place.
pub(crate) fn copy_sources(root: &Path, place: &Path, named: &[String]) -> Result<(), Failure> {
    copy_folder(&root.join("paper"), &place.join("paper"))?;
    for study in workspace::studies(&[])? {
        let sources = Sources::load(root, study.name).map_err(Failure::new)?;
        let pins = Path::new("raw").join(study.name);
        copy_file(&root.join(&pins).join("sources.toml"), &place.join(&pins).join("sources.toml"))?;
        let wanted = named.is_empty() || named.iter().any(|name| name == study.name);
        if !wanted || !fetch::absent(root, &sources).is_empty() {
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

/// The outputs that differ, in the order of the graph; those that only one of the builds made, too.
fn compare(one: &Report, other: &Report) -> Comparison {
    fn of_stage(stage: &StageReport) -> impl Iterator<Item = (&str, &str, Digest)> {
        stage.outputs.iter().map(|(path, digest)| (stage.stage.as_str(), path.as_str(), *digest))
    }
    fn outputs(report: &Report) -> impl Iterator<Item = (&str, &str, Digest)> {
        report.stages.iter().flat_map(of_stage)
    }
    let theirs: BTreeMap<&str, Digest> = outputs(other).map(|(_, path, digest)| (path, digest)).collect();
    let ours: BTreeSet<&str> = outputs(one).map(|(_, path, _)| path).collect();
    let differs = outputs(one).filter(|(_, path, digest)| theirs.get(path) != Some(digest));
    let unknown = outputs(other).filter(|(_, path, _)| !ours.contains(path));
    let difference = |(stage, path, _): (&str, &str, _)| Difference { stage: stage.to_owned(), path: path.to_owned() };
    Comparison {
        simulated: Vec::new(),
        stages: one.stages.len(),
        files: ours.len(),
        differing: differs.chain(unknown).map(difference).collect(),
    }
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
            printed: Default::default(),
        };
        let stages = stages.iter().map(stage).collect();
        Report {
            stages,
            state_problem: None,
            warnings: vec![],
            fetched: Default::default(),
            duration: Duration::ZERO,
            files_hashed: 0,
        }
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
        let fewer = report(&[("a", &["x"])]);
        assert_eq!(compare(&one, &fewer).differing.len(), 2, "what one of them did not make differs");
        assert_eq!(compare(&fewer, &one).differing.len(), 2);
    }

    #[test]
    fn a_report_is_read_back_from_what_a_build_prints() {
        let json = r#"{"campaigns": {"a": "published", "b": {"simulated": {"seed": 1, "scale": 2}}},
            "stages": [], "state_problem": null, "duration": {"secs": 1, "nanos": 0}, "files_hashed": 3}"#;
        let built: super::Built = serde_json::from_str(json).unwrap();
        assert_eq!(built.campaigns.len(), 2);
        assert_eq!(built.report.files_hashed, 3);
    }
}
