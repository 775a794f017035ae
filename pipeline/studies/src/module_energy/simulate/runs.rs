//! Runs of a measuring job, and the tracker's file that they leave.

use std::fmt::Write as _;
use std::io;

use rawlog::joblog::REPETITIONS;
use rawlog::time::{NANOSECONDS_PER_SECOND, iso8601};
use rawlog::tracker::{COLUMNS, PLACE_COLUMNS};
use stats::SplitMix64;

/// What is measured, and the energy that it is made to take.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    /// Class of the module or network.
    pub(super) module: &'static str,
    pub(super) batch_size: u64,
    /// Settings of a layer that is measured by itself.
    pub(super) settings: Vec<(&'static str, u64)>,
    /// Pairs of the free text.
    pub(super) labels: Vec<(&'static str, String)>,
    /// Operations of one forward pass.
    pub(super) macs: u64,
    /// Energy of the processors for one forward pass.
    pub(super) joules: f64,
}

impl Configuration {
    /// As the job logs write it.
    pub(super) fn text(&self) -> String {
        let mut text = format!("batch_size:{},", self.batch_size);
        for (name, value) in &self.settings {
            let _ = write!(text, "{name}:{value},");
        }
        let labels: Vec<String> = self.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        text + "freeText:" + &labels.join(";")
    }
}

/// One run of a configuration.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Place of the configuration among all of the job.
    pub(super) configuration: usize,
    /// From 1.
    pub(super) repetition: u64,
    /// When it ended, in seconds of the local clock.
    pub(super) end: i64,
    pub(super) forward_passes: u64,
    /// How often the energy counter was found to have wrapped around; 0 for a sound run.
    pub(super) errors: u64,
    id: u128,
    duration: f64,
    powers: [f64; 3],
    /// In kWh: processors, graphics card, memory.
    energies: [f64; 3],
}

impl Run {
    /// When it began, in whole seconds.
    pub(super) fn start(&self) -> i64 {
        self.end - self.duration as i64
    }
}

/// Standard deviation of the energy of a run, as a share of it.
pub(super) const NOISE: f64 = 0.003;

/// Of how many configurations one has a spoilt run; the others of it are sound.
const SPOILT: u64 = 36;

/// Powers in W: processors under load, idle graphics card, memory by its size.
const POWERS: [f64; 3] = [75.5, 30.4, 288.75];

/// Seconds that a run lasts at least, and between runs.
const LASTS: f64 = 30.0;
const PAUSE: i64 = 5;

const JOULES: f64 = 3.6e6;

/// Measures each configuration as often as the genuine jobs do. Energies are those of the configurations
/// with noise; in a spoilt run the counter misses a part.
pub(super) fn measure(configurations: &[Configuration], start: i64, random: &mut SplitMix64) -> Vec<Run> {
    let mut clock = start;
    let mut runs = Vec::new();
    for (configuration, of) in configurations.iter().enumerate() {
        let spoilt = random.next_u64().is_multiple_of(SPOILT).then(|| 1 + random.next_u64() % REPETITIONS);
        for repetition in 1..=REPETITIONS {
            let seconds = of.joules / POWERS[0];
            let forward_passes = ((LASTS / seconds).ceil() as u64).max(1);
            let duration = seconds * forward_passes as f64 + 0.05 * random.unit();
            let energy = of.joules * forward_passes as f64 * (1.0 + NOISE * random.normal()) / JOULES;
            let errors = if spoilt == Some(repetition) { 1 + random.next_u64() % 12 } else { 0 };
            let seen = if errors > 0 { 0.5 + 0.4 * random.unit() } else { 1.0 };
            // The tracker reports the last sample, of which it sometimes has none.
            let sampled = if random.next_u64().is_multiple_of(120) { 0.0 } else { POWERS[0] + random.normal() };
            clock += PAUSE + duration as i64;
            runs.push(Run {
                configuration,
                repetition,
                end: clock,
                forward_passes,
                errors,
                id: uuid(random),
                duration,
                powers: [sampled, POWERS[1] + 0.2 * random.normal(), POWERS[2]],
                energies: [energy * seen, POWERS[1] * duration / JOULES, POWERS[2] * duration / JOULES],
            });
        }
    }
    runs
}

/// A random version 4 UUID (RFC 9562).
fn uuid(random: &mut SplitMix64) -> u128 {
    let (high, low) = (random.next_u64(), random.next_u64());
    let (high, low) = (high & !0xf000 | 0x4000, low & !(0b11 << 62) | 0b10 << 62);
    u128::from(high) << 64 | u128::from(low)
}

/// A UUID as text.
fn text(id: u128) -> String {
    let digits = format!("{id:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
    parts.join("-")
}

/// What the tracker and the original's parser write into a column. `None`: it is no column of theirs.
fn cell(column: &str, configuration: &Configuration, run: &Run) -> Option<String> {
    let consumed: f64 = run.energies.iter().sum();
    // Kilograms for a kilowatt hour in Hesse, as the genuine files have them.
    let emissions = 0.301 * consumed;
    Some(match column {
        "timestamp" => iso8601(run.end * NANOSECONDS_PER_SECOND),
        "project_name" => {
            let Configuration { module, macs, .. } = configuration;
            let (repetition, passes, text) = (run.repetition, run.forward_passes, configuration.text());
            format!("\"module:{module},rep_no:{repetition},macs:{macs},{text},forward_passes:{passes}\"")
        }
        "run_id" => text(run.id),
        "duration" => run.duration.to_string(),
        "emissions" => decimal(emissions),
        "emissions_rate" => decimal(emissions / run.duration * 1000.0),
        "cpu_power" => run.powers[0].to_string(),
        "gpu_power" => run.powers[1].to_string(),
        "ram_power" => run.powers[2].to_string(),
        "cpu_energy" => decimal(run.energies[0]),
        "gpu_energy" => decimal(run.energies[1]),
        "ram_energy" => decimal(run.energies[2]),
        "energy_consumed" => decimal(consumed),
        "os" => "Linux-5.4.0-94-generic-x86_64-with-glibc2.31".to_owned(),
        "python_version" => "3.10.8".to_owned(),
        "cpu_count" => "2".to_owned(),
        "cpu_model" => "Intel(R) Xeon(R) Gold 5120 CPU @ 2.20GHz".to_owned(),
        "gpu_count" => "1".to_owned(),
        "gpu_model" => "1 x NVIDIA GeForce RTX 2080 Ti".to_owned(),
        "ram_total_size" => "770.0".to_owned(),
        "tracking_mode" => "machine".to_owned(),
        "on_cloud" => "N".to_owned(),
        "country_name" => "Germany".to_owned(),
        "country_iso_code" => "DEU".to_owned(),
        "region" | "cloud_provider" | "cloud_region" => String::new(),
        "longitude" => "9.491".to_owned(),
        "latitude" => "51.2993".to_owned(),
        "module" => configuration.module.to_owned(),
        "rep_no" => run.repetition.to_string(),
        "macs" => configuration.macs.to_string(),
        "batch_size" => configuration.batch_size.to_string(),
        "forward_passes" => run.forward_passes.to_string(),
        _ => configuration.labels.iter().find(|(name, _)| *name == column)?.1.clone(),
    })
}

/// The tracker rounds to 16 decimals.
fn decimal(value: f64) -> String {
    let text = format!("{value:.16}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Writes lines of cells.
fn csv(to: &mut dyn io::Write, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> io::Result<()> {
    let mut line = columns.join(",") + "\n";
    to.write_all(line.as_bytes())?;
    for cells in rows {
        line.clear();
        for (place, cell) in cells.iter().enumerate() {
            line.push_str(if place > 0 { "," } else { "" });
            line.push_str(cell);
        }
        line.push('\n');
        to.write_all(line.as_bytes())?;
    }
    Ok(())
}

/// A writer of a tracker's file.
pub(super) type Csv = fn(&mut dyn io::Write, &[Configuration], &[Run]) -> io::Result<()>;

/// The tracker's file, in the form of the machine without network.
pub(super) fn tracker_csv(to: &mut dyn io::Write, configurations: &[Configuration], runs: &[Run]) -> io::Result<()> {
    file(to, &COLUMNS, configurations, runs)
}

/// The same of the tracker that looked up where it was.
pub(super) fn placed_csv(to: &mut dyn io::Write, configurations: &[Configuration], runs: &[Run]) -> io::Result<()> {
    let mut columns = COLUMNS.to_vec();
    let before = |columns: &[&str], name: &str| columns.iter().position(|column| *column == name).unwrap_or(0);
    let (country, coordinates) = PLACE_COLUMNS.split_at(5);
    let at = before(&columns, "os");
    columns.splice(at..at, country.iter().copied());
    let at = before(&columns, "ram_total_size");
    columns.splice(at..at, coordinates.iter().copied());
    file(to, &columns, configurations, runs)
}

fn file(to: &mut dyn io::Write, columns: &[&str], configurations: &[Configuration], runs: &[Run]) -> io::Result<()> {
    let row = |run: &Run| {
        let of = configurations.get(run.configuration);
        columns.iter().filter_map(|column| cell(column, of?, run)).collect()
    };
    csv(to, columns, runs.iter().map(row))
}

/// The file of the original's parser: the row, then the columns without the packed text, then its parts.
pub(super) fn parsed_csv(
    to: &mut dyn io::Write,
    columns: &[&str],
    configurations: &[Configuration],
    runs: &[Run],
) -> io::Result<()> {
    let row = |(row, run): (usize, &Run)| {
        let of = configurations.get(run.configuration);
        let cells = columns.iter().skip(1).filter_map(|column| cell(column, of?, run));
        std::iter::once(row.to_string()).chain(cells).collect()
    };
    csv(to, columns, runs.iter().enumerate().map(row))
}
