//! `cargo xtask build-paper`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};

use dag::{Engine, Error, Fate, Graph, Observer, Options, Report, Stage, isolation};
use remote::Purpose;
use serde::Serialize;
use studies::campaign::Campaign;
use studies::record::Status;
use studies::sources::Sources;
use studies::verify::{OwnChecks, Summary};
use studies::{Chosen, Outcome, Study};

use crate::cli::{BuildPaper, CampaignName};
use crate::console::{BAD, Console, GOOD, WARN, counted_of};
use crate::needs::{LARGE_SCALE, Needs};
use crate::watch::{self, Change, Watch};
use crate::{Exit, Failure, data, fetch, isolated, machine, plan, report, smoke};

pub(crate) fn run(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    if arguments.smoke {
        return smoke::run(root, arguments, console);
    }
    let (build, chosen) = Build::begin(root, arguments, console)?;
    match arguments {
        BuildPaper { dry_run: true, .. } => plan::run(&build, &chosen, console),
        BuildPaper { watch: true, .. } => build.again_and_again(&chosen, console),
        _ => build.once(&chosen, console),
    }
}

/// A flag that the first Ctrl-C sets.
pub(crate) fn stop_on_signals() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::default();
    dag::cancel_on_signals(&stop).map_err(|error| Failure::new(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(stop)
}

/// What to build, and with what.
pub(crate) struct Build<'a> {
    pub(crate) root: &'a Path,
    pub(crate) arguments: &'a BuildPaper,
    pub(crate) typesetter: Arc<typeset::Backend>,
    unavailable: Unavailable,
    stop: Arc<AtomicBool>,
}

/// What was built, from which data.
#[derive(Serialize)]
struct Built {
    campaigns: BTreeMap<&'static str, Campaign>,
    #[serde(flatten)]
    report: Report,
}

impl<'a> Build<'a> {
    /// A build, and the data it takes. Missing raw files are fetched.
    pub(crate) fn begin(
        root: &'a Path,
        arguments: &'a BuildPaper,
        console: &Console,
    ) -> Result<(Self, Vec<Chosen>), Failure> {
        let typesetter = typeset::Backend::choose(arguments.means.typst.clone()).map_err(Failure::usage)?;
        let sources = load(root)?;
        let unavailable = match arguments.campaign {
            Some(CampaignName::Simulated) => Unavailable::default(),
            _ => fetch_missing(root, &sources, arguments, console)?,
        };
        let build = Build { root, arguments, typesetter: Arc::new(typesetter), unavailable, stop: stop_on_signals()? };
        let chosen = build.choose(sources);
        Ok((build, chosen))
    }

    /// A build that is only planned. Nothing is fetched: what is not there is simulated.
    pub(crate) fn planned(root: &'a Path, arguments: &'a BuildPaper) -> Result<Self, Failure> {
        let typesetter = typeset::Backend::choose(arguments.means.typst.clone()).map_err(Failure::usage)?;
        let (unavailable, stop) = (Unavailable::default(), Arc::default());
        Ok(Build { root, arguments, typesetter: Arc::new(typesetter), unavailable, stop })
    }

    /// As [`Build::planned`], for what can be stopped with Ctrl-C.
    pub(crate) fn interruptible(root: &'a Path, arguments: &'a BuildPaper) -> Result<Self, Failure> {
        Ok(Build { stop: stop_on_signals()?, ..Self::planned(root, arguments)? })
    }

    /// The graph of the stages, which has all targets.
    pub(crate) fn graph(&self, chosen: &[Chosen]) -> Result<Graph, Failure> {
        let stages = studies::stages(self.root, chosen, Arc::clone(&self.typesetter)).map_err(Failure::new)?;
        let graph = Graph::new(stages).map_err(Failure::new)?;
        for target in &self.arguments.targets {
            if let Err(error) = graph.named(target) {
                return Err(simulated_figure(&graph, target, chosen).unwrap_or_else(|| Failure::usage(error)));
            }
        }
        Ok(graph)
    }

    /// Where and how to build.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        let remote = remote_store(self.arguments.means.remote.as_deref())?;
        Ok(Options { remote, ..self.local_options() })
    }

    /// As [`Build::options`], of what this machine has: no remote store is asked.
    pub(crate) fn local_options(&self) -> Options {
        let mut options = Options::new(self.root);
        options.store.clone_from(&self.arguments.means.store.store);
        options.store_limit = self.arguments.means.store_limit;
        options.jobs = self.arguments.jobs.get();
        options.cancel = Arc::clone(&self.stop);
        options
    }

    /// Builds, and prints the papers.
    fn once(&self, chosen: &[Chosen], console: &Console) -> Result<Exit, Failure> {
        let report = self.make(chosen, console)?;
        let campaigns = chosen.iter().map(|chosen| (chosen.study.name, chosen.campaign)).collect();
        let built = Built { campaigns, report };
        if self.arguments.json {
            anstream::println!("{}", serde_json::to_string_pretty(&built).map_err(Failure::new)?);
        } else {
            papers(&built.report).for_each(|path| anstream::println!("{path}"));
        }
        self.conclude(&built.report, console)
    }

    /// Builds, and tells what was done.
    pub(crate) fn make(&self, chosen: &[Chosen], console: &Console) -> Result<Report, Failure> {
        self.warn(chosen, console);
        let graph = self.graph(chosen)?;
        self.announce(&graph, chosen, console)?;
        let report = self.build(&graph, chosen, &*console.observer())?;
        report::renew(self, &graph, &report, chosen)?;
        console.summary(&report);
        Ok(report)
    }

    /// Tells how what was made compares with what is known, and how the program ends.
    pub(crate) fn conclude(&self, report: &Report, console: &Console) -> Result<Exit, Failure> {
        if !report.succeeded() {
            return Ok(self.exit_of_failure());
        }
        let mut exit = Exit::Success;
        for study in studies::all() {
            let compared = format!("{}/typeset/verification", study.name);
            if report.stages.iter().any(|stage| stage.stage == compared)
                && let Some(outcome) = study.outcome(self.root).map_err(Failure::new)?
            {
                console.line(&verdict(study.name, &outcome));
                if !outcome.passed() {
                    exit = Exit::Mismatch;
                }
            }
        }
        Ok(exit)
    }

    /// How a build ends that did not make everything.
    pub(crate) fn exit_of_failure(&self) -> Exit {
        if self.stop.load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Failed }
    }

    /// Builds now and whenever something has changed, until Ctrl-C.
    fn again_and_again(&self, chosen: &[Chosen], console: &Console) -> Result<Exit, Failure> {
        let watch = Watch::begin(self.root)?;
        if self.once(chosen, console)? == Exit::Interrupted {
            return Ok(Exit::Interrupted);
        }
        console.line("watching; Ctrl-C ends it");
        if let Err(failure) = self.rehearse(chosen) {
            // Something was changed while the first build was at work: the loop below is told of it.
            console.error(&failure.message);
        }
        thread::scope(|scope| {
            let mut page: Option<ScopedJoinHandle<'_, ()>> = None;
            while let Some(change) = watch.next(&self.stop) {
                if change == Change::Code {
                    // This program may end there: what it is writing is finished first.
                    finish(page.take(), console);
                    watch::renew(self.root, &self.stop, console);
                }
                let rebuilt = load(self.root).and_then(|sources| {
                    let chosen = self.choose(sources);
                    let graph = self.graph(&chosen)?;
                    let report = self.build(&graph, &chosen, &*console.observer_of_many())?;
                    Ok((graph, report, chosen))
                });
                match rebuilt {
                    Ok((graph, report, chosen)) => {
                        self.warn(&chosen, console);
                        console.rebuilt(&report);
                        // One page after the other, beside the next build.
                        finish(page.take(), console);
                        page = Some(scope.spawn(move || {
                            if let Err(failure) = report::renew(self, &graph, &report, &chosen) {
                                console.error(&failure.message);
                            }
                        }));
                    }
                    // Another build may be at work, or a pin be half written: the next change tries again.
                    Err(failure) => console.error(&failure.message),
                }
            }
        });
        Ok(Exit::Interrupted)
    }

    /// Typesets the papers once more in the background: what is typeset for the first time in a process takes
    /// seconds. A build of a paper that is being typeset here waits for it, and finds its parts remembered.
    fn rehearse(&self, chosen: &[Chosen]) -> Result<(), Failure> {
        // Isolated stages typeset in processes of their own.
        if self.arguments.isolated || !self.typesetter.remembers() {
            return Ok(());
        }
        let graph = self.graph(chosen)?;
        let stages = graph.needed(&self.arguments.targets).map_err(Failure::usage)?;
        let papers: Vec<Stage> =
            stages.into_iter().filter(|stage| stage.id().ends_with(studies::PAPER)).cloned().collect();
        let (root, typesetter, stop) = (self.root.to_owned(), Arc::clone(&self.typesetter), Arc::clone(&self.stop));
        let rehearse = move || {
            let goes_on = |_: &&Stage| !stop.load(Ordering::Relaxed);
            papers.iter().take_while(goes_on).for_each(|stage| studies::rehearse(&root, stage, &typesetter));
        };
        let thread = thread::Builder::new().spawn(rehearse);
        thread.map_err(|error| Failure::new(format!("cannot start a thread: {error}")))?;
        Ok(())
    }

    /// Tells what long work needs before it begins. To plan costs what a build with nothing to do costs: it is done
    /// only where much may have to be made, because nothing was yet, the program is another one, or a simulation is
    /// large.
    fn announce(&self, graph: &Graph, chosen: &[Chosen], console: &Console) -> Result<(), Failure> {
        // What a remote store has is not asked for twice.
        let options = self.local_options();
        let is_new = machine::is_older(&options.folder.join("state"), std::env::current_exe().ok().as_deref());
        if !is_new && self.arguments.simulation.get().scale < LARGE_SCALE {
            return Ok(());
        }
        let plan = Engine::plan(&options, graph, &self.arguments.targets).map_err(failure)?;
        let stages = plan.stages.iter().filter(|stage| matches!(stage.fate, Fate::Run | Fate::MayRun)).count();
        let needs = Needs::of_plan(&plan, graph, chosen).with_jobs(self.arguments.jobs.get());
        if stages == 0 || plan.locked_by.is_some() || !needs.is_long() {
            return Ok(());
        }
        needs.announce(
            format!("{} to run", counted_of(stages, "stage")),
            self.root,
            &self.arguments.means.disk,
            console,
        )
    }

    /// Builds; the report page is left to the caller.
    fn build(&self, graph: &Graph, chosen: &[Chosen], observer: &dyn Observer) -> Result<Report, Failure> {
        let mut options = self.options()?;
        options.note = Some(self.note(chosen));
        if self.arguments.isolated {
            let typst = self.arguments.means.typst.as_deref();
            options.isolation = Some(isolated::isolation(self.root, chosen, typst, isolation::probe())?);
        }
        let mut engine = Engine::open(options).map_err(failure)?;
        engine.build(graph, &self.arguments.targets, observer).map_err(failure)
    }

    /// The data of a build in a few words.
    fn note(&self, chosen: &[Chosen]) -> String {
        let wanted = chosen.iter().filter(|chosen| is_wanted(chosen.study, &self.arguments.targets));
        let (simulated, published): (Vec<&Chosen>, Vec<&Chosen>) =
            wanted.partition(|chosen| matches!(chosen.campaign, Campaign::Simulated(_)));
        let simulation = self.arguments.simulation.get();
        let names = |chosen: &[&Chosen]| chosen.iter().map(|chosen| chosen.study.name).collect::<Vec<_>>().join(", ");
        match (simulated.is_empty(), published.is_empty()) {
            (true, _) => "published".to_owned(),
            (false, true) => format!("simulated, {simulation}"),
            (false, false) => format!("published; simulated, {simulation}: {}", names(&simulated)),
        }
    }

    /// Which raw files each study is made from: as asked for, or simulated ones where published ones
    /// cannot be had. Where something else is wrong with them it stays published, so that the build fails.
    pub(crate) fn choose(&self, sources: Vec<(&'static Study, Sources)>) -> Vec<Chosen> {
        let simulated = Campaign::Simulated(self.arguments.simulation.get());
        let choose = |(study, sources): (&'static Study, Sources)| {
            let campaign = match self.arguments.campaign {
                Some(CampaignName::Simulated) => simulated,
                Some(CampaignName::Published) => Campaign::Published,
                None if self.unavailable.broken.contains(study.name) => Campaign::Published,
                None if sources.files.is_empty() => simulated,
                None if fetch::absent(self.root, &sources).is_empty() => Campaign::Published,
                None => simulated,
            };
            Chosen { study, sources, campaign }
        };
        sources.into_iter().map(choose).collect()
    }

    /// Says which studies are made from simulated data; this is never left unsaid.
    pub(crate) fn warn(&self, chosen: &[Chosen], console: &Console) {
        let wanted = chosen.iter().filter(|chosen| is_wanted(chosen.study, &self.arguments.targets));
        let simulated: Vec<&Chosen> =
            wanted.filter(|chosen| matches!(chosen.campaign, Campaign::Simulated(_))).collect();
        if simulated.is_empty() {
            return;
        }
        let simulation = self.arguments.simulation.get();
        let names: Vec<&str> = simulated.iter().map(|chosen| chosen.study.name).collect();
        let mut message = format!("made from SIMULATED data ({simulation}): {}", names.join(", "));
        if self.arguments.campaign.is_none() {
            let lacking = simulated.iter().map(|chosen| fetch::absent(self.root, &chosen.sources).len()).sum::<usize>();
            if lacking == 0 {
                message.push_str(", as no raw files are pinned for it yet (raw/<study>/sources.toml)");
            } else {
                message.push_str(&format!(", as {lacking} raw files cannot be had"));
                if let Some(reason) = &self.unavailable.reason {
                    message.push_str(&format!("\n  {reason}"));
                }
                message.push_str(
                    "\n  `cargo xtask fetch` tells what was tried; with --campaign published this is an error",
                );
            }
        }
        console.insist(&message);
    }
}

/// Waits for a report page that is being written.
fn finish(page: Option<ScopedJoinHandle<'_, ()>>, console: &Console) {
    if page.is_some_and(|page| page.join().is_err()) {
        console.warning("the report page was not renewed");
    }
}

/// The remote store with a URL, if there is one.
pub(crate) fn remote_store(url: Option<&str>) -> Result<Option<Arc<dyn dag::Remote>>, Failure> {
    match url {
        None | Some("") => Ok(None),
        Some(url) => Ok(Some(remote::open(url, Purpose::Read).map_err(Failure::usage)?.into())),
    }
}

/// All studies, with the pins of their raw files.
pub(crate) fn load(root: &Path) -> Result<Vec<(&'static Study, Sources)>, Failure> {
    let load = |study: &'static Study| Ok((study, Sources::load(root, study.name).map_err(Failure::new)?));
    studies::all().iter().map(load).collect()
}

pub(crate) fn failure(error: Error) -> Failure {
    match &error {
        Error::Locked { .. } | Error::StoreInUse { .. } => Failure { message: error.to_string(), exit: Exit::Locked },
        Error::Graph(_) => Failure::usage(&error),
        _ => Failure::new(&error),
    }
}

/// Why there is no such figure, if it is one that is not drawn because its study is simulated.
fn simulated_figure(graph: &Graph, target: &str, chosen: &[Chosen]) -> Option<Failure> {
    let (study, figure) = target.strip_prefix("figures/")?.split_once('/')?;
    let chosen = chosen.iter().find(|chosen| chosen.study.name == study)?;
    let Campaign::Simulated(simulation) = chosen.campaign else { return None };
    let drawn = format!("derived/{study}/figures/{figure}");
    graph.named(&drawn).ok()?;
    Some(Failure::usage(format!(
        "{target} is not made from simulated data: figures/ holds the reference, which is of the published files\n  \
         {study} would be made from SIMULATED data ({simulation}); that figure is {drawn}\n  help: ask for {drawn}, or \
         bring the published files with `cargo xtask fetch {study}`"
    )))
}

/// The papers among the outputs of a build.
fn papers(report: &Report) -> impl Iterator<Item = &str> {
    let outputs = report.stages.iter().flat_map(|stage| &stage.outputs).map(|(path, _)| path.as_str());
    outputs.filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "pdf"))
}

/// One line on how what was made compares with what is known.
pub(crate) fn verdict(study: &str, outcome: &Outcome) -> String {
    let summary = &outcome.summary;
    let recovered = outcome.recovery.as_ref().map(ToString::to_string);
    if let Campaign::Simulated(simulation) = outcome.campaign {
        let style = if outcome.passed() { WARN } else { BAD };
        let recovered = recovered.unwrap_or_else(|| "nothing is known of the data".to_owned());
        return format!("{style}{study} is SIMULATED{style:#} ({simulation}): {recovered}");
    }
    let (style, verdict) = match (outcome.passed(), outcome.status) {
        (false, _) => (BAD, "DIFFERS from what is known"),
        (true, Status::Simulated) => (WARN, "agrees with what was published, in part from SIMULATED logs"),
        (true, Status::Reconstructed) => (WARN, "agrees with what was published, in part from reconstructed logs"),
        (true, Status::Published) => (GOOD, "matches what was published"),
    };
    let Summary { entries, matched, mismatched, no_values, not_recomputable, .. } = summary;
    let mut line = format!("{style}{study} {verdict}{style:#}: {matched} of {entries} artifacts match");
    let parts = [(summary.matched_reconstructed, "reconstructed"), (summary.matched_simulated, "simulated")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, data)| format!("{count} of {data} data")).collect();
    if !parts.is_empty() {
        line = format!("{line} ({})", parts.join(", "));
    }
    line = format!(
        "{line}, {mismatched} differ, {no_values} have no values on file, {not_recomputable} cannot be recomputed"
    );
    if summary.simulated > 0 {
        line = format!("{line}, {} simulated and not comparable", summary.simulated);
    }
    line = match summary.own_checks() {
        OwnChecks { held: 0, failed: 0 } => line,
        OwnChecks { held, failed: 0 } => format!("{line}; {held} checks of our own hold"),
        OwnChecks { held, failed } => format!("{line}; {failed} of {} checks of our own fail", held + failed),
    };
    if let Some(recovered) = recovered {
        line = format!("{line}; {recovered}");
    }
    line
}

/// Whether a target can be of a study: one that names another study is not.
pub(crate) fn is_wanted(study: &Study, targets: &[String]) -> bool {
    let of = |target: &String, study: &Study| {
        target.split('/').any(|part| part == study.name || part.strip_suffix(".pdf") == Some(study.name))
    };
    let of_another = |target: &String| studies::all().iter().any(|other| of(target, other));
    targets.is_empty() || targets.iter().any(|target| of(target, study) || !of_another(target))
}

/// Refuses a target that neither campaign has, before anything is fetched for it.
fn check_targets(root: &Path, arguments: &BuildPaper) -> Result<(), Failure> {
    if arguments.targets.is_empty() {
        return Ok(());
    }
    let Build { typesetter, .. } = Build::planned(root, arguments)?;
    let [published, simulated] = data::of_both_campaigns(root, arguments.simulation.get(), &typesetter)?;
    let unknown = |target: &String| published.named(target).err().filter(|_| simulated.named(target).is_err());
    arguments.targets.iter().find_map(unknown).map_or(Ok(()), |error| Err(Failure::usage(error)))
}

/// Raw files that are not in place after they were looked for.
#[derive(Default)]
struct Unavailable {
    /// Why files cannot be had.
    reason: Option<String>,
    /// Studies with files of which something else is wrong, which the user must mend.
    broken: BTreeSet<String>,
}

/// Brings raw files that are not in place.
fn fetch_missing(
    root: &Path,
    sources: &[(&'static Study, Sources)],
    arguments: &BuildPaper,
    console: &Console,
) -> Result<Unavailable, Failure> {
    let wanted = sources.iter().filter(|(study, _)| is_wanted(study, &arguments.targets)).map(|(_, sources)| sources);
    let incomplete: Vec<Sources> =
        wanted.filter(|sources| !fetch::missing(root, sources).is_empty()).cloned().collect();
    if incomplete.is_empty() {
        return Ok(Unavailable::default());
    }
    let options = fetch::Options::from_env(arguments.mirrors.clone()).map_err(Failure::usage)?;
    check_targets(root, arguments)?;
    let progress = fetch::progress::on_stderr(console.quiet());
    let mut report = fetch::fetch(root, &incomplete, &options, &*progress);
    drop(progress);
    if report.failures.len() < incomplete.iter().map(|sources| sources.files.len()).sum() {
        console.line(&report.to_string());
    }
    let reason = report.failures.iter().find_map(|failure| failure.unavailable().map(ToString::to_string));
    let broken = report.failures.iter().filter(|failure| failure.unavailable().is_none());
    let broken = broken.map(|failure| failure.study.clone()).collect();
    if arguments.campaign != Some(CampaignName::Published) {
        // What is not available is simulated, and is told of as such.
        report.failures.retain(|failure| failure.unavailable().is_none());
    }
    report.messages().iter().for_each(|message| console.error(message));
    Ok(Unavailable { reason, broken })
}
