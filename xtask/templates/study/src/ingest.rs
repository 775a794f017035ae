//! Read the raw file: nothing is changed or left out here.

use dag::Problem;
use rawlog::delimited::{Delimited, DelimitedError};

use super::schema;
use crate::cx::Cx;
use crate::table::Rows;

/// The runs to a table.
pub(super) fn runs(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let file = cx.input_path("raw")?.to_owned();
    let wrong = |error: DelimitedError| {
        Problem::new(error.to_string())
            .in_file(&file)
            .at_line(error.line())
            .help("correct the file, or bring the pinned one back with `cargo xtask fetch your-study --force`")
    };
    let raw = Delimited::read(&cx.read("raw")?, &schema::HEADER).map_err(wrong)?;
    let counts = |name: &str| -> Result<Vec<i64>, Problem> {
        let counts = raw.counts(name).map_err(wrong)?;
        Ok(counts.into_iter().map(|count| i64::try_from(count).unwrap_or(i64::MAX)).collect())
    };
    let energies = raw.optional_numbers("energy_mj").map_err(wrong)?;
    let rows = Rows::new()
        .texts("network", raw.texts("network").map_err(wrong)?)
        .integers("macs", counts("macs")?)
        .integers("run", counts("run")?)
        .floats("energy_mj", energies.into_iter().map(|energy| energy.unwrap_or(f64::NAN)).collect());
    rows.write(cx, "table", schema::INGESTED)
}
