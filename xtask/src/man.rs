//! `cargo xtask man`: the help as man pages.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::{Exit, Failure};

/// Name of the first page: `cargo help xtask` opens the page of that name. Those of the commands follow it.
const NAME: &str = "cargo-xtask";

#[derive(Args)]
pub(crate) struct ManPages {
    /// The folder to write all pages to; the first one goes to stdout otherwise.
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &ManPages) -> Result<Exit, Failure> {
    let pages = pages().map_err(|error| Failure::io("write", "a man page", &error))?;
    let Some(folder) = &arguments.out else {
        let first = pages.first().map_or(&[][..], |(_, page)| page);
        io::stdout().write_all(first).map_err(|error| Failure::io("print", "the man page", &error))?;
        return Ok(Exit::Success);
    };
    fs::create_dir_all(folder).map_err(|error| Failure::io("make", folder.display(), &error))?;
    for (name, page) in pages {
        let file = folder.join(name);
        fs::write(&file, page).map_err(|error| Failure::io("write", file.display(), &error))?;
        anstream::println!("{}", file.display());
    }
    Ok(Exit::Success)
}

/// The page of the program and those of its commands: name of the file, and content.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut program = Cli::command().name(NAME).disable_help_subcommand(true);
    program.build();
    let page = |command: &Command| {
        // Of a command the name with those above it, which `build` has put together.
        let name = command.get_display_name().unwrap_or(NAME).to_owned();
        let mut page = Vec::new();
        Man::new(command.clone()).title(name.clone()).manual("Joulebook").render(&mut page)?;
        Ok((format!("{name}.1"), page))
    };
    shown(&program).into_iter().map(page).collect()
}

/// A command and those below it, but for what is no business of who types commands.
fn shown(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|command| !command.is_hide_set()).flat_map(shown);
    [command].into_iter().chain(below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_example() {
        let pages = pages().unwrap();
        assert!(pages.iter().any(|(name, _)| name == "cargo-xtask-build-paper.1"));
        assert!(pages.iter().any(|(name, _)| name == "cargo-xtask-export-snakemake.1"));
        assert!(!pages.iter().any(|(name, _)| name.contains("isolated")), "what is hidden has no page");
        for (name, page) in pages {
            let page = String::from_utf8(page).unwrap();
            assert!(page.contains(".SH SYNOPSIS"), "{name}: {page}");
            // The program itself, and one that only leads to others, have those of their commands.
            let leads = name == format!("{NAME}.1") || name == format!("{NAME}-export.1");
            assert!(page.contains("Example") || leads, "{name}: {page}");
        }
    }
}
