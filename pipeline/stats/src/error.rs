//! What can be wrong with the data that a statistic is asked of.

/// Why a statistic could not be computed.
///
/// `series` is the name of the argument (`values`, `x` or `y`); an index counts from 0. Which study and
/// column the values came from is for the caller to add.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A pair is incomplete.
    #[error("x has {x} values and y has {y}: pass exactly one y for each x")]
    LengthMismatch {
        /// Number of values in x.
        x: usize,
        /// Number of values in y.
        y: usize,
    },

    /// The statistic is not defined for so few values.
    #[error("{statistic} needs at least {needed} values, but there are {got}")]
    TooFew {
        /// What was asked for.
        statistic: &'static str,
        /// The least number of values for which it is defined.
        needed: usize,
        /// The number of values passed.
        got: usize,
    },

    /// More values than the index draw of the bootstrap can address.
    #[error("a bootstrap takes at most {allowed} pairs, but there are {got}: thin the data out first")]
    TooMany {
        /// The greatest number of pairs.
        allowed: usize,
        /// The number of pairs passed.
        got: usize,
    },

    /// A missing or infinite value.
    #[error("{series}[{index}] is {value}, expected a finite number: drop the row or fill the value in first")]
    NotFinite {
        /// The argument at fault.
        series: &'static str,
        /// Position of the first such value, from 0.
        index: usize,
        /// NaN or an infinity.
        value: f64,
    },

    /// No line can be fitted, or no correlation defined, without spread.
    #[error("all {count} values of {series} equal {value}: the statistic needs at least two different ones")]
    Constant {
        /// The argument at fault.
        series: &'static str,
        /// How many values there are.
        count: usize,
        /// The one value they have.
        value: f64,
    },

    /// Features that are made part by part, of which a part has more or fewer.
    #[error("there are {got} features of the observations from {first} on, expected {expected}: make the same of all")]
    FeatureCount {
        /// The first observation of the part, from 0.
        first: usize,
        /// The number of features of each observation.
        expected: usize,
        /// The number of features passed.
        got: usize,
    },

    /// A feature adds nothing to those before it.
    #[error(
        "feature {feature} is a linear combination of those before it, or constant: leave it out, or fit by \
         singular values"
    )]
    Dependent {
        /// Its place, from 0.
        feature: usize,
    },

    /// An iteration did not end.
    #[error("{what} did not settle: look for features of extremely different sizes")]
    NoConvergence {
        /// What was iterated.
        what: &'static str,
    },

    /// The values are so large or so close that squares leave the range of `f64`.
    #[error(
        "squares of {series} or of its deviations are beyond the range of a 64-bit float: use another unit for {series}"
    )]
    OutOfRange {
        /// The argument at fault.
        series: &'static str,
    },

    /// A probability, quantile or confidence level outside its interval.
    #[error("{name} is {value}, expected a number {expected}")]
    InvalidProbability {
        /// Name of the argument.
        name: &'static str,
        /// The value passed.
        value: f64,
        /// The interval, in words.
        expected: &'static str,
    },

    /// A count of the bootstrap that makes no band.
    #[error("{name} is {value}, expected at least {least}")]
    InvalidOption {
        /// Name of the field of [`BootstrapOptions`](crate::BootstrapOptions).
        name: &'static str,
        /// The value passed.
        value: usize,
        /// The least value that works.
        least: usize,
    },
}

/// Refuses NaN and infinities; the error names the first one.
pub(crate) fn require_finite(series: &'static str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Error::NotFinite { series, index, value: values[index] }),
    }
}

/// Refuses slices that are too short, and NaN and infinities.
pub(crate) fn require_values(statistic: &'static str, needed: usize, values: &[f64]) -> Result<(), Error> {
    if values.len() < needed {
        return Err(Error::TooFew { statistic, needed, got: values.len() });
    }
    require_finite("values", values)
}

/// Refuses pairs that are incomplete, too few or not finite.
pub(crate) fn require_pairs(statistic: &'static str, needed: usize, x: &[f64], y: &[f64]) -> Result<(), Error> {
    if x.len() != y.len() {
        return Err(Error::LengthMismatch { x: x.len(), y: y.len() });
    }
    if x.len() < needed {
        return Err(Error::TooFew { statistic, needed, got: x.len() });
    }
    require_finite("x", x)?;
    require_finite("y", y)
}
