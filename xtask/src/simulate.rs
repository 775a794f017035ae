//! `cargo xtask simulate`.

use std::fs;
use std::path::{Path, PathBuf};

use studies::Study;

use crate::cli::Simulate;
use crate::console::Console;
use crate::parallel::in_parallel;
use crate::{Exit, Failure, workspace};

/// Name of the folder of a study's simulated files: whoever sees a path shall know what it is.
const FOLDER: &str = "simulated";

pub(crate) fn run(arguments: &Simulate, console: &Console) -> Result<Exit, Failure> {
    let studies = workspace::studies(&arguments.studies)?;
    for study in &studies {
        let folder = arguments.out.join(study.name).join(FOLDER);
        if !arguments.force && folder.exists() {
            let folder = folder.display();
            return Err(Failure::usage(format!(
                "{folder} is there already; name another folder, or replace it with --force"
            )));
        }
    }
    for study in studies {
        let folder = simulate(study, arguments, console)?;
        anstream::println!("{}", folder.display());
    }
    Ok(Exit::Success)
}

/// Writes the campaign beside its place and moves it there, so that there is never a part of one.
fn simulate(study: &Study, arguments: &Simulate, console: &Console) -> Result<PathBuf, Failure> {
    let simulation = arguments.simulation.get();
    let above = arguments.out.join(study.name);
    let (folder, partial) = (above.join(FOLDER), above.join(format!(".{FOLDER}.partial")));
    remove(&partial)?;
    let parts = study.parts(simulation);
    let written = in_parallel(arguments.jobs.get(), &parts, |part| part.write_below(&partial));
    for (part, written) in parts.iter().zip(written) {
        written.map_err(|problem| Failure::new(format!("{} {}: {problem}", study.name, part.name())))?;
    }
    remove(&folder)?;
    fs::rename(&partial, &folder).map_err(|error| Failure::io("write", folder.display(), &error))?;
    let files = parts.iter().map(|part| part.files().len()).sum::<usize>();
    console.line(&format!("{}: {files} simulated raw files ({simulation})", study.name));
    Ok(folder)
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::io("remove", folder.display(), &error))
        }
        _ => Ok(()),
    }
}
