use super::{Dimension, Draw, Icon, Scene, Series, Side};
use crate::{Colour, axis::Axis, data::DataTable, geometry::Shape};
use charming::{
    element::{ItemStyle, LineStyle, LineStyleType, Step as CharmingStep},
    series,
};
use serde_json::json;

/// Pattern of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    #[default]
    Solid,
    Dashed,
    Dotted,
}

/// Where a stepped line changes its height on the way from one point to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// At the first of the two.
    AtStart,
    /// Half way.
    AtMiddle,
    /// At the second.
    AtEnd,
}

/// A line without markers, clipped to the axes. It breaks where a coordinate is not finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    name: String,
    x: Vec<f64>,
    y: Vec<f64>,
    colour: Colour,
    width: f64,
    dash: Dash,
    step: Option<Step>,
    side: Side,
}

impl Line {
    /// Through the points `(x[i], y[i])` in order.
    pub fn new(name: impl Into<String>, x: &[f64], y: &[f64], colour: Colour) -> Self {
        Self {
            name: name.into(),
            x: x.into(),
            y: y.into(),
            colour,
            width: 1.25,
            dash: Dash::Solid,
            step: None,
            side: Side::Left,
        }
    }

    /// A straight line between two points, such as a fit.
    pub fn between(name: impl Into<String>, (x1, y1): (f64, f64), (x2, y2): (f64, f64), colour: Colour) -> Self {
        Self::new(name, &[x1, x2], &[y1, y2], colour)
    }

    /// In pt; 1.25 unless set.
    pub fn width(mut self, points: f64) -> Self {
        self.width = points;
        self
    }

    pub fn dash(mut self, dash: Dash) -> Self {
        self.dash = dash;
        self
    }

    /// Goes from point to point in a horizontal and a vertical stroke.
    pub fn step(mut self, step: Step) -> Self {
        self.step = Some(step);
        self
    }

    /// Measures the line on the right axis.
    pub fn on_right(mut self) -> Self {
        self.side = Side::Right;
        self
    }

    /// The points at which the drawn line turns, with a break after each step.
    fn turns(&self) -> (Vec<f64>, Vec<f64>) {
        let Some(step) = self.step else { return (self.x.clone(), self.y.clone()) };
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        let steps = self.x.windows(2).zip(self.y.windows(2));
        for (x, y) in steps.filter(|(x, y)| x.iter().chain(*y).all(|value| value.is_finite())) {
            let at = match step {
                Step::AtStart => x[0],
                Step::AtMiddle => (x[0] + x[1]) / 2.0,
                Step::AtEnd => x[1],
            };
            xs.extend([x[0], at, at, x[1], f64::NAN]);
            ys.extend([y[0], y[0], y[1], y[1], f64::NAN]);
        }
        (xs, ys)
    }
}

impl Draw for Line {
    fn name(&self) -> &str {
        &self.name
    }

    fn side(&self) -> Side {
        self.side
    }

    fn check(&self, x: &Axis, y: &Axis) -> Result<(), String> {
        super::same_length("values of y", self.x.len(), self.y.len())?;
        super::check_indices(x, &self.x)?;
        super::check_indices(y, &self.y)
    }

    fn extent(&self, dimension: Dimension) -> Option<(f64, f64)> {
        super::extent(if dimension == Dimension::X { &self.x } else { &self.y })
    }

    fn series(&self, scene: &Scene) -> Vec<Series> {
        let pattern = match self.dash {
            Dash::Solid => LineStyleType::Solid,
            Dash::Dashed => LineStyleType::Dashed,
            Dash::Dotted => LineStyleType::Dotted,
        };
        let line = LineStyle::new().color(self.colour.hex()).width(self.width).type_(pattern);
        let rows: Vec<Vec<f64>> = self.x.iter().zip(&self.y).map(|(x, y)| vec![*x, *y]).collect();
        let mut chart = series::Line::new()
            .name(&self.name)
            .show_symbol(false)
            .item_style(ItemStyle::new().color(self.colour.hex()))
            .line_style(line)
            .z(3)
            .data(rows);
        if let Some(step) = self.step {
            chart = chart.step(match step {
                Step::AtStart => CharmingStep::Start,
                Step::AtMiddle => CharmingStep::Middle,
                Step::AtEnd => CharmingStep::End,
            });
        }
        let mut overlay = scene.axes(self.side);
        // A line through thousands of points must not be thinned.
        overlay["sampling"] = json!("none");
        vec![Series::new(chart, overlay)]
    }

    fn shapes(&self, scene: &Scene) -> Vec<Shape> {
        let (xs, ys) = self.turns();
        scene.path(self.side, &xs, &ys)
    }

    fn icon(&self) -> Option<Icon> {
        let symbol = match self.dash {
            Dash::Solid => "path://M0 0H14V1.4H0Z",
            Dash::Dashed => "path://M0 0H5.6V1.4H0ZM8.4 0H14V1.4H8.4Z",
            Dash::Dotted => "path://M0 0H2V1.4H0ZM4 0H6V1.4H4ZM8 0H10V1.4H8ZM12 0H14V1.4H12Z",
        };
        Some(Icon { symbol: symbol.into(), colour: self.colour, opacity: 1.0 })
    }

    fn record(&self, x: &Axis, y: &Axis, table: &mut DataTable) {
        for (px, py) in self.x.iter().zip(&self.y) {
            let row = vec![(x.quantity().clone(), super::cell(x, *px)), (y.quantity().clone(), super::cell(y, *py))];
            table.push_named(&self.name, row);
        }
    }
}
