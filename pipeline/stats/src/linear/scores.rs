//! How near predictions come.

use crate::error::{Error, require_pairs};
use crate::moments::mean_unchecked;
use crate::sum::sum_of;

/// The coefficient of determination, 1 - Σ(y - ŷ)² / Σ(y - ȳ)² (`sklearn.metrics.r2_score`): 1 at best,
/// 0 for the mean of `truth`, below 0 for what is worse than that. Of constant `truth` it is 1 if the
/// prediction is perfect and 0 otherwise.
///
/// # Errors
///
/// [`Error::LengthMismatch`], [`Error::TooFew`] below two observations, [`Error::NotFinite`].
pub fn r2_score(truth: &[f64], predicted: &[f64]) -> Result<f64, Error> {
    require_pairs("the coefficient of determination", 2, truth, predicted)?;
    let mean = mean_unchecked(truth);
    let residual = sum_of(truth.iter().zip(predicted).map(|(y, p)| (y - p) * (y - p)));
    let total = sum_of(truth.iter().map(|y| (y - mean) * (y - mean)));
    Ok(match (residual, total) {
        (0.0, 0.0) => 1.0,
        (_, 0.0) => 0.0,
        _ => 1.0 - residual / total,
    })
}

/// The mean squared error, Σ(y - ŷ)² / n (`sklearn.metrics.mean_squared_error`), in the square of the unit.
///
/// # Errors
///
/// [`Error::LengthMismatch`], [`Error::TooFew`] without observations, [`Error::NotFinite`].
pub fn mean_squared_error(truth: &[f64], predicted: &[f64]) -> Result<f64, Error> {
    require_pairs("the mean squared error", 1, truth, predicted)?;
    Ok(sum_of(truth.iter().zip(predicted).map(|(y, p)| (y - p) * (y - p))) / truth.len() as f64)
}

/// The mean absolute error, Σ|y - ŷ| / n (`sklearn.metrics.mean_absolute_error`), in the unit of the values.
///
/// # Errors
///
/// As [`mean_squared_error`].
pub fn mean_absolute_error(truth: &[f64], predicted: &[f64]) -> Result<f64, Error> {
    require_pairs("the mean absolute error", 1, truth, predicted)?;
    Ok(sum_of(truth.iter().zip(predicted).map(|(y, p)| (y - p).abs())) / truth.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_constant_truth_only_the_perfect_prediction_scores() {
        assert_eq!(r2_score(&[2.0, 2.0], &[2.0, 2.0]).unwrap(), 1.0);
        assert_eq!(r2_score(&[2.0, 2.0], &[2.0, 3.0]).unwrap(), 0.0);
        assert!(r2_score(&[2.0, 2.0], &[2.0]).is_err());
        assert_eq!(mean_absolute_error(&[1.0, 5.0], &[2.0, 2.0]).unwrap(), 2.0);
    }
}
