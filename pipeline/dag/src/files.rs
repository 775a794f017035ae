//! Digests of workspace files, remembered as git's index remembers them.
//!
//! A file whose size, modification time, change time and inode are those of the last look is not
//! hashed again. One trap lies in that: a file changed twice within one tick of the file system's
//! clock looks the same after the second change. So a digest is remembered only if the file had
//! been left alone for longer than a tick when it was hashed; until then it is hashed each time
//! ("racily clean" in git's words).

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// How long a file must have been left alone before its digest is remembered, in nanoseconds:
/// above the kernel's tick (10 ms at the longest), or above the two seconds of file systems that
/// keep whole seconds only.
const TICK: i64 = 20_000_000;
const COARSE_TICK: i64 = 2_000_000_000;

/// By how much the engine dates its own outputs back, so that their digests can be remembered at
/// once: a write to them, however soon, sets another modification time.
pub(crate) const BACKDATE: std::time::Duration = std::time::Duration::from_nanos(COARSE_TICK as u64 + 1);

/// What a look at a file shows without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    modified: i64,
    changed: i64,
    inode: u64,
}

impl Stamp {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            bytes: metadata.size(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, nanoseconds_since_epoch);
        Self { bytes: metadata.len(), modified, changed: 0, inode: 0 }
    }

    /// Whether a write soon after `now` could leave this very stamp.
    fn is_racy(&self, now: i64) -> bool {
        let tick = if self.modified % 1_000_000_000 == 0 { COARSE_TICK } else { TICK };
        self.modified >= now.saturating_sub(tick)
    }

    /// Whether a write that keeps the modification time, as of a copy that preserves it, could
    /// leave this very stamp soon after `now`.
    fn is_racy_for_copies(&self, now: i64) -> bool {
        self.is_racy(now) || self.changed >= now.saturating_sub(TICK)
    }

    /// Whether only the change time differs, as after a rename.
    pub(crate) fn is_same_content_as(&self, other: &Self) -> bool {
        (self.bytes, self.modified, self.inode) == (other.bytes, other.modified, other.inode)
    }
}

fn nanoseconds_since_epoch(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX))
}

/// A digest with the stamp that the file had when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) stamp: Stamp,
    pub(crate) digest: Digest,
}

/// Digests of files below a root, by path relative to it.
pub(crate) struct Files {
    root: PathBuf,
    known: HashMap<String, Known>,
    /// What `look_ahead` found, each for the one look that follows.
    ahead: HashMap<String, Known>,
    changed: bool,
    hashed: u64,
}

impl Files {
    pub(crate) fn new(root: &Path, known: HashMap<String, Known>) -> Self {
        Self { root: root.to_owned(), known, ahead: HashMap::new(), changed: false, hashed: 0 }
    }

    /// Everything remembered, for the next run.
    pub(crate) fn known(&self) -> &HashMap<String, Known> {
        &self.known
    }

    /// Whether there is anything to remember that was not there at the start.
    pub(crate) fn changed(&self) -> bool {
        self.changed
    }

    /// How many files had to be read.
    pub(crate) fn hashed(&self) -> u64 {
        self.hashed
    }

    /// The digest of the file at `path`, with its stamp; `None` where there is no file.
    pub(crate) fn look(&mut self, path: &str) -> io::Result<Option<Known>> {
        let now = nanoseconds_since_epoch(SystemTime::now());
        let Some(stamp) = stamp(&self.root.join(path))? else {
            self.changed |= self.known.remove(path).is_some();
            return Ok(None);
        };
        let ahead = self.ahead.remove(path);
        match self.known.get(path).copied().or(ahead) {
            Some(known) if known.stamp == stamp => Ok(Some(known)),
            _ => {
                let known = hash(&self.root.join(path))?;
                self.hashed += 1;
                self.remember(path, known, known.stamp.is_racy_for_copies(now));
                Ok(Some(known))
            }
        }
    }

    /// Looks at many files at once, hashing those that need it on `threads` threads. Errors are
    /// left for `look`, which meets them again.
    pub(crate) fn look_ahead(&mut self, paths: &[&str], threads: usize) {
        self.ahead.clear();
        let now = nanoseconds_since_epoch(SystemTime::now());
        let due: Vec<&str> = paths
            .iter()
            .copied()
            .filter(|path| match stamp(&self.root.join(path)) {
                Ok(Some(stamp)) => self.known.get(*path).is_none_or(|known| known.stamp != stamp),
                Ok(None) | Err(_) => false,
            })
            .collect();
        if due.len() < 2 || threads < 2 {
            return;
        }
        let next = std::sync::atomic::AtomicUsize::new(0);
        let root = &self.root;
        let found: Vec<(usize, Known)> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.min(due.len()))
                .map(|_| {
                    scope.spawn(|| {
                        let mut found = Vec::new();
                        loop {
                            let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            let Some(path) = due.get(i) else { return found };
                            if let Ok(known) = hash(&root.join(path)) {
                                found.push((i, known));
                            }
                        }
                    })
                })
                .collect();
            workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
        });
        for (i, known) in found {
            self.hashed += 1;
            self.remember(due[i], known, known.stamp.is_racy_for_copies(now));
            self.ahead.insert(due[i].to_owned(), known);
        }
    }

    /// Takes over what is known of a file that the engine itself has just put in place.
    pub(crate) fn insert(&mut self, path: &str, known: Known) {
        self.remember(path, known, known.stamp.is_racy(nanoseconds_since_epoch(SystemTime::now())));
    }

    fn remember(&mut self, path: &str, known: Known, is_racy: bool) {
        if is_racy {
            self.changed |= self.known.remove(path).is_some();
        } else if self.known.insert(path.to_owned(), known) != Some(known) {
            self.changed = true;
        }
    }
}

/// The stamp of a regular file, `None` where there is nothing.
pub(crate) fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(Stamp::of(&metadata))),
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Err(io::Error::other("neither a file nor a folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the file. A stamp that differs before and after means that somebody is writing to it.
fn hash(path: &Path) -> io::Result<Known> {
    let mut file = File::open(path)?;
    let before = Stamp::of(&file.metadata()?);
    let (digest, _) = Digest::of_reader(&mut file)?;
    let stamp = Stamp::of(&file.metadata()?);
    if stamp != before {
        return Err(io::Error::other("it changed while it was read; run again when it is written"));
    }
    Ok(Known { stamp, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG_AGO: SystemTime = UNIX_EPOCH;

    fn write(path: &Path, text: &str, modified: SystemTime) {
        fs::write(path, text).unwrap();
        File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
    }

    /// Lets a tick pass, so that the change time, which cannot be set, is an old one too.
    fn settle() {
        std::thread::sleep(std::time::Duration::from_nanos(2 * TICK as u64));
    }

    #[test]
    fn an_old_file_is_hashed_once() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("a"), "1", LONG_AGO);
        settle();
        let mut files = Files::new(dir.path(), HashMap::new());
        let first = files.look("a").unwrap().unwrap();
        assert_eq!(first.digest, Digest::of(b"1"));
        assert_eq!(files.look("a").unwrap(), Some(first));
        assert_eq!(files.hashed(), 1);
    }

    #[test]
    fn a_file_touched_just_now_is_hashed_again() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "1").unwrap();
        let mut files = Files::new(dir.path(), HashMap::new());
        files.look("a").unwrap();
        assert!(files.known().is_empty(), "racily clean: not to be remembered");
        // The second write within the tick that a stamp alone would miss.
        fs::write(dir.path().join("a"), "2").unwrap();
        assert_eq!(files.look("a").unwrap().unwrap().digest, Digest::of(b"2"));
    }

    #[test]
    fn whole_seconds_are_taken_for_a_coarse_clock() {
        let now = 1_000_000_000_000;
        let stamp = |modified| Stamp { bytes: 0, modified, changed: 0, inode: 0 };
        assert!(stamp(now - 1_000_000_000).is_racy(now));
        assert!(!stamp(now - 1_000_000_001).is_racy(now));
        assert!(!stamp(now - 3_000_000_000).is_racy(now));
        assert!(stamp(now + 5_000_000_000).is_racy(now), "a clock set back trusts nothing from the future");
    }

    #[test]
    fn many_files_are_hashed_on_many_threads_as_on_one() {
        let dir = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..50).map(|i| format!("f{i}")).collect();
        names.iter().for_each(|n| write(&dir.path().join(n), n, LONG_AGO));
        settle();
        let mut files = Files::new(dir.path(), HashMap::new());
        files.look_ahead(&names.iter().map(String::as_str).collect::<Vec<_>>(), 4);
        assert_eq!(files.hashed(), 50);
        for name in &names {
            assert_eq!(files.look(name).unwrap().unwrap().digest, Digest::of(name.as_bytes()));
        }
        assert_eq!(files.hashed(), 50);
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        let error = Files::new(dir.path(), HashMap::new()).look("a").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }
}
