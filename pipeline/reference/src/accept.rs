//! Makes a build the reference, or some files of it.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use dag::Digest;

use crate::committed::{Committed, read_folder};
use crate::compare::Build;
use crate::content;
use crate::file;
use crate::lock::{Entry, Lock, LockError};

/// What was taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Files whose digest in the lock is another one now, or that are new in it or gone from it.
    pub files: usize,
    /// Copies of records and of the data of figures that were written or removed.
    pub copies: usize,
}

/// Takes files of a build over into the reference: all of them, or those with the given paths.
///
/// The lock is written last and by rename; a copy that the lock does not name counts for nothing. So
/// whatever happens meanwhile, the reference is the old one or the new one.
///
/// # Errors
/// When a file of the build is not what the build made any more, or the reference cannot be written.
pub fn accept(
    build: &Build<'_>,
    old: &Lock,
    committed: &Committed,
    paths: Option<&HashSet<&str>>,
) -> Result<Accepted, AcceptError> {
    let is_accepted = |path: &str| paths.is_none_or(|paths| paths.contains(path));
    let is_complete = |entry: &Entry| {
        !content::is_bundle(&entry.path) && (entry.numbers.is_some() || !content::has_numbers(&entry.path))
    };
    let known = old.by_path();
    let mut accepted = Accepted::default();
    let mut new = Lock::default();
    let made: HashSet<&str> = build.files().map(|(_, path, _)| path).collect();
    for (stage, path, sha256) in build.files() {
        let before = known.get(path).copied();
        if !is_accepted(path) {
            new.entries.extend(before.cloned());
            continue;
        }
        let entry = match before {
            // The sources of a paper may be others although it is the same bytes; and an older lock may lack numbers.
            Some(entry) if entry.sha256 == sha256 && is_complete(entry) => {
                Entry { stage: owned(stage), ..entry.clone() }
            }
            _ => {
                let bytes = read_made(build.root, path, &sha256)?;
                let numbers = build.numbers(stage, path, &bytes);
                Entry { stage: owned(stage), path: path.to_owned(), sha256, numbers }
            }
        };
        accepted.files += usize::from(before != Some(&entry));
        new.entries.push(entry);
        if let Some(copy) = committed.copy_of(path) {
            let place = build.root.join(&copy);
            // Read again: an earlier acceptance may have been interrupted.
            let is_there = std::fs::read(&place).is_ok_and(|bytes| Digest::of(&bytes) == sha256);
            if !is_there {
                let bytes = read_made(build.root, path, &sha256)?;
                file::replace(&place, &bytes).map_err(|source| AcceptError::Write { path: place, source })?;
                accepted.copies += 1;
            }
        }
    }
    let gone: Vec<&Entry> = old.entries.iter().filter(|entry| !made.contains(entry.path.as_str())).collect();
    accepted.files += gone.iter().filter(|entry| is_accepted(&entry.path)).count();
    new.entries.extend(gone.into_iter().filter(|entry| !is_accepted(&entry.path)).cloned());
    new.write(build.root)?;
    if paths.is_none() {
        accepted.copies += remove_old_copies(build, committed)?;
    }
    Ok(accepted)
}

fn owned(stage: Option<&str>) -> Option<String> {
    stage.map(str::to_owned)
}

fn read_made(root: &Path, path: &str, sha256: &Digest) -> Result<Vec<u8>, AcceptError> {
    let bytes = std::fs::read(root.join(path)).ok().filter(|bytes| Digest::of(bytes) == *sha256);
    bytes.ok_or_else(|| AcceptError::Changed { path: path.to_owned() })
}

/// Removes copies of what no stage makes any more.
fn remove_old_copies(build: &Build<'_>, committed: &Committed) -> Result<usize, AcceptError> {
    let copies: BTreeSet<String> = build.files().filter_map(|(_, path, _)| committed.copy_of(path)).collect();
    let folder = build.root.join(Committed::COPIES);
    let mut files = Default::default();
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| AcceptError::Write { path, source }
    };
    read_folder(&folder, Committed::COPIES, &mut files).map_err(failed(&folder))?;
    let old = files.into_keys().filter(|path| path != Committed::LEFT_OUT && !copies.contains(path));
    let mut removed = 0;
    for path in old.map(|path| build.root.join(path)) {
        std::fs::remove_file(&path).map_err(failed(&path))?;
        removed += 1;
    }
    Ok(removed)
}

/// Why a build could not be made the reference.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// Somebody wrote to an output after the build.
    #[error("{path} is not what the build made any more; run the command again when the file is left alone")]
    Changed {
        /// The output.
        path: String,
    },
    /// The file system refuses.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The lock cannot be written.
    #[error(transparent)]
    Lock(#[from] LockError),
}
