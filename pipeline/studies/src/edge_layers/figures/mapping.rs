//! Which samples belong to which layer: an example of the original's tests.

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{About, Axis, Band, Cartesian, Legend, Look, Marker, Points};
use rawlog::tensorrt::{Profile, power_log};

use super::broken;
use crate::cx::Cx;
use crate::drawing;
use crate::edge_layers::ingest::read;
use crate::figure_keys::Axes;
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

/// Draws the samples over the windows of the layers. A window goes from the end of a layer less its
/// run time to its end.
pub(in crate::edge_layers) fn draw(cx: &mut Cx<'_, '_>, keys: &Axes) -> Result<(), Problem> {
    let samples = read(cx, "log", |bytes| power_log::read(bytes))?;
    let profile = read(cx, "profile", Profile::read)?;
    let means = Table::read(cx, "mapping")?.floats("power_with_idle")?;
    let origin = samples.first().map_or(0, |sample| sample.time);
    let second = |time: i64| (time - origin) as f64 / 1e9;
    let times: Vec<f64> = samples.iter().map(|sample| second(sample.time)).collect();
    let powers: Vec<f64> = samples.iter().map(|sample| sample.microwatt() / 1e6).collect();
    let mut record = Record::figure("example.mapping")
        .x_axis(RecordAxis::new("Time").unit("s"))
        .y_axis(RecordAxis::new("Power").unit("W"))
        .series(Series::scatter("samples", times.clone(), powers.clone()));
    let x = keys.x.of(Axis::value("Time since the first sample", "s"));
    let mut plot = Cartesian::new(x, keys.y.of(Axis::value("Power", "W").from_zero()));
    let runs = profile.layers.0.iter().filter_map(|(name, runs)| Some((name, runs.first()?)));
    for ((number, (name, run)), mean) in (1..).zip(runs).zip(means) {
        let end = second(run.end.unwrap_or(origin));
        let window = [end - run.milliseconds / 1000.0, end];
        let called = format!("layer {number}");
        let colour = CATEGORICAL[number % CATEGORICAL.len()];
        plot = plot.mark(Band::new(&called, &window, &[0.0; 2], &[mean / 1e6; 2], colour));
        record = record.series(Series::band(name, window.to_vec(), vec![0.0; 2], vec![mean / 1e6; 2]));
    }
    plot = plot.mark(Points::new("samples", &times, &powers, Look::new(CATEGORICAL[0], Marker::Circle)));
    let about = About {
        id: "example.mapping",
        title: "Samples of power and the windows of two layers",
        alt: "Power samples that rise with time, and two shaded windows, one for each layer, as high as the mean of the samples \
              in them. Samples outside the windows belong to no layer.",
    };
    drawing::write(cx, &plot.legend(Legend::above()).figure(about, keys.size.pt()).map_err(broken)?, record)
}
