//! Sums of products of centred features: all that a least-squares fit needs to know of the observations.

use std::ops::Range;

use super::{LinearModel, RunningDot, dot, require_observations};
use crate::error::Error;
use crate::moments::{RunningMean, mean_unchecked};

/// Observations that are looked at together: a multiple of the lanes of a [`RunningDot`], so that the sums of all are
/// those of one long list.
const PART: usize = 2048;

/// The means of features and target, and the sums of products of what is left without them.
///
/// They are made once and serve any number of fits to subsets of the features.
#[derive(Clone, Debug, PartialEq)]
pub struct CentredProducts {
    pub(super) observations: usize,
    pub(super) means: Vec<f64>,
    pub(super) mean_target: f64,
    /// Features by features, row after row.
    pub(super) features: Vec<f64>,
    /// Each feature with the target.
    pub(super) with_target: Vec<f64>,
    /// The target with itself.
    pub(super) target: f64,
}

impl CentredProducts {
    /// Of all observations.
    ///
    /// # Errors
    ///
    /// [`Error::LengthMismatch`], [`Error::TooFew`] without observations, [`Error::NotFinite`],
    /// [`Error::OutOfRange`] if products leave the range of `f64`.
    pub fn of(features: &[Vec<f64>], target: &[f64]) -> Result<Self, Error> {
        require_observations("a linear model", 1, features, target)?;
        let part = |rows: Range<usize>| features.iter().map(|feature| feature[rows.clone()].to_vec()).collect();
        Self::of_parts(target, features.len(), part)
    }

    /// Of observations whose features are made when they are needed: `part` gives so many features of the observations in
    /// a range. It is asked for each range twice, so that no more than some thousand observations are in memory. The
    /// products are those of [`CentredProducts::of`] to the last bit.
    ///
    /// # Errors
    ///
    /// As of [`CentredProducts::of`], and [`Error::FeatureCount`] if `part` gives another number of features.
    pub fn of_parts(target: &[f64], count: usize, part: impl Fn(Range<usize>) -> Vec<Vec<f64>>) -> Result<Self, Error> {
        require_observations("a linear model", 1, &[], target)?;
        let ranges = || (0..target.len()).step_by(PART).map(|first| first..target.len().min(first + PART));
        let part = |rows: Range<usize>| {
            let (first, features) = (rows.start, part(rows));
            match features.len() {
                got if got == count => Ok(features),
                got => Err(Error::FeatureCount { first, expected: count, got }),
            }
        };
        let mut running = vec![RunningMean::default(); count];
        for rows in ranges() {
            let features = part(rows.clone())?;
            let first = rows.start;
            require_observations("a linear model", 1, &features, &target[rows]).map_err(|error| match error {
                Error::NotFinite { series, index, value } => Error::NotFinite { series, index: first + index, value },
                error => error,
            })?;
            running.iter_mut().zip(&features).for_each(|(mean, feature)| mean.add(feature, target.len()));
        }
        let means: Vec<f64> = running.iter().map(|mean| mean.value(target.len())).collect();
        let mean_target = mean_unchecked(target);
        let centre = |values: &[f64], mean: f64| values.iter().map(|value| value - mean).collect::<Vec<f64>>();

        // The lower triangle, row after row, then the products with the target.
        let mut running = vec![RunningDot::default(); count * (count + 1) / 2 + count];
        for rows in ranges() {
            let centred_target = centre(&target[rows.clone()], mean_target);
            let features = part(rows)?;
            let centred: Vec<Vec<f64>> =
                features.iter().zip(&means).map(|(feature, mean)| centre(feature, *mean)).collect();
            let pairs = centred.iter().enumerate().flat_map(|(row, a)| centred[..=row].iter().map(move |b| (a, b)));
            let pairs = pairs.chain(centred.iter().map(|a| (a, &centred_target)));
            running.iter_mut().zip(pairs).for_each(|(product, (a, b))| product.add(a, b));
        }
        let mut running = running.iter().map(RunningDot::value);
        let mut products = vec![0.0; count * count];
        for row in 0..count {
            for (column, product) in running.by_ref().take(row + 1).enumerate() {
                if !product.is_finite() {
                    return Err(Error::OutOfRange { series: "a feature" });
                }
                products[row * count + column] = product;
                products[column * count + row] = product;
            }
        }
        let centred_target = centre(target, mean_target);
        Ok(Self {
            observations: target.len(),
            means,
            mean_target,
            features: products,
            with_target: running.collect(),
            target: dot(&centred_target, &centred_target),
        })
    }

    /// The number of features.
    pub fn features(&self) -> usize {
        self.means.len()
    }

    pub(super) fn row(&self, feature: usize) -> &[f64] {
        let count = self.means.len();
        self.features.get(feature * count..(feature + 1) * count).unwrap_or_default()
    }

    /// The least-squares model of the features at the places `subset`, by the Cholesky decomposition of
    /// the normal equations. It squares the condition of the features, so that they should be
    /// standardised before; see [`least_squares`](crate::least_squares) for others.
    ///
    /// # Errors
    ///
    /// [`Error::Dependent`] if a feature is, but for rounding, a linear combination of those before it.
    ///
    /// # Panics
    ///
    /// If a place is not that of a feature.
    pub fn least_squares(&self, subset: &[usize]) -> Result<LinearModel, Error> {
        let count = subset.len();
        let product = |a: usize, b: usize| self.features[subset[a] * self.means.len() + subset[b]];
        // The lower triangle L with L Lᵀ = products, row after row.
        let mut triangle = vec![0.0; count * count];
        let mut solution = vec![0.0; count];
        for row in 0..count {
            for column in 0..row {
                let known = dot(&triangle[row * count..row * count + column], &triangle[column * count..][..column]);
                triangle[row * count + column] = (product(row, column) - known) / triangle[column * count + column];
            }
            let above = &triangle[row * count..row * count + row];
            let rest = product(row, row) - dot(above, above);
            // What is left of a feature without those before it, as a share of it.
            if rest.is_nan() || rest <= product(row, row) * f64::EPSILON * 16.0 * count as f64 {
                return Err(Error::Dependent { feature: subset[row] });
            }
            let pivot = rest.sqrt();
            solution[row] = (self.with_target[subset[row]] - dot(above, &solution[..row])) / pivot;
            triangle[row * count + row] = pivot;
        }
        for row in (0..count).rev() {
            let known: f64 = (row + 1..count).map(|below| triangle[below * count + row] * solution[below]).sum();
            solution[row] = (solution[row] - known) / triangle[row * count + row];
        }
        let shift: f64 = subset.iter().zip(&solution).map(|(&place, slope)| slope * self.means[place]).sum();
        Ok(LinearModel { intercept: self.mean_target - shift, coefficients: solution })
    }

    /// The coefficient of determination of a model of the features at the places `subset` on these
    /// observations, as [`r2_score`](crate::r2_score) of its predictions.
    ///
    /// # Panics
    ///
    /// If a place is not that of a feature.
    pub fn r2(&self, subset: &[usize], model: &LinearModel) -> f64 {
        let slopes = &model.coefficients;
        let (mut explained, mut squares, mut mean) = (0.0, 0.0, self.mean_target - model.intercept);
        for (&row, slope) in subset.iter().zip(slopes) {
            explained += slope * self.with_target[row];
            mean -= slope * self.means[row];
            let products: f64 = subset.iter().zip(slopes).map(|(&column, other)| other * self.row(row)[column]).sum();
            squares += slope * products;
        }
        let residual = self.target - 2.0 * explained + squares + self.observations as f64 * mean * mean;
        1.0 - residual / self.target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_over_parts_are_those_of_whole_lists() {
        let count = 2 * PART + 7;
        let value = |row: usize, by: f64| ((row * 7919 % count) as f64 * by).sin() * 1e3 + by;
        let column = |by: f64| (0..count).map(|row| value(row, by)).collect::<Vec<f64>>();
        let (features, target) = (vec![column(0.3), column(1.7), vec![2.0; count]], column(0.9));
        let products = CentredProducts::of(&features, &target).unwrap();
        let centred = |values: &[f64]| {
            let mean = mean_unchecked(values);
            values.iter().map(|value| value - mean).collect::<Vec<f64>>()
        };
        let columns: Vec<Vec<f64>> = features.iter().map(|feature| centred(feature)).collect();
        for (row, a) in columns.iter().enumerate() {
            for (column, b) in columns.iter().enumerate() {
                assert_eq!(products.row(row)[column], dot(a, b));
            }
            assert_eq!(
                (products.with_target[row], products.means[row]),
                (dot(a, &centred(&target)), mean_unchecked(&features[row]))
            );
        }
        assert_eq!(products.target, dot(&centred(&target), &centred(&target)));
    }

    #[test]
    fn what_is_wrong_is_found_in_the_last_part_too() {
        let mut feature = vec![1.0; PART + 1];
        let target = feature.clone();
        feature[PART] = f64::NAN;
        // Not by `of`, which looks at all observations before it makes parts of them.
        let products = CentredProducts::of_parts(&target, 1, |rows| vec![feature[rows].to_vec()]);
        assert!(matches!(products, Err(Error::NotFinite { series: "a feature", index: PART, .. })), "{products:?}");
        assert!(matches!(CentredProducts::of(&[], &[]), Err(Error::TooFew { .. })));
    }

    #[test]
    fn a_part_with_another_number_of_features_is_refused() {
        let target = vec![1.0; PART + 1];
        for (count, last, got) in [(2, 1, 1), (1, 2, 2)] {
            let part = |rows: Range<usize>| vec![vec![1.0; rows.len()]; if rows.start == 0 { count } else { last }];
            let products = CentredProducts::of_parts(&target, count, part);
            assert_eq!(products, Err(Error::FeatureCount { first: PART, expected: count, got }));
        }
    }
}
