//! The simulated campaign: runs of made-up networks whose energy is a line in their operations, with noise
//! on each run, and some runs that the meter missed.
//!
//! Make it like the genuine logs: the analyses must find in it what it was given, so that a mistake in them
//! shows before there is a measured number to compare with.

use std::fmt::Write as _;

use dag::Problem;

use super::schema::{ENERGIES, FIGURE, HEADER, REGRESSION, TABLE};
use crate::campaign::Simulation;
use crate::regression::KnownLine;
use crate::simulate::{Part, RawFiles};
use crate::truth::{Truth, Within};

/// Networks, and operations of one inference.
const NETWORKS: [(&str, u64); 6] = [
    ("tiny", 250_000_000),
    ("small", 700_000_000),
    ("medium", 1_800_000_000),
    ("wide", 3_900_000_000),
    ("large", 7_600_000_000),
    ("huge", 15_500_000_000),
];

/// Runs of each network when the scale is 1; every tenth has no reading.
const REPETITIONS: u32 = 20;
const MISSED: u32 = 10;

/// The line: J, and J for a GMAC; and the standard deviation of the noise on a run, J.
const IDLE: f64 = 3.0;
const PER_GMAC: f64 = 0.35;
const NOISE: f64 = 0.5;

/// Standard deviations by which a mean may come out wrong: by more, one in 16 000 would.
const TIMES: f64 = 4.0;

/// The parts of the campaign.
pub(crate) fn campaign(simulation: Simulation) -> Vec<Part> {
    vec![Part::new("runs", vec![ENERGIES.to_owned()], simulation, runs)]
}

fn runs(simulation: &Simulation, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let mut random = simulation.random("runs");
    let mut csv = HEADER.join(",") + "\n";
    let repetitions = REPETITIONS * simulation.scale;
    let counted = repetitions - repetitions / MISSED;
    let (mut x, mut noise, mut truths) = (Vec::new(), Vec::new(), vec![Truth::rows(TABLE, NETWORKS.len())]);
    for (row, (network, macs)) in NETWORKS.into_iter().enumerate() {
        let gmacs = macs as f64 / 1e9;
        let energy = IDLE + PER_GMAC * gmacs;
        for run in 1..=repetitions {
            let reading = (energy + NOISE * random.normal()) * 1e3;
            let reading = if run % MISSED == 0 { String::new() } else { format!("{reading:.3}") };
            writeln!(csv, "{network},{macs},{run},{reading}").map_err(|error| Problem::new(error.to_string()))?;
        }
        let of_mean = NOISE / f64::from(counted).sqrt();
        truths.push(Truth::cell(TABLE, row, "energy", energy, Within::Absolute(TIMES * of_mean)));
        truths.push(Truth::cell(TABLE, row, "runs", f64::from(counted), Within::Exactly));
        x.push(gmacs);
        noise.push(of_mean);
    }
    let line = KnownLine { slope: PER_GMAC, intercept: IDLE, x: &x, noise: &noise };
    truths.extend(line.truths(REGRESSION));
    truths.push(Truth::points(FIGURE, "networks", NETWORKS.len()));
    files.write(ENERGIES, csv.into_bytes())?;
    Ok(truths)
}
