//! What a build did, stage by stage, and why.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::forecast::Forecast;
use crate::problem::Problem;

/// What became of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing it depends on had changed, and its outputs stood where they belong.
    Fresh,
    /// Its outputs were in the store; the function or command did not run.
    Restored,
    /// The function or command ran.
    Ran,
    /// The function or command, or what it needs, failed.
    Failed(Problem),
    /// A stage that it reads from failed or was blocked itself.
    Blocked {
        /// The stage that failed in the first place.
        by: String,
    },
    /// The build was asked to stop before it came to this stage, or while its command ran.
    Cancelled,
}

/// Why a stage was not fresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The engine knows of no earlier run.
    FirstRun,
    /// The last run is known, but what its key was made of is not in the store any more.
    HistoryLost,
    /// An input has another content, is new (`before` is none), or is no input any more.
    Input { path: String, before: Option<Digest>, after: Option<Digest> },
    /// A parameter has another value.
    Parameter { name: String, before: Option<String>, after: Option<String> },
    /// The external command is another.
    Command { before: Option<String>, after: Option<String> },
    /// A variable of the command's environment has another value.
    Environment { name: String, before: Option<String>, after: Option<String> },
    /// A source file or a locked dependency is another.
    Code { part: String, before: Option<String>, after: Option<String> },
    /// The declared roles of inputs or outputs are others.
    Declaration,
    /// An output is not where it belongs.
    OutputMissing { path: String },
    /// An output has another content than the stage gave it.
    OutputEdited { path: String },
    /// An output must be made again because the store has lost its content or it was damaged.
    ContentLost { path: String },
    /// A stage that it reads from runs, and may make something else than before. Told of plans only.
    Origin { stage: String },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = |digest: &Digest| digest.short();
        match self {
            Self::FirstRun => write!(f, "it has not run before"),
            Self::HistoryLost => write!(f, "the record of its last run is gone from the store"),
            Self::Input { path, before, after } => match (before, after) {
                (Some(before), Some(after)) => {
                    write!(f, "input {path} changed from {} to {}", digest(before), digest(after))
                }
                (None, _) => write!(f, "input {path} is new"),
                (_, None) => write!(f, "input {path} is not read any more"),
            },
            Self::Parameter { name, before, after } => {
                change(f, "parameter", name, before.as_deref(), after.as_deref())
            }
            Self::Command { before, after } => match (before, after) {
                (Some(before), Some(after)) => write!(f, "its command changed from `{before}` to `{after}`"),
                _ => write!(f, "it is made by a command, which it was not before"),
            },
            Self::Environment { name, before, after } => {
                change(f, "environment variable", name, before.as_deref(), after.as_deref())
            }
            Self::Code { part, before, after } => change(f, "code", part, before.as_deref(), after.as_deref()),
            Self::Declaration => write!(f, "its inputs or outputs are declared in another way"),
            Self::OutputMissing { path } => write!(f, "output {path} is missing"),
            Self::OutputEdited { path } => write!(f, "output {path} was edited"),
            Self::ContentLost { path } => write!(f, "the stored content of {path} is gone or damaged"),
            Self::Origin { stage } => write!(f, "it reads from {stage}, which runs"),
        }
    }
}

fn change(
    f: &mut fmt::Formatter<'_>,
    kind: &str,
    name: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> fmt::Result {
    match (before, after) {
        (Some(before), Some(after)) => write!(f, "{kind} {name} changed from {before} to {after}"),
        (None, _) => write!(f, "{kind} {name} is new"),
        (_, None) => write!(f, "{kind} {name} is gone"),
    }
}

/// What became of one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    /// Id of the stage.
    pub stage: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was not fresh; empty where it was.
    pub reasons: Vec<Reason>,
    /// How long it took in this build.
    pub duration: Duration,
    /// Path and digest of each output, where they are right now.
    pub outputs: Vec<(String, Digest)>,
    /// What its command printed, the end of it where it is long.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub printed: String,
}

/// What became of all stages that were asked for, in the order of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// One entry a stage.
    pub stages: Vec<StageReport>,
    /// Why the engine could not write down what it did, if it could not: the next build looks again.
    pub state_problem: Option<Problem>,
    /// How long the build took.
    pub duration: Duration,
    /// How many files had to be read to learn their digest.
    pub files_hashed: u64,
}

impl Report {
    /// Whether every output that was asked for is right now.
    pub fn succeeded(&self) -> bool {
        self.stages.iter().all(|s| matches!(s.outcome, Outcome::Fresh | Outcome::Restored | Outcome::Ran))
    }

    /// Ids of the stages whose function ran to its end.
    pub fn ran(&self) -> Vec<&str> {
        self.with(|outcome| matches!(outcome, Outcome::Ran))
    }

    /// Ids of the stages that were restored from the store.
    pub fn restored(&self) -> Vec<&str> {
        self.with(|outcome| matches!(outcome, Outcome::Restored))
    }

    /// Ids of the stages with nothing to do.
    pub fn fresh(&self) -> Vec<&str> {
        self.with(|outcome| matches!(outcome, Outcome::Fresh))
    }

    /// Ids of the stages that failed.
    pub fn failed(&self) -> Vec<&str> {
        self.with(|outcome| matches!(outcome, Outcome::Failed(_)))
    }

    /// Ids of the stages that wait for a failed one.
    pub fn blocked(&self) -> Vec<&str> {
        self.with(|outcome| matches!(outcome, Outcome::Blocked { .. }))
    }

    /// Ids of the stages that were not begun because the build was stopped.
    pub fn cancelled(&self) -> Vec<&str> {
        self.with(|outcome| matches!(outcome, Outcome::Cancelled))
    }

    fn with(&self, wanted: impl Fn(&Outcome) -> bool) -> Vec<&str> {
        self.stages.iter().filter(|s| wanted(&s.outcome)).map(|s| s.stage.as_str()).collect()
    }
}

/// What happens during a build.
#[derive(Debug)]
pub enum Event<'a> {
    /// The build begins.
    Began {
        /// What is known of it.
        forecast: &'a Forecast<'a>,
    },
    /// A stage begins to run or to be restored.
    Started {
        /// Id of the stage.
        stage: &'a str,
        /// Why it is not fresh.
        reasons: &'a [Reason],
    },
    /// A stage is done with; also those that were fresh from the beginning.
    Finished {
        /// What became of it.
        report: &'a StageReport,
        /// How many stages are done with.
        done: usize,
        /// How many were asked for.
        total: usize,
    },
    /// The build was asked to stop: nothing new is begun. Told once.
    Stopping {
        /// How many stages run, of which functions are finished and commands ended.
        running: usize,
    },
}

/// Is told what happens during a build, on the thread that called it.
pub trait Observer {
    /// Called for each event, in order.
    fn event(&self, event: Event<'_>);
}

/// Nobody is told.
impl Observer for () {
    fn event(&self, _: Event<'_>) {}
}
