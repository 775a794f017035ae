//! Where the workspace is, and which studies it has.

use std::path::{Path, PathBuf};

use studies::Study;
use studies::sources::Sources;

use crate::Failure;

/// The nearest folder upwards that has `raw` and `paper`, or the one that was named.
pub(crate) fn find(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let is_workspace = |folder: &Path| folder.join("raw").is_dir() && folder.join("paper").is_dir();
    let expected = "expected one with the folders raw and paper, as in the repository";
    if let Some(folder) = named {
        return if is_workspace(&folder) {
            Ok(folder)
        } else {
            Err(Failure::usage(format!("{} is no workspace: {expected}", folder.display())))
        };
    }
    let here = std::env::current_dir().map_err(|error| Failure::io("find", "the current folder", &error))?;
    let found = here.ancestors().find(|folder| is_workspace(folder));
    found.map(Path::to_owned).ok_or_else(|| {
        Failure::usage(format!("no workspace at or above {}: {expected}; name one with --root", here.display()))
    })
}

/// The named studies; all of them where none is named.
pub(crate) fn studies(named: &[String]) -> Result<Vec<&'static Study>, Failure> {
    let known = studies::all();
    if named.is_empty() {
        return Ok(known.iter().collect());
    }
    let find = |name: &String| {
        known.iter().find(|study| study.name == name).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|study| study.name).collect();
            Failure::usage(format!("there is no study {name:?}; there are {}", names.join(", ")))
        })
    };
    named.iter().map(find).collect()
}

/// The pins of the named studies, or of all.
pub(crate) fn sources(root: &Path, named: &[String]) -> Result<Vec<Sources>, Failure> {
    studies(named)?.into_iter().map(|study| Sources::load(root, study.name).map_err(Failure::new)).collect()
}
