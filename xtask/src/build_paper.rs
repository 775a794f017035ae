//! `cargo xtask build-paper`.

use std::path::Path;
use std::sync::Arc;

use dag::{Engine, Error, Graph, Options};
use studies::sources::Sources;
use studies::verify::Summary;

use crate::cli::BuildPaper;
use crate::console::{BAD, Console, GOOD};
use crate::{Exit, Failure, fetch, workspace};

pub(crate) fn run(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    let typesetter = typeset::Backend::choose(arguments.typst.clone()).map_err(Failure::usage)?;
    let typesetter = Arc::new(typesetter);
    let mut stages = Vec::new();
    for study in studies::all() {
        stages.extend(study.stages(root, &typesetter).map_err(Failure::new)?);
    }
    let graph = Graph::new(stages).map_err(Failure::new)?;
    fetch_missing(root, arguments, console)?;

    let mut options = Options::new(root);
    if let Some(jobs) = arguments.jobs {
        options.jobs = usize::from(jobs);
    }
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
    if report.succeeded() {
        if arguments.targets.is_empty() {
            for study in studies::all() {
                let summary = study.summary(root).map_err(Failure::new)?;
                console.line(&verdict(study.name, &summary));
            }
        }
        Ok(Exit::Success)
    } else {
        Ok(Exit::Failed)
    }
}

/// One line on how the values made here compare with the published ones.
fn verdict(study: &str, summary: &Summary) -> String {
    let (style, verdict) =
        if summary.passed() { (GOOD, "matches what was published") } else { (BAD, "DIFFERS from what was published") };
    let Summary { entries, matched, mismatched, unchecked, not_recomputable, .. } = summary;
    format!(
        "{style}{study} {verdict}{style:#}: {matched} of {entries} artifacts match, {mismatched} differ, \
         {unchecked} have no values on file, {not_recomputable} cannot be recomputed"
    )
}

/// Brings raw files that are not in place. What cannot be had is left to the stages that need it:
/// they name the file, and all others are built.
fn fetch_missing(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<(), Failure> {
    let incomplete: Vec<Sources> = workspace::sources(root, &[])?
        .into_iter()
        .filter(|sources| !fetch::missing(root, sources).is_empty())
        .collect();
    if incomplete.is_empty() {
        return Ok(());
    }
    let options = fetch::Options::from_env(arguments.mirrors.clone()).map_err(Failure::usage)?;
    let progress = fetch::progress::on_stderr(console.quiet());
    let report = fetch::fetch(root, &incomplete, &options, &*progress);
    drop(progress);
    console.line(&report.to_string());
    report.messages().iter().for_each(|message| console.error(message));
    Ok(())
}
