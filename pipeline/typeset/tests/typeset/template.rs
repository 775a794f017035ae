//! The house style: the trial document typesets, and the functions that papers are written with do
//! what they say.

use std::process::Command;

use crate::common::{alone, only, streams, trial, with_text};
use typeset::{Backend, Document, Error, Pdf, Standard};

fn pdf(document: &Document) -> Pdf {
    Backend::choose(None).unwrap().pdf(document).unwrap_or_else(|error| panic!("{error}"))
}

/// The first error that a text with the template has: `file:line: message`, and the lines of the
/// text that led to it.
fn first_error(text: &str) -> (String, Vec<usize>) {
    match Backend::choose(None).unwrap().pdf(&with_text(text)) {
        Err(Error::Document(found)) => {
            let lines = found[0].trace.iter().filter(|call| call.at.file == "main.typ").map(|call| call.at.line);
            (found[0].message.clone(), lines.collect())
        }
        other => panic!("expected errors of the document, got {other:?}"),
    }
}

fn count(bytes: &[u8], word: &str) -> usize {
    bytes.windows(word.len()).filter(|window| *window == word.as_bytes()).count()
}

#[test]
fn the_trial_is_accessible_and_complete() {
    for standard in [Standard::Plain, Standard::A2a, Standard::Ua1, Standard::Ua1A2a] {
        let pdf = pdf(&Document { standard, ..trial() });
        assert_eq!(pdf.warnings, [], "{standard:?}");
        assert_eq!(pdf.pages, Some(6), "{standard:?}");
        // Tagged, with title, language and bookmarks; every font is in the file.
        for word in ["/StructTreeRoot", "/Marked true", "/Lang(en-GB)", "/Outlines", "A trial of the house style, with"]
        {
            assert!(count(&pdf.bytes, word) > 0, "{standard:?}: no {word}");
        }
        let descriptors = count(&pdf.bytes, "/Type/FontDescriptor");
        assert_eq!((descriptors, count(&pdf.bytes, "/FontFile")), (5, 5), "{standard:?}");
        let (ua, a2a) = (count(&pdf.bytes, "<pdfuaid:part>1<"), count(&pdf.bytes, "<pdfaid:part>2<"));
        let expected = match standard {
            Standard::Plain => (0, 0),
            Standard::A2a => (0, 1),
            Standard::Ua1 => (1, 0),
            Standard::Ua1A2a => (1, 1),
        };
        assert_eq!((ua, a2a), expected);
    }
}

#[test]
fn text_survives_as_text() {
    let _alone = alone();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf(&trial()).bytes).unwrap();
    let Ok(run) = Command::new("pdftotext").args(["-enc", "UTF-8"]).arg(file.path()).arg("-").output() else {
        println!("skipped: no pdftotext on PATH to read the text of a PDF with");
        return;
    };
    let text = String::from_utf8(run.stdout).unwrap();
    let expected = [
        // Of a figure, and its caption.
        "CMSIS-NN",
        "energy [mJ]",
        "Figure 1. Energy of one inference on three microcontrollers.",
        // Prose, with numbers from records.
        "the slope of the regression is 0.0123 µs per operation (p = 3.2 × 10⁻¹²)",
        "A p-value below the smallest float is 3.2 × 10⁻⁶⁹⁴, a missing value is —",
        // A name that is broken over lines in the table is whole all the same.
        "W-int8_A-int8_",
        // The banners, and the head of each page.
        "Simulated data. Computed from simulated raw data",
        "2 of the 9 records in this paper (sim.regression, many.figure)",
        "Reconstructed data. Resting on data that were never released",
        "256 of 257 checked values agree with those published, 1 do not; 2 published entries could\nnot be checked.",
    ];
    for words in expected {
        assert!(text.contains(words), "no {words:?} in:\n{text}");
    }
    assert_eq!(text.matches("Contains simulated data").count(), 6);
    // Padding that aligns numbers is not text, nor are places where a name may be broken.
    assert!(text.lines().any(|line| line == "12 091"), "{text}");
    assert!(!text.contains('\u{200b}'));
}

#[test]
fn published_data_have_no_banner() {
    let text = "#import \"/template.typ\": *\n#show: paper.with(title: \"t\")\n#value(\"one.regression\", \"slope\")\n\
        #context assert.eq(shown-records().map(found => found.status), (\"published\",))";
    let plain = pdf(&with_text(text));
    let simulated =
        pdf(&with_text(&text.replace("one.regression", "sim.regression").replace("published", "simulated")));
    // The banner and the page head are the only text in this colour, #9c2f12.
    let warns = |pdf: &Pdf| streams(pdf).iter().any(|stream| count(stream, "0.6117647 0.18431373 0.07058824 sc") > 0);
    assert!(!warns(&plain));
    assert!(warns(&simulated));
}

#[test]
fn numbers_are_written_as_they_should() {
    let text = r##"
        #import "/lib/number.typ": *
        #set document(title: "t")
        #let check(..pairs) = for (made, expected) in pairs.pos() { assert.eq(made, expected) }
        #check(
          // Rounding is decimal, half away from zero, and carries.
          (fixed(2.675, 2), "2.68"), (fixed(0.5, 0), "1"), (fixed(0.49, 0), "0"), (fixed(9.995, 2), "10.00"),
          (fixed(-1.5, 0), "−2"), (fixed(-0.004, 2), "0.00"), (fixed(0, 3), "0.000"), (fixed(7, 1), "7.0"),
          (fixed(0.0999, 3), "0.100"), (fixed(0.04, 1), "0.0"), (fixed(0.06, 1), "0.1"), (fixed(0.0006, 1), "0.0"),
          (fixed(1234.5, 1), "1234.5"), (fixed(12090.504, 1), "12\u{202f}090.5"), (fixed(-1234567.0, 0), "−1\u{202f}234\u{202f}567"),
          (fixed(1e22, 0), "10\u{202f}000\u{202f}000\u{202f}000\u{202f}000\u{202f}000\u{202f}000\u{202f}000"),
          // Significant digits, trailing zeros among them.
          (significant(36.391342, 4), "36.39"), (significant(8.0, 3), "8.00"), (significant(0.00012345, 3), "0.000123"),
          (significant(0.000012345, 3), "1.23 × 10⁻⁵"), (significant(999999.0, 6), "999\u{202f}999"), (significant(999999.5, 6), "1.00000 × 10⁶"),
          (significant(0.0, 3), "0"), (significant(12090.5, 2), "12\u{202f}000"), (significant(0.99996, 4), "1.000"),
          // Powers of ten, to both ends of what a float holds.
          (scientific(-0.00012345, 3), "−1.23 × 10⁻⁴"), (scientific(9.99e9, 2), "1.0 × 10¹⁰"), (scientific(5e-324, 2), "5.0 × 10⁻³²⁴"),
          (scientific(1.7976931348623157e308, 4), "1.798 × 10³⁰⁸"), (scientific(0, 3), "0"), (scientific(3, 1), "3 × 10⁰"),
          // What is no number.
          (fixed(none, 2), "—"), (significant(float.nan, 2), "—"), (scientific(float.inf, 2), "∞"), (fixed(-float.inf, 2), "−∞"),
          // The form that fits.
          (number(42), "42"), (number(10350), "10\u{202f}350"), (number(0.5, unit: "ms"), "0.5000\u{a0}ms"), (number(none, unit: "ms"), "—"),
          (number(24.0, decimals: 1, unit: ""), "24.0"), (percent(0.05123), "5.1\u{202f}%"), (integer(1234567), "1\u{202f}234\u{202f}567"),
          // p-values.
          (p-value(0.041), "0.041"), (p-value(3.2e-12), "3.2 × 10⁻¹²"), (p-value(0.0, log10: -693.5), "3.2 × 10⁻⁶⁹⁴"),
          (p-value(0.0), "< 10⁻³⁰⁷"), (p-value(none), "—"), (p-value(none, log10: -5.0), "1.0 × 10⁻⁵"), (p-value(0.0, log10: -400.0001, digits: 3), "1.00 × 10⁻⁴⁰⁰"),
          (p-value(1.0), "1.0"), (p-value(0.001), "0.0010"), (p-value(1e-310, log10: -310.0), "1.0 × 10⁻³¹⁰"),
        )
        ok
    "##;
    pdf(&with_text(text));
}

#[test]
fn what_is_asked_for_in_vain_is_an_error_at_the_line_that_asks() {
    let head = "#import \"/template.typ\": *\n";
    let cases = [
        ("#value(\"no.such\", \"slope\")", "file not found (searched at records/no.such.json)"),
        ("#value(\"one.regression\", \"slop\")", "record `one.regression` has no value `slop`; it has slope, "),
        ("#value(\"small.table\", \"runs\")", "record `small.table` is a table: name a row"),
        (
            "#value(\"small.table\", \"run\", row: 0)",
            "record `small.table` has no column `run`; it has combined_type, ",
        ),
        ("#value(\"small.table\", \"runs\", row: \"9\")", "record `small.table` has no row \\\"9\\\""),
        ("#value(\"bars.figure\", \"x\")", "record `bars.figure` is a figure and has no single values"),
        ("#made-figure(\"bars.figure\", caption: [c])", "figure `bars.figure` needs `alt`"),
        ("#made-figure(\"small.table\", caption: [c], alt: \"a\")", "record `small.table` is a table, not a figure"),
        ("#record-table(\"small.table\", columns: (\"x\",))", "record `small.table` has no column `x`"),
        ("#record-table(\"one.regression\")", "record `one.regression` is a regression, not a table"),
        ("#regression-table((\"small.table\",))", "record `small.table` is a table and has no values"),
        ("#paper(title: none)[]", "a paper needs `title`, a string"),
    ];
    for (call, expected) in cases {
        let (message, lines) = first_error(&format!("{head}{call}"));
        assert!(message.contains(&expected.replace("\\\"", "\"")), "{call}: {message}");
        assert_eq!(lines, [2], "{call}");
    }
}

#[test]
fn broken_records_are_named() {
    let error = |path: &str, content: &str, call: &str| {
        let mut document = with_text(&format!("#import \"/template.typ\": *\n{call}"));
        document.files.insert(path.into(), content.as_bytes().to_vec());
        Backend::choose(None).unwrap().pdf(&document).unwrap_err().to_string()
    };
    let table = "#record-table(\"bad\")";
    let broken = error("records/bad.json", "{\"id\": ", table);
    assert!(broken.contains("records/bad.json:1:") && broken.contains("failed to parse JSON"), "{broken}");
    let kindless = error("records/bad.json", "{\"id\": \"bad\", \"status\": \"published\"}", table);
    assert!(kindless.contains("record `bad` has no `kind`"), "{kindless}");
    let odd = error("records/bad.json", "{\"id\": \"bad\", \"kind\": \"table\", \"status\": \"guessed\"}", table);
    assert!(odd.contains("unknown status `guessed`"), "{odd}");
    let ragged =
        r#"{"id": "bad", "kind": "table", "status": "published", "columns": ["a", "b"], "rows": [[1, 2], [3]]}"#;
    let ragged = error("records/bad.json", ragged, table);
    assert!(ragged.contains("record `bad`: every row needs a cell for each column"), "{ragged}");
    let orphan = r#"{"id": "bad", "kind": "table", "status": "published", "columns": ["a"], "rows": [[1]]}"#;
    let orphan = error("records/bad.json", orphan, table);
    assert!(orphan.contains("provenance.json has no entry `bad`"), "{orphan}");
    let wide = format!(
        r#"{{"id": "small.table", "kind": "table", "status": "published", "columns": {:?}, "rows": [{:?}]}}"#,
        (0..40).map(|n| format!("column{n}")).collect::<Vec<_>>(),
        vec![123456.789; 40],
    );
    let wide = error("records/small.table.json", &wide, "#record-table(\"small.table\")");
    assert!(wide.contains("table `small.table` is too wide for the page"), "{wide}");
}

#[test]
fn records_of_several_studies_live_side_by_side() {
    let mut document = with_text(
        "#import \"/template.typ\": *\n#set document(title: \"t\")\n\
         #value(\"other/one.regression\", \"slope\")\n#made-figure(\"other/bars.figure\", alt: \"bars\")\n#provenance-table()",
    );
    let own: Vec<_> = document.files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    for (path, bytes) in own {
        if path.starts_with("records/") || path.starts_with("figures/") || path == "provenance.json" {
            document.files.remove(&path);
            document.files.insert(format!("other/{path}"), bytes);
        }
    }
    let made = pdf(&document);
    // Each is led to, once or more often where the name is broken over lines.
    assert!(count(&made.bytes, "/records/bars.figure.json") >= 1);
    assert!(count(&made.bytes, "/records/one.regression.json") >= 1);
}

#[test]
fn alternative_text_is_required() {
    let text = "#set document(title: \"t\")\n$ x $";
    let backend = Backend::choose(None).unwrap();
    for standard in [Standard::Ua1, Standard::A2a] {
        let error = backend.pdf(&Document { standard, ..only(text) }).unwrap_err();
        let Error::Document(found) = &error else { panic!("{error}") };
        assert!(found[0].message.contains("missing alt text"), "{error}");
        assert_eq!(found[0].at.as_ref().map(|at| (at.line, at.column)), Some((2, 1)));
        assert_eq!(found[0].hints, ["make sure your images and equations have alt text"]);
    }
    backend.pdf(&Document { standard: Standard::Plain, ..only(text) }).unwrap();
}
