//! Linear models of many features, and what is done before and after they are fitted, with the
//! definitions of scikit-learn.
//!
//! Features come in as columns: one `Vec` for each feature, with one value for each observation. All
//! columns and the target have the same length.

mod features;
mod gelsd;
mod lasso;
mod least_squares;
mod products;
mod scores;
mod split;

use serde::Serialize;

pub use features::{MinMax, Standardiser, Terms, polynomial_factors, polynomial_features, product};
pub use gelsd::gelsd_least_squares;
pub use lasso::{Lasso, LassoOptions, lasso};
pub use least_squares::{LeastSquares, least_squares};
pub use products::CentredProducts;
pub use scores::{mean_absolute_error, mean_squared_error, r2_score};
pub use split::{folds, shuffled_indices};

use crate::error::{Error, require_finite};

/// A linear model, y = intercept + Σ coefficient · feature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinearModel {
    /// Unit of y.
    pub intercept: f64,
    /// One for each feature; unit of y per unit of the feature.
    pub coefficients: Vec<f64>,
}

impl LinearModel {
    /// The model at each observation. Features that the model does not have are left out, and of those
    /// that are not given nothing is added.
    pub fn predict(&self, features: &[Vec<f64>]) -> Vec<f64> {
        let observations = features.first().map_or(0, Vec::len);
        let mut values = vec![self.intercept; observations];
        for (coefficient, feature) in self.coefficients.iter().zip(features) {
            // Most coefficients of a lasso are zero.
            if *coefficient != 0.0 {
                values.iter_mut().zip(feature).for_each(|(value, x)| *value += coefficient * x);
            }
        }
        values
    }
}

/// Refuses features and targets that are too few, of different lengths or not finite.
fn require_observations(
    statistic: &'static str,
    needed: usize,
    features: &[Vec<f64>],
    target: &[f64],
) -> Result<(), Error> {
    for feature in features {
        if feature.len() != target.len() {
            return Err(Error::LengthMismatch { x: feature.len(), y: target.len() });
        }
        require_finite("a feature", feature)?;
    }
    if target.len() < needed {
        return Err(Error::TooFew { statistic, needed, got: target.len() });
    }
    require_finite("the target", target)
}

/// Takes a multiple of one list of numbers from another, four at a time where the processor can. Each number
/// is rounded by itself, so that the result is the same on every processor.
fn subtract_multiple(from: &mut [f64], factor: f64, of: &[f64]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx")]
        fn wide(from: &mut [f64], factor: f64, of: &[f64]) {
            from.iter_mut().zip(of).for_each(|(from, of)| *from -= factor * of);
        }
        if std::arch::is_x86_feature_detected!("avx") {
            // SAFETY: the processor has what the function is compiled for.
            unsafe { wide(from, factor, of) };
            return;
        }
    }
    from.iter_mut().zip(of).for_each(|(from, of)| *from -= factor * of);
}

/// The scalar product, added up in the order of the values, in four interleaved sums.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut product = RunningDot::default();
    product.add(a, b);
    product.value()
}

/// A sum of products of lists that come in parts, each but the last one a multiple of four numbers long: in four lanes,
/// which the processor adds up at once.
#[derive(Clone, Copy, Debug, Default)]
struct RunningDot {
    sums: [f64; 4],
    tail: f64,
}

impl RunningDot {
    fn add(&mut self, a: &[f64], b: &[f64]) {
        let (pairs, rest) = (a.chunks_exact(4).zip(b.chunks_exact(4)), a.len().min(b.len()) / 4 * 4);
        let mut sums = self.sums;
        for (a, b) in pairs {
            for lane in 0..4 {
                sums[lane] += a[lane] * b[lane];
            }
        }
        self.sums = sums;
        self.tail = a[rest..].iter().zip(&b[rest..]).map(|(a, b)| a * b).sum();
    }

    fn value(&self) -> f64 {
        (self.sums[0] + self.sums[1]) + (self.sums[2] + self.sums[3]) + self.tail
    }
}
