//! What the engine remembers between runs, in the folder `.joulebook` or whatever it is told.
//!
//! ```text
//! VERSION   the format of everything in the folder
//! lock      held while a process builds; says which
//! log       the last builds, for people; see [`crate::log`]
//! state     the last key of each stage, and the digests of files
//! tmp/      files on their way; emptied at the start of a run
//! pool/     folders and files that the mirrors of commands are made of, between their uses
//! store/    contents and manifests, unless the store is elsewhere
//! ```
//!
//! The state only saves work: it can be lost at any time, and the next run is right without it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{iter, mem, thread};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::digest::Digest;
use crate::error::Error;
use crate::files::Known;
use crate::store::move_file;

const VERSION: &str = "dag folder 1\n";

/// The last time a stage was right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Last {
    pub(crate) key: Digest,
    /// Digests of the outputs, in declared order.
    pub(crate) outputs: Vec<Digest>,
    pub(crate) milliseconds: u64,
}

/// What is remembered, in the order of the graph that wrote it.
#[derive(Debug, Default)]
pub(crate) struct State<'a> {
    pub(crate) stages: Entries<'a, Last>,
    pub(crate) files: Entries<'a, Known>,
}

/// The state's file: what tells its format, a digest of the rest, and the rest.
const MAGIC: &[u8; 12] = b"dag state 2\n";
const HEADER: usize = MAGIC.len() + 32;

impl<'a> State<'a> {
    /// The bytes of the state's file; none where there is none.
    pub(crate) fn read(folder: &Path) -> Vec<u8> {
        fs::read(folder.join("state")).unwrap_or_default()
    }

    /// A state that is missing, of another format or damaged gives an empty one.
    pub(crate) fn decode(bytes: &'a [u8]) -> Self {
        Self::checked(bytes).unwrap_or_default()
    }

    fn checked(bytes: &'a [u8]) -> Option<Self> {
        let (header, body) = bytes.split_at_checked(HEADER)?;
        let (magic, sum) = header.split_at_checked(MAGIC.len())?;
        if magic != MAGIC || sum != Digest::of(body).to_bytes() {
            return None;
        }
        let (stages, files): (&[u8], &[u8]) = postcard::from_bytes(body).ok()?;
        Some(Self { stages: Entries::new(stages), files: Entries::new(files) })
    }

    pub(crate) fn encode<'b>(
        stages: impl Iterator<Item = (&'b str, &'b Last)>,
        files: impl Iterator<Item = (&'b str, Known)>,
    ) -> Vec<u8> {
        fn list<T: Serialize>(entries: impl Iterator<Item = T>) -> Vec<u8> {
            // A list that grows does not run out of room, and nothing else can fail.
            entries.fold(Vec::new(), |bytes, entry| postcard::to_extend(&entry, bytes).unwrap_or_default())
        }
        let lists = (Bytes(list(stages)), Bytes(list(files)));
        let body = postcard::to_allocvec(&lists).unwrap_or_default();
        [&MAGIC[..], &Digest::of(&body).to_bytes(), &body].concat()
    }

    /// Replaces the state's file.
    pub(crate) fn write(bytes: &[u8], folder: &Path) -> io::Result<()> {
        let scratch = folder.join("tmp").join(format!("state-{}", std::process::id()));
        fs::write(&scratch, bytes)?;
        move_file(&scratch, &folder.join("state"))
    }
}

/// Written as a piece of memory, not as a list of numbers.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// Entries of a state, read one after the other: a graph that asks for them in the order in which
/// they were written is answered without a search, and without a list of them in memory.
#[derive(Debug)]
pub(crate) struct Entries<'a, T> {
    next: Option<(&'a str, T)>,
    rest: &'a [u8],
    /// Read and not asked for yet.
    passed: FxHashMap<&'a str, T>,
}

impl<T> Default for Entries<'_, T> {
    fn default() -> Self {
        Self { next: None, rest: &[], passed: FxHashMap::default() }
    }
}

impl<'a, T: Deserialize<'a>> Entries<'a, T> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut entries = Self { rest: bytes, ..Self::default() };
        entries.step();
        entries
    }

    /// Reads an entry; returns the one before.
    fn step(&mut self) -> Option<(&'a str, T)> {
        let (next, rest) =
            postcard::take_from_bytes(self.rest).map_or((None, &[][..]), |(entry, rest)| (Some(entry), rest));
        self.rest = rest;
        mem::replace(&mut self.next, next)
    }

    /// Takes the entry of a name.
    pub(crate) fn take(&mut self, name: &str) -> Option<T> {
        if self.next.as_ref().is_some_and(|(next, _)| *next == name) {
            return self.step().map(|(_, entry)| entry);
        }
        if let Some(entry) = self.passed.remove(name) {
            return Some(entry);
        }
        while let Some((passed, entry)) = self.step() {
            if passed == name {
                return Some(entry);
            }
            self.passed.insert(passed, entry);
        }
        None
    }

    /// What nobody asked for: of stages and files of other graphs.
    pub(crate) fn others(mut self) -> Vec<(&'a str, T)> {
        let mut others: Vec<_> = mem::take(&mut self.passed).into_iter().collect();
        // The order of a map is no order: the file is the same for the same content.
        others.sort_unstable_by_key(|(name, _)| *name);
        others.extend(iter::from_fn(|| self.step()));
        others
    }
}

/// The engine's folder, locked for this process until it is dropped.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// The kernel lets go of the lock when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is not there, checks its format, takes the lock, and clears away
    /// what a killed run left behind.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        let failed = |error| Error::Folder { folder: path.clone(), error };
        let tmp = path.join("tmp");
        fs::create_dir_all(&tmp).map_err(failed)?;
        let lock = take_lock(&path)?;
        check_version(&path)?;
        let version = path.join("VERSION");
        if !version.exists() {
            // The tag keeps backup programs away: everything here can be made again.
            let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by builds; it can be removed whenever none is at work.\n";
            fs::write(path.join("CACHEDIR.TAG"), tag).map_err(failed)?;
            let scratch = tmp.join("VERSION");
            fs::write(&scratch, VERSION).and_then(|()| move_file(&scratch, &version)).map_err(failed)?;
        }
        for entry in fs::read_dir(&tmp).map_err(failed)?.flatten() {
            let _ =
                if entry.path().is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        }
        Ok(Self { path, _lock: lock })
    }
}

/// How often, and after which pause, a lock that is held is asked for again: a look at who holds it
/// ([`holder`]) takes it for an instant.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(2);

/// The holder's name fills a line of this length, so that it can be written over in one go.
const LINE: usize = 160;

fn take_lock(folder: &Path) -> Result<File, Error> {
    let failed = |error| Error::Folder { folder: folder.to_owned(), error };
    let mut options = OpenOptions::new();
    let lock = options.read(true).write(true).create(true).truncate(false).open(folder.join("lock")).map_err(failed)?;
    for attempt in 1.. {
        match lock.try_lock() {
            Ok(()) => break,
            Err(fs::TryLockError::WouldBlock) if attempt < TRIES => thread::sleep(PAUSE),
            Err(fs::TryLockError::WouldBlock) => return Err(Error::Locked { holder: written_holder(&lock) }),
            Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    let command: Vec<_> = std::env::args_os().take(8).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let mut holder = format!("process {} ({})", std::process::id(), command.join(" ")).replace('\n', " ");
    while holder.len() >= LINE {
        holder.pop();
    }
    // Not cut short and written again: some file systems bring that to the disk at once.
    write_at_start(&lock, format!("{holder:LINE$}\n").as_bytes()).map_err(failed)?;
    Ok(lock)
}

fn written_holder(mut lock: &File) -> String {
    let mut holder = String::new();
    let _ = lock.read_to_string(&mut holder);
    holder.trim().to_owned()
}

#[cfg(unix)]
fn write_at_start(file: &File, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    file.write_all_at(bytes, 0)
}

#[cfg(not(unix))]
fn write_at_start(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    use std::io::{Seek, Write};
    file.rewind()?;
    file.write_all(bytes)
}

/// Who builds here right now, if anybody does. Writes nothing.
pub(crate) fn holder(folder: &Path) -> Option<String> {
    let lock = File::open(folder.join("lock")).ok()?;
    match lock.try_lock_shared() {
        Err(fs::TryLockError::WouldBlock) => Some(written_holder(&lock)),
        Ok(()) | Err(fs::TryLockError::Error(_)) => None,
    }
}

/// Checks the format of a folder, if it is there. Writes nothing.
pub(crate) fn check_version(folder: &Path) -> Result<(), Error> {
    match fs::read_to_string(folder.join("VERSION")) {
        Ok(found) if found == VERSION => Ok(()),
        Ok(found) => Err(Error::Version { folder: folder.to_owned(), found: found.trim().to_owned() }),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => Ok(()),
        Err(error) => Err(Error::Folder { folder: folder.to_owned(), error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(names: &[&str]) -> Vec<u8> {
        let digest = Digest::of(b"x");
        let last = |milliseconds| Last { key: digest, outputs: vec![digest], milliseconds };
        let lasts: Vec<Last> = (0..).take(names.len()).map(last).collect();
        State::encode(names.iter().copied().zip(&lasts), iter::empty())
    }

    fn names(bytes: &[u8]) -> Vec<(&str, u64)> {
        State::decode(bytes).stages.others().into_iter().map(|(name, last)| (name, last.milliseconds)).collect()
    }

    #[test]
    fn a_state_comes_back_and_a_damaged_one_counts_as_empty() {
        let whole = state(&["a", "b"]);
        assert_eq!(names(&whole), [("a", 0), ("b", 1)]);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            assert!(names(&flipped).is_empty());
            assert!(names(&whole[..at]).is_empty());
        }
    }

    #[test]
    fn entries_are_found_in_any_order() {
        let bytes = state(&["a", "b", "c", "d", "e"]);
        let mut entries = State::decode(&bytes).stages;
        let mut take = |name| entries.take(name).map(|last: Last| last.milliseconds);
        assert_eq!([take("a"), take("b"), take("d"), take("x"), take("c")], [Some(0), Some(1), Some(3), None, Some(2)]);
        assert_eq!(entries.others().into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["e"]);
    }

    #[test]
    fn a_folder_of_another_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        drop(Folder::open(dir.path().to_owned()).unwrap());
        fs::write(dir.path().join("VERSION"), "dag folder 99\n").unwrap();
        let error = Folder::open(dir.path().to_owned()).err().unwrap();
        assert!(error.to_string().contains("dag folder 99"), "{error}");
    }

    #[test]
    fn the_lock_names_its_holder_and_goes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let held = Folder::open(dir.path().to_owned()).unwrap();
        let error = Folder::open(dir.path().to_owned()).err().unwrap();
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        drop(held);
        Folder::open(dir.path().to_owned()).unwrap();
    }
}
