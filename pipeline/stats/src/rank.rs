//! Ranks with ties averaged.

use crate::error::{Error, require_finite};

/// The rank of each value, from 1; equal values share the average of their ranks
/// (`scipy.stats.rankdata`, method `average`). In the order of the input; empty for no values.
///
/// # Errors
///
/// [`Error::NotFinite`] for NaN or an infinity.
pub fn ranks(values: &[f64]) -> Result<Vec<f64>, Error> {
    require_finite("values", values)?;
    Ok(ranks_unchecked(values))
}

/// [`ranks`] of values without NaN.
pub(crate) fn ranks_unchecked(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&i, &j| values[i].total_cmp(&values[j]));

    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tied in order.chunk_by(|&i, &j| values[i] == values[j]) {
        // Ranks below + 1 ..= below + tied.len(), averaged.
        let shared = below as f64 + (tied.len() + 1) as f64 / 2.0;
        for &index in tied {
            ranks[index] = shared;
        }
        below += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::ranks;
    use crate::Error;

    #[test]
    fn ties_share_the_average_rank() {
        assert_eq!(ranks(&[0.0, 2.0, 3.0, 2.0]), Ok(vec![1.0, 2.5, 4.0, 2.5]));
        assert_eq!(ranks(&[0.0, -0.0]), Ok(vec![1.5, 1.5]));
        assert_eq!(ranks(&[]), Ok(vec![]));
    }

    #[test]
    fn a_missing_value_has_no_rank() {
        assert!(matches!(ranks(&[1.0, f64::NAN]), Err(Error::NotFinite { series: "values", index: 1, .. })));
    }
}
