//! Figure 6: energy against latency of whole inferences (In[13], In[15]).

use dag::Problem;
use plot::{About, Axis, Cartesian, Corner, Legend};

use super::{Energy, broken, energy};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Marked;
use crate::record::{Axis as RecordAxis, Record};
use crate::tinyml_mcu::schema::INFERENCE_LATENCY;
use crate::tinyml_mcu::stats::BandsOf;

/// In seconds and millijoules.
pub(crate) fn absolute(cx: &mut Cx<'_, '_>, keys: &Marked) -> Result<(), Problem> {
    let record = Record::figure("fig6.absolute.figure")
        .x_axis(RecordAxis::new("Inference Latency").unit("s"))
        .y_axis(RecordAxis::new("Inference Energy Consumption").unit("mJ"));
    let energy = energy(cx, BandsOf::Inferences, keys.markers, record)?;
    let about = About {
        id: "fig6.absolute.figure",
        title: "Energy against latency of whole inferences",
        alt: "Scatter with a fitted line and a 95 % bootstrap band for each board. Energy grows in proportion to latency; \
              the slope, the mean power, is greatest on F7 and least on L4.",
    };
    let x = Axis::value(INFERENCE_LATENCY.meaning, INFERENCE_LATENCY.unit);
    draw(cx, keys, [x, Axis::value("Inference energy consumption", "mJ")], energy, about)
}

/// Divided by the greatest of each board. The axes keep the labels of the original, whose units are
/// wrong (quirk `wrong-axis-units`).
pub(crate) fn normalized(cx: &mut Cx<'_, '_>, keys: &Marked) -> Result<(), Problem> {
    let record = Record::figure("fig6.normalized.figure")
        .x_axis(RecordAxis::new("Inference Latency").unit("s"))
        .y_axis(RecordAxis::new("Inference Energy Consumption").unit("mJ"));
    let record = record.quirk("wrong-axis-units").with_correction();
    let x = Axis::value("Inference latency", "s");
    let title = "Energy against latency, each divided by the greatest of its board";
    draw_normalized(cx, keys, title, [x, Axis::value("Inference energy consumption", "mJ")], record)
}

/// The same with the labels that the axes should have.
pub(crate) fn normalized_corrected(cx: &mut Cx<'_, '_>, keys: &Marked) -> Result<(), Problem> {
    let (x, y) = ("Relative Inference Latency", "Relative Inference Energy");
    let record =
        Record::figure("fig6.normalized.figure.corrected").x_axis(RecordAxis::new(x)).y_axis(RecordAxis::new(y));
    let axes = [Axis::value("Relative inference latency", ""), Axis::value("Relative inference energy", "")];
    let title = "Energy against latency, each divided by the greatest of its board, corrected";
    draw_normalized(cx, keys, title, axes, record.quirk("wrong-axis-units"))
}

fn draw_normalized(
    cx: &mut Cx<'_, '_>,
    keys: &Marked,
    title: &str,
    axes: [Axis; 2],
    record: Record,
) -> Result<(), Problem> {
    let id = record.id.clone();
    let energy = energy(cx, BandsOf::Normalized, keys.markers, record)?;
    let about = About {
        id: &id,
        title,
        alt: "Scatter with a fitted line and a 95 % bootstrap band for each board. After division the three lines nearly \
              coincide with the diagonal.",
    };
    draw(cx, keys, axes, energy, about)
}

fn draw(
    cx: &mut Cx<'_, '_>,
    keys: &Marked,
    [x, y]: [Axis; 2],
    energy: Energy,
    about: About<'_>,
) -> Result<(), Problem> {
    let plot = Cartesian::new(keys.x.of(x), keys.y.of(y));
    let plot = plot.marks(energy.points).marks(energy.lines).marks(energy.bands);
    let plot = plot.legend(Legend::inside(Corner::UpperLeft).title("MCU"));
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, energy.record)
}
