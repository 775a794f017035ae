//! What a campaign on a Jetson leaves behind: the power log of the board, and the engine and profile
//! of TensorRT. [`mapping`] brings them together: which power was drawn while which layer ran.

mod engine;
pub mod mapping;
pub mod power_log;
mod profile;

pub use engine::{Engine, Layer, Tensor};
pub use profile::{LayerTime, LayerTimes, Profile};
