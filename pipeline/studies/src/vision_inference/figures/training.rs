//! The figures of the training notebook.

use super::{GFLOPS, Quantity, Scatter, quantity};
use crate::vision_inference::stats::Select::{self, All, Vgg, WithoutDensenet};

const SCORE: Quantity = quantity("top5_score", "Top-5 Score (%)", "Top-5 score", "%");
const PARAMETERS: Quantity = quantity("million_parameters", "Parameters (million)", "Parameters", "million");
const TIME: Quantity = quantity("duration", "Time (seconds)", "Duration of training", "s");

const fn energy(label: &'static str) -> Quantity {
    quantity("kwh", label, "Energy of training", "kWh")
}

const ENERGY: &str = "joined-training";
const TIMES: &str = "timed-training";

/// A scatter with a label at each point.
const fn labelled(id: &'static str, title: &'static str, table: &'static str, y: Quantity, select: Select) -> Scatter {
    Scatter { id, title, table, x: GFLOPS, y, select, labelled: true, coloured: false, line: false, quirk: None }
}

/// A scatter with a fitted line.
const fn fitted(id: &'static str, title: &'static str, table: &'static str, x: Quantity, y: Quantity) -> Scatter {
    let select = WithoutDensenet;
    Scatter { id, title, table, x, y, select, labelled: false, coloured: false, line: true, quirk: None }
}

/// Scores, called errors by the original.
const VGG: Scatter = Scatter {
    quirk: Some("error-label"),
    ..labelled("trn.f02", "Top-5 error for VGG architectures, training", "accurate", SCORE, Vgg)
};

pub(in crate::vision_inference) const FIGURES: [Scatter; 10] = [
    labelled("trn.f01", "GFLOPs vs Top-5 score", "accurate", SCORE, All),
    Scatter { y: quantity("top5_score", "Top-5 Error (%)", "Top-5 error", "%"), ..VGG },
    Scatter {
        id: "trn.f02.corrected",
        title: "Top-5 score for VGG architectures, training, corrected",
        y: SCORE,
        ..VGG
    },
    Scatter {
        coloured: true,
        ..labelled(
            "trn.f03",
            "GFLOPs vs energy consumption during training",
            ENERGY,
            energy("Energy consumption (kWh)"),
            All,
        )
    },
    Scatter {
        coloured: true,
        line: true,
        ..labelled(
            "trn.f04",
            "GFLOPs vs energy consumption during training, without DenseNet",
            ENERGY,
            energy("Energy consumption (kWh)"),
            WithoutDensenet,
        )
    },
    fitted("trn.f05", "GFLOPs vs Energy consumption", ENERGY, GFLOPS, energy("Energy (kWh)")),
    fitted("trn.f06", "GFLOPs vs computation time", TIMES, GFLOPS, TIME),
    fitted("trn.f07", "GFLOPs vs parameters", TIMES, GFLOPS, PARAMETERS),
    fitted("trn.f08", "Parameters vs Energy consumption", ENERGY, PARAMETERS, energy("Energy (kWh)")),
    Scatter {
        select: Vgg,
        ..fitted(
            "trn.f09",
            "GFLOPs vs energy consumption during training for VGG architecture",
            ENERGY,
            GFLOPS,
            energy("Energy (kWh)"),
        )
    },
];
