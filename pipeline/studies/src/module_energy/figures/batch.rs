//! Shares of the kinds of modules against the batch size (final notebook, cell 14; first run, cell 12;
//! first document, cell 9).

use dag::Problem;
use plot::style;
use plot::{About, Axis, Cartesian, Corner, Figure, Legend, Line, Look, Marker, Points};
use serde::{Deserialize, Serialize};

use super::{NETWORKS, broken, data_of};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::{self, Markers, Size};
use crate::module_energy::schema::KINDS;
use crate::module_energy::stats::rounded;
use crate::record::{Axis as RecordAxis, Record, Series, cells};
use crate::table::Table;

/// The marks of the kinds of modules.
const MARKERS: [(&str, Marker); 6] = [
    ("Conv2d", Marker::Circle),
    ("MaxPool2d", Marker::Square),
    ("Linear", Marker::Triangle),
    ("ReLU", Marker::Diamond),
    ("AdaptiveAvgPool2d", Marker::Cross),
    ("Dropout", Marker::Dot),
];

/// One chart of lines.
#[derive(Clone, Copy, Serialize)]
pub(in crate::module_energy) struct Chart {
    /// Id of the figure.
    pub(in crate::module_energy) id: &'static str,
    /// Whether it is drawn as it should be: shares are not rounded, and each kind of modules has a panel
    /// of its own, with an axis that fits.
    pub(in crate::module_energy) corrected: bool,
    /// Whether a corrected chart stands beside it.
    pub(in crate::module_energy) has_correction: bool,
}

/// What is set of a chart.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::module_energy) struct Keys {
    size: Size,
    markers: Markers,
    /// The axis of shares, of each panel where there are several; without, it fits what is in the panel.
    #[serde(default)]
    y: figure_keys::Axis,
}

/// The shares of one kind of modules in one network, by batch size.
struct Course {
    network: String,
    kind: String,
    batch_sizes: Vec<f64>,
    shares: Vec<f64>,
}

/// Draws a chart.
pub(in crate::module_energy) fn draw(cx: &mut Cx<'_, '_>, chart: &Chart, keys: &Keys) -> Result<(), Problem> {
    let table = Table::read(cx, "shares")?;
    let (networks, kinds) = (table.texts("architecture")?, table.texts("module")?);
    let (batch_sizes, shares) = (table.integers("batch_size")?, table.numbers("share")?);
    let record = Record::figure(chart.id)
        .x_axis(RecordAxis::new("batch size"))
        .y_axis(RecordAxis::new("% of total architecture energy").unit("%"))
        .columns(["architecture", "module", "batch_size", "percent_contribution"])
        .unit("percent_contribution", "%")
        .quirk("rounded-early");
    let mut record = match chart.corrected {
        true => record.note("Shares that are not rounded."),
        false => record.note("Each share is rounded to two decimals, as in the original."),
    };
    let mut courses: Vec<Course> = Vec::new();
    for row in 0..table.len() {
        let (network, kind) = (&networks[row], &kinds[row]);
        let share = if chart.corrected { shares[row] } else { rounded(shares[row], 2) };
        record = record.plain_row(cells![network.as_str(), kind.as_str(), batch_sizes[row], share]);
        let known = courses.iter().position(|course| course.network == *network && course.kind == *kind);
        let place = known.unwrap_or_else(|| {
            let (network, kind) = (network.clone(), kind.clone());
            courses.push(Course { network, kind, batch_sizes: Vec::new(), shares: Vec::new() });
            courses.len() - 1
        });
        courses[place].batch_sizes.push(batch_sizes[row] as f64);
        courses[place].shares.push(share);
    }
    for course in &mut courses {
        course.sort();
        let name = format!("{} {}", course.network, course.kind);
        record = record.series(Series::path(name, course.batch_sizes.clone(), course.shares.clone()));
    }

    let mut order: Vec<&str> = Vec::new();
    for course in &courses {
        if !order.contains(&course.network.as_str()) {
            order.push(&course.network);
        }
    }
    let figure = match chart.corrected {
        true => panels(chart.id, &courses, keys)?,
        false => together(chart.id, &courses, &order, keys)?,
    };
    drawing::write(cx, &figure, if chart.has_correction { record.with_correction() } else { record })
}

impl Course {
    fn sort(&mut self) {
        let mut points: Vec<(f64, f64)> = self.batch_sizes.iter().copied().zip(self.shares.iter().copied()).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        (self.batch_sizes, self.shares) = points.into_iter().unzip();
    }
}

/// All in one pair of axes, as in the original: colours are networks, marks kinds of modules.
fn together(id: &str, courses: &[Course], networks: &[&str], keys: &Keys) -> Result<Figure, Problem> {
    let y = keys.y.of(Axis::value("Share in the energy of all modules", "%"));
    let mut plot = Cartesian::new(Axis::value("Batch size", ""), y);
    // What the legend explains: marks, then colours.
    for (kind, marker) in MARKERS {
        plot = plot.mark(Points::new(kind, &[], &[], Look::new(style::INK, marker)));
    }
    for network in networks {
        plot = plot.mark(Line::new(*network, &[], &[], NETWORKS.look(network).map_err(broken)?.colour));
    }
    for course in courses {
        let colour = NETWORKS.look(&course.network).map_err(broken)?.colour;
        let name = format!("{} {}", course.network, course.kind);
        let marker = MARKERS.iter().find(|(kind, _)| *kind == course.kind);
        let marker = marker.map_or(Marker::Circle, |(_, marker)| *marker);
        let points = Points::new(name, &course.batch_sizes, &course.shares, Look::new(colour, marker));
        plot = plot.mark(keys.markers.of(points).joined(0.75).unlisted());
    }
    let title = format!("Shares of the kinds of modules against the batch size: {}", data_of(id));
    let about = About {
        id,
        title: &title,
        alt: "Lines over the batch size. Conv2d lies far above all others, between 60 and 95 %. At small batch sizes Linear \
              takes more, above all in AlexNet, and Conv2d less; from a batch of about 50 on all lines are nearly level.",
    };
    plot.legend(Legend::above()).figure(about, keys.size.pt()).map_err(broken)
}

/// A panel for each kind of modules.
fn panels(id: &str, courses: &[Course], keys: &Keys) -> Result<Figure, Problem> {
    let mut panels = Vec::new();
    for kind in KINDS {
        let y = Axis::value("Share", "%");
        let y = keys.y.of(if kind == "Conv2d" { y } else { y.from_zero() });
        let mut plot = Cartesian::new(Axis::value("Batch size", ""), y).heading(kind);
        for course in courses.iter().filter(|course| course.kind == kind) {
            let look = NETWORKS.look(&course.network).map_err(broken)?;
            let name = course.network.as_str();
            let points = Points::new(name, &course.batch_sizes, &course.shares, look);
            plot = plot.mark(keys.markers.of(points).joined(0.75));
        }
        if kind == "Linear" {
            plot = plot.legend(Legend::inside(Corner::UpperRight));
        }
        panels.push(plot);
    }
    let title = format!("Shares of each kind of modules against the batch size: {}", data_of(id));
    let about = About {
        id,
        title: &title,
        alt: "Six panels, one for each kind of modules. The share of Linear falls from a fifth or more in AlexNet, and \
              from some percent in the VGG networks, towards a constant; those of Conv2d, MaxPool2d and ReLU rise. \
              AdaptiveAvgPool2d stays below half a percent, Dropout below a hundredth.",
    };
    Figure::panels(about, keys.size.pt(), 2, panels).map_err(broken)
}
