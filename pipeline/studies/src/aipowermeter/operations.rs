//! Multiply-accumulate operations (MACs) of one inference, from the architecture and the input size.
//!
//! Counted are convolutions, linear layers and the two matrix products of attention; biases, pooling,
//! normalisation, activations, softmax and look-ups of embeddings are not.

use super::protocol::Network;

/// A square two-dimensional convolution or pooling.
#[derive(Clone, Copy)]
struct Window {
    kernel: u64,
    stride: u64,
    padding: u64,
}

impl Window {
    /// The edge of its output; 0 if the window does not fit.
    const fn output(self, edge: u64) -> u64 {
        match (edge + 2 * self.padding).checked_sub(self.kernel) {
            Some(rest) => rest / self.stride + 1,
            None => 0,
        }
    }
}

const fn window(kernel: u64, stride: u64, padding: u64) -> Window {
    Window { kernel, stride, padding }
}

/// A stack of convolutions under construction: the edge and the channels of what is fed on.
struct Stack {
    edge: u64,
    channels: u64,
    macs: u64,
}

impl Stack {
    /// A picture of three colours.
    fn picture(edge: u32) -> Self {
        Self { edge: edge.into(), channels: 3, macs: 0 }
    }

    /// A convolution; returns its MACs so that a side branch can be counted too.
    fn convolve(&mut self, channels: u64, window: Window) {
        self.edge = window.output(self.edge);
        self.macs += self.edge * self.edge * channels * self.channels * window.kernel * window.kernel;
        self.channels = channels;
    }

    fn pool(&mut self, window: Window) {
        self.edge = window.output(self.edge);
    }
}

/// MACs of one inference on an input of that size.
pub(super) fn macs(network: Network, size: u32) -> u64 {
    match network {
        Network::Alexnet => alexnet(size),
        Network::Resnet50 => resnet50(size),
        // `"yes " * size` in the original's script: one token a word, and two that the tokenizer adds.
        Network::Bert => bert(u64::from(size) + 2),
    }
}

/// torchvision's AlexNet (Krizhevsky, "One weird trick for parallelizing convolutional neural
/// networks", 2014): an adaptive pooling to 6 × 6 feeds the linear layers, whatever the picture.
fn alexnet(edge: u32) -> u64 {
    let mut stack = Stack::picture(edge);
    let pool = window(3, 2, 0);
    stack.convolve(64, window(11, 4, 2));
    stack.pool(pool);
    stack.convolve(192, window(5, 1, 2));
    stack.pool(pool);
    for channels in [384, 256, 256] {
        stack.convolve(channels, window(3, 1, 1));
    }
    stack.macs + 256 * 6 * 6 * 4096 + 4096 * 4096 + 4096 * 1000
}

/// torchvision's ResNet50, version 1.5: the 3 × 3 convolution of a bottleneck has the stride (He et
/// al., "Deep Residual Learning for Image Recognition", 2016, table 1, have it in the first 1 × 1).
fn resnet50(edge: u32) -> u64 {
    let mut stack = Stack::picture(edge);
    stack.convolve(64, window(7, 2, 3));
    stack.pool(window(3, 2, 1));
    for (width, blocks, first_stride) in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)] {
        for block in 0..blocks {
            let stride = if block == 0 { first_stride } else { 1 };
            let shortcut = (stack.edge, stack.channels);
            stack.convolve(width, window(1, 1, 0));
            stack.convolve(width, window(3, stride, 1));
            stack.convolve(4 * width, window(1, 1, 0));
            if block == 0 {
                let (edge, channels) = shortcut;
                let mut side = Stack { edge, channels, macs: 0 };
                side.convolve(4 * width, window(1, stride, 0));
                stack.macs += side.macs;
            }
        }
    }
    stack.macs + stack.channels * 1000
}

/// BERT-base with the head of `BertForSequenceClassification` (Devlin et al., 2019): twelve layers of
/// width 768 with a feed-forward part of 3072, a pooler on the first token, and two classes.
fn bert(tokens: u64) -> u64 {
    const LAYERS: u64 = 12;
    const WIDTH: u64 = 768;
    const FEED_FORWARD: u64 = 3072;
    let projections = 4 * tokens * WIDTH * WIDTH;
    let attention = 2 * tokens * tokens * WIDTH;
    let feed_forward = 2 * tokens * WIDTH * FEED_FORWARD;
    LAYERS * (projections + attention + feed_forward) + WIDTH * WIDTH + WIDTH * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts that profilers of torchvision's networks print for 224 × 224 pixels: 0.71 and 4.09 G.
    #[test]
    fn counts_at_the_usual_size_are_those_of_profilers() {
        assert_eq!(alexnet(224), 714_188_480);
        assert_eq!(resnet50(224), 4_089_184_256);
    }

    /// By hand: 7 077 888 MACs of weights for each token and layer, and 2 × 768 for each pair of tokens.
    #[test]
    fn bert_by_hand() {
        assert_eq!(bert(128), 12 * (128 * 7_077_888 + 128 * 128 * 1536) + 589_824 + 1536);
    }

    #[test]
    fn linear_layers_alone_remain_of_a_picture_that_is_too_small() {
        assert_eq!(alexnet(1), 256 * 36 * 4096 + 4096 * 4096 + 4096 * 1000);
        // Every window of ResNet50 is padded: it works at 8 pixels, the smallest size that was measured.
        assert!(resnet50(8) > 23_000_000);
    }
}
