//! Getzner, Charpentier, Günnemann: "Accuracy is not the only metric that matters: estimating the energy
//! consumption of deep learning models" (ICLR 2023 workshop). Energy that the processors of a server
//! take for the modules of networks, and for whole networks.
//!
//! Source: the notebook `module-wise-energy-analysis.ipynb` in three states: the first document, which
//! was never run (records `seed.*`), that of the first cluster run (`u1.*`) and the final one (`mw.*`).
//! The energy models of single layers and the estimates of whole networks are not made yet: see
//! [`verify::module_energy::PLANNED`].

mod aggregate;
mod clean;
mod figures;
mod ingest;
mod jobs;
mod schema;
pub(crate) mod simulate;
mod stats;

use dag::Stage;

use self::aggregate::groups::{self, Grouping, Notebook};
use self::aggregate::networks;
use self::clean::Cleaning;
use self::figures::contrib::Kinds;
use self::figures::{batch, contrib};
use self::jobs::{BARS, JOBS, PARSED};
use self::schema::ARCHITECTURES;
use self::stats::{Document, Whiskers};
use crate::stage::Setting;
use crate::{closing, verify};

pub(crate) use self::schema::raw_unit;
pub(crate) use crate::verify::module_energy::expectations;

/// What is told of the cleaning of each job.
const CLEANINGS: [Cleaning; JOBS.len()] = [
    Cleaning { dropped: Some("mw.d1.dropped"), shape: Some("mw.d1.shape"), runs: Some("mw.d1.runs") },
    Cleaning { dropped: Some("mw.d2.dropped"), shape: Some("mw.d2.shape"), runs: Some("mw.d2.runs") },
    Cleaning { dropped: Some("u1.dropped"), shape: None, runs: Some("u1.runs") },
];

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

    // Figures: the drawing, its data, and the record of its series.
    let figure = |id: &str| setting.stage("figures", id).makes_figure(id).makes_records([id]);
    for (document, chart) in BAR_CHARTS {
        let stage = figure(chart.id).table("contributions", &format!("stats/{}-contrib", document.prefix()));
        stages.push(stage.does_with(chart, contrib::draw));
    }
    for (document, chart) in LINE_CHARTS {
        let stage = figure(chart.id).table("shares", &format!("aggregate/shares-{}", document.tables()));
        stages.push(stage.does_with(chart, batch::draw));
    }

    // Comparison with the published values, and the paper.
    stages.extend(closing::stages(setting, &stages, verify::module_energy::expectations));
    stages
}
