//! Isolation: stages that can read what they declare, and nothing else.
//!
//! A stage runs in a process that has told the kernel (Landlock, since Linux 5.13) which files it may
//! read, and that it may write to its scratch folder only. The kernel refuses everything else, so an
//! input that is not declared is an error, which names the path wherever the stage's code or command
//! tells it. Connections over TCP are refused too, since Linux 6.7.
//!
//! Not every undeclared read shows: code that takes a refusal for a file that is not there, and goes
//! on, makes what it makes without the file. The digests of an isolated build and of a usual one then
//! differ. Looking at a file without opening it (its size, its date, whether it is there) is not
//! refused, nor are connections other than TCP.
//!
//! Threads that are there already when a process restricts itself are not restricted, and what one
//! stage has read into memory another finds there. So a function does not run in a thread of the
//! build but in a process of its own, which is the same program started again ([`Isolation::helper`],
//! [`serve`]). A command restricts itself between `fork` and `exec`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod rules;

#[cfg(target_os = "linux")]
pub use child::serve;
#[cfg(target_os = "linux")]
pub(crate) use {child::run_function, rules::confine};

/// There is nothing to serve: see [`probe`].
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn serve(_: impl FnOnce() -> Result<crate::Graph, crate::Problem>) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

const SYSTEM: [&str; 10] = ["/bin", "/etc", "/lib", "/lib32", "/lib64", "/nix/store", "/opt", "/proc", "/sbin", "/usr"];

/// Folders with programs and what they need, as far as they are there. Commands may read and run what
/// is below them; functions that start programs must be let in ([`Isolation::readable`]).
pub fn system() -> impl Iterator<Item = &'static Path> {
    SYSTEM.into_iter().map(Path::new).filter(|folder| folder.is_dir())
}

/// How stages are kept from what they do not declare. See [`Options::isolation`].
///
/// [`Options::isolation`]: crate::Options::isolation
#[derive(Clone, Debug)]
pub struct Isolation {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(crate) helper: Vec<OsString>,
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(crate) readable: Vec<PathBuf>,
}

impl Isolation {
    /// Isolation, if this system can do it.
    ///
    /// # Errors
    /// When it cannot.
    pub fn new() -> Result<Self, Unsupported> {
        Self::if_supported(probe())
    }

    /// Isolation, given what [`probe`] says.
    pub fn if_supported(probed: Result<(), Unsupported>) -> Result<Self, Unsupported> {
        probed.map(|()| Self { helper: Vec::new(), readable: Vec::new() })
    }

    /// The arguments with which this program, started again, calls `serve` and nothing else: stages
    /// that are functions run there.
    pub fn helper<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.helper = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Lets every stage read, and run, a file or what is below a folder, such as a tool that its code
    /// depends on.
    pub fn readable(mut self, path: impl Into<PathBuf>) -> Self {
        self.readable.push(path.into());
        self
    }
}

/// The system cannot isolate stages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this system cannot keep stages from files that they do not declare: {0}\n  \
     help: it takes Linux 5.13 or later with Landlock switched on (`lsm=landlock,…` on the kernel's command line), and \
     a container that lets its system calls through; or build without isolation"
)]
pub struct Unsupported(pub String);

/// Whether this system can isolate stages.
///
/// # Errors
/// When it cannot, with the reason.
pub fn probe() -> Result<(), Unsupported> {
    #[cfg(target_os = "linux")]
    return rules::probe().map_err(|error| Unsupported(error.to_string()));
    #[cfg(not(target_os = "linux"))]
    Err(Unsupported("it is not Linux".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_cannot_do_it_is_told_what_it_takes() {
        let error = Isolation::if_supported(Err(Unsupported("no such system call".into()))).unwrap_err();
        for part in ["no such system call", "Linux 5.13", "Landlock", "without isolation"] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
