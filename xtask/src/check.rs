//! `cargo xtask check`: makes everything, and compares it with what is committed and with what was published.

mod junit;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use dag::{Digest, Graph, Outcome, StageReport};
use reference::page::Head;
use reference::{Build, Committed, Comparison, Counts, Lock, Output};
use serde::Serialize;
use studies::Chosen;
use studies::artifact::{APPENDIX, LIST};
use studies::sources::Sources;
use studies::verify::StudyReport;

use crate::build_paper;
use crate::cli::Check;
use crate::console::{BAD, Console, DIM, GOOD, WARN};
use crate::{Exit, Failure};

/// Where the page is written.
const PAGE: &str = "derived/check/index.html";

/// What a check found, as JSON.
#[derive(Serialize)]
struct Told<'a> {
    same: bool,
    /// The stages that failed; then nothing was compared.
    failed: Vec<&'a StageReport>,
    counts: Counts,
    /// The files that are not the same bytes.
    outputs: &'a [Output],
    /// How what was made compares with what was published.
    published: &'a [StudyReport],
    page: Option<&'a str>,
}

pub(crate) fn run(root: &Path, arguments: &Check, console: &Console) -> Result<Exit, Failure> {
    if arguments.accept.is_some() && is_ci() {
        return Err(Failure::usage(
            "--accept changes the reference, which is for a person to decide; this is CI, as the variable CI is set",
        ));
    }
    let lock = Lock::read(root).map_err(Failure::new)?;
    if lock.is_none() && arguments.accept.as_ref().is_none_or(|named| !named.is_empty()) {
        return Err(Failure::new(format!(
            "there is no {} to compare with; `cargo xtask check --accept` makes what is built here the reference",
            reference::FILE
        )));
    }
    let asked = arguments.build();
    let (making, chosen) = build_paper::Build::begin(root, &asked, console)?;
    let chosen = with_raw_files(chosen, console);
    let graph = making.graph(&chosen)?;
    let accepted = paths_of(&graph, arguments.accept.as_deref())?;
    // Before anything is made: a build writes over the drawings.
    let store = making.options()?.store();
    let mut committed = read_committed(root, &store)?;
    let report = making.make(&chosen, console)?;
    if !report.succeeded() {
        write_junit(arguments, &[("stages", junit::failures(&report))])?;
        // A page of an earlier check would be taken for one of this.
        let _ = std::fs::remove_file(root.join(PAGE));
        if arguments.json {
            let failed = report.stages.iter().filter(|stage| matches!(stage.outcome, Outcome::Failed(_))).collect();
            let counts = Counts::default();
            print_json(&Told { same: false, failed, counts, outputs: &[], published: &[], page: None })?;
        }
        return Ok(making.exit_of_failure());
    }
    let build = Build { root, graph: &graph, report: &report, raw: raw_files(&chosen) };
    let mut lock = lock.unwrap_or_default();
    if arguments.accept.is_some() {
        let paths = accepted.as_ref().map(|paths| paths.iter().map(String::as_str).collect());
        let taken = reference::accept(&build, &lock, &committed, paths.as_ref()).map_err(Failure::new)?;
        console.line(&format!(
            "accepted: {} files in {}, {} copies in reference/; look at `git diff`, and commit",
            taken.files,
            reference::FILE,
            taken.copies
        ));
        lock = Lock::read(root).map_err(Failure::new)?.unwrap_or_default();
        committed = read_committed(root, &store)?;
    }
    let comparison = reference::compare(&build, &lock, &committed);
    let verify = |chosen: &Chosen| chosen.study.verify(root).map_err(Failure::new);
    let published = chosen.iter().map(verify).collect::<Result<Vec<StudyReport>, Failure>>()?;

    let same = comparison.is_same(arguments.strict) && published.iter().all(StudyReport::passed);
    let verdict = verdict(&comparison, &published, arguments.strict);
    let remarks = remarks(root, &chosen)?;
    let plain: Vec<String> = remarks.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
    let head = Head { verdict: &verdict, passed: same, remarks: &plain };
    let page = reference::page::html(&head, &build, &comparison, &lock, &committed);
    write(&root.join(PAGE), &page)?;
    let stages = junit::stages(&report, &comparison, arguments.strict);
    write_junit(arguments, &[("reference", stages), ("published values", junit::published(&published))])?;
    if arguments.json {
        let (counts, outputs) = (comparison.counts, &comparison.outputs);
        print_json(&Told { same, failed: Vec::new(), counts, outputs, published: &published, page: Some(PAGE) })?;
    } else {
        print(&comparison, arguments.strict);
    }
    let style = if same { GOOD } else { BAD };
    remarks.iter().for_each(|remark| console.line(remark));
    console.line(&format!("{style}{verdict}{style:#}"));
    if !same {
        console.line(&format!("{WARN}see{WARN:#} {PAGE}"));
    }
    if let Some(hint) = hint(&comparison, arguments) {
        console.line(&format!("{DIM}help: {hint}{DIM:#}"));
    }
    Ok(if same { Exit::Success } else { Exit::Mismatch })
}

/// The studies that have raw files. One without, as `new-study` writes it, has no published campaign to compare; this
/// is said.
fn with_raw_files(chosen: Vec<Chosen>, console: &Console) -> Vec<Chosen> {
    let (chosen, others): (Vec<Chosen>, Vec<Chosen>) =
        chosen.into_iter().partition(|chosen| !chosen.sources.files.is_empty());
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|chosen| chosen.study.name).collect();
        console.insist(&format!(
            "not compared: {}, as no raw files are pinned for it yet (raw/<study>/sources.toml)",
            names.join(", ")
        ));
    }
    chosen
}

/// What is committed: the drawings, the copies, and the appendix with its list.
fn read_committed(root: &Path, store: &Path) -> Result<Committed, Failure> {
    Committed::read(root, store, &[APPENDIX, LIST]).map_err(|error| Failure::io("read", "the reference", &error))
}

/// Whether this is CI, by the variable that all common CI systems set.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// The outputs that are named; `None` if all are.
fn paths_of(graph: &Graph, named: Option<&[String]>) -> Result<Option<HashSet<String>>, Failure> {
    let Some(named) = named.filter(|named| !named.is_empty()) else { return Ok(None) };
    let mut paths = HashSet::new();
    for target in named {
        let stages = graph.named(target).map_err(Failure::usage)?;
        let outputs = graph.stages().iter().filter(|stage| stages.contains(&stage.id())).flat_map(dag::Stage::outputs);
        paths.extend(outputs.map(|(_, path)| path.to_owned()));
    }
    Ok(Some(paths))
}

/// The raw files with the digests that they are pinned with, which the stages that read them have checked.
fn raw_files(chosen: &[Chosen]) -> Vec<(String, Digest)> {
    let files = |Chosen { sources: Sources { study, files, .. }, .. }: &Chosen| -> Vec<(String, Digest)> {
        let file =
            |pin: &studies::sources::Pin| Some((format!("raw/{study}/{}", pin.path), Digest::from_hex(&pin.sha256)?));
        files.iter().filter_map(file).collect()
    };
    chosen.iter().flat_map(files).collect()
}

/// How the build compares with the reference and, where that is not all, with what is known of its values.
fn verdict(comparison: &Comparison, published: &[StudyReport], strict: bool) -> String {
    let against_reference = of_reference(comparison, strict);
    let differ = |report: &StudyReport| {
        let missed = report.recovery.as_ref().map_or(0, |recovery| recovery.missed.len());
        report.summary.mismatched + report.summary.own_checks().failed + missed
    };
    match published.iter().map(differ).sum::<usize>() {
        0 => against_reference,
        1 => format!("{against_reference}; 1 artifact is not as it is known to be"),
        several => format!("{against_reference}; {several} artifacts are not as they are known to be"),
    }
}

/// What to do if what differs was meant to.
fn hint(comparison: &Comparison, arguments: &Check) -> Option<String> {
    let differing = comparison.failing(arguments.strict).count();
    match &arguments.accept {
        _ if differing == 0 || is_ci() => None,
        None => Some("if it is meant, `cargo xtask check --accept` makes it the reference".to_owned()),
        Some(_) => {
            let files =
                if differing == 1 { "1 file differs and is" } else { &format!("{differing} files differ and are") };
            Some(format!(
                "{files} not accepted yet; one that follows from an accepted one is named too, or everything is \
                 accepted with `cargo xtask check --accept`"
            ))
        }
    }
}

fn of_reference(comparison: &Comparison, strict: bool) -> String {
    let Counts { files, same_numbers, different, .. } = comparison.counts;
    let first = comparison.differing().find(|output| output.arises).or(comparison.outputs.first());
    match (different, same_numbers) {
        (0, 0) => format!("the same bytes as the reference: {files} files"),
        (0, other) => {
            let word = if strict { "not the same bytes as the reference" } else { "the same numbers as the reference" };
            format!("{word}: {other} of {files} files have other bytes, all with the same numbers")
        }
        (different, _) => {
            let stage = first.and_then(|output| output.stage.as_deref()).unwrap_or("the files that are committed");
            format!("different from the reference: {different} of {files} files; it begins in {stage}")
        }
    }
}

/// One line for each study on how it compares with what was published, and on which data that rests.
fn remarks(root: &Path, chosen: &[Chosen]) -> Result<Vec<String>, Failure> {
    let mut remarks = Vec::new();
    for Chosen { study, .. } in chosen {
        let outcome = study.outcome(root).map_err(Failure::new)?;
        remarks.extend(outcome.map(|outcome| build_paper::verdict(study.name, &outcome)));
    }
    Ok(remarks)
}

/// Prints each file that differs with the first thing that does; strictly, also those with other bytes.
fn print(comparison: &Comparison, strict: bool) {
    for output in comparison.failing(strict) {
        let change = output.change.map(|change| format!(" ({change})")).unwrap_or_default();
        let what = match output.what.as_slice() {
            [] => String::new(),
            [what] => format!(": {what}"),
            [what, more @ ..] => format!(": {what}; and {} more", more.len()),
        };
        anstream::println!("{:<12} {}{change}{what}", output.verdict, output.path);
    }
}

fn print_json(told: &Told<'_>) -> Result<(), Failure> {
    anstream::println!("{}", serde_json::to_string_pretty(told).map_err(Failure::new)?);
    Ok(())
}

fn write_junit(arguments: &Check, suites: &[(&str, Vec<reference::junit::Case>)]) -> Result<(), Failure> {
    match &arguments.junit {
        Some(path) => write(path, &reference::junit::render(suites)),
        None => Ok(()),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| Failure::io("write", path.display(), &error))
}
