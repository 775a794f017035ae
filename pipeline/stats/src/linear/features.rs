//! Features made of others, and their scales.

use crate::error::{Error, require_values};
use crate::moments::{mean_unchecked, range, variance_unchecked};

/// Which products [`polynomial_features`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// Products of different features only.
    Interactions,
    /// All products, powers too.
    All,
}

/// All products of up to `degree` features: `sklearn.preprocessing.PolynomialFeatures`, with the constant 1
/// as first feature, then the features themselves, then products by the number of factors, in
/// lexicographic order of the factors.
///
/// A product is taken from its last factor to the first, as there.
pub fn polynomial_features(features: &[Vec<f64>], degree: usize, terms: Terms) -> Vec<Vec<f64>> {
    let factors = polynomial_factors(features.len(), degree, terms);
    factors.iter().map(|factors| product(features, factors)).collect()
}

/// The factors of each of the [`polynomial_features`] of so many features, by their places.
pub fn polynomial_factors(features: usize, degree: usize, terms: Terms) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    let mut shorter = all.clone();
    for _ in 0..degree {
        let follows = |first: usize, next: &Vec<usize>| match (terms, next.first()) {
            (_, None) => true,
            (Terms::Interactions, Some(next)) => *next > first,
            (Terms::All, Some(next)) => *next >= first,
        };
        let with = |first: usize| {
            let rest = shorter.iter().filter(move |next| follows(first, next));
            rest.map(move |next| [&[first], next.as_slice()].concat())
        };
        shorter = (0..features).flat_map(with).collect();
        all.extend(shorter.iter().cloned());
    }
    all
}

/// The product of features at some places, from the last factor to the first; 1 without any.
///
/// # Panics
///
/// If a place is not that of a feature.
pub fn product(features: &[Vec<f64>], factors: &[usize]) -> Vec<f64> {
    let mut factors = factors.iter().rev();
    let mut product = match factors.next() {
        Some(&last) => features[last].clone(),
        None => vec![1.0; features.first().map_or(0, Vec::len)],
    };
    for &factor in factors {
        product.iter_mut().zip(&features[factor]).for_each(|(product, value)| *product *= value);
    }
    product
}

/// Brings features to mean 0 and standard deviation 1: `sklearn.preprocessing.StandardScaler`. A feature
/// without spread becomes 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardiser {
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl Standardiser {
    /// The means and standard deviations (ddof 0) of the features.
    ///
    /// # Errors
    ///
    /// [`Error::TooFew`] without observations, [`Error::NotFinite`], [`Error::OutOfRange`] if squares
    /// overflow.
    pub fn of(features: &[Vec<f64>]) -> Result<Self, Error> {
        let (mut means, mut deviations) = (Vec::new(), Vec::new());
        for feature in features {
            require_values("a standard deviation", 1, feature)?;
            let deviation = variance_unchecked(feature, 0).sqrt();
            if !deviation.is_finite() {
                return Err(Error::OutOfRange { series: "a feature" });
            }
            means.push(mean_unchecked(feature));
            deviations.push(if deviation == 0.0 { 1.0 } else { deviation });
        }
        Ok(Self { means, deviations })
    }

    /// Other observations of the same features, in the scale of those that it was made of.
    pub fn apply(&self, features: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let scales = self.means.iter().zip(&self.deviations);
        let scaled = features
            .iter()
            .zip(scales)
            .map(|(feature, (mean, deviation))| feature.iter().map(|value| (value - mean) / deviation).collect());
        scaled.collect()
    }
}

/// Brings the range of values to [0, 1]: `sklearn.preprocessing.MinMaxScaler`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MinMax {
    /// What becomes 0.
    pub min: f64,
    /// What becomes 1.
    pub max: f64,
}

impl MinMax {
    /// The range of some values.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`], [`Error::TooFew`] without values, [`Error::Constant`] if there is no range.
    pub fn of(values: &[f64]) -> Result<Self, Error> {
        require_values("a range", 1, values)?;
        let (min, max) = range(values);
        if min == max {
            return Err(Error::Constant { series: "values", count: values.len(), value: min });
        }
        Ok(Self { min, max })
    }

    /// Values in this scale; beyond [0, 1] outside the range.
    pub fn apply(&self, values: &[f64]) -> Vec<f64> {
        // As there: one factor, and one summand.
        let factor = 1.0 / (self.max - self.min);
        let summand = -self.min * factor;
        values.iter().map(|value| value * factor + summand).collect()
    }

    /// Values of this scale in their own unit.
    pub fn invert(&self, scaled: &[f64]) -> Vec<f64> {
        scaled.iter().map(|value| value * (self.max - self.min) + self.min).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_come_by_length_then_by_factors() {
        let features = [vec![2.0], vec![3.0], vec![5.0]];
        let column = |columns: Vec<Vec<f64>>| columns.into_iter().map(|column| column[0]).collect::<Vec<_>>();
        let interactions = column(polynomial_features(&features, 3, Terms::Interactions));
        assert_eq!(interactions, [1.0, 2.0, 3.0, 5.0, 6.0, 10.0, 15.0, 30.0]);
        let all = column(polynomial_features(&features, 2, Terms::All));
        assert_eq!(all, [1.0, 2.0, 3.0, 5.0, 4.0, 6.0, 10.0, 9.0, 15.0, 25.0]);
    }

    #[test]
    fn a_feature_without_spread_becomes_zero() {
        let scale = Standardiser::of(&[vec![0.1, 0.1, 0.1], vec![1.0, 2.0, 3.0]]).unwrap();
        let scaled = scale.apply(&[vec![0.1, 7.0], vec![2.0, 2.0]]);
        assert_eq!(scaled[0][0], 0.0);
        assert_eq!(scaled[1], [0.0, 0.0]);
    }

    #[test]
    fn a_range_is_kept_there_and_back() {
        let scale = MinMax::of(&[4.0, 2.0, 3.0]).unwrap();
        assert_eq!(scale.apply(&[2.0, 3.0, 6.0]), [0.0, 0.5, 2.0]);
        assert_eq!(scale.invert(&[0.0, 0.5, 2.0]), [2.0, 3.0, 6.0]);
        assert!(MinMax::of(&[1.0, 1.0]).is_err());
    }
}
