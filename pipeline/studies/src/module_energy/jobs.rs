//! The measuring jobs and their raw files.

/// A measuring job: the tracker's file, and the job log that tells which of its runs failed.
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) tracker: &'static str,
    pub(super) log: &'static str,
    /// What the log calls the part that is about the tracker's file.
    pub(super) data_set: &'static str,
}

pub(super) const JOBS: [Job; 3] = [
    Job {
        name: "final-1",
        tracker: "data/architectures/00_architectures-layerwise-raw.csv",
        log: "data/architectures/00_architectures-layerwise-slurm-log.out",
        data_set: "architectures",
    },
    Job {
        name: "final-2",
        tracker: "data/architectures/01_architectures-layerwise-raw.csv",
        log: "data/architectures/01_architectures-layerwise-slurm-log.out",
        data_set: "architectures",
    },
    Job {
        name: "first",
        tracker: "at-1bc4ecb/data/architectures-energies-raw.csv",
        log: "at-1bc4ecb/data/slurm-7520393.out",
        data_set: "architectures",
    },
];

/// The runs of the job `first` as the original's parser left them: the file that the first document
/// reads.
pub(super) const PARSED: &str = "at-1bc4ecb/data/architectures-energies-parsed.csv";

/// Job logs with progress bars: name, path, and the data sets in them.
pub(super) const BARS: [(&str, &str, &[&str]); 4] = [
    ("conv2d", "data/conv2d/02_conv2d-slurm-log.out", &["conv2d"]),
    ("linear", "data/linear/02_linear-slurm-log.out", &["linear"]),
    ("maxpool2d", "data/maxpool2d/02_maxpool2d-slurm-log.out", &["maxpool2d"]),
    ("activations", "data/activations/00_activations-slurm-log.out", &["relu", "sigmoid", "tanh", "softmax"]),
];
