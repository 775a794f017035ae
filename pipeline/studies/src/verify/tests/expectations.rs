//! Values on file beside those of the entries.

use super::*;
use crate::record::Axis;

/// Records that hold the corrected values of tinyml-mcu.
fn corrected(published: &Published) -> Vec<Record> {
    let number = |under: &str, path: &[&str]| {
        let token = published.fields_of(under).unwrap().at(path).unwrap().as_token().unwrap();
        cell(token)
    };
    let mut records = as_records(published);
    for record in &mut records {
        if published.entry(&record.id).unwrap().fields.get("log10_pvalue_computed").is_some() {
            let value = number(&record.id, &["log10_pvalue_computed"]);
            record.values.set("log10_pvalue", value);
        }
    }
    let all = published.fields_of("fig2-labels").unwrap().get("correct_ms").unwrap().as_table().unwrap();
    for chart in all.iter() {
        let bars = chart.value.as_list().unwrap().iter();
        let value = bars.map(|bar| cell(bar.as_token().unwrap()).as_f64().unwrap()).collect();
        let series = Series::bars("bars", ["a", "b", "c", "d"], value);
        records.push(Record::figure(format!("{}.figure.corrected", chart.name)).series(series));
    }
    let last_run = |name: &str| number("dense-duplicates", &["correct_last_run_only", name]);
    records.push(
        Record::table("tab4.dense.none.corrected")
            .columns(["MACCss_mean", "MACss_std", "factor", "n"])
            .row("all", [last_run("mean_all"), last_run("std_all"), 1.0.into(), last_run("n")]),
    );
    for name in ["conv.k1.none", "conv.k1.cmsis-nn", "conv.k3.none", "conv.k3.cmsis-nn"] {
        let mean = number("conv-macc", &["correct_ns_per_macc_all", name]);
        records.push(Record::table(format!("tab4.{name}.corrected")).columns(["MACCss_mean"]).row("all", [mean]));
    }
    let mut fig5 = Record::regression("fig5.regression.corrected")
        .value("slope_per_macc", number("flops-vs-maccs", &["fig5_slope_per_macc"]));
    for name in ["slope", "intercept", "rvalue", "pvalue", "stderr"] {
        fig5 = fig5.value(name, number("conv-macc", &["fig5_regression_true_flops", name]));
    }
    records.push(fig5);
    records.push(
        Record::regression("fig8.regression.corrected")
            .value("slope_per_macc", number("flops-vs-maccs", &["fig8_slope_per_macc"])),
    );
    for (figure, key) in [("fig5", "fig5.true_flops"), ("fig8", "fig8.flops")] {
        let columns = ["slope", "intercept", "rvalue", "n"];
        let mut table = Record::table(format!("{figure}.regression.per_class")).columns(columns);
        for class in ["modulo 4", "odd", "even"] {
            let key = format!("{key}.{class}");
            table = table.row(class, columns.map(|column| number("pooled-classes", &["per_class", &key, column])));
        }
        records.push(table);
    }
    records.push(
        Record::figure("fig6.normalized.figure.corrected")
            .x_axis(Axis::new("Relative Inference Latency"))
            .y_axis(Axis::new("Relative Inference Energy")),
    );
    records
}

#[test]
fn corrected_values_are_expected_too() {
    let published = read("tinyml-mcu");
    let expectations = tinyml_mcu::expectations();
    let records = corrected(&published);
    let report = verify(&published, &records, &expectations, Campaign::Published);
    assert!(report.passed(), "{}", report.render(100, false, false));
    let values: usize = report.expectations.iter().map(|report| report.values).sum();
    // Four of the bars are missing in both: NaN counts as a value.
    assert_eq!(values, 6 * 4 + 3 + 4 + 5 + 2 + 2 * 3 * 4 + 2 + 10);
    assert!(report.extra.is_empty(), "{:?}", report.extra);

    // Each record is needed, each value counts.
    for place in published.entries.len()..records.len() {
        let mut fewer = records.clone();
        let id = fewer.remove(place).id;
        let report = verify(&published, &fewer, &expectations, Campaign::Published);
        assert_eq!((report.summary.mismatched, report.summary.expectations_mismatched), (0, 1), "{id}");
        assert!(!report.passed());
    }
    let mut wrong = records.clone();
    let place = wrong.iter().position(|record| record.id == "fig8.regression.per_class").unwrap();
    wrong[place].rows[1][1] = 1.3935503610668088e-07_f64.mul_add(1e-8, 1.3935503610668088e-07).into();
    let report = verify(&published, &wrong, &expectations, Campaign::Published);
    let found = report.expectations.iter().find(|report| report.verdict == Verdict::Mismatch).unwrap();
    assert_eq!(found.worst().unwrap().path, "odd/slope");

    // A record of which nothing is on file is told, but no error.
    let mut more = records;
    more.push(Record::scalar("further"));
    let report = verify(&published, &more, &expectations, Campaign::Published);
    assert!(report.passed());
    assert_eq!(report.extra, ["further"]);
}

#[test]
fn an_expectation_without_a_value_on_file_is_a_mismatch() {
    let published = read("tinyml-mcu");
    let expectation = Expectation::new("fig2-labels", &["correct_ms", "fig2.x"], "a", Place::Value("v".to_owned()));
    let report = verify(&published, &[Record::scalar("a")], &[expectation], Campaign::Published);
    assert_eq!(report.summary.expectations_mismatched, 1);
    assert!(report.expectations[0].problems[0].contains("holds no value `correct_ms.fig2.x` under `fig2-labels`"));
}

#[test]
fn columns_of_corrected_values_are_compared_in_order() {
    let published = read("vision-inference");
    let values = published.fields_of("inf.t09").unwrap().get("corrected_kg_co2e").unwrap().as_list().unwrap();
    let expectation = Expectation::new("inf.t09", &["corrected_kg_co2e"], "c", Place::Column("kg CO2e".to_owned()));
    let table = |skip: usize| {
        let table = Record::table("c").columns(["model", "kg CO2e"]);
        values
            .iter()
            .skip(skip)
            .fold(table, |table, value| table.plain_row(["m".into(), cell(value.as_token().unwrap())]))
    };
    let expectations = [expectation];
    let mismatched =
        |record| verify(&published, &[record], &expectations, Campaign::Published).summary.expectations_mismatched;
    assert_eq!((mismatched(table(0)), mismatched(table(1))), (0, 1));
}

#[test]
fn a_column_of_rows_on_file_is_found_by_its_name() {
    let published = parse(
        "[[entry]]\nid = \"f\"\nkind = \"figure\"\nsource = \"s\"\nstatus = \"recomputable\"\n\
         recomputed_columns = [\"size\", \"share\"]\nrecomputed = [[18, 90.52], [53, 90.9]]\n\
         [[derived]]\nid = \"d\"\ntext = \"shares\"\ncolumns = [\"name\", \"share\"]\nrows = [[\"a\", 0.25], [\"b\", 0.5]]\n",
    );
    let mismatched = |under: &str, path: &[&str], shares: [f64; 2]| {
        let record =
            shares.into_iter().fold(Record::table("t").columns(["share"]), |table, share| table.plain_row([share]));
        let expectation = Expectation::new(under, path, "t", Place::Column("share".to_owned()));
        verify(&published, &[record], &[expectation], Campaign::Published).summary.expectations_mismatched
    };
    assert_eq!(mismatched("f", &["recomputed", "share"], [90.52, 90.9]), 0);
    assert_eq!(mismatched("f", &["recomputed", "share"], [90.52, 91.0]), 1);
    assert_eq!(mismatched("f", &["recomputed", "energy"], [90.52, 90.9]), 1, "there is no such column");
    assert_eq!(mismatched("d", &["rows", "share"], [0.25, 0.5]), 0);
    assert_eq!(mismatched("d", &["rows", "share"], [0.5, 0.25]), 1);
}
