//! The simulated campaign: the twelve files with boards, models and sweeps as published, and latencies
//! and energies that are known functions of the operations, with seeded noise.
//!
//! The scale makes more of each: sweeps of that many times as many sizes, inferences measured that many
//! times, and latencies of whole models averaged over so many more inferences.

mod boards;
mod inferences;
mod latencies;
mod sheet;
mod sweeps;

use self::boards::Board;
use self::inferences::Tables;
use self::latencies::Latencies;
use self::sweeps::{Runs, Swept};
use super::architecture::Architecture::{LeNet, ResNet20};
use super::raw::{CONV, DENSE, DEPTHWISE_APRIL, DEPTHWISE_MARCH, INFERENCES, LATENCIES, LAYERS};
use crate::campaign::Simulation;
use crate::simulate::Part;

/// The parts of the campaign.
pub(crate) fn campaign(simulation: Simulation) -> Vec<Part> {
    let charts = [
        (Board::L4, LeNet),
        (Board::F4, LeNet),
        (Board::F7, LeNet),
        (Board::L4, ResNet20),
        (Board::F4, ResNet20),
        (Board::F7, ResNet20),
    ];
    let charts = LATENCIES.into_iter().zip(charts);
    let charts = charts.map(|((name, file), (board, network))| Latencies { simulation, name, file, board, network });
    let mut parts: Vec<Part> = charts
        .map(|chart| {
            Part::new(&format!("latencies-{}", chart.name), vec![chart.file.to_owned()], chart, latencies::write)
        })
        .collect();

    let tables = Tables { simulation, inferences: INFERENCES, layers: LAYERS };
    let files = vec![INFERENCES.to_owned(), LAYERS.to_owned()];
    parts.push(Part::new("inferences", files, tables, inferences::write));

    for (name, file, swept, runs) in [
        ("dense", DENSE, Swept::Dense, Runs::Interrupted),
        ("conv", CONV, Swept::Conv, Runs::Both),
        ("depthwise-march", DEPTHWISE_MARCH, Swept::Depthwise, Runs::CmsisNn),
        ("depthwise-april", DEPTHWISE_APRIL, Swept::Depthwise, Runs::Both),
    ] {
        let sweep = sweeps::Sweep { simulation, name, file, swept, runs };
        parts.push(Part::new(&format!("sweep-{name}"), vec![file.to_owned()], sweep, sweeps::write));
    }
    parts
}
