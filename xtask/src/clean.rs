//! `cargo xtask clean`: removes what builds have made.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use dag::{Cleaned, Cleaning, Engine, Graph, Options};
use indicatif::DecimalBytes;
use studies::campaign::Simulation;

use crate::build_paper::failure;
use crate::cli::Clean;
use crate::console::Console;
use crate::{Exit, Failure, data};

/// Where nothing is committed.
const DERIVED: &str = "derived/";

/// What commands leave there besides the outputs of stages: the report page, and what `check` found.
const PAGES: [&str; 2] = ["derived/report.html", "derived/check"];

pub(crate) fn run(root: &Path, arguments: &Clean, console: &Console) -> Result<Exit, Failure> {
    let typesetter = Arc::new(typeset::Backend::choose(None).map_err(Failure::usage)?);
    let graphs = data::of_both_campaigns(root, Simulation::default(), &typesetter)?;
    let cleaning = Cleaning {
        keeps: &|output| !arguments.figures && !output.starts_with(DERIVED),
        store: arguments.all,
        dry_run: arguments.dry_run,
    };
    let graphs: Vec<&Graph> = graphs.iter().collect();
    let cleaned = Engine::clean(&Options::new(root), &graphs, &cleaning).map_err(failure)?;
    if !arguments.dry_run {
        remove_pages(root)?;
    }
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&cleaned).map_err(Failure::new)?);
    }
    let Cleaned { outputs, kept_files, bytes, left } = cleaned;
    let verb = if arguments.dry_run { "would remove" } else { "removed" };
    let bytes = DecimalBytes(bytes);
    console.line(&format!("{verb} {outputs} outputs and {kept_files} files of .joulebook/, {bytes}"));
    if left > 0 {
        console.line(&format!("{left} committed files stay; --figures removes them, too"));
    }
    Ok(Exit::Success)
}

/// Removes the pages that tell of what is gone, once it is, and the folder if nothing else is in it.
fn remove_pages(root: &Path) -> Result<(), Failure> {
    for page in PAGES.map(|page| root.join(page)) {
        let removed = if page.is_dir() { fs::remove_dir_all(&page) } else { fs::remove_file(&page) };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::io("remove", page.display(), &error));
            }
            _ => {}
        }
    }
    let _ = fs::remove_dir(root.join(DERIVED));
    Ok(())
}
