//! The chain of edge-layers: power log, engine and profile, and the mapping of power to layers.

mod common;

use std::path::Path;

use common::mutate::damage_texts;
use rawlog::tensorrt::mapping::{self, Mapping, MappingError};
use rawlog::tensorrt::{Engine, Profile, power_log};
use rawlog::time::iso8601;

const LOG: &str = "20241121-00:00:01.00,5000.0,1100.0\n20241121-00:00:01.20,5000,1200\n\
    20241121-00:00:01.40,5000.0,-8.0\n20241121-00:00:01.600000,5000.0,1400.0\n";
const ENGINE: &str = r#"{"Layers": [{"Name": "conv", "LayerType": "CaskConvolution", "Inputs": [{"Name": "x", "Dimensions": [1, 3, 8, 8]}], "Outputs": [], "Kernel": [3, 3], "TacticName": "t"}, {"Name": "pool", "LayerType": "CaskPooling", "Inputs": [], "Outputs": [], "WindowSize": [2, 2]}], "Bindings": ["x"]}"#;
const PROFILE: &str = r#"{"pool": [[200.0, "20241121-00:00:01.20"], [0.0004, "20241121-00:00:01.60"]], "conv": [[0.1, "20241121-00:00:01.30"], [1, "20241121-00:00:01.70"]]}"#;

#[test]
fn the_power_log() {
    let expected = power_log::read(LOG.as_bytes()).unwrap();
    assert_eq!((expected.len(), expected[1].line, expected[1].microwatt()), (4, 2, 6_000_000.0));
    assert_eq!(iso8601(expected[1].time), "2024-11-21T00:00:01.200");
    assert_eq!(expected[2].milliampere, -8.0);
    for text in [LOG.replace('\n', "\r\n"), LOG.trim_end().to_owned(), format!("\u{feff}{LOG}")] {
        assert_eq!(power_log::read(text.as_bytes()).unwrap(), expected);
    }
    for (line, expected) in [
        ("", "line 5: 1 fields; expected 3"),
        ("20241121-00:00:01.8,5000.0", "line 5: 2 fields; expected 3"),
        ("20241121-00:00:01.8,5000.0,1,1", "line 5: 4 fields; expected 3"),
        ("2024-11-21 00:00:01.8,5000.0,1", "line 5, time: expected a time as 20241121-00:00:01.50"),
        ("20241121-00:00:01.8,5 V,1", "line 5, voltage in mV: expected a finite number, found \"5 V\""),
        ("20241121-00:00:01.8,5000.0,", "line 5, current in mA: expected a finite number, found \"\""),
    ] {
        let error = power_log::read(format!("{LOG}{line}\n").as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(power_log::read(&b""[..]).unwrap_err().to_string().starts_with("the file is empty"));
}

#[test]
fn engine_and_profile() {
    let engine = Engine::read(ENGINE.as_bytes()).unwrap();
    assert_eq!(
        (engine.layers[0].kernel.as_slice(), engine.layers[1].window_size.as_slice()),
        (&[3, 3][..], &[2, 2][..])
    );
    assert_eq!(engine.layers[0].inputs[0].dimensions, [1, 3, 8, 8]);
    assert_eq!(engine.bindings, ["x"]);
    let profile = Profile::read(PROFILE.as_bytes()).unwrap();
    // In the order of the file, which is not that of the alphabet.
    assert_eq!((profile.layers.0[0].0.as_str(), profile.cycles()), ("pool", 2));
    let desktop = Profile::read(b"\xef\xbb\xbf{\"conv\": [0.5, 1]}").unwrap();
    assert_eq!((desktop.layers.0[0].1[0].milliseconds, desktop.layers.0[0].1[1].end), (0.5, None));
    for (bytes, expected) in [
        (&ENGINE.as_bytes()[..100], "line 1, column 100: the file ends inside the description"),
        (b"", "the file is empty; expected the description"),
        (b" \n", "the file is empty; expected the description"),
        (b"{}", "missing field `Layers`"),
        (b"{\"Layers\": [{\"Name\": 3", "invalid type: integer `3`, expected a string"),
        (b"{\"Layers\": []} x", "line 1, column 16: no JSON where"),
    ] {
        let error = Engine::read(bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    for (text, expected) in [
        (&PROFILE[..60], "the file ends inside a profile"),
        (r#"{"a": [[1.0]]}"#, "invalid length 1, expected a run time in ms"),
        (r#"{"a": [[1.0, "noon"]]}"#, "\"noon\" is no time; expected one as"),
        (r#"{"a": [[1.0, "20241121-00:00:01.50", 1]]}"#, "invalid length 3"),
        (r#"{"a": ["1.0"]}"#, "invalid type: string \"1.0\", expected a run time in ms"),
        (r#"{"a": 1}"#, "invalid type: integer `1`, expected a sequence"),
        (r#"{"a": [], "a": []}"#, "key `a` occurs twice"),
    ] {
        let error = Profile::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Rows as (cycle, layer, kind, power without idle).
fn rows<'a>(mapping: &'a Mapping<'_>) -> Vec<(usize, &'a str, &'a str, Option<f64>)> {
    mapping.rows.iter().map(|row| (row.cycle, row.layer, row.layer_type, row.power_without_idle)).collect()
}

#[test]
fn samples_belong_to_the_layer_that_ran() {
    let samples = power_log::read(LOG.as_bytes()).unwrap();
    let engine = Engine::read(ENGINE.as_bytes()).unwrap();
    let profile = Profile::read(PROFILE.as_bytes()).unwrap();
    let mapping = mapping::map(&samples, &profile, &engine, 1e6).unwrap();
    // Both ends count: 1.0 s and 1.2 s. The conv of cycle 1 has no sample. The pool of cycle 2 rounds
    // to 0 µs and takes the sample of its very end, the log's last: there the mapping stops.
    assert_eq!(
        rows(&mapping),
        [
            (1, "pool", "CaskPooling", Some(4_750_000.0)),
            (1, "conv", "CaskConvolution", None),
            (2, "pool", "CaskPooling", Some(6_000_000.0)),
        ]
    );
    assert!(mapping.log_exhausted && mapping.unknown_layers.is_empty());

    // A layer that the engine does not have is kept, and told.
    let other = Engine::read(ENGINE.replace("\"conv\"", "\"fc\"").as_bytes()).unwrap();
    let mapping = mapping::map(&samples, &profile, &other, 0.0).unwrap();
    assert_eq!((mapping.unknown_layers.as_slice(), mapping.rows[1].layer_type), (&["conv"][..], mapping::UNKNOWN));

    // A mean of exactly 0 counts as empty.
    let zero = power_log::read(&b"20241121-00:00:01.10,5000.0,0\n20241121-00:00:09.0,1,1\n"[..]).unwrap();
    let mapping = mapping::map(&zero, &profile, &engine, 0.0).unwrap();
    assert_eq!((mapping.rows[0].power_with_idle, mapping.rows.len(), mapping.log_exhausted), (None, 4, false));

    let desktop = Profile::read(b"{\"conv\": [0.5]}").unwrap();
    let error = mapping::map(&samples, &desktop, &engine, 0.0).unwrap_err();
    assert_eq!(error, MappingError::NoEnd { layer: "conv".to_owned(), cycle: 1 });
    let negative = Profile::read(PROFILE.replace("200.0", "-200.0").as_bytes()).unwrap();
    let error = mapping::map(&samples, &negative, &engine, 0.0).unwrap_err().to_string();
    assert_eq!(error, "layer `pool`, cycle 1: a run time of -200 ms; expected one between 0 and a day");
}

fn read_all(bytes: &[u8]) {
    let samples = power_log::read(LOG.as_bytes()).unwrap();
    let engine = Engine::read(bytes).or_else(|_| Engine::read(ENGINE.as_bytes())).unwrap();
    let samples = power_log::read(bytes).unwrap_or(samples);
    if let Ok(profile) = Profile::read(bytes).or_else(|_| Profile::read(PROFILE.as_bytes())) {
        let _ = mapping::map(&samples, &profile, &engine, 1e6);
    }
}

#[test]
fn damaged_files_are_read_or_refused() {
    damage_texts(4000, &[LOG, ENGINE, PROFILE].map(|text| text.as_bytes().to_vec()), read_all);
}

fn bytes(mirror: &Path, file: &str) -> Vec<u8> {
    std::fs::read(mirror.join("edge-layers").join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn damaged_real_files_are_read_or_refused() {
    let Some(mirror) = common::mirror("damaged_real_files_are_read_or_refused") else {
        return;
    };
    let folder = "desktop/torch_trt/results/alexnet/trt_profiling";
    let files = ["trt_engine_info.json", "trt_layer_latency.json"];
    let files: Vec<Vec<u8>> = files.iter().map(|file| bytes(&mirror, &format!("{folder}/{file}"))).collect();
    damage_texts(200, &files, read_all);
}

/// The original's own examples, with what it expects of them.
#[test]
fn the_examples_of_the_original() {
    let Some(mirror) = common::mirror("the_examples_of_the_original") else {
        return;
    };
    let examples = "model_training/tests/test_data/example_raw_data";
    let idle: serde_json::Value =
        serde_json::from_slice(&bytes(&mirror, &format!("{examples}/idling_power.json"))).unwrap();
    let idle = idle["avg_idle_power"].as_f64().unwrap();
    for (name, count) in [("simple", 1), ("multiple_readings", 1), ("multiple_layers", 2)] {
        let file = |file: &str| bytes(&mirror, &format!("{examples}/{name}/{file}"));
        let samples = power_log::read(&file(&format!("{name}_power_log.log"))[..]).unwrap();
        let profile = Profile::read(&file("trt_profiling/trt_layer_latency.json")).unwrap();
        let engine = Engine::read(&file("trt_profiling/trt_engine_info.json")).unwrap();
        let mapping = mapping::map(&samples, &profile, &engine, idle).unwrap();
        let expected: serde_json::Value = serde_json::from_slice(&file("expected_metrics_by_cycle.json")).unwrap();
        let found: Vec<serde_json::Value> = mapping
            .rows
            .iter()
            .map(|row| {
                serde_json::json!({
                    "cycle": row.cycle,
                    "layer_name": row.layer,
                    "layer_type": row.layer_type,
                    "layer_power_including_idle_power_micro_watt": row.power_with_idle,
                    "layer_power_excluding_idle_power_micro_watt": row.power_without_idle,
                    "layer_run_time": row.run_time,
                })
            })
            .collect();
        assert_eq!((serde_json::Value::from(found), mapping.rows.len()), (expected, count), "{name}");
    }
}

#[test]
fn real_engines_and_profiles_fit_together() {
    let Some(mirror) = common::mirror("real_engines_and_profiles_fit_together") else {
        return;
    };
    for (folder, layers, cycles) in [
        ("desktop/torch_onnx_trt/results/mobilenet_v2/trt_profiling", 59, 100),
        ("desktop/torch_trt/results/mobilenet_v2/trt_profiling", 123, 100),
        ("desktop/torch_trt/results/resnet18/trt_profiling", 26, 100),
        ("history/b898e2f/jetson/power_logging/results_for_testing", 167, 5),
    ] {
        let engine = Engine::read(&bytes(&mirror, &format!("{folder}/trt_engine_info.json"))).unwrap();
        let profile = Profile::read(&bytes(&mirror, &format!("{folder}/trt_layer_latency.json"))).unwrap();
        assert_eq!(
            (engine.layers.len(), profile.layers.0.len(), profile.cycles()),
            (layers, layers, cycles),
            "{folder}"
        );
        let same = engine.layers.iter().zip(&profile.layers.0).all(|(layer, (name, _))| layer.name == *name);
        assert!(same, "{folder}: the profile lists the layers as the engine does");
    }
    for model in ["alexnet", "mobilenet_v2", "resnet18"] {
        let file = format!("desktop/torch_onnx_trtexec/results/{model}/{model}_fp16.graph.json");
        assert!(Engine::read(&bytes(&mirror, &file)).unwrap().layers.len() >= 14);
    }
}
