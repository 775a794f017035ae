//! The report on a terminal.

use super::*;

/// A report on all that can happen.
fn mixed() -> StudyReport {
    let published = read("tinyml-mcu");
    let mut records = as_records(&published);
    let mut change = |id: &str, change: fn(&mut Record)| {
        change(records.iter_mut().find(|record| record.id == id).unwrap());
    };
    change("fig5.regression", |record| record.values.set("slope", 1.9044774133487125e-07.into()));
    change("fig3.resnet.table", |record| drop(record.rows.pop()));
    change("fig2.l4.lenet.table", |record| record.rows[1][1] = "W-float32".into());
    change("fig4.figure", |record| record.status = Status::Simulated);
    records.push(Record::scalar("further"));
    verify(&published, &records, &tinyml_mcu::expectations(), Campaign::Published)
}

fn line<'a>(text: &'a str, id: &str) -> &'a str {
    text.lines().find(|line| line.split_whitespace().next() == Some(id)).unwrap()
}

#[test]
fn no_line_is_longer_than_the_terminal() {
    for study in STUDIES {
        let published = read(study);
        for records in [as_records(&published), Vec::new()] {
            let report = verify(&published, &records, &[], Campaign::Published);
            for (width, verbose) in [(80, false), (100, false), (100, true), (160, true)] {
                let text = report.render(width, false, verbose);
                assert!(text.is_ascii() || verbose, "{study}");
                for line in text.lines() {
                    assert!(line.chars().count() <= width, "{study}: {line}");
                }
            }
        }
    }
}

#[test]
fn each_entry_has_one_line_with_its_verdict() {
    let text = mixed().render(100, false, false);
    assert!(line(&text, "fig8.regression").ends_with("match"), "{text}");
    assert!(line(&text, "tab4.conv.k1.none").ends_with("no values"));
    assert!(line(&text, "init.versions").ends_with("not recomp"));
    assert!(line(&text, "fig4.figure").ends_with("simulated"));
    assert!(line(&text, "fig3.resnet.table").ends_with("MISMATCH"));
    let columns = |id| line(&text, id).split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
    assert_eq!(columns("fig5.regression"), "4/5 1.904477413e-8 1.904477413e-7 9.0e0 1.0e-9 MISMATCH");
    assert_eq!(columns("fig6.f7.regression"), "5/5 5.028954037e-6 5.028954037e-6 0 1.0e-8 match");
    assert_eq!(columns("fig2.f7.lenet.table"), "8/8 8.0455337 8.0455337 0 6.2e-9 match");
    // The verdicts stand under their heading.
    let heading = text.lines().next().unwrap().find("verdict").unwrap();
    assert_eq!(line(&text, "fig8.regression").find("match"), Some(heading));
}

#[test]
fn mismatches_are_told_in_full() {
    let text = mixed().render(100, false, false);
    let expected = "    slope: published 1.9044774133487125e-08, made here 1.9044774133487125e-7, \
                    error 9.0e0 (allowed\n    1.0e-9 relative): MISMATCH\n";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("    9 rows, published 10\n"));
    assert!(
        text.contains(
            "    rows[1].combined_type: published W-float32_A-float32_none_1, made here W-float32: MISMATCH\n"
        )
    );
    assert!(!text.contains(": match"), "what matches is not told in full");
    assert!(text.contains("    no record `fig8.regression.corrected` was made; run `cargo xtask build-paper`\n"));
    assert!(text.contains("records of which nothing is on file: further\n"));
}

#[test]
fn the_summary_counts() {
    let text = mixed().render(1000, false, false);
    let summary = text.lines().last().unwrap();
    assert_eq!(
        summary,
        "tinyml-mcu: 52 entries: 32 match, 3 mismatch, 15 without values on file, 1 simulated and not comparable, \
         1 not recomputable; 2447 values compared and 240 edges of bootstrap bands; largest error 0; \
         0 of 26 records hold the further values on file"
    );
}

#[test]
fn verbose_shows_every_value() {
    let published = read("tinyml-mcu");
    let report = verify(&published, &as_records(&published), &[], Campaign::Published);
    let text = report.render(200, false, true);
    let values = text.lines().filter(|line| line.ends_with(": match") || line.ends_with(": match (bootstrap)")).count();
    assert_eq!(values, report.summary.values_compared + report.summary.band_values_compared);
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let report = mixed();
    let plain = report.render(100, false, false);
    let coloured = report.render(100, true, false);
    assert!(!plain.contains('\x1b') && coloured.contains("\x1b[31mMISMATCH\x1b[0m"));
    let mut stripped = coloured;
    for code in ["\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1m", "\x1b[0m"] {
        stripped = stripped.replace(code, "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn what_does_not_fit_is_shortened_and_told_in_full_if_it_differs() {
    let published = read("aipowermeter");
    let mut records = as_records(&published);
    let id = "upstream.resnet50.fig.nvidia_estimated_attributable_power_draw";
    let record = records.iter_mut().find(|record| record.id == id).unwrap();
    record.series[0].y[0] = 0.123_456_789_012_345_68;
    let text = verify(&published, &records, &[], Campaign::Published).render(100, false, false);
    let line = line(&text, "upstream.resnet..ble_power_draw");
    assert!(line.contains(" 0.35159 0.123456789012 "), "{line}");
    assert!(
        text.contains(&format!("    id: {id}\n    points[x = 8].y: published 0.35159, made here 0.12345678901234568,"))
    );
}
