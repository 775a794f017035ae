//! `cargo xtask doctor`: what is missing on this machine, and the command that fixes it.

mod places;
mod tools;

use std::path::Path;

use clap::Args;
use serde::Serialize;

use crate::console::{BAD, Console, DIM, GOOD, WARN};
use crate::{Exit, Failure};

#[derive(Args)]
pub(crate) struct Doctor {
    /// Do not ask upstream whether it answers.
    #[arg(long)]
    offline: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How much it matters what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Ok,
    /// Everything is built, but not as well or from other data.
    Note,
    /// Something that only some tests or other commands need is not there.
    Optional,
    /// Papers cannot be built.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    state: State,
    found: String,
    /// What to do, a command where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    fn new(what: impl Into<String>, state: State, found: impl Into<String>) -> Self {
        Self { what: what.into(), state, found: found.into(), fix: None }
    }

    fn ok(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(what, State::Ok, found)
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

pub(crate) fn run(root: &Path, arguments: &Doctor, console: &Console) -> Result<Exit, Failure> {
    let mut findings = tools::needed(root);
    findings.extend(places::disk_and_memory(root));
    findings.extend(places::raw_files(root, arguments.offline)?);
    findings.push(places::engine_folder(root));
    findings.extend(places::file_system(root));
    findings.extend(tools::optional());
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&findings).map_err(Failure::new)?);
    } else {
        let width = findings.iter().map(|finding| finding.what.chars().count()).max().unwrap_or(0);
        findings.iter().for_each(|finding| tell(finding, width));
    }
    let missing = findings.iter().filter(|finding| finding.state == State::Missing).count();
    if missing > 0 {
        console.error(&format!("papers cannot be built here: {missing} of {} things are missing", findings.len()));
        return Ok(Exit::Failed);
    }
    let notes = findings.iter().filter(|finding| finding.state == State::Note).count();
    let notes = if notes > 0 { format!("; {notes} notes above") } else { String::new() };
    console.line(&format!("all that build-paper needs is here{notes}"));
    Ok(Exit::Success)
}

/// One line, and below it what to do.
fn tell(Finding { what, state, found, fix }: &Finding, width: usize) {
    let (style, word) = match state {
        State::Ok => (GOOD, "ok"),
        State::Note => (WARN, "note"),
        State::Optional => (DIM, "optional"),
        State::Missing => (BAD, "MISSING"),
    };
    anstream::println!("{style}{word:<8}{style:#}  {what:<width$}  {found}");
    if let Some(fix) = fix {
        for line in fix.lines() {
            anstream::println!("{:8}  {:width$}  -> {line}", "", "");
        }
    }
}
