//! Quantiles of Student's t distribution, for confidence intervals.

use crate::student_t::{TailSplit, ln_student_t_density};

/// The value below which Student's t with `df` degrees of freedom lies with `probability`
/// (`scipy.stats.t.ppf`): 2.776… for 0.975 and 4.
///
/// Solved by Newton's method on the logarithms of the tail, or of the central mass where the tail is the
/// greater of the two, against the logarithm of t: both curves are nearly straight, so that the relative
/// error is about 1e-12 from 1e-300 to 1. ∓∞ for probabilities 0 and 1. NaN if the probability is
/// outside [0, 1] or `df` is not positive and finite.
pub fn student_t_quantile(probability: f64, df: f64) -> f64 {
    if !(0.0..=1.0).contains(&probability) || df.is_nan() || df <= 0.0 || df.is_infinite() {
        return f64::NAN;
    }
    // 1 - p and 2p - 1 are exact for p >= ½.
    let tail = probability.min(1.0 - probability);
    let centre = (probability - (1.0 - probability)).abs();
    let magnitude = if tail == 0.0 {
        f64::INFINITY
    } else if centre == 0.0 {
        0.0
    } else if centre < 0.5 {
        solve(df, centre.ln(), Part::Centre)
    } else {
        solve(df, (2.0 * tail).ln(), Part::Tails)
    };
    if probability < 0.5 { -magnitude } else { magnitude }
}

/// The part of the mass that is prescribed.
#[derive(Clone, Copy)]
enum Part {
    Centre,
    Tails,
}

impl Part {
    /// ln of the mass at t, and the slope of that logarithm over ln t.
    fn ln_mass_and_slope(self, t: f64, df: f64) -> (f64, f64) {
        let Some(split) = TailSplit::new(t, df) else { return (f64::NAN, f64::NAN) };
        // Both ends of the interval move: twice the density, times dt / d ln t = t.
        let ln_change = std::f64::consts::LN_2 + ln_student_t_density(t, df) + t.ln();
        match self {
            Part::Centre => {
                let ln_mass = split.centre().ln();
                (ln_mass, (ln_change - ln_mass).exp())
            }
            Part::Tails => {
                let ln_mass = split.ln_tail();
                (ln_mass, -(ln_change - ln_mass).exp())
            }
        }
    }
}

/// The t > 0 at which `part` has the mass exp(`ln_mass`).
fn solve(df: f64, ln_mass: f64, part: Part) -> f64 {
    /// In ln t. Far tails are too steep for a full step from the centre.
    const LONGEST_STEP: f64 = 4.0;
    /// From t = 1 to either end of the range of f64 takes fewer than 200 of the longest steps.
    const MAX_STEPS: u32 = 400;

    let mut ln_t = 0.0f64;
    for _ in 0..MAX_STEPS {
        let (value, slope) = part.ln_mass_and_slope(ln_t.exp(), df);
        let step = ((ln_mass - value) / slope).clamp(-LONGEST_STEP, LONGEST_STEP);
        ln_t += step;
        // Newton's method doubles the digits: after a step this small the rest is below rounding.
        if step.is_nan() || step.abs() < 1e-9 {
            break;
        }
    }
    ln_t.exp()
}

#[cfg(test)]
mod tests {
    use super::student_t_quantile;
    use crate::ln_student_t_two_sided;

    #[test]
    fn ends_middle_and_nonsense() {
        assert_eq!(student_t_quantile(0.0, 3.0), f64::NEG_INFINITY);
        assert_eq!(student_t_quantile(1.0, 3.0), f64::INFINITY);
        assert_eq!(student_t_quantile(0.5, 3.0), 0.0);
        for (p, df) in [(-0.1, 3.0), (1.1, 3.0), (f64::NAN, 3.0), (0.9, 0.0), (0.9, f64::NAN)] {
            assert!(student_t_quantile(p, df).is_nan(), "p = {p}, df = {df}");
        }
    }

    #[test]
    fn inverts_the_tail() {
        for df in [0.3, 1.0, 2.0, 7.5, 40.0, 1e3, 1e6] {
            for exponent in 1..=300 {
                let p = 10f64.powi(-exponent);
                let t = student_t_quantile(p, df);
                if !t.is_finite() {
                    // Few degrees of freedom: the quantile itself is beyond 1e308.
                    assert!(df < 1.0);
                    continue;
                }
                let ln_p = ln_student_t_two_sided(t, df);
                let expected = (2.0 * p).ln();
                assert!((ln_p - expected).abs() <= 1e-12 * expected.abs(), "p = {p}, df = {df}");
            }
        }
    }

    #[test]
    fn is_odd_about_one_half() {
        for p in [1e-3, 0.2, 0.25, 0.3, 0.4999] {
            let (low, high) = (student_t_quantile(p, 6.0), student_t_quantile(1.0 - p, 6.0));
            assert!((low + high).abs() <= 1e-12 * high, "p = {p}: {low} and {high}");
        }
    }
}
