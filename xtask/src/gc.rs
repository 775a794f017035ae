//! `cargo xtask gc`: removes from the store what is not needed any more.

use std::path::Path;
use std::time::Duration;

use dag::{Engine, Keep, Options};
use indicatif::DecimalBytes;

use crate::build_paper::failure;
use crate::cli::Gc;
use crate::console::{Console, counted_of};
use crate::{Exit, Failure};

/// What is kept where nothing is said.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(crate) fn run(root: &Path, arguments: &Gc, console: &Console) -> Result<Exit, Failure> {
    let mut options = Options::new(root);
    options.store.clone_from(&arguments.store.store);
    arguments.store.check()?;
    let used_within = arguments.keep.or(arguments.max_size.is_none().then_some(KEPT));
    let keep = Keep { used_within, max_bytes: arguments.max_size };
    let collected = Engine::collect(&options, &keep, arguments.dry_run).map_err(failure)?;
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&collected).map_err(Failure::new)?);
    }
    for gone in &collected.gone {
        console.line(&format!("{} is no more: what only it needed counts as not needed", gone.display()));
    }
    let verb = if arguments.dry_run { "would remove" } else { "removed" };
    let [bytes, left, needed] =
        [collected.bytes, collected.bytes_left, collected.bytes_needed].map(|bytes| DecimalBytes(bytes).to_string());
    console.line(&format!(
        "{verb} {}, {}, {bytes}; {left} are left, of which {needed} are needed by {}",
        counted_of(collected.results, "result"),
        counted_of(collected.files, "file"),
        counted_of(collected.workspaces.len(), "workspace")
    ));
    if arguments.max_size.is_some_and(|max| collected.bytes_left > max) {
        console.warning("the store is larger than that, because workspaces need more");
    }
    Ok(Exit::Success)
}
