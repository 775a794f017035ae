//! Figure 7: energy against latency of single layers (In[17], In[19]).

use dag::Problem;
use plot::{About, Axis, Cartesian, Corner, Legend};

use super::{broken, energy};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Marked;
use crate::record::{Axis as RecordAxis, Record};
use crate::tinyml_mcu::schema::{ENERGY_SHARE, LATENCY_SHARE, LAYER_LATENCY};
use crate::tinyml_mcu::stats::BandsOf;

/// In seconds and millijoules.
pub(crate) fn absolute(cx: &mut Cx<'_, '_>, keys: &Marked) -> Result<(), Problem> {
    let record = Record::figure("fig7.absolute.figure")
        .x_axis(RecordAxis::new("Layer Latency").unit("s"))
        .y_axis(RecordAxis::new("Layer Energy Consumption").unit("mJ"));
    let energy = energy(cx, BandsOf::Layers, keys.markers, record)?;
    let x = keys.x.of(Axis::value(LAYER_LATENCY.meaning, LAYER_LATENCY.unit));
    let plot = Cartesian::new(x, keys.y.of(Axis::value("Layer energy consumption", "mJ")));
    let about = About {
        id: "fig7.absolute.figure",
        title: "Energy against latency of single layers",
        alt: "Scatter of single layers with a fitted line and a 95 % bootstrap band for each board. Energy grows in proportion to \
              latency; the slope, the mean power, is greatest on F7 and least on L4.",
    };
    let plot = plot.marks(energy.points).marks(energy.lines).marks(energy.bands);
    let plot = plot.legend(Legend::inside(Corner::UpperRight).title("MCU"));
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, energy.record)
}

/// As shares of the layer in its inference.
pub(crate) fn relative(cx: &mut Cx<'_, '_>, keys: &Marked) -> Result<(), Problem> {
    let record = Record::figure("fig7.relative.figure")
        .x_axis(RecordAxis::new("Layer Inference Latency Relative"))
        .y_axis(RecordAxis::new("Layer Energy Consumption Relative"));
    let energy = energy(cx, BandsOf::Shares, keys.markers, record)?;
    let x = keys.x.of(Axis::value(LATENCY_SHARE.meaning, ""));
    let plot = Cartesian::new(x, keys.y.of(Axis::value(ENERGY_SHARE.meaning, "")));
    let about = About {
        id: "fig7.relative.figure",
        title: "Share of each layer in the energy against its share in the latency",
        alt: "Scatter of single layers with a fitted line and a 95 % bootstrap band for each board. All points lie close to the \
              diagonal: a layer takes the same share of the energy as of the time.",
    };
    let plot = plot.marks(energy.points).marks(energy.lines).marks(energy.bands);
    let plot = plot.legend(Legend::inside(Corner::UpperLeft).title("MCU"));
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, energy.record)
}
