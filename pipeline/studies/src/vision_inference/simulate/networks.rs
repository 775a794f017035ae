//! The networks: operation counts, parameters and accuracies.

use crate::campaign::Simulation;

/// Names of torchvision, and their multiply-accumulate operations in 10^9, rounded.
const OPERATIONS: [(&str, f64); 35] = [
    ("alexnet", 0.7),
    ("densenet121", 2.9),
    ("densenet161", 7.8),
    ("densenet169", 3.4),
    ("densenet201", 4.3),
    ("googlenet", 1.5),
    ("inception_v3", 5.7),
    ("mnasnet0_5", 0.1),
    ("mnasnet0_75", 0.2),
    ("mnasnet1_0", 0.33),
    ("mnasnet1_3", 0.55),
    ("mobilenet_v2", 0.31),
    ("resnet101", 7.85),
    ("resnet152", 11.6),
    ("resnet18", 1.8),
    ("resnet34", 3.65),
    ("resnet50", 4.1),
    ("resnext101_32x8d", 16.5),
    ("resnext50_32x4d", 4.25),
    ("shufflenet_v2_x0_5", 0.04),
    ("shufflenet_v2_x1_0", 0.15),
    ("shufflenet_v2_x1_5", 0.3),
    ("shufflenet_v2_x2_0", 0.6),
    ("squeezenet1_0", 0.8),
    ("squeezenet1_1", 0.35),
    ("vgg11", 7.6),
    ("vgg11_bn", 7.65),
    ("vgg13", 11.3),
    ("vgg13_bn", 11.35),
    ("vgg16", 15.5),
    ("vgg16_bn", 15.55),
    ("vgg19", 19.6),
    ("vgg19_bn", 19.7),
    ("wide_resnet101_2", 22.8),
    ("wide_resnet50_2", 11.4),
];

/// Networks of which no accuracy is known.
const WITHOUT_ACCURACY: [&str; 6] =
    ["mnasnet0_5", "mnasnet0_75", "mnasnet1_3", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5"];

/// Million parameters: so many, more for each GFLOP, and noise.
pub(super) const PARAMETERS: (f64, f64, f64) = (20.0, 3.0, 2.0);
/// Top-5 error in percent: the same.
pub(super) const TOP5: (f64, f64, f64) = (14.0, -0.12, 1.6);

/// A network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Network {
    pub(super) name: &'static str,
    /// Multiply-accumulate operations of an inference.
    pub(super) macs: f64,
    /// Parameters.
    pub(super) parameters: f64,
    /// Top-1 and top-5 error in percent, where they are known.
    pub(super) errors: Option<(f64, f64)>,
}

impl Network {
    /// Twice the operations in 10^9.
    pub(super) fn gflops(&self) -> f64 {
        self.macs * 2.0 / 1e9
    }

    pub(super) fn is_densenet(&self) -> bool {
        self.name.starts_with("densenet")
    }

    pub(super) fn is_vgg(&self) -> bool {
        self.name.starts_with("vgg")
    }
}

/// All networks of a simulation, in the order of their names.
pub(super) fn all(simulation: Simulation) -> Vec<Network> {
    let mut random = simulation.random("networks");
    let network = |(name, gmacs): (&'static str, f64)| {
        let gflops = 2.0 * gmacs;
        let mut on_line = |(base, slope, noise): (f64, f64, f64)| base + slope * gflops + noise * random.normal();
        let millions = on_line(PARAMETERS);
        let top5 = on_line(TOP5);
        // Published with two decimals.
        let rounded = |percent: f64| (percent * 100.0).round() / 100.0;
        let errors = (!WITHOUT_ACCURACY.contains(&name)).then(|| (rounded(5.0 + 2.5 * top5), rounded(top5)));
        Network { name, macs: (gmacs * 1e9).round(), parameters: (millions * 1e6).round(), errors }
    };
    OPERATIONS.map(network).into()
}
