//! Readers of the raw formats in which energy measurements come, and what to see in them.
//!
//! [`pickle`] reads DataFrames that pandas pickled, running nothing, into a [`Frame`], a plain table in
//! memory, and writes them. [`delimited`] reads comma-separated text, and [`samples`] sums a meter's log over windows of
//! time. The other readers give rows of their own types: [`tracker`] the CSV of an energy tracker,
//! [`joblog`] the logs that tell which of its runs failed, [`power_metrics`] and [`latency`] the records of
//! AIPowerMeter, [`tensorrt`] the power logs and profiles of a Jetson. [`inspect`] describes a raw file of any
//! known format and writes it as CSV or JSON.

mod cell;
mod clock;
pub mod delimited;
mod frame;
pub mod inspect;
pub mod joblog;
pub mod json;
pub mod latency;
pub mod pickle;
pub mod power_metrics;
pub mod python;
pub mod samples;
pub mod tensorrt;
pub mod text;
pub mod time;
pub mod tracker;

pub use cell::{Array, Cell, CellRef, Container};
pub use frame::{Column, ColumnData, Frame, FrameError, Index, IndexKind, Labels, Level};
