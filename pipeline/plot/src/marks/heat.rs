use super::{ColourBar, Dimension, Draw, Icon, Scene, Series, Side};
use crate::{
    Colour,
    axis::Axis,
    data::{Cell, Column, DataTable},
    geometry::{Rect, Shape},
    style::{self, Scale},
    ticks::Format,
};
use charming::{element::ItemStyle, series};
use serde_json::{Value, json};

/// A table of numbers as coloured cells, on two axes of categories, explained by a bar beside them.
///
/// A NaN leaves its cell empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    rows: Vec<Vec<f64>>,
    bar: ColourBar,
    format: Option<Format>,
}

impl Heat {
    /// `rows[i][j]` belongs to category `i` of the vertical axis and `j` of the horizontal one. The
    /// scale runs from the least value to the greatest.
    pub fn new(quantity: impl Into<String>, unit: impl Into<String>, rows: &[Vec<f64>]) -> Self {
        let (low, high) = super::extent(rows.iter().flatten()).unwrap_or((0.0, 1.0));
        let bar = ColourBar {
            quantity: Column::new(quantity, unit),
            scale: Scale::Sequential,
            low,
            high: if high > low { high } else { low + 1.0 },
            format: Format::Plain,
        };
        Self { rows: rows.into(), bar, format: None }
    }

    /// Sets the colours and the values at the ends of the scale.
    pub fn scale(mut self, scale: Scale, low: f64, high: f64) -> Self {
        self.bar = ColourBar { scale, low, high, ..self.bar };
        self
    }

    /// Writes the value into each cell.
    pub fn labels(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    fn ground(&self, value: f64) -> Colour {
        self.bar.scale.at((value - self.bar.low) / (self.bar.high - self.bar.low))
    }

    fn cells(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        self.rows.iter().enumerate().flat_map(|(i, row)| row.iter().enumerate().map(move |(j, v)| (i, j, *v)))
    }

    /// Data with the text and its colour, which depends on what is under it. charming's data points
    /// have no labels of their own.
    fn data(&self) -> Vec<Value> {
        let values: Vec<f64> = self.cells().map(|(_, _, value)| value).collect();
        let labels = self.format.map(|format| format.labels(&values));
        self.cells()
            .enumerate()
            .map(|(index, (row, column, value))| {
                let mut datum = json!({ "value": [column, row, value] });
                if let (Some(labels), false) = (&labels, value.is_nan()) {
                    let ground = self.ground(value);
                    let dark = style::INK.contrast(ground) >= Colour::WHITE.contrast(ground);
                    let ink = if dark { style::INK } else { Colour::WHITE };
                    datum["label"] = json!({ "formatter": labels[index], "color": ink.hex() });
                }
                datum
            })
            .collect()
    }
}

impl Draw for Heat {
    fn name(&self) -> &str {
        ""
    }

    fn check(&self, x: &Axis, y: &Axis) -> Result<(), String> {
        let (Some(columns), Some(rows)) = (x.categories(), y.categories()) else {
            return Err("a heat map needs two axes of categories".into());
        };
        super::same_length("rows", rows.len(), self.rows.len())?;
        for row in &self.rows {
            super::same_length("values in a row", columns.len(), row.len())?;
        }
        let (low, high) = (self.bar.low, self.bar.high);
        if low.is_finite() && high.is_finite() && low < high {
            Ok(())
        } else {
            Err(format!("the colours cannot span {low} to {high}"))
        }
    }

    fn extent(&self, _: Dimension) -> Option<(f64, f64)> {
        None
    }

    fn series(&self, scene: &Scene) -> Vec<Series> {
        let edge = ItemStyle::new().border_color(Colour::WHITE.hex()).border_width(0.5);
        let mut overlay = scene.axes(Side::Left);
        crate::option::merge(
            &mut overlay,
            json!({
                "data": self.data(),
                "label": { "show": self.format.is_some(), "fontSize": style::VALUE_SIZE },
            }),
        );
        vec![Series::new(series::Heatmap::new().item_style(edge), overlay)]
    }

    fn shapes(&self, scene: &Scene) -> Vec<Shape> {
        let (width, height) = (scene.x.band(), scene.left.band());
        self.cells()
            .filter(|(_, _, value)| !value.is_nan())
            .filter_map(|(row, column, _)| scene.point(Side::Left, column as f64, row as f64))
            .map(|centre| Shape::Rect(Rect::centred(centre, width, height)))
            .collect()
    }

    fn icon(&self) -> Option<Icon> {
        None
    }

    fn colour_bar(&self) -> Option<ColourBar> {
        Some(self.bar.clone())
    }

    fn record(&self, x: &Axis, y: &Axis, table: &mut DataTable) {
        for (row, column, value) in self.cells() {
            table.push_named(
                &self.bar.quantity.name,
                vec![
                    (x.quantity().clone(), super::cell(x, column as f64)),
                    (y.quantity().clone(), super::cell(y, row as f64)),
                    (self.bar.quantity.clone(), Cell::Number(value)),
                ],
            );
        }
    }
}
