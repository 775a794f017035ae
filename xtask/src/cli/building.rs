//! What is asked of a build, and of what is only planned or told of one.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use studies::campaign::Simulation;

use super::StoreAt;
use crate::needs::DiskCheck;
use crate::quantity;

#[derive(Args)]
pub(crate) struct BuildPaper {
    /// What to build: a stage, the beginning of stages up to a `/`, or a file; everything otherwise.
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// A folder to take missing raw files from, before those of JOULEBOOK_MIRROR.
    #[arg(long = "mirror", value_name = "DIR")]
    pub(crate) mirrors: Vec<PathBuf>,
    /// Which raw files to use; otherwise the published ones, and simulated ones for a study of which
    /// some cannot be had.
    #[arg(long, value_name = "CAMPAIGN")]
    pub(crate) campaign: Option<CampaignName>,
    #[command(flatten)]
    pub(crate) simulation: SimulationOf,
    #[command(flatten)]
    pub(crate) jobs: Jobs,
    #[command(flatten)]
    pub(crate) means: Means,
    /// Build again whenever a paper, a raw file or the program's code changes, until Ctrl-C.
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) watch: bool,
    /// Run each stage where it can read its declared inputs and nothing else, so that an input that is
    /// not declared is an error. Takes Linux with Landlock, and longer.
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Make one study from nothing in a scratch folder, in well under a minute, and tell in one line whether it
    /// came out as published: a first look at whether the program works here. No store is used.
    #[arg(long, conflicts_with_all = ["targets", "watch", "dry_run", "isolated", "seed", "scale"])]
    pub(crate) smoke: bool,
    /// Only tell what would be done, as plan does after missing raw files were fetched.
    #[arg(short = 'n', long, conflicts_with = "watch")]
    pub(crate) dry_run: bool,
    /// Print what was done as JSON instead of the papers' paths.
    #[arg(long)]
    pub(crate) json: bool,
}

/// With what a build is made; the same for every command that builds.
#[derive(Args, Clone, Default)]
pub(crate) struct Means {
    #[command(flatten)]
    pub(crate) store: StoreAt,
    /// The size above which what was used least recently is removed from the store, such as 2GB.
    #[arg(long, value_name = "SIZE", env = "JOULEBOOK_STORE_LIMIT", value_parser = quantity::bytes)]
    pub(crate) store_limit: Option<u64>,
    /// A store to take results from that this one lacks: https://…, s3://bucket/prefix or file:///…
    #[arg(long, value_name = "URL", env = "JOULEBOOK_REMOTE")]
    pub(crate) remote: Option<String>,
    /// A typst command line to typeset with, in the place of the built-in compiler.
    #[arg(long, value_name = "PATH", env = "JOULEBOOK_TYPST")]
    pub(crate) typst: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) disk: DiskCheck,
}

#[derive(Args)]
pub(crate) struct Plan {
    /// What to plan: as of build-paper; everything otherwise.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Args)]
pub(crate) struct Explain {
    /// The stages, by their ids, the beginning of ids up to a `/`, or a file that they make.
    #[arg(value_name = "STAGE", required = true)]
    stages: Vec<String>,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    asked: Asked,
}

#[derive(Args)]
pub(crate) struct WhatRan {
    /// The stages, by their ids, the beginning of ids up to a `/`, or a file that they make; all otherwise.
    #[arg(value_name = "STAGE")]
    pub(crate) stages: Vec<String>,
    /// How many builds to tell of, the last ones.
    #[arg(short = 'n', long, value_name = "N", default_value = "10")]
    pub(crate) last: usize,
    /// Show every stage, and every reason.
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is asked of a build that is only planned.
#[derive(Args)]
pub(super) struct Asked {
    #[command(flatten)]
    pub(super) data: ChosenData,
    #[command(flatten)]
    pub(super) store: StoreAt,
    /// Also ask this remote store, as of build-paper; JOULEBOOK_REMOTE by itself is not asked.
    #[arg(long, value_name = "URL")]
    pub(super) remote: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// The raw files of a build that is not begun.
#[derive(Args)]
pub(crate) struct ChosenData {
    /// Which raw files the build would use, as of build-paper.
    #[arg(long, value_name = "CAMPAIGN")]
    pub(super) campaign: Option<CampaignName>,
    #[command(flatten)]
    pub(super) simulation: SimulationOf,
    /// A typst command line that the build would typeset with.
    #[arg(long, value_name = "PATH", env = "JOULEBOOK_TYPST")]
    pub(super) typst: Option<PathBuf>,
}

impl Asked {
    /// The build that is planned.
    pub(super) fn of(self, targets: Vec<String>) -> BuildPaper {
        let Self { data, store, remote, json } = self;
        let asked = data.of(targets);
        let means = Means { store, remote, ..asked.means };
        BuildPaper { means, json, ..asked }
    }
}

impl ChosenData {
    /// The build that is not begun.
    pub(crate) fn of(self, targets: Vec<String>) -> BuildPaper {
        let Self { campaign, simulation, typst } = self;
        BuildPaper {
            targets,
            mirrors: Vec::new(),
            campaign,
            simulation,
            jobs: Jobs { jobs: None },
            means: Means { typst, ..Means::default() },
            watch: false,
            isolated: false,
            smoke: false,
            dry_run: true,
            json: false,
        }
    }
}

impl From<Plan> for BuildPaper {
    fn from(plan: Plan) -> Self {
        plan.asked.of(plan.targets)
    }
}

impl From<Explain> for BuildPaper {
    fn from(explain: Explain) -> Self {
        explain.asked.of(explain.stages)
    }
}

impl From<Status> for BuildPaper {
    fn from(status: Status) -> Self {
        status.asked.of(Vec::new())
    }
}

/// A campaign by its name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CampaignName {
    /// The pinned files; one that cannot be had is an error.
    Published,
    /// Files that the studies' simulators make; nothing is fetched.
    Simulated,
}

/// Which simulation.
#[derive(Args, Clone, Copy)]
pub(crate) struct SimulationOf {
    /// What the random numbers of a simulated campaign are made from; 0 unless given.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How many times as much a simulated campaign logs; 1 unless given.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) scale: Option<u32>,
}

/// How much is done at once.
#[derive(Args, Clone, Copy)]
pub(crate) struct Jobs {
    /// How much may be done at once; as much as there are cores otherwise.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

impl SimulationOf {
    pub(crate) fn get(&self) -> Simulation {
        let usual = Simulation::default();
        Simulation { seed: self.seed.unwrap_or(usual.seed), scale: self.scale.unwrap_or(usual.scale) }
    }
}

impl Jobs {
    pub(crate) fn get(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
        self.jobs.map_or_else(cores, usize::from)
    }
}
