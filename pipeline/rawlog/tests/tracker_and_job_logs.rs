//! The logs of module-energy: the tracker's CSV, and the job logs that tell which runs failed.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::mutate::damage_texts;
use rawlog::joblog::{self, DataSet, Rule};
use rawlog::text::TextError;
use rawlog::time::iso8601;
use rawlog::tracker::{self, Finding, Tracker};

const HEADER: &str = "timestamp,project_name,run_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,\
    cpu_energy,gpu_energy,ram_energy,energy_consumed,os,python_version,cpu_count,cpu_model,gpu_count,gpu_model,\
    ram_total_size,tracking_mode,on_cloud";

/// A row with these values in some of its columns.
fn row(changes: &[(&str, &str)]) -> String {
    let mut fields: Vec<String> = [
        "2022-12-22T03:26:18.5",
        "\"module:Conv2d,rep_no:2,macs:218534484375,batch_size:123,kernel_size:7,\
            freeText:architecture=vgg16;layer_idx=3,forward_passes:6\"",
        "1f4cbf6a",
        "34.5",
        "0.001",
        "0.03",
        "75.25",
        "31.5",
        "288.75",
        "0.25",
        "0.5",
        "0.125",
        "0.875",
        "Linux",
        "3.10.8",
        "2",
        "Xeon",
        "1",
        "RTX",
        "770.0",
        "machine",
        "N",
    ]
    .map(str::to_owned)
    .to_vec();
    for (column, value) in changes {
        let at = tracker::COLUMNS.iter().position(|name| name == column).unwrap();
        fields[at] = (*value).to_owned();
    }
    fields.join(",")
}

fn file(rows: &[String]) -> String {
    let mut text = format!("{HEADER}\n");
    for row in rows {
        text.push_str(&format!("{row}\n"));
    }
    text
}

fn read(text: &str) -> Result<Tracker, TextError> {
    tracker::read(text.as_bytes())
}

#[test]
fn a_run_with_all_its_parts() {
    let tracker = read(&file(&[row(&[])])).unwrap();
    assert!(tracker.findings.is_empty());
    let run = &tracker.runs[0];
    assert_eq!((run.line, iso8601(run.timestamp).as_str()), (2, "2022-12-22T03:26:18.500"));
    assert_eq!((run.duration, run.power.cpu, run.energy.cpu, run.energy.consumed), (34.5, 75.25, 0.25, 0.875));
    assert_eq!((run.machine.cpu_count, run.machine.ram_total_size, run.machine.on_cloud), (2, 770.0, false));
    assert_eq!(run.place, None);
    let project = &run.project;
    assert_eq!((project.module.as_str(), project.repetition, project.forward_passes), ("Conv2d", 2, 6));
    assert_eq!((project.macs, project.batch_size), (218_534_484_375, 123));
    assert_eq!((project.setting("kernel_size"), project.setting("stride")), (Some(7), None));
    assert_eq!((project.label("architecture"), project.label("layer_idx")), (Some("vgg16"), Some("3")));
}

#[test]
fn forms_of_the_same_file() {
    let plain = file(&[row(&[]), row(&[("run_id", "2")])]);
    let expected = read(&plain).unwrap();
    assert_eq!(expected.runs.len(), 2);
    for text in [
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        plain.trim_end().to_owned(),
        format!("\u{feff}{}", plain.trim_end().replace('\n', "\r\n")),
    ] {
        assert_eq!(read(&text).unwrap(), expected);
    }
    // Columns are found by their names.
    let swapped: Vec<String> = plain
        .lines()
        .map(|line| match line.split_once(',') {
            Some((first, rest)) => format!("{rest},{first}"),
            None => line.to_owned(),
        })
        .collect();
    assert_eq!(read(&swapped.join("\n")).unwrap(), expected);
}

#[test]
fn what_is_odd_is_kept_and_told() {
    let rows = [row(&[("cpu_energy", "-0.25")]), row(&[("timestamp", "2022-12-22T03:26:17")])];
    let tracker = read(&file(&rows)).unwrap();
    assert_eq!(tracker.runs[0].energy.cpu, -0.25);
    let negative = Finding::NegativeEnergy { line: 2, column: "cpu_energy", kwh: -0.25 };
    assert_eq!(tracker.findings, [negative, Finding::ClockWentBack { line: 3 }]);
    assert_eq!(tracker.findings[0].to_string(), "line 2, cpu_energy: a negative energy, -0.25 kWh");
}

#[test]
fn what_is_wrong_names_line_and_column() {
    let project = |text: &str| file(&[row(&[("project_name", &format!("\"{text}\""))])]);
    let cut = file(&[row(&[])]);
    for (text, expected) in [
        (String::new(), "the file is empty; expected a header"),
        ("a,b\n1,2\n".to_owned(), "line 1: the header is not that of a log of codecarbon 2.1.3: missing timestamp, "),
        (
            HEADER.replace(",on_cloud", ",on_cloud,wue"),
            "line 1: the header is not that of a log of codecarbon 2.1.3: unexpected wue",
        ),
        (
            HEADER.replace("gpu_power", "cpu_power"),
            "line 1: the header is not that of a log of codecarbon 2.1.3: missing gpu_power; unexpected cpu_power",
        ),
        (cut[..cut.len() - 40].to_owned(), "line 2: 14 fields; expected 22"),
        (file(&[row(&[]), String::new()]), "line 3: 0 fields; expected 22"),
        (file(&[row(&[("timestamp", "22.12.2022 03:26")])]), "line 2, timestamp: expected a date and time"),
        (file(&[row(&[("timestamp", "2022-02-30T00:00:00")])]), "line 2, timestamp: expected a date and time"),
        (
            file(&[row(&[]), row(&[("cpu_energy", "low")])]),
            "line 3, cpu_energy: expected a finite number, found \"low\"",
        ),
        (file(&[row(&[("cpu_energy", "")])]), "line 2, cpu_energy: expected a finite number, found \"\""),
        (file(&[row(&[("duration", "inf")])]), "line 2, duration: expected a finite number"),
        (file(&[row(&[("cpu_count", "-1")])]), "line 2, cpu_count: expected a whole number of at least 0"),
        (file(&[row(&[("on_cloud", "")])]), "line 2, on_cloud: expected `Y` or `N`, found \"\""),
        (project("module:A"), "line 2, project_name: expected a part `rep_no:`"),
        (project("module"), "line 2, project_name: expected parts `name:value`"),
        (project("module:A,module:B"), "line 2, project_name: expected every part once"),
        (project("module:A,macs:1,macs:1"), "line 2, project_name: expected every part once"),
        (project("module:A,rep_no:x"), "line 2, project_name `rep_no`: expected a whole number"),
        (
            project("module:A,rep_no:1,macs:1,batch_size:1,forward_passes:0"),
            "line 2, project_name: expected at least one forward pass",
        ),
        (project("module:A,freeText:b"), "line 2, project_name: expected freeText as `name=value`"),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}\n  expected: {expected}");
    }
}

#[test]
fn damaged_logs_are_read_or_refused() {
    let tracker = file(&[row(&[]), row(&[("run_id", "2")])]).into_bytes();
    let job = b"Starting data-collection for conv2d...\n0/1 (config_no/rep_no) [a] (0.0% done)\n\
        [codecarbon ERROR @ 14:19:14] In RAPLFile\n0/2 (config_no/rep_no) [a] (0.1% done)\n\
        Starting data-collection for relu...\n  0%|  | 0/500 [00:00<?, ?it/s]\r\
        current config:[a]:   0%|  | 1/500 [02:12<18:23:40, 132.71s/it][codecarbon ERROR @ 14:19:14]\n";
    damage_texts(4000, &[tracker, job.to_vec()], read_both);
}

fn read_both(bytes: &[u8]) {
    let _ = tracker::read(bytes);
    if let Ok(data_sets) = joblog::read(bytes) {
        for data_set in data_sets {
            let original = data_set.failed_rows(Rule::Original);
            let corrected = data_set.failed_rows(Rule::Corrected);
            assert!(original.iter().all(|row| corrected.contains(row)));
            assert!(corrected.iter().all(|row| *row < data_set.announced_rows));
        }
    }
}

#[test]
fn damaged_real_logs_are_read_or_refused() {
    let Some(mirror) = common::mirror("damaged_real_logs_are_read_or_refused") else {
        return;
    };
    let names = [
        "data/linear/01_linear-architecture-configs-raw.csv",
        "data/linear/02_linear-slurm-log.out",
        "data/linear/01_linear-architecture-configs-slurm-log.out",
    ];
    let files: Vec<Vec<u8>> =
        names.iter().map(|name| std::fs::read(mirror.join("module-energy").join(name)).unwrap()).collect();
    damage_texts(300, &files, read_both);
}

fn tracker_of(folder: &Path, name: &str) -> Tracker {
    let file = std::fs::File::open(folder.join(name)).unwrap();
    tracker::read(std::io::BufReader::new(file)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn job_log_of(folder: &Path, name: &str) -> Vec<DataSet> {
    let file = std::fs::File::open(folder.join(name)).unwrap();
    joblog::read(std::io::BufReader::new(file)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Data set of the log, tracker's CSV, rows, name in the log, id of the published rows.
const DATA_SETS: [(&str, &str, usize, &str, Option<&str>); 15] = [
    (
        "data/architectures/00_architectures-layerwise-slurm-log.out",
        "data/architectures/00_architectures-layerwise-raw.csv",
        3780,
        "architectures",
        Some("mw.d1.dropped"),
    ),
    (
        "data/architectures/01_architectures-layerwise-slurm-log.out",
        "data/architectures/01_architectures-layerwise-raw.csv",
        2070,
        "architectures",
        Some("mw.d2.dropped"),
    ),
    (
        "at-1bc4ecb/data/slurm-7520393.out",
        "at-1bc4ecb/data/architectures-energies-raw.csv",
        2121,
        "architectures",
        Some("u1.dropped"),
    ),
    ("data/conv2d/00_conv2d-slurm-log.out", "data/conv2d/00_conv2d-raw.csv", 1500, "conv2d", Some("conv2d.d1.dropped")),
    (
        "data/conv2d/01_conv2d-architecture-configs-slurm-log.out",
        "data/conv2d/01_conv2d-architecture-configs-raw.csv",
        108,
        "conv2d",
        Some("datasets.conv2d.d3.dropped"),
    ),
    ("data/conv2d/02_conv2d-slurm-log.out", "data/conv2d/02_conv2d-raw.csv", 1500, "conv2d", Some("conv2d.d2.dropped")),
    ("data/linear/00_linear-slurm-log.out", "data/linear/00_linear-raw.csv", 1500, "linear", Some("linear.d1.dropped")),
    (
        "data/linear/01_linear-architecture-configs-slurm-log.out",
        "data/linear/01_linear-architecture-configs-raw.csv",
        36,
        "linear",
        None,
    ),
    ("data/linear/02_linear-slurm-log.out", "data/linear/02_linear-raw.csv", 1500, "linear", Some("linear.d2.dropped")),
    (
        "data/maxpool2d/00_maxpool2d-slurm-log.out",
        "data/maxpool2d/00_maxpool2d-raw.csv",
        1500,
        "maxpool2d",
        Some("maxpool2d.d1.dropped"),
    ),
    (
        "data/maxpool2d/01_maxpool2d-architecture-configs-slurm-log.out",
        "data/maxpool2d/01_maxpool2d-architecture-configs-raw.csv",
        54,
        "maxpool2d",
        None,
    ),
    (
        "data/maxpool2d/02_maxpool2d-slurm-log.out",
        "data/maxpool2d/02_maxpool2d-raw.csv",
        1500,
        "maxpool2d",
        Some("maxpool2d.d2.dropped"),
    ),
    (
        "data/activations/01_relu-slurm-log.out",
        "data/activations/01_relu_raw.csv",
        1500,
        "relu",
        Some("relu.dropped.new"),
    ),
    (
        "data/activations/00_activations-slurm-log.out",
        "data/activations/00_relu-raw.csv",
        1500,
        "relu",
        Some("relu.dropped.old"),
    ),
    (
        "data/activations/00_activations-slurm-log.out",
        "data/activations/00_tanh-raw.csv",
        1500,
        "tanh",
        Some("tanh.dropped"),
    ),
];

/// Numbers in the first column of the published rows, by id.
fn published_rows() -> BTreeMap<String, Vec<u64>> {
    let file = common::repository().join("paper/published/module-energy.toml");
    let published: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let mut rows = BTreeMap::new();
    for entry in published["entry"].as_array().unwrap() {
        let id = entry["id"].as_str().unwrap();
        if id.contains("dropped") {
            let cell = |row: &toml::Value| row[0].as_str().unwrap().parse::<u64>();
            let numbers: Result<Vec<u64>, _> = entry["rows"].as_array().unwrap().iter().map(cell).collect();
            if let Ok(numbers) = numbers {
                rows.insert(id.to_owned(), numbers);
            }
        }
    }
    rows
}

#[test]
fn failed_runs_are_those_that_the_original_dropped() {
    let Some(mirror) = common::mirror("failed_runs_are_those_that_the_original_dropped") else {
        return;
    };
    let folder = mirror.join("module-energy");
    let published = published_rows();
    for (log, csv, rows, name, id) in DATA_SETS {
        let tracker = tracker_of(&folder, csv);
        assert_eq!((tracker.runs.len(), tracker.findings.len()), (rows, 0), "{csv}");
        let data_sets = job_log_of(&folder, log);
        let data_set = data_sets.iter().find(|data_set| data_set.name.as_deref() == Some(name)).unwrap();
        let expected = id.map_or_else(Vec::new, |id| published[id].clone());
        assert_eq!(data_set.failed_rows(Rule::Original), expected, "{log}, {name}");
        // The rows of the CSV are the announced runs; the job of u1 died in its 2122nd run.
        assert!([rows, rows + 1].contains(&(data_set.announced_rows as usize)), "{log}: {}", data_set.announced_rows);
        for (row, run) in tracker.runs.iter().enumerate() {
            assert_eq!(run.project.repetition, row as u64 % joblog::REPETITIONS + 1, "{csv}, row {row}");
        }
    }
    let data_sets = job_log_of(&folder, "data/activations/00_activations-slurm-log.out");
    for (name, id) in [("sigmoid", "sigmoid.dropped"), ("softmax", "softmax.dropped")] {
        let data_set = data_sets.iter().find(|data_set| data_set.name.as_deref() == Some(name)).unwrap();
        assert_eq!(data_set.failed_rows(Rule::Original), published[id], "{name}");
        assert_eq!(tracker_of(&folder, &format!("data/activations/00_{name}-raw.csv")).runs.len(), 1500);
    }
}

/// The entry `derived.log.missed`: configurations whose only errors stand behind a progress bar.
#[test]
fn configurations_that_the_original_missed() {
    let Some(mirror) = common::mirror("configurations_that_the_original_missed") else {
        return;
    };
    let folder = mirror.join("module-energy");
    let file = common::repository().join("paper/published/module-energy.toml");
    let published: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let derived = published["derived"].as_array().unwrap();
    let missed = derived.iter().find(|entry| entry["id"].as_str() == Some("derived.log.missed")).unwrap();
    let mut data_sets = 0;
    for row in missed["rows"].as_array().unwrap() {
        let name = row[0].as_str().unwrap();
        let log = match name {
            "conv2d" | "linear" | "maxpool2d" => format!("data/{name}/02_{name}-slurm-log.out"),
            _ => "data/activations/00_activations-slurm-log.out".to_owned(),
        };
        let log = job_log_of(&folder, &log);
        let data_set = log.iter().find(|data_set| data_set.name.as_deref() == Some(name)).unwrap();
        let original = data_set.failed_rows(Rule::Original);
        let mut found = data_set.failed_rows(Rule::Corrected);
        found.retain(|row| !original.contains(row));
        let configurations = row[1].as_array().unwrap().iter().map(|number| number.as_integer().unwrap() as u64);
        let expected: Vec<u64> = configurations.flat_map(|number| number * 3..number * 3 + 3).collect();
        assert_eq!(found, expected, "{name}");
        data_sets += 1;
    }
    assert_eq!(data_sets, 7);
}

#[test]
fn the_earlier_tracker_knew_where_it_stood() {
    let Some(mirror) = common::mirror("the_earlier_tracker_knew_where_it_stood") else {
        return;
    };
    let tracker = tracker_of(&mirror.join("module-energy"), "at-1bc4ecb/data/architectures-energies-raw.csv");
    let places: Vec<_> = tracker.runs.iter().map(|run| run.place.as_ref().unwrap()).collect();
    assert_eq!((places[0].country_iso_code.as_str(), places[0].coordinates), ("DEU", Some((9.491, 51.2993))));
    let lost = places.iter().filter(|place| place.coordinates.is_none()).count();
    let canada = places.iter().filter(|place| place.country_iso_code == "CAN").count();
    assert!(lost > 0 && lost == canada, "{lost} without coordinates, {canada} in Canada");
}

/// SOURCES: in 184 of 22548 rows of the final data the processor's power is 0.
#[test]
fn powers_that_the_tracker_did_not_see() {
    let Some(mirror) = common::mirror("powers_that_the_tracker_did_not_see") else {
        return;
    };
    let folder = mirror.join("module-energy");
    let mut csvs: Vec<String> = DATA_SETS.iter().map(|(_, csv, ..)| (*csv).to_owned()).collect();
    csvs.extend(["sigmoid", "softmax"].map(|name| format!("data/activations/00_{name}-raw.csv")));
    csvs.retain(|csv| csv.starts_with("data/"));
    let runs: Vec<_> = csvs.iter().flat_map(|csv| tracker_of(&folder, csv).runs).collect();
    assert_eq!(runs.len(), 22_548);
    assert_eq!(runs.iter().filter(|run| run.power.cpu == 0.0).count(), 184);
}
