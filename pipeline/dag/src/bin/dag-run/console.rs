//! What is told of builds and plans. Reports go to standard error, so that standard output holds
//! nothing but what was asked for.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use dag::{Event, Fate, Observer, Outcome, Plan, PlannedStage, Reason, Report, StageReport};

/// How many reasons are told in the line of a stage; `--explain` tells all.
const REASONS: usize = 3;

pub(crate) struct Console {
    quiet: bool,
}

impl Console {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// One line at the end of a build.
    pub(crate) fn summary(&self, report: &Report) {
        if let Some(problem) = &report.state_problem {
            write(&format!("warning: {problem}\n"));
        }
        if self.quiet {
            return;
        }
        let fresh = report.fresh().len();
        if fresh == report.stages.len() {
            return write(&format!("nothing to do: {fresh} stages are fresh\n"));
        }
        let cancelled = report.stages.iter().filter(|stage| stage.outcome == Outcome::Cancelled).count();
        let counts = [
            (report.ran().len(), "ran"),
            (report.restored().len(), "restored"),
            (fresh, "fresh"),
            (report.failed().len(), "failed"),
            (report.blocked().len(), "blocked"),
            (cancelled, "cancelled"),
        ];
        write(&format!("{} in {}\n", told_counts(&counts), told_duration(report.duration)));
    }
}

impl Observer for Console {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Finished { report, .. } if !self.quiet || matches!(report.outcome, Outcome::Failed(_)) => {
                if let Some(line) = line(report) {
                    write(&line);
                }
            }
            Event::Stopping { .. } if !self.quiet => {
                write("stopping when the running commands have ended; press Ctrl-C again to stop at once\n");
            }
            _ => {}
        }
    }
}

fn line(report: &StageReport) -> Option<String> {
    let StageReport { stage, outcome, duration, printed, .. } = report;
    let mut text = match outcome {
        Outcome::Fresh | Outcome::Cancelled => return None,
        Outcome::Restored => format!("restored  {stage}{}", because(&report.reasons)),
        Outcome::Ran => format!("ran       {stage} in {}{}", told_duration(*duration), because(&report.reasons)),
        Outcome::Failed(problem) => format!("FAILED    {stage}: {problem}"),
        Outcome::Blocked { by } => format!("blocked   {stage}: it needs {by}"),
    };
    text.push('\n');
    if !printed.is_empty() {
        text.push_str(printed);
        if !printed.ends_with('\n') {
            text.push('\n');
        }
    }
    Some(text)
}

fn because(reasons: &[Reason]) -> String {
    if reasons.is_empty() || *reasons == [Reason::FirstRun] {
        return String::new();
    }
    let mut told: Vec<String> = reasons.iter().take(REASONS).map(ToString::to_string).collect();
    if reasons.len() > REASONS {
        told.push(format!("and {} more", reasons.len() - REASONS));
    }
    format!(": {}", told.join("; "))
}

/// A plan: a line for each stage that is not fresh, and one for all.
pub(crate) fn plan(plan: &Plan) -> String {
    let mut text = String::new();
    for planned in plan.stages.iter().filter(|planned| planned.fate != Fate::Fresh) {
        let PlannedStage { stage, fate, reasons, took } = planned;
        // Writing to a string does not fail.
        let _ = match fate {
            Fate::Fail(problem) => writeln!(text, "{stage} {fate}: {problem}"),
            Fate::Blocked { by } => writeln!(text, "{stage} {fate}: it needs {by}"),
            Fate::Run | Fate::MayRun if took.is_some() => {
                let took = told_duration(took.unwrap_or_default());
                writeln!(text, "{stage} {fate} (last took {took}){}", because_all(reasons))
            }
            _ => writeln!(text, "{stage} {fate}{}", because_all(reasons)),
        };
    }
    let count = |wanted: fn(&Fate) -> bool| plan.stages.iter().filter(|planned| wanted(&planned.fate)).count();
    let counts = [
        (count(|fate| *fate == Fate::Run), "would run"),
        (count(|fate| *fate == Fate::MayRun), "may run"),
        (count(|fate| *fate == Fate::Restore), "would be restored"),
        (count(|fate| *fate == Fate::Fresh), "fresh"),
        (count(|fate| matches!(fate, Fate::Fail(_))), "would fail"),
        (count(|fate| matches!(fate, Fate::Blocked { .. })), "would be blocked"),
    ];
    text.push_str(&told_counts(&counts));
    let (least, most) = plan.expected();
    if most > Duration::ZERO {
        let (least, most) = (told_duration(least), told_duration(most));
        let range = if least == most { least } else { format!("{least} to {most}") };
        let _ = write!(text, "; by the last runs, {range} one after the other");
    }
    text.push('\n');
    text
}

/// The first run is told here, unlike beside a stage that runs.
pub(crate) fn because_all(reasons: &[Reason]) -> String {
    if *reasons == [Reason::FirstRun] { format!(": {}", Reason::FirstRun) } else { because(reasons) }
}

/// All that there is to say of a stage.
pub(crate) fn explanation(planned: &PlannedStage) -> String {
    let PlannedStage { stage, fate, reasons, took } = planned;
    let mut text = match fate {
        Fate::Fresh => format!("{stage} is fresh: nothing that it depends on has changed since it last ran\n"),
        Fate::Fail(problem) => format!("{stage} {fate}: {problem}\n"),
        Fate::Blocked { by } => format!("{stage} {fate}: it needs {by}\n"),
        _ => format!("{stage} {fate}:\n"),
    };
    for reason in reasons {
        let _ = writeln!(text, "  {reason}");
    }
    if let Some(took) = took {
        let _ = writeln!(text, "  it took {} when it last ran", told_duration(*took));
    }
    text
}

pub(crate) fn told_counts(counts: &[(usize, &str)]) -> String {
    let told: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    told.join(", ")
}

pub(crate) fn told_duration(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// Writes to standard error, each text in one go.
fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
