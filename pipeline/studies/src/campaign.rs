//! Which raw files a study is made from.

use std::fmt;

use serde::{Deserialize, Serialize};
use stats::SplitMix64;

/// The raw files of a study: those that its authors published, or simulated ones in their place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Campaign {
    /// The pinned files. Logs that were never released are reconstructed or stand in simulated.
    #[default]
    Published,
    /// Files in the same formats that the study's simulator makes.
    Simulated(Simulation),
}

impl Campaign {
    /// The simulation whose files the study reads, be it only for logs that were never released.
    pub(crate) fn simulation(self) -> Simulation {
        match self {
            Campaign::Published => Simulation::default(),
            Campaign::Simulated(simulation) => simulation,
        }
    }

    /// Whether values that were published of simulated data, or derived from what a simulation is
    /// given, can be asked of it: they are those of the default simulation.
    pub(crate) fn is_default(self) -> bool {
        self.simulation() == Simulation::default()
    }
}

/// A simulated campaign: the same seed and scale give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulation {
    /// What the random numbers are made from.
    pub seed: u64,
    /// How many times as much is logged (repetitions, cycles, iterations), at least 1.
    pub scale: u32,
}

impl Simulation {
    /// The random numbers of a part of the campaign: a stream of its own, whatever other parts draw.
    pub(crate) fn random(self, part: &str) -> SplitMix64 {
        // FNV-1a of the name; the generator mixes it with the seed.
        let name = part.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        SplitMix64::new(SplitMix64::new(self.seed ^ name).next_u64())
    }
}

impl Default for Simulation {
    fn default() -> Self {
        Self { seed: 0, scale: 1 }
    }
}

impl fmt::Display for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, scale {}", self.seed, self.scale)
    }
}
