//! `cargo xtask build-paper`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use dag::{Engine, Error, Graph, Options};
use studies::campaign::Campaign;
use studies::sources::Sources;
use studies::truth::Recovery;
use studies::verify::Summary;
use studies::{Outcome, Study};

use crate::cli::{BuildPaper, CampaignName};
use crate::console::{BAD, Console, GOOD, WARN};
use crate::{Exit, Failure, fetch, interrupt};

pub(crate) fn run(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    let typesetter = typeset::Backend::choose(arguments.typst.clone()).map_err(Failure::usage)?;
    let campaigns = campaigns(root, arguments, console)?;
    let stages = studies::stages(root, &campaigns, Arc::new(typesetter)).map_err(Failure::new)?;
    let graph = Graph::new(stages).map_err(Failure::new)?;

    let mut options = Options::new(root);
    options.jobs = arguments.jobs.get();
    options.cancel = interrupt::flag()?;
    let interrupted = Arc::clone(&options.cancel);
    let observer = console.observer();
    let report = Engine::open(options).and_then(|mut engine| engine.build(&graph, &arguments.targets, &*observer));
    drop(observer);
    let report = report.map_err(|error| match &error {
        Error::Locked { .. } => Failure { message: error.to_string(), exit: Exit::Locked },
        Error::Graph(_) => Failure::usage(&error),
        _ => Failure::new(&error),
    })?;
    console.summary(&report);

    if arguments.json {
        let text = serde_json::to_string_pretty(&report).map_err(Failure::new)?;
        anstream::println!("{text}");
    } else {
        for (path, _) in report.stages.iter().flat_map(|stage| &stage.outputs) {
            if Path::new(path).extension().is_some_and(|extension| extension == "pdf") {
                anstream::println!("{path}");
            }
        }
    }
    if !report.succeeded() {
        return Ok(if interrupted.load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Failed });
    }
    if arguments.targets.is_empty() {
        for study in studies::all() {
            if let Some(outcome) = study.outcome(root).map_err(Failure::new)? {
                console.line(&verdict(study.name, &outcome));
            }
        }
    }
    Ok(Exit::Success)
}

/// One line on how what was made compares with what is known.
fn verdict(study: &str, outcome: &Outcome) -> String {
    let Summary { entries, matched, mismatched, unchecked, not_recomputable, .. } = &outcome.summary;
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
