//! Removes what builds have made: declared outputs, and what the engine keeps. Nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::engine::Options;
use crate::error::Error;
use crate::format::FOLDER;
use crate::graph::Graph;
use crate::problem::Problem;
use crate::state::Folder;
use crate::store;

/// What to remove.
pub struct Cleaning<'a> {
    /// Outputs for which this says so stay.
    pub keeps: &'a dyn Fn(&str) -> bool,
    /// What the engine remembers and the store, too, so that everything must be made again. A store
    /// elsewhere than in the engine's folder stays: other workspaces may use it.
    pub store: bool,
    /// Only tell what would be removed.
    pub dry_run: bool,
}

/// What was removed, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    /// How many outputs.
    pub outputs: u64,
    /// How many files of the engine's folder.
    pub kept_files: u64,
    /// The size of all.
    pub bytes: u64,
    /// How many outputs are there and stay.
    pub left: u64,
}

/// Files and folders that a build leaves in the engine's folder besides what it remembers.
const LEFT_OVERS: [&str; 2] = ["tmp", "pool"];

/// Removes what builds of `graphs` have made.
pub(crate) fn clean(options: &Options, graphs: &[&Graph], cleaning: &Cleaning<'_>) -> Result<Cleaned, Error> {
    let mut cleaned = Cleaned::default();
    let there = options.folder.is_dir();
    let _lock = match (there, cleaning.dry_run) {
        (true, false) => Some(Folder::open(options.folder.clone())?),
        (true, true) => FOLDER.check(&options.folder).map(|_| None)?,
        (false, _) => None,
    };
    // What can stand in the way is asked first: nothing is removed by halves.
    let own = options.folder.join("store");
    let _alone = match (there && cleaning.store && own.is_dir(), cleaning.dry_run) {
        (true, false) => Some(store::alone(&own)?),
        _ => None,
    };
    if there && cleaning.store {
        store::check_unshared(&own, &options.folder)?;
    }
    let outputs = graphs.iter().flat_map(|graph| graph.stages()).flat_map(|stage| &stage.outputs);
    let outputs: BTreeSet<&str> = outputs.map(|output| &*output.path).collect();
    let mut folders = BTreeSet::new();
    for output in outputs {
        let file = options.root.join(output);
        // Also a link that leads nowhere; not what is below a folder that stands where a file belongs.
        let Ok(metadata) = fs::symlink_metadata(&file) else { continue };
        if metadata.is_dir() {
            continue;
        }
        if (cleaning.keeps)(output) {
            cleaned.left += 1;
            continue;
        }
        if !cleaning.dry_run {
            fs::remove_file(&file).map_err(|error| failed(&file, error))?;
        }
        cleaned.outputs += 1;
        cleaned.bytes += metadata.len();
        folders.extend(Path::new(output).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()));
    }
    if !cleaning.dry_run {
        // The deepest first. Those that hold something else stay.
        folders.iter().rev().for_each(|folder| drop(fs::remove_dir(options.root.join(folder))));
    }
    if there {
        for name in LEFT_OVERS {
            remove_below(&options.folder.join(name), cleaning.dry_run, &mut cleaned)?;
        }
        if cleaning.store {
            // What is remembered goes last: until then the next build is one after a deletion. The lock stays,
            // as others may wait for it.
            for name in store::CONTENTS {
                remove_below(&own.join(name), cleaning.dry_run, &mut cleaned)?;
            }
            remove_below(&options.folder.join("state"), cleaning.dry_run, &mut cleaned)?;
        }
    }
    Ok(cleaned)
}

/// Removes a file, or everything in a folder.
fn remove_below(path: &Path, dry_run: bool, cleaned: &mut Cleaned) -> Result<(), Error> {
    for entry in walkdir::WalkDir::new(path).contents_first(true) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound) => continue,
            Err(error) => return Err(failed(path, error.into())),
        };
        let is_folder = entry.file_type().is_dir();
        if !is_folder {
            cleaned.kept_files += 1;
            cleaned.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
        }
        if dry_run || (is_folder && entry.depth() == 0) {
            continue;
        }
        let removed = if is_folder { fs::remove_dir(entry.path()) } else { fs::remove_file(entry.path()) };
        removed.map_err(|error| failed(entry.path(), error))?;
    }
    Ok(())
}

fn failed(file: &Path, error: io::Error) -> Error {
    Error::Remove(Problem::io("remove", file, &error))
}
