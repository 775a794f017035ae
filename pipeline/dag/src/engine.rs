//! The engine: decides for each stage, in the order of the graph, and keeps the threads busy.

use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{cmp, mem, thread};

use crate::digest::Digest;
use crate::error::Error;
use crate::files::Files;
use crate::graph::Graph;
use crate::job::{Done, Job, Outputs};
use crate::key;
use crate::problem::Problem;
use crate::report::{Event, Observer, Outcome, Reason, Report, StageReport};
use crate::stage::Stage;
use crate::state::{Folder, Last, State};
use crate::store::{Ingredients, Store, Used};

/// Threads run what the stages bring along, such as interpreters: give them room.
const STACK_BYTES: usize = 32 << 20;

/// Where and how to build.
pub struct Options {
    /// The workspace: all declared paths are below it.
    pub root: PathBuf,
    /// The engine's own folder, on the same file system for best speed.
    pub folder: PathBuf,
    /// How many stages may run at once; at least one.
    pub jobs: usize,
    /// Set from outside to stop: what runs is finished, nothing new is begun.
    pub cancel: Arc<AtomicBool>,
}

impl Options {
    /// A workspace with its folder in `.joulebook`, and as many jobs as the machine has cores.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let folder = root.join(".joulebook");
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        Self { root, folder, jobs, cancel: Arc::default() }
    }
}

/// The engine over one workspace. It holds the workspace's lock as long as it lives.
pub struct Engine {
    options: Options,
    folder: Folder,
    store: Arc<Store>,
    stages: HashMap<String, Last>,
    files: Files,
}

impl Engine {
    /// Locks the workspace and reads what the last run remembered.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(options: Options) -> Result<Self, Error> {
        let folder = Folder::open(options.folder.clone())?;
        let State { stages, files } = State::read(&folder.path);
        let store = Arc::new(Store::new(folder.path.join("store"), folder.path.join("tmp")));
        let files = Files::new(&options.root, files);
        Ok(Self { options, folder, store, stages, files })
    }

    /// Brings the targets, and all they need, up to date. A target is a stage's id, the beginning
    /// of ids up to a `/`, or the path of an output; no target means all stages.
    ///
    /// # Errors
    /// When a target is unknown. A stage that fails is no error here: see [`Report::succeeded`].
    pub fn build(&mut self, graph: &Graph, targets: &[String], observer: &dyn Observer) -> Result<Report, Error> {
        let start = Instant::now();
        let hashed_before = self.files.hashed();
        let selected = graph.select(targets)?;
        self.look_ahead(graph, &selected);
        let mut build = Build::new(graph, &selected, observer, &self.stages);
        let changed = self.run(&mut build);
        // The state only saves work: a build that cannot write it down has still been made.
        let state_problem = if changed || self.files.changed() {
            let state = State { stages: mem::take(&mut self.stages), files: self.files.known().clone() };
            let written = state.write(&self.folder.path);
            self.stages = state.stages;
            written.err().map(|error| Problem::io("write down what was built", self.folder.path.join("state"), &error))
        } else {
            None
        };
        let stages = build.reports.into_iter().flatten().collect();
        Ok(Report {
            stages,
            state_problem,
            duration: start.elapsed(),
            files_hashed: self.files.hashed() - hashed_before,
        })
    }

    /// Hashes what has to be hashed before the first stage is looked at, on all threads.
    fn look_ahead(&mut self, graph: &Graph, selected: &[bool]) {
        let mut paths = BTreeSet::new();
        for (i, stage) in graph.stages.iter().enumerate().filter(|(i, _)| selected[*i]) {
            let sources = stage.inputs.iter().zip(&graph.origins[i]).filter(|(_, origin)| origin.is_none());
            paths.extend(sources.map(|(input, _)| input.path.as_str()));
            paths.extend(stage.outputs.iter().map(|output| output.path.as_str()));
        }
        self.files.look_ahead(&paths.into_iter().collect::<Vec<_>>(), self.options.jobs);
    }

    /// The build itself. Returns whether any stage has a new last run.
    fn run(&mut self, build: &mut Build<'_>) -> bool {
        let mut changed = false;
        let (root, tmp, store) = (self.options.root.clone(), self.folder.path.join("tmp"), Arc::clone(&self.store));
        let cancel = Arc::clone(&self.options.cancel);
        let jobs_at_once = self.options.jobs.max(1);
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel::<Done>();
            let mut queue: BinaryHeap<Queued<'_>> = BinaryHeap::new();
            let mut running = 0;
            loop {
                while let Some(cmp::Reverse(index)) = build.ready.pop() {
                    let start = Instant::now();
                    match self.decide(build, index) {
                        Decision::Right(key, digests, reasons) => {
                            changed |= !reasons.is_empty();
                            self.settle(build, index, key, digests, reasons, start.elapsed());
                        }
                        Decision::Job(job) => queue.push(Queued { rank: build.ranks[index], job }),
                        Decision::Failed(problem) => build.fail(index, problem, Vec::new(), start.elapsed()),
                    }
                }
                while running < jobs_at_once && !cancel.load(Ordering::Relaxed) {
                    let Some(Queued { job, .. }) = queue.pop() else { break };
                    build.observer.event(Event::Started { stage: &job.stage.id, reasons: &job.reasons });
                    let (index, sender, store, root, tmp) = (job.index, sender.clone(), &store, &root, &tmp);
                    let spawned = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, move || {
                        let (key, reasons) = (job.key, job.reasons.clone());
                        let done = catch_unwind(AssertUnwindSafe(|| job.execute(root, tmp, store)));
                        let done = done.unwrap_or_else(|panic| {
                            // What a panic carries may panic again when it is dropped.
                            mem::forget(panic);
                            let problem = Problem::new("the engine panicked").help("this is a bug: please report it");
                            Done { index, key, reasons, duration: Duration::ZERO, result: Err(problem) }
                        });
                        // The receiver lives until all threads are done.
                        let _ = sender.send(done);
                    });
                    match spawned {
                        Ok(_) => running += 1,
                        Err(error) => {
                            let problem = Problem::new(format!("cannot start a thread: {error}"));
                            build.fail(index, problem, Vec::new(), Duration::ZERO);
                        }
                    }
                }
                if running > 0 {
                    let Ok(done) = receiver.recv() else { break };
                    running -= 1;
                    changed |= self.take_over(build, done);
                } else if build.ready.is_empty() {
                    break;
                }
            }
        });
        build.cancel_rest();
        changed
    }

    /// Ends a stage whose outputs were right already; with reasons, it was looked up in the store.
    fn settle(
        &mut self,
        build: &mut Build<'_>,
        index: usize,
        key: Digest,
        digests: Vec<Digest>,
        reasons: Vec<Reason>,
        duration: Duration,
    ) {
        let outcome = if reasons.is_empty() { Outcome::Fresh } else { Outcome::Restored };
        if outcome == Outcome::Restored {
            self.remember(build.graph, index, key, &digests, None);
        }
        build.finish(index, outcome, reasons, duration, Some(digests));
    }

    /// Ends a stage that a thread has worked on. Returns whether it is right now.
    fn take_over(&mut self, build: &mut Build<'_>, done: Done) -> bool {
        let Done { index, key, reasons, duration, result } = done;
        let Outputs { ran, digests, placed } = match result {
            Ok(outputs) => outputs,
            Err(problem) => {
                build.fail(index, problem, reasons, duration);
                return false;
            }
        };
        for (output, known) in placed {
            self.files.insert(&build.graph.stages[index].outputs[output].path, known);
        }
        self.remember(build.graph, index, key, &digests, ran.then_some(duration));
        let outcome = if ran { Outcome::Ran } else { Outcome::Restored };
        build.finish(index, outcome, reasons, duration, Some(digests));
        true
    }

    fn remember(&mut self, graph: &Graph, index: usize, key: Digest, outputs: &[Digest], took: Option<Duration>) {
        let id = &graph.stages[index].id;
        let took = took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        let milliseconds = took
            .or_else(|| self.store.manifest(&key).map(|manifest| manifest.milliseconds))
            .or_else(|| self.stages.get(id).map(|last| last.milliseconds));
        let last = Last { key, outputs: outputs.to_vec(), milliseconds: milliseconds.unwrap_or(0) };
        self.stages.insert(id.clone(), last);
    }

    /// Whether a stage, whose origins are all right, is right itself, and if not what to do.
    fn decide<'g>(&mut self, build: &Build<'g>, index: usize) -> Decision<'g> {
        let graph = build.graph;
        let stage = &graph.stages[index];
        let ingredients = match self.ingredients(build, index) {
            Ok(ingredients) => ingredients,
            Err(problem) => return Decision::Failed(problem),
        };
        let key = key::key(stage, &ingredients);
        let last = self.stages.get(&stage.id);
        let unchanged = last.is_some_and(|last| last.key == key && last.outputs.len() == stage.outputs.len());
        let stored = if unchanged { last.map(|last| last.outputs.clone()) } else { self.stored(stage, &key) };

        let mut reasons = if unchanged { Vec::new() } else { self.reasons(stage, &ingredients) };
        let mut wrong = Vec::new();
        for (i, digest) in stored.iter().flatten().enumerate() {
            let path = &stage.outputs[i].path;
            let reason = match self.files.look(path) {
                Ok(Some(known)) if known.digest == *digest => continue,
                Ok(Some(_)) => Reason::OutputEdited { path: path.clone() },
                Ok(None) => Reason::OutputMissing { path: path.clone() },
                Err(error) => return Decision::Failed(Problem::io("look at the output", path, &error)),
            };
            wrong.push(i);
            if unchanged {
                reasons.push(reason);
            }
        }
        match stored {
            Some(digests) if wrong.is_empty() => Decision::Right(key, digests, reasons),
            stored => Decision::Job(Job { index, stage, key, ingredients, stored, wrong, reasons }),
        }
    }

    /// The digests of the outputs for a key, in the stage's order, if the store knows the key.
    fn stored(&self, stage: &Stage, key: &Digest) -> Option<Vec<Digest>> {
        let manifest = self.store.manifest(key)?;
        let digest = |role: &str| manifest.outputs.iter().find(|made| made.role == role).map(|made| made.digest);
        stage.outputs.iter().map(|output| digest(&output.role)).collect()
    }

    fn reasons(&self, stage: &Stage, ingredients: &Ingredients) -> Vec<Reason> {
        let Some(last) = self.stages.get(&stage.id) else { return vec![Reason::FirstRun] };
        let Some(manifest) = self.store.manifest(&last.key) else { return vec![Reason::HistoryLost] };
        let code = self.store.code(&manifest.ingredients.code);
        key::reasons(stage, ingredients, &manifest, code.as_ref())
    }

    fn ingredients(&mut self, build: &Build<'_>, index: usize) -> Result<Ingredients, Problem> {
        let stage = &build.graph.stages[index];
        let mut inputs = Vec::with_capacity(stage.inputs.len());
        for (input, origin) in stage.inputs.iter().zip(&build.graph.origins[index]) {
            let made = origin.and_then(|(stage, output)| build.digests[stage].as_ref()?.get(output).copied());
            let digest = match made {
                Some(digest) => digest,
                None => self.source(input)?,
            };
            if let Some(pin) = input.pin.as_ref().filter(|pin| pin.sha256 != digest) {
                return Err(Problem::new("the file is not the one that is pinned")
                    .in_file(&input.path)
                    .expected(format!("sha256 {}, found {digest}", pin.sha256))
                    .help(&pin.help));
            }
            inputs.push(Used { role: input.role.clone(), path: input.path.clone(), digest });
        }
        Ok(Ingredients { code: stage.code.digest(), parameters: stage.parameters.clone(), inputs })
    }

    fn source(&mut self, input: &crate::stage::Input) -> Result<Digest, Problem> {
        let help = input.pin.as_ref().map_or("put the file there, or correct the path", |pin| &pin.help);
        match self.files.look(&input.path) {
            Ok(Some(known)) => Ok(known.digest),
            Ok(None) => {
                let problem = Problem::new("an input file is missing").in_file(&input.path).help(help);
                Err(match &input.pin {
                    Some(pin) => problem.expected(format!("a file with sha256 {}", pin.sha256)),
                    None => problem,
                })
            }
            Err(error) => Err(Problem::io("read", &input.path, &error)),
        }
    }
}

enum Decision<'a> {
    /// The outputs are right; the reasons say why the stage had to be looked up in the store.
    Right(Digest, Vec<Digest>, Vec<Reason>),
    Job(Job<'a>),
    Failed(Problem),
}

/// Jobs with the longest way to the end of the graph come first.
struct Queued<'a> {
    rank: u64,
    job: Job<'a>,
}

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

/// How far a build has come.
struct Build<'a> {
    graph: &'a Graph,
    observer: &'a dyn Observer,
    selected: &'a [bool],
    /// Milliseconds from the start of each stage to the end of the graph, by the last runs.
    ranks: Vec<u64>,
    /// How many origins of each stage are not done yet.
    waiting: Vec<usize>,
    ready: BinaryHeap<cmp::Reverse<usize>>,
    /// Digests of the outputs of the stages that are right.
    digests: Vec<Option<Vec<Digest>>>,
    reports: Vec<Option<StageReport>>,
    done: usize,
    total: usize,
}

impl<'a> Build<'a> {
    fn new(graph: &'a Graph, selected: &'a [bool], observer: &'a dyn Observer, last: &HashMap<String, Last>) -> Self {
        let n = graph.stages.len();
        let mut ranks = vec![0_u64; n];
        for stage in (0..n).rev() {
            let own = last.get(&graph.stages[stage].id).map_or(1, |last| last.milliseconds.max(1));
            let rest = graph.dependants[stage].iter().map(|&d| ranks[d]).max().unwrap_or(0);
            ranks[stage] = own.saturating_add(rest);
        }
        let mut waiting = vec![0; n];
        for stage in (0..n).filter(|&stage| selected[stage]) {
            graph.dependants[stage].iter().for_each(|&d| waiting[d] += 1);
        }
        let ready = (0..n).filter(|&s| selected[s] && waiting[s] == 0).map(cmp::Reverse).collect();
        let total = selected.iter().filter(|&&selected| selected).count();
        let reports = (0..n).map(|_| None).collect();
        Self { graph, observer, selected, ranks, waiting, ready, digests: vec![None; n], reports, done: 0, total }
    }

    /// Notes what became of a stage, and passes it on to the stages that wait for it.
    fn finish(
        &mut self,
        index: usize,
        outcome: Outcome,
        reasons: Vec<Reason>,
        duration: Duration,
        digests: Option<Vec<Digest>>,
    ) {
        let stage = &self.graph.stages[index];
        let paths = stage.outputs.iter().map(|output| output.path.clone());
        let outputs = digests.iter().flatten().copied().zip(paths).map(|(digest, path)| (path, digest)).collect();
        let right = digests.is_some();
        self.digests[index] = digests;
        self.report(StageReport { stage: stage.id.clone(), outcome, reasons, duration, outputs }, index);
        if right {
            for &dependant in &self.graph.dependants[index] {
                self.waiting[dependant] -= 1;
                if self.selected[dependant] && self.waiting[dependant] == 0 && self.reports[dependant].is_none() {
                    self.ready.push(cmp::Reverse(dependant));
                }
            }
        } else {
            self.block(index);
        }
    }

    fn fail(&mut self, index: usize, problem: Problem, reasons: Vec<Reason>, duration: Duration) {
        self.finish(index, Outcome::Failed(problem), reasons, duration, None);
    }

    fn block(&mut self, failed: usize) {
        let mut open = self.graph.dependants[failed].clone();
        while let Some(index) = open.pop() {
            if self.selected[index] && self.reports[index].is_none() {
                let outcome = Outcome::Blocked { by: self.graph.stages[failed].id.clone() };
                self.report(idle(&self.graph.stages[index], outcome), index);
                open.extend(&self.graph.dependants[index]);
            }
        }
    }

    fn cancel_rest(&mut self) {
        for index in 0..self.graph.stages.len() {
            if self.selected[index] && self.reports[index].is_none() {
                self.report(idle(&self.graph.stages[index], Outcome::Cancelled), index);
            }
        }
    }

    fn report(&mut self, report: StageReport, index: usize) {
        self.done += 1;
        self.observer.event(Event::Finished { report: &report, done: self.done, total: self.total });
        self.reports[index] = Some(report);
    }
}

fn idle(stage: &Stage, outcome: Outcome) -> StageReport {
    StageReport { stage: stage.id.clone(), outcome, reasons: Vec::new(), duration: Duration::ZERO, outputs: Vec::new() }
}
