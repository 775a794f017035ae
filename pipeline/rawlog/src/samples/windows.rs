//! Sums over windows while samples come in the order of their times.

use super::{Integral, seconds_between};
use crate::time::NANOSECONDS_PER_SECOND;

/// A gap is a distance of neighbouring samples beyond this multiple of the nominal one.
const GAP: f64 = 1.5;

/// The sums so far.
pub(super) struct Running {
    windows: Vec<Window>,
    /// The windows by their starts, and how many of these have begun.
    by_start: Vec<usize>,
    begun: usize,
    /// Those that have begun and not ended.
    open: Vec<usize>,
    spacing: f64,
}

struct Window {
    /// Whole seconds, in nanoseconds UTC.
    start: i64,
    end: i64,
    samples: usize,
    sum: f64,
    gaps: usize,
    longest_gap: f64,
    /// The time of the last sample, or the start.
    before: i64,
}

impl Running {
    pub(super) fn new(windows: &[(i64, i64)], spacing: f64) -> Self {
        let whole = |time: i64| time.div_euclid(NANOSECONDS_PER_SECOND).saturating_mul(NANOSECONDS_PER_SECOND);
        let window = |&(start, end): &(i64, i64)| {
            let (start, end) = (whole(start), whole(end));
            Window { start, end, samples: 0, sum: 0.0, gaps: 0, longest_gap: 0.0, before: start }
        };
        let windows: Vec<Window> = windows.iter().map(window).collect();
        let mut by_start: Vec<usize> = (0..windows.len()).collect();
        by_start.sort_by_key(|&at| windows[at].start);
        Self { windows, by_start, begun: 0, open: Vec::new(), spacing }
    }

    /// Takes the next sample; none is earlier than one before.
    pub(super) fn add(&mut self, time: i64, value: f64) {
        while let Some(&next) = self.by_start.get(self.begun)
            && self.windows[next].start <= time
        {
            self.open.push(next);
            self.begun += 1;
        }
        let (windows, spacing) = (&mut self.windows, self.spacing);
        self.open.retain(|&at| {
            let window = &mut windows[at];
            let is_inside = time <= window.end;
            if is_inside {
                window.samples += 1;
                window.sum += value;
                window.pass(time, spacing);
            }
            is_inside
        });
    }

    /// The sums, in the order in which the windows were given.
    pub(super) fn finish(self) -> Vec<Integral> {
        let spacing = self.spacing;
        let integral = |mut window: Window| {
            window.pass(window.end.max(window.start), spacing);
            let Window { samples, sum, gaps, longest_gap, .. } = window;
            Integral { samples, sum, integral: sum * spacing, gaps, longest_gap }
        };
        self.windows.into_iter().map(integral).collect()
    }
}

impl Window {
    /// Notes the stretch without a sample up to a time.
    fn pass(&mut self, time: i64, spacing: f64) {
        let distance = seconds_between(self.before, time);
        self.gaps += usize::from(distance > GAP * spacing);
        self.longest_gap = self.longest_gap.max(distance);
        self.before = time;
    }
}
