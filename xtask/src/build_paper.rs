//! `cargo xtask build-paper`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dag::{Engine, Error, Graph, Options, Report};
use studies::campaign::Campaign;
use studies::sources::Sources;
use studies::truth::Recovery;
use studies::verify::Summary;
use studies::{Outcome, Study};

use crate::cli::{BuildPaper, CampaignName};
use crate::console::{BAD, Console, GOOD, WARN};
use crate::watch::{self, Change, Watch};
use crate::{Exit, Failure, fetch, interrupt};

pub(crate) fn run(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    let typesetter = typeset::Backend::choose(arguments.typst.clone()).map_err(Failure::usage)?;
    let stop = interrupt::flag()?;
    let campaigns = campaigns(root, arguments, console)?;
    let build = Build { root, arguments, campaigns, typesetter: Arc::new(typesetter), stop };
    if arguments.watch { build.again_and_again(console) } else { build.once(console) }
}

/// What to build, and from what.
struct Build<'a> {
    root: &'a Path,
    arguments: &'a BuildPaper,
    campaigns: Vec<(&'static Study, Campaign)>,
    typesetter: Arc<typeset::Backend>,
    stop: Arc<AtomicBool>,
}

impl Build<'_> {
    /// Builds, and prints the papers.
    fn once(&self, console: &Console) -> Result<Exit, Failure> {
        let report = self.build(console)?;
        console.summary(&report);
        if self.arguments.json {
            let text = serde_json::to_string_pretty(&report).map_err(Failure::new)?;
            anstream::println!("{text}");
        } else {
            papers(&report).for_each(|path| anstream::println!("{path}"));
        }
        if !report.succeeded() {
            return Ok(if self.stop.load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Failed });
        }
        if self.arguments.targets.is_empty() {
            for study in studies::all() {
                if let Some(outcome) = study.outcome(self.root).map_err(Failure::new)? {
                    console.line(&verdict(study.name, &outcome));
                }
            }
        }
        Ok(Exit::Success)
    }

    /// Builds now and whenever something has changed, until Ctrl-C.
    fn again_and_again(&self, console: &Console) -> Result<Exit, Failure> {
        let watch = Watch::begin(self.root)?;
        self.once(console)?;
        console.line("watching; Ctrl-C ends it");
        let quiet = Console::new(true);
        while let Some(change) = watch.next(&self.stop) {
            if change == Change::Code {
                watch::renew(self.root, console);
            }
            match self.build(&quiet) {
                Ok(report) => console.rebuilt(&report),
                // Another build may be at work, or a pin be half written: the next change tries again.
                Err(failure) => console.error(&failure.message),
            }
        }
        Ok(Exit::Interrupted)
    }

    fn build(&self, console: &Console) -> Result<Report, Failure> {
        let stages = studies::stages(self.root, &self.campaigns, Arc::clone(&self.typesetter)).map_err(Failure::new)?;
        let graph = Graph::new(stages).map_err(Failure::new)?;
        let mut options = Options::new(self.root);
        options.jobs = self.arguments.jobs.get();
        options.cancel = Arc::clone(&self.stop);
        let observer = console.observer();
        let mut engine = Engine::open(options).map_err(failure)?;
        engine.build(&graph, &self.arguments.targets, &*observer).map_err(failure)
    }
}

fn failure(error: Error) -> Failure {
    match &error {
        Error::Locked { .. } => Failure { message: error.to_string(), exit: Exit::Locked },
        Error::Graph(_) => Failure::usage(&error),
        _ => Failure::new(&error),
    }
}

/// The papers among the outputs of a build.
pub(crate) fn papers(report: &Report) -> impl Iterator<Item = &str> {
    let outputs = report.stages.iter().flat_map(|stage| &stage.outputs).map(|(path, _)| path.as_str());
    outputs.filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "pdf"))
}

/// One line on how what was made compares with what is known.
fn verdict(study: &str, outcome: &Outcome) -> String {
    let Summary { entries, matched, mismatched, unchecked, not_recomputable, planned, .. } = &outcome.summary;
    let recovered = outcome.recovery.as_ref().map(|Recovery { truths, recovered, .. }| {
        format!("{recovered} of {truths} known values of the simulated data were found again")
    });
    if let Campaign::Simulated(simulation) = outcome.campaign {
        let style = if outcome.passed() { WARN } else { BAD };
        let recovered = recovered.unwrap_or_else(|| "nothing is known of the data".to_owned());
        return format!("{style}{study} is SIMULATED{style:#} ({simulation}): {recovered}");
    }
    let (style, verdict) =
        if outcome.passed() { (GOOD, "matches what was published") } else { (BAD, "DIFFERS from what was published") };
    let mut line = format!(
        "{style}{study} {verdict}{style:#}: {matched} of {entries} artifacts match, {mismatched} differ, \
         {unchecked} have no values on file, {not_recomputable} cannot be recomputed"
    );
    if *planned > 0 {
        line = format!("{line}, {planned} are planned and not made yet");
    }
    if let Some(recovered) = recovered {
        line = format!("{line}; {recovered}");
    }
    line
}

/// The campaign of each study: as asked for, or the simulated one where published files cannot be had.
fn campaigns(
    root: &Path,
    arguments: &BuildPaper,
    console: &Console,
) -> Result<Vec<(&'static Study, Campaign)>, Failure> {
    let simulated = Campaign::Simulated(arguments.simulation.get());
    if arguments.campaign == Some(CampaignName::Simulated) {
        return Ok(studies::all().iter().map(|study| (study, simulated)).collect());
    }
    let reason = fetch_missing(root, arguments, console)?;
    let (mut campaigns, mut lacking) = (Vec::new(), Vec::new());
    for study in studies::all() {
        let sources = Sources::load(root, study.name).map_err(Failure::new)?;
        let (absent, pinned) = (fetch::absent(root, &sources).len(), sources.files.len());
        if absent == 0 || arguments.campaign == Some(CampaignName::Published) {
            campaigns.push((study, Campaign::Published));
            continue;
        }
        if is_wanted(study, &arguments.targets) {
            lacking.push(format!("{} ({absent} of {pinned})", study.name));
        }
        campaigns.push((study, simulated));
    }
    if !lacking.is_empty() {
        let reason = reason.map(|reason| format!("\n  {reason}")).unwrap_or_default();
        console.warning(&format!(
            "made from SIMULATED data, as raw files cannot be had: {}{reason}\n  `cargo xtask fetch` tells what was \
             tried; with --campaign published this is an error",
            lacking.join(", ")
        ));
    }
    Ok(campaigns)
}

/// Whether a target can be of a study: one that names another study is not.
fn is_wanted(study: &Study, targets: &[String]) -> bool {
    let of = |target: &String, study: &Study| {
        target.split('/').any(|part| part == study.name || part.strip_suffix(".pdf") == Some(study.name))
    };
    let of_another = |target: &String| studies::all().iter().any(|other| of(target, other));
    targets.is_empty() || targets.iter().any(|target| of(target, study) || !of_another(target))
}

/// Brings raw files that are not in place. Returns why some cannot be had.
fn fetch_missing(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Option<String>, Failure> {
    let mut incomplete = Vec::new();
    for study in studies::all().iter().filter(|study| is_wanted(study, &arguments.targets)) {
        let sources = Sources::load(root, study.name).map_err(Failure::new)?;
        if !fetch::missing(root, &sources).is_empty() {
            incomplete.push(sources);
        }
    }
    if incomplete.is_empty() {
        return Ok(None);
    }
    let options = fetch::Options::from_env(arguments.mirrors.clone()).map_err(Failure::usage)?;
    let progress = fetch::progress::on_stderr(console.quiet());
    let mut report = fetch::fetch(root, &incomplete, &options, &*progress);
    drop(progress);
    if report.failures.len() < incomplete.iter().map(|sources| sources.files.len()).sum() {
        console.line(&report.to_string());
    }
    let reason = report.failures.iter().find_map(|failure| failure.unavailable().map(ToString::to_string));
    if arguments.campaign != Some(CampaignName::Published) {
        // What is not available is simulated, and is told of as such.
        report.failures.retain(|failure| failure.unavailable().is_none());
    }
    report.messages().iter().for_each(|message| console.error(message));
    Ok(reason)
}
