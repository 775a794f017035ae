//! Statistics with the definitions of scipy, pandas and numpy.
//!
//! The studies were published with numbers that came out of scipy, pandas and seaborn. To be compared
//! digit by digit, the numbers made here follow the same definitions, including the quirks that show in
//! print; each item names the function it follows.
//!
//! | here | follows |
//! | --- | --- |
//! | [`linear_regression`] | `scipy.stats.linregress` of scipy 1.5 |
//! | [`pearson`], [`spearman`] | `scipy.stats.pearsonr`, `scipy.stats.spearmanr` |
//! | [`describe`] | `pandas.Series.describe` |
//! | [`quantile`], [`median`] | `numpy.quantile`, method `linear` |
//! | [`mean`], [`variance`], [`std()`] | `numpy.mean`, `numpy.var`, `numpy.std` |
//! | [`ranks`] | `scipy.stats.rankdata`, method `average` |
//! | [`ln_student_t_two_sided`], [`student_t_quantile`] | `scipy.stats.t` (`2 sf`, `ppf`), in log space |
//! | [`argsort_quicksort`] | `numpy.argsort` of object arrays, and so `pandas.DataFrame.sort_values` on one text column |
//! | [`bootstrap_band`] | `seaborn.regplot` of seaborn 0.10, same resamples for the same seed |
//! | [`least_squares`], [`lasso`] | `sklearn.linear_model.LinearRegression`, `Lasso` of scikit-learn 1.2 |
//! | [`gelsd_least_squares`] | the same where LAPACK's rounding decides |
//! | [`polynomial_features`], [`Standardiser`], [`MinMax`] | `sklearn.preprocessing.PolynomialFeatures`, `StandardScaler`, `MinMaxScaler` |
//! | [`r2_score`], [`mean_squared_error`], [`mean_absolute_error`] | those of `sklearn.metrics` |
//! | [`shuffled_indices`], [`folds`] | `numpy.random.RandomState.permutation`, `sklearn.model_selection.KFold` |
//! | [`bootstrap_mean`] | the whiskers of `seaborn.barplot` of seaborn 0.12, same resamples for the same seed |
//!
//! # Conventions
//!
//! - Values come in as slices of `f64`; the caller knows their units. A result has the unit that its
//!   formula gives it (a slope: unit of y per unit of x).
//! - Missing values are never skipped silently: every function that returns a [`Result`] refuses NaN and
//!   infinities and names the index. [`describe`] alone skips NaN, as pandas does, and counts them.
//! - P-values come three times: as the plain number, which is 0.0 below 1e-308 just as scipy prints it,
//!   and as natural and decimal logarithm, which hold far below that.
//! - Sums run from the first value to the last with Neumaier's compensation ([`sum`]). The result does
//!   not depend on threads, and for finite data it carries about one rounding error however many values
//!   there are. numpy adds pairwise, so the last digits may differ from numpy's. Only +, -, ×, ÷ and √
//!   are used for all but p-values and quantiles of Student's t, hence the same bits on every machine;
//!   those call ln and exp, whose last bit is the platform's. Linear models of many features are the exception: plain
//!   sums, in a fixed order.
//! - Nothing here panics on data. A result that cannot be represented is an error or NaN, as documented.
//!
//! # Example
//!
//! ```
//! // Energy in J over latency in s: the slope is a power in W.
//! let latency = [0.11, 0.35, 0.92, 1.4, 2.2];
//! let energy = [0.006, 0.015, 0.043, 0.064, 0.101];
//! let line = stats::linear_regression(&latency, &energy)?;
//! assert!((line.slope - 0.0459).abs() < 1e-3);
//! let (low, high) = line.slope_interval(0.95)?;
//! assert!(low < line.slope && line.slope < high);
//!
//! let band = stats::bootstrap_band(&latency, &energy, &stats::BootstrapOptions::default())?;
//! assert_eq!(band.x.len(), 100);
//! # Ok::<(), stats::Error>(())
//! ```

mod argsort;
mod bootstrap;
mod bootstrap_mean;
mod correlation;
mod describe;
mod error;
mod linear;
mod moments;
mod quantile;
mod random;
mod rank;
mod regression;
mod student_t;
mod student_t_quantile;
mod sum;

pub use argsort::{argsort_network, argsort_quicksort};
pub use bootstrap::{Band, BootstrapOptions, bootstrap_band};
pub use bootstrap_mean::{BootstrapMeanOptions, bootstrap_mean};
pub use correlation::{Correlation, pearson, spearman};
pub use describe::{Describe, describe};
pub use error::Error;
pub use linear::{
    CentredProducts, Lasso, LassoOptions, LeastSquares, LinearModel, MinMax, Standardiser, Terms, folds,
    gelsd_least_squares, lasso, least_squares, mean_absolute_error, mean_squared_error, polynomial_factors,
    polynomial_features, product, r2_score, shuffled_indices,
};
pub use moments::{mean, std, variance};
pub use quantile::{median, quantile};
pub use random::SplitMix64;
pub use rank::ranks;
pub use regression::{LinearRegression, linear_regression};
pub use student_t::ln_student_t_two_sided;
pub use student_t_quantile::student_t_quantile;
pub use sum::sum;
