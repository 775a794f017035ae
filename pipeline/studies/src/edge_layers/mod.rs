//! Fuzzy Labs, "Edge vision power estimation" (2024): power and run time of each layer of 21 vision models
//! on a Jetson Orin under TensorRT.
//!
//! Source: the notebook "Data Exploration" (records `seed.*`) and the repository around it, with its history
//! (`upstream.*`). The logs of the 21 models were never released: a simulated board stands in for them, and all
//! that rests on it says so. The chain from logs to tables is proven on the original's own examples.

mod aggregate;
mod clean;
mod features;
mod figures;
mod ingest;
mod kind;
mod raw;
mod reconstruct;
mod schema;
pub(crate) mod simulate;
mod stats;

use dag::Stage;

use self::aggregate::data_sets;
use self::aggregate::history::Training;
use self::aggregate::{campaign, counts, desktop, examples, history, printed};
use self::ingest::Csv;
use self::kind::{Kind, MEASURED};
use self::raw::{BENCHMARKS, BUILDS, ENGINES, EXPERIMENTS, JETSON, NETWORKS, RAW_EXAMPLES, STORED_EXAMPLES, TESTS};
use self::simulate::device;
use self::simulate::inventory::MODELS;
use crate::stage::Setting;
use crate::{closing, verify};

pub(crate) use self::schema::raw_unit;
pub(crate) use crate::verify::edge_layers::expectations;

/// The stages of the study, in the order in which data flow.
pub(crate) fn stages(setting: &Setting) -> Vec<Stage> {
    let mut stages = setting.stand_ins(simulate::board(setting.campaign.simulation()));
    examples_of_the_tests(setting, &mut stages);
    history_of_mobilenet(setting, &mut stages);
    networks_of_the_desktop(setting, &mut stages);
    architectures(setting, &mut stages);
    simulated_board(setting, &mut stages);

    // Comparison with the published values, and the paper.
    stages.extend(closing::stages(setting, &stages, verify::edge_layers::expectations));
    stages
}

/// The description of an engine to a table of its layers.
fn engine(setting: &Setting, name: &str, path: &str) -> Stage {
    let stage = setting.stage("ingest", &format!("engine-{name}")).raw("engine", path);
    stage.makes_table(&format!("ingest/engine-{name}")).does(ingest::engine)
}

/// The chain of the original on the examples of its own tests, with what these expect of each step.
fn examples_of_the_tests(setting: &Setting, stages: &mut Vec<Stage>) {
    for name in RAW_EXAMPLES {
        let path = |file: &str| format!("{TESTS}/example_raw_data/{name}/{file}");
        let stage = setting.stage("clean", &format!("mapping-{name}"));
        let stage = stage.raw("log", &path(&format!("{name}_power_log.log")));
        let stage = stage.raw("profile", &path("trt_profiling/trt_layer_latency.json"));
        let stage = stage.raw("engine", &path("trt_profiling/trt_engine_info.json"));
        let stage = stage.raw("idle", &format!("{TESTS}/example_raw_data/idling_power.json"));
        let stage = stage.makes("mapped", &format!("clean/mapped-{name}.parquet"));
        stages.push(stage.makes_table(&format!("clean/mapping-{name}")).does(clean::mapping));
        let stage = setting.stage("aggregate", &format!("test-mapping-{name}"));
        let stage = stage.table("mapping", &format!("clean/mapping-{name}"));
        let stage = stage.raw("expected", &path("expected_metrics_by_cycle.json"));
        let stage = stage.makes_records(examples::ids(&format!("upstream.test.mapping.{name}")));
        stages.push(stage.does_with(name, examples::mapping));
    }
    for model in STORED_EXAMPLES {
        let path = |file: &str| format!("{TESTS}/example_preprocessed_data/{model}/{file}");
        stages.push(engine(setting, model, &path("trt_engine_info.json")));
        let stage = setting.stage("ingest", &format!("mapping-{model}"));
        let stage = stage.raw("mapping", &path("power_runtime_mapping_layerwise.csv"));
        stages.push(stage.makes_table(&format!("ingest/mapping-{model}")).does(ingest::mapping));
        for quantity in ["power", "run_time"] {
            let csv = Csv {
                header: vec!["layer_name", "count", "mean", "std", "min", "25%", "50%", "75%", "max"],
                texts: &["layer_name"],
                schema: schema::STORED_STATISTICS,
            };
            let name = format!("stored-{quantity}-{model}").replace('_', "-");
            let stage =
                setting.stage("ingest", &name).raw("csv", &path(&format!("{model}_average_{quantity}_stats.csv")));
            stages.push(stage.makes_table(&format!("ingest/{name}")).does_with(csv, ingest::csv));
        }
        let stage = setting.stage("stats", &format!("layers-{model}"));
        let stage = stage.table("mapping", &format!("ingest/mapping-{model}"));
        stages.push(stage.makes_table(&format!("stats/layers-{model}")).does(stats::layers));
        let stage = setting.stage("aggregate", &format!("test-stats-{model}"));
        let stage = stage.table("statistics", &format!("stats/layers-{model}"));
        let stage = stage.table("stored-power", &format!("ingest/stored-power-{model}"));
        let stage = stage.table("stored-run-time", &format!("ingest/stored-run-time-{model}"));
        let stage = stage.makes_records(examples::ids(&format!("upstream.test.stats.{model}")));
        stages.push(stage.does_with(model, examples::statistics));
        let stage = setting.stage("aggregate", &format!("test-features-{model}"));
        let stage = stage.table("engine", &format!("ingest/engine-{model}"));
        let stage = stage.raw("expected", &path("expected_features.json"));
        let stage = stage.makes_records(examples::ids(&format!("upstream.test.features.{model}")));
        stages.push(stage.does_with(model, examples::features));
    }
    let stage = setting.stage("aggregate", "test-threshold");
    let stage = STORED_EXAMPLES.iter().fold(stage, |stage, model| stage.table(model, &format!("stats/layers-{model}")));
    let stage = stage.makes_records(["upstream.test.threshold", "upstream.test.threshold.outcome"]);
    stages.push(stage.does_with(STORED_EXAMPLES, examples::threshold));
    let stage = setting.stage("figures", "example.mapping").makes_figure("example.mapping");
    let path = |file: &str| format!("{TESTS}/example_raw_data/multiple_layers/{file}");
    let stage = stage.raw("log", &path("multiple_layers_power_log.log"));
    let stage = stage.raw("profile", &path("trt_profiling/trt_layer_latency.json"));
    let stage = stage.table("mapping", "clean/mapping-multiple_layers").makes_records(["example.mapping"]);
    stages.push(stage.draws(figures::mapping::draw));
}

/// The results of mobilenet_v2 on the Jetson in October and November 2024.
fn history_of_mobilenet(setting: &Setting, stages: &mut Vec<Stage>) {
    for (name, path) in ENGINES {
        stages.push(engine(setting, name, path));
    }
    let results = |commit: &str, file: &str| format!("history/{commit}/{JETSON}/results_for_testing/{file}");
    let stage =
        setting.stage("ingest", "profile-jetson5").raw("profile", &results("b898e2f", "trt_layer_latency.json"));
    stages.push(stage.makes_table("ingest/profile-jetson5").does(ingest::profile));
    let path = format!("history/c57aace/{JETSON}/results/mobilenet_v2/mobilenet_v2_tensorrt_20241029-143036.json");
    let stage = setting.stage("ingest", "benchmark-jetson5000").raw("benchmark", &path);
    stages.push(stage.makes_table("ingest/benchmark-jetson5000").does(ingest::benchmark));
    let by_cycle = Csv {
        header: vec!["", "cycle", "layer_name", "layer_type", "average_power", "layer_run_time"],
        texts: &["layer_name", "layer_type"],
        schema: schema::BY_CYCLE,
    };
    let averages = Csv {
        header: vec!["layer name", "layer_type", "average_power", "average_run_time"],
        texts: &["layer name", "layer_type"],
        schema: schema::AVERAGES,
    };
    let tables = [
        ("layer-major", "ade5665", &by_cycle),
        ("cycle-major", "2d0b125", &by_cycle),
        ("averages", "1184996", &averages),
    ];
    for (name, commit, csv) in tables {
        let stage = setting.stage("ingest", &format!("jetson5-{name}"));
        let stage = stage.raw("csv", &results(commit, "average_power_and_run_time.csv"));
        stages.push(stage.makes_table(&format!("ingest/jetson5-{name}")).does_with(csv.clone(), ingest::csv));
    }
    for (name, commit) in [("jetson5", "fd76011"), ("jetson5000", "50d24c7")] {
        for kind in [Kind::Convolutional, Kind::Pooling] {
            let csv = Csv {
                header: [kind.features(), &MEASURED, &["layer_name"]].concat(),
                texts: &["layer_name"],
                schema: schema::stored_data_set(kind),
            };
            let table = kind.table();
            let stage = setting.stage("ingest", &format!("{name}-{table}"));
            let stage = stage.raw("csv", &format!("history/{commit}/model_training/data/mobilenet_v2/{table}.csv"));
            stages.push(stage.makes_table(&format!("ingest/{name}-{table}")).does_with(csv, ingest::csv));
        }
    }

    let aggregate = |name: &str| setting.stage("aggregate", name);
    let idle =
        |commit: &str| format!("history/{commit}/{JETSON}/results/60_seconds_idling_power_log_20241029-143005.log");
    let stage = aggregate("jetson-idle").raw("first", &idle("bf2d8d1")).raw("second", &idle("a3bb73a"));
    stages.push(stage.makes_records(["upstream.jetson.idle"]).does(history::idle));
    let ids = ["latency", "throughput", "spread"].map(|what| format!("upstream.jetson5000.{what}"));
    let stage = aggregate("jetson5000-latency").table("benchmark", "ingest/benchmark-jetson5000").makes_records(ids);
    stages.push(stage.does(history::latency));
    let jetson5 = |name: &str| {
        aggregate(name).table("profile", "ingest/profile-jetson5").table("engine", "ingest/engine-jetson5")
    };
    let stage = jetson5("jetson5-by-cycle").table("layer-major", "ingest/jetson5-layer-major");
    let stage = stage.table("cycle-major", "ingest/jetson5-cycle-major");
    stages.push(stage.makes_records(examples::ids("upstream.jetson5.by_cycle")).does(history::by_cycle));
    let stage = jetson5("jetson5-average").table("layer-major", "ingest/jetson5-layer-major");
    let stage = stage.table("averages", "ingest/jetson5-averages");
    let stage = stage.raw("powers", &results("b898e2f", "average_power_used_by_layer.json"));
    let stage = stage.makes_records(examples::ids("upstream.jetson5.average"));
    let stage = stage.makes_records(["upstream.jetson5.average.corrected", "upstream.jetson5.october"]);
    stages.push(stage.does(history::average));
    let stage = jetson5("jetson5-callbacks").makes_records(["upstream.jetson5.callbacks"]);
    stages.push(stage.does(history::callbacks));
    let stage = aggregate("jetson-spread").table("jetson5", "ingest/jetson5-averages");
    let stage = stage.table("convolutional", "ingest/jetson5000-convolutional");
    let stage = stage.table("pooling", "ingest/jetson5000-pooling").makes_records(["jetson.spread"]);
    stages.push(stage.does(history::spread));
    for (name, measured) in [("jetson5", true), ("jetson5000", false)] {
        let id = if measured { "upstream.jetson5.train" } else { "upstream.jetson5000.train" };
        let stage = aggregate(&format!("{name}-train")).table("engine", &format!("ingest/engine-{name}"));
        let tables = [Kind::Convolutional, Kind::Pooling].map(Kind::table);
        let stage = tables.iter().fold(stage, |stage, table| stage.table(table, &format!("ingest/{name}-{table}")));
        let stage = if measured { stage.table("averages", "ingest/jetson5-averages") } else { stage };
        stages.push(stage.makes_records(examples::ids(id)).does_with(Training { id, measured }, history::training));
    }
    let stage = setting.stage("figures", "jetson5.callbacks").table("profile", "ingest/profile-jetson5");
    let stage = stage.makes_figure("jetson5.callbacks").makes_records(["jetson5.callbacks"]);
    stages.push(stage.draws(figures::history::callbacks));
    let stage = setting.stage("figures", "jetson5.average").reads_record("upstream.jetson5.average");
    let stage = stage.reads_record("upstream.jetson5.average.corrected");
    let stage = stage.makes_figure("jetson5.average").makes_records(["jetson5.average"]);
    stages.push(stage.draws(figures::history::average));
}

/// Whole networks and their layers on a desktop, under four runtimes and trtexec.
fn networks_of_the_desktop(setting: &Setting, stages: &mut Vec<Stage>) {
    let mut latencies = setting.stage("aggregate", "desktop-latency");
    for run @ (experiment, model, backend, _) in BENCHMARKS {
        let table = format!("ingest/benchmark-{experiment}-{model}-{backend}");
        let stage = setting.stage("ingest", &format!("benchmark-{experiment}-{model}-{backend}"));
        stages.push(stage.raw("benchmark", &raw::benchmark_path(run)).makes_table(&table).does(ingest::benchmark));
        latencies = latencies.table(&format!("{experiment}/{model}/{backend}"), &table);
    }
    let id = "upstream.desktop.latency_throughput";
    let runs: Vec<_> =
        BENCHMARKS.iter().map(|(experiment, model, backend, _)| (*experiment, *model, *backend)).collect();
    stages.push(latencies.makes_records(examples::ids(id)).does_with(runs, desktop::latencies));

    let runs: Vec<(&str, &str)> =
        EXPERIMENTS.into_iter().flat_map(|experiment| NETWORKS.map(|model| (experiment, model))).collect();
    let mut layers = setting.stage("aggregate", "desktop-layers").makes_records(["desktop.layers"]);
    let id = "upstream.desktop.layer_boxplots";
    let mut boxes = setting.stage("figures", id).makes_figure(id).makes_records([id]);
    for (experiment, model) in &runs {
        let [description, profile] = raw::profiling_paths(experiment, model);
        let (name, table) = (format!("{experiment}-{model}"), format!("ingest/profile-{experiment}-{model}"));
        stages.push(engine(setting, &name, &description));
        let stage = setting.stage("ingest", &format!("profile-{name}")).raw("profile", &profile);
        stages.push(stage.makes_table(&table).does(ingest::profile));
        layers = layers.table(&format!("{experiment}/{model}"), &table);
        boxes = boxes.table(&format!("{experiment}/{model}"), &table);
        boxes = boxes.table(&format!("{experiment}/{model}/engine"), &format!("ingest/engine-{name}"));
    }
    stages.push(layers.does_with(runs.clone(), desktop::layers));
    stages.push(boxes.draws_with(runs, figures::desktop::boxes));

    let mut summary = setting.stage("aggregate", "trtexec-summary");
    let mut profiles = setting.stage("aggregate", "trtexec-profile");
    let mut timings = setting.stage("figures", "trtexec.latency").makes_figure("trtexec.latency");
    for model in NETWORKS {
        let (timing, profile) = (format!("ingest/timing-{model}"), format!("ingest/trtexec-{model}"));
        let stage =
            setting.stage("ingest", &format!("timing-{model}")).raw("timing", &raw::trtexec_path(model, "timing"));
        stages.push(stage.makes_table(&timing).does(ingest::timing));
        let stage =
            setting.stage("ingest", &format!("trtexec-{model}")).raw("profile", &raw::trtexec_path(model, "profile"));
        stages.push(stage.makes_table(&profile).does(ingest::trtexec));
        summary = summary.table(&format!("{model}/timing"), &timing);
        summary = summary.raw(&format!("{model}/metadata"), &raw::trtexec_path(model, "profile.metadata"));
        profiles = profiles.table(&format!("{model}/profile"), &profile);
        timings = timings.table(model, &timing);
    }
    let summary = summary.makes_records(examples::ids("upstream.trtexec.summary"));
    stages.push(summary.does_with(NETWORKS, desktop::summary));
    let profiles = profiles.makes_records(examples::ids("upstream.trtexec.profile"));
    stages.push(profiles.does_with(NETWORKS, desktop::profile));
    stages.push(timings.makes_records(["trtexec.latency"]).draws_with(NETWORKS, figures::desktop::timings));

    let mut builds = setting.stage("aggregate", "mobilenet-builds").makes_records(["mobilenet_v2.builds"]);
    for (name, _) in BUILDS {
        builds = builds.table(name, &format!("ingest/engine-{name}"));
    }
    stages.push(builds.does_with(BUILDS.to_vec(), history::builds));
}

/// What follows from the architectures, and what can be checked of printed values.
fn architectures(setting: &Setting, stages: &mut Vec<Stage>) {
    let published = "paper/published/edge-layers.toml";
    let stage = setting.stage("reconstruct", "inventory").reconstructed().makes_table("reconstructed/inventory");
    stages.push(stage.does(reconstruct::inventory));
    let of_inventory = |name: &str| setting.stage("aggregate", name).table("inventory", "reconstructed/inventory");
    let stage = of_inventory("counts").file("published", published).makes_records(counts::ids());
    stages.push(stage.does(counts::counts));
    let stage = of_inventory("true-kernel").makes_records(["derived.pool.true_kernel"]);
    stages.push(stage.does(counts::true_kernel));
    let stage = of_inventory("inventory-dense").file("published", published).makes_records(["inventory.dense"]);
    stages.push(stage.does(counts::dense));
    let models = ["resnet18", "vgg16"];
    let stage = models
        .iter()
        .fold(of_inventory("inventory-engines"), |stage, model| stage.table(model, &format!("ingest/engine-{model}")));
    stages.push(stage.makes_records(["inventory.engines"]).does_with(models, counts::engines));
    let printed = |name: &str| setting.stage("aggregate", name).reconstructed().file("published", published);
    let stage = printed("docs-example").makes_records(["upstream.docs.alexnet_example"]);
    stages.push(stage.does(printed::example));
    let stage = printed("printed-powers").makes_records(["printed.powers"]);
    stages.push(stage.does(printed::powers));
    let stage = printed("lenet-sampling").makes_records(["lenet.sampling"]);
    stages.push(stage.does(printed::sampling));
}

/// The chain on the simulated board: logs to data sets, and the tables of the notebook.
fn simulated_board(setting: &Setting, stages: &mut Vec<Stage>) {
    let mut join = setting.stage("aggregate", "data-sets");
    let mut burst = setting.stage("aggregate", "burst");
    let mut survivors = setting.stage("figures", "burst.samples").makes_figure("burst.samples");
    for model in MODELS {
        let stage =
            setting.stage("ingest", &format!("engine-board-{model}")).stand_in("engine", &device::engine(model));
        let engine = format!("ingest/engine-board-{model}");
        stages.push(stage.makes_table(&engine).does(ingest::engine));
        for (variant, profile) in [("board", device::profile(model)), ("burst", device::burst_profile(model))] {
            let name = format!("{variant}-{model}");
            let stage = setting.stage("clean", &format!("mapping-{name}"));
            let stage = stage.stand_in("log", &device::power_log(model)).stand_in("profile", &profile);
            let stage = stage.stand_in("engine", &device::engine(model)).stand_in("idle", device::IDLE_POWER);
            let stage = stage.makes("mapped", &format!("clean/mapped-{name}.parquet"));
            stages.push(stage.makes_table(&format!("clean/mapping-{name}")).does(clean::mapping));
            let stage = setting.stage("stats", &format!("layers-{name}"));
            let stage = stage.table("mapping", &format!("clean/mapping-{name}"));
            stages.push(stage.makes_table(&format!("stats/layers-{name}")).does(stats::layers));
        }
        let [engine_role, statistics, mapped] = data_sets::roles(model);
        let (genuine, in_burst) = (format!("stats/layers-board-{model}"), format!("stats/layers-burst-{model}"));
        join = join.table(&engine_role, &engine).table(&statistics, &genuine);
        join = join.table(&mapped, &format!("clean/mapped-board-{model}"));
        burst = burst.table(&statistics, &genuine).table(&format!("{model}/burst"), &in_burst);
        survivors = survivors.table(&engine_role, &engine).table(&format!("{model}/burst"), &in_burst);
        survivors = survivors.table(&statistics, &genuine);
    }
    for table in Kind::ALL.map(Kind::table).into_iter().chain(["held"]) {
        join = join.makes(table, &format!("data-sets/{table}.parquet"));
    }
    stages.push(join.makes_records(["campaign.models"]).does_with(MODELS.to_vec(), data_sets::join));
    let burst = burst.makes_records(["burst.models", "burst.all"]);
    stages.push(burst.does_with(MODELS.to_vec(), data_sets::burst));

    for kind in Kind::ALL {
        let stage = setting.stage("stats", &format!("describe-{}", kind.table()));
        let stage = stage.table("layers", &format!("data-sets/{}", kind.table())).table("held", "data-sets/held");
        let id = format!("seed.{}.describe", kind.id());
        let corrected = (kind == Kind::Pooling).then(|| format!("{id}.corrected"));
        stages.push(stage.makes_records([id]).makes_records(corrected).does_with(kind, stats::summary));
    }
    let stage = setting.stage("aggregate", "campaign-summaries").file("published", "paper/published/edge-layers.toml");
    let stage =
        Kind::ALL.into_iter().fold(stage, |stage, kind| stage.reads_record(&format!("seed.{}.describe", kind.id())));
    stages.push(stage.makes_records(["campaign.summaries"]).does(campaign::summaries));
    let stage = setting.stage("aggregate", "campaign-text");
    let stage = Kind::ALL
        .into_iter()
        .fold(stage, |stage, kind| stage.table(kind.table(), &format!("data-sets/{}", kind.table())));
    stages.push(stage.makes_records(["campaign.text", "seed.summary.text"]).does(campaign::text));
    let held = |layer: &str, name: &str| setting.stage(layer, name).table("held", "data-sets/held");
    let stage = held("aggregate", "campaign-recovery").makes_records(["campaign.recovery"]);
    stages.push(stage.does(campaign::recovery));
    let stage = held("aggregate", "energy-per-inference").makes_records(["energy-per-inference"]);
    stages.push(stage.does(campaign::energy));

    let stage = held("figures", "campaign.layers").makes_figure("campaign.layers").makes_records(["campaign.layers"]);
    stages.push(stage.draws(figures::board::layers));
    let stage = survivors.makes_records(["burst.samples"]);
    stages.push(stage.draws_with(MODELS.to_vec(), figures::board::survivors));
    let stage = setting.stage("figures", "campaign.energy").reads_record("energy-per-inference");
    let stage = stage.makes_figure("campaign.energy").makes_records(["campaign.energy"]);
    stages.push(stage.draws(figures::board::energy));
}
