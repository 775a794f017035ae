use proptest::prelude::*;

use super::*;
use crate::record::cells;

#[test]
fn a_table_has_this_json_form() {
    let record = Record::table("fig2.l4.resnet.table")
        .status(Status::Reconstructed)
        .title("Latency of ResNet-20")
        .quirk("fig2-nan")
        .with_correction()
        .unit("latency", "ms")
        .columns(["type", "latency"])
        .row(0, cells!["none", f64::NAN])
        .row(4, cells!["cmsis-nn", 0.1 + 0.2])
        .excerpt_of(24, 2);
    let expected = r#"{
  "id": "fig2.l4.resnet.table",
  "kind": "table",
  "status": "reconstructed",
  "title": "Latency of ResNet-20",
  "quirk": "fig2-nan",
  "corrected": "fig2.l4.resnet.table.corrected",
  "units": {
    "latency": "ms"
  },
  "columns": [
    "type",
    "latency"
  ],
  "shape": [
    24,
    2
  ],
  "rows": [
    [
      0,
      "none",
      null
    ],
    [
      4,
      "cmsis-nn",
      0.30000000000000004
    ]
  ]
}
"#;
    let json = record.to_json().unwrap();
    assert_eq!(json, expected);
    assert_eq!(Record::from_json(&json, Path::new("t.json")).unwrap(), record);
    assert_eq!(record.cell("4", "latency"), Some(&Cell::Number(0.1 + 0.2)));
    assert_eq!(record.cell("5", "latency"), None);
}

#[test]
fn values_keep_their_order_and_units() {
    let record = Record::regression("fig5.regression")
        .value("slope", 1.9e-8)
        .value("intercept", 0.08)
        .value("n", 21_usize)
        .value("slope", 2e-8)
        .unit("slope", "s/FLOP");
    let json = record.to_json().unwrap();
    let places: Vec<_> =
        ["slope\": 2e-8", "intercept", "n\": 21"].iter().map(|text| json.find(text).unwrap()).collect();
    assert!(places.is_sorted(), "{json}");
}

#[test]
fn a_figure_reads_back_with_its_gaps() {
    let record = Record::figure("fig")
        .x_axis(Axis::new("Latency").unit("ms").range(0.0, 10.0))
        .axis("top", Axis::new("Channels").scale(Scale::Log))
        .series(Series::bars("bars", ["a", "b"], vec![f64::NAN, 2.5]))
        .series(Series::band("L4.band", vec![0.0, 1.0], vec![0.0, 0.5], vec![1.0, f64::INFINITY]));
    let json = record.to_json().unwrap();
    let again = Record::from_json(&json, Path::new("fig.json")).unwrap();
    assert!(again.series[0].value[0].is_nan());
    assert!(again.series[1].upper[1].is_nan());
    assert_eq!(again.axes, record.axes);
    assert_eq!(again.to_json().unwrap(), json);
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let cases = [
        (Record::table("../x"), "its id must"),
        (Record::table("t").columns(["a", "a"]), "column `a` occurs twice"),
        (
            Record::table("t").columns(["a"]).row("x", [1.0]).row("y", [1.0, 2.0]),
            "row 1 has 3 cells, but 1 columns need 2",
        ),
        (
            Record::figure("f").series(Series::scatter("s", vec![1.0], vec![])),
            "series `s`: `y` has 0 values, expected 1",
        ),
        (Record::figure("f").series(Series::band("s", vec![1.0, 1.0], vec![0.0; 2], vec![1.0; 2])), "must increase"),
        (
            Record::figure("f").series(Series::scatter("s", vec![], vec![])).series(Series::scatter(
                "s",
                vec![],
                vec![],
            )),
            "series `s` occurs twice",
        ),
    ];
    for (record, expected) in cases {
        let message = record.to_json().unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn what_is_no_record_is_named_with_its_file() {
    let message = Record::from_json("{\"id\": \"c\"}", Path::new("c.json")).unwrap_err().to_string();
    assert!(message.contains("c.json") && message.contains("kind"), "{message}");
}

proptest! {
    #[test]
    fn every_number_reads_back_as_it_was(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        let json = Record::scalar("s").value("v", number).to_json().unwrap();
        let again = Record::from_json(&json, Path::new("s.json")).unwrap();
        match again.values.get("v") {
            Some(Cell::Number(read)) => prop_assert_eq!(read.to_bits(), bits),
            other => prop_assert!(!number.is_finite() && other == Some(&Cell::Missing)),
        }
    }

    #[test]
    fn from_json_never_panics(text in "\\PC*") {
        let _ = Record::from_json(&text, Path::new("x.json"));
    }
}
