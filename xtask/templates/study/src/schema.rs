//! What things are called: the raw file, the columns of the tables that are made from it, the records.

use crate::table::Column;

/// The raw file, below `raw/your-study/`, and its header.
pub(super) const ENERGIES: &str = "data/energies.csv";
pub(super) const HEADER: [&str; 4] = ["network", "macs", "run", "energy_mj"];

/// The ids of the records: those of the entries in `paper/published/your-study.toml`.
pub(super) const TABLE: &str = "energy.table";
pub(super) const REGRESSION: &str = "energy.regression";
pub(super) const FIGURE: &str = "energy.figure";

/// The raw file as a table.
pub(super) const INGESTED: &[Column] = &[
    Column::new("network", "", "name of the network"),
    Column::new("macs", "MAC", "multiply-accumulate operations of one inference"),
    Column::new("run", "", "number of the run, from 1"),
    Column::new("energy_mj", "mJ", "energy of one inference; empty where the meter failed"),
];

/// Runs with a reading.
pub(super) const RUNS: &[Column] = &[
    Column::new("network", "", "name of the network"),
    Column::new("gmacs", "GMAC", "operations of one inference"),
    Column::new("energy", "J", "energy of one inference"),
];

/// Networks.
pub(super) const NETWORKS: &[Column] = &[
    Column::new("network", "", "name of the network"),
    Column::new("gmacs", "GMAC", "operations of one inference"),
    Column::new("energy", "J", "mean energy of one inference over the runs"),
    Column::new("runs", "", "number of runs"),
];

/// The unit of a column of a raw file, for `cargo xtask inspect`.
pub(crate) fn raw_unit(_file: &str, column: &str) -> Option<&'static str> {
    INGESTED.iter().find(|known| known.name == column && !known.unit.is_empty()).map(|known| known.unit)
}
