//! Regressions as records, and what a regression of simulated points must find.

use stats::LinearRegression;

use crate::record::Record;
use crate::truth::{Truth, Within};

/// The record of a regression, with the names of scipy's `linregress`, and the number of points.
pub(crate) fn record(id: &str, fit: &LinearRegression) -> Record {
    Record::regression(id)
        .value("slope", fit.slope)
        .value("intercept", fit.intercept)
        .value("rvalue", fit.rvalue)
        .value("pvalue", fit.pvalue)
        .value("stderr", fit.stderr)
        .value("n", fit.n)
}

/// A line that a simulator put noise on.
#[derive(Clone, Copy)]
pub(crate) struct KnownLine<'a> {
    pub(crate) slope: f64,
    pub(crate) intercept: f64,
    /// The abscissas, without error.
    pub(crate) x: &'a [f64],
    /// Standard deviation of the noise on each ordinate.
    pub(crate) noise: &'a [f64],
}

/// Known standard errors by which an estimate may miss: by more, one in 16 000 would.
const TIMES: f64 = 4.0;

impl<'a> KnownLine<'a> {
    /// The line that least squares fits to points without noise that lie on none.
    pub(crate) fn through(x: &'a [f64], y: &[f64], noise: &'a [f64]) -> Self {
        let (mean, squares) = spread(x);
        let mean_y = y.iter().sum::<f64>() / y.len() as f64;
        let slope = x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean_y)).sum::<f64>() / squares;
        Self { slope, intercept: mean_y - slope * mean, x, noise }
    }

    /// The ordinate at `x`, and how far what is predicted there may be from it.
    pub(crate) fn at(&self, x: f64) -> (f64, f64) {
        let (mean, squares) = spread(self.x);
        let weight = |of: f64| 1.0 / self.x.len() as f64 + (x - mean) * (of - mean) / squares;
        (self.intercept + self.slope * x, self.tolerance(weight))
    }

    /// How far least squares may come out from slope and intercept. The estimates are sums of the
    /// ordinates with known weights, so their standard errors follow from the noise, be it equal or
    /// not; those that a regression tells are right for equal noise only.
    pub(crate) fn tolerances(&self) -> (f64, f64) {
        let (mean, squares) = spread(self.x);
        let slope = |x: f64| (x - mean) / squares;
        let intercept = |x: f64| 1.0 / self.x.len() as f64 - mean * slope(x);
        (self.tolerance(slope), self.tolerance(intercept))
    }

    /// Of the sum of the ordinates, each with a weight that depends on its abscissa.
    fn tolerance(&self, weight: impl Fn(f64) -> f64) -> f64 {
        let variance: f64 = self.x.iter().zip(self.noise).map(|(&x, noise)| (weight(x) * noise).powi(2)).sum();
        TIMES * variance.sqrt()
    }

    /// Slope, intercept and number of points of the record of the regression.
    pub(crate) fn truths(&self, record: &str) -> Vec<Truth> {
        let (slope, intercept) = self.tolerances();
        vec![
            Truth::value(record, "slope", self.slope, Within::Absolute(slope)),
            Truth::value(record, "intercept", self.intercept, Within::Absolute(intercept)),
            Truth::value(record, "n", self.x.len() as f64, Within::Exactly),
        ]
    }
}

/// Mean, and sum of the squared distances from it.
fn spread(x: &[f64]) -> (f64, f64) {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    (mean, x.iter().map(|x| (x - mean).powi(2)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of equal noise: four times the textbook standard errors of slope and intercept.
    #[test]
    fn tolerances_are_those_of_the_textbook() {
        let x = [1.0, 2.0, 3.0, 4.0, 10.0];
        let line = KnownLine { slope: 2.0, intercept: 1.0, x: &x, noise: &[0.5; 5] };
        let (slope, intercept) = line.tolerances();
        let squares = 9.0 + 4.0 + 1.0 + 0.0 + 36.0;
        assert!((slope - 4.0 * 0.5 / f64::sqrt(squares)).abs() < 1e-12);
        assert!((intercept - 4.0 * 0.5 * f64::sqrt(1.0 / 5.0 + 16.0 / squares)).abs() < 1e-12);
        assert_eq!(line.at(0.0), (1.0, intercept));
        let (ordinate, tolerance) = line.at(4.0);
        assert!(ordinate == 9.0 && (tolerance - 4.0 * 0.5 / f64::sqrt(5.0)).abs() < 1e-12, "at the mean");
    }

    #[test]
    fn a_line_through_points_is_that_of_least_squares() {
        let (x, y) = ([1.0, 2.0, 4.0, 7.0], [0.5, 3.0, 2.0, 9.0]);
        let line = KnownLine::through(&x, &y, &[1.0; 4]);
        let fit = stats::linear_regression(&x, &y).unwrap();
        assert!((line.slope - fit.slope).abs() < 1e-12 && (line.intercept - fit.intercept).abs() < 1e-12);
    }
}
