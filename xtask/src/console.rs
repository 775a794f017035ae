//! What a person sees on stderr: a live line for each running stage on a terminal, plain lines
//! elsewhere.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use dag::{Event, Observer, Outcome, Problem, Reason, Report, StageReport};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Stages that took less are not worth a line of their own in a log.
const WORTH_A_LINE: Duration = Duration::from_secs(1);

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
        } else if std::io::stderr().is_terminal() {
            Box::new(Live::new())
        } else {
            Box::new(Lines)
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
        if let Some(problem) = &report.state_problem {
            self.line(&format!("{BAD}warning{BAD:#}: {problem}"));
        }
    }
}

/// What became of how many stages, and how long it took.
pub(crate) fn counts(report: &Report) -> String {
    let counts = [
        (report.ran().len(), "ran"),
        (report.restored().len(), "restored"),
        (report.fresh().len(), "fresh"),
        (report.failed().len(), "failed"),
        (report.blocked().len(), "blocked"),
        (report.cancelled().len(), "not begun"),
    ];
    let told: Vec<_> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    format!("{} stages: {} in {}", report.stages.len(), told.join(", "), seconds(report.duration))
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
    let took = seconds(report.duration);
    let stage = &report.stage;
    let (verb, style) = match &report.outcome {
        Outcome::Fresh | Outcome::Cancelled => return None,
        Outcome::Ran => ("ran", GOOD),
        Outcome::Restored => ("restored", GOOD),
        Outcome::Failed(_) => ("failed", BAD),
        Outcome::Blocked { by } => return Some(format!("{BAD} blocked{BAD:#} {stage} {DIM}by {by}{DIM:#}")),
    };
    let because = because(&report.reasons);
    Some(format!("{style}{verb:>8}{style:#} {stage} {DIM}{took}{because}{DIM:#}"))
}

/// Plain lines for a log: each stage that took long, was not new, or failed.
struct Lines;

impl Observer for Lines {
    fn event(&self, event: Event<'_>) {
        let Event::Finished { report, done, total } = event else { return };
        let new = report.reasons == [Reason::FirstRun];
        let dull = matches!(report.outcome, Outcome::Ran | Outcome::Restored) && new && report.duration < WORTH_A_LINE;
        if let Some(line) = told(report).filter(|_| !dull) {
            anstream::eprintln!("[{done}/{total}] {}", line.trim_start());
        }
    }
}

/// A line for each running stage and one for all, redrawn in place.
struct Live {
    lines: MultiProgress,
    all: ProgressBar,
    running: RefCell<BTreeMap<String, ProgressBar>>,
}

impl Live {
    fn new() -> Self {
        let lines = MultiProgress::new();
        let all = lines.add(ProgressBar::new(0));
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} stages  {elapsed}") {
            all.set_style(style.progress_chars("━╸─"));
        }
        Self { lines, all, running: RefCell::default() }
    }
}

impl Observer for Live {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Started { stage, .. } => {
                let line = self.lines.insert_before(&self.all, ProgressBar::new_spinner());
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                    line.set_style(style);
                }
                line.set_message(stage.to_owned());
                line.enable_steady_tick(Duration::from_millis(100));
                self.running.borrow_mut().insert(stage.to_owned(), line);
            }
            Event::Finished { report, done, total } => {
                self.all.set_length(total as u64);
                self.all.set_position(done as u64);
                if let Some(line) = self.running.borrow_mut().remove(&report.stage) {
                    line.finish_and_clear();
                }
                let worth = report.duration >= WORTH_A_LINE || matches!(report.outcome, Outcome::Failed(_));
                if let Some(line) = told(report).filter(|_| worth) {
                    self.lines.suspend(|| anstream::eprintln!("{line}"));
                }
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.all.finish_and_clear();
    }
}
