//! Statistics of layers (step 3 of the original), and the summaries of the notebook.

use std::collections::BTreeMap;

use dag::Problem;
use stats::{Describe, describe};

use super::kind::{Kind, MEASURED};
use super::schema;
use crate::cx::Cx;
use crate::record::{Cell, Record};
use crate::table::{Rows, Table};

/// Fewest values of power, and of run time, that each layer of a model needs.
pub(super) const LEAST_VALUES: f64 = 10.0;

/// A statistic by its name.
type Statistic = (&'static str, fn(&Describe) -> f64);

/// The statistics in the order of pandas' `describe`.
pub(super) const STATISTICS: [Statistic; 8] = [
    ("count", |all| all.count as f64),
    ("mean", |all| all.mean),
    ("std", |all| all.std),
    ("min", |all| all.min),
    ("25%", |all| all.q25),
    ("50%", |all| all.q50),
    ("75%", |all| all.q75),
    ("max", |all| all.max),
];

/// Power and run time of each layer over the cycles. Only the three kinds of layers are kept that go
/// to a table, in byte order of their names; runs without a power sample count for the run time alone.
pub(super) fn layers(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let mapping = Table::read(cx, "mapping")?;
    let (names, types) = (mapping.texts("layer")?, mapping.texts("layer_type")?);
    let (powers, run_times) = (mapping.floats("power_without_idle")?, mapping.numbers("run_time")?);
    let mut layers: BTreeMap<&str, (&str, Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (((name, layer_type), power), run_time) in names.iter().zip(&types).zip(powers).zip(run_times) {
        if Kind::of(layer_type).is_some() {
            let layer = layers.entry(name).or_insert_with(|| (layer_type, Vec::new(), Vec::new()));
            layer.1.push(power);
            layer.2.push(run_time);
        }
    }
    let mut rows = Rows::new()
        .texts("layer", layers.keys().map(|name| (*name).to_owned()).collect())
        .texts("layer_type", layers.values().map(|(layer_type, ..)| (*layer_type).to_owned()).collect());
    let power: Vec<Describe> = layers.values().map(|(_, power, _)| describe(power)).collect();
    let run_time: Vec<Describe> = layers.values().map(|(.., run_time)| describe(run_time)).collect();
    for (quantity, summaries) in [("power", power), ("run_time", run_time)] {
        for (name, statistic) in STATISTICS {
            rows = rows.floats(&format!("{quantity}_{name}"), summaries.iter().map(statistic).collect());
        }
    }
    rows.write(cx, "table", schema::STATISTICS)
}

/// The summary of a data set as the notebook prints it: power in W.
pub(super) fn summary(cx: &mut Cx<'_, '_>, kind: &Kind) -> Result<(), Problem> {
    let table = Table::read(cx, "layers")?;
    let id = format!("seed.{}.describe", kind.id());
    let published = |name: &'static str| Ok((name, column(&table, name)?));
    let columns = kind.features().iter().chain(&MEASURED).map(|name| published(name));
    let columns = columns.collect::<Result<Vec<_>, Problem>>()?;
    let record = described(&id, &columns).note(
        "Counts and shapes follow from the architectures. Power and run time are simulated such that they agree with the \
         published ones: their agreement proves nothing.",
    );
    // The power readings come in steps, and which 1 x 1 convolutions are dense is not known.
    let mut record = MEASURED.into_iter().fold(record, Record::not_recomputable);
    if *kind == Kind::Dense {
        record = record.not_recomputable("mean").not_recomputable("std");
    }
    if *kind != Kind::Pooling {
        return cx.record(record);
    }
    cx.record(record.quirk("pooling-kernel").with_correction())?;
    let held = Table::read(cx, "held")?.of("kind", kind.table())?;
    let corrected = |(name, values): (&'static str, Vec<f64>)| match name {
        "kernel_0" => Ok((name, held.numbers("window_0")?)),
        "kernel_1" => Ok((name, held.numbers("window_1")?)),
        _ => Ok((name, values)),
    };
    let columns = columns.into_iter().map(corrected).collect::<Result<Vec<_>, Problem>>()?;
    cx.record(described(&format!("{id}.corrected"), &columns).quirk("pooling-kernel"))
}

/// A column of a data set, with the power in W.
pub(super) fn column(table: &Table, name: &str) -> Result<Vec<f64>, Problem> {
    let values = table.numbers(name)?;
    Ok(if name == "power" { values.into_iter().map(|microwatt| microwatt / 1e6).collect() } else { values })
}

/// The table of a summary: a row for each statistic, a column for each quantity.
pub(super) fn described(id: &str, columns: &[(&str, Vec<f64>)]) -> Record {
    let names = std::iter::once("statistic").chain(columns.iter().map(|(name, _)| *name));
    let mut record = Record::table(id).columns(names);
    let summaries: Vec<Describe> = columns.iter().map(|(_, values)| describe(values)).collect();
    for (name, statistic) in STATISTICS {
        let cells = summaries.iter().map(|summary| Cell::from(statistic(summary)));
        record = record.plain_row(std::iter::once(Cell::from(name)).chain(cells));
    }
    let units =
        [("power", "W"), ("runtime", "ms")].into_iter().filter(|(name, _)| columns.iter().any(|(of, _)| of == name));
    units.fold(record, |record, (name, unit)| record.unit(name, unit))
}
