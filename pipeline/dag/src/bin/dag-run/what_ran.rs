//! `dag-run --what-ran`: the builds in the log.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use dag::Outcome;
use dag::log::{Entry, LoggedStage};

use crate::console::{because_all, told_counts, told_duration};

/// How many builds are told of.
pub(crate) const LAST: usize = 10;

/// One line on a build.
pub(crate) fn heading(entry: &Entry) -> String {
    let Entry { began, duration, targets, note, fresh, cancelled, .. } = entry;
    let counts = [
        (entry.count(|outcome| *outcome == Outcome::Ran), "ran"),
        (entry.count(|outcome| *outcome == Outcome::Restored), "restored"),
        (*fresh, "fresh"),
        (entry.count(|outcome| matches!(outcome, Outcome::Failed(_))), "failed"),
        (entry.count(|outcome| matches!(outcome, Outcome::Blocked { .. })), "blocked"),
        (*cancelled, "cancelled"),
    ];
    let targets = if targets.is_empty() { String::new() } else { format!(" of {}", targets.join(" ")) };
    let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{}{targets}{note}: {} in {}\n", ago(*began), told_counts(&counts), told_duration(*duration))
}

/// The stages of a build, a line for each.
pub(crate) fn stages(entry: &Entry) -> String {
    let mut text = String::new();
    for LoggedStage { stage, outcome, reasons, duration } in &entry.stages {
        let (took, because) = (told_duration(*duration), because_all(reasons));
        // Writing to a string does not fail.
        let _ = match outcome {
            Outcome::Failed(problem) => writeln!(text, "  FAILED    {stage}: {problem}"),
            Outcome::Blocked { by } => writeln!(text, "  blocked   {stage}: it needs {by}"),
            Outcome::Restored => writeln!(text, "  restored  {stage}{because}"),
            _ => writeln!(text, "  ran       {stage} in {took}{because}"),
        };
    }
    text
}

/// How long ago a build began, by the clock of the machine.
fn ago(began: u64) -> String {
    let began = SystemTime::UNIX_EPOCH + Duration::from_millis(began);
    match began.elapsed().map(|elapsed| elapsed.as_secs()) {
        Err(_) => "in the future, by this clock".to_owned(),
        Ok(seconds) if seconds < 120 => format!("{seconds} s ago"),
        Ok(seconds) if seconds < 7200 => format!("{} min ago", seconds / 60),
        Ok(seconds) if seconds < 48 * 3600 => format!("{} h ago", seconds / 3600),
        Ok(seconds) => format!("{} days ago", seconds / 86_400),
    }
}
