//! Where files wait that are on their way into a store, on the store's own file system, or into a
//! workspace whose lock this process does not hold.
//!
//! Each process has a folder of its own there, with a file that it holds locked. A process that died
//! holds no lock: its folder is removed by the next one that needs one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The name of the file that is held locked.
const LOCK: &str = "lock";

/// This process' scratch folder, which is made when it is first needed.
pub(crate) struct Scratch {
    /// The folder of the folders of all processes.
    all: PathBuf,
    own: Mutex<Option<Own>>,
    next: AtomicU64,
}

struct Own {
    folder: PathBuf,
    _lock: File,
}

impl Scratch {
    pub(crate) fn new(all: PathBuf) -> Self {
        Self { all, own: Mutex::default(), next: AtomicU64::default() }
    }

    /// The path of a file that is not there yet.
    pub(crate) fn file(&self) -> io::Result<PathBuf> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Ok(self.folder()?.join(number.to_string()))
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> io::Result<PathBuf> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let own = match &mut *own {
            Some(own) => own,
            none => none.insert(Own::new(&self.all)?),
        };
        Ok(own.folder.clone())
    }
}

impl Own {
    fn new(all: &Path) -> io::Result<Self> {
        fs::create_dir_all(all)?;
        remove_dead(all);
        // Locked under a name that nobody looks at, then shown.
        let hidden = tempfile::Builder::new().prefix(".new-").tempdir_in(all)?;
        let lock = File::create_new(hidden.path().join(LOCK))?;
        lock.lock()?;
        let name = hidden.path().file_name().unwrap_or_default().to_string_lossy();
        let folder = all.join(format!("{}{}", std::process::id(), name.trim_start_matches(".new")));
        fs::rename(hidden.path(), &folder)?;
        Ok(Self { folder, _lock: lock })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes the folders of processes that are no more.
pub(crate) fn remove_dead(all: &Path) {
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        // Those that are being made have no lock yet; [`remove_all`] removes what is left of them.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let folder = entry.path();
        let dead = match File::open(folder.join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // Its end was begun by somebody.
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if dead {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Removes everything, for who holds the store alone. Returns how many bytes that were.
pub(crate) fn remove_all(all: &Path, dry_run: bool) -> u64 {
    let files = walkdir::WalkDir::new(all).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let bytes = files.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum();
    if !dry_run {
        for entry in fs::read_dir(all).into_iter().flatten().flatten() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_dead_process_is_removed_and_that_of_a_living_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (Scratch::new(dir.path().to_owned()), Scratch::new(dir.path().to_owned()));
        let file = one.file().unwrap();
        fs::write(&file, "on its way").unwrap();
        // As a killed process leaves it: the folder is there, and nobody holds the lock.
        let dead = dir.path().join("1-abc");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(dead.join("0"), "half").unwrap();
        other.file().unwrap();
        assert!(file.exists() && !dead.exists());
        drop((one, other));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
