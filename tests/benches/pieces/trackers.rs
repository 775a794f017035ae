//! The tracker's files and job logs of a campaign: data sets of layers, each layer with settings as the mean of its runs.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;

use rawlog::joblog::{self, Rule};
use rawlog::tracker;
use serde_json::json;

use crate::{Found, Outcome};

/// A data set: what was set, and the mean energy of the processor in kWh for a forward pass.
pub(crate) struct DataSet {
    name: String,
    runs: usize,
    failed: usize,
    settings: Vec<Vec<u64>>,
    energies: Vec<f64>,
}

/// Where the layers with the same settings stand, and the energies of their runs.
#[derive(Default)]
struct Groups {
    places: HashMap<Vec<u64>, usize>,
    energies: Vec<Vec<f64>>,
}

pub(crate) fn data_sets(arguments: &[String]) -> Outcome<Vec<DataSet>> {
    let mut sets: Vec<DataSet> = Vec::new();
    let mut groups: Vec<Groups> = Vec::new();
    for job in arguments.chunks(3) {
        let [file, log, name] = job else { return Err("trackers takes CSV, LOG and NAME of each job".into()) };
        let runs = tracker::read(BufReader::new(File::open(file)?))?.runs;
        let log = joblog::read(BufReader::new(File::open(log)?))?;
        let log = log.iter().find(|set| set.name.as_deref() == Some(name)).ok_or("the log has no such data set")?;
        let failed = log.failed_rows(Rule::Original);
        let at = sets.iter().position(|set| set.name == *name).unwrap_or_else(|| {
            let (settings, energies) = (Vec::new(), Vec::new());
            sets.push(DataSet { name: name.clone(), runs: 0, failed: 0, settings, energies });
            groups.push(Groups::default());
            sets.len() - 1
        });
        let (set, Groups { places, energies }) = (&mut sets[at], &mut groups[at]);
        set.runs += runs.len();
        set.failed += failed.len();
        for (row, run) in (0_u64..).zip(&runs) {
            let energy = run.energy;
            let is_negative = [energy.cpu, energy.gpu, energy.ram, energy.consumed].iter().any(|energy| *energy < 0.0);
            if is_negative || failed.binary_search(&row).is_ok() {
                continue;
            }
            let mut settings = vec![run.project.batch_size];
            settings.extend(run.project.settings.iter().map(|(_, value)| *value));
            let place = *places.entry(settings).or_insert_with_key(|settings| {
                set.settings.push(settings.clone());
                energies.push(Vec::new());
                energies.len() - 1
            });
            energies[place].push(energy.cpu / run.project.forward_passes as f64);
        }
    }
    for (set, groups) in sets.iter_mut().zip(groups) {
        set.energies = groups.energies.iter().map(|runs| stats::mean(runs)).collect::<Result<_, _>>()?;
    }
    Ok(sets)
}

pub(crate) fn told(sets: &[DataSet]) -> Found {
    let told = |set: &DataSet| {
        let settings: Vec<u64> = set.settings.iter().flatten().copied().collect();
        let told = json!({
            "runs": set.runs, "failed": set.failed, "settings": settings.iter().sum::<u64>(), "energies": set.energies,
        });
        (set.name.clone(), told)
    };
    sets.iter().map(told).collect()
}
