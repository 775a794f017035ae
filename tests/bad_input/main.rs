//! Raw files that are missing, other than pinned, or wrong inside: the error names study, stage and
//! file, everything that does not depend on them is built, and what was built before stays.

mod aipowermeter;
mod edge_layers;
mod module_energy;
#[path = "../support/mod.rs"]
mod support;
mod tinyml_mcu;
mod vision_inference;

use support::Build;

/// The error says all of it.
#[track_caller]
fn assert_told(build: &Build, words: &[&str]) {
    for word in words {
        assert!(build.errors.contains(word), "{word:?} is not in\n{}", build.errors);
    }
}
