//! Legends: which symbols stand for which series, in a box inside the axes or in rows above them.

use crate::{
    Colour,
    font::Font,
    geometry::{Rect, Shape},
    marks::Icon,
    style,
};
use charming::{
    component,
    element::{LabelAlign, Orient, TextStyle},
};
use serde_json::{Value, json};

const ICON_WIDTH: f64 = 12.0;
const ICON_HEIGHT: f64 = 6.5;
/// ECharts sets names this far from their symbols.
const ICON_GAP: f64 = 5.0;
const ROW: f64 = style::LEGEND_SIZE;
const ROW_GAP: f64 = 3.0;
const ENTRY_GAP: f64 = 10.0;
const PADDING: f64 = 4.0;
/// Height of the title's line in a box.
const TITLE_ROW: f64 = style::LEGEND_SIZE + 4.0;
/// Least distance of a box from the axes and from the data.
const CLEARANCE: f64 = 3.0;
/// Between rows above the axes and the axes.
pub(crate) const ABOVE_GAP: f64 = 6.0;

/// A corner of the axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corner {
    UpperRight,
    UpperLeft,
    LowerRight,
    LowerLeft,
}

/// A legend; its entries are the named series in order, one for each name.
#[derive(Clone, Debug, PartialEq)]
pub struct Legend {
    /// None: above the axes.
    corner: Option<Corner>,
    title: Option<String>,
}

impl Legend {
    /// In a box in this corner. If data are in the way, the box goes to the next best free place
    /// along the edges of the axes, and above the axes if there is none: it never covers data.
    pub fn inside(corner: Corner) -> Self {
        Self { corner: Some(corner), title: None }
    }

    /// In rows above the axes.
    pub fn above() -> Self {
        Self { corner: None, title: None }
    }

    /// What the names have in common.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    pub(crate) fn is_inside(&self) -> bool {
        self.corner.is_some()
    }
}

/// A legend with its entries, measured.
pub(crate) struct Measured<'a> {
    legend: &'a Legend,
    entries: Vec<(String, Icon)>,
}

impl<'a> Measured<'a> {
    pub fn new(legend: &'a Legend, entries: Vec<(String, Icon)>) -> Self {
        Self { legend, entries }
    }

    fn title_width(&self) -> f64 {
        self.legend.title.as_deref().map_or(0.0, |title| Font::bold(style::LEGEND_SIZE).width(title))
    }

    fn entry_width(&self, index: usize) -> f64 {
        let font = Font::regular(style::LEGEND_SIZE);
        self.entries.get(index).map_or(0.0, |(name, _)| ICON_WIDTH + ICON_GAP + font.width(name))
    }

    /// Width and height of the box inside the axes.
    fn box_size(&self) -> (f64, f64) {
        let widest = (0..self.entries.len()).map(|i| self.entry_width(i)).fold(0.0, f64::max);
        let count = self.entries.len() as f64;
        let title = if self.legend.title.is_some() { TITLE_ROW } else { 0.0 };
        let height = title + count * ROW + (count - 1.0).max(0.0) * ROW_GAP + 2.0 * PADDING;
        (widest.max(self.title_width()) + 2.0 * PADDING, height)
    }

    /// A free place for the box: the wanted corner, the other corners, then places along the edges.
    pub fn free_place(&self, plot: &Rect, taken: &[Shape]) -> Option<Rect> {
        let (width, height) = self.box_size();
        let room = plot.grown(-CLEARANCE);
        let (right, down) = (room.width - width, room.height - height);
        if right < 0.0 || down < 0.0 {
            return None;
        }
        let at = |across: f64, along: f64| Rect::new(room.x + across * right, room.y + along * down, width, height);
        let corner = |corner| match corner {
            Corner::UpperRight => at(1.0, 0.0),
            Corner::UpperLeft => at(0.0, 0.0),
            Corner::LowerRight => at(1.0, 1.0),
            Corner::LowerLeft => at(0.0, 1.0),
        };
        let corners = self.legend.corner.into_iter().chain([
            Corner::UpperRight,
            Corner::UpperLeft,
            Corner::LowerRight,
            Corner::LowerLeft,
        ]);
        let steps = (1..20).map(|step| f64::from(step) / 20.0);
        let edges = steps.flat_map(|step| [at(1.0, step), at(0.0, step), at(step, 0.0), at(step, 1.0)]);
        corners
            .map(corner)
            .chain(edges)
            .find(|place| !taken.iter().any(|shape| shape.intersects(&place.grown(CLEARANCE))))
    }

    /// Entries in rows no wider than `width`, as ranges of indices.
    fn rows(&self, width: f64) -> Vec<std::ops::Range<usize>> {
        let room = width - self.title_room();
        let mut rows = Vec::new();
        let (mut start, mut used) = (0, 0.0);
        for index in 0..self.entries.len() {
            let entry = self.entry_width(index);
            if index > start && used + ENTRY_GAP + entry > room {
                rows.push(start..index);
                (start, used) = (index, entry);
            } else {
                used += entry + if index > start { ENTRY_GAP } else { 0.0 };
            }
        }
        rows.push(start..self.entries.len());
        rows
    }

    fn title_room(&self) -> f64 {
        if self.legend.title.is_some() { self.title_width() + ENTRY_GAP } else { 0.0 }
    }

    /// Height of the rows above the axes.
    pub fn height_above(&self, width: f64) -> f64 {
        let rows = self.rows(width).len() as f64;
        rows * ROW + (rows - 1.0) * ROW_GAP
    }

    /// The box at its place, for ECharts.
    pub fn drawn_inside(&self, place: &Rect) -> Drawn {
        let title = self.legend.title.as_deref().map(|text| title(text, place.x + PADDING, place.y + PADDING));
        let above = PADDING + if title.is_some() { TITLE_ROW } else { 0.0 };
        let widest = (0..self.entries.len()).map(|i| self.entry_width(i)).fold(0.0, f64::max);
        let legend = base(place.x, place.y).orient(Orient::Vertical).item_gap(ROW_GAP);
        let mut overlay = self.overlay(0..self.entries.len());
        crate::option::merge(
            &mut overlay,
            json!({
                "padding": [above, place.width - PADDING - widest, PADDING, PADDING],
                "backgroundColor": Colour::WHITE.hex(),
                "borderColor": style::GRID.hex(),
                "borderWidth": style::GRID_WIDTH,
            }),
        );
        vec![(legend, overlay, title)]
    }

    /// The rows, left-aligned at a point, for ECharts.
    pub fn drawn_above(&self, x: f64, y: f64, width: f64) -> Drawn {
        let mut heading = self.legend.title.as_deref().map(|text| title(text, x, y));
        let left = x + self.title_room();
        let rows = self.rows(width).into_iter().enumerate();
        rows.map(|(index, row)| {
            let top = y + index as f64 * (ROW + ROW_GAP);
            let legend = base(left, top).orient(Orient::Horizontal).item_gap(ENTRY_GAP);
            let mut overlay = self.overlay(row);
            overlay["padding"] = json!(0);
            (legend, overlay, heading.take())
        })
        .collect()
    }

    fn overlay(&self, range: std::ops::Range<usize>) -> Value {
        let data: Vec<Value> = self
            .entries
            .get(range)
            .unwrap_or_default()
            .iter()
            .map(|(name, icon)| {
                json!({
                    "name": name,
                    "icon": icon.symbol,
                    "itemStyle": { "color": icon.colour.hex(), "opacity": icon.opacity, "borderWidth": 0 },
                })
            })
            .collect();
        json!({ "data": data, "selectedMode": "multiple" })
    }
}

/// Legend components with their overlays and titles.
pub(crate) type Drawn = Vec<(component::Legend, Value, Option<component::Title>)>;

fn base(left: f64, top: f64) -> component::Legend {
    let hundredths = crate::axis::hundredths;
    component::Legend::new()
        .left(hundredths(left))
        .top(hundredths(top))
        .align(LabelAlign::Left)
        .item_width(ICON_WIDTH)
        .item_height(ICON_HEIGHT)
        .text_style(TextStyle::new().font_size(style::LEGEND_SIZE).color(style::INK.hex()))
}

fn title(text: &str, left: f64, top: f64) -> component::Title {
    heading(text, left, top, style::LEGEND_SIZE)
}

/// A line of bold text by its upper left corner.
pub(crate) fn heading(text: &str, left: f64, top: f64, size: f64) -> component::Title {
    let hundredths = crate::axis::hundredths;
    component::Title::new()
        .text(text)
        .left(hundredths(left))
        .top(hundredths(top))
        .padding(0)
        .item_gap(0)
        .text_style(TextStyle::new().font_size(size).font_weight("bold").color(style::INK.hex()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;

    const PLOT: Rect = Rect::new(40.0, 10.0, 200.0, 150.0);

    fn entries(names: &[&str]) -> Vec<(String, Icon)> {
        names.iter().map(|name| (name.to_string(), Icon::patch(style::INK, 1.0))).collect()
    }

    #[test]
    fn the_wanted_corner_if_it_is_free() {
        let legend = Legend::inside(Corner::LowerLeft).title("MCU");
        let measured = Measured::new(&legend, entries(&["L4", "F4", "F7"]));
        let place = measured.free_place(&PLOT, &[]).expect("an empty plot has room");
        assert_eq!((place.x, place.bottom()), (43.0, 157.0));
        let in_the_way = Shape::Rect(Rect::centred(Point { x: 50.0, y: 150.0 }, 2.0, 2.0));
        let other = measured.free_place(&PLOT, &[in_the_way]).expect("three free corners");
        assert!(!in_the_way.intersects(&other) && PLOT.contains(&other));
        let everything = Shape::Rect(PLOT);
        assert_eq!(measured.free_place(&PLOT, &[everything]), None);
    }

    #[test]
    fn rows_break_where_the_width_ends() {
        let legend = Legend::above();
        let measured = Measured::new(&legend, entries(&["first series", "second series", "third series"]));
        assert_eq!(measured.rows(1000.0).len(), 1);
        assert_eq!(measured.rows(160.0), [0..2, 2..3]);
        // A name that is too wide for any row still gets one.
        assert_eq!(measured.rows(10.0), [0..1, 1..2, 2..3]);
        assert_eq!(measured.height_above(10.0), 3.0 * ROW + 2.0 * ROW_GAP);
    }
}
