//! The tables beside the measurements: operation counts, accuracies, carbon intensities.

use std::fmt::Write;

use dag::Problem;
use serde::Serialize;

use super::networks;
use super::truths;
use crate::campaign::Simulation;
use crate::simulate::RawFiles;
use crate::truth::Truth;

/// The files, by their paths.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Tables {
    pub(super) simulation: Simulation,
    pub(super) models: &'static str,
    pub(super) accuracy: &'static str,
    pub(super) carbon: &'static str,
}

/// Regions with their carbon intensities in g/kWh; those of the United Kingdom have a mean of 623.
const REGIONS: [(&str, &str, &str, u32); 6] = [
    ("gcp,Google Cloud Platform,100,europe-west2,", "United Kingdom", "London", 640),
    ("gcp,Google Cloud Platform,100,europe-north1,", "Finland", "Hamina", 211),
    ("aws,Amazon Web Services,0,eu-west-2,EU (London)", "United Kingdom", "London", 600),
    ("azure,Azure,100,uksouth,UK South", "United Kingdom", "Midhurst", 620),
    ("azure,Azure,100,ukwest,UK West", "United Kingdom", "Wallasey", 632),
    ("azure,Azure,100,francecentral,France Central", "France", "Paris", 56),
];

/// Writes the files.
pub(super) fn write(tables: &Tables, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let networks = networks::all(tables.simulation);
    let mut models = "model,macs,parameters\n".to_owned();
    for network in &networks {
        let _ = writeln!(models, "{},{:.1},{:.1}", network.name, network.macs, network.parameters);
    }
    files.write(tables.models, models.into_bytes())?;

    // As a spreadsheet writes it: byte order mark, CRLF, no line end after the last row, and in no order.
    let mut rows: Vec<String> = Vec::new();
    for network in &networks {
        rows.extend(network.errors.map(|(top1, top5)| format!("{},{top1},{top5}", network.name)));
    }
    let mut random = tables.simulation.random("order of accuracies");
    rows.sort_by_cached_key(|_| random.next_u64());
    let accuracy = format!("\u{feff}model,top1,top5\r\n{}", rows.join("\r\n"));
    files.write(tables.accuracy, accuracy.into_bytes())?;

    let mut carbon =
        "provider,providerName,offsetRatio,region,regionName,country,state,city,impact,source,comment\n".to_owned();
    for (region, country, city, impact) in REGIONS {
        let _ = writeln!(carbon, "{region},{country},,{city},{impact},\"simulated, not measured\",");
    }
    files.write(tables.carbon, carbon.into_bytes())?;
    Ok(truths::of_tables(&networks))
}
