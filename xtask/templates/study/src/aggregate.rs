//! The printed table: means over the runs of each network.

use dag::Problem;

use super::schema::{self, TABLE};
use crate::cx::Cx;
use crate::record::{Record, cells};
use crate::table::{Rows, Table};

/// The networks in the order in which they first appear.
pub(super) fn networks(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let runs = Table::read(cx, "runs")?;
    let mut names: Vec<String> = Vec::new();
    for name in runs.texts("network")? {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let (mut gmacs, mut energies, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    let mut record = Record::table(TABLE).title("Mean energy of one inference").columns(["gmacs", "energy", "runs"]);
    record = record.unit("gmacs", "GMAC").unit("energy", "J");
    for name in &names {
        let of_network = runs.of("network", name)?;
        let mean = |column: &str| {
            let mean = stats::mean(&of_network.numbers(column)?);
            mean.map_err(|error| runs.problem(format!("{name}, column {column}: {error}")))
        };
        let (operations, energy) = (mean("gmacs")?, mean("energy")?);
        record = record.row(name.as_str(), cells![operations, energy, of_network.len()]);
        gmacs.push(operations);
        energies.push(energy);
        counts.push(i64::try_from(of_network.len()).unwrap_or(i64::MAX));
    }
    cx.record(record)?;
    let rows = Rows::new().texts("network", names).floats("gmacs", gmacs).floats("energy", energies);
    rows.integers("runs", counts).write(cx, "table", schema::NETWORKS)
}
