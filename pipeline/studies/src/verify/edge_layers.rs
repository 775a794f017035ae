//! The study `edge-layers`: files of the original that each step must reproduce, cell by cell.

use super::{Expectation, Place};

/// Entries whose values are in a file of the original: as many cells must agree as are on file.
const IN_FILES: [&str; 12] = [
    "upstream.test.mapping.simple",
    "upstream.test.mapping.multiple_readings",
    "upstream.test.mapping.multiple_layers",
    "upstream.test.stats.model1",
    "upstream.test.stats.model2",
    "upstream.test.features.model1",
    "upstream.test.features.model2",
    "upstream.jetson5.by_cycle",
    "upstream.jetson5.average",
    "upstream.jetson5.train",
    "upstream.jetson5000.train",
    "upstream.trtexec.profile",
];

/// All expectations of the study.
///
/// | record | what it holds |
/// | --- | --- |
/// | `<id>.agreement` of the above | `cells`: how many cells of the original's file came out the same |
pub fn expectations() -> Vec<Expectation> {
    let cells =
        |id: &str| Expectation::new(id, &["cells"], format!("{id}.agreement"), Place::Value("cells".to_owned()));
    IN_FILES.into_iter().map(cells).collect()
}
