//! What the analyses must find.

use super::networks::{Network, PARAMETERS, TOP5};
use super::run::{DENSENET, LOST, Log, NOISE, SAMPLE_NOISE, SPACING, Window, Work};
use crate::regression::KnownLine;
use crate::truth::{Truth, Within};

/// Standard deviations by which a single value may be off.
const TIMES: f64 = 4.0;
/// Of numbers that are computed from the same digits, in an order of their own.
const SAME: Within = Within::Relative(1e-9);
/// J in a kWh.
const KWH: f64 = 3.6e6;

/// All networks, VGG, or all but DenseNet.
#[derive(Clone, Copy, PartialEq)]
enum Select {
    All,
    Vgg,
    WithoutDensenet,
}

impl Select {
    fn takes(self, network: &Network) -> bool {
        match self {
            Select::All => true,
            Select::Vgg => network.is_vgg(),
            Select::WithoutDensenet => !network.is_densenet(),
        }
    }
}

use Select::{All, Vgg, WithoutDensenet};

/// Of operation counts, accuracies and carbon intensities.
pub(super) fn of_tables(networks: &[Network]) -> Vec<Truth> {
    let accurate: Vec<&Network> = networks.iter().filter(|network| network.errors.is_some()).collect();
    let mut truths = Vec::new();
    for prefix in ["inf", "trn"] {
        for (id, count) in [("s01", networks.len()), ("s02", accurate.len()), ("s03", accurate.len())] {
            truths.push(count_of(&format!("{prefix}.{id}"), count));
        }
        let macs = networks.iter().map(|network| network.macs);
        truths.push(Truth::cell(format!("{prefix}.t01"), 0, "macs", networks.len() as f64, Within::Exactly));
        truths.push(Truth::cell(format!("{prefix}.t01"), 7, "macs", macs.fold(0.0, f64::max), Within::Exactly));
        for table in ["t02", "t03"] {
            truths.push(Truth::rows(format!("{prefix}.{table}"), 5));
        }
    }
    truths.push(Truth::rows("trn.t12", accurate.len()));
    truths.push(Truth::value("carbon.intensity", "public", 623.0, SAME));

    // The line of error on operations, and its mirror image.
    let (base, slope, noise) = TOP5;
    for (id, select, per, sign) in [
        ("inf.r01", All, 1.0, 1.0),
        ("inf.r02", Vgg, 1.0, 1.0),
        ("trn.r01", All, 1.0, -1.0),
        ("trn.r02", Vgg, 1.0, -1.0),
        ("old.r05", All, 2.0, 1.0),
        ("old.r06", Vgg, 2.0, 1.0),
    ] {
        let x: Vec<f64> = accurate.iter().filter(|one| select.takes(one)).map(|one| one.gflops() / per).collect();
        let intercept = if sign > 0.0 { base } else { 100.0 - base };
        // Errors are rounded to two decimals.
        let line = KnownLine { slope: sign * slope * per, intercept, x: &x, noise: &vec![noise + 0.01; x.len()] };
        truths.extend(line.truths(id));
    }
    for (id, select) in [
        ("inf.f01", All),
        ("inf.f02", All),
        ("inf.f03", All),
        ("inf.f04", All),
        ("inf.f05", Vgg),
        ("trn.f01", All),
        ("trn.f02", Vgg),
        ("trn.f02.corrected", Vgg),
    ] {
        truths.push(points(id, accurate.iter().filter(|one| select.takes(one)).count()));
    }

    let known = |name: &str| accurate.iter().find(|network| network.name == name);
    if let Some(network) = known("googlenet") {
        truths.push(Truth::value("trn.s07", "googlenet_gflops", network.gflops(), SAME));
    }
    let top5 = |name: &str| Some(known(name)?.errors?.1);
    if let (Some(small), Some(large)) = (top5("vgg11"), top5("vgg19")) {
        truths.push(Truth::value("trn.s11", "value", (small - large) / small, SAME));
    }
    truths
}

/// Of windows, log and energies.
pub(super) fn of_run(work: Work, windows: &[Window], log: &Log) -> Vec<Truth> {
    let mut truths = of_log(work, windows, log);
    let joined: Vec<Expected> = windows
        .iter()
        .filter(|window| window.network.errors.is_some())
        .map(|window| Expected::of(work, *window))
        .collect();
    match work {
        Work::Inference => truths.extend(of_inference(windows, &joined)),
        Work::Training => truths.extend(of_training(&joined)),
        Work::First => {
            truths.extend(lines(&joined, &[("old.r01", All, 1.0), ("old.r02", Vgg, 1.0)], 1.0));
            truths.extend(lines(&joined, &[("old.r03", All, 2.0), ("old.r04", Vgg, 2.0)], 1.0));
            for (row, window) in windows.iter().enumerate() {
                let (energy, within) = energy(window);
                truths.push(Truth::cell("old.t01", row, "empirical", energy, Within::Absolute(within)));
            }
            truths.push(Truth::rows("old.t02", windows.len()));
        }
    }
    let prefix = match work {
        Work::Inference => "inf",
        Work::Training => "trn",
        Work::First => return truths,
    };
    let without = joined.iter().filter(|one| !one.window.network.is_densenet()).count();
    for (id, count) in [("s04", windows.len()), ("s05", joined.len()), ("s06", without)] {
        truths.push(count_of(&format!("{prefix}.{id}"), count));
    }
    for (row, window) in windows.iter().take(5).enumerate() {
        for table in ["t06", "t07"] {
            let duration = Truth::cell(format!("{prefix}.{table}"), row, "total_time", window.duration(), SAME);
            truths.push(duration);
        }
    }
    truths
}

/// What the log and the windows hold: counts exactly, energies within what sampling adds.
fn of_log(work: Work, windows: &[Window], log: &Log) -> Vec<Truth> {
    let (samples, monitor) = (format!("samples.{}", work.name()), format!("log.{}", work.name()));
    let mut truths = vec![Truth::rows(&samples, windows.len())];
    for (name, count) in [("rows", log.rows), ("unparsable", log.unparsable), ("backward_steps", log.backward_steps)] {
        truths.push(Truth::value(&monitor, name, count as f64, Within::Exactly));
    }
    for (row, window) in windows.iter().enumerate() {
        // Both ends are cut to whole seconds, and inclusive.
        let whole = |time: i64| time.div_euclid(1_000_000_000) * 1_000_000_000;
        let inside = whole(window.start)..=whole(window.end);
        let count = log.times.iter().filter(|time| inside.contains(time)).count() as f64;
        let (energy, within) = energy(window);
        let mean = TIMES * SAMPLE_NOISE / count.sqrt() + window.power / count;
        let gap = if window.gap { (SPACING * (LOST as i64 + 1)) as f64 } else { SPACING as f64 };
        let cell = |column: &str, value: f64, within: Within| Truth::cell(&samples, row, column, value, within);
        truths.push(cell("duration", window.duration(), SAME));
        truths.push(cell("samples", count, Within::Exactly));
        truths.push(cell("mean power", window.power, Within::Absolute(mean)));
        truths.push(cell("energy", energy, Within::Absolute(within)));
        truths.push(cell("gaps", f64::from(u8::from(window.gap)), Within::Exactly));
        // Two times that jitter, or the time to an end of the window.
        truths.push(cell("longest gap", gap, Within::Absolute(0.6)));
    }
    truths
}

/// The energy of a window in J, lost samples left out, and by how much a sum of samples may be off: one
/// sample and one second at the ends, and the noise.
fn energy(window: &Window) -> (f64, f64) {
    let lost = if window.gap { (SPACING * LOST as i64) as f64 } else { 0.0 };
    let seconds = window.duration() - lost;
    let samples = seconds / SPACING as f64;
    let ends = (SPACING + 1) as f64 * window.power;
    (window.power * seconds, ends + TIMES * SPACING as f64 * SAMPLE_NOISE * samples.sqrt())
}

/// What a window should have been, and by how much it differs.
struct Expected {
    window: Window,
    /// s
    duration_noise: f64,
    /// J
    energy: f64,
    energy_noise: f64,
}

impl Expected {
    fn of(work: Work, window: Window) -> Self {
        let (base, per_gflop) = work.duration();
        let effort = if window.network.is_densenet() { DENSENET } else { 1.0 };
        let duration = effort * (base + per_gflop * window.network.gflops());
        let energy = work.power() * duration;
        // Power and duration of the window, the samples at its ends, lost ones, and the samples' own noise.
        let ends = 2.0 * work.power() + if window.gap { 6.0 * work.power() } else { 0.0 };
        let samples = 3.0 * SAMPLE_NOISE * (duration / 3.0).sqrt();
        let energy_noise = (2.0 * (NOISE * energy).powi(2) + ends.powi(2) + samples.powi(2)).sqrt();
        Self { window, duration_noise: NOISE * duration, energy, energy_noise }
    }
}

/// Regressions of energies, in units of `unit` joules, on 10^9 operations, of which each counts `per`.
fn lines(joined: &[Expected], regressions: &[(&str, Select, f64)], unit: f64) -> Vec<Truth> {
    let mut truths = Vec::new();
    for &(id, select, per) in regressions {
        let taken: Vec<&Expected> = joined.iter().filter(|one| select.takes(&one.window.network)).collect();
        let x: Vec<f64> = taken.iter().map(|one| one.window.network.gflops() / per).collect();
        let y: Vec<f64> = taken.iter().map(|one| one.energy / unit).collect();
        let noise: Vec<f64> = taken.iter().map(|one| one.energy_noise / unit).collect();
        truths.extend(KnownLine::through(&x, &y, &noise).truths(id));
    }
    truths
}

fn of_inference(windows: &[Window], joined: &[Expected]) -> Vec<Truth> {
    let on_operations = [
        ("inf.r03", All, 1.0),
        ("inf.r04", WithoutDensenet, 1.0),
        ("inf.r05", Vgg, 1.0),
        ("inf.r03.corrected", All, 1.0),
        ("inf.r04.corrected", WithoutDensenet, 1.0),
        ("inf.r05.corrected", Vgg, 1.0),
    ];
    let mut truths = lines(joined, &on_operations, KWH);
    // The CO2 of a row is that of the window in the same place; the corrected one that of its own.
    for (id, kilograms) in [("inf.t09", 0.253), ("inf.t10", 0.623), ("inf.t11", 0.623)] {
        truths.push(Truth::rows(id, joined.len()));
        for (row, one) in joined.iter().enumerate() {
            let mut push = |record: String, column: &str, window: &Window, factor: f64| {
                let (energy, within) = energy(window);
                let (value, within) = (factor * energy / KWH, factor * within / KWH);
                truths.push(Truth::cell(record, row, column, value, Within::Absolute(within)));
            };
            push(id.to_owned(), "empirical", &one.window, 1.0);
            push(format!("{id}.corrected"), "kg CO2e", &one.window, kilograms);
            if let Some(window) = windows.get(row) {
                push(id.to_owned(), "kg CO2e", window, kilograms);
            }
        }
    }
    truths.push(Truth::rows("energy-per-inference", joined.len()));
    for (row, one) in joined.iter().enumerate() {
        let record = "energy-per-inference";
        let (energy, within) = energy(&one.window);
        truths.push(Truth::cell(record, row, "energy", energy / 1e4, Within::Absolute(within / 1e4)));
        truths.push(Truth::cell(record, row, "macs", one.window.network.macs, Within::Exactly));
    }
    for (id, select) in
        [("inf.f06", All), ("inf.f07", All), ("inf.f07.corrected", All), ("inf.f08", WithoutDensenet), ("inf.f09", Vgg)]
    {
        truths.push(points(id, joined.iter().filter(|one| select.takes(&one.window.network)).count()));
    }
    // Head of the windows with their energies, and of those without accuracy: the first windows have one.
    for (row, window) in windows.iter().take(5).enumerate() {
        let (energy, within) = energy(window);
        for record in ["inf.t08", "old.t03"] {
            truths.push(Truth::cell(record, row, "empirical", energy, Within::Absolute(within)));
        }
    }
    truths
}

fn of_training(joined: &[Expected]) -> Vec<Truth> {
    let mut truths =
        lines(joined, &[("trn.r03", All, 1.0), ("trn.r04", WithoutDensenet, 1.0), ("trn.r08", Vgg, 1.0)], KWH);
    truths.extend(lines(joined, &[("old.r07", All, 2.0), ("old.r09", WithoutDensenet, 2.0)], KWH));
    truths.extend(lines(joined, &[("old.r08", Vgg, 2.0)], 1.0));

    let taken: Vec<&Expected> = joined.iter().filter(|one| WithoutDensenet.takes(&one.window.network)).collect();
    let of = |value: fn(&Expected) -> f64| -> Vec<f64> { taken.iter().map(|one| value(one)).collect() };
    let gflops = of(|one| one.window.network.gflops());
    let (base, per_gflop) = Work::Training.duration();
    let noise = of(|one| one.duration_noise);
    let line = KnownLine { slope: per_gflop, intercept: base, x: &gflops, noise: &noise };
    truths.extend(line.truths("trn.r05"));
    let (base, per_gflop, noise) = PARAMETERS;
    let line = KnownLine { slope: per_gflop, intercept: base, x: &gflops, noise: &vec![noise; gflops.len()] };
    truths.extend(line.truths("trn.r06"));
    let (energy, noise) = (of(|one| one.energy / KWH), of(|one| one.energy_noise / KWH));
    let parameters = of(|one| one.window.network.parameters / 1e6);
    truths.extend(KnownLine::through(&parameters, &energy, &noise).truths("trn.r07"));

    // What the line without DenseNet predicts.
    let line = KnownLine::through(&gflops, &energy, &noise);
    let (value, within) = line.at(2.87 * 2.0);
    truths.push(Truth::value("trn.s12", "energy", value, Within::Absolute(within)));
    for one in joined.iter().filter(|one| ["vgg13", "vgg19"].contains(&one.window.network.name)) {
        let (value, within) = line.at(one.window.network.gflops());
        truths.push(Truth::value("trn.s08", one.window.network.name, value, Within::Absolute(within)));
    }
    let measured =
        |name: &str| joined.iter().find(|one| one.window.network.name == name).map(|one| self::energy(&one.window));
    if let (Some((small, small_within)), Some((large, large_within))) = (measured("vgg11"), measured("vgg19")) {
        let within = large / small * (small_within / small + large_within / large) + 1e-3;
        truths.push(Truth::value("trn.s10", "value", (large - small) / small, Within::Absolute(within)));
    }
    for id in ["trn.t08", "trn.t09", "trn.t10", "trn.t11"] {
        truths.push(Truth::rows(id, joined.len()));
    }
    for (row, one) in joined.iter().enumerate() {
        let (energy, within) = self::energy(&one.window);
        truths.push(Truth::cell("trn.t08", row, "empirical", energy / KWH, Within::Absolute(within / KWH)));
    }
    for (id, select) in [
        ("trn.f03", All),
        ("trn.f04", WithoutDensenet),
        ("trn.f05", WithoutDensenet),
        ("trn.f06", WithoutDensenet),
        ("trn.f07", WithoutDensenet),
        ("trn.f08", WithoutDensenet),
        ("trn.f09", Vgg),
    ] {
        truths.push(points(id, joined.iter().filter(|one| select.takes(&one.window.network)).count()));
    }
    for (row, one) in joined.iter().take(5).enumerate() {
        let (energy, within) = self::energy(&one.window);
        truths.push(Truth::cell("old.t04", row, "power", energy, Within::Absolute(within)));
    }
    truths
}

fn count_of(record: &str, count: usize) -> Truth {
    Truth::value(record, "count", count as f64, Within::Exactly)
}

fn points(figure: &str, count: usize) -> Truth {
    Truth::points(figure, "original data", count)
}
