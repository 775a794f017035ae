//! What a build would do, and why.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::decide::{Decision, Judge};
use crate::digest::Digest;
use crate::graph::Graph;
use crate::problem::Problem;
use crate::report::Reason;
use crate::store::Store;

/// What a build would do, in the order of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// One entry a stage.
    pub stages: Vec<PlannedStage>,
    /// The process that builds here right now: things are changing while this plan is told.
    pub locked_by: Option<String>,
    /// What went wrong with a remote store.
    #[serde(default)]
    pub warnings: Vec<Problem>,
}

/// What a build would do with one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStage {
    /// Id of the stage.
    pub stage: String,
    /// What would become of it.
    pub fate: Fate,
    /// Why it is not fresh, as far as that is known; empty where it is.
    pub reasons: Vec<Reason>,
    /// How long it took when it last ran, where that is known.
    pub took: Option<Duration>,
}

/// What would become of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Nothing is to be done.
    Fresh,
    /// Its outputs are in the store, unless that turns out damaged.
    Restore,
    /// It must run.
    Run,
    /// A stage that it reads from must run. If that makes what the store knows already, this one
    /// stays or is restored; else it runs as well.
    MayRun,
    /// It cannot run.
    Fail(Problem),
    /// A stage that it reads from cannot run.
    Blocked {
        /// The stage that cannot run in the first place.
        by: String,
    },
}

impl Plan {
    /// Whether a build would find everything as it should be.
    pub fn is_fresh(&self) -> bool {
        self.stages.iter().all(|stage| stage.fate == Fate::Fresh)
    }

    /// Whether a build would fail for lack of an input, before any stage fails for reasons of its own.
    pub fn would_fail(&self) -> bool {
        self.stages.iter().any(|stage| matches!(stage.fate, Fate::Fail(_) | Fate::Blocked { .. }))
    }

    /// How long the stages took when they last ran, one after the other: those that must run, and
    /// those together with the ones that may have to.
    pub fn expected(&self) -> (Duration, Duration) {
        let sum = |wanted: &dyn Fn(&Fate) -> bool| -> Duration {
            self.stages.iter().filter(|stage| wanted(&stage.fate)).filter_map(|stage| stage.took).sum()
        };
        (sum(&|fate| *fate == Fate::Run), sum(&|fate| matches!(fate, Fate::Run | Fate::MayRun)))
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fresh => "is fresh",
            Self::Restore => "would be restored",
            Self::Run => "would run",
            Self::MayRun => "may run",
            Self::Fail(_) => "would fail",
            Self::Blocked { .. } => "would be blocked",
        })
    }
}

/// Goes through the stages as a build would, as far as outputs can be foreseen.
pub(crate) fn stages(graph: &Graph, selected: &[bool], judge: &mut Judge<'_>, store: &Store) -> Vec<PlannedStage> {
    let mut fates: Vec<Option<Fate>> = vec![None; graph.stages.len()];
    let mut planned = Vec::new();
    for index in (0..graph.stages.len()).filter(|&index| selected[index]) {
        let (fate, reasons) = foresee(graph, &fates, index, judge, store);
        fates[index] = Some(fate.clone());
        let stage = graph.stages[index].id.clone();
        planned.push(PlannedStage { stage, fate, reasons, took: judge.took(index).map(Duration::from_millis) });
    }
    planned
}

/// The keys of the stages that are fresh, and how many are not.
pub(crate) fn fresh(graph: &Graph, selected: &[bool], judge: &mut Judge<'_>) -> (Vec<Digest>, u64) {
    let (mut keys, mut is_fresh, mut others) = (Vec::new(), vec![false; graph.stages.len()], 0);
    for index in (0..graph.stages.len()).filter(|&index| selected[index]) {
        let ready = graph.files.origins(index).all(|origin| is_fresh[origin]);
        match ready.then(|| judge.decide(index)) {
            Some(Decision::Right(key, _)) => {
                is_fresh[index] = true;
                keys.push(key);
            }
            _ => others += 1,
        }
    }
    (keys, others)
}

fn foresee(
    graph: &Graph,
    fates: &[Option<Fate>],
    index: usize,
    judge: &mut Judge<'_>,
    store: &Store,
) -> (Fate, Vec<Reason>) {
    let fate = |origin: usize| fates[origin].as_ref();
    let id = |origin: usize| graph.stages[origin].id.clone();
    let cannot = graph.files.origins(index).find_map(|origin| match fate(origin)? {
        Fate::Fail(_) => Some(id(origin)),
        Fate::Blocked { by } => Some(by.clone()),
        _ => None,
    });
    if let Some(by) = cannot {
        return (Fate::Blocked { by }, Vec::new());
    }
    if graph.files.origins(index).any(|origin| matches!(fate(origin), Some(Fate::Run | Fate::MayRun))) {
        return may_run(graph, fates, index, judge);
    }
    match judge.decide(index) {
        Decision::Right(_, reasons) if reasons.is_empty() => (Fate::Fresh, reasons),
        Decision::Right(_, reasons) => (Fate::Restore, reasons),
        Decision::Failed(problem) => (Fate::Fail(problem), Vec::new()),
        Decision::Job(mut job) => {
            let lost = job.lost(store);
            if (lost.is_some() || job.stored.is_none())
                && let Some(manifest) = store.remote_manifest(&job.key, &job.ingredients)
            {
                job.stored = manifest.digests(job.stage);
            } else if let Some(lost) = lost {
                job.reasons.push(lost);
                return (Fate::Run, job.reasons);
            }
            let Some(digests) = job.stored else { return (Fate::Run, job.reasons) };
            judge.foresee(index, &digests);
            (Fate::Restore, job.reasons)
        }
    }
}

/// A stage whose inputs are not all known: what of it is known to differ already.
fn may_run(graph: &Graph, fates: &[Option<Fate>], index: usize, judge: &mut Judge<'_>) -> (Fate, Vec<Reason>) {
    let (stage, names) = (&graph.stages[index], &graph.files);
    let running = |file: usize| {
        let (origin, _) = names.writers[file]?;
        matches!(fates[origin], Some(Fate::Run | Fate::MayRun)).then_some(origin)
    };
    let mut reasons: Vec<Reason> = Vec::new();
    for origin in names.reads[index].iter().filter_map(|&file| running(file)) {
        let reason = Reason::Origin { stage: graph.stages[origin].id.clone() };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let history = judge.history(index);
    let mut inputs = Vec::new();
    for (input, &file) in stage.inputs.iter().zip(&names.reads[index]) {
        let digest = match running(file) {
            None => match judge.input(input, file) {
                Ok(digest) => digest,
                Err(problem) => return (Fate::Fail(problem), Vec::new()),
            },
            // As if it stayed the same: what else differs is what is asked for.
            Some(_) => match history.as_ref().ok().and_then(|last| last.ingredients.digest(&input.role)) {
                Some(digest) => digest,
                None => Digest::of(b""),
            },
        };
        inputs.push(digest);
    }
    let others = match history {
        Ok(last) => judge.differences(index, &inputs, &last),
        Err(reason) => vec![reason],
    };
    reasons.extend(others.into_iter().filter(|reason| *reason != Reason::Declaration));
    (Fate::MayRun, reasons)
}
