//! The store: contents by their digest, and for each key what a stage made of it.
//!
//! ```text
//! objects/ab/cdef…   a content, named by its SHA-256, read-only, executable where the output was
//! actions/ab/cdef…   a manifest, named by the key of the stage that ran
//! codes/ab/cdef…     the parts of a code, named by its digest, for the explanation of a rerun
//! ```
//!
//! Every file appears by rename. A manifest is written after the contents it names, so one that is
//! there is whole; a content is checked against its name each time it is used.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::digest::Digest;
use crate::files::{BACKDATE, Known, Stamp};
use crate::problem::Problem;

/// What a stage made: the digest of each output, and everything that its key was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) key: Digest,
    pub(crate) stage: String,
    pub(crate) ingredients: Ingredients,
    pub(crate) outputs: Vec<Made>,
    pub(crate) milliseconds: u64,
}

/// What the key of a stage is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ingredients {
    pub(crate) code: Digest,
    pub(crate) parameters: String,
    pub(crate) inputs: Vec<Used>,
}

/// An input as it was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Used {
    pub(crate) role: String,
    pub(crate) path: String,
    pub(crate) digest: Digest,
}

impl Ingredients {
    /// The digest of the input with a role.
    pub(crate) fn digest(&self, role: &str) -> Option<Digest> {
        self.inputs.iter().find(|input| input.role == role).map(|input| input.digest)
    }
}

impl Used {
    /// What to say when the file is found to hold something else.
    pub(crate) fn has_changed(&self) -> Problem {
        Problem::new("the input changed while the stage ran")
            .in_file(&self.path)
            .help("run again when the file is left alone")
    }
}

/// An output as it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) role: String,
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
}

/// The folder of contents and manifests, and a folder for files on their way.
pub(crate) struct Store {
    folder: PathBuf,
    scratch: PathBuf,
    next: AtomicU64,
}

impl Store {
    pub(crate) fn new(folder: PathBuf, scratch: PathBuf) -> Self {
        Self { folder, scratch, next: AtomicU64::new(0) }
    }

    fn place(&self, kind: &str, digest: &Digest) -> PathBuf {
        let hex = digest.to_string();
        self.folder.join(kind).join(&hex[..2]).join(&hex[2..])
    }

    /// Takes a file out of a scratch folder into the store.
    pub(crate) fn take(&self, file: &Path) -> io::Result<(Digest, u64)> {
        let (digest, bytes) = Digest::of_reader(File::open(file)?)?;
        let place = self.place("objects", &digest);
        if has_other_names(&fs::metadata(file)?) {
            // A link to an input, say: the store must have a file of its own.
            let copy = file.with_extension("copy");
            fs::copy(file, &copy)?;
            fs::rename(&copy, file)?;
        }
        set_mode(file, is_executable(&fs::metadata(file)?), false)?;
        // Over one that is there already: should that one be damaged, it is mended.
        move_file(file, &place)?;
        Ok((digest, bytes))
    }

    /// Whether a content is there; it may still turn out damaged.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.place("objects", digest).is_file()
    }

    /// Puts a content at `destination` by rename, dated back so that its digest can be remembered.
    /// A content that is gone, or is not what its name says, gives `None`, and is dropped.
    pub(crate) fn put(&self, digest: &Digest, destination: &Path) -> io::Result<Option<Known>> {
        let place = self.place("objects", digest);
        let mut content = match File::open(&place) {
            Ok(content) => content,
            // Whatever the reason, the store does not have it for us.
            Err(_) => return Ok(None),
        };
        let (mut copy, guard) = self.new_file(&self.scratch)?;
        let (found, _) = Digest::of_reader(Tee { from: &mut content, to: &mut copy })?;
        if found != *digest {
            remove_read_only(&place)?;
            return Ok(None);
        }
        if is_executable(&content.metadata()?) {
            set_mode(&guard.0, true, true)?;
        }
        copy.set_modified(SystemTime::now() - BACKDATE)?;
        let written = Stamp::of(&copy.metadata()?);
        drop(copy);
        if let Some(folder) = destination.parent() {
            fs::create_dir_all(folder)?;
        }
        move_file(&guard.0, destination)?;
        let placed = Stamp::of(&fs::metadata(destination)?);
        // The rename changes the change time. Anything else means that somebody was there already:
        // then the stamp from before will not be met again, and the file is hashed.
        let stamp = if placed.is_same_content_as(&written) { placed } else { written };
        Ok(Some(Known { stamp, digest: *digest }))
    }

    /// The manifest for a key. A damaged one counts as none.
    pub(crate) fn manifest(&self, key: &Digest) -> Option<Manifest> {
        let manifest: Manifest = self.read("actions", key)?;
        (manifest.key == *key).then_some(manifest)
    }

    pub(crate) fn write_manifest(&self, manifest: &Manifest) -> io::Result<()> {
        self.write("actions", &manifest.key, manifest)
    }

    /// The parts of a code that a manifest names by its digest.
    pub(crate) fn code(&self, digest: &Digest) -> Option<Code> {
        self.read("codes", digest)
    }

    pub(crate) fn write_code(&self, code: &Code) -> io::Result<()> {
        let digest = code.digest();
        if self.place("codes", &digest).is_file() { Ok(()) } else { self.write("codes", &digest, code) }
    }

    /// A text file whose first line is the digest of the rest.
    fn write(&self, kind: &str, digest: &Digest, value: &impl Serialize) -> io::Result<()> {
        let body = serde_json::to_string(value)?;
        let (mut file, guard) = self.new_file(&self.scratch)?;
        writeln!(file, "{}\n{body}", Digest::of(body.as_bytes()))?;
        drop(file);
        move_file(&guard.0, &self.place(kind, digest))
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, kind: &str, digest: &Digest) -> Option<T> {
        let text = fs::read_to_string(self.place(kind, digest)).ok()?;
        let (sum, body) = text.split_once('\n')?;
        let body = body.strip_suffix('\n')?;
        if Digest::from_hex(sum)? != Digest::of(body.as_bytes()) {
            return None;
        }
        serde_json::from_str(body).ok()
    }

    fn new_file(&self, folder: &Path) -> io::Result<(File, Removed)> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{number}", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok((file, Removed(path)))
    }
}

/// The content with a digest, if the store in the engine's folder has it undamaged. Takes no lock.
pub fn stored(folder: &Path, digest: &Digest) -> Option<Vec<u8>> {
    let store = Store::new(folder.join("store"), folder.join("tmp"));
    let content = fs::read(store.place("objects", digest)).ok()?;
    (Digest::of(&content) == *digest).then_some(content)
}

#[cfg(unix)]
fn has_other_names(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.nlink() > 1
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(unix)]
fn set_mode(file: &Path, executable: bool, writable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if executable { 0o555 } else { 0o444 } | if writable { 0o200 } else { 0 };
    fs::set_permissions(file, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn has_other_names(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn set_mode(file: &Path, _executable: bool, writable: bool) -> io::Result<()> {
    let mut permissions = fs::metadata(file)?.permissions();
    permissions.set_readonly(!writable);
    fs::set_permissions(file, permissions)
}

/// Removes its file when it goes, unless somebody moved the file before.
struct Removed(PathBuf);

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
    let error = match fs::rename(from, to) {
        // Another thread may make the folder at the same time: make it whether it is there or not.
        Err(error) if error.kind() == io::ErrorKind::NotFound && from.exists() => {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::rename(from, to).err()
        }
        result => result.err(),
    };
    match error {
        None => Ok(()),
        Some(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            remove_partials(to);
            let name = to.file_name().unwrap_or_default().to_string_lossy();
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let beside = Removed(to.with_file_name(format!(".{name}.{}-{number}.partial", std::process::id())));
            let modified = fs::metadata(from)?.modified()?;
            fs::copy(from, &beside.0)?;
            // Read-only files can be opened for reading only, which is enough to date them.
            File::open(&beside.0)?.set_modified(modified)?;
            fs::rename(&beside.0, to)?;
            fs::remove_file(from)
        }
        Some(error) => Err(error),
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
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn remove_read_only(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let scratch = dir.path().join("tmp");
        fs::create_dir(&scratch).unwrap();
        let store = Store::new(dir.path().join("store"), scratch);
        (dir, store)
    }

    fn take(dir: &Path, store: &Store, text: &str) -> Digest {
        let file = dir.join("scratch");
        fs::write(&file, text).unwrap();
        store.take(&file).unwrap().0
    }

    #[test]
    fn what_was_taken_is_put_back() {
        let (dir, store) = store();
        let digest = take(dir.path(), &store, "content");
        let destination = dir.path().join("a/b/out");
        let known = store.put(&digest, &destination).unwrap().unwrap();
        assert_eq!(known.digest, digest);
        assert_eq!(fs::read_to_string(&destination).unwrap(), "content");
        assert!(!fs::metadata(&destination).unwrap().permissions().readonly());
        assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn threads_that_store_the_same_at_once_do_not_trip_over_each_other() {
        let (dir, store) = store();
        for round in 0..50 {
            let taken = std::thread::scope(|scope| {
                let take = |thread: usize| {
                    let file = dir.path().join(format!("scratch-{thread}"));
                    fs::write(&file, format!("content {round}")).unwrap();
                    store.take(&file)
                };
                let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || take(thread))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            });
            assert!(taken.iter().all(Result::is_ok), "{taken:?}");
        }
    }

    #[test]
    fn a_link_to_an_input_does_not_bring_the_input_into_the_store() {
        let (dir, store) = store();
        let (input, file) = (dir.path().join("raw"), dir.path().join("scratch"));
        fs::write(&input, "raw").unwrap();
        fs::hard_link(&input, &file).unwrap();
        store.take(&file).unwrap();
        assert!(!fs::metadata(&input).unwrap().permissions().readonly());
    }

    #[test]
    fn a_content_is_read_by_its_digest_and_only_if_it_is_right() {
        let (dir, store) = store();
        let digest = take(dir.path(), &store, "content");
        assert_eq!(stored(dir.path(), &Digest::of(b"another")), None);
        assert_eq!(stored(dir.path(), &digest).as_deref(), Some(&b"content"[..]));
        let place = store.place("objects", &digest);
        fs::remove_file(&place).unwrap();
        fs::write(&place, "c0ntent").unwrap();
        assert_eq!(stored(dir.path(), &digest), None);
    }

    #[test]
    fn a_damaged_content_is_dropped_and_mended_by_the_next_take() {
        let (dir, store) = store();
        let digest = take(dir.path(), &store, "content");
        let place = store.place("objects", &digest);
        fs::remove_file(&place).unwrap();
        fs::write(&place, "c0ntent").unwrap();
        let destination = dir.path().join("out");
        assert!(store.put(&digest, &destination).unwrap().is_none());
        assert!(!destination.exists() && !store.has(&digest));
        take(dir.path(), &store, "content");
        assert!(store.put(&digest, &destination).unwrap().is_some());
    }

    #[test]
    fn a_damaged_manifest_counts_as_none() {
        let (_dir, store) = store();
        let key = Digest::of(b"key");
        let ingredients = Ingredients { code: key, parameters: "null".into(), inputs: vec![] };
        let manifest = Manifest { key, stage: "s".into(), ingredients, outputs: vec![], milliseconds: 7 };
        store.write_manifest(&manifest).unwrap();
        assert_eq!(store.manifest(&key), Some(manifest));
        let place = store.place("actions", &key);
        let whole = fs::read(&place).unwrap();
        for end in 0..whole.len() {
            fs::write(&place, &whole[..end]).unwrap();
            assert_eq!(store.manifest(&key), None, "cut at {end}");
        }
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(&place, &flipped).unwrap();
            assert_eq!(store.manifest(&key), None, "flipped at {at}");
        }
    }
}
