//! `cargo xtask plan` and `cargo xtask explain`: what a build would do, and why. Nothing is written.

use std::path::Path;
use std::time::Duration;

use dag::{Engine, Fate, Graph, Plan, PlannedStage};
use studies::Chosen;

use crate::build_paper::{Build, failure, load};
use crate::cli::BuildPaper;
use crate::console::{BAD, Console, DIM, GOOD, WARN, because, counted_of, listed, seconds};
use crate::{Exit, Failure};

/// `cargo xtask plan`.
pub(crate) fn plan(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    let build = Build::planned(root, arguments)?;
    run(&build, &build.choose(load(root)?), console)
}

/// Prints what a build would do; the exit code tells fresh from stale.
pub(crate) fn run(build: &Build<'_>, chosen: &[Chosen], console: &Console) -> Result<Exit, Failure> {
    let (_, plan) = make(build, chosen, console)?;
    if build.arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&plan).map_err(Failure::new)?);
    } else {
        for stage in plan.stages.iter().filter(|stage| stage.fate != Fate::Fresh) {
            anstream::println!("{}", line(stage));
        }
    }
    console.line(&summary(&plan));
    if build.arguments.means.remote.is_none() && !plan.is_fresh() && std::env::var_os("JOULEBOOK_REMOTE").is_some() {
        console.line("the remote store was not asked for what it has: --remote URL does that");
    }
    Ok(exit(&plan))
}

/// `cargo xtask explain`: prints every reason why stages are not fresh.
pub(crate) fn explain(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    let build = Build::planned(root, arguments)?;
    // The plan also holds what the named stages need.
    let (graph, plan) = make(&build, &build.choose(load(root)?), console)?;
    let named = arguments.targets.iter().map(|target| graph.named(target).map_err(Failure::usage));
    let named: Vec<&str> = named.collect::<Result<Vec<_>, _>>()?.concat();
    let asked: Vec<&PlannedStage> = plan.stages.iter().filter(|stage| named.contains(&stage.stage.as_str())).collect();
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&asked).map_err(Failure::new)?);
        return Ok(exit(&plan));
    }
    for stage in asked {
        let took = stage.took.map(|took| format!("; it took {} last time", seconds(took))).unwrap_or_default();
        anstream::println!("{} {}{took}", stage.stage, stage.fate);
        stage.reasons.iter().for_each(|reason| anstream::println!("  {reason}"));
        if let Fate::Fail(problem) = &stage.fate {
            anstream::println!("  {problem}");
        }
        let reads_from = graph.reads_from(&stage.stage);
        let open = plan.stages.iter().filter(|origin| !matches!(origin.fate, Fate::Fresh | Fate::Restore));
        for origin in open.filter(|origin| reads_from.contains(&origin.stage.as_str())) {
            anstream::println!("  it reads from {}, which {}", origin.stage, origin.fate);
        }
    }
    Ok(exit(&plan))
}

pub(crate) fn make(build: &Build<'_>, chosen: &[Chosen], console: &Console) -> Result<(Graph, Plan), Failure> {
    build.warn(chosen, console);
    let graph = build.graph(chosen)?;
    let plan = Engine::plan(&build.options()?, &graph, &build.arguments.targets).map_err(failure)?;
    plan.warnings.iter().for_each(|problem| console.warning(&problem.to_string()));
    if let Some(process) = &plan.locked_by {
        console.warning(&format!("{process} builds here right now: this is about to change"));
    }
    Ok((graph, plan))
}

pub(crate) fn exit(plan: &Plan) -> Exit {
    if plan.would_fail() {
        Exit::Failed
    } else if plan.is_fresh() {
        Exit::Success
    } else {
        Exit::Stale
    }
}

fn line(stage: &PlannedStage) -> String {
    let style = match stage.fate {
        Fate::Fresh | Fate::Restore => GOOD,
        Fate::Run | Fate::MayRun => WARN,
        Fate::Fail(_) | Fate::Blocked { .. } => BAD,
    };
    let because = because(&stage.reasons);
    let took = stage.took.map(|took| format!(" ({} last time)", seconds(took))).unwrap_or_default();
    format!("{} {style}{}{style:#}{DIM}{took}{because}{DIM:#}", stage.stage, stage.fate)
}

fn summary(plan: &Plan) -> String {
    let count = |wanted: fn(&Fate) -> bool| plan.stages.iter().filter(|stage| wanted(&stage.fate)).count();
    let counted = listed(&[
        (count(|fate| matches!(fate, Fate::Run)), "would run"),
        (count(|fate| matches!(fate, Fate::MayRun)), "may run"),
        (count(|fate| matches!(fate, Fate::Restore)), "would be restored"),
        (count(|fate| matches!(fate, Fate::Fail(_) | Fate::Blocked { .. })), "cannot run"),
        (count(|fate| matches!(fate, Fate::Fresh)), "fresh"),
    ]);
    let (least, most) = plan.expected();
    let expected = match (least, most) {
        (_, Duration::ZERO) => String::new(),
        (least, most) if least == most => format!("; they took {} of work last time", seconds(most)),
        (least, most) => format!("; they took {} to {} of work last time", seconds(least), seconds(most)),
    };
    format!("{}: {counted}{expected}", counted_of(plan.stages.len(), "stage"))
}
