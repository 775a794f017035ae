//! Stand-ins of the examples in the original's tests, with numbers of which the result is plain.

use dag::Problem;
use serde::Serialize;

use super::format::{self, Clock, EngineLayer, csv, python};
use super::inventory::Layer;
use crate::edge_layers::aggregate::agreement::agreement_id;
use crate::edge_layers::kind::Kind;
use crate::edge_layers::raw::{RAW_EXAMPLES, STORED_EXAMPLES, TESTS};
use crate::simulate::{Part, RawFiles};
use crate::truth::{Truth, Within};

/// Power of the idle board in µW.
const IDLE: f64 = 4_800_000.0;
/// The time from which the logs count, in µs: 2024-11-21 00:00:00.
const START: i64 = 1_732_147_200_000_000;

/// The parts: raw logs with what a mapping must find, and stored mappings with their statistics.
pub(super) fn parts() -> Vec<Part> {
    let mut files = vec![raw_path("idling_power.json")];
    for name in RAW_EXAMPLES {
        let below = ["trt_profiling/trt_layer_latency.json", "trt_profiling/trt_engine_info.json", EXPECTED];
        files.extend(below.map(|file| raw_path(&format!("{name}/{file}"))));
        files.push(raw_path(&format!("{name}/{name}_power_log.log")));
    }
    let raw = Part::new("examples/raw", files, (), raw);
    let of_model = |model: &str| {
        let statistics = ["power", "run_time"].map(|quantity| format!("{model}_average_{quantity}_stats.csv"));
        let others = ["trt_engine_info.json", "power_runtime_mapping_layerwise.csv", "expected_features.json"];
        let files = others.map(str::to_owned).into_iter().chain(statistics);
        files.map(|file| stored_path(model, &file)).collect::<Vec<_>>()
    };
    let files = STORED_EXAMPLES.iter().flat_map(|model| of_model(model)).collect();
    vec![raw, Part::new("examples/stored", files, (), stored)]
}

const EXPECTED: &str = "expected_metrics_by_cycle.json";

fn raw_path(file: &str) -> String {
    format!("{TESTS}/example_raw_data/{file}")
}

fn stored_path(model: &str, file: &str) -> String {
    format!("{TESTS}/example_preprocessed_data/{model}/{file}")
}

/// Layers that an example has: one of each kind.
fn layer(kind: Kind) -> Layer {
    let (name, input, output) = match kind {
        Kind::Convolutional => ("conv", [3, 96, 96], [32, 48, 48]),
        Kind::Pooling => ("pool", [32, 48, 48], [32, 24, 24]),
        Kind::Dense => ("fc", [512, 1, 1], [10, 1, 1]),
    };
    let (kernel, padding, stride) = match kind {
        Kind::Convolutional => (5, 4, 2),
        Kind::Pooling => (2, 0, 2),
        Kind::Dense => (1, 0, 1),
    };
    let (model, name) = ("example".to_owned(), name.to_owned());
    let (groups, batch, from_split, power, run_time) = (1, 1, false, 0.0, 0.0);
    Layer { model, name, kind, batch, input, output, kernel, padding, stride, groups, from_split, power, run_time }
}

/// A row that the tests of the original expect.
#[derive(Serialize)]
struct Row {
    cycle: u64,
    layer_name: String,
    layer_type: &'static str,
    layer_power_including_idle_power_micro_watt: f64,
    layer_power_excluding_idle_power_micro_watt: f64,
    layer_run_time: f64,
}

/// Raw logs. A layer runs for 300 ms, the next begins 200 ms after it has ended. Samples come every 100 ms,
/// the first and last exactly at the ends of the run, and rise by 40 000 µW, so that their mean is that of the
/// first and last.
fn raw(_: &(), files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    #[derive(Serialize)]
    struct Idle {
        timestamp: &'static str,
        avg_idle_power: f64,
    }
    let idle = Idle { timestamp: "20241121-000000", avg_idle_power: IDLE };
    files.write(&raw_path("idling_power.json"), format::indented(&idle)?)?;
    let mut truths = Vec::new();
    for (name, kinds) in RAW_EXAMPLES.into_iter().zip([
        &[Kind::Convolutional][..],
        &[Kind::Pooling],
        &[Kind::Convolutional, Kind::Dense],
    ]) {
        let layers: Vec<Layer> = kinds.iter().map(|kind| layer(*kind)).collect();
        let (mut log, mut clock) = (Vec::new(), Clock::default());
        for sample in 0..=5 * layers.len() as i64 {
            clock.write(START + sample * 100_000, &mut log);
            log.extend_from_slice(format!(",5000.0,{:?}\n", 1000.0 + 8.0 * sample as f64).as_bytes());
        }
        let end = |place: usize| 300 + 500 * place as i64;
        let runs = layers
            .iter()
            .enumerate()
            .map(|(place, layer)| (layer.name.as_str(), vec![(300.0, Some(START + 1000 * end(place)))]));
        let mut profile = Vec::new();
        format::profile(&mut profile, runs).map_err(|error| Problem::new(error.to_string()))?;
        let rows = layers.iter().enumerate().map(|(place, layer)| {
            let (first, last) = (5 * place, 5 * place + 3);
            let power = 5000.0 * (1000.0 + 8.0 * (first + last) as f64 / 2.0);
            Row {
                cycle: 1,
                layer_name: layer.name.clone(),
                layer_type: layer.kind.layer_type(),
                layer_power_including_idle_power_micro_watt: power,
                layer_power_excluding_idle_power_micro_watt: power - IDLE,
                layer_run_time: 300.0,
            }
        });
        let rows: Vec<Row> = rows.collect();
        let id = format!("upstream.test.mapping.{name}");
        truths.push(Truth::rows(&id, rows.len()));
        for (place, row) in rows.iter().enumerate() {
            let (column, power) =
                ("layer_power_excluding_idle_power_micro_watt", row.layer_power_excluding_idle_power_micro_watt);
            truths.push(Truth::cell(&id, place, column, power, Within::Relative(1e-12)));
        }
        truths.push(Truth::value(agreement_id(&id), "cells", 6.0 * rows.len() as f64, Within::Exactly));
        let path = |file: &str| raw_path(&format!("{name}/{file}"));
        files.write(&path(&format!("{name}_power_log.log")), log)?;
        files.write(&path("trt_profiling/trt_layer_latency.json"), profile)?;
        files
            .write(&path("trt_profiling/trt_engine_info.json"), format::engine(layers.iter().map(EngineLayer::of))?)?;
        files.write(&path(EXPECTED), format::indented(&rows)?)?;
    }
    Ok(truths)
}

/// The eight statistics of values in equal steps, from their formulas.
fn of_steps(count: usize, first: f64, step: f64) -> [f64; 8] {
    let n = count as f64;
    let at = |share: f64| first + step * share * (n - 1.0);
    // The variance of 0, 1, …, n - 1, with n - 1 in the denominator, is n (n + 1) / 12.
    let std = if count < 2 { f64::NAN } else { step * (n * (n + 1.0) / 12.0).sqrt() };
    [n, at(0.5), std, at(0.0), at(0.25), at(0.5), at(0.75), at(1.0)]
}

/// Stored mappings of four cycles. The powers of a layer rise in equal steps. In the first model two
/// cycles have no sample in the convolution, and three none in the pooling.
fn stored(_: &(), files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    const CYCLES: usize = 4;
    let mut truths = Vec::new();
    for (number, (model, sampled)) in STORED_EXAMPLES.into_iter().zip([[2, 1], [4, 4]]).enumerate() {
        let layers = [Kind::Convolutional, Kind::Pooling].map(layer);
        let (first, step) = (3.0 + number as f64, 0.5);
        let run_times = [(0.05, 0.01), (0.02, 0.0)];
        let header = rawlog::tensorrt::stored::HEADER.map(str::to_owned).to_vec();
        let mut mapping = vec![header];
        for cycle in 0..CYCLES {
            let own = |name: &str, layer_type: &str, power: f64, run_time: f64| {
                let texts = [(cycle + 1).to_string(), name.to_owned(), layer_type.to_owned()];
                let numbers = [power + IDLE / 1e6, power, run_time].map(python);
                texts.into_iter().chain(numbers).collect::<Vec<_>>()
            };
            mapping.push(own("reformat", "Reformat", f64::NAN, 0.03));
            for ((layer, sampled), (shortest, longer)) in layers.iter().zip(sampled).zip(run_times) {
                let power = if cycle < sampled { first + step * cycle as f64 } else { f64::NAN };
                mapping.push(own(&layer.name, layer.kind.layer_type(), power, shortest + longer * cycle as f64));
            }
        }
        files.write(&stored_path(model, "power_runtime_mapping_layerwise.csv"), csv(mapping))?;
        let powers = sampled.map(|count| of_steps(count, first, step));
        let run_times = run_times.map(|(shortest, longer)| of_steps(CYCLES, shortest, longer));
        let header =
            ["layer_name", "count", "mean", "std", "min", "25%", "50%", "75%", "max"].map(str::to_owned).to_vec();
        for (quantity, statistics) in [("power", powers), ("run_time", run_times)] {
            let row = |(layer, numbers): (&Layer, [f64; 8])| {
                std::iter::once(layer.name.clone()).chain(numbers.map(python)).collect::<Vec<_>>()
            };
            let rows = std::iter::once(header.clone()).chain(layers.iter().zip(statistics).map(row));
            files.write(&stored_path(model, &format!("{model}_average_{quantity}_stats.csv")), csv(rows))?;
        }
        let columns = ["power of conv", "power of pool", "run time of conv", "run time of pool"];
        let means = [powers[0][1], powers[1][1], run_times[0][1], run_times[1][1]];
        for (column, mean) in columns.into_iter().zip(means) {
            truths.push(Truth::cell("upstream.test.threshold", number, column, mean, Within::Relative(1e-12)));
        }
        let fewest = sampled.into_iter().min().unwrap_or(0) as f64;
        truths.push(Truth::cell("upstream.test.threshold.outcome", number, "fewest values", fewest, Within::Exactly));
        let id = agreement_id(&format!("upstream.test.stats.{model}"));
        truths.push(Truth::value(id, "cells", 32.0, Within::Exactly));

        files.write(
            &stored_path(model, "trt_engine_info.json"),
            format::engine(Kind::ALL.map(|kind| EngineLayer::of(&layer(kind))))?,
        )?;
        files.write(&stored_path(model, "expected_features.json"), EXPECTED_FEATURES.as_bytes().to_vec())?;
        let id = agreement_id(&format!("upstream.test.features.{model}"));
        truths.push(Truth::value(id, "cells", 27.0, Within::Exactly));
    }
    Ok(truths)
}

/// Features of the layers of [`layer`], written down by hand: the kernel of the pooling is its input plane,
/// by the error of the original.
const EXPECTED_FEATURES: &str = r#"{
    "convolutional": {
        "batch_size": 1,
        "input_size_0": 3,
        "input_size_1": 96,
        "input_size_2": 96,
        "output_size_0": 32,
        "output_size_1": 48,
        "output_size_2": 48,
        "kernel_0": 5,
        "kernel_1": 5,
        "padding_0": 4,
        "padding_1": 4,
        "stride_0": 2,
        "stride_1": 2
    },
    "pooling": {
        "batch_size": 1,
        "input_size_0": 32,
        "input_size_1": 48,
        "input_size_2": 48,
        "output_size_0": 32,
        "output_size_1": 24,
        "output_size_2": 24,
        "kernel_0": 48,
        "kernel_1": 48,
        "stride_0": 2,
        "stride_1": 2
    },
    "dense": {
        "batch_size": 1,
        "input_size": 512,
        "output_size": 10
    }
}"#;

#[cfg(test)]
mod tests {
    use super::of_steps;

    #[test]
    fn statistics_of_equal_steps() {
        let [count, mean, std, min, q25, q50, q75, max] = of_steps(4, 2.0, 2.0);
        assert_eq!([count, mean, min, q25, q50, q75, max], [4.0, 5.0, 2.0, 3.5, 5.0, 6.5, 8.0]);
        assert!((std - (20.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!(of_steps(1, 2.0, 2.0)[2].is_nan());
    }
}
