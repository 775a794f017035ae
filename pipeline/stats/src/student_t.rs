//! Tail of Student's t distribution in log space.
//!
//! With a = df / 2, x = df / (df + t²) and y = 1 - x = t² / (df + t²), the two-sided tail is the
//! regularised incomplete beta function
//!
//! P(|T| > |t|) = I_x(a, ½) = x^a y^½ / B(a, ½) / F,
//!
//! where F is a continued fraction, and the mass between -|t| and |t| is I_y(½, a), a power series
//! (Abramowitz and Stegun, 26.7.1 and 26.5; DLMF 8.17). Both powers are kept as logarithms, so the tail
//! holds where it is far below the least `f64`. y is carried beside x, because 1 - x would cancel for
//! many degrees of freedom.

use std::f64::consts::PI;

/// Natural logarithm of the two-sided tail of Student's t, ln P(|T| > |t|): the logarithm of
/// `2 * scipy.stats.t.sf(abs(t), df)`.
///
/// `df` are the degrees of freedom, any positive number. The relative error is about 1e-14 for df >=
/// 1/2, also where the tail itself underflows. The result is in (-∞, 0]: 0 for t = 0, -∞ for infinite t.
/// NaN if an argument is NaN or `df` is not positive and finite.
pub fn ln_student_t_two_sided(t: f64, df: f64) -> f64 {
    match TailSplit::new(t, df) {
        None => f64::NAN,
        Some(split) => split.ln_tail(),
    }
}

/// Logarithm of the density of Student's t (Abramowitz and Stegun 26.7.2).
pub(crate) fn ln_student_t_density(t: f64, df: f64) -> f64 {
    let a = df / 2.0;
    ln_gamma_half_step(a) - 0.5 * (df * PI).ln() - (a + 0.5) * ln_1p_of_square(t.abs() / df.sqrt())
}

/// Where t divides the unit mass into the tails beyond ±t and the centre between.
pub(crate) struct TailSplit {
    a: f64,
    x: f64,
    y: f64,
    ln_x: f64,
    /// √y
    root_y: f64,
}

impl TailSplit {
    /// None where the distribution is not defined.
    pub(crate) fn new(t: f64, df: f64) -> Option<Self> {
        if t.is_nan() || df.is_nan() || df <= 0.0 || df.is_infinite() {
            return None;
        }
        let ratio = t.abs() / df.sqrt();
        // Whichever square cannot overflow.
        let (x, y) = if ratio <= 1.0 {
            let square = ratio * ratio;
            (1.0 / (1.0 + square), square / (1.0 + square))
        } else {
            let inverse = (1.0 / ratio) * (1.0 / ratio);
            (inverse / (1.0 + inverse), 1.0 / (1.0 + inverse))
        };
        let root_y = if ratio.is_infinite() { 1.0 } else { ratio / ratio.hypot(1.0) };
        Some(Self { a: df / 2.0, x, y, ln_x: -ln_1p_of_square(ratio), root_y })
    }

    /// ln P(|T| > |t|)
    pub(crate) fn ln_tail(&self) -> f64 {
        let ln_tail =
            if self.tail_is_small() { self.ln_tail_by_fraction() } else { (-self.centre_by_series()).ln_1p() };
        // For df far below 1 even distant tails hold nearly all the mass, and its logarithm is rounding
        // noise about 0.
        if ln_tail > 0.0 { 0.0 } else { ln_tail }
    }

    /// P(|T| < |t|), with full relative precision also where it is tiny.
    pub(crate) fn centre(&self) -> f64 {
        if self.tail_is_small() { -self.ln_tail_by_fraction().exp_m1() } else { self.centre_by_series() }
    }

    /// Whether the continued fraction converges fast: x < (a + 1) / (a + b + 2) with b = ½, the
    /// customary limit, written with y. For df >= 1 the tail is then at most 0.5.
    fn tail_is_small(&self) -> bool {
        self.y * (self.a + 2.5) > 1.5
    }

    fn ln_tail_by_fraction(&self) -> f64 {
        if self.ln_x == f64::NEG_INFINITY {
            return f64::NEG_INFINITY;
        }
        self.a * self.ln_x + self.root_y.ln() + ln_inverse_beta_half(self.a)
            - beta_fraction(self.a, 0.5, self.x, self.y).ln()
    }

    /// I_y(½, a) = 2 y^½ x^a / B(a, ½) Σ (a + ½)ₙ / (3/2)ₙ yⁿ (DLMF 8.17.8); all terms are positive.
    fn centre_by_series(&self) -> f64 {
        let mut term = 1.0;
        let mut total = 1.0;
        let mut n = 0.0;
        // In this region a y <= 1.5 and y <= 0.6: in the end the terms fall geometrically.
        while term > total * (f64::EPSILON / 16.0) {
            term *= self.y * (self.a + 0.5 + n) / (1.5 + n);
            total += term;
            n += 1.0;
        }
        2.0 * self.root_y * (self.a * self.ln_x + ln_inverse_beta_half(self.a)).exp() * total
    }
}

/// ln(1 + ratio²) without overflow.
fn ln_1p_of_square(ratio: f64) -> f64 {
    if ratio <= 1.0 { (ratio * ratio).ln_1p() } else { 2.0 * ratio.ln() + ((1.0 / ratio) * (1.0 / ratio)).ln_1p() }
}

/// The continued fraction F in I_x(a, b) = x^a y^b / B(a, b) / F, y = 1 - x.
///
/// It is the even part of DLMF 8.17.22, in the form of Didonato and Morris, "Algorithm 708", ACM TOMS 18
/// (1992), whose partial denominators keep their digits when x is close to 1 because they use y.
/// Evaluated by Lentz's method as modified by Thompson and Barnett, J. Comput. Phys. 64 (1986). Needs
/// fewer than a hundred steps wherever `tail_is_small`.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    /// Stands in for a zero denominator, which Lentz's method divides by in the next step.
    const TINY: f64 = 1e-300;
    /// Several times what was ever needed.
    const MAX_STEPS: u32 = 10_000;
    let or_tiny = |v: f64| if v == 0.0 { TINY } else { v };

    let numerator_gap = a * y - b * x + 1.0;
    let mut fraction = or_tiny(a / (a + 1.0) * numerator_gap);
    let mut c = fraction;
    let mut d = 0.0;
    for step in 1..=MAX_STEPS {
        let m = f64::from(step);
        let base = a + 2.0 * m - 1.0;
        let partial_numerator = ((a + m - 1.0) / base) * ((a + b + m - 1.0) / base) * m * (b - m) * x * x;
        let partial_denominator = m + m * (b - m) * x / base + (a + m) / (base + 2.0) * (numerator_gap + m * (1.0 + y));
        d = 1.0 / or_tiny(partial_denominator + partial_numerator * d);
        c = or_tiny(partial_denominator + partial_numerator / c);
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() <= f64::EPSILON {
            return fraction;
        }
    }
    f64::NAN
}

/// -ln B(a, ½) = ln Γ(a + ½) - ln Γ(a) - ½ ln π
fn ln_inverse_beta_half(a: f64) -> f64 {
    ln_gamma_half_step(a) - 0.5 * PI.ln()
}

/// ln Γ(a + ½) - ln Γ(a), for a > 0, to about 1e-15.
///
/// The difference of two log-gammas would lose all digits for large a. Instead: the asymptotic series
///
/// ½ ln a - 1/8 a⁻¹ + 1/192 a⁻³ - 1/640 a⁻⁵ + 17/14336 a⁻⁷ - …
///
/// (from Stirling's series, Abramowitz and Stegun 6.1.41), after a has been raised to where it converges
/// by Γ(a + ½) / Γ(a) = a / (a + ½) · Γ(a + 1 + ½) / Γ(a + 1).
fn ln_gamma_half_step(a: f64) -> f64 {
    /// The first term left out, 691/180224 a⁻¹¹, is at most 2e-16 from here on.
    const SERIES_FROM: f64 = 16.0;
    const COEFFICIENTS: [f64; 5] = [-1.0 / 8.0, 1.0 / 192.0, -1.0 / 640.0, 17.0 / 14336.0, -31.0 / 18432.0];
    let mut factor = 1.0;
    let mut raised = a;
    while raised < SERIES_FROM {
        factor *= raised / (raised + 0.5);
        raised += 1.0;
    }
    let inverse = 1.0 / raised;
    let square = inverse * inverse;
    let series = COEFFICIENTS.iter().rev().fold(0.0, |sum, c| sum * square + c) * inverse;
    factor.ln() + 0.5 * raised.ln() + series
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::{ln_gamma_half_step, ln_student_t_density, ln_student_t_two_sided};

    #[test]
    fn gamma_half_step_meets_closed_forms() {
        // Γ(1) / Γ(½) = 1 / √π, Γ(3/2) / Γ(1) = √π / 2
        assert!((ln_gamma_half_step(0.5) + 0.5 * PI.ln()).abs() < 1e-15);
        assert!((ln_gamma_half_step(1.0) - (PI.sqrt() / 2.0).ln()).abs() < 1e-15);
    }

    #[test]
    fn the_median_and_the_ends_of_the_axis() {
        assert_eq!(ln_student_t_two_sided(0.0, 5.0), 0.0);
        assert_eq!(ln_student_t_two_sided(f64::INFINITY, 5.0), f64::NEG_INFINITY);
        assert_eq!(ln_student_t_two_sided(f64::NEG_INFINITY, 5.0), f64::NEG_INFINITY);
    }

    #[test]
    fn not_defined_is_nan() {
        for (t, df) in [(f64::NAN, 1.0), (1.0, f64::NAN), (1.0, 0.0), (1.0, -3.0), (1.0, f64::INFINITY)] {
            assert!(ln_student_t_two_sided(t, df).is_nan(), "t = {t}, df = {df}");
        }
    }

    #[test]
    fn cauchy_closed_form() {
        // df = 1: P(|T| > t) = 2/π atan(1/t); density 1 / (π (1 + t²)).
        for t in [1e-8, 0.3, 1.0, 1.0001, 7.0, 1e6, 1e200_f64] {
            let expected = (2.0 / PI * (1.0 / t).atan()).ln();
            // Where the tail is near 1, this closed form itself is rounded to multiples of 1e-16.
            assert!((ln_student_t_two_sided(t, 1.0) - expected).abs() < 1e-15 + 1e-15 * expected.abs(), "t = {t}");
        }
        assert!((ln_student_t_density(2.0, 1.0) + (5.0 * PI).ln()).abs() < 1e-15);
    }

    #[test]
    fn every_pair_of_magnitudes_gives_a_logarithm_of_a_probability() {
        let magnitudes = || (-300..=300).step_by(15).map(|e| 10f64.powi(e));
        for df in magnitudes() {
            let mut previous = 0.0;
            for t in magnitudes() {
                let ln_p = ln_student_t_two_sided(t, df);
                assert!(ln_p <= 0.0, "t = {t:e}, df = {df:e}: {ln_p:e}");
                assert!(
                    ln_p <= previous || df < 1.0,
                    "not falling at t = {t:e}, df = {df:e}: {ln_p:e} after {previous:e}"
                );
                previous = ln_p;
            }
        }
    }
}
