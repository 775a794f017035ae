//! What holds for all data, on random data.

use proptest::collection::vec;
use proptest::prelude::*;
use stats::{
    BootstrapOptions, bootstrap_band, describe, linear_regression, ln_student_t_two_sided, mean, pearson, quantile,
    ranks, spearman, std, student_t_quantile,
};

type Pairs = Vec<(f64, f64)>;

/// Pairs whose x are apart and whose y scatter, so that no statistic is undefined.
fn pairs() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    vec((0.1..1.0f64, -100.0..100.0f64), 4..60).prop_map(|steps| {
        let mut at = -5.0;
        steps
            .into_iter()
            .map(|(step, y)| {
                at += step;
                (at, y)
            })
            .unzip()
    })
}

/// Pairs and the same pairs in another order.
fn permuted_pairs() -> impl Strategy<Value = (Pairs, Pairs)> {
    pairs().prop_flat_map(|(x, y)| {
        let pairs: Pairs = x.into_iter().zip(y).collect();
        (Just(pairs.clone()), Just(pairs).prop_shuffle())
    })
}

fn unzip(pairs: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
    pairs.iter().copied().unzip()
}

fn close(a: f64, b: f64, tolerance: f64, scale: f64) -> bool {
    (a - b).abs() <= tolerance * scale
}

proptest! {
    #[test]
    fn regression_does_not_depend_on_the_order((pairs, shuffled) in permuted_pairs()) {
        let (x, y) = unzip(&pairs);
        let line = linear_regression(&x, &y).unwrap();
        let (x, y) = unzip(&shuffled);
        let other = linear_regression(&x, &y).unwrap();
        prop_assert!(close(line.slope, other.slope, 1e-9, line.slope.abs() + line.stderr));
        prop_assert!(close(line.intercept, other.intercept, 1e-9, line.intercept.abs() + line.intercept_stderr));
        prop_assert!(close(line.rvalue, other.rvalue, 1e-9, 1.0));
        prop_assert!(close(line.ln_pvalue, other.ln_pvalue, 1e-9, line.ln_pvalue.abs() + 1.0));
        prop_assert!(close(line.stderr, other.stderr, 1e-9, line.stderr));
        prop_assert!(close(line.rmse, other.rmse, 1e-9, line.rmse));
    }

    #[test]
    fn regression_scales_with_its_units((x, y) in pairs(), a in 1e-6..1e6f64, b in 1e-6..1e6f64) {
        let line = linear_regression(&x, &y).unwrap();
        let scaled_x: Vec<f64> = x.iter().map(|v| v * a).collect();
        let scaled_y: Vec<f64> = y.iter().map(|v| v * b).collect();
        let scaled = linear_regression(&scaled_x, &scaled_y).unwrap();
        prop_assert!(close(scaled.slope * a / b, line.slope, 1e-9, line.slope.abs() + line.stderr));
        prop_assert!(close(scaled.intercept / b, line.intercept, 1e-9, line.intercept.abs() + line.intercept_stderr));
        prop_assert!(close(scaled.stderr * a / b, line.stderr, 1e-9, line.stderr));
        prop_assert!(close(scaled.rvalue, line.rvalue, 1e-9, 1.0));
    }

    #[test]
    fn residuals_of_the_line_sum_to_zero((x, y) in pairs()) {
        let line = linear_regression(&x, &y).unwrap();
        let residuals: Vec<f64> = x.iter().zip(&y).map(|(&x, y)| y - line.predict(x)).collect();
        let moment: Vec<f64> = x.iter().zip(&residuals).map(|(x, e)| x * e).collect();
        prop_assert!(stats::sum(&residuals).abs() < 1e-9);
        prop_assert!(stats::sum(&moment).abs() < 1e-8);
        let squares: Vec<f64> = residuals.iter().map(|e| e * e).collect();
        prop_assert!(close(mean(&squares).unwrap().sqrt(), line.rmse, 1e-9, line.rmse));
    }

    #[test]
    fn p_values_are_probabilities_and_agree_with_their_logarithms((x, y) in pairs()) {
        let line = linear_regression(&x, &y).unwrap();
        let by_r = pearson(&x, &y).unwrap();
        let by_rank = spearman(&x, &y).unwrap();
        for (p, ln_p, log10_p) in [
            (line.pvalue, line.ln_pvalue, line.log10_pvalue),
            (by_r.pvalue, by_r.ln_pvalue, by_r.log10_pvalue),
            (by_rank.pvalue, by_rank.ln_pvalue, by_rank.log10_pvalue),
        ] {
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!(close(ln_p.exp(), p, 1e-12, p));
            prop_assert!(close(10f64.powf(log10_p), p, 1e-12, p));
        }
        prop_assert!(close(line.ln_pvalue, by_r.ln_pvalue, 1e-12, line.ln_pvalue.abs() + 1.0));
        prop_assert!(by_rank.coefficient.abs() <= 1.0);
    }

    #[test]
    fn spearman_sees_only_the_order((x, y) in pairs()) {
        let cubed: Vec<f64> = y.iter().map(|v| v.powi(3) + 2.0 * v).collect();
        prop_assert_eq!(spearman(&x, &y).unwrap(), spearman(&x, &cubed).unwrap());
    }

    #[test]
    fn a_summary_is_in_order(values in vec(-1e9..1e9f64, 1..80), missing in 0..5usize) {
        let mut with_missing = values.clone();
        with_missing.extend(vec![f64::NAN; missing]);
        let summary = describe(&with_missing);
        prop_assert_eq!((summary.count, summary.missing), (values.len(), missing));
        prop_assert!(summary.min <= summary.q25 && summary.q25 <= summary.q50);
        prop_assert!(summary.q50 <= summary.q75 && summary.q75 <= summary.max);
        prop_assert!(summary.min <= summary.mean && summary.mean <= summary.max);
        prop_assert!(values.contains(&summary.min) && values.contains(&summary.max));
        if values.len() > 1 {
            // Popoviciu: the population's variance is at most a quarter of the squared range.
            let bound = (summary.max - summary.min) / 2.0;
            prop_assert!(std(&values, 0).unwrap() <= bound * (1.0 + 1e-12));
            prop_assert!(summary.std >= 0.0);
        }
    }

    #[test]
    fn quantiles_rise_within_the_range(values in vec(-1e3..1e3f64, 1..40), mut qs in vec(0.0..=1.0f64, 2..20)) {
        qs.sort_by(f64::total_cmp);
        let made: Vec<f64> = qs.iter().map(|&q| quantile(&values, q).unwrap()).collect();
        // One rounding is let pass where the interpolation changes from the lower to the upper end.
        prop_assert!(made.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12), "{:?}", made);
        let (least, greatest) = (quantile(&values, 0.0).unwrap(), quantile(&values, 1.0).unwrap());
        prop_assert!(made.iter().all(|v| (least..=greatest).contains(v)));
    }

    #[test]
    fn ranks_are_a_permutation_but_for_ties(values in vec(-20i8..20, 0..60)) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let made = ranks(&values).unwrap();
        let n = values.len() as f64;
        prop_assert_eq!(stats::sum(&made), n * (n + 1.0) / 2.0);
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                prop_assert_eq!(a.partial_cmp(b), made[i].partial_cmp(&made[j]));
            }
        }
    }

    #[test]
    fn the_t_tail_falls_with_t_and_its_quantile_inverts_it(
        t in 1e-6..1e6f64,
        factor in 1.001..10.0f64,
        df in 0.5..1e4f64,
    ) {
        let ln_p = ln_student_t_two_sided(t, df);
        prop_assert!(ln_p < 0.0 && ln_student_t_two_sided(t * factor, df) < ln_p);
        // Away from where the tail is 1 - tiny, or below the least float, and a double has its digits.
        if (-600.0..-1e-3).contains(&ln_p) {
            let back = -student_t_quantile(ln_p.exp() / 2.0, df);
            prop_assert!(close(back, t, 1e-9, t), "{} from {}", back, t);
        }
    }

    #[test]
    fn arbitrary_numbers_give_a_result_or_an_error(
        x in vec(any::<f64>(), 0..8),
        y in vec(any::<f64>(), 0..8),
        seed in any::<u64>(),
    ) {
        let _ = describe(&x);
        let _ = quantile(&x, 0.3);
        let _ = std(&x, 1);
        if let Ok(line) = linear_regression(&x, &y) {
            prop_assert!((0.0..=1.0).contains(&line.pvalue) && line.rvalue.abs() <= 1.0);
        }
        if let Ok(made) = pearson(&x, &y) {
            prop_assert!((0.0..=1.0).contains(&made.pvalue) && made.coefficient.abs() <= 1.0);
        }
        let _ = spearman(&x, &y);
        let options = BootstrapOptions { seed, resamples: 20, ..Default::default() };
        if let Ok(band) = bootstrap_band(&x, &y, &options) {
            prop_assert!(band.lower.iter().zip(&band.upper).all(|(low, high)| low <= high));
        }
    }
}

proptest! {
    // A band costs a thousand fits.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_band_holds_the_line_in_the_middle_of_the_data((x, y) in pairs(), seed in any::<u64>()) {
        prop_assume!(x.len() >= 12);
        let line = linear_regression(&x, &y).unwrap();
        let band = bootstrap_band(&x, &y, &BootstrapOptions { seed, ..Default::default() }).unwrap();
        let middle = band.x.len() / 2;
        let at = line.predict(band.x[middle]);
        prop_assert!((band.lower[middle]..=band.upper[middle]).contains(&at));
    }
}
