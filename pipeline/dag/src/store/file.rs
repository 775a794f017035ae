//! Files of the store and of the workspace: permissions, and how they come into place.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(unix)]
pub(crate) fn has_other_names(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.nlink() > 1
}

#[cfg(unix)]
pub(crate) fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(unix)]
pub(crate) fn set_mode(file: &Path, executable: bool, writable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if executable { 0o555 } else { 0o444 } | if writable { 0o200 } else { 0 };
    fs::set_permissions(file, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(crate) fn has_other_names(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
pub(crate) fn is_executable(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
pub(crate) fn set_mode(file: &Path, _executable: bool, writable: bool) -> io::Result<()> {
    let mut permissions = fs::metadata(file)?.permissions();
    permissions.set_readonly(!writable);
    fs::set_permissions(file, permissions)
}

/// Removes its file when it goes, unless somebody moved the file before.
pub(crate) struct Removed(pub(crate) PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Copies what is read from a file to another one.
pub(crate) struct Tee<'a> {
    pub(crate) from: &'a mut File,
    pub(crate) to: &'a mut File,
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.to.write_all(&buffer[..n])?;
        Ok(n)
    }
}

/// Renames, and where the destination lies on another file system copies to a hidden file beside
/// it first, so that it still appears by rename.
pub(crate) fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    match rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            remove_partials(to);
            let name = to.file_name().unwrap_or_default().to_string_lossy();
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let beside = Removed(to.with_file_name(format!(".{name}.{}-{number}.partial", std::process::id())));
            let mut copy = File::create_new(&beside.0)?;
            // Held until it is in place: other processes may look here for what killed ones left.
            copy.lock()?;
            let mut original = File::open(from)?;
            io::copy(&mut original, &mut copy)?;
            let metadata = original.metadata()?;
            copy.set_permissions(metadata.permissions())?;
            copy.set_modified(metadata.modified()?)?;
            fs::rename(&beside.0, to)?;
            fs::remove_file(from)
        }
        result => result,
    }
}

/// Renames, and makes the folder around the destination where that is not there.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        // Another thread may make the folder at the same time: make it whether it is there or not.
        Err(error) if error.kind() == io::ErrorKind::NotFound && from.exists() => {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::rename(from, to)
        }
        result => result,
    }
}

/// Removes what a killed process left beside an output while it copied to another file system.
fn remove_partials(destination: &Path) {
    let (Some(folder), Some(name)) = (destination.parent(), destination.file_name()) else { return };
    let prefix = format!(".{}.", name.to_string_lossy());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        if found.starts_with(&prefix) && found.ends_with(".partial") {
            // One that another process is writing is held.
            if File::open(entry.path()).is_ok_and(|partial| partial.try_lock().is_ok()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_being_written_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in [".out.1-0.partial", ".out.svg.2-0.partial", ".other.3-0.partial"] {
            fs::write(path(name), "half").unwrap();
        }
        let held = File::open(path(".out.svg.2-0.partial")).unwrap();
        held.lock().unwrap();
        remove_partials(&path("out"));
        let there = |name: &str| path(name).exists();
        assert!(!there(".out.1-0.partial") && there(".out.svg.2-0.partial") && there(".other.3-0.partial"));
    }
}
