//! Where ticks stand and what they say.
//!
//! Ticks are chosen and written here rather than by ECharts, so that the layout knows how wide the
//! labels are before anything is drawn.

use std::ops::RangeInclusive;

use crate::font;

/// How tick and value labels are written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Format {
    /// As many decimals as are needed to tell the values apart; five digits and more in groups.
    #[default]
    Plain,
    /// A fixed number of decimals.
    Fixed(usize),
    /// In thousands: `202K`.
    Thousands,
    /// In millions: `62M`.
    Millions,
    /// In billions: `4.1G`.
    Billions,
    /// Powers of ten: `10³`, `10⁻²`. Where all logarithmic axes of a figure lie between a thousandth and ten
    /// thousand, [`Each`](Self::Each) is written in its place: a figure has one notation.
    Powers,
    /// Each value by itself, with as many decimals as it needs: `0.01`, `1`, `100`.
    Each,
}

/// Values that are read without counting zeros.
const READABLE: RangeInclusive<f64> = 1e-3..=1e4;

/// Between groups of three digits.
const THIN_SPACE: char = '\u{2009}';
const MINUS: char = '\u{2212}';

impl Format {
    /// Labels of values that stand beside each other, all with the same number of decimals.
    pub fn labels(self, values: &[f64]) -> Vec<String> {
        let (divisor, suffix) = match self {
            Format::Thousands => (1e3, "K"),
            Format::Millions => (1e6, "M"),
            Format::Billions => (1e9, "G"),
            Format::Plain | Format::Fixed(_) => (1.0, ""),
            Format::Powers => return powers(values),
            Format::Each => return values.iter().map(|value| Format::Plain.label(*value)).collect(),
        };
        let scaled: Vec<f64> = values.iter().map(|value| value / divisor).collect();
        let decimals = match self {
            Format::Fixed(decimals) => decimals,
            _ => decimals_needed(&scaled),
        };
        let label = |value: &f64| if value.is_nan() { "n/a".into() } else { decimal(*value, decimals) + suffix };
        scaled.iter().map(label).collect()
    }

    /// Label of a value by itself.
    pub fn label(self, value: f64) -> String {
        self.labels(&[value]).concat()
    }
}

/// Fewest decimals, at most 9, at which every value is written to within a millionth of itself or of
/// the largest value's size.
fn decimals_needed(values: &[f64]) -> usize {
    let largest = values.iter().filter(|v| v.is_finite()).fold(0.0_f64, |m, v| m.max(v.abs()));
    let exact = |decimals: i32| {
        let power = 10_f64.powi(decimals);
        values
            .iter()
            .filter(|value| value.is_finite())
            .all(|value| ((value * power).round() / power - value).abs() <= 1e-6 * largest)
    };
    (0..9).find(|decimals| exact(*decimals)).unwrap_or(9) as usize
}

fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    // A value that rounds to zero carries no sign.
    if value < 0.0 && text.contains(|c: char| ('1'..='9').contains(&c)) {
        out.push(MINUS);
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && whole.len() > 4 && (whole.len() - index).is_multiple_of(3) {
            out.push(THIN_SPACE);
        }
        out.push(digit);
    }
    out + fraction
}

/// The exponent of an exact power of ten.
fn power_of_ten(value: f64) -> Option<i32> {
    (-30..=30).find(|exponent| {
        let power = 10_f64.powi(*exponent);
        (value - power).abs() <= 1e-12 * power
    })
}

/// Whether the ticks of a logarithmic axis from `min` to `max` are readable without powers.
pub(crate) fn is_readable(min: f64, max: f64) -> bool {
    logarithmic(min, max).iter().all(|tick| READABLE.contains(tick))
}

/// `10³`; with other values among them plainly if they are readable, else `2 × 10³`.
fn powers(values: &[f64]) -> Vec<String> {
    let exact: Option<Vec<i32>> = values.iter().map(|value| power_of_ten(*value)).collect();
    match exact {
        Some(exponents) => exponents.into_iter().map(power).collect(),
        None if values.iter().all(|value| READABLE.contains(value)) => Format::Each.labels(values),
        None => values.iter().map(|value| scientific(*value)).collect(),
    }
}

fn scientific(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return Format::Plain.label(value);
    }
    // To six digits, as Rust writes it: `2.5e-7`.
    let text = format!("{value:.5e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = Format::Plain.label(mantissa.parse().unwrap_or(value));
    format!("{mantissa} × {}", power(exponent.parse().unwrap_or(0)))
}

fn power(exponent: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = exponent.unsigned_abs().to_string();
    let raised = digits.bytes().map(|digit| DIGITS[usize::from(digit - b'0') % 10]);
    let sign = if exponent < 0 { font::RAISED_MINUS.to_string() } else { String::new() };
    format!("10{sign}{}", raised.collect::<String>())
}

/// Multiples of `step` from `min` to `max`, each the double that is nearest to its decimal value.
pub(crate) fn multiples(step: f64, min: f64, max: f64) -> Vec<f64> {
    // The step as a whole number over a power of ten, so that 3 x 0.1 gives 0.3.
    let divisor = (0..12).map(|n| 10_f64.powi(n)).find(|d| is_whole(step * d)).unwrap_or(1.0);
    let units = if divisor == 1.0 { step } else { (step * divisor).round() };
    // Ends that are multiples but for rounding belong to the ticks.
    let (first, last) = ((min / step - 1e-9).ceil(), (max / step + 1e-9).floor());
    let count = last - first;
    if !(0.0..1000.0).contains(&count) {
        return Vec::new();
    }
    (0..=count as usize).map(|index| (first + index as f64) * units / divisor + 0.0).collect()
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() <= 1e-9 * value.abs().max(1.0)
}

/// Steps 1, 2, 2.5 and 5 times a power of ten, from fine to coarse, beginning with at least 20
/// ticks in `span`.
pub(crate) fn steps(span: f64) -> impl Iterator<Item = f64> {
    let start = (span / 20.0).log10().floor() as i32;
    (start..start + 4).flat_map(|exponent| {
        [1.0, 2.0, 2.5, 5.0].map(|mantissa| {
            // Dividing by a positive power is exact where multiplying by a negative one is not.
            if exponent < 0 { mantissa / 10_f64.powi(-exponent) } else { mantissa * 10_f64.powi(exponent) }
        })
    })
}

/// Ticks of a logarithmic axis: powers of ten; where there are fewer than two, also 2 and 5 times.
pub(crate) fn logarithmic(min: f64, max: f64) -> Vec<f64> {
    let exponents = (min.log10() - 1e-9).floor() as i32..=(max.log10() + 1e-9).floor() as i32;
    let with = |mantissas: &[f64]| -> Vec<f64> {
        let all = exponents.clone().flat_map(|e| mantissas.iter().map(move |m| scaled(*m, e)));
        all.filter(|tick| (min * (1.0 - 1e-9)..=max * (1.0 + 1e-9)).contains(tick)).collect()
    };
    let decades = with(&[1.0]);
    if decades.len() < 2 { with(&[1.0, 2.0, 5.0]) } else { decades }
}

fn scaled(mantissa: f64, exponent: i32) -> f64 {
    if exponent < 0 { mantissa / 10_f64.powi(-exponent) } else { mantissa * 10_f64.powi(exponent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiples_are_the_nearest_doubles() {
        assert_eq!(multiples(0.1, 0.0, 0.5), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]);
        assert_eq!(multiples(2.5, -3.0, 5.0), [-2.5, 0.0, 2.5, 5.0]);
        assert_eq!(multiples(2000.0, 201500.0, 206000.0), [202000.0, 204000.0, 206000.0]);
        assert_eq!(multiples(0.005, 0.148, 0.166), [0.15, 0.155, 0.16, 0.165]);
        assert!(multiples(1.0, 2.2, 2.8).is_empty());
        assert!(multiples(1e-9, 0.0, 1.0).is_empty());
    }

    #[test]
    fn no_tick_is_negative_zero() {
        assert!(multiples(0.5, -1.0, 1.0).iter().all(|tick| tick.to_bits() != (-0.0_f64).to_bits()));
    }

    #[test]
    fn steps_are_exact() {
        let steps: Vec<f64> = steps(0.1).collect();
        assert_eq!(&steps[..8], [0.001, 0.002, 0.0025, 0.005, 0.01, 0.02, 0.025, 0.05]);
    }

    #[test]
    fn labels_share_their_decimals() {
        assert_eq!(Format::Plain.labels(&[0.0, 2.5, 5.0]), ["0.0", "2.5", "5.0"]);
        assert_eq!(Format::Plain.labels(&[0.15, 0.155]), ["0.150", "0.155"]);
        assert_eq!(Format::Thousands.labels(&[202e3, 204e3]), ["202K", "204K"]);
        assert_eq!(Format::Millions.labels(&[62e6, 62.5e6]), ["62.0M", "62.5M"]);
        assert_eq!(Format::Billions.label(4.1e9), "4.1G");
        assert_eq!(Format::Fixed(1).labels(&[8.25, f64::NAN]), ["8.2", "n/a"]);
    }

    #[test]
    fn signs_and_groups() {
        assert_eq!(Format::Plain.labels(&[-5.0, 9999.0]), ["−5", "9999"]);
        assert_eq!(Format::Plain.label(12041714.0), "12\u{2009}041\u{2009}714");
        assert_eq!(Format::Fixed(0).label(-0.3), "0");
    }

    #[test]
    fn logarithmic_ticks() {
        assert_eq!(logarithmic(0.5, 2000.0), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(logarithmic(3.0, 60.0), [5.0, 10.0, 20.0, 50.0]);
        assert_eq!(logarithmic(1e-3, 0.1), [0.001, 0.01, 0.1]);
        assert_eq!(Format::Powers.labels(&[1.0, 10.0, 1e12]), ["10⁰", "10¹", "10¹²"]);
        assert_eq!(Format::Powers.labels(&[1e-6, 1e-3, 1.0]), ["10⁻⁶", "10⁻³", "10⁰"]);
        assert_eq!(Format::Powers.labels(&[5.0, 10.0, 0.2]), ["5", "10", "0.2"]);
        assert_eq!(Format::Powers.labels(&[2e-7, 1e-6, 2.5e6]), ["2 × 10⁻⁷", "1 × 10⁻⁶", "2.5 × 10⁶"]);
        assert_eq!(Format::Each.labels(&[0.001, 0.1, 1.0, 1e4]), ["0.001", "0.1", "1", "10\u{2009}000"]);
    }

    #[test]
    fn ticks_that_are_read_without_counting_zeros() {
        assert!(is_readable(0.0006, 20_000.0) && is_readable(2.0, 8.0));
        assert!(!is_readable(0.5, 1e5) && !is_readable(1e-4, 1.0));
    }

    #[test]
    fn every_character_of_a_label_is_in_the_font() {
        let powers: Vec<f64> = (-12..=12).map(|exponent| 10_f64.powi(exponent)).collect();
        let labels = [Format::Powers.labels(&powers), vec![Format::Plain.label(-1234567.0)]].concat().concat();
        // The raised minus is drawn as another glyph.
        assert!(crate::font::missing_glyphs(&labels.replace(font::RAISED_MINUS, "")).is_empty());
        assert!(crate::font::Font::regular(10.0).width("\u{2009}") < 4.0);
    }
}
