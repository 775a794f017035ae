//! Least squares by singular values.

use nalgebra::linalg::SVD;
use nalgebra::{DMatrix, DVector};

use super::{LinearModel, require_observations};
use crate::error::Error;
use crate::moments::mean_unchecked;

/// A least-squares fit.
#[derive(Clone, Debug, PartialEq)]
pub struct LeastSquares {
    /// The model.
    pub model: LinearModel,
    /// The number of directions in the space of features that the observations determine.
    pub rank: usize,
    /// Of the centred features, from the greatest to the least.
    pub singular_values: Vec<f64>,
}

/// Steps after which a decomposition that does not settle is given up, for each feature; some two are
/// enough.
pub(super) const STEPS: usize = 100;

/// Fits a linear model with intercept by least squares, as `sklearn.linear_model.LinearRegression` of
/// scikit-learn 1.2 does, which calls LAPACK's `gelsd` through `scipy.linalg.lstsq`.
///
/// Features and target are centred; of all coefficients with the least sum of squared residuals, those
/// with the least norm are taken. Singular values of at most ε = 2.2e-16 times the greatest count as zero,
/// so that a constant feature gets the coefficient 0. As in LAPACK the features are first reduced to a
/// triangle by Householder reflections (Golub and Van Loan, "Matrix computations", 2013, 5.3.3 and
/// 8.6.3).
///
/// The relative error of a prediction is about ε times the ratio of the greatest singular value to the
/// least that counts: 1e-4 for the worst of the features of module-energy, products in raw units.
///
/// # Errors
///
/// [`Error::LengthMismatch`], [`Error::TooFew`] without observations, [`Error::NotFinite`],
/// [`Error::NoConvergence`].
pub fn least_squares(features: &[Vec<f64>], target: &[f64]) -> Result<LeastSquares, Error> {
    require_observations("a linear model", 1, features, target)?;
    let (rows, columns) = (target.len(), features.len());
    let (centred, mut right, means, mean_target) = centred(features, target);
    if columns == 0 {
        let model = LinearModel { intercept: mean_target, coefficients: Vec::new() };
        return Ok(LeastSquares { model, rank: 0, singular_values: Vec::new() });
    }
    let reduced = centred.qr();
    reduced.q_tr_mul(&mut right);
    let right = right.rows(0, rows.min(columns)).into_owned();
    let decomposed = SVD::try_new(reduced.unpack_r(), true, true, f64::EPSILON, STEPS * columns);
    let decomposed = decomposed.ok_or(Error::NoConvergence { what: "the singular values" })?;
    let singular_values: Vec<f64> = decomposed.singular_values.iter().copied().collect();
    let least = f64::EPSILON * singular_values.first().copied().unwrap_or(0.0);
    let solution = decomposed.solve(&right, least);
    let solution = solution.map_err(|_| Error::NoConvergence { what: "the singular values" })?;
    let coefficients: Vec<f64> = solution.iter().copied().collect();
    let shift: f64 = coefficients.iter().zip(&means).map(|(slope, mean)| slope * mean).sum();
    let rank = singular_values.iter().filter(|value| **value > least).count();
    let model = LinearModel { intercept: mean_target - shift, coefficients };
    Ok(LeastSquares { model, rank, singular_values })
}

/// Features and target less their means, and these.
pub(super) fn centred(features: &[Vec<f64>], target: &[f64]) -> (DMatrix<f64>, DVector<f64>, Vec<f64>, f64) {
    let means: Vec<f64> = features.iter().map(|feature| mean_unchecked(feature)).collect();
    let mean_target = mean_unchecked(target);
    let centred = features.iter().zip(&means).flat_map(|(feature, mean)| feature.iter().map(move |x| x - mean));
    let matrix = DMatrix::from_iterator(target.len(), features.len(), centred);
    let right = DVector::from_iterator(target.len(), target.iter().map(|y| y - mean_target));
    (matrix, right, means, mean_target)
}
