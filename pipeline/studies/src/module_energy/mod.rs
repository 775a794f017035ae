//! Getzner, Charpentier, Günnemann: "Accuracy is not the only metric that matters: estimating the energy
//! consumption of deep learning models" (ICLR 2023 workshop). Energy that the processors of a server
//! take for the modules of networks, and for whole networks.
//!
//! Source: the notebook `module-wise-energy-analysis.ipynb` in three states: the first document, which
//! was never run (records `seed.*`), that of the first cluster run (`u1.*`) and the final one (`mw.*`).
//! Then the final notebooks of the energy models of single layers (`conv2d.*` to `softmax`,
//! `datasets.*`), of their ablation (`ablation.*`) and of the estimates of networks from them (`est.*`).

mod aggregate;
mod architecture;
mod clean;
mod figures;
mod ingest;
mod jobs;
mod layers;
mod models;
mod schema;
pub(crate) mod simulate;
mod stats;

use dag::Stage;

use self::aggregate::data_sets::{self, Frames, Making};
use self::aggregate::groups::{self, Grouping, Notebook};
use self::aggregate::networks;
use self::clean::{Cleaning, LayerCleaning};
use self::figures::contrib::Kinds;
use self::figures::{batch, contrib, estimates as estimate_charts, fits};
use self::jobs::{BARS, JOBS, PARSED};
use self::layers::LAYER_SETS;
use self::models::{ABLATION_SEED, MODELS, SEED};
use self::schema::{ARCHITECTURES, KINDS};
use self::stats::models::sound_id;
use self::stats::{Document, Whiskers, ablation, estimates};
use crate::stage::{Setting, StageOf};
use crate::{closing, verify};

pub(crate) use self::schema::raw_unit;
pub(crate) use crate::verify::module_energy::expectations;

/// What is told of the cleaning of each job.
const CLEANINGS: [Cleaning; JOBS.len()] = [
    Cleaning { dropped: &["mw.d1.dropped", "est.d1.dropped"], shape: Some("mw.d1.shape"), runs: Some("mw.d1.runs") },
    Cleaning { dropped: &["mw.d2.dropped", "est.d2.dropped"], shape: Some("mw.d2.shape"), runs: Some("mw.d2.runs") },
    Cleaning { dropped: &["u1.dropped"], shape: None, runs: Some("u1.runs") },
];

/// The same of the jobs of single layers, by their names.
const LAYER_CLEANINGS: [(&str, Cleaning); 14] = [
    (
        "conv2d-1",
        Cleaning { dropped: &["conv2d.d1.dropped"], shape: Some("conv2d.d1.shape"), runs: Some("conv2d.d1.runs") },
    ),
    (
        "conv2d-2",
        Cleaning { dropped: &["conv2d.d2.dropped"], shape: Some("conv2d.d2.shape"), runs: Some("conv2d.d2.runs") },
    ),
    ("conv2d-3", Cleaning { dropped: &["datasets.conv2d.d3.dropped"], shape: None, runs: Some("conv2d.d3.runs") }),
    (
        "linear-1",
        Cleaning { dropped: &["linear.d1.dropped"], shape: Some("linear.d1.shape"), runs: Some("linear.d1.runs") },
    ),
    (
        "linear-2",
        Cleaning { dropped: &["linear.d2.dropped"], shape: Some("linear.d2.shape"), runs: Some("linear.d2.runs") },
    ),
    ("linear-3", Cleaning { dropped: &[], shape: None, runs: Some("linear.d3.runs") }),
    (
        "maxpool2d-1",
        Cleaning {
            dropped: &["maxpool2d.d1.dropped"],
            shape: Some("maxpool2d.d1.shape"),
            runs: Some("maxpool2d.d1.runs"),
        },
    ),
    (
        "maxpool2d-2",
        Cleaning {
            dropped: &["maxpool2d.d2.dropped"],
            shape: Some("maxpool2d.d2.shape"),
            runs: Some("maxpool2d.d2.runs"),
        },
    ),
    ("maxpool2d-3", Cleaning { dropped: &[], shape: None, runs: Some("maxpool2d.d3.runs") }),
    ("relu-new", Cleaning { dropped: &["relu.dropped.new"], shape: None, runs: Some("relu.d1.runs") }),
    ("relu-old", Cleaning { dropped: &["relu.dropped.old"], shape: None, runs: Some("relu.d2.runs") }),
    ("sigmoid", Cleaning { dropped: &["sigmoid.dropped"], shape: None, runs: Some("sigmoid.runs") }),
    ("tanh", Cleaning { dropped: &["tanh.dropped"], shape: None, runs: Some("tanh.runs") }),
    ("softmax", Cleaning { dropped: &["softmax.dropped"], shape: None, runs: Some("softmax.runs") }),
];

/// What is told of the data sets of single layers.
const MAKINGS: [Making; LAYER_SETS.len()] = {
    const fn of_layers(set: &'static str, shapes: &'static str, generated: &'static str) -> Making {
        let shapes = Some((shapes, Frames::BeforeAndAfter));
        Making { set, with_missed: true, shapes, head: None, generated: Some(generated) }
    }
    const fn with_head(making: Making, head: &'static str) -> Making {
        Making { head: Some(head), ..making }
    }
    let relu = of_layers("relu", "", "datasets.relu");
    [
        of_layers("conv2d", "conv2d.agg.shape", "datasets.conv2d"),
        of_layers("linear", "linear.agg.shape", "datasets.linear"),
        of_layers("maxpool2d", "maxpool2d.agg.shape", "datasets.maxpool2d"),
        with_head(Making { shapes: Some(("relu.shapes", Frames::All)), ..relu }, "relu.head"),
        with_head(of_layers("sigmoid", "sigmoid.shapes", "datasets.sigmoid"), "sigmoid.head"),
        with_head(of_layers("tanh", "tanh.shapes", "datasets.tanh"), "tanh.head"),
        with_head(of_layers("softmax", "softmax.shapes", "datasets.softmax"), "softmax.head"),
    ]
};

/// Splits on file: data sets and seeds.
const SPLITS: [(&str, u32); 8] = [
    ("conv2d", SEED),
    ("conv2d", ABLATION_SEED),
    ("linear", SEED),
    ("maxpool2d", SEED),
    ("relu", SEED),
    ("tanh", SEED),
    ("sigmoid", SEED),
    ("softmax", SEED),
];

/// Data sets of which several models are compared.
const COMPARED: [&str; 3] = ["conv2d", "linear", "maxpool2d"];

/// Kinds of layers with a model that the estimates use.
const ESTIMATED: [&str; 4] = ["Conv2d", "Linear", "MaxPool2d", "ReLU"];

const GROUPINGS: [Grouping; 4] = [
    Grouping {
        name: "final",
        parts: &["final-1", "final-2"],
        printed: Some(Notebook::Final),
        apart: false,
        complete: true,
    },
    Grouping { name: "apart", parts: &["final-1", "final-2"], printed: None, apart: true, complete: true },
    Grouping { name: "first", parts: &["first"], printed: Some(Notebook::First), apart: false, complete: true },
    Grouping { name: "literal", parts: &["parsed"], printed: None, apart: false, complete: false },
];

const DOCUMENTS: [Document; 3] = [Document::Seed, Document::Final, Document::First];

/// Seed of the bootstrap whiskers; any other would do.
const WHISKER_SEED: u64 = 2023;

/// The figures of bars: those of the first document label the bars of two networks only.
const BAR_CHARTS: [(Document, contrib::Chart); 4] = [
    (Document::Seed, contrib::Chart { id: "seed.fig.contrib", drawn: Kinds::All, told: Kinds::All, labelled: 2 }),
    (
        Document::Final,
        contrib::Chart {
            id: "mw.fig.contrib",
            drawn: Kinds::WithoutDropout,
            told: Kinds::WithoutDropout,
            labelled: ARCHITECTURES.len(),
        },
    ),
    (
        Document::Final,
        contrib::Chart {
            id: "mw.fig.contrib.dropout",
            drawn: Kinds::All,
            told: Kinds::Dropout,
            labelled: ARCHITECTURES.len(),
        },
    ),
    (
        Document::First,
        contrib::Chart { id: "u1.fig.contrib", drawn: Kinds::All, told: Kinds::All, labelled: ARCHITECTURES.len() },
    ),
];

const LINE_CHARTS: [(Document, batch::Chart); 4] = [
    (Document::Seed, batch::Chart { id: "seed.fig.batch", corrected: false, has_correction: false }),
    (Document::Final, batch::Chart { id: "mw.fig.batch", corrected: false, has_correction: true }),
    (Document::Final, batch::Chart { id: "mw.fig.batch.corrected", corrected: true, has_correction: false }),
    (Document::First, batch::Chart { id: "u1.fig.batch", corrected: false, has_correction: false }),
];

/// Lets a stage read a data set of single layers.
fn set<'a>(stage: StageOf<'a>, role: &str, name: &str) -> StageOf<'a> {
    stage.table(role, &format!("aggregate/set-{name}"))
}

/// The stages of the study, in the order in which data flow.
pub(crate) fn stages(setting: &Setting) -> Vec<Stage> {
    let mut stages = Vec::new();

    // Raw files to tables.
    let ingest = |name: &str| setting.stage("ingest", name);
    for job in &JOBS {
        let stage = ingest(job.name).raw("tracker", job.tracker).raw("log", job.log);
        stages.push(stage.makes_table(&format!("ingest/{}", job.name)).does_with(job.data_set, ingest::runs));
    }
    stages.push(ingest("parsed").raw("parsed", PARSED).makes_table("ingest/parsed").does(ingest::parsed));
    for (name, path, _) in BARS {
        let stage = ingest(&format!("failures-{name}")).raw("log", path);
        let stage = stage.makes_table(&format!("ingest/failures-{name}"));
        stages.push(stage.does(ingest::failed_configurations));
    }

    for (set, job) in LAYER_SETS.iter().flat_map(|set| set.jobs().map(move |job| (set, job))) {
        let stage = ingest(job.name).raw("tracker", job.tracker).raw("log", job.log);
        let of_networks = set.of_networks.as_ref().is_some_and(|other| other.name == job.name);
        let stage = stage.makes_table(&format!("ingest/{}", job.name));
        stages.push(stage.does_with((set.name, of_networks), ingest::layers::runs));
    }

    // Leave out runs with errors; energies of one forward pass.
    let clean = |name: &str| setting.stage("clean", name);
    let runs = |name: &str, cleaning: Cleaning| {
        let stage = clean(name).table("runs", &format!("ingest/{name}")).makes_table(&format!("clean/{name}"));
        stage.makes_records(cleaning.ids()).does_with(cleaning, clean::runs)
    };
    stages.extend(JOBS.iter().zip(CLEANINGS).map(|(job, cleaning)| runs(job.name, cleaning)));
    stages.push(runs("parsed", Cleaning::default()));
    let stage = clean("parser").table("runs", "ingest/first").table("parsed", "ingest/parsed");
    stages.push(stage.makes_records(["seed.parsed"]).does(clean::compare_parsed));
    let failures = BARS
        .iter()
        .fold(clean("failures"), |stage, (name, _, _)| stage.table(name, &format!("ingest/failures-{name}")));
    let data_sets: Vec<(&str, &str)> =
        BARS.iter().flat_map(|(name, _, data_sets)| data_sets.iter().map(|data_set| (*name, *data_set))).collect();
    let failures = failures.makes_records(["derived.log.missed", "log.failures"]);
    stages.push(failures.does_with(data_sets, clean::failures));

    for (set, job) in LAYER_SETS.iter().flat_map(|set| set.jobs().map(move |job| (set, job))) {
        let known = LAYER_CLEANINGS.iter().find(|(name, _)| *name == job.name);
        let cleaning = known.map_or_else(Cleaning::default, |(_, cleaning)| *cleaning);
        let of_networks = set.of_networks.as_ref().is_some_and(|other| other.name == job.name);
        let stage = clean(job.name).table("runs", &format!("ingest/{}", job.name));
        let stage = stage.makes_table(&format!("clean/{}", job.name)).makes_records(cleaning.ids());
        let layers = LayerCleaning { cleaning, parameters: set.parameters, of_networks };
        stages.push(stage.does_with(layers, clean::layer_runs));
    }

    // Means over runs, sums over modules, shares.
    let aggregate = |name: &str| setting.stage("aggregate", name);
    for grouping in GROUPINGS {
        let name = grouping.name;
        let stage = aggregate(&format!("groups-{name}")).makes_table(&format!("aggregate/groups-{name}"));
        let stage = grouping.parts.iter().fold(stage, |stage, part| stage.table(part, &format!("clean/{part}")));
        stages.push(stage.makes_records(grouping.ids()).does_with(grouping, groups::means));
        let stage = aggregate(&format!("networks-{name}")).table("groups", &format!("aggregate/groups-{name}"));
        let stage = stage.makes("totals", &format!("aggregate/totals-{name}.parquet"));
        stages.push(stage.makes("shares", &format!("aggregate/shares-{name}.parquet")).does(networks::sums));
    }
    let stage =
        aggregate("modules").table("totals", "aggregate/totals-final").table("shares", "aggregate/shares-final");
    let ids = ARCHITECTURES.map(|network| format!("mw.modules.{network}"));
    stages.push(stage.makes_records(ids).does(networks::by_batch_size));
    let stage = aggregate("energy-per-inference").table("totals", "aggregate/totals-final");
    stages.push(stage.makes_records(["energy-per-inference"]).does(networks::energy_per_inference));

    for (set, making) in LAYER_SETS.iter().zip(MAKINGS) {
        for with_missed in [true, false] {
            let name = if with_missed { set.name.to_owned() } else { format!("{}-sound", set.name) };
            let stage = set.random.iter().fold(aggregate(&format!("set-{name}")), |stage, job| {
                stage.table(job.name, &format!("clean/{}", job.name))
            });
            let stage = stage.makes_table(&format!("aggregate/set-{name}"));
            if !with_missed {
                let making = Making { with_missed, shapes: None, head: None, generated: None, ..making };
                stages.push(stage.does_with(making, data_sets::means));
                continue;
            }
            let of_networks = set.of_networks.as_ref();
            let stage = of_networks
                .into_iter()
                .fold(stage, |stage, job| stage.table("of_networks", &format!("clean/{}", job.name)));
            stages.push(stage.makes_records(making.ids()).does_with(making, data_sets::means));
        }
    }

    // Deviations, and mean shares with their whiskers.
    let analysis = |name: String| setting.stage("stats", &name);
    for document in DOCUMENTS {
        let (prefix, shown, right) = (document.prefix(), document.tables(), document.corrected_tables());
        let stage = analysis(format!("{prefix}-totals")).table("totals", &format!("aggregate/totals-{shown}"));
        let stage = stage.table("corrected", &format!("aggregate/totals-{right}"));
        let stage = if document == Document::Final { stage.table("apart", "aggregate/totals-apart") } else { stage };
        stages.push(stage.makes_records(document.totals_ids()).does_with(document, stats::totals));
        let stage = analysis(format!("{prefix}-contrib")).table("shares", &format!("aggregate/shares-{shown}"));
        let stage = stage.table("corrected", &format!("aggregate/shares-{right}"));
        let stage = stage.makes_table(&format!("stats/{prefix}-contrib")).makes_records(document.contributions_ids());
        let whiskers = Whiskers { document, seed: WHISKER_SEED, resamples: 1000 };
        stages.push(stage.does_with(whiskers, stats::contributions));
    }
    let stage = analysis("mw-draws".to_owned()).table("totals", "aggregate/totals-apart");
    let stage = stage.table("shares", "aggregate/shares-apart");
    stages.push(stage.makes_records(["derived.mw.merged.corrected", "mw.fig.contrib.draws"]).does(stats::draws));

    // Energy models of single layers, the ablation, and estimates of networks.
    for model in &MODELS {
        let stage = set(analysis(model.id.to_owned()), "set", model.set).makes_table(&format!("stats/{}", model.id));
        let ids = [model.id.to_owned(), format!("{}.corrected", model.id)];
        stages.push(stage.makes_records(ids).does_with(model.id, stats::models::fitted));
        let stage = set(analysis(sound_id(model.id)), "set", &format!("{}-sound", model.set));
        stages.push(stage.makes_records([sound_id(model.id)]).does_with(model.id, stats::models::sound));
    }
    let stage =
        ["conv2d", "maxpool2d"].iter().fold(analysis("lassos".to_owned()), |stage, name| set(stage, name, name));
    stages.push(stage.makes_records(["derived.lasso.settled"]).does_with(1e-6, stats::models::settled));
    let stage =
        MODELS.iter().fold(analysis("log-fixed".to_owned()), |stage, model| stage.reads_record(&sound_id(model.id)));
    stages.push(stage.makes_records(["derived.log.fixed"]).does(stats::models::all_sound));
    for name in COMPARED {
        let models = MODELS.iter().filter(|model| model.set == name);
        let stage = models.fold(analysis(format!("{name}.compare")), |stage, model| stage.reads_record(model.id));
        stages.push(stage.makes_records([format!("{name}.compare")]).does_with(name, stats::models::compare));
    }
    let stage = LAYER_SETS.iter().fold(analysis("splits".to_owned()), |stage, of| set(stage, of.name, of.name));
    let stage = stage.makes_records(["derived.split", "conv2d.split", "relu.split"]);
    stages.push(stage.does_with(SPLITS.to_vec(), stats::models::splits));
    let stage = set(analysis("linear.claims".to_owned()), "set", "linear").makes_records(["linear.claims"]);
    stages.push(stage.does(stats::models::claims));
    let stage = set(analysis("ablation".to_owned()), "set", "conv2d").makes_table("stats/ablation");
    let ids = ["ablation.count", "ablation.head", "ablation.extremes", "ablation.extremes.corrected"];
    stages.push(stage.makes_records(ids).does(ablation::scores));
    let stage = analysis("estimates".to_owned()).table("groups", "aggregate/groups-final");
    let stage = ["conv2d", "linear", "relu", "maxpool2d"].iter().fold(stage, |stage, name| set(stage, name, name));
    let stage = stage.makes("networks", "stats/estimates-networks.parquet");
    let stage = stage.makes("layers", "stats/estimates-layers.parquet");
    let estimated = ["est.overall", "derived.est.models"].map(str::to_owned).into_iter();
    let estimated = estimated.chain(ARCHITECTURES.iter().map(|network| format!("est.full.{network}")));
    let estimated = estimated.chain(ESTIMATED.iter().map(|kind| format!("est.layer.{kind}")));
    let ids = estimated.flat_map(|id| [format!("{id}.corrected"), id]);
    let ids = ids.chain(KINDS.iter().filter(|kind| !ESTIMATED.contains(kind)).map(|kind| format!("est.layer.{kind}")));
    let ids = ids.chain(["derived.est.intercept", "derived.est.remainders"].map(str::to_owned));
    stages.push(stage.makes_records(ids).does(estimates::estimates));

    // Figures: the drawing, its data, and the record of its series.
    let figure = |id: &str| setting.stage("figures", id).makes_figure(id).makes_records([id]);
    for (document, chart) in BAR_CHARTS {
        let stage = figure(chart.id).table("contributions", &format!("stats/{}-contrib", document.prefix()));
        stages.push(stage.draws_with(chart, contrib::draw));
    }
    for (document, chart) in LINE_CHARTS {
        let stage = figure(chart.id).table("shares", &format!("aggregate/shares-{}", document.tables()));
        stages.push(stage.draws_with(chart, batch::draw));
    }

    for model in &MODELS {
        let stage = figure(&format!("{}.fig", model.id)).table("predictions", &format!("stats/{}", model.id));
        stages.push(stage.draws_with(fits::Chart { model: model.id, seed: WHISKER_SEED }, fits::draw));
    }
    for set in COMPARED {
        let stage = figure(&format!("{set}.compare.fig"));
        let models = MODELS.iter().filter(|model| model.set == set);
        let stage = models.fold(stage, |stage, model| stage.table(model.id, &format!("stats/{}", model.id)));
        stages.push(stage.draws_with(fits::Comparison { set, seed: WHISKER_SEED }, fits::compare));
    }
    let stage = figure("ablation.fig").table("scores", "stats/ablation");
    stages.push(stage.draws(figures::ablation::draw));
    let stage = figure("est.fig.deviations").table("totals", "aggregate/totals-final");
    stages.push(stage.draws(estimate_charts::deviations));
    let estimate = |id: String, kind: Option<&'static str>, corrected: bool| {
        let table = if kind.is_some() { "layers" } else { "networks" };
        let stage = figure(&id).table("estimates", &format!("stats/estimates-{table}"));
        let has_model = kind.is_none_or(|kind| ESTIMATED.contains(&kind));
        stage.draws_with(estimate_charts::Chart { id, kind, corrected, has_model }, estimate_charts::draw)
    };
    stages.push(estimate("est.full.fig".to_owned(), None, false));
    stages.push(estimate("est.full.fig.corrected".to_owned(), None, true));
    for kind in KINDS {
        stages.push(estimate(format!("est.layer.{kind}.fig"), Some(kind), false));
        if ESTIMATED.contains(&kind) {
            stages.push(estimate(format!("est.layer.{kind}.fig.corrected"), Some(kind), true));
        }
    }

    // Comparison with the published values, and the paper.
    stages.extend(closing::stages(setting, &stages, verify::module_energy::expectations));
    stages
}
