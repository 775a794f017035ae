//! Recordings of AIPowerMeter: the energy of the processor's package.

use std::fs::File;
use std::io::BufReader;

use rawlog::power_metrics;
use rawlog::time::NANOSECONDS_PER_SECOND;
use serde_json::json;

use crate::{Found, Outcome};

/// What a recording holds: records, and trapezoidal sums in J with and without what is between segments, and as the
/// compile step of the original has it, the median area times the number of areas.
pub(crate) struct Energy {
    records: usize,
    across: f64,
    within: f64,
    compiled: f64,
}

pub(crate) fn energies(paths: &[String]) -> Outcome<Vec<Energy>> {
    paths.iter().map(|path| energy(path)).collect()
}

fn energy(path: &str) -> Outcome<Energy> {
    let file = power_metrics::read(BufReader::new(File::open(path)?))?;
    let mut samples: Vec<(usize, f64, f64)> = Vec::new();
    for (segment, records) in file.segments.iter().enumerate() {
        for record in &records.records {
            if let Some(cpu) = &record.cpu {
                samples.push((segment, seconds(record.date), cpu.intel_power));
            }
        }
    }
    let (mut areas, mut within) = (Vec::new(), 0.0);
    for pair in samples.windows(2) {
        let ((before, begin, from), (segment, end, to)) = (pair[0], pair[1]);
        let area = (end - begin) * (from + to) / 2.0;
        areas.push(area);
        if before == segment {
            within += area;
        }
    }
    let compiled = stats::median(&areas).map_or(0.0, |median| median * areas.len() as f64);
    Ok(Energy { records: samples.len(), across: areas.iter().sum(), within, compiled })
}

/// Seconds since 1970 as Python's `timestamp` rounds them.
fn seconds(time: i64) -> f64 {
    let microseconds = time.rem_euclid(NANOSECONDS_PER_SECOND) / 1000;
    time.div_euclid(NANOSECONDS_PER_SECOND) as f64 + microseconds as f64 / 1e6
}

pub(crate) fn told(energies: &[Energy]) -> Found {
    let mut found = Found::new();
    let mut put = |name: &str, of: fn(&Energy) -> f64| {
        found.insert(name.to_owned(), json!(energies.iter().map(of).collect::<Vec<f64>>()));
    };
    put("records", |energy| energy.records as f64);
    put("across", |energy| energy.across);
    put("within", |energy| energy.within);
    put("compiled", |energy| energy.compiled);
    found
}
