//! Figures as outputs of stages: the drawing, a picture of it, its data, its
//! specification for an interactive chart, and its record.

use dag::Problem;
use plot::Figure;

use crate::cx::Cx;
use crate::record::{Record, Status};

/// Pixels per pt of the pictures: a line of 72 pt is 144 pixels long.
const PNG_SCALE: f32 = 2.0;

/// Draws a figure to the outputs of a stage that makes one, and writes its record.
pub(crate) fn write(cx: &mut Cx<'_, '_>, figure: &Figure, record: Record) -> Result<(), Problem> {
    let figure = match cx.status {
        Status::Published => figure.clone(),
        status => figure.clone().status_banner(format!("{status} data").to_uppercase()),
    };
    finish(cx, &figure, record)
}

/// The same of a figure whose series, by their names in the drawing, are not of one status.
pub(crate) fn write_mixed(
    cx: &mut Cx<'_, '_>,
    figure: &Figure,
    record: Record,
    statuses: &[(String, Status)],
) -> Result<(), Problem> {
    if statuses.iter().all(|(_, status)| *status == cx.status) {
        return write(cx, figure, record);
    }
    let figure = figure.clone().status_banner(format!("in part {} data", cx.status).to_uppercase());
    let told = statuses.iter().map(|(series, status)| (series.clone(), format!("{status} data")));
    finish(cx, &figure.status_of_series(told), record)
}

fn finish(cx: &mut Cx<'_, '_>, figure: &Figure, record: Record) -> Result<(), Problem> {
    let broken = |error: plot::Error| Problem::new(error.to_string());
    let svg = figure.svg().map_err(broken)?;
    cx.write("png", plot::png(&svg, PNG_SCALE).map_err(broken)?)?;
    cx.write("csv", figure.data_csv())?;
    cx.write("option", plot::option::source(&figure.option()) + "\n")?;
    cx.write("svg", svg)?;
    let drawing = cx.output_target("svg")?.rsplit('/').next().unwrap_or_default();
    let record = record.title(figure.title()).file(format!("figures/{drawing}"));
    cx.record(record)
}
