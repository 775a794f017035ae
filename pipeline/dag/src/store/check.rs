//! Looks at everything that a store holds: whether each file is what its name says, and whether what
//! manifests name is there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use serde::Serialize;

use super::access::{Access, failed};
use super::list::{Entry, entries, manifest};
use super::{Kind, read_text};
use crate::code::Code;
use crate::digest::Digest;
use crate::error::Error;

/// What was found in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// How many contents were read.
    pub contents: u64,
    /// The size of the contents.
    pub bytes: u64,
    /// How many results of stages were read.
    pub manifests: u64,
    /// How many codes were read.
    pub codes: u64,
    /// Contents and codes that no manifest names: left by builds that were stopped. `gc` removes them.
    pub orphans: u64,
    /// What is not as it should be.
    pub faults: Vec<Fault>,
    /// Whether that was removed.
    pub repaired: bool,
}

/// A file of a store that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

/// Checks the store `folder` on `threads` threads. `progress` is told how many bytes of how many have
/// been read, now and then. Builds can go on meanwhile. With `repair` files that are not as they should
/// be are removed: what they held is made again when it is needed.
pub(crate) fn check(
    folder: &Path,
    threads: usize,
    repair: bool,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Checked, Error> {
    if !folder.is_dir() {
        return Ok(Checked::default());
    }
    let access = Access::shared(folder)?;
    // In this order: what is stored meanwhile is stored before its manifest.
    let manifests = entries(folder, Kind::Manifest)?;
    let contents = entries(folder, Kind::Content)?;
    let codes = entries(folder, Kind::Code)?;
    let mut checked = Checked {
        contents: contents.len() as u64,
        bytes: contents.iter().map(|entry| entry.metadata.len()).sum(),
        manifests: manifests.len() as u64,
        codes: codes.len() as u64,
        ..Checked::default()
    };
    let all = [(Kind::Manifest, &manifests), (Kind::Content, &contents), (Kind::Code, &codes)];
    let all: Vec<(Kind, &Entry)> =
        all.into_iter().flat_map(|(kind, list)| list.iter().map(move |e| (kind, e))).collect();
    let mut faulty: Vec<(Kind, &Entry, String)> = Vec::new();
    for (found, &(kind, entry)) in look(&all, threads, progress).into_iter().zip(&all) {
        if let Some(what) = found {
            faulty.push((kind, entry, what));
        }
    }

    let damaged: BTreeSet<&Path> = faulty.iter().map(|(_, entry, _)| entry.path.as_path()).collect();
    let whole = |list: &[Entry]| -> BTreeSet<Digest> {
        list.iter().filter(|entry| !damaged.contains(entry.path.as_path())).map(|entry| entry.digest).collect()
    };
    let (whole_contents, whole_codes) = (whole(&contents), whole(&codes));
    let (mut named, mut named_codes) = (BTreeSet::new(), BTreeSet::new());
    for entry in &manifests {
        let Some(manifest) = manifest(entry) else { continue };
        named_codes.insert(manifest.ingredients.code);
        named.extend(manifest.outputs.iter().map(|made| made.digest));
        let lost = manifest.outputs.iter().find(|made| !whole_contents.contains(&made.digest));
        if let Some(lost) = lost {
            let what = format!("the content of the output {:?} of {} is gone or damaged", lost.role, manifest.stage);
            faulty.push((Kind::Manifest, entry, what));
        }
    }
    checked.orphans = whole_contents.difference(&named).count() as u64;
    checked.orphans += whole_codes.difference(&named_codes).count() as u64;

    if repair && !faulty.is_empty() {
        if !access.try_alone()? {
            return Err(Error::StoreInUse { store: folder.to_owned(), holder: "another process builds" });
        }
        for (kind, entry, what) in &faulty {
            // A build may have mended it before it ended; a manifest without its contents goes in any case.
            let mended = damaged.contains(entry.path.as_path()) && fault(*kind, entry).is_none();
            if !mended && entry.path.exists() {
                fs::remove_file(&entry.path)
                    .map_err(|error| failed(&entry.path, std::io::Error::other(format!("{what}; {error}"))))?;
            }
        }
        checked.repaired = true;
    }
    checked.faults = faulty.into_iter().map(|(_, entry, what)| Fault { file: entry.path.clone(), what }).collect();
    checked.faults.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(checked)
}

/// What is wrong with each of many files.
fn look(all: &[(Kind, &Entry)], threads: usize, progress: &(dyn Fn(u64, u64) + Sync)) -> Vec<Option<String>> {
    let total = all.iter().map(|(_, entry)| entry.metadata.len()).sum();
    let (next, read) = (AtomicUsize::new(0), AtomicU64::new(0));
    let work = || {
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((kind, entry)) = all.get(index) else { return found };
            if let Some(what) = fault(*kind, entry) {
                found.push((index, what));
            }
            let bytes = entry.metadata.len();
            progress(read.fetch_add(bytes, Ordering::Relaxed) + bytes, total);
        }
    };
    let mut faults = vec![None; all.len()];
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            // A panic must not pass for a store without faults.
            let found = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            found.into_iter().for_each(|(index, what)| faults[index] = Some(what));
        }
    });
    faults
}

/// What is wrong with a file, by itself.
fn fault(kind: Kind, entry: &Entry) -> Option<String> {
    if !entry.metadata.is_file() {
        return Some("it is not a file".to_owned());
    }
    match kind {
        Kind::Content => match File::open(&entry.path).and_then(Digest::of_reader) {
            Ok((found, _)) if found == entry.digest => None,
            Ok((found, _)) => Some(format!("it holds something else, with SHA-256 {}", found.short())),
            // Dropped by a build since.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => Some(format!("it cannot be read: {error}")),
        },
        Kind::Manifest => manifest(entry).is_none().then(|| "it is damaged".to_owned()),
        Kind::Code => {
            let code: Option<Code> = fs::read_to_string(&entry.path).ok().and_then(|text| read_text(&text));
            let right = code.is_some_and(|code| code.digest() == entry.digest);
            (!right).then(|| "it is damaged".to_owned())
        }
    }
}
