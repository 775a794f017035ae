//! The log of a Jetson's power sensor: `20241121-00:00:01.50,5000.0,1100.0` on each line, the time
//! by the local clock, mV and mA. Their product is in µW.

use std::io::BufRead;

use crate::clock;
use crate::text::{Field, LineEnds, Lines, TextError};
use crate::time::iso8601;

const SAMPLES: &str = "samples of power: time,mV,mA";

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
        return Err(TextError::Empty { expected: SAMPLES });
    }
    Ok(samples)
}

/// Reads the samples of a log of any size one by one, as [`read`] does, and looks that the clock never jumps back: the
/// mapping to layers takes samples in the order of the log, and would count those after a jump to a layer that ran
/// before it.
///
/// Besides the errors of [`read`] there is [`TextError::Order`], naming the first line that is earlier than the one
/// before. After an error comes nothing.
pub fn in_order<'a>(from: impl BufRead + 'a) -> Samples<'a> {
    // An object, so that what reads from it is compiled here, with this crate's optimisation.
    let from: Box<dyn BufRead + 'a> = Box::new(from);
    Samples { reader: Reader::new(from), before: None, ended: false }
}

/// The samples of a log in the order of their times; see [`in_order`].
pub struct Samples<'a> {
    reader: Reader<Box<dyn BufRead + 'a>>,
    before: Option<i64>,
    ended: bool,
}

impl Iterator for Samples<'_> {
    type Item = Result<Sample, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = match (self.reader.next(), self.before) {
            (None, None) => Some(Err(TextError::Empty { expected: SAMPLES })),
            (Some(Ok(sample)), Some(before)) if sample.time < before => Some(Err(TextError::Order {
                line: sample.line,
                found: format!("the clock jumps back from {} to {}", iso8601(before), iso8601(sample.time)),
                expected: "times that do not decrease; cut the log where the clock was set",
            })),
            (next, _) => next,
        };
        match &next {
            Some(Ok(sample)) => self.before = Some(sample.time),
            _ => self.ended = true,
        }
        next
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
