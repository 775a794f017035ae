//! Which raw files each study is made from, said in full: for a process that must have the very graph
//! that another one has, whatever lies in its workspace.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use dag::Graph;
use studies::Chosen;
use studies::campaign::{Campaign, Simulation};

use crate::cli::SimulationOf;
use crate::{Failure, build_paper, workspace};

/// The data of all studies, and the typesetter.
#[derive(Args)]
pub(crate) struct Data {
    /// A study that is made from its simulated campaign; those that are not named are made from the
    /// published one.
    #[arg(long = "simulated", value_name = "STUDY")]
    simulated: Vec<String>,
    #[command(flatten)]
    simulation: SimulationOf,
    /// A typst command line to typeset with, in the place of the built-in compiler.
    #[arg(long, value_name = "PATH", env = "JOULEBOOK_TYPST")]
    pub(crate) typst: Option<PathBuf>,
}

impl Data {
    /// The graph of all stages on these data.
    pub(crate) fn graph(&self, root: &Path) -> Result<Graph, Failure> {
        workspace::studies(&self.simulated)?;
        let typesetter = typeset::Backend::choose(self.typst.clone()).map_err(Failure::usage)?;
        let simulated = Campaign::Simulated(self.simulation.get());
        let choose = |(study, sources): (&'static studies::Study, _)| {
            let is_simulated = self.simulated.iter().any(|name| name == study.name);
            Chosen { study, sources, campaign: if is_simulated { simulated } else { Campaign::Published } }
        };
        let chosen: Vec<Chosen> = build_paper::load(root)?.into_iter().map(choose).collect();
        let stages = studies::stages(root, &chosen, Arc::new(typesetter)).map_err(Failure::new)?;
        Graph::new(stages).map_err(Failure::new)
    }
}

/// The graph of all stages, every study made from one campaign.
pub(crate) fn of_campaign(
    root: &Path,
    campaign: Campaign,
    typesetter: &Arc<typeset::Backend>,
) -> Result<Graph, Failure> {
    let sources = build_paper::load(root)?.into_iter();
    let chosen: Vec<Chosen> = sources.map(|(study, sources)| Chosen { study, sources, campaign }).collect();
    let stages = studies::stages(root, &chosen, Arc::clone(typesetter)).map_err(Failure::new)?;
    Graph::new(stages).map_err(Failure::new)
}

/// The graphs of both campaigns, the published one first: together they have every stage that a build with
/// this simulation can have.
pub(crate) fn of_both_campaigns(
    root: &Path,
    simulation: Simulation,
    typesetter: &Arc<typeset::Backend>,
) -> Result<[Graph; 2], Failure> {
    let graph = |campaign| of_campaign(root, campaign, typesetter);
    Ok([graph(Campaign::Published)?, graph(Campaign::Simulated(simulation))?])
}

/// The arguments by which [`Data`] are what was chosen.
pub(crate) fn arguments(chosen: &[Chosen]) -> Vec<OsString> {
    let mut arguments = Vec::new();
    let mut simulations = Vec::new();
    for Chosen { study, campaign, .. } in chosen {
        if let Campaign::Simulated(simulation) = campaign {
            arguments.extend(["--simulated", study.name].map(OsString::from));
            simulations.push(simulation);
        }
    }
    // All simulated studies of a build have the same seed and scale.
    if let Some(simulation) = simulations.first() {
        arguments.extend(["--seed".into(), simulation.seed.to_string().into()]);
        arguments.extend(["--scale".into(), simulation.scale.to_string().into()]);
    }
    arguments
}
