use super::{ColourBar, Dimension, Draw, Icon, Scene, Series, Side};
use crate::{
    axis::{Axis, hundredths},
    data::{Cell, Column, DataTable},
    geometry::{Rect, Shape},
    labels::Anchor,
    style::{self, Look, Scale},
    ticks::Format,
};
use charming::{
    element::{ItemStyle, LineStyle, Symbol},
    series,
};
use serde_json::{Value, json};

/// A scatter of points with a white edge, optionally joined by a line or labelled one by one.
///
/// A point with a coordinate that is not finite is not drawn, and breaks the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    name: String,
    x: Vec<f64>,
    y: Vec<f64>,
    look: Look,
    size: f64,
    opacity: f64,
    joined: Option<f64>,
    labels: Vec<String>,
    by_colour: Option<(Vec<f64>, ColourBar)>,
    side: Side,
    unlisted: bool,
}

impl Points {
    /// Points at `(x[i], y[i])`; on a category axis the coordinate is the index of the category.
    pub fn new(name: impl Into<String>, x: &[f64], y: &[f64], look: Look) -> Self {
        Self {
            name: name.into(),
            x: x.into(),
            y: y.into(),
            look,
            size: 5.0,
            opacity: 0.9,
            joined: None,
            labels: Vec::new(),
            by_colour: None,
            side: Side::Left,
            unlisted: false,
        }
    }

    /// Diameter in pt of a circle, other shapes look as large; 5 unless set.
    pub fn size(mut self, points: f64) -> Self {
        self.size = points;
        self
    }

    /// From 0 to 1; 0.9 unless set.
    pub fn opacity(mut self, opacity: f64) -> Self {
        self.opacity = opacity;
        self
    }

    /// Joins the points in order by a line of this width in pt.
    pub fn joined(mut self, width: f64) -> Self {
        self.joined = Some(width);
        self
    }

    /// Writes a label beside each point, where it overlaps neither points nor other labels. An empty
    /// label is left out.
    pub fn labels<S: Into<String>>(mut self, labels: impl IntoIterator<Item = S>) -> Self {
        self.labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Shows a further number by the colour of each point, explained by a bar beside the plot. The
    /// scale runs from the least value to the greatest.
    pub fn coloured_by(mut self, quantity: impl Into<String>, unit: impl Into<String>, values: &[f64]) -> Self {
        let (low, high) = super::extent(values).unwrap_or((0.0, 1.0));
        let bar = ColourBar {
            quantity: Column::new(quantity, unit),
            scale: Scale::Points,
            low,
            high: if high > low { high } else { low + 1.0 },
            format: Format::Plain,
        };
        self.by_colour = Some((values.into(), bar));
        self
    }

    /// Measures the points on the right axis.
    pub fn on_right(mut self) -> Self {
        self.side = Side::Right;
        self
    }

    /// Leaves the series out of the legend, where others explain its colour and its shape.
    pub fn unlisted(mut self) -> Self {
        self.unlisted = true;
        self
    }

    fn diameter(&self) -> f64 {
        hundredths(self.size * self.look.marker.relative_size())
    }

    fn symbol(&self) -> Symbol {
        match self.look.marker {
            style::Marker::Circle => Symbol::Circle,
            path => Symbol::Custom(path.symbol().into()),
        }
    }

    fn rows(&self) -> Vec<Vec<f64>> {
        let positions = self.x.iter().zip(&self.y).map(|(x, y)| vec![*x, *y]);
        match &self.by_colour {
            None => positions.collect(),
            Some((values, _)) => positions.zip(values).map(|(row, value)| [row, vec![*value]].concat()).collect(),
        }
    }
}

impl Draw for Points {
    fn name(&self) -> &str {
        &self.name
    }

    fn side(&self) -> Side {
        self.side
    }

    fn check(&self, x: &Axis, y: &Axis) -> Result<(), String> {
        super::same_length("values of y", self.x.len(), self.y.len())?;
        if !self.labels.is_empty() {
            super::same_length("labels", self.x.len(), self.labels.len())?;
        }
        if let Some((values, _)) = &self.by_colour {
            super::same_length("values for the colour", self.x.len(), values.len())?;
        }
        super::check_indices(x, &self.x)?;
        super::check_indices(y, &self.y)
    }

    fn extent(&self, dimension: Dimension) -> Option<(f64, f64)> {
        super::extent(if dimension == Dimension::X { &self.x } else { &self.y })
    }

    fn series(&self, scene: &Scene) -> Vec<Series> {
        let item = ItemStyle::new()
            .color(self.look.colour.hex())
            .border_color(crate::Colour::WHITE.hex())
            .border_width(style::EDGE_WIDTH)
            .opacity(self.opacity);
        let mut overlay = scene.axes(self.side);
        overlay["z"] = json!(4);
        let series = match self.joined {
            Some(width) => {
                overlay["showAllSymbol"] = Value::Bool(true);
                let line = LineStyle::new().color(self.look.colour.hex()).width(width);
                let chart = series::Line::new()
                    .name(&self.name)
                    .symbol(self.symbol())
                    .symbol_size(self.diameter())
                    .item_style(item)
                    .line_style(line)
                    .data(self.rows());
                Series::new(chart, overlay)
            }
            None => {
                let chart = series::Scatter::new()
                    .name(&self.name)
                    .symbol(self.symbol())
                    .symbol_size(self.diameter())
                    .item_style(item)
                    .data(self.rows());
                Series::new(chart, overlay)
            }
        };
        vec![series]
    }

    fn shapes(&self, scene: &Scene) -> Vec<Shape> {
        let size = self.diameter() + style::EDGE_WIDTH;
        let points = self
            .x
            .iter()
            .zip(&self.y)
            .filter_map(|(x, y)| scene.point(self.side, *x, *y).map(|p| Shape::Rect(Rect::centred(p, size, size))));
        let line = match self.joined {
            Some(_) => scene.path(self.side, &self.x, &self.y),
            None => Vec::new(),
        };
        points.chain(line).collect()
    }

    fn anchors(&self, scene: &Scene) -> Vec<Anchor> {
        let positions = self.x.iter().zip(&self.y).zip(&self.labels);
        positions
            .filter(|(_, label)| !label.is_empty())
            .filter_map(|((x, y), label)| {
                let at = scene.point(self.side, *x, *y)?;
                // Points outside the axes are not drawn.
                scene.plot.grown(0.5).contains(&Rect::centred(at, 0.0, 0.0)).then(|| Anchor {
                    data: [*x, *y],
                    side: self.side,
                    at,
                    radius: (self.diameter() + style::EDGE_WIDTH) / 2.0,
                    text: label.clone(),
                })
            })
            .collect()
    }

    fn icon(&self) -> Option<Icon> {
        (self.by_colour.is_none() && !self.unlisted).then(|| Icon {
            symbol: self.look.marker.symbol().into(),
            colour: self.look.colour,
            opacity: self.opacity,
        })
    }

    fn colour_bar(&self) -> Option<ColourBar> {
        self.by_colour.as_ref().map(|(_, bar)| bar.clone())
    }

    fn record(&self, x: &Axis, y: &Axis, table: &mut DataTable) {
        for (index, (px, py)) in self.x.iter().zip(&self.y).enumerate() {
            let mut row =
                vec![(x.quantity().clone(), super::cell(x, *px)), (y.quantity().clone(), super::cell(y, *py))];
            if let Some((values, bar)) = &self.by_colour {
                let value = values.get(index).copied().unwrap_or(f64::NAN);
                row.push((bar.quantity.clone(), Cell::Number(value)));
            }
            if let Some(label) = self.labels.get(index) {
                row.push((Column::new("label", ""), Cell::Text(label.clone())));
            }
            table.push_named(&self.name, row);
        }
    }
}
