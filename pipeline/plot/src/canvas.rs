//! Gathers laid-out panels into one ECharts option: a charming chart and its overlay.

use crate::{
    axis::{Resolved, hundredths},
    font::Font,
    geometry::Rect,
    labels::Label,
    layout::{Layout, LegendPlace},
    legend::heading,
    marks::{ColourBar, Scene, Series},
    option::{js_call, merge},
    style,
};
use charming::{
    Chart, component,
    component::{VisualMap, VisualMapChannel, VisualMapType},
    series,
};
use serde_json::{Value, json};

/// Components in the order of their indices, each with what charming has no field for.
#[derive(Default)]
pub(crate) struct Canvas {
    grids: Vec<component::Grid>,
    x_axes: Vec<(component::Axis, Value)>,
    y_axes: Vec<(component::Axis, Value)>,
    titles: Vec<component::Title>,
    legends: Vec<(component::Legend, Value)>,
    visual_maps: Vec<VisualMap>,
    series: Vec<Series>,
    graphics: Vec<Value>,
}

impl Canvas {
    pub fn add(&mut self, layout: &Layout) {
        let grid_index = self.grids.len();
        self.grids.push(grid(&layout.plot));
        if layout.panel.boxed {
            self.graphics.extend(frame(&layout.plot));
        }
        let (x_index, left_index) = (self.x_axes.len(), self.y_axes.len());
        let right_index = left_index + 1;
        push_axis(&mut self.x_axes, &layout.x, "bottom", grid_index);
        push_axis(&mut self.y_axes, &layout.left, "left", grid_index);
        if let Some(axis) = &layout.top {
            push_axis(&mut self.x_axes, axis, "top", grid_index);
        }
        if let Some(axis) = &layout.right {
            push_axis(&mut self.y_axes, axis, "right", grid_index);
        }
        for ((mark, scene), labels) in layout.scenes().zip(&layout.labels) {
            let scene = Scene { x_index, left_index, right_index, ..scene };
            if let Some(bar) = mark.colour_bar() {
                self.visual_maps.push(visual_map(&bar, self.series.len()));
            }
            self.series.extend(mark.series(&scene));
            if let Some(first) = labels.first() {
                self.series.push(label_series(mark.name(), labels, scene.axes(first.anchor.side)));
            }
        }
        for (bar, place, axis) in &layout.colour_bars {
            self.graphics.extend(colour_bar(bar, place, axis));
        }
        if let (Some((x, y)), Some(text)) = (layout.heading, &layout.panel.heading) {
            self.titles.push(heading(text, x, y, style::PANEL_TITLE_SIZE));
        }
        let drawn = match &layout.legend {
            Some((legend, LegendPlace::Inside(place))) => legend.drawn_inside(place),
            Some((legend, LegendPlace::Above(x, y, width))) => legend.drawn_above(*x, *y, *width),
            None => Vec::new(),
        };
        for (legend, overlay, title) in drawn {
            self.legends.push((legend, overlay));
            self.titles.extend(title);
        }
    }

    pub fn finish(self) -> (Chart, Value) {
        let mut chart = Chart::new();
        let mut overlay = json!({
            "graphic": { "elements": self.graphics },
            "legend": self.legends.iter().map(|(_, overlay)| overlay).collect::<Vec<_>>(),
            "xAxis": self.x_axes.iter().map(|(_, overlay)| overlay).collect::<Vec<_>>(),
            "yAxis": self.y_axes.iter().map(|(_, overlay)| overlay).collect::<Vec<_>>(),
        });
        overlay["series"] = self.series.iter().map(|series| series.overlay.clone()).collect();
        for grid in self.grids {
            chart = chart.grid(grid);
        }
        for (axis, _) in self.x_axes {
            chart = chart.x_axis(axis);
        }
        for (axis, _) in self.y_axes {
            chart = chart.y_axis(axis);
        }
        for title in self.titles {
            chart = chart.title(title);
        }
        for map in self.visual_maps {
            chart = chart.visual_map(map);
        }
        for Series { chart: series, .. } in self.series {
            chart = chart.series(series);
        }
        let legends: Vec<component::Legend> = self.legends.into_iter().map(|(legend, _)| legend).collect();
        (chart.legend(legends), overlay)
    }
}

fn grid(plot: &Rect) -> component::Grid {
    component::Grid::new()
        .left(hundredths(plot.x))
        .top(hundredths(plot.y))
        .width(hundredths(plot.width))
        .height(hundredths(plot.height))
}

/// Lines on top and to the right. ECharts moves lines of axes to the middle of pixels, but not the
/// frame of a grid, which would stand beside them.
fn frame(plot: &Rect) -> [Value; 2] {
    let (left, top, right, bottom) = (plot.x, plot.y + 0.5, plot.right() + 0.5, plot.bottom() + 0.5);
    [(left, top, right, top), (right, top, right, bottom)].map(|(x1, y1, x2, y2)| {
        json!({
            "type": "line",
            "silent": true,
            "shape": { "x1": x1, "y1": y1, "x2": x2, "y2": y2 },
            "style": { "fill": "none", "stroke": style::AXIS.hex(), "lineWidth": style::AXIS_WIDTH },
        })
    })
}

fn push_axis(axes: &mut Vec<(component::Axis, Value)>, axis: &Resolved, position: &str, grid: usize) {
    let (axis, mut overlay) = axis.charming(position);
    overlay["gridIndex"] = json!(grid);
    axes.push((axis, overlay));
}

/// Gives a series the colours of its scale; the bar beside the plot is drawn by [`colour_bar`],
/// because ECharts writes no ticks on its own.
fn visual_map(bar: &ColourBar, series_index: usize) -> VisualMap {
    let colours: Vec<String> = bar.scale.colours().iter().map(|colour| colour.hex()).collect();
    VisualMap::new()
        .type_(VisualMapType::Continuous)
        .show(false)
        .series_index(series_index as f64)
        .dimension(2)
        .min(bar.low)
        .max(bar.high)
        .in_range(VisualMapChannel::new().color(colours))
}

fn colour_bar(bar: &ColourBar, place: &Rect, axis: &Resolved) -> Vec<Value> {
    let colours = bar.scale.colours();
    let stops: Vec<Value> = colours
        .iter()
        .enumerate()
        .map(|(index, colour)| json!({ "offset": index as f64 / (colours.len() - 1) as f64, "color": colour.hex() }))
        .collect();
    let mut elements = vec![json!({
        "type": "rect",
        "silent": true,
        "shape": { "x": place.x, "y": place.y, "width": place.width, "height": place.height },
        "style": { "fill": { "type": "linear", "x": 0, "y": 1, "x2": 0, "y2": 0, "colorStops": stops } },
    })];
    let text = |text: &str, x: f64, y: f64, size: f64, align: &str, rotation: f64| {
        json!({
            "type": "text",
            "silent": true,
            "x": hundredths(x),
            "y": hundredths(y),
            "rotation": rotation,
            "style": {
                "text": text,
                "fill": style::INK.hex(),
                "fontSize": size,
                "fontFamily": style::font_family(),
                "align": align,
                "verticalAlign": if rotation == 0.0 { "middle" } else { "top" },
            },
        })
    };
    for (value, label) in axis.ticks() {
        let y = hundredths(place.bottom() - axis.place(value));
        elements.push(json!({
            "type": "line",
            "silent": true,
            "shape": { "x1": place.right(), "y1": y, "x2": place.right() + style::TICK_LENGTH, "y2": y },
            "style": { "fill": "none", "stroke": style::AXIS.hex(), "lineWidth": style::AXIS_WIDTH },
        }));
        let x = place.right() + style::TICK_LENGTH + 2.0;
        elements.push(text(label, x, y, style::TICK_SIZE, "left", 0.0));
    }
    let x = place.right() + axis.title_distance();
    let quarter = std::f64::consts::FRAC_PI_2;
    elements.push(text(&bar.quantity.header(), x, place.centre().y, style::AXIS_TITLE_SIZE, "center", quarter));
    elements
}

/// Labels of the points of one mark, as a series of its own. It has the name of the mark, so that an
/// interactive legend hides both.
fn label_series(name: &str, labels: &[Label], axes: Value) -> Series {
    let font = Font::regular(style::VALUE_SIZE);
    let items: Vec<Value> = labels
        .iter()
        .map(|Label { anchor, rect, leader }| {
            let offset = |x: f64, y: f64| [hundredths(x - anchor.at.x), hundredths(y - anchor.at.y)];
            let middle = font.middle(rect);
            let mut item = json!({ "text": anchor.text, "middle": offset(middle.x, middle.y) });
            if let Some(leader) = leader {
                let ends = [offset(leader.from.x, leader.from.y), offset(leader.to.x, leader.to.y)];
                item["leader"] = json!(ends.concat());
            }
            item
        })
        .collect();
    let argument = json!({
        "items": items,
        "font": { "fontSize": font.size, "fontFamily": style::font_family() },
        "ink": style::INK.hex(),
        "muted": style::MUTED.hex(),
        "lineWidth": style::GRID_WIDTH,
    });
    let rows: Vec<Vec<f64>> = labels.iter().map(|label| label.anchor.data.to_vec()).collect();
    let chart =
        series::Custom::new().name(name).render_item(js_call(include_str!("js/point_labels.js"), &argument)).data(rows);
    let mut overlay = axes;
    merge(&mut overlay, json!({ "clip": false, "silent": true, "z": 5, "encode": { "x": 0, "y": 1 } }));
    Series::new(chart, overlay)
}
