//! `cargo xtask graph`.

use std::path::Path;
use std::sync::Arc;

use dag::Graph;
use studies::campaign::{Campaign, Simulation};
use studies::sources::Sources;
use studies::{Chosen, Study};

use crate::cli::{self, CampaignName};
use crate::{Exit, Failure};

pub(crate) fn run(root: &Path, arguments: &cli::Graph) -> Result<Exit, Failure> {
    let typesetter = typeset::Backend::choose(None).map_err(Failure::usage)?;
    let campaign = match arguments.campaign {
        CampaignName::Published => Campaign::Published,
        CampaignName::Simulated => Campaign::Simulated(Simulation::default()),
    };
    let chosen = |study: &'static Study| {
        let sources = Sources::load(root, study.name).map_err(Failure::new)?;
        Ok(Chosen { study, sources, campaign })
    };
    let chosen = studies::all().iter().map(chosen).collect::<Result<Vec<Chosen>, Failure>>()?;
    let graph = Graph::new(studies::stages(root, &chosen, Arc::new(typesetter))).map_err(Failure::new)?;
    let picture = graph.picture(arguments.format.into(), &arguments.targets).map_err(Failure::usage)?;
    anstream::print!("{picture}");
    Ok(Exit::Success)
}
