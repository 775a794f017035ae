//! `cargo xtask`: the command line of Joulebook. Thin: each command is a call of the crates below.

mod build_paper;
mod check;
mod clean;
mod cli;
mod completions;
mod console;
mod data;
mod doctor;
mod export;
mod fetch;
mod fsck;
mod gc;
mod graph;
mod inspect;
mod isolated;
mod machine;
mod man;
mod needs;
mod new_study;
mod package;
mod parallel;
mod plan;
mod push;
mod quantity;
mod report;
mod reproduce;
mod simulate;
mod smoke;
mod stage;
mod status;
mod verify;
mod watch;
mod what_ran;
mod workspace;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::console::Console;

fn main() -> ExitCode {
    let Cli { command, quiet, root } = Cli::parse();
    let console = Console::new(quiet);
    match run(root, command, &console) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            console.error(&failure.message);
            failure.exit.into()
        }
    }
}

fn run(root: Option<PathBuf>, command: Command, console: &Console) -> Result<Exit, Failure> {
    // Not every command needs a workspace: any file can be looked into, from anywhere.
    let root = || workspace::find(root);
    match command {
        Command::BuildPaper(arguments) => build_paper::run(&root()?, &arguments, console),
        Command::Fetch(arguments) => fetch_command(&root()?, &arguments, console),
        Command::Simulate(arguments) => simulate::run(&arguments, console),
        Command::Package(arguments) => package::run(&root()?, &arguments, console),
        Command::Plan(arguments) => plan::plan(&root()?, &arguments.into(), console),
        Command::Explain(arguments) => plan::explain(&root()?, &arguments.into(), console),
        Command::Stage(arguments) => stage::run(&root()?, &arguments, console),
        Command::IsolatedStage(data) => isolated::serve(&root()?, &data),
        Command::Export(arguments) => export::run(&root()?, arguments, console),
        Command::Graph(arguments) => graph::run(&root()?, &arguments),
        Command::Report(arguments) => report::run(&root()?, arguments, console),
        Command::Reproduce(arguments) => reproduce::run(&root()?, &arguments, console),
        Command::Check(arguments) => check::run(&root()?, &arguments, console),
        Command::Status(arguments) => status::run(&root()?, &arguments.into(), console),
        Command::Verify(arguments) => verify::run(&root()?, &arguments, console),
        Command::WhatRan(arguments) => what_ran::run(&root()?, &arguments, console),
        Command::Clean(arguments) => clean::run(&root()?, &arguments, console),
        Command::Gc(arguments) => gc::run(&root()?, &arguments, console),
        Command::Fsck(arguments) => fsck::run(&root()?, &arguments, console),
        Command::Push(arguments) => push::run(&root()?, &arguments.into(), console),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&root()?, &arguments, console),
        Command::Man(arguments) => man::run(&arguments),
        Command::NewStudy(arguments) => new_study::run(&root()?, &arguments, console),
    }
}

fn fetch_command(root: &Path, arguments: &cli::Fetch, console: &Console) -> Result<Exit, Failure> {
    let studies = workspace::sources(root, &arguments.studies)?;
    let mut options = fetch::Options::from_env(arguments.mirrors.clone()).map_err(Failure::usage)?;
    options.force = arguments.force;
    let report = fetch::fetch(root, &studies, &options, &*fetch::progress::on_stderr(console.quiet()));
    anstream::println!("{report}");
    report.messages().iter().for_each(|message| console.error(message));
    Ok(if report.is_complete() { Exit::Success } else { Exit::Failed })
}

/// How the program ends; documented in the help of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Success = 0,
    /// A stage failed, or a file could not be had.
    Failed = 1,
    /// The command line was wrong; clap uses the same code.
    Usage = 2,
    /// Another process builds.
    Locked = 3,
    /// A plan found something to do.
    Stale = 4,
    /// All was made, and a value is not the published one, or not the same when made again.
    Mismatch = 5,
    /// Stopped by Ctrl-C, as shells tell it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
struct Failure {
    message: String,
    exit: Exit,
}

impl Failure {
    fn new(error: impl ToString) -> Self {
        Self { message: error.to_string(), exit: Exit::Failed }
    }

    fn usage(error: impl ToString) -> Self {
        Self { message: error.to_string(), exit: Exit::Usage }
    }

    /// A file could not be read, written or printed.
    fn io(doing: &str, what: impl std::fmt::Display, error: &std::io::Error) -> Self {
        Self::new(format!("cannot {doing} {what}: {error}"))
    }
}
