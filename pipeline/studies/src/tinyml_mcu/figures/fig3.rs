//! Figure 3: energy against latency of one network, with the Pareto front (In[5]).

use dag::Problem;
use plot::{About, Axis, Cartesian, Colour, Corner, Legend, Line, Points, style};

use super::{PLATFORMS, broken};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Marked;
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::tinyml_mcu::aggregate::{Network, fig3_points, least, milli};
use crate::tinyml_mcu::stats::MCUS;

const FRONT: Colour = style::CATEGORICAL[7];

/// The points of each board, and the front as the original draws it: a path through the fastest
/// and the most frugal point (quirk `pareto`).
pub(crate) fn draw(cx: &mut Cx<'_, '_>, network: &Network, keys: &Marked) -> Result<(), Problem> {
    let table = fig3_points(cx, network.name)?;
    let (latency, energy) = milli(&table)?;
    let mcus = table.texts("mcu")?;
    let (fastest, frugal) = (least(&table, &latency)?, least(&table, &energy)?);
    let front = (
        vec![latency[fastest], latency[frugal], latency[frugal]],
        vec![energy[fastest], energy[fastest], energy[frugal]],
    );

    let x = keys.x.of(Axis::value("Inference latency", "ms"));
    let y = keys.y.of(Axis::value("Inference energy consumption", "mJ"));
    let mut plot = Cartesian::new(x, y).boxed();
    let mut record = Record::figure(format!("{}.figure", network.id))
        .x_axis(RecordAxis::new("Inference Latency").unit("ms"))
        .y_axis(RecordAxis::new("Inference Energy Consumption").unit("mJ"));
    for mcu in MCUS {
        let of_mcu =
            |values: &[f64]| values.iter().zip(&mcus).filter(|(_, m)| *m == mcu).map(|(v, _)| *v).collect::<Vec<_>>();
        let (x, y) = (of_mcu(&latency), of_mcu(&energy));
        plot = plot.mark(keys.markers.of(Points::new(mcu, &x, &y, PLATFORMS.look(mcu).map_err(broken)?)));
        record = record.series(Series::scatter(mcu, x, y));
    }
    let plot = plot.mark(Line::new("Pareto front", &front.0, &front.1, FRONT).width(2.0));
    let record = record.series(Series::path("Pareto Front", front.0, front.1)).quirk("pareto");

    let alt = format!(
        "Scatter of {} measured inferences on three boards. The Pareto front runs from the fastest one, on {}, to the most frugal one, on {}.",
        table.len(),
        mcus[fastest],
        mcus[frugal]
    );
    let title = format!("Energy against latency of {}", network.name);
    let about = About { id: &format!("{}.figure", network.id), title: &title, alt: &alt };
    let figure =
        plot.legend(Legend::inside(Corner::UpperRight).title("MCU")).figure(about, keys.size.pt()).map_err(broken)?;
    drawing::write(cx, &figure, record)
}
