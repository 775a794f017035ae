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
    /// The engine's folder was made by another version.
    #[error(
        "{} has the format {found:?}, which this version does not know\n  help: use the version that made it, or remove the folder: it only saves work", folder.display()
    )]
    Version { folder: PathBuf, found: String },
    /// The engine's folder cannot be used.
    #[error("{}", Problem::io("use the engine's folder", folder, error))]
    Folder { folder: PathBuf, error: io::Error },
    /// The targets do not fit the graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
}
