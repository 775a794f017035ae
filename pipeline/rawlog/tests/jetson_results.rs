//! What the benchmarks and later steps of edge-layers write down.

mod common;

use std::path::Path;

use common::mutate::damage_texts;
use rawlog::json::{JsonError, Stopped};
use rawlog::tensorrt::mapping::{self, Mapper};
use rawlog::tensorrt::trtexec::{self, Distribution, Summary};
use rawlog::tensorrt::{Benchmark, ByCycle, Engine, Idle, Profile, power_log, stored};

const BENCHMARK: &str = r#"{"config": {"model": "lenet", "dtype": "float16", "input_shape": [2, 1, 32, 32], "warmup": 50, "runs": 2, "result_dir": "results"},
"total_time": 0.5, "timestamp": "20241029-143036", "latencies": [0.25, 0.125], "avg_latency": 0.1875, "avg_throughput": 10}"#;
const IDLE: &str = r#"{"timestamp": "20241121-051743", "avg_idle_power": 5000000.5}"#;
const SENTENCE: &str = "The average idling power measured: 4659744.25 muW";
const MAPPING: &str = "cycle,layer_name,layer_type,layer_power_including_idle_power_micro_watt,\
    layer_power_excluding_idle_power_micro_watt,layer_run_time\n\
    1,\"PWN(a, b)\",PointWiseV2,,,0.03\n1,conv,CaskConvolution,9,5.5,0.08\n";
const ROWS: &str = r#"[{"cycle": 1, "layer_name": "PWN(a, b)", "layer_type": "PointWiseV2", "layer_power_including_idle_power_micro_watt": null, "layer_power_excluding_idle_power_micro_watt": null, "layer_run_time": 0.03},
{"cycle": 1, "layer_name": "conv", "layer_type": "CaskConvolution", "layer_power_including_idle_power_micro_watt": 9.0, "layer_power_excluding_idle_power_micro_watt": 5.5, "layer_run_time": 0.08}]"#;
const TIMING: &str = r#"[
  { "startEnqMs" : 0, "endEnqMs" : 0.5, "startH2dMs" : 1, "endH2dMs" : 1, "startComputeMs" : 1, "endComputeMs" : 3, "startD2hMs" : 3, "endD2hMs" : 3.5, "h2dMs" : 0, "computeMs" : 2, "d2hMs" : 0.5, "latencyMs" : 2.5 }
]"#;
const TRTEXEC: &str = r#"[
  { "count" : 4 }
, { "name" : "conv", "timeMs" : 3, "averageMs" : 0.75, "medianMs" : 0.7, "percentage" : 75 }
, { "name" : "pool", "timeMs" : 1, "averageMs" : 0.25, "medianMs" : 0.2, "percentage" : 25 }
]"#;
const METADATA: &str = r#"{"performance_summary": {"Throughput": 2000.5, "Latency": [1, 2, 1.5, 1.4, 1.8, 1.9, 2], "Enqueue Time": [],
"GPU Compute Time": [1, 2, 1.5, 1.4, 1.8, 1.9, 1.95], "Total Host Walltime": 3, "Total GPU Compute Time": 2.9}, "inference_options": {}}"#;

#[test]
fn results_of_benchmarks() {
    let plain = Benchmark::read(BENCHMARK.as_bytes()).unwrap();
    assert_eq!((plain.config.model.as_str(), plain.config.backend.as_deref()), ("lenet", None));
    assert_eq!((plain.config.input_shape[0], plain.config.runs), (2, 2));
    assert_eq!((plain.latencies.as_slice(), plain.avg_throughput), (&[0.25, 0.125][..], 10.0));
    let encoded = serde_json::to_string(BENCHMARK).unwrap();
    for same in [encoded.clone(), format!("\u{feff} {encoded}\n"), BENCHMARK.replace('\n', "\r\n")] {
        assert_eq!(Benchmark::read(same.as_bytes()).unwrap(), plain);
    }
    let of_another_type = BENCHMARK.replace("0.125]", "\"0.125\"]");
    let inside = serde_json::to_string(&of_another_type).unwrap();
    for (text, expected) in [
        (String::new(), "the file is empty"),
        (BENCHMARK[..200].to_owned(), "the file ends inside the result of a benchmark"),
        (encoded[..200].to_owned(), "the file ends inside a JSON string"),
        (BENCHMARK.replace("latencies", "latency"), "missing field `latencies`"),
        (of_another_type.clone(), "line 2, column 78: not the result of a benchmark"),
        (of_another_type, "invalid type: string \"0.125\", expected f64"),
        (inside, "line 2, column 78"),
        ("\"[]\"".to_owned(), "not the result of a benchmark"),
    ] {
        let error = Benchmark::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn power_of_the_idle_board() {
    let idle = Idle::read(IDLE.as_bytes()).unwrap();
    assert_eq!(
        (idle.microwatt, idle.timestamp.as_deref(), idle.labelled),
        (5_000_000.5, Some("20241121-051743"), None)
    );
    for (text, label) in
        [(SENTENCE.to_owned(), "muW"), (format!("\u{feff}{}\r\n", SENTENCE.replace("muW", "mW")), "mW")]
    {
        let idle = Idle::read(text.as_bytes()).unwrap();
        assert_eq!((idle.microwatt, idle.timestamp, idle.labelled), (4_659_744.25, None, Some(label)));
    }
    for (text, expected) in [
        ("", "the file is empty; expected the idle power"),
        ("The average idling power measured: ", "line 1, sentence: expected the average idling power"),
        ("The average idling power measured: 4,6 muW", "line 1, idle power: expected a finite number, found \"4,6\""),
        ("The average idling power measured: 4.6 kW", "line 1, unit: expected muW or mW, found \"kW\""),
        ("{\"avg_idle_power\": \"5\"}", "invalid type: string \"5\""),
        ("{\"timestamp\": \"x\"}", "missing field `avg_idle_power`"),
        ("An average", "no JSON"),
    ] {
        let error = Idle::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn stored_mappings_features_and_powers() {
    let rows = stored::mapping_csv(MAPPING.as_bytes()).unwrap();
    assert_eq!(rows, stored::mapping_json(ROWS.as_bytes()).unwrap());
    assert_eq!((rows[0].power_with_idle, rows[1].power_without_idle), (None, Some(5.5)));
    for (text, expected) in [
        (MAPPING.replace("cycle,", "Cycle,"), "line 1"),
        (MAPPING.replace("9,5.5", "9,much"), "line 3, column layer_power_excluding_idle_power_micro_watt: \"much\""),
        (MAPPING.replace("0.08", "-0.08"), "line 3, column layer_run_time"),
        (MAPPING.replace("1,conv", "x,conv"), "line 3, column cycle: \"x\" where a whole number"),
    ] {
        let error = stored::mapping_csv(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let features = stored::features(br#"{"dense": {"batch_size": 1, "input_size": 4096}}"#).unwrap();
    assert_eq!(features.get("dense").unwrap().get("input_size"), Some(&4096.0));
    let powers = stored::powers(br#"{"b": 2.5, "a": 0}"#).unwrap();
    assert_eq!(powers.0, [("b".to_owned(), 2.5), ("a".to_owned(), 0.0)]);
    let twice = stored::powers(br#"{"a": 2.5, "a": 0}"#).unwrap_err().to_string();
    assert!(twice.contains("key `a` occurs twice"), "{twice}");
}

#[test]
fn exports_of_trtexec() {
    let iterations = trtexec::timing(TIMING.as_bytes()).unwrap();
    assert_eq!((iterations[0].latency_ms, iterations[0].end_d2h_ms), (2.5, 3.5));
    let profile = trtexec::Profile::read(TRTEXEC.as_bytes()).unwrap();
    assert_eq!((profile.count, profile.layers.len(), profile.layers[1].percentage), (4, 2, 25.0));
    let summary = Summary::read(METADATA.as_bytes()).unwrap();
    assert_eq!((summary.throughput, summary.latency.max, summary.compute.percentiles), (2000.5, 2.0, [1.8, 1.9, 1.95]));
    for (error, expected) in [
        (trtexec::timing(b"[]").unwrap_err(), "the file is empty"),
        (trtexec::timing(&TIMING.as_bytes()[..90]).unwrap_err(), "line 2, column 88: the file ends inside"),
        (trtexec::timing(TIMING.replace("2.5", "\"2.5\"").as_bytes()).unwrap_err(), "line 2, column 216"),
        (trtexec::Profile::read(b"[]").unwrap_err(), "invalid length 0, expected a list of a count and the layers"),
        (trtexec::Profile::read(TRTEXEC.replace("timeMs", "time").as_bytes()).unwrap_err(), "line 3"),
        (Summary::read(METADATA.replace("1.9, 2]", "1.9]").as_bytes()).unwrap_err(), "invalid length 6"),
        (Summary::read(b"{}").unwrap_err(), "missing field `performance_summary`"),
    ] {
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn percentiles_of_trtexec_are_values() {
    let times: Vec<f64> = (1..=1000).rev().map(f64::from).collect();
    let all = Distribution::of(&times).unwrap();
    assert_eq!((all.min, all.max, all.mean, all.median), (1.0, 1000.0, 500.5, 500.5));
    // 1 - 0.99 is less than 0.01 in single precision, so that 9 and not 10 are left out.
    assert_eq!(all.percentiles, [900.0, 950.0, 991.0]);
    assert_eq!(Distribution::of(&[3.0]).unwrap().percentiles, [3.0; 3]);
    assert_eq!(Distribution::of(&[3.0, 1.0, 2.0]).unwrap().median, 2.0);
    assert_eq!(Distribution::of(&[]), None);
}

#[test]
fn a_clock_that_jumps_back() {
    let log = "20241121-00:00:01.0,5000.0,1\n20241121-00:00:01.0,5000.0,1\n20241121-00:00:00.5,5000.0,1\n";
    let mut samples = power_log::in_order(log.as_bytes());
    assert_eq!(samples.by_ref().take(2).filter(Result::is_ok).count(), 2, "equal times are no jump");
    let error = samples.next().and_then(Result::err).unwrap().to_string();
    assert!(samples.next().is_none());
    for word in ["line 3", "jumps back from 2024-11-21T00:00:01 to 2024-11-21T00:00:00.500", "do not decrease"] {
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn rows_one_by_one_are_the_rows_of_the_list() {
    let log =
        "20241121-00:00:01.0,5000.0,1100.0\n20241121-00:00:01.2,5000.0,1200.0\n20241121-00:00:02.0,5000.0,1300.0\n";
    let samples = power_log::read(log.as_bytes()).unwrap();
    let layers = [("a", "CaskPooling"), ("b", "NoOp")].map(|(name, kind)| {
        format!(r#"{{"Name": "{name}", "LayerType": "{kind}", "Inputs": [], "Outputs": [], "ParameterType": "Pooling", "Groups": 2}}"#)
    });
    let engine = Engine::read(format!(r#"{{"Layers": [{}]}}"#, layers.join(",")).as_bytes()).unwrap();
    assert_eq!((engine.layers[0].parameter_type.as_deref(), engine.layers[0].groups), (Some("Pooling"), Some(2)));
    // The layers have two cycles and one.
    let text = r#"{"b": [[50.0, "20241121-00:00:01.05"], [0.5, "20241121-00:00:01.3"]], "a": [[100.0, "20241121-00:00:01.2"]]}"#;
    let profile = Profile::read(text.as_bytes()).unwrap();
    let list = mapping::map(&samples, &profile, &engine, 1.0).unwrap();
    // From the files, of which little is held.
    let mut by_cycle = ByCycle::read(text.as_bytes(), &std::env::temp_dir()).unwrap();
    let (layers, runs) = by_cycle.split();
    let mut mapper = Mapper::new(power_log::in_order(log.as_bytes()), layers, runs, &engine, 1.0);
    let rows: Vec<_> = mapper.by_ref().map(Result::unwrap).collect();
    assert_eq!((&rows, mapper.log_exhausted()), (&list.rows, list.log_exhausted));
    let told: Vec<_> = rows.iter().map(|row| (row.cycle, row.layer, row.power_with_idle)).collect();
    assert_eq!(told, [(1, "b", Some(5_500_000.0)), (1, "a", Some(6_000_000.0)), (2, "b", None)]);
    assert_eq!(mapper.samples().unwrap(), 3);
    // After an error come no more rows: of the profile, and of the log.
    let mut desktop = ByCycle::read(&br#"{"a": [0.5, 0.5]}"#[..], &std::env::temp_dir()).unwrap();
    let (layers, runs) = desktop.split();
    let mut mapper = Mapper::new(power_log::in_order(log.as_bytes()), layers, runs, &engine, 1.0);
    assert!(mapper.next().is_some_and(|row| row.is_err()) && mapper.next().is_none());
    let broken = format!("{log}20241121-00:00:00.0,5000.0,1100.0\n");
    for (log, error) in [(broken.as_str(), "line 4: the clock jumps back"), ("", "the file is empty")] {
        let (layers, runs) = by_cycle.split();
        let mut mapper = Mapper::new(power_log::in_order(log.as_bytes()), layers, runs, &engine, 1.0);
        let found = mapper.by_ref().find_map(Result::err).map(|error| error.to_string());
        let found = found.or_else(|| mapper.samples().err().map(|error| error.to_string())).unwrap_or_default();
        assert!(found.starts_with(error), "{found}");
    }
}

/// The words of an error without its place.
fn words(error: JsonError) -> String {
    let error = error.to_string();
    error.split_once(": ").filter(|_| error.starts_with("line ")).map_or(&*error, |(_, words)| words).to_owned()
}

fn read_all(bytes: &[u8]) {
    let _ = Benchmark::read(bytes);
    let _ = Idle::read(bytes);
    let _ = stored::mapping_csv(bytes);
    let _ = stored::mapping_json(bytes);
    let _ = stored::features(bytes);
    let _ = stored::powers(bytes);
    let whole = trtexec::timing(bytes);
    let mut found = Vec::new();
    let streamed = trtexec::each_iteration(bytes, |iteration| {
        found.push(iteration);
        Ok::<(), ()>(())
    });
    match streamed {
        Ok(()) => assert_eq!(whole, Ok(found)),
        // The reader of whole files has no bound where values are ignored.
        Err(Stopped::Json(JsonError::TooDeep { .. })) => {}
        // But for the place, which a stream knows less well: of a line end in a text it is already past.
        Err(Stopped::Json(error)) => assert_eq!(whole.map_err(words), Err(words(error))),
        Err(Stopped::Taker(())) => unreachable!("the taker takes all"),
    }
    let _ = trtexec::Profile::read(bytes);
    let _ = Summary::read(bytes);
}

#[test]
fn damaged_files_are_read_or_refused() {
    let encoded = serde_json::to_string(BENCHMARK).unwrap();
    let files = [BENCHMARK, &encoded, IDLE, SENTENCE, MAPPING, ROWS, TIMING, TRTEXEC, METADATA];
    damage_texts(2000, &files.map(|text| text.as_bytes().to_vec()), read_all);
}

fn bytes(mirror: &Path, file: &str) -> Vec<u8> {
    std::fs::read(mirror.join("edge-layers").join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn real_results() {
    let Some(mirror) = common::mirror("real_results") else {
        return;
    };
    let file = "history/c57aace/jetson/power_logging/results/mobilenet_v2/mobilenet_v2_tensorrt_20241029-143036.json";
    let benchmark = Benchmark::read(&bytes(&mirror, file)).unwrap();
    assert_eq!((benchmark.latencies.len(), benchmark.config.runs), (5000, 5000));
    let file = "model_training/tests/test_data/example_raw_data/simple/simple_tensorrt.json";
    assert_eq!(Benchmark::read(&bytes(&mirror, file)).unwrap().latencies, [1.0]);
    for (commit, label) in [("a3bb73a", "muW"), ("bf2d8d1", "mW")] {
        let file =
            format!("history/{commit}/jetson/power_logging/results/60_seconds_idling_power_log_20241029-143005.log");
        let idle = Idle::read(&bytes(&mirror, &file)).unwrap();
        assert_eq!((idle.microwatt, idle.labelled), (4_659_744.254_132_36, Some(label)));
    }
    for (model, iterations, layers) in [("alexnet", 6039, 14), ("mobilenet_v2", 12_852, 57), ("resnet18", 10_742, 26)] {
        let export = |name: &str| {
            bytes(&mirror, &format!("desktop/torch_onnx_trtexec/results/{model}/{model}_fp16.{name}.json"))
        };
        let timing = trtexec::timing(&export("timing")).unwrap();
        let profile = trtexec::Profile::read(&export("profile")).unwrap();
        assert_eq!((timing.len(), profile.layers.len()), (iterations, layers), "{model}");
        let told = Summary::read(&export("profile.metadata")).unwrap().latency;
        let latencies: Vec<f64> = timing.iter().map(|iteration| iteration.latency_ms).collect();
        let ours = Distribution::of(&latencies).unwrap();
        // Single values are exact; the mean has six digits.
        assert_eq!(
            (ours.min, ours.max, ours.median, ours.percentiles),
            (told.min, told.max, told.median, told.percentiles)
        );
        assert!((ours.mean / told.mean - 1.0).abs() < 5e-6);
    }
}
