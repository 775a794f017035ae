//! Readers of the raw formats in which energy measurements come, and what to see in them.
//!
//! [`pickle`] reads DataFrames that pandas pickled, running nothing, into a [`Frame`], a plain table in
//! memory. [`delimited`] reads comma-separated text, and [`samples`] sums a meter's log over windows of
//! time. [`inspect`] describes a raw file of any known format and writes it as
//! CSV or JSON.

mod cell;
pub mod delimited;
mod frame;
pub mod inspect;
pub mod pickle;
pub mod samples;
pub mod time;

pub use cell::{Array, Cell, CellRef, Container};
pub use frame::{Column, ColumnData, Frame, FrameError, Index, IndexKind, Labels, Level};
