//! Builds whose stages can read what they declare and nothing else: `--isolated`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use dag::isolation::{self, Isolation, Unsupported};
use dag::{Graph, Problem};
use studies::Chosen;

use crate::data::{self, Data};
use crate::{Exit, Failure, machine};

/// The command by which this program runs a stage for a build that isolates it. It is no business of
/// who types commands.
pub(crate) const COMMAND: &str = "isolated-stage";

/// How a build isolates its stages, given what [`isolation::probe`] says: each in this program, started
/// again with the same data.
pub(crate) fn isolation(
    root: &Path,
    chosen: &[Chosen],
    typst: Option<&Path>,
    probed: Result<(), Unsupported>,
) -> Result<Isolation, Failure> {
    let mut isolation = Isolation::if_supported(probed).map_err(Failure::new)?;
    let root = std::path::absolute(root).map_err(|error| Failure::io("find", root.display(), &error))?;
    let mut helper = vec![OsString::from(COMMAND), "--root".into(), root.into()];
    helper.extend(data::arguments(chosen));
    if let Some(typst) = typst.map(found) {
        // A program, and all that a program needs.
        helper.extend(["--typst".into(), typst.clone().into()]);
        isolation = isolation::system().fold(isolation.readable(typst), Isolation::readable);
    }
    Ok(isolation.helper(helper))
}

/// Where a program is: a mere name is looked up on PATH, as the typesetter does.
fn found(program: &Path) -> PathBuf {
    let named = program.to_str().filter(|_| program.components().count() == 1).and_then(machine::on_path);
    named.or_else(|| std::path::absolute(program).ok()).unwrap_or_else(|| program.to_owned())
}

/// Runs the stage that a build asks for on standard input.
pub(crate) fn serve(root: &Path, data: &Data) -> Result<Exit, Failure> {
    let graph = || -> Result<Graph, Problem> { data.graph(root).map_err(|failure| Problem::new(failure.message)) };
    isolation::serve(graph).map_err(|error| {
        let Failure { message, exit } = Failure::io("run", "a stage for another process", &error);
        Failure { message: format!("{message}; `cargo xtask build-paper --isolated` starts this by itself"), exit }
    })?;
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_that_cannot_isolate_is_an_error_with_exit_code_1_that_says_what_it_takes() {
        let probed = Err(Unsupported("Landlock is not enabled".into()));
        let failure = isolation(Path::new("/"), &[], None, probed).unwrap_err();
        assert_eq!(failure.exit, Exit::Failed);
        for part in ["Landlock is not enabled", "Linux 5.13", "without isolation"] {
            assert!(failure.message.contains(part), "{}", failure.message);
        }
        assert!(isolation(Path::new("/"), &[], None, Ok(())).is_ok());
    }
}
