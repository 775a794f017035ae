//! What is asked of single stages, for schedulers.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ChosenData, StoreAt};
use crate::data::Data;

#[derive(Args)]
pub(crate) struct Stage {
    /// The stage, by its whole id; `cargo xtask graph --format json` lists them.
    #[arg(value_name = "STAGE")]
    pub(crate) stage: String,
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(flatten)]
    pub(crate) store: StoreAt,
    /// A store to take results from that this one lacks, as of build-paper: also those that the stage reads.
    #[arg(long, value_name = "URL", env = "JOULEBOOK_REMOTE")]
    pub(crate) remote: Option<String>,
    /// Print what was done as JSON instead of the outputs' paths.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The languages in which the graph can be written.
#[derive(Subcommand)]
pub(crate) enum Export {
    /// Write a Snakefile whose rules run the stages one by one, on this machine or on a cluster.
    ///
    /// Prints the file's path. The file says how to run it locally, on SLURM and on Kubernetes.
    #[command(after_help = "Examples:\n  cargo xtask export snakemake --out .\n  \
                            cargo xtask export snakemake tinyml-mcu/figures/fig5 --out fig5.smk\n  \
                            snakemake --snakefile fig5.smk --cores 4")]
    Snakemake(Snakemake),
}

#[derive(Args)]
pub(crate) struct Snakemake {
    /// What to make: as of build-paper; everything otherwise.
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    #[command(flatten)]
    pub(crate) data: ChosenData,
    /// The file to write, or a folder for a file named Snakefile.
    #[arg(short, long, value_name = "PATH")]
    pub(crate) out: PathBuf,
}
