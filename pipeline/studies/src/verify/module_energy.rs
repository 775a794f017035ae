//! The study `module-energy`: where the values stand that its file holds beside those of the entries.

use super::{Expectation, Place};

/// Models whose features are so far from dependent that their scores can be computed to ten digits.
const MODELS: [&str; 16] = [
    "conv2d.param",
    "conv2d.param_log_param",
    "conv2d.macs",
    "conv2d.param_macs",
    "conv2d.param_log_param_macs",
    "linear.param",
    "linear.macs",
    "linear.param_macs",
    "linear.param_log_param_macs",
    "maxpool2d.param",
    "maxpool2d.param_log_param",
    "maxpool2d.macs",
    "maxpool2d.param_macs",
    "maxpool2d.param_log_param_macs",
    "relu.param",
    "relu.macs",
];

/// All expectations of the study.
///
/// | record | what it holds |
/// | --- | --- |
/// | `mw.fig.contrib` | bar heights at full precision, as an independent program has them |
/// | `mw.fig.batch`, `u1.fig.batch` | all points of the lines, from the same program |
/// | `mw.fig.contrib.corrected` | mean shares without the early rounding |
/// | `mw.totals.corrected` | deviations without the early rounding, with and without the sign |
/// | `conv2d.param` to `softmax` | scores of the models at full precision, from the same program |
/// | `ablation.head`, `linear.claims` | scores of models at full precision |
/// | `est.*` | scores of the estimates, and mean deviations of networks |
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
    for (id, columns) in [
        ("ablation.head", &["val_score", "test_score"][..]),
        ("linear.claims", &["value"]),
        ("est.deviations", &["mean_percent_deviation", "mean_total_agg_energy", "mean_measured_energy"]),
    ] {
        for name in columns {
            column(id, "recomputed", name, id);
        }
    }
    let mut value = |id: &str, name: &str| {
        all.push(Expectation::new(id, &["recomputed", name], id, Place::Value(name.to_owned())));
    };
    for model in MODELS {
        for name in ["cv_r2_mean", "cv_r2_std", "cv_mse_mean", "cv_mse_std", "val_r2", "val_mse", "test_r2", "test_mse"]
        {
            value(model, name);
        }
    }
    for id in ["est.overall", "est.full.alexnet", "est.full.vgg11", "est.full.vgg13", "est.full.vgg16"] {
        for name in ["r2", "mse", "mae"] {
            value(id, name);
        }
    }
    for kind in ["Conv2d", "ReLU", "MaxPool2d", "AdaptiveAvgPool2d", "Dropout", "Linear"] {
        for name in ["r2", "mse", "mae", "dev_percent"] {
            value(&format!("est.layer.{kind}"), name);
        }
    }
    all
}
