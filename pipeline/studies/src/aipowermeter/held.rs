//! The real recordings that are held: none is a run behind a published result, but all were made with the
//! same recorder.

use serde::Serialize;

/// A real recording.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Recording {
    /// Name of its stages and tables.
    pub(super) name: &'static str,
    /// Path of the raw file.
    pub(super) path: &'static str,
    /// The published entry of its energies.
    pub(super) entry: &'static str,
    /// When the form of its records was in use.
    pub(super) form: &'static str,
}

const TO_2021: &str = "to October 2021";
const DECEMBER_2021: &str = "December 2021";
const FROM_2022: &str = "from 2022";

/// All of them.
pub(super) type Recordings = [Recording; 7];

/// All of them, by age.
pub(super) const RECORDINGS: Recordings = [
    Recording {
        name: "mcmc-card",
        path: "deep_learning_mcmc/4fc8afe/power_measure/power_metrics.json",
        entry: "derived.real.mcmc_gpu",
        form: TO_2021,
    },
    Recording {
        name: "mcmc-both",
        path: "deep_learning_mcmc/f7050c2/power_measure/power_metrics.json",
        entry: "derived.real.deep_learning_mcmc.f7050c2.power_measure",
        form: TO_2021,
    },
    Recording {
        name: "laptop",
        path: "examples/measure_power/power_metrics.json",
        entry: "derived.real.examples.measure_power",
        form: DECEMBER_2021,
    },
    Recording {
        name: "cusparse",
        path: "pruningSPMM/cusparse/measure_power/power_metrics.json",
        entry: "derived.real.pruningSPMM.cusparse.measure_power",
        form: FROM_2022,
    },
    Recording {
        name: "train",
        path: "examples/example_data/train/power_metrics.json",
        entry: "derived.real.examples.example_data.train",
        form: FROM_2022,
    },
    Recording {
        name: "test",
        path: "examples/example_data/test/power_metrics.json",
        entry: "derived.real.examples.example_data.test",
        form: FROM_2022,
    },
    Recording {
        name: "two-cards",
        path: "examples/example_data/power_metrics.json",
        entry: "derived.real.examples.example_data",
        form: FROM_2022,
    },
];

/// The recording of the time of the studies with a card under load.
pub(super) const LOADED: &str = "mcmc-both";
/// The recording of two segments that is drawn.
pub(super) const TWO_SEGMENTS: &str = "test";
