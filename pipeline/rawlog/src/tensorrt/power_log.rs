//! The log of a Jetson's power sensor: `20241121-00:00:01.50,5000.0,1100.0` on each line, the time
//! by the local clock, mV and mA. Their product is in µW.

use std::io::BufRead;

use crate::clock;
use crate::text::{Field, LineEnds, Lines, TextError};
use crate::time::iso8601;

/// One reading of the sensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Line of the file, from 1.
    pub line: u64,
    /// When, in nanoseconds since 1970-01-01 of the local clock.
    pub time: i64,
    /// Voltage in mV.
    pub millivolt: f64,
    /// Current in mA. Negative readings are kept.
    pub milliampere: f64,
}

impl Sample {
    /// The power in µW.
    #[must_use]
    pub fn microwatt(&self) -> f64 {
        self.millivolt * self.milliampere
    }
}

/// Reads the samples of a log one by one, in its order; after an error come those that follow.
pub struct Reader<R> {
    lines: Lines<R>,
}

impl<R: BufRead> Reader<R> {
    /// A reader of a log, which has no header.
    pub fn new(from: R) -> Self {
        Self { lines: Lines::new(from, LineEnds::LineFeed) }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Sample, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.next_text() {
            Ok(None) => None,
            Ok(Some((line, text))) => Some(sample(line, text)),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Reads a whole log.
///
/// # Errors
/// The first of [`Reader`], and [`TextError::Empty`] for a log without samples.
pub fn read(mut from: impl BufRead) -> Result<Vec<Sample>, TextError> {
    // Compiled here, with this crate's optimisation, and not where it is called.
    read_lines(&mut from)
}

fn read_lines(from: &mut dyn BufRead) -> Result<Vec<Sample>, TextError> {
    let samples = Reader::new(from).collect::<Result<Vec<_>, _>>()?;
    if samples.is_empty() {
        return Err(TextError::Empty { expected: "samples of power: time,mV,mA" });
    }
    Ok(samples)
}

/// Looks that the clock never jumps back: the mapping to layers takes samples in the order of the log,
/// and would count those after a jump to a layer that ran before it.
///
/// # Errors
/// [`TextError::Order`], naming the first line that is earlier than the one before.
pub fn check_clock(samples: &[Sample]) -> Result<(), TextError> {
    let jump = samples.windows(2).find_map(|pair| match pair {
        [before, after] if after.time < before.time => Some((before, after)),
        _ => None,
    });
    match jump {
        None => Ok(()),
        Some((before, after)) => Err(TextError::Order {
            line: after.line,
            found: format!("the clock jumps back from {} to {}", iso8601(before.time), iso8601(after.time)),
            expected: "times that do not decrease; cut the log where the clock was set",
        }),
    }
}

/// Whether a first line may be that of such a log.
pub(crate) fn is_sample(line: &str) -> bool {
    line.split_once(',').is_some_and(|(time, _)| clock::compact(time).is_some())
}

fn sample(line: u64, text: &str) -> Result<Sample, TextError> {
    let mut fields = text.split(',');
    let (Some(time), Some(voltage), Some(current), None) = (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(TextError::FieldCount { line, expected: 3, found: text.split(',').count() });
    };
    let time = Field { line, name: "time", text: time };
    let nanoseconds = clock::compact(time.text).ok_or_else(|| time.wrong("a time as 20241121-00:00:01.50"))?;
    let number = |name, text: &str| Field { line, name, text: text.trim_end() }.number();
    Ok(Sample {
        line,
        time: nanoseconds,
        millivolt: number("voltage in mV", voltage)?,
        milliampere: number("current in mA", current)?,
    })
}
