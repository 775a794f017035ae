//! Statistics of layers (step 3 of the original), and the summaries of the notebook.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds as _};

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

/// Runs whose power and run time are held at once.
const HELD: usize = 1 << 22;

/// Power and run time of each layer over the cycles. Only the three kinds of layers are kept that go
/// to a table, in byte order of their names; runs without a power sample count for the run time alone.
pub(super) fn layers(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let mut found = Vec::new();
    for some in held_at_once(cx)? {
        let of = |(name, of): (String, Runs)| (name, of.layer_type, describe(&of.powers), describe(&of.run_times));
        found.extend(runs(cx, &some)?.into_iter().map(of));
    }
    let mut rows = Rows::new()
        .texts("layer", found.iter().map(|(name, ..)| name.clone()).collect())
        .texts("layer_type", found.iter().map(|(_, layer_type, ..)| layer_type.clone()).collect());
    let (power, run_time): (Vec<_>, Vec<_>) = found.iter().map(|(_, _, power, run_time)| (power, run_time)).unzip();
    for (quantity, summaries) in [("power", power), ("run_time", run_time)] {
        for (name, statistic) in STATISTICS {
            rows = rows.floats(&format!("{quantity}_{name}"), summaries.iter().copied().map(statistic).collect());
        }
    }
    rows.write(cx, "table", schema::STATISTICS)
}

/// The names of layers between two, both inclusive, in byte order.
type Names = (Bound<String>, Bound<String>);

/// Which layers are summarised after each other, so that no more than [`HELD`] runs are in memory, or those of one layer.
fn held_at_once(cx: &Cx<'_, '_>) -> Result<Vec<Names>, Problem> {
    let parts = Table::parts(cx, "mapping", &["layer", "layer_type"])?;
    if parts.rows() <= HELD {
        return Ok(vec![(Bound::Unbounded, Bound::Unbounded)]);
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for part in parts {
        let part = part?;
        let kinds = part.texts("layer_type")?;
        let kept = part.texts("layer")?.into_iter().zip(&kinds).filter(|(_, kind)| Kind::of(kind).is_some());
        kept.for_each(|(name, _)| *counts.entry(name).or_default() += 1);
    }
    let (mut all, mut held): (Vec<Names>, usize) = (Vec::new(), HELD);
    for (name, count) in counts {
        held += count;
        match all.last_mut().filter(|_| held <= HELD) {
            Some((_, last)) => *last = Bound::Included(name),
            None => {
                all.push((Bound::Included(name.clone()), Bound::Included(name)));
                held = count;
            }
        }
    }
    Ok(all)
}

/// The runs of a layer, in the order of the mapping.
struct Runs {
    layer_type: String,
    powers: Vec<f64>,
    run_times: Vec<f64>,
}

/// The runs of some layers by name.
fn runs(cx: &Cx<'_, '_>, some: &Names) -> Result<BTreeMap<String, Runs>, Problem> {
    let mut layers: BTreeMap<String, Runs> = BTreeMap::new();
    for part in Table::parts(cx, "mapping", &["layer", "layer_type", "power_without_idle", "run_time"])? {
        let part = part?;
        let texts = part.texts("layer")?.into_iter().zip(part.texts("layer_type")?);
        let numbers = part.floats("power_without_idle")?.into_iter().zip(part.numbers("run_time")?);
        for ((name, layer_type), (power, run_time)) in texts.zip(numbers) {
            if Kind::of(&layer_type).is_some() && some.contains(&name) {
                let new = || Runs { layer_type, powers: Vec::new(), run_times: Vec::new() };
                let layer = layers.entry(name).or_insert_with(new);
                layer.powers.push(power);
                layer.run_times.push(run_time);
            }
        }
    }
    Ok(layers)
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
