//! The figures: shares of the kinds of modules, as bars and against the batch size; predictions of the
//! energy models, the scores of the ablation, and estimates of networks.

pub(super) mod ablation;
pub(super) mod batch;
pub(super) mod contrib;
pub(super) mod estimates;
pub(super) mod fits;

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{Look, Marker, Registry};

/// The networks.
const NETWORKS: Registry = Registry(&[
    ("vgg16", Look::new(CATEGORICAL[0], Marker::Square)),
    ("alexnet", Look::new(CATEGORICAL[1], Marker::Circle)),
    ("vgg11", Look::new(CATEGORICAL[2], Marker::Triangle)),
    ("vgg13", Look::new(CATEGORICAL[3], Marker::Diamond)),
]);

/// Of which data a figure is, by its id.
fn data_of(id: &str) -> &'static str {
    match id.split('.').next() {
        Some("seed") => "first document",
        Some("u1") => "first cluster run",
        _ => "final data",
    }
}

fn broken(error: plot::Error) -> Problem {
    Problem::new(error.to_string())
}
