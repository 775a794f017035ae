//! The log of a meter, and its sums over windows of time, in one pass over a file of any size.
//!
//! The log may be in any order and have rows whose time cannot be read; these are dropped and counted.
//! Windows are taken on whole seconds: from the second in which they start to the second in which they
//! end, both ends inclusive, so that a sample a fraction after the last whole second is left out.
//!
//! Blocks of the file are read on several threads and added up in the order of time, so that a sum has the
//! same bits however the file was cut. What is held in memory are a few blocks; a log that is not in the
//! order of its times is sorted block by block and merged from a scratch file.

mod merge;
mod scan;
mod windows;

use std::io;
use std::path::Path;

use self::merge::Sorter;
use self::scan::{Block, Scan};
use self::windows::Running;
use crate::delimited::DelimitedError;
use crate::time::NANOSECONDS_PER_SECOND;

/// The log of a meter as comma-separated text: `time` with a zone, `value` not negative.
#[derive(Debug, Clone, Copy)]
pub struct Log<'a> {
    /// The file.
    pub path: &'a Path,
    /// Its first line.
    pub header: &'a [&'a str],
    /// Name of the column of times.
    pub time: &'a str,
    /// Name of the column that is summed.
    pub value: &'a str,
}

/// What one pass over a log tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    /// Rows of the file.
    pub rows: usize,
    /// Rows that were dropped because their time cannot be read.
    pub unparsable: usize,
    /// Rows of the file that are earlier than the row before them.
    pub backward_steps: usize,
    /// The sum over each window, in the order in which the windows were given.
    pub windows: Vec<Integral>,
}

/// The sum over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Integral {
    /// Number of samples in the window.
    pub samples: usize,
    /// Their sum, in the unit of the samples, added in the order of time.
    pub sum: f64,
    /// Sum times the nominal distance of samples in s: of powers in W the energy in J.
    pub integral: f64,
    /// Stretches without a sample that are longer than 1.5 nominal distances, those at the ends of the
    /// window included.
    pub gaps: usize,
    /// The longest stretch without a sample in s; the whole window, if it has none.
    pub longest_gap: f64,
}

impl Integral {
    /// The mean of the samples, `None` without any.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn mean(&self) -> Option<f64> {
        (self.samples > 0).then(|| self.sum / self.samples as f64)
    }
}

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be read, or the scratch file cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is no such log.
    #[error(transparent)]
    Content(#[from] DelimitedError),
}

/// With what a log is read.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// How many threads may read at once.
    pub threads: usize,
    /// Bytes of the file that are read at once.
    pub block: u64,
    /// The folder of the scratch file that a log in another order takes: 16 bytes for each sample.
    pub scratch: &'a Path,
}

impl<'a> Means<'a> {
    /// All cores, and blocks of 4 MiB.
    #[must_use]
    pub fn new(scratch: &'a Path) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { threads, block: 4 << 20, scratch }
    }
}

impl Log<'_> {
    /// Sums the samples over windows from `start` to `end`, in nanoseconds UTC, both cut to whole seconds and
    /// inclusive; windows may overlap. `spacing` is the nominal distance of samples in s.
    ///
    /// # Errors
    /// [`LogError::Content`] if the header is another one, a row has more or fewer cells, a value is no number or
    /// negative, or a time has no zone: such a log could be hours off without a sign.
    pub fn integrate(&self, windows: &[(i64, i64)], spacing: f64, means: &Means<'_>) -> Result<Sums, LogError> {
        let mut counts = Counts::default();
        let mut running = Running::new(windows, spacing);
        let mut last = i64::MIN;
        let in_order = self.each_block(means, &mut counts, |block| {
            let follows = block.samples.first().is_none_or(|&(time, _)| time >= last);
            if follows {
                last = block.samples.last().map_or(last, |&(time, _)| time);
                block.samples.iter().for_each(|&(time, value)| running.add(time, value));
            }
            Ok(follows)
        })?;
        if !in_order {
            (counts, running) = (Counts::default(), Running::new(windows, spacing));
            let mut sorter = Sorter::new(means.scratch)?;
            self.each_block(means, &mut counts, |block| sorter.add(&block.samples).map(|()| true))?;
            sorter.merge(|time, value| running.add(time, value))?;
        }
        let Counts { rows, unparsable, backward_steps, .. } = counts;
        Ok(Sums { rows, unparsable, backward_steps, windows: running.finish() })
    }

    /// Calls `each` with the blocks of the file in their order until it returns `false`; whether it never did.
    fn each_block(
        &self,
        means: &Means<'_>,
        counts: &mut Counts,
        mut each: impl FnMut(&Block) -> io::Result<bool>,
    ) -> Result<bool, LogError> {
        let mut counted = |block: &Block| {
            counts.add(block);
            each(block)
        };
        let (shape, rows) = scan::header(self)?;
        match scan::plain(self, (shape, rows), means, &mut counted)? {
            Scan::Whole => Ok(true),
            Scan::Stopped => Ok(false),
            Scan::Odd(rows) => scan::careful(self, (shape, rows), &mut counted),
        }
    }
}

/// What is counted over all blocks.
#[derive(Default)]
struct Counts {
    rows: usize,
    unparsable: usize,
    backward_steps: usize,
    /// The time of the last row so far that has one.
    last: Option<i64>,
}

impl Counts {
    fn add(&mut self, block: &Block) {
        self.rows += block.rows;
        self.unparsable += block.rows - block.samples.len();
        self.backward_steps += block.backward_steps;
        if let Some((first, last)) = block.ends {
            self.backward_steps += usize::from(self.last.is_some_and(|before| first < before));
            self.last = Some(last);
        }
    }
}

/// Seconds from one time in nanoseconds to another.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a day stay below 2^53")]
pub fn seconds_between(start: i64, end: i64) -> f64 {
    end.saturating_sub(start) as f64 / NANOSECONDS_PER_SECOND as f64
}

#[cfg(test)]
mod tests;
