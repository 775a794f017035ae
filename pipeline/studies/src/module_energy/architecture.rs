//! The networks, layer by layer.

/// A layer of a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layer {
    /// Class of the module.
    pub(super) module: &'static str,
    /// Operations for one input, as the original's profiler counts them.
    pub(super) macs: u64,
    /// Weights and biases.
    pub(super) weights: u64,
    /// Settings by their names in the data sets of single layers; of the layers that have such.
    pub(super) settings: &'static [&'static str],
    values: [u64; 6],
}

/// The settings of layers that work on pictures.
const CONVOLUTION: [&str; 6] = ["image_size", "kernel_size", "in_channels", "out_channels", "stride", "padding"];
const POOLING: [&str; 5] = ["image_size", "kernel_size", "in_channels", "stride", "padding"];

impl Layer {
    const fn new(module: &'static str, macs: u64, weights: u64) -> Self {
        Self { module, macs, weights, settings: &[], values: [0; 6] }
    }

    /// A setting by its name, if the layer has it.
    pub(super) fn setting(&self, name: &str) -> Option<u64> {
        let place = self.settings.iter().position(|known| *known == name)?;
        self.values.get(place).copied()
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
                let values = [edge, kernel, channels, filters, stride, padding];
                edge = (edge + 2 * padding - kernel) / stride + 1;
                let outputs = filters * edge * edge;
                let taps = channels * kernel * kernel + 1;
                let layer = Layer::new("Conv2d", outputs * taps, filters * taps);
                layers.push(Layer { settings: &CONVOLUTION, values, ..layer });
                layers.push(Layer::new("ReLU", outputs, 0));
                channels = filters;
            }
            Step::Pool(window, stride) => {
                let values = [edge, window, channels, stride, 0, 0];
                edge = (edge - window) / stride + 1;
                // The profiler counts half an operation for each value in the window.
                let layer = Layer::new("MaxPool2d", channels * edge * edge * window * window / 2, 0);
                layers.push(Layer { settings: &POOLING, values, ..layer });
            }
        }
    }
    (layers, channels)
}

/// Adaptive pooling to a square, and the last layers, of which numbers stand for Linear.
fn with_classifier((mut layers, channels): (Vec<Layer>, u64), edge: u64, last: &[&'static str]) -> Vec<Layer> {
    let pooled = channels * edge * edge;
    layers.push(Layer::new("AdaptiveAvgPool2d", pooled, 0));
    let linear = |inputs: u64, outputs: u64| {
        let weights = (inputs + 1) * outputs;
        Layer::new("Linear", weights, weights)
    };
    layers.extend(last.iter().map(|name| match *name {
        "1" => linear(pooled, 4096),
        "2" => linear(4096, 4096),
        "3" => linear(4096, 1000),
        "ReLU" => Layer::new("ReLU", 4096, 0),
        module => Layer::new(module, 0, 0),
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

    /// Settings of the genuine runs of the networks' layers.
    #[test]
    fn settings_are_those_of_the_genuine_files() {
        let of = |network: &str, place: usize, names: &[&str]| {
            let layer = layers(network)[place];
            names.iter().map(|name| layer.setting(name).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(of("alexnet", 0, &CONVOLUTION), [224, 11, 3, 64, 4, 2]);
        assert_eq!(of("alexnet", 3, &CONVOLUTION), [27, 5, 64, 192, 1, 2]);
        assert_eq!(of("alexnet", 2, &POOLING), [55, 3, 64, 2, 0]);
        assert_eq!(layers("alexnet")[1].setting("image_size"), None);
    }
}
