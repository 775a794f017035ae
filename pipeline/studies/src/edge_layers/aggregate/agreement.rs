//! How many cells of a file that the original left behind come out the same here.

use crate::record::Record;

/// A comparison, cell by cell.
#[derive(Default)]
pub(in crate::edge_layers) struct Agreement {
    cells: usize,
    agreeing: usize,
    worst: f64,
}

/// Allowed relative difference of numbers that were stored at full precision.
pub(in crate::edge_layers) const FULL_PRECISION: f64 = 1e-12;

impl Agreement {
    /// Compares a number; missing ones agree with each other.
    pub(in crate::edge_layers) fn number(&mut self, stored: f64, ours: f64, within: f64) {
        self.cells += 1;
        let error =
            if stored == ours || (stored.is_nan() && ours.is_nan()) { 0.0 } else { ((ours - stored) / stored).abs() };
        // An error of NaN is none of the allowed.
        if error <= within {
            self.agreeing += 1;
            self.worst = self.worst.max(error);
        }
    }

    /// Compares a text.
    pub(in crate::edge_layers) fn text(&mut self, stored: &str, ours: &str) {
        self.cells += 1;
        self.agreeing += usize::from(stored == ours);
    }

    /// Compares numbers of rows: only a difference counts, as a cell that does not agree.
    pub(in crate::edge_layers) fn rows(&mut self, stored: usize, ours: usize) {
        self.cells += usize::from(stored != ours);
    }

    /// The record of the comparison with what belongs to `id`.
    pub(in crate::edge_layers) fn record(self, id: &str, file: &str) -> Record {
        Record::scalar(agreement_id(id))
            .value("cells", self.agreeing)
            .value("compared", self.cells)
            .value("rel_err", self.worst)
            .note(format!("Cells that agree, of those compared, with {file}; greatest relative error among them."))
    }
}

/// The id of the record of a comparison.
pub(in crate::edge_layers) fn agreement_id(id: &str) -> String {
    format!("{id}.agreement")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Cell;

    #[test]
    fn what_differs_does_not_agree() {
        let mut agreement = Agreement::default();
        let nan = f64::NAN;
        for (stored, ours) in [(1.0, 1.0 + 1e-13), (nan, nan), (0.0, 0.0), (0.0, 1e-300), (1.0, nan), (nan, 1.0)] {
            agreement.number(stored, ours, FULL_PRECISION);
        }
        agreement.text("a", "a");
        agreement.text("a", "b");
        let record = agreement.record("x", "a file");
        let value = |name| record.values.get(name);
        assert_eq!([value("cells"), value("compared")], [Some(&Cell::Integer(4)), Some(&Cell::Integer(8))]);
    }
}
