//! What is asked of what was made: whether it is right, and how to show it and pass it on.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{BuildPaper, CampaignName, ChosenData, Jobs, Means, SimulationOf};
use crate::needs::DiskCheck;

#[derive(Args)]
pub(crate) struct Verify {
    /// Studies to verify; all otherwise.
    #[arg(value_name = "STUDY")]
    pub(crate) studies: Vec<String>,
    /// Print every compared value as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Accept studies that were made from simulated data: what they hold is their ground truth.
    #[arg(long)]
    pub(crate) simulated: bool,
    /// Print every compared value, not the worst of each artifact.
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Args)]
pub(crate) struct Check {
    /// Make what is built here the reference: the outputs of the stages or files that are named, or
    /// everything. Look at `git diff` and commit it then. Refused in CI.
    #[arg(long, value_name = "TARGET", num_args = 0..)]
    pub(crate) accept: Option<Vec<String>>,
    /// Take nothing but the same bytes.
    #[arg(long)]
    pub(crate) strict: bool,
    /// A folder to take missing raw files from, before those of JOULEBOOK_MIRROR.
    #[arg(long = "mirror", value_name = "DIR")]
    mirrors: Vec<PathBuf>,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    means: Means,
    /// Print what was found as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Also write what was found as JUnit's XML, for CI.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

impl Check {
    /// The build that is compared: everything, of the published files.
    pub(crate) fn build(&self) -> BuildPaper {
        let simulation = SimulationOf { seed: None, scale: None };
        let data = ChosenData { campaign: Some(CampaignName::Published), simulation, typst: None };
        let (mirrors, means) = (self.mirrors.clone(), self.means.clone());
        BuildPaper { mirrors, means, jobs: self.jobs, dry_run: false, ..data.of(Vec::new()) }
    }
}

#[derive(Args)]
pub(crate) struct Reproduce {
    /// What to make: as of build-paper; everything otherwise.
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Run each stage where it can read its declared inputs and nothing else, as of build-paper.
    #[arg(long)]
    pub(crate) isolated: bool,
    #[command(flatten)]
    pub(crate) disk: DiskCheck,
    /// Print what was compared and what differs as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Report {
    /// Open it in the browser.
    #[arg(long)]
    pub(crate) open: bool,
    /// Another file to write it to as well.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    everything: Everything,
}

impl Report {
    /// The build that it reports on.
    pub(crate) fn build(&self) -> BuildPaper {
        self.everything.build(&[])
    }
}

#[derive(Args)]
pub(crate) struct Package {
    /// The folder to lay out.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replace a package that is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// A folder to take missing raw files from, as of build-paper.
    #[arg(long = "mirror", value_name = "DIR")]
    mirrors: Vec<PathBuf>,
    #[command(flatten)]
    everything: Everything,
}

impl Package {
    /// The build of what is packed.
    pub(crate) fn build(&self) -> BuildPaper {
        self.everything.build(&self.mirrors)
    }
}

/// A build of everything, which comes before what a command does with it.
#[derive(Args)]
struct Everything {
    /// Which raw files to use, as of build-paper.
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<CampaignName>,
    #[command(flatten)]
    simulation: SimulationOf,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    means: Means,
}

impl Everything {
    fn build(&self, mirrors: &[PathBuf]) -> BuildPaper {
        let data = ChosenData { campaign: self.campaign, simulation: self.simulation, typst: None };
        let (mirrors, means) = (mirrors.to_vec(), self.means.clone());
        BuildPaper { mirrors, means, jobs: self.jobs, dry_run: false, ..data.of(Vec::new()) }
    }
}

#[derive(Args)]
pub(crate) struct Graph {
    /// Stages or files whose making is drawn; all otherwise.
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Whose stages: simulated raw files are made by stages of their own.
    #[arg(long, value_name = "CAMPAIGN", default_value = "published")]
    pub(crate) campaign: CampaignName,
    /// The language of the picture.
    #[arg(long, value_name = "FORMAT", default_value = "dot")]
    pub(crate) format: Format,
}

/// A language for pictures of graphs.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Graphviz.
    Dot,
    /// Mermaid.
    Mermaid,
    /// Stages with their inputs and outputs.
    Json,
}

impl From<Format> for dag::Picture {
    fn from(format: Format) -> Self {
        match format {
            Format::Dot => Self::Dot,
            Format::Mermaid => Self::Mermaid,
            Format::Json => Self::Json,
        }
    }
}
