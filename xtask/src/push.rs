//! `cargo xtask push`: copies what fresh stages have made to a remote store.

use std::path::Path;

use dag::{Engine, PushError, Pushed};
use indicatif::DecimalBytes;
use remote::Purpose;

use crate::build_paper::{Build, failure, load};
use crate::cli::BuildPaper;
use crate::console::{Console, LateBar, counted_of};
use crate::{Exit, Failure};

pub(crate) fn run(root: &Path, arguments: &BuildPaper, console: &Console) -> Result<Exit, Failure> {
    let url = arguments.means.remote.as_deref().unwrap_or_default();
    let remote = remote::open(url, Purpose::Write).map_err(Failure::usage)?;
    let build = Build::interruptible(root, arguments)?;
    let chosen = build.choose(load(root)?);
    build.warn(&chosen, console);
    let graph = build.graph(&chosen)?;
    // What is asked for is what was made here.
    let mut engine = Engine::open(build.local_options()).map_err(failure)?;
    let bar = LateBar::new(console, "{bar:24} {pos}/{len} files  {elapsed}");
    let progress = |done, total| bar.set(done as u64, total as u64);
    let pushed = engine.push(&graph, &arguments.targets, &*remote, &progress);
    drop(bar);
    let pushed = match pushed {
        Ok(pushed) => pushed,
        Err(PushError::Engine(error)) => return Err(failure(error)),
        Err(PushError::Cancelled) => return Ok(Exit::Interrupted),
        Err(error) => return Err(Failure::new(error)),
    };
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&pushed).map_err(Failure::new)?);
    }
    let Pushed { results, new_results, files, bytes, left_out } = pushed;
    let bytes = DecimalBytes(bytes);
    console.line(&format!("{url} has {results} results, {new_results} of them new: sent {files} files, {bytes}"));
    if left_out > 0 {
        console.warning(&format!("{} not fresh, and left out: build them first", counted_of(left_out, "stage")));
    }
    Ok(Exit::Success)
}
