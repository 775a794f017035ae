//! What `cargo xtask` starts: it has the program compiled and then takes its place.
//!
//! A first build compiles for minutes before the program can say a word. This one has no dependencies
//! and is there after a second, so it says what is going on and how long it takes.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::process::{Command, ExitCode};
use std::thread;

/// What a first build takes: minutes of processor time, and the least that it takes on any number of
/// cores, because most of it waits for one library of the typesetter. Measured as
/// `paper/artifact/effort.toml` tells.
const PROCESSOR_MINUTES: usize = 10;
const LEAST_MINUTES: usize = 3;
/// How many packages there are to compile at most; some are for tests, or for other systems.
const LOCK: &str = include_str!("../../../Cargo.lock");

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(error) => {
            // Where nobody can be told, the exit code has to do.
            let _ = writeln!(io::stderr(), "error: cannot start the program: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> io::Result<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let program = env::current_exe()?.with_file_name(format!("xtask{}", env::consts::EXE_SUFFIX));
    let quiet = arguments.iter().any(|argument| argument == "--quiet" || argument == "-q");
    if !program.exists() && !quiet {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let _ = writeln!(io::stderr(), "{}", notice(cores));
    }
    // Set by cargo, which started this.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = command(&cargo);
    let compiled = build.args(["build", "--package", "xtask"]).args(quiet.then_some("--quiet")).status()?;
    if !compiled.success() {
        return Ok(ExitCode::from(compiled.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)));
    }
    become_program(command(program.as_os_str()).args(&arguments))
}

/// A command that is not told what cargo says of this package: build scripts that look at it would run again.
fn command(program: &OsStr) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// What is said before a first build.
fn notice(cores: usize) -> String {
    let minutes = PROCESSOR_MINUTES.div_ceil(cores.max(1)).max(LEAST_MINUTES);
    let packages = LOCK.lines().filter(|line| *line == "[[package]]").count();
    format!(
        "The first build compiles polars, typst, a JavaScript engine and what they need, up to {packages} packages: \
         once, about {minutes} min here ({})",
        if cores == 1 { "1 core".to_owned() } else { format!("{cores} cores") },
    )
}

#[cfg(unix)]
fn become_program(program: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(program.exec())
}

#[cfg(not(unix))]
fn become_program(program: &mut Command) -> io::Result<ExitCode> {
    let status = program.status()?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_is_what_was_measured_on_two_cores() {
        let effort = include_str!("../../../paper/artifact/effort.toml");
        let compile = effort.split("[[step]]").find(|step| step.contains("id = \"compile\"")).expect("the first build");
        let time =
            compile.lines().find_map(|line| line.strip_prefix("time = \"")?.strip_suffix('"')).expect("its time");
        assert!(effort.contains("machine = \"2 cores") && notice(2).contains(&format!("about {time} here")), "{time}");
    }

    #[test]
    fn the_notice_knows_the_machine() {
        assert!(notice(1).ends_with("about 10 min here (1 core)"));
        assert!(notice(2).ends_with("about 5 min here (2 cores)"));
        assert!(notice(64).ends_with("about 3 min here (64 cores)"));
        assert!(notice(1).contains(" packages: "));
    }
}
