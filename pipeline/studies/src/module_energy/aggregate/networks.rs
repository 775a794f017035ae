//! Networks: the energy of the whole, that of all modules, and the shares of the kinds of modules
//! (final notebook, cell 11; first document, cell 6).

use std::collections::BTreeMap;

use dag::Problem;

use crate::cx::Cx;
use crate::module_energy::schema::{self, ARCHITECTURES, KINDS};
use crate::record::{Cell, Record, cells};
use crate::table::{Rows, Table};

/// Joules of a kilowatt hour.
const JOULES: f64 = 3.6e6;

/// A network at a batch size.
struct Total {
    network: String,
    batch_size: i64,
    draw: i64,
    /// Energies of one forward pass, in kWh.
    measured: f64,
    modules: f64,
    macs: f64,
}

/// A kind of modules in a network at a batch size.
struct Share {
    network: String,
    batch_size: i64,
    draw: i64,
    kind: String,
    /// Energy of one forward pass, in kWh.
    energy: f64,
    percent: f64,
}

/// Sums and shares of each network and batch size: networks as first seen, the batch sizes of a
/// network as first seen, kinds of modules by name.
pub(in crate::module_energy) fn sums(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let groups = Table::read(cx, "groups")?;
    let (networks, modules) = (groups.texts("architecture")?, groups.texts("module")?);
    let (batch_sizes, draws) = (groups.integers("batch_size")?, groups.integers("draw")?);
    let (layers, energies, macs) =
        (groups.integers("layer_idx")?, groups.numbers("cpu_energy")?, groups.numbers("macs")?);

    let mut settings: Vec<(&String, i64, i64)> = Vec::new();
    let mut rows: BTreeMap<(&String, i64, i64), Vec<usize>> = BTreeMap::new();
    let mut order: Vec<&String> = Vec::new();
    for row in 0..groups.len() {
        let setting = (&networks[row], batch_sizes[row], draws[row]);
        if !order.contains(&setting.0) {
            order.push(setting.0);
        }
        let here = rows.entry(setting).or_default();
        if here.is_empty() {
            settings.push(setting);
        }
        here.push(row);
    }
    settings.sort_by_key(|(network, _, _)| order.iter().position(|known| known == network));

    let (mut totals, mut shares) = (Vec::new(), Vec::new());
    for (network, batch_size, draw) in settings {
        let here = rows.get(&(network, batch_size, draw)).map_or(&[][..], Vec::as_slice);
        let whole: Vec<usize> = here.iter().copied().filter(|&row| layers[row] == 0).collect();
        let &[whole] = whole.as_slice() else {
            let found = format!("{network} at batch size {batch_size}: {} rows of the whole network", whole.len());
            return Err(groups.problem(found).expected("one, with layer_idx=0"));
        };
        let mut kinds: BTreeMap<&String, Vec<f64>> = BTreeMap::new();
        for &row in here.iter().filter(|&&row| layers[row] != 0) {
            kinds.entry(&modules[row]).or_default().push(energies[row]);
        }
        let kinds: Vec<_> = kinds.into_iter().map(|(kind, energies)| (kind, stats::sum(&energies))).collect();
        let all = stats::sum(&kinds.iter().map(|(_, energy)| *energy).collect::<Vec<_>>());
        if all <= 0.0 {
            let found = format!("{network} at batch size {batch_size}: no module has taken energy");
            return Err(groups.problem(found).expected("modules with layer_idx from 1"));
        }
        let (network, measured) = (network.clone(), energies[whole]);
        for (kind, energy) in kinds {
            let percent = energy / all * 100.0;
            shares.push(Share { network: network.clone(), batch_size, draw, kind: kind.clone(), energy, percent });
        }
        totals.push(Total { network, batch_size, draw, measured, modules: all, macs: macs[whole] });
    }
    let of = |value: fn(&Total) -> f64| totals.iter().map(value).collect::<Vec<_>>();
    Rows::new()
        .texts("architecture", totals.iter().map(|total| total.network.clone()).collect())
        .integers("batch_size", totals.iter().map(|total| total.batch_size).collect())
        .integers("draw", totals.iter().map(|total| total.draw).collect())
        .floats("measured", of(|total| total.measured))
        .floats("modules", of(|total| total.modules))
        .floats("macs", of(|total| total.macs))
        .write(cx, "totals", schema::TOTALS)?;
    Rows::new()
        .texts("architecture", shares.iter().map(|share| share.network.clone()).collect())
        .integers("batch_size", shares.iter().map(|share| share.batch_size).collect())
        .integers("draw", shares.iter().map(|share| share.draw).collect())
        .texts("module", shares.iter().map(|share| share.kind.clone()).collect())
        .floats("energy", shares.iter().map(|share| share.energy).collect())
        .floats("share", shares.iter().map(|share| share.percent).collect())
        .write(cx, "shares", schema::SHARES)
}

/// For each network a table of its batch sizes: the energies of one forward pass, and the shares of the
/// kinds of modules. Not published in this form.
pub(in crate::module_energy) fn by_batch_size(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let (totals, shares) = (Table::read(cx, "totals")?, Table::read(cx, "shares")?);
    for network in ARCHITECTURES {
        let (totals, shares) = (totals.of("architecture", network)?, shares.of("architecture", network)?);
        let columns = ["batch_size", "measured", "modules", "deviation"].into_iter().chain(KINDS);
        let mut record = Record::table(format!("mw.modules.{network}")).columns(columns);
        for name in ["measured", "modules"] {
            record = record.unit(name, "J");
        }
        for name in ["deviation"].into_iter().chain(KINDS) {
            record = record.unit(name, "%");
        }
        let (measured, modules) = (totals.numbers("measured")?, totals.numbers("modules")?);
        let mut rows: Vec<(i64, usize)> = totals.integers("batch_size")?.into_iter().zip(0..).collect();
        rows.sort_unstable();
        let (of, kinds, percent) = (shares.integers("batch_size")?, shares.texts("module")?, shares.numbers("share")?);
        for (batch_size, row) in rows {
            let (measured, modules) = (measured[row], modules[row]);
            let share = |kind: &str| {
                let place = (0..of.len()).find(|&place| of[place] == batch_size && kinds[place] == kind);
                Cell::from(place.map(|place| percent[place]))
            };
            let deviation = (modules - measured) / modules * 100.0;
            let energies = cells![batch_size, measured * JOULES, modules * JOULES, deviation];
            record = record.plain_row(energies.into_iter().chain(KINDS.map(share)));
        }
        cx.record(record.note("Energies of the processors for one forward pass; shares in the sum of the modules."))?;
    }
    Ok(())
}

/// Energy of one inference against its operations, for a comparison with other studies.
pub(in crate::module_energy) fn energy_per_inference(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let totals = Table::read(cx, "totals")?;
    let (networks, batch_sizes) = (totals.texts("architecture")?, totals.integers("batch_size")?);
    let (measured, macs) = (totals.numbers("measured")?, totals.numbers("macs")?);
    let mut record = Record::table("energy-per-inference").columns(["model", "macs", "energy", "batch_size"]);
    for row in 0..totals.len() {
        let inputs = totals.numbers("batch_size")?[row];
        if inputs < 1.0 {
            return Err(totals
                .problem(format!("row {row}: a batch of {} inputs", batch_sizes[row]))
                .expected("1 or more"));
        }
        let cells =
            cells![networks[row].as_str(), macs[row] / inputs, measured[row] * JOULES / inputs, batch_sizes[row]];
        record = record.plain_row(cells);
    }
    cx.record(record.unit("energy", "J").unit("macs", "MAC").note(
        "Two Intel Xeon Gold 5120 (server), energy counters of the processor packages (RAPL) as read by codecarbon \
         2.1.3, idle power included; memory and graphics card are left out. One row for each network and batch size: \
         the energy of a forward pass of the whole network divided by the inputs in the batch. Operations are those \
         that the original's profiler counted, divided by the batch size; it counts some for ReLU and pooling, too.",
    ))
}
