//! What is committed as the reference of a build, and how another build compares with it.
//!
//! ```text
//! pipeline.lock          the digest of each raw file and of each output                     Lock
//! figures/<study>/       the drawings, as the build makes them
//! reference/<study>/     copies of records and of the data of figures                       Committed
//! ```
//!
//! [`compare`] gives each output a [`Verdict`]: the same bytes; else, on another machine perhaps, the
//! same numbers within [`TOLERANCE`]; else different, with what differs and the stage where it arises.
//! [`accept`] makes a build the reference. Nothing here knows of energy: stages, paths and bytes.

mod accept;
mod committed;
mod compare;
mod content;
mod difference;
mod file;
pub mod junit;
mod lock;
mod number;
pub mod page;
mod verdict;

pub use accept::{AcceptError, Accepted, accept};
pub use committed::{Committed, left_out};
pub use compare::{Build, compare};
pub use difference::Difference;
pub use lock::{Entry, FILE, Lock, LockError};
pub use number::TOLERANCE;
pub use verdict::{Change, Comparison, Counts, Output, Verdict};
