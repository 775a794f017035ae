//! Mean, variance and the centred sums of squares that regression and correlation share.

use crate::error::{Error, require_values};
use crate::sum::{CompensatedSum, sum, sum_of};

/// Arithmetic mean, Σv / n (`numpy.mean`). Unit: that of the values.
///
/// The mean of finite values is finite, even where their sum overflows, and never outside their range.
///
/// # Errors
///
/// [`Error::TooFew`] without values, [`Error::NotFinite`] for NaN or an infinity.
pub fn mean(values: &[f64]) -> Result<f64, Error> {
    require_values("the mean", 1, values)?;
    Ok(mean_unchecked(values))
}

/// Variance, Σ(v - mean)² / (n - ddof) (`numpy.var`). Unit: square of that of the values.
///
/// `ddof` = 1 is the unbiased sample variance (pandas' default), 0 the population's (numpy's default).
/// Two passes: the textbook formula Σv² - n mean² cancels.
///
/// # Errors
///
/// [`Error::TooFew`] unless there are more values than `ddof`, [`Error::NotFinite`] for NaN or an
/// infinity, [`Error::OutOfRange`] if the squares overflow.
pub fn variance(values: &[f64], ddof: usize) -> Result<f64, Error> {
    require_values("the variance", ddof.saturating_add(1), values)?;
    let variance = variance_unchecked(values, ddof);
    if variance.is_finite() { Ok(variance) } else { Err(Error::OutOfRange { series: "values" }) }
}

/// Standard deviation, the square root of the [`variance`] (`numpy.std`). Unit: that of the values.
///
/// # Errors
///
/// As [`variance`].
pub fn std(values: &[f64], ddof: usize) -> Result<f64, Error> {
    variance(values, ddof).map(f64::sqrt)
}

/// The mean of at least one value, none of them NaN; an infinity gives an infinity or NaN, as in numpy.
pub(crate) fn mean_unchecked(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let total = sum(values);
    let mean = if total.is_finite() { total / n } else { sum_of(values.iter().map(|v| v / n)) };
    within(mean, range(values))
}

/// A mean that has not left the range of its values: the quotient may round out of it. A constant series has
/// exactly its value as mean, hence no spurious spread.
fn within(mean: f64, (least, greatest): (f64, f64)) -> f64 {
    if mean < least {
        least
    } else if mean > greatest {
        greatest
    } else {
        mean
    }
}

/// [`mean_unchecked`] of values that come in parts. These cannot be asked for again where their total overflows, so
/// that it takes longer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunningMean {
    total: CompensatedSum,
    /// The sum of the values over their number, where the total overflows.
    shares: CompensatedSum,
    range: (f64, f64),
}

impl Default for RunningMean {
    fn default() -> Self {
        let (total, shares) = Default::default();
        Self { total, shares, range: (f64::INFINITY, f64::NEG_INFINITY) }
    }
}

impl RunningMean {
    /// Adds values, of `count` in all.
    pub(crate) fn add(&mut self, values: &[f64], count: usize) {
        let n = count as f64;
        for &value in values {
            self.total.add(value);
            self.shares.add(value / n);
        }
        let (least, greatest) = range(values);
        self.range = (self.range.0.min(least), self.range.1.max(greatest));
    }

    pub(crate) fn value(&self, count: usize) -> f64 {
        let total = self.total.value();
        let mean = if total.is_finite() { total / count as f64 } else { self.shares.value() };
        within(mean, self.range)
    }
}

/// The variance of more than `ddof` values, none of them NaN.
pub(crate) fn variance_unchecked(values: &[f64], ddof: usize) -> f64 {
    let mean = mean_unchecked(values);
    let squares = sum_of(values.iter().map(|v| (v - mean) * (v - mean)));
    squares / (values.len() - ddof) as f64
}

/// Least and greatest value; the order of numbers, NaN left aside.
pub(crate) fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), &v| (least.min(v), greatest.max(v)))
}

/// Means of two paired series and the sums of products of their deviations from them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CentredSums {
    pub n: usize,
    pub mean_x: f64,
    pub mean_y: f64,
    /// Σ(x - mean x)²
    pub xx: f64,
    /// Σ(x - mean x)(y - mean y)
    pub xy: f64,
    /// Σ(y - mean y)²
    pub yy: f64,
}

impl CentredSums {
    /// `x` and `y`: equally long, not empty, finite.
    pub(crate) fn of(x: &[f64], y: &[f64]) -> Self {
        let (mean_x, mean_y) = (mean_unchecked(x), mean_unchecked(y));
        let (mut xx, mut xy, mut yy) =
            (CompensatedSum::default(), CompensatedSum::default(), CompensatedSum::default());
        for (x, y) in x.iter().zip(y) {
            let (dx, dy) = (x - mean_x, y - mean_y);
            xx.add(dx * dx);
            xy.add(dx * dy);
            yy.add(dy * dy);
        }
        Self { n: x.len(), mean_x, mean_y, xx: xx.value(), xy: xy.value(), yy: yy.value() }
    }

    /// As [`CentredSums::of`], with an error unless the spread of x can be divided by.
    pub(crate) fn with_spread_in_x(x: &[f64], y: &[f64]) -> Result<Self, Error> {
        require_spread("x", x)?;
        let sums = Self::of(x, y);
        if !sums.xx.is_normal() || !(sums.mean_x * sums.mean_x).is_finite() {
            return Err(Error::OutOfRange { series: "x" });
        }
        let (least, greatest) = range(y);
        if least < greatest && !sums.yy.is_normal() {
            return Err(Error::OutOfRange { series: "y" });
        }
        Ok(sums)
    }

    /// Pearson's r = xy / √(xx yy), clipped to [-1, 1] against rounding; 0 if y is constant, as scipy
    /// 1.5 has it.
    pub(crate) fn correlation(&self) -> f64 {
        if self.yy == 0.0 {
            return 0.0;
        }
        let product = self.xx * self.yy;
        let denominator = if product.is_normal() { product.sqrt() } else { self.xx.sqrt() * self.yy.sqrt() };
        (self.xy / denominator).clamp(-1.0, 1.0)
    }
}

/// Refuses a series whose values are all equal.
pub(crate) fn require_spread(series: &'static str, values: &[f64]) -> Result<(), Error> {
    match values {
        [first, rest @ ..] if rest.iter().all(|v| v == first) => {
            Err(Error::Constant { series, count: values.len(), value: *first })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{mean, std, variance};
    use crate::Error;

    #[test]
    fn a_constant_series_has_no_spread_whatever_its_digits() {
        for (value, count) in [(0.1, 3), (0.1, 7), (1.0 / 3.0, 49), (1e308, 9), (-2.2e-16, 5)] {
            let values = vec![value; count];
            assert_eq!(mean(&values), Ok(value));
            assert_eq!(variance(&values, 1), Ok(0.0));
        }
    }

    #[test]
    fn a_large_offset_does_not_cancel() {
        let values = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0];
        assert_eq!(variance(&values, 1), Ok(30.0));
        assert_eq!(std(&values, 1), Ok(30.0f64.sqrt()));
    }

    #[test]
    fn too_few_missing_and_huge_values_are_errors() {
        assert!(matches!(mean(&[]), Err(Error::TooFew { needed: 1, got: 0, .. })));
        assert!(matches!(variance(&[1.0], 1), Err(Error::TooFew { needed: 2, got: 1, .. })));
        assert!(matches!(variance(&[1.0], usize::MAX), Err(Error::TooFew { .. })));
        assert!(matches!(mean(&[1.0, f64::NAN]), Err(Error::NotFinite { index: 1, .. })));
        assert_eq!(mean(&[f64::MAX, f64::MAX]), Ok(f64::MAX));
        assert_eq!(std(&[1e200, -1e200], 0), Err(Error::OutOfRange { series: "values" }));
    }
}
