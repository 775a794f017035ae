//! Samples of a logging meter, and their sums over windows of time.
//!
//! The log may be in any order and have rows whose time cannot be read; these are dropped and counted.
//! Windows are taken on whole seconds: from the second in which they start to the second in which they
//! end, both ends inclusive, so that a sample a fraction after the last whole second is left out.

use crate::delimited::{Delimited, DelimitedError, wrong_cell};
use crate::time::{NANOSECONDS_PER_SECOND, parse_date_time};

/// A gap is a distance of neighbouring samples beyond this multiple of the nominal one.
const GAP: f64 = 1.5;

/// Samples in the order of their times.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    samples: Vec<(i64, f64)>,
    /// Rows that were dropped because their time cannot be read.
    pub unparsable: usize,
    /// Rows of the file that are earlier than the row before them.
    pub backward_steps: usize,
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

impl Samples {
    /// Takes the samples out of a log: `time` with a zone, `value` not negative.
    ///
    /// # Errors
    /// [`DelimitedError`] if a column is missing, a value is no number or negative, or a time has no
    /// zone: such a log could be hours off without a sign.
    pub fn of_log(log: &Delimited, time: &str, value: &str) -> Result<Self, DelimitedError> {
        let values = log.non_negative(value)?;
        let mut samples = Vec::with_capacity(values.len());
        let (mut unparsable, mut backward_steps) = (0, 0);
        let mut before = i64::MIN;
        for ((line, text), value) in log.column(time)?.zip(values) {
            let Some(found) = parse_date_time(text) else {
                unparsable += 1;
                continue;
            };
            let utc =
                found.utc().ok_or_else(|| wrong_cell(line, time, text, "a time with its zone, such as +00:00,"))?;
            backward_steps += usize::from(utc < before);
            before = utc;
            samples.push((utc, value));
        }
        // Stable: samples of the same time stay in the order of the file.
        samples.sort_by_key(|&(time, _)| time);
        Ok(Self { samples, unparsable, backward_steps })
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The sum over a window from `start` to `end`, in nanoseconds UTC, both cut to whole seconds and
    /// inclusive. `spacing` is the nominal distance of samples in s.
    #[must_use]
    pub fn integrate(&self, start: i64, end: i64, spacing: f64) -> Integral {
        let whole = |time: i64| time.div_euclid(NANOSECONDS_PER_SECOND).saturating_mul(NANOSECONDS_PER_SECOND);
        let (start, end) = (whole(start), whole(end));
        let from = self.samples.partition_point(|&(time, _)| time < start);
        let to = self.samples.partition_point(|&(time, _)| time <= end).max(from);
        let inside = self.samples.get(from..to).unwrap_or_default();
        let sum = inside.iter().fold(0.0, |sum, &(_, value)| sum + value);
        let times = std::iter::once(start).chain(inside.iter().map(|&(time, _)| time)).chain([end.max(start)]);
        let (mut gaps, mut longest_gap, mut before) = (0, 0.0_f64, start);
        for time in times {
            let distance = seconds_between(before, time);
            gaps += usize::from(distance > GAP * spacing);
            longest_gap = longest_gap.max(distance);
            before = time;
        }
        Integral { samples: inside.len(), sum, integral: sum * spacing, gaps, longest_gap }
    }
}

/// Seconds from one time in nanoseconds to another.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a day stay below 2^53")]
pub fn seconds_between(start: i64, end: i64) -> f64 {
    end.saturating_sub(start) as f64 / NANOSECONDS_PER_SECOND as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(rows: &str) -> Result<Samples, DelimitedError> {
        let log = Delimited::read(format!("time,power\n{rows}").as_bytes(), &["time", "power"])?;
        Samples::of_log(&log, "time", "power")
    }

    fn utc(text: &str) -> i64 {
        parse_date_time(text).unwrap().utc().unwrap()
    }

    #[test]
    fn bounds_are_whole_seconds_and_inclusive() {
        let rows = "2020-08-07 10:00:00+00:00,1\n2020-08-07 10:00:03.000000+00:00,10\n\
                    2020-08-07 10:00:06.000001+00:00,100\n2020-08-07 10:00:09+00:00,1000\n";
        let samples = samples(rows).unwrap();
        let sum = |start: &str, end: &str| {
            samples
                .integrate(utc(&format!("2020-08-07 {start}+00:00")), utc(&format!("2020-08-07 {end}+00:00")), 3.0)
                .sum
        };
        assert_eq!(sum("10:00:00.9", "10:00:03.2"), 11.0, "both ends are cut to the second, and inclusive");
        assert_eq!(sum("10:00:01", "10:00:06.9"), 10.0, "a fraction after the last whole second is out");
        assert_eq!(sum("10:00:01", "10:00:09"), 1110.0);
        assert_eq!(sum("10:00:09", "10:00:00"), 0.0, "a window that ends before it starts is empty");
    }

    #[test]
    fn order_zone_and_unparsable_times_of_the_log_do_not_matter_to_the_sum() {
        let rows = "2020-08-07 12:00:06+01:00,4\nunknown,512\n2020-08-07T11:00:00Z,1\n,256\n2020-08-07 10:00:03-01:00,2\n\
                    2020-08-07 11:99:03+00:00,1024\n";
        let samples = samples(rows).unwrap();
        assert_eq!((samples.len(), samples.unparsable, samples.backward_steps), (3, 3, 1));
        let window = samples.integrate(utc("2020-08-07 11:00:00+00:00"), utc("2020-08-07 11:00:06+00:00"), 3.0);
        assert_eq!((window.samples, window.sum, window.integral, window.gaps), (3, 7.0, 21.0, 0));
        assert_eq!(window.mean(), Some(7.0 / 3.0));
    }

    #[test]
    fn gaps_are_reported_at_the_ends_and_inside() {
        let samples =
            samples("2020-08-07 10:00:10+00:00,1\n2020-08-07 10:00:13+00:00,1\n2020-08-07 10:00:20+00:00,1\n").unwrap();
        let window = samples.integrate(utc("2020-08-07 10:00:00+00:00"), utc("2020-08-07 10:00:21+00:00"), 3.0);
        assert_eq!((window.gaps, window.longest_gap), (2, 10.0));
        let empty = samples.integrate(utc("2020-08-08 10:00:00+00:00"), utc("2020-08-08 10:01:00+00:00"), 3.0);
        assert_eq!((empty.samples, empty.gaps, empty.longest_gap, empty.mean()), (0, 1, 60.0, None));
    }

    #[test]
    fn what_would_be_wrong_in_silence_is_an_error() {
        let fails = |rows: &str, words: &str| {
            let error = samples(rows).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        fails("2020-08-07 10:00:00+00:00,-1\n", "line 2, column power: \"-1\"");
        fails("2020-08-07 10:00:00+00:00,1\n2020-08-07 10:00:03+00:00,unavailable\n", "line 3, column power");
        fails("2020-08-07 10:00:00,1\n", "line 2, column time");
    }
}
