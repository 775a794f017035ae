//! A build engine of hashed stages.
//!
//! A [`Stage`] declares what it reads and writes. Its *key* is a digest over its code, its
//! parameters and the contents of its inputs, and over nothing else: no time, no path, no
//! environment. [`Engine::build`] runs the stages whose key it has not seen, restores those whose
//! outputs are in its store, and leaves alone those that are right already. A stage that ran and
//! made the same bytes leaves its readers fresh.
//!
//! Outputs appear by rename or not at all, so a build can be killed at any instant and the next
//! one is right. The engine knows nothing of what the stages compute.

mod canonical;
pub mod code;
mod context;
mod digest;
mod engine;
mod error;
mod files;
mod graph;
mod job;
mod key;
mod picture;
mod problem;
mod report;
mod stage;
mod state;
mod store;

pub use code::Code;
pub use context::Context;
pub use digest::Digest;
pub use engine::{Engine, Options};
pub use error::Error;
pub use graph::{Graph, GraphError};
pub use picture::Picture;
pub use problem::Problem;
pub use report::{Event, Observer, Outcome, Reason, Report, StageReport};
pub use stage::{Pin, Stage, StageBuilder};
