//! The commands and their arguments.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use studies::campaign::Simulation;

use crate::completions::Completions;
use crate::data::Data;
use crate::doctor::Doctor;
use crate::man::ManPages;
use crate::needs::DiskCheck;
use crate::new_study::NewStudy;
use crate::quantity;

/// Regenerates published studies of the energy that neural networks use, from raw logs to papers.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 a stage failed or something could not be had, 2 wrong usage, \
                  3 another build is at work, 4 a plan or status found something to do, \
                  5 a value is not the published one, or a byte differs when made again, \
                  130 stopped by Ctrl-C.\nResults go to stdout, everything else to stderr."
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
                            cargo xtask build-paper --campaign published\n  cargo xtask build-paper --smoke")]
    BuildPaper(BuildPaper),
    /// Tell what a build would do, why, and how long that took last time. Nothing is written or fetched.
    #[command(after_help = "Examples:\n  cargo xtask plan\n  cargo xtask plan tinyml-mcu --json\n\n\
                            Exit code 0 if everything is fresh, 4 if something is to be done, 1 if an input is missing.")]
    Plan(Plan),
    /// Tell every reason why stages are not fresh: which input, parameter, code or output changed.
    #[command(after_help = "Examples:\n  cargo xtask explain tinyml-mcu/typeset/paper\n  \
                            cargo xtask explain figures/tinyml-mcu/fig5.svg\n\nExit codes as of plan.")]
    Explain(Explain),
    /// Tell in one screen how things stand: data, stages, verification, store. Nothing is written or fetched.
    ///
    /// For each study: the campaign that a build would use, its raw files in place, its stages, and what
    /// the last comparison with the published values found.
    #[command(after_help = "Examples:\n  cargo xtask status\n  cargo xtask status --json | jq '.studies[].stages'\n\n\
                            Exit codes as of plan: 0 fresh, 4 something is to be done, 1 an input is missing.\n\
                            --json prints {studies: [{study, campaign, raw: {files, missing}, stages, verified: {campaign, \
                            passed, status, current, entries, matched, mismatched, truths, found}}], others: {name: stages}, \
                            last_build: {began, duration, targets, ran, restored, fresh, failed}, stored_bytes, \
                            locked_by}, where stages counts {fresh, restore, run, may_run, cannot_run}, began is in \
                            milliseconds since 1970 (UTC), and verified, last_build and locked_by can be null.")]
    Status(Status),
    /// Tell of the last builds in which something was done: when, how long, what ran, and why.
    ///
    /// The newest build comes last. Of each, the stages that took longest are shown; all of them are if
    /// a stage or file is named, or with --verbose.
    #[command(after_help = "Examples:\n  cargo xtask what-ran\n  cargo xtask what-ran tinyml-mcu/typeset --last 3\n  \
                            cargo xtask what-ran derived/papers/tinyml-mcu.pdf --json\n\n\
                            --json prints a list of builds: began (in milliseconds since 1970, UTC), duration, targets, \
                            note (the data), numbers of stages fresh and cancelled, and the other stages with outcome, \
                            reasons and duration.")]
    WhatRan(WhatRan),
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
                            cargo xtask verify --json | jq '.[].summary'\n\nExit code 5 if any value differs, \
                            1 if a study was made from simulated data.")]
    Verify(Verify),
    /// Bring one stage up to date, by itself and without the workspace's lock: for schedulers.
    ///
    /// Any number of these may run at once in one workspace, and beside a build. What the stage reads must
    /// be there, or known to the store. The next build-paper finds what was made. Prints the outputs.
    #[command(after_help = "Examples:\n  cargo xtask stage tinyml-mcu/figures/fig5\n  \
                            cargo xtask stage tinyml-mcu/figures/fig5 --simulated tinyml-mcu --seed 7\n\n\
                            Nothing is fetched, and nothing chosen by what is there: studies that are not named with \
                            --simulated are made from the published raw files.")]
    Stage(Stage),
    /// Run a stage for a build that isolates its stages.
    #[command(name = crate::isolated::COMMAND, hide = true)]
    IsolatedStage(Data),
    /// Write the graph in the language of another program.
    #[command(subcommand)]
    Export(Export),
    /// Lay out what there is to pass on: papers, figures, records and tables of results, described and with their digests.
    ///
    /// Everything is brought up to date first. The folder holds an RO-Crate of the run, the graph of stages,
    /// a data dictionary for each study, and SHA256SUMS. Raw files, and tables of their rows, are left out: they are
    /// not ours to pass on. Prints the folder.
    #[command(after_help = "Examples:\n  cargo xtask package --out /tmp/joulebook\n  \
                            cd /tmp/joulebook && sha256sum --check --quiet SHA256SUMS")]
    Package(Package),
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
    /// Bring the report page up to date: verdict, every claim, interactive figures, tables, and the stages.
    ///
    /// One HTML file that needs no network. build-paper writes it as well, whenever it makes something.
    /// Prints where it lies.
    #[command(
        after_help = "Examples:\n  cargo xtask report --open\n  cargo xtask report --out /tmp/joulebook.html\n\n\
                            Exit codes as of build-paper; a build that failed is reported on as well."
    )]
    Report(Report),
    /// Make everything twice from nothing, in different surroundings, and compare every byte.
    ///
    /// The two builds differ in folder, number of threads, time zone and locale. Tells the first stage
    /// where a byte differs.
    #[command(after_help = "Examples:\n  cargo xtask reproduce\n  cargo xtask reproduce tinyml-mcu\n\n\
                            Exit code 5 if a byte differs; both builds are kept then.")]
    Reproduce(Reproduce),
    /// Remove what builds have made: derived/ and left-overs in .joulebook/.
    ///
    /// Only files that a stage declares as its output, of the published and the simulated campaign, and files
    /// in .joulebook/ are removed. The next build brings them back from the store.
    #[command(after_help = "Examples:\n  cargo xtask clean --dry-run\n  cargo xtask clean --all")]
    Clean(Clean),
    /// Remove from the store what no workspace needs and nobody has used for some time.
    ///
    /// Every workspace that builds with a store is known to it: what its last build named stays. Exit code 3 if
    /// a build is at work with the store.
    #[command(after_help = "Examples:\n  cargo xtask gc\n  cargo xtask gc --keep 7d --dry-run\n  \
                            cargo xtask gc --max-size 2GB --store /srv/joulebook")]
    Gc(Gc),
    /// Read everything in the store and tell what is not as it should be; exit code 1 if there is something.
    #[command(after_help = "Examples:\n  cargo xtask fsck\n  cargo xtask fsck --repair")]
    Fsck(Fsck),
    /// Copy what fresh stages have made to a remote store, from which other machines build.
    ///
    /// What is there already is not sent again, so a push that was stopped goes on where it was.
    #[command(after_help = "Examples:\n  cargo xtask push --remote s3://bucket/joulebook\n  \
                            cargo xtask push tinyml-mcu --remote file:///mnt/share/joulebook\n\n\
                            Environment of s3://: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, \
                            AWS_ENDPOINT_URL.")]
    Push(Push),
    /// Show a raw file: columns, types, units, missing values, first rows.
    #[command(
        after_help = "Examples:\n  cargo xtask inspect raw/tinyml-mcu/data/A_Aggregated_energy_inference_table.pkl\n  \
                            cargo xtask inspect frame.pkl --csv > frame.csv"
    )]
    Inspect(Inspect),
    /// Tell what is missing on this machine, each with the command that fixes it.
    #[command(after_help = "Examples:\n  cargo xtask doctor\n  cargo xtask doctor --offline --json\n\n\
                            Exit code 0 if all that build-paper needs is here, 1 otherwise. What is marked `note` changes \
                            what is built or how fast, what is marked `optional` only some tests need.")]
    Doctor(Doctor),
    /// Write a study that builds and verifies at once, to be changed into your own.
    ///
    /// It has a simulated campaign with a known truth, a table, a regression, a figure and a paper.
    /// Prints the files that were written.
    #[command(after_help = "Examples:\n  cargo xtask new-study demo && cargo xtask build-paper demo\n\n\
                            docs/adding-a-study.md goes on from there. Nothing that is there is replaced.")]
    NewStudy(NewStudy),
    /// Print what a shell needs to complete commands and options of `xtask`, an alias of `cargo xtask`.
    #[command(after_help = "Examples:\n  alias xtask='cargo xtask' && source <(cargo xtask completions bash)\n  \
                            cargo xtask completions fish > ~/.config/fish/completions/xtask.fish")]
    Completions(Completions),
    /// Print the man page, or write those of all commands.
    #[command(
        after_help = "Examples:\n  cargo xtask man | man -l -\n  cargo xtask man --out ~/.local/share/man/man1 && cargo help xtask"
    )]
    Man(ManPages),
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
    /// Build again whenever a paper, a raw file or the program's code changes, until Ctrl-C.
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) watch: bool,
    /// Run each stage where it can read its declared inputs and nothing else, so that an input that is
    /// not declared is an error. Takes Linux with Landlock, and longer.
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Make one study from nothing in a scratch folder, in well under a minute, and tell in one line whether it
    /// came out as published: a first look at whether the program works here.
    #[arg(long, conflicts_with_all = ["targets", "watch", "dry_run"])]
    pub(crate) smoke: bool,
    #[command(flatten)]
    pub(crate) disk: DiskCheck,
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
struct Asked {
    #[command(flatten)]
    data: ChosenData,
    #[command(flatten)]
    store: StoreAt,
    /// Also ask this remote store, as of build-paper; JOULEBOOK_REMOTE by itself is not asked.
    #[arg(long, value_name = "URL")]
    remote: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The raw files of a build that is not begun.
#[derive(Args)]
pub(crate) struct ChosenData {
    /// Which raw files the build would use, as of build-paper.
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<CampaignName>,
    #[command(flatten)]
    simulation: SimulationOf,
}

impl Asked {
    /// The build that is planned.
    fn of(self, targets: Vec<String>) -> BuildPaper {
        let Self { data, store, remote, json } = self;
        BuildPaper { store, remote, json, ..data.of(targets) }
    }
}

impl ChosenData {
    /// The build that is not begun.
    pub(crate) fn of(self, targets: Vec<String>) -> BuildPaper {
        let Self { campaign, simulation } = self;
        BuildPaper {
            targets,
            mirrors: Vec::new(),
            campaign,
            simulation,
            jobs: Jobs { jobs: None },
            store: StoreAt { store: None },
            store_limit: None,
            remote: None,
            typst: None,
            watch: false,
            isolated: false,
            smoke: false,
            disk: DiskCheck { no_disk_check: true },
            dry_run: true,
            json: false,
        }
    }
}

impl BuildPaper {
    /// A build of everything from a campaign, which is only planned.
    pub(crate) fn planned(campaign: CampaignName) -> Self {
        let simulation = SimulationOf { seed: None, scale: None };
        let store = StoreAt { store: None };
        let data = ChosenData { campaign: Some(campaign), simulation };
        Asked { data, store, remote: None, json: false }.of(Vec::new())
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

/// Where the store is.
#[derive(Args)]
pub(crate) struct StoreAt {
    /// The folder of stored results, which several checkouts can share; .joulebook/store otherwise.
    #[arg(long, value_name = "DIR", env = "JOULEBOOK_STORE")]
    pub(crate) store: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Clean {
    /// Also the figures in figures/, which are committed.
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
    /// Which raw files the build used, as of build-paper.
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<CampaignName>,
    #[command(flatten)]
    simulation: SimulationOf,
    #[command(flatten)]
    store: StoreAt,
    /// Print what was sent as JSON.
    #[arg(long)]
    json: bool,
}

impl From<Push> for BuildPaper {
    fn from(push: Push) -> Self {
        let Push { targets, remote, campaign, simulation, store, json } = push;
        Asked { data: ChosenData { campaign, simulation }, store, remote: Some(remote), json }.of(targets)
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
    /// Which raw files to use, as of build-paper.
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<CampaignName>,
    #[command(flatten)]
    simulation: SimulationOf,
    #[command(flatten)]
    jobs: Jobs,
}

impl Package {
    /// The build of what is packed: everything.
    pub(crate) fn build(&self) -> BuildPaper {
        let data = ChosenData { campaign: self.campaign, simulation: self.simulation };
        let mirrors = self.mirrors.clone();
        BuildPaper { mirrors, jobs: self.jobs, dry_run: false, ..data.of(Vec::new()) }
    }
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
        let simulation = SimulationOf { seed: None, scale: None };
        let data = ChosenData { campaign: Some(CampaignName::Published), simulation };
        let mirrors = self.mirrors.clone();
        BuildPaper { mirrors, jobs: self.jobs, dry_run: false, ..data.of(Vec::new()) }
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
pub(crate) struct Report {
    /// Open it in the browser.
    #[arg(long)]
    pub(crate) open: bool,
    /// Another file to write it to as well.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Which raw files to use, as of build-paper.
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<CampaignName>,
    #[command(flatten)]
    simulation: SimulationOf,
    #[command(flatten)]
    jobs: Jobs,
}

impl Report {
    /// The build that it reports on.
    pub(crate) fn build(&self) -> BuildPaper {
        let data = ChosenData { campaign: self.campaign, simulation: self.simulation };
        BuildPaper { jobs: self.jobs, dry_run: false, ..data.of(Vec::new()) }
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

    /// A new command without an example fails here.
    #[test]
    fn the_help_of_every_command_has_an_example_of_it() {
        let program = super::Cli::command();
        assert!(program.get_after_help().is_some_and(|help| help.to_string().contains("Exit codes")));
        for command in program.get_subcommands() {
            let name = command.get_name();
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Examples:\n  "), "{name} has no examples: {help:?}");
            assert!(help.contains(&format!("cargo xtask {name}")), "{name} has an example of something else: {help}");
            assert!(command.get_about().is_some(), "{name} is not described");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{name}: {} is not described", argument.get_id());
            }
        }
    }
}
