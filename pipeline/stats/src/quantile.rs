//! Quantiles with linear interpolation.

use crate::error::{Error, require_values};

/// The `q`-quantile of `values` (`numpy.quantile`, method `linear`; type 7 of Hyndman and Fan, The
/// American Statistician 50, 1996). Unit: that of the values.
///
/// With the values sorted as v₀ ≤ … ≤ vₙ₋₁ and h = (n - 1) q, it is the linear interpolation between v
/// at ⌊h⌋ and the next one, at the fraction h - ⌊h⌋.
///
/// # Errors
///
/// [`Error::InvalidProbability`] unless 0 ≤ q ≤ 1, [`Error::TooFew`] without values,
/// [`Error::NotFinite`] for NaN or an infinity.
pub fn quantile(values: &[f64], q: f64) -> Result<f64, Error> {
    if !(0.0..=1.0).contains(&q) {
        return Err(Error::InvalidProbability { name: "q", value: q, expected: "from 0 to 1" });
    }
    require_values("a quantile", 1, values)?;
    Ok(quantile_of_sorted(&sorted(values), q))
}

/// The median: the 0.5-[`quantile`], the middle value or the mean of the two middle ones.
///
/// # Errors
///
/// As [`quantile`].
pub fn median(values: &[f64]) -> Result<f64, Error> {
    quantile(values, 0.5)
}

/// A copy in ascending order.
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The `q`-quantile, 0 ≤ q ≤ 1, of ascending values; NaN without values.
pub(crate) fn quantile_of_sorted(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = last as f64 * q;
    let below = (position.floor() as usize).min(last);
    let above = (below + 1).min(last);
    interpolate(sorted[below], sorted[above], position - below as f64)
}

/// `a` at fraction 0, `b` at 1. From the nearer end, as numpy's `_lerp`: thus exact at both ends and
/// rising with the fraction.
fn interpolate(a: f64, b: f64, fraction: f64) -> f64 {
    // Also keeps an infinity, of which `describe` may hold two side by side, from giving inf - inf.
    if a == b || fraction == 0.0 {
        return a;
    }
    let difference = b - a;
    if difference.is_infinite() {
        a * (1.0 - fraction) + b * fraction
    } else if fraction < 0.5 {
        a + difference * fraction
    } else {
        b - difference * (1.0 - fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::{median, quantile};
    use crate::Error;

    #[test]
    fn interpolates_between_neighbours() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&values, 0.0), Ok(1.0));
        assert_eq!(quantile(&values, 0.25), Ok(1.75));
        assert_eq!(median(&values), Ok(2.5));
        assert_eq!(quantile(&values, 1.0), Ok(4.0));
        assert_eq!(median(&[7.0]), Ok(7.0));
    }

    #[test]
    fn spans_the_whole_range_of_floats() {
        assert_eq!(median(&[f64::MIN, f64::MAX]), Ok(0.0));
    }

    #[test]
    fn refuses_what_has_no_quantile() {
        assert!(matches!(quantile(&[1.0], 1.5), Err(Error::InvalidProbability { .. })));
        assert!(matches!(quantile(&[1.0], f64::NAN), Err(Error::InvalidProbability { .. })));
        assert!(matches!(quantile(&[], 0.5), Err(Error::TooFew { .. })));
        assert!(matches!(median(&[1.0, f64::INFINITY]), Err(Error::NotFinite { index: 1, .. })));
    }
}
