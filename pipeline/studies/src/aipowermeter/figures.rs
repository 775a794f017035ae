//! The figures, one module each, and the looks that they share.

pub(super) mod artefact;
pub(super) mod curves;
pub(super) mod operations;
pub(super) mod recordings;
pub(super) mod spearman;

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{Look, Marker, Registry};

/// The quantities.
const QUANTITIES: Registry = Registry(&[
    ("card", Look::new(CATEGORICAL[0], Marker::Circle)),
    ("package", Look::new(CATEGORICAL[1], Marker::Square)),
    ("latency", Look::new(CATEGORICAL[2], Marker::Triangle)),
    ("total", Look::new(CATEGORICAL[3], Marker::Diamond)),
    ("memory", Look::new(CATEGORICAL[4], Marker::Square)),
    ("card memory", Look::new(CATEGORICAL[6], Marker::Circle)),
    ("use", Look::new(CATEGORICAL[5], Marker::Cross)),
]);

/// The networks.
const NETWORKS: Registry = Registry(&[
    ("AlexNet", Look::new(CATEGORICAL[0], Marker::Circle)),
    ("ResNet50", Look::new(CATEGORICAL[1], Marker::Square)),
    ("BERT", Look::new(CATEGORICAL[2], Marker::Triangle)),
]);

/// Width of the line that joins points, in pt.
const JOIN: f64 = 1.0;

fn broken(error: plot::Error) -> Problem {
    Problem::new(error.to_string())
}
