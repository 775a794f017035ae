//! `cargo xtask fsck`: reads everything in the store.

use std::path::Path;

use dag::{Checked, Engine, Options};
use indicatif::DecimalBytes;

use crate::build_paper::failure;
use crate::cli::Fsck;
use crate::console::{Console, GOOD, LateBar};
use crate::{Exit, Failure};

pub(crate) fn run(root: &Path, arguments: &Fsck, console: &Console) -> Result<Exit, Failure> {
    let mut options = Options::new(root);
    options.store.clone_from(&arguments.store.store);
    arguments.store.check()?;
    options.jobs = arguments.jobs.get();
    let bar = LateBar::new(console, "{bar:24} {decimal_bytes}/{decimal_total_bytes} read  {elapsed}");
    let checked = Engine::check(&options, arguments.repair, &|read, total| bar.set(read, total)).map_err(failure)?;
    drop(bar);
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&checked).map_err(Failure::new)?);
    } else {
        checked.faults.iter().for_each(|fault| anstream::println!("{}: {}", fault.file.display(), fault.what));
    }
    let Checked { contents, bytes, manifests, codes, orphans, faults, repaired } = checked;
    let bytes = DecimalBytes(bytes);
    console.line(&format!("read {contents} contents, {bytes}, {manifests} results and {codes} codes"));
    if orphans > 0 {
        console.line(&format!("{orphans} files belong to no result, as stopped builds leave them: gc removes them"));
    }
    match (faults.len(), repaired) {
        (0, _) => console.line(&format!("{GOOD}all are what their names say{GOOD:#}")),
        (count, true) => console.line(&format!("removed {count} damaged files: a build makes again what it needs")),
        (count, false) => {
            console
                .error(&format!("{count} files are damaged\n  help: --repair removes them; a build makes them again"));
            return Ok(Exit::Failed);
        }
    }
    Ok(Exit::Success)
}
