//! Figure 5: latency of a convolution against its operations, by input channels (In[11]).

use dag::Problem;
use plot::{About, Axis, Cartesian, Corner, Format, Legend};
use serde::{Deserialize, Serialize};

use super::{JOIN, broken, class_lines, sweep_marks};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::{self, Axes, Size};
use crate::record::{Axis as RecordAxis, Record};
use crate::tinyml_mcu::aggregate::{fig5_points, seconds};

/// Beyond the limits of the original, for the span between them.
const MARGIN: f64 = 0.025;

/// What is set of it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    size: Size,
    #[serde(default)]
    x: figure_keys::Axis,
    #[serde(default)]
    y: figure_keys::Axis,
    /// The axis of channels.
    #[serde(default)]
    top: figure_keys::Axis,
}

/// As published: on the operations as the original counts them, with the number of channels on top.
pub(crate) fn published(cx: &mut Cx<'_, '_>, keys: &Keys) -> Result<(), Problem> {
    let table = fig5_points(cx)?;
    let (least, most) = (61_440_000.0, 73_728_000.0);
    let record = Record::figure("fig5.figure")
        .x_axis(RecordAxis::new("MACC Operations per Layer").unit("#").range(least, most))
        .y_axis(RecordAxis::new("Layer Latency").unit("s"))
        .axis("top", RecordAxis::new("No. of Input Channels").range(100.0, 120.0));
    let (marks, record) = sweep_marks(&table, "maccs", &seconds(&table)?, Some(JOIN), record)?;
    // The original's ends are its first and last points: a little beyond them, so that both stand clear of the axes.
    let beyond = |least: f64, most: f64| (least - MARGIN * (most - least), most + MARGIN * (most - least));
    let ((left, right), (fewest, most)) = (beyond(least, most), beyond(100.0, 120.0));
    let x = keys.x.of(Axis::value("MACC operations per layer", "").range(left, right).format(Format::Millions));
    let top = keys.top.of(Axis::value("Number of input channels", "").range(fewest, most));
    let about = About {
        id: "fig5.figure",
        title: "Latency of a convolution against its operations",
        alt: "Three rising rows of points, close to parallel: numbers of input channels divisible by four are the fastest, \
              other even numbers slower, odd numbers the slowest.",
    };
    let y = keys.y.of(Axis::value("Layer latency", "s"));
    let plot = Cartesian::new(x, y).top_axis(top).boxed().marks(marks);
    let plot = plot.legend(Legend::inside(Corner::LowerRight).title("Input channels"));
    drawing::write(
        cx,
        &plot.figure(about, keys.size.pt()).map_err(broken)?,
        record.quirk("conv-macc").with_correction(),
    )
}

/// On the true number of operations, with a line for each class.
pub(crate) fn corrected(cx: &mut Cx<'_, '_>, keys: &Axes) -> Result<(), Problem> {
    let table = fig5_points(cx)?;
    let record = Record::figure("fig5.figure.corrected")
        .x_axis(RecordAxis::new("MACC Operations per Layer").unit("#"))
        .y_axis(RecordAxis::new("Layer Latency").unit("s"));
    let (marks, record) = sweep_marks(&table, "true_maccs", &seconds(&table)?, None, record)?;
    let x = keys.x.of(Axis::value("MACC operations per layer", "").format(Format::Millions));
    let y = keys.y.of(Axis::value("Layer latency", "s"));
    let about = About {
        id: "fig5.figure.corrected",
        title: "Latency of a convolution against its true number of operations",
        alt: "The points of figure 5 against the true number of operations, with one straight line through each class. \
              The lines are almost parallel and each runs through its points.",
    };
    let plot = Cartesian::new(x, y).marks(marks).marks(class_lines(&table, "true_maccs")?);
    let plot = plot.legend(Legend::inside(Corner::LowerRight).title("Input channels"));
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, record.quirk("pooled-classes"))
}
