//! Copies results of stages to a remote store.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::Serialize;

use super::{Kind, Remote, Store};
use crate::digest::Digest;
use crate::error::Error;
use crate::format::STORE;

/// What was copied to a remote store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// Results that were asked for.
    pub results: u64,
    /// Results that were not there yet, and are now.
    pub new_results: u64,
    /// Files that were sent: contents, codes and manifests.
    pub files: u64,
    /// The size of those files.
    pub bytes: u64,
    /// Stages that were left out, because they are not fresh or the store has lost what they made.
    pub left_out: u64,
}

/// Why not everything could be copied. What was copied is of use, and is not sent again.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The push could not begin.
    #[error(transparent)]
    Engine(#[from] Error),
    /// The remote store did not take or tell something.
    #[error("the remote store {remote} failed at {path}: {error}\n  help: run again; what was sent is not sent again")]
    Remote { remote: String, path: String, error: io::Error },
    /// It was asked to stop.
    #[error("stopped; what was sent is not sent again")]
    Cancelled,
}

/// How much is sent at once: most of the time is spent waiting for answers.
const AT_ONCE: usize = 16;

/// Copies the results of `keys`: first all contents and codes, then the manifests, so that a manifest
/// that is there is whole. `progress` is told after each file how many of how many are there.
pub(crate) fn push(
    store: &Store,
    keys: &[Digest],
    remote: &dyn Remote,
    cancel: &AtomicBool,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Pushed, PushError> {
    let push = Push { store, remote, cancel, pushed: Mutex::default() };
    push.settle_version()?;
    let (mut files, mut manifests) = (BTreeSet::new(), BTreeSet::new());
    for key in keys {
        match store.manifest(key) {
            Some(manifest) if manifest.outputs.iter().all(|made| store.has(&made.digest)) => {
                files.extend(manifest.outputs.iter().map(|made| (Kind::Content, made.digest)));
                let code = manifest.ingredients.code;
                // Only explanations need it.
                files.extend(store.place(Kind::Code, &code).is_file().then_some((Kind::Code, code)));
                manifests.insert((Kind::Manifest, *key));
            }
            _ => push.count(|pushed| pushed.left_out += 1),
        }
    }
    push.count(|pushed| pushed.results = manifests.len() as u64);
    let total = files.len() + manifests.len();
    let done = AtomicUsize::new(0);
    let progress = || progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
    push.send_all(files, &progress)?;
    push.send_all(manifests, &progress)?;
    Ok(*push.pushed.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Push<'a> {
    store: &'a Store,
    remote: &'a dyn Remote,
    cancel: &'a AtomicBool,
    pushed: Mutex<Pushed>,
}

impl Push<'_> {
    fn send_all(&self, files: BTreeSet<(Kind, Digest)>, progress: &(dyn Fn() + Sync)) -> Result<(), PushError> {
        let files: Vec<(Kind, Digest)> = files.into_iter().collect();
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            while let Some((kind, digest)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.cancel.load(Ordering::Relaxed) {
                    return Err(PushError::Cancelled);
                }
                if failed.load(Ordering::Relaxed) {
                    break;
                }
                self.send_checked(*kind, digest).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
                progress();
            }
            Ok(())
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE.min(files.len())).map(|_| scope.spawn(work)).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().map(join).fold(Ok(()), Result::and)
        })
    }

    /// Checks the format of the remote store, or begins one.
    fn settle_version(&self) -> Result<(), PushError> {
        let mut text = Vec::new();
        let found = self.remote.read("VERSION", &mut text).map_err(|error| self.failed("VERSION", error))?;
        if found {
            STORE.check_text(&String::from_utf8_lossy(&text), self.remote.name())?;
            return Ok(());
        }
        self.send("VERSION", &self.store.folder.join("VERSION"))
    }

    /// Sends something that is not there yet, if it is what its name says.
    fn send_checked(&self, kind: Kind, digest: &Digest) -> Result<(), PushError> {
        let (path, file) = (kind.path(digest), self.store.place(kind, digest));
        if self.remote.has(&path).map_err(|error| self.failed(&path, error))? {
            return Ok(());
        }
        let right = match kind {
            Kind::Content => File::open(&file).and_then(Digest::of_reader).is_ok_and(|(found, _)| found == *digest),
            Kind::Code => self.store.code(digest).is_some(),
            Kind::Manifest => self.store.manifest(digest).is_some(),
        };
        if !right {
            let error =
                io::Error::other("the file here is damaged: `fsck --repair` removes it, a build makes it again");
            return Err(self.failed(&path, error));
        }
        self.send(&path, &file)?;
        self.count(|pushed| pushed.new_results += u64::from(kind == Kind::Manifest));
        Ok(())
    }

    fn send(&self, path: &str, file: &Path) -> Result<(), PushError> {
        let bytes = fs::metadata(file).map(|metadata| metadata.len());
        let bytes = bytes.and_then(|bytes| self.remote.write(path, file).map(|()| bytes));
        let bytes = bytes.map_err(|error| self.failed(path, error))?;
        self.count(|pushed| {
            pushed.files += 1;
            pushed.bytes += bytes;
        });
        Ok(())
    }

    fn count(&self, change: impl FnOnce(&mut Pushed)) {
        change(&mut self.pushed.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn failed(&self, path: &str, error: io::Error) -> PushError {
        PushError::Remote { remote: self.remote.name().to_owned(), path: path.to_owned(), error }
    }
}
