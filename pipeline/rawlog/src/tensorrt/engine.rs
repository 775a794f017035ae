//! `trt_engine_info.json` and trtexec's `*.graph.json`: the layers that TensorRT made of a network.

use serde::Deserialize;

use crate::json::{self, JsonError};

/// The layers of an engine in the order in which they run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Engine {
    /// The layers.
    #[serde(rename = "Layers")]
    pub layers: Vec<Layer>,
    /// Names of the tensors that go in and out.
    #[serde(rename = "Bindings", default)]
    pub bindings: Vec<String>,
}

/// One layer. Lists are empty where the layer has no such property.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Layer {
    /// Its name, which the profile repeats.
    pub name: String,
    /// Its kind, e.g. `CaskConvolution`: the kernel that TensorRT chose.
    pub layer_type: String,
    /// What the network asked for, e.g. `Convolution`; `None` for layers that compute nothing (`NoOp`).
    #[serde(default)]
    pub parameter_type: Option<String>,
    /// Tensors that go in.
    pub inputs: Vec<Tensor>,
    /// Tensors that come out.
    pub outputs: Vec<Tensor>,
    /// Kernel of a convolution, by axis.
    #[serde(default)]
    pub kernel: Vec<u64>,
    /// Window of a pooling, by axis.
    #[serde(default)]
    pub window_size: Vec<u64>,
    /// Padding before the data, by axis.
    #[serde(default)]
    pub pre_padding: Vec<u64>,
    /// Padding behind the data, by axis.
    #[serde(default)]
    pub post_padding: Vec<u64>,
    /// Stride, by axis.
    #[serde(default)]
    pub stride: Vec<u64>,
    /// Groups of a convolution.
    #[serde(default)]
    pub groups: Option<u64>,
}

/// A tensor between layers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its shape, e.g. batch, channels, height, width.
    pub dimensions: Vec<u64>,
}

impl Engine {
    /// Reads the description of an engine. Properties of layers beyond those of [`Layer`] are left out.
    ///
    /// # Errors
    /// [`JsonError`], naming line and column.
    pub fn read(bytes: &[u8]) -> Result<Self, JsonError> {
        json::document(bytes, "the description of a TensorRT engine with `Layers`")
    }
}
