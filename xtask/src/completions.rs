//! `cargo xtask completions`: what a shell needs to complete commands, options and their values.

use std::io;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::{Exit, Failure};

/// What the script completes. Cargo completes its own command line, so that ours needs a name of its own.
const ALIAS: &str = "xtask";

#[derive(Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(arguments: &Completions) -> Result<Exit, Failure> {
    // The generator panics where it cannot write: into memory it can.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command().bin_name(ALIAS), ALIAS, &mut script);
    io::Write::write_all(&mut io::stdout(), &script)
        .map_err(|error| Failure::io("print", "the completions", &error))?;
    Ok(Exit::Success)
}
