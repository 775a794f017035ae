//! The desktop: box plots of the layers, and the latencies of trtexec.

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{About, Axis, BoxStats, Boxes, Cartesian, Corner, Figure, Legend, Line, Size, Step};
use serde::{Deserialize, Serialize};

use super::{NETWORKS, broken, numbers};
use crate::cx::Cx;
use crate::drawing;
use crate::edge_layers::aggregate::desktop::by_layer;
use crate::edge_layers::features::Layers;
use crate::figure_keys::{self, Axes, Length};
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

/// What is set of the box plots, whose height follows from the number of panels.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::edge_layers) struct Keys {
    /// Width of a panel, and its height if there is room.
    panel: figure_keys::Size,
    /// What a page has room for.
    most_height: Length,
}

/// Boxes that can be told apart in a panel.
const MOST_BOXES: usize = 62;
/// Whiskers reach to the last value within so many times the distance of the quartiles, as in matplotlib.
const REACH: f64 = 1.5;

/// One box for each layer over the runs, for each experiment and network.
pub(in crate::edge_layers) fn boxes(
    cx: &mut Cx<'_, '_>,
    runs: &Vec<(&'static str, &'static str)>,
    keys: &Keys,
) -> Result<(), Problem> {
    let id = "upstream.desktop.layer_boxplots";
    let mut record = Record::figure(id).x_axis(RecordAxis::new("Layer")).y_axis(RecordAxis::new("Latency").unit("ms"));
    let mut panels = Vec::new();
    for (experiment, model) in runs {
        let name = format!("{experiment}/{model}");
        let layers = by_layer(&Table::read(cx, &name)?)?;
        let engine = Layers::read(cx, &format!("{name}/engine"))?;
        // The profile lists the layers as the engine does; one that it has not would be out of place.
        layers.iter().try_for_each(|(layer, _)| engine.place(layer).map(drop))?;
        let (mut boxes, mut outliers) = (Vec::new(), Vec::new());
        for (place, (_, times)) in layers.iter().enumerate() {
            let (one, beyond) = of(times);
            boxes.push(one);
            outliers.extend(beyond.into_iter().map(|value| (place, value)));
        }
        for (part, boxes) in boxes.chunks(MOST_BOXES).enumerate() {
            let first = part * MOST_BOXES;
            let last = first + boxes.len();
            let within = outliers.iter().filter(|(place, _)| (first..last).contains(place));
            let within: Vec<(usize, f64)> = within.map(|(place, value)| (place - first, *value)).collect();
            let heading = if layers.len() > MOST_BOXES {
                format!("{model}, {experiment}, layers {} to {last}", first + 1)
            } else {
                format!("{model}, {experiment}")
            };
            panels.push(Panel { heading, first, boxes: boxes.to_vec(), outliers: within });
        }
        let parts: [Part; 5] = [
            ("lower whisker", |one| one.lower_whisker),
            ("lower quartile", |one| one.lower_quartile),
            ("median", |one| one.median),
            ("upper quartile", |one| one.upper_quartile),
            ("upper whisker", |one| one.upper_whisker),
        ];
        for (part, value) in parts {
            let series =
                Series::path(format!("{name} {part}"), numbers(boxes.len()), boxes.iter().map(value).collect());
            record = record.series(series);
        }
        let (places, values): (Vec<f64>, Vec<f64>) =
            outliers.iter().map(|(place, value)| (*place as f64 + 1.0, *value)).unzip();
        record = record.series(Series::scatter(format!("{name} outliers"), places, values));
    }
    let about = About {
        id,
        title: "Latency of the layers on a desktop",
        alt: "Panels of box plots, one box for each layer in the order of execution. Most layers take a few hundredths of a \
              millisecond with little spread; in alexnet the fully connected layers take by far the most.",
    };
    let (count, last) = (panels.len() as f64, panels.len().saturating_sub(1));
    let panels = panels.into_iter().enumerate().map(|(place, panel)| panel.drawn(place == last)).collect();
    let size = Size::pt(keys.panel.width, (keys.panel.height * count).min(keys.most_height.0));
    let figure = Figure::panels(about, size, 1, panels).map_err(broken)?;
    drawing::write(cx, &figure, record.note("Boxes: quartiles; whiskers: last values within 1.5 times their distance."))
}

/// A number of a box, and what it is called.
type Part = (&'static str, fn(&BoxStats) -> f64);

/// Some boxes of a network.
struct Panel {
    heading: String,
    /// Place of the first layer, from 0.
    first: usize,
    boxes: Vec<BoxStats>,
    outliers: Vec<(usize, f64)>,
}

impl Panel {
    /// The axes with the boxes; the last panel says what the numbers below all panels are.
    fn drawn(self, is_last: bool) -> Cartesian {
        let numbers = (self.first + 1..).take(self.boxes.len()).map(|number| number.to_string());
        let categories = Axis::category(if is_last { "Layer, in order of execution" } else { "" }, numbers);
        let boxes = Boxes::new(self.heading.clone(), &self.boxes, CATEGORICAL[0]).outliers(&self.outliers);
        Cartesian::new(categories, Axis::value("Latency", "ms").from_zero()).mark(boxes).heading(self.heading)
    }
}

/// The box of some values, and those beyond its whiskers.
fn of(values: &[f64]) -> (BoxStats, Vec<f64>) {
    let summary = stats::describe(values);
    let reach = REACH * (summary.q75 - summary.q25);
    let (lowest, highest) = (summary.q25 - reach, summary.q75 + reach);
    let (within, beyond): (Vec<f64>, Vec<f64>) = values.iter().partition(|value| (lowest..=highest).contains(*value));
    let inner = stats::describe(&within);
    let one = BoxStats {
        lower_whisker: inner.min.min(summary.q25),
        lower_quartile: summary.q25,
        median: summary.q50,
        upper_quartile: summary.q75,
        upper_whisker: inner.max.max(summary.q75),
    };
    (one, beyond)
}

/// How the latencies of trtexec are distributed.
pub(in crate::edge_layers) fn timings(
    cx: &mut Cx<'_, '_>,
    models: &[&'static str; 3],
    keys: &Axes,
) -> Result<(), Problem> {
    let mut record = Record::figure("trtexec.latency")
        .x_axis(RecordAxis::new("Latency").unit("ms"))
        .y_axis(RecordAxis::new("Share of iterations").unit("%"));
    let x = keys.x.of(Axis::value("Latency", "ms"));
    let mut plot = Cartesian::new(x, keys.y.of(Axis::value("Share of iterations", "%")));
    for model in models {
        let mut latencies = Table::read(cx, model)?.numbers("latency")?;
        latencies.sort_unstable_by(f64::total_cmp);
        let count = latencies.len() as f64;
        // The clock of the device has few distinct values.
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        for (place, latency) in (1..).zip(latencies) {
            if x.last() == Some(&latency) {
                y.pop();
            } else {
                x.push(latency);
            }
            y.push(100.0 * f64::from(place) / count);
        }
        let colour = NETWORKS.look(model).map_err(broken)?.colour;
        plot = plot.mark(Line::new(*model, &x, &y, colour).step(Step::AtEnd));
        record = record.series(Series::path(*model, x, y));
    }
    let about = About {
        id: "trtexec.latency",
        title: "Latencies of trtexec",
        alt: "Three steep cumulative curves, of mobilenet_v2, resnet18 and alexnet from left to right: the latency of a network varies \
              by a few per cent.",
    };
    drawing::write(
        cx,
        &plot.legend(Legend::inside(Corner::LowerRight)).figure(about, keys.size.pt()).map_err(broken)?,
        record,
    )
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn whiskers_reach_to_the_last_value_within() {
        let (one, beyond) = of(&[1.0, 2.0, 3.0, 4.0, 100.0]);
        assert_eq!((one.lower_whisker, one.upper_whisker, beyond), (1.0, 4.0, vec![100.0]));
    }
}
