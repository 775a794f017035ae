//! `cargo xtask what-ran`: what the last builds did, from the engine's log.

use std::cmp::Reverse;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dag::log::{Entry, LoggedStage};
use dag::{Graph, GraphError, Options, Outcome};
use studies::campaign::Simulation;

use crate::cli::WhatRan;
use crate::console::{Console, DIM, because, listed, outcome, seconds};
use crate::{Exit, Failure, data};

/// Stages of a build that are shown where none is asked for.
const MOST_STAGES: usize = 12;

pub(crate) fn run(root: &Path, arguments: &WhatRan, console: &Console) -> Result<Exit, Failure> {
    let folder = Options::new(root).folder;
    let log = dag::log::read(&folder).map_err(|error| Failure::io("read", folder.join("log").display(), &error))?;
    // What is said of a whole build is said before stages are left out.
    let mut log: Vec<(String, Entry)> = log.into_iter().map(|entry| (heading(&entry), entry)).collect();
    if !arguments.stages.is_empty() {
        keep_stages(root, &mut log, &arguments.stages)?;
    }
    log.drain(..log.len().saturating_sub(arguments.last));
    if arguments.json {
        let log: Vec<Entry> = log.into_iter().map(|(_, entry)| entry).collect();
        anstream::println!("{}", serde_json::to_string_pretty(&log).map_err(Failure::new)?);
        return Ok(Exit::Success);
    }
    if log.is_empty() {
        console.line("no build is on record that did anything of this");
    }
    let all = arguments.verbose || !arguments.stages.is_empty();
    for (heading, entry) in &log {
        anstream::println!("{heading}");
        let shown = if all { entry.stages.iter().collect() } else { most_telling(&entry.stages) };
        for LoggedStage { stage, outcome: became, reasons, duration } in &shown {
            let why = if arguments.verbose { String::new() } else { because(reasons) };
            let line = outcome(stage, became, *duration, &why);
            line.into_iter().for_each(|line| anstream::println!("{line}"));
            if let Outcome::Failed(problem) = became {
                let told = problem.to_string();
                told.lines().for_each(|line| anstream::println!("         {line}"));
            }
            if arguments.verbose {
                reasons.iter().for_each(|reason| anstream::println!("{DIM}         {reason}{DIM:#}"));
            }
        }
        if shown.len() < entry.stages.len() {
            anstream::println!(
                "{DIM}         and {} more; --verbose shows all{DIM:#}",
                entry.stages.len() - shown.len()
            );
        }
    }
    Ok(Exit::Success)
}

/// One line on a build: when, what, and how much was done.
pub(crate) fn heading(entry: &Entry) -> String {
    let Entry { targets, note, duration, .. } = entry;
    let what = if targets.is_empty() { "everything".to_owned() } else { targets.join(" ") };
    let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    let counted = listed(&[
        (entry.count(|outcome| *outcome == Outcome::Ran), "ran"),
        (entry.count(|outcome| *outcome == Outcome::Restored), "restored"),
        (entry.fresh, "fresh"),
        (entry.count(|outcome| matches!(outcome, Outcome::Failed(_))), "failed"),
        (entry.count(|outcome| matches!(outcome, Outcome::Blocked { .. })), "blocked"),
        (entry.cancelled, "not begun"),
    ]);
    format!("{}: {what}{note}: {counted} in {}", when(entry.began), seconds(*duration))
}

/// When a build began, and how long ago that is.
fn when(began: u64) -> String {
    let second = i64::try_from(began / 1000).unwrap_or(i64::MAX).saturating_mul(1_000_000_000);
    let utc = rawlog::time::iso8601(second).replace('T', " ");
    let began = SystemTime::UNIX_EPOCH + Duration::from_millis(began);
    // A clock that was set back since then leaves only the time itself to tell.
    let ago = began.elapsed().map(|elapsed| format!(", {} ago", ago(elapsed.as_secs()))).unwrap_or_default();
    format!("{utc} UTC{ago}")
}

fn ago(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// The stages that failed, and of the others those that took longest, in the order of the graph.
fn most_telling(stages: &[LoggedStage]) -> Vec<&LoggedStage> {
    let mut order: Vec<usize> = (0..stages.len()).collect();
    order.sort_by_key(|&at| (!matches!(stages[at].outcome, Outcome::Failed(_)), Reverse(stages[at].duration)));
    order.truncate(MOST_STAGES);
    order.sort_unstable();
    order.into_iter().map(|at| &stages[at]).collect()
}

/// Leaves in the log what it tells of some stages: those that are named, and the makers of files that are.
fn keep_stages(root: &Path, log: &mut Vec<(String, Entry)>, named: &[String]) -> Result<(), Failure> {
    let mut wanted: Vec<String> = Vec::new();
    let mut graphs = None;
    for name in named {
        let name = name.trim_end_matches('/');
        // The log first: it may know stages of an earlier graph.
        if log.iter().flat_map(|(_, entry)| &entry.stages).any(|logged| is_of(&logged.stage, name)) {
            wanted.push(name.to_owned());
            continue;
        }
        if graphs.is_none() {
            let typesetter = Arc::new(typeset::Backend::choose(None).map_err(Failure::usage)?);
            // A file that is made in one campaign only can be asked for.
            graphs = Some(data::of_both_campaigns(root, Simulation::default(), &typesetter)?);
        }
        wanted.extend(makers(graphs.as_ref().map_or(&[], |graphs| graphs.as_slice()), name).map_err(Failure::usage)?);
    }
    let is_wanted = |logged: &LoggedStage| wanted.iter().any(|name| is_of(&logged.stage, name));
    log.iter_mut().for_each(|(_, entry)| entry.stages.retain(is_wanted));
    log.retain(|(_, entry)| !entry.stages.is_empty());
    Ok(())
}

/// Whether a stage is the one of a name, or one of the stages whose ids begin with it.
fn is_of(stage: &str, name: &str) -> bool {
    stage.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The stages that make a file or bear a name, in any of the graphs.
fn makers(graphs: &[Graph], name: &str) -> Result<Vec<String>, GraphError> {
    let found: Vec<_> = graphs.iter().map(|graph| graph.named(name)).collect();
    if let Some(Err(error)) = found.first().filter(|_| found.iter().all(Result::is_err)) {
        return Err(error.clone());
    }
    Ok(found.into_iter().flatten().flatten().map(str::to_owned).collect())
}
