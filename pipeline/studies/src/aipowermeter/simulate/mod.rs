//! The simulated campaign. NOT measurements: powers, latencies and counts of the three studies are set
//! to points that were read from the published figures, so agreement with those figures is by construction.
//!
//! `targets.csv` holds what each input size is set to. What the figures do not show is invented: the cores take
//! 0.87 of the package; memory and use of AlexNet and BERT; the package at sizes of AlexNet where another curve
//! hides it. AlexNet at 2016 pixels was read by eye. ResNet50 up to 256 pixels has values whose ranks are the
//! only ones that agree with the printed correlations and the figures. What a run draws from a target stands in
//! `runs.rs`.
//!
//! Stand-ins for the real recordings, whose powers rise evenly, are for builds without raw files.

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
