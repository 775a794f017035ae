//! What is of one machine and one moment, and so in no output of a stage.

use std::collections::BTreeMap;

use serde::Serialize;

/// A build that was made, and where.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Run {
    /// When the page was written, UTC.
    pub when: String,
    /// What the build did, in one sentence.
    pub summary: String,
    /// What is wrong with the build, in sentences: stages that failed, parts that were not asked for.
    pub problems: Vec<String>,
    /// The machine: labels and what they say.
    pub machine: Vec<(String, String)>,
    /// The programs, labels and versions.
    pub software: Vec<(String, String)>,
    /// The locked libraries that shape outputs, with their versions.
    pub libraries: BTreeMap<String, String>,
    /// The files that the stages name.
    pub files: Vec<File>,
    /// All stages, each after those that it reads from.
    pub stages: Vec<Stage>,
}

/// A file that a stage reads or makes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct File {
    /// Below the workspace.
    pub path: String,
    /// SHA-256 of its content, in hex digits; `None` if it is not there.
    pub sha256: Option<String>,
    /// Whether it is a raw file that must have this content.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

/// A stage, and what became of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Stage {
    /// `study/layer/name`.
    pub id: String,
    /// Places of its inputs among [`Run::files`].
    pub inputs: Vec<usize>,
    /// Places of its outputs among [`Run::files`].
    pub outputs: Vec<usize>,
    /// Digest of the code behind it.
    pub code: String,
    /// How many source files and libraries that is.
    pub code_parts: usize,
    /// What became of it: `fresh`, `ran`, `failed`, …
    pub outcome: String,
    /// Why, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    /// How long it took when it last ran, in milliseconds, where that is known.
    pub took_ms: Option<u64>,
}
