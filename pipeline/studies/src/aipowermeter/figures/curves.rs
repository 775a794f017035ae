//! The curves over the input size: each figure of the original, and the same by the correct analysis.

use std::collections::BTreeMap;

use dag::Problem;
use plot::{About, Axis, Cartesian, Figure, Format, Legend, Points};
use serde::{Deserialize, Serialize};

use super::{JOIN, QUANTITIES, broken};
use crate::aipowermeter::clean::is_power;
use crate::aipowermeter::protocol::Network;
use crate::aipowermeter::stats::quantity;
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::{self, Size};
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

/// A published curve.
#[derive(Clone, Copy, Serialize)]
pub(in crate::aipowermeter) struct Curve {
    /// The published entry.
    id: &'static str,
    /// The column of the compiled table, or `total`.
    column: &'static str,
    /// What it is called, and looks like.
    name: &'static str,
}

/// A published figure.
#[derive(Clone, Copy, Serialize)]
pub(in crate::aipowermeter) struct Plot {
    pub(in crate::aipowermeter) id: &'static str,
    pub(in crate::aipowermeter) network: Network,
    title: &'static str,
    layout: Layout,
    curves: &'static [Curve],
}

/// How the curves of a figure share its room.
#[derive(Clone, Copy, PartialEq, Serialize)]
enum Layout {
    /// The first on the left axis, the second on the right, whose scales make them look alike. By the correct
    /// analysis a panel each.
    Twin,
    /// A panel each.
    Panels,
}

/// A figure by one of the two analyses.
#[derive(Clone, Copy, Serialize)]
pub(in crate::aipowermeter) struct Drawn {
    pub(in crate::aipowermeter) plot: Plot,
    pub(in crate::aipowermeter) corrected: bool,
}

/// What is set of a figure: the axis of input sizes, and those of its curves by their names.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::aipowermeter) struct Keys {
    size: Size,
    #[serde(default)]
    x: figure_keys::Axis,
    #[serde(default)]
    y: BTreeMap<String, figure_keys::Axis>,
}

impl Keys {
    /// Refuses what is set of a curve that a figure has not.
    fn check(&self, plot: &Plot) -> Result<(), Problem> {
        let names: Vec<&str> = plot.curves.iter().map(|curve| curve.name).collect();
        match self.y.keys().find(|name| !names.contains(&name.as_str())) {
            Some(name) => Err(Problem::new(format!(
                "the figure {} has no curve `{name}` to set the axis of; expected one of {}",
                plot.id,
                names.join(", ")
            ))
            .in_file("paper/aipowermeter/figures.toml")),
            None => Ok(()),
        }
    }

    /// An axis with what is set of that of a curve.
    fn of(&self, curve: &Curve, axis: Axis) -> Axis {
        match self.y.get(curve.name) {
            Some(set) => set.of(axis),
            None => axis,
        }
    }
}

const fn curve(id: &'static str, column: &'static str, name: &'static str) -> Curve {
    Curve { id, column, name }
}

/// The figures of the original with curves over the input size.
pub(in crate::aipowermeter) const PLOTS: [Plot; 7] = [
    Plot {
        id: "alexnet.fig1",
        network: Network::Alexnet,
        title: "Energy of package and card per inference, AlexNet",
        layout: Layout::Twin,
        curves: &[
            curve("upstream.alexnet.fig1.intel", "intel_power", "package"),
            curve("upstream.alexnet.fig1.nvidia", "nvidia_draw_absolute", "card"),
        ],
    },
    Plot {
        id: "alexnet.fig2",
        network: Network::Alexnet,
        title: "Total energy and latency of an inference, AlexNet",
        layout: Layout::Twin,
        curves: &[
            curve("upstream.alexnet.fig2.total", "total", "total"),
            curve("upstream.alexnet.fig2.latency", "latency", "latency"),
        ],
    },
    Plot {
        id: "resnet50.nvidi",
        network: Network::Resnet50,
        title: "Energy and memory of the card, ResNet50",
        layout: Layout::Panels,
        curves: &[
            curve(
                "upstream.resnet50.fig.nvidia_estimated_attributable_power_draw",
                "nvidia_estimated_attributable_power_draw",
                "card",
            ),
            curve("upstream.resnet50.fig.per_gpu_attributable_mem_use", "per_gpu_attributable_mem_use", "card memory"),
        ],
    },
    Plot {
        id: "resnet50.int_mem",
        network: Network::Resnet50,
        title: "Energy of the package and memory, ResNet50",
        layout: Layout::Panels,
        curves: &[
            curve("upstream.resnet50.fig.intel_power", "intel_power", "package"),
            curve("upstream.resnet50.fig.mem_use_abs", "mem_use_abs", "memory"),
        ],
    },
    Plot {
        id: "resnet50.laten_sm",
        network: Network::Resnet50,
        title: "Use of the card and latency, ResNet50",
        layout: Layout::Panels,
        curves: &[
            curve("upstream.resnet50.fig.sm", "sm", "use"),
            curve("upstream.resnet50.fig.latency", "latency", "latency"),
        ],
    },
    Plot {
        id: "bert.gpu_cpu",
        network: Network::Bert,
        title: "Energy of card and package per inference, BERT",
        layout: Layout::Panels,
        curves: &[
            curve("upstream.bert.fig.gpu", "nvidia_draw_absolute", "card"),
            curve("upstream.bert.fig.cpu", "intel_power", "package"),
        ],
    },
    Plot {
        id: "bert.latency",
        network: Network::Bert,
        title: "Latency of an inference, BERT",
        layout: Layout::Panels,
        curves: &[curve("upstream.bert.fig.latency", "latency", "latency")],
    },
];

impl Curve {
    /// The same latencies come out of both analyses: nothing better was recorded.
    fn differs(&self) -> bool {
        self.column != "latency"
    }

    /// As compiled some are multiplied by the number n of records and divided by that of inferences, N.
    fn quantity(&self, corrected: bool) -> Quantity {
        let (title, unit, factor, own_unit) = match self.column {
            "latency" => ("Median latency", "ms", 1e3, "s"),
            "total" => ("Energy of package and card", "J", 1.0, "J"),
            "intel_power" => ("Energy of the package", "J", 1.0, "J"),
            column if is_power(column) => ("Energy of the card", "J", 1.0, "J"),
            "sm" if corrected => ("Use of the multiprocessors", "%", 1.0, "%"),
            "sm" => ("Use × n/N", "%", 1.0, "%"),
            "mem_use_abs" if corrected => ("Memory", "GB", 1e-9, "B"),
            "mem_use_abs" => ("Memory × n/N", "MB", 1e-6, "B"),
            _ if corrected => ("Memory of the card", "GB", 1e-9, "B"),
            _ => ("Card memory × n/N", "MB", 1e-6, "B"),
        };
        Quantity { title, unit, factor, own_unit }
    }
}

/// What a curve shows: the title and unit of its axis, and how that unit comes from that of the table.
struct Quantity {
    title: &'static str,
    unit: &'static str,
    factor: f64,
    own_unit: &'static str,
}

/// A curve with its values in the unit of its axis.
struct Shown {
    quantity: Quantity,
    values: Vec<f64>,
    axis: Axis,
    points: Points,
}

impl Plot {
    /// Whether the correct analysis gives another figure.
    pub(in crate::aipowermeter) fn differs(&self) -> bool {
        self.curves.iter().any(Curve::differs)
    }
}

impl Drawn {
    /// Id of the figure.
    pub(in crate::aipowermeter) fn id(&self) -> String {
        format!("{}{}", self.plot.id, self.ending())
    }

    fn ending(&self) -> &'static str {
        if self.corrected { ".corrected" } else { "" }
    }

    /// Ids of the records: of each curve, and of the drawing.
    pub(in crate::aipowermeter) fn records(&self) -> Vec<String> {
        let curves = self.plot.curves.iter().filter(|curve| !self.corrected || curve.differs());
        curves.map(|curve| format!("{}{}", curve.id, self.ending())).chain([self.id()]).collect()
    }

    /// The input sizes. Eight octaves need a logarithm; the original has none.
    fn x_axis(&self) -> Axis {
        let network = self.plot.network;
        let (title, unit) = (network.size_label(), network.size_unit());
        match network {
            Network::Resnet50 if self.corrected => Axis::log(title, unit).format(Format::Plain),
            Network::Alexnet | Network::Resnet50 | Network::Bert => Axis::value(title, unit),
        }
    }

    fn y_axis(&self, curve: &Curve) -> Axis {
        let Quantity { title, unit, .. } = curve.quantity(self.corrected);
        match curve.name {
            _ if !self.corrected || self.plot.network != Network::Resnet50 => Axis::value(title, unit).from_zero(),
            "card" | "package" => Axis::log(title, unit),
            "latency" => Axis::log(title, unit).format(Format::Plain),
            _ => Axis::value(title, unit).from_zero(),
        }
    }
}

/// Draws a figure, and writes the record of each of its curves.
pub(in crate::aipowermeter) fn draw(cx: &mut Cx<'_, '_>, drawn: &Drawn, keys: &Keys) -> Result<(), Problem> {
    let Drawn { plot, corrected } = drawn;
    keys.check(plot)?;
    let table = Table::read(cx, "table")?;
    let sizes = quantity(&table, "input_size")?;
    let size = RecordAxis::new(plot.network.size_label()).unit(plot.network.size_unit());
    let mut whole = Record::figure(drawn.id()).x_axis(size.clone());
    let layout = if *corrected { Layout::Panels } else { plot.layout };
    let mut all = Vec::new();
    for curve in plot.curves {
        let own = quantity(&table, curve.column)?;
        let quantity = curve.quantity(*corrected);
        let values: Vec<f64> = own.iter().map(|value| value * quantity.factor).collect();
        let name = if layout == Layout::Twin { quantity.title } else { curve.name };
        let look = QUANTITIES.look(curve.name).map_err(broken)?;
        let points = Points::new(name, &sizes, &values, look).joined(JOIN);
        whole = whole.series(Series::path(curve.name, sizes.clone(), values.clone()));
        if !corrected || curve.differs() {
            let record = Record::figure(format!("{}{}", curve.id, drawn.ending()))
                .title(format!("{}: {}", plot.title, quantity.title))
                .x_axis(size.clone())
                .y_axis(RecordAxis::new(quantity.title).unit(quantity.own_unit))
                .series(Series::path("points", sizes.clone(), own))
                .quirk(if curve.differs() { "compile-step" } else { "queueing-latency" });
            let record = if *corrected { record } else { without_hidden(record, plot.network) };
            cx.record(if curve.differs() && !corrected { record.with_correction() } else { record })?;
        }
        let axis = keys.of(curve, drawn.y_axis(curve));
        let axis = if layout == Layout::Twin { axis.colour(look.colour) } else { axis };
        all.push(Shown { quantity, values, axis, points });
    }

    let alt = alternative(drawn, &sizes, &all);
    let title = format!("{}{}", plot.title, if *corrected { ", correct analysis" } else { "" });
    let id = drawn.id();
    let about = About { id: &id, title: &title, alt: &alt };
    let panel =
        |shown: &Shown| Cartesian::new(keys.x.of(drawn.x_axis()), shown.axis.clone()).mark(shown.points.clone());
    let figure = match (layout, all.as_slice()) {
        (Layout::Twin, [left, right]) => {
            let both = panel(left).right_axis(right.axis.clone()).mark(right.points.clone().on_right());
            both.legend(Legend::above()).figure(about, keys.size.pt())
        }
        (_, [one]) => panel(one).figure(about, keys.size.pt()),
        _ => Figure::panels(about, keys.size.pt(), 2, all.iter().map(panel).collect()),
    };
    let whole = if *corrected || !plot.differs() { whole } else { whole.with_correction() };
    drawing::write(cx, &figure.map_err(broken)?, whole.quirk("compile-step"))
}

/// The markers of the smallest pictures lie upon each other in the published figures of ResNet50, so that no
/// reading of one of them can be asked of anything.
fn without_hidden(record: Record, network: Network) -> Record {
    if network != Network::Resnet50 {
        return record;
    }
    let hidden = network.sizes().into_iter().filter(|&size| size <= 256);
    hidden.fold(record, |record, size| record.not_recomputable(format!("points[x = {size}]")))
}

/// Says in words where each curve begins and ends.
fn alternative(drawn: &Drawn, sizes: &[f64], all: &[Shown]) -> String {
    let told = all.iter().filter_map(|Shown { quantity, values, .. }| {
        let (first, last) = values.first().zip(values.last())?;
        Some(format!("{}: from {first:.3} to {last:.3} {}", quantity.title, quantity.unit))
    });
    let ends =
        sizes.first().zip(sizes.last()).map_or(String::new(), |(first, last)| format!("{first:.0} to {last:.0}"));
    let told: Vec<String> = told.collect();
    format!("Curves over the input size from {ends} {}. {}.", drawn.plot.network.size_unit(), told.join("; "))
}
