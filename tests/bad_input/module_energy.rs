//! The tracker's files and the job logs of module-energy.

use std::fs;

use crate::assert_told;
use crate::support::{Build, Workspace, mirror, other_form};

const STUDY: &str = "module-energy";
const TRACKER: &str = "data/architectures/01_architectures-layerwise-raw.csv";
const LOG: &str = "data/architectures/01_architectures-layerwise-slurm-log.out";
const INGEST: &str = "module-energy/ingest/final-2";
const PARSED: &str = "at-1bc4ecb/data/architectures-energies-parsed.csv";
const BARS: &str = "data/linear/02_linear-slurm-log.out";

/// Targets that do not take long: all but energy models, figures and paper.
const TARGETS: [&str; 5] = [
    "module-energy/ingest",
    "module-energy/clean",
    "module-energy/aggregate",
    "module-energy/stats/mw-totals",
    "module-energy/stats/u1-totals",
];

/// What is done to a raw file.
type Spoil = dyn Fn(Vec<u8>) -> Vec<u8>;

/// A workspace with the raw files, of which some are spoilt, and what became of its first build.
fn built(spoilt: &[(&str, &Spoil)]) -> Option<(Workspace, Build)> {
    let workspace = Workspace::with_raw(&mirror()?);
    for (path, spoil) in spoilt {
        workspace.spoil_raw(STUDY, path, spoil);
    }
    let build = workspace.build(&TARGETS);
    Some((workspace, build))
}

/// Replaces a text once, where it first stands.
fn once(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains(from), "{from:?} is not in the file");
    text.replacen(from, to, 1).into_bytes()
}

/// The value of a record of single values.
fn value(workspace: &Workspace, record: &str, name: &str) -> u64 {
    let json = workspace.read(&format!("derived/{STUDY}/records/{record}.json"));
    let record: serde_json::Value = serde_json::from_str(&json).unwrap();
    record["values"][name].as_u64().unwrap()
}

#[test]
fn forms_of_the_same_files_make_the_same_tables() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    assert_eq!(workspace.build(&TARGETS).code, Some(0));
    for path in [TRACKER, LOG, PARSED, BARS] {
        workspace.spoil_raw(STUDY, path, other_form);
    }
    let build = workspace.build(&TARGETS);
    assert_eq!(build.code, Some(0), "{}", build.errors);
    let ran = [
        "module-energy/ingest/failures-linear",
        INGEST,
        "module-energy/ingest/linear-2",
        "module-energy/ingest/parsed",
    ];
    assert_eq!(build.ran(), ran, "what they make is the same, so nothing after them runs");
}

#[test]
fn a_tracker_file_that_is_not_as_expected() {
    let first_run = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.lines()
            .nth(1)
            .unwrap()
            .split(',')
            .find(|field| field.len() == 36 && field.contains('-'))
            .unwrap()
            .to_owned()
    };
    let cases: [(Box<Spoil>, &[&str]); 9] = [
        (Box::new(|_| Vec::new()), &["empty", "codecarbon"]),
        (Box::new(|bytes| once(&bytes, ",gpu_power,", ",gpu_watts,")), &["missing gpu_power", "unexpected gpu_watts"]),
        (
            Box::new(|bytes| once(&bytes, "2022-12-20T13:40:24", "20.12.2022 13:40")),
            &["line 2, timestamp", "expected a date and time", "20.12.2022"],
        ),
        (
            Box::new(move |bytes| {
                // The second run gets the identifier of the first.
                let id = first_run(&bytes);
                let text = String::from_utf8(bytes).unwrap();
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                let other = lines[2].split(',').find(|field| field.len() == 36).unwrap().to_owned();
                lines[2] = lines[2].replace(&other, &id);
                (lines.join("\n") + "\n").into_bytes()
            }),
            &["stands already in line 2", "line 3", "each run once"],
        ),
        (
            Box::new(|bytes| once(&bytes, "rep_no:2,", "rep_no:3,")),
            &["line 3", "repetition 3 of a configuration", "repetition 2: 3 rows for each configuration"],
        ),
        (
            Box::new(|bytes| once(&bytes, "architecture=alexnet", "architecture=lenet99")),
            &["line 2", "unknown network \"lenet99\"", "one of vgg16, alexnet, vgg11, vgg13"],
        ),
        (
            Box::new(|bytes| once(&bytes, "module:Conv2d", "module:Conv9d")),
            &["line 5", "unknown kind \"Conv9d\"", "one of AdaptiveAvgPool2d, Conv2d"],
        ),
        (Box::new(|bytes| once(&bytes, ";layer_idx=0", ";layer_no=0")), &["line 2", "no `layer_idx`"]),
        (
            // The last row is cut off.
            Box::new(|bytes| bytes[..bytes.len() - 40].to_vec()),
            &["line 2071", "fields; expected 22"],
        ),
    ];
    for (spoil, words) in cases {
        let Some((_, build)) = built(&[(TRACKER, &*spoil)]) else { return };
        assert_eq!(build.failed(), [INGEST], "{}", build.errors);
        assert!(build.blocked().contains(&"module-energy/stats/mw-totals"));
        assert!(build.ran().contains(&"module-energy/stats/u1-totals"), "the first run does not rest on it");
        assert_told(&build, &[&format!("raw/{STUDY}/{TRACKER}"), &format!("stage: {INGEST} of study {STUDY}")]);
        assert_told(&build, words);
    }
}

#[test]
fn a_job_log_that_is_not_that_of_the_runs() {
    let announced = "1/1 (config_no/rep_no)";
    let cases: [(Box<Spoil>, &[&str]); 5] = [
        (Box::new(|_| Vec::new()), &["empty", "announced runs"]),
        (
            Box::new(|bytes| once(&bytes, "for architectures...", "for something...")),
            &["no data set architectures; the log has something", "Starting data-collection for architectures..."],
        ),
        // Cut off after some runs.
        (
            Box::new(move |bytes| {
                let text = String::from_utf8(bytes).unwrap();
                text.split_once(announced).unwrap().0.as_bytes().to_vec()
            }),
            &["3 runs of architectures are announced, the tracker's file has 2070"],
        ),
        (
            Box::new(move |bytes| once(&bytes, announced, "1/9 (config_no/rep_no)")),
            &["repetition 9 of configuration 1", "repetitions 1 to 3"],
        ),
        (
            Box::new(move |bytes| once(&bytes, announced, "current config:[a]: 0%| | 1/500 [00:00<?, ?it/s]")),
            &["printed runs and a progress bar in one data set"],
        ),
    ];
    for (spoil, words) in cases {
        let Some((_, build)) = built(&[(LOG, &*spoil)]) else { return };
        assert_eq!(build.failed(), [INGEST], "{}", build.errors);
        assert_told(&build, &[&format!("raw/{STUDY}/{LOG}"), &format!("stage: {INGEST} of study {STUDY}")]);
        assert_told(&build, words);
    }
}

#[test]
fn a_log_of_bars_and_a_parsed_file_that_are_not_as_expected() {
    let empty: &Spoil = &|_| Vec::new();
    let unnamed: &Spoil = &|bytes| once(&bytes, ",rep_no,", ",rep_nr,");
    let Some((_, build)) = built(&[(BARS, empty), (PARSED, unnamed)]) else { return };
    let failed =
        ["module-energy/ingest/failures-linear", "module-energy/ingest/linear-2", "module-energy/ingest/parsed"];
    assert_eq!(build.failed(), failed);
    assert_told(&build, &[BARS, "announced runs", PARSED, "rep_nr", "expected ,timestamp,run_id"]);

    let printed: &Spoil = &|_| b"0/1 (config_no/rep_no) [a] (0.0% done)\n".to_vec();
    let zero: &Spoil = &|bytes| once(&bytes, ",1,47227085136,66,24,", ",1,47227085136,66,0,");
    let Some((_, build)) = built(&[(BARS, printed), (PARSED, zero)]) else { return };
    assert_told(
        &build,
        &["not announced by a progress bar", "line 2, column forward_passes: \"0\" where a count is needed"],
    );
}

#[test]
fn what_is_odd_is_told_and_does_not_stop_the_analysis() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    // The first run of the whole network: its energy below zero, and the second before it.
    let energy = "0.0006366036634491";
    workspace.spoil_raw(STUDY, TRACKER, |bytes| once(&bytes, energy, "-0.0006366036634491"));
    workspace.spoil_raw(STUDY, TRACKER, |bytes| once(&bytes, "2022-12-20T13:40:58", "2022-12-20T13:39:58"));
    let build = workspace.build(&TARGETS);
    assert_eq!(build.code, Some(0), "{}", build.errors);
    for (name, count) in [("negative energy", 1), ("clock set back", 1), ("runs", 2070), ("kept", 2052)] {
        assert_eq!(value(&workspace, "mw.d2.runs", name), count, "{name}");
    }
    let shape = fs::read_to_string(workspace.path("derived/module-energy/records/mw.d2.shape.json")).unwrap();
    assert!(shape.contains("2052"));
}

const LAYERS: &str = "data/linear/00_linear-raw.csv";
const LAYERS_LOG: &str = "data/linear/00_linear-slurm-log.out";
const LAYERS_INGEST: &str = "module-energy/ingest/linear-1";

/// Targets of single layers: two data sets, and models of them.
const LAYER_TARGETS: [&str; 4] = [
    "module-energy/stats/linear.macs",
    "module-energy/stats/softmax",
    "module-energy/stats/linear.claims",
    "module-energy/stats/log-fixed",
];

#[test]
fn a_file_of_single_layers_that_is_not_as_expected() {
    let cases: [(&str, Box<Spoil>, &[&str]); 7] = [
        (LAYERS, Box::new(|_| Vec::new()), &["empty", "codecarbon"]),
        (
            LAYERS,
            Box::new(|bytes| once(&bytes, "module:Linear", "module:Conv2d")),
            &["line 2", "a layer of the kind \"Conv2d\"", "expected: Linear"],
        ),
        (
            LAYERS,
            Box::new(|bytes| once(&bytes, "output_size:", "outputsize:")),
            &["line 2", "no `output_size`", "a part `output_size:`"],
        ),
        (LAYERS, Box::new(|bytes| once(&bytes, "input_size:4645", "input_size:-4645")), &["line 2", "`input_size`"]),
        (
            LAYERS,
            Box::new(|bytes| once(&bytes, "forward_passes:303", "forward_passes:0")),
            &["line 2", "at least one forward pass"],
        ),
        (
            LAYERS_LOG,
            Box::new(|bytes| once(&bytes, "for linear...", "for linear2...")),
            &["no data set linear; the log has linear2"],
        ),
        (LAYERS_LOG, Box::new(|bytes| bytes[..2000].to_vec()), &["are announced, the tracker's file has 1500"]),
    ];
    for (path, spoil, words) in cases {
        let Some(mirror) = mirror() else { return };
        let workspace = Workspace::with_raw(&mirror);
        workspace.spoil_raw(STUDY, path, &*spoil);
        let build = workspace.build(&LAYER_TARGETS[..3]);
        assert_eq!(build.failed(), [LAYERS_INGEST], "{}", build.errors);
        assert!(build.blocked().contains(&"module-energy/stats/linear.macs"));
        assert!(build.ran().contains(&"module-energy/stats/softmax"), "another data set does not rest on it");
        assert_told(&build, &[&format!("raw/{STUDY}/{path}"), &format!("stage: {LAYERS_INGEST} of study {STUDY}")]);
        assert_told(&build, words);
    }
}

#[test]
fn layers_of_networks_must_say_of_which() {
    let path = "data/maxpool2d/01_maxpool2d-architecture-configs-raw.csv";
    let target = ["module-energy/aggregate/set-maxpool2d"];
    let cases: [(Box<Spoil>, &[&str]); 2] = [
        (
            Box::new(|bytes| once(&bytes, "architecture=alexnet", "architecture=lenet99")),
            &["unknown network \"lenet99\""],
        ),
        (Box::new(|bytes| once(&bytes, ";layer_idx=2", ";layer_no=2")), &["no `layer_idx` in its freeText"]),
    ];
    for (spoil, words) in cases {
        let Some(mirror) = mirror() else { return };
        let workspace = Workspace::with_raw(&mirror);
        workspace.spoil_raw(STUDY, path, &*spoil);
        let build = workspace.build(&target);
        assert_eq!(build.failed(), ["module-energy/ingest/maxpool2d-3"], "{}", build.errors);
        assert_told(&build, words);
    }
}

#[test]
fn a_data_set_too_small_for_a_model_is_told() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    // The first configurations of Softmax, and the log as far as it tells of them.
    let rows = 9;
    let shorter = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.lines().take(1 + rows).flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
    };
    workspace.spoil_raw(STUDY, "data/activations/00_softmax-raw.csv", shorter);
    workspace.spoil_raw(STUDY, "data/activations/00_activations-slurm-log.out", |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        let (before, after) = text.split_once("Starting data-collection for softmax...").unwrap();
        let (kept, _) = after.split_once("| 4/500 [").unwrap();
        let kept = kept.rsplit_once("current config").unwrap().0.replace("/500 [", "/3 [");
        format!("{before}Starting data-collection for softmax...{kept}").into_bytes()
    });
    let build = workspace.build(&["module-energy/stats/softmax", "module-energy/stats/tanh"]);
    assert_eq!(build.failed(), ["module-energy/stats/softmax"], "{}", build.errors);
    assert!(build.ran().contains(&"module-energy/stats/tanh"));
    assert_told(&build, &["the model softmax", "needs at least", "enough layers of the data set"]);
}
