//! The figures, and the looks that they share.

pub(super) mod board;
pub(super) mod desktop;
pub(super) mod history;
pub(super) mod mapping;

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{Look, Marker, Registry};

use super::kind::Kind;

/// The kinds of layers.
const KINDS: Registry = Registry(&[
    (Kind::Convolutional.table(), Look::new(CATEGORICAL[0], Marker::Circle)),
    (Kind::Pooling.table(), Look::new(CATEGORICAL[1], Marker::Triangle)),
    (Kind::Dense.table(), Look::new(CATEGORICAL[2], Marker::Square)),
]);

/// The networks of the desktop.
const NETWORKS: Registry = Registry(&[
    ("alexnet", Look::new(CATEGORICAL[0], Marker::Circle)),
    ("mobilenet_v2", Look::new(CATEGORICAL[1], Marker::Square)),
    ("resnet18", Look::new(CATEGORICAL[2], Marker::Triangle)),
]);

fn broken(error: plot::Error) -> Problem {
    Problem::new(error.to_string())
}

/// Places in the order of execution, from 1.
fn numbers(count: usize) -> Vec<f64> {
    (1..=count).map(|number| number as f64).collect()
}
