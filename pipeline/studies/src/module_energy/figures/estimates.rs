//! Estimates of networks and their layers against what was measured (architecture-estimates.ipynb,
//! cells 12, 21 and 23).

use dag::Problem;
use plot::style::{self, CATEGORICAL};
use plot::{About, Axis, Bars, Cartesian, Corner, Dash, Format, Legend, Line, Points};
use serde::Serialize;

use super::{NETWORKS, broken};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::{Marked, Plain};
use crate::module_energy::schema::ARCHITECTURES;
use crate::record::{Axis as RecordAxis, Record, Scale, Series};
use crate::table::Table;

/// Joules of a kilowatt hour: the original draws kWh.
const JOULES: f64 = 3.6e6;

/// How far the axis of estimates of zero reaches below it, as a share of what is above.
const BELOW_ZERO: f64 = 0.06;

const TRUTH: &str = "Ground Truth (kWh per forward pass)";
const PREDICTIONS: &str = "Predictions (kWh per forward pass)";

/// Sums of modules beside whole networks, means over the batch sizes.
pub(in crate::module_energy) fn deviations(cx: &mut Cx<'_, '_>, keys: &Plain) -> Result<(), Problem> {
    let table = Table::read(cx, "totals")?;
    let mut networks = ARCHITECTURES;
    networks.sort_unstable();
    let mean = |network: &str, column: &str| {
        let values = table.of("architecture", network)?.numbers(column)?;
        Ok::<f64, Problem>(stats::mean(&values).unwrap_or(f64::NAN))
    };
    let mut plots = Vec::new();
    let mut most = 0.0_f64;
    let mut record = Record::figure("est.fig.deviations")
        .x_axis(RecordAxis::new("Architecture").scale(Scale::Categorical))
        .y_axis(RecordAxis::new("Consumed Energy").unit("kWh"));
    // Not the colours that networks have in the figures beside it.
    for (column, name, words, colour) in [
        ("modules", "layer-wise aggregate", "sum of modules", CATEGORICAL[6]),
        ("measured", "total measured energy", "whole network", CATEGORICAL[5]),
    ] {
        let energies = networks.iter().map(|network| mean(network, column)).collect::<Result<Vec<_>, _>>()?;
        let joules: Vec<f64> = energies.iter().map(|energy| energy * JOULES).collect();
        most = joules.iter().fold(most, |most, energy| most.max(*energy));
        plots.push(Bars::new(words, &joules, colour).labels(Format::Fixed(0)));
        record = record.series(Series::bars(name, networks, energies));
    }
    let about = About {
        id: "est.fig.deviations",
        title: "Sums of modules and whole networks",
        alt: "Pairs of bars, one for each network: the sum of the modules is higher than the whole network by a hundredth.",
    };
    // To the next multiple of the greatest power of ten: a tick at the upper end.
    let step = 10.0_f64.powi(most.log10().floor() as i32);
    let energy = Axis::value("Energy of a forward pass", "J").range(0.0, step * (most / step).ceil());
    let plot = Cartesian::new(Axis::category("", networks), energy).marks(plots);
    let figure = plot.legend(Legend::inside(Corner::UpperLeft)).figure(about, keys.size.pt()).map_err(broken)?;
    drawing::write(cx, &figure, record.note("Means over the batch sizes. Drawn in joule."))
}

/// A chart of estimates.
#[derive(Clone, Serialize)]
pub(in crate::module_energy) struct Chart {
    /// Id of the figure.
    pub(in crate::module_energy) id: String,
    /// The kind of layers; none for whole networks.
    pub(in crate::module_energy) kind: Option<&'static str>,
    /// Whether the estimates are those of models without an intercept, on logarithmic axes.
    pub(in crate::module_energy) corrected: bool,
    /// Whether a model makes the estimates, and a corrected chart exists; without one they are 0.
    pub(in crate::module_energy) has_model: bool,
}

impl Chart {
    /// The unit that is drawn, and what a kilowatt hour is in it.
    fn unit(&self) -> (&'static str, &'static str, f64) {
        match self.kind {
            // It does nothing while a network is used.
            Some("Dropout") => ("µJ", "microjoule", JOULES * 1e6),
            _ => ("J", "joule", JOULES),
        }
    }
}

/// Draws estimates against measurements.
pub(in crate::module_energy) fn draw(cx: &mut Cx<'_, '_>, chart: &Chart, keys: &Marked) -> Result<(), Problem> {
    let table = Table::read(cx, "estimates")?;
    let table = if let Some(kind) = chart.kind { table.of("module", kind)? } else { table };
    let column = if chart.corrected { "corrected" } else { "predicted" };
    // Those that are not positive, estimates of nothing, have no place on a logarithmic axis.
    let of = |network: &str| {
        let rows = table.of("architecture", network)?;
        Ok::<_, Problem>((rows.numbers("measured")?, rows.numbers(column)?))
    };
    let (unit, unit_name, per_kwh) = chart.unit();
    let axis = |title: &str| if chart.corrected { Axis::log(title, unit) } else { Axis::value(title, unit) };
    let mut record = Record::figure(chart.id.as_str())
        .x_axis(RecordAxis::new(TRUTH).unit("kWh"))
        .y_axis(RecordAxis::new(PREDICTIONS).unit("kWh"));
    let (mut least, mut most, mut points) = (f64::INFINITY, f64::NEG_INFINITY, 0);
    // The legend has the same order in all figures.
    let (mut listed, mut marks) = (Vec::new(), Vec::new());
    for network in ARCHITECTURES {
        let (truth, estimate) = of(network)?;
        let drawn = |values: &[f64]| values.iter().map(|value| value * per_kwh).collect::<Vec<f64>>();
        let (x, y) = (drawn(&truth), drawn(&estimate));
        for value in &x {
            (least, most) = (least.min(*value), most.max(*value));
        }
        points += x.len();
        let look = NETWORKS.look(network).map_err(broken)?;
        listed.push(Points::new(network, &[], &[], look));
        marks.push((x.len(), keys.markers.of(Points::new(network, &x, &y, look)).unlisted()));
        record = record.series(Series::scatter(network, truth, estimate));
    }
    // Few points above many.
    marks.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let estimate = axis("Estimate");
    let estimate = if chart.has_model { estimate } else { estimate.range(-BELOW_ZERO * most, most) };
    let mut plot = Cartesian::new(keys.x.of(axis("Measured energy of a pass")), keys.y.of(estimate));
    plot = plot.mark(Line::between("ideal", (least, least), (most, most), style::MUTED).dash(Dash::Dashed));
    if !chart.has_model {
        plot = plot.mark(Line::between("zero", (least, 0.0), (most, 0.0), style::MUTED).width(0.75));
    }
    let plot = plot.marks(listed).marks(marks.into_iter().map(|(_, points)| points));
    let what = chart.kind.map_or_else(|| "whole networks".to_owned(), |kind| format!("{kind} layers"));
    let (ending, how) = match (chart.corrected, chart.has_model) {
        (true, _) => (", corrected", " The estimates are in proportion to the operations."),
        (false, true) => ("", ""),
        (false, false) => ("", " No model makes the estimates: they are zero."),
    };
    let title = format!("Estimated against measured energy of {what}{ending}");
    let alt = format!(
        "{points} points, estimate against measured energy of a forward pass, marked by network, and a dashed line where \
         both are equal.{how}"
    );
    let about = About { id: &chart.id, title: &title, alt: &alt };
    let figure = plot.legend(Legend::inside(Corner::UpperLeft)).figure(about, keys.size.pt());
    let record = record.note(format!("Drawn in {unit_name}."));
    let record = if chart.has_model { record.quirk("intercept") } else { record };
    let has_correction = chart.has_model && !chart.corrected;
    drawing::write(cx, &figure.map_err(broken)?, if has_correction { record.with_correction() } else { record })
}
