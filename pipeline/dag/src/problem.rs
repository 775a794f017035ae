//! What a stage reports when it cannot make its outputs.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Why a stage failed, told so that the reader can act: what is wrong, in which file and line,
/// what was expected, and what to do next. The engine adds the stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong, in one sentence.
    pub message: String,
    /// The file in which it was found, relative to the workspace where it lies inside.
    pub file: Option<PathBuf>,
    /// The line in that file, from 1.
    pub line: Option<u64>,
    /// What would have been right.
    pub expected: Option<String>,
    /// What to do next.
    pub help: Option<String>,
    /// The external command that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Box<FailedCommand>>,
}

/// An external command that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCommand {
    /// The command as one would type it.
    pub command: String,
    /// What it printed, the end of it where it is long.
    pub printed: String,
}

impl Problem {
    /// A problem with nothing but its message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), file: None, line: None, expected: None, help: None, command: None }
    }

    /// Names the file.
    pub fn in_file(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(file.as_ref().to_owned());
        self
    }

    /// Names the line, from 1.
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// Says what would have been right.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what to do next.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the external command, and tells what it printed.
    #[cfg(unix)]
    pub(crate) fn of_command(mut self, command: String, printed: String) -> Self {
        self.command = Some(Box::new(FailedCommand { command, printed }));
        self
    }

    /// A failed operation on a file; `doing` completes "cannot … the file", such as "write".
    pub fn io(doing: &str, file: impl AsRef<Path>, error: &io::Error) -> Self {
        let problem = Self::new(format!("cannot {doing}: {error}")).in_file(file);
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                problem.help("free some space and run again; what was built before is kept")
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => problem
                .help("make the file and its folder writable for you and run again; what was built before is kept"),
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::AlreadyExists => {
                problem.help("something of another kind is in the way: move it and run again")
            }
            _ => problem,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(file) = &self.file {
            write!(f, "\n  file: {}", file.display())?;
            if let Some(line) = self.line {
                write!(f, ", line {line}")?;
            }
        }
        if let Some(FailedCommand { command, printed }) = self.command.as_deref() {
            write!(f, "\n  command: {}", command.trim_end().replace('\n', "\n    "))?;
            printed.lines().try_for_each(|line| write!(f, "\n  | {line}"))?;
        }
        if let Some(expected) = &self.expected {
            write!(f, "\n  expected: {expected}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
