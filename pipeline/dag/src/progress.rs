//! How far a build has come: which stages wait, which are ready, and what became of the others.

use std::cell::Cell;
use std::cmp;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::digest::Digest;
use crate::graph::Graph;
use crate::job::Job;
use crate::problem::Problem;
use crate::report::{Event, Observer, Outcome, Reason, StageReport};
use crate::stage::Stage;

/// A stage whose outputs have to be put in place or made.
pub(crate) struct Queued<'a> {
    rank: u64,
    pub(crate) job: Job<'a>,
}

/// Jobs with the longest way to the end of the graph come first.
impl Queued<'_> {
    fn order(&self) -> (u64, cmp::Reverse<usize>) {
        (self.rank, cmp::Reverse(self.job.index))
    }
}

impl Ord for Queued<'_> {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Queued<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Queued<'_> {}

/// The stages of a build.
pub(crate) struct Progress<'a> {
    graph: &'a Graph,
    observer: &'a dyn Observer,
    selected: &'a [bool],
    /// Milliseconds from the start of each stage to the end of the graph, by the last runs.
    ranks: Vec<u64>,
    /// How many origins of each stage are not done yet.
    waiting: Vec<usize>,
    ready: BinaryHeap<cmp::Reverse<usize>>,
    reports: Vec<Option<StageReport>>,
    done: usize,
    total: usize,
    /// Whether it was told that the build stops.
    stopping: Cell<bool>,
}

impl<'a> Progress<'a> {
    /// `took` tells the milliseconds that the last run of a stage took.
    pub(crate) fn new(
        graph: &'a Graph,
        selected: &'a [bool],
        observer: &'a dyn Observer,
        took: impl Fn(usize) -> Option<u64>,
    ) -> Self {
        let n = graph.stages.len();
        let mut ranks = vec![0_u64; n];
        for stage in (0..n).rev() {
            let rest = graph.dependants[stage].iter().map(|&d| ranks[d]).max().unwrap_or(0);
            ranks[stage] = took(stage).unwrap_or(0).max(1).saturating_add(rest);
        }
        let mut waiting = vec![0; n];
        for stage in (0..n).filter(|&stage| selected[stage]) {
            graph.dependants[stage].iter().for_each(|&d| waiting[d] += 1);
        }
        let ready = (0..n).filter(|&s| selected[s] && waiting[s] == 0).map(cmp::Reverse).collect();
        let total = selected.iter().filter(|&&selected| selected).count();
        let reports = (0..n).map(|_| None).collect();
        Self { graph, observer, selected, ranks, waiting, ready, reports, done: 0, total, stopping: Cell::new(false) }
    }

    /// The next stage to be looked at.
    pub(crate) fn next(&mut self) -> Option<usize> {
        self.ready.pop().map(|cmp::Reverse(index)| index)
    }

    pub(crate) fn queued(&self, job: Job<'a>) -> Queued<'a> {
        Queued { rank: self.ranks[job.index], job }
    }

    pub(crate) fn started(&self, job: &Job<'_>) {
        self.observer.event(Event::Started { stage: &job.stage.id, reasons: &job.reasons });
    }

    /// Tells once that the build stops, if that leaves something undone.
    pub(crate) fn stopping(&self, running: usize) {
        if self.done < self.total && !self.stopping.replace(true) {
            self.observer.event(Event::Stopping { running });
        }
    }

    /// Notes that a stage is right, and lets the stages go on that waited for it.
    pub(crate) fn finish(&mut self, index: usize, mut report: StageReport, digests: Vec<Digest>) {
        let paths = self.graph.stages[index].outputs.iter().map(|output| output.path.to_string());
        report.outputs = paths.zip(digests).collect();
        self.report(report, index);
        for &dependant in &self.graph.dependants[index] {
            self.waiting[dependant] -= 1;
            if self.selected[dependant] && self.waiting[dependant] == 0 && self.reports[dependant].is_none() {
                self.ready.push(cmp::Reverse(dependant));
            }
        }
    }

    /// Notes that a stage failed, and blocks those that need it.
    pub(crate) fn fail(&mut self, index: usize, problem: Problem, reasons: Vec<Reason>, duration: Duration) {
        let stage = &self.graph.stages[index];
        self.report(StageReport { reasons, duration, ..report(stage, Outcome::Failed(problem)) }, index);
        let mut open = self.graph.dependants[index].clone();
        while let Some(index) = open.pop() {
            if self.selected[index] && self.reports[index].is_none() {
                let blocked = Outcome::Blocked { by: stage.id.clone() };
                self.report(report(&self.graph.stages[index], blocked), index);
                open.extend(&self.graph.dependants[index]);
            }
        }
    }

    /// Ends the build. The reports are in the order of the graph.
    pub(crate) fn end(mut self) -> Vec<StageReport> {
        for index in 0..self.graph.stages.len() {
            if self.selected[index] && self.reports[index].is_none() {
                self.report(report(&self.graph.stages[index], Outcome::Cancelled), index);
            }
        }
        self.reports.into_iter().flatten().collect()
    }

    fn report(&mut self, report: StageReport, index: usize) {
        self.done += 1;
        self.observer.event(Event::Finished { report: &report, done: self.done, total: self.total });
        self.reports[index] = Some(report);
    }
}

/// A report with nothing but the outcome.
pub(crate) fn report(stage: &Stage, outcome: Outcome) -> StageReport {
    StageReport {
        stage: stage.id.clone(),
        outcome,
        reasons: Vec::new(),
        duration: Duration::ZERO,
        outputs: Vec::new(),
        printed: String::new(),
    }
}
