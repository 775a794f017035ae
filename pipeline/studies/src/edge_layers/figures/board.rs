//! The simulated board.

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{About, Axis, Cartesian, Figure, Legend, Line, Look, Marker, Points};
use serde::{Deserialize, Serialize};

use super::{KINDS, broken};
use crate::cx::Cx;
use crate::drawing;
use crate::edge_layers::aggregate::data_sets;
use crate::edge_layers::features::Layers;
use crate::edge_layers::kind::Kind;
use crate::edge_layers::stats::LEAST_VALUES;
use crate::figure_keys::{self, Marked, Markers, Plain, Size};
use crate::record::{Axis as RecordAxis, Cell, Record, Scale, Series};
use crate::table::Table;

/// Power against run time of all layers.
pub(in crate::edge_layers) fn layers(cx: &mut Cx<'_, '_>, keys: &Marked) -> Result<(), Problem> {
    let held = Table::read(cx, "held")?;
    let mut record = Record::figure("campaign.layers")
        .x_axis(RecordAxis::new("Run time").unit("ms").scale(Scale::Log))
        .y_axis(RecordAxis::new("Power").unit("W"));
    let x = keys.x.of(Axis::log("Run time of the layer", "ms"));
    let mut plot = Cartesian::new(x, keys.y.of(Axis::value("Power without idle", "W").from_zero()));
    for kind in Kind::ALL {
        let rows = held.of("kind", kind.table())?;
        let (run_times, powers) = (rows.numbers("run_time")?, rows.numbers("power")?);
        let look = KINDS.look(kind.table()).map_err(broken)?;
        plot = plot.mark(keys.markers.of(Points::new(kind.table(), &run_times, &powers, look)));
        record = record.series(Series::scatter(kind.table(), run_times, powers));
    }
    let about = About {
        id: "campaign.layers",
        title: "Power and run time of the simulated layers",
        alt: "Scatter of simulated layers. Power lies between one and eight watts, run time between a hundredth of a millisecond and \
              three; the longest layers are dense.",
    };
    drawing::write(cx, &plot.legend(Legend::above()).figure(about, keys.size.pt()).map_err(broken)?, record)
}

/// What is set of the figure below: the axis of counts is that of both panels.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::edge_layers) struct Survivors {
    size: Size,
    markers: Markers,
    #[serde(default)]
    y: figure_keys::Axis,
}

/// How many power values each layer gets, with genuine stamps and with stamps in bursts.
pub(in crate::edge_layers) fn survivors(
    cx: &mut Cx<'_, '_>,
    models: &Vec<&'static str>,
    keys: &Survivors,
) -> Result<(), Problem> {
    let mut record = Record::figure("burst.samples")
        .x_axis(RecordAxis::new("Place of the layer in its network"))
        .y_axis(RecordAxis::new("Cycles with a power sample"));
    let mut panels = Vec::new();
    for (name, heading, suffix) in [
        ("genuine", "Stamped when the layer ends", "statistics"),
        ("burst", "Stamped in a burst after the cycle", "burst"),
    ] {
        let (mut places, mut counts) = (Vec::new(), Vec::new());
        for model in models {
            let [engine, ..] = data_sets::roles(model);
            let (engine, statistics) = (Layers::read(cx, &engine)?, Table::read(cx, &format!("{model}/{suffix}"))?);
            for (layer, count) in statistics.texts("layer")?.iter().zip(statistics.numbers("power_count")?) {
                places.push(engine.place(layer)? as f64 + 1.0);
                counts.push(count);
            }
        }
        let last = places.iter().copied().fold(1.0, f64::max);
        let axes = Cartesian::new(
            Axis::value("Place of the layer in its network", "").range(0.0, last + 5.0),
            keys.y.of(Axis::value("Cycles with a power sample", "")),
        );
        let layers = Points::new("layer", &places, &counts, Look::new(CATEGORICAL[0], Marker::Circle));
        let layers = keys.markers.of(layers);
        let limit =
            Line::between("least number accepted", (0.0, LEAST_VALUES), (last + 5.0, LEAST_VALUES), CATEGORICAL[1]);
        panels.push(axes.mark(layers).mark(limit).heading(heading).legend(Legend::above()));
        record = record.series(Series::scatter(name, places, counts));
    }
    let about = About {
        id: "burst.samples",
        title: "Power values of layers with genuine stamps and with stamps in bursts",
        alt: "Two scatters of the number of power values against the place of the layer in its network. With genuine stamps all layers \
              lie above the limit of ten. With stamps in bursts many layers lie at zero.",
    };
    drawing::write(cx, &Figure::panels(about, keys.size.pt(), 2, panels).map_err(broken)?, record)
}

/// Networks of so many operations, in GMAC, are large.
const LARGE: f64 = 7.0;

/// Energy of an inference against its operations.
pub(in crate::edge_layers) fn energy(cx: &mut Cx<'_, '_>, keys: &Plain) -> Result<(), Problem> {
    let table = cx.read_record("energy-per-inference")?;
    let column = |place: usize| -> Vec<f64> {
        table.rows.iter().map(|row| row.get(place).and_then(Cell::as_f64).unwrap_or(f64::NAN)).collect()
    };
    let names: Vec<String> = table.rows.iter().filter_map(|row| Some(row.first()?.to_string())).collect();
    let (gmacs, millijoule): (Vec<f64>, Vec<f64>) =
        (column(1).iter().map(|macs| macs / 1e9).collect(), column(2).iter().map(|joule| joule * 1e3).collect());
    let record = Record::figure("campaign.energy")
        .x_axis(RecordAxis::new("Operations").unit("GMAC").scale(Scale::Log))
        .y_axis(RecordAxis::new("Energy of an inference").unit("mJ").scale(Scale::Log))
        .series(Series::scatter("models", gmacs.clone(), millijoule.clone()));
    // The largest stand so close that they are named in a panel of their own.
    let points = |large: bool, named: bool| {
        let rows: Vec<usize> = (0..names.len()).filter(|&row| (gmacs[row] >= LARGE) == large).collect();
        let of = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&row| values[row]).collect() };
        let look = Look::new(CATEGORICAL[0], Marker::Circle);
        let points = Points::new("networks", &of(&gmacs), &of(&millijoule), look);
        if named { points.labels(rows.iter().map(|&row| names[row].as_str())) } else { points }
    };
    let operations = Axis::log("Operations of the held layers", "GMAC");
    let energy = Axis::log("Energy of an inference", "mJ");
    let all = Cartesian::new(operations.clone(), energy.clone()).heading("All networks");
    // With room for names to the right of the points.
    let operations = operations.range(LARGE, 4.0 * LARGE).ticks_at([8.0, 12.0, 16.0, 24.0]);
    let largest = Cartesian::new(operations, energy.ticks_at([30.0, 40.0, 60.0, 80.0]));
    let largest = largest.heading(format!("From {LARGE} GMAC on"));
    let panels = vec![all.mark(points(false, true)).mark(points(true, false)), largest.mark(points(true, true))];
    let about = About {
        id: "campaign.energy",
        title: "Energy of an inference against its operations, simulated",
        alt: "Scatter of 21 networks on logarithmic axes: energy rises with operations. A second panel shows the largest \
              networks by themselves.",
    };
    drawing::write(cx, &Figure::panels(about, keys.size.pt(), 2, panels).map_err(broken)?, record)
}
