//! The protocol of the three studies: which networks, input sizes, runs and numbers of inferences.
//!
//! Source: the source document and its later version (AlexNet, ResNet50, BERT), and the scripts beside it.

use std::ops::Range;

use serde::Serialize;

/// Runs of each input size.
pub(super) const RUNS: u32 = 10;

/// A network whose inferences were measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Network {
    /// torchvision's AlexNet; the size is the edge of a square picture in pixels.
    Alexnet,
    /// torchvision's ResNet50, the same.
    Resnet50,
    /// `bert-base-uncased` with a head for classification; the size is the number of words.
    Bert,
}

impl Network {
    pub(super) const ALL: [Network; 3] = [Network::Alexnet, Network::Resnet50, Network::Bert];

    /// Name of its folder and tables.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Network::Alexnet => "alexnet",
            Network::Resnet50 => "resnet50",
            Network::Bert => "bert",
        }
    }

    /// Name in print.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Network::Alexnet => "AlexNet",
            Network::Resnet50 => "ResNet50",
            Network::Bert => "BERT",
        }
    }

    /// The input sizes, rising. The text names 20 sizes of AlexNet; these are the 18 of its figures.
    pub(super) fn sizes(self) -> Vec<u32> {
        match self {
            Network::Alexnet => (1..=18).map(|number| 112 * number).collect(),
            Network::Resnet50 => [8, 32, 64, 128, 256, 512, 1024, 2048, 4096].into(),
            Network::Bert => (1..=10).map(|number| 50 * number).collect(),
        }
    }

    /// Inferences of one run. AlexNet: `int(40000/(u+1))` for size number u from 0.
    pub(super) fn inferences(self, size: u32) -> u32 {
        match self {
            Network::Alexnet => 40_000 / (size / 112).max(1),
            Network::Resnet50 if size == 4096 => 1000,
            Network::Resnet50 => 5000,
            Network::Bert => 10_000_u32.saturating_sub(10 * size),
        }
    }

    /// The numbers in the names of the runs' folders.
    pub(super) fn runs(self) -> Range<u32> {
        match self {
            Network::Alexnet | Network::Resnet50 => 0..RUNS,
            Network::Bert => 1..RUNS + 1,
        }
    }

    /// The file with the latencies of a run.
    pub(super) fn latency_file(self) -> &'static str {
        match self {
            Network::Alexnet | Network::Resnet50 => "latency.csv",
            Network::Bert => "latency.json",
        }
    }

    /// The folder of all runs of an input size.
    pub(super) fn folder(self, size: u32) -> String {
        format!("{}/input_{size}", self.id())
    }

    /// What the input size counts.
    pub(super) fn size_label(self) -> &'static str {
        match self {
            Network::Alexnet | Network::Resnet50 => "Input size",
            Network::Bert => "Input length",
        }
    }

    pub(super) fn size_unit(self) -> &'static str {
        match self {
            Network::Alexnet | Network::Resnet50 => "pixels",
            Network::Bert => "tokens",
        }
    }
}

/// All runs of one input size: what is simulated, and read, at once.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Sweep {
    pub(super) network: Network,
    pub(super) size: u32,
}

impl Sweep {
    /// The sweeps of a network, by rising size.
    pub(super) fn of(network: Network) -> impl Iterator<Item = Sweep> {
        network.sizes().into_iter().map(move |size| Sweep { network, size })
    }

    /// All sweeps, in the order of the simulation's table of targets.
    pub(super) fn all() -> impl Iterator<Item = Sweep> {
        Network::ALL.into_iter().flat_map(Sweep::of)
    }

    /// Name of its stages and tables.
    pub(super) fn name(self) -> String {
        format!("{}-{}", self.network.id(), self.size)
    }

    /// The raw files of one run: power records and latencies.
    pub(super) fn files(self, run: u32) -> [String; 2] {
        let folder = self.network.folder(self.size);
        ["power_metrics.json", self.network.latency_file()].map(|file| format!("{folder}/run_{run}/{file}"))
    }
}
