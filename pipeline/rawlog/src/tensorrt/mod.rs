//! What a campaign on a Jetson leaves behind: the power log of the board, its power when idle, and the
//! engine, profile and latencies of TensorRT. [`mapping`] brings them together: which power was drawn while
//! which layer ran. [`stored`] reads what later steps of the original write down, [`trtexec`] what
//! TensorRT's own benchmark program does.

mod benchmark;
mod by_cycle;
mod engine;
mod idle;
pub mod mapping;
pub mod power_log;
mod profile;
pub mod stored;
pub mod trtexec;

pub use benchmark::{Benchmark, Config};
pub use by_cycle::ByCycle;
pub use engine::{Engine, Layer, Tensor};
pub use idle::{Idle, IdleError};
pub use profile::{CycleRun, LayerTime, LayerTimes, Profile, TakeRuns, each_run};
