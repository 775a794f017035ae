//! What can go wrong, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::diagnostic::Diagnostic;

/// Why a backend could not be chosen or a document not be typeset.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Built without the compiler, and no command line was found.
    #[error(
        "no typst: this program was built without the compiler in it (cargo feature `embedded`), \
         and there is no `typst` on PATH; set JOULEBOOK_TYPST to the path of one, or build with the feature"
    )]
    NoBackend,
    /// The command line could not be started.
    #[error("cannot run `{}`: {source}; JOULEBOOK_TYPST, if set, has to be the path of a typst command line", program.display())]
    Start {
        /// What was to be run.
        program: PathBuf,
        /// Why it did not run.
        source: io::Error,
    },
    /// The command ran, but is no typst.
    #[error("`{} --version` printed {output:?}; expected `typst MAJOR.MINOR.PATCH`", program.display())]
    NotTypst {
        /// What was run.
        program: PathBuf,
        /// The start of what it printed.
        output: String,
    },
    /// The command line took too long and was stopped.
    #[error("`{}` was stopped: it did not end within {} s", program.display(), limit.as_secs_f64())]
    TimeLimit {
        /// What was run.
        program: PathBuf,
        /// How long it was given.
        limit: Duration,
    },
    /// The command line failed without a diagnostic that could be read.
    #[error("`{}` failed ({status}); it printed {output:?}", program.display())]
    Command {
        /// What was run.
        program: PathBuf,
        /// The exit status.
        status: std::process::ExitStatus,
        /// The start of its standard error.
        output: String,
    },
    /// The command line said that it succeeded, but wrote no PDF.
    #[error("`{}` succeeded, but wrote no PDF", program.display())]
    NoPdf {
        /// What was run.
        program: PathBuf,
    },
    /// The document has errors: the compiler's diagnostics, the first error first. Warnings that
    /// came with them are left out.
    #[error("{}", list(.0))]
    Document(Vec<Diagnostic>),
    /// A path that cannot name a file of a project.
    #[error("the path {path:?} cannot name a file of a document: {reason}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// One path is a file and the folder of another one.
    #[error("the document has a file `{file}`, and a file `{path}` below it; only a folder can hold files")]
    FileIsFolder {
        /// The path that is a file.
        file: String,
        /// The path that needs it to be a folder.
        path: String,
    },
    /// The main file is not among the files.
    #[error("the document has {files} files, but its main file `{main}` is not one of them")]
    NoMain {
        /// The path of the main file.
        main: String,
        /// How many files there are.
        files: usize,
    },
    /// A date that cannot be written.
    #[error("the timestamp {0} is not within the years 0 to 9999")]
    Timestamp(i64),
    /// The project could not be laid out for the command line, or its result not be read.
    #[error("{what} `{}`: {source}", path.display())]
    File {
        /// What was tried, as in "cannot write".
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The threads that the compiler runs on could not be started.
    #[error("cannot start the compiler's threads: {0}")]
    Threads(String),
}

impl Error {
    /// Makes the error of a file operation; for `map_err`.
    pub(crate) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}

/// One diagnostic after the other, each on lines of its own.
fn list(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
