//! Who may do what with a store, and who builds with it.
//!
//! Builds hold the store's lock together, and who removes something holds it alone, so that no build
//! loses what it has just found or made. The kernel lets go of the lock of a dead process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::digest::Digest;
use crate::error::Error;
use crate::format::{CACHEDIR_TAG, Found, STORE};

/// How long a build waits for somebody who removes something, and how often it asks.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// What a store's folder may hold before it has a VERSION, as stores of old do.
const OF_A_STORE: [&str; 7] = ["objects", "actions", "codes", "lock", "tmp", "workspaces", "CACHEDIR.TAG"];

/// How the file VERSION is called until it is whole.
const HIDDEN: &str = ".VERSION-";

/// The store's lock. It is let go of when this is dropped.
pub(crate) struct Access {
    folder: PathBuf,
    lock: File,
}

impl Access {
    /// Together with other builds. Makes the store where there is none.
    pub(super) fn shared(folder: &Path) -> Result<Self, Error> {
        let (access, found) = Self::open(folder)?;
        access.share()?;
        access.settle_version(found)?;
        Ok(access)
    }

    /// Alone, or not at all.
    pub(super) fn alone(folder: &Path) -> Result<Self, Error> {
        let (access, found) = Self::open(folder)?;
        if !access.try_alone()? {
            return Err(Error::StoreInUse { store: folder.to_owned(), holder: "another process is at work" });
        }
        access.settle_version(found)?;
        Ok(access)
    }

    /// Changes a lock that is held with others into one that is held alone, if nobody else holds it.
    /// Otherwise it is not held any more.
    pub(super) fn try_alone(&self) -> Result<bool, Error> {
        match self.lock.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(failed(&self.folder.join("lock"), error)),
        }
    }

    /// Waits a while for who holds it alone.
    pub(super) fn share(&self) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            match self.lock.try_lock_shared() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let holder = "another process removes what is not needed";
                    return Err(Error::StoreInUse { store: self.folder.clone(), holder });
                }
                Err(TryLockError::Error(error)) => return Err(failed(&self.folder.join("lock"), error)),
            }
        }
    }

    /// Opens the lock's file, if the folder is a store or can become one.
    fn open(folder: &Path) -> Result<(Self, Found), Error> {
        let found = STORE.check(folder)?;
        if found == Found::None && !can_become_store(folder).map_err(|error| failed(folder, error))? {
            return Err(Error::NoStore { folder: folder.to_owned() });
        }
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let lock = match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(folder).and_then(|()| options.open(&path))
            }
            result => result,
        };
        Ok((Self { folder: folder.to_owned(), lock: lock.map_err(|error| failed(&path, error))? }, found))
    }

    /// Writes down the format where it is not. Two processes that do this at once write the same.
    fn settle_version(&self, found: Found) -> Result<(), Error> {
        if found == Found::Current {
            return Ok(());
        }
        let write = || {
            fs::write(self.folder.join("CACHEDIR.TAG"), CACHEDIR_TAG)?;
            write_whole(&self.folder, HIDDEN, "VERSION", STORE.text().as_bytes())
        };
        write().map_err(|error| failed(&self.folder, error))
    }

    /// Notes that the workspace with the engine's folder `workspace` builds with this store.
    pub(super) fn register(&self, workspace: &Path) -> Result<(), Error> {
        let write = || -> io::Result<()> {
            let workspace = std::path::absolute(workspace)?;
            let path = workspace.as_os_str().as_encoded_bytes();
            let (folder, name) = (self.folder.join("workspaces"), Digest::of(path).to_string());
            if folder.join(&name).exists() {
                return Ok(());
            }
            fs::create_dir_all(&folder)?;
            write_whole(&folder, ".", &name, path)
        };
        write().map_err(|error| failed(&self.folder.join("workspaces"), error))
    }
}

fn can_become_store(folder: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        // Another process may make the store at this instant.
        if name != "VERSION" && !name.starts_with(HIDDEN) && !OF_A_STORE.contains(&&*name) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes a small file by rename.
fn write_whole(folder: &Path, hidden: &str, name: &str, content: &[u8]) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(hidden).tempfile_in(folder)?;
    file.write_all(content)?;
    // Who else builds with the store must be able to read it.
    #[cfg(unix)]
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.persist(folder.join(name)).map(|_| ()).map_err(|error| error.error)
}

/// The engine's folders of the workspaces that build with a store, each with its entry there.
pub(super) fn workspaces(store: &Path) -> Result<Vec<(PathBuf, PathBuf)>, Error> {
    let folder = store.join("workspaces");
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| failed(&folder, error))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(&folder, error))?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            continue;
        }
        let workspace = fs::read(&path).map_err(|error| failed(&path, error))?;
        found.push((to_path(workspace), path));
    }
    found.sort();
    Ok(found)
}

/// A path from what stands in an entry.
#[cfg(unix)]
fn to_path(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn to_path(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

pub(super) fn failed(file: &Path, error: io::Error) -> Error {
    Error::Store { file: file.to_owned(), error }
}
