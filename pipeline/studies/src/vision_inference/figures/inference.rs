//! The figures of the inference notebook.

use super::{GFLOPS, Quantity, Scatter, quantity};
use crate::vision_inference::stats::Select::{self, All, Vgg, WithoutDensenet};

const TOP1: Quantity = quantity("top1", "Top-1 Error (%)", "Top-1 error", "%");
const TOP5: Quantity = quantity("top5", "Top-5 Error (%)", "Top-5 error", "%");
const LOG: Quantity = quantity("ln_flops", "FLOPs in log scale", "Natural logarithm of FLOPs", "");

const fn energy(label: &'static str) -> Quantity {
    quantity("kwh", label, "Energy of 10 000 inferences", "kWh")
}

/// A scatter with a label at each point.
const fn labelled(id: &'static str, title: &'static str, x: Quantity, y: Quantity) -> Scatter {
    let select = All;
    Scatter { id, title, table: "accurate", x, y, select, labelled: true, coloured: false, line: false, quirk: None }
}

/// A scatter with a fitted line.
const fn fitted(id: &'static str, title: &'static str, table: &'static str, y: Quantity, select: Select) -> Scatter {
    Scatter { id, title, table, x: GFLOPS, y, select, labelled: false, coloured: false, line: true, quirk: None }
}

const ENERGY: &str = "joined-inference";
const UNIT_LABEL: Scatter =
    fitted("inf.f07", "GFLOPs vs energy consumption during inference", ENERGY, energy("Energy (J)"), All);

pub(in crate::vision_inference) const FIGURES: [Scatter; 10] = [
    labelled("inf.f01", "GFLOPs vs Top-1 error", GFLOPS, TOP1),
    labelled("inf.f02", "GFLOPs vs Top-5 error", GFLOPS, TOP5),
    labelled("inf.f03", "FLOPs vs Top-5 error", LOG, TOP5),
    fitted("inf.f04", "Fit of top-5 error on GFLOPs", "accurate", TOP5, All),
    Scatter { select: Vgg, ..labelled("inf.f05", "Top-5 error for VGG architectures", GFLOPS, TOP5) },
    Scatter {
        table: ENERGY,
        coloured: true,
        ..labelled("inf.f06", "GFLOPs vs energy consumption", GFLOPS, energy("Energy consumption (kWh)"))
    },
    Scatter { y: quantity("kwh", "Energy (J)", "Energy", "J"), quirk: Some("unit-label"), ..UNIT_LABEL },
    Scatter {
        id: "inf.f07.corrected",
        title: "GFLOPs vs energy consumption during inference, corrected",
        y: energy("Energy (kWh)"),
        quirk: Some("unit-label"),
        ..UNIT_LABEL
    },
    fitted(
        "inf.f08",
        "GFLOPs vs energy consumption, without DenseNet",
        ENERGY,
        energy("Energy (kWh)"),
        WithoutDensenet,
    ),
    fitted("inf.f09", "GFLOPs vs energy consumption for VGG architecture", ENERGY, energy("Energy (kWh)"), Vgg),
];
