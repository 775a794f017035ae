//! Energy of AlexNet, ResNet50 and BERT inference against input size, measured with AIPowerMeter
//! (GreenAI-Uppa, 2021 to 2023).
//!
//! Source: `docsrc/experiments/experiments.rst` of GreenAI-Uppa/AIPowerMeter. None of the recordings behind the
//! published figures was released: those runs are simulated, in both campaigns. Seven real recordings
//! of the same recorder are held, in three forms of the format.

mod aggregate;
mod clean;
mod figures;
mod held;
mod ingest;
mod integrate;
mod operations;
mod protocol;
mod schema;
pub(crate) mod simulate;
mod stats;
#[cfg(test)]
mod tests;

use dag::Stage;

use self::aggregate::recordings;
use self::figures::curves::{self, Drawn};
use self::figures::{artefact, spearman};
use self::held::{LOADED, RECORDINGS, TWO_SEGMENTS};
use self::protocol::{Network, Sweep};
use self::stats::{ANALYSES, readings};
use crate::campaign::Simulation;
use crate::stage::Setting;
use crate::{closing, verify};

pub(crate) use self::schema::raw_unit;
pub(crate) use crate::verify::aipowermeter::expectations;

const PUBLISHED: &str = "paper/published/aipowermeter.toml";

/// The stages of the study, in the order in which data flow.
pub(crate) fn stages(setting: &Setting) -> Vec<Stage> {
    // The runs of the three studies, which were never released.
    let mut stages = setting.stand_ins(simulate::runs(Simulation::default()));

    // Raw files to tables: the real recordings, and the runs of each input size.
    for recording in RECORDINGS {
        let (name, path) = (recording.name, recording.path);
        let stage = setting.stage("ingest", name).raw("raw", path);
        let stage = stage.makes("records", &format!("ingest/{name}-records.parquet"));
        stages.push(stage.makes("values", &format!("ingest/{name}-values.parquet")).does(ingest::recording));
    }
    stages.extend(Sweep::all().map(|sweep| ingest_runs(setting, sweep)));

    // The identities of each recording; every run reduced to a row, as compiled and corrected.
    for recording in RECORDINGS {
        let stage =
            setting.stage("clean", recording.name).table("values", &format!("ingest/{}-values", recording.name));
        stages.push(stage.makes_table(&format!("clean/{}-identities", recording.name)).does(clean::identities));
    }
    for network in Network::ALL {
        let mut stage = setting.stage("clean", network.id());
        for sweep in Sweep::of(network) {
            for (role, what) in clean::roles(sweep).iter().zip(["records", "latencies"]) {
                stage = stage.table(role, &format!("ingest/{}-{what}", sweep.name()));
            }
        }
        for (role, ending) in ANALYSES {
            stage = stage.makes(role, &format!("clean/{}{ending}.parquet", network.id()));
        }
        stages.push(stage.does_with(network, clean::runs));
    }

    // The real recordings: what they hold, their energies, their identities.
    let of_all = |layer: &str, name: &str, table: fn(&str) -> String| {
        RECORDINGS.iter().fold(setting.stage(layer, name), |stage, one| stage.table(one.name, &table(one.name)))
    };
    let records = |name: &str| format!("ingest/{name}-records");
    let values = |name: &str| format!("ingest/{name}-values");
    let stage = RECORDINGS.iter().fold(setting.stage("aggregate", "real-recordings"), |stage, one| {
        let stage = stage.table(&format!("{} records", one.name), &records(one.name));
        stage.table(&format!("{} values", one.name), &values(one.name))
    });
    stages.push(stage.makes_records(["real.recordings"]).does_with(RECORDINGS, recordings::overview));
    let stage = of_all("aggregate", "real-fields", values).makes_records(["real.fields"]);
    stages.push(stage.does_with(RECORDINGS, recordings::fields));
    let stage = of_all("aggregate", "real-energies", records).makes_records(RECORDINGS.map(|one| one.entry));
    let stage = stage.makes_records(["real.energies", "real.segments"]);
    stages.push(stage.does_with(RECORDINGS, recordings::energies));
    let stage = of_all("aggregate", "real-identities", |name| format!("clean/{name}-identities"));
    let stage = stage.makes_records(["derived.real.shares", "real.identities", "real.exceptions"]);
    stages.push(stage.does_with(RECORDINGS, recordings::shares));
    let stage = setting.stage("aggregate", "real-load").table("records", &records(LOADED));
    let stage = stage.table("values", &values(LOADED)).makes_records(["real.load"]);
    stages.push(stage.does_with(LOADED, recordings::load));

    // The studies: medians over the runs, the compiled csv, and energy against operations.
    for network in Network::ALL {
        let id = network.id();
        let mut stage = setting.stage("aggregate", id);
        for (role, ending) in ANALYSES {
            stage = stage.table(&format!("{role} runs"), &format!("clean/{id}{ending}"));
            stage = stage.makes(role, &format!("aggregate/{id}{ending}.parquet"));
            stage = stage.makes(&format!("{role} csv"), &format!("compiled/{id}{ending}.csv"));
            stage = stage.makes_records([format!("{id}.compiled{ending}")]);
        }
        stages.push(stage.makes_records([format!("{id}.coverage")]).does_with(network, aggregate::medians));
    }
    let stage = setting.stage("aggregate", "csv-layout").file("csv", &setting.derived("compiled/alexnet.csv"));
    stages.push(stage.makes_records(["seed.csv_layout"]).does(aggregate::csv_layout));
    let stage = Network::ALL.iter().fold(setting.stage("aggregate", "energy-per-inference"), |stage, network| {
        stage.table(network.id(), &format!("aggregate/{}.corrected", network.id()))
    });
    stages.push(stage.makes_records(["energy-per-inference"]).does(aggregate::energy_per_inference));

    // Correlations, and what the published figures themselves tell.
    let medians = |name: &str, network: Network| {
        let stage = setting.stage("stats", name);
        stats::inputs(network).into_iter().fold(stage, |stage, (role, path)| stage.table(role, &path))
    };
    stages.push(medians("alexnet", Network::Alexnet).makes_records(stats::alexnet_ids()).does(stats::alexnet));
    let both = |id: &str| ANALYSES.map(|(_, ending)| format!("{id}{ending}"));
    let stage = medians("resnet50-spearman", Network::Resnet50).makes_records(both("upstream.resnet50.spearman"));
    stages.push(stage.does(stats::spearman));
    stages.push(medians("bert", Network::Bert).makes_records(both("bert.trend")).does(stats::bert));
    // Published points stand for recordings that were never released.
    let readings = |name: &str| setting.stage("stats", name).reconstructed().file("published", PUBLISHED);
    let stage =
        readings("alexnet-artefact").makes_records(["derived.alexnet.quantised_sampling", "upstream.alexnet.text"]);
    let stage = stage.makes_records(["alexnet.artefact", "alexnet.artefact.series", "alexnet.disagreement"]);
    stages.push(stage.does(readings::artefact));
    stages.push(readings("resnet50-machine").makes_records(["derived.resnet50.machine"]).does(readings::machine));

    // Figures: the drawing, its data, and the records of its curves.
    for plot in curves::PLOTS {
        for (corrected, (_, ending)) in [false, true].into_iter().zip(ANALYSES) {
            let drawn = Drawn { plot, corrected };
            if corrected && !plot.differs() {
                continue;
            }
            let table = format!("aggregate/{}{ending}", plot.network.id());
            let stage = setting.stage("figures", &drawn.id()).table("table", &table);
            stages.push(stage.makes_figure(&drawn.id()).makes_records(drawn.records()).draws_with(drawn, curves::draw));
        }
    }
    let figure = |name: &str| setting.stage("figures", name).makes_figure(name);
    for (_, ending) in ANALYSES {
        let name = format!("resnet50.sm_nvi{ending}");
        let stage = figure(&name).table("table", &format!("aggregate/resnet50{ending}"));
        let stage = stage.makes_records([format!("upstream.resnet50.fig.sm_nvidia{ending}")]);
        stages.push(stage.draws_with(ending, spearman::use_against_energy));
        let name = format!("resnet50.spearman{ending}");
        let stage = figure(&name).reads_record(&format!("upstream.resnet50.spearman{ending}"));
        stages.push(stage.makes_records([name]).draws_with(ending, spearman::map));
    }
    let stage = figure("alexnet.artefact").reads_record("alexnet.artefact.series");
    stages.push(stage.makes_records(["alexnet.artefact.figure"]).draws(artefact::draw));
    let stage = RECORDINGS.iter().fold(figure("real.power"), |stage, one| stage.table(one.name, &records(one.name)));
    stages.push(stage.makes_records(["real.power"]).draws_with(RECORDINGS, figures::recordings::power));
    let stage = figure("real.gap").table("records", &records(TWO_SEGMENTS)).makes_records(["real.gap"]);
    stages.push(stage.draws(figures::recordings::gap));
    let stage = figure("energy-per-inference").reads_record("energy-per-inference");
    stages.push(stage.makes_records(["energy-per-inference.figure"]).draws(figures::operations::draw));

    // Comparison with the published values, and the paper.
    stages.extend(closing::stages(setting, &stages, verify::aipowermeter::expectations));
    stages
}

/// The stage that reads all runs of an input size.
fn ingest_runs(setting: &Setting, sweep: Sweep) -> Stage {
    let name = sweep.name();
    let files = sweep.network.runs().flat_map(|run| ingest::roles(run).into_iter().zip(sweep.files(run)));
    let stage = files.fold(setting.stage("ingest", &name), |stage, (role, path)| stage.stand_in(&role, &path));
    let stage = stage.makes("records", &format!("ingest/{name}-records.parquet"));
    let stage = stage.makes("latencies", &format!("ingest/{name}-latencies.parquet"));
    stage.does_with(sweep, ingest::runs)
}
