use super::{Dimension, Draw, Icon, Scene, Series, Side};
use crate::{
    Colour,
    axis::{Axis, hundredths},
    data::{Cell, Column, DataTable},
    geometry::{Point, Rect, Shape},
};
use charming::{
    element::{ItemStyle, Symbol},
    series,
};
use serde_json::json;

/// Diameter in pt of an outlier.
const OUTLIER_SIZE: f64 = 2.5;

/// The five numbers of one box. Which quantiles they are, and how far the whiskers reach, is for the
/// study to say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxStats {
    pub lower_whisker: f64,
    pub lower_quartile: f64,
    pub median: f64,
    pub upper_quartile: f64,
    pub upper_whisker: f64,
}

impl BoxStats {
    fn numbers(&self) -> [f64; 5] {
        [self.lower_whisker, self.lower_quartile, self.median, self.upper_quartile, self.upper_whisker]
    }
}

/// A box plot: one box for each category, and the outliers as points. Several of them on the same
/// axes stand in groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxes {
    name: String,
    boxes: Vec<BoxStats>,
    outliers: Vec<(usize, f64)>,
    colour: Colour,
}

impl Boxes {
    /// One box for each category, in the order of the axis. A box with a NaN is left out.
    pub fn new(name: impl Into<String>, boxes: &[BoxStats], colour: Colour) -> Self {
        Self { name: name.into(), boxes: boxes.into(), outliers: Vec::new(), colour }
    }

    /// Single values beyond the whiskers, each with the index of its category.
    pub fn outliers(mut self, outliers: &[(usize, f64)]) -> Self {
        self.outliers = outliers.into();
        self
    }

    /// Offset of the boxes from the middle of their categories and their width, as ECharts lays them
    /// out (`boxplotLayout`).
    fn layout(&self, scene: &Scene) -> (f64, f64) {
        let (index, count) = scene.bar;
        let (index, count) = (index as f64, count.max(1) as f64);
        let categories = if self.horizontal(scene) { scene.left } else { scene.x };
        let available = categories.band() * 0.8 - 2.0;
        let gap = available / count * 0.3;
        let width = (available - gap * (count - 1.0)) / count;
        (width / 2.0 - available / 2.0 + index * (gap + width), width)
    }

    fn horizontal(&self, scene: &Scene) -> bool {
        scene.left.axis().categories().is_some()
    }

    fn at(&self, scene: &Scene, category: usize, value: f64) -> Option<Point> {
        let (offset, _) = self.layout(scene);
        let category = category as f64;
        if self.horizontal(scene) {
            scene.point(Side::Left, value, category).map(|p| Point { y: p.y + offset, ..p })
        } else {
            scene.point(Side::Left, category, value).map(|p| Point { x: p.x + offset, ..p })
        }
    }
}

impl Draw for Boxes {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self, x: &Axis, y: &Axis) -> Result<(), String> {
        let categories = match (x.categories(), y.categories()) {
            (Some(names), None) | (None, Some(names)) => names,
            _ => return Err("boxes need one axis of categories and one of numbers".into()),
        };
        super::same_length("boxes", categories.len(), self.boxes.len())?;
        match self.outliers.iter().find(|(category, _)| *category >= categories.len()) {
            Some((category, _)) => Err(format!("an outlier in category {category} of {}", categories.len())),
            None => Ok(()),
        }
    }

    fn extent(&self, _: Dimension) -> Option<(f64, f64)> {
        let numbers = self.boxes.iter().flat_map(BoxStats::numbers);
        let all: Vec<f64> = numbers.chain(self.outliers.iter().map(|(_, value)| *value)).collect();
        super::extent(&all)
    }

    fn series(&self, scene: &Scene) -> Vec<Series> {
        let fill = self.colour.towards(Colour::WHITE, 0.75);
        let style = ItemStyle::new().color(fill.hex()).border_color(self.colour.hex()).border_width(0.75);
        let chart = series::Boxplot::new()
            .name(&self.name)
            .item_style(style)
            .data(self.boxes.iter().map(|stats| stats.numbers().to_vec()).collect::<Vec<_>>());
        let mut overlay = scene.axes(Side::Left);
        overlay["boxWidth"] = json!([0, "100%"]);
        let mut all = vec![Series::new(chart, overlay)];
        if !self.outliers.is_empty() {
            let horizontal = self.horizontal(scene);
            let row = |(category, value): &(usize, f64)| {
                if horizontal { vec![*value, *category as f64] } else { vec![*category as f64, *value] }
            };
            let chart = series::Scatter::new()
                .name(&self.name)
                .symbol(Symbol::Circle)
                .symbol_size(OUTLIER_SIZE)
                .item_style(ItemStyle::new().color(self.colour.hex()).opacity(0.8))
                .data(self.outliers.iter().map(row).collect::<Vec<_>>());
            let mut overlay = scene.axes(Side::Left);
            let offset = hundredths(self.layout(scene).0);
            overlay["symbolOffset"] = if horizontal { json!([0, offset]) } else { json!([offset, 0]) };
            all.push(Series::new(chart, overlay));
        }
        all
    }

    fn shapes(&self, scene: &Scene) -> Vec<Shape> {
        let (_, width) = self.layout(scene);
        let boxes = self.boxes.iter().enumerate().filter_map(|(category, stats)| {
            let from = self.at(scene, category, stats.lower_whisker)?;
            let to = self.at(scene, category, stats.upper_whisker)?;
            let line = Rect::spanning(from, to);
            Some(if self.horizontal(scene) {
                Rect::new(line.x, line.y - width / 2.0, line.width, width)
            } else {
                Rect::new(line.x - width / 2.0, line.y, width, line.height)
            })
        });
        let outliers = self.outliers.iter().filter_map(|(category, value)| {
            Some(Rect::centred(self.at(scene, *category, *value)?, OUTLIER_SIZE, OUTLIER_SIZE))
        });
        boxes.chain(outliers).map(Shape::Rect).collect()
    }

    fn icon(&self) -> Option<Icon> {
        Some(Icon::patch(self.colour, 1.0))
    }

    fn record(&self, x: &Axis, y: &Axis, table: &mut DataTable) {
        let (categories, numbers) = if x.categories().is_some() { (x, y) } else { (y, x) };
        let kind = Column::new("statistic", "");
        let mut push = |category: usize, statistic: &str, value: f64| {
            table.push_named(
                &self.name,
                vec![
                    (categories.quantity().clone(), super::cell(categories, category as f64)),
                    (kind.clone(), Cell::from(statistic)),
                    (numbers.quantity().clone(), Cell::Number(value)),
                ],
            );
        };
        let names = ["lower whisker", "lower quartile", "median", "upper quartile", "upper whisker"];
        for (category, stats) in self.boxes.iter().enumerate() {
            for (name, value) in names.iter().zip(stats.numbers()) {
                push(category, name, value);
            }
        }
        for (category, value) in &self.outliers {
            push(*category, "outlier", *value);
        }
    }
}
