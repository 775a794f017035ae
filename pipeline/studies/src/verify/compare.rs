//! One published value against one of ours: which difference is allowed, and why.
//!
//! | published | allowed difference |
//! | --- | --- |
//! | any, with a tolerance stated by its entry | that tolerance |
//! | an integer (`35`) | none: it is a count, a setting or an index |
//! | a number with 15 or more significant digits | [`FULL_PRECISION`], of p-values [`P_VALUE`] |
//! | the p-value `0.0` | below [`UNDERFLOW`] |
//! | any other number | half a unit in the last printed place |
//! | one whose entry says that its digits were cut off | a unit in the last printed place, away from zero only |
//! | a text | none |
//! | `NaN`, an empty cell | ours must be missing too |
//!
//! Fifteen digits and more are the shortest text that identifies an `f64`, not a rounding: the last of
//! them depend on the order in which the original summed. Half a unit takes in both neighbours of a
//! tie, since pandas, numpy and Python round ties in different ways (half to even on the exact
//! binary value, or after a multiplication that may itself round), and an ulp of ours may decide a near-tie.

use serde::Serialize;

use crate::published::{Decimal, Token, Tolerance};
use crate::record::Cell;

/// Allowed relative difference of numbers printed at full precision.
pub const FULL_PRECISION: f64 = 1e-9;

/// Allowed relative difference of p-values printed at full precision: the tail of the t distribution
/// amplifies the rounding of the correlation coefficient.
pub const P_VALUE: f64 = 1e-8;

/// A p-value printed as `0.0` had no `f64` any more; ours must be at least so small that it has none
/// of full precision.
pub const UNDERFLOW: f64 = f64::MIN_POSITIVE;

/// From this number of significant digits on, a print shows the `f64` itself.
const FULL_PRECISION_DIGITS: usize = 15;

/// Rounding of our own value and of the difference, in units of the value.
const SLACK: f64 = 4.0 * f64::EPSILON;

/// In what an error and its tolerance are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// In units of the published value.
    Relative,
    /// In the unit of the value itself, because the published value is zero.
    Absolute,
    /// In units of the length of the axis.
    AxisSpan,
    /// Not at all: texts and missing values are equal or not.
    Equality,
}

/// What was found about one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ValueVerdict {
    /// Ours agrees.
    #[serde(rename = "match")]
    Match,
    /// Ours lies as near as two runs of an unseeded bootstrap lie to each other.
    #[serde(rename = "match (bootstrap)")]
    Bootstrap,
    /// Ours differs.
    #[serde(rename = "mismatch")]
    Mismatch,
    /// The held data do not give it.
    #[serde(rename = "not recomputable")]
    NotRecomputable,
}

/// One published value against ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueCheck {
    /// Where in the record it stands: `rows[3].latency_mean`, `rows[3].label`, `slope`, `L4[12].x`.
    pub path: String,
    /// What was published.
    pub published: String,
    /// What was made here; `None` if there is nothing in its place.
    pub ours: Option<Cell>,
    /// How far they differ, as `measure` says; `None` if a difference cannot be given.
    pub rel_error: Option<f64>,
    /// How far they may differ, as `measure` says.
    pub tolerance: Option<f64>,
    /// In what both are measured.
    pub measure: Measure,
    /// What was found.
    pub verdict: ValueVerdict,
}

impl ValueCheck {
    /// Compares a printed value with ours. `tolerance` is that of the entry; `name` is the column or
    /// the name of the value, by which p-values are known.
    pub(super) fn of_print(
        path: String,
        published: &Token,
        ours: Option<&Cell>,
        name: &str,
        tolerance: &Tolerance,
    ) -> Self {
        let check = ValueCheck {
            path,
            published: published.text().to_owned(),
            ours: ours.cloned(),
            rel_error: None,
            tolerance: None,
            measure: Measure::Equality,
            verdict: ValueVerdict::Mismatch,
        };
        let matching = ValueCheck { verdict: ValueVerdict::Match, ..check.clone() };
        match (ours, published.decimal()) {
            (Some(Cell::Text(text)), _) if text == published.text() => matching,
            (Some(Cell::Missing), _) if published.is_missing() => matching,
            (Some(Cell::Integer(_) | Cell::Number(_)), Some(decimal)) => {
                let number = ours.and_then(Cell::as_f64).unwrap_or(f64::NAN);
                let allowed = allowed(&decimal, number, is_p_value(name), tolerance);
                check.measured(decimal.value, number, allowed)
            }
            _ => check,
        }
    }

    /// Compares coordinates in units of the length of their axis.
    pub(super) fn of_coordinate(path: String, published: f64, ours: f64, span: f64, tolerance: f64) -> Self {
        let error = gap(published, ours, span);
        ValueCheck {
            path,
            published: Cell::from(published).to_string(),
            ours: Some(Cell::from(ours)),
            rel_error: error.is_finite().then_some(error),
            tolerance: Some(tolerance),
            measure: Measure::AxisSpan,
            verdict: if error <= tolerance { ValueVerdict::Match } else { ValueVerdict::Mismatch },
        }
    }

    /// Compares with a reading that is good to `allowed`.
    pub(super) fn of_reading(path: String, published: &Token, ours: Option<f64>, allowed: f64) -> Self {
        let tolerance = Tolerance { absolute: Some(allowed), ..Tolerance::default() };
        ValueCheck::of_print(path, published, ours.map(Cell::from).as_ref(), "", &tolerance)
    }

    /// Ours with the decimals and in the notation of the published print, for a reader who has both side by side. There
    /// are two decimals more where that is another text, as a tolerance allows; in full it stands if it differs, or if
    /// what was published is no number. A dash stands for nothing.
    pub fn ours_as_printed(&self) -> String {
        let Some(ours) = &self.ours else { return "–".to_owned() };
        let is_number = Token::new(self.published.as_str()).decimal().is_some();
        let Some(number) = ours.as_f64().filter(|_| is_number && self.verdict != ValueVerdict::Mismatch) else {
            return ours.to_string();
        };
        let (mantissa, exponent) = match self.published.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (self.published.as_str(), None),
        };
        let decimals = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let told = |decimals: usize| {
            let Some(exponent) = exponent else { return format!("{number:.decimals$}") };
            let scientific = format!("{number:.decimals$e}");
            match scientific.split_once('e') {
                // As Python prints it: a sign, and two digits at least.
                Some((mantissa, power)) if exponent.starts_with(['+', '-']) => {
                    let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |digits| ('-', digits));
                    format!("{mantissa}e{sign}{digits:0>2}")
                }
                _ => scientific,
            }
        };
        let alike = told(decimals);
        if alike == self.published { alike } else { told(decimals + 2) }
    }

    /// Fills in error, tolerance and verdict from numbers and the allowed difference.
    fn measured(mut self, published: f64, ours: f64, allowed: f64) -> Self {
        let difference = (ours - published).abs();
        let (unit, measure) = match published {
            0.0 => (1.0, Measure::Absolute),
            _ => (published.abs(), Measure::Relative),
        };
        self.rel_error = Some(difference / unit);
        self.tolerance = Some(allowed / unit);
        self.measure = measure;
        if difference <= allowed {
            self.verdict = ValueVerdict::Match;
        }
        self
    }
}

/// The difference of two coordinates in units of the span: 0 if both are missing, infinite if one is.
pub(super) fn gap(published: f64, ours: f64, span: f64) -> f64 {
    match (published.is_nan(), ours.is_nan()) {
        (true, true) => 0.0,
        (false, false) => (ours - published).abs() / span,
        _ => f64::INFINITY,
    }
}

/// Whether a value of that name is a p-value: `pvalue`, `p_value`, `pearson_p`.
fn is_p_value(name: &str) -> bool {
    matches!(name, "pvalue" | "p_value") || name.ends_with("_p")
}

/// The largest allowed difference, in the unit of the value.
fn allowed(published: &Decimal, ours: f64, p_value: bool, stated: &Tolerance) -> f64 {
    let size = published.value.abs();
    if let Some(absolute) = stated.absolute {
        return absolute;
    }
    if let Some(relative) = stated.relative {
        return relative * size;
    }
    let slack = SLACK * size.max(ours.abs());
    if stated.cut {
        let beyond = (ours - published.value) * published.value.signum() >= 0.0;
        return if beyond { 2.0 * published.half_unit() - slack } else { slack };
    }
    if published.is_integer {
        slack
    } else if published.significant_digits >= FULL_PRECISION_DIGITS {
        size * if p_value { P_VALUE } else { FULL_PRECISION }
    } else if p_value && size == 0.0 && published.last_place == -1 {
        UNDERFLOW
    } else {
        published.half_unit() + slack
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdict(published: &str, ours: impl Into<Cell>, name: &str) -> ValueVerdict {
        let ours = ours.into();
        let token = Token::new(published);
        ValueCheck::of_print(String::new(), &token, Some(&ours), name, &Tolerance::default()).verdict
    }

    fn matches(published: &str, ours: impl Into<Cell>) -> bool {
        verdict(published, ours, "") == ValueVerdict::Match
    }

    #[test]
    fn half_a_unit_of_the_last_place_is_allowed() {
        assert!(matches("405.6451660", 405.64516604));
        assert!(!matches("405.6451660", 405.64516606));
        assert!(matches("6.351510e+09", 6_351_510_499.0));
        assert!(!matches("6.351510e+09", 6_351_510_501.0));
        assert!(matches("0.000", 4.9e-4));
        assert!(!matches("0.000", -5.1e-4));
    }

    #[test]
    fn both_neighbours_of_a_tie_match() {
        // 0.125 prints as 0.12 in Python and, were it rounded half up, as 0.13.
        assert!(matches("0.12", 0.125) && matches("0.13", 0.125));
        // numpy.round(2.675, 2) is 2.67 or 2.68 depending on its version: the f64 lies below the tie.
        assert!(matches("2.67", 2.675) && matches("2.68", 2.675));
        assert!(!matches("2.69", 2.675) && !matches("2.66", 2.675));
    }

    #[test]
    fn integers_are_exact() {
        assert!(matches("35", 35.0) && matches("35", 35_i64));
        assert!(!matches("35", 35.4) && !matches("35", 36_i64));
        assert!(matches("35.0", 35.04), "a rounded number is not");
    }

    #[test]
    fn full_precision_is_compared_by_a_relative_tolerance() {
        let slope = 1.9044774133487125e-08;
        assert!(matches("1.9044774133487125e-08", slope * (1.0 + 0.9e-9)));
        assert!(!matches("1.9044774133487125e-08", slope * (1.0 + 1.1e-9)));
        let p = 2.2489780068932132e-256;
        let printed = "2.2489780068932132e-256";
        assert_eq!(verdict(printed, p * (1.0 + 9e-9), "pvalue"), ValueVerdict::Match);
        assert_eq!(verdict(printed, p * (1.0 + 9e-9), "slope"), ValueVerdict::Mismatch);
        assert_eq!(verdict(printed, p * (1.0 + 1.1e-8), "p_value"), ValueVerdict::Mismatch);
    }

    #[test]
    fn a_p_value_of_zero_is_an_underflow() {
        for ours in [0.0, 5e-324, 1e-310] {
            assert_eq!(verdict("0.0", ours, "pvalue"), ValueVerdict::Match, "{ours}");
        }
        for ours in [1e-300, 0.01] {
            assert_eq!(verdict("0.0", ours, "pearson_p"), ValueVerdict::Mismatch, "{ours}");
        }
        assert_eq!(verdict("0.0", 0.01, "slope"), ValueVerdict::Match, "one printed decimal");
    }

    #[test]
    fn texts_and_missing_numbers_are_equal_or_not() {
        assert!(matches("2020-08-07", "2020-08-07"));
        assert!(matches("0.5", "0.5"), "a number that was made as a text");
        assert!(!matches("0.50", "0.5"));
        assert!(matches("NaN", f64::NAN) && matches("", f64::NAN));
        assert!(!matches("NaN", 1.0) && !matches("1.0", f64::NAN));
        assert!(!matches("alexnet", 1.0) && !matches("inf", f64::INFINITY));
    }

    #[test]
    fn a_stated_tolerance_replaces_the_printed_precision() {
        let check = |tolerance, ours: f64| {
            let ours = Cell::from(ours);
            ValueCheck::of_print(String::new(), &Token::new("10"), Some(&ours), "", &tolerance)
        };
        let absolute = Tolerance { absolute: Some(1.0), ..Tolerance::default() };
        assert_eq!(check(absolute, 9.2).verdict, ValueVerdict::Match);
        assert_eq!(check(absolute, 8.9).verdict, ValueVerdict::Mismatch);
        let relative = Tolerance { relative: Some(0.05), ..Tolerance::default() };
        assert_eq!(check(relative, 9.6).verdict, ValueVerdict::Match);
        let check = check(relative, 9.4);
        assert_eq!(check.verdict, ValueVerdict::Mismatch);
        assert!((check.rel_error.unwrap() - 0.06).abs() < 1e-15);
        assert_eq!((check.tolerance, check.measure), (Some(0.05), Measure::Relative));
    }

    #[test]
    fn digits_that_were_cut_off_are_lost_towards_zero_only() {
        let cut = Tolerance { cut: true, ..Tolerance::default() };
        let check = |printed: &str, ours: f64| {
            ValueCheck::of_print(String::new(), &Token::new(printed), Some(&Cell::from(ours)), "", &cut).verdict
        };
        for (printed, ours, verdict) in [
            ("0.97", 0.97, ValueVerdict::Match),
            ("0.97", 0.9799, ValueVerdict::Match),
            ("0.97", 0.98, ValueVerdict::Mismatch),
            ("0.97", 0.9699, ValueVerdict::Mismatch),
            ("-0.97", -0.9799, ValueVerdict::Match),
            ("-0.97", -0.9699, ValueVerdict::Mismatch),
            ("0.73", 0.7237, ValueVerdict::Mismatch),
        ] {
            assert_eq!(check(printed, ours), verdict, "{ours} printed as {printed}");
        }
    }

    #[test]
    fn ours_is_told_as_the_original_prints() {
        let told = |printed: &str, ours: f64| {
            let ours = Cell::from(ours);
            let tolerance = Tolerance::default();
            ValueCheck::of_print(String::new(), &Token::new(printed), Some(&ours), "", &tolerance).ours_as_printed()
        };
        assert_eq!(told("1.9e-08", 1.9044774e-8), "1.9e-08");
        assert_eq!(told("6.351510e+09", 6_351_510_400.0), "6.351510e+09");
        assert_eq!(told("2.9e0", 2.91), "2.9e0");
        assert_eq!(told("0.13", 0.125), "0.1250", "a tie");
        assert_eq!(told("0.50", 0.4999999999999999), "0.50");
        assert_eq!(told("35", 35.0), "35");
        assert_eq!(told("0.50", 0.61), "0.61", "what differs is told in full");
        assert_eq!(told("vgg", 1.5), "1.5");
        let nothing = ValueCheck::of_print(String::new(), &Token::new("1"), None, "", &Tolerance::default());
        assert_eq!(nothing.ours_as_printed(), "–");
    }

    #[test]
    fn coordinates_are_measured_in_units_of_the_axis() {
        let check = |published, ours| ValueCheck::of_coordinate(String::new(), published, ours, 400.0, 1e-7);
        assert_eq!(check(100.0, 100.00003).verdict, ValueVerdict::Match);
        assert_eq!(check(100.0, 100.00005).verdict, ValueVerdict::Mismatch);
        assert_eq!(check(f64::NAN, f64::NAN).verdict, ValueVerdict::Match);
        assert_eq!(check(f64::NAN, 1.0).verdict, ValueVerdict::Mismatch);
        assert_eq!(check(1.0, f64::NAN).rel_error, None);
    }

    proptest! {
        #[test]
        fn a_print_matches_its_number_and_none_two_units_away(
            number in prop_oneof![-1e6..1e6_f64, -1.0..1.0_f64, -1e-6..1e-6_f64],
            decimals in 1_usize..9,
            scientific in any::<bool>(),
            away in 2.0..1e3_f64,
        ) {
            let printed = match scientific {
                true => format!("{number:.decimals$e}"),
                false => format!("{number:.decimals$}"),
            };
            prop_assert!(matches(&printed, number), "{} printed as {}", number, printed);
            let unit = 2.0 * Token::new(printed.as_str()).decimal().unwrap().half_unit();
            for ours in [number + away * unit, number - away * unit] {
                prop_assert!(!matches(&printed, ours), "{} printed as {}", ours, printed);
            }
        }

        #[test]
        fn the_shortest_text_of_a_number_matches_it(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            if number.is_finite() {
                let printed = format!("{number:?}");
                prop_assert!(matches(&printed, number), "{}", printed);
                prop_assert_eq!(verdict(&printed, number, "pvalue"), ValueVerdict::Match);
            }
        }
    }
}
