//! Agreement of the linear models with scikit-learn. The vectors come from
//! tests/reference/linear_vectors.py.

use serde_json::Value;
use stats::{
    CentredProducts, Error, LassoOptions, LinearModel, Standardiser, Terms, folds, gelsd_least_squares, lasso,
    least_squares, mean_absolute_error, mean_squared_error, polynomial_features, r2_score, shuffled_indices,
};

const VECTORS: &str = include_str!("../../../tests/reference/linear_vectors.json");

/// The cases of one kind; at least `least` of them, so that an emptied file does not pass.
fn cases(kind: &str, least: usize) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors[kind].as_array().unwrap().clone();
    assert!(cases.len() >= least, "only {} cases of {kind}", cases.len());
    cases
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn columns(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

/// Equal to a `tolerance` relative to `size`.
#[track_caller]
fn assert_close(made: f64, expected: f64, tolerance: f64, size: f64, what: &str) {
    let off = (made - expected).abs() / size;
    assert!(off <= tolerance, "{what}: {made:e}, expected {expected:e}, off by {off:e}");
}

#[test]
fn shuffles_are_those_of_numpy() {
    for case in cases("permutations", 20) {
        let (n, seed) = (case["n"].as_u64().unwrap() as u32, case["seed"].as_u64().unwrap() as u32);
        let order: Vec<usize> = case["order"].as_array().unwrap().iter().map(count).collect();
        assert_eq!(shuffled_indices(n, seed), order, "seed {seed}, n {n}");
    }
}

#[test]
fn folds_are_those_of_scikit_learn() {
    for case in cases("folds", 3) {
        let ends: Vec<usize> = case["ends"].as_array().unwrap().iter().map(count).collect();
        let folds = folds(count(&case["n"]), count(&case["count"]));
        assert_eq!(folds.iter().map(|fold| fold.end).collect::<Vec<_>>(), ends);
    }
}

#[test]
fn features_are_prepared_as_by_scikit_learn() {
    for case in cases("preparations", 1) {
        let (x, log) = (columns(&case["x"]), columns(&case["log"]));
        for polynomial in case["polynomials"].as_array().unwrap() {
            let terms = if polynomial["interactions"].as_bool().unwrap() { Terms::Interactions } else { Terms::All };
            let made = polynomial_features(&log, count(&polynomial["degree"]), terms);
            assert_eq!(made, columns(&polynomial["terms"]), "{polynomial}");
        }
        let made = Standardiser::of(&x).unwrap().apply(&columns(&case["other"]));
        for (made, expected) in made.iter().flatten().zip(columns(&case["standardised"]).iter().flatten()) {
            assert_close(*made, *expected, 1e-14, 1.0, "standardised");
        }
    }
}

/// Intercept, coefficients and scores of a model against those of a case.
fn check(model: &LinearModel, case: &Value, tolerance: f64) {
    let (x, y, name) = (columns(&case["x"]), numbers(&case["y"]), case["name"].as_str().unwrap());
    let expected = numbers(&case["coefficients"]);
    assert_close(model.intercept, number(&case["intercept"]), tolerance, 1.0, name);
    // What a difference of a coefficient does to predictions is what counts.
    let reach = |place: usize| x[place].iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    for (place, (made, expected)) in model.coefficients.iter().zip(&expected).enumerate() {
        assert_close(made * reach(place), expected * reach(place), tolerance, 1.0, &format!("{name}, {place}"));
    }
    let predicted = model.predict(&x);
    assert_close(r2_score(&y, &predicted).unwrap(), number(&case["r2"]), tolerance, 1.0, name);
    let (mse, mae) = (number(&case["mse"]), number(&case["mae"]));
    assert_close(mean_squared_error(&y, &predicted).unwrap(), mse, tolerance, 1.0, name);
    assert_close(mean_absolute_error(&y, &predicted).unwrap(), mae, tolerance, 1.0, name);
}

/// The scores on each of ten parts of models of the other nine.
fn fold_scores(x: &[Vec<f64>], y: &[f64], fit: impl Fn(&[Vec<f64>], &[f64]) -> LinearModel) -> Vec<f64> {
    let score = |held_out: std::ops::Range<usize>| {
        let rest = |values: &[f64]| [&values[..held_out.start], &values[held_out.end..]].concat();
        let model = fit(&x.iter().map(|feature| rest(feature)).collect::<Vec<_>>(), &rest(y));
        let there: Vec<Vec<f64>> = x.iter().map(|feature| feature[held_out.clone()].to_vec()).collect();
        r2_score(&y[held_out], &model.predict(&there)).unwrap()
    };
    folds(y.len(), 10).into_iter().map(score).collect()
}

#[test]
fn least_squares_are_those_of_scikit_learn() {
    for case in cases("least_squares", 6) {
        let (x, y, name) = (columns(&case["x"]), numbers(&case["y"]), case["name"].as_str().unwrap());
        let fit = least_squares(&x, &y).unwrap();
        assert_eq!(fit.rank, count(&case["rank"]), "{name}");
        for (made, expected) in fit.singular_values.iter().zip(numbers(&case["singular"])) {
            assert_close(*made, expected, 1e-14, fit.singular_values[0], name);
        }
        check(&fit.model, &case, 1e-11);
        let scores = fold_scores(&x, &y, |x, y| least_squares(x, y).unwrap().model);
        for (made, expected) in scores.into_iter().zip(numbers(&case["fold_r2"])) {
            assert_close(made, expected, 1e-9, expected.abs().max(1.0), name);
        }
        // By the normal equations, where they can be solved.
        let products = CentredProducts::of(&x, &y).unwrap();
        let all: Vec<usize> = (0..x.len()).collect();
        match products.least_squares(&all) {
            Ok(model) => {
                assert_eq!(fit.rank, x.len(), "{name}");
                check(&model, &case, 1e-9);
                assert_close(products.r2(&all, &model), number(&case["r2"]), 1e-12, 1.0, name);
            }
            Err(error) => {
                assert!(matches!(error, Error::Dependent { .. }), "{name}: {error}");
                assert!(fit.rank < x.len(), "{name}: {error}");
            }
        }
    }
}

/// Whether the constant feature counts, and what comes of it, in folds of which some decide one way and some
/// the other.
#[test]
fn a_constant_among_many_features_counts_where_it_does_in_lapack() {
    let mut decisions = [0; 2];
    for case in cases("divided", 5) {
        let (mut inputs, y) = (columns(&case["x"]), numbers(&case["y"]));
        let logs: Vec<Vec<f64>> = inputs.iter().map(|x| x.iter().map(|x| x.ln_1p()).collect()).collect();
        inputs.extend(logs);
        let mut x = polynomial_features(&inputs, count(&case["degree"]), Terms::Interactions);
        if case["standardised"].as_bool().unwrap() {
            x = Standardiser::of(&x).unwrap().apply(&x);
        }
        for (held_out, expected) in folds(y.len(), 10).into_iter().zip(case["folds"].as_array().unwrap()) {
            let rest = |values: &[f64]| [&values[..held_out.start], &values[held_out.end..]].concat();
            let (train, target) = (x.iter().map(|feature| rest(feature)).collect::<Vec<_>>(), rest(&y));
            let fit = gelsd_least_squares(&train, &target).unwrap();
            let name = format!("{} features, {held_out:?}", x.len());
            assert_eq!(fit.rank, count(&expected["rank"]), "{name}");
            let ratio = fit.singular_values.last().unwrap() / fit.singular_values[0];
            assert_close(ratio, number(&expected["ratio"]), 1e-3, number(&expected["ratio"]), &name);
            let there: Vec<Vec<f64>> = x.iter().map(|feature| feature[held_out.clone()].to_vec()).collect();
            let error = mean_squared_error(&y[held_out.clone()], &fit.model.predict(&there)).unwrap();
            assert_close(error, number(&expected["mse"]), 1e-5, number(&expected["mse"]), &name);
            // The exact fit does not count what is zero.
            let exact = least_squares(&train, &target).unwrap();
            assert_eq!(exact.rank, x.len() - 1, "{name}");
            let counts = usize::from(fit.rank == x.len());
            assert_eq!(counts == 0, fit.model == exact.model, "{name}");
            decisions[counts] += 1;
        }
    }
    assert!(decisions.iter().all(|folds| *folds > 10), "{decisions:?}");
}

#[test]
fn subsets_are_fitted_from_the_same_products() {
    let case = cases("least_squares", 6).into_iter().find(|case| case["name"] == "standardised").unwrap();
    let (x, y) = (columns(&case["x"]), numbers(&case["y"]));
    let products = CentredProducts::of(&x, &y).unwrap();
    let halves = |values: &[f64]| values[20..].to_vec();
    let (other, other_y) = (x.iter().map(|feature| halves(feature)).collect::<Vec<_>>(), halves(&y));
    let elsewhere = CentredProducts::of(&other, &other_y).unwrap();
    for subset in [&[0][..], &[3, 1], &[1, 2, 3]] {
        let part = |x: &[Vec<f64>]| subset.iter().map(|&place| x[place].clone()).collect::<Vec<_>>();
        let expected = least_squares(&part(&x), &y).unwrap().model;
        let model = products.least_squares(subset).unwrap();
        for (made, expected) in model.coefficients.iter().zip(&expected.coefficients) {
            assert_close(*made, *expected, 1e-12, 1.0, "coefficient");
        }
        let score = r2_score(&other_y, &expected.predict(&part(&other))).unwrap();
        assert_close(elsewhere.r2(subset, &model), score, 1e-12, 1.0, "score elsewhere");
    }
}

#[test]
fn lassos_are_those_of_scikit_learn_to_the_number_of_passes() {
    for case in cases("lassos", 6) {
        let (x, y, name) = (columns(&case["x"]), numbers(&case["y"]), case["name"].as_str().unwrap());
        let options = LassoOptions {
            alpha: number(&case["alpha"]),
            max_iterations: case["max_iterations"].as_u64().unwrap() as u32,
            tolerance: number(&case["tolerance"]),
        };
        let fit = lasso(&CentredProducts::of(&x, &y).unwrap(), &options).unwrap();
        assert_eq!(u64::from(fit.iterations), case["iterations"].as_u64().unwrap(), "{name}");
        assert!(fit.converged, "{name}");
        assert_close(fit.dual_gap, number(&case["dual_gap"]), 1e-9, 1.0, name);
        check(&fit.model, &case, 1e-9);
        let zeros = |coefficients: &[f64]| coefficients.iter().filter(|value| **value == 0.0).count();
        assert_eq!(zeros(&fit.model.coefficients), zeros(&numbers(&case["coefficients"])), "{name}");
        let scores = fold_scores(&x, &y, |x, y| lasso(&CentredProducts::of(x, y).unwrap(), &options).unwrap().model);
        for (made, expected) in scores.into_iter().zip(numbers(&case["fold_r2"])) {
            assert_close(made, expected, 1e-8, expected.abs().max(1.0), name);
        }
    }
}

#[test]
fn a_lasso_that_is_cut_short_says_so() {
    let case = cases("lassos", 6).into_iter().find(|case| case["name"] == "products of three").unwrap();
    let products = CentredProducts::of(&columns(&case["x"]), &numbers(&case["y"])).unwrap();
    let cut = lasso(&products, &LassoOptions { max_iterations: 3, ..LassoOptions::default() }).unwrap();
    assert_eq!((cut.iterations, cut.converged), (3, false));
    assert!(cut.dual_gap.is_finite());
    let none = lasso(&products, &LassoOptions { max_iterations: 0, ..LassoOptions::default() });
    assert!(matches!(none, Err(Error::InvalidOption { name: "max_iterations", .. })));
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let y = [1.0, 2.0, 4.0];
    assert!(matches!(least_squares(&[vec![1.0]], &y), Err(Error::LengthMismatch { x: 1, y: 3 })));
    assert!(matches!(least_squares(&[vec![1.0, f64::NAN, 2.0]], &y), Err(Error::NotFinite { index: 1, .. })));
    assert!(matches!(least_squares(&[Vec::new()], &[]), Err(Error::TooFew { .. })));
    assert!(matches!(CentredProducts::of(&[vec![1e200, 0.0, 0.0]], &y), Err(Error::OutOfRange { .. })));
    let none = least_squares(&[], &y).unwrap();
    assert_eq!((none.rank, none.model.intercept), (0, 7.0 / 3.0));
}
