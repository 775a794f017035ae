//! Least-squares line through pairs of values.

use std::f64::consts::LN_10;

use serde::Serialize;

use crate::error::{Error, require_pairs};
use crate::moments::CentredSums;
use crate::student_t::ln_student_t_two_sided;
use crate::student_t_quantile::student_t_quantile;
use crate::sum::sum_of;

/// A least-squares line y = intercept + slope x and its statistics, named as in
/// `scipy.stats.linregress`.
///
/// As JSON, an infinite logarithm (only for two points) becomes null.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LinearRegression {
    /// Number of pairs.
    pub n: usize,
    /// Unit of y per unit of x.
    pub slope: f64,
    /// Unit of y.
    pub intercept: f64,
    /// Pearson's correlation coefficient, in [-1, 1].
    pub rvalue: f64,
    /// Two-sided p-value of the hypothesis that the slope is zero; 0.0 below about 1e-308, as scipy
    /// prints it.
    pub pvalue: f64,
    /// Standard error of the slope, in its unit.
    pub stderr: f64,
    /// Standard error of the intercept, in its unit (scipy 1.6 and later).
    pub intercept_stderr: f64,
    /// Natural logarithm of the p-value, which does not underflow.
    pub ln_pvalue: f64,
    /// Decimal logarithm of the p-value, which does not underflow.
    pub log10_pvalue: f64,
    /// Coefficient of determination, `rvalue` squared.
    pub r_squared: f64,
    /// Root of the mean squared residual, √(Σ residual² / n), in the unit of y.
    pub rmse: f64,
}

impl LinearRegression {
    /// The line at `x`.
    pub fn predict(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }

    /// Confidence interval of the slope, slope ∓ t · stderr with t the (1 + level) / 2 quantile of
    /// Student's t with n - 2 degrees of freedom. `level` is a fraction: 0.95 for 95 %.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidProbability`] unless 0 < level < 1, [`Error::TooFew`] if the line was fitted to
    /// two points, which tell nothing about its spread.
    pub fn slope_interval(&self, level: f64) -> Result<(f64, f64), Error> {
        if !(level > 0.0 && level < 1.0) {
            return Err(Error::InvalidProbability { name: "level", value: level, expected: "between 0 and 1" });
        }
        if self.n < 3 {
            return Err(Error::TooFew { statistic: "a confidence interval of a slope", needed: 3, got: self.n });
        }
        let t = student_t_quantile(0.5 + level / 2.0, (self.n - 2) as f64);
        Ok((self.slope - t * self.stderr, self.slope + t * self.stderr))
    }
}

/// Fits a line to the pairs (`x`, `y`) by least squares, as `scipy.stats.linregress` of scipy 1.5 does.
///
/// With s_xx = Σ(x - x̄)²/n, s_xy and s_yy alike, and df = n - 2:
///
/// - slope = s_xy / s_xx, intercept = ȳ - slope x̄, r = s_xy / √(s_xx s_yy), clipped to [-1, 1];
/// - t = r √(df / ((1 - r + 1e-20)(1 + r + 1e-20))), p = P(|T| > |t|). scipy's 1e-20 guards the
///   division: for a perfect fit p is therefore not 0 but that of t ≈ 7e9 √df;
/// - stderr = √((1 - r²) s_yy / s_xx / df), and that of the intercept is stderr √(s_xx + x̄²).
///
/// Constant y: r = 0, p = 1. Two points: p = 0 (1 if the two y are equal) and no standard errors.
///
/// Near r = ±1 the factor 1 - r magnifies the rounding of r, here as in scipy: at r = 0.9994 and n =
/// 176, one ulp of r changes p by 1e-11 of itself.
///
/// # Errors
///
/// [`Error::LengthMismatch`], [`Error::TooFew`] for fewer than two pairs, [`Error::NotFinite`],
/// [`Error::Constant`] if all x are equal (scipy 1.5 gives NaN, later ones refuse),
/// [`Error::OutOfRange`] if squares of deviations leave the range of `f64`.
pub fn linear_regression(x: &[f64], y: &[f64]) -> Result<LinearRegression, Error> {
    require_pairs("a linear regression", 2, x, y)?;
    let sums = CentredSums::with_spread_in_x(x, y)?;
    let n = sums.n as f64;

    let slope = sums.xy / sums.xx;
    let intercept = sums.mean_y - slope * sums.mean_x;
    let rvalue = sums.correlation();
    let (ln_pvalue, stderr) = match sums.n {
        2 if sums.yy == 0.0 => (0.0, 0.0),
        2 => (f64::NEG_INFINITY, 0.0),
        _ => {
            let df = n - 2.0;
            let stderr = ((1.0 - rvalue * rvalue) * sums.yy / sums.xx / df).sqrt();
            (ln_student_t_two_sided(t_statistic(rvalue, df), df), stderr)
        }
    };
    let squared_residuals = x.iter().zip(y).map(|(x, y)| {
        let residual = (y - sums.mean_y) - slope * (x - sums.mean_x);
        residual * residual
    });

    Ok(LinearRegression {
        n: sums.n,
        slope,
        intercept,
        rvalue,
        pvalue: ln_pvalue.exp(),
        stderr,
        intercept_stderr: stderr * (sums.xx / n + sums.mean_x * sums.mean_x).sqrt(),
        ln_pvalue,
        log10_pvalue: ln_pvalue / LN_10,
        r_squared: rvalue * rvalue,
        rmse: (sum_of(squared_residuals) / n).sqrt(),
    })
}

/// Student's t of a correlation coefficient, with scipy's guard against division by zero.
fn t_statistic(r: f64, df: f64) -> f64 {
    const TINY: f64 = 1e-20;
    r * (df / ((1.0 - r + TINY) * (1.0 + r + TINY))).sqrt()
}

#[cfg(test)]
mod tests {
    use super::linear_regression;
    use crate::Error;

    #[test]
    fn a_perfect_fit_has_the_p_value_of_scipys_guard() {
        let line = linear_regression(&[1.0, 2.0, 3.0, 4.0], &[3.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((line.slope, line.intercept, line.rvalue), (2.0, 1.0, 1.0));
        assert_eq!((line.stderr, line.rmse), (0.0, 0.0));
        // df = 2: P(|T| > t) = 1 - t / √(2 + t²), about 1 / t², and t = √(2 / 2e-20).
        assert!((line.pvalue / 1e-20 - 1.0).abs() < 1e-14, "{}", line.pvalue);
        assert_eq!(line.predict(10.0), 21.0);
    }

    #[test]
    fn two_points_are_a_line_without_errors() {
        let line = linear_regression(&[1.0, 3.0], &[5.0, 1.0]).unwrap();
        assert_eq!((line.slope, line.intercept, line.rvalue), (-2.0, 7.0, -1.0));
        assert_eq!((line.pvalue, line.ln_pvalue, line.stderr), (0.0, f64::NEG_INFINITY, 0.0));
        assert!(matches!(line.slope_interval(0.95), Err(Error::TooFew { needed: 3, got: 2, .. })));

        let flat = linear_regression(&[1.0, 3.0], &[0.1, 0.1]).unwrap();
        assert_eq!((flat.slope, flat.rvalue, flat.pvalue), (0.0, 0.0, 1.0));
    }

    #[test]
    fn constant_y_is_no_evidence() {
        let line = linear_regression(&[1.0, 2.0, 4.0], &[0.1, 0.1, 0.1]).unwrap();
        assert_eq!((line.slope, line.intercept, line.rvalue), (0.0, 0.1, 0.0));
        assert_eq!((line.pvalue, line.stderr), (1.0, 0.0));
    }

    #[test]
    fn what_cannot_be_fitted_is_an_error() {
        let y = [1.0, 2.0, 3.0];
        assert_eq!(linear_regression(&[1.0], &y), Err(Error::LengthMismatch { x: 1, y: 3 }));
        assert!(matches!(linear_regression(&[], &[]), Err(Error::TooFew { needed: 2, got: 0, .. })));
        assert_eq!(linear_regression(&[0.1; 3], &y), Err(Error::Constant { series: "x", count: 3, value: 0.1 }));
        let missing = linear_regression(&[1.0, 2.0, f64::NAN], &y).unwrap_err();
        assert!(matches!(missing, Error::NotFinite { series: "x", index: 2, .. }));
        let infinite = linear_regression(&y, &[1.0, f64::INFINITY, 2.0]).unwrap_err();
        assert!(matches!(infinite, Error::NotFinite { series: "y", index: 1, .. }));
        assert_eq!(
            infinite.to_string(),
            "y[1] is inf, expected a finite number: drop the row or fill the value in first"
        );
        for scale in [1e-200, 1e200] {
            let scaled = y.map(|v| v * scale);
            assert_eq!(linear_regression(&scaled, &y), Err(Error::OutOfRange { series: "x" }));
            assert_eq!(linear_regression(&y, &scaled), Err(Error::OutOfRange { series: "y" }));
        }
    }

    #[test]
    fn products_of_tiny_spreads_do_not_underflow() {
        let x = [1e-90, 2e-90, 4e-90, 3e-90];
        let line = linear_regression(&x, &[1e-90, 3e-90, 3e-90, 4e-90]).unwrap();
        let rescaled = linear_regression(&[1.0, 2.0, 4.0, 3.0], &[1.0, 3.0, 3.0, 4.0]).unwrap();
        assert!((line.rvalue - rescaled.rvalue).abs() < 1e-15);
        assert!((line.pvalue - rescaled.pvalue).abs() < 1e-15);
    }

    #[test]
    fn a_level_is_a_fraction() {
        let line = linear_regression(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0]).unwrap();
        for level in [0.0, 1.0, 95.0, f64::NAN] {
            assert!(matches!(line.slope_interval(level), Err(Error::InvalidProbability { .. })));
        }
    }
}
