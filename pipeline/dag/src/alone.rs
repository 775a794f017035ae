//! One stage by itself, for schedulers that have taken the graph apart and start each stage as a
//! process of its own, many at once in one workspace, or beside a build.
//!
//! Such a process takes no lock and writes no state. What it makes goes into the store under its key,
//! where the next build finds it. That many of them, and a build, are safe at once rests on this:
//! contents and manifests are named by what they hold or were made of and appear by rename, and so do
//! outputs; two processes that run the same stage do the same. Files on their way lie in a folder that
//! nobody else clears (`store/scratch.rs`).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::decide::{Decision, Judge, stored};
use crate::digest::Digest;
use crate::engine::{Engine, Options, STACK_BYTES, next_done};
use crate::error::Error;
use crate::graph::Graph;
use crate::job::{Done, Job, Place};
use crate::key;
#[cfg(unix)]
use crate::pool::Pool;
use crate::problem::Problem;
#[cfg(unix)]
use crate::process::Children;
use crate::progress::report;
use crate::report::{Outcome, Report, StageReport};
use crate::stage::Stage;
use crate::state::{Folder, State};
use crate::store::Store;

impl Engine {
    /// Brings one stage up to date, named by its id, and nothing that it reads from. Takes no lock:
    /// any number of processes may do this at once in one workspace, and beside a build.
    ///
    /// An input that is missing is put in place if the store knows what the stages that make it make
    /// of what is there; otherwise the stage has failed, and the problem names the input and its
    /// stage. An input that is there is taken as it is.
    ///
    /// # Errors
    /// When there is no such stage, or the engine's folder cannot be used. A stage that fails is no
    /// error here: see [`Report::succeeded`].
    pub fn run_alone(options: &Options, graph: &Graph, stage: &str) -> Result<Report, Error> {
        let start = Instant::now();
        let index = graph.index(stage).ok_or_else(|| graph.unknown(stage))?;
        let scratch = Folder::visit(&options.folder)?;
        // Read at one instant: it is replaced as a whole.
        let state = State::read(&options.folder);
        let tmp = scratch.folder().map_err(|error| Error::Folder { folder: options.folder.clone(), error })?;
        let store = Store::open(options.store(), &options.folder)?;
        let store = store.with_tmp(tmp.clone()).with_remote(options.remote.clone());
        let mut judge = Judge::new(graph, &options.root, &store, State::decode(&state));
        let mut selected = vec![false; graph.stages.len()];
        selected[index] = true;
        judge.look_ahead(&selected, options.jobs);
        let mut told = report(&graph.stages[index], Outcome::Cancelled);
        match supply(options, graph, &mut judge, &store, index).map(|()| judge.decide(index)) {
            Ok(Decision::Right(_, reasons)) => {
                told.outcome = if reasons.is_empty() { Outcome::Fresh } else { Outcome::Restored };
                told.reasons = reasons;
                tell_outputs(&mut told, graph, index, &judge.outputs(index));
            }
            Ok(Decision::Job(job)) => {
                let Done { reasons, result, .. } = execute(options, &tmp, &store, job);
                told.reasons = reasons;
                match result {
                    Ok(Some(outputs)) => {
                        told.outcome = if outputs.ran { Outcome::Ran } else { Outcome::Restored };
                        tell_outputs(&mut told, graph, index, &outputs.digests);
                        told.printed = outputs.printed;
                    }
                    Ok(None) => {}
                    Err(problem) => told.outcome = Outcome::Failed(problem),
                }
            }
            Ok(Decision::Failed(problem)) | Err(problem) => told.outcome = Outcome::Failed(problem),
        }
        told.duration = start.elapsed();
        let (fetched, warnings) = store.fetched();
        let (duration, files_hashed) = (told.duration, judge.files.hashed());
        Ok(Report { stages: vec![told], state_problem: None, warnings, fetched, duration, files_hashed })
    }
}

fn tell_outputs(told: &mut StageReport, graph: &Graph, index: usize, digests: &[Digest]) {
    let paths = graph.stages[index].outputs.iter().map(|output| output.path.to_string());
    told.outputs = paths.zip(digests.iter().copied()).collect();
}

/// Works on a thread as a build does, and ends the stage's command if asked to stop.
fn execute<'a>(options: &Options, tmp: &Path, store: &Store, job: Job<'a>) -> Done {
    #[cfg(unix)]
    let children = Children::new(Arc::clone(&options.cancel));
    #[cfg(unix)]
    let pool = Pool::new(tmp.join("pool"));
    let place = Place {
        root: &options.root,
        tmp,
        store,
        isolation: options.isolation.as_ref(),
        #[cfg(unix)]
        children: &children,
        #[cfg(unix)]
        pool: &pool,
    };
    let (index, key, reasons) = (job.index, job.key, job.reasons.clone());
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let place = &place;
        let spawned = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, move || {
            // The receiver lives until the thread is done.
            let _ = sender.send(job.execute(place));
        });
        let done = spawned.ok().and_then(|_| next_done(&receiver, place, &options.cancel, || {}));
        done.unwrap_or_else(|| {
            let problem = Problem::new("the thread of the stage could not be started");
            Done { index, key, reasons, duration: Duration::ZERO, result: Err(problem) }
        })
    })
}

/// Puts inputs that are missing in place, as far as the store knows what they would be: the keys of
/// the stages that make them follow from what those read.
fn supply(options: &Options, graph: &Graph, judge: &mut Judge<'_>, store: &Store, index: usize) -> Result<(), Problem> {
    let files = &graph.files;
    let mut missing = Vec::new();
    for (input, &file) in graph.stages[index].inputs.iter().zip(&files.reads[index]) {
        if files.writers[file].is_some() && judge.is_missing(input, file)? {
            missing.push(file);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut needed = vec![false; graph.stages.len()];
    let mut open = missing.clone();
    while let Some(file) = open.pop() {
        let Some((origin, _)) = files.writers[file] else { continue };
        if std::mem::replace(&mut needed[origin], true) {
            continue;
        }
        for (input, &file) in graph.stages[origin].inputs.iter().zip(&files.reads[origin]) {
            if judge.is_missing(input, file)? {
                open.push(file);
            }
        }
    }
    let foreseen = foresee(graph, judge, store, &needed)?;
    for file in missing {
        let path = &*files.paths[file];
        let digest = foreseen.get(&file);
        let digest = digest.filter(|digest| store.has(digest)).ok_or_else(|| not_there(graph, file))?;
        let put = store.put(digest, &options.root.join(path));
        put.map_err(|error| Problem::io("put the input in place", path, &error))?
            .ok_or_else(|| not_there(graph, file))?;
    }
    judge.files.look_afresh();
    Ok(())
}

/// Digests of the files that the needed stages would make, as far as the store knows.
fn foresee(
    graph: &Graph,
    judge: &mut Judge<'_>,
    store: &Store,
    needed: &[bool],
) -> Result<BTreeMap<usize, Digest>, Problem> {
    let files = &graph.files;
    let mut foreseen = BTreeMap::new();
    // In the order of the graph: what a stage reads is foreseen before it.
    for origin in (0..needed.len()).filter(|&stage| needed[stage]) {
        let stage = &graph.stages[origin];
        let mut inputs = Vec::new();
        for (input, &file) in stage.inputs.iter().zip(&files.reads[origin]) {
            // A raw file that is missing, too, leaves unknown what is made of it.
            if let Some(&digest) = foreseen.get(&file) {
                inputs.push(digest);
            } else if !judge.is_missing(input, file)? {
                inputs.push(judge.input(input, file)?);
            }
        }
        if inputs.len() < stage.inputs.len() {
            continue;
        }
        let Some(digests) = made(store, stage, &inputs)? else { continue };
        foreseen.extend(files.writes[origin].iter().copied().zip(digests));
    }
    Ok(foreseen)
}

/// What a stage makes of inputs with these digests, if the store or the remote one knows; the contents
/// of the remote one are brought.
fn made(store: &Store, stage: &Stage, inputs: &[Digest]) -> Result<Option<Vec<Digest>>, Problem> {
    let key = key::key(stage, inputs);
    if let Some(digests) = stored(store, stage, &key)
        && digests.iter().all(|digest| store.has(digest))
    {
        return Ok(Some(digests));
    }
    let Some(manifest) = store.remote_manifest(&key, &key::ingredients(stage, inputs)) else { return Ok(None) };
    let Some(digests) = manifest.digests(stage) else { return Ok(None) };
    let brought = store.fetch(&manifest);
    let brought =
        brought.map_err(|error| Problem::new(format!("cannot store what came from the remote store: {error}")))?;
    Ok(brought.then_some(digests))
}

fn not_there(graph: &Graph, file: usize) -> Problem {
    let problem =
        Problem::new("an input is missing, and the store does not have it").in_file(&*graph.files.paths[file]);
    match graph.files.writers[file] {
        Some((origin, _)) => {
            problem.help(format!("run {}, which makes it, before this stage", graph.stages[origin].id))
        }
        None => problem,
    }
}
