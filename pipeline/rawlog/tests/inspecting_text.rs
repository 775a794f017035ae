//! Raw files of text as a person sees them.

mod common;

use common::mutate::damage_texts;
use rawlog::inspect::{self, Format, InspectError};

const JOB: &[u8] = b"Starting data-collection for conv2d...\n0/1 (config_no/rep_no) [a] (0.0% done)\n\
    [codecarbon ERROR @ 14:19:14] In RAPLFile\n0/2 (config_no/rep_no) [a] (0.1% done)\n\
    Starting data-collection for relu...\n\
    current config:[a]:   0%|  | 1/500 [02:12<18:23:40, 132.71s/it][codecarbon ERROR @ 14:19:14]\n";
const RECORDS: &[u8] = b"{\"date\": \"2021-12-08 13:55:49\", \"metrics\": {\"cpu\": {\"intel_power\": 29.5}}}\n\
    \"END OF RECORDING SEGMENT\"\n\
    {\"date\": \"2021-12-08 13:56:49\", \"metrics\": {\"cpu\": {\"intel_power\": 30.5, \"psys_power\": 1}}}\n";

#[test]
fn text_formats_in_short() {
    let opened = inspect::open("a.out", JOB).unwrap();
    assert_eq!(opened.format, Format::JobLog);
    assert_eq!(
        opened.describe(|_| None).render(100),
        "a.out\n\
         job log, failed runs of conv2d of 2 rows, relu of 6 rows: 2 rows x 7 columns\n\
         index: RangeIndex, 0 to 1\n\
         \n\
         column                type                    nulls  row 0         row 1\n\
         data_set              object                  0      conv2d        relu\n\
         style                 object                  0      printed runs  progress bar\n\
         configuration         int64                   0      0             1\n\
         repetition            object (integer, None)  1      1             None\n\
         line                  int64                   0      3             6\n\
         errors_at_line_start  int64                   0      1             0\n\
         errors_behind_text    int64                   0      0             1\n"
    );
    let opened = inspect::open("power_metrics.json", RECORDS).unwrap();
    assert_eq!((opened.format, opened.frame.nrows()), (Format::PowerMetrics, 2));
    assert_eq!(opened.variant, "AIPowerMeter records, 2 segment(s), 1 closed");
    let description = opened.describe(|_| None);
    let names: Vec<_> = description.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["segment", "date", "intel_power", "psys_power"]);
    assert_eq!(description.columns[2].unit.as_deref(), Some("W"));
    let opened = inspect::open("latency.csv", b"6.25e-02\n1.5e-03\n").unwrap();
    assert_eq!((opened.format, opened.frame.nrows()), (Format::LatencyCsv, 2));
}

#[test]
fn results_of_benchmarks_in_short() {
    let open = |text: &str| inspect::open("file", text.as_bytes()).unwrap();
    let columns = |opened: &inspect::Opened| -> Vec<(String, Option<String>)> {
        opened.describe(|_| None).columns.into_iter().map(|column| (column.name, column.unit)).collect()
    };
    let mapping = "cycle,layer_name,layer_type,layer_power_including_idle_power_micro_watt,\
        layer_power_excluding_idle_power_micro_watt,layer_run_time\n1,a,Reformat,,,0.03\n1,b,CaskPooling,9,5,0.08\n";
    let opened = open(mapping);
    assert_eq!((opened.format, opened.frame.nrows()), (Format::LayerPowersCsv, 2));
    assert_eq!(columns(&opened)[4], ("layer_power_excluding_idle_power_micro_watt".to_owned(), Some("µW".to_owned())));
    assert_eq!(opened.describe(|_| None).columns[3].nulls, 1, "no sample fell into the first run");
    let benchmark = r#"{"config": {"model": "m", "dtype": "float16", "input_shape": [1, 3, 2, 2], "warmup": 1, "runs": 2},
        "total_time": 1.0, "timestamp": "20241025-082414", "latencies": [0.25, 0.5], "avg_latency": 0.375,
        "avg_throughput": 2.6}"#;
    for text in [benchmark.to_owned(), serde_json::to_string(benchmark).unwrap()] {
        let opened = open(&text);
        assert_eq!(
            (opened.format, opened.variant.as_str()),
            (Format::Benchmark, "latencies of m, float16, 20241025-082414")
        );
        assert_eq!(columns(&opened), [("latency".to_owned(), Some("s".to_owned()))]);
    }
    let profile = r#"[{"count": 7}, {"name": "conv", "timeMs": 14, "averageMs": 2, "medianMs": 2, "percentage": 100}]"#;
    let opened = open(profile);
    assert_eq!((opened.format, opened.frame.nrows()), (Format::TrtexecProfile, 1));
    assert_eq!(columns(&opened)[2].1.as_deref(), Some("ms"));
    for (text, format, rows) in [
        (r#"{"timestamp": "20241121-051743", "avg_idle_power": 5e6}"#, Format::IdlePower, 1),
        ("The average idling power measured: 4659744.25 muW\n", Format::IdlePower, 1),
        (r#"{"conv0": 5973112.25, "pool": 2}"#, Format::LayerPowers, 2),
        (r#"{"convolutional": {"batch_size": 1, "kernel_0": 3}, "dense": {}}"#, Format::LayerFeatures, 2),
    ] {
        let opened = open(text);
        assert_eq!((opened.format, opened.frame.nrows()), (format, rows), "{text}");
    }
}

#[test]
fn columns_of_comma_separated_text_have_the_type_of_their_cells() {
    let text = "\u{feff}model,runs,top1,start,none,mixed\r\n\
        a,1,43.5,2020-08-07 15:46:21.5,,1\r\n\"b, c\",2,,2020-08-07 15:46:22,,x\r\n";
    let opened = inspect::open("models.txt", text.as_bytes()).unwrap();
    assert_eq!((opened.format, opened.frame.nrows()), (Format::Delimited, 2));
    let types: Vec<_> =
        opened.frame.columns().iter().map(|column| (column.name.as_str(), column.dtype.as_str())).collect();
    let expected = [
        ("model", "object"),
        ("runs", "int64"),
        ("top1", "float64"),
        ("start", "datetime64[ns]"),
        ("none", "object"),
        ("mixed", "object"),
    ];
    assert_eq!(types, expected);
    let mut csv = Vec::new();
    inspect::write_csv(&opened.frame, &mut csv).unwrap();
    assert!(String::from_utf8(csv).unwrap().contains("\n\"b, c\",2,,2020-08-07T15:46:22,,x\n"));
}

#[test]
fn what_is_wrong_names_the_file_and_the_line() {
    let error = inspect::open("a.csv", b"timestamp,project_name,run_id,duration,x\n").unwrap_err();
    assert!(matches!(error, InspectError::Text { .. }));
    assert!(error.to_string().starts_with("a.csv: line 1: the header is not that of"), "{error}");
    let error = inspect::open("p.json", &RECORDS[..RECORDS.len() - 9]).unwrap_err();
    assert!(matches!(error, InspectError::Json { .. }));
    assert!(error.to_string().starts_with("p.json: line 3, column 83: the file ends inside"), "{error}");
    let error = inspect::open("b.csv", b"a,b\n1,2\n1,2,3\n").unwrap_err();
    assert!(matches!(error, InspectError::Delimited { .. }));
    assert!(error.to_string().starts_with("b.csv: line 3: "), "{error}");
    let error = inspect::open("t.json", b"[{\"startEnqMs\": true}]").unwrap_err().to_string();
    assert!(error.starts_with("t.json: line 1, column "), "{error}");
    let error = inspect::open("b.csv", b"a\n1\n").unwrap_err().to_string();
    assert!(error.contains("known are: a pandas DataFrame") && error.contains("codecarbon"), "{error}");
}

#[test]
fn damaged_files_are_shown_or_refused() {
    damage_texts(2000, &[JOB.to_vec(), RECORDS.to_vec()], |bytes| {
        if let Ok(opened) = inspect::open("file", bytes) {
            let _ = opened.describe(|_| None).render(80);
            inspect::write_csv(&opened.frame, std::io::sink()).unwrap();
            inspect::write_json_rows(&opened.frame, std::io::sink()).unwrap();
        }
    });
}

#[test]
fn real_files_are_recognised() {
    let Some(mirror) = common::mirror("real_files_are_recognised") else {
        return;
    };
    for (file, format, rows) in [
        ("module-energy/data/conv2d/00_conv2d-raw.csv", Format::TrackerCsv, 1500),
        ("module-energy/at-1bc4ecb/data/architectures-energies-raw.csv", Format::TrackerCsv, 2121),
        ("module-energy/data/linear/00_linear-slurm-log.out", Format::JobLog, 14),
        ("module-energy/data/linear/02_linear-slurm-log.out", Format::JobLog, 13),
        ("aipowermeter/examples/example_data/power_metrics.json", Format::PowerMetrics, 30),
        (
            "edge-layers/desktop/torch_trt/results/alexnet/trt_profiling/trt_engine_info.json",
            Format::TensorRtEngine,
            20,
        ),
        (
            "edge-layers/desktop/torch_trt/results/alexnet/trt_profiling/trt_layer_latency.json",
            Format::TensorRtProfile,
            2000,
        ),
        (
            "edge-layers/model_training/tests/test_data/example_raw_data/multiple_layers/multiple_layers_power_log.log",
            Format::JetsonPowerLog,
            11,
        ),
        (
            "edge-layers/desktop/torch_onnx_trtexec/results/alexnet/alexnet_fp16.profile.metadata.json",
            Format::TrtexecSummary,
            2,
        ),
        ("vision-inference/logs/pm.csv", Format::Delimited, 30),
        ("vision-inference/logs/models.txt", Format::Delimited, 35),
    ] {
        let bytes = std::fs::read(mirror.join(file)).unwrap();
        let opened = inspect::open(file, &bytes).unwrap();
        assert_eq!((opened.format, opened.frame.nrows()), (format, rows), "{file}");
    }
    let file = "module-energy/data/conv2d/00_conv2d-raw.csv";
    let opened = inspect::open(file, &std::fs::read(mirror.join(file)).unwrap()).unwrap();
    let shown = opened.describe(|_| None).render(100);
    assert!(shown.contains("kWh") && shown.contains("image_size=127;kern"), "{shown}");
}
