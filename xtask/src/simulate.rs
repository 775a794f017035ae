//! `cargo xtask simulate`.

use std::fs;
use std::path::{Path, PathBuf};

use studies::Study;

use crate::cli::Simulate;
use crate::console::Console;
use crate::needs::Needs;
use crate::parallel::in_parallel;
use crate::{Exit, Failure, workspace};

/// Name of the folder of a study's simulated files: whoever sees a path shall know what it is.
const FOLDER: &str = "simulated";

/// Prefix of the folders in which a campaign is written, and the one it replaces waits, beside its place.
const BESIDE: &str = ".simulated-";

pub(crate) fn run(arguments: &Simulate, console: &Console) -> Result<Exit, Failure> {
    let studies = workspace::studies(&arguments.studies)?;
    for study in &studies {
        check_place(&arguments.out.join(study.name), arguments.force)?;
    }
    let simulation = arguments.simulation.get();
    let needs = studies.iter().map(|study| Needs::of_raw(study.name, simulation)).fold(Needs::default(), Needs::and);
    let needs = needs.with_jobs(arguments.jobs.get());
    let names: Vec<&str> = studies.iter().map(|study| study.name).collect();
    let what = format!("simulated raw files of {} ({simulation})", names.join(", "));
    needs.announce(what, &arguments.out, &arguments.disk, console)?;
    for study in studies {
        let folder = simulate(study, arguments, console)?;
        anstream::println!("{}", folder.display());
    }
    Ok(Exit::Success)
}

/// Refuses a folder that holds the pins or the made data of a study, and to replace what is no campaign.
fn check_place(above: &Path, force: bool) -> Result<(), Failure> {
    let folder = above.join(FOLDER);
    let owners =
        [("sources.toml", "the raw files"), ("verification.json", "the made data"), ("records", "the made data")];
    if let Some((_, owner)) = owners.iter().find(|(name, _)| above.join(name).exists()) {
        let above = above.display();
        return Err(Failure::usage(format!("{above} holds {owner} of a study; name another folder with --out")));
    }
    if !folder.exists() {
        return Ok(());
    }
    let shown = folder.display();
    if !force {
        return Err(Failure::usage(format!(
            "{shown} is there already; name another folder, or replace it with --force"
        )));
    }
    if !(folder.join("README.md").is_file() && folder.join("truth").is_dir()) {
        return Err(Failure::usage(format!("{shown} is no simulated campaign, and is not replaced")));
    }
    Ok(())
}

/// Writes the campaign beside its place and moves it there, so that there is never a part of one.
fn simulate(study: &Study, arguments: &Simulate, console: &Console) -> Result<PathBuf, Failure> {
    let simulation = arguments.simulation.get();
    let above = arguments.out.join(study.name);
    let folder = above.join(FOLDER);
    let beside = |error| Failure::io("write beside", folder.display(), &error);
    fs::create_dir_all(&above).map_err(beside)?;
    // Removed when it goes out of scope, whatever goes wrong.
    let scratch = tempfile::Builder::new().prefix(BESIDE).tempdir_in(&above).map_err(beside)?;
    let new = scratch.path().join("new");
    let parts = study.parts(simulation);
    let written = in_parallel(arguments.jobs.get(), &parts, |part| part.write_below(&new));
    for (part, written) in parts.iter().zip(written) {
        written.map_err(|problem| Failure::new(format!("{} {}: {problem}", study.name, part.name())))?;
    }
    if folder.exists() {
        fs::rename(&folder, scratch.path().join("old")).map_err(beside)?;
    }
    fs::rename(&new, &folder).map_err(beside)?;
    let files = parts.iter().map(|part| part.files().len()).sum::<usize>();
    console.line(&format!("{}: {files} simulated raw files ({simulation})", study.name));
    Ok(folder)
}
