//! The study `module-energy`: where the values stand that its file holds beside those of the entries.

use super::{Expectation, Place};

/// The models, and to which relative difference two programs agree on their scores if it is not the usual
/// one: features in raw units can be so nearly dependent that rounding shows.
const MODELS: [(&str, Option<f64>); 20] = [
    ("conv2d.param", None),
    ("conv2d.param_log_param", None),
    ("conv2d.macs", None),
    ("conv2d.param_macs", None),
    ("conv2d.param_log_param_macs", None),
    ("linear.param", None),
    ("linear.param_log_param", Some(1e-5)),
    ("linear.macs", None),
    ("linear.param_macs", None),
    ("linear.param_log_param_macs", None),
    ("maxpool2d.param", None),
    ("maxpool2d.param_log_param", None),
    ("maxpool2d.macs", None),
    ("maxpool2d.param_macs", None),
    ("maxpool2d.param_log_param_macs", None),
    ("relu.param", None),
    ("relu.macs", None),
    ("tanh", Some(1e-5)),
    ("sigmoid", None),
    ("softmax", None),
];

/// Models whose scores in folds are on file without what LAPACK makes of zero.
const EXACT_IN_FOLDS: [&str; 2] = ["linear.param_log_param", "maxpool2d.param_log_param_macs"];

/// All expectations of the study.
///
/// | record | what it holds |
/// | --- | --- |
/// | `mw.fig.contrib` | bar heights at full precision, as an independent program has them |
/// | `mw.fig.batch`, `u1.fig.batch` | all points of the lines, from the same program |
/// | `mw.fig.contrib.corrected` | mean shares without the early rounding |
/// | `mw.totals.corrected` | deviations without the early rounding, with and without the sign |
/// | `conv2d.param` to `softmax` | scores of the models at full precision, from the same program |
/// | `linear.param_log_param.corrected`, `maxpool2d.param_log_param_macs.corrected` | their scores in folds, where zero does not count |
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
    let mut value = |id: &str, name: &str, record: &str, tolerance: Option<f64>| {
        let expectation = Expectation::new(id, &["recomputed", name], record, Place::Value(name.to_owned()));
        all.push(if let Some(relative) = tolerance { expectation.within(relative) } else { expectation });
    };
    for (model, tolerance) in MODELS {
        let corrected = format!("{model}.corrected");
        let of_folds = if EXACT_IN_FOLDS.contains(&model) { corrected.as_str() } else { model };
        for name in ["cv_r2_mean", "cv_r2_std", "cv_mse_mean", "cv_mse_std"] {
            value(model, name, of_folds, tolerance);
        }
        for name in ["val_r2", "val_mse", "test_r2", "test_mse"] {
            value(model, name, model, tolerance);
        }
    }
    for name in ["r2", "mse", "mae"] {
        value("est.overall", name, "est.overall", None);
    }
    for network in ["alexnet", "vgg11", "vgg13", "vgg16"] {
        let id = format!("est.full.{network}");
        for name in ["r2", "mse", "mae", "dev_percent"] {
            value(&id, name, &id, None);
        }
    }
    for kind in ["Conv2d", "ReLU", "MaxPool2d", "AdaptiveAvgPool2d", "Dropout", "Linear"] {
        for name in ["r2", "mse", "mae", "dev_percent"] {
            let id = format!("est.layer.{kind}");
            value(&id, name, &id, None);
        }
    }
    all
}
