//! The networks, layer by layer, and the energy that a forward pass of each layer is made to take.

/// A layer of a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layer {
    /// Class of the module.
    pub(super) module: &'static str,
    /// Operations for one input, as the original's profiler counts them.
    pub(super) macs: u64,
    /// Weights and biases.
    pub(super) weights: u64,
}

/// Joules of an operation, of reading a weight once in a forward pass, and of a pass by itself: near what
/// the genuine runs show. Reading the weights makes the share of Linear fall with the batch size.
fn cost(module: &str) -> (f64, f64, f64) {
    match module {
        "Conv2d" => (1.7e-9, 0.0, 1e-3),
        "Linear" => (1.75e-9, 5e-8, 1e-4),
        "MaxPool2d" => (7.3e-7, 0.0, 1e-4),
        "AdaptiveAvgPool2d" => (7.4e-7, 0.0, 1e-4),
        "ReLU" => (2.4e-8, 0.0, 1e-4),
        // Dropout does nothing at inference.
        _ => (0.0, 0.0, 4e-4),
    }
}

impl Layer {
    /// Energy of one forward pass in joules.
    pub(super) fn joules(&self, batch_size: u64) -> f64 {
        let (operation, weight, pass) = cost(self.module);
        operation * self.macs as f64 * batch_size as f64 + weight * self.weights as f64 + pass
    }
}

/// A step of the part of a network that works on pictures.
enum Step {
    /// A convolution and its ReLU: output channels, edge of the kernel, stride, padding.
    Conv(u64, u64, u64, u64),
    /// Max-pooling: edge of the window, stride.
    Pool(u64, u64),
}

/// The layers of a network for pictures of 224 by 224 pixels and three colours (torchvision: Krizhevsky,
/// "One weird trick for parallelizing convolutional neural networks", 2014; Simonyan and Zisserman,
/// "Very deep convolutional networks for large-scale image recognition", 2015, table 1).
pub(super) fn layers(network: &str) -> Vec<Layer> {
    use Step::{Conv, Pool};
    if network == "alexnet" {
        let steps = [
            Conv(64, 11, 4, 2),
            Pool(3, 2),
            Conv(192, 5, 1, 2),
            Pool(3, 2),
            Conv(384, 3, 1, 1),
            Conv(256, 3, 1, 1),
            Conv(256, 3, 1, 1),
            Pool(3, 2),
        ];
        return with_classifier(features(&steps), 6, &["Dropout", "1", "ReLU", "Dropout", "2", "ReLU", "3"]);
    }
    let depths: [u64; 5] = match network {
        "vgg11" => [1, 1, 2, 2, 2],
        "vgg13" => [2, 2, 2, 2, 2],
        _ => [2, 2, 3, 3, 3],
    };
    let mut steps = Vec::new();
    for (depth, channels) in depths.into_iter().zip([64, 128, 256, 512, 512]) {
        steps.extend((0..depth).map(|_| Conv(channels, 3, 1, 1)));
        steps.push(Pool(2, 2));
    }
    with_classifier(features(&steps), 7, &["1", "ReLU", "Dropout", "2", "ReLU", "Dropout", "3"])
}

/// The layers of the steps, and the channels that come out.
fn features(steps: &[Step]) -> (Vec<Layer>, u64) {
    let (mut edge, mut channels) = (224, 3);
    let mut layers = Vec::new();
    for step in steps {
        match *step {
            Step::Conv(filters, kernel, stride, padding) => {
                edge = (edge + 2 * padding - kernel) / stride + 1;
                let outputs = filters * edge * edge;
                let taps = channels * kernel * kernel + 1;
                layers.push(Layer { module: "Conv2d", macs: outputs * taps, weights: filters * taps });
                layers.push(Layer { module: "ReLU", macs: outputs, weights: 0 });
                channels = filters;
            }
            Step::Pool(window, stride) => {
                edge = (edge - window) / stride + 1;
                // The profiler counts half an operation for each value in the window.
                let macs = channels * edge * edge * window * window / 2;
                layers.push(Layer { module: "MaxPool2d", macs, weights: 0 });
            }
        }
    }
    (layers, channels)
}

/// Adaptive pooling to a square, and the last layers, of which numbers stand for Linear.
fn with_classifier((mut layers, channels): (Vec<Layer>, u64), edge: u64, last: &[&'static str]) -> Vec<Layer> {
    let pooled = channels * edge * edge;
    layers.push(Layer { module: "AdaptiveAvgPool2d", macs: pooled, weights: 0 });
    let linear = |inputs: u64, outputs: u64| {
        let weights = (inputs + 1) * outputs;
        Layer { module: "Linear", macs: weights, weights }
    };
    layers.extend(last.iter().map(|name| match *name {
        "1" => linear(pooled, 4096),
        "2" => linear(4096, 4096),
        "3" => linear(4096, 1000),
        "ReLU" => Layer { module: "ReLU", macs: 4096, weights: 0 },
        module => Layer { module, macs: 0, weights: 0 },
    }));
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts of the genuine files, for one input.
    #[test]
    fn operations_are_those_of_the_genuine_files() {
        for (network, count, place, module, macs) in [
            ("alexnet", 21, 0, "Conv2d", 70_470_400),
            ("alexnet", 21, 2, "MaxPool2d", 209_952),
            ("alexnet", 21, 3, "Conv2d", 224_088_768),
            ("alexnet", 21, 13, "AdaptiveAvgPool2d", 9_216),
            ("alexnet", 21, 15, "Linear", 37_752_832),
            ("alexnet", 21, 20, "Linear", 4_097_000),
            ("vgg11", 29, 2, "MaxPool2d", 1_605_632),
            ("vgg11", 29, 16, "Conv2d", 462_522_368),
            ("vgg11", 29, 22, "Linear", 102_764_544),
            ("vgg13", 33, 1, "ReLU", 3_211_264),
            ("vgg16", 39, 0, "Conv2d", 89_915_392),
        ] {
            let layers = layers(network);
            assert_eq!((layers.len(), layers[place].module, layers[place].macs), (count, module, macs), "{network}");
        }
    }
}
