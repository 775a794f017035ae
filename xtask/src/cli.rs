//! The commands and their arguments.

mod building;
mod raw;
mod results;
mod stages;
mod storing;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(crate) use self::building::{
    BuildPaper, CampaignName, ChosenData, Explain, Jobs, Means, Plan, SimulationOf, Status, WhatRan,
};
pub(crate) use self::raw::{Fetch, Inspect, Simulate};
pub(crate) use self::results::{Check, Graph, Package, Report, Reproduce, Verify};
pub(crate) use self::stages::{Export, Snakemake, Stage};
pub(crate) use self::storing::{Clean, Fsck, Gc, Push, StoreAt};
use crate::completions::Completions;
use crate::data::Data;
use crate::doctor::Doctor;
use crate::man::ManPages;
use crate::new_study::NewStudy;

/// Regenerates published studies of the energy that neural networks use, from raw logs to papers.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 a stage failed or something could not be had, 2 wrong usage, \
                  3 another build is at work, 4 a plan or status found something to do, \
                  5 a value is not the published one, or a byte not the committed one or the one made before, \
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
    #[command(subcommand, after_help = "Examples:\n  cargo xtask export snakemake --out .")]
    Export(Export),
    /// Lay out what there is to pass on: papers, figures, records and tables of results, described and with their digests.
    ///
    /// Everything is brought up to date first. The folder holds an RO-Crate of the run, the graph of stages,
    /// a data dictionary for each study, pipeline.lock, and SHA256SUMS. Raw files, and tables, records and data of
    /// figures with their rows (reference/left-out.txt), are left out: they are not ours to pass on. So is the report
    /// page, which tells of one machine. Prints the folder.
    #[command(after_help = "Examples:\n  cargo xtask package --out /tmp/joulebook\n  \
                            cd /tmp/joulebook && sha256sum --check --quiet SHA256SUMS")]
    Package(Package),
    /// Make everything, and compare it with the committed reference and with the published values.
    ///
    /// The reference is pipeline.lock, figures/ and reference/. Each output is the same bytes, or the
    /// same numbers (to a relative 1e-9, as on another machine), or different: then with what differs,
    /// and the stage where it arises. Prints what differs; derived/check/index.html shows it in
    /// pictures. Made of the published files only; a missing one is an error. A study without any, whose
    /// sources.toml pins none yet, is left out.
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
        // What only this program calls has no help to read.
        for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
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
