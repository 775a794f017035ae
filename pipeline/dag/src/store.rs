//! The store: contents by their digest, and for each key what a stage made of it.
//!
//! ```text
//! VERSION, CACHEDIR.TAG
//! objects/ab/cdef…   a content, named by its SHA-256, read-only, executable where the output was
//! actions/ab/cdef…   a manifest, named by the key of the stage that ran; its date is that of its last use
//! codes/ab/cdef…     the parts of a code, named by its digest, for the explanation of a rerun
//! lock               held shared by builds, and alone by what removes something
//! workspaces/ab…     who builds with this store: what their states name is never removed
//! tmp/               files on their way, a folder for each process
//! ```
//!
//! Every file appears by rename. A manifest is written after the contents it names, so one that is
//! there is whole; a content is checked against its name each time it is used. So several workspaces
//! can share a store, and a folder of this form is a [`Remote`] wherever it can be read.

mod access;
mod check;
mod collect;
mod fetch;
mod file;
mod list;
mod manifest;
mod push;
mod remote;
pub(crate) mod scratch;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::digest::Digest;
use crate::error::Error;
use crate::files::{BACKDATE, Known, Stamp};
use crate::format::STORE;
use crate::problem::Problem;
pub(crate) use access::Access;
pub(crate) use check::check;
pub use check::{Checked, Fault};
pub(crate) use collect::collect;
use collect::collect_alone;
pub use collect::{Collected, Keep};
pub use fetch::Fetched;
use fetch::Upstream;
use file::{Removed, has_other_names, is_executable, remove_if_there, rename, set_mode};
pub(crate) use file::{Tee, move_file};
pub(crate) use manifest::{Ingredients, Made, Manifest, Used};
use manifest::{read_text, write_text};
pub(crate) use push::push;
pub use push::{PushError, Pushed};
pub use remote::Remote;
use scratch::Scratch;

/// What lies in the store, each kind in a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Content,
    Manifest,
    Code,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Content => "objects",
            Self::Manifest => "actions",
            Self::Code => "codes",
        }
    }

    /// Where something lies, here and in a remote store.
    pub(crate) fn path(self, digest: &Digest) -> String {
        let hex = digest.to_string();
        format!("{}/{}/{}", self.folder(), &hex[..2], &hex[2..])
    }
}

/// After which time a manifest that is used is dated anew. A build with nothing to do uses none.
const RENEWED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The store as a build or a plan uses it.
pub(crate) struct Store {
    folder: PathBuf,
    /// The workspace's folder for files on their way.
    tmp: PathBuf,
    /// None in a plan, which changes nothing.
    access: Option<Access>,
    scratch: Scratch,
    upstream: Option<Upstream>,
    next: AtomicU64,
}

impl Store {
    /// Opens the store for a build of the workspace with the engine's folder `workspace`, or makes it.
    /// Until it is dropped nothing is removed from it.
    pub(crate) fn open(folder: PathBuf, workspace: &Path) -> Result<Self, Error> {
        let access = Access::shared(&folder)?;
        access.register(workspace)?;
        Ok(Self { access: Some(access), ..Self::bare(folder, workspace) })
    }

    /// The store, with another folder for files on their way than that of the workspace's lock holder.
    pub(crate) fn with_tmp(self, tmp: PathBuf) -> Self {
        Self { tmp, ..self }
    }

    /// The store for a plan, which writes nothing.
    pub(crate) fn to_read(folder: PathBuf, workspace: &Path) -> Result<Self, Error> {
        STORE.check(&folder)?;
        Ok(Self::bare(folder, workspace))
    }

    fn bare(folder: PathBuf, workspace: &Path) -> Self {
        let (tmp, scratch) = (workspace.join("tmp"), Scratch::new(folder.join("tmp")));
        Self { folder, tmp, access: None, scratch, upstream: None, next: AtomicU64::default() }
    }

    fn place(&self, kind: Kind, digest: &Digest) -> PathBuf {
        self.folder.join(kind.path(digest))
    }

    /// Takes a file out of a scratch folder into the store.
    pub(crate) fn take(&self, file: &Path) -> io::Result<Taken> {
        let (digest, bytes) = Digest::of_reader(File::open(file)?)?;
        let metadata = fs::metadata(file)?;
        if has_other_names(&metadata) {
            // A link to an input, say: the store must have a file of its own.
            let copy = file.with_extension("copy");
            fs::copy(file, &copy)?;
            fs::rename(&copy, file)?;
        }
        let executable = is_executable(&metadata);
        set_mode(file, executable, false)?;
        // Over one that is there already: should that one be damaged, it is mended.
        self.settle(file, &self.place(Kind::Content, &digest))?;
        Ok(Taken { digest, bytes, executable })
    }

    /// Renames a file into the store; from another file system by way of the store's own scratch folder.
    fn settle(&self, file: &Path, place: &Path) -> io::Result<()> {
        match rename(file, place) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let copy = Removed(self.scratch.file()?);
                fs::copy(file, &copy.0)?;
                rename(&copy.0, place)?;
                fs::remove_file(file)
            }
            result => result,
        }
    }

    /// Whether a content is there; it may still turn out damaged.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.place(Kind::Content, digest).is_file()
    }

    /// Puts a content at `destination` by rename, dated back so that its digest can be remembered.
    /// A content that is gone, or is not what its name says, gives `None`, and is dropped.
    pub(crate) fn put(&self, digest: &Digest, destination: &Path) -> io::Result<Option<Known>> {
        let place = self.place(Kind::Content, digest);
        let mut content = match File::open(&place) {
            Ok(content) => content,
            // Whatever the reason, the store does not have it for us.
            Err(_) => return Ok(None),
        };
        let (mut copy, guard) = self.new_file()?;
        let (found, _) = Digest::of_reader(Tee { from: &mut content, to: &mut copy })?;
        if found != *digest {
            remove_if_there(&place)?;
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
        let manifest: Manifest = self.read(Kind::Manifest, key)?;
        (manifest.key == *key).then_some(manifest)
    }

    pub(crate) fn write_manifest(&self, manifest: &Manifest) -> io::Result<()> {
        self.write(Kind::Manifest, &manifest.key, manifest)
    }

    /// Notes that a manifest is used, or was until now. At most once a day, and never in a plan.
    pub(crate) fn renew(&self, key: &Digest) {
        if self.access.is_none() {
            return;
        }
        let Ok(file) = File::open(self.place(Kind::Manifest, key)) else { return };
        let modified = file.metadata().and_then(|metadata| metadata.modified());
        // A date in the future is set right, too.
        let fresh = modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age < RENEWED_AFTER));
        if !fresh {
            // It may belong to somebody else, who then has to use it himself for it to be kept.
            let _ = file.set_modified(SystemTime::now());
        }
    }

    /// The parts of a code that a manifest names by its digest.
    pub(crate) fn code(&self, digest: &Digest) -> Option<Code> {
        self.read(Kind::Code, digest)
    }

    pub(crate) fn write_code(&self, code: &Code) -> io::Result<()> {
        let digest = code.digest();
        if self.place(Kind::Code, &digest).is_file() { Ok(()) } else { self.write(Kind::Code, &digest, code) }
    }

    fn write(&self, kind: Kind, digest: &Digest, value: &impl Serialize) -> io::Result<()> {
        let (mut file, guard) = self.new_file()?;
        write_text(value, &mut file)?;
        drop(file);
        self.settle(&guard.0, &self.place(kind, digest))
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, kind: Kind, digest: &Digest) -> Option<T> {
        read_text(&fs::read_to_string(self.place(kind, digest)).ok()?)
    }

    /// A new file in the workspace's folder for files on their way.
    fn new_file(&self) -> io::Result<(File, Removed)> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.tmp.join(format!("{}-{number}", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok((file, Removed(path)))
    }
}

impl Store {
    /// Removes what was used least recently until the store has `limit` bytes, if nobody else builds with
    /// it: otherwise the last one to end does so. Returns what to tell of it.
    pub(crate) fn limit(&self, limit: u64) -> Option<Problem> {
        let collect = || -> Result<Option<u64>, Error> {
            let Some(access) = &self.access else { return Ok(None) };
            let alone = access.try_alone()?;
            let keep = Keep { max_bytes: Some(limit), ..Keep::default() };
            let collected = if alone { Some(collect_alone(&self.folder, &keep, false)) } else { None };
            access.share()?;
            Ok(collected.transpose()?.map(|collected| collected.bytes_left))
        };
        match collect() {
            Ok(Some(bytes)) if bytes > limit => {
                let message = format!("the store holds {bytes} bytes, which is above its limit of {limit}");
                Some(Problem::new(message).in_file(&self.folder).help("workspaces need all of it: raise the limit"))
            }
            Ok(_) => None,
            Err(error) => Some(Problem::new(format!("the store was not brought below its limit: {error}"))),
        }
    }
}

/// Holds a store alone until what is returned is dropped.
pub(crate) fn alone(folder: &Path) -> Result<Access, Error> {
    Access::alone(folder)
}

/// The folders of what a store holds.
pub(crate) const CONTENTS: [&str; 4] = ["objects", "actions", "codes", "tmp"];

/// Makes sure that no workspace but the one with the engine's folder `workspace` uses a store.
pub(crate) fn check_unshared(folder: &Path, workspace: &Path) -> Result<(), Error> {
    let own = fs::canonicalize(workspace).map_err(|error| access::failed(workspace, error))?;
    let others = access::workspaces(folder)?.into_iter().map(|(other, _)| other);
    match others.into_iter().find(|other| fs::canonicalize(other).is_ok_and(|other| other != own)) {
        Some(other) => Err(Error::SharedStore { store: folder.to_owned(), other: other.display().to_string() }),
        None => Ok(()),
    }
}

/// A content as it was taken into the store.
pub(crate) struct Taken {
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
    pub(crate) executable: bool,
}

/// The content with a digest, if the store in `folder` has it undamaged. Takes no lock.
pub fn stored(folder: &Path, digest: &Digest) -> Option<Vec<u8>> {
    let content = fs::read(folder.join(Kind::Content.path(digest))).ok()?;
    (Digest::of(&content) == *digest).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("tmp")).unwrap();
        let store = Store::open(dir.path().join("store"), dir.path()).unwrap();
        (dir, store)
    }

    fn take(dir: &Path, store: &Store, text: &str) -> Digest {
        let file = dir.join("scratch");
        fs::write(&file, text).unwrap();
        store.take(&file).unwrap().digest
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
            let taken: Vec<io::Result<Taken>> = std::thread::scope(|scope| {
                let take = |thread: usize| {
                    let file = dir.path().join(format!("scratch-{thread}"));
                    fs::write(&file, format!("content {round}")).unwrap();
                    store.take(&file)
                };
                let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || take(thread))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            });
            for taken in taken {
                taken.unwrap();
            }
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
        let (digest, folder) = (take(dir.path(), &store, "content"), dir.path().join("store"));
        assert_eq!(stored(&folder, &Digest::of(b"another")), None);
        assert_eq!(stored(&folder, &digest).as_deref(), Some(&b"content"[..]));
        let place = store.place(Kind::Content, &digest);
        fs::remove_file(&place).unwrap();
        fs::write(&place, "c0ntent").unwrap();
        assert_eq!(stored(&folder, &digest), None);
    }

    #[test]
    fn a_damaged_content_is_dropped_and_mended_by_the_next_take() {
        let (dir, store) = store();
        let digest = take(dir.path(), &store, "content");
        let place = store.place(Kind::Content, &digest);
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
        let place = store.place(Kind::Manifest, &key);
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
