//! `cargo xtask graph`.

use std::path::Path;
use std::sync::Arc;

use dag::Graph;
use studies::Chosen;
use studies::campaign::{Campaign, Simulation};

use crate::cli::{self, CampaignName};
use crate::{Exit, Failure, build_paper};

pub(crate) fn run(root: &Path, arguments: &cli::Graph) -> Result<Exit, Failure> {
    let typesetter = typeset::Backend::choose(None).map_err(Failure::usage)?;
    let campaign = match arguments.campaign {
        CampaignName::Published => Campaign::Published,
        CampaignName::Simulated => Campaign::Simulated(Simulation::default()),
    };
    let sources = build_paper::load(root)?.into_iter();
    let chosen: Vec<Chosen> = sources.map(|(study, sources)| Chosen { study, sources, campaign }).collect();
    let graph = Graph::new(studies::stages(root, &chosen, Arc::new(typesetter))).map_err(Failure::new)?;
    let picture = graph.picture(arguments.format.into(), &arguments.targets).map_err(Failure::usage)?;
    anstream::print!("{picture}");
    Ok(Exit::Success)
}
