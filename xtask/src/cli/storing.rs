//! What is asked of the store, and of what builds have left.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::building::Asked;
use super::{BuildPaper, ChosenData, Jobs};
use crate::{Failure, quantity};

/// Where the store is.
#[derive(Args, Clone, Default)]
pub(crate) struct StoreAt {
    /// The folder of stored results, which several checkouts can share; .joulebook/store otherwise.
    #[arg(long, value_name = "DIR", env = "JOULEBOOK_STORE")]
    pub(crate) store: Option<PathBuf>,
}

impl StoreAt {
    /// Makes sure that a store that is named is there: a typing error is no healthy store.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match &self.store {
            Some(store) if !store.is_dir() => Err(Failure::usage(format!(
                "there is no store at {}: correct --store or JOULEBOOK_STORE",
                store.display()
            ))),
            _ => Ok(()),
        }
    }
}

#[derive(Args)]
pub(crate) struct Clean {
    /// Also what is committed: figures/, ARTIFACT.md and docs/artifacts.md.
    #[arg(long)]
    pub(crate) figures: bool,
    /// Also what the engine remembers, and the store in .joulebook/: the next build makes everything again.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only tell what would be removed.
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Print what was removed as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Gc {
    /// Keep what was used within this time, such as 12h, 30d or 8weeks; 30d if --max-size is not given either.
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    pub(crate) keep: Option<Duration>,
    /// Remove what was used least recently until the store has this size, such as 500MB or 2GB.
    #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
    pub(crate) max_size: Option<u64>,
    #[command(flatten)]
    pub(crate) store: StoreAt,
    /// Only tell what would be removed.
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Print what was removed as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Fsck {
    /// Remove what is damaged, so that it is made again.
    #[arg(long)]
    pub(crate) repair: bool,
    #[command(flatten)]
    pub(crate) store: StoreAt,
    #[command(flatten)]
    pub(crate) jobs: Jobs,
    /// Print what was found as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Push {
    /// What to push, with all that it needs: as of build-paper; everything otherwise.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// The remote store: s3://bucket/prefix or file:///…
    #[arg(long, value_name = "URL", env = "JOULEBOOK_REMOTE")]
    remote: String,
    #[command(flatten)]
    data: ChosenData,
    #[command(flatten)]
    store: StoreAt,
    /// Print what was sent as JSON.
    #[arg(long)]
    json: bool,
}

impl From<Push> for BuildPaper {
    fn from(push: Push) -> Self {
        let Push { targets, remote, data, store, json } = push;
        Asked { data, store, remote: Some(remote), json }.of(targets)
    }
}
