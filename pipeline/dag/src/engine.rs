//! The engine: decides for each stage, in the order of the graph, and keeps the threads busy.

use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::clean::{self, Cleaned, Cleaning};
use crate::decide::{Decision, Judge};
use crate::error::Error;
use crate::forecast::Forecast;
use crate::format::FOLDER;
use crate::graph::Graph;
use crate::isolation::Isolation;
use crate::job::{Done, Place};
use crate::log;
use crate::plan::{self, Plan};
#[cfg(unix)]
use crate::pool::Pool;
use crate::problem::Problem;
#[cfg(unix)]
use crate::process::{Children, GRACE, Signal};
use crate::progress::{Progress, Queued, report};
use crate::report::{Event, Observer, Outcome, Report, StageReport};
use crate::state::{self, Folder, State};
use crate::store::{self, Checked, Collected, Keep, PushError, Pushed, Remote, Store};

/// Threads run what the stages bring along, such as interpreters: give them room.
pub(crate) const STACK_BYTES: usize = 32 << 20;

/// How often a build that waits for its stages looks whether it was asked to stop.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// Where and how to build.
pub struct Options {
    /// The workspace: all declared paths are below it.
    pub root: PathBuf,
    /// The engine's own folder, on the same file system for best speed.
    pub folder: PathBuf,
    /// The store: `store` in the engine's folder unless several workspaces share one.
    pub store: Option<PathBuf>,
    /// Asked for what the store lacks.
    pub remote: Option<Arc<dyn Remote>>,
    /// After a build that stored something, what was used least recently is removed from the store until
    /// it has so many bytes, unless a workspace needs it.
    pub store_limit: Option<u64>,
    /// How many stages may run at once; at least one.
    pub jobs: usize,
    /// Set from outside to stop: nothing new is begun, commands and isolated functions are ended,
    /// other functions finish.
    pub cancel: Arc<AtomicBool>,
    /// A word on what is built, such as on its data, for the [log](crate::log).
    pub note: Option<String>,
    /// Keeps stages from files that they do not declare.
    pub isolation: Option<Isolation>,
}

impl Options {
    /// A workspace with its folder in `.joulebook`, and as many jobs as the machine has cores.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let folder = root.join(".joulebook");
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        let (store, remote, store_limit, isolation, note) = (None, None, None, None, None);
        Self { root, folder, store, remote, store_limit, jobs, cancel: Arc::default(), isolation, note }
    }

    /// The folder of the store.
    pub fn store(&self) -> PathBuf {
        self.store.clone().unwrap_or_else(|| self.folder.join("store"))
    }
}

/// The engine over one workspace. It holds the workspace's lock as long as it lives.
pub struct Engine {
    options: Options,
    folder: Folder,
    store: Store,
    /// What is remembered, as it stands in its file.
    state: Vec<u8>,
}

impl Engine {
    /// Locks the workspace and reads what the last run remembered.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(options: Options) -> Result<Self, Error> {
        let folder = Folder::open(options.folder.clone())?;
        let state = State::read(&folder.path);
        let store = Store::open(options.store(), &folder.path)?.with_remote(options.remote.clone());
        Ok(Self { options, folder, store, state })
    }

    /// Brings the targets, and all they need, up to date. A target is a stage's id, the beginning
    /// of ids up to a `/`, or the path of an output; no target means all stages.
    ///
    /// # Errors
    /// When a target is unknown. A stage that fails is no error here: see [`Report::succeeded`].
    pub fn build(&mut self, graph: &Graph, targets: &[String], observer: &dyn Observer) -> Result<Report, Error> {
        let (start, began) = (Instant::now(), SystemTime::now());
        let selected = graph.select(targets)?;
        let mut judge = Judge::new(graph, &self.options.root, &self.store, State::decode(&self.state));
        judge.look_ahead(&selected, self.options.jobs);
        let stages = self.run(graph, &selected, &mut judge, observer);
        let (state, files_hashed) = (judge.state(), judge.files.hashed());
        let mut state_problem = None;
        if let Some(state) = state {
            // The state only saves work: a build that cannot write it down has still been made.
            let place = self.folder.path.join("state");
            let written = State::write(&state, &self.folder.path);
            state_problem = written.err().map(|error| Problem::io("write down what was built", place, &error));
            self.state = state;
        }
        let (fetched, mut warnings) = self.store.fetched();
        let stored = |stage: &StageReport| matches!(stage.outcome, Outcome::Ran | Outcome::Restored);
        if let Some(limit) = self.options.store_limit
            && stages.iter().any(stored)
        {
            warnings.extend(self.store.limit(limit));
        }
        let mut report = Report { stages, state_problem, warnings, fetched, duration: start.elapsed(), files_hashed };
        if let Some(entry) = log::Entry::of(&report, began, targets, self.options.note.as_deref()) {
            let written = log::append(&self.folder.path, &entry).err();
            let problem = written.map(|error| Problem::io("add to the log", self.folder.path.join("log"), &error));
            report.state_problem = report.state_problem.or(problem);
        }
        Ok(report)
    }

    /// What [`Engine::build`] would do, and why. Writes nothing and takes no lock, so it can be
    /// asked while another process builds: it then tells how things stand at this instant, which
    /// that build is changing ([`Plan::locked_by`]).
    ///
    /// # Errors
    /// When a target is unknown, or the folder or the store is of another format.
    pub fn plan(options: &Options, graph: &Graph, targets: &[String]) -> Result<Plan, Error> {
        let selected = graph.select(targets)?;
        FOLDER.check(&options.folder)?;
        let bytes = State::read(&options.folder);
        let store = Store::to_read(options.store(), &options.folder)?.with_remote(options.remote.clone());
        let mut judge = Judge::new(graph, &options.root, &store, State::decode(&bytes));
        judge.look_ahead(&selected, options.jobs);
        let stages = plan::stages(graph, &selected, &mut judge, &store);
        let (_, warnings) = store.fetched();
        Ok(Plan { stages, locked_by: state::holder(&options.folder), warnings })
    }

    /// Copies to a remote store what the stages of the targets, and all they need, have made, where they
    /// are fresh. `progress` is told how many files of how many are there.
    ///
    /// # Errors
    /// See [`PushError`].
    pub fn push(
        &mut self,
        graph: &Graph,
        targets: &[String],
        remote: &dyn Remote,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Pushed, PushError> {
        let selected = graph.select(targets).map_err(Error::from)?;
        let mut judge = Judge::new(graph, &self.options.root, &self.store, State::decode(&self.state));
        judge.look_ahead(&selected, self.options.jobs);
        let (keys, left_out) = plan::fresh(graph, &selected, &mut judge);
        let mut pushed = store::push(&self.store, &keys, remote, &self.options.cancel, progress)?;
        pushed.left_out += left_out;
        Ok(pushed)
    }

    /// Removes what builds of `graphs` have made.
    ///
    /// # Errors
    /// When another process builds in the workspace, or a file cannot be removed.
    pub fn clean(options: &Options, graphs: &[&Graph], cleaning: &Cleaning<'_>) -> Result<Cleaned, Error> {
        clean::clean(options, graphs, cleaning)
    }

    /// Removes from the store what is not needed any more. What the state of a workspace names that
    /// builds with the store stays.
    ///
    /// # Errors
    /// When another process builds with the store, or a file cannot be removed.
    pub fn collect(options: &Options, keep: &Keep, dry_run: bool) -> Result<Collected, Error> {
        store::collect(&options.store(), &options.folder, keep, dry_run)
    }

    /// Reads everything in the store and tells what is not as it should be. With `repair` that is
    /// removed, so that it is made again. `progress` is told how many bytes of how many have been read.
    ///
    /// # Errors
    /// When the store cannot be read, or is to be repaired while another process builds with it.
    pub fn check(options: &Options, repair: bool, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Checked, Error> {
        store::check(&options.store(), options.jobs, repair, progress)
    }

    /// The build itself.
    fn run<'a>(
        &'a self,
        graph: &'a Graph,
        selected: &[bool],
        judge: &mut Judge<'a>,
        observer: &dyn Observer,
    ) -> Vec<StageReport> {
        let (took, jobs) = (|stage: usize| judge.took(stage), self.options.jobs.max(1));
        observer.event(Event::Began { forecast: &Forecast { graph, selected, took: &took, jobs } });
        let mut progress = Progress::new(graph, selected, observer, took);
        let tmp = self.folder.path.join("tmp");
        let cancel = &self.options.cancel;
        #[cfg(unix)]
        let (children, pool) = (Children::new(Arc::clone(cancel)), Pool::new(self.folder.path.join("pool")));
        let place = Place {
            root: &self.options.root,
            tmp: &tmp,
            store: &self.store,
            isolation: self.options.isolation.as_ref(),
            #[cfg(unix)]
            children: &children,
            #[cfg(unix)]
            pool: &pool,
        };
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel::<Done>();
            let mut queue: BinaryHeap<Queued<'_>> = BinaryHeap::new();
            let mut running = 0;
            loop {
                while let Some(index) = progress.next() {
                    let start = Instant::now();
                    match judge.decide(index) {
                        Decision::Right(key, reasons) => {
                            let outcome = if reasons.is_empty() { Outcome::Fresh } else { Outcome::Restored };
                            if outcome == Outcome::Restored {
                                judge.remember(index, key, None);
                            }
                            let duration = start.elapsed();
                            let told = StageReport { reasons, duration, ..report(&graph.stages[index], outcome) };
                            progress.finish(index, told, judge.outputs(index));
                        }
                        Decision::Job(job) => queue.push(progress.queued(job)),
                        Decision::Failed(problem) => progress.fail(index, problem, Vec::new(), start.elapsed()),
                    }
                }
                while running < jobs && !cancel.load(Ordering::Relaxed) {
                    let Some(Queued { job, .. }) = queue.pop() else { break };
                    progress.started(&job);
                    judge.files.look_afresh();
                    let (index, sender, place) = (job.index, sender.clone(), &place);
                    let spawned = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, move || {
                        // The receiver lives until all threads are done.
                        let _ = sender.send(job.execute(place));
                    });
                    match spawned {
                        Ok(_) => running += 1,
                        Err(error) => {
                            let problem = Problem::new(format!("cannot start a thread: {error}"));
                            progress.fail(index, problem, Vec::new(), Duration::ZERO);
                        }
                    }
                }
                if cancel.load(Ordering::Relaxed) {
                    progress.stopping(running);
                }
                if running == 0 {
                    break;
                }
                let say = || progress.stopping(running);
                let Some(done) = next_done(&receiver, &place, cancel, say) else { break };
                running -= 1;
                take_over(graph, done, judge, &mut progress);
            }
        });
        progress.end()
    }
}

/// Waits for a stage to end; ends the commands, and says so, if the build is asked to stop meanwhile.
pub(crate) fn next_done(
    receiver: &Receiver<Done>,
    place: &Place<'_>,
    cancel: &AtomicBool,
    say: impl Fn(),
) -> Option<Done> {
    let mut stopping: Option<Instant> = None;
    loop {
        let done = receiver.recv_timeout(HEARTBEAT);
        if cancel.load(Ordering::Relaxed) {
            say();
        }
        match done {
            Ok(done) => return Some(done),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if !cancel.load(Ordering::Relaxed) => {}
            #[cfg(unix)]
            Err(RecvTimeoutError::Timeout) => match stopping {
                None => {
                    place.children.signal(Signal::TERM);
                    stopping = Some(Instant::now());
                }
                Some(since) if since.elapsed() >= GRACE => place.children.signal(Signal::KILL),
                Some(_) => {}
            },
            #[cfg(not(unix))]
            Err(RecvTimeoutError::Timeout) => {
                let _ = (&mut stopping, place);
            }
        }
    }
}

/// Ends a stage that a thread has worked on.
fn take_over(graph: &Graph, done: Done, judge: &mut Judge<'_>, progress: &mut Progress<'_>) {
    let Done { index, key, reasons, duration, result } = done;
    match result {
        Ok(Some(outputs)) => {
            judge.take_over(index, key, &outputs, outputs.ran.then_some(duration));
            let outcome = if outputs.ran { Outcome::Ran } else { Outcome::Restored };
            let printed = outputs.printed;
            let told = StageReport { reasons, duration, printed, ..report(&graph.stages[index], outcome) };
            progress.finish(index, told, outputs.digests);
        }
        // It is told of at the end, with the stages that were not begun.
        Ok(None) => {}
        Err(problem) => progress.fail(index, problem, reasons, duration),
    }
}
