//! Stand-ins of the results of mobilenet_v2 in the history of the original, and of the two engines that
//! it gives as samples.

use dag::Problem;
use serde::Serialize;

use super::build::{self, Layer};
use super::format::{self, Benchmark, csv, python};
use super::inventory;
use crate::campaign::Simulation;
use crate::edge_layers::aggregate::agreement::agreement_id;
use crate::edge_layers::kind::{Kind, MEASURED};
use crate::edge_layers::raw::{ENGINES, JETSON};
use crate::simulate::{Part, RawFiles};
use crate::truth::{Truth, Within};

const MODEL: &str = "mobilenet_v2";
/// Cycles of the run whose profile is held.
const CYCLES: usize = 5;
/// Distance of the profiler's callbacks in µs.
const CALLBACK: i64 = 13;
/// When the first cycle was reported, in µs: 2024-10-30 15:06:45.
const START: i64 = 1_730_300_805_000_000;
/// From one cycle to the next in µs.
const CYCLE: i64 = 6000;
/// Powers in µW: of the first layer, from layer to layer, and from cycle to cycle about that.
const POWER: [f64; 3] = [6.0e6, 1000.0, 500.0];
/// Mean latency of an inference in s.
const LATENCY: f64 = 0.0044;

/// A file of the results of 30 October.
fn results(commit: &str, file: &str) -> String {
    format!("history/{commit}/{JETSON}/results_for_testing/{file}")
}

fn tables(commit: &str) -> [String; 2] {
    ["convolutional", "pooling"].map(|table| format!("history/{commit}/model_training/data/{MODEL}/{table}.csv"))
}

fn idle(commit: &str) -> String {
    format!("history/{commit}/{JETSON}/results/60_seconds_idling_power_log_20241029-143005.log")
}

fn benchmark() -> String {
    format!("history/c57aace/{JETSON}/results/{MODEL}/{MODEL}_tensorrt_20241029-143036.json")
}

/// The parts: what the board left behind, what was made of it, and the engines.
pub(super) fn parts(simulation: Simulation) -> Vec<Part> {
    let board = vec![idle("bf2d8d1"), idle("a3bb73a"), benchmark(), results("b898e2f", "trt_layer_latency.json")];
    let mut made =
        ["1184996", "ade5665", "2d0b125"].map(|commit| results(commit, "average_power_and_run_time.csv")).to_vec();
    made.push(results("b898e2f", "average_power_used_by_layer.json"));
    made.extend(["fd76011", "50d24c7"].into_iter().flat_map(tables));
    let engines = ENGINES.map(|(_, path)| path.to_owned()).to_vec();
    vec![
        Part::new("history/board", board, simulation, write_board),
        Part::new("history/tables", made, (), write_tables),
        Part::new("history/engines", engines, (), write_engines),
    ]
}

/// Idle power, latencies and the profile, whose stamps come in bursts.
fn write_board(simulation: &Simulation, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let power = 4_659_000.25;
    for (commit, unit) in [("bf2d8d1", "mW"), ("a3bb73a", "muW")] {
        let sentence = format!("The average idling power measured: {power} {unit}");
        files.write(&idle(commit), sentence.into_bytes())?;
    }
    let runs = 5000 * simulation.scale as usize;
    let latencies = Benchmark::of(MODEL, None, "20241029-143036", runs, LATENCY);
    files.write(&benchmark(), format::doubly_encoded(&latencies)?)?;

    let layers = build::unfused(MODEL)?;
    let stamp = |cycle: usize, place: usize| START + CYCLE * cycle as i64 + CALLBACK * place as i64;
    let runs = |(place, layer): (usize, &'_ Layer)| {
        (0..CYCLES).map(|cycle| (run_time(layer, cycle), Some(stamp(cycle, place)))).collect::<Vec<_>>()
    };
    files.stream(&results("b898e2f", "trt_layer_latency.json"), &mut |to| {
        format::profile(to, layers.iter().enumerate().map(|layer| (layer.1.name(), runs(layer))))
    })?;

    let mut truths = vec![
        Truth::value("upstream.jetson.idle", "value", power, Within::Exactly),
        Truth::value("upstream.jetson5000.latency", "value", LATENCY, Within::Relative(1e-9)),
        Truth::value("upstream.jetson5000.throughput", "value", 1.0 / LATENCY, Within::Relative(1e-9)),
        Truth::rows("upstream.jetson5.callbacks", CYCLES),
    ];
    // The profile says nothing of what was before the first cycle.
    let before = (CYCLE - CALLBACK * (layers.len() as i64 - 1)) as f64 / 1000.0;
    let id = "upstream.jetson5.callbacks";
    truths.extend((1..CYCLES).map(|cycle| Truth::cell(id, cycle, "before the first", before, Within::Relative(1e-9))));
    let span = (CALLBACK * (layers.len() as i64 - 1)) as f64 / 1000.0;
    for cycle in 0..CYCLES {
        let cell = |column: &str, value: f64| Truth::cell(id, cycle, column, value, Within::Relative(1e-9));
        let sum: f64 = layers.iter().map(|layer| run_time(layer, cycle)).sum();
        truths.extend([
            cell("median distance", CALLBACK as f64),
            cell("span of stamps", span),
            cell("sum of run times", sum),
        ]);
    }
    Ok(truths)
}

/// Run time of a layer in a cycle: evenly spread about its mean.
fn run_time(layer: &Layer, cycle: usize) -> f64 {
    layer.run_time * (1.0 + 0.01 * (cycle as f64 - 2.0))
}

/// Power in a cycle: evenly spread about the layer's mean, 0 for layers that take no time. The first
/// layer has no sample in two cycles.
fn power(layers: &[Layer], place: usize, cycle: usize) -> f64 {
    let [first, by_layer, by_cycle] = POWER;
    let is_empty =
        layers.get(place).is_none_or(|layer| layer.run_time == 0.0) || (place == 0 && (cycle == 0 || cycle == 4));
    if is_empty { 0.0 } else { first + by_layer * place as f64 + by_cycle * (cycle as f64 - 2.0) }
}

/// What the original made of the run: by layer and cycle, by layer, and tables to train on.
fn write_tables(_: &(), files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let layers = build::unfused(MODEL)?;
    let by_layer = (0..layers.len()).flat_map(|place| (0..CYCLES).map(move |cycle| (place, cycle)));
    let by_cycle = (0..CYCLES).flat_map(|cycle| (0..layers.len()).map(move |place| (place, cycle)));
    let rows = |order: Vec<(usize, usize)>| {
        let header = ["", "cycle", "layer_name", "layer_type", "average_power", "layer_run_time"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for (number, (place, cycle)) in order.into_iter().enumerate() {
            let Some(layer) = layers.get(place) else { continue };
            let texts = [number.to_string(), (cycle + 1).to_string(), layer.name().to_owned()];
            let numbers = [power(&layers, place, cycle), run_time(layer, cycle)].map(python);
            let layer_type = [layer.engine.layer_type.to_owned()];
            rows.push(texts.into_iter().chain(layer_type).chain(numbers).collect());
        }
        csv(rows)
    };
    files.write(&results("ade5665", "average_power_and_run_time.csv"), rows(by_layer.collect()))?;
    files.write(&results("2d0b125", "average_power_and_run_time.csv"), rows(by_cycle.collect()))?;

    // Empty cycles count as 0 in the mean, as they did in October.
    let mean_power = |place: usize| (0..CYCLES).map(|cycle| power(&layers, place, cycle)).sum::<f64>() / CYCLES as f64;
    let mean_time = |layer: &Layer| (0..CYCLES).map(|cycle| run_time(layer, cycle)).sum::<f64>() / CYCLES as f64;
    let mut rows = vec![["layer name", "layer_type", "average_power", "average_run_time"].map(str::to_owned).to_vec()];
    for (place, layer) in layers.iter().enumerate() {
        let texts = [layer.name(), layer.engine.layer_type].map(str::to_owned);
        rows.push(texts.into_iter().chain([mean_power(place), mean_time(layer)].map(python)).collect());
    }
    files.write(&results("1184996", "average_power_and_run_time.csv"), csv(rows))?;
    let powers: Vec<(&str, f64)> =
        layers.iter().enumerate().map(|(place, layer)| (layer.name(), mean_power(place))).collect();
    files.write(&results("b898e2f", "average_power_used_by_layer.json"), format::indented(&Powers(&powers))?)?;

    let measured: Vec<[f64; 2]> =
        layers.iter().enumerate().map(|(place, layer)| [mean_power(place), mean_time(layer)]).collect();
    write_training("fd76011", &layers, &measured, files)?;
    // Of the later run the logs are not held: constant powers.
    write_training("50d24c7", &layers, &vec![[2.375e6, 0.02]; layers.len()], files)?;

    let exactly = |id: &str, name: &str, value: usize| Truth::value(id, name, value as f64, Within::Exactly);
    let cells = |id: &str, cells: usize| exactly(&agreement_id(id), "cells", cells);
    let empty = layers.iter().filter(|layer| layer.run_time == 0.0).count();
    let of_type = |pooling: bool| {
        let is_pooling = |kind: Kind| kind == Kind::Pooling;
        layers.iter().filter(|layer| layer.kind().is_some_and(|kind| is_pooling(kind) == pooling)).count()
    };
    let features = |kind: Kind, measured: usize| of_type(kind == Kind::Pooling) * (kind.features().len() + measured);
    let both = |measured: usize| features(Kind::Convolutional, measured) + features(Kind::Pooling, measured);
    let first = Truth::cell("upstream.jetson5.average", 0, "average_power", 0.6 * POWER[0], Within::Relative(1e-9));
    let id = "upstream.jetson5.average.corrected";
    let corrected = Truth::cell(id, 0, "average_power", POWER[0], Within::Relative(1e-9));
    Ok(vec![
        Truth::rows("upstream.jetson5.by_cycle", layers.len() * CYCLES),
        cells("upstream.jetson5.by_cycle", 4 * layers.len() * CYCLES),
        cells("upstream.jetson5.average", 3 * layers.len()),
        first,
        corrected,
        exactly("upstream.jetson5.october", "empty", empty),
        cells("upstream.jetson5.train", both(MEASURED.len())),
        cells("upstream.jetson5000.train", both(0)),
        Truth::cell("jetson.spread", 1, "median", 2.375, Within::Relative(1e-9)),
    ])
}

/// Names with numbers as one object, in the order of the list.
struct Powers<'a>(&'a [(&'a str, f64)]);

impl Serialize for Powers<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Tables of features, power and run time; all convolutions and fully connected layers in one.
fn write_training(
    commit: &str,
    layers: &[Layer],
    measured: &[[f64; 2]],
    files: &mut dyn RawFiles,
) -> Result<(), Problem> {
    for (kind, path) in [Kind::Convolutional, Kind::Pooling].into_iter().zip(tables(commit)) {
        let header = kind.features().iter().chain(&MEASURED).chain(&["layer_name"]).map(|name| (*name).to_owned());
        let mut rows = vec![header.collect::<Vec<_>>()];
        for (layer, measured) in layers.iter().zip(measured) {
            let Some(of) = &layer.of else { continue };
            if (of.kind == Kind::Pooling) != (kind == Kind::Pooling) {
                continue;
            }
            let (input, output, edge) = (of.input, of.output, [of.kernel; 2]);
            let mut numbers = vec![of.batch, input[0], input[1], input[2], output[0], output[1], output[2]];
            // The kernel of a pooling is its input plane, by the error of the original.
            numbers.extend(if kind == Kind::Pooling { [input[1], input[2]] } else { edge });
            numbers.extend([of.padding; 2].into_iter().filter(|_| kind != Kind::Pooling));
            numbers.extend([of.stride; 2]);
            let numbers = numbers.iter().map(u64::to_string).chain(measured.map(python));
            rows.push(numbers.chain([layer.name().to_owned()]).collect());
        }
        files.write(&path, csv(rows))?;
    }
    Ok(())
}

/// The engines that are held by themselves.
fn write_engines(_: &(), files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let mut truths = Vec::new();
    for (name, path) in ENGINES {
        let model = if inventory::MODELS.contains(&name) { name } else { MODEL };
        let layers = build::unfused(model)?;
        files.write(path, format::engine(layers.iter().map(|layer| layer.engine.clone()))?)?;
        if let Some(row) = ["resnet18", "vgg16"].iter().position(|sample| *sample == name) {
            for (place, kind) in Kind::ALL.into_iter().enumerate() {
                let count = layers.iter().filter(|layer| layer.kind() == Some(kind)).count() as f64;
                for column in ["layers of the engine", "of equal shape"] {
                    truths.push(Truth::cell("inventory.engines", 3 * row + place, column, count, Within::Exactly));
                }
            }
        }
    }
    Ok(truths)
}
