//! Folders and files that commands have done with and that the next ones use again.
//!
//! A mirror of the workspace is a dozen folders and files that live for an instant. Some file
//! systems are slow at that: ext4 gives out the number of a removed file again only after minutes,
//! and looks through all such numbers for each new file. So what was made for a mirror is moved
//! aside, and moved into the next mirror.
//!
//! Only the copies of inputs and the folders around them come here, after the command's processes
//! were ended; what the command itself made or replaced is removed.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many folders, and how many files, are kept; and how large a file may be to be kept.
const KEPT: usize = 200;
const KEPT_BYTES: u64 = 64 << 10;

/// The folder in which unused folders and files are kept.
pub(crate) struct Pool {
    folder: PathBuf,
    /// Read when it is first needed.
    free: Mutex<Option<Free>>,
}

#[derive(Default)]
struct Free {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    next: u64,
}

/// A file that came out of the pool, or was made for it.
pub(crate) struct Lent {
    path: PathBuf,
    inode: u64,
    /// How long it was.
    pub(crate) bytes: u64,
}

impl Pool {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, free: Mutex::default() }
    }

    /// Puts an empty folder at `target`.
    pub(crate) fn folder(&self, target: &Path) -> io::Result<()> {
        let free = self.free().as_mut().and_then(|free| free.folders.pop());
        if let Some(free) = free
            && fs::rename(&free, target).is_ok()
        {
            // A process that was ended in the midst of it may have put something in.
            if fs::read_dir(target)?.next().is_none() {
                return Ok(());
            }
            fs::remove_dir_all(target)?;
        }
        fs::create_dir(target)
    }

    /// Puts a file at `target`, open for writing. Its content is to be written over.
    pub(crate) fn file(&self, target: &Path, executable: bool) -> io::Result<(File, Lent)> {
        let free = self.free().as_mut().and_then(|free| free.files.pop());
        // Not emptied: ext4 would take that for a file saved anew, and bring it to the disk at once.
        let file = match free {
            Some(free) if fs::rename(&free, target).is_ok() => OpenOptions::new().write(true).open(target)?,
            _ => OpenOptions::new().write(true).create_new(true).open(target)?,
        };
        let metadata = file.metadata()?;
        if (metadata.mode() & 0o111 != 0) != executable {
            file.set_permissions(Permissions::from_mode(if executable { 0o755 } else { 0o644 }))?;
        }
        Ok((file, Lent { path: target.to_owned(), inode: metadata.ino(), bytes: metadata.len() }))
    }

    /// Takes back a folder with all below it, in which `lent` files lie. What cannot be kept is
    /// left for the removal of the folder around it.
    pub(crate) fn give_back(&self, folder: &Path, lent: &[Lent]) {
        for Lent { path, inode, .. } in lent {
            let own = fs::symlink_metadata(path).is_ok_and(|found| {
                let small = found.len() <= KEPT_BYTES && found.mode() & 0o200 != 0;
                small && found.is_file() && found.ino() == *inode && found.nlink() == 1
            });
            if own {
                self.keep(path, |free| (&mut free.files, 'f'));
            }
        }
        self.give_back_folder(folder);
    }

    fn give_back_folder(&self, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let removed = match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    self.give_back_folder(&entry.path());
                    continue;
                }
                _ => fs::remove_file(entry.path()),
            };
            if removed.is_err() {
                return;
            }
        }
        self.keep(folder, |free| (&mut free.folders, 'd'));
    }

    /// Moves a folder or file into the pool, unless that is full.
    fn keep(&self, path: &Path, kind: impl FnOnce(&mut Free) -> (&mut Vec<PathBuf>, char)) {
        let mut free = self.free();
        let Some(free) = free.as_mut() else { return };
        free.next += 1;
        let number = free.next;
        let (list, letter) = kind(free);
        let place = self.folder.join(format!("{letter}{number}"));
        if list.len() < KEPT && fs::rename(path, &place).is_ok() {
            list.push(place);
        }
    }

    fn free(&self) -> MutexGuard<'_, Option<Free>> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.get_or_insert_with(|| self.read().unwrap_or_default());
        free
    }

    fn read(&self) -> io::Result<Free> {
        fs::create_dir_all(&self.folder)?;
        let mut free = Free::default();
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.get(1..)?.parse().ok()).unwrap_or(0);
            free.next = free.next.max(number);
            let list = if entry.file_type()?.is_dir() { &mut free.folders } else { &mut free.files };
            list.push(entry.path());
        }
        Ok(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mirror with a copy, a link and something that the command left.
    fn mirror(pool: &Pool, root: &Path) -> Vec<u64> {
        let folder = root.join("mirror");
        pool.folder(&folder).unwrap();
        pool.folder(&folder.join("raw")).unwrap();
        let (_, lent) = pool.file(&folder.join("raw/input"), false).unwrap();
        fs::write(folder.join("left"), "by the command").unwrap();
        let inodes = ["", "raw", "raw/input"].map(|path| fs::metadata(folder.join(path)).unwrap().ino());
        pool.give_back(&folder, &[lent]);
        assert!(!folder.exists());
        let mut inodes = inodes.to_vec();
        inodes.sort_unstable();
        inodes
    }

    #[test]
    fn folders_and_files_are_used_again_also_by_the_next_process() {
        let dir = tempfile::tempdir().unwrap();
        let pool = Pool::new(dir.path().join("pool"));
        let first = mirror(&pool, dir.path());
        assert_eq!(mirror(&pool, dir.path()), first);
        assert_eq!(mirror(&Pool::new(dir.path().join("pool")), dir.path()), first);
    }

    #[test]
    fn a_file_that_was_replaced_or_has_another_name_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let pool = Pool::new(dir.path().join("pool"));
        let folder = dir.path().join("mirror");
        pool.folder(&folder).unwrap();
        let (_, replaced) = pool.file(&folder.join("a"), false).unwrap();
        let (_, linked) = pool.file(&folder.join("b"), false).unwrap();
        fs::write(folder.join("new"), "").unwrap();
        fs::rename(folder.join("new"), folder.join("a")).unwrap();
        fs::hard_link(folder.join("b"), dir.path().join("kept")).unwrap();
        pool.give_back(&folder, &[replaced, linked]);
        let kept: Vec<_> = fs::read_dir(dir.path().join("pool")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(kept.iter().all(|name| name.to_str().unwrap().starts_with('d')), "{kept:?}");
    }

    #[test]
    fn a_folder_that_is_not_empty_is_not_used_again() {
        let dir = tempfile::tempdir().unwrap();
        let pool = Pool::new(dir.path().join("pool"));
        pool.folder(&dir.path().join("a")).unwrap();
        pool.give_back(&dir.path().join("a"), &[]);
        let kept = fs::read_dir(dir.path().join("pool")).unwrap().next().unwrap().unwrap().path();
        fs::write(kept.join("late"), "").unwrap();
        pool.folder(&dir.path().join("b")).unwrap();
        assert_eq!(fs::read_dir(dir.path().join("b")).unwrap().count(), 0);
    }
}
