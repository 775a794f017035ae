//! Heim, Biri, Qu, Thiele: "Measuring what Really Matters: Optimizing Neural Networks for TinyML"
//! (2021). Latency and energy of LeNet and ResNet-20 on three microcontrollers, and latency per
//! layer against operation counts.
//!
//! Source: the notebooks `01_Figures.ipynb` (cells In[…] below) and `02_Tables.ipynb`.

mod aggregate;
mod architecture;
mod clean;
mod figures;
pub(crate) mod ingest;
mod raw;
mod schema;
pub(crate) mod simulate;
mod stats;

use dag::Stage;

use self::aggregate::{Block, Network};
use self::clean::{From, Sweep, SweepFrom};
use self::figures::{fig2, fig3, fig4, fig5, fig6, fig7, fig8, fig9};
use self::raw::{CONV, DENSE, DEPTHWISE_APRIL, DEPTHWISE_MARCH, INFERENCES, LATENCIES, LAYERS};
use self::stats::{Bands, BandsOf};
use crate::stage::Setting;
use crate::{closing, verify};

pub(crate) use self::schema::raw_unit;
pub(crate) use crate::verify::tinyml_mcu::expectations;

const NETWORKS: [Network; 2] =
    [Network { id: "fig3.resnet", name: "01d_ResNet20_CIFAR-10" }, Network { id: "fig3.lenet", name: "LeNet-MNIST" }];

const TABLE4_DENSE: [Block; 1] =
    [Block { id: "tab4.dense", layers: &["3_FULLY", "5_FULLY"], kernel: None, std: "MACss_std" }];
const TABLE4_CONV: [Block; 2] = [
    Block { id: "tab4.conv.k1", layers: &["2_CONV"], kernel: Some(1.0), std: "MACCss_std" },
    Block { id: "tab4.conv.k3", layers: &["2_CONV"], kernel: Some(3.0), std: "MACCss_std" },
];
const TABLE4_DEPTHWISE: [Block; 2] = [
    Block { id: "tab4.dwconv.k1", layers: &["2_DEPTHWISE_CONV_2D"], kernel: Some(1.0), std: "MACCss_std" },
    Block { id: "tab4.dwconv.k3", layers: &["2_DEPTHWISE_CONV_2D"], kernel: Some(3.0), std: "MACCss_std" },
];

/// Seed of the bootstrap bands; any other would do.
const BAND_SEED: u64 = 2021;

/// The stages of the study, in the order in which data flow.
pub(crate) fn stages(setting: &Setting) -> Vec<Stage> {
    let mut stages = Vec::new();

    // Raw files to tables.
    let ingest = |name: &str, raw: &str| {
        let stage = setting.stage("ingest", name).raw("pickle", raw).makes_table(&format!("ingest/{name}"));
        stage.does(ingest::pickle)
    };
    stages.push(ingest("inferences", INFERENCES));
    stages.push(ingest("layers", LAYERS));
    stages.extend(LATENCIES.map(|(name, raw)| ingest(name, raw)));
    stages.push(ingest("dense", DENSE));
    stages.push(ingest("conv", CONV));
    stages.push(ingest("depthwise-march", DEPTHWISE_MARCH));
    stages.push(ingest("depthwise-april", DEPTHWISE_APRIL));

    // Clean and normalise.
    let clean = |name: &str| {
        setting.stage("clean", name).table("raw", &format!("ingest/{name}")).makes_table(&format!("clean/{name}"))
    };
    stages.push(clean("inferences").does_with(From { raw: INFERENCES }, clean::inferences));
    stages.push(clean("layers").does_with(From { raw: LAYERS }, clean::layers));
    stages.extend(LATENCIES.map(|(name, raw)| clean(name).does_with(From { raw }, clean::latency)));
    for (name, raw, sweep) in [
        ("dense", DENSE, Sweep::Dense),
        ("conv", CONV, Sweep::Conv),
        ("depthwise-march", DEPTHWISE_MARCH, Sweep::Depthwise),
        ("depthwise-april", DEPTHWISE_APRIL, Sweep::Depthwise),
    ] {
        stages.push(clean(name).does_with(SweepFrom { raw, sweep }, clean::sweep));
    }

    // Select and group: the printed tables.
    let tables = |name: &str| setting.stage("aggregate", name);
    for (name, _) in LATENCIES {
        let id = format!("fig2.{name}");
        let stage = tables(&id).table("latency", &format!("clean/{name}"));
        let stage = stage.makes_records([format!("{id}.table"), format!("{id}.figure.corrected")]);
        stages.push(stage.does_with(name, aggregate::fig2));
    }
    for network in NETWORKS {
        let stage = tables(network.id).table("inferences", "clean/inferences");
        let stage = stage.makes_records(["table", "pareto_x", "pareto_y"].map(|part| format!("{}.{part}", network.id)));
        stages.push(stage.does_with(network, aggregate::fig3));
    }
    let stage = tables("energy-per-inference").table("inferences", "clean/inferences");
    stages.push(stage.makes_records(["energy-per-inference"]).does(aggregate::energy_per_inference));
    let conv = |name: &str| tables(name).table("sweep", "clean/conv");
    stages.push(conv("fig5-frame").makes_records(["fig5.frame"]).does(aggregate::fig5_frame));
    stages.push(conv("fig5-table").makes_records(["fig5.table"]).does(aggregate::fig5_table));
    let march = tables("fig8-table").table("sweep", "clean/depthwise-march");
    stages.push(march.makes_records(["fig8.table"]).does(aggregate::fig8_table));
    for (name, sweep, blocks) in [
        ("tab4-dense", "dense", &TABLE4_DENSE[..]),
        ("tab4-conv", "conv", &TABLE4_CONV),
        ("tab4-dwconv", "depthwise-april", &TABLE4_DEPTHWISE),
    ] {
        let stage = tables(name).table("sweep", &format!("clean/{sweep}"));
        stages.push(stage.makes_records(aggregate::table4_ids(blocks)).does_with(blocks, aggregate::table4));
    }

    // Regressions and bands.
    let analysis = |name: &str| setting.stage("stats", name);
    let fig5 = analysis("fig5-regression").table("sweep", "clean/conv");
    stages.push(fig5.makes_records(stats::latency_on_operations_ids("fig5")).does(stats::fig5));
    let fig8 = analysis("fig8-regression").table("sweep", "clean/depthwise-march");
    stages.push(fig8.makes_records(stats::latency_on_operations_ids("fig8")).does(stats::fig8));
    let ids = |figure: &str, last: &str| ["l4", "f4", "f7", last].map(|part| format!("{figure}.{part}.regression"));
    let fig6 = analysis("fig6-regression").table("inferences", "clean/inferences");
    stages.push(fig6.makes_records(ids("fig6", "normalized")).does(stats::fig6));
    let fig7 = analysis("fig7-regression").table("layers", "clean/layers");
    stages.push(fig7.makes_records(ids("fig7", "relative")).does(stats::fig7));
    for (name, points, of) in [
        ("fig6.absolute", "inferences", BandsOf::Inferences),
        ("fig6.normalized", "inferences", BandsOf::Normalized),
        ("fig7.absolute", "layers", BandsOf::Layers),
        ("fig7.relative", "layers", BandsOf::Shares),
    ] {
        let stage = analysis(&format!("{name}-bands")).table("points", &format!("clean/{points}"));
        let stage = stage.makes_table(&format!("stats/{name}-bands"));
        stages.push(stage.does_with(Bands { seed: BAND_SEED, resamples: 1000, of }, stats::bands));
    }

    // Figures: the drawing, its data, and the record of its series.
    let figure = |name: &str| setting.stage("figures", name).makes_figure(name);
    for (name, _) in LATENCIES {
        let id = format!("fig2.{name}");
        let stage = figure(&id).reads_record(&format!("{id}.table")).makes_records([format!("{id}.figure")]);
        stages.push(stage.draws_with(name, fig2::published));
    }
    let fig2 = LATENCIES.iter().fold(figure("fig2.corrected"), |stage, (name, _)| {
        stage.reads_record(&format!("fig2.{name}.figure.corrected"))
    });
    stages.push(fig2.makes_records(["fig2.corrected"]).draws(fig2::corrected));
    for network in NETWORKS {
        let stage = figure(network.id).table("inferences", "clean/inferences");
        stages.push(stage.makes_records([format!("{}.figure", network.id)]).draws_with(network, fig3::draw));
    }
    let sweep = |name: &str, sweep: &str| figure(name).table("sweep", &format!("clean/{sweep}"));
    stages.push(sweep("fig4", "dense").makes_records(["fig4.figure"]).draws(fig4::draw));
    stages.push(sweep("fig5", "conv").makes_records(["fig5.figure"]).draws(fig5::published));
    stages.push(sweep("fig5.corrected", "conv").makes_records(["fig5.figure.corrected"]).draws(fig5::corrected));
    let energy = |name: &str, bands: &str, points: &str| {
        let stage = figure(name).table("points", &format!("clean/{points}"));
        stage.table("bands", &format!("stats/{bands}-bands"))
    };
    let fig6 =
        |name: &str, id: &str| energy(name, name.trim_end_matches(".corrected"), "inferences").makes_records([id]);
    stages.push(fig6("fig6.absolute", "fig6.absolute.figure").draws(fig6::absolute));
    stages.push(fig6("fig6.normalized", "fig6.normalized.figure").draws(fig6::normalized));
    let corrected = fig6("fig6.normalized.corrected", "fig6.normalized.figure.corrected");
    stages.push(corrected.draws(fig6::normalized_corrected));
    let fig7 = |name: &str| energy(name, name, "layers").makes_records([format!("{name}.figure")]);
    stages.push(fig7("fig7.absolute").draws(fig7::absolute));
    stages.push(fig7("fig7.relative").draws(fig7::relative));
    stages.push(sweep("fig8", "depthwise-march").makes_records(["fig8.figure"]).draws(fig8::published));
    let corrected = sweep("fig8.corrected", "depthwise-march").makes_records(["fig8.figure.corrected"]);
    stages.push(corrected.draws(fig8::corrected));
    stages.push(sweep("fig9", "dense").makes_records(["fig9.figure"]).draws(fig9::draw));

    // Comparison with the published values, and the paper.
    stages.extend(closing::stages(setting, &stages, verify::tinyml_mcu::expectations));
    stages
}
