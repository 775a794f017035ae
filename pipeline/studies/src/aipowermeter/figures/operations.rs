//! Energy of an inference against its operations, all three networks.

use dag::Problem;
use plot::{About, Axis, Cartesian, Corner, Legend, Points};

use super::{JOIN, NETWORKS, broken};
use crate::aipowermeter::protocol::Network;
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Axes;
use crate::record::{Axis as RecordAxis, Cell, Record, Scale, Series};

/// Draws the record of energies.
pub(in crate::aipowermeter) fn draw(cx: &mut Cx<'_, '_>, keys: &Axes) -> Result<(), Problem> {
    let table = cx.read_record("energy-per-inference")?;
    let operations = keys.x.of(Axis::log("Operations of an inference", "MACs"));
    let mut plot = Cartesian::new(operations, keys.y.of(Axis::log("Energy of package and card", "J")));
    let mut record = Record::figure("energy-per-inference.figure")
        .x_axis(RecordAxis::new("Operations of an inference").unit("MACs").scale(Scale::Log))
        .y_axis(RecordAxis::new("Energy of package and card per inference").unit("J").scale(Scale::Log));
    for network in Network::ALL {
        let is_of =
            |row: &&Vec<Cell>| matches!(row.first(), Some(Cell::Text(model)) if model.starts_with(network.title()));
        let number = |row: &Vec<Cell>, at: usize| row.get(at).and_then(Cell::as_f64).unwrap_or(f64::NAN);
        let (x, y): (Vec<f64>, Vec<f64>) =
            table.rows.iter().filter(is_of).map(|row| (number(row, 1), number(row, 2))).unzip();
        plot = plot
            .mark(Points::new(network.title(), &x, &y, NETWORKS.look(network.title()).map_err(broken)?).joined(JOIN));
        record = record.series(Series::path(network.title(), x, y));
    }
    let about = About {
        id: "energy-per-inference.figure",
        title: "Energy of an inference against its operations",
        alt: "Three curves on logarithmic axes. The energy of each network is flat where it has few operations, and rises \
              in proportion where it has many.",
    };
    let figure = plot.legend(Legend::inside(Corner::UpperLeft)).figure(about, keys.size.pt()).map_err(broken)?;
    drawing::write(cx, &figure, record)
}
