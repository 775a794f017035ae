//! What the page shows of one study.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the page shows of one study, ready to be put in place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fragment {
    /// Name of the study.
    pub study: String,
    /// How its artifacts compare with what was published; `None` of what compares nothing.
    pub counts: Option<Counts>,
    /// HTML of its verdict.
    pub verdict: String,
    /// HTML of its claims: rows of a table.
    pub claims: String,
    /// HTML of what was not published and is checked besides: rows of the same table.
    pub besides: String,
    /// HTML of its figures.
    pub figures: String,
    /// HTML of its tables.
    pub tables: String,
    /// HTML of how to cite it.
    pub reference: String,
    /// [Packs](crate::pack::pack) by name.
    pub packs: BTreeMap<String, String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// As it should be.
    Good,
    /// True with a reservation.
    Caution,
    /// Not as it should be.
    Bad,
}

impl Tone {
    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Caution => "caution",
            Self::Bad => "bad",
        }
    }
}

/// Numbers of artifacts by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Whether the study was made from a simulated campaign, so that nothing measured was compared.
    pub simulated_campaign: bool,
    /// All artifacts that the original publishes.
    pub artifacts: usize,
    /// Match what was published, made from logs that the authors released.
    pub matched: usize,
    /// Match, made from logs that were never released and are reconstructed.
    pub matched_reconstructed: usize,
    /// Match, made from simulated logs.
    pub matched_simulated: usize,
    /// Differ from what was published.
    pub differ: usize,
    /// Made, and nothing is on file to compare them with.
    pub no_values: usize,
    /// Made from simulated logs and published of measured ones.
    pub not_comparable: usize,
    /// The released data do not give them.
    pub not_recomputable: usize,
    /// Single published values that were compared, points of bootstrap bands not counted.
    pub values: usize,
    /// Checks against what was not published, that hold.
    pub besides: usize,
    /// Checks against what was not published, that do not hold.
    pub besides_differ: usize,
    /// Known values of simulated data that an analysis did not find again.
    pub truths_missed: usize,
}

impl Counts {
    /// All that match, whatever they were made from.
    pub fn all_matched(&self) -> usize {
        self.matched + self.matched_reconstructed + self.matched_simulated
    }

    /// Whether anything is not as it should be.
    pub fn is_bad(&self) -> bool {
        self.differ + self.besides_differ + self.truths_missed > 0
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            simulated_campaign: sum.simulated_campaign || one.simulated_campaign,
            artifacts: sum.artifacts + one.artifacts,
            matched: sum.matched + one.matched,
            matched_reconstructed: sum.matched_reconstructed + one.matched_reconstructed,
            matched_simulated: sum.matched_simulated + one.matched_simulated,
            differ: sum.differ + one.differ,
            no_values: sum.no_values + one.no_values,
            not_comparable: sum.not_comparable + one.not_comparable,
            not_recomputable: sum.not_recomputable + one.not_recomputable,
            values: sum.values + one.values,
            besides: sum.besides + one.besides,
            besides_differ: sum.besides_differ + one.besides_differ,
            truths_missed: sum.truths_missed + one.truths_missed,
        })
    }
}
