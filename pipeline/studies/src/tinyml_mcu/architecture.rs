//! The layers of the two networks, and how often each multiplies and accumulates.
//!
//! The raw files tell the shape of the input, the size of the model and the number of layers, and these
//! fix the rest. LeNet is two 3x3 convolutions without padding (6 and 16 channels), each followed by a
//! 2x2 pooling, and dense layers of 120, 84 and 10: its 80 958 weights are half of the column `MACs`
//! (161 925), which counts each weight of a convolution once and not at each place. ResNet-20 is that of
//! He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2016), section 4.2, with 1x1
//! convolutions where the size changes; the measured latencies of its layers are in these proportions.

/// What a layer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Convolution,
    Pooling,
    Addition,
    Reshape,
    Dense,
    Softmax,
}

/// A layer of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) kind: Kind,
    /// Multiply-accumulate operations of one inference.
    pub(super) macs: u64,
    /// Elements that it writes.
    pub(super) outputs: u64,
}

/// A network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Architecture {
    LeNet,
    ResNet20,
}

impl Architecture {
    /// The network that the raw files call by this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        [Self::LeNet, Self::ResNet20].into_iter().find(|network| network.raw_name() == name)
    }

    /// Its name and data set in the raw files.
    pub(super) fn raw_name(self) -> &'static str {
        match self {
            Self::LeNet => "LeNet-MNIST",
            Self::ResNet20 => "01d_ResNet20_CIFAR-10",
        }
    }

    /// Its name in the literature.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LeNet => "LeNet",
            Self::ResNet20 => "ResNet-20",
        }
    }

    /// Its layers in order.
    pub(super) fn layers(self) -> Vec<Layer> {
        match self {
            Self::LeNet => vec![
                convolution(30, 3, 1, 6),
                other(Kind::Pooling, 15 * 15 * 6),
                convolution(13, 3, 6, 16),
                other(Kind::Pooling, 6 * 6 * 16),
                other(Kind::Reshape, 576),
                dense(576, 120),
                dense(120, 84),
                dense(84, 10),
                other(Kind::Softmax, 10),
            ],
            Self::ResNet20 => {
                let mut layers = vec![convolution(32, 3, 3, 16)];
                for (edge, channels) in [(32, 16), (16, 32), (8, 64)] {
                    for block in 0..3 {
                        let narrower = block == 0 && channels > 16;
                        let inputs = if narrower { channels / 2 } else { channels };
                        if narrower {
                            layers.push(convolution(edge, 1, inputs, channels));
                        }
                        layers.push(convolution(edge, 3, inputs, channels));
                        layers.push(convolution(edge, 3, channels, channels));
                        layers.push(other(Kind::Addition, edge * edge * channels));
                    }
                }
                layers.extend([other(Kind::Pooling, 64), other(Kind::Reshape, 64), dense(64, 10)]);
                layers
            }
        }
    }

    /// Multiply-accumulate operations of one inference.
    pub(super) fn macs(self) -> u64 {
        self.layers().iter().map(|layer| layer.macs).sum()
    }
}

/// A convolution by the edges of its output and kernel, and its channels.
fn convolution(edge: u64, kernel: u64, inputs: u64, channels: u64) -> Layer {
    let outputs = edge * edge * channels;
    Layer { kind: Kind::Convolution, macs: outputs * kernel * kernel * inputs, outputs }
}

fn dense(inputs: u64, outputs: u64) -> Layer {
    Layer { kind: Kind::Dense, macs: inputs * outputs, outputs }
}

fn other(kind: Kind, outputs: u64) -> Layer {
    Layer { kind, macs: 0, outputs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_as_many_as_were_measured() {
        assert_eq!(Architecture::LeNet.layers().len(), 9);
        assert_eq!(Architecture::ResNet20.layers().len(), 33);
    }

    #[test]
    fn operations_are_those_of_the_literature() {
        // He et al. do not give a number for ResNet-20; 41 million is what implementations report.
        assert_eq!(Architecture::ResNet20.macs(), 40_813_184);
        assert_eq!(Architecture::LeNet.macs(), 274_656);
    }

    #[test]
    fn the_column_of_the_raw_files_is_twice_the_weights() {
        let places = |layer: &Layer| if layer.outputs == 30 * 30 * 6 { 900 } else { 169 };
        let weights = |layer: &Layer| match layer.kind {
            Kind::Convolution => layer.macs / places(layer),
            _ => layer.macs,
        };
        let weights: u64 = Architecture::LeNet.layers().iter().map(weights).sum();
        assert_eq!(2 * weights + 9, 161_925);
    }
}
