//! `cargo xtask stage`: one stage by itself, for schedulers.

use std::path::Path;

use dag::{Engine, Options};

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
    let report = Engine::run_alone(&options, &graph, &arguments.stage).map_err(failure)?;
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&report.stages).map_err(Failure::new)?);
    } else {
        report.stages.iter().flat_map(|stage| &stage.outputs).for_each(|(path, _)| anstream::println!("{path}"));
    }
    console.summary(&report);
    Ok(match report.succeeded() {
        true => Exit::Success,
        false if !report.cancelled().is_empty() => Exit::Interrupted,
        false => Exit::Failed,
    })
}
