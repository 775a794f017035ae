//! The file system's side: what is in place, one writer at a time, and partial files that appear at
//! their place complete or not at all.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use studies::sources::{Pin, raw_folder};

use super::error::{Content, FileError};

/// The folder of a study's raw files.
pub(super) struct RawFolder {
    /// `<root>/raw`: nothing is written outside of it.
    raw: PathBuf,
    /// `<root>/raw/<study>`.
    folder: PathBuf,
}

/// What is at the place of a pinned file.
pub(super) enum State {
    /// Nothing.
    Absent,
    /// The pinned content.
    Right,
    /// A file with this content.
    Other(Content),
}

/// One process at a time writes into a study's folder; the system ends the lock of a dead one.
pub(super) struct Lock {
    /// None where the file system knows no locks.
    _file: Option<File>,
}

impl RawFolder {
    pub(super) fn new(root: &Path, study: &str) -> RawFolder {
        RawFolder { raw: root.join("raw"), folder: raw_folder(root, study) }
    }

    /// `<root>/raw/<study>`.
    pub(super) fn path(&self) -> &Path {
        &self.folder
    }

    /// Looks at the place of a pinned file and reads it to its end.
    pub(super) fn state(&self, pin: &Pin) -> Result<State, FileError> {
        let path = pin.below(&self.folder);
        let in_the_way = |found| FileError::InTheWay { path: path.clone(), found, expected: "a file" };
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => Err(in_the_way("a folder")),
            Ok(found) if !found.is_file() => Err(in_the_way("neither file nor folder")),
            Ok(_) => {
                let found = content(&path)?;
                if found == Content::pinned(pin) { Ok(State::Right) } else { Ok(State::Other(found)) }
            }
            Err(error) if is_absent(&error) => match fs::symlink_metadata(&path) {
                Ok(_) => Err(in_the_way("a symbolic link that leads nowhere")),
                Err(_) => Ok(State::Absent),
            },
            Err(error) => Err(FileError::local("look at", &path)(error)),
        }
    }

    /// Takes the lock of this study; calls `waiting` once if another process holds it.
    pub(super) fn lock(&self, waiting: impl FnOnce()) -> Result<Lock, FileError> {
        self.ensure_inside(&self.folder)?;
        let path = self.folder.join(".fetch.lock");
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            let (found, expected) = ("no regular file", "the lock file of fetch");
            return Err(FileError::InTheWay { path, found, expected });
        }
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(FileError::local("create", &path))?;
        let locked = match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock()
            }
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Ok(()),
        };
        match locked {
            Ok(()) => Ok(Lock { _file: Some(file) }),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(Lock { _file: None }),
            Err(error) => Err(FileError::local("lock", &path)(error)),
        }
    }

    /// Makes the folders above the place of a pinned file and names its partial file. Only who holds
    /// the lock may write it.
    pub(super) fn partial(&self, pin: &Pin, _lock: &Lock) -> Result<Partial, FileError> {
        let place = pin.below(&self.folder);
        let mut folder = self.folder.clone();
        let mut name = "";
        for part in pin.path.split('/') {
            if !name.is_empty() {
                folder.push(name);
                match fs::create_dir(&folder) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(FileError::local("create folder", &folder)(error)),
                }
                self.ensure_inside(&folder)?;
            }
            name = part;
        }
        let partial = folder.join(format!(".{name}.partial"));
        Ok(Partial { folder, partial, place, expected: Content::pinned(pin) })
    }

    /// That `folder` is a folder, and inside of `raw/` after all symbolic links.
    fn ensure_inside(&self, folder: &Path) -> Result<(), FileError> {
        let resolve = |path: &Path| fs::canonicalize(path).map_err(FileError::local("resolve", path));
        let (raw, target) = (resolve(&self.raw)?, resolve(folder)?);
        if !target.starts_with(&raw) {
            return Err(FileError::LeavesRaw { link: folder.to_owned(), target, raw });
        }
        if !target.is_dir() {
            let (path, found, expected) = (folder.to_owned(), "no folder", "a folder");
            return Err(FileError::InTheWay { path, found, expected });
        }
        Ok(())
    }
}

/// The hidden file `.<name>.partial` in which a file grows beside its place.
pub(super) struct Partial {
    folder: PathBuf,
    partial: PathBuf,
    place: PathBuf,
    expected: Content,
}

impl Partial {
    /// Path of the partial file, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.partial
    }

    /// How much an earlier attempt left, if any. Anything but a regular file is not ours to follow:
    /// a symbolic link is removed.
    pub(super) fn length(&self) -> Result<Option<u64>, FileError> {
        match fs::symlink_metadata(&self.partial) {
            Ok(found) if found.is_file() => Ok(Some(found.len())),
            Ok(found) if found.is_dir() => Err(FileError::InTheWay {
                path: self.partial.clone(),
                found: "a folder",
                expected: "the partial file of fetch",
            }),
            Ok(_) => self.discard().map(|()| None),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(FileError::local("look at", &self.partial)(error)),
        }
    }

    /// A new, empty partial file.
    pub(super) fn create(&self) -> Result<File, FileError> {
        self.discard()?;
        // `create_new` follows no symbolic link.
        let open = File::options().write(true).create_new(true).open(&self.partial);
        open.map_err(FileError::local("create", &self.partial))
    }

    /// The partial file that [`Self::length`] found, open at its end.
    pub(super) fn append(&self) -> Result<File, FileError> {
        let open = File::options().append(true).open(&self.partial);
        open.map_err(FileError::local("open", &self.partial))
    }

    /// Removes the partial file, if there is one.
    pub(super) fn discard(&self) -> Result<(), FileError> {
        match fs::remove_file(&self.partial) {
            Err(error) if !is_absent(&error) => Err(FileError::local("remove", &self.partial)(error)),
            _ => Ok(()),
        }
    }

    /// Reads what the partial file holds now; `Ok` if it is the pinned content.
    pub(super) fn check(&self) -> Result<Result<(), Content>, FileError> {
        let found = content(&self.partial)?;
        Ok(if found == self.expected { Ok(()) } else { Err(found) })
    }

    /// Moves a checked file to its place, in one step, after it has reached the disk.
    pub(super) fn publish(self) -> Result<(), FileError> {
        let reach_disk = || File::options().write(true).open(&self.partial)?.sync_all();
        reach_disk().map_err(FileError::local("write", &self.partial))?;
        fs::rename(&self.partial, &self.place).map_err(FileError::local("move the finished file to", &self.place))?;
        // The rename too; only Unix opens folders.
        #[cfg(unix)]
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(FileError::local("write", &self.folder))?;
        Ok(())
    }
}

/// A path does not exist, be it that one of the folders above it is a file.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Size and hash of a file, read to its end.
fn content(path: &Path) -> Result<Content, FileError> {
    let read = || hash(File::open(path)?);
    read().map_err(FileError::local("read", path))
}

/// Size and hash of all that `input` still holds.
pub(super) fn hash(mut input: impl Read) -> io::Result<Content> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut bytes = 0;
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                hasher.update(&buffer[..count]);
                bytes += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Content { bytes, sha256 })
}
