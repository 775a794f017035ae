//! Figure 4: latency of a dense layer against its operations, by input length (In[8]).

use dag::Problem;
use plot::{About, Axis, Cartesian, Corner, Format, Legend};

use super::{broken, dense_layer, milliseconds, sweep_marks};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Axes;
use crate::record::{Axis as RecordAxis, Record};

/// The limits that the original sets by hand show 447 to 479 of the input lengths 440 to 499; the record
/// holds all. The drawing goes a little further (`figures.toml`), where no other point is, for the markers at the edges.
pub(crate) fn draw(cx: &mut Cx<'_, '_>, keys: &Axes) -> Result<(), Problem> {
    let table = dense_layer(cx)?;
    let record = Record::figure("fig4.figure")
        .x_axis(RecordAxis::new("MACC Operations per Layer").unit("#").range(201_500.0, 216_300.0))
        .y_axis(RecordAxis::new("Layer Latency").unit("ms").range(8.5, 12.5));
    let (marks, record) = sweep_marks(&table, "maccs", &milliseconds(&table)?, None, record)?;
    let x = keys.x.of(Axis::value("MACC operations per layer", "").format(Format::Thousands));
    let y = keys.y.of(Axis::value("Layer latency", "ms"));
    let about = About {
        id: "fig4.figure",
        title: "Latency of a dense layer against its operations",
        alt: "Scatter in three rising bands: input lengths divisible by four are the fastest, other even lengths slower, \
              odd lengths the slowest.",
    };
    let plot = Cartesian::new(x, y).marks(marks).legend(Legend::inside(Corner::UpperLeft).title("Input length"));
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, record)
}
