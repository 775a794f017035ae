//! A run at the power monitor: the windows in which the networks were at work, and the log.

use std::fmt::Write;

use dag::Problem;
use rawlog::time::{NANOSECONDS_PER_SECOND, date_time, parse_date_time};
use serde::Serialize;
use stats::SplitMix64;

use super::networks::{self, Network};
use super::truths;
use crate::campaign::Simulation;
use crate::simulate::RawFiles;
use crate::truth::Truth;

/// A run to simulate.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Run {
    pub(super) simulation: Simulation,
    pub(super) work: Work,
    /// UTC.
    pub(super) start: &'static str,
    /// Path of the windows.
    pub(super) windows: &'static str,
    /// Path of the log.
    pub(super) log: &'static str,
    /// Path of the results that the authors' analysis left.
    pub(super) results: Option<&'static str>,
}

/// What the networks did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Work {
    /// 10 000 inferences.
    Inference,
    /// Fine-tuning.
    Training,
    /// The inferences of an earlier run.
    First,
}

/// Networks that were not measured.
const WITHOUT_WINDOW: [&str; 5] =
    ["inception_v3", "mnasnet0_75", "mnasnet1_3", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0"];
/// Families that were trained.
const TRAINED: [&str; 5] = ["resnet", "alexnet", "vgg", "squeezenet", "densenet"];

/// Share of the expected duration and of the expected power by which those of a window differ.
pub(super) const NOISE: f64 = 0.02;
/// How much longer DenseNet takes than its operations make one expect.
pub(super) const DENSENET: f64 = 1.5;
/// Standard deviation of the samples of a machine at work in W.
pub(super) const SAMPLE_NOISE: f64 = 6.0;
/// Power and standard deviation of the samples of an idle machine in W.
const IDLE: (f64, f64) = (82.0, 0.8);
/// Distance of samples in s, and the standard deviation of their times.
pub(super) const SPACING: i64 = 3;
const JITTER: f64 = 0.05;
/// A row whose time cannot be read follows each so many samples.
const UNPARSABLE_EVERY: usize = 400;
const UNPARSABLE: [&str; 3] = ["unknown", "", "2020-08-07 25:61:00+00:00"];
/// Of so many pairs of rows the later one comes first.
const SWAPPED: u64 = 12;
/// Samples that the monitor lost in a row, in some windows.
pub(super) const LOST: usize = 2;
const HOUR: i64 = 3600 * NANOSECONDS_PER_SECOND;

impl Work {
    /// Its name in records and stages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Work::Inference => "inference",
            Work::Training => "training",
            Work::First => "first",
        }
    }

    /// Seconds of a window: so many, and more for each GFLOP.
    pub(super) fn duration(self) -> (f64, f64) {
        match self {
            Work::Inference => (250.0, 12.0),
            Work::Training => (60.0, 3.0),
            Work::First => (30.0, 0.8),
        }
    }

    /// Mean power in W.
    pub(super) fn power(self) -> f64 {
        match self {
            Work::Inference => 190.0,
            Work::Training => 210.0,
            Work::First => 180.0,
        }
    }

    /// The networks that were at work.
    fn networks(self, all: &[Network]) -> Vec<Network> {
        let trained = |network: &Network| TRAINED.iter().any(|family| network.name.starts_with(family));
        let was = |network: &&Network| match self {
            Work::Training => trained(network),
            Work::Inference | Work::First => !WITHOUT_WINDOW.contains(&network.name),
        };
        all.iter().filter(was).copied().collect()
    }

    /// In which windows samples were lost.
    fn loses(self, window: usize) -> bool {
        self == Work::Inference && window % 10 == 4
    }
}

/// A window, with times in nanoseconds UTC.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) network: Network,
    pub(super) start: i64,
    pub(super) end: i64,
    /// Mean power in W.
    pub(super) power: f64,
    /// Whether samples were lost.
    pub(super) gap: bool,
}

impl Window {
    /// s
    pub(super) fn duration(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of an hour")]
        let microseconds = ((self.end - self.start) / 1000) as f64;
        microseconds / 1e6
    }
}

/// The log: samples in the order of time, and rows as they stand in the file.
pub(super) struct Log {
    /// Times in nanoseconds UTC.
    pub(super) times: Vec<i64>,
    pub(super) rows: usize,
    pub(super) unparsable: usize,
    /// Rows with a time before that of the row above.
    pub(super) backward_steps: usize,
}

/// Writes windows, log and results.
pub(super) fn write(run: &Run, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let all = networks::all(run.simulation);
    let mut random = run.simulation.random(run.work.name());
    let windows = windows(run, &all, &mut random)?;
    let mut text = "model,start_time,end_time\n".to_owned();
    for Window { network, start, end, .. } in &windows {
        // The clock of that computer showed British Summer Time.
        let _ = writeln!(text, "{},{},{}", network.name, date_time(start + HOUR), date_time(end + HOUR));
    }
    files.write(run.windows, text.into_bytes())?;
    let (text, log) = log(run, &windows, &mut random);
    files.write(run.log, text.into_bytes())?;
    if let Some(path) = run.results {
        files.write(path, results(&windows).into_bytes())?;
    }
    Ok(truths::of_run(run.work, &windows, &log))
}

fn windows(run: &Run, all: &[Network], random: &mut SplitMix64) -> Result<Vec<Window>, Problem> {
    let start = parse_date_time(run.start).and_then(|time| time.utc());
    let mut start = start.ok_or_else(|| Problem::new(format!("{:?} is no time with a zone", run.start)))?;
    let (base, per_gflop) = run.work.duration();
    let mut windows = Vec::new();
    for (place, network) in run.work.networks(all).into_iter().enumerate() {
        let effort = if network.is_densenet() { DENSENET } else { 1.0 };
        let expected = effort * (base + per_gflop * network.gflops());
        let seconds = expected * (1.0 + NOISE * random.normal());
        let power = run.work.power() * (1.0 + NOISE * random.normal());
        #[expect(clippy::cast_possible_truncation, reason = "microseconds of an hour")]
        let end = start + 1000 * (1e6 * seconds).round() as i64;
        windows.push(Window { network, start, end, power, gap: run.work.loses(place) });
        start = end + 1000 * (200_000 + random.below(1_000_000));
    }
    Ok(windows)
}

/// The log as text. It begins and ends some time beside the windows, and is not in order.
fn log(run: &Run, windows: &[Window], random: &mut SplitMix64) -> (String, Log) {
    let margin = i64::from(run.simulation.scale) * HOUR;
    let first = windows.first().map_or(0, |window| window.start) - margin - random.below(3_000_000) * 1000;
    let last = windows.last().map_or(0, |window| window.end) + margin;
    let mut samples: Vec<(i64, f64)> = Vec::new();
    let mut lost: Vec<i64> = Vec::new();
    for window in windows.iter().filter(|window| window.gap) {
        let middle = i64::midpoint(window.start, window.end);
        lost.extend((0..).take(LOST).map(|sample| (middle - first) / (SPACING * NANOSECONDS_PER_SECOND) + sample));
    }
    let mut window = windows.iter().peekable();
    let mut tick = 0;
    loop {
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second in microseconds")]
        let jitter = 1000 * (1e6 * JITTER * random.normal()) as i64;
        let time = first + tick * SPACING * NANOSECONDS_PER_SECOND + jitter;
        if time > last {
            break;
        }
        while window.next_if(|window| window.end < time).is_some() {}
        let (power, noise) = match window.peek() {
            Some(window) if window.start <= time => (window.power, SAMPLE_NOISE),
            _ => IDLE,
        };
        let power = power + noise * random.normal();
        if !lost.contains(&tick) {
            samples.push((time, power));
        }
        tick += 1;
    }
    let times = samples.iter().map(|(time, _)| *time).collect();

    // The database gave the rows in an order of its own.
    let third = samples.len() / 3;
    samples.rotate_left(third);
    for _ in 0..SWAPPED {
        let place = usize::try_from(random.below(samples.len() as u64 - 1)).unwrap_or(0);
        samples.swap(place, place + 1);
    }
    let backward_steps = samples.windows(2).filter(|pair| pair[1].0 < pair[0].0).count();
    let entity = "sensor.aeon_labs_zw096_smart_switch_6_power_2";
    let mut text = "last_changed,entity_id,node_id,power_consumption,unit\n".to_owned();
    let mut unparsable = 0;
    for (row, (time, power)) in samples.iter().enumerate() {
        let _ = writeln!(text, "{}+00:00,{entity},5.0,{power:.3},W", date_time(*time));
        if row % UNPARSABLE_EVERY == UNPARSABLE_EVERY - 1 {
            let time = UNPARSABLE[unparsable % UNPARSABLE.len()];
            let _ = writeln!(text, "{time},{entity},5.0,512.0,W");
            unparsable += 1;
        }
    }
    (text, Log { times, rows: samples.len() + unparsable, unparsable, backward_steps })
}

/// The result file of the authors' analysis. The CO2 of row i is that of window i, though windows without
/// accuracy are left out.
fn results(windows: &[Window]) -> String {
    let kwh = |window: &Window| window.power * window.duration() / 3.6e6;
    let with_accuracy = windows.iter().filter_map(|window| Some((window, window.network.errors?)));
    let mut text = "model,GFLOPS,empirical,kg CO2e,top1,top5\n".to_owned();
    for ((window, (top1, top5)), by_place) in with_accuracy.zip(windows) {
        let network = window.network;
        let kilograms = 0.623 * kwh(by_place);
        let _ = writeln!(text, "{},{},{},{kilograms},{top1},{top5}", network.name, network.gflops(), kwh(window));
    }
    text
}
