//! The simulated campaign: the 21 networks on a simulated board, and stand-ins of the real examples,
//! results and profiles in their formats. None of it is measured.

mod build;
mod desktop;
pub(super) mod device;
mod examples;
mod format;
mod history;
pub(super) mod inventory;
mod targets;

use self::device::{IDLE_POWER, Run};
use self::inventory::MODELS;
use crate::campaign::Simulation;
use crate::simulate::Part;

/// The parts of the simulated campaign.
pub(crate) fn campaign(simulation: Simulation) -> Vec<Part> {
    let mut parts = board(simulation);
    parts.extend(examples::parts());
    parts.extend(history::parts(simulation));
    parts.extend(desktop::parts(simulation));
    parts
}

/// The parts that stand in for the logs of the board, which were never released.
pub(super) fn board(simulation: Simulation) -> Vec<Part> {
    let mut parts = vec![Part::new("board/idle", vec![IDLE_POWER.to_owned()], (), device::idle)];
    for model in MODELS {
        let run = Run { model, simulation };
        parts.push(Part::new(&format!("board/{model}"), run.files(), run, device::model));
    }
    parts.push(Part::new("board/targets", Vec::new(), (), targets::tell));
    parts
}
