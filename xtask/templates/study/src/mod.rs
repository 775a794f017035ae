//! TODO: authors, title and year of the study, and what it measured.
//!
//! Source: TODO, the notebook or the chapter that the analysis follows.

mod aggregate;
mod clean;
mod figures;
mod ingest;
mod schema;
pub(crate) mod simulate;
mod stats;

use dag::Stage;

use self::schema::{ENERGIES, FIGURE, REGRESSION, TABLE};
use crate::closing;
use crate::stage::Setting;
use crate::verify::Expectation;

pub(crate) use self::schema::raw_unit;

/// The stages of the study, in the order in which data flow.
pub(crate) fn stages(setting: &Setting) -> Vec<Stage> {
    let stage = |layer: &str, name: &str| setting.stage(layer, name);
    let mut stages = vec![
        // The raw file to a table.
        stage("ingest", "runs").raw("raw", ENERGIES).makes_table("ingest/runs").does(ingest::runs),
        // Short names, one unit; runs without a reading are left out.
        stage("clean", "runs").table("runs", "ingest/runs").makes_table("clean/runs").does(clean::runs),
        // The mean of the runs of each network.
        stage("aggregate", "networks")
            .table("runs", "clean/runs")
            .makes_table("aggregate/networks")
            .makes_records([TABLE])
            .does(aggregate::networks),
        // Energy on operations.
        stage("stats", "energy")
            .table("networks", "aggregate/networks")
            .makes_records([REGRESSION])
            .does(stats::energy_on_operations),
        stage("figures", "energy")
            .table("networks", "aggregate/networks")
            .reads_record(REGRESSION)
            .makes_figure("energy")
            .makes_records([FIGURE])
            .draws(figures::energy_on_operations),
    ];
    // Comparison with the published values, and the paper.
    stages.extend(closing::stages(setting, &stages, expectations));
    stages
}

/// Values that the file of published values holds beside its entries, such as corrected ones: none yet.
pub(crate) fn expectations() -> Vec<Expectation> {
    Vec::new()
}
