//! The simulated campaign: operation counts, accuracies, windows and carbon intensities with known
//! relations, and logs of the power monitor as they were before they were lost.
//!
//! The scale makes the logs longer: the monitor runs for that many hours before and after the windows.

mod files;
mod networks;
mod run;
mod truths;

use self::files::Tables;
use self::run::{Run, Work};
use super::raw::{FIRST_LOG, INFERENCE_LOG, TRAINING_LOG};
use crate::campaign::Simulation;
use crate::simulate::Part;

/// The parts of the campaign.
pub(crate) fn campaign(simulation: Simulation) -> Vec<Part> {
    let tables = Tables {
        simulation,
        models: "logs/models.txt",
        accuracy: "logs/accuracy.csv",
        carbon: "mlco2-impact/data/impact.csv",
    };
    let files = [tables.models, tables.accuracy, tables.carbon].map(str::to_owned).into();
    let mut parts = vec![Part::new("tables", files, tables, files::write)];
    for run in [
        Run {
            simulation,
            work: Work::Inference,
            start: "2020-08-07 14:46:21.270897+00:00",
            windows: "logs/pm.csv",
            log: INFERENCE_LOG,
            results: Some("at-ccae08d/results/cv_inference.csv"),
        },
        Run {
            simulation,
            work: Work::Training,
            start: "2020-07-29 10:55:45.620879+00:00",
            windows: "logs/finetune.csv",
            log: TRAINING_LOG,
            results: Some("at-ccae08d/results/cv_training.csv"),
        },
        Run {
            simulation,
            work: Work::First,
            start: "2020-06-24 09:28:27.242060+00:00",
            windows: "logs/pm3db7d8e2-1899-4d49-9670-a104b34a6ab5.csv",
            log: FIRST_LOG,
            results: None,
        },
    ] {
        let files = [Some(run.windows), Some(run.log), run.results].into_iter().flatten().map(str::to_owned);
        parts.push(Part::new(run.work.name(), files.collect(), run, run::write));
    }
    parts
}
