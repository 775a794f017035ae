//! What a person sees on stderr: a live line for each running stage on a terminal, plain lines
//! elsewhere.

mod late_bar;
mod live;

use std::io::IsTerminal as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use dag::{Event, Fetched, Observer, Outcome, Problem, Reason, Report, StageReport};
use indicatif::DecimalBytes;

pub(crate) use self::late_bar::LateBar;
use self::live::Live;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Stages that took less are not worth a line of their own in a log.
const WORTH_A_LINE: Duration = Duration::from_secs(1);

/// What is said at the first Ctrl-C; a second one ends the program, which the engine survives, too.
const STOPPING: &str = "stopping when the running stages are done; press Ctrl-C again to stop at once";

/// Whether standard error is a terminal on which lines can be drawn anew.
pub(crate) fn can_redraw() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

pub(crate) struct Console {
    quiet: bool,
}

impl Console {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn error(&self, message: &str) {
        anstream::eprintln!("{BAD}error{BAD:#}: {message}");
    }

    /// Tells what did not go as wished and is no error.
    pub(crate) fn warning(&self, message: &str) {
        self.line(&format!("{WARN}warning{WARN:#}: {message}"));
    }

    /// Tells what nobody may overlook, even who asked for silence.
    pub(crate) fn insist(&self, message: &str) {
        anstream::eprintln!("{WARN}warning{WARN:#}: {message}");
    }

    pub(crate) fn line(&self, message: &str) {
        if !self.quiet {
            anstream::eprintln!("{message}");
        }
    }

    /// Tells of a build while it goes on.
    pub(crate) fn observer(&self) -> Box<dyn Observer> {
        if self.quiet {
            Box::new(())
        } else if can_redraw() {
            Box::new(Live::new(true))
        } else {
            Box::new(Lines)
        }
    }

    /// Tells of a build of many while it goes on, of which one line stays: [`Console::rebuilt`].
    pub(crate) fn observer_of_many(&self) -> Box<dyn Observer> {
        if self.quiet {
            Box::new(())
        } else if can_redraw() {
            Box::new(Live::new(false))
        } else {
            Box::new(Silent)
        }
    }

    /// One line on a build of many, below its problems.
    pub(crate) fn rebuilt(&self, report: &Report) {
        self.problems(report);
        let made = |stage: &&StageReport| matches!(stage.outcome, Outcome::Ran | Outcome::Restored);
        let reason = report.stages.iter().filter(made).find_map(|stage| stage.reasons.first());
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        self.line(&format!("{}{DIM}{reason}{DIM:#}", counts(report)));
    }

    /// The problems of a build, and one line on all stages.
    pub(crate) fn summary(&self, report: &Report) {
        self.problems(report);
        self.line(&counts(report));
    }

    /// The problems of a build, each with its stage. Of stages that failed for the same reason the
    /// first is told in full.
    fn problems(&self, report: &Report) {
        let mut groups: Vec<(&Problem, Vec<(&str, &Problem)>)> = Vec::new();
        for stage in &report.stages {
            let Outcome::Failed(problem) = &stage.outcome else { continue };
            match groups.iter_mut().find(|(first, _)| first.message == problem.message && first.help == problem.help) {
                Some((_, members)) => members.push((&stage.stage, problem)),
                None => groups.push((problem, vec![(&stage.stage, problem)])),
            }
        }
        for (problem, members) in groups {
            let (id, others) = (members[0].0, &members[1..]);
            let study = id.split('/').next().unwrap_or(id);
            let mut message = format!("{problem}\n  stage: {id} of study {study}");
            for (stage, problem) in others {
                let file = problem.file.as_ref().map(|file| format!(": {}", file.display())).unwrap_or_default();
                message.push_str(&format!("\n  the same in {stage}{file}"));
            }
            self.error(&message);
        }
        for problem in report.state_problem.iter().chain(&report.warnings) {
            self.warning(&problem.to_string());
        }
        let Fetched { results, contents, bytes } = report.fetched;
        if results > 0 {
            let bytes = DecimalBytes(bytes);
            self.line(&format!("{results} results came from the remote store: {contents} files, {bytes}"));
        }
    }
}

/// What became of how many stages, and how long it took.
pub(crate) fn counts(report: &Report) -> String {
    let counted = listed(&[
        (report.ran().len(), "ran"),
        (report.restored().len(), "restored"),
        (report.fresh().len(), "fresh"),
        (report.failed().len(), "failed"),
        (report.blocked().len(), "blocked"),
        (report.cancelled().len(), "not begun"),
    ]);
    format!("{}: {counted} in {}", counted_of(report.stages.len(), "stage"), seconds(report.duration))
}

/// A number of things: `1 stage`, `2 stages`.
pub(crate) fn counted_of(count: impl TryInto<u64>, what: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// How many of what, those left out of which there are none.
pub(crate) fn listed(counts: &[(usize, &str)]) -> String {
    let told = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    told.collect::<Vec<_>>().join(", ")
}

/// A duration as a person reads it.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration.as_secs_f64() {
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s if s < 60.0 => format!("{s:.1} s"),
        s => format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0),
    }
}

/// The first of several reasons, and how many more there are.
pub(crate) fn because(reasons: &[Reason]) -> String {
    match reasons {
        [] => String::new(),
        [reason] => format!(": {reason}"),
        [reason, more @ ..] => format!(": {reason}, and {} more", more.len()),
    }
}

/// One line for what happened to a stage, with the first reason.
fn told(report: &StageReport) -> Option<String> {
    outcome(&report.stage, &report.outcome, report.duration, &because(&report.reasons))
}

/// One line for what happened to a stage; none where nothing did.
pub(crate) fn outcome(stage: &str, outcome: &Outcome, took: Duration, because: &str) -> Option<String> {
    let took = seconds(took);
    let (verb, style) = match outcome {
        Outcome::Fresh | Outcome::Cancelled => return None,
        Outcome::Ran => ("ran", GOOD),
        Outcome::Restored => ("restored", GOOD),
        Outcome::Failed(_) => ("failed", BAD),
        Outcome::Blocked { by } => return Some(format!("{BAD} blocked{BAD:#} {stage} {DIM}by {by}{DIM:#}")),
    };
    Some(format!("{style}{verb:>8}{style:#} {stage} {DIM}{took}{because}{DIM:#}"))
}

/// Plain lines for a log: each stage that took long, was not new, or failed.
struct Lines;

impl Observer for Lines {
    fn event(&self, event: Event<'_>) {
        let (report, done, total) = match event {
            Event::Finished { report, done, total } => (report, done, total),
            Event::Stopping { .. } => return anstream::eprintln!("{STOPPING}"),
            Event::Began { .. } | Event::Started { .. } => return,
        };
        let new = report.reasons == [Reason::FirstRun];
        let dull = matches!(report.outcome, Outcome::Ran | Outcome::Restored) && new && report.duration < WORTH_A_LINE;
        if let Some(line) = told(report).filter(|_| !dull) {
            anstream::eprintln!("[{done}/{total}] {line}");
        }
    }
}

/// Nothing but that the build stops.
struct Silent;

impl Observer for Silent {
    fn event(&self, event: Event<'_>) {
        if let Event::Stopping { .. } = event {
            anstream::eprintln!("{STOPPING}");
        }
    }
}
