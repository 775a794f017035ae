//! The summary that pandas prints of a column.

use serde::Serialize;

use crate::moments::{mean_unchecked, variance_unchecked};
use crate::quantile::{quantile_of_sorted, sorted};

/// Summary of a series, as `pandas.Series.describe` gives it. All but the counts have the unit of the
/// values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Describe {
    /// Number of values that are not NaN.
    pub count: usize,
    /// Number of NaN, which all other fields leave out. Not in pandas' summary.
    pub missing: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation, n - 1 in the denominator; NaN for fewer than two values.
    pub std: f64,
    /// Least value.
    pub min: f64,
    /// 25 % quantile, linearly interpolated.
    pub q25: f64,
    /// Median.
    pub q50: f64,
    /// 75 % quantile, linearly interpolated.
    pub q75: f64,
    /// Greatest value.
    pub max: f64,
}

/// Summarises `values` as `pandas.Series.describe` does: NaN are skipped (and counted), and what is not
/// defined for so few values is NaN. Infinities count as values, as in pandas.
pub fn describe(values: &[f64]) -> Describe {
    let present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    let ascending = sorted(&present);
    Describe {
        count: present.len(),
        missing: values.len() - present.len(),
        mean: if present.is_empty() { f64::NAN } else { mean_unchecked(&present) },
        std: if present.len() < 2 { f64::NAN } else { variance_unchecked(&present, 1).sqrt() },
        min: quantile_of_sorted(&ascending, 0.0),
        q25: quantile_of_sorted(&ascending, 0.25),
        q50: quantile_of_sorted(&ascending, 0.5),
        q75: quantile_of_sorted(&ascending, 0.75),
        max: quantile_of_sorted(&ascending, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn infinities_are_values_as_in_pandas() {
        let summary = describe(&[1.0, f64::INFINITY, f64::NAN, 2.0]);
        assert_eq!((summary.count, summary.missing), (3, 1));
        assert_eq!((summary.mean, summary.max), (f64::INFINITY, f64::INFINITY));
        assert_eq!((summary.min, summary.q50), (1.0, 2.0));
        assert!(summary.std.is_nan());
    }
}
