//! The published studies: one folder each, from the raw files to the paper.
//!
//! [`all`] lists them. A study is a list of [stages](dag::Stage); what they share is here: the
//! tables that stages hand to each other, the records they leave for papers and reviewers, the
//! pins of the raw files, and the comparison with the published values.

mod aipowermeter;
pub mod artifact;
pub mod campaign;
mod closing;
mod compendium;
mod cx;
mod dictionary;
mod drawing;
mod edge_layers;
mod evidence;
mod figure_keys;
mod figures_file;
mod fragment;
mod module_energy;
mod on_file;
mod paper;
pub mod published;
pub mod record;
mod regression;
mod simulate;
pub mod sources;
mod stage;
mod study;
mod table;
mod tinyml_mcu;
pub mod truth;
pub mod verify;
mod vision_inference;

pub use closing::{FRAGMENT, SHELL};
pub use evidence::Outcome;
pub use figures_file::FiguresError;
pub use fragment::report_shell;
pub use paper::{PAPER, rehearse};
pub use simulate::Part;
pub use study::{Chosen, Study, all, stages};
