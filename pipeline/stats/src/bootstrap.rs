//! Bootstrap confidence band of a regression line.

use serde::Serialize;

use crate::error::{Error, require_pairs};
use crate::moments::{CentredSums, range};
use crate::quantile::quantile_of_sorted;
use crate::random::RandomStream;

/// How [`bootstrap_band`] resamples. The default is that of seaborn's `regplot`, with seed 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BootstrapOptions {
    /// Selects the resamples; the band of `seaborn.regplot(…, seed=seed)`.
    pub seed: u64,
    /// Number of resamples, at least 1.
    pub resamples: usize,
    /// Share of the resampled lines that the band holds at each x, between 0 and 1: 0.95 for 95 %.
    pub level: f64,
    /// Number of x at which the band is given, at least 2.
    pub grid_points: usize,
}

impl Default for BootstrapOptions {
    fn default() -> Self {
        Self { seed: 0, resamples: 1000, level: 0.95, grid_points: 100 }
    }
}

/// A band about a regression line: three columns of equal length.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Band {
    /// Evenly spaced from the least to the greatest x of the data.
    pub x: Vec<f64>,
    /// Lower edge, in the unit of y.
    pub lower: Vec<f64>,
    /// Upper edge, in the unit of y.
    pub upper: Vec<f64>,
}

/// The pointwise percentile bootstrap band of the least-squares line through (`x`, `y`), as
/// `seaborn.regplot` of seaborn 0.10 draws it (Efron and Tibshirani, "An Introduction to the Bootstrap",
/// 1993, chapters 9 and 13).
///
/// For each of `resamples` rounds, n pairs are drawn with replacement and a line is fitted to them. At
/// each of `grid_points` x between the least and the greatest x, the edges are the (1 - level) / 2 and
/// (1 + level) / 2 quantiles, linearly interpolated, of the lines' values.
///
/// The resamples are those of `seaborn.regplot(x=x, y=y, seed=seed)`: PCG64 seeded by numpy's
/// `SeedSequence`, indices by Lemire's method on 32-bit words, one round after the other. The band
/// therefore equals seaborn's to rounding. It uses only operations that IEEE 754 rounds exactly, so that
/// its bits are the same on every machine.
///
/// # Resamples without a line
///
/// A resample may draw one x only, and then no line is determined; with few points this happens often (1
/// in 9 with three). seaborn does not notice: it fits by `numpy.linalg.pinv`, which treats singular
/// values of the matrix \[1 x\] up to 1e-15 of the greatest as zero and returns the solution of least
/// norm. For a single x = c with mean ȳ that is intercept = ȳ / (1 + c²), slope = c ȳ / (1 + c²): a line
/// through (c, ȳ) whose steepness depends on the *unit* of x. This is imitated here. The same cut-off
/// strikes when x varies by less than about 1e-15 of its square (or of 1), hence give x in a unit in
/// which it is neither huge nor minute.
///
/// # Errors
///
/// [`Error::InvalidOption`] or [`Error::InvalidProbability`] for options that make no band, and those of
/// [`linear_regression`](crate::linear_regression), of which [`Error::Constant`] says that x has no
/// extent to draw a band over; [`Error::TooMany`] beyond 2³² - 1 pairs.
pub fn bootstrap_band(x: &[f64], y: &[f64], options: &BootstrapOptions) -> Result<Band, Error> {
    require_options(options)?;
    require_pairs("a bootstrap of a regression line", 2, x, y)?;
    let pairs = u32::try_from(x.len()).map_err(|_| Error::TooMany { allowed: u32::MAX as usize, got: x.len() })?;
    CentredSums::with_spread_in_x(x, y)?;

    let mut stream = RandomStream::new(options.seed);
    let mut drawn_x = vec![0.0; x.len()];
    let mut drawn_y = vec![0.0; y.len()];
    let lines: Vec<Line> = (0..options.resamples)
        .map(|_| {
            for (to_x, to_y) in drawn_x.iter_mut().zip(&mut drawn_y) {
                let index = stream.index_below(pairs);
                (*to_x, *to_y) = (x[index], y[index]);
            }
            Line::by_pseudo_inverse(&CentredSums::of(&drawn_x, &drawn_y))
        })
        .collect();

    // In percent, as seaborn has it: 50 - 95/2 is exact, (1 - 0.95)/2 is not.
    let half_percent = 50.0 * options.level;
    let (lower_share, upper_share) = ((50.0 - half_percent) / 100.0, (50.0 + half_percent) / 100.0);
    let grid = grid(range(x), options.grid_points);
    let mut lower = Vec::with_capacity(grid.len());
    let mut upper = Vec::with_capacity(grid.len());
    for &at in &grid {
        let mut values: Vec<f64> = lines.iter().map(|line| line.at(at)).collect();
        values.sort_unstable_by(f64::total_cmp);
        lower.push(quantile_of_sorted(&values, lower_share));
        upper.push(quantile_of_sorted(&values, upper_share));
    }
    if lower.iter().chain(&upper).any(|edge| !edge.is_finite()) {
        return Err(Error::OutOfRange { series: "y" });
    }
    Ok(Band { x: grid, lower, upper })
}

fn require_options(options: &BootstrapOptions) -> Result<(), Error> {
    let &BootstrapOptions { seed: _, resamples, level, grid_points } = options;
    if resamples < 1 {
        return Err(Error::InvalidOption { name: "resamples", value: resamples, least: 1 });
    }
    if grid_points < 2 {
        return Err(Error::InvalidOption { name: "grid_points", value: grid_points, least: 2 });
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::InvalidProbability { name: "level", value: level, expected: "between 0 and 1" });
    }
    Ok(())
}

/// `points` evenly spaced numbers, both ends among them, rounded as by `numpy.linspace`.
fn grid((start, stop): (f64, f64), points: usize) -> Vec<f64> {
    let last = points - 1;
    let step = (stop - start) / last as f64;
    (0..points).map(|i| if i == last { stop } else { i as f64 * step + start }).collect()
}

/// y = intercept + slope x
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    intercept: f64,
    slope: f64,
}

impl Line {
    fn at(self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }

    /// `numpy.linalg.pinv([1 x]) @ y`: the least-squares line, or the one of least norm if the matrix
    /// counts as singular.
    fn by_pseudo_inverse(sums: &CentredSums) -> Self {
        /// `rcond` of numpy's `pinv`.
        const CUTOFF: f64 = 1e-15;
        let n = sums.n as f64;
        let (mean_x, mean_y) = (sums.mean_x, sums.mean_y);
        let variance_x = sums.xx / n;

        // The Gram matrix over n is [[1, m], [m, m² + v]]: its determinant is v, and its eigenvalues are
        // those of s²/n for the singular values s. The lesser one would cancel, but the ratio of the
        // singular values is √v over the greater eigenvalue.
        let corner = mean_x * mean_x + variance_x;
        let greater = (1.0 + corner + hypot(1.0 - corner, 2.0 * mean_x)) / 2.0;
        if variance_x.sqrt() > CUTOFF * greater {
            let slope = sums.xy / sums.xx;
            return Self { intercept: mean_y - slope * mean_x, slope };
        }

        // Only the direction of the greater eigenvalue remains: β = u (u · Xᵀy / n) / (eigenvalue |u|²).
        // Of the two rows that give u, the one that does not cancel.
        let u = if corner <= 1.0 { (greater - corner, mean_x) } else { (mean_x, greater - 1.0) };
        let mean_xy = sums.xy / n + mean_x * mean_y;
        let scale = (u.0 * mean_y + u.1 * mean_xy) / (greater * (u.0 * u.0 + u.1 * u.1));
        Self { intercept: u.0 * scale, slope: u.1 * scale }
    }
}

/// √(a² + b²) without overflow, and by exactly rounded operations only, which `f64::hypot` does not
/// promise.
fn hypot(a: f64, b: f64) -> f64 {
    let (greater, less) = (a.abs().max(b.abs()), a.abs().min(b.abs()));
    if greater == 0.0 {
        return 0.0;
    }
    let ratio = less / greater;
    greater * (1.0 + ratio * ratio).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{BootstrapOptions, Line, bootstrap_band};
    use crate::Error;
    use crate::moments::CentredSums;

    const X: [f64; 5] = [1.0, 2.0, 3.5, 4.0, 6.0];
    const Y: [f64; 5] = [1.1, 1.9, 3.9, 3.8, 6.2];

    #[test]
    fn a_single_x_gives_the_line_of_least_norm() {
        for c in [0.0, 0.3, 1.0, -7.0, 2e5] {
            let line = Line::by_pseudo_inverse(&CentredSums::of(&[c; 3], &[1.0, 2.0, 6.0]));
            let expected = Line { intercept: 3.0 / (1.0 + c * c), slope: 3.0 * c / (1.0 + c * c) };
            assert!((line.intercept - expected.intercept).abs() <= 1e-15 * 3.0, "{line:?}");
            assert!((line.slope - expected.slope).abs() <= 1e-15 * 3.0, "{line:?}");
            assert!((line.at(c) - 3.0).abs() < 1e-14);
        }
    }

    #[test]
    fn the_cut_off_lies_where_that_of_pinv_does() {
        let y = [1.0, 2.0, 3.0, 5.0];
        let slope = |x: [f64; 4]| Line::by_pseudo_inverse(&CentredSums::of(&x, &y)).slope;
        // Ratios of singular values: 1.5e-14 and 1.5e-16 for a large offset, 1.5e-14 and 1.5e-16 for a
        // small scale.
        let spread = [0.0, 1.0, 2.0, 4.0];
        assert!((slope(spread.map(|v| 1e7 + v)) - 1.0).abs() < 1e-9);
        assert!((slope(spread.map(|v| 1e8 + v)) / 2.75e-8 - 1.0).abs() < 1e-6);
        assert!((slope(spread.map(|v| 1e-14 * v)) - 1e14).abs() < 1e5);
        assert!(slope(spread.map(|v| 1e-16 * v)).abs() < 1e-9);
    }

    #[test]
    fn same_seed_same_bits_other_seed_other_bits() {
        let band = |seed| bootstrap_band(&X, &Y, &BootstrapOptions { seed, ..Default::default() }).unwrap();
        let (first, again, other) = (band(7), band(7), band(8));
        let bits = |edge: &[f64]| edge.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&first.lower), bits(&again.lower));
        assert_eq!(bits(&first.upper), bits(&again.upper));
        assert_ne!(first.lower, other.lower);
    }

    #[test]
    fn the_grid_spans_the_data() {
        let band = bootstrap_band(&X, &Y, &BootstrapOptions::default()).unwrap();
        assert_eq!((band.x.len(), band.lower.len(), band.upper.len()), (100, 100, 100));
        assert_eq!((band.x[0], band.x[99]), (1.0, 6.0));
    }

    #[test]
    fn options_and_data_that_make_no_band_are_errors() {
        let fails = |options: BootstrapOptions| bootstrap_band(&X, &Y, &options).unwrap_err();
        let default = BootstrapOptions::default();
        assert!(matches!(
            fails(BootstrapOptions { resamples: 0, ..default }),
            Error::InvalidOption { name: "resamples", .. }
        ));
        assert!(matches!(
            fails(BootstrapOptions { grid_points: 1, ..default }),
            Error::InvalidOption { name: "grid_points", .. }
        ));
        for level in [0.0, 1.0, 95.0, f64::NAN] {
            assert!(matches!(fails(BootstrapOptions { level, ..default }), Error::InvalidProbability { .. }));
        }
        assert!(matches!(bootstrap_band(&[2.0; 5], &Y, &default), Err(Error::Constant { series: "x", .. })));
        assert!(matches!(bootstrap_band(&X[..1], &Y[..1], &default), Err(Error::TooFew { needed: 2, .. })));
    }
}
