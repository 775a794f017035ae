//! The simulated campaign: each of 21 networks on a board whose layers have known power and run time.
//!
//! NOT measured data. A cycle is one inference. Run times are whole multiples of 32 ns and wobble by up to
//! 3 % in pairs of cycles that cancel; power readings are those of the real sensor, whole steps of 8 mV and
//! 8 mA. What rounding loses in one cycle is carried to the next, so that the means come out as targeted.
//! The logger is thirteen times as fast as the real one (98.5 µs against 1.27 ms), so that few cycles do.

use std::io::{self, Write};

use dag::Problem;
use serde::Serialize;
use stats::SplitMix64;

use super::format::{self, Clock, EngineLayer};
use super::inventory::{self, Layer, MODELS};
use crate::campaign::Simulation;
use crate::edge_layers::kind::Kind;
use crate::simulate::RawFiles;
use crate::truth::{Truth, Within};

/// Cycles at scale 1.
const CYCLES: usize = 160;
/// Power of the idle board in µW.
pub(super) const IDLE: f64 = 4_234_560.155_322_008;
/// Time of the first cycle of the first model, in µs: 2024-11-21 05:00:00.
const START: i64 = 1_732_165_200_000_000;
/// From the start of one model to that of the next, in µs.
const APART: i64 = 600_000_000;
/// Seed of the first model's random numbers; the next have the following ones.
const SEED: u64 = 0x4544_4745;
/// Unit of run times in ms, which the profiler has on the real board.
const TICK: f64 = 3.2e-5;
/// Reading of the sensor between layers: voltage in mV, current in mA.
const BETWEEN: (f64, f64) = (5000.0, 848.0);
/// Distance of the callbacks of the real profiler in µs.
const CALLBACK: i64 = 13;

/// A model to run.
#[derive(Serialize)]
pub(super) struct Run {
    pub(super) model: &'static str,
    pub(super) simulation: Simulation,
}

impl Run {
    pub(super) fn files(&self) -> Vec<String> {
        let model = self.model;
        [power_log(model), profile(model), engine(model), burst_profile(model)].to_vec()
    }
}

pub(in crate::edge_layers) fn power_log(model: &str) -> String {
    format!("raw_data/{model}/{model}_power_log.log")
}

pub(in crate::edge_layers) fn profile(model: &str) -> String {
    format!("raw_data/{model}/trt_profiling/trt_layer_latency.json")
}

pub(in crate::edge_layers) fn engine(model: &str) -> String {
    format!("raw_data/{model}/trt_profiling/trt_engine_info.json")
}

/// The same run with a profiler that stamps all layers of a cycle in a burst when it is over.
pub(in crate::edge_layers) fn burst_profile(model: &str) -> String {
    format!("raw_data_burst/{model}/trt_profiling/trt_layer_latency.json")
}

pub(in crate::edge_layers) const IDLE_POWER: &str = "raw_data/idling_power.json";

/// Writes the log, the engine and both profiles of a model.
pub(super) fn model(run: &Run, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let number = MODELS.iter().position(|model| *model == run.model).unwrap_or_default();
    let layers = inventory::of_model(run.model)?;
    let cycles = CYCLES * run.simulation.scale as usize;
    let seed = SEED.wrapping_add(number as u64) ^ run.simulation.seed.rotate_left(32);
    let mut random = SplitMix64::new(seed);
    let start = START + APART * number as i64;

    let trace = Trace::of(&layers, cycles, start, &mut random);
    let mut lines = 0;
    files.stream(&power_log(run.model), &mut |to| {
        lines = log(to, &trace, &layers, start, &mut random)?;
        Ok(())
    })?;
    let mut stamped = |path: &str, stamp: &dyn Fn(usize, usize) -> i64| {
        files.stream(path, &mut |to| {
            let runs = |place: usize| {
                let times = trace.runs.get(place).into_iter().flatten().enumerate();
                times.map(move |(cycle, (milliseconds, _))| (*milliseconds, Some(stamp(place, cycle))))
            };
            format::profile(to, layers.iter().enumerate().map(|(place, layer)| (layer.name.as_str(), runs(place))))
        })
    };
    let genuine =
        |place: usize, cycle: usize| trace.runs.get(place).and_then(|runs| runs.get(cycle)).map_or(0, |(_, end)| *end);
    let burst = |place: usize, cycle: usize| {
        trace.cycle_ends.get(cycle).copied().unwrap_or_default() + CALLBACK * (place as i64 + 1)
    };
    stamped(&profile(run.model), &genuine)?;
    stamped(&burst_profile(run.model), &burst)?;
    files.write(&engine(run.model), format::engine(layers.iter().map(EngineLayer::of))?)?;

    let row =
        |column: &str, value: usize| Truth::cell("campaign.models", number, column, value as f64, Within::Exactly);
    let of = |kind: Kind| layers.iter().filter(|layer| layer.kind == kind).count();
    let counts = Kind::ALL.map(|kind| row(kind.table(), of(kind)));
    let mut truths = vec![row("layers", layers.len()), row("cycles", cycles), row("samples", lines)];
    truths.extend(counts);
    Ok(truths)
}

/// The file with the power of the idle board.
pub(super) fn idle(_: &(), files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    #[derive(Serialize)]
    struct Idle {
        timestamp: &'static str,
        avg_idle_power: f64,
    }
    let idle = Idle { timestamp: "20241121-045500", avg_idle_power: IDLE };
    files.write(IDLE_POWER, format::indented(&idle)?)?;
    Ok(Vec::new())
}

/// What happened when, in µs.
struct Trace {
    /// For each layer its runs: run time in ms, and the end.
    runs: Vec<Vec<(f64, i64)>>,
    /// End of the last layer of each cycle.
    cycle_ends: Vec<i64>,
    /// When the next cycle would begin.
    end: i64,
}

impl Trace {
    #[expect(clippy::cast_possible_truncation, reason = "in single precision as the profiler's")]
    fn of(layers: &[Layer], cycles: usize, start: i64, random: &mut SplitMix64) -> Self {
        let mut trace =
            Self { runs: vec![Vec::with_capacity(cycles); layers.len()], cycle_ends: Vec::new(), end: start };
        let mut wobbles = vec![0.0; layers.len()];
        let mut carries = vec![0.0; layers.len()];
        let mut now = start;
        for cycle in 0..cycles {
            let state = wobbles.iter_mut().zip(&mut carries).zip(&mut trace.runs);
            for (layer, ((wobble, carry), runs)) in layers.iter().zip(state) {
                *wobble = if cycle % 2 == 0 { 0.03 * (2.0 * random.unit() - 1.0) } else { -*wobble };
                let wanted = layer.run_time * (1.0 + *wobble) + *carry;
                let milliseconds = f64::from(((wanted / TICK).round_ties_even().max(1.0) * TICK) as f32);
                *carry = wanted - milliseconds;
                now += microseconds(milliseconds) + 1;
                runs.push((milliseconds, now));
                now += 1;
            }
            trace.cycle_ends.push(now - 1);
            now += 400 + (random.next_u64() % 200) as i64;
        }
        trace.end = now;
        trace
    }

    /// Start and end of each run and the place of its layer, in order; no two overlap.
    fn windows(&self) -> impl Iterator<Item = (i64, i64, usize)> {
        let run = move |cycle: usize, place: usize| {
            let (milliseconds, end) = *self.runs.get(place)?.get(cycle)?;
            Some((end - microseconds(milliseconds), end, place))
        };
        (0..self.cycle_ends.len())
            .flat_map(move |cycle| (0..self.runs.len()).filter_map(move |place| run(cycle, place)))
    }
}

/// A run time in whole microseconds.
#[expect(clippy::cast_possible_truncation, reason = "run times of some ms")]
fn microseconds(milliseconds: f64) -> i64 {
    (milliseconds * 1000.0).round_ties_even() as i64
}

/// Writes the power log, and gives its number of lines.
fn log(to: &mut dyn Write, trace: &Trace, layers: &[Layer], start: i64, random: &mut SplitMix64) -> io::Result<usize> {
    let mut now = start - 2000;
    let times = std::iter::from_fn(|| {
        let time = now;
        now += 97 + (random.next_u64() % 4) as i64;
        (time < trace.end + 2000).then_some(time)
    });
    let mut times = times.fuse().peekable();
    let mut carries = vec![0.0; layers.len()];
    let (mut clock, mut text, mut lines) = (Clock::default(), Vec::new(), 0);
    let mut line = |time: i64, (millivolt, milliampere): (f64, f64)| {
        lines += 1;
        text.clear();
        clock.write(time, &mut text);
        writeln!(text, ",{millivolt:?},{milliampere:?}")?;
        to.write_all(&text)
    };
    let mut within = Vec::new();
    for (start, end, place) in trace.windows() {
        while let Some(time) = times.next_if(|time| *time < start) {
            line(time, BETWEEN)?;
        }
        within.clear();
        within.extend(std::iter::from_fn(|| times.next_if(|time| *time <= end)));
        if let (Some(layer), Some(carry), false) = (layers.get(place), carries.get_mut(place), within.is_empty()) {
            let count = within.len() as f64;
            let wanted = layer.power * 1e6 + IDLE + *carry;
            let (mut sum, mut left) = (0.0, count);
            for time in &within {
                let reading = reading((wanted * count - sum) / left);
                (sum, left) = (sum + reading.0 * reading.1, left - 1.0);
                line(*time, reading)?;
            }
            *carry = wanted - sum / count;
        }
    }
    for time in times {
        line(time, BETWEEN)?;
    }
    Ok(lines)
}

/// The reading of the sensor (mV, mA) whose product is nearest to a power in µW.
fn reading(power: f64) -> (f64, f64) {
    let candidates = (0..12).map(|step| {
        let millivolt = 4960.0 + 8.0 * f64::from(step);
        (millivolt, 8.0 * (power / millivolt / 8.0).round_ties_even())
    });
    let off = |(millivolt, milliampere): (f64, f64)| (millivolt * milliampere - power).abs();
    candidates.min_by(|a, b| off(*a).total_cmp(&off(*b))).unwrap_or(BETWEEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many lines the log of each model has; a trial in another language gave 168 963 together.
    #[test]
    fn the_default_campaign_is_that_of_the_description() {
        let mut total = 0;
        for (number, model) in MODELS.into_iter().enumerate() {
            let layers = inventory::of_model(model).unwrap();
            let start = START + APART * number as i64;
            let mut random = SplitMix64::new(SEED + number as u64);
            let trace = Trace::of(&layers, CYCLES, start, &mut random);
            assert!(trace.windows().zip(trace.windows().skip(1)).all(|(a, b)| a.1 < b.0), "no two runs overlap");
            total += log(&mut io::sink(), &trace, &layers, start, &mut random).unwrap();
        }
        assert_eq!(total, 168_963);
    }

    #[test]
    fn readings_are_those_of_the_sensor() {
        for power in [5.42e6, 4.2e6, 1.2e7] {
            let (millivolt, milliampere) = reading(power);
            assert_eq!((millivolt % 8.0, milliampere % 8.0), (0.0, 0.0));
            assert!((4960.0..=5048.0).contains(&millivolt));
            assert!((millivolt * milliampere - power).abs() < 8.0 * 5048.0 / 2.0);
        }
    }
}
