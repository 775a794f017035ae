//! The three kinds of layers that the original keeps, by the kernel that TensorRT chose for them.

use serde::Serialize;

/// A kind of layer, and the table that its layers go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) enum Kind {
    Convolutional,
    Pooling,
    /// Fully connected layers and, in spite of the name, 1 x 1 convolutions that run as a product of
    /// matrices: a choice of TensorRT, which may differ between two builds of one network.
    Dense,
}

/// Columns that all three tables have behind the features: power in µW (in W where a table is
/// summarised), run time in ms.
pub(super) const MEASURED: [&str; 2] = ["power", "runtime"];

impl Kind {
    pub(super) const ALL: [Kind; 3] = [Kind::Convolutional, Kind::Pooling, Kind::Dense];

    /// The kind of a layer by its `LayerType`; `None` for those that the original ignores.
    pub(super) fn of(layer_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.layer_type() == layer_type)
    }

    pub(super) const fn layer_type(self) -> &'static str {
        match self {
            Kind::Convolutional => "CaskConvolution",
            Kind::Pooling => "CaskPooling",
            Kind::Dense => "CaskGemmConvolution",
        }
    }

    /// Name of the table: `convolutional.csv`.
    pub(super) const fn table(self) -> &'static str {
        match self {
            Kind::Convolutional => "convolutional",
            Kind::Pooling => "pooling",
            Kind::Dense => "dense",
        }
    }

    /// What the notebook calls it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Kind::Convolutional => "Convolutional",
            Kind::Pooling => "Pooling",
            Kind::Dense => "Dense",
        }
    }

    /// The part of the ids of records.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Kind::Convolutional => "conv",
            Kind::Pooling => "pool",
            Kind::Dense => "dense",
        }
    }

    /// The columns of features, in the order of the table.
    pub(super) const fn features(self) -> &'static [&'static str] {
        match self {
            Kind::Convolutional => &[
                "batch_size",
                "input_size_0",
                "input_size_1",
                "input_size_2",
                "output_size_0",
                "output_size_1",
                "output_size_2",
                "kernel_0",
                "kernel_1",
                "padding_0",
                "padding_1",
                "stride_0",
                "stride_1",
            ],
            Kind::Pooling => &[
                "batch_size",
                "input_size_0",
                "input_size_1",
                "input_size_2",
                "output_size_0",
                "output_size_1",
                "output_size_2",
                "kernel_0",
                "kernel_1",
                "stride_0",
                "stride_1",
            ],
            Kind::Dense => &["batch_size", "input_size", "output_size"],
        }
    }
}
