//! The simulated campaign. NOT measurements: powers, latencies and counts of the three studies are set
//! to points that were read from the published figures, so agreement with those figures is by construction.
//!
//! Source: the project's `SIMULATION.md` with its table `targets.csv`. Stand-ins for the real
//! recordings, whose powers rise evenly, are beside it for builds without raw files.

mod forms;
mod recordings;
mod runs;
mod targets;

use crate::campaign::Simulation;
use crate::simulate::Part;

use self::runs::Runs;
use super::held::RECORDINGS;
use super::protocol::Sweep;

/// The runs of the three studies, which were never released: a part for each input size.
pub(super) fn runs(simulation: Simulation) -> Vec<Part> {
    let part = |(row, sweep): (u64, Sweep)| {
        let files = sweep.network.runs().flat_map(|run| sweep.files(run)).collect();
        Part::new(&sweep.name(), files, Runs { sweep, row, simulation }, runs::write)
    };
    (0..).zip(Sweep::all()).map(part).collect()
}

/// The whole campaign: the runs, and stand-ins for the real recordings.
pub(crate) fn campaign(simulation: Simulation) -> Vec<Part> {
    let files = RECORDINGS.iter().map(|recording| recording.path.to_owned()).collect();
    let mut parts = runs(simulation);
    parts.push(Part::new("recordings", files, simulation, recordings::write));
    parts
}
