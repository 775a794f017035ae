//! mobilenet_v2 in October 2024: when the profiler reports, and the power of layers without samples.

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{About, Axis, Cartesian, Corner, Dash, Legend, Line, Look, Marker, Points};

use super::{broken, numbers};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::{Axes, Marked};
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

/// The stamps of one cycle against the run times that they should tell of.
pub(in crate::edge_layers) fn callbacks(cx: &mut Cx<'_, '_>, keys: &Axes) -> Result<(), Problem> {
    /// Not the first, which has stalls that the others have not.
    const CYCLE: i64 = 2;
    let profile = Table::read(cx, "profile")?;
    let cycles = profile.integers("cycle")?;
    let rows: Vec<usize> = (0..profile.len()).filter(|row| cycles[*row] == CYCLE).collect();
    let profile = profile.take(&rows)?;
    let (run_times, ends) = (profile.numbers("run_time")?, profile.integers("end")?);
    let first = ends.first().copied().unwrap_or(0);
    let lead = run_times.first().copied().unwrap_or(0.0);
    let stamps: Vec<f64> = ends.iter().map(|end| (end - first) as f64 / 1e6 + lead).collect();
    let ran: Vec<f64> = run_times
        .iter()
        .scan(0.0, |passed, time| {
            *passed += time;
            Some(*passed)
        })
        .collect();
    let layers = numbers(profile.len());
    let record = Record::figure("jetson5.callbacks")
        .x_axis(RecordAxis::new("Layer"))
        .y_axis(RecordAxis::new("Time in the cycle").unit("ms"))
        .series(Series::path("stamp of the profiler", layers.clone(), stamps.clone()))
        .series(Series::path("sum of the run times", layers.clone(), ran.clone()))
        .quirk("callback-stamps");
    let x = keys.x.of(Axis::value("Layer, in order of execution", ""));
    let plot = Cartesian::new(x, keys.y.of(Axis::value("Time in the cycle", "ms")))
        .mark(Line::new("stamp of the profiler", &layers, &stamps, CATEGORICAL[1]))
        .mark(Line::new("sum of the run times", &layers, &ran, CATEGORICAL[0]).dash(Dash::Dashed))
        .legend(Legend::inside(Corner::UpperLeft));
    let about = About {
        id: "jetson5.callbacks",
        title: "When the profiler reports a layer, and when it ran",
        alt: "Two rising lines against the number of the layer. The stamps rise in a nearly straight line, layer by layer by the same \
              amount, to a later time than the sum of run times, which rises in steps: steep at long layers, flat at short ones.",
    };
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, record)
}

/// Power by layer as it was averaged, and without the cycles that have no sample.
pub(in crate::edge_layers) fn average(cx: &mut Cx<'_, '_>, keys: &Marked) -> Result<(), Problem> {
    let mut record = Record::figure("jetson5.average")
        .x_axis(RecordAxis::new("Layer"))
        .y_axis(RecordAxis::new("Power").unit("W"))
        .quirk("empty-as-zero");
    let x = keys.x.of(Axis::value("Layer, in order of execution", ""));
    let mut plot = Cartesian::new(x, keys.y.of(Axis::value("Power with that of the idle board", "W")));
    for (id, name, look) in [
        ("upstream.jetson5.average", "cycles without a sample as 0 W", Look::new(CATEGORICAL[1], Marker::Cross)),
        ("upstream.jetson5.average.corrected", "cycles with samples", Look::new(CATEGORICAL[0], Marker::Circle)),
    ] {
        let table = cx.read_record(id)?;
        let power = table.columns.iter().position(|column| column == "average_power");
        let power = power.ok_or_else(|| Problem::new(format!("record {id} has no average_power")))?;
        let watt: Vec<f64> = table
            .rows
            .iter()
            .map(|row| row.get(power).and_then(crate::record::Cell::as_f64).unwrap_or(f64::NAN) / 1e6)
            .collect();
        let layers = numbers(watt.len());
        plot = plot.mark(keys.markers.of(Points::new(name, &layers, &watt, look)));
        record = record.series(Series::scatter(name, layers, watt));
    }
    let about = About {
        id: "jetson5.average",
        title: "Power of the layers of mobilenet_v2 as averaged in October 2024",
        alt: "Power against the number of the layer. With cycles that have samples all powers lie close to six watts. As averaged in \
              October 2024 the other layers have zero.",
    };
    drawing::write(cx, &plot.legend(Legend::above()).figure(about, keys.size.pt()).map_err(broken)?, record)
}
