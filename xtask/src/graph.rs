//! `cargo xtask graph`.

use std::path::Path;
use std::sync::Arc;

use dag::Graph;
use studies::campaign::Campaign;

use crate::cli;
use crate::{Exit, Failure};

pub(crate) fn run(root: &Path, arguments: &cli::Graph) -> Result<Exit, Failure> {
    let typesetter = typeset::Backend::choose(None).map_err(Failure::usage)?;
    let published: Vec<_> = studies::all().iter().map(|study| (study, Campaign::Published)).collect();
    let stages = studies::stages(root, &published, Arc::new(typesetter)).map_err(Failure::new)?;
    let graph = Graph::new(stages).map_err(Failure::new)?;
    let picture = graph.picture(arguments.format.into(), &arguments.targets).map_err(Failure::usage)?;
    anstream::print!("{picture}");
    Ok(Exit::Success)
}
