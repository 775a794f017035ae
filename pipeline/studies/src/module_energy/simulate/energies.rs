//! The energy that a forward pass of a layer is made to take.

use crate::module_energy::architecture::Layer;

/// Joules of an operation, of reading a weight once in a forward pass, and of a pass by itself: near what
/// the genuine runs show. Reading the weights makes the share of Linear fall with the batch size.
fn cost(module: &str) -> (f64, f64, f64) {
    match module {
        "Conv2d" => (1.7e-9, 0.0, 1e-3),
        "Linear" => (1.75e-9, 5e-8, 1e-4),
        "MaxPool2d" => (7.3e-7, 0.0, 1e-4),
        "AdaptiveAvgPool2d" => (7.4e-7, 0.0, 1e-4),
        "ReLU" => (2.4e-8, 0.0, 1e-4),
        // For each value, as their operations are not counted.
        "Sigmoid" => (1.6e-7, 0.0, 1e-4),
        "Tanh" => (1.5e-7, 0.0, 1e-4),
        "Softmax" => (2.0e-7, 0.0, 1e-4),
        // Dropout does nothing at inference.
        _ => (0.0, 0.0, 4e-4),
    }
}

/// Joules of a forward pass with so many operations, or values, of a module with so many weights.
pub(super) fn joules(module: &str, operations: u64, weights: u64) -> f64 {
    let (operation, weight, pass) = cost(module);
    operation * operations as f64 + weight * weights as f64 + pass
}

/// Joules of a forward pass of a layer of a network.
pub(super) fn of_layer(layer: &Layer, batch_size: u64) -> f64 {
    joules(layer.module, layer.macs * batch_size, layer.weights)
}
