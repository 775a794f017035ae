//! What is drawn into the axes: points, lines, bands, bars, boxes, heat maps.

mod band;
mod bars;
mod boxes;
mod heat;
mod lines;
mod points;
#[cfg(test)]
mod tests;

pub use band::Band;
pub use bars::Bars;
pub use boxes::{BoxStats, Boxes};
pub use heat::Heat;
pub use lines::{Dash, Line, Step};
pub use points::Points;

use crate::{
    Colour,
    axis::{Axis, Resolved},
    data::{Cell, Column, DataTable},
    geometry::{Point, Rect, Segment, Shape},
    labels::Anchor,
    style::Scale,
    ticks::Format,
};
use serde_json::{Value, json};

/// One series of data and how it is drawn. Each of the types of this module converts into it.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // A figure holds a handful.
pub enum Mark {
    Points(Points),
    Line(Line),
    Band(Band),
    Bars(Bars),
    Boxes(Boxes),
    Heat(Heat),
}

macro_rules! marks {
    ($($name:ident),*) => {
        $(impl From<$name> for Mark {
            fn from(mark: $name) -> Self {
                Mark::$name(mark)
            }
        })*
        impl Mark {
            pub(crate) fn draw(&self) -> &dyn Draw {
                match self {
                    $(Mark::$name(mark) => mark,)*
                }
            }
        }
    };
}
marks!(Points, Line, Band, Bars, Boxes, Heat);

/// The vertical axis that a series belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    #[default]
    Left,
    Right,
}

/// What every mark can tell the layout and the drawing.
pub(crate) trait Draw {
    /// Name of the series; marks of one name share a legend entry. Empty: not in the legend.
    fn name(&self) -> &str;

    fn side(&self) -> Side {
        Side::Left
    }

    /// Why the mark cannot be drawn on these axes.
    fn check(&self, x: &Axis, y: &Axis) -> Result<(), String>;

    /// Least and greatest value along an axis of numbers.
    fn extent(&self, dimension: Dimension) -> Option<(f64, f64)>;

    /// Whether the marks grow from zero.
    fn grows_from_zero(&self) -> bool {
        false
    }

    fn series(&self, scene: &Scene) -> Vec<Series>;

    /// What is covered by the marks themselves.
    fn shapes(&self, scene: &Scene) -> Vec<Shape>;

    /// Boxes of the texts that the mark puts at fixed places.
    fn texts(&self, _scene: &Scene) -> Vec<Rect> {
        Vec::new()
    }

    /// Points whose labels are still to be placed.
    fn anchors(&self, _scene: &Scene) -> Vec<Anchor> {
        Vec::new()
    }

    /// The legend entry; None where one symbol cannot stand for the series.
    fn icon(&self) -> Option<Icon>;

    fn colour_bar(&self) -> Option<ColourBar> {
        None
    }

    /// Adds the data to the table.
    fn record(&self, x: &Axis, y: &Axis, table: &mut DataTable);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    X,
    Y,
}

/// A series for ECharts, and what charming has no field for.
pub(crate) struct Series {
    pub chart: charming::series::Series,
    pub overlay: Value,
}

impl Series {
    pub fn new(chart: impl Into<charming::series::Series>, overlay: Value) -> Self {
        Self { chart: chart.into(), overlay }
    }
}

/// Symbol of a legend entry.
pub(crate) struct Icon {
    /// ECharts symbol.
    pub symbol: String,
    pub colour: Colour,
    pub opacity: f64,
}

impl Icon {
    /// A square patch of the colour.
    pub fn patch(colour: Colour, opacity: f64) -> Self {
        Self { symbol: crate::style::Marker::Square.symbol().into(), colour, opacity }
    }
}

/// Explains the colours of a mark that shows a number by colour.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColourBar {
    pub quantity: Column,
    pub scale: Scale,
    pub low: f64,
    pub high: f64,
    pub format: Format,
}

/// The resolved axes of a plot and where it stands on the canvas.
pub(crate) struct Scene<'a> {
    pub plot: Rect,
    pub x: &'a Resolved,
    pub left: &'a Resolved,
    pub right: Option<&'a Resolved>,
    /// Indices of the axes in the option.
    pub x_index: usize,
    pub left_index: usize,
    pub right_index: usize,
    /// Of all marks of bars: which one this is, and how many there are.
    pub bar: (usize, usize),
}

impl Scene<'_> {
    pub fn vertical(&self, side: Side) -> &Resolved {
        match (side, self.right) {
            (Side::Right, Some(right)) => right,
            _ => self.left,
        }
    }

    /// Where data come to lie on the canvas; None if a coordinate is not finite.
    pub fn point(&self, side: Side, x: f64, y: f64) -> Option<Point> {
        let point = Point { x: self.plot.x + self.x.place(x), y: self.plot.bottom() - self.vertical(side).place(y) };
        (point.x.is_finite() && point.y.is_finite()).then_some(point)
    }

    /// As overlay: the axes that a series belongs to.
    pub fn axes(&self, side: Side) -> Value {
        let vertical = match side {
            Side::Left => self.left_index,
            Side::Right => self.right_index,
        };
        json!({ "xAxisIndex": self.x_index, "yAxisIndex": vertical })
    }

    /// The lines between successive points; gaps where a coordinate is missing.
    pub fn path(&self, side: Side, xs: &[f64], ys: &[f64]) -> Vec<Shape> {
        let points: Vec<_> = xs.iter().zip(ys).map(|(x, y)| self.point(side, *x, *y)).collect();
        points
            .windows(2)
            .filter_map(|pair| match pair {
                [Some(from), Some(to)] => Some(Shape::Segment(Segment { from: *from, to: *to })),
                _ => None,
            })
            .collect()
    }
}

/// Least and greatest finite value.
pub(crate) fn extent<'a>(values: impl IntoIterator<Item = &'a f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |found, value| {
        Some(found.map_or((*value, *value), |(low, high): (f64, f64)| (low.min(*value), high.max(*value))))
    })
}

/// Both extents together.
pub(crate) fn union(a: Option<(f64, f64)>, b: Option<(f64, f64)>) -> Option<(f64, f64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

fn same_length(what: &str, expected: usize, found: usize) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{found} {what} for {expected} data")) }
}

/// On a category axis data are indices of categories.
fn check_indices(axis: &Axis, values: &[f64]) -> Result<(), String> {
    let Some(names) = axis.categories() else { return Ok(()) };
    let fits = |value: &f64| value.is_nan() || (value.fract() == 0.0 && (0.0..names.len() as f64).contains(value));
    match values.iter().find(|value| !fits(value)) {
        None => Ok(()),
        Some(value) => {
            Err(format!("{value} is not the index of one of the {} categories of `{}`", names.len(), axis.title()))
        }
    }
}

/// A value as a cell: a category by its name.
fn cell(axis: &Axis, value: f64) -> Cell {
    match axis.categories().and_then(|names| names.get(value as usize)) {
        Some(name) if value >= 0.0 => Cell::Text(name.clone()),
        _ => Cell::Number(value),
    }
}

/// A column for another number on an axis, such as a bound: `Latency, lower [ms]`.
fn qualified(quantity: &Column, qualifier: &str) -> Column {
    Column::new(format!("{} {qualifier}", quantity.name), quantity.unit.clone())
}
