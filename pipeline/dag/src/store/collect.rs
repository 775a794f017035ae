//! Removes what is not needed any more: what nobody used for some time, or beyond some size what was
//! used least recently; never what the state of a workspace names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::access::{Access, failed, workspaces};
use super::list::{Entry, entries, manifest};
use super::{Kind, scratch};
use crate::digest::Digest;
use crate::error::Error;
use crate::format::{FOLDER, STORE};
use crate::state::{Last, State};

/// What is kept of what no workspace needs at present.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    /// What was used within this time; everything otherwise.
    pub used_within: Option<Duration>,
    /// What was used last, until the whole store has so many bytes; everything otherwise.
    pub max_bytes: Option<u64>,
}

/// What was removed from a store, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// Workspaces that build with the store.
    pub workspaces: Vec<PathBuf>,
    /// Workspaces that did and are no more.
    pub gone: Vec<PathBuf>,
    /// Results of stages that were removed.
    pub results: u64,
    /// Files that were removed: manifests, contents and codes.
    pub files: u64,
    /// The size of those files.
    pub bytes: u64,
    /// The size of what is left.
    pub bytes_left: u64,
    /// The size of that part of it which workspaces need.
    pub bytes_needed: u64,
}

/// Collects in the store `folder`, as long as nobody builds with it.
pub(crate) fn collect(folder: &Path, workspace: &Path, keep: &Keep, dry_run: bool) -> Result<Collected, Error> {
    STORE.check(folder)?;
    if !folder.is_dir() {
        return Ok(Collected::default());
    }
    let alone = if dry_run { None } else { Some(Access::alone(folder)?) };
    if let (Some(access), true) = (&alone, workspace.join("state").exists()) {
        access.register(workspace)?;
    }
    collect_alone(folder, keep, dry_run)
}

/// As [`collect`], where the lock is held already, or nothing is to be removed.
pub(super) fn collect_alone(folder: &Path, keep: &Keep, dry_run: bool) -> Result<Collected, Error> {
    let mut collected = Collected::default();
    let roots = roots(folder, &mut collected, dry_run)?;
    let contents = sizes(entries(folder, Kind::Content)?);
    let codes = sizes(entries(folder, Kind::Code)?);
    let mut results = Vec::new();
    let mut damaged = Vec::new();
    for entry in entries(folder, Kind::Manifest)? {
        match manifest(&entry) {
            Some(manifest) => results.push(StageResult {
                needed: roots.keys.contains(&entry.digest),
                used: entry.metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                code: manifest.ingredients.code,
                contents: manifest.outputs.iter().map(|made| made.digest).collect(),
                entry,
            }),
            None => damaged.push(entry),
        }
    }
    // What is needed first, then what was used last; the key settles what is left open.
    results.sort_by_key(|result| (!result.needed, std::cmp::Reverse(result.used), result.entry.digest));

    let size = |files: &BTreeMap<Digest, (u64, PathBuf)>, digest: &Digest| files.get(digest).map_or(0, |file| file.0);
    let mut kept: BTreeSet<Digest> = roots.contents.clone();
    let mut kept_codes = BTreeSet::new();
    let mut bytes: u64 = kept.iter().map(|content| size(&contents, content)).sum();
    let mut removed = Vec::new();
    let mut full = false;
    let now = SystemTime::now();
    for result in results {
        let mut added = result.entry.metadata.len();
        let new = |kept: &BTreeSet<Digest>, digest: &Digest| !kept.contains(digest);
        let new_contents: BTreeSet<Digest> =
            result.contents.iter().copied().filter(|content| new(&kept, content)).collect();
        added += new_contents.iter().map(|content| size(&contents, content)).sum::<u64>();
        if new(&kept_codes, &result.code) {
            added += size(&codes, &result.code);
        }
        let whole = result.contents.iter().all(|content| contents.contains_key(content));
        // Used in the future means that a clock was set: that is no reason to remove anything.
        let old = keep.used_within.is_some_and(|time| now.duration_since(result.used).is_ok_and(|age| age > time));
        full |= !result.needed && keep.max_bytes.is_some_and(|max| bytes + added > max);
        if !result.needed && (old || full || !whole) {
            removed.push(result.entry);
            collected.results += 1;
            continue;
        }
        bytes += added;
        kept.extend(new_contents);
        kept_codes.insert(result.code);
        if result.needed {
            collected.bytes_needed = bytes;
        }
    }
    collected.bytes_left = bytes;

    // Manifests go first: a collection that is killed leaves none that names what is not there.
    removed.extend(damaged);
    for entry in removed {
        collected.remove(&entry.path, entry.metadata.len(), dry_run)?;
    }
    let unkept = contents.iter().filter(|(digest, _)| !kept.contains(digest));
    let unkept = unkept.chain(codes.iter().filter(|(digest, _)| !kept_codes.contains(digest)));
    for (_, (bytes, path)) in unkept {
        collected.remove(path, *bytes, dry_run)?;
    }
    collected.bytes += scratch::remove_all(&folder.join("tmp"), dry_run);
    Ok(collected)
}

/// The result of a stage: a manifest and what it names.
struct StageResult {
    entry: Entry,
    needed: bool,
    used: SystemTime,
    code: Digest,
    contents: Vec<Digest>,
}

impl Collected {
    fn remove(&mut self, path: &Path, bytes: u64, dry_run: bool) -> Result<(), Error> {
        if !dry_run {
            fs::remove_file(path).map_err(|error| failed(path, error))?;
        }
        self.files += 1;
        self.bytes += bytes;
        Ok(())
    }
}

fn sizes(entries: Vec<Entry>) -> BTreeMap<Digest, (u64, PathBuf)> {
    entries.into_iter().map(|entry| (entry.digest, (entry.metadata.len(), entry.path))).collect()
}

/// What the states of the workspaces name.
#[derive(Default)]
struct Roots {
    keys: BTreeSet<Digest>,
    contents: BTreeSet<Digest>,
}

fn roots(store: &Path, collected: &mut Collected, dry_run: bool) -> Result<Roots, Error> {
    let mut roots = Roots::default();
    for (workspace, entry) in workspaces(store)? {
        match fs::metadata(&workspace) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !dry_run {
                    fs::remove_file(&entry).map_err(|error| failed(&entry, error))?;
                }
                collected.gone.push(workspace);
                continue;
            }
            // Another user's, say: what it needs cannot be told, so nothing is removed at all.
            Err(error) => return Err(failed(&workspace, error)),
            Ok(_) => {}
        }
        // What a newer program needs cannot be told: then nothing is removed at all.
        FOLDER.check(&workspace)?;
        let bytes = match fs::read(workspace.join("state")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&workspace, error)),
            read => read.unwrap_or_default(),
        };
        let State { stages, .. } = State::decode(&bytes);
        for (_, Last { key, outputs, .. }) in stages.others() {
            roots.keys.insert(key);
            roots.contents.extend(outputs);
        }
        collected.workspaces.push(workspace);
    }
    Ok(roots)
}
