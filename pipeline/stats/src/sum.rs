//! Summation in a fixed order with compensated rounding.

/// The sum of `values` from the first to the last, with Neumaier's compensation.
///
/// The error is about one rounding of the result plus n² ε² Σ|v|, whereas a plain loop loses up to n ε
/// Σ|v|. Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
/// ZAMM 54 (1974), algorithm IV. An empty slice sums to 0; NaN and infinities propagate as in a plain
/// loop.
pub fn sum(values: &[f64]) -> f64 {
    sum_of(values.iter().copied())
}

/// [`sum`] over an iterator, in its order.
pub(crate) fn sum_of(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut total = CompensatedSum::default();
    for value in values {
        total.add(value);
    }
    total.value()
}

/// A running sum that remembers what each addition rounded away.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CompensatedSum {
    total: f64,
    compensation: f64,
}

impl CompensatedSum {
    pub(crate) fn add(&mut self, value: f64) {
        let total = self.total + value;
        // The smaller operand is the one whose low digits were lost.
        self.compensation +=
            if self.total.abs() >= value.abs() { (self.total - total) + value } else { (value - total) + self.total };
        self.total = total;
    }

    pub(crate) fn value(&self) -> f64 {
        // Past an overflow the compensation is inf - inf and says nothing.
        if self.total.is_finite() { self.total + self.compensation } else { self.total }
    }
}

#[cfg(test)]
mod tests {
    use super::sum;

    #[test]
    fn keeps_what_a_plain_loop_loses() {
        assert_eq!(sum(&[1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum(&vec![0.1; 1_000_000]), 100_000.0);
    }

    #[test]
    fn of_nothing_is_zero() {
        assert_eq!(sum(&[]), 0.0);
    }

    #[test]
    fn overflow_and_missing_values_propagate() {
        assert_eq!(sum(&[f64::MAX, f64::MAX, 1.0]), f64::INFINITY);
        assert_eq!(sum(&[1.0, f64::NEG_INFINITY]), f64::NEG_INFINITY);
        assert!(sum(&[1.0, f64::NAN, 2.0]).is_nan());
    }
}
