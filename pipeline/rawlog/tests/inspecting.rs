//! Raw files as a person sees them: recognised, described, and written as CSV and JSON.

mod common;

use rawlog::inspect::{self, Format, InspectError};
use rawlog::pickle::{self, FileError};

fn open(name: &str) -> inspect::Opened {
    let bytes = std::fs::read(common::pickles().join(name)).unwrap();
    inspect::open(name, &bytes).unwrap()
}

#[test]
fn a_pickle_in_short() {
    let opened = open("pandas-2.2.3-p3-category.pkl");
    assert_eq!(opened.format, Format::PandasPickle);
    let units = |name: &str| name.strip_prefix("energy_").map(str::to_owned);
    assert_eq!(
        opened.describe(units).render(80),
        "pandas-2.2.3-p3-category.pkl\n\
         pandas pickle, protocol 3: 4 rows x 3 columns\n\
         index: RangeIndex, 0 to 3\n\
         \n\
         column     type                  unit  nulls  row 0  row 1  row 2  row 3\n\
         energy_uJ  float64               uJ    0      1.0    2.0    3.0    4.0\n\
         board      category (text, NaN)        1      F7     L4     NaN    F7\n\
         bits       category                    0      8      16     8      32\n"
    );
}

#[test]
fn a_whole_pickle_as_csv_and_json() {
    let opened = open("pandas-1.5.3-p2-index-multi.pkl");
    let mut csv = Vec::new();
    inspect::write_csv(&opened.frame, &mut csv).unwrap();
    let expected = "board,level_1,energy_uJ\nF4,1,0.0\nF4,2,0.25\nL4,2,0.5\n,1,0.75\n";
    assert_eq!(String::from_utf8(csv).unwrap(), expected);

    let opened = open("pandas-0.25.3-p4-mixed.pkl");
    let mut json = Vec::new();
    inspect::write_json_rows(&opened.frame, &mut json).unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let row = &rows[0];
    assert_eq!(row["energy_uJ"], 1.5);
    assert_eq!(row["shape"], serde_json::json!([1, 32, 32, 3]));
    assert_eq!(row["type"], "numpy.float32");
    assert_eq!(rows[2]["run"], i64::MAX);
    assert_eq!(rows[1]["holder"], "<dict of 1>");
    // Infinity has no form in JSON.
    assert_eq!(rows[4]["energy_uJ"], serde_json::Value::Null);
}

#[test]
fn what_is_no_known_format_says_what_it_looks_like() {
    for (bytes, expected) in [
        (&b"\x1f\x8b\x08\0"[..], "compressed with gzip; decompress it first"),
        (b"a\n1,2\n", "does not begin with the opcode PROTO"),
        (b"", "the file is empty"),
    ] {
        let error = inspect::open("log.dat", bytes).unwrap_err();
        assert!(matches!(error, InspectError::UnknownFormat { .. }), "{error}");
        let error = error.to_string();
        assert!(error.starts_with("log.dat: unknown format") && error.contains(expected), "{error}");
    }
    // A name ending in .pkl says what it should be.
    let error = inspect::open("log.pkl", b"a,b\n").unwrap_err();
    assert!(error.to_string().starts_with("log.pkl: this is not a pickle of protocol 2 to 5"), "{error}");
    let error = inspect::open("log.pkl", b"\x80\x06.").unwrap_err().to_string();
    assert_eq!(error, "log.pkl: offset 0: pickle protocol 6; protocols 2 to 5 can be read");
}

#[test]
fn files_are_read_up_to_a_limit() {
    let path = common::pickles().join("pandas-1.1.5-p4-mixed.pkl");
    let size = std::fs::metadata(&path).unwrap().len();
    assert_eq!(pickle::read_path(&path, size).unwrap().nrows(), 5);
    let error = pickle::read_path(&path, size - 1).unwrap_err();
    assert!(matches!(error, FileError::TooLarge { bytes, .. } if bytes == size), "{error}");
    let missing = common::pickles().join("missing.pkl");
    let error = pickle::read_path(&missing, size).unwrap_err();
    assert!(matches!(error, FileError::Io { .. }), "{error}");
    assert!(error.to_string().contains("missing.pkl: cannot be read"), "{error}");
}
