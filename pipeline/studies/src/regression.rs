//! Regressions as records.

use stats::LinearRegression;

use crate::record::Record;

/// The record of a regression, with the names of scipy's `linregress`, and the number of points.
pub(crate) fn record(id: &str, fit: &LinearRegression) -> Record {
    Record::regression(id)
        .value("slope", fit.slope)
        .value("intercept", fit.intercept)
        .value("rvalue", fit.rvalue)
        .value("pvalue", fit.pvalue)
        .value("stderr", fit.stderr)
        .value("n", fit.n)
}
