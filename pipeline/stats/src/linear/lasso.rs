//! Least squares with a penalty on the sizes of the coefficients.

use super::{CentredProducts, LinearModel, dot, subtract_multiple};
use crate::error::Error;

/// How [`lasso`] fits. The default is that of `sklearn.linear_model.Lasso`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LassoOptions {
    /// Weight of the penalty, in the square of the unit of y per unit of a coefficient.
    pub alpha: f64,
    /// Passes over all coefficients after which the fit ends, settled or not.
    pub max_iterations: u32,
    /// Relative size of a step below which the duality gap is looked at, and of the gap to the sum of
    /// squares of the target below which the fit ends.
    pub tolerance: f64,
}

impl Default for LassoOptions {
    fn default() -> Self {
        Self { alpha: 1.0, max_iterations: 1000, tolerance: 1e-4 }
    }
}

/// A lasso fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Lasso {
    /// The model; many coefficients are exactly 0.
    pub model: LinearModel,
    /// Passes over all coefficients.
    pub iterations: u32,
    /// How far at most the objective is above its least value, as it was last looked at.
    pub dual_gap: f64,
    /// Whether the fit ended because the gap was small enough.
    pub converged: bool,
}

/// Minimises Σ(y - ŷ)² / 2n + α Σ|coefficient| over the coefficients of a linear model with intercept, as
/// `sklearn.linear_model.Lasso` does: features and target are centred, not scaled.
///
/// Coordinate descent (Friedman, Hastie and Tibshirani, "Regularization paths for generalized linear
/// models via coordinate descent", J. Stat. Softw. 33, 2010): one coefficient after the other, always in
/// the same order, is set to its best value with all others kept. When the largest change in a pass is
/// below `tolerance` times the largest coefficient, the duality gap is computed (Kim, Koh, Lustig, Boyd
/// and Gorinevsky, "An interior-point method for large-scale ℓ1-regularized least squares", IEEE J. Sel.
/// Top. Signal Process. 1, 2007), and the fit ends if it is below `tolerance` times Σ(y - ȳ)². With
/// features of very different sizes the small coefficients creep, and the number of passes depends on
/// the rule.
///
/// What a pass needs to know of the residuals are their products with the features. These are kept up
/// to date by the products of features among themselves, which costs nothing for coefficients that stay
/// 0, as most do.
///
/// # Errors
///
/// [`Error::InvalidOption`] without a single pass. NaN in `options` gives a fit that does not converge.
pub fn lasso(products: &CentredProducts, options: &LassoOptions) -> Result<Lasso, Error> {
    if options.max_iterations == 0 {
        return Err(Error::InvalidOption { name: "max_iterations", value: 0, least: 1 });
    }
    let observations = products.observations as f64;
    let penalty = options.alpha * observations;
    let enough = options.tolerance * products.target;
    let count = products.features();
    let mut coefficients = vec![0.0; count];
    // Products of the residuals with each feature.
    let mut residuals = products.with_target.clone();
    let (mut iterations, mut gap, mut converged) = (0, f64::INFINITY, false);
    while iterations < options.max_iterations && !converged {
        iterations += 1;
        let (mut largest, mut largest_step) = (0.0_f64, 0.0_f64);
        for feature in 0..count {
            let row = products.row(feature);
            let (size, before): (f64, f64) = (row[feature], coefficients[feature]);
            if size == 0.0 {
                continue;
            }
            let pull = residuals[feature] + before * size;
            let after = pull.signum() * (pull.abs() - penalty).max(0.0) / size;
            let step = after - before;
            if step != 0.0 {
                coefficients[feature] = after;
                subtract_multiple(&mut residuals, step, row);
            }
            largest = largest.max(after.abs());
            largest_step = largest_step.max(step.abs());
        }
        let is_last = iterations == options.max_iterations;
        if largest == 0.0 || largest_step / largest < options.tolerance || is_last {
            gap = duality_gap(products, &coefficients, &residuals, penalty);
            converged = gap < enough;
        }
    }
    let shift: f64 = coefficients.iter().zip(&products.means).map(|(slope, mean)| slope * mean).sum();
    let model = LinearModel { intercept: products.mean_target - shift, coefficients };
    Ok(Lasso { model, iterations, dual_gap: gap / observations, converged })
}

/// The objective times n, less the objective of the dual problem at the residuals, shrunk until they are
/// a feasible point of it.
fn duality_gap(products: &CentredProducts, coefficients: &[f64], residuals: &[f64], penalty: f64) -> f64 {
    let steepest = residuals.iter().fold(0.0_f64, |most, product| most.max(product.abs()));
    let with_target = dot(coefficients, &products.with_target);
    // Residuals with the target, and with themselves: y = fit + residual.
    let residual_target = products.target - with_target;
    let squares = residual_target - dot(coefficients, residuals);
    let sizes: f64 = coefficients.iter().map(|coefficient| coefficient.abs()).sum();
    let shrunk = if steepest > penalty { penalty / steepest } else { 1.0 };
    let loss = if steepest > penalty { 0.5 * (squares + squares * shrunk * shrunk) } else { squares };
    loss + penalty * sizes - shrunk * residual_target
}
