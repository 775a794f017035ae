//! A published value as it was printed, and the precision that its print shows.

use std::fmt;

use serde::Serialize;

/// A printed value: a number, a text, or a mark for a missing number. Kept letter by letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Token(String);

/// A number as printed in decimal, with the place of its last digit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decimal {
    /// The number, correctly rounded to `f64`.
    pub value: f64,
    /// The number of digits from the first that is not zero to the last printed one.
    pub significant_digits: usize,
    /// The power of ten of the last printed digit.
    pub last_place: i32,
    /// Whether it was printed without decimal point and exponent: an integer, not a rounded number.
    pub is_integer: bool,
}

impl Token {
    /// The token with that text.
    pub fn new(text: impl Into<String>) -> Self {
        Token(text.into())
    }

    /// What was printed.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether this is how pandas and numpy print a number that does not exist. An empty text counts
    /// too: that is what csv files and rendered notebooks show for it.
    pub fn is_missing(&self) -> bool {
        matches!(self.text(), "" | "NaN" | "nan" | "NaT")
    }

    /// The number that was printed; `None` if it is no finite number in decimal digits.
    pub fn decimal(&self) -> Option<Decimal> {
        let unsigned = self.0.strip_prefix(['-', '+']).unwrap_or(&self.0);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent.parse::<i32>().ok()?)),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let digits = || whole.bytes().chain(fraction.unwrap_or("").bytes());
        if whole.is_empty() || fraction == Some("") || !digits().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let value: f64 = self.0.parse().ok()?;
        let decimals = i32::try_from(fraction.map_or(0, str::len)).ok()?;
        value.is_finite().then_some(Decimal {
            value,
            significant_digits: digits().skip_while(|&b| b == b'0').count(),
            last_place: exponent.unwrap_or(0).checked_sub(decimals)?,
            is_integer: fraction.is_none() && exponent.is_none(),
        })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Decimal {
    /// Half a unit in the last printed place: what rounding to that place can change.
    pub fn half_unit(&self) -> f64 {
        // Parsed, not computed, so that it is the nearest f64.
        format!("5e{}", i64::from(self.last_place) - 1).parse().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_print_shows_the_precision() {
        let cases = [
            ("405.6451660", 405.645166, 10, -7, 5e-8),
            ("-2.467e-03", -2.467e-3, 4, -6, 5e-7),
            ("6.351510e+09", 6.35151e9, 7, 3, 500.0),
            ("0.000", 0.0, 0, -3, 5e-4),
            ("0.0120", 0.012, 3, -4, 5e-5),
            ("1E3", 1000.0, 1, 3, 500.0),
            ("+7.5", 7.5, 2, -1, 0.05),
        ];
        for (text, value, significant_digits, last_place, half_unit) in cases {
            let decimal = Token::new(text).decimal().unwrap();
            assert_eq!(decimal, Decimal { value, significant_digits, last_place, is_integer: false }, "{text}");
            assert_eq!(decimal.half_unit(), half_unit, "{text}");
        }
        assert!(Token::new("35").decimal().unwrap().is_integer);
        assert!(!Token::new("35.0").decimal().unwrap().is_integer);
    }

    #[test]
    fn what_is_no_decimal_number_is_text() {
        let texts = [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1e",
            "e5",
            "0x10",
            "inf",
            "NaN",
            "1_000",
            "430,500",
            "85.87%",
            "30:18",
            "2020-08-07",
            "1.6GiB",
            "1e999",
            "1e99999999999",
            "- 1",
            "--1",
            "1.5e1.5",
        ];
        for text in texts {
            assert_eq!(Token::new(text).decimal(), None, "{text}");
        }
    }

    #[test]
    fn missing_numbers_are_known() {
        for text in ["NaN", "nan", "NaT", ""] {
            assert!(Token::new(text).is_missing(), "{text}");
        }
        assert!(!Token::new("0.0").is_missing());
    }
}
