//! Regressions and the bands around them.

use std::collections::BTreeMap;

use dag::Problem;
use serde::Serialize;
use stats::{BootstrapOptions, LinearRegression, bootstrap_band, linear_regression};

use super::{aggregate, schema};
use crate::cx::Cx;
use crate::record::{Record, cells};
use crate::regression;
use crate::table::{Rows, Table};

/// The microcontrollers in the order of all legends.
pub(super) const MCUS: [&str; 3] = ["L4", "F4", "F7"];

/// The classes of swept sizes, in the order in which they first appear.
pub(super) const CLASSES: [&str; 3] = ["modulo 4", "odd", "even"];

/// Figure 5 (In[11]): layer latency on operations, as printed and as it should be.
pub(super) fn fig5(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let points = aggregate::fig5_points(cx)?;
    latency_on_operations(cx, "fig5", &points, "true_flops")
}

/// Figure 8 (In[21]): the same of the depth-wise sweep, whose counts are right.
pub(super) fn fig8(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let points = aggregate::fig8_points(cx)?;
    latency_on_operations(cx, "fig8", &points, "flops")
}

/// One line through all points on FLOPs as the original counts them; then on the true counts and on
/// the MACCs that the plot shows, and one line for each class (quirks `conv-macc`,
/// `flops-vs-maccs`, `pooled-classes`).
fn latency_on_operations(cx: &mut Cx<'_, '_>, figure: &str, points: &Table, flops: &str) -> Result<(), Problem> {
    let fit =
        |points: &Table, operations: &str| fit(points, &points.numbers(operations)?, &aggregate::seconds(points)?);
    let id = format!("{figure}.regression");
    let printed = regression(&id, &fit(points, "flops")?, "s/FLOP", "s");
    cx.record(printed.quirk("flops-vs-maccs").with_correction())?;
    let corrected = regression(&format!("{id}.corrected"), &fit(points, flops)?, "s/FLOP", "s");
    let corrected = corrected.value("slope_per_macc", fit(points, "maccs")?.slope).unit("slope_per_macc", "s/MACC");
    let note = "On the true number of operations; slope_per_macc on the operations that the figure shows.";
    cx.record(corrected.quirk("conv-macc").note(note))?;

    let mut lines = Record::table(format!("{id}.per_class")).columns(["slope", "intercept", "rvalue", "stderr", "n"]);
    lines = lines.unit("slope", "s/FLOP").unit("intercept", "s").unit("stderr", "s/FLOP");
    for class in CLASSES {
        let one = fit(&points.of("class", class)?, flops)?;
        lines = lines.row(class, cells![one.slope, one.intercept, one.rvalue, one.stderr, one.n]);
    }
    cx.record(lines.quirk("pooled-classes").note("On the true number of operations."))
}

/// The ids of the records of [`fig5`] or [`fig8`].
pub(super) fn latency_on_operations_ids(figure: &str) -> [String; 3] {
    ["", ".corrected", ".per_class"].map(|variant| format!("{figure}.regression{variant}"))
}

/// Figure 6 (In[14], In[15]): energy on latency of whole inferences, for each microcontroller, and
/// of all together after division by the greatest of each.
pub(super) fn fig6(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let inferences = Table::read(cx, "inferences")?;
    for mcu in MCUS {
        let one = inferences.of("mcu", mcu)?;
        let fit = fit(&one, &one.numbers("latency")?, &one.numbers("energy")?)?;
        cx.record(regression(&format!("fig6.{}.regression", mcu.to_lowercase()), &fit, "W", "J"))?;
    }
    let (latency, energy) = normalized(&inferences)?;
    let fit = fit(&inferences, &latency, &energy)?;
    cx.record(regression("fig6.normalized.regression", &fit, "", ""))
}

/// Latency and energy divided by the greatest of the same microcontroller.
pub(super) fn normalized(inferences: &Table) -> Result<(Vec<f64>, Vec<f64>), Problem> {
    let mcus = inferences.texts("mcu")?;
    let divided = |values: Vec<f64>| {
        let mut greatest: BTreeMap<&str, f64> = BTreeMap::new();
        for (mcu, &value) in mcus.iter().zip(&values) {
            let most = greatest.entry(mcu).or_insert(f64::NEG_INFINITY);
            *most = most.max(value);
        }
        values.iter().zip(&mcus).map(|(value, mcu)| value / greatest[mcu.as_str()]).collect()
    };
    Ok((divided(inferences.numbers("latency")?), divided(inferences.numbers("energy")?)))
}

/// Figure 7 (In[18], In[19]): energy on latency of single layers, for each microcontroller, and of
/// the layers' shares in both for all together.
pub(super) fn fig7(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let layers = Table::read(cx, "layers")?;
    for mcu in MCUS {
        let one = layers.of("mcu", mcu)?;
        let fit = fit(&one, &one.numbers("latency")?, &one.numbers("energy")?)?;
        cx.record(regression(&format!("fig7.{}.regression", mcu.to_lowercase()), &fit, "W", "J"))?;
    }
    let fit = fit(&layers, &layers.numbers("latency_share")?, &layers.numbers("energy_share")?)?;
    let note =
        "The p-value is below what a double can hold, so it prints as 0; its decimal logarithm is given beside it.";
    cx.record(regression("fig7.relative.regression", &fit, "", "").note(note))
}

fn fit(points: &Table, x: &[f64], y: &[f64]) -> Result<LinearRegression, Problem> {
    linear_regression(x, y).map_err(|error| points.problem(error.to_string()))
}

/// The record of a regression with units, where there are any.
fn regression(id: &str, fit: &LinearRegression, slope_unit: &str, unit: &str) -> Record {
    let record = regression::record(id, fit).value("log10_pvalue", fit.log10_pvalue);
    let with_unit =
        |record: Record, name: &str, unit: &str| if unit.is_empty() { record } else { record.unit(name, unit) };
    let record = with_unit(with_unit(record, "slope", slope_unit), "stderr", slope_unit);
    with_unit(record, "intercept", unit)
}

/// How the bands are drawn from resamples. The original did not seed them.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Bands {
    pub(super) seed: u64,
    pub(super) resamples: usize,
    /// Which of the figures: their units differ.
    pub(super) of: BandsOf,
}

/// The four figures with bands.
#[derive(Clone, Copy, Serialize)]
pub(super) enum BandsOf {
    /// Figure 6, absolute: s and mJ.
    Inferences,
    /// Figure 6, normalized: no units.
    Normalized,
    /// Figure 7, absolute: s and mJ.
    Layers,
    /// Figure 7, relative: no units.
    Shares,
}

/// 95 % bands around the lines of figures 6 and 7, as seaborn draws them.
pub(super) fn bands(cx: &mut Cx<'_, '_>, bands: &Bands) -> Result<(), Problem> {
    let (mut mcus, mut xs, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let points = points(cx, bands.of)?;
    for Points { mcu, x, y } in points {
        let options = BootstrapOptions { seed: bands.seed, resamples: bands.resamples, level: 0.95, grid_points: 100 };
        let band = bootstrap_band(&x, &y, &options).map_err(|error| Problem::new(format!("{mcu}: {error}")))?;
        mcus.extend(std::iter::repeat_n(mcu.to_owned(), band.x.len()));
        xs.extend(band.x);
        lower.extend(band.lower);
        upper.extend(band.upper);
    }
    let table = Rows::new().texts("mcu", mcus).floats("x", xs).floats("lower", lower).floats("upper", upper);
    table.write(cx, "table", schema::BAND)
}

/// The points of one microcontroller in figure 6 or 7.
pub(super) struct Points {
    pub(super) mcu: &'static str,
    pub(super) x: Vec<f64>,
    pub(super) y: Vec<f64>,
}

/// The points of figures 6 and 7, in the order of [`MCUS`].
pub(super) fn points(cx: &Cx<'_, '_>, of: BandsOf) -> Result<Vec<Points>, Problem> {
    let table = Table::read(cx, "points")?;
    let (x, y) = match of {
        BandsOf::Inferences | BandsOf::Layers => (table.numbers("latency")?, aggregate::milli(&table)?.1),
        BandsOf::Normalized => normalized(&table)?,
        BandsOf::Shares => (table.numbers("latency_share")?, table.numbers("energy_share")?),
    };
    let mcus = table.texts("mcu")?;
    let of_mcu =
        |mcu: &str, values: &[f64]| values.iter().zip(&mcus).filter(|(_, m)| *m == mcu).map(|(v, _)| *v).collect();
    Ok(MCUS.into_iter().map(|mcu| Points { mcu, x: of_mcu(mcu, &x), y: of_mcu(mcu, &y) }).collect())
}
