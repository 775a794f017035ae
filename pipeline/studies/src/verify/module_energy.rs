//! The study `module-energy`: which of its entries are not made yet, and where the values stand that
//! its file holds beside those of the entries.

use super::{Expectation, Place};

/// Entries that no stage makes yet, by the first parts of their ids: energy models of single layers,
/// and estimates of whole networks from them.
pub const PLANNED: [&str; 13] = [
    "conv2d",
    "linear",
    "maxpool2d",
    "relu",
    "tanh",
    "sigmoid",
    "softmax",
    "ablation",
    "datasets",
    "est",
    "derived.log.fixed",
    "derived.est.models",
    "derived.split",
];

/// All expectations of the study.
///
/// | record | what it holds |
/// | --- | --- |
/// | `mw.fig.contrib` | bar heights at full precision, as an independent program has them |
/// | `mw.fig.batch`, `u1.fig.batch` | all points of the lines, from the same program |
/// | `mw.fig.contrib.corrected` | mean shares without the early rounding |
/// | `mw.totals.corrected` | deviations without the early rounding, with and without the sign |
pub fn expectations() -> Vec<Expectation> {
    let mut all = Vec::new();
    let mut column = |under: &str, field: &str, name: &str, record: &str| {
        all.push(Expectation::new(under, &[field, name], record, Place::Column(name.to_owned())));
    };
    for network in ["vgg16", "alexnet", "vgg11", "vgg13"] {
        column("mw.fig.contrib", "recomputed", network, "mw.fig.contrib");
        column("derived.mw.contrib_unrounded", "rows", network, "mw.fig.contrib.corrected");
    }
    for id in ["mw.fig.batch", "u1.fig.batch"] {
        for name in ["architecture", "module", "batch_size", "percent_contribution"] {
            column(id, "recomputed", name, id);
        }
    }
    for name in ["batch sizes", "mean signed", "mean absolute", "pooled", "lowest", "highest"] {
        column("derived.mw.deviation", "rows", name, "mw.totals.corrected");
    }
    all
}
