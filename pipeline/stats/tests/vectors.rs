//! Agreement with scipy, pandas, numpy and seaborn, and with 50-digit arithmetic where they have no
//! digits. The vectors come from tests/reference/stats_vectors.py.

use serde_json::Value;
use stats::{
    BootstrapOptions, Correlation, bootstrap_band, describe, linear_regression, ln_student_t_two_sided, mean, median,
    pearson, quantile, ranks, spearman, std, student_t_quantile, variance,
};

const VECTORS: &str = include_str!("../../../tests/reference/stats_vectors.json");

/// The cases of one kind; at least `least` of them, so that an emptied file does not pass.
fn cases(kind: &str, least: usize) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors[kind].as_array().unwrap().clone();
    assert!(cases.len() >= least, "only {} cases of {kind}", cases.len());
    cases
}

/// A number; null is NaN.
fn number(value: &Value) -> f64 {
    if value.is_null() { f64::NAN } else { value.as_f64().unwrap() }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn name(case: &Value) -> &str {
    case["name"].as_str().unwrap()
}

/// Equal to a relative `tolerance`; NaN equals NaN.
#[track_caller]
fn assert_close(made: f64, expected: f64, tolerance: f64, what: &str) {
    let close = (made - expected).abs() <= tolerance * expected.abs();
    let both_nan = made.is_nan() && expected.is_nan();
    assert!(close || both_nan, "{what}: {made:e}, expected {expected:e}, off by {:e}", made / expected - 1.0);
}

#[test]
fn describe_is_that_of_pandas() {
    for case in cases("describe", 10) {
        let summary = describe(&numbers(&case["values"]));
        assert_eq!(summary.missing as u64, case["missing"].as_u64().unwrap());
        assert_eq!(summary.count as f64, number(&case["count"]));
        let name = name(&case);
        assert_close(summary.mean, number(&case["mean"]), 1e-15, name);
        if name == "constant" {
            // pandas leaves a rounding error of 1e-17 here.
            assert_eq!(summary.std, 0.0);
        } else {
            assert_close(summary.std, number(&case["std"]), 1e-12, name);
        }
        for (made, key) in [
            (summary.min, "min"),
            (summary.q25, "q25"),
            (summary.q50, "q50"),
            (summary.q75, "q75"),
            (summary.max, "max"),
        ] {
            assert_close(made, number(&case[key]), 1e-15, &format!("{name}, {key}"));
        }
    }
}

#[test]
fn moments_quantiles_and_ranks_are_those_of_numpy_and_scipy() {
    for case in cases("samples", 7) {
        let (values, name) = (numbers(&case["values"]), name(&case));
        assert_close(mean(&values).unwrap(), number(&case["mean"]), 1e-15, name);
        assert_close(median(&values).unwrap(), number(&case["median"]), 1e-15, name);
        if name != "constant" {
            assert_close(variance(&values, 0).unwrap(), number(&case["variance_0"]), 1e-12, name);
        }
        if values.len() > 1 && name != "constant" {
            assert_close(variance(&values, 1).unwrap(), number(&case["variance_1"]), 1e-12, name);
            assert_close(std(&values, 1).unwrap(), number(&case["std_1"]), 1e-12, name);
        }
        for (q, expected) in numbers(&case["levels"]).into_iter().zip(numbers(&case["quantiles"])) {
            assert_close(quantile(&values, q).unwrap(), expected, 5e-15, &format!("{name}, q = {q}"));
        }
        assert_eq!(ranks(&values).unwrap(), numbers(&case["ranks"]), "{name}");
    }
}

#[test]
fn regressions_are_those_of_scipy() {
    for case in cases("regressions", 10) {
        let line = linear_regression(&numbers(&case["x"]), &numbers(&case["y"])).unwrap();
        let (name, by_scipy) = (name(&case), &case["scipy"]);
        for (made, key) in [
            (line.slope, "slope"),
            (line.intercept, "intercept"),
            (line.rvalue, "rvalue"),
            (line.stderr, "stderr"),
            (line.ln_pvalue, "ln_pvalue"),
        ] {
            // scipy's own rounding is the limit: an intercept may be a small difference of large
            // numbers.
            assert_close(made, number(&by_scipy[key]), 1e-10, &format!("{name}, {key}"));
        }
        assert_close(line.pvalue, number(&by_scipy["pvalue"]), 1e-9, name);
    }
}

#[test]
fn regressions_hold_against_exact_arithmetic() {
    for case in cases("regressions", 10) {
        let line = linear_regression(&numbers(&case["x"]), &numbers(&case["y"])).unwrap();
        let (name, exact) = (name(&case), &case["exact"]);
        for (made, key) in [
            (line.slope, "slope"),
            (line.intercept, "intercept"),
            (line.rvalue, "rvalue"),
            (line.stderr, "stderr"),
            (line.intercept_stderr, "intercept_stderr"),
            (line.ln_pvalue, "ln_pvalue"),
            (line.log10_pvalue, "log10_pvalue"),
            (line.rmse, "rmse"),
        ] {
            assert_close(made, number(&exact[key]), 1e-12, &format!("{name}, {key}"));
        }
        assert_close(line.r_squared, number(&exact["rvalue"]).powi(2), 1e-12, name);
        let (low, high) = line.slope_interval(0.95).unwrap();
        let interval = numbers(&exact["slope_interval_95"]);
        assert_close(low, interval[0], 1e-11, name);
        assert_close(high, interval[1], 1e-11, name);
    }
}

#[test]
fn a_p_value_below_the_least_float_is_zero_in_print_and_kept_as_logarithm() {
    let case = cases("regressions", 10).into_iter().find(|case| name(case) == "p below the least float").unwrap();
    let line = linear_regression(&numbers(&case["x"]), &numbers(&case["y"])).unwrap();
    assert_eq!(line.pvalue, 0.0);
    assert!(line.log10_pvalue < -700.0 && line.log10_pvalue.is_finite());
}

#[test]
fn correlations_are_those_of_scipy() {
    for case in cases("correlations", 10) {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        check_correlation(pearson(&x, &y).unwrap(), &case["pearson"], &format!("{}, pearson", name(&case)));
        check_correlation(spearman(&x, &y).unwrap(), &case["spearman"], &format!("{}, spearman", name(&case)));
    }
}

fn check_correlation(made: Correlation, expected: &Value, what: &str) {
    assert_close(made.coefficient, number(&expected["coefficient"]), 1e-12, what);
    assert_close(made.ln_pvalue, number(&expected["ln_pvalue"]), 1e-10, what);
    assert_close(made.log10_pvalue, number(&expected["ln_pvalue"]) / std::f64::consts::LN_10, 1e-10, what);
    // scipy's pearsonr loses the last of the digits of p far out.
    assert_close(made.pvalue, number(&expected["pvalue"]), 1e-9, what);
}

#[test]
fn student_t_tails_hold_in_log_space() {
    for case in cases("student_t_tails", 180) {
        let (t, df) = (number(&case["t"]), number(&case["df"]));
        let expected = number(&case["ln_p"]);
        for signed in [t, -t] {
            assert_close(ln_student_t_two_sided(signed, df), expected, 1e-13, &format!("t = {signed}, df = {df}"));
        }
    }
}

#[test]
fn student_t_quantiles_hold_from_end_to_end() {
    for case in cases("student_t_quantiles", 90) {
        let (p, df) = (number(&case["probability"]), number(&case["df"]));
        assert_close(student_t_quantile(p, df), number(&case["t"]), 1e-12, &format!("p = {p}, df = {df}"));
    }
}

#[test]
fn bands_are_those_of_seaborn() {
    for case in cases("bands", 6) {
        let grid = numbers(&case["grid"]);
        let options = BootstrapOptions {
            seed: case["seed"].as_str().unwrap().parse().unwrap(),
            resamples: usize::try_from(case["resamples"].as_u64().unwrap()).unwrap(),
            level: number(&case["percent"]) / 100.0,
            grid_points: grid.len(),
        };
        let y = numbers(&case["y"]);
        let band = bootstrap_band(&numbers(&case["x"]), &y, &options).unwrap();
        assert_eq!(band.x, grid, "{}", name(&case));
        // Where a band crosses zero it is the size of y that counts.
        let size = y.iter().fold(0.0f64, |size, v| size.max(v.abs()));
        for (edge, made) in [("lower", &band.lower), ("upper", &band.upper)] {
            for (made, expected) in made.iter().zip(numbers(&case[edge])) {
                let off = (made - expected).abs() / size;
                assert!(off <= 1e-12, "{}, {edge}: {made}, expected {expected}, off by {off:e}", name(&case));
            }
        }
    }
}
