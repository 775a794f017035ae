//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use lexopt::prelude::*;

pub(crate) const HELP: &str = "\
Builds a graph of stages that is written down as JSON.

Usage: dag-run [OPTIONS] SPEC.json [TARGET]...

  SPEC.json            an array of stages: {\"id\", \"command\", \"inputs\", \"outputs\", \"env\"}; `-` reads it from
                       standard input. A command is a line for /bin/sh or a list of a program and its arguments. It
                       runs in a folder that mirrors the workspace and holds its inputs only, with the variables
                       in \"env\" ({\"NAME\": \"value\"}, or null for the value from here) and a plain PATH.
  TARGET               a stage, the beginning of ids up to a `/`, or an output; what it needs is built too.
                       Without targets all stages are built

Options:
  -C, --root DIR       the workspace, which all paths in SPEC.json are relative to [default: the current folder]
  -j, --jobs N         how many stages run at once [default: the number of cores]
  -n, --plan           tell what would be done, and why; write nothing (also: --dry-run)
      --explain STAGE  tell why a stage would run; write nothing
      --what-ran       tell of the last builds in which something was done: what ran, and why; with a TARGET,
                       of its stages
      --json           print the report, the plan or the log as JSON
  -q, --quiet          tell of failures only
      --folder DIR     where to keep what is remembered and stored [default: .dag in the workspace]
  -h, --help           print this
  -V, --version        print the version

Exit codes:
  0    every output is right; with --plan: and was so before
  1    a stage failed; with --plan: an input is missing, so that one would fail
  2    the arguments or SPEC.json are wrong
  3    another process builds in the workspace
  4    with --plan: there is something to do
  130  stopped by Ctrl-C or another signal
";

pub(crate) enum Parsed {
    Run(Arguments),
    Tell(&'static str),
}

pub(crate) struct Arguments {
    pub(crate) spec: PathBuf,
    pub(crate) targets: Vec<String>,
    pub(crate) root: PathBuf,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) mode: Mode,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
}

pub(crate) enum Mode {
    Build,
    Plan,
    Explain(String),
    WhatRan,
}

pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Parsed, lexopt::Error> {
    let (mut spec, mut targets, mut mode) = (None, Vec::new(), Mode::Build);
    let (mut root, mut folder, mut jobs, mut json, mut quiet) = (PathBuf::from("."), None, None, false, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('C') | Long("root") => root = parser.value()?.into(),
            Short('j') | Long("jobs") => jobs = Some(parser.value()?.parse()?),
            Short('n') | Long("plan" | "dry-run") => mode = Mode::Plan,
            Long("explain") => mode = Mode::Explain(parser.value()?.string()?),
            Long("what-ran") => mode = Mode::WhatRan,
            Long("json") => json = true,
            Short('q') | Long("quiet") => quiet = true,
            Long("folder") => folder = Some(parser.value()?.into()),
            Short('h') | Long("help") => return Ok(Parsed::Tell(HELP)),
            Short('V') | Long("version") => {
                return Ok(Parsed::Tell(concat!("dag-run ", env!("CARGO_PKG_VERSION"), "\n")));
            }
            Value(path) if spec.is_none() => spec = Some(PathBuf::from(path)),
            Value(target) => targets.push(target.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    let spec = spec.ok_or("no SPEC.json is given")?;
    Ok(Parsed::Run(Arguments { spec, targets, root, folder, jobs, mode, json, quiet }))
}
