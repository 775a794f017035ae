//! Scratch folders of processes that do not hold the workspace's lock.
//!
//! ```text
//! alone/gate         held while a folder is made, or what dead processes left is removed
//! alone/<name>/held  held by the process that works in the folder, as long as it lives
//! ```
//!
//! A build may begin, and clear away what a killed one left, while other processes run single stages:
//! what is held is not touched.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const GATE: &str = "gate";
const HELD: &str = "held";

/// A folder for this process only. It goes with the value, or when the next process looks.
pub(crate) struct Scratch {
    folder: tempfile::TempDir,
    /// The kernel lets go of it when the process ends, however it ends.
    _held: File,
}

impl Scratch {
    /// Makes a folder below `folder`, and removes those of processes that are dead.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let gate = File::create(folder.join(GATE))?;
        gate.lock()?;
        remove_dead(folder);
        let own = tempfile::Builder::new().prefix("process-").tempdir_in(folder)?;
        let held = File::create(own.path().join(HELD))?;
        held.lock()?;
        Ok(Self { folder: own, _held: held })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes the folders of processes that are dead, unless another process is about to.
    pub(crate) fn clear(folder: &Path) {
        let Ok(gate) = File::open(folder.join(GATE)) else { return };
        if gate.try_lock().is_ok() {
            remove_dead(folder);
        }
    }
}

/// To be called by who holds the gate: a folder that nobody holds is then not about to be held.
fn remove_dead(folder: &Path) {
    let folders: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    for dead in folders.iter().filter(|folder| folder.is_dir() && !is_held(folder)) {
        // It may be going already. What cannot be removed is tried again the next time.
        let _ = fs::remove_dir_all(dead);
    }
}

fn is_held(folder: &Path) -> bool {
    let held = File::open(folder.join(HELD));
    held.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_held_stays_and_one_that_is_not_goes() {
        let dir = tempfile::tempdir().unwrap();
        let alone = dir.path().join("alone");
        Scratch::clear(&alone);
        assert!(!alone.exists(), "nothing is made where nothing is to be cleared");
        let held = Scratch::new(&alone).unwrap();
        let left = alone.join("process-of-the-dead");
        fs::create_dir_all(left.join("stage")).unwrap();
        fs::write(left.join(HELD), "").unwrap();
        Scratch::clear(&alone);
        assert!(held.path().is_dir() && !left.exists());
        let other = Scratch::new(&alone).unwrap();
        assert_ne!(other.path(), held.path());
        drop(held);
        drop(other);
        let rest: Vec<_> = fs::read_dir(&alone).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(rest, [GATE]);
    }
}
