//! `cargo xtask clean`: removes what builds have made.

use std::path::Path;
use std::sync::Arc;

use dag::{Cleaned, Cleaning, Engine, Graph, Options};
use indicatif::DecimalBytes;
use studies::Chosen;
use studies::campaign::{Campaign, Simulation};

use crate::build_paper::{failure, load};
use crate::cli::Clean;
use crate::console::Console;
use crate::{Exit, Failure};

/// Where the committed figures are.
const FIGURES: &str = "figures/";

pub(crate) fn run(root: &Path, arguments: &Clean, console: &Console) -> Result<Exit, Failure> {
    let typesetter = Arc::new(typeset::Backend::choose(None).map_err(Failure::usage)?);
    let mut graphs = Vec::new();
    for campaign in [Campaign::Published, Campaign::Simulated(Simulation::default())] {
        let chosen = load(root)?.into_iter().map(|(study, sources)| Chosen { study, sources, campaign });
        let chosen: Vec<Chosen> = chosen.collect();
        graphs.push(Graph::new(studies::stages(root, &chosen, Arc::clone(&typesetter))).map_err(Failure::new)?);
    }
    let cleaning = Cleaning {
        keeps: &|output| !arguments.figures && output.starts_with(FIGURES),
        store: arguments.all,
        dry_run: arguments.dry_run,
    };
    let graphs: Vec<&Graph> = graphs.iter().collect();
    let cleaned = Engine::clean(&Options::new(root), &graphs, &cleaning).map_err(failure)?;
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&cleaned).map_err(Failure::new)?);
    }
    let Cleaned { outputs, kept_files, bytes, left } = cleaned;
    let verb = if arguments.dry_run { "would remove" } else { "removed" };
    let bytes = DecimalBytes(bytes);
    console.line(&format!("{verb} {outputs} outputs and {kept_files} files of .joulebook/, {bytes}"));
    if left > 0 {
        console.line(&format!("{left} committed figures stay; --figures removes them, too"));
    }
    Ok(Exit::Success)
}
