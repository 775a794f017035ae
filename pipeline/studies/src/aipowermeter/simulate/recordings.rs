//! Stand-ins for the real recordings, for builds without them: small, in the same three forms, with powers
//! that rise evenly over time. The trapezoidal rule is exact for those, whatever the intervals.

use std::collections::BTreeMap;

use dag::Problem;
use rawlog::time::parse_date_time;
use stats::SplitMix64;

use super::forms::{self, Cards, Processor, Shown};
use super::runs::{nanoseconds, stamp};
use crate::aipowermeter::clean::IDENTITIES;
use crate::aipowermeter::held::RECORDINGS;
use crate::campaign::Simulation;
use crate::simulate::RawFiles;
use crate::truth::{Truth, Within};

/// Rounding of dates to microseconds, and of seconds since 1970 to 0.2 µs.
const ROUNDING: Within = Within::Relative(1e-5);

/// Seconds between two stretches at least.
const PAUSE: f64 = 30.0;

/// Records that follow each other evenly, of one part of the machine or both.
#[derive(Clone, Copy)]
struct Stretch {
    start: &'static str,
    /// Seconds between two records.
    interval: f64,
    records: usize,
    processor: Option<Processor>,
    cards: Option<Cards>,
    /// Whether a line closes the segment.
    closed: bool,
}

/// A power that rises evenly: W at the start, W/s.
#[derive(Clone, Copy)]
struct Ramp {
    start: f64,
    rise: f64,
}

const PACKAGE: Ramp = Ramp { start: 9.0, rise: 0.125 };
const CARDS: Ramp = Ramp { start: 110.0, rise: 2.5 };

impl Ramp {
    fn at(self, seconds: f64) -> f64 {
        self.start + self.rise * seconds
    }

    /// The energy between two times, in J.
    fn energy(self, from: f64, to: f64) -> f64 {
        self.start * (to - from) + self.rise * (to * to - from * from) / 2.0
    }
}

/// The stretches of each recording, in the order of [`RECORDINGS`].
fn stretches(name: &str) -> Vec<Stretch> {
    let stretch = Stretch {
        start: "2023-06-30 16:32:48.631352",
        interval: 0.2,
        records: 20,
        processor: None,
        cards: None,
        closed: false,
    };
    let august = Stretch { start: "2021-08-24 14:51:06.271031", interval: 2.14, ..stretch };
    let june = Stretch { processor: Some(forms::SERVER_2023), closed: true, ..stretch };
    match name {
        "mcmc-card" => vec![Stretch { cards: Some(Cards::Rows), ..august }],
        "mcmc-both" => vec![
            Stretch { interval: 4.03, processor: Some(forms::SERVER_2021), ..august },
            Stretch { start: "2021-09-22 10:29:30.973509", cards: Some(Cards::Rows), ..august },
        ],
        "laptop" => vec![Stretch {
            start: "2021-12-08 13:55:49.307695",
            interval: 2.01,
            processor: Some(forms::LAPTOP),
            ..stretch
        }],
        "cusparse" => vec![Stretch {
            start: "2022-05-04 16:37:37.222861",
            interval: 2.1,
            processor: Some(forms::SERVER_2022),
            cards: Some(Cards::Shares { cards: 1, idle: 6 }),
            ..stretch
        }],
        "test" => vec![june, Stretch { start: "2023-06-30 16:33:28", records: 15, ..june }],
        "train" => vec![june, Stretch { start: "2023-06-30 16:34:00.25", records: 30, ..june }],
        "two-cards" => vec![Stretch {
            start: "2023-07-27 17:21:57.146517",
            interval: 0.6,
            processor: Some(forms::WITHOUT_CORES),
            cards: Some(Cards::Shares { cards: 2, idle: 2 }),
            ..stretch
        }],
        _ => Vec::new(),
    }
}

/// What is known of the powers of a recording.
#[derive(Default)]
struct Known {
    records: usize,
    across: Option<(f64, f64)>,
    within: f64,
}

impl Known {
    /// Adds the records between two times, in seconds since the start of the recording.
    fn add(&mut self, ramp: Ramp, records: usize, from: f64, to: f64) {
        self.records += records;
        self.within += ramp.energy(from, to);
        self.across = Some((self.across.map_or(from, |(first, _)| first), to));
    }
}

/// Writes all stand-ins.
pub(super) fn write(simulation: &Simulation, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let mut truths = Vec::new();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut energy_row = 0;
    for (row, recording) in RECORDINGS.iter().enumerate() {
        let mut random = SplitMix64::new(simulation.seed.wrapping_mul(0xd134_2543_de82_ef95) + row as u64);
        let stretches = stretches(recording.name);
        let begin = stretches.first().map_or(0, |first| nanoseconds_of(first.start));
        let mut text = String::new();
        let mut known = [Known::default(), Known::default()];
        let (mut records, mut closed, mut loaded) = (0, 0, Vec::new());
        let mut free = i64::MIN;
        for stretch in &stretches {
            let count = stretch.records * simulation.scale as usize;
            // A larger campaign would go on when the next stretch begins.
            let start = nanoseconds_of(stretch.start).max(free);
            let mut time = start;
            let (mut first, mut last) = (None, 0.0);
            for place in 0..count {
                let seconds = since(begin, time);
                first = first.or(Some(seconds));
                last = seconds;
                let shown = Shown { package: PACKAGE.at(seconds), cards: CARDS.at(since(start, time)), place, count };
                let record = forms::record(&stamp(time), stretch.processor, stretch.cards, shown, &mut random);
                for (identity, checked, held) in record.identities {
                    let known = counts.entry(identity).or_default();
                    *known = (known.0 + checked, known.1 + held);
                }
                if record.loaded {
                    loaded.push(shown.cards);
                }
                text += &record.line;
                text.push('\n');
                // To the microsecond; a tenth of the interval more or less.
                time += nanoseconds(stretch.interval * (1.0 + 0.1 * (2.0 * random.unit() - 1.0)));
            }
            free = time + nanoseconds(PAUSE);
            if stretch.closed {
                text += "\"END OF RECORDING SEGMENT\"\n";
                closed += 1;
            }
            records += count;
            let from = first.unwrap_or(0.0);
            if stretch.processor.is_some() {
                known[0].add(PACKAGE, count, from, last);
            }
            if stretch.cards.is_some() {
                known[1].add(CARDS, count, 0.0, last - from);
            }
        }
        files.write(recording.path, text.into_bytes())?;

        for (known, ramp) in known.into_iter().zip([PACKAGE, CARDS]).filter(|(known, _)| known.records > 0) {
            let (from, to) = known.across.unwrap_or_default();
            let mut add = |column: &str, value, within| {
                truths.push(Truth::cell("real.energies", energy_row, column, value, within));
            };
            add("records", known.records as f64, Within::Exactly);
            add("across", ramp.energy(from, to), ROUNDING);
            add("within", known.within, ROUNDING);
            energy_row += 1;
        }
        let segments = 1.max(closed);
        for (column, value) in [("records", records), ("segments", segments), ("closed", closed)] {
            truths.push(Truth::cell("real.recordings", row, column, value as f64, Within::Exactly));
        }
        // Two stretches in one segment have the time between them as a gap.
        let gaps = stretches.len() - segments;
        truths.push(Truth::cell("real.recordings", row, "gaps", gaps as f64, Within::Exactly));
        if recording.name == crate::aipowermeter::held::LOADED {
            let mean = stats::mean(&loaded).map_err(|error| Problem::new(error.to_string()))?;
            truths.push(Truth::value("real.load", "records", loaded.len() as f64, Within::Exactly));
            truths.push(Truth::value("real.load", "mean", mean, Within::Absolute(0.005)));
        }
    }
    for (identity, _) in IDENTITIES {
        let (checked, held) = counts.get(identity).copied().unwrap_or_default();
        for (name, count) in [("checked", checked), ("held", held)] {
            let name = format!("{identity}.{name}");
            truths.push(Truth::value("derived.real.shares", &name, count as f64, Within::Exactly));
        }
    }
    truths.push(Truth::rows("real.energies", energy_row));
    Ok(truths)
}

fn nanoseconds_of(date: &str) -> i64 {
    parse_date_time(date).map_or(0, |time| time.local)
}

/// Seconds between two times in nanoseconds.
fn since(begin: i64, time: i64) -> f64 {
    (time - begin) as f64 / 1e9
}
