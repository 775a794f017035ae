//! `cargo xtask graph`.

use std::path::Path;
use std::sync::Arc;

use studies::campaign::{Campaign, Simulation};

use crate::cli::{self, CampaignName};
use crate::{Exit, Failure, data};

pub(crate) fn run(root: &Path, arguments: &cli::Graph) -> Result<Exit, Failure> {
    let typesetter = Arc::new(typeset::Backend::choose(None).map_err(Failure::usage)?);
    let campaign = match arguments.campaign {
        CampaignName::Published => Campaign::Published,
        CampaignName::Simulated => Campaign::Simulated(Simulation::default()),
    };
    let graph = data::of_campaign(root, campaign, &typesetter)?;
    let picture = graph.picture(arguments.format.into(), &arguments.targets).map_err(Failure::usage)?;
    anstream::print!("{picture}");
    Ok(Exit::Success)
}
