//! The power logs, profiles, engines, results and tables of edge-layers.

use serde_json::Value;

use crate::support::{Build, Workspace, mirror, other_form};

const STUDY: &str = "edge-layers";

/// Targets that do not take long: what reads raw files, and the records of the examples.
const TARGETS: [&str; 5] = [
    "edge-layers/ingest",
    "edge-layers/clean",
    "edge-layers/aggregate/test-mapping-multiple_layers",
    "edge-layers/aggregate/test-stats-model1",
    "edge-layers/aggregate/jetson-idle",
];

/// A file of an example of a raw log, of a stored mapping, and of the desktop.
fn raw(file: &str) -> String {
    format!("model_training/tests/test_data/example_raw_data/{file}")
}

fn stored(file: &str) -> String {
    format!("model_training/tests/test_data/example_preprocessed_data/{file}")
}

fn log(example: &str) -> String {
    raw(&format!("{example}/{example}_power_log.log"))
}

fn profile(example: &str) -> String {
    raw(&format!("{example}/trt_profiling/trt_layer_latency.json"))
}

fn results(commit: &str, file: &str) -> String {
    format!("history/{commit}/jetson/power_logging/results_for_testing/{file}")
}

/// What is done to a raw file.
type Spoil = Box<dyn Fn(Vec<u8>) -> Vec<u8>>;

/// Replaces a text once, where it first stands.
fn once(from: &'static str, to: &'static str) -> Spoil {
    Box::new(move |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(from), "{from:?} is not in the file");
        text.replacen(from, to, 1).into_bytes()
    })
}

/// The file is cut in the middle.
fn cut() -> Spoil {
    Box::new(|bytes| bytes[..bytes.len() / 2].to_vec())
}

fn becomes(text: &'static str) -> Spoil {
    Box::new(move |_| text.as_bytes().to_vec())
}

/// Builds with all files spoilt at once, which must fail each stage of its own; the error of each names
/// study, stage and file, and says the words.
fn assert_refused(cases: &[(String, Spoil, &str, &[&str])]) {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    for (path, spoil, ..) in cases {
        workspace.spoil_raw(STUDY, path, spoil);
    }
    let build = workspace.build(&TARGETS);
    assert_eq!(build.code, Some(1), "{}", build.errors);
    let mut expected: Vec<String> = cases.iter().map(|(_, _, stage, _)| format!("{STUDY}/{stage}")).collect();
    expected.sort();
    assert_eq!(build.failed(), expected, "{}", build.errors);
    for (path, _, stage, words) in cases {
        let error = error_of(&build, &format!("{STUDY}/{stage}"));
        for word in [&format!("raw/{STUDY}/{path}")[..], "of study edge-layers"].iter().chain(*words) {
            assert!(error.contains(word), "{word:?} is not in\n{error}");
        }
    }
}

/// The part of the messages that is about a stage.
fn error_of<'a>(build: &'a Build, stage: &str) -> &'a str {
    let of_stage = |error: &&str| error.contains(&format!("stage: {stage} "));
    build.errors.split("error: ").find(of_stage).unwrap_or_else(|| panic!("{stage}: {}", build.errors))
}

#[test]
fn files_that_are_not_as_expected() {
    let benchmark = |model: &str, when: &str| format!("desktop/torch_trt/results/{model}/{model}_pytorch_{when}.json");
    let cases: [(String, Spoil, &str, &[&str]); 14] = [
        (
            log("multiple_layers"),
            once("00:00:02.00", "00:00:00.50"),
            "clean/mapping-multiple_layers",
            &["line 6", "the clock jumps back from 2024-11-21T00:00:01.800", "times that do not decrease"],
        ),
        (
            log("multiple_readings"),
            once("00:00:01.20", "00:61:01.20"),
            "clean/mapping-multiple_readings",
            &["line 2, time: expected a time as 20241121-00:00:01.50, found \"20241121-00:61:01.20\""],
        ),
        (log("simple"), becomes(""), "clean/mapping-simple", &["the file is empty", "samples of power: time,mV,mA"]),
        (
            stored("model1/power_runtime_mapping_layerwise.csv"),
            once("layer_type", "kind"),
            "ingest/mapping-model1",
            &["header", "cycle,layer_name,kind"],
        ),
        (
            stored("model1/model1_average_power_stats.csv"),
            once(",2.0,", ",two,"),
            "ingest/stored-power-model1",
            &["line 2, column count: \"two\"", "a finite number, or nothing"],
        ),
        (
            "model_training/sample_data/vgg16_trt_engine_info.json".to_owned(),
            once("\"Name\": \"", "\"Name\": 7, \"Was\": \""),
            "ingest/engine-vgg16",
            &["line 4, column ", "invalid type: integer `7`, expected a string"],
        ),
        (
            "model_training/sample_data/resnet18_trt_engine_info.json".to_owned(),
            Box::new(|bytes| {
                // The first input of the first convolution loses its batch.
                let text = String::from_utf8(bytes).unwrap();
                let (before, after) = text.split_at(text.find("\"CaskConvolution\",").unwrap());
                let batch = after.find("1,").unwrap();
                format!("{before}{}{}", &after[..batch], &after[batch + 2..]).into_bytes()
            }),
            "ingest/engine-resnet18",
            &["layer 1, `", "3 dimensions among its inputs", "2 or 4"],
        ),
        (
            results("b898e2f", "trt_layer_latency.json"),
            cut(),
            "ingest/profile-jetson5",
            &["the file ends inside a profile", "truncated", "line "],
        ),
        (
            results("b898e2f", "trt_engine_info.json"),
            becomes("\u{feff}"),
            "ingest/engine-jetson5",
            &["the file is empty", "the description of a TensorRT engine"],
        ),
        (
            results("1184996", "average_power_and_run_time.csv"),
            once(",Reformat,", ",Reformat,,"),
            "ingest/jetson5-averages",
            &["line 2", "5 cells where the header has 4"],
        ),
        (
            benchmark("alexnet", "20241025-082351"),
            once("\\\"runs\\\": 100", "\\\"runs\\\": \\\"100\\\""),
            "ingest/benchmark-torch_trt-alexnet-pytorch",
            &["line 13, column ", "invalid type: string \"100\", expected u64"],
        ),
        (
            benchmark("resnet18", "20241025-083217"),
            once("\\\"latencies\\\": [\\n        0.", "\\\"latencies\\\": [\\n        -0."),
            "ingest/benchmark-torch_trt-resnet18-pytorch",
            &["a latency of -0.", "latencies above 0"],
        ),
        (
            "desktop/torch_onnx_trtexec/results/alexnet/alexnet_fp16.timing.json".to_owned(),
            cut(),
            "ingest/timing-alexnet",
            &["the file ends inside the times of trtexec", "truncated"],
        ),
        (
            "history/bf2d8d1/jetson/power_logging/results/60_seconds_idling_power_log_20241029-143005.log".to_owned(),
            once(" mW", " kW"),
            "aggregate/jetson-idle",
            &["line 1, unit: expected muW or mW, found \"kW\""],
        ),
    ];
    assert_refused(&cases);
}

#[test]
fn profiles_that_cannot_be_mapped() {
    let cases: [(Spoil, &[&str]); 3] = [
        (
            once("400.0,\n            \"20241121-00:00:01.50\"", "400.0, null"),
            &["line 4, column ", "invalid type: null, expected a string"],
        ),
        (once("400.0", "-400.0"), &["cycle 1: a run time of -400 ms", "between 0 and a day"]),
        (
            once("[MATRIX_MULTIPLY]-[fc0]", "[CONVOLUTION]-[conv0]"),
            &["key `[CONVOLUTION]-[conv0]` occurs twice", "line "],
        ),
    ];
    for (spoil, words) in cases {
        assert_refused(&[(profile("multiple_layers"), spoil, "clean/mapping-multiple_layers", words)]);
    }
}

fn record(workspace: &Workspace, id: &str) -> Value {
    serde_json::from_str(&workspace.read(&format!("derived/{STUDY}/records/{id}.json"))).unwrap()
}

#[test]
fn forms_of_the_same_files_make_the_same_tables() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    assert_eq!(workspace.build(&TARGETS).code, Some(0));
    let files = [
        log("multiple_layers"),
        profile("multiple_layers"),
        raw("idling_power.json"),
        stored("model1/power_runtime_mapping_layerwise.csv"),
        stored("model1/model1_average_power_stats.csv"),
        "history/bf2d8d1/jetson/power_logging/results/60_seconds_idling_power_log_20241029-143005.log".to_owned(),
    ];
    for path in &files {
        workspace.spoil_raw(STUDY, path, other_form);
    }
    let build = workspace.build(&TARGETS);
    assert_eq!(build.code, Some(0), "{}", build.errors);
    let ran = [
        "edge-layers/aggregate/jetson-idle",
        "edge-layers/clean/mapping-multiple_layers",
        "edge-layers/clean/mapping-multiple_readings",
        "edge-layers/clean/mapping-simple",
        "edge-layers/ingest/mapping-model1",
        "edge-layers/ingest/stored-power-model1",
    ];
    assert_eq!(build.ran(), ran, "what they make is the same, so nothing after them runs");
}

#[test]
fn a_layer_that_the_engine_does_not_have_is_kept_as_unknown() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    workspace.spoil_raw(STUDY, &profile("multiple_layers"), once("[MATRIX_MULTIPLY]-[fc0]", "[MATRIX_MULTIPLY]-[fc1]"));
    let build = workspace.build(&TARGETS);
    assert_eq!(build.code, Some(0), "{}", build.errors);
    let rows = record(&workspace, "upstream.test.mapping.multiple_layers")["rows"].clone();
    assert_eq!(
        (&rows[0][2], &rows[1][1], &rows[1][2]),
        (&"CaskConvolution".into(), &"[MATRIX_MULTIPLY]-[fc1]".into(), &"Unknown".into())
    );
    // The tests of the original expect another name and kind: two cells differ.
    let agreement = record(&workspace, "upstream.test.mapping.multiple_layers.agreement");
    assert_eq!((&agreement["values"]["cells"], &agreement["values"]["compared"]), (&10.into(), &12.into()));
}

#[test]
fn a_log_that_ends_early_ends_the_mapping() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    // Three samples, of which the last lies within the first layer.
    workspace.spoil_raw(STUDY, &log("multiple_layers"), |bytes| bytes[..3 * 35].to_vec());
    let build = workspace.build(&TARGETS);
    assert_eq!(build.code, Some(0), "{}", build.errors);
    let mapping = record(&workspace, "upstream.test.mapping.multiple_layers");
    assert_eq!(mapping["rows"].as_array().map(Vec::len), Some(1), "the second layer has no row");
    assert_eq!(mapping["rows"][0][3], 6_250_000.0);
}
