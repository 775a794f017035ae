//! Figure 4: latency of a dense layer against its operations, by input length (In[8]).

use dag::Problem;
use plot::{About, Axis, Cartesian, Corner, Format, Legend, Size};

use super::{broken, dense_layer, milliseconds, sweep_marks};
use crate::cx::Cx;
use crate::drawing;
use crate::record::{Axis as RecordAxis, Record};

/// The limits that the original sets by hand show 447 to 479 of the input lengths 440 to 499; the record
/// holds all. The drawing goes a little further, where no other point is, for the markers at the edges.
pub(crate) fn draw(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let table = dense_layer(cx)?;
    let record = Record::figure("fig4.figure")
        .x_axis(RecordAxis::new("MACC Operations per Layer").unit("#").range(201_500.0, 216_300.0))
        .y_axis(RecordAxis::new("Layer Latency").unit("ms").range(8.5, 12.5));
    let (marks, record) = sweep_marks(&table, "maccs", &milliseconds(&table)?, None, record)?;
    let x = Axis::value("MACC operations per layer", "").range(201_300.0, 216_350.0).format(Format::Thousands);
    let y = Axis::value("Layer latency", "ms").range(8.4, 12.5).ticks_every(0.5);
    let about = About {
        id: "fig4.figure",
        title: "Latency of a dense layer against its operations",
        alt: "Scatter in three rising bands: input lengths divisible by four are the fastest, other even lengths slower, \
              odd lengths the slowest.",
    };
    let plot = Cartesian::new(x, y).marks(marks).legend(Legend::inside(Corner::UpperLeft).title("Input length"));
    drawing::write(cx, &plot.figure(about, Size::pt(260.0, 206.0)).map_err(broken)?, record)
}
