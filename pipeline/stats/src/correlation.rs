//! Correlation coefficients and their p-values.

use std::f64::consts::LN_10;

use serde::Serialize;

use crate::error::{Error, require_pairs};
use crate::moments::{CentredSums, require_spread};
use crate::rank::ranks_unchecked;
use crate::student_t::ln_student_t_two_sided;

/// A correlation coefficient and the p-value of the hypothesis that there is none.
///
/// As JSON, an infinite logarithm (a perfect correlation) becomes null.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// Number of pairs.
    pub n: usize,
    /// The coefficient, in [-1, 1].
    pub coefficient: f64,
    /// Two-sided p-value; 0.0 below about 1e-308, as scipy prints it.
    pub pvalue: f64,
    /// Natural logarithm of the p-value, which does not underflow.
    pub ln_pvalue: f64,
    /// Decimal logarithm of the p-value, which does not underflow.
    pub log10_pvalue: f64,
}

/// Pearson's correlation of `x` and `y`, r = s_xy / √(s_xx s_yy) (`scipy.stats.pearsonr`).
///
/// scipy takes the p-value from the beta distribution of r on (-1, 1) with a = b = n/2 - 1, which is the
/// same as Student's t with n - 2 degrees of freedom at t = r √(df / (1 - r²)). Two points: r = ±1 and p
/// = 1.
///
/// # Errors
///
/// [`Error::LengthMismatch`], [`Error::TooFew`] for fewer than two pairs, [`Error::NotFinite`],
/// [`Error::Constant`] if all x or all y are equal (scipy gives NaN and a warning),
/// [`Error::OutOfRange`] if squares of deviations leave the range of `f64`.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<Correlation, Error> {
    require_pairs("Pearson's correlation", 2, x, y)?;
    require_spread("x", x)?;
    require_spread("y", y)?;
    let sums = CentredSums::with_spread_in_x(x, y)?;
    if sums.n == 2 {
        return Ok(correlation(2, sums.xy.signum(), 0.0));
    }
    Ok(with_t_tail(sums.n, sums.correlation()))
}

/// Spearman's rank correlation of `x` and `y`: Pearson's correlation of their [`ranks`](crate::ranks),
/// ties averaged (`scipy.stats.spearmanr`).
///
/// The p-value is scipy's: Student's t with n - 2 degrees of freedom at t = r √(df / ((1 + r)(1 - r))),
/// an approximation that is coarse for few pairs (scipy advises more than 500; Zar, "Significance
/// testing of the Spearman rank correlation coefficient", JASA 67, 1972).
///
/// # Errors
///
/// [`Error::LengthMismatch`], [`Error::TooFew`] for fewer than three pairs, [`Error::NotFinite`],
/// [`Error::Constant`] if all x or all y are equal.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<Correlation, Error> {
    require_pairs("Spearman's correlation", 3, x, y)?;
    require_spread("x", x)?;
    require_spread("y", y)?;
    let sums = CentredSums::of(&ranks_unchecked(x), &ranks_unchecked(y));
    Ok(with_t_tail(sums.n, sums.correlation()))
}

/// The p-value of a coefficient from at least three pairs.
fn with_t_tail(n: usize, r: f64) -> Correlation {
    let df = (n - 2) as f64;
    let t = r * (df / ((1.0 - r) * (1.0 + r))).sqrt();
    correlation(n, r, ln_student_t_two_sided(t, df))
}

fn correlation(n: usize, coefficient: f64, ln_pvalue: f64) -> Correlation {
    Correlation { n, coefficient, pvalue: ln_pvalue.exp(), ln_pvalue, log10_pvalue: ln_pvalue / LN_10 }
}

#[cfg(test)]
mod tests {
    use super::{pearson, spearman};
    use crate::Error;

    #[test]
    fn a_perfect_correlation_leaves_no_doubt() {
        let (x, y) = ([1.0, 2.0, 3.0, 4.0], [8.0, 6.0, 4.0, 2.0]);
        for perfect in [pearson(&x, &y).unwrap(), spearman(&x, &[9.0, 5.0, 4.0, -70.0]).unwrap()] {
            assert_eq!((perfect.coefficient, perfect.pvalue), (-1.0, 0.0));
            assert_eq!(perfect.ln_pvalue, f64::NEG_INFINITY);
        }
    }

    #[test]
    fn two_points_prove_nothing() {
        let two = pearson(&[1.0, 2.0], &[0.3, 0.1]).unwrap();
        assert_eq!((two.n, two.coefficient, two.pvalue), (2, -1.0, 1.0));
        // Exactly, though the roots and the quotient round.
        for i in 1..100 {
            let y = f64::from(i) * 0.1;
            assert_eq!(pearson(&[0.1, 0.7], &[0.05, y]).unwrap().coefficient, 1.0, "y = {y}");
        }
        assert!(matches!(spearman(&[1.0, 2.0], &[0.3, 0.1]), Err(Error::TooFew { needed: 3, got: 2, .. })));
    }

    #[test]
    fn what_has_no_correlation_is_an_error() {
        for statistic in [pearson, spearman] {
            let constant = statistic(&[1.0, 2.0, 3.0], &[5.0; 3]);
            assert_eq!(constant, Err(Error::Constant { series: "y", count: 3, value: 5.0 }));
            let constant = statistic(&[5.0; 3], &[1.0, 2.0, 3.0]);
            assert_eq!(constant, Err(Error::Constant { series: "x", count: 3, value: 5.0 }));
            let missing = statistic(&[1.0, 2.0, 3.0], &[1.0, f64::NAN, 3.0]);
            assert!(matches!(missing, Err(Error::NotFinite { series: "y", index: 1, .. })));
            assert_eq!(statistic(&[1.0], &[]), Err(Error::LengthMismatch { x: 1, y: 0 }));
        }
    }
}
