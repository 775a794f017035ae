//! `cargo xtask build-paper`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dag::{Engine, Error, Graph, Options, Report};
use serde::Serialize;
use studies::campaign::Campaign;
use studies::record::Status;
use studies::sources::Sources;
use studies::verify::Summary;
use studies::{Outcome, Study};

use crate::cli::{BuildPaper, CampaignName};
use crate::console::{BAD, Console, GOOD, WARN};
use crate::watch::{self, Change, Watch};
use crate::{Exit, Failure, fetch, interrupt};

pub(crate) fn run(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    let typesetter = typeset::Backend::choose(arguments.typst.clone()).map_err(Failure::usage)?;
    let unavailable = match arguments.campaign {
        Some(CampaignName::Simulated) => Unavailable::default(),
        _ => fetch_missing(root, arguments, console)?,
    };
    let build = Build { root, arguments, typesetter: Arc::new(typesetter), unavailable, stop: interrupt::flag()? };
    if arguments.watch { build.again_and_again(console) } else { build.once(console) }
}

/// What to build, and with what.
struct Build<'a> {
    root: &'a Path,
    arguments: &'a BuildPaper,
    typesetter: Arc<typeset::Backend>,
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

impl Build<'_> {
    /// Builds, and prints the papers.
    fn once(&self, console: &Console) -> Result<Exit, Failure> {
        let campaigns = self.campaigns()?;
        self.warn(&campaigns, console);
        let report = self.build(&campaigns, console)?;
        console.summary(&report);
        let built =
            Built { campaigns: campaigns.iter().map(|(study, campaign)| (study.name, *campaign)).collect(), report };
        if self.arguments.json {
            anstream::println!("{}", serde_json::to_string_pretty(&built).map_err(Failure::new)?);
        } else {
            papers(&built.report).for_each(|path| anstream::println!("{path}"));
        }
        if !built.report.succeeded() {
            return Ok(if self.stop.load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Failed });
        }
        let mut exit = Exit::Success;
        for study in studies::all() {
            let compared = format!("{}/typeset/verification", study.name);
            if built.report.stages.iter().any(|stage| stage.stage == compared)
                && let Some(outcome) = study.outcome(self.root).map_err(Failure::new)?
            {
                console.line(&verdict(study.name, &outcome));
                if !outcome.passed() {
                    exit = Exit::Failed;
                }
            }
        }
        Ok(exit)
    }

    /// Builds now and whenever something has changed, until Ctrl-C.
    fn again_and_again(&self, console: &Console) -> Result<Exit, Failure> {
        let watch = Watch::begin(self.root)?;
        self.once(console)?;
        console.line("watching; Ctrl-C ends it");
        let quiet = Console::new(true);
        while let Some(change) = watch.next(&self.stop) {
            if change == Change::Code {
                watch::renew(self.root, &self.stop, console);
            }
            let campaigns = self.campaigns()?;
            match self.build(&campaigns, &quiet) {
                Ok(report) => {
                    self.warn(&campaigns, console);
                    console.rebuilt(&report);
                }
                // Another build may be at work, or a pin be half written: the next change tries again.
                Err(failure) => console.error(&failure.message),
            }
        }
        Ok(Exit::Interrupted)
    }

    fn build(&self, campaigns: &[(&Study, Campaign)], console: &Console) -> Result<Report, Failure> {
        let stages = studies::stages(self.root, campaigns, Arc::clone(&self.typesetter)).map_err(Failure::new)?;
        let graph = Graph::new(stages).map_err(Failure::new)?;
        let mut options = Options::new(self.root);
        options.jobs = self.arguments.jobs.get();
        options.cancel = Arc::clone(&self.stop);
        let observer = console.observer();
        let mut engine = Engine::open(options).map_err(failure)?;
        engine.build(&graph, &self.arguments.targets, &*observer).map_err(failure)
    }

    /// The campaign of each study: as asked for, or the simulated one where published files cannot be
    /// had. Where something else is wrong with them the study stays published, so that the build fails.
    fn campaigns(&self) -> Result<Vec<(&'static Study, Campaign)>, Failure> {
        let simulated = Campaign::Simulated(self.arguments.simulation.get());
        let campaign = |study: &'static Study| {
            let campaign = match self.arguments.campaign {
                Some(CampaignName::Simulated) => simulated,
                Some(CampaignName::Published) => Campaign::Published,
                None if self.unavailable.broken.contains(study.name) => Campaign::Published,
                None => match lacking(self.root, study)? {
                    (0, _) => Campaign::Published,
                    _ => simulated,
                },
            };
            Ok((study, campaign))
        };
        studies::all().iter().map(campaign).collect()
    }

    /// Says which studies are made from simulated data; this is never left unsaid.
    fn warn(&self, campaigns: &[(&'static Study, Campaign)], console: &Console) {
        let wanted = campaigns.iter().filter(|(study, _)| is_wanted(study, &self.arguments.targets));
        let simulated = wanted.filter(|(_, campaign)| matches!(campaign, Campaign::Simulated(_)));
        let told: Vec<String> = simulated.map(|(study, _)| self.told(study)).collect();
        if told.is_empty() {
            return;
        }
        let simulation = self.arguments.simulation.get();
        let studies = told.join(", ");
        let because = match (self.arguments.campaign, &self.unavailable.reason) {
            (Some(_), _) => String::new(),
            (None, reason) => {
                let reason = reason.as_ref().map(|reason| format!("\n  {reason}")).unwrap_or_default();
                format!(
                    ", as raw files cannot be had{reason}\n  `cargo xtask fetch` tells what was tried; with --campaign \
                     published this is an error"
                )
            }
        };
        console.insist(&format!("made from SIMULATED data ({simulation}): {studies}{because}"));
    }

    /// A study and, where that is the reason to simulate it, how many raw files it lacks.
    fn told(&self, study: &Study) -> String {
        match lacking(self.root, study) {
            Ok((absent, pinned)) if self.arguments.campaign.is_none() => {
                format!("{} ({absent} of {pinned} files)", study.name)
            }
            _ => study.name.to_owned(),
        }
    }
}

/// How many raw files of a study are not there, of how many.
fn lacking(root: &Path, study: &Study) -> Result<(usize, usize), Failure> {
    let sources = Sources::load(root, study.name).map_err(Failure::new)?;
    Ok((fetch::absent(root, &sources).len(), sources.files.len()))
}

fn failure(error: Error) -> Failure {
    match &error {
        Error::Locked { .. } => Failure { message: error.to_string(), exit: Exit::Locked },
        Error::Graph(_) => Failure::usage(&error),
        _ => Failure::new(&error),
    }
}

/// The papers among the outputs of a build.
fn papers(report: &Report) -> impl Iterator<Item = &str> {
    let outputs = report.stages.iter().flat_map(|stage| &stage.outputs).map(|(path, _)| path.as_str());
    outputs.filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "pdf"))
}

/// One line on how what was made compares with what is known.
fn verdict(study: &str, outcome: &Outcome) -> String {
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
        (true, _) => (GOOD, "matches what was published"),
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
    if summary.planned > 0 {
        line = format!("{line}, {} are planned and not made yet", summary.planned);
    }
    if let Some(recovered) = recovered {
        line = format!("{line}; {recovered}");
    }
    line
}

/// Whether a target can be of a study: one that names another study is not.
fn is_wanted(study: &Study, targets: &[String]) -> bool {
    let of = |target: &String, study: &Study| {
        target.split('/').any(|part| part == study.name || part.strip_suffix(".pdf") == Some(study.name))
    };
    let of_another = |target: &String| studies::all().iter().any(|other| of(target, other));
    targets.is_empty() || targets.iter().any(|target| of(target, study) || !of_another(target))
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
fn fetch_missing(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Unavailable, Failure> {
    let mut incomplete = Vec::new();
    for study in studies::all().iter().filter(|study| is_wanted(study, &arguments.targets)) {
        let sources = Sources::load(root, study.name).map_err(Failure::new)?;
        if !fetch::missing(root, &sources).is_empty() {
            incomplete.push(sources);
        }
    }
    if incomplete.is_empty() {
        return Ok(Unavailable::default());
    }
    let options = fetch::Options::from_env(arguments.mirrors.clone()).map_err(Failure::usage)?;
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
