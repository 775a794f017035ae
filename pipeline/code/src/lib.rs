//! Collects the code behind each module of a crate, in the build script of a crate that holds stages.
//!
//! A stage is as stale as its code: the source files of its module, those of the crates that it
//! calls, and the locked versions of the dependencies below. The build script calls
//! [`Workspace::emit`]; the crate then includes the file that it wrote, a constant of the engine's
//! type `dag::code::Table`.
//!
//! A crate of its own, so that a build script needs no engine: that one would be compiled twice.

mod lock;
mod module;
mod workspace;

use sha2::{Digest as _, Sha256};

pub use self::workspace::Workspace;

/// One part of the code: a source file, or a locked dependency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    /// Path of the source file, or name of the dependency.
    name: String,
    /// Empty for what has none.
    version: String,
    /// Of the file, or of the dependency's version and checksum.
    sha256: [u8; 32],
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
