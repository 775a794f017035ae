//! A study as the appendix tells of it: how its artifacts came out, what is on file of them, and where its raw
//! files are from.

use std::path::Path;

use dag::Problem;
use serde::Deserialize;

use crate::campaign::Campaign;
use crate::cx::Cx;
use crate::published::Published;
use crate::record::{Kind, Status};
use crate::sources::Sources;
use crate::truth::Recovery;
use crate::verify::Summary;

/// What is read of `derived/<study>/verification.json`.
#[derive(Deserialize)]
pub(super) struct Verification {
    pub(super) campaign: Campaign,
    pub(super) summary: Summary,
    pub(super) entries: Vec<Compared>,
    pub(super) expectations: Vec<Compared>,
    pub(super) recovery: Option<Recovery>,
}

/// An artifact of the original, or a check besides, as it came out.
#[derive(Deserialize)]
pub(super) struct Compared {
    pub(super) id: String,
    pub(super) kind: Option<Kind>,
    pub(super) status: Option<Status>,
    pub(super) source: String,
    pub(super) derived: bool,
    pub(super) values: usize,
    pub(super) matched: usize,
    pub(super) max_rel_error: Option<f64>,
    pub(super) verdict: String,
    pub(super) note: Option<String>,
}

impl Compared {
    /// The largest relative error, to two digits.
    pub(super) fn error(&self) -> String {
        match self.max_rel_error {
            None => "–".to_owned(),
            Some(0.0) => "0".to_owned(),
            Some(error) => format!("{error:.1e}"),
        }
    }

    fn is_match(&self) -> bool {
        self.verdict == "match"
    }
}

/// A study, as far as the appendix tells of it.
pub(super) struct Told {
    pub(super) name: &'static str,
    pub(super) verification: Verification,
    pub(super) published: Published,
    pub(super) sources: Sources,
}

impl Told {
    pub(super) fn read(cx: &Cx<'_, '_>, name: &'static str) -> Result<Self, Problem> {
        let (verification, published, sources) =
            (format!("{name}/verification"), format!("{name}/published"), format!("{name}/sources"));
        let file = cx.input_path(&verification)?;
        let verification = serde_json::from_str(&cx.read_text(&verification)?)
            .map_err(|error| Problem::new(error.to_string()).in_file(file).at_line(error.line() as u64))?;
        let broken = |error: &dyn std::error::Error| Problem::new(error.to_string());
        let text = cx.read_text(&published)?;
        let published =
            Published::parse(Path::new(cx.input_path(&published)?), &text).map_err(|error| broken(&error))?;
        let text = cx.read_text(&sources)?;
        let sources =
            Sources::parse(&text, name, Path::new(cx.input_path(&sources)?)).map_err(|error| broken(&error))?;
        Ok(Self { name, verification, published, sources })
    }

    /// The artifacts that the original publishes.
    fn published(&self) -> impl Iterator<Item = &Compared> {
        self.verification.entries.iter().filter(|entry| !entry.derived)
    }

    /// Those that came out with the published values.
    pub(super) fn matched(&self) -> impl Iterator<Item = &Compared> {
        self.published().filter(|entry| entry.is_match())
    }

    /// Those that were not compared, or differ.
    pub(super) fn others(&self) -> impl Iterator<Item = &Compared> {
        self.published().filter(|entry| !entry.is_match())
    }

    /// The checks against what was not published.
    pub(super) fn besides(&self) -> impl Iterator<Item = &Compared> {
        let derived = self.verification.entries.iter().filter(|entry| entry.derived);
        derived.chain(&self.verification.expectations)
    }

    /// `14 tables, 10 regressions and 11 figures`, of the artifacts that came out.
    pub(super) fn kinds(&self) -> String {
        let count = |kind| self.matched().filter(|entry| entry.kind == Some(kind)).count();
        let kinds = [
            (Kind::Table, "tables"),
            (Kind::Regression, "regressions"),
            (Kind::Scalar, "scalars"),
            (Kind::Figure, "figures"),
        ];
        let kinds = kinds.map(|(kind, plural)| (count(kind), kind.to_string(), plural));
        let kinds = kinds.into_iter().filter(|(count, ..)| *count > 0);
        let kinds = kinds.map(|(count, one, many)| format!("{count} {}", if count == 1 { &one } else { many }));
        listed(&kinds.collect::<Vec<_>>()).unwrap_or_else(|| "nothing".to_owned())
    }

    /// What the matches rest on that the authors did not release: `16 from reconstructed logs`; nothing if all was.
    pub(super) fn stand_ins(&self) -> Option<String> {
        let Summary { matched_reconstructed, matched_simulated, .. } = self.verification.summary;
        let parts = [(matched_reconstructed, "reconstructed"), (matched_simulated, "simulated")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        listed(&parts.map(|(count, data)| format!("{count} from {data} logs")).collect::<Vec<_>>())
    }

    /// Why the others are not compared; nothing if all are.
    pub(super) fn why_not(&self) -> Option<String> {
        let Summary { no_values, not_recomputable, simulated, mismatched, .. } = self.verification.summary;
        let parts = [
            (mismatched, if mismatched == 1 { "differs" } else { "differ" }),
            (no_values, if no_values == 1 { "has no printed values" } else { "have no printed values" }),
            (not_recomputable, "cannot be made from what was released"),
            (simulated, "cannot be compared, being made from simulated logs and published of measured ones"),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        listed(&parts.map(|(count, why)| format!("{count} {why}")).collect::<Vec<_>>())
    }
}

/// `a, b and c`; nothing if there is none.
pub(super) fn listed(parts: &[String]) -> Option<String> {
    match parts {
        [] => None,
        [one] => Some(one.clone()),
        [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
    }
}

/// A text of several lines in one cell of a table.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
