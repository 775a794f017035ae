//! The figures: scatters of models, with labels or with a fitted line. Which there are stands in the
//! two lists; they differ only in what they show.

pub(super) mod inference;
pub(super) mod training;

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{About, Axis, Cartesian, Corner, Legend, Line, Look, Marker, Points};
use serde::{Deserialize, Serialize};

use super::stats::Select;
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::{Range, Size};
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

/// An axis of a scatter: the column, how the original labels it, how we do, the unit.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Quantity {
    pub(super) column: &'static str,
    pub(super) label: &'static str,
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
}

/// What is set of a figure.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    size: Size,
    #[serde(default)]
    x: Limits,
    #[serde(default)]
    y: Limits,
}

/// The ends of an axis; free if nothing is set.
#[derive(Default, Deserialize, Serialize)]
#[serde(try_from = "Ends", rename_all = "lowercase")]
pub(super) enum Limits {
    #[default]
    Free,
    #[serde(rename = "range")]
    Fixed(Range),
    /// So far beyond the least and the greatest value.
    Beyond(f64),
}

/// [`Limits`] as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends {
    range: Option<Range>,
    beyond: Option<f64>,
}

impl TryFrom<Ends> for Limits {
    type Error = String;

    fn try_from(ends: Ends) -> Result<Self, String> {
        match ends {
            Ends { range: None, beyond: None } => Ok(Self::Free),
            Ends { range: Some(range), beyond: None } => Ok(Self::Fixed(range)),
            Ends { range: None, beyond: Some(margin) } if margin.is_finite() && margin >= 0.0 => {
                Ok(Self::Beyond(margin))
            }
            Ends { range: None, beyond: Some(margin) } => {
                Err(format!("beyond = {margin}: expected a number from 0 on, in the unit of the axis"))
            }
            Ends { .. } => Err("an axis has a `range`, or is `beyond` its data, and not both".to_owned()),
        }
    }
}

/// A scatter of models.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Scatter {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) table: &'static str,
    pub(super) x: Quantity,
    pub(super) y: Quantity,
    pub(super) select: Select,
    pub(super) labelled: bool,
    /// Coloured by the top-5 score.
    pub(super) coloured: bool,
    /// With the fitted line.
    pub(super) line: bool,
    /// The quirk of the original that it imitates or undoes.
    pub(super) quirk: Option<&'static str>,
}

const LOOK: Look = Look::new(CATEGORICAL[0], Marker::Circle);

pub(super) const GFLOPS: Quantity = quantity("gflops", "GFLOPs", "Operations of one inference", "GFLOP");

pub(super) const fn quantity(
    column: &'static str,
    label: &'static str,
    title: &'static str,
    unit: &'static str,
) -> Quantity {
    Quantity { column, label, title, unit }
}

impl Limits {
    fn ends(&self, values: &[f64]) -> Option<(f64, f64)> {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match self {
            Limits::Free => None,
            Limits::Fixed(Range { least, most }) => Some((*least, *most)),
            Limits::Beyond(margin) => Some((least - margin, most + margin)),
        }
    }
}

impl Quantity {
    fn axes(&self, limits: &Limits, values: &[f64]) -> (Axis, RecordAxis) {
        let (axis, record) = (Axis::value(self.title, self.unit), RecordAxis::new(self.label));
        let record = if self.unit.is_empty() { record } else { record.unit(self.unit) };
        match limits.ends(values) {
            Some((least, most)) => (axis.range(least, most), record.range(least, most)),
            None => (axis, record),
        }
    }
}

fn broken(error: plot::Error) -> Problem {
    Problem::new(error.to_string())
}

/// Draws a scatter.
pub(super) fn draw(cx: &mut Cx<'_, '_>, scatter: &Scatter, keys: &Keys) -> Result<(), Problem> {
    let table = scatter.select.of(&Table::read(cx, "points")?)?;
    let models = table.texts("model")?;
    let (x, y) = (table.numbers(scatter.x.column)?, table.numbers(scatter.y.column)?);
    let ((x_axis, x_record), (y_axis, y_record)) = (scatter.x.axes(&keys.x, &x), scatter.y.axes(&keys.y, &y));
    let mut points = Points::new("networks", &x, &y, LOOK);
    if scatter.labelled {
        points = points.labels(models.iter().map(String::as_str));
    }
    if scatter.coloured {
        points = points.coloured_by("Top-5 score", "%", &table.numbers("top5_score")?);
    }
    let mut record = Record::figure(scatter.id).x_axis(x_record).y_axis(y_record);
    record = record.series(Series::scatter("original data", x.clone(), y.clone()));
    let mut plot = Cartesian::new(x_axis, y_axis);
    let mut alt = format!("Scatter of {} networks: {} against {}", models.len(), scatter.y.title, scatter.x.title);
    if scatter.line {
        let fit = stats::linear_regression(&x, &y).map_err(|error| table.problem(error.to_string()))?;
        let least = x.iter().copied().fold(f64::INFINITY, f64::min);
        let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let ends = [(least, fit.predict(least)), (most, fit.predict(most))];
        plot = plot.mark(Line::between("fitted line", ends[0], ends[1], CATEGORICAL[1]));
        record = record.series(Series::fit("fitted line", [least, most], [ends[0].1, ends[1].1]));
        alt = format!("{alt}, with a fitted line of correlation coefficient {:.2}", fit.rvalue);
    }
    plot = plot.mark(points);
    if scatter.line {
        let legend = if scatter.labelled { Legend::above() } else { Legend::inside(Corner::UpperLeft) };
        plot = plot.legend(legend);
    }
    alt.push('.');
    if let Some(quirk) = scatter.quirk {
        record = record.quirk(quirk);
        record = if scatter.id.ends_with(".corrected") { record } else { record.with_correction() };
    }
    let about = About { id: scatter.id, title: scatter.title, alt: &alt };
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, record)
}
