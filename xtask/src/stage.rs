//! `cargo xtask stage`: one stage by itself, for schedulers.

use std::path::Path;

use dag::{Engine, Options, Outcome, Report};

use crate::build_paper::{failure, remote_store, stop_on_signals};
use crate::cli::Stage;
use crate::console::Console;
use crate::{Exit, Failure};

pub(crate) fn run(root: &Path, arguments: &Stage, console: &Console) -> Result<Exit, Failure> {
    let graph = arguments.data.graph(root)?;
    let mut options = Options::new(root);
    options.cancel = stop_on_signals()?;
    options.store.clone_from(&arguments.store.store);
    options.remote = remote_store(arguments.remote.as_deref())?;
    let told = Engine::run_alone(&options, &graph, &arguments.stage).map_err(failure)?;
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&told).map_err(Failure::new)?);
    } else {
        told.outputs.iter().for_each(|(path, _)| anstream::println!("{path}"));
    }
    let (duration, cancelled) = (told.duration, told.outcome == Outcome::Cancelled);
    let report = Report {
        stages: vec![told],
        state_problem: None,
        warnings: Vec::new(),
        fetched: Default::default(),
        duration,
        files_hashed: 0,
    };
    console.summary(&report);
    Ok(match report.succeeded() {
        true => Exit::Success,
        false if cancelled => Exit::Interrupted,
        false => Exit::Failed,
    })
}
