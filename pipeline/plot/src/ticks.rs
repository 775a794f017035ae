//! Where ticks stand and what they say.
//!
//! Ticks are chosen and written here rather than by ECharts, so that the layout knows how wide the
//! labels are before anything is drawn.

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
    /// Powers of ten: `10³`; with negative ones among them `0.01`, `1`, `1e6`, because the typeface has
    /// no raised minus. Other values are written plainly.
    Powers,
}

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
            Format::Plain | Format::Fixed(_) | Format::Powers => (1.0, ""),
        };
        let scaled: Vec<f64> = values.iter().map(|value| value / divisor).collect();
        let decimals = match self {
            Format::Fixed(decimals) => decimals,
            _ => decimals_needed(&scaled),
        };
        let raised = values.iter().all(|value| *value >= 1.0);
        values
            .iter()
            .zip(scaled)
            .map(|(value, scaled)| match power_of_ten(*value) {
                Some(exponent) if self == Format::Powers => power(exponent, raised),
                _ if value.is_nan() => "n/a".into(),
                _ => decimal(scaled, decimals) + suffix,
            })
            .collect()
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

fn power(exponent: i32, raised: bool) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = exponent.unsigned_abs().to_string();
    if raised && exponent >= 0 {
        let raised = digits.bytes().map(|digit| DIGITS[usize::from(digit - b'0') % 10]);
        return format!("10{}", raised.collect::<String>());
    }
    match exponent {
        ..-4 => format!("1e{MINUS}{digits}"),
        -4..=4 => decimal(scaled(1.0, exponent), exponent.min(0).unsigned_abs() as usize),
        5.. => format!("1e{digits}"),
    }
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
        assert_eq!(Format::Powers.labels(&[1e-6, 1e-3]), ["1e−6", "0.001"]);
        assert_eq!(Format::Powers.labels(&[1e-3, 1.0, 1e12, 50.0]), ["0.001", "1", "1e12", "50"]);
    }

    #[test]
    fn every_character_of_a_label_is_in_the_font() {
        let powers: Vec<f64> = (-12..=12).map(|exponent| 10_f64.powi(exponent)).collect();
        let labels = [
            Format::Powers.labels(&powers),
            Format::Powers.labels(&powers[12..]),
            vec![Format::Plain.label(-1234567.0)],
        ]
        .concat();
        assert!(crate::font::missing_glyphs(&labels.concat()).is_empty());
        assert!(crate::font::Font::regular(10.0).width("\u{2009}") < 4.0);
    }
}
