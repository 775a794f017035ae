//! `dag-run SPEC.json`: builds a graph that is written down as JSON. See [`dag::spec`].

mod arguments;
mod console;
mod what_ran;

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, Mode, Parsed};
use console::Console;
use dag::log::{Entry, LoggedStage};
use dag::{Engine, Error, Graph, Options, Outcome, Plan};

/// How the program ends.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Exit {
    /// Every output that was asked for is right; of a plan: and was before.
    Success = 0,
    /// A stage failed, or of a plan: would fail for lack of an input.
    Failed = 1,
    /// The arguments or the specification are wrong.
    Usage = 2,
    /// Another process builds in the workspace.
    Locked = 3,
    /// Of a plan: a build would have something to do.
    Stale = 4,
    /// Stopped by a signal: 128 and the number of SIGINT.
    Interrupted = 130,
}

fn main() -> ExitCode {
    let exit = match arguments::parse(lexopt::Parser::from_env()) {
        Ok(Parsed::Run(arguments)) => run(&arguments).unwrap_or_else(|(message, exit)| {
            eprintln!("error: {message}");
            exit
        }),
        Ok(Parsed::Tell(text)) => {
            print(text);
            Exit::Success
        }
        Err(error) => {
            eprintln!("error: {error}\n  help: `dag-run --help` tells the options");
            Exit::Usage
        }
    };
    ExitCode::from(exit as u8)
}

type Failure = (String, Exit);

fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let usage = |message: String| (message, Exit::Usage);
    let spec = arguments.spec.display();
    let json = read(&arguments.spec).map_err(|error| usage(format!("cannot read {spec}: {error}")))?;
    let stages = dag::spec::stages(&json).map_err(|error| usage(format!("{spec}: {error}")))?;
    let graph = Graph::new(stages).map_err(|error| usage(format!("{spec}: {error}")))?;
    let root = &arguments.root;
    if !root.is_dir() {
        return Err(usage(format!("the workspace {} is not a folder", root.display())));
    }
    let mut options = Options::new(root);
    options.folder = arguments.folder.clone().unwrap_or_else(|| root.join(".dag"));
    if let Some(jobs) = arguments.jobs {
        options.jobs = jobs.get();
    }
    let exit = match &arguments.mode {
        Mode::Build => build(arguments, options, &graph),
        Mode::Plan => plan(arguments, &options, &graph),
        Mode::Explain(stage) => explain(arguments, &options, &graph, stage),
        Mode::WhatRan => what_ran(arguments, &options, &graph),
    };
    // The process ends: to give back each path by itself would only take time.
    std::mem::forget(graph);
    exit.map_err(|error| {
        let exit = match &error {
            Error::Locked { .. } => Exit::Locked,
            Error::Graph(_) => Exit::Usage,
            _ => Exit::Failed,
        };
        (error.to_string(), exit)
    })
}

fn read(spec: &Path) -> io::Result<Vec<u8>> {
    if spec == Path::new("-") {
        let mut json = Vec::new();
        io::stdin().read_to_end(&mut json)?;
        return Ok(json);
    }
    std::fs::read(spec)
}

fn build(arguments: &Arguments, options: Options, graph: &Graph) -> Result<Exit, Error> {
    // Without it Ctrl-C still ends the build, only less cleanly.
    let _ = dag::cancel_on_signals(&options.cancel);
    let console = Console::new(arguments.quiet);
    let report = Engine::open(options)?.build(graph, &arguments.targets, &console)?;
    console.summary(&report);
    if arguments.json {
        print_json(&report);
    }
    let exit = if report.succeeded() {
        Exit::Success
    } else if report.stages.iter().any(|stage| stage.outcome == Outcome::Cancelled) {
        Exit::Interrupted
    } else {
        Exit::Failed
    };
    std::mem::forget(report);
    Ok(exit)
}

fn plan(arguments: &Arguments, options: &Options, graph: &Graph) -> Result<Exit, Error> {
    let plan = Engine::plan(options, graph, &arguments.targets)?;
    warn_of_other_build(&plan);
    if arguments.json {
        print_json(&plan);
    } else {
        print(&console::plan(&plan));
    }
    Ok(match (plan.would_fail(), plan.is_fresh()) {
        (true, _) => Exit::Failed,
        (_, true) => Exit::Success,
        _ => Exit::Stale,
    })
}

fn explain(arguments: &Arguments, options: &Options, graph: &Graph, stage: &str) -> Result<Exit, Error> {
    let wanted = graph.named(stage)?;
    let mut plan = Engine::plan(options, graph, &[stage.to_owned()])?;
    warn_of_other_build(&plan);
    plan.stages.retain(|planned| wanted.contains(&planned.stage.as_str()));
    if arguments.json {
        print_json(&plan.stages);
    } else {
        print(&plan.stages.iter().map(console::explanation).collect::<String>());
    }
    Ok(Exit::Success)
}

fn what_ran(arguments: &Arguments, options: &Options, graph: &Graph) -> Result<Exit, Error> {
    let wanted = arguments.targets.iter().map(|target| graph.named(target)).collect::<Result<Vec<_>, _>>()?.concat();
    let read = dag::log::read(&options.folder);
    let log = read.map_err(|error| Error::Folder { folder: options.folder.clone(), error })?;
    // What is said of a whole build is said before stages are left out.
    let mut log: Vec<(String, Entry)> = log.into_iter().map(|entry| (what_ran::heading(&entry), entry)).collect();
    if !wanted.is_empty() {
        let is_wanted = |logged: &LoggedStage| wanted.contains(&logged.stage.as_str());
        log.iter_mut().for_each(|(_, entry)| entry.stages.retain(is_wanted));
        log.retain(|(_, entry)| !entry.stages.is_empty());
    }
    log.drain(..log.len().saturating_sub(what_ran::LAST));
    if arguments.json {
        print_json(&log.iter().map(|(_, entry)| entry).collect::<Vec<_>>());
    } else {
        let told = log.iter().map(|(heading, entry)| format!("{heading}{}", what_ran::stages(entry)));
        print(&told.collect::<String>());
    }
    Ok(Exit::Success)
}

fn warn_of_other_build(plan: &Plan) {
    if let Some(holder) = &plan.locked_by {
        eprintln!("warning: another build is at work here, so this may change while you read it: {holder}");
    }
}

fn print_json(value: &impl serde::Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(mut text) => {
            text.push('\n');
            print(&text);
        }
        Err(error) => eprintln!("error: cannot write this as JSON: {error}"),
    }
}

/// Writes to standard output. A reader that has enough and goes away is not an error.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}
