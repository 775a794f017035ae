//! Inference (10 000 runs per model) and fine-tuning of torchvision classifiers at a mains power monitor
//! (2020): energy and accuracy against operation counts.
//!
//! Source: the notebooks "Vision models inference analysis" (records `inf.*`) and "Training and FLOP
//! analysis" (`trn.*`), and superseded versions of both (`old.*`). What rests on the log of the power
//! monitor, which is reconstructed, has that status.

mod aggregate;
mod clean;
mod figures;
mod ingest;
mod raw;
mod reconstruct;
mod schema;
pub(crate) mod simulate;
mod stats;

use dag::Stage;

use self::aggregate::Notebook;
use self::clean::Measured;
use self::raw::{FILES, FIRST_LOG, INFERENCE_LOG, TRAINING_LOG};
use self::reconstruct::{Energies, Log};
use crate::campaign::Campaign;
use crate::stage::Setting;
use crate::{closing, verify};

pub(crate) use self::schema::raw_unit;
pub(crate) use crate::verify::vision_inference::expectations;

/// The runs: name, log, the file that is reconstructed in its place, and how.
const RUNS: [(&str, &str, &str, Log); 3] = [
    (
        "inference",
        INFERENCE_LOG,
        "power_reading_2.reconstructed.csv",
        Log {
            anchor: "2020-08-07 18:31:11.182838+00:00",
            printed: "inf.t04",
            energies: Energies::Results,
            sha256: "9323b9cf45291e11f887edb4f9c73af8a1c19473cd3fd898270af3f939ed2aaa",
        },
    ),
    (
        "training",
        TRAINING_LOG,
        "finetune_pm_readings.reconstructed.csv",
        Log {
            anchor: "2020-07-29 00:00:02.500000+00:00",
            printed: "trn.t04",
            energies: Energies::Results,
            sha256: "e74d41977f61aabd87a984772fb5f391b85ecafad90700ad2367db3643b976dc",
        },
    ),
    (
        "first",
        FIRST_LOG,
        "power_reading_1.reconstructed.csv",
        Log {
            anchor: "2020-06-24 00:00:00.500000+00:00",
            printed: "trn.t04",
            energies: Energies::Printed("old.t01"),
            sha256: "a08d89e8c82cd4974e296f2f2035f4c8d3c4b511a0915eb1709ccb847806f372",
        },
    ),
];

/// The stages of the study, in the order in which data flow.
pub(crate) fn stages(setting: &Setting) -> Vec<Stage> {
    let mut stages = Vec::new();

    // Raw files to tables.
    for (name, path, file) in FILES {
        let stage = setting.stage("ingest", name).raw("raw", path).makes_table(&format!("ingest/{name}"));
        stages.push(stage.does_with(file, ingest::delimited));
    }

    // Reconstruct the logs that were never released, where nothing stands in for them.
    let reconstructed = if setting.campaign == Campaign::Published { &RUNS[..] } else { &[] };
    for &(run, _, file, log) in reconstructed {
        let stage = setting.stage("reconstruct", run).reconstructed();
        let stage = stage.table("windows", &format!("ingest/windows-{run}"));
        let stage = if log.energies == Energies::Results {
            stage.table("energies", &format!("ingest/energies-{run}"))
        } else {
            stage
        };
        let stage = stage.file("published", "paper/published/vision-inference.toml");
        stages.push(stage.makes("log", &format!("reconstructed/{file}")).does_with(log, reconstruct::log));
    }

    // Clean and normalise, integrate, join.
    let clean = |name: &str| setting.stage("clean", name).makes_table(&format!("clean/{name}"));
    stages.push(clean("models").table("raw", "ingest/models").does(clean::models));
    let accurate = clean("accurate").table("models", "clean/models").table("accuracy", "ingest/accuracy");
    stages.push(accurate.does(clean::accurate));
    for (run, log, file, _) in RUNS {
        let of_run = |table: &str| format!("{table}-{run}");
        let windows = format!("clean/{}", of_run("windows"));
        let stage = clean(&of_run("windows")).table("raw", &format!("ingest/{}", of_run("windows")));
        stages.push(stage.does(clean::windows));
        let stage = clean(&of_run("timed")).table("windows", &windows).table("models", "clean/accurate");
        stages.push(stage.does(clean::timed));
        let stage = clean(&of_run("energies")).table("windows", &windows);
        let (stage, header) = match setting.campaign {
            Campaign::Published => {
                (stage.file("log", &setting.derived(&format!("reconstructed/{file}"))), &reconstruct::HEADER[..])
            }
            Campaign::Simulated(_) => (stage.raw("log", log), &clean::LOG_HEADER[..]),
        };
        let stage = stage.makes_records([format!("samples.{run}"), format!("log.{run}")]);
        stages.push(stage.does_with(Measured { run, header }, clean::energies));
        let stage = clean(&of_run("joined")).table("timed", &format!("clean/{}", of_run("timed")));
        stages.push(stage.table("energies", &format!("clean/{}", of_run("energies"))).does(clean::joined));
    }

    // The printed tables and numbers.
    let tables = |name: &str| setting.stage("aggregate", name);
    for (notebook, run) in [(Notebook::Inference, "inference"), (Notebook::Training, "training")] {
        let prefix = notebook.prefix();
        let ids = |names: &[&str]| names.iter().map(|name| format!("{prefix}.{name}")).collect::<Vec<_>>();
        let training = notebook == Notebook::Training;
        let stage = tables(&format!("{prefix}-models")).table("models", "clean/models");
        let stage = stage.table("accuracy", "ingest/accuracy").table("accurate", "clean/accurate");
        let stage = stage.makes_records(ids(&["t01", "t02", "t03", "s01", "s02", "s03"]));
        let stage = stage.makes_records(ids(if training { &["t12", "s07", "s11"] } else { &[] }));
        stages.push(stage.does_with(notebook, aggregate::models));
        let stage = tables(&format!("{prefix}-windows")).table("windows", &format!("clean/windows-{run}"));
        let stage = stage.table("timed", &format!("clean/timed-{run}"));
        let stage = stage.makes_records(ids(&["t05", "t06", "t07", "s04", "s05", "s06"]));
        let stage = stage.makes_records(ids(if training { &[] } else { &["t12"] }));
        stages.push(stage.does_with(notebook, aggregate::windows));
        let stage = tables(&format!("{prefix}-results")).table("joined", &format!("clean/joined-{run}"));
        let stage = stage.table("energies", &format!("clean/energies-{run}"));
        stages.push(stage.makes_records(aggregate::results_ids(notebook)).does_with(notebook, aggregate::results));
    }
    let energies = |name: &str, run: &str| tables(name).table("energies", &format!("clean/energies-{run}"));
    let stage = energies("inf-energies", "inference").table("windows", "clean/windows-inference");
    stages.push(stage.makes_records(["inf.t08", "old.t03"]).does(aggregate::inference_energies));
    let stage = energies("trn-energies", "training").makes_records(["old.t04"]);
    stages.push(stage.does(aggregate::training_energies));
    let stage = energies("first-run", "first").makes_records(["old.t01", "old.t02"]);
    stages.push(stage.does(aggregate::first_run));
    let stage = tables("energy-per-inference").table("joined", "clean/joined-inference");
    stages.push(stage.makes_records(["energy-per-inference"]).does(aggregate::energy_per_inference));
    let stage = tables("carbon").table("carbon", "ingest/carbon").makes_records(["carbon.intensity"]);
    stages.push(stage.does(aggregate::carbon));

    // Regressions.
    for regression in stats::REGRESSIONS {
        let stage = setting.stage("stats", regression.id).table("points", &format!("clean/{}", regression.table));
        stages.push(stage.makes_records(regression.ids()).does_with(regression, stats::line));
    }
    let stage = tables("predictions").table("joined", "clean/joined-training");
    let stage = stage.table("accurate", "clean/accurate").reads_record("trn.r04");
    stages.push(stage.makes_records(["trn.s08", "trn.s10", "trn.s12"]).does(aggregate::predictions));

    // Figures.
    for scatter in figures::inference::FIGURES.into_iter().chain(figures::training::FIGURES) {
        let stage = setting.stage("figures", scatter.id).table("points", &format!("clean/{}", scatter.table));
        let stage = stage.makes_figure(scatter.id).makes_records([scatter.id]);
        stages.push(stage.draws_with(scatter, figures::draw));
    }

    // Comparison with the published values, and the paper.
    stages.extend(closing::stages(setting, &stages, verify::vision_inference::expectations));
    stages
}
