//! What a comparison finds.

use std::fmt;

use serde::Serialize;

/// How an output compares with the reference, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The same bytes.
    SameBytes,
    /// Other bytes, but the same texts, and the same numbers within the tolerance.
    SameNumbers,
    /// Another text or number, or nothing by which that could be told.
    Different,
    /// The reference has no such file.
    New,
    /// The reference has it, and no stage makes it.
    Gone,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::SameBytes => "same bytes",
            Verdict::SameNumbers => "same numbers",
            Verdict::Different => "different",
            Verdict::New => "new",
            Verdict::Gone => "gone",
        })
    }
}

/// The gravest way in which a drawing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Its data are others.
    Data,
    /// The same data, with other words.
    Text,
    /// The same data and words, elsewhere or in another form.
    Geometry,
    /// Only colours, lines and letters look different.
    Style,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Change::Data => "data",
            Change::Text => "text",
            Change::Geometry => "geometry",
            Change::Style => "style only",
        })
    }
}

/// A file whose bytes are not those of the reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Output {
    /// The stage that makes it, or made it; none makes a raw file.
    pub stage: Option<String>,
    /// Its path in the workspace.
    pub path: String,
    /// How it compares.
    pub verdict: Verdict,
    /// Of a drawing that differs, in which way.
    pub change: Option<Change>,
    /// What differs, in lines; or why that cannot be told.
    pub what: Vec<String>,
    /// Whether nothing that its stage reads differs, so that the difference arises here.
    pub arises: bool,
}

impl Output {
    /// Whether it is neither the same bytes nor the same numbers.
    pub fn differs(&self) -> bool {
        self.verdict > Verdict::SameNumbers
    }
}

/// How many files got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Files compared, raw ones included.
    pub files: usize,
    /// The same bytes.
    pub same_bytes: usize,
    /// The same numbers.
    pub same_numbers: usize,
    /// All others.
    pub different: usize,
}

/// A build beside the reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// The verdicts counted.
    pub counts: Counts,
    /// The files that are not the same bytes, in the order in which data flow: the first one that
    /// differs is where it begins.
    pub outputs: Vec<Output>,
}

impl Comparison {
    /// The files that are neither the same bytes nor the same numbers.
    pub fn differing(&self) -> impl Iterator<Item = &Output> {
        self.outputs.iter().filter(|output| output.differs())
    }

    /// The files that a check does not let pass: those that differ, and `strict`ly all with other bytes.
    pub fn failing(&self, strict: bool) -> impl Iterator<Item = &Output> {
        self.outputs.iter().filter(move |output| strict || output.differs())
    }

    /// Whether everything is the same: in numbers, or `strict`ly in bytes.
    pub fn is_same(&self, strict: bool) -> bool {
        self.failing(strict).next().is_none()
    }
}
