//! `cargo xtask build-paper --smoke`: the whole way of the data for one study, in under a minute.
//!
//! In a scratch folder and from nothing: what is fresh in this workspace would show nothing, and nothing of
//! it is touched. The build is this program's own, as a user would start it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dag::{Graph, Options, Report};
use reference::{Build, Committed, Lock, Output};
use serde::Serialize;
use studies::campaign::Campaign;
use studies::sources::Sources;
use studies::{Chosen, Outcome, Study};

use crate::build_paper::stop_on_signals;
use crate::cli::{BuildPaper, CampaignName};
use crate::console::{BAD, Console, GOOD, WARN, seconds};
use crate::machine::{self, size};
use crate::needs::Needs;
use crate::reproduce::{Built, build_from_nothing, copy_sources};
use crate::{Exit, Failure, workspace};

/// The study that is made: published files of 1.5 MB, with tables, regressions, figures and a paper.
const STUDY: &str = "tinyml-mcu";

/// What was tried, and what came out.
#[derive(Serialize)]
struct Smoke {
    passed: bool,
    study: &'static str,
    campaign: Campaign,
    steps: Vec<Step>,
    not_covered: Vec<String>,
    seconds: f64,
    bytes: u64,
}

#[derive(Serialize)]
struct Step {
    what: &'static str,
    passed: bool,
    found: String,
}

impl Step {
    fn new(what: &'static str, passed: bool, found: impl Into<String>) -> Self {
        Self { what, passed, found: found.into() }
    }
}

pub(crate) fn run(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    refuse_stores(arguments)?;
    let start = Instant::now();
    // Ctrl-C reaches the build, too, which ends as any build does; what is left to do here is to clean up.
    let stop = stop_on_signals()?;
    let stopped = || stop.load(Ordering::Relaxed);
    let study = workspace::studies(&[STUDY.to_owned()])?[0];
    let scratch = tempfile::Builder::new().prefix("joulebook-smoke-").tempdir();
    let scratch = scratch.map_err(|error| Failure::io("make", "a scratch folder", &error))?;
    let place = scratch.path();
    let needs = Needs::of_study(STUDY).with_jobs(arguments.jobs.get());
    needs.announce(format!("{STUDY} from nothing, in {}", place.display()), place, &arguments.means.disk, console)?;
    copy_sources(root, place, &[STUDY.to_owned()])?;

    let built = build(place, arguments, Stdio::inherit());
    if stopped() {
        return Ok(Exit::Interrupted);
    }
    let built = built?;
    let campaign = built.campaigns.get(STUDY).copied().unwrap_or_default();
    let mut steps = vec![stages(&built.report)];
    if built.report.succeeded() {
        let outcome = study.outcome(place).map_err(Failure::new)?;
        steps.push(values(outcome.as_ref()));
        steps.push(reference(root, place, &built)?);
        steps.push(paper(place));
        let rebuilt = build(place, arguments, Stdio::null());
        if stopped() {
            return Ok(Exit::Interrupted);
        }
        steps.push(again(&rebuilt?.report));
    }
    let smoke = Smoke {
        passed: steps.len() == STEPS && steps.iter().all(|step| step.passed),
        study: STUDY,
        campaign,
        steps,
        not_covered: not_covered(study),
        seconds: start.elapsed().as_secs_f64(),
        bytes: machine::bytes_below(place),
    };
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&smoke).map_err(Failure::new)?);
    } else {
        tell(&smoke);
    }
    Ok(match (smoke.passed, built.report.succeeded()) {
        (true, _) => Exit::Success,
        (false, true) => Exit::Mismatch,
        (false, false) => Exit::Failed,
    })
}

/// Refuses what is asked of a store, as a build from nothing takes from none and leaves nothing in one. What the
/// environment says of stores is for other builds.
fn refuse_stores(arguments: &BuildPaper) -> Result<(), Failure> {
    let given = [
        ("--store", arguments.means.store.store.is_some(), "JOULEBOOK_STORE"),
        ("--store-limit", arguments.means.store_limit.is_some(), "JOULEBOOK_STORE_LIMIT"),
        ("--remote", arguments.means.remote.is_some(), "JOULEBOOK_REMOTE"),
    ];
    match given.iter().find(|(_, given, variable)| *given && std::env::var_os(variable).is_none()) {
        Some((option, ..)) => Err(Failure::usage(format!(
            "{option} cannot be used with --smoke, which makes a study from nothing and uses no store"
        ))),
        None => Ok(()),
    }
}

/// How many steps there are if none breaks off the others.
const STEPS: usize = 5;

/// Builds the study in the scratch folder, with this program, which says on `stderr` what there is to say.
fn build(place: &Path, arguments: &BuildPaper, stderr: Stdio) -> Result<Built, Failure> {
    let mut command = build_from_nothing(place, arguments.jobs.get())?;
    command.arg(STUDY);
    for mirror in &arguments.mirrors {
        command.arg("--mirror").arg(std::path::absolute(mirror).unwrap_or_else(|_| mirror.clone()));
    }
    match arguments.campaign {
        Some(CampaignName::Published) => _ = command.args(["--campaign", "published"]),
        Some(CampaignName::Simulated) => _ = command.args(["--campaign", "simulated"]),
        None => {}
    }
    if let Some(typst) = &arguments.means.typst {
        command.arg("--typst").arg(typst);
    }
    let output = command.stderr(stderr).output();
    let output = output.map_err(|error| Failure::io("start", "the build", &error))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|_| Failure::new(format!("the build in {} told nothing; see above", place.display())))
}

/// Every stage ran: none was there before, and none failed.
fn stages(report: &Report) -> Step {
    let (all, ran) = (report.stages.len(), report.ran().len());
    let layer = |stage: &str| stage.split('/').nth(1).unwrap_or_default().to_owned();
    let layers: BTreeSet<String> = report.stages.iter().map(|stage| layer(&stage.stage)).collect();
    let found = format!("{ran} of {all} ran, in {} layers, in {}", layers.len(), seconds(report.duration));
    Step::new("stages", ran == all && all > 0, found)
}

/// The records are those that were published, or hold what is known of the simulated data.
fn values(outcome: Option<&Outcome>) -> Step {
    let what = "values";
    let Some(outcome) = outcome else { return Step::new(what, false, "there is no comparison") };
    let summary = &outcome.summary;
    let found = match (&outcome.campaign, &outcome.recovery) {
        (Campaign::Simulated(_), Some(recovery)) => recovery.to_string(),
        _ => format!(
            "{} compared with the published ones: {} of {} artifacts match, {} differ",
            summary.values_compared, summary.matched, summary.entries, summary.mismatched
        ),
    };
    let compared = summary.values_compared > 0 || outcome.recovery.as_ref().is_some_and(|found| found.truths > 0);
    Step::new(what, outcome.passed() && compared, found)
}

/// What was made is what is committed: the same bytes or, where another mathematical library changes last digits,
/// the same numbers.
fn reference(root: &Path, place: &Path, built: &Built) -> Result<Step, Failure> {
    let what = "reference";
    let campaign = built.campaigns.get(STUDY).copied().unwrap_or_default();
    let study = workspace::studies(&[STUDY.to_owned()])?[0];
    if let Campaign::Simulated(_) = campaign {
        return Ok(Step::new(what, true, "not compared: what is committed is of the published data"));
    }
    let Some(lock) = Lock::read(root).map_err(Failure::new)? else {
        return Ok(Step::new(what, true, format!("not compared: there is no {}", reference::FILE)));
    };
    let sources = Sources::load(place, STUDY).map_err(Failure::new)?;
    let typesetter = Arc::new(typeset::Backend::choose(None).map_err(Failure::usage)?);
    let stages = studies::stages(place, &[Chosen { study, sources, campaign }], typesetter).map_err(Failure::new)?;
    let graph = Graph::new(stages).map_err(Failure::new)?;
    let build = Build { root: place, graph: &graph, report: &built.report, raw: Vec::new() };
    let committed = Committed::read(root, &Options::new(root).store(), &[]);
    let committed = committed.map_err(|error| Failure::io("read", "the reference", &error))?;
    let comparison = reference::compare(&build, &lock, &committed);
    // Of the other studies nothing was made.
    let is_of_study = |output: &&Output| output.stage.as_deref().is_some_and(|stage| stage.starts_with(STUDY));
    let outputs: Vec<&Output> = comparison.outputs.iter().filter(is_of_study).collect();
    let files = built.report.stages.iter().map(|stage| stage.outputs.len()).sum::<usize>();
    let differing: Vec<&&Output> = outputs.iter().filter(|output| output.differs()).collect();
    let found = match (differing.as_slice(), outputs.len()) {
        ([], 0) => format!("{files} files are the same bytes as those of {}", reference::FILE),
        ([], others) => format!("{files} files are the same as those of {}, {others} in other bytes", reference::FILE),
        ([first, ..], _) => {
            let told = first.what.first().map(|what| format!(": {what}")).unwrap_or_default();
            format!("{} of {files} files differ from the reference, first {}{told}", differing.len(), first.path)
        }
    };
    Ok(Step::new(what, differing.is_empty() && files > 0, found))
}

/// The paper is there, and a PDF.
fn paper(place: &Path) -> Step {
    let path = format!("derived/papers/{STUDY}.pdf");
    match fs::read(place.join(&path)) {
        Ok(pdf) => Step::new("paper", pdf.starts_with(b"%PDF-"), format!("{path}, {}", size(pdf.len() as u64))),
        Err(error) => Step::new("paper", false, format!("{path}: {error}")),
    }
}

/// A second build finds nothing to do.
fn again(report: &Report) -> Step {
    let (all, fresh) = (report.stages.len(), report.fresh().len());
    let found = format!("a second build finds {fresh} of {all} stages fresh, in {}", seconds(report.duration));
    Step::new("no-op", fresh == all && all > 0, found)
}

/// What this run says nothing about.
fn not_covered(covered: &Study) -> Vec<String> {
    let others = studies::all().iter().filter(|study| study.name != covered.name).map(|study| study.name.to_owned());
    others.chain(["compendium".to_owned()]).collect()
}

fn tell(smoke: &Smoke) {
    let Smoke { passed, study, campaign, steps, not_covered, seconds: taken, bytes } = smoke;
    for Step { what, passed, found } in steps {
        let (style, word) = if *passed { (GOOD, "ok") } else { (BAD, "FAILED") };
        anstream::println!("{style}{word:<6}{style:#}  {what:<9}  {found}");
    }
    let everything = Needs::of_everything().with_jobs(usize::MAX);
    anstream::println!(
        "not covered: {}; `cargo xtask build-paper` makes everything ({})",
        not_covered.join(", "),
        everything
    );
    let taken = format!("in {}, {} of disk, freed again", seconds(Duration::from_secs_f64(*taken)), size(*bytes));
    let data = match campaign {
        Campaign::Published => "from published logs to its paper".to_owned(),
        Campaign::Simulated(simulation) => format!("{WARN}from SIMULATED logs{WARN:#} ({simulation}) to its paper"),
    };
    let (style, word) = if *passed { (GOOD, "PASS") } else { (BAD, "FAIL") };
    anstream::println!("{style}{word}{style:#}: {study} {data} {taken}");
}
