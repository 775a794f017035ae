//! What the engine remembers between runs, in the folder `.joulebook` or whatever it is told.
//!
//! ```text
//! VERSION   the format of everything in the folder
//! lock      held while a process builds; says which
//! state     the last key of each stage, and the digests of files
//! tmp/      files on their way; emptied at the start of a run
//! store/    contents and manifests, unless the store is elsewhere
//! ```
//!
//! The state only saves work: it can be lost at any time, and the next run is right without it.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

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

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) stages: HashMap<String, Last>,
    pub(crate) files: HashMap<String, Known>,
}

impl State {
    /// A state that is missing, of another format or damaged gives an empty one.
    pub(crate) fn read(folder: &Path) -> Self {
        let Ok(bytes) = fs::read(folder.join("state")) else { return Self::default() };
        Self::decode(&bytes).unwrap_or_default()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (sum, body) = bytes.split_at_checked(32)?;
        let sum: Digest = postcard::from_bytes(sum).ok()?;
        if sum != Digest::of(body) {
            return None;
        }
        postcard::from_bytes(body).ok()
    }

    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let body = postcard::to_allocvec(self).map_err(io::Error::other)?;
        let mut bytes = postcard::to_allocvec(&Digest::of(&body)).map_err(io::Error::other)?;
        bytes.extend(body);
        let scratch = folder.join("tmp").join(format!("state-{}", std::process::id()));
        fs::write(&scratch, bytes)?;
        move_file(&scratch, &folder.join("state"))
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
        let version = path.join("VERSION");
        match fs::read_to_string(&version) {
            Ok(found) if found == VERSION => {}
            Ok(found) => return Err(Error::Version { folder: path, found: found.trim().to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // The tag keeps backup programs away: everything here can be made again.
                let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by builds; it can be removed whenever none is at work.\n";
                fs::write(path.join("CACHEDIR.TAG"), tag).map_err(failed)?;
                let scratch = tmp.join("VERSION");
                fs::write(&scratch, VERSION).and_then(|()| move_file(&scratch, &version)).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        for entry in fs::read_dir(&tmp).map_err(failed)?.flatten() {
            let _ =
                if entry.path().is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        }
        Ok(Self { path, _lock: lock })
    }
}

fn take_lock(folder: &Path) -> Result<File, Error> {
    let failed = |error| Error::Folder { folder: folder.to_owned(), error };
    let mut options = OpenOptions::new();
    let mut lock =
        options.read(true).write(true).create(true).truncate(false).open(folder.join("lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = lock.read_to_string(&mut holder);
            return Err(Error::Locked { holder: holder.trim().to_owned() });
        }
        Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
    }
    let command: Vec<_> = std::env::args().take(8).collect();
    let holder = format!("process {} ({})\n", std::process::id(), command.join(" "));
    let write = |lock: &mut File| {
        lock.set_len(0)?;
        lock.rewind()?;
        lock.write_all(holder.as_bytes())
    };
    write(&mut lock).map_err(failed)?;
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_and_a_damaged_one_counts_as_empty() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("tmp")).unwrap();
        let mut state = State::default();
        let digest = Digest::of(b"x");
        state.stages.insert("a".into(), Last { key: digest, outputs: vec![digest], milliseconds: 3 });
        state.write(dir.path()).unwrap();
        assert_eq!(State::read(dir.path()), state);
        let whole = fs::read(dir.path().join("state")).unwrap();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            assert_eq!(State::decode(&flipped), None);
            assert_eq!(State::decode(&whole[..at]), None);
        }
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
