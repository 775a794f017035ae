//! Short names, one unit for each quantity, and no run without a reading.

use dag::Problem;

use super::schema;
use crate::cx::Cx;
use crate::table::{Rows, Table};

/// mJ in a J, and operations in a GMAC.
const MILLI: f64 = 1e3;
const GIGA: f64 = 1e9;

/// The runs with a reading.
pub(super) fn runs(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let raw = Table::read(cx, "runs")?;
    let energies = raw.floats("energy_mj")?;
    let read: Vec<usize> = (0..raw.len()).filter(|&row| energies.get(row).is_some_and(|x| x.is_finite())).collect();
    let read = raw.take(&read)?;
    let divided = |name: &str, by: f64| -> Result<Vec<f64>, Problem> {
        Ok(read.numbers(name)?.into_iter().map(|value| value / by).collect())
    };
    let rows = Rows::new().texts("network", read.texts("network")?);
    let rows = rows.floats("gmacs", divided("macs", GIGA)?).floats("energy", divided("energy_mj", MILLI)?);
    rows.write(cx, "table", schema::RUNS)
}
