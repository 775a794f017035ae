//! Regressions.

use dag::Problem;
use serde::Serialize;
use stats::{LinearRegression, linear_regression, pearson};

use crate::cx::Cx;
use crate::record::Record;
use crate::regression;
use crate::table::Table;

/// Carbon intensity of the United Kingdom in g CO2e/kWh: as the public table has it, and, from
/// 2020-09-07 on, as the author edited it (printed in cell 55 of the training notebook).
pub(super) const GRAMS_PER_KWH: [f64; 2] = [623.0, 253.0];

/// Which models are taken.
#[derive(Clone, Copy, PartialEq, Serialize)]
pub(super) enum Select {
    All,
    Vgg,
    WithoutDensenet,
}

impl Select {
    /// The rows of a table that are taken.
    pub(super) fn of(self, table: &Table) -> Result<Table, Problem> {
        let taken = |model: &str| match self {
            Select::All => true,
            Select::Vgg => model.starts_with("vgg"),
            Select::WithoutDensenet => !model.starts_with("densenet"),
        };
        let models = table.texts("model")?;
        let rows: Vec<usize> =
            models.iter().enumerate().filter(|(_, model)| taken(model)).map(|(row, _)| row).collect();
        table.take(&rows)
    }
}

/// What is told beside the line.
#[derive(Clone, Copy, PartialEq, Serialize)]
pub(super) enum Errors {
    None,
    /// The correlation coefficient by another algorithm.
    Pearson,
    /// "rmse" and "mae" of x against y (quirk `x-against-y`): of this selection, which for one regression
    /// is that of the one before (quirk `stale-variables`). The residuals' are in the corrected record.
    XAgainstY(Select),
}

/// A regression.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Regression {
    pub(super) id: &'static str,
    /// Which clean table it is of.
    pub(super) table: &'static str,
    pub(super) x: &'static str,
    pub(super) y: &'static str,
    pub(super) select: Select,
    pub(super) errors: Errors,
    /// Units of slope and intercept.
    pub(super) units: (&'static str, &'static str),
}

const fn regression(
    id: &'static str,
    table: &'static str,
    (x, y): (&'static str, &'static str),
    select: Select,
    units: (&'static str, &'static str),
) -> Regression {
    Regression { id, table, x, y, select, errors: Errors::None, units }
}

const fn with(errors: Errors, regression: Regression) -> Regression {
    Regression { errors, ..regression }
}

const TOP5: (&str, &str) = ("%/GFLOP", "%");
const TOP5_MAC: (&str, &str) = ("%/GMAC", "%");
const KWH: (&str, &str) = ("kWh/GFLOP", "kWh");
const KWH_MAC: (&str, &str) = ("kWh/GMAC", "kWh");
const JOULE: (&str, &str) = ("J/GFLOP", "J");
const JOULE_MAC: (&str, &str) = ("J/GMAC", "J");
const GFLOPS: (&str, &str) = ("gflops", "kwh");

use Select::{All, Vgg, WithoutDensenet};

/// All regressions: inference notebook, training notebook, superseded versions.
pub(super) const REGRESSIONS: [Regression; 22] = [
    with(Errors::Pearson, regression("inf.r01", "accurate", ("gflops", "top5"), All, TOP5)),
    regression("inf.r02", "accurate", ("gflops", "top5"), Vgg, TOP5),
    with(Errors::XAgainstY(All), regression("inf.r03", "joined-inference", GFLOPS, All, KWH)),
    with(Errors::XAgainstY(WithoutDensenet), regression("inf.r04", "joined-inference", GFLOPS, WithoutDensenet, KWH)),
    with(Errors::XAgainstY(WithoutDensenet), regression("inf.r05", "joined-inference", GFLOPS, Vgg, KWH)),
    regression("trn.r01", "accurate", ("gflops", "top5_score"), All, TOP5),
    regression("trn.r02", "accurate", ("gflops", "top5_score"), Vgg, TOP5),
    with(Errors::XAgainstY(All), regression("trn.r03", "joined-training", GFLOPS, All, KWH)),
    regression("trn.r04", "joined-training", GFLOPS, WithoutDensenet, KWH),
    regression("trn.r05", "timed-training", ("gflops", "duration"), WithoutDensenet, ("s/GFLOP", "s")),
    regression(
        "trn.r06",
        "timed-training",
        ("gflops", "million_parameters"),
        WithoutDensenet,
        ("million/GFLOP", "million"),
    ),
    regression("trn.r07", "joined-training", ("million_parameters", "kwh"), WithoutDensenet, ("kWh/million", "kWh")),
    regression("trn.r08", "joined-training", GFLOPS, Vgg, KWH),
    regression("old.r01", "joined-first", ("gflops", "joule"), All, JOULE),
    regression("old.r02", "joined-first", ("gflops", "joule"), Vgg, JOULE),
    regression("old.r03", "joined-first", ("gmacs", "mean_energy"), All, JOULE_MAC),
    regression("old.r04", "joined-first", ("gmacs", "mean_energy"), Vgg, JOULE_MAC),
    regression("old.r05", "accurate", ("gmacs", "top5"), All, TOP5_MAC),
    regression("old.r06", "accurate", ("gmacs", "top5"), Vgg, TOP5_MAC),
    regression("old.r07", "joined-training", ("gmacs", "kwh"), All, KWH_MAC),
    regression("old.r09", "joined-training", ("gmacs", "kwh"), WithoutDensenet, KWH_MAC),
    regression("old.r08", "joined-training", ("gmacs", "mean_energy"), Vgg, JOULE_MAC),
];

impl Regression {
    /// The ids of its records.
    pub(super) fn ids(&self) -> Vec<String> {
        let corrected = matches!(self.errors, Errors::XAgainstY(_)).then(|| format!("{}.corrected", self.id));
        std::iter::once(self.id.to_owned()).chain(corrected).collect()
    }
}

/// One regression.
pub(super) fn line(cx: &mut Cx<'_, '_>, regression: &Regression) -> Result<(), Problem> {
    let table = Table::read(cx, "points")?;
    let points = regression.select.of(&table)?;
    let (x, y) = (points.numbers(regression.x)?, points.numbers(regression.y)?);
    let broken = |error: stats::Error| points.problem(error.to_string());
    let fit = linear_regression(&x, &y).map_err(broken)?;
    let (slope, intercept) = regression.units;
    let record = of_fit(regression.id, &fit).unit("slope", slope).unit("stderr", slope).unit("intercept", intercept);
    match regression.errors {
        Errors::None => cx.record(record),
        Errors::Pearson => {
            let other = pearson(&x, &y).map_err(broken)?;
            cx.record(record.value("pearson_r", other.coefficient).value("pearson_p", other.pvalue))
        }
        Errors::XAgainstY(select) => {
            let stale = select.of(&table)?;
            let differences = differences(&stale.numbers(regression.x)?, &stale.numbers(regression.y)?);
            let quirk = if select == regression.select { "x-against-y" } else { "stale-variables" };
            let record = with_errors(record, &differences).map_err(broken)?;
            cx.record(record.quirk(quirk).with_correction())?;
            let predicted: Vec<f64> = x.iter().map(|&x| fit.predict(x)).collect();
            let record = of_fit(&format!("{}.corrected", regression.id), &fit);
            let record = record.unit("slope", slope).unit("stderr", slope).unit("intercept", intercept);
            let record = with_errors(record, &self::differences(&predicted, &y)).map_err(broken)?;
            let record = record.unit("rmse", intercept).unit("mae", intercept).quirk(quirk);
            cx.record(record.note("rmse and mae of the residuals, with n in the denominator."))
        }
    }
}

fn differences(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Root mean square and mean absolute value.
fn with_errors(record: Record, differences: &[f64]) -> Result<Record, stats::Error> {
    let mean = |of: fn(f64) -> f64| stats::mean(&differences.iter().map(|&value| of(value)).collect::<Vec<_>>());
    Ok(record.value("rmse", mean(|value| value * value)?.sqrt()).value("mae", mean(f64::abs)?))
}

/// The record of a fit, with its coefficient of determination.
fn of_fit(id: &str, fit: &LinearRegression) -> Record {
    regression::record(id, fit).value("r_squared", fit.r_squared)
}
