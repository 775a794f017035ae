//! The figure.

use dag::Problem;
use plot::style::{CATEGORICAL, MUTED};
use plot::{About, Axis, Cartesian, Corner, Legend, Line, Look, Marker, Points};

use super::schema::{FIGURE, REGRESSION};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Axes;
use crate::record::{Axis as RecordAxis, Cell, Record, Series};
use crate::table::Table;

/// Energy of the networks against their operations, with the line through them. `paper/your-study/figures.toml`
/// sets the size and the axes.
pub(super) fn energy_on_operations(cx: &mut Cx<'_, '_>, keys: &Axes) -> Result<(), Problem> {
    let networks = Table::read(cx, "networks")?;
    let (gmacs, energies) = (networks.numbers("gmacs")?, networks.numbers("energy")?);
    let fit = cx.read_record(REGRESSION)?;
    let value = |name: &str| {
        let found = fit.values.get(name).and_then(Cell::as_f64);
        found.ok_or_else(|| Problem::new(format!("the record {REGRESSION} has no {name}")))
    };
    let (slope, intercept) = (value("slope")?, value("intercept")?);
    let ends = [gmacs.iter().copied().fold(f64::INFINITY, f64::min), gmacs.iter().copied().fold(0.0, f64::max)];
    let line = ends.map(|x| intercept + slope * x);

    let about = About {
        id: FIGURE,
        title: "Energy of one inference against its operations",
        alt: "Scatter of networks with a rising line: energy of one inference in joule against operations in GMAC.",
    };
    let look = Look::new(CATEGORICAL[0], Marker::Circle);
    let x = keys.x.of(Axis::value("Operations of one inference", "GMAC"));
    let plot = Cartesian::new(x, keys.y.of(Axis::value("Energy", "J")))
        .mark(Line::new("least squares", &ends, &line, MUTED))
        .mark(Points::new("networks", &gmacs, &energies, look))
        .legend(Legend::inside(Corner::UpperLeft));
    let figure = plot.figure(about, keys.size.pt()).map_err(|error| Problem::new(error.to_string()))?;

    let record = Record::figure(FIGURE)
        .x_axis(RecordAxis::new("Operations of one inference").unit("GMAC"))
        .y_axis(RecordAxis::new("Energy").unit("J"))
        .series(Series::scatter("networks", gmacs, energies))
        .series(Series::fit("least squares", ends, line));
    drawing::write(cx, &figure, record)
}
