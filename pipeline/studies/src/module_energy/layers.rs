//! The data sets of single layers: layers of one kind with random settings, each run by itself.

use super::jobs::Job;

/// A data set of layers of one kind.
pub(super) struct LayerSet {
    /// Name of the data set, in job logs too.
    pub(super) name: &'static str,
    /// Class of the module.
    pub(super) module: &'static str,
    /// What is set at random: the features of the models, in their order.
    pub(super) parameters: &'static [&'static str],
    /// The jobs with random settings, in the order in which the original puts them together.
    pub(super) random: &'static [Job],
    /// The job that ran the layers of the networks instead; no model is fitted to it.
    pub(super) of_networks: Option<Job>,
}

const CONV2D: [&str; 7] =
    ["batch_size", "image_size", "kernel_size", "in_channels", "out_channels", "stride", "padding"];
const LINEAR: [&str; 3] = ["batch_size", "input_size", "output_size"];
const MAXPOOL2D: [&str; 6] = ["batch_size", "image_size", "kernel_size", "in_channels", "stride", "padding"];
const ACTIVATION: [&str; 2] = ["batch_size", "input_size"];

/// The job log of the activations, one after the other.
const ACTIVATIONS_LOG: &str = "data/activations/00_activations-slurm-log.out";

pub(super) const LAYER_SETS: [LayerSet; 7] = [
    LayerSet {
        name: "conv2d",
        module: "Conv2d",
        parameters: &CONV2D,
        random: &[
            Job {
                name: "conv2d-1",
                tracker: "data/conv2d/00_conv2d-raw.csv",
                log: "data/conv2d/00_conv2d-slurm-log.out",
                data_set: "conv2d",
            },
            Job {
                name: "conv2d-2",
                tracker: "data/conv2d/02_conv2d-raw.csv",
                log: "data/conv2d/02_conv2d-slurm-log.out",
                data_set: "conv2d",
            },
        ],
        of_networks: Some(Job {
            name: "conv2d-3",
            tracker: "data/conv2d/01_conv2d-architecture-configs-raw.csv",
            log: "data/conv2d/01_conv2d-architecture-configs-slurm-log.out",
            data_set: "conv2d",
        }),
    },
    LayerSet {
        name: "linear",
        module: "Linear",
        parameters: &LINEAR,
        random: &[
            Job {
                name: "linear-1",
                tracker: "data/linear/00_linear-raw.csv",
                log: "data/linear/00_linear-slurm-log.out",
                data_set: "linear",
            },
            Job {
                name: "linear-2",
                tracker: "data/linear/02_linear-raw.csv",
                log: "data/linear/02_linear-slurm-log.out",
                data_set: "linear",
            },
        ],
        of_networks: Some(Job {
            name: "linear-3",
            tracker: "data/linear/01_linear-architecture-configs-raw.csv",
            log: "data/linear/01_linear-architecture-configs-slurm-log.out",
            data_set: "linear",
        }),
    },
    LayerSet {
        name: "maxpool2d",
        module: "MaxPool2d",
        parameters: &MAXPOOL2D,
        random: &[
            Job {
                name: "maxpool2d-1",
                tracker: "data/maxpool2d/00_maxpool2d-raw.csv",
                log: "data/maxpool2d/00_maxpool2d-slurm-log.out",
                data_set: "maxpool2d",
            },
            Job {
                name: "maxpool2d-2",
                tracker: "data/maxpool2d/02_maxpool2d-raw.csv",
                log: "data/maxpool2d/02_maxpool2d-slurm-log.out",
                data_set: "maxpool2d",
            },
        ],
        of_networks: Some(Job {
            name: "maxpool2d-3",
            tracker: "data/maxpool2d/01_maxpool2d-architecture-configs-raw.csv",
            log: "data/maxpool2d/01_maxpool2d-architecture-configs-slurm-log.out",
            data_set: "maxpool2d",
        }),
    },
    LayerSet {
        name: "relu",
        module: "ReLU",
        parameters: &ACTIVATION,
        random: &[
            Job {
                name: "relu-new",
                tracker: "data/activations/01_relu_raw.csv",
                log: "data/activations/01_relu-slurm-log.out",
                data_set: "relu",
            },
            Job {
                name: "relu-old",
                tracker: "data/activations/00_relu-raw.csv",
                log: ACTIVATIONS_LOG,
                data_set: "relu",
            },
        ],
        of_networks: None,
    },
    LayerSet {
        name: "sigmoid",
        module: "Sigmoid",
        parameters: &ACTIVATION,
        random: &[Job {
            name: "sigmoid",
            tracker: "data/activations/00_sigmoid-raw.csv",
            log: ACTIVATIONS_LOG,
            data_set: "sigmoid",
        }],
        of_networks: None,
    },
    LayerSet {
        name: "tanh",
        module: "Tanh",
        parameters: &ACTIVATION,
        random: &[Job {
            name: "tanh",
            tracker: "data/activations/00_tanh-raw.csv",
            log: ACTIVATIONS_LOG,
            data_set: "tanh",
        }],
        of_networks: None,
    },
    LayerSet {
        name: "softmax",
        module: "Softmax",
        parameters: &ACTIVATION,
        random: &[Job {
            name: "softmax",
            tracker: "data/activations/00_softmax-raw.csv",
            log: ACTIVATIONS_LOG,
            data_set: "softmax",
        }],
        of_networks: None,
    },
];

impl LayerSet {
    /// All of its jobs, in the order of their files.
    pub(super) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.random.iter().chain(&self.of_networks)
    }
}

/// The data set of a name.
pub(super) fn layer_set(name: &str) -> Option<&'static LayerSet> {
    LAYER_SETS.iter().find(|set| set.name == name)
}
