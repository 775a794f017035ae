//! The simulated campaign.

use crate::campaign::Simulation;
use crate::simulate::Part;

/// The parts of the campaign.
pub(crate) fn campaign(_simulation: Simulation) -> Vec<Part> {
    Vec::new()
}
