//! Why a build could not begin at all.

use std::io;
use std::path::PathBuf;

use crate::graph::GraphError;
use crate::problem::Problem;

/// Why a build could not begin, or could not be written down. What is wrong with single stages is
/// told in the [`Report`](crate::Report).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process builds in this workspace.
    #[error("another build is at work here: {holder}\n  help: wait for it to end, or stop it")]
    Locked {
        /// The process and its command line.
        holder: String,
    },
    /// The engine's folder or the store was written by another version.
    #[error("{folder} has the format {found:?}, and this program knows {known:?}\n  help: {help}")]
    Version {
        /// Where.
        folder: String,
        found: String,
        known: String,
        help: String,
    },
    /// The folder that was named for the store holds something else.
    #[error(
        "{} is not empty and not a store\n  help: name an empty folder, or one that does not exist yet", folder.display()
    )]
    NoStore { folder: PathBuf },
    /// Another process collects what is not needed, or builds, with the same store.
    #[error("{holder} with the store {}\n  help: run again when it is done", store.display())]
    StoreInUse { store: PathBuf, holder: &'static str },
    /// The store cannot be read or changed.
    #[error("{}", Problem::io("use the store", file, error))]
    Store { file: PathBuf, error: io::Error },
    /// The engine's folder cannot be used.
    #[error("{}", Problem::io("use the engine's folder", folder, error))]
    Folder { folder: PathBuf, error: io::Error },
    /// The store is to be removed while others use it.
    #[error("the store {} is also used by {other}\n  help: `gc` removes what none of you needs", store.display())]
    SharedStore {
        store: PathBuf,
        /// The engine's folder of another workspace.
        other: String,
    },
    /// What a build has made cannot be removed.
    #[error("{0}")]
    Remove(Problem),
    /// The targets do not fit the graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
}
