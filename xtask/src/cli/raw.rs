//! What is asked of raw files, genuine and simulated.

use std::path::PathBuf;

use clap::Args;

use super::{Jobs, SimulationOf};
use crate::needs::DiskCheck;

#[derive(Args)]
pub(crate) struct Fetch {
    /// Studies to fetch for; all otherwise.
    #[arg(value_name = "STUDY")]
    pub(crate) studies: Vec<String>,
    /// A folder that holds <study>/<path>, before those of JOULEBOOK_MIRROR.
    #[arg(long = "mirror", value_name = "DIR")]
    pub(crate) mirrors: Vec<PathBuf>,
    /// Replace files in place that have another hash than pinned.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
pub(crate) struct Simulate {
    /// Studies to simulate; all otherwise.
    #[arg(value_name = "STUDY")]
    pub(crate) studies: Vec<String>,
    /// The folder to write to.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) simulation: SimulationOf,
    /// Replace a campaign that is there.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) disk: DiskCheck,
    #[command(flatten)]
    pub(crate) jobs: Jobs,
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// The file.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Print the whole table as CSV.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Print the description and the whole table as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
