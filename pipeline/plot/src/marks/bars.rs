use super::{Dimension, Draw, Icon, Scene, Series, Side};
use crate::{
    Colour,
    axis::{Axis, hundredths},
    data::{Cell, DataTable},
    font::Font,
    geometry::{Point, Rect, Segment, Shape},
    option::js_call,
    style,
    ticks::Format,
};
use charming::{datatype::DataPointItem, element::ItemStyle, series};
use serde_json::json;

/// Share of a category's room that is left free between its bars and those of the next.
const CATEGORY_GAP: f64 = 0.25;
/// Between bars of one category, as a share of their width.
const BAR_GAP: f64 = 0.06;
/// Between the end of a bar or whisker and its label.
const LABEL_GAP: f64 = 2.5;
/// Room for a value across its bar, beyond its own width.
const CAPTION_SPACE: f64 = 2.0;

/// Bars from zero, one for each category, lying on their side if the vertical axis has the
/// categories. Several of them on the same axes stand in groups.
///
/// A value of NaN leaves the place empty, with a note.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    name: String,
    values: Vec<f64>,
    colours: Vec<Colour>,
    format: Option<Format>,
    whiskers: Option<(Vec<f64>, Vec<f64>)>,
    missing: String,
}

impl Bars {
    /// One value for each category, in the order of the axis.
    pub fn new(name: impl Into<String>, values: &[f64], colour: Colour) -> Self {
        Self {
            name: name.into(),
            values: values.into(),
            colours: vec![colour],
            format: None,
            whiskers: None,
            missing: "n/a".into(),
        }
    }

    /// A colour for each bar; the series then has no entry in the legend.
    pub fn colours(mut self, colours: &[Colour]) -> Self {
        self.colours = colours.into();
        self
    }

    /// Writes the values beyond the ends of the bars and whiskers.
    pub fn labels(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Error bars between absolute values; NaN for none.
    pub fn whiskers(mut self, lower: &[f64], upper: &[f64]) -> Self {
        self.whiskers = Some((lower.into(), upper.into()));
        self
    }

    /// The note in place of a missing bar, `n/a` unless set.
    pub fn missing(mut self, note: impl Into<String>) -> Self {
        self.missing = note.into();
        self
    }

    fn colour(&self, index: usize) -> Colour {
        self.colours.get(index).or(self.colours.first()).copied().unwrap_or(style::CATEGORICAL[0])
    }

    fn whisker(&self, index: usize) -> Option<(f64, f64)> {
        let (lower, upper) = self.whiskers.as_ref()?;
        let ends = (*lower.get(index)?, *upper.get(index)?);
        (ends.0.is_finite() && ends.1.is_finite()).then_some(ends)
    }

    /// The value at which the label stands: the outer end of bar and whisker.
    fn tip(&self, index: usize) -> f64 {
        let value = self.values[index];
        match self.whisker(index) {
            Some((lower, _)) if value < 0.0 => value.min(lower),
            Some((_, upper)) => value.max(upper),
            None => value,
        }
    }

    /// What is written at each bar; empty for nothing.
    fn captions(&self) -> Vec<String> {
        let labels = self.format.map(|format| format.labels(&self.values));
        (0..self.values.len())
            .map(|index| match &labels {
                _ if self.values[index].is_nan() => self.missing.clone(),
                Some(labels) => labels[index].clone(),
                None => String::new(),
            })
            .collect()
    }

    fn layout(&self, scene: &Scene) -> Layout {
        let horizontal = scene.left.axis().categories().is_some();
        let (categories, numbers) = if horizontal { (scene.left, scene.x) } else { (scene.x, scene.left) };
        let (index, count) = scene.bar;
        let (index, count) = (index as f64, count.max(1) as f64);
        let width = categories.band() * (1.0 - CATEGORY_GAP) / (count + (count - 1.0) * BAR_GAP);
        let pitch = if count > 1.0 { width * (1.0 + BAR_GAP) } else { categories.band() };
        let captions = self.captions();
        let font = Font::regular(style::VALUE_SIZE);
        let widest = captions.iter().map(|text| font.width(text)).fold(0.0, f64::max);
        Layout {
            horizontal,
            // As ECharts: the first series is leftmost or on top, whichever way the axis runs.
            offset: (index - (count - 1.0) / 2.0) * pitch,
            width,
            base: numbers.place(0.0_f64.clamp(numbers.min, numbers.max)),
            upright: !horizontal && widest + CAPTION_SPACE > pitch,
            captions,
        }
    }

    /// The point at a value on the middle line of a bar.
    fn along(&self, scene: &Scene, layout: &Layout, index: usize, place: f64) -> Point {
        let plot = scene.plot;
        if layout.horizontal {
            let y = plot.bottom() - scene.left.place(index as f64) + layout.offset;
            Point { x: plot.x + place, y }
        } else {
            let x = plot.x + scene.x.place(index as f64) + layout.offset;
            Point { x, y: plot.bottom() - place }
        }
    }

    fn place(&self, scene: &Scene, layout: &Layout, value: f64) -> f64 {
        let numbers = if layout.horizontal { scene.x } else { scene.left };
        if value.is_finite() { numbers.place(value) } else { layout.base }
    }
}

/// The bars on resolved axes.
struct Layout {
    horizontal: bool,
    /// Of the middle of the bars from the middle of their categories, to the right or down.
    offset: f64,
    width: f64,
    /// Where the bars begin, along the axis of numbers.
    base: f64,
    /// Captions run upwards, because across they would run into each other.
    upright: bool,
    captions: Vec<String>,
}

impl Draw for Bars {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self, x: &Axis, y: &Axis) -> Result<(), String> {
        let categories = match (x.categories(), y.categories()) {
            (Some(names), None) | (None, Some(names)) => names,
            _ => return Err("bars need one axis of categories and one of numbers".into()),
        };
        if x.is_logarithmic() || y.is_logarithmic() {
            return Err("bars grow from zero, which a logarithmic axis does not have".into());
        }
        super::same_length("values", categories.len(), self.values.len())?;
        if self.colours.len() > 1 {
            super::same_length("colours", self.values.len(), self.colours.len())?;
        }
        if let Some((lower, upper)) = &self.whiskers {
            super::same_length("lower ends", self.values.len(), lower.len())?;
            super::same_length("upper ends", self.values.len(), upper.len())?;
        }
        Ok(())
    }

    fn extent(&self, _: Dimension) -> Option<(f64, f64)> {
        let whiskers = (0..self.values.len()).filter_map(|index| self.whisker(index));
        let ends: Vec<f64> = whiskers.flat_map(|(lower, upper)| [lower, upper]).collect();
        super::extent(self.values.iter().chain(&ends))
    }

    fn grows_from_zero(&self) -> bool {
        true
    }

    fn series(&self, scene: &Scene) -> Vec<Series> {
        let bars = self.values.iter().enumerate().map(|(index, value)| {
            DataPointItem::new(*value).item_style(ItemStyle::new().color(self.colour(index).hex()))
        });
        let chart = series::Bar::new()
            .name(&self.name)
            .bar_gap(percent(BAR_GAP))
            .item_style(ItemStyle::new().color(self.colour(0).hex()))
            .data(bars.collect::<Vec<_>>());
        let mut overlay = scene.axes(Side::Left);
        overlay["barCategoryGap"] = json!(percent(CATEGORY_GAP));
        let mut all = vec![Series::new(chart, overlay)];
        let layout = self.layout(scene);
        if self.whiskers.is_some() || layout.captions.iter().any(|caption| !caption.is_empty()) {
            all.push(self.captions_and_whiskers(scene, layout));
        }
        all
    }

    fn shapes(&self, scene: &Scene) -> Vec<Shape> {
        let layout = self.layout(scene);
        let mut shapes = Vec::new();
        for index in 0..self.values.len() {
            let end = |place| self.along(scene, &layout, index, place);
            let line = Rect::spanning(end(layout.base), end(self.place(scene, &layout, self.values[index])));
            let (grow_x, grow_y) = if layout.horizontal { (0.0, layout.width) } else { (layout.width, 0.0) };
            shapes.push(Shape::Rect(Rect::new(
                line.x - grow_x / 2.0,
                line.y - grow_y / 2.0,
                line.width + grow_x,
                line.height + grow_y,
            )));
            if let Some((lower, upper)) = self.whisker(index) {
                let [from, to] = [lower, upper].map(|v| end(self.place(scene, &layout, v)));
                shapes.push(Shape::Segment(Segment { from, to }));
            }
        }
        shapes.extend(self.texts(scene).into_iter().map(Shape::Rect));
        shapes
    }

    fn texts(&self, scene: &Scene) -> Vec<Rect> {
        let layout = self.layout(scene);
        let font = Font::regular(style::VALUE_SIZE);
        let captions = layout.captions.iter().enumerate().filter(|(_, caption)| !caption.is_empty());
        captions
            .map(|(index, caption)| {
                let tip = self.along(scene, &layout, index, self.place(scene, &layout, self.tip(index)));
                let away = LABEL_GAP * if self.values[index] < 0.0 { -1.0 } else { 1.0 };
                let Rect { width, height, .. } = font.letters(caption, tip);
                // As src/js/bar_captions.js sets them: outwards from the tip.
                if layout.horizontal {
                    let x = tip.x + away + if away < 0.0 { -width } else { 0.0 };
                    let middle = Point { x: x + width / 2.0, ..tip };
                    font.letters(caption, middle)
                } else if layout.upright {
                    let y = tip.y - away - if away < 0.0 { 0.0 } else { width };
                    Rect::new(tip.x - height / 2.0, y, height, width)
                } else {
                    let y = tip.y - away + if away < 0.0 { font.size / 2.0 } else { -font.size / 2.0 };
                    font.letters(caption, Point { y, ..tip })
                }
            })
            .collect()
    }

    fn icon(&self) -> Option<Icon> {
        (self.colours.len() == 1).then(|| Icon::patch(self.colour(0), 1.0))
    }

    fn record(&self, x: &Axis, y: &Axis, table: &mut DataTable) {
        let (categories, numbers) = if x.categories().is_some() { (x, y) } else { (y, x) };
        for (index, value) in self.values.iter().enumerate() {
            let mut row = vec![
                (categories.quantity().clone(), super::cell(categories, index as f64)),
                (numbers.quantity().clone(), Cell::Number(*value)),
            ];
            if self.whiskers.is_some() {
                let (lower, upper) = self.whisker(index).unwrap_or((f64::NAN, f64::NAN));
                row.push((super::qualified(numbers.quantity(), "lower"), Cell::Number(lower)));
                row.push((super::qualified(numbers.quantity(), "upper"), Cell::Number(upper)));
            }
            table.push_named(&self.name, row);
        }
    }
}

impl Bars {
    /// A series of its own, because ECharts has no error bars, and would put labels on them.
    fn captions_and_whiskers(&self, scene: &Scene, layout: Layout) -> Series {
        let numbers = if layout.horizontal { scene.x } else { scene.left };
        let rows: Vec<Vec<f64>> = (0..self.values.len())
            .map(|index| {
                let (lower, upper) = self.whisker(index).unwrap_or((f64::NAN, f64::NAN));
                vec![index as f64, self.values[index], lower, upper]
            })
            .collect();
        let (index, count) = scene.bar;
        let argument = json!({
            "horizontal": layout.horizontal,
            "upright": layout.upright,
            "slot": index,
            "layout": { "count": count, "barGap": percent(BAR_GAP), "barCategoryGap": percent(CATEGORY_GAP) },
            "base": 0.0_f64.clamp(numbers.min, numbers.max),
            "captions": layout.captions,
            "gap": LABEL_GAP,
            "cap": hundredths((layout.width / 3.0).min(2.5)),
            "font": { "fontSize": style::VALUE_SIZE, "fontFamily": style::font_family() },
            "ink": style::INK.hex(),
            "muted": style::MUTED.hex(),
            "lineWidth": style::WHISKER_WIDTH,
        });
        let chart = series::Custom::new()
            .name(&self.name)
            .render_item(js_call(include_str!("../js/bar_captions.js"), &argument))
            .data(rows);
        let mut overlay = scene.axes(Side::Left);
        let (category, number) = if layout.horizontal { ("y", "x") } else { ("x", "y") };
        crate::option::merge(
            &mut overlay,
            json!({
                "clip": false,
                "silent": true,
                "z": 5,
                "encode": { category: 0, number: [1, 2, 3] },
            }),
        );
        Series::new(chart, overlay)
    }
}

fn percent(share: f64) -> String {
    format!("{}%", share * 100.0)
}
