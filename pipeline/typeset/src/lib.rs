//! Papers: one door to typst, with two backends that give the same pages.
//!
//! [`Backend::choose`] takes the `typst` command line that the caller names, or else the compiler
//! that is part of this program (cargo feature `embedded`), or, built without it, a `typst` on PATH.
//! A [`Document`] is complete in itself: neither backend reads a file, a font, a package, a clock or
//! an environment variable of the machine, and equal documents give equal bytes.

mod command;
mod diagnostic;
mod document;
#[cfg(feature = "embedded")]
mod embedded;
mod error;
mod fonts;

use std::path::PathBuf;
use std::time::Duration;

pub use diagnostic::{Call, Diagnostic, Location, Severity};
pub use document::{Document, Pdf, Standard};
pub use error::Error;
pub use fonts::{NOTO_SANS, SANS_FAMILY};

/// A typst compiler.
#[derive(Debug)]
pub struct Backend(Kind);

#[derive(Debug)]
enum Kind {
    #[cfg(feature = "embedded")]
    Embedded(embedded::Compiler),
    Command(command::CommandLine),
}

/// How long a command line may take for one document, unless [`Backend::with_time_limit`] says
/// otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(120);

impl Backend {
    /// The command line at `explicit` if given (a path, or a name to look up on PATH); else the
    /// embedded compiler; else, in a program that has none, `typst` on PATH.
    ///
    /// # Errors
    /// If the command line is missing, does not answer or is no typst, or if there is none at all.
    pub fn choose(explicit: Option<PathBuf>) -> Result<Self, Error> {
        Self::with_time_limit(explicit, TIME_LIMIT)
    }

    /// As [`Backend::choose`], with the time that a command line is given for each of its runs. The
    /// embedded compiler cannot be interrupted and has no limit.
    ///
    /// # Errors
    /// As [`Backend::choose`].
    pub fn with_time_limit(explicit: Option<PathBuf>, limit: Duration) -> Result<Self, Error> {
        if let Some(program) = explicit {
            return Ok(Self(Kind::Command(command::CommandLine::new(program, limit)?)));
        }
        #[cfg(feature = "embedded")]
        return Ok(Self(Kind::Embedded(embedded::Compiler::new())));
        #[cfg(not(feature = "embedded"))]
        match command::CommandLine::new(PathBuf::from("typst"), limit) {
            Err(Error::Start { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Err(Error::NoBackend),
            other => Ok(Self(Kind::Command(other?))),
        }
    }

    /// Which compiler this is and of which version, as in `typst 0.15.1 (embedded)`: what has to be
    /// part of the key of whatever is made with it. It does not depend on where the program lies.
    pub fn identity(&self) -> String {
        match &self.0 {
            #[cfg(feature = "embedded")]
            Kind::Embedded(_) => embedded::identity(),
            Kind::Command(command) => command.identity(),
        }
    }

    /// Whether a document that differs little from one before takes less time than that one.
    pub fn remembers(&self) -> bool {
        match &self.0 {
            #[cfg(feature = "embedded")]
            Kind::Embedded(_) => true,
            Kind::Command(_) => false,
        }
    }

    /// Typesets a document.
    ///
    /// # Errors
    /// [`Error::Document`] if the document is at fault, with every error that the compiler found;
    /// others if it is not a project at all or the command line does not do its work.
    pub fn pdf(&self, document: &Document) -> Result<Pdf, Error> {
        document.check()?;
        match &self.0 {
            #[cfg(feature = "embedded")]
            Kind::Embedded(compiler) => compiler.pdf(document),
            Kind::Command(command) => command.pdf(document),
        }
    }
}
