use super::{Dimension, Draw, Icon, Scene, Series, Side};
use crate::{
    Colour,
    axis::Axis,
    data::{Cell, DataTable},
    geometry::{Point, Segment, Shape},
    option::js_call,
};
use charming::series;
use serde_json::json;

/// Between the strokes that stand for the inside, in pt.
const STROKE_DISTANCE: f64 = 3.0;

/// The area between two curves, such as a confidence band, clipped to the axes.
///
/// Drawn as one polygon: stacked areas, the usual trick in ECharts, stack the wrong dimension on a
/// horizontal axis of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    name: String,
    x: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    colour: Colour,
    opacity: f64,
    side: Side,
}

impl Band {
    /// Between `(x[i], lower[i])` and `(x[i], upper[i])`; all values must be finite.
    pub fn new(name: impl Into<String>, x: &[f64], lower: &[f64], upper: &[f64], colour: Colour) -> Self {
        Self {
            name: name.into(),
            x: x.into(),
            lower: lower.into(),
            upper: upper.into(),
            colour,
            opacity: 0.18,
            side: Side::Left,
        }
    }

    /// From 0 to 1; 0.18 unless set.
    pub fn opacity(mut self, opacity: f64) -> Self {
        self.opacity = opacity;
        self
    }

    /// Measures the band on the right axis.
    pub fn on_right(mut self) -> Self {
        self.side = Side::Right;
        self
    }
}

/// Strokes between the lines a-b and c-d, which begin and end at the same x.
fn strokes(a: Point, b: Point, c: Point, d: Point) -> impl Iterator<Item = Shape> {
    let count = ((b.x - a.x).abs() / STROKE_DISTANCE).ceil().clamp(1.0, 1000.0);
    (0..=count as usize).map(move |index| {
        let share = index as f64 / count;
        let between = |p: Point, q: Point| Point { x: p.x + (q.x - p.x) * share, y: p.y + (q.y - p.y) * share };
        Shape::Segment(Segment { from: between(a, b), to: between(c, d) })
    })
}

impl Draw for Band {
    fn name(&self) -> &str {
        &self.name
    }

    fn side(&self) -> Side {
        self.side
    }

    fn check(&self, _x: &Axis, _y: &Axis) -> Result<(), String> {
        super::same_length("lower bounds", self.x.len(), self.lower.len())?;
        super::same_length("upper bounds", self.x.len(), self.upper.len())?;
        match self.x.iter().chain(&self.lower).chain(&self.upper).find(|value| !value.is_finite()) {
            Some(value) => Err(format!("the band has a corner at {value}")),
            None => Ok(()),
        }
    }

    fn extent(&self, dimension: Dimension) -> Option<(f64, f64)> {
        match dimension {
            Dimension::X => super::extent(&self.x),
            Dimension::Y => super::extent(self.lower.iter().chain(&self.upper)),
        }
    }

    fn series(&self, scene: &Scene) -> Vec<Series> {
        let style = json!({ "fill": self.colour.hex(), "opacity": self.opacity });
        let rows: Vec<Vec<f64>> = (0..self.x.len()).map(|i| vec![self.x[i], self.lower[i], self.upper[i]]).collect();
        let chart = series::Custom::new()
            .name(&self.name)
            .render_item(js_call(include_str!("../js/band.js"), &style))
            .data(rows);
        let mut overlay = scene.axes(self.side);
        crate::option::merge(
            &mut overlay,
            json!({
                "clip": true,
                "silent": true,
                "z": 1,
                "encode": { "x": 0, "y": [1, 2] },
                "itemStyle": { "color": self.colour.hex(), "opacity": self.opacity },
            }),
        );
        vec![Series::new(chart, overlay)]
    }

    fn shapes(&self, scene: &Scene) -> Vec<Shape> {
        let edge = |ys: &[f64]| -> Vec<Option<Point>> {
            self.x.iter().zip(ys).map(|(x, y)| scene.point(self.side, *x, *y)).collect()
        };
        let (lower, upper) = (edge(&self.lower), edge(&self.upper));
        // Upright strokes, dense enough that no box with text slips between them.
        let corners = lower.windows(2).zip(upper.windows(2)).filter_map(|pair| match pair {
            ([Some(a), Some(b)], [Some(c), Some(d)]) => Some([*a, *b, *c, *d]),
            _ => None,
        });
        corners.flat_map(|[a, b, c, d]| strokes(a, b, c, d)).collect()
    }

    fn icon(&self) -> Option<Icon> {
        Some(Icon::patch(self.colour, self.opacity))
    }

    fn record(&self, x: &Axis, y: &Axis, table: &mut DataTable) {
        for index in 0..self.x.len() {
            let row = vec![
                (x.quantity().clone(), Cell::Number(self.x[index])),
                (super::qualified(y.quantity(), "lower"), Cell::Number(self.lower[index])),
                (super::qualified(y.quantity(), "upper"), Cell::Number(self.upper[index])),
            ];
            table.push_named(&self.name, row);
        }
    }
}
