//! The published p-values and standard errors follow from the published correlation coefficients.
//!
//! Needs no raw data: r and n determine t, hence p, and with the slope also the standard error.

use std::path::Path;

use stats::ln_student_t_two_sided;

struct Published {
    id: String,
    n: f64,
    slope: f64,
    r: f64,
    p: f64,
    stderr: f64,
    log10_p: Option<f64>,
}

/// The regressions in a file of paper/published that state n and all five printed numbers.
fn published_regressions(file: &str, [r, p, stderr]: [&str; 3]) -> Vec<Published> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../paper/published").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let document: toml::Table = text.parse().unwrap();
    let entries = document["entry"].as_array().unwrap();
    entries
        .iter()
        .filter(|entry| entry["kind"].as_str() == Some("regression"))
        .filter_map(|entry| {
            // The printed numbers stand in the entry itself or in its table of values.
            let values = entry.get("values").filter(|values| values.is_table()).unwrap_or(entry);
            let printed = |key: &str| values.get(key)?.as_str()?.parse::<f64>().ok();
            Some(Published {
                id: entry["id"].as_str()?.to_owned(),
                n: entry.get("n")?.as_integer()? as f64,
                slope: printed("slope")?,
                r: printed(r)?,
                p: printed(p)?,
                stderr: printed(stderr)?,
                log10_p: entry.get("log10_pvalue_computed").and_then(toml::Value::as_float),
            })
        })
        .collect()
}

fn check(regressions: &[Published]) {
    for Published { id, n, slope, r, p, stderr, log10_p } in regressions {
        let df = n - 2.0;
        let t = r * (df / ((1.0 - r + 1e-20) * (1.0 + r + 1e-20))).sqrt();
        let ln_p = ln_student_t_two_sided(t, df);
        if *p == 0.0 {
            assert_eq!(ln_p.exp(), 0.0, "{id}");
        } else {
            assert!((ln_p.exp() / p - 1.0).abs() < 1e-9, "{id}: p = {}, published {p}", ln_p.exp());
        }
        if let Some(log10_p) = log10_p {
            // On file with ten digits.
            let made = ln_p / std::f64::consts::LN_10;
            assert!((made / log10_p - 1.0).abs() < 1e-9, "{id}: log10 p = {made}, on file {log10_p}");
        }
        // s_yy / s_xx = (slope / r)²
        let made = (slope / r).abs() * ((1.0 - r * r) / df).sqrt();
        assert!((made / stderr - 1.0).abs() < 1e-9, "{id}: stderr = {made}, published {stderr}");
    }
}

#[test]
fn of_tinyml_mcu() {
    let regressions = published_regressions("tinyml-mcu.toml", ["rvalue", "pvalue", "stderr"]);
    assert_eq!(regressions.len(), 10);
    assert!(regressions.iter().any(|published| published.p == 0.0));
    check(&regressions);
}

#[test]
fn of_vision_inference() {
    let regressions = published_regressions("vision-inference.toml", ["r_value", "p_value", "std_err"]);
    assert!(regressions.len() >= 3, "{}", regressions.len());
    check(&regressions);
}
