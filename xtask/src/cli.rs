//! The commands and their arguments.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use studies::campaign::Simulation;

/// Regenerates published studies of the energy that neural networks use, from raw logs to papers.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 a stage failed or a value is not the published one, 2 wrong usage, \
                  3 another build is at work, \
                  4 a plan found something to do, 5 a check found a difference, 130 stopped by Ctrl-C.\nResults go to stdout, everything else to stderr."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say nothing but errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// The workspace; found upwards from the current folder otherwise.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Bring the papers, and all they are made from, up to date.
    ///
    /// Raw files that are missing are fetched first; a study of which some cannot be had is made from
    /// its simulated campaign, and says so. Only stages whose code, parameters or inputs changed are
    /// run. Prints the papers.
    #[command(after_help = "Examples:\n  cargo xtask build-paper\n  cargo xtask build-paper tinyml-mcu/figures\n  \
                            cargo xtask build-paper figures/tinyml-mcu/fig5.svg --jobs 1\n  \
                            cargo xtask build-paper --campaign published")]
    BuildPaper(BuildPaper),
    /// Tell what a build would do, why, and how long that took last time. Nothing is written or fetched.
    #[command(after_help = "Examples:\n  cargo xtask plan\n  cargo xtask plan tinyml-mcu --json\n\n\
                            Exit code 0 if everything is fresh, 4 if something is to be done, 1 if an input is missing.")]
    Plan(Plan),
    /// Tell every reason why stages are not fresh: which input, parameter, code or output changed.
    #[command(after_help = "Examples:\n  cargo xtask explain tinyml-mcu/typeset/paper\n  \
                            cargo xtask explain figures/tinyml-mcu/fig5.svg\n\nExit codes as of plan.")]
    Explain(Explain),
    /// Write the simulated raw files of studies, with their ground truth.
    ///
    /// The files have the formats of the genuine ones; the same seed and scale give the same bytes.
    /// Prints the folders that were written, `<DIR>/<study>/simulated`.
    #[command(after_help = "Examples:\n  cargo xtask simulate --out /tmp/campaign\n  \
                            cargo xtask simulate aipowermeter --seed 7 --scale 100 --out /tmp/campaign")]
    Simulate(Simulate),
    /// Bring the pinned raw files into raw/, each checked against its hash.
    #[command(after_help = "Examples:\n  cargo xtask fetch\n  cargo xtask fetch tinyml-mcu --mirror ~/raw\n\n\
                            Environment: JOULEBOOK_MIRROR, folders as in PATH that hold <study>/<path>; \
                            JOULEBOOK_UPSTREAM, another base URL in the place of the upstream repositories' own, or `off`.")]
    Fetch(Fetch),
    /// Compare every published value with the one made here.
    #[command(after_help = "Examples:\n  cargo xtask verify\n  cargo xtask verify tinyml-mcu --verbose\n  \
                            cargo xtask verify --json | jq '.[].summary'\n\nExit code 1 if any value differs, \
                            or if a study was made from simulated data.")]
    Verify(Verify),
    /// Make everything, and compare it with the committed reference and with the published values.
    ///
    /// The reference is pipeline.lock, figures/ and reference/. Each output is the same bytes, or the
    /// same numbers (to a relative 1e-9, as on another machine), or different: then with what differs,
    /// and the stage where it arises. Prints what differs; derived/check/index.html shows it in
    /// pictures. Made of the published files only; a missing one is an error.
    #[command(after_help = "Examples:\n  cargo xtask check\n  cargo xtask check --strict --junit check.xml\n  \
                            cargo xtask check --accept figures/tinyml-mcu/fig5.svg derived/papers/tinyml-mcu.pdf\n  \
                            cargo xtask check --accept\n\n\
                            Exit code 0 if nothing differs, 5 if something does, 1 if the build failed.")]
    Check(Check),
    /// Print the graph of stages: which reads from which.
    #[command(after_help = "Examples:\n  cargo xtask graph tinyml-mcu/figures/fig5 | dot -Tsvg > fig5.svg\n  \
                            cargo xtask graph --format json")]
    Graph(Graph),
    /// Make everything twice from nothing, in different surroundings, and compare every byte.
    ///
    /// The two builds differ in folder, number of threads, time zone and locale. Tells the first stage
    /// where a byte differs.
    #[command(after_help = "Examples:\n  cargo xtask reproduce\n  cargo xtask reproduce tinyml-mcu\n\n\
                            Exit code 1 if a byte differs; both builds are kept then.")]
    Reproduce(Reproduce),
    /// Show a raw file: columns, types, units, missing values, first rows.
    #[command(
        after_help = "Examples:\n  cargo xtask inspect raw/tinyml-mcu/data/A_Aggregated_energy_inference_table.pkl\n  \
                            cargo xtask inspect frame.pkl --csv > frame.csv"
    )]
    Inspect(Inspect),
}

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
    /// A typst command line to typeset with, in the place of the built-in compiler.
    #[arg(long, value_name = "PATH", env = "JOULEBOOK_TYPST")]
    pub(crate) typst: Option<PathBuf>,
    /// Build again whenever a paper, a raw file or the program's code changes, until Ctrl-C.
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) watch: bool,
    /// Only tell what would be done, as plan does after missing raw files were fetched.
    #[arg(short = 'n', long, conflicts_with = "watch")]
    pub(crate) dry_run: bool,
    /// Print what was done as JSON instead of the papers' paths.
    #[arg(long)]
    pub(crate) json: bool,
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

/// What is asked of a build that is only planned.
#[derive(Args)]
struct Asked {
    /// Which raw files the build would use, as of build-paper.
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<CampaignName>,
    #[command(flatten)]
    simulation: SimulationOf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Asked {
    /// The build that is planned.
    fn of(self, targets: Vec<String>) -> BuildPaper {
        let Self { campaign, simulation, json } = self;
        let (mirrors, jobs) = (Vec::new(), Jobs { jobs: None });
        BuildPaper { targets, mirrors, campaign, simulation, jobs, typst: None, watch: false, dry_run: true, json }
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

/// A campaign by its name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CampaignName {
    /// The pinned files; one that cannot be had is an error.
    Published,
    /// Files that the studies' simulators make; nothing is fetched.
    Simulated,
}

/// Which simulation.
#[derive(Args)]
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
    pub(crate) jobs: Jobs,
}

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
        BuildPaper {
            targets: Vec::new(),
            mirrors: self.mirrors.clone(),
            campaign: Some(CampaignName::Published),
            simulation: SimulationOf { seed: None, scale: None },
            jobs: self.jobs,
            typst: None,
            watch: false,
            dry_run: false,
            json: false,
        }
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

#[derive(Args)]
pub(crate) struct Reproduce {
    /// What to make: as of build-paper; everything otherwise.
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Print what was compared and what differs as JSON.
    #[arg(long)]
    pub(crate) json: bool,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
