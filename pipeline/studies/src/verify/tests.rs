//! Records that hold exactly what was published must match, and must not after any change.

use std::path::{Path, PathBuf};

use super::*;
use crate::record::cells;

use crate::record::{Named, Role, Series};

mod expectations;
mod rendering;

/// A change of a record and the problem that it must cause.
type Spoiling = (fn(&mut Record), &'static str);

const STUDIES: [&str; 5] = ["tinyml-mcu", "vision-inference", "module-energy", "edge-layers", "aipowermeter"];

fn read(study: &str) -> Published {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../paper/published");
    Published::read(&folder.join(format!("{study}.toml"))).unwrap()
}

fn parse(text: &str) -> Published {
    Published::parse(&PathBuf::from("s.toml"), &format!("study = \"s\"\n{text}")).unwrap()
}

/// The cell that prints like this.
fn cell(token: &Token) -> Cell {
    match token.decimal() {
        _ if token.is_missing() => Cell::Missing,
        Some(decimal) if decimal.is_integer => Cell::Integer(decimal.value as i64),
        Some(decimal) => Cell::from(decimal.value),
        None => Cell::from(token.text()),
    }
}

/// A record that holds what was published, or something of the right size if nothing is on file.
fn published_as_record(entry: &Entry) -> Record {
    let mut record = match entry.kind {
        Kind::Table => Record::table(&entry.id),
        Kind::Regression => Record::regression(&entry.id),
        Kind::Scalar => Record::scalar(&entry.id),
        Kind::Figure => Record::figure(&entry.id),
    };
    if entry.kind == Kind::Table || matches!(entry.expected, Expected::Table(_)) {
        record.columns = entry.columns.clone().unwrap_or_default();
    }
    record.shape = entry.shape;
    if let Some(n) = entry.n {
        record = record.value("n", n);
    }
    let length = entry.n_points.unwrap_or(1);
    match &entry.expected {
        Expected::Nothing if entry.kind == Kind::Figure => {
            record.series(Series::scatter("any", vec![0.0; length], vec![0.0; length]))
        }
        Expected::Nothing => {
            let row = vec![Cell::Missing; record.columns.len()];
            (0..entry.rows_total.unwrap_or(0)).fold(record, |record, _| record.plain_row(row.clone()))
        }
        Expected::Table(rows) => rows.iter().fold(record, |record, row| record.plain_row(row.iter().map(cell))),
        Expected::Values(values) => values.iter().fold(record, |record, (name, token)| record.value(name, cell(token))),
        Expected::Drawing(drawing) => drawing.series.iter().cloned().fold(record, Record::series),
        Expected::Points(points) => {
            let number = |token: &Token| token.decimal().unwrap().value;
            let (x, y) = points.points.iter().map(|(x, y)| (number(x), number(y))).unzip();
            record.series(Series::scatter(figure::POINTS, x, y))
        }
    }
}

fn as_records(published: &Published) -> Vec<Record> {
    published.entries.iter().map(published_as_record).collect()
}

fn report_of(published: &Published, records: &[Record], id: &str) -> EntryReport {
    let report = verify(published, records, &[], Campaign::Published);
    report.entries.into_iter().find(|entry| entry.id == id).unwrap()
}

/// Verifies one entry after a change of its record.
fn verdict_after(study: &str, id: &str, change: impl FnOnce(&mut Record)) -> EntryReport {
    let published = read(study);
    let mut record = published_as_record(published.entry(id).unwrap());
    change(&mut record);
    report_of(&published, &[record], id)
}

#[test]
fn what_was_published_matches_itself() {
    for study in STUDIES {
        let published = read(study);
        let report = verify(&published, &as_records(&published), &[], Campaign::Published);
        assert!(report.passed(), "{}", report.render(100, false, false));
        let summary = &report.summary;
        assert_eq!(summary.entries + summary.derived, published.entries.len());
        assert_eq!(summary.matched + summary.no_values + summary.not_recomputable, summary.entries);
        assert_eq!(summary.max_rel_error, Some(0.0), "{study}");
    }
}

#[test]
fn as_many_values_are_compared_as_the_file_says() {
    let published = read("tinyml-mcu");
    let report = verify(&published, &as_records(&published), &[], Campaign::Published);
    let (mut printed, mut drawn) = (0, 0);
    for (entry, found) in published.entries.iter().zip(&report.entries) {
        if let Some(stated) = entry.fields.get("values").and_then(|value| value.as_token()) {
            // The file counts the labels of rows, too.
            let labels = match &entry.expected {
                Expected::Table(rows) if entry.has_row_labels() => rows.len(),
                _ => 0,
            };
            assert_eq!(stated.text(), (found.values + labels).to_string(), "{}", entry.id);
        }
        match entry.kind {
            Kind::Figure => drawn += found.values,
            _ => printed += found.values,
        }
    }
    // The file's summary says 671 and 2263, counting the labels of rows and the entries whose values are not on file.
    assert_eq!((printed, drawn), (367, 2110));
    assert_eq!(report.summary.values_compared, 367 + 2110);
    assert_eq!(report.summary.band_values_compared, 4 * 3 * 10 * 2);
    assert_eq!((report.summary.matched, report.summary.no_values), (35, 16));
}

/// Moves the number at a path of a report by some tolerances.
fn shift(record: &mut Record, check: &ValueCheck, published: &Token) {
    let decimal = published.decimal().unwrap();
    let unit = if check.measure == Measure::Absolute { 1.0 } else { decimal.value.abs() };
    let step = (3.0 * check.tolerance.unwrap() * unit).max(1e-11 * unit);
    let moved = |cell: &Cell| Cell::from(cell.as_f64().unwrap() + step);
    if let Some((place, column)) = check.path.strip_prefix("rows[").and_then(|path| path.split_once("].")) {
        let row = &mut record.rows[place.parse::<usize>().unwrap()];
        let labels = row.len() - record.columns.len();
        let place = match record.columns.iter().position(|name| name == column) {
            Some(place) => place + labels,
            None => 0,
        };
        row[place] = moved(&row[place]);
    } else {
        let value = moved(record.values.get(&check.path).unwrap());
        record.values.set(check.path.as_str(), value);
    }
}

#[test]
fn a_change_of_any_printed_number_is_caught() {
    let mut changed = 0;
    for study in STUDIES {
        let published = read(study);
        for entry in &published.entries {
            if !matches!(entry.expected, Expected::Table(_) | Expected::Values(_)) {
                continue;
            }
            let record = published_as_record(entry);
            for check in verify_entry(entry, Some(&record), Campaign::Published).checks {
                if check.rel_error.is_none() {
                    continue;
                }
                let mut record = record.clone();
                shift(&mut record, &check, &Token::new(check.published.as_str()));
                let report = verify_entry(entry, Some(&record), Campaign::Published);
                assert_eq!(report.verdict, Verdict::Mismatch, "{study}: {}: {}", entry.id, check.path);
                assert_eq!(report.worst().unwrap().path, check.path, "{study}: {}", entry.id);
                assert_eq!(report.matched, report.values - 1);
                changed += 1;
            }
        }
    }
    assert!(changed > 4000, "{changed}");
}

#[test]
fn a_change_of_a_drawn_coordinate_is_caught() {
    for entry in &read("tinyml-mcu").entries {
        let Expected::Drawing(drawing) = &entry.expected else { continue };
        let record = published_as_record(entry);
        for (number, series) in drawing.series.iter().enumerate() {
            for place in (0..series.x.len().max(series.value.len())).step_by(37) {
                let mut record = record.clone();
                let ours = &mut record.series[number];
                let (numbers, span) = match ours.role {
                    Role::Bars => (&mut ours.value, drawing.bar_span()),
                    Role::CiBand => (&mut ours.upper, drawing.y_span.map(|span| span * 3e6)),
                    _ => (&mut ours.y, drawing.y_span),
                };
                if numbers[place].is_nan() {
                    numbers[place] = 1.0;
                } else {
                    numbers[place] += 3e-7 * span.unwrap();
                }
                let report = verify_entry(entry, Some(&record), Campaign::Published);
                assert_eq!(report.verdict, Verdict::Mismatch, "{}: {}", entry.id, series.name);
                let differing = report.checks.iter().filter(|check| check.verdict == ValueVerdict::Mismatch);
                assert_eq!(differing.count(), 1, "{}: {}", entry.id, series.name);
            }
        }
    }
}

#[test]
fn a_change_of_a_text_a_label_or_the_size_is_caught() {
    let id = "fig3.resnet.table";
    let caught = |change: fn(&mut Record)| verdict_after("tinyml-mcu", id, change);
    let report = caught(|record| record.rows[2][1] = "W-int8-A-int8".into());
    assert_eq!((report.verdict, report.worst().unwrap().path.as_str()), (Verdict::Mismatch, "rows[2].model_type"));
    let report = caught(|record| record.rows[2][0] = 1.into());
    assert_eq!((report.verdict, report.worst().unwrap().path.as_str()), (Verdict::Mismatch, "rows[2].label"));
    let report = caught(|record| record.rows[2][2] = Cell::Missing);
    assert_eq!((report.verdict, report.matched), (Verdict::Mismatch, report.values - 1));

    let problems: [Spoiling; 6] = [
        (|record| record.rows.push(record.rows[0].clone()), "11 rows, published 10"),
        (|record| drop(record.rows.pop()), "9 rows, published 10"),
        (|record| record.columns[1] = "latency".to_owned(), "columns [\"model_type\", \"latency\""),
        (|record| record.rows.iter_mut().for_each(|row| drop(row.remove(0))), "rows with no labels"),
        (|record| record.kind = Kind::Scalar, "the record is a scalar, published a table"),
        (|record| drop(record.rows[3].pop()), "row 3 has 3 cells"),
    ];
    for (change, expected) in problems {
        let report = caught(change);
        assert_eq!(report.verdict, Verdict::Mismatch);
        assert!(report.problems[0].contains(expected), "{:?}", report.problems);
    }
    let report = verdict_after("tinyml-mcu", "fig5.frame", |record| record.shape = Some([628, 4]));
    assert!(report.problems[0].contains("[628, 4], published [588, 4]"), "{:?}", report.problems);
    let report = verdict_after("tinyml-mcu", "fig8.regression", |record| record.values.set("n", 20.into()));
    assert!(report.problems[0].contains("n 20, published 21"), "{:?}", report.problems);
}

#[test]
fn a_figure_of_another_shape_is_caught() {
    let id = "fig3.resnet.figure";
    let caught = |change: fn(&mut Record)| verdict_after("tinyml-mcu", id, change);
    let problems: [Spoiling; 5] = [
        (|record| drop(record.series.remove(0)), "series `F4` is missing"),
        (|record| record.series[0].name = "F5".to_owned(), "series `F4` is missing"),
        (|record| record.series.push(Series::fit("trend", [0.0, 1.0], [0.0, 1.0])), "`trend` is not in the published"),
        (
            |record| {
                record.series[1].x.push(0.0);
                record.series[1].y.push(0.0);
            },
            "`F7` has 5 points, published 4",
        ),
        (|record| record.series[3].role = Role::Scatter, "has the role Scatter, published Path"),
    ];
    for (change, expected) in problems {
        let report = caught(change);
        assert_eq!(report.verdict, Verdict::Mismatch);
        assert!(report.problems[0].contains(expected), "{:?}", report.problems);
    }
    let report = verdict_after("tinyml-mcu", "fig2.f4.lenet.figure", |record| {
        record.series[0].category.swap(0, 1);
    });
    assert!(report.problems[0].contains("has the categories"), "{:?}", report.problems);
}

#[test]
fn points_are_a_set_but_paths_are_not() {
    let id = "fig7.absolute.figure";
    let report = verdict_after("tinyml-mcu", id, |record| {
        record.series[0].x.reverse();
        record.series[0].y.reverse();
    });
    assert_eq!((report.verdict, report.max_rel_error), (Verdict::Match, Some(0.0)));
    // The same coordinates in other pairs are other points.
    let report = verdict_after("tinyml-mcu", id, |record| record.series[0].x.reverse());
    assert_eq!(report.verdict, Verdict::Mismatch);
    let report = verdict_after("tinyml-mcu", "fig3.resnet.figure", |record| {
        record.series[3].x.reverse();
        record.series[3].y.reverse();
    });
    assert_eq!(report.verdict, Verdict::Mismatch);
}

#[test]
fn a_band_may_differ_as_bootstraps_do() {
    let id = "fig6.normalized.figure";
    let span = 1.3811073 + 0.072218092;
    let widened = |factor: f64| {
        verdict_after("tinyml-mcu", id, |record| {
            let band = record.series.iter_mut().find(|series| series.name == "F7.band").unwrap();
            band.upper.iter_mut().for_each(|edge| *edge += factor * 0.024 * span);
        })
    };
    let report = widened(1.9);
    assert_eq!((report.verdict, report.values, report.band_values), (Verdict::Match, 56, 60));
    assert_eq!(report.max_rel_error, Some(0.0), "bands do not count as error");
    assert!(report.note.unwrap().contains("F7.band: within 4.56 % of the y span, allowed 4.80 %"));
    let report = widened(2.1);
    assert_eq!((report.verdict, report.matched + 10), (Verdict::Mismatch, report.values));

    // A denser grid is interpolated, one that ends early is not extended.
    let report = verdict_after("tinyml-mcu", id, |record| {
        let band = &mut record.series[1];
        let middle = |numbers: &mut Vec<f64>| numbers.insert(1, 0.5 * (numbers[0] + numbers[1]));
        [&mut band.x, &mut band.lower, &mut band.upper].into_iter().for_each(middle);
    });
    assert_eq!(report.verdict, Verdict::Match);
    let report = verdict_after("tinyml-mcu", id, |record| {
        let band = &mut record.series[1];
        for numbers in [&mut band.x, &mut band.lower, &mut band.upper] {
            numbers.pop();
        }
    });
    assert_eq!((report.verdict, report.worst().unwrap().path.as_str()), (Verdict::Mismatch, "L4.band[9].lower"));
}

#[test]
fn points_of_a_picture_are_good_to_the_reading_error() {
    let id = "upstream.alexnet.fig1.intel";
    let change =
        |place: usize, by: f64| verdict_after("aipowermeter", id, |record| record.series[0].y[place] += by).verdict;
    assert_eq!(change(3, 0.0007), Verdict::Match);
    assert_eq!(change(3, 0.0009), Verdict::Mismatch);
    let with_point = |x: f64| {
        verdict_after("aipowermeter", id, |record| {
            record.series[0].x.push(x);
            record.series[0].y.push(0.1);
        })
    };
    assert_eq!(with_point(2016.0).verdict, Verdict::Match, "known to be unread");
    assert!(with_point(2000.0).problems[0].contains("x = 2000"));
    let report = verdict_after("aipowermeter", id, |record| record.series[0].x[0] = 561.0);
    assert_eq!(report.worst().unwrap().ours, None);
}

#[test]
fn points_of_a_picture_may_be_off_by_a_stated_tolerance_or_left_out_one_by_one() {
    let off = |id: &str, by: f64| verdict_after("aipowermeter", id, |record| record.series[0].y[13] += by).verdict;
    assert_eq!(
        off("upstream.alexnet.fig2.total", 0.06),
        Verdict::Match,
        "3.1 % of 2.0926, the reading error is 0.0083"
    );
    assert_eq!(off("upstream.alexnet.fig2.total", 0.07), Verdict::Mismatch);

    let left_out = |name: &str| {
        verdict_after("aipowermeter", "upstream.resnet50.fig.sm", |record| {
            record.series[0].y[0] += 1.0;
            *record = record.clone().not_recomputable(name);
        })
    };
    let report = left_out("points[x = 8]");
    assert_eq!((report.verdict, report.values), (Verdict::Match, 8));
    assert_eq!(left_out("points[x = 32]").verdict, Verdict::Mismatch);
}

#[test]
fn what_has_no_values_still_needs_its_record() {
    let published = read("tinyml-mcu");
    let report = |record: Record| report_of(&published, &[record], "tab4.dense.none");
    let table = Record::table("tab4.dense.none").columns(["MACCss_mean", "MACss_std", "factor"]);
    let rows = |table: Record, count: usize| (0..count).fold(table, |table, _| table.row("all", [1.0; 3]));
    assert_eq!(report(rows(table.clone(), 4)).verdict, Verdict::NoValuesOnFile);
    assert_eq!(report(rows(table.clone(), 3)).verdict, Verdict::Mismatch);
    assert_eq!(report(rows(table.columns(["mean", "std", "factor"]), 4)).verdict, Verdict::Mismatch);
    assert_eq!(report(Record::scalar("tab4.dense.none")).verdict, Verdict::Mismatch);

    let missing = report_of(&published, &[], "tab4.dense.none");
    assert_eq!(missing.verdict, Verdict::Mismatch);
    assert!(missing.problems[0].contains("no record `tab4.dense.none` was made"));
    assert_eq!(report_of(&published, &[], "init.versions").verdict, Verdict::NotRecomputable);
}

#[test]
fn the_record_may_leave_out_only_what_is_partly_recomputable() {
    let published = |status: &str| {
        parse(&format!(
            "[[entry]]\nid = \"t\"\nkind = \"table\"\nsource = \"s\"\nstatus = \"{status}\"\nwhy = \"no log\"\n\
             columns = [\"name\", \"size\", \"power\"]\nrows = [[\"a\", \"1\", \"2.5\"], [\"b\", \"2\", \"3.5\"]]\n"
        ))
    };
    let table = Record::table("t")
        .columns(["name", "size", "power"])
        .plain_row(cells!["a", 1, f64::NAN])
        .plain_row(cells!["b", 2, f64::NAN]);
    let report = |status, record: &Record| report_of(&published(status), std::slice::from_ref(record), "t");

    assert_eq!(report("partly", &table).verdict, Verdict::Mismatch);
    let waiving = table.clone().not_recomputable("power");
    let partly = report("partly", &waiving);
    assert_eq!((partly.verdict, partly.values), (Verdict::Match, 2), "the names of the rows are no values");
    assert_eq!(partly.note.as_deref(), Some("not recomputable: power; no log"));
    assert_eq!(report("recomputable", &waiving).verdict, Verdict::Mismatch);
    let by_row = table.not_recomputable("a").not_recomputable("b");
    for none in [waiving.not_recomputable("size"), by_row.clone()] {
        let none = report("partly", &none);
        assert_eq!((none.verdict, none.values), (Verdict::NotRecomputable, 0));
        assert_eq!(none.note.as_deref(), Some("no log"));
    }
    let mut misnamed = by_row;
    misnamed.rows[1][0] = "c".into();
    assert_eq!(
        report("partly", &misnamed).verdict,
        Verdict::Mismatch,
        "the names of the rows are compared in any case"
    );
}

#[test]
fn texts_beside_numbers_that_cannot_be_made_are_no_match() {
    let published = parse(
        "[[entry]]\nid = \"t\"\nkind = \"table\"\nsource = \"s\"\nstatus = \"partly\"\n\
         columns = [\"name\", \"type\", \"power\"]\nrows = [[\"a\", \"conv\", \"2.5\"]]\n",
    );
    let table = Record::table("t").columns(["name", "type", "power"]).plain_row(cells!["a", "conv", 9.0]);
    let report = report_of(&published, &[table.not_recomputable("power")], "t");
    assert_eq!((report.verdict, report.values), (Verdict::NotRecomputable, 0));
}

#[test]
fn as_many_cells_may_differ_as_the_file_says_are_lost() {
    let published = |ok: usize| {
        parse(&format!(
            "[[entry]]\nid = \"t\"\nkind = \"table\"\nsource = \"s\"\nstatus = \"partly\"\nwhy = \"older\"\ncells = 6\n\
             cells_ok = {ok}\ncolumns = [\"name\", \"value\"]\nrows = [[\"a\", \"0.97\"], [\"b\", \"0.98\"], [\"c\", \"0.5\"]]\n"
        ))
    };
    let table = Record::table("t").columns(["name", "value"]);
    let table = table.plain_row(cells!["a", 0.979]).plain_row(cells!["b", 0.989]).plain_row(cells!["c", 0.5]);
    let report = |ok| report_of(&published(ok), std::slice::from_ref(&table), "t");
    assert_eq!((report(4).verdict, report(4).matched), (Verdict::Match, 1));
    assert_eq!(report(4).note.as_deref(), Some("not recomputable: rows[0].value, rows[1].value; older"));
    assert_eq!(report(5).verdict, Verdict::Mismatch, "one more than the file says");
}

#[test]
fn what_was_not_published_counts_apart() {
    let published = parse(
        "[[entry]]\nid = \"v\"\nkind = \"scalar\"\nsource = \"s\"\nstatus = \"recomputable\"\nvalue = \"0.5\"\n\
         [[derived]]\nid = \"d\"\nkind = \"scalar\"\ntext = \"twice v\"\nvalue = \"1.0\"\n\
         [[derived]]\nid = \"e\"\nkind = \"scalar\"\ntext = \"thrice v\"\n",
    );
    let records =
        |twice: f64| [("v", 0.5), ("d", twice), ("e", 1.5)].map(|(id, value)| Record::scalar(id).value("value", value));
    let report = verify(&published, &records(1.0), &[], Campaign::Published);
    let Summary { entries, matched, values_compared, no_values, derived, derived_matched, .. } = report.summary;
    assert_eq!((entries, matched, values_compared, no_values), (1, 1, 1, 0));
    assert_eq!((derived, derived_matched), (2, 1));
    assert_eq!(report.summary.own_checks(), OwnChecks { held: 1, failed: 0 });
    assert_eq!(report.entries.iter().map(|entry| entry.derived).collect::<Vec<_>>(), [false, true, true]);
    assert!(report.passed());

    let report = verify(&published, &records(1.1), &[], Campaign::Published);
    assert_eq!((report.summary.mismatched, report.summary.own_checks().failed), (0, 1));
    assert!(!report.passed(), "a check of our own that fails is a failure");
}

#[test]
fn simulated_data_are_compared_only_with_what_they_stand_for() {
    let text = |basis: &str| {
        format!(
            "[[entry]]\nid = \"v\"\nkind = \"scalar\"\nsource = \"s\"\nstatus = \"partly\"\n{basis}\nvalue = \"0.5\"\n"
        )
    };
    let record = Record::scalar("v").status(Status::Simulated).value("value", 0.9);
    let report = |basis| verify(&parse(&text(basis)), std::slice::from_ref(&record), &[], Campaign::Published);
    let measured = report("");
    assert_eq!((measured.entries[0].verdict, measured.summary.simulated), (Verdict::Simulated, 1));
    assert!(measured.passed());
    assert!(!report("basis = \"simulated\"").passed());
}

#[test]
fn printed_names_of_regressions_are_known() {
    let published = read("vision-inference");
    let mut record = published_as_record(published.entry("inf.r01").unwrap());
    let p = record.values.get("p_value").unwrap().clone();
    let mut values = Named::new();
    for (name, value) in record.values.iter().filter(|(name, _)| *name != "p_value") {
        values.set(name, value.clone());
    }
    record.values = values;
    assert_eq!(report_of(&published, std::slice::from_ref(&record), "inf.r01").verdict, Verdict::Mismatch);
    record.values.set("pvalue", p);
    assert_eq!(report_of(&published, &[record], "inf.r01").verdict, Verdict::Match);
}

#[test]
fn the_brief_report_has_the_form_that_the_papers_read() {
    let published = parse(
        "[[entry]]\nid = \"v\"\nkind = \"scalar\"\nsource = \"cell 1\"\nstatus = \"recomputable\"\nvalue = \"0.50\"\n\
         [[entry]]\nid = \"w\"\nkind = \"figure\"\nsource = \"cell 2\"\nstatus = \"not recomputable\"\nwhy = \"no log\"\n",
    );
    let report = verify(&published, &[Record::scalar("v").value("value", 0.501)], &[], Campaign::Published);
    let json = serde_json::to_value(report.brief()).unwrap();
    let expected = serde_json::json!({
        "study": "s",
        "campaign": "published",
        "summary": {
            "entries": 2, "matched": 1, "matched_reconstructed": 0, "matched_simulated": 0, "mismatched": 0,
            "no_values": 0, "simulated": 0, "not_recomputable": 1,
            "values_compared": 1, "band_values_compared": 0, "max_rel_error": json["summary"]["max_rel_error"],
            "derived": 0, "derived_matched": 0, "derived_mismatched": 0,
            "expectations": 0, "expectations_matched": 0, "expectations_mismatched": 0,
        },
        "entries": [
            {
                "id": "v", "kind": "scalar", "status": "published", "source": "cell 1", "derived": false, "values": 1, "matched": 1,
                "max_rel_error": json["summary"]["max_rel_error"], "verdict": "match", "note": null,
            },
            {
                "id": "w", "kind": "figure", "status": null, "source": "cell 2", "derived": false, "values": 0, "matched": 0,
                "max_rel_error": null, "verdict": "not recomputable", "note": "no log",
            },
        ],
        "expectations": [],
        "extra": [],
    });
    assert_eq!(json, expected);
    assert!((json["summary"]["max_rel_error"].as_f64().unwrap() - 0.002).abs() < 1e-12);
    let full = serde_json::to_value(&report).unwrap();
    assert_eq!(full["entries"][0]["checks"][0]["path"], "value");
    assert_eq!(full["entries"][0]["checks"][0]["verdict"], "match");
}
