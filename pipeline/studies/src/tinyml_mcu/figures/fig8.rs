//! Figure 8: latency of a depth-wise convolution against its operations, by channels (In[21]).

use dag::Problem;
use plot::{About, Axis, Cartesian, Corner, Format, Legend};

use super::{JOIN, broken, class_lines, sweep_marks};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Axes;
use crate::record::{Axis as RecordAxis, Record};
use crate::tinyml_mcu::aggregate::{fig8_points, seconds};

/// As published.
pub(crate) fn published(cx: &mut Cx<'_, '_>, keys: &Axes) -> Result<(), Problem> {
    draw(cx, keys, "fig8.figure", false)
}

/// With a line for each class.
pub(crate) fn corrected(cx: &mut Cx<'_, '_>, keys: &Axes) -> Result<(), Problem> {
    draw(cx, keys, "fig8.figure.corrected", true)
}

fn draw(cx: &mut Cx<'_, '_>, keys: &Axes, id: &str, lines: bool) -> Result<(), Problem> {
    let table = fig8_points(cx)?;
    let record = Record::figure(id)
        .x_axis(RecordAxis::new("MACC Operations per Layer").unit("#"))
        .y_axis(RecordAxis::new("Layer Latency").unit("s"));
    let joined = if lines { None } else { Some(JOIN) };
    let (marks, record) = sweep_marks(&table, "maccs", &seconds(&table)?, joined, record)?;
    let x = keys.x.of(Axis::value("MACC operations per layer", "").format(Format::Thousands));
    let about = About {
        id,
        title: if lines {
            "Latency of a depth-wise convolution against its operations, corrected"
        } else {
            "Latency of a depth-wise convolution against its operations"
        },
        alt: "Three rising rows of points, close to parallel: numbers of channels divisible by four are the fastest, \
              other even numbers slower, odd numbers the slowest.",
    };
    let mut plot = Cartesian::new(x, keys.y.of(Axis::value("Layer latency", "s"))).marks(marks);
    if lines {
        plot = plot.marks(class_lines(&table, "maccs")?);
    }
    let plot = plot.legend(Legend::inside(Corner::LowerRight).title("Input channels"));
    let record = record.quirk("pooled-classes");
    let record = if lines { record } else { record.with_correction() };
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, record)
}
