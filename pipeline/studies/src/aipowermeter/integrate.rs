//! Powers integrated over time: the trapezoidal rule, and what the original makes of it.

/// The area of each interval between neighbouring samples by the trapezoidal rule, in the unit of the
/// values times s.
pub(super) fn areas(seconds: &[f64], values: &[f64]) -> Vec<f64> {
    let intervals = seconds.windows(2).zip(values.windows(2));
    // In this order the original rounds.
    intervals.map(|(t, x)| (t[1] - t[0]) * (x[1] + x[0]) / 2.0).collect()
}

/// The original's energy: the median area times their number, where it should be their sum. `None`
/// without any.
pub(super) fn median_times_count(areas: &[f64]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a count of records")]
    let count = areas.len() as f64;
    Some(stats::median(areas).ok()? * count)
}

/// Samples that belong together: neighbours with the same number of a segment.
pub(super) fn segments(segments: &[i64]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut start = 0;
    segments.chunk_by(|a, b| a == b).map(move |segment| {
        let range = start..start + segment.len();
        start = range.end;
        range
    })
}

/// The sum of the areas within segments: over a gap between two of them nothing was measured.
pub(super) fn within_segments(of: &[i64], seconds: &[f64], values: &[f64]) -> f64 {
    let energies: Vec<f64> =
        segments(of).map(|range| stats::sum(&areas(&seconds[range.clone()], &values[range]))).collect();
    stats::sum(&energies)
}

/// The mean over the time within segments; over the samples if they all have the same time.
pub(super) fn mean_within_segments(of: &[i64], seconds: &[f64], values: &[f64]) -> Option<f64> {
    let durations: Vec<f64> =
        segments(of).filter_map(|range| Some(seconds.get(range.end - 1)? - seconds.get(range.start)?)).collect();
    let duration = stats::sum(&durations);
    if duration > 0.0 { Some(within_segments(of, seconds, values) / duration) } else { stats::mean(values).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_between_segments_carries_no_energy() {
        let (seconds, watt) = ([0.0, 2.0, 4.0, 44.0, 46.0], [10.0, 20.0, 10.0, 30.0, 30.0]);
        let areas = areas(&seconds, &watt);
        assert_eq!(areas, [30.0, 30.0, 800.0, 60.0]);
        assert_eq!(median_times_count(&areas), Some(180.0));
        assert_eq!(within_segments(&[0, 0, 0, 1, 1], &seconds, &watt), 120.0);
        assert_eq!(mean_within_segments(&[0, 0, 0, 1, 1], &seconds, &watt), Some(20.0));
        assert_eq!(segments(&[0, 0, 0, 1, 1]).collect::<Vec<_>>(), [0..3, 3..5]);
    }

    #[test]
    fn few_samples() {
        assert_eq!(median_times_count(&areas(&[1.0], &[5.0])), None);
        assert_eq!(mean_within_segments(&[0], &[1.0], &[5.0]), Some(5.0));
        assert_eq!(mean_within_segments(&[], &[], &[]), None);
    }
}
