//! The regression.

use dag::Problem;
use stats::linear_regression;

use super::schema::REGRESSION;
use crate::cx::Cx;
use crate::regression;
use crate::table::Table;

/// Mean energy on operations, over the networks.
pub(super) fn energy_on_operations(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let networks = Table::read(cx, "networks")?;
    let fit = linear_regression(&networks.numbers("gmacs")?, &networks.numbers("energy")?);
    let fit = fit.map_err(|error| networks.problem(error.to_string()))?;
    let record = regression::record(REGRESSION, &fit).title("Energy of one inference on its operations");
    cx.record(record.unit("slope", "J/GMAC").unit("intercept", "J").unit("stderr", "J/GMAC"))
}
