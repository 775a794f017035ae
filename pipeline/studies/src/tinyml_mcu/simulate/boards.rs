//! The simulated boards: how many cycles they take, and how much power.

use serde::Serialize;

use crate::tinyml_mcu::architecture::{Architecture, Kind, Layer};

/// A board. Power and cycles are round numbers near what such boards do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Board {
    L4,
    F4,
    F7,
}

impl Board {
    pub(super) const ALL: [Board; 3] = [Board::L4, Board::F4, Board::F7];

    /// Its name in the raw files.
    pub(super) fn raw_name(self) -> &'static str {
        match self {
            Board::L4 => "NUCLEO_L496ZG",
            Board::F4 => "DISCO_F469NI",
            Board::F7 => "NUCLEO_F767ZI",
        }
    }

    /// Its name in figures and record ids.
    pub(super) fn name(self) -> &'static str {
        match self {
            Board::L4 => "L4",
            Board::F4 => "F4",
            Board::F7 => "F7",
        }
    }

    /// Cycles in a second.
    pub(super) fn clock(self) -> f64 {
        match self {
            Board::L4 => 80e6,
            Board::F4 => 180e6,
            Board::F7 => 216e6,
        }
    }

    /// Mean power of an inference in W: the slope of figures 6 and 7.
    pub(super) fn power(self) -> f64 {
        match self {
            Board::L4 => 0.045,
            Board::F4 => 0.210,
            Board::F7 => 0.420,
        }
    }

    /// Voltage of the supply.
    pub(super) fn voltage(self) -> f64 {
        3.3
    }

    /// Cycles in comparison with those of the slowest core.
    fn effort(self) -> f64 {
        match self {
            Board::L4 => 1.0,
            Board::F4 => 1.1,
            Board::F7 => 0.4,
        }
    }

    /// Cycles that a multiply-accumulate operation takes on the slowest core.
    fn cycles_per_mac(self, variant: Variant) -> f64 {
        let cycles = match (variant.format, variant.cmsis_nn, variant.fpu) {
            (Format::Int8, true, _) => 5.0,
            // Loads and multiplications at a time.
            (Format::Int8, false, _) if self == Board::F7 => 20.0,
            (Format::Int8, false, _) => 28.0,
            (Format::Float32 | Format::Int8Weights, _, true) => 26.0,
            (Format::Float32, _, false) => 80.0,
            (Format::Int8Weights, _, false) => 72.0,
        };
        if variant.fast { cycles } else { cycles * 1.75 }
    }

    /// Latency of a layer in s.
    pub(super) fn latency(self, layer: &Layer, variant: Variant) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "operations and elements are far below 2^53")]
        let (macs, outputs) = (layer.macs as f64, layer.outputs as f64);
        let cycles = match layer.kind {
            Kind::Convolution | Kind::Dense => macs * self.cycles_per_mac(variant),
            Kind::Pooling | Kind::Addition | Kind::Softmax => outputs * 12.0,
            // The faster boards are done before the logger takes its next sample.
            Kind::Reshape if self != Board::L4 => 0.0,
            Kind::Reshape => outputs * 2.0,
        };
        cycles * self.effort() / self.clock()
    }

    /// Latency of an inference in s.
    pub(super) fn inference(self, network: Architecture, variant: Variant) -> f64 {
        variant.layers(network).iter().map(|layer| self.latency(layer, variant)).sum()
    }

    /// Whether the program fits into the memory.
    pub(super) fn holds(self, network: Architecture, variant: Variant) -> bool {
        !(self == Board::L4 && network == Architecture::ResNet20 && variant.format == Format::Float32)
    }
}

/// Number formats of weights and activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Float32,
    Int8,
    /// Weights of 8 bits, activations of 32.
    Int8Weights,
}

impl Format {
    pub(super) fn weights(self) -> &'static str {
        if self == Format::Float32 { "float32" } else { "int8" }
    }

    pub(super) fn activations(self) -> &'static str {
        if self == Format::Int8 { "int8" } else { "float32" }
    }

    /// How the converter calls it, after the name of the network.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Format::Float32 => "none_tflite-builtins_none_none",
            Format::Int8 => "none_tflite-builtins-INT8_none_dataset",
            Format::Int8Weights => "optimized_tflite-builtins_none_none",
        }
    }

    /// Bytes of a weight.
    pub(super) fn bytes(self) -> f64 {
        if self == Format::Float32 { 4.0 } else { 1.0 }
    }
}

/// How a network is brought onto a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) format: Format,
    /// Whether the kernels of CMSIS-NN are used; they are there for int8 only.
    pub(super) cmsis_nn: bool,
    /// Whether the floating-point unit is used.
    pub(super) fpu: bool,
    /// Whether the compiler optimises for speed.
    pub(super) fast: bool,
}

impl Variant {
    /// The layers of a network in this variant: integers are converted to and fro.
    pub(super) fn layers(self, network: Architecture) -> Vec<Layer> {
        let mut layers = network.layers();
        if self.format == Format::Int8 {
            let conversion = |outputs| Layer { kind: Kind::Addition, macs: 0, outputs };
            layers.insert(0, conversion(1024));
            layers.push(conversion(10));
        }
        layers
    }

    pub(super) fn folder(self) -> &'static str {
        if self.cmsis_nn { "./TFLu_benchmark-model_mbed_cmsis-nn" } else { "./TFLu_benchmark-model_mbed" }
    }

    pub(super) fn kernels(self) -> &'static str {
        if self.cmsis_nn { "cmsis-nn" } else { "none" }
    }

    pub(super) fn model_type(self) -> String {
        format!("W-{}_A-{}", self.format.weights(), self.format.activations())
    }
}
