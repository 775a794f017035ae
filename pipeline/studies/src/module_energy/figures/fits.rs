//! Predictions of the energy models against the measured energies of the test (notebooks of the models:
//! a figure for each model, and in cell 34 all feature sets of a kind of layers together).

use dag::Problem;
use plot::style::{self, CATEGORICAL};
use plot::{About, Axis, Band, Cartesian, Corner, Dash, Format, Legend, Line, Look, Marker, Points, Registry};
use serde::{Deserialize, Serialize};
use stats::{BootstrapOptions, LinearRegression};

use super::broken;
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::{Marked, Markers, Size};
use crate::module_energy::models::{Inputs, MODELS, Model, model};
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

/// The feature sets, by the words of the legend.
const FEATURE_SETS: Registry = Registry(&[
    ("parameters", Look::new(CATEGORICAL[0], Marker::Square)),
    ("parameters, logarithms", Look::new(CATEGORICAL[1], Marker::Triangle)),
    ("operations", Look::new(CATEGORICAL[2], Marker::Circle)),
    ("parameters, operations", Look::new(CATEGORICAL[3], Marker::Diamond)),
    ("parameters, logarithms, operations", Look::new(CATEGORICAL[4], Marker::Cross)),
]);

fn words(inputs: Inputs) -> &'static str {
    match inputs {
        Inputs::Parameters => "parameters",
        Inputs::ParametersAndLogs => "parameters, logarithms",
        Inputs::Macs => "operations",
        Inputs::ParametersAndMacs => "parameters, operations",
        Inputs::All => "parameters, logarithms, operations",
    }
}

/// A model whose predictions are drawn, and the seed of the band of its line.
#[derive(Clone, Copy, Serialize)]
pub(in crate::module_energy) struct Chart {
    pub(in crate::module_energy) model: &'static str,
    pub(in crate::module_energy) seed: u64,
}

/// All feature sets of a kind of layers, and the seed of the bands of their lines.
#[derive(Clone, Copy, Serialize)]
pub(in crate::module_energy) struct Comparison {
    pub(in crate::module_energy) set: &'static str,
    pub(in crate::module_energy) seed: u64,
}

/// What is set of such a comparison, whose axes are those of all panels.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::module_energy) struct Keys {
    size: Size,
    markers: Markers,
}

/// The predictions of a model for the layers of the test.
struct Predictions {
    truth: Vec<f64>,
    predicted: Vec<f64>,
    line: LinearRegression,
    band: stats::Band,
}

impl Predictions {
    fn of(cx: &Cx<'_, '_>, role: &str, seed: u64) -> Result<Self, Problem> {
        let table = Table::read(cx, role)?;
        let (truth, predicted) = (table.numbers("truth")?, table.numbers("predicted")?);
        let options = BootstrapOptions { seed, ..BootstrapOptions::default() };
        let failed = |error: stats::Error| table.problem(error.to_string());
        let line = stats::linear_regression(&truth, &predicted).map_err(failed)?;
        let band = stats::bootstrap_band(&truth, &predicted, &options).map_err(failed)?;
        Ok(Self { truth, predicted, line, band })
    }

    /// The ends of the line through the points.
    fn ends(&self) -> [(f64, f64); 2] {
        let (first, last) = (self.band.x.first(), self.band.x.last());
        [first, last].map(|x| x.map_or((f64::NAN, f64::NAN), |x| (*x, self.line.predict(*x))))
    }

    /// The least and the greatest value of both axes.
    fn range(&self) -> (f64, f64) {
        let values = self.truth.iter().chain(&self.predicted);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(*value), most.max(*value)))
    }
}

/// What a common range is longer at each end, as a share of it.
const PADDING: f64 = 0.04;

const X: &str = "Ground Truth";
const Y: &str = "Prediction";

/// Draws the predictions of one model.
pub(in crate::module_energy) fn draw(cx: &mut Cx<'_, '_>, chart: &Chart, keys: &Marked) -> Result<(), Problem> {
    let of = model(chart.model)?;
    let id = format!("{}.fig", of.id);
    let predictions = Predictions::of(cx, "predictions", chart.seed)?;
    let (least, most) = predictions.range();
    let [first, last] = predictions.ends();

    let x = keys.x.of(Axis::value("Measured energy, scaled", "").format(Format::Plain));
    let mut plot = Cartesian::new(x, keys.y.of(Axis::value("Prediction", "")));
    let colour = CATEGORICAL[0];
    plot = plot
        .mark(Band::new(
            "95 % bootstrap band",
            &predictions.band.x,
            &predictions.band.lower,
            &predictions.band.upper,
            colour,
        ))
        .mark(Line::between("ideal", (least, least), (most, most), style::MUTED).dash(Dash::Dashed))
        .mark(Line::between("line of fit", first, last, colour))
        .mark(keys.markers.of(Points::new(
            "layers",
            &predictions.truth,
            &predictions.predicted,
            Look::new(colour, Marker::Circle),
        )));

    let record = Record::figure(id.as_str())
        .x_axis(RecordAxis::new(X))
        .y_axis(RecordAxis::new(Y))
        .series(Series::scatter("predictions", predictions.truth.clone(), predictions.predicted.clone()))
        .series(Series::fit("regressor", [first.0, last.0], [first.1, last.1]))
        .series(Series::path("ideal", vec![least, most], vec![least, most]))
        .series(Series::band(
            "band",
            predictions.band.x.clone(),
            predictions.band.lower.clone(),
            predictions.band.upper.clone(),
        ));
    let record = record.note("Energies of the test part in the range of the training part. The band has a seed.");
    let title = format!("Predictions from {}: {}", words(of.inputs), of.set);
    let slope = predictions.line.slope;
    let alt = format!(
        "Predicted against measured energy of {} layers. The line of fit has the slope {slope:.2}; the dashed line is the \
         ideal one.",
        predictions.truth.len()
    );
    let about = About { id: &id, title: &title, alt: &alt };
    let figure = plot.legend(Legend::inside(Corner::UpperLeft)).figure(about, keys.size.pt());
    drawing::write(cx, &figure.map_err(broken)?, record)
}

/// Draws the predictions from all feature sets of a kind of layers.
pub(in crate::module_energy) fn compare(cx: &mut Cx<'_, '_>, chart: &Comparison, keys: &Keys) -> Result<(), Problem> {
    let id = format!("{}.compare.fig", chart.set);
    let mut record = Record::figure(id.as_str()).x_axis(RecordAxis::new(X)).y_axis(RecordAxis::new(Y));
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    let models: Vec<&Model> = MODELS.iter().filter(|model| model.set == chart.set).collect();
    let mut panels = Vec::new();
    let all = models.iter().map(|model| Predictions::of(cx, model.id, chart.seed)).collect::<Result<Vec<_>, _>>()?;
    for predictions in &all {
        let range = predictions.range();
        (least, most) = (least.min(range.0), most.max(range.1));
    }
    // Points at the ends are whole, and all panels have the same range.
    let pad = PADDING * (most - least);
    let axis = |title| Axis::value(title, "").range(least - pad, most + pad);
    for (place, (model, predictions)) in models.iter().zip(&all).enumerate() {
        let look = FEATURE_SETS.look(words(model.inputs)).map_err(broken)?;
        let [first, last] = predictions.ends();
        let Predictions { truth, predicted, band, .. } = predictions;
        let panel = Cartesian::new(axis("Measured energy, scaled"), axis("Prediction"))
            .heading(words(model.inputs))
            .mark(Band::new("band", &band.x, &band.lower, &band.upper, look.colour))
            .mark(Line::between("ideal", (least, least), (most, most), style::MUTED).dash(Dash::Dashed))
            .mark(Line::between("fit", first, last, look.colour))
            .mark(keys.markers.of(Points::new("layers", truth, predicted, look)).unlisted());
        // That of all features, whose points lie along the diagonal, has room for a legend.
        let is_last = place + 1 == models.len();
        panels.push(if is_last { panel.legend(Legend::inside(Corner::LowerRight)) } else { panel });
        let name = model.id.strip_prefix(&format!("{}.", chart.set)).unwrap_or(model.id);
        record = record
            .series(Series::scatter(name, truth.clone(), predicted.clone()))
            .series(Series::fit(format!("{name}, line"), [first.0, last.0], [first.1, last.1]))
            .series(Series::band(format!("{name}, band"), band.x.clone(), band.lower.clone(), band.upper.clone()));
    }
    let title = format!("Predictions from different features: {}", chart.set);
    let r2 =
        |predictions: &Predictions| stats::r2_score(&predictions.truth, &predictions.predicted).unwrap_or(f64::NAN);
    let scores: Vec<String> = models
        .iter()
        .zip(&all)
        .map(|(model, predictions)| format!("{:.3} from {}", r2(predictions), words(model.inputs)))
        .collect();
    let alt = format!(
        "A panel for each set of features, predicted against measured energy. Coefficients of determination: {}.",
        scores.join("; ")
    );
    let about = About { id: &id, title: &title, alt: &alt };
    let figure = plot::Figure::panels(about, keys.size.pt(), 3, panels).map_err(broken)?;
    drawing::write(cx, &figure, record.note("Of the test part, as in the figures of the single models."))
}
