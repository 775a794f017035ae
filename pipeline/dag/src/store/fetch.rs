//! What a build takes from a remote store when its own lacks it.
//!
//! Nothing that comes from there is believed: a manifest must be the one of the key and of what made the
//! key, and a content must be what its digest says, and no longer than the manifest says.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::file::{Removed, set_mode};
use super::{Ingredients, Kind, Made, Manifest, Remote, Store, read_text};
use crate::code::Code;
use crate::digest::Digest;
use crate::format::{Found, STORE};
use crate::problem::Problem;

/// Manifests and codes are lists of names and digests: a longer one is none.
const LONGEST_TEXT: u64 = 64 << 20;

/// What was taken from a remote store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// Results of stages.
    pub results: u64,
    /// Contents of outputs, those left out that were here already.
    pub contents: u64,
    /// The size of those contents.
    pub bytes: u64,
}

/// A remote store, and what came of asking it.
pub(super) struct Upstream {
    remote: Arc<dyn Remote>,
    /// Whether it is a store of a known format; asked once, by the first that needs something.
    usable: OnceLock<bool>,
    /// It did not answer: nobody waits for it again.
    away: AtomicBool,
    problems: Mutex<Vec<Problem>>,
    results: AtomicU64,
    contents: AtomicU64,
    bytes: AtomicU64,
}

impl Store {
    /// The store, with a remote one behind it.
    pub(crate) fn with_remote(self, remote: Option<Arc<dyn Remote>>) -> Self {
        let upstream = remote.map(|remote| Upstream {
            remote,
            usable: OnceLock::new(),
            away: AtomicBool::default(),
            problems: Mutex::default(),
            results: AtomicU64::default(),
            contents: AtomicU64::default(),
            bytes: AtomicU64::default(),
        });
        Self { upstream, ..self }
    }

    /// What was taken from the remote store so far, and what went wrong with that since the last call.
    pub(crate) fn fetched(&self) -> (Fetched, Vec<Problem>) {
        let Some(upstream) = &self.upstream else { return Default::default() };
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (results, contents) = (count(&upstream.results), count(&upstream.contents));
        let fetched = Fetched { results, contents, bytes: count(&upstream.bytes) };
        (fetched, std::mem::take(&mut *upstream.problems.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The manifest that the remote store has for a key. Writes nothing.
    pub(crate) fn remote_manifest(&self, key: &Digest, made_of: &Ingredients) -> Option<Manifest> {
        let upstream = self.upstream.as_ref()?;
        let text = upstream.text(Kind::Manifest, key)?;
        let manifest = read_text(&text).filter(|manifest: &Manifest| {
            let inputs = |of: &Ingredients| -> Vec<(String, Digest)> {
                of.inputs.iter().map(|input| (input.role.clone(), input.digest)).collect()
            };
            let found = &manifest.ingredients;
            // Paths are left out, as they are in the key.
            manifest.key == *key
                && (found.code, &found.parameters) == (made_of.code, &made_of.parameters)
                && inputs(found) == inputs(made_of)
        });
        if manifest.is_none() {
            upstream.refuse(&Kind::Manifest.path(key), "it is damaged, or of another key");
        }
        manifest
    }

    /// Brings the contents that a manifest names, where they are not here; then the manifest itself.
    /// `false` when the remote store does not have them all.
    pub(crate) fn fetch(&self, manifest: &Manifest) -> io::Result<bool> {
        let Some(upstream) = &self.upstream else { return Ok(false) };
        for made in &manifest.outputs {
            if !self.has(&made.digest) && !self.fetch_content(upstream, made)? {
                return Ok(false);
            }
        }
        let code = &manifest.ingredients.code;
        if !self.place(Kind::Code, code).is_file()
            && let Some(text) = upstream.text(Kind::Code, code)
        {
            // Only explanations need it: without it the result is as good.
            match read_text::<Code>(&text).filter(|found| found.digest() == *code) {
                Some(found) => self.write_code(&found)?,
                None => upstream.refuse(&Kind::Code.path(code), "it is damaged, or another"),
            }
        }
        self.write_manifest(manifest)?;
        upstream.results.fetch_add(1, Ordering::Relaxed);
        Ok(true)
    }

    fn fetch_content(&self, upstream: &Upstream, made: &Made) -> io::Result<bool> {
        let path = Kind::Content.path(&made.digest);
        let file = Removed(self.scratch.file()?);
        let mut intake = Intake::new(File::create_new(&file.0)?, made.bytes);
        if !upstream.read(&path, &mut intake)? {
            return Ok(false);
        }
        drop(intake);
        // Read back: what counts is what has arrived on the disk.
        let (found, bytes) = Digest::of_reader(File::open(&file.0)?)?;
        if (found, bytes) != (made.digest, made.bytes) {
            let what = format!("{bytes} bytes with SHA-256 {} came instead of {}", found.short(), made.bytes);
            upstream.refuse(&path, &what);
            return Ok(false);
        }
        set_mode(&file.0, made.executable, false)?;
        self.settle(&file.0, &self.place(Kind::Content, &made.digest))?;
        upstream.contents.fetch_add(1, Ordering::Relaxed);
        upstream.bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(true)
    }
}

impl Upstream {
    /// A manifest or a code, as it stands there.
    fn text(&self, kind: Kind, digest: &Digest) -> Option<String> {
        let path = kind.path(digest);
        let mut intake = Intake::new(Vec::new(), LONGEST_TEXT);
        // Memory does not fail as a disk does.
        if !self.read(&path, &mut intake).unwrap_or(false) {
            return None;
        }
        let text = String::from_utf8(intake.to);
        text.map_err(|_| self.refuse(&path, "it is not text")).ok()
    }

    /// Reads a file. `false` when there is none, when it was refused, or when the store is away; an
    /// error is one of this machine.
    fn read<W: Write>(&self, path: &str, intake: &mut Intake<W>) -> io::Result<bool> {
        if !*self.usable.get_or_init(|| self.check_version()) || self.away.load(Ordering::Relaxed) {
            return Ok(false);
        }
        match self.remote.read(path, intake) {
            _ if intake.error.is_some() => Err(intake.error.take().unwrap_or_else(|| io::Error::other("unknown"))),
            _ if intake.is_over => {
                self.refuse(path, "it is longer than its manifest says");
                Ok(false)
            }
            Ok(found) => Ok(found),
            Err(error) => {
                self.give_up(&error);
                Ok(false)
            }
        }
    }

    /// Whether there is a store of a format that this program knows.
    fn check_version(&self) -> bool {
        let mut text = Vec::new();
        let found = match self.remote.read("VERSION", &mut Intake::new(&mut text, 200)) {
            Ok(true) => STORE.check_text(&String::from_utf8_lossy(&text), self.remote.name()),
            Ok(false) => {
                let message = format!("there is no store at {}", self.remote.name());
                let problem = Problem::new(message).expected("a file VERSION beside the folders objects and actions");
                self.tell(problem.help("correct the address, or push to it first; the build went on without it"));
                return false;
            }
            Err(error) => {
                self.give_up(&error);
                return false;
            }
        };
        found.map_err(|error| self.tell(Problem::new(error.to_string()))).is_ok_and(|found| found == Found::Current)
    }

    fn give_up(&self, error: &io::Error) {
        if !self.away.swap(true, Ordering::Relaxed) {
            let problem = Problem::new(format!("the remote store {} cannot be read: {error}", self.remote.name()));
            self.tell(problem.help("the build went on without it"));
        }
    }

    fn refuse(&self, path: &str, what: &str) {
        let problem = Problem::new(format!("the remote store {} is damaged: {what}", self.remote.name()));
        self.tell(problem.in_file(path).help("it was left alone; remove the file there and push again"));
    }

    fn tell(&self, problem: Problem) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }
}

/// Takes in at most so many bytes.
struct Intake<W> {
    to: W,
    left: u64,
    is_over: bool,
    /// Why nothing more could be written here.
    error: Option<io::Error>,
}

impl<W: Write> Intake<W> {
    fn new(to: W, most: u64) -> Self {
        Self { to, left: most, is_over: false, error: None }
    }
}

impl<W: Write> Write for Intake<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = match self.left.checked_sub(bytes.len() as u64) {
            Some(left) => left,
            None => {
                self.is_over = true;
                return Err(io::Error::other("longer than it should be"));
            }
        };
        if let Err(error) = self.to.write_all(bytes) {
            let told = io::Error::other(error.to_string());
            self.error = Some(error);
            return Err(told);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
