//! What the steps of the artifact take: `paper/artifact/effort.toml`, measured by hand.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Times and sizes, as they are told to a reader.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Effort {
    /// What they were measured on.
    pub(super) machine: String,
    /// The most memory that a build of everything takes.
    pub(super) memory: String,
    /// What is downloaded for the first build: crates, without the raw files.
    pub(super) download: String,
    #[serde(rename = "step")]
    pub(super) steps: Vec<Step>,
    /// Of the papers of single studies, compiled and with the raw files in place, by the study's name. A study that
    /// was added may lack here until somebody has measured it.
    #[serde(rename = "study")]
    pub(super) studies: BTreeMap<String, Cost>,
}

/// A step of the whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// By which texts ask for it.
    pub(super) id: String,
    what: String,
    pub(super) time: String,
    #[serde(default)]
    pub(super) disk: String,
}

/// What something takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cost {
    pub(super) time: String,
    pub(super) disk: String,
}

impl Effort {
    /// The steps as a table in Markdown, without its heads.
    pub(super) fn rows(&self) -> String {
        let row = |step: &Step| match &*step.disk {
            "" => format!("| {} | {} | |\n", step.what, step.time),
            disk => format!("| {} | {} | {disk} |\n", step.what, step.time),
        };
        self.steps.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_same_times_and_sizes() {
        let effort: Effort = toml::from_str(include_str!("../../../../paper/artifact/effort.toml")).unwrap();
        let readme = include_str!("../../../../README.md");
        assert!(readme.contains(&effort.rows()), "README.md must have these lines:\n{}", effort.rows());
        assert!(!effort.studies.is_empty());
        for name in effort.studies.keys() {
            let known = crate::study::all().iter().any(|study| study.name == name);
            assert!(known, "paper/artifact/effort.toml tells of {name}, which is no study");
        }
    }
}
