//! A network as TensorRT builds it: the layers of the inventory, and others between them.

use dag::Problem;

use super::format::EngineLayer;
use super::inventory;
use crate::edge_layers::kind::Kind;

/// A layer of a build.
pub(super) struct Layer {
    pub(super) engine: EngineLayer,
    /// Run time in ms; 0 for layers that compute nothing.
    pub(super) run_time: f64,
    /// The layer of the inventory, if it is one.
    pub(super) of: Option<inventory::Layer>,
}

impl Layer {
    pub(super) fn name(&self) -> &str {
        &self.engine.name
    }

    /// The kind, if the original keeps the layer.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.of.as_ref().map(|layer| layer.kind)
    }
}

/// A build in which activations are fused with their layers: before the first layer the input is brought
/// into another format, and behind the last one stands a layer that computes nothing.
pub(super) fn fused(model: &str) -> Result<Vec<Layer>, Problem> {
    let layers = inventory::of_model(model)?;
    let last = layers.len().saturating_sub(1);
    let mut build = Vec::new();
    for (place, layer) in layers.into_iter().enumerate() {
        if place == 0 {
            let name = format!("Reformatting CopyNode for Input Tensor 0 to {}", layer.name);
            let engine = EngineLayer::between(&name, "Reformat", Some("Reformat"), layer.input);
            build.push(Layer { engine, run_time: 0.01, of: None });
        }
        let squeeze = EngineLayer::between(&format!("copied_squeeze_after_{}", layer.name), "NoOp", None, layer.output);
        build.push(Layer { engine: EngineLayer::of(&layer), run_time: layer.run_time, of: Some(layer) });
        if place == last {
            build.push(Layer { engine: squeeze, run_time: 0.0, of: None });
        }
    }
    Ok(build)
}

/// A build in which a pointwise activation stands behind each convolution, as on the Jetson in 2024.
pub(super) fn unfused(model: &str) -> Result<Vec<Layer>, Problem> {
    let mut build = Vec::new();
    for layer in fused(model)? {
        let activation = layer.of.as_ref().filter(|of| of.kind == Kind::Convolutional).map(|of| {
            // With a comma, as the names of real layers have.
            let name = format!("PWN({}, relu)", of.name);
            let engine = EngineLayer::between(&name, "PointWiseV2", Some("PointWise"), of.output);
            Layer { engine, run_time: 0.006, of: None }
        });
        build.push(layer);
        build.extend(activation);
    }
    Ok(build)
}
