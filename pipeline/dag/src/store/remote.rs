//! A store elsewhere: what the engine asks of it.

use std::io::{self, Write};
use std::path::Path;

/// A store elsewhere, with the same files at the same paths, such as `objects/ab/cdef…` and `VERSION`.
///
/// The engine checks everything that it reads against its digest. It cannot check that a stage made
/// what a manifest says: who can write to a remote store decides on that.
pub trait Remote: Send + Sync {
    /// Where it is, for messages.
    fn name(&self) -> &str;

    /// Writes the file at `path` to `to`; `false` where there is none. An error of `to` is to be handed
    /// on: it means that the file is longer than it should be.
    ///
    /// # Errors
    /// When it cannot be told whether there is such a file, or what it holds. The engine does not ask again.
    fn read(&self, path: &str, to: &mut dyn Write) -> io::Result<bool>;

    /// Whether there is a file at `path`.
    ///
    /// # Errors
    /// When that cannot be told.
    fn has(&self, path: &str) -> io::Result<bool>;

    /// Puts a copy of `file` at `path`, where it appears whole or not at all.
    ///
    /// # Errors
    /// When it is not there afterwards.
    fn write(&self, path: &str, file: &Path) -> io::Result<()>;
}
