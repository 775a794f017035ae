//! When two numbers are the same.

/// How far two numbers may differ, relative to the larger one. Far above what the last bits of other
/// mathematical libraries do to a sum, far below what any table prints.
pub const TOLERANCE: f64 = 1e-9;

/// Digits after the first one that [`rounded`] keeps: numbers with the same rounded form differ by no
/// more than [`TOLERANCE`].
const DIGITS: usize = 9;

/// Whether two numbers differ by no more than [`TOLERANCE`] of the larger one. What is not a number is
/// the same as what is not a number.
pub(crate) fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()) && (a - b).is_finite()
}

/// The number to ten significant digits.
pub(crate) fn rounded(number: f64) -> String {
    // Zero has a sign that no comparison sees.
    if number == 0.0 { "0".to_owned() } else { format!("{number:.DIGITS$e}") }
}

/// The integer to ten significant digits where it has no more, as [`rounded`] would write it, and else
/// with all of them: counts and clock readings must be the same.
pub(crate) fn exact(integer: i128) -> String {
    if integer.abs() < 10_i128.pow(DIGITS as u32 + 1) { rounded(integer as f64) } else { format!("{integer}!") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_the_same() {
        assert!(same(1.0, 1.0 + 1e-12) && same(1e-300, 1e-300 * (1.0 + 1e-10)) && same(f64::NAN, f64::NAN));
        assert!(same(0.0, -0.0) && same(f64::INFINITY, f64::INFINITY));
        assert!(!same(1.0, 1.0 + 1e-8) && !same(0.0, 1e-300) && !same(1.0, f64::NAN) && !same(1.0, -1.0));
        assert!(!same(f64::INFINITY, f64::NEG_INFINITY) && !same(f64::INFINITY, f64::MAX));
        assert_eq!(rounded(0.0), rounded(-0.0));
        assert_eq!(exact(5), rounded(5.0));
        assert_ne!(exact(1_600_000_000_000_000_000), exact(1_600_000_000_000_000_001));
    }

    proptest! {
        #[test]
        fn what_rounds_alike_is_the_same(number in any::<f64>(), by in -2e-9..2e-9) {
            let other = number * (1.0 + by);
            if rounded(number) == rounded(other) {
                prop_assert!(same(number, other), "{number} {other}");
            }
        }

        #[test]
        fn a_change_beyond_the_tolerance_is_seen(number in any::<f64>(), by in 1e-8..1e3, up: bool) {
            let other: f64 = if up { number * (1.0 + by) } else { number / (1.0 + by) };
            prop_assume!(number.is_normal() && other.is_normal());
            prop_assert!(!same(number, other) && rounded(number) != rounded(other));
        }
    }
}
