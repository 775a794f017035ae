//! The records of aipowermeter: power_metrics.json in its forms, and the latencies beside it.

mod common;

use std::path::{Path, PathBuf};

use common::mutate::damage_texts;
use rawlog::latency;
use rawlog::power_metrics::{self, Finding, PowerMetrics, PowerMetricsError, Record};
use rawlog::time::iso8601;

const CPU_2021_08: &str = r#"{"date": "2021-08-24 16:46:08.966580", "metrics": {"cpu": {"mem_use_abs": {"7": 125, "5": 1}, "cpu_uses": {"7": 0.75}, "mem_use_percent": {"7": 0.25}, "intel_power": 9.5, "total_cpu_power": 0.5, "total_dram_power": 8.5, "uncore_power": 0.0625, "per_process_cpu_power": {"7": 0.5}, "per_process_dram_power": {"7": 0.25}, "psys_power": 6.5, "mem_use_uss": {"7": 93}}}}"#;
const GPU_2021_08: &str = r#"{"date": "2021-08-24 14:51:06", "metrics": {"gpu": {"nvidia_draw_absolute": 114.5, "per_gpu_attributable_mem_use": {"0": {"7": 172}}, "nvidia_estimated_attributable_power_draw": 114, "average_gpu_estimated_utilization_absolute": 0.5, "per_gpu_average_estimated_utilization_absolute": [{"gpu": 0.0, "pid": 7.0, "sm": 3.0, "mem": 1.0, "enc": 0.0, "dec": 0.0}], "average_gpu_estimated_utilization_relative": 1, "per_gpu_performance_state": {"0": "P2"}, "per_gpu_power_draw": {"0": 114.5}}}}"#;
const BOTH_2022: &str = r#"{"date": "2022-05-04 16:37:37.222861", "metrics": {"cpu": {"per_process_mem_use_abs": {"7": 259}, "per_process_cpu_uses": {"7": 1.5}, "intel_power": 31.5, "psys_power": -1, "uncore_power": [0.25], "total_cpu_power": 21.5}, "gpu": {"nvidia_draw_absolute": 32.25, "per_gpu_power_draw": {"0": 32.25}, "per_gpu_attributable_mem_use": {"0": {}}, "per_gpu_per_pid_utilization_absolute": {"0": {"7": 0.5}}, "per_gpu_absolute_percent_usage": {"0": 0}, "per_gpu_estimated_attributable_utilization": {"0": 0}, "per_gpu_attributable_power": {"all": 0}}}}"#;
const END: &str = "\"END OF RECORDING SEGMENT\"";

fn read(text: &str) -> Result<PowerMetrics, PowerMetricsError> {
    power_metrics::read(text.as_bytes())
}

fn one(text: &str) -> Record {
    read(text).unwrap().segments[0].records[0].clone()
}

#[test]
fn the_forms_of_a_record() {
    let record = one(CPU_2021_08);
    assert_eq!((record.line, iso8601(record.date).as_str()), (1, "2021-08-24T16:46:08.966580"));
    let cpu = record.cpu.unwrap();
    assert_eq!((cpu.intel_power, cpu.total_cpu_power, cpu.total_dram_power), (9.5, Some(0.5), Some(8.5)));
    assert_eq!((cpu.uncore_power, cpu.psys_power), (Some(0.0625), Some(6.5)));
    // The first process is that of the file, not of the smallest number.
    let memory = cpu.per_process_mem_use_abs.unwrap();
    assert_eq!((memory.0[0].clone(), memory.get("5")), (("7".to_owned(), 125), Some(&1)));
    assert_eq!(cpu.per_process_cpu_uses.unwrap().get("7"), Some(&0.75));
    assert_eq!(cpu.per_process_mem_use_uss.unwrap().values().sum::<u64>(), 93);

    let record = one(GPU_2021_08);
    assert!(record.cpu.is_none());
    assert_eq!(iso8601(record.date), "2021-08-24T14:51:06");
    let gpu = record.gpu.unwrap();
    assert_eq!((gpu.nvidia_draw_absolute, gpu.attributable_power_draw), (114.5, Some(114.0)));
    let rows = gpu.utilization.unwrap();
    assert_eq!((rows.len(), rows[0].pid, rows[0].sm), (1, 7.0, 3.0));
    assert_eq!(gpu.memory.unwrap().get("0").unwrap().get("7"), Some(&172));
    assert_eq!(gpu.performance_state.unwrap().get("0").unwrap(), "P2");

    let record = one(BOTH_2022);
    let (cpu, gpu) = (record.cpu.unwrap(), record.gpu.unwrap());
    assert_eq!((cpu.uncore_power, cpu.psys_power, cpu.total_dram_power), (Some(0.25), None, None));
    assert_eq!(gpu.per_pid_utilization.unwrap().get("0").unwrap().get("7"), Some(&0.5));
    assert_eq!((gpu.utilization, gpu.attributable_power.unwrap().get("all")), (None, Some(&0.0)));
}

#[test]
fn segments_end_where_the_recorder_stopped() {
    let text = format!("{CPU_2021_08}\n{CPU_2021_08}\n{END}\n{BOTH_2022}\n");
    let expected = read(&text).unwrap();
    let shape: Vec<_> = expected.segments.iter().map(|segment| (segment.records.len(), segment.closed)).collect();
    assert_eq!(shape, [(2, true), (1, false)]);
    assert_eq!(expected.records().map(|record| record.line).collect::<Vec<_>>(), [1, 2, 4]);
    for text in [text.replace('\n', "\r\n"), text.trim_end().to_owned(), format!("\u{feff}{text}")] {
        assert_eq!(read(&text).unwrap(), expected);
    }
}

#[test]
fn what_is_odd_is_kept_and_told() {
    let text = format!("{BOTH_2022}\n{}\n", CPU_2021_08.replace("9.5", "-9.5"));
    let file = read(&text).unwrap();
    assert_eq!(file.segments[0].records[1].cpu.as_ref().unwrap().intel_power, -9.5);
    let negative = Finding::NegativePower { line: 2, field: "intel_power", watt: -9.5 };
    assert_eq!(file.findings, [negative, Finding::ClockWentBack { line: 2 }]);
}

#[test]
fn what_is_wrong_names_line_and_field() {
    let second = |line: &str| format!("{CPU_2021_08}\n{line}\n");
    for (text, expected) in [
        (String::new(), "the file is empty; expected records"),
        (second(&CPU_2021_08[..100]), "line 2, column 100: the file ends inside a record"),
        (second(""), "line 2, column 0: the file ends inside a record"),
        (second(&CPU_2021_08.replace("9.5", "\"9.5\"")), "invalid type: string \"9.5\", expected f64"),
        (second(&CPU_2021_08.replace("9.5", "1e999")), "number out of range"),
        (second(&CPU_2021_08.replace("9.5", "NaN")), "line 2, column 167: no JSON where a record"),
        (
            second(&CPU_2021_08.replace("intel_power", "amd_power")),
            "unknown field `amd_power`, expected one of `intel_power`",
        ),
        (second(&CPU_2021_08.replace("\"intel_power\": 9.5, ", "")), "missing field `intel_power`"),
        (second(&CPU_2021_08.replace("\"cpu_uses\": {", "\"cpu_uses\": {\"7\": 1,")), "key `7` occurs twice"),
        (second(&CPU_2021_08.replace("0.0625", "[]")), "invalid length 0, expected a number or a list of one number"),
        (
            second(&CPU_2021_08.replace("0.0625", "[1, 2]")),
            "invalid length 2, expected a number or a list of one number",
        ),
        (second(&CPU_2021_08.replace("125", "-125")), "invalid value: integer `-125`, expected u64"),
        (second(&CPU_2021_08.replace("2021-08-24", "24.08.2021")), "line 2, date: expected a date and time"),
        (second("\"END\""), "line 2: the text \"END\"; expected a record, or the text `END OF RECORDING SEGMENT`"),
        (second("[1]"), "invalid type: sequence, expected an object with `date` and `metrics`"),
        (second(&"[".repeat(100_000)), "line 2"),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\n  expected: {expected}");
        assert!(text.is_empty() || error.starts_with("line 2"), "{error}");
    }
}

#[test]
fn latencies() {
    let expected = [0.0625, 1.5e-3];
    for text in ["6.25e-02\n1.500000000000000000e-03\n", "6.25e-02\r\n1.5e-03", "\u{feff}0.0625\n0.0015\n"] {
        assert_eq!(latency::read_csv(text.as_bytes()).unwrap(), expected);
    }
    assert_eq!(latency::read_json(b"[0.0625, 1.5e-3]").unwrap(), expected);
    let (csv, json) = (latency::write_csv(&expected), latency::write_json(&expected));
    assert_eq!(
        (latency::read_csv(&csv[..]).unwrap(), latency::read_json(&json).unwrap()),
        (expected.into(), expected.into())
    );
    assert_eq!(String::from_utf8(csv).unwrap(), "6.250000000000000000e-02\n1.500000000000000031e-03\n");
    assert_eq!(json, b"[0.0625, 0.0015]");
    for (text, message) in [
        ("", "the file is empty; expected durations"),
        ("0.5\n\n", "line 2, duration: expected a finite number, found \"\""),
        ("latency\n0.5\n", "line 1, duration: expected a finite number, found \"latency\""),
        ("0.5\nnan\n", "line 2, duration: expected a finite number, found \"nan\""),
        ("0.5\n-0.5\n", "line 2, duration: expected a duration in s, at least 0, found \"-0.5\""),
    ] {
        let error = latency::read_csv(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    for (text, message) in [
        ("", "the file is empty"),
        ("[]", "the file is empty"),
        ("[0.5, 0.", "line 1, column 8: the file ends inside an array"),
        ("[0.5, \"a\"]", "invalid type: string \"a\", expected f64"),
        ("[0.5, -1]", "element 1 is negative"),
    ] {
        let error = latency::read_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn damaged_records_are_read_or_refused() {
    let file = format!("{CPU_2021_08}\n{GPU_2021_08}\n{END}\n{BOTH_2022}\n").into_bytes();
    damage_texts(4000, &[file, b"6.25e-02\n1.5e-03\n".to_vec(), b"[0.5, 0.25]".to_vec()], read_all);
}

fn read_all(bytes: &[u8]) {
    if let Ok(file) = power_metrics::read(bytes) {
        assert!(file.segments.iter().all(|segment| segment.closed || !segment.records.is_empty()));
    }
    let _ = latency::read_csv(bytes);
    let _ = latency::read_json(bytes);
}

/// Every power_metrics.json of the mirror with the number of its records, segments, and parts on
/// processor and graphics card.
const FILES: [(&str, usize, usize, usize, usize); 7] = [
    ("deep_learning_mcmc/4fc8afe/power_measure", 21, 1, 0, 21),
    ("deep_learning_mcmc/f7050c2/power_measure", 52, 1, 39, 13),
    ("examples/example_data", 30, 1, 30, 30),
    ("examples/example_data/test", 44, 2, 44, 0),
    ("examples/example_data/train", 338, 2, 338, 0),
    ("examples/measure_power", 13, 1, 13, 0),
    ("pruningSPMM/cusparse/measure_power", 11, 1, 11, 11),
];

fn path(mirror: &Path, folder: &str) -> PathBuf {
    mirror.join("aipowermeter").join(folder).join("power_metrics.json")
}

#[test]
fn all_real_files() {
    let Some(mirror) = common::mirror("all_real_files") else {
        return;
    };
    for (folder, records, segments, cpu, gpu) in FILES {
        let bytes = std::fs::read(path(&mirror, folder)).unwrap();
        let file = power_metrics::read(&bytes[..]).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let found = file.records().fold((0, 0, 0), |(records, cpu, gpu), record| {
            (records + 1, cpu + usize::from(record.cpu.is_some()), gpu + usize::from(record.gpu.is_some()))
        });
        assert_eq!((found, file.segments.len()), ((records, cpu, gpu), segments), "{folder}");
        assert_eq!(file.findings, [], "{folder}");
    }
}

/// Energy of the packages by the trapezoidal rule, in J.
fn joules<'a>(records: impl Iterator<Item = &'a Record>) -> f64 {
    let points: Vec<(f64, f64)> =
        records.map(|record| (record.date as f64 / 1e9, record.cpu.as_ref().unwrap().intel_power)).collect();
    points.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum()
}

/// The file holds two recordings, 36 s apart: what was not measured must not be integrated.
#[test]
fn energy_within_segments_and_across() {
    let Some(mirror) = common::mirror("energy_within_segments_and_across") else {
        return;
    };
    let bytes = std::fs::read(path(&mirror, "examples/example_data/test")).unwrap();
    let file = power_metrics::read(&bytes[..]).unwrap();
    let within: f64 = file.segments.iter().map(|segment| joules(segment.records.iter())).sum();
    assert_eq!(format!("{within:.1}"), "317.6");
    assert_eq!(format!("{:.0}", joules(file.records())), "1726");
}

#[test]
fn damaged_real_records_are_read_or_refused() {
    let Some(mirror) = common::mirror("damaged_real_records_are_read_or_refused") else {
        return;
    };
    let files: Vec<Vec<u8>> = FILES.iter().map(|file| std::fs::read(path(&mirror, file.0)).unwrap()).collect();
    damage_texts(300, &files, read_all);
}
