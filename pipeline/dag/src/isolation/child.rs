//! The process in which a function runs: the build starts its own program again, tells it the stage
//! on standard input, and reads how it went from the stage's scratch folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde::{Deserialize, Serialize};

use super::Isolation;
use super::rules::{for_function, temporary};
use crate::context::Context;
use crate::digest::Digest;
use crate::engine::STACK_BYTES;
use crate::graph::Graph;
use crate::job;
use crate::key;
use crate::problem::Problem;
use crate::process::{self, Children};
use crate::stage::Work;
use crate::store::Used;

/// The program that runs right now, also when its file has been replaced meanwhile.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// Beside the outputs in a stage's scratch folder.
const REQUEST: &str = "request";
const RESPONSE: &str = "response";

/// What the process is told.
#[derive(Serialize, Deserialize)]
struct Request {
    stage: String,
    key: Digest,
    inputs: Vec<Used>,
    root: PathBuf,
    scratch: PathBuf,
    readable: Vec<PathBuf>,
}

/// Runs the function of a stage in a process of its own. `None` when the build was asked to stop.
pub(crate) fn run_function(
    key: Digest,
    cx: &Context<'_>,
    isolation: &Isolation,
    children: &Children,
) -> Result<Option<String>, Problem> {
    if isolation.helper.is_empty() {
        let problem = Problem::new("the stage is a function, and no process was named in which it can be isolated");
        return Err(problem.help("this is a bug: please report it"));
    }
    let failed = |error| Problem::io("start a process for the stage", cx.scratch, &error);
    let temporary = temporary(cx.scratch)?;
    let request = write_request(key, cx, isolation).map_err(failed)?;
    let mut command = Command::new(THIS_PROGRAM);
    command.args(&isolation.helper).env("TMPDIR", temporary);
    let printed = cx.scratch.join("printed");
    let status = children.run(&mut command, Stdio::from(request), &printed).map_err(failed)?;
    let Some(status) = status else { return Ok(None) };
    let response = fs::read(cx.scratch.join(RESPONSE)).ok();
    let response = response.and_then(|json| serde_json::from_slice::<Result<(), Problem>>(&json).ok());
    match response {
        Some(Ok(())) if status.success() => Ok(Some(String::new())),
        Some(Err(problem)) => Err(explained(problem)),
        _ => {
            let printed = process::printed(&printed).unwrap_or_default();
            let problem = Problem::new(format!("the process of the stage {}", process::told(status)));
            Err(problem.of_command(format!("{} (isolated)", cx.stage()), printed))
        }
    }
}

fn write_request(key: Digest, cx: &Context<'_>, isolation: &Isolation) -> io::Result<File> {
    let request = Request {
        stage: cx.stage().to_owned(),
        key,
        inputs: cx.used.to_vec(),
        root: std::path::absolute(cx.root)?,
        scratch: std::path::absolute(cx.scratch)?,
        readable: isolation.readable.clone(),
    };
    let path = cx.scratch.join(REQUEST);
    fs::write(&path, serde_json::to_vec(&request)?)?;
    File::open(path)
}

/// Says what a refusal most likely means.
fn explained(problem: Problem) -> Problem {
    let refused = ["Permission denied", "PermissionDenied"].iter().any(|word| problem.message.contains(word));
    if !refused {
        return problem;
    }
    problem.help("it can read its declared inputs only: declare the file as an input, or do not read it")
}

/// Runs the stage that the build asks for on standard input, in this process, which then can read the
/// inputs of that stage only. To be called by a program that was started with the arguments of
/// [`Isolation::helper`], on its first thread and before there are others; `graph` makes the graph
/// that the build has.
///
/// # Errors
/// When the request cannot be read or the answer not be written. What is wrong with the stage is part
/// of the answer.
pub fn serve(graph: impl FnOnce() -> Result<Graph, Problem>) -> io::Result<()> {
    let request: Request = serde_json::from_reader(io::stdin().lock())?;
    let result = graph().and_then(|graph| run(&graph, &request));
    fs::write(request.scratch.join(RESPONSE), serde_json::to_vec(&result)?)
}

fn run(graph: &Graph, request: &Request) -> Result<(), Problem> {
    let stage = graph.index(&request.stage).map(|index| &graph.stages[index]);
    let digests: Vec<Digest> = request.inputs.iter().map(|input| input.digest).collect();
    // The key tells, too, whether code, parameters and declarations are the same.
    let stage = stage.filter(|stage| stage.inputs.len() == digests.len() && key::key(stage, &digests) == request.key);
    let other = || {
        Problem::new("the process that was to run the stage by itself has another graph than the build")
            .help("run again if the workspace's sources changed meanwhile; otherwise this is a bug: please report it")
    };
    let stage = stage.ok_or_else(other)?;
    let Work::Function(function) = &stage.work else { return Err(other()) };
    let Request { root, scratch, readable, .. } = request;
    let mut cx = Context::new(root, &stage.id, &request.inputs, &stage.outputs, scratch);
    let isolation = Isolation { helper: Vec::new(), readable: readable.clone() };
    let rules = for_function(&cx, &isolation)?;
    if threads() != 1 {
        let problem = Problem::new("the process that was to run the stage by itself has started threads before it");
        return Err(problem.help("this is a bug: please report it"));
    }
    let restricted = rules.restrict_self();
    restricted.map_err(|error| Problem::new(format!("cannot isolate the stage: {error}")))?;
    // What the first thread is given for its stack is not for the program to say.
    let called = thread::scope(|scope| {
        let called =
            thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || job::call(&**function, &mut cx));
        called.map(|thread| thread.join().unwrap_or_else(|_| Err(Problem::new("the stage's code panicked"))))
    });
    called.unwrap_or_else(|error| Err(Problem::new(format!("cannot start a thread: {error}"))))?;
    // Here, too: only this process knows which inputs were given out by path.
    cx.check_inputs()
}

/// How many threads this process has.
fn threads() -> usize {
    fs::read_dir(Path::new("/proc/self/task")).map_or(0, Iterator::count)
}
