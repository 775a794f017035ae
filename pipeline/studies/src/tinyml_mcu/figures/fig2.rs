//! Figure 2: inference latency of four model types, for each board and network (In[3]).

use dag::Problem;
use plot::{About, Axis, Bars, Cartesian, Figure, Format};

use super::{PLATFORMS, broken};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Plain;
use crate::record::{Axis as RecordAxis, Record, Scale, Series};
use crate::tinyml_mcu::aggregate::BAR_LABELS;

/// Boards and networks in the order of the corrected figure, row by row.
const PANELS: [(&str, &str); 6] = [
    ("l4.lenet", "L4, LeNet"),
    ("l4.resnet", "L4, ResNet-20"),
    ("f4.lenet", "F4, LeNet"),
    ("f4.resnet", "F4, ResNet-20"),
    ("f7.lenet", "F7, LeNet"),
    ("f7.resnet", "F7, ResNet-20"),
];

/// One chart as published: the printed rows under the pasted labels.
pub(crate) fn published(cx: &mut Cx<'_, '_>, name: &&'static str, keys: &Plain) -> Result<(), Problem> {
    let id = format!("fig2.{name}");
    let table = cx.read_record(&format!("{id}.table"))?;
    let latencies: Vec<f64> = table.rows.iter().filter_map(|row| row.last()?.as_f64()).collect();
    let what = PANELS.iter().find(|(panel, _)| panel == name).map_or("", |(_, what)| what);
    let title = format!("Inference latency, {what}");
    let alt = format!("Horizontal bars of the inference latency on {what}: {}.", told(&latencies));
    let about = About { id: &format!("{id}.figure"), title: &title, alt: &alt };
    let figure = chart(name, &latencies)?.figure(about, keys.size.pt()).map_err(broken)?;
    let greatest = latencies.iter().copied().fold(0.0, f64::max);
    let record = Record::figure(format!("{id}.figure"))
        .x_axis(RecordAxis::new("Inference Latency").unit("ms").range(0.0, 1.05 * greatest))
        .y_axis(RecordAxis::new("Model Type").scale(Scale::Categorical))
        .series(Series::bars("bars", BAR_LABELS, latencies))
        .quirk("fig2-labels")
        .with_correction();
    drawing::write(cx, &figure, record)
}

/// All six charts with the bars that their labels promise.
pub(crate) fn corrected(cx: &mut Cx<'_, '_>, keys: &Plain) -> Result<(), Problem> {
    let mut panels = Vec::new();
    let mut all = Record::figure("fig2.corrected")
        .x_axis(RecordAxis::new("Inference Latency").unit("ms"))
        .y_axis(RecordAxis::new("Model Type").scale(Scale::Categorical));
    for (name, what) in PANELS {
        let record = cx.read_record(&format!("fig2.{name}.figure.corrected"))?;
        let bars =
            record.find_series("bars").ok_or_else(|| Problem::new(format!("record {} has no bars", record.id)))?;
        panels.push(chart(name, &bars.value)?.heading(what));
        all = all.series(Series { name: name.to_owned(), ..bars.clone() });
    }
    let about = About {
        id: "fig2.corrected",
        title: "Inference latency with the bars that the labels promise",
        alt: "Six panels of four horizontal bars. On every board and network the quantised model with CMSIS-NN is the fastest, \
              and the unoptimised one without floating-point unit the slowest. The float model of ResNet-20 did not compile on L4.",
    };
    let figure = Figure::panels(about, keys.size.pt(), 2, panels).map_err(broken)?;
    drawing::write(cx, &figure, all.quirk("fig2-labels"))
}

/// The bars have the colour of their board, which other figures tell apart by it.
fn chart(name: &str, latencies: &[f64]) -> Result<Cartesian, Problem> {
    let board = name.split('.').next().unwrap_or(name).to_uppercase();
    let colour = PLATFORMS.look(&board).map_err(broken)?.colour;
    let x = Axis::value("Inference latency", "ms").from_zero();
    let y = Axis::category("", BAR_LABELS).inverse();
    let bars = Bars::new("latency", latencies, colour).labels(Format::Fixed(1));
    Ok(Cartesian::new(x, y).mark(bars.missing("did not compile")))
}

fn told(latencies: &[f64]) -> String {
    let one = |(label, latency): (&&str, &f64)| match latency.is_nan() {
        true => format!("{label}: none, it did not compile"),
        false => format!("{label}: {latency:.1} ms"),
    };
    BAR_LABELS.iter().zip(latencies).map(one).collect::<Vec<_>>().join("; ")
}
