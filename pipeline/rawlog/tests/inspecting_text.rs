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
fn what_is_wrong_names_the_file_and_the_line() {
    let error = inspect::open("a.csv", b"timestamp,project_name,run_id,duration,x\n").unwrap_err();
    assert!(matches!(error, InspectError::Text { .. }));
    assert!(error.to_string().starts_with("a.csv: line 1: the header is not that of"), "{error}");
    let error = inspect::open("p.json", &RECORDS[..RECORDS.len() - 9]).unwrap_err();
    assert!(matches!(error, InspectError::Json { .. }));
    assert!(error.to_string().starts_with("p.json: line 3, column 83: the file ends inside"), "{error}");
    let error = inspect::open("b.csv", b"a,b\n1,2\n").unwrap_err().to_string();
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
