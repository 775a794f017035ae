//! Digests of workspace files, remembered as git's index remembers them.
//!
//! A file whose size, modification time, change time and inode are those of the last look is not
//! hashed again. One trap lies in that: a file changed twice within one tick of the file system's
//! clock looks the same after the second change. So a digest is remembered only if the file had
//! been left alone for longer than a tick when it was hashed; until then it is hashed each time
//! ("racily clean" in git's words).

use std::fs::{self, File, Metadata};
#[cfg(unix)]
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{cmp, io, thread};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::stage::Name;

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
    #[serde(with = "postcard::fixint::le")]
    modified: i64,
    #[serde(with = "postcard::fixint::le")]
    changed: i64,
    inode: u64,
}

impl Stamp {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            bytes: metadata.size(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// As [`Stamp::of`], from the system call itself.
    #[cfg(unix)]
    fn of_stat(stat: &rustix::fs::Stat) -> Self {
        let rest = |nanoseconds| i64::try_from(nanoseconds).unwrap_or(0);
        Self {
            bytes: u64::try_from(stat.st_size).unwrap_or(0),
            modified: nanoseconds(stat.st_mtime, rest(stat.st_mtime_nsec)),
            changed: nanoseconds(stat.st_ctime, rest(stat.st_ctime_nsec)),
            inode: stat.st_ino,
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

#[cfg(unix)]
fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
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

/// Digests of the files of a graph, by their numbers.
pub(crate) struct Files<'a> {
    root: Root,
    paths: &'a [Name],
    /// Remembered digests.
    known: Vec<Option<Known>>,
    /// What `look_ahead` saw; empty when that does not count any more.
    ahead: Vec<Ahead>,
    /// What `look_ahead` hashed and may not remember.
    racy: FxHashMap<usize, Known>,
    changed: bool,
    hashed: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Ahead {
    Unknown,
    Absent,
    AsKnown,
    Racy,
}

/// What a first look shows.
enum Seen {
    Absent,
    AsKnown,
    Other { bytes: u64 },
    Error,
}

impl<'a> Files<'a> {
    /// `known` holds an entry for each path.
    pub(crate) fn new(root: &Path, paths: &'a [Name], known: Vec<Option<Known>>) -> Self {
        let (ahead, racy) = (Vec::new(), FxHashMap::default());
        Self { root: Root::open(root), paths, known, ahead, racy, changed: false, hashed: 0 }
    }

    /// Everything remembered, for the next run.
    pub(crate) fn known(&self) -> &[Option<Known>] {
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

    /// The digest of a file, with its stamp; `None` where there is no file.
    pub(crate) fn look(&mut self, file: usize) -> io::Result<Option<Known>> {
        match self.ahead.get(file) {
            Some(Ahead::Absent) => return Ok(None),
            Some(Ahead::AsKnown) => return Ok(self.known[file]),
            Some(Ahead::Racy) => return Ok(self.racy.get(&file).copied()),
            Some(Ahead::Unknown) | None => {}
        }
        let now = nanoseconds_since_epoch(SystemTime::now());
        let Some(stamp) = self.root.stamp(&self.paths[file])? else {
            self.forget(file);
            return Ok(None);
        };
        match self.known[file] {
            Some(known) if known.stamp == stamp => Ok(Some(known)),
            _ => {
                let known = hash(&self.root.path.join(&*self.paths[file]))?;
                self.hashed += 1;
                self.remember(file, known, known.stamp.is_racy_for_copies(now));
                Ok(Some(known))
            }
        }
    }

    /// Looks at many files at once, on up to `threads` threads, and hashes those that need it.
    /// What is seen holds for all looks until [`Files::look_afresh`]. Errors are left for `look`,
    /// which meets them again.
    pub(crate) fn look_ahead(&mut self, files: &[usize], threads: usize) {
        let now = nanoseconds_since_epoch(SystemTime::now());
        let seen = self.see(files, threads);
        let mut ahead = vec![Ahead::Unknown; self.paths.len()];
        let mut due = Vec::new();
        for (&file, seen) in files.iter().zip(seen) {
            match seen {
                Seen::AsKnown => ahead[file] = Ahead::AsKnown,
                Seen::Other { bytes } => due.push((bytes, file)),
                Seen::Absent => {
                    ahead[file] = Ahead::Absent;
                    self.forget(file);
                }
                Seen::Error => {}
            }
        }
        for (file, known) in self.hash_all(due, threads) {
            self.hashed += 1;
            let racy = known.stamp.is_racy_for_copies(now);
            self.remember(file, known, racy);
            if racy {
                self.racy.insert(file, known);
            }
            ahead[file] = if racy { Ahead::Racy } else { Ahead::AsKnown };
        }
        self.ahead = ahead;
    }

    /// From now on each look is a new one: files are being written.
    pub(crate) fn look_afresh(&mut self) {
        self.ahead.clear();
        self.racy.clear();
    }

    fn see(&self, files: &[usize], threads: usize) -> Vec<Seen> {
        let see = |&file: &usize| match self.root.stamp(&self.paths[file]) {
            Ok(Some(stamp)) if self.known[file].is_some_and(|known| known.stamp == stamp) => Seen::AsKnown,
            Ok(Some(stamp)) => Seen::Other { bytes: stamp.bytes },
            Ok(None) => Seen::Absent,
            Err(_) => Seen::Error,
        };
        let see = |files: &[usize]| files.iter().map(see).collect::<Vec<_>>();
        // A thread is worth its start for some hundred looks. This one takes the first share.
        let share = files.len().div_ceil(threads.max(1)).max(600).min(files.len());
        let (own, others) = files.split_at(share);
        thread::scope(|scope| {
            let threads: Vec<_> = match share {
                0 => Vec::new(),
                _ => others.chunks(share).map(|files| (scope.spawn(move || see(files)), files)).collect(),
            };
            let mut seen = see(own);
            for (thread, files) in threads {
                seen.extend(thread.join().unwrap_or_else(|_| see(files)));
            }
            seen
        })
    }

    /// Hashes files, given with their sizes, the largest first: the last one to be begun is then a
    /// small one, and the threads end at about the same time.
    fn hash_all(&self, mut files: Vec<(u64, usize)>, threads: usize) -> Vec<(usize, Known)> {
        files.sort_unstable_by_key(|&(bytes, file)| (cmp::Reverse(bytes), file));
        let next = AtomicUsize::new(0);
        let work = || {
            let mut found = Vec::new();
            while let Some(&(_, file)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Ok(known) = hash(&self.root.path.join(&*self.paths[file])) {
                    found.push((file, known));
                }
            }
            found
        };
        // This thread is one of them, so that few small files need no other.
        let bytes: u64 = files.iter().map(|(bytes, _)| bytes + PER_FILE).sum();
        let worth = usize::try_from(bytes / PER_THREAD).unwrap_or(usize::MAX);
        let helpers = threads.min(files.len()).saturating_sub(1).min(worth);
        thread::scope(|scope| {
            let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(work)).collect();
            let mut found = work();
            found.extend(helpers.into_iter().filter_map(|helper| helper.join().ok()).flatten());
            found
        })
    }

    /// Takes over what is known of a file that the engine itself has just put in place.
    pub(crate) fn insert(&mut self, file: usize, known: Known) {
        self.remember(file, known, known.stamp.is_racy(nanoseconds_since_epoch(SystemTime::now())));
    }

    fn remember(&mut self, file: usize, known: Known, is_racy: bool) {
        if is_racy {
            self.forget(file);
        } else if self.known[file].replace(known) != Some(known) {
            self.changed = true;
        }
    }

    fn forget(&mut self, file: usize) {
        self.changed |= self.known[file].take().is_some();
    }
}

/// What it takes to open a file, in bytes hashed meanwhile; and what a thread is worth starting for.
const PER_FILE: u64 = 16 << 10;
const PER_THREAD: u64 = 256 << 10;

/// The workspace. An open handle saves the kernel the way to it, at each look.
struct Root {
    path: PathBuf,
    #[cfg(unix)]
    handle: Option<OwnedFd>,
}

impl Root {
    fn open(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            #[cfg(unix)]
            handle: {
                use rustix::fs::{Mode, OFlags};
                let here = if path.as_os_str().is_empty() { Path::new(".") } else { path };
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                rustix::fs::open(here, flags, Mode::empty()).ok()
            },
        }
    }

    /// The stamp of a regular file, `None` where there is nothing.
    fn stamp(&self, path: &str) -> io::Result<Option<Stamp>> {
        #[cfg(unix)]
        if let Some(handle) = &self.handle {
            use rustix::fs::{AtFlags, FileType, statat};
            return match statat(handle, path, AtFlags::empty()) {
                Ok(stat) => {
                    let kind = FileType::from_raw_mode(stat.st_mode);
                    regular(kind.is_file(), kind.is_dir()).map(|()| Some(Stamp::of_stat(&stat)))
                }
                Err(rustix::io::Errno::NOENT) => Ok(None),
                Err(error) => Err(error.into()),
            };
        }
        match fs::metadata(self.path.join(path)) {
            Ok(metadata) => regular(metadata.is_file(), metadata.is_dir()).map(|()| Some(Stamp::of(&metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn regular(is_file: bool, is_folder: bool) -> io::Result<()> {
    match (is_file, is_folder) {
        (true, _) => Ok(()),
        (_, true) => Err(io::ErrorKind::IsADirectory.into()),
        _ => Err(io::Error::other("neither a file nor a folder")),
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

    fn files<'a>(root: &Path, paths: &'a [Name]) -> Files<'a> {
        Files::new(root, paths, vec![None; paths.len()])
    }

    #[test]
    fn an_old_file_is_hashed_once() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("a"), "1", LONG_AGO);
        settle();
        let paths = ["a".into()];
        let mut files = files(dir.path(), &paths);
        let first = files.look(0).unwrap().unwrap();
        assert_eq!(first.digest, Digest::of(b"1"));
        assert_eq!(files.look(0).unwrap(), Some(first));
        assert_eq!(files.hashed(), 1);
    }

    #[test]
    fn a_file_touched_just_now_is_hashed_again() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "1").unwrap();
        let paths = ["a".into()];
        let mut files = files(dir.path(), &paths);
        files.look_ahead(&[0], 1);
        assert_eq!(files.look(0).unwrap().unwrap().digest, Digest::of(b"1"));
        assert_eq!(files.known(), [None], "racily clean: not to be remembered");
        // The second write within the tick that a stamp alone would miss.
        fs::write(dir.path().join("a"), "2").unwrap();
        files.look_afresh();
        assert_eq!(files.look(0).unwrap().unwrap().digest, Digest::of(b"2"));
    }

    /// The handle's system call and the standard library's must tell the same.
    #[test]
    fn a_stamp_is_the_same_however_it_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "content").unwrap();
        let stamp = Root::open(dir.path()).stamp("a").unwrap().unwrap();
        assert_eq!(stamp, Stamp::of(&fs::metadata(dir.path().join("a")).unwrap()));
        assert_eq!(Root::open(dir.path()).stamp("b").unwrap(), None);
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
        let names: Vec<Name> = (0..50).map(|i| format!("f{i}").into()).collect();
        names.iter().for_each(|n| write(&dir.path().join(&**n), n, LONG_AGO));
        settle();
        let mut files = files(dir.path(), &names);
        files.look_ahead(&(0..50).collect::<Vec<_>>(), 4);
        assert_eq!(files.hashed(), 50);
        for (i, name) in names.iter().enumerate() {
            assert_eq!(files.look(i).unwrap().unwrap().digest, Digest::of(name.as_bytes()));
        }
        assert_eq!(files.hashed(), 50);
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        let error = files(dir.path(), &["a".into()]).look(0).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }
}
