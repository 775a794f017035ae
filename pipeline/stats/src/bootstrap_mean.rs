//! Bootstrap confidence interval of a mean.

use crate::error::{Error, require_values};
use crate::quantile::{quantile_of_sorted, sorted};
use crate::random::RandomStream;
use crate::sum::sum_of;

/// How [`bootstrap_mean`] resamples. The default is that of seaborn's `barplot`, with seed 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BootstrapMeanOptions {
    /// Selects the resamples; the interval of `seaborn.barplot(…, seed=seed)`.
    pub seed: u64,
    /// Number of resamples, at least 1.
    pub resamples: usize,
    /// Share of the resampled means that the interval holds, between 0 and 1: 0.95 for 95 %.
    pub level: f64,
}

impl Default for BootstrapMeanOptions {
    fn default() -> Self {
        Self { seed: 0, resamples: 1000, level: 0.95 }
    }
}

/// The percentile bootstrap interval of the mean of `values`, as the whiskers of `seaborn.barplot`
/// (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13). Unit: that of the
/// values.
///
/// For each of `resamples` rounds, as many values as there are are drawn with replacement and averaged.
/// The ends are the (1 - level) / 2 and (1 + level) / 2 quantiles, linearly interpolated, of these
/// means. The resamples are those of `seaborn.algorithms.bootstrap(values, seed=seed)`, for which see
/// [`bootstrap_band`](crate::bootstrap_band); each call begins them anew. Of one value
/// the interval has no length; seaborn draws none.
///
/// # Errors
///
/// [`Error::InvalidOption`] or [`Error::InvalidProbability`] for options that make no interval,
/// [`Error::TooFew`] without values, [`Error::NotFinite`] for NaN or an infinity, [`Error::TooMany`]
/// beyond 2³² - 1 values.
pub fn bootstrap_mean(values: &[f64], options: &BootstrapMeanOptions) -> Result<(f64, f64), Error> {
    let &BootstrapMeanOptions { seed, resamples, level } = options;
    if resamples < 1 {
        return Err(Error::InvalidOption { name: "resamples", value: resamples, least: 1 });
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::InvalidProbability { name: "level", value: level, expected: "between 0 and 1" });
    }
    require_values("a bootstrap of a mean", 1, values)?;
    let count =
        u32::try_from(values.len()).map_err(|_| Error::TooMany { allowed: u32::MAX as usize, got: values.len() })?;

    let mut stream = RandomStream::new(seed);
    let mut mean = || sum_of((0..count).map(|_| values[stream.index_below(count)])) / f64::from(count);
    let means = sorted(&(0..resamples).map(|_| mean()).collect::<Vec<_>>());
    // In percent, as seaborn has it: 50 - 95/2 is exact, (1 - 0.95)/2 is not.
    let half_percent = 50.0 * level;
    let end = |percent: f64| quantile_of_sorted(&means, percent / 100.0);
    Ok((end(50.0 - half_percent), end(50.0 + half_percent)))
}

#[cfg(test)]
mod tests {
    use super::{BootstrapMeanOptions, bootstrap_mean};
    use crate::Error;

    /// `seaborn.algorithms.bootstrap` and `numpy.nanpercentile`, as `seaborn.barplot` calls them.
    #[test]
    fn the_interval_is_that_of_seaborn() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/reference/bootstrap_mean_vectors.json")).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        assert!(cases.len() >= 5);
        for case in cases {
            let number = |name: &str| case[name].as_f64().unwrap();
            let values: Vec<f64> = case["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            let options = BootstrapMeanOptions {
                seed: case["seed"].as_u64().unwrap(),
                resamples: case["resamples"].as_u64().unwrap() as usize,
                level: number("level"),
            };
            let (lower, upper) = bootstrap_mean(&values, &options).unwrap();
            for (ours, theirs) in [(lower, number("lower")), (upper, number("upper"))] {
                assert!((ours - theirs).abs() <= 4.0 * f64::EPSILON * theirs.abs(), "{ours} {theirs} of {case}");
            }
        }
    }

    #[test]
    fn one_value_has_an_interval_without_length() {
        assert_eq!(bootstrap_mean(&[7.25], &BootstrapMeanOptions::default()), Ok((7.25, 7.25)));
    }

    #[test]
    fn options_and_data_that_make_no_interval_are_errors() {
        let default = BootstrapMeanOptions::default();
        let fails = |values: &[f64], options| bootstrap_mean(values, &options).unwrap_err();
        assert!(matches!(fails(&[], default), Error::TooFew { .. }));
        assert!(matches!(fails(&[1.0, f64::NAN], default), Error::NotFinite { .. }));
        let none = BootstrapMeanOptions { resamples: 0, ..default };
        assert!(matches!(fails(&[1.0], none), Error::InvalidOption { name: "resamples", .. }));
        for level in [0.0, 1.0, f64::NAN] {
            let options = BootstrapMeanOptions { level, ..default };
            assert!(matches!(fails(&[1.0], options), Error::InvalidProbability { name: "level", .. }));
        }
    }
}
