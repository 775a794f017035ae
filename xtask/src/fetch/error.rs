//! What can go wrong, in words that say where, what was expected, and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::DecimalBytes;
use studies::sources::Pin;

/// Options that cannot be used: nothing was fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// A mirror of the command line that is no folder.
    #[error("mirror {} is no folder: expected one that holds <study>/<path of the file>", .path.display())]
    Mirror {
        /// The mirror as given.
        path: PathBuf,
    },
    /// A base URL of upstream that cannot be used.
    #[error("upstream `{base}`: {fault}; expected a URL such as https://host/path, in JOULEBOOK_UPSTREAM")]
    Upstream {
        /// The URL as given.
        base: String,
        /// What is wrong with it.
        fault: &'static str,
    },
}

/// Size and hash of a file, as pinned or as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hex digits.
    pub sha256: String,
}

impl Content {
    /// What `pin` asks for.
    pub fn pinned(pin: &Pin) -> Content {
        Content { bytes: pin.bytes, sha256: pin.sha256.clone() }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, sha256 {}", self.bytes, self.sha256)
    }
}

/// A pinned file that is not in place.
#[derive(Debug, thiserror::Error)]
#[error("{study}: {path} is not in place (pinned at {pinned_at})\n  {error}")]
pub struct Failure {
    /// The study.
    pub study: String,
    /// [`Pin::path`].
    pub path: String,
    /// File and line of the pin.
    pub pinned_at: String,
    /// Why.
    pub error: FileError,
}

impl Failure {
    /// What the last source said that was asked for the file; `None` if something else went wrong.
    pub fn unavailable(&self) -> Option<&Problem> {
        match &self.error {
            FileError::Unavailable { tried, .. } => tried.last().map(|last| &last.problem),
            _ => None,
        }
    }

    /// Whether one message does for both: they are of the same study, and the last source had the
    /// same to say of both, or the same operation failed, such as making the lock file.
    pub(super) fn has_same_reason(&self, other: &Failure) -> bool {
        let same = match (&self.error, &other.error) {
            (FileError::Unavailable { tried: one, .. }, FileError::Unavailable { tried: two, .. }) => {
                one.last().map(|last| &last.problem) == two.last().map(|last| &last.problem)
            }
            (FileError::Local { path: one, .. }, FileError::Local { path: two, .. }) => one == two,
            _ => false,
        };
        same && self.study == other.study
    }
}

/// Why a pinned file is not in place.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Another file is in its place.
    #[error(
        "{} holds other content than pinned\n  expected {expected}\n  found    {found}\n  \
         move it away, or replace it with --force",
        .path.display()
    )]
    Conflict {
        /// The file.
        path: PathBuf,
        /// What is pinned.
        expected: Content,
        /// What is there.
        found: Content,
    },
    /// Something that is no file is in the place of the file, of a folder above it or of its partial.
    #[error("{} is {found}, expected {expected}: move it away", .path.display())]
    InTheWay {
        /// The place.
        path: PathBuf,
        /// What is there.
        found: &'static str,
        /// What should be.
        expected: &'static str,
    },
    /// A symbolic link leads out of `raw/`.
    #[error(
        "{} is a symbolic link to {}, outside of {}: nothing is written through it. \
         Replace it by a folder (`raw` itself may be a link)",
        .link.display(), .target.display(), .raw.display()
    )]
    LeavesRaw {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
        /// The folder that must not be left.
        raw: PathBuf,
    },
    /// The file system refused.
    #[error("cannot {action} {}: {source}{}", .path.display(), advice(source))]
    Local {
        /// What was tried, as in "cannot … PATH".
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// No source has the file, now. All other errors need the user: a file that was changed, a full
    /// disk, a symbolic link that leads out of `raw/`.
    #[error("expected {expected}; tried{}", list(study, path, tried))]
    Unavailable {
        /// The study.
        study: String,
        /// [`Pin::path`].
        path: String,
        /// What is pinned.
        expected: Content,
        /// Each source that was tried, in order. Never empty.
        tried: Vec<Tried>,
    },
}

impl FileError {
    /// For `map_err` after an operation of the file system.
    pub(super) fn local(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
        let path = path.to_owned();
        move |source| FileError::Local { action, path, source: Arc::new(source) }
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; make room and run fetch again, which goes on from here"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "; raw/ has to be writable for fetch",
        _ => "",
    }
}

fn list(study: &str, path: &str, tried: &[Tried]) -> String {
    let mut text = String::new();
    for Tried { place, problem } in tried {
        text.push_str(&format!("\n  {place}: {problem}"));
    }
    let fetch = format!("run `cargo xtask fetch {study}`");
    let mirror = format!("put the file at DIR/{study}/{path} and {fetch} with `--mirror DIR`");
    let remedy = match tried.last().map(|tried| &tried.problem) {
        Some(Problem::Interrupted { .. }) => format!("{fetch} again, which goes on from there"),
        Some(Problem::NoAnswer { .. }) => format!("check the network and {fetch} again, or {mirror}"),
        Some(Problem::Other { .. } | Problem::Size { .. }) => {
            format!("if the pin is right, upstream has changed: {mirror}")
        }
        _ => format!("if you have a copy, {mirror}"),
    };
    text + "\n  " + &remedy
}

/// One source that was asked for a file in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The file of the mirror, or the URL.
    pub place: String,
    /// Why it did not serve.
    pub problem: Problem,
}

/// Why a source did not serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A mirror does not have the file.
    #[error("not there")]
    Absent,
    /// A mirror has something else of that name.
    #[error("no regular file")]
    NotAFile,
    /// A mirror's file cannot be read.
    #[error("cannot be read: {cause}")]
    Unreadable {
        /// What the system said.
        cause: String,
    },
    /// The source has another file.
    #[error("another file: {found}")]
    Other {
        /// What it has.
        found: Content,
    },
    /// The source has a file of another size; it was not read to its end.
    #[error("another file: {}", size(found, expected))]
    Size {
        /// Size in bytes if the server told.
        found: Option<u64>,
        /// Size that is pinned.
        expected: u64,
    },
    /// The server has no such file, or does not give it.
    #[error("answered {status}{}", redirected(at))]
    Status {
        /// Status code and reason, such as `404 Not Found`.
        status: String,
        /// The URL that answered so, if there was a redirect.
        at: Option<String>,
    },
    /// The server could not be reached, or broke off before it answered.
    #[error("no answer: {cause}")]
    NoAnswer {
        /// What the connection said.
        cause: String,
    },
    /// The transfer broke off each time.
    #[error("broke off at {} of {}: {cause}", DecimalBytes(*have), DecimalBytes(*expected))]
    Interrupted {
        /// Bytes that have arrived and are kept.
        have: u64,
        /// Size that is pinned.
        expected: u64,
        /// What the connection said.
        cause: String,
    },
    /// A redirect that is not followed.
    #[error("redirects to {to}: {fault}")]
    Redirect {
        /// Where to.
        to: String,
        /// Why not.
        fault: &'static str,
    },
    /// An answer that makes no sense.
    #[error("answered {what}")]
    Nonsense {
        /// What is odd.
        what: String,
    },
    /// Upstream is switched off.
    #[error("not asked (JOULEBOOK_UPSTREAM=off)")]
    NotAsked,
}

fn size(found: &Option<u64>, expected: &u64) -> String {
    match found {
        Some(found) => format!("{found} bytes, {expected} are pinned"),
        None => format!("more than the {expected} bytes that are pinned"),
    }
}

fn redirected(at: &Option<String>) -> String {
    at.as_ref().map_or_else(String::new, |at| format!(" (redirected to {at})"))
}

/// Why the transfer from one source ended without the file.
#[derive(Debug)]
pub(super) enum Stop {
    /// The source is to blame: the next one may serve.
    Source(Problem),
    /// This machine is to blame: no other source would help.
    Here(FileError),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Stop {
        Stop::Source(problem)
    }
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Stop {
        Stop::Here(error)
    }
}
