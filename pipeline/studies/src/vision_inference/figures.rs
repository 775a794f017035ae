//! The figures: scatters of models, with labels or with a fitted line. Which there are stands in the
//! two lists; they differ only in what they show.

pub(super) mod inference;
pub(super) mod training;

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{About, Axis, Cartesian, Corner, Legend, Line, Look, Marker, Points, Size};
use serde::Serialize;

use super::stats::Select;
use crate::cx::Cx;
use crate::drawing;
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

/// An axis of a scatter: the column, how the original labels it, how we do, the unit.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Quantity {
    pub(super) column: &'static str,
    pub(super) label: &'static str,
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    pub(super) limits: Limits,
}

/// The ends of an axis.
#[derive(Clone, Copy, Serialize)]
pub(super) enum Limits {
    Free,
    Fixed(f64, f64),
    /// So far beyond the least and the greatest value.
    Beyond(f64),
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

/// As wide as the page, for labels.
const WIDE: Size = Size::pt(446.0, 264.0);
/// Two stand side by side.
const SMALL: Size = Size::pt(222.0, 176.0);
const LOOK: Look = Look::new(CATEGORICAL[0], Marker::Circle);

pub(super) const GFLOPS: Quantity = Quantity {
    column: "gflops",
    label: "GFLOPs",
    title: "Operations of one inference",
    unit: "GFLOP",
    limits: Limits::Free,
};

pub(super) const fn quantity(
    column: &'static str,
    label: &'static str,
    title: &'static str,
    unit: &'static str,
    limits: Limits,
) -> Quantity {
    Quantity { column, label, title, unit, limits }
}

impl Quantity {
    fn ends(&self, values: &[f64]) -> Option<(f64, f64)> {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match self.limits {
            Limits::Free => None,
            Limits::Fixed(least, most) => Some((least, most)),
            Limits::Beyond(margin) => Some((least - margin, most + margin)),
        }
    }

    fn axes(&self, values: &[f64]) -> (Axis, RecordAxis) {
        let (axis, record) = (Axis::value(self.title, self.unit), RecordAxis::new(self.label));
        let record = if self.unit.is_empty() { record } else { record.unit(self.unit) };
        match self.ends(values) {
            Some((least, most)) => (axis.range(least, most), record.range(least, most)),
            None => (axis, record),
        }
    }
}

fn broken(error: plot::Error) -> Problem {
    Problem::new(error.to_string())
}

/// Draws a scatter.
pub(super) fn draw(cx: &mut Cx<'_, '_>, scatter: &Scatter) -> Result<(), Problem> {
    let table = scatter.select.of(&Table::read(cx, "points")?)?;
    let models = table.texts("model")?;
    let (x, y) = (table.numbers(scatter.x.column)?, table.numbers(scatter.y.column)?);
    let ((x_axis, x_record), (y_axis, y_record)) = (scatter.x.axes(&x), scatter.y.axes(&y));
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
    let size = if scatter.labelled && scatter.select != Select::Vgg { WIDE } else { SMALL };
    drawing::write(cx, &plot.figure(about, size).map_err(broken)?, record)
}
