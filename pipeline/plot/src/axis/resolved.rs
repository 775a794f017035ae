//! Axes on a plot of known length: ticks, their labels, and the room that both take.

use super::{Axis, Kind, Ticks, hundredths};
use crate::{
    font::Font,
    option::{js, js_call},
    style, ticks,
};
use charming::{
    component,
    datatype::CompositeValue,
    element::{AxisLabel, AxisTick, AxisType, LineStyle, NameLocation, SplitLine, TextStyle},
};
use serde_json::{Value, json};

/// Between the end of a tick mark and its label.
const LABEL_GAP: f64 = 2.5;
/// Between tick labels and the title of the axis.
const TITLE_GAP: f64 = 3.5;
const UPRIGHT_TITLE_GAP: f64 = 5.0;
/// Height of a line of text for its size, ascenders and descenders included.
const LINE: f64 = 1.2;
/// More automatic ticks than this help nobody.
const MOST_TICKS: usize = 11;
/// Least distance between neighbouring tick labels, for the size of the text.
const LABEL_SPACING: f64 = 0.9;

/// An axis with everything known that the drawing needs.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    axis: Axis,
    horizontal: bool,
    pub min: f64,
    pub max: f64,
    length: f64,
    ticks: Vec<f64>,
    labels: Vec<String>,
    /// Of the tick labels, in degrees against the clock.
    rotation: f64,
}

impl Resolved {
    pub fn new(axis: &Axis, (min, max): (f64, f64), length: f64, horizontal: bool) -> Self {
        let mut resolved = Self {
            axis: axis.clone(),
            horizontal,
            min,
            max,
            length,
            ticks: Vec::new(),
            labels: Vec::new(),
            rotation: 0.0,
        };
        match (&axis.kind, &axis.ticks) {
            (Kind::Category(names), _) => resolved.label_categories(names),
            (_, Ticks::At(values)) => {
                resolved.set_ticks(values.iter().copied().filter(|v| (min..=max).contains(v)).collect());
            }
            (_, Ticks::Every(step)) => resolved.set_ticks(ticks::multiples(*step, min, max)),
            (Kind::Log, Ticks::Auto) => resolved.set_ticks(ticks::logarithmic(min, max)),
            (Kind::Value, Ticks::Auto) => resolved.find_ticks(),
        }
        resolved
    }

    /// From the finest step to the first that leaves the labels room, but never so coarse that fewer
    /// than two ticks are left.
    fn find_ticks(&mut self) {
        for step in ticks::steps(self.max - self.min) {
            let found = ticks::multiples(step, self.min, self.max);
            if found.len() < 2 && self.ticks.len() >= 2 {
                break;
            }
            self.set_ticks(found);
            if self.ticks.len() <= MOST_TICKS && self.labels_have_room() {
                break;
            }
        }
    }

    /// Place of a value: 0 at the left or bottom end of the axis, its length at the other.
    pub fn place(&self, value: f64) -> f64 {
        let share = match self.axis.kind {
            Kind::Log => (value / self.min).ln() / (self.max / self.min).ln(),
            Kind::Value | Kind::Category(_) => (value - self.min) / (self.max - self.min),
        };
        let forward = if self.axis.inverse { 1.0 - share } else { share };
        forward * self.length
    }

    /// Room for one category.
    pub fn band(&self) -> f64 {
        self.length / (self.max - self.min)
    }

    pub fn axis(&self) -> &Axis {
        &self.axis
    }

    /// Ticks with their labels.
    pub fn ticks(&self) -> impl Iterator<Item = (f64, &str)> {
        self.ticks.iter().copied().zip(self.labels.iter().map(String::as_str))
    }

    fn set_ticks(&mut self, ticks: Vec<f64>) {
        self.labels = self.axis.format.labels(&ticks);
        self.ticks = ticks;
    }

    fn labels_have_room(&self) -> bool {
        let font = Font::regular(style::TICK_SIZE);
        let places: Vec<f64> = self.ticks.iter().map(|tick| self.place(*tick)).collect();
        let extents: Vec<f64> =
            self.labels.iter().map(|label| if self.horizontal { font.width(label) } else { 1.6 * font.size }).collect();
        let spacing = LABEL_SPACING * font.size;
        places
            .windows(2)
            .zip(extents.windows(2))
            .all(|(place, extent)| (place[1] - place[0]).abs() >= (extent[0] + extent[1]) / 2.0 + spacing)
    }

    /// Writes all categories: across if they fit, else slanted, else upright; if even upright ones
    /// would overlap, only every second one, every third one, and so on.
    fn label_categories(&mut self, names: &[String]) {
        let font = Font::regular(style::TICK_SIZE);
        let widest = names.iter().map(|name| font.width(name)).fold(0.0, f64::max);
        let band = self.band();
        if self.horizontal && widest + 0.5 * font.size > band {
            // Slanted lines of text keep their distance across the slant: band x sin 45°.
            let slanted = band * std::f64::consts::FRAC_1_SQRT_2 >= LINE * font.size;
            self.rotation = if slanted { 45.0 } else { 90.0 };
        }
        let crowded = !self.horizontal || self.rotation == 90.0;
        let every = if crowded { (font.size / band).ceil().max(1.0) as usize } else { 1 };
        self.ticks = (0..names.len()).step_by(every).map(|index| index as f64).collect();
        self.labels = names.iter().step_by(every).cloned().collect();
    }

    /// How far the tick labels reach from the axis line.
    fn label_depth(&self) -> f64 {
        let font = Font::regular(style::TICK_SIZE);
        let widest = self.labels.iter().map(|label| font.width(label)).fold(0.0, f64::max);
        let depth = if self.horizontal {
            let slant = self.rotation.to_radians();
            let thickness = if self.rotation == 0.0 { 1.0 } else { 0.6 * slant.cos() };
            widest * slant.sin() + font.size * thickness
        } else {
            widest
        };
        style::TICK_LENGTH + LABEL_GAP + depth
    }

    /// Distance from the axis line to the near edge of the title.
    pub fn title_distance(&self) -> f64 {
        self.label_depth() + if self.horizontal { TITLE_GAP } else { UPRIGHT_TITLE_GAP }
    }

    /// Room that the axis needs beside the plot.
    pub fn depth(&self) -> f64 {
        if self.axis.quantity.name.is_empty() {
            self.label_depth() + 1.0
        } else {
            self.title_distance() + LINE * style::AXIS_TITLE_SIZE
        }
    }

    /// How far the tick labels and the title stick out before the start and behind the end.
    pub fn overhang(&self) -> (f64, f64) {
        let font = Font::regular(style::TICK_SIZE);
        let (mut before, mut behind) = (0.0_f64, 0.0_f64);
        for (tick, label) in self.ticks.iter().zip(&self.labels) {
            let width = font.width(label);
            let (back, ahead) = match (self.horizontal, self.rotation == 0.0) {
                (true, true) => (width / 2.0, width / 2.0),
                (true, false) => {
                    let slant = self.rotation.to_radians();
                    (width * slant.cos() + font.size / 2.0, font.size / 2.0)
                }
                (false, _) => (0.6 * font.size, 0.6 * font.size),
            };
            let place = self.place(*tick);
            before = before.max(back - place);
            behind = behind.max(place + ahead - self.length);
        }
        let title = Font::regular(style::AXIS_TITLE_SIZE).width(&self.axis.title());
        let excess = (title - self.length) / 2.0;
        (before.max(excess), behind.max(excess))
    }

    /// The axis for ECharts, and what charming has no field for. Ticks and labels are given one by
    /// one, so that ECharts draws just those that were measured here.
    pub fn charming(&self, position: &str) -> (component::Axis, Value) {
        let kind = match self.axis.kind {
            Kind::Value => AxisType::Value,
            Kind::Log => AxisType::Log,
            Kind::Category(_) => AxisType::Category,
        };
        let mut label = AxisLabel::new().font_size(style::TICK_SIZE).color(style::INK.hex());
        let mut tick = AxisTick::new()
            .length(style::TICK_LENGTH)
            .line_style(LineStyle::new().color(style::AXIS.hex()).width(style::AXIS_WIDTH));
        let mut axis = component::Axis::new()
            .type_(kind)
            .position(position)
            .name(self.axis.title())
            .name_location(NameLocation::Middle)
            .name_gap(hundredths(self.title_distance()))
            .name_text_style(TextStyle::new().font_size(style::AXIS_TITLE_SIZE).color(self.axis.colour.hex()))
            .inverse(self.axis.inverse);
        if let Kind::Category(names) = &self.axis.kind {
            axis = axis.data(names.clone());
            label = label.rotate(self.rotation);
            tick = tick.show(false);
        } else {
            axis = axis.min(self.min).max(self.max);
            tick = tick.custom_values(self.ticks.iter().map(|t| CompositeValue::from(*t)).collect());
        }
        let grid = LineStyle::new().color(style::GRID.hex()).width(style::GRID_WIDTH);
        let axis =
            axis.axis_label(label).axis_tick(tick).split_line(SplitLine::new().show(self.axis.grid).line_style(grid));
        (axis, self.overlay())
    }

    fn overlay(&self) -> Value {
        let mut label = json!({
            "margin": style::TICK_LENGTH + LABEL_GAP,
            "customValues": self.ticks,
            "hideOverlap": false,
        });
        if !matches!(self.axis.kind, Kind::Category(_)) {
            let table = json!({ "values": self.ticks, "labels": self.labels });
            let lookup = js_call(include_str!("../js/tick_label.js"), &table);
            label["formatter"] = js(lookup);
        }
        json!({
            "axisLabel": label,
            "axisLine": {
                "show": true,
                "onZero": false,
                "lineStyle": { "color": style::AXIS.hex(), "width": style::AXIS_WIDTH, "cap": "butt" },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(axis: &Axis, data: (f64, f64), length: f64, horizontal: bool) -> Resolved {
        axis.resolve(axis.span(Some(data)).expect("a span"), length, horizontal)
    }

    #[test]
    fn automatic_ticks_leave_room_for_their_labels() {
        let axis = Axis::value("Latency", "ms");
        for length in [60.0, 120.0, 240.0, 480.0] {
            for (low, high) in [(0.0, 1.0), (-131.0, 12621.0), (0.148, 0.192), (61.0, 74.0)] {
                let found = resolved(&axis, (low, high), length, true);
                assert!(found.labels_have_room(), "{length} {low} {high}");
                assert!(found.ticks.len() >= 2, "{length} {low} {high} {:?}", found.ticks);
            }
        }
    }

    #[test]
    fn places_run_from_end_to_end() {
        let value = resolved(&Axis::value("x", "").range(0.0, 10.0), (0.0, 1.0), 100.0, true);
        assert_eq!([value.place(0.0), value.place(2.5), value.place(10.0)], [0.0, 25.0, 100.0]);
        let log = resolved(&Axis::log("x", "").range(1.0, 100.0), (1.0, 2.0), 100.0, true);
        assert!((log.place(10.0) - 50.0).abs() < 1e-9);
        let names = Axis::category("x", ["a", "b"]).inverse();
        assert_eq!(resolved(&names, (0.0, 1.0), 100.0, false).place(0.0), 75.0);
    }

    #[test]
    fn long_category_names_are_turned_and_crowded_ones_thinned() {
        let names = |count: usize| Axis::category("Layer", (0..count).map(|i| format!("layer number {i}")));
        let rotation = |count| resolved(&names(count), (0.0, 1.0), 300.0, true).rotation;
        assert_eq!([rotation(3), rotation(12), rotation(30)], [0.0, 45.0, 90.0]);
        let crowded = resolved(&names(100), (0.0, 1.0), 300.0, true);
        assert_eq!((crowded.ticks.len(), crowded.labels[1].as_str()), (34, "layer number 3"));
    }

    #[test]
    fn ticks_outside_the_range_are_dropped() {
        let axis = Axis::value("x", "").range(0.0, 1.0).ticks_at([-1.0, 0.5, 2.0]);
        assert_eq!(resolved(&axis, (0.0, 1.0), 100.0, true).ticks, [0.5]);
    }
}
