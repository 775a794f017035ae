//! The ten runs of an input size, in the form of October 2021.

use std::fmt::Write as _;

use dag::Problem;
use rawlog::latency;
use rawlog::python::repr;
use rawlog::time::{NANOSECONDS_PER_SECOND, iso8601, parse_date_time};
use serde::Serialize;
use stats::SplitMix64;

use super::targets::{Target, targets};
use crate::aipowermeter::operations;
use crate::aipowermeter::protocol::{Network, Sweep};
use crate::aipowermeter::schema::COMPILED;
use crate::campaign::Simulation;
use crate::simulate::RawFiles;
use crate::truth::{Truth, Within};

/// Seed of the campaign, before that of the simulation: "AIPM".
const SEED: u64 = 0x4149_504D;
/// When the first run starts; sweeps follow each other by 30 min, their runs by 3 min.
const START: &str = "2021-10-19 12:00:00";
/// By how much the runs of a sweep are set apart, in units of 0.4 % of power.
const OFFSETS: [f64; 10] = [1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0, -4.0, 5.0, -5.0];
/// Seconds of the first inference, which warms up.
const WARM_UP: f64 = 1.2;
/// How far the median over the runs may be off: each power carries noise of 0.2 %, each interval of 0.12 %.
const NOISE: Within = Within::Relative(0.004);

/// A sweep to simulate.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Runs {
    pub(super) sweep: Sweep,
    /// Its row in the table of targets.
    pub(super) row: u64,
    pub(super) simulation: Simulation,
}

/// Writes the runs of a sweep.
pub(super) fn write(runs: &Runs, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let Runs { sweep, row, simulation } = *runs;
    let targets = targets()?;
    let target = usize::try_from(row).ok().and_then(|row| targets.get(row).copied());
    let target = target.ok_or_else(|| Problem::new(format!("there is no row {row} in the table of targets")))?;
    let target = Target { iterations: target.iterations * f64::from(simulation.scale), ..target };
    for (run, (k, offset)) in sweep.network.runs().zip((0..).zip(OFFSETS)) {
        let [records, latencies] = sweep.files(run);
        let mut random = SplitMix64::new(seed(simulation, row, k));
        files.write(&records, power_metrics(&target, row, k, offset, &mut random).into_bytes())?;
        let durations = durations(&target, offset, &mut random);
        let written =
            if latencies.ends_with(".json") { latency::write_json(&durations) } else { latency::write_csv(&durations) };
        files.write(&latencies, written)?;
    }
    let first = Sweep::all().position(|other| other.network == sweep.network).unwrap_or(0);
    let place = usize::try_from(row).unwrap_or(0);
    let mut truths = truths(sweep, &target, place - first.min(place));
    truths.push(Truth::cell("energy-per-inference", place, "energy", whole_run(&target), NOISE));
    let macs = operations::macs(sweep.network, sweep.size);
    #[expect(clippy::cast_precision_loss, reason = "operations stay below 2^53")]
    truths.push(Truth::cell("energy-per-inference", place, "macs", macs as f64, Within::Exactly));
    if place == first && sweep.network == Network::Alexnet {
        let of_network: Vec<Target> =
            targets.iter().zip(Sweep::all()).filter(|(_, of)| of.network == sweep.network).map(|(of, _)| *of).collect();
        truths.extend(of_alexnet(&of_network)?);
    }
    Ok(truths)
}

/// The seed of a run: that of the campaign's definition if the simulation's is 0.
fn seed(simulation: Simulation, row: u64, k: u64) -> u64 {
    let own = SEED * 1000 + 10 * row + k;
    own.wrapping_add(simulation.seed.wrapping_mul(0xd134_2543_de82_ef95))
}

/// A number from -half to half.
fn jitter(random: &mut SplitMix64, half: f64) -> f64 {
    half * (2.0 * random.unit() - 1.0)
}

/// The records of a run, one a line.
fn power_metrics(target: &Target, row: u64, k: u64, offset: f64, random: &mut SplitMix64) -> String {
    let factor = 1.0 + 0.004 * offset;
    let pid = 20_000 + 100 * row + k;
    let memory = (target.memory * (1.0 + 1e-4 * offset)).round();
    let unique = (0.96 * memory).round();
    let percent = repr(memory / 6.7e10);
    let (card_memory, used) = (target.card_memory, repr(target.use_percent));
    let own = repr(target.use_percent / 100.0);
    let mut time = start(row, k) + nanoseconds(target.interval);
    let mut text = String::new();
    // One record more than whole intervals: the recorder stops after the round that is under way.
    let mut left = target.intervals(target.iterations) + 1.0;
    while left >= 1.0 {
        left -= 1.0;
        let processor = factor * (1.0 + jitter(random, 0.002));
        let card = factor * (1.0 + jitter(random, 0.002));
        let share = 0.93 + 0.02 * random.unit();
        let step = target.interval + jitter(random, 0.005);
        let (package, cores) = (repr(target.intel_power * processor), target.total_cpu_power * processor);
        let draw = repr((target.nvidia_draw * card * 100.0).round() / 100.0);
        let _ = writeln!(
            text,
            "{{\"date\": \"{}\", \"metrics\": {{\"cpu\": {{\"mem_use_abs\": {{\"{pid}\": {memory}}}, \
             \"cpu_uses\": {{\"{pid}\": {}}}, \"mem_use_percent\": {{\"{pid}\": {percent}}}, \"intel_power\": {package}, \
             \"psys_power\": -1, \"uncore_power\": [0.0], \"per_process_cpu_power\": {{\"{pid}\": {}}}, \
             \"total_cpu_power\": {}, \"mem_use_uss\": {{\"{pid}\": {unique}}}}}, \
             \"gpu\": {{\"nvidia_draw_absolute\": {draw}, \
             \"per_gpu_attributable_mem_use\": {{\"0\": {{\"{pid}\": {card_memory}}}}}, \
             \"nvidia_estimated_attributable_power_draw\": {draw}, \
             \"average_gpu_estimated_utilization_absolute\": {own}, \
             \"per_gpu_average_estimated_utilization_absolute\": \
             [{{\"gpu\": 0.0, \"pid\": 897.0, \"sm\": 0.0, \"mem\": 0.0, \"enc\": 0.0, \"dec\": 0.0}}, \
             {{\"gpu\": 0.0, \"pid\": {pid}.0, \"sm\": {used}, \"mem\": 20.0, \"enc\": 0.0, \"dec\": 0.0}}], \
             \"average_gpu_estimated_utilization_relative\": 1.0, \"per_gpu_performance_state\": {{\"0\": \"P2\"}}, \
             \"per_gpu_power_draw\": {{\"0\": {draw}}}}}}}}}",
            stamp(time),
            repr(share),
            repr(share * cores),
            repr(cores),
        );
        time += nanoseconds(step);
    }
    text
}

/// The latencies of a run: pairs that lie evenly above and below the target, after a slow first one.
fn durations(target: &Target, offset: f64, random: &mut SplitMix64) -> Vec<f64> {
    let latency = target.latency * (1.0 + 0.0005 * offset);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count from the table of targets")]
    let count = target.iterations as usize;
    let mut durations = Vec::with_capacity(count + 1);
    while durations.len() < count {
        let away = 0.08 * random.unit();
        durations.extend([latency * (1.0 + away), latency * (1.0 - away)]);
    }
    durations.truncate(count);
    durations.iter_mut().take(1).for_each(|first| *first = WARM_UP);
    durations
}

fn start(row: u64, k: u64) -> i64 {
    let minutes = i64::try_from(30 * row + 3 * k).unwrap_or(0);
    parse_date_time(START).map_or(0, |time| time.local) + minutes * 60 * NANOSECONDS_PER_SECOND
}

/// To the microsecond, as the recorder's dates are.
pub(super) fn nanoseconds(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "seconds between records")]
    let microseconds = (seconds * 1e6).round() as i64;
    microseconds * 1000
}

/// A date as the recorder writes it: no decimals where they are all zero, else six.
pub(super) fn stamp(time: i64) -> String {
    let microseconds = time.rem_euclid(NANOSECONDS_PER_SECOND) / 1000;
    let date = iso8601(time.div_euclid(NANOSECONDS_PER_SECOND) * NANOSECONDS_PER_SECOND).replace('T', " ");
    if microseconds == 0 { date } else { format!("{date}.{microseconds:06}") }
}

/// Energy of an inference over the whole run, package and card, in J.
fn whole_run(target: &Target) -> f64 {
    (target.intel_power + target.nvidia_draw) * target.latency
}

/// What the compiled tables must hold of a sweep, in row `row`.
fn truths(sweep: Sweep, target: &Target, row: usize) -> Vec<Truth> {
    let id = sweep.network.id();
    let n = target.iterations;
    let intervals = target.intervals(n);
    let records = intervals + 1.0;
    let by_intervals = |watt: f64| intervals * target.interval * watt / n;
    let by_records = |value: f64| value * records / n;
    let powers = [target.intel_power, target.total_cpu_power, target.nvidia_draw, target.nvidia_draw];
    let [package, cores, draw, attributed] = powers.map(by_intervals);
    let [memory, card_memory, used] = [target.memory, target.card_memory, target.use_percent];
    // The order of `COMPILED`.
    let latency = (target.latency, Within::Relative(3e-4));
    let rounding = Within::Relative(1e-8);
    let compiled = [
        (package, NOISE),
        (cores, NOISE),
        (by_records(memory), rounding.clone()),
        (draw, NOISE),
        (attributed, NOISE),
        (by_records(card_memory), rounding.clone()),
        (by_records(used), rounding.clone()),
        latency.clone(),
    ];
    let [package, cores, draw, attributed] = powers.map(|watt| watt * target.latency);
    let corrected = [
        (package, NOISE),
        (cores, NOISE),
        (memory, rounding.clone()),
        (draw, NOISE),
        (attributed, NOISE),
        (card_memory, rounding.clone()),
        (used, rounding),
        latency,
    ];
    let mut truths = Vec::new();
    for (record, cells) in [("compiled", compiled), ("compiled.corrected", corrected)] {
        let cells = COMPILED.into_iter().zip(cells);
        truths.extend(
            cells.map(|(column, (value, within))| Truth::cell(format!("{id}.{record}"), row, column, value, within)),
        );
    }
    let coverage = format!("{id}.coverage");
    truths.push(Truth::cell(&coverage, row, "inferences", n, Within::Exactly));
    truths.push(Truth::cell(&coverage, row, "records", records, Within::Exactly));
    truths.push(Truth::cell(&coverage, row, "covered", intervals * target.interval, Within::Relative(0.002)));
    truths
}

/// What must be found over all sizes of AlexNet.
fn of_alexnet(targets: &[Target]) -> Result<Vec<Truth>, Problem> {
    let broken = |error: stats::Error| Problem::new(error.to_string());
    let factors: Vec<f64> = targets.iter().map(|target| target.nvidia_draw / target.intel_power).collect();
    let factor = stats::median(&factors).map_err(broken)?;
    let (energies, latencies): (Vec<f64>, Vec<f64>) =
        targets.iter().map(|target| (whole_run(target), target.latency)).unzip();
    let pearson = stats::pearson(&energies, &latencies).map_err(broken)?.coefficient;
    let mut truths = vec![Truth::value("upstream.alexnet.pearson.corrected", "value", pearson, Within::Absolute(1e-4))];
    for ending in ["", ".corrected"] {
        truths.push(Truth::value(format!("upstream.alexnet.factor{ending}"), "value", factor, NOISE));
    }
    Ok(truths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_of_the_default_simulation_is_that_of_its_definition() {
        let simulation = Simulation::default();
        assert_eq!(seed(simulation, 3, 7), 0x4149_504D * 1000 + 37);
        assert_ne!(seed(Simulation { seed: 1, ..simulation }, 3, 7), seed(simulation, 3, 7));
    }

    #[test]
    fn dates_are_those_of_the_recorder() {
        assert_eq!(stamp(start(0, 0)), "2021-10-19 12:00:00");
        assert_eq!(stamp(start(1, 2) + nanoseconds(4.27)), "2021-10-19 12:36:04.270000");
    }

    #[test]
    fn latencies_lie_evenly_about_the_target() {
        let target = targets().unwrap()[3];
        let durations = durations(&target, 0.0, &mut SplitMix64::new(1));
        assert_eq!((durations.len(), durations[0]), (10_000, WARM_UP));
        for pair in durations[2..].chunks_exact(2) {
            assert!((pair[0] + pair[1] - 2.0 * target.latency).abs() < 1e-12);
            assert!(pair[0] >= pair[1] && pair[0] <= 1.08 * target.latency);
        }
    }
}
