//! A build engine of hashed stages.
//!
//! A [`Stage`] declares what it reads and writes. Its *key* is a digest over its code, its
//! parameters and the contents of its inputs, and over nothing else: no time, no path, no
//! environment. [`Engine::build`] runs the stages whose key it has not seen, restores those whose
//! outputs are in its store, and leaves alone those that are right already. A stage that ran and
//! made the same bytes leaves its readers fresh.
//!
//! A stage's work is a function of this process, or a [`Command`]: a program with declared inputs,
//! outputs and environment. Graphs of commands can be written down as JSON ([`spec`]) and built with
//! the program `dag-run`.
//!
//! Outputs appear by rename or not at all, so a build can be killed at any instant and the next
//! one is right. The engine knows nothing of what the stages compute.
//!
//! [`Engine::plan`] tells what a build would do, and why, and writes nothing. It asks the same code
//! as the build, and the reasons it gives are made from what makes the key.
//!
//! The store keeps what stages made. Several workspaces can share one ([`Options::store`]), and one elsewhere
//! can serve many machines ([`Remote`]). [`Engine::collect`] removes what nobody needs.
//!
//! What is not promised: a function can read what it does not declare, and so can a command by an
//! absolute path, unless the stages are isolated ([`Options::isolation`]). Paths are Unicode, and an input that changes back and forth within one tick of the
//! file system's clock while a stage reads it is not noticed.

mod alone;
mod canonical;
mod clean;
pub mod code;
mod command;
mod context;
mod decide;
mod digest;
mod engine;
mod error;
mod files;
mod forecast;
mod format;
mod graph;
mod interrupt;
pub mod isolation;
mod job;
mod key;
pub mod log;
#[cfg(unix)]
mod mirror;
mod picture;
mod plan;
#[cfg(unix)]
mod pool;
mod problem;
#[cfg(unix)]
mod process;
mod progress;
mod report;
pub mod spec;
mod stage;
mod state;
mod store;

pub use clean::{Cleaned, Cleaning};
pub use code::Code;
pub use command::{Command, NotUnicode, shell_line};
pub use context::Context;
pub use digest::Digest;
pub use engine::{Engine, Options};
pub use error::Error;
pub use forecast::{Forecast, TimeLeft};
pub use graph::{Graph, GraphError};
pub use interrupt::cancel_on_signals;
pub use isolation::Isolation;
pub use picture::Picture;
pub use plan::{Fate, Plan, PlannedStage};
pub use problem::{FailedCommand, Problem};
pub use report::{Event, Observer, Outcome, Reason, Report, StageReport};
pub use stage::{Pin, Stage, StageBuilder};
pub use store::{Checked, Collected, Fault, Fetched, Keep, PushError, Pushed, Remote, stored};
