//! The study `aipowermeter`: where the values stand that its file holds beside those of the entries.

use super::Expectation;

/// All expectations of the study: none. What the file holds beside the entries are the number of intervals
/// for each size of AlexNet and the ranks behind the Spearman table; tests of the study compare them.
pub fn expectations() -> Vec<Expectation> {
    Vec::new()
}
