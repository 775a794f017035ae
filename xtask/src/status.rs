//! `cargo xtask status`: in one screen how things stand. Nothing is written.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use dag::log::Entry;
use dag::{Fate, Outcome, Plan, PlannedStage};
use indicatif::DecimalBytes;
use serde::Serialize;
use studies::Chosen;
use studies::campaign::Campaign;
use studies::record::Status as DataStatus;

use crate::build_paper::{Build, load};
use crate::cli::BuildPaper;
use crate::console::{BAD, Console, GOOD, WARN, listed};
use crate::{Exit, Failure, fetch, machine, plan, what_ran};

/// How things stand. Its JSON form is told in the command's help.
#[derive(Serialize)]
struct Status {
    studies: Vec<OfStudy>,
    /// The stages that are of no study: the compendium's.
    others: BTreeMap<String, Stages>,
    /// The last build in which something was done.
    last_build: Option<LastBuild>,
    /// Sum of the sizes of all files in the store.
    stored_bytes: u64,
    /// The process that builds here right now.
    locked_by: Option<String>,
}

#[derive(Serialize)]
struct OfStudy {
    study: &'static str,
    /// The campaign that a build would use.
    campaign: Campaign,
    raw: Raw,
    stages: Stages,
    verified: Option<Verified>,
}

/// The pinned raw files: how many there are, and how many are not in place.
#[derive(Serialize)]
struct Raw {
    files: usize,
    missing: usize,
}

/// A build in the log, with the numbers of its stages.
#[derive(Serialize)]
struct LastBuild {
    /// Milliseconds since the beginning of 1970 in UTC.
    began: u64,
    duration: Duration,
    targets: Vec<String>,
    ran: usize,
    restored: usize,
    fresh: usize,
    failed: usize,
    #[serde(skip)]
    told: String,
}

/// What a build would do with how many stages.
#[derive(Default, Serialize)]
struct Stages {
    fresh: usize,
    restore: usize,
    run: usize,
    may_run: usize,
    cannot_run: usize,
}

/// What the last comparison with the published values found.
#[derive(Serialize)]
struct Verified {
    campaign: Campaign,
    /// Whether nothing differs and no truth was missed.
    passed: bool,
    /// The worst that any record rests on.
    status: DataStatus,
    /// Whether the comparison is about what a build would make.
    current: bool,
    entries: usize,
    matched: usize,
    mismatched: usize,
    /// Of simulated data: what is known of them, and how much of that was found again.
    truths: usize,
    found: usize,
}

pub(crate) fn run(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    let build = Build::planned(root, arguments)?;
    let chosen = build.choose(load(root)?);
    let (_, plan) = plan::make(&build, &chosen, console)?;
    let status = status(&build, &chosen, &plan)?;
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&status).map_err(Failure::new)?);
    } else {
        print(&status);
    }
    Ok(plan::exit(&plan))
}

fn status(build: &Build<'_>, chosen: &[Chosen], plan: &Plan) -> Result<Status, Failure> {
    let (root, options) = (build.root, build.options()?);
    let mut stages: BTreeMap<String, Stages> = BTreeMap::new();
    for stage in &plan.stages {
        let group = stage.stage.split('/').next().unwrap_or_default();
        stages.entry(group.to_owned()).or_default().count(&stage.fate);
    }
    let mut studies = Vec::new();
    for Chosen { study, sources, campaign } in chosen {
        let raw = Raw { files: sources.files.len(), missing: fetch::missing(root, sources).len() };
        let comparison = format!("{}/typeset/verification", study.name);
        let is_current = |stage: &PlannedStage| stage.stage == comparison && stage.fate == Fate::Fresh;
        let verified = study.outcome(root).map_err(Failure::new)?.map(|outcome| Verified {
            campaign: outcome.campaign,
            passed: outcome.passed(),
            status: outcome.status,
            current: plan.stages.iter().any(is_current),
            entries: outcome.summary.entries,
            matched: outcome.summary.matched,
            mismatched: outcome.summary.mismatched,
            truths: outcome.recovery.as_ref().map_or(0, |recovery| recovery.truths),
            found: outcome.recovery.as_ref().map_or(0, |recovery| recovery.recovered),
        });
        let stages = stages.remove(study.name).unwrap_or_default();
        studies.push(OfStudy { study: study.name, campaign: *campaign, raw, stages, verified });
    }
    // A log that cannot be read is no reason not to tell the rest.
    let last_build = dag::log::read(&options.folder).ok().and_then(|mut log| log.pop()).map(LastBuild::of);
    let stored_bytes = machine::bytes_below(&options.store());
    Ok(Status { studies, others: stages, last_build, stored_bytes, locked_by: plan.locked_by.clone() })
}

impl LastBuild {
    fn of(entry: Entry) -> Self {
        Self {
            told: what_ran::heading(&entry),
            ran: entry.count(|outcome| *outcome == Outcome::Ran),
            restored: entry.count(|outcome| *outcome == Outcome::Restored),
            failed: entry.count(|outcome| matches!(outcome, Outcome::Failed(_))),
            fresh: entry.fresh,
            began: entry.began,
            duration: entry.duration,
            targets: entry.targets,
        }
    }
}

impl Stages {
    fn count(&mut self, fate: &Fate) {
        *match fate {
            Fate::Fresh => &mut self.fresh,
            Fate::Restore => &mut self.restore,
            Fate::Run => &mut self.run,
            Fate::MayRun => &mut self.may_run,
            Fate::Fail(_) | Fate::Blocked { .. } => &mut self.cannot_run,
        } += 1;
    }

    fn told(&self) -> String {
        let Self { fresh, restore, run, may_run, cannot_run } = *self;
        let stale = [(cannot_run, "cannot run"), (run, "run"), (may_run, "may run"), (restore, "restored")];
        match listed(&stale) {
            stale if stale.is_empty() => format!("{GOOD}all {fresh} fresh{GOOD:#}"),
            stale => {
                let style = if cannot_run > 0 { BAD } else { WARN };
                let fresh = if fresh > 0 { format!(", {fresh} fresh") } else { String::new() };
                format!("{style}{stale}{style:#}{fresh}")
            }
        }
    }
}

impl Verified {
    fn told(&self) -> String {
        let Self { entries, matched, mismatched, truths, found, .. } = self;
        let what = match self.campaign {
            Campaign::Published => format!("{matched} of {entries} match, {mismatched} differ"),
            Campaign::Simulated(_) => format!("SIMULATED, {found} of {truths} known values found"),
        };
        let style = match (self.passed, self.campaign) {
            (false, _) => BAD,
            (true, Campaign::Published) => GOOD,
            (true, Campaign::Simulated(_)) => WARN,
        };
        let stale = if self.current { "" } else { " (of an earlier state)" };
        format!("{style}{what}{style:#}{stale}")
    }
}

fn print(status: &Status) {
    let width = status.studies.iter().map(|study| study.study.len()).max().unwrap_or_default();
    for OfStudy { study, campaign, raw, stages, verified } in &status.studies {
        let campaign = match campaign {
            Campaign::Published => "published".to_owned(),
            Campaign::Simulated(simulation) => format!("{WARN}SIMULATED{WARN:#} ({simulation})"),
        };
        let Raw { files, missing } = raw;
        let raw = match missing {
            0 => format!("{files} raw files"),
            missing => format!("{WARN}{missing} of {files} raw files missing{WARN:#}"),
        };
        anstream::println!("{study:width$}  {campaign}, {raw}; stages: {}", stages.told());
        let verified = verified.as_ref().map_or_else(|| "never verified".to_owned(), Verified::told);
        anstream::println!("{:width$}  {verified}", "");
    }
    for (name, stages) in &status.others {
        anstream::println!("{name:width$}  stages: {}", stages.told());
    }
    anstream::println!("{:width$}  {}", "store", DecimalBytes(status.stored_bytes));
    if let Some(LastBuild { told, .. }) = &status.last_build {
        anstream::println!("{:width$}  {told}", "last build");
    }
    let locked = status.locked_by.as_deref().unwrap_or("nobody");
    anstream::println!("{:width$}  {locked}", "at work");
}
