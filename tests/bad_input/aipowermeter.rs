//! The recordings of aipowermeter: the one of a laptop, 13 records of its processor.

use std::fs;

use crate::assert_told;
use crate::support::{Workspace, mirror, replace};

const STUDY: &str = "aipowermeter";
const STAGE: &str = "aipowermeter/ingest/laptop";
const LAPTOP: &str = "examples/measure_power/power_metrics.json";
const RECORD: &str = "derived/aipowermeter/records/derived.real.examples.measure_power.json";

#[test]
fn recordings_that_cannot_be_read() {
    let Some(mirror) = mirror() else { return };
    type Spoil = fn(Vec<u8>) -> Vec<u8>;
    let cases: [(Spoil, &[&str]); 9] = [
        (|_| Vec::new(), &["the file is empty", "expected records of power_metrics.json"]),
        (|bytes| bytes[..bytes.len() - 60].to_vec(), &["line 13", "the file ends inside a record", "truncated"]),
        (|bytes| replace(bytes, b"29.728636861342007", b"\"9.72863686134200\""), &["line 1", "expected f64"]),
        (|bytes| replace(bytes, b"\"intel_power\"", b"\"inter_power\""), &["line 1", "unknown field `inter_power`"]),
        (|bytes| replace(bytes, b"\"metrics\"", b"\"matrics\""), &["line 1", "unknown field `matrics`"]),
        (|bytes| replace(bytes, b"13:55:51.3", b"13:55:61.3"), &["line 2", "expected a date and time"]),
        (|bytes| replace(bytes, b"13:55:51.3", b"13:54:51.3"), &["line 2", "the date is before", "never go back"]),
        (|bytes| replace(bytes, b"29.728636861342007", b"-9.728636861342007"), &["line 1", "a negative power", "0 W"]),
        (
            |bytes| {
                String::from_utf8(bytes).unwrap().replacen("{\"16809\": ", "{\"16809\": 1, \"16809\": ", 1).into_bytes()
            },
            &["line 1", "key `16809` occurs twice"],
        ),
    ];
    let workspace = Workspace::with_raw(&mirror);
    let genuine = fs::read(workspace.path(&format!("raw/{STUDY}/{LAPTOP}"))).unwrap();
    for (spoil, words) in cases {
        workspace.spoil_raw(STUDY, LAPTOP, spoil);
        let build = workspace.build(&[STAGE]);
        assert_eq!(build.failed(), [STAGE], "{}", build.errors);
        assert_told(&build, &["study aipowermeter", STAGE, &format!("raw/{STUDY}/{LAPTOP}")]);
        assert_told(&build, words);
        workspace.spoil_raw(STUDY, LAPTOP, |_| genuine.clone());
    }
}

#[test]
fn line_ends_and_marks_of_byte_order_make_no_difference() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    assert_eq!(workspace.build(&[RECORD]).code, Some(0));
    let expected = workspace.read(RECORD);
    workspace.spoil_raw(STUDY, LAPTOP, |bytes| {
        let text = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
        format!("\u{feff}{}", text.trim_end()).into_bytes()
    });
    let build = workspace.build(&[RECORD]);
    assert_eq!((build.code, build.ran().contains(&STAGE)), (Some(0), true), "{}", build.errors);
    assert_eq!(workspace.read(RECORD), expected);
}

/// The runs of the studies are made by stages: what is lost or edited comes back, and nothing is analysed of less.
#[test]
fn a_run_folder_that_lost_its_latencies_gets_them_back() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    let target = "aipowermeter/ingest/resnet50-4096";
    assert_eq!(workspace.build(&[target]).code, Some(0));
    let folder = workspace.path("derived/aipowermeter/simulated/resnet50/input_4096/run_3");
    let latencies = fs::read(folder.join("latency.csv")).unwrap();
    fs::remove_file(folder.join("latency.csv")).unwrap();
    let records = fs::read(folder.join("power_metrics.json")).unwrap();
    fs::remove_file(folder.join("power_metrics.json")).unwrap();
    fs::write(folder.join("power_metrics.json"), &records[..100]).unwrap();
    let build = workspace.build(&[target]);
    assert_eq!((build.code, build.ran()), (Some(0), vec![]), "{}", build.errors);
    assert_eq!(build.restored(), ["aipowermeter/simulate/resnet50-4096"]);
    assert!(fs::read(folder.join("latency.csv")).unwrap() == latencies);
    assert!(fs::read(folder.join("power_metrics.json")).unwrap() == records);
}
