//! Configurations: a module of a network at a batch size, as the mean of its runs (final notebook,
//! cells 7 and 9; notebook of the first cluster run, cells 5 and 7).

use std::collections::BTreeMap;

use dag::Problem;
use rawlog::joblog::REPETITIONS;
use serde::Serialize;

use crate::cx::Cx;
use crate::module_energy::schema;
use crate::record::{Cell, Record, cells};
use crate::table::{Rows, Table};

/// How cleaned runs are put together.
#[derive(Clone, Copy, Serialize)]
pub(in crate::module_energy) struct Grouping {
    /// Name of its tables.
    pub(in crate::module_energy) name: &'static str,
    /// The cleaned tables that it is made from, one after the other.
    pub(in crate::module_energy) parts: &'static [&'static str],
    /// Which notebook printed its frames, if any did.
    pub(in crate::module_energy) printed: Option<Notebook>,
    /// Whether a configuration that was measured at two times stays two.
    pub(in crate::module_energy) apart: bool,
    /// Whether batch sizes at which not all layers were measured are left out.
    pub(in crate::module_energy) complete: bool,
}

/// A notebook that printed its frames.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub(in crate::module_energy) enum Notebook {
    /// The final one, records `mw.*`.
    Final,
    /// That of the first cluster run, records `u1.*`.
    First,
}

impl Grouping {
    /// The ids of the records.
    pub(in crate::module_energy) fn ids(&self) -> &'static [&'static str] {
        match self.printed {
            Some(Notebook::Final) => {
                &["mw.agg.shape", "mw.head", "mw.complete.shape", "est.shapes", "est.head", "derived.mw.merged"]
            }
            Some(Notebook::First) => &["u1.agg.shape", "u1.head", "u1.complete"],
            None => &[],
        }
    }
}

/// What makes a configuration, in the order of the printed columns.
const KEYS: [&str; 4] = ["module", "batch_size", "architecture", "layer_idx"];

/// The rows that a notebook shows of a frame, and those that the notebook of the estimates shows.
const HEAD: usize = 10;
const ESTIMATES_HEAD: usize = 15;

/// The columns that the notebook of the first run shows; it leaves out those in the middle. The one
/// without name is the row of the raw file.
const FIRST_HEAD: [&str; 17] = [
    "Unnamed: 0",
    "duration",
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "...",
    "cloud_provider",
    "cloud_region",
    "cpu_count",
    "gpu_count",
    "longitude",
    "latitude",
    "ram_total_size",
    "rep_no",
    "macs",
    "forward_passes",
];

/// What makes the configurations of the runs of the cleaned tables.
struct Runs {
    keys: Vec<Keys>,
}

struct Keys {
    modules: Vec<String>,
    batch_sizes: Vec<i64>,
    architectures: Vec<String>,
    layers: Vec<i64>,
    draws: Vec<i64>,
}

/// The runs of one configuration.
struct Group<'a> {
    module: &'a str,
    batch_size: i64,
    architecture: &'a str,
    layer: i64,
    /// Which of the times that the configuration was measured, from 0, where these are kept apart.
    draw: i64,
    /// Table and row of each run.
    runs: Vec<(usize, usize)>,
}

impl Runs {
    fn read(cx: &Cx<'_, '_>, parts: &[&str]) -> Result<Self, Problem> {
        let keys = |part: &&str| {
            // The rows are for messages.
            let columns = ["module", "batch_size", "architecture", "layer_idx", "draw", "row"];
            let part = Table::columns(cx, part, &columns)?;
            Ok::<_, Problem>(Keys {
                modules: part.texts("module")?,
                batch_sizes: part.integers("batch_size")?,
                architectures: part.texts("architecture")?,
                layers: part.integers("layer_idx")?,
                draws: part.integers("draw")?,
            })
        };
        Ok(Self { keys: parts.iter().map(keys).collect::<Result<_, _>>()? })
    }

    /// The groups in the order in which they are first seen, as `groupby(…, sort=False)` of pandas.
    fn grouped(&self, apart: bool) -> Vec<Group<'_>> {
        let mut times: BTreeMap<(&str, i64), Vec<(usize, i64)>> = BTreeMap::new();
        let mut places = BTreeMap::new();
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (part, keys) in self.keys.iter().enumerate() {
            for row in 0..keys.layers.len() {
                let (module, architecture) = (keys.modules[row].as_str(), keys.architectures[row].as_str());
                let (batch_size, layer) = (keys.batch_sizes[row], keys.layers[row]);
                let known = times.entry((architecture, batch_size)).or_default();
                let time = (part, keys.draws[row]);
                if !known.contains(&time) {
                    known.push(time);
                }
                let draw = known.iter().position(|other| *other == time).filter(|_| apart).unwrap_or(0) as i64;
                let place = *places.entry((module, batch_size, architecture, layer, draw)).or_insert(groups.len());
                if place == groups.len() {
                    groups.push(Group { module, batch_size, architecture, layer, draw, runs: Vec::new() });
                }
                groups[place].runs.push((part, row));
            }
        }
        groups
    }
}

/// The mean of a column of the cleaned tables over the runs of each group; what is missing is left out, as in pandas.
fn means_of<'a>(
    cx: &Cx<'_, '_>,
    parts: &[&str],
    name: &str,
    groups: impl IntoIterator<Item = &'a Group<'a>>,
) -> Result<Vec<f64>, Problem> {
    let column = |part: &&str| Table::columns(cx, part, &[name])?.floats(name);
    let columns = parts.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let mean = |group: &Group<'_>| {
        let value = |(part, row): &(usize, usize)| columns.get(*part)?.get(*row).copied();
        let values: Vec<f64> = group.runs.iter().filter_map(value).filter(|value| !value.is_nan()).collect();
        stats::mean(&values).unwrap_or(f64::NAN)
    };
    Ok(groups.into_iter().map(mean).collect())
}

/// Puts the runs together, and leaves out batch sizes that are not complete.
pub(in crate::module_energy) fn means(cx: &mut Cx<'_, '_>, grouping: &Grouping) -> Result<(), Problem> {
    let parts = grouping.parts;
    let runs = Runs::read(cx, parts)?;
    // The columns, which are the same in all tables, and those of them that are averaged.
    let frame = parts.first().map(|part| Table::without_rows(cx, part)).transpose()?;
    let (all_names, names) = frame.map(|frame| (frame.names(), frame.number_names())).unwrap_or_default();
    let width = all_names.iter().filter(|name| !is_ours(name)).count();
    let is_averaged = |name: &&str| !KEYS.contains(name) && !is_ours(name);
    let names: Vec<&str> = names.iter().map(String::as_str).filter(is_averaged).collect();
    let all = runs.grouped(grouping.apart);
    let removed = if grouping.complete { incomplete(&all) } else { Vec::new() };
    let is_kept = |group: &&Group<'_>| !removed.contains(&(group.architecture, group.batch_size, group.draw));
    let kept: Vec<&Group<'_>> = all.iter().filter(is_kept).collect();

    // The first run's frame has the rows of the file that it was read from as a further column.
    let columns = KEYS.len() + names.len() + usize::from(grouping.printed == Some(Notebook::First));
    let shape = |id: &str, rows: usize| Record::table(id).columns(["rows", "columns"]).plain_row([rows, columns]);
    match grouping.printed {
        Some(Notebook::Final) => {
            cx.record(shape("mw.agg.shape", all.len()))?;
            for (id, rows) in [("mw.head", HEAD), ("est.head", ESTIMATES_HEAD)] {
                cx.record(head(cx, id, &names, parts, all.get(..rows).unwrap_or(&all))?)?;
            }
            let frames = [all.len(), kept.len(), kept.len()];
            cx.record(shapes("est.shapes", runs.keys.iter().map(|keys| keys.layers.len()), width, frames, columns))?;
            let left_out: Vec<String> =
                removed.iter().map(|(network, size, _)| format!("{network} at {size}")).collect();
            let record = shape("mw.complete.shape", kept.len());
            let note = || format!("Left out, because not all layers were measured: {}.", left_out.join(", "));
            cx.record(if left_out.is_empty() { record } else { record.note(note()) })?;
            cx.record(merged(&kept))?;
        }
        Some(Notebook::First) => {
            cx.record(shape("u1.agg.shape", all.len()))?;
            cx.record(head(cx, "u1.head", &FIRST_HEAD, parts, all.get(..HEAD).unwrap_or(&all))?)?;
            let columns_of = ["removed architecture", "removed batch_size", "rows", "columns"];
            let row = |record: Record, (network, batch_size, _): &(&str, i64, i64)| {
                record.plain_row(cells![*network, *batch_size, kept.len(), columns])
            };
            cx.record(removed.iter().fold(Record::table("u1.complete").columns(columns_of), row))?;
        }
        None => {}
    }

    let texts = |value: fn(&Group<'_>) -> String| kept.iter().map(|group| value(group)).collect();
    let integers = |value: fn(&Group<'_>) -> i64| kept.iter().map(|group| value(group)).collect();
    let means = |name: &str| means_of(cx, parts, name, kept.iter().copied());
    let (energies, macs) = (means("cpu_energy")?, means("macs")?);
    Rows::new()
        .texts("module", texts(|group| group.module.to_owned()))
        .integers("batch_size", integers(|group| group.batch_size))
        .texts("architecture", texts(|group| group.architecture.to_owned()))
        .integers("layer_idx", integers(|group| group.layer))
        .integers("draw", integers(|group| group.draw))
        .floats("cpu_energy", energies)
        .floats("macs", macs)
        .integers("runs", integers(|group| group.runs.len() as i64))
        .write(cx, "table", schema::GROUPS)
}

/// Rows and columns of the tables of runs, of all of them together, and of the frames made from them (the
/// notebook of the estimates, cells 5 to 9).
fn shapes(
    id: &str,
    parts: impl Iterator<Item = usize> + Clone,
    width: usize,
    frames: [usize; 3],
    columns: usize,
) -> Record {
    let all = parts.clone().sum();
    let runs = parts.chain([all]).map(|rows| [rows, width]);
    let rows = runs.chain(frames.map(|rows| [rows, columns]));
    rows.fold(Record::table(id).columns(["rows", "columns"]), Record::plain_row)
}

/// Whether a column holds what we know of a run and the original does not.
fn is_ours(name: &str) -> bool {
    ["row", "draw"].contains(&name)
}

/// The first rows of the frame of means, as the notebooks show them: those of some groups.
fn head(cx: &Cx<'_, '_>, id: &str, names: &[&str], parts: &[&str], groups: &[Group<'_>]) -> Result<Record, Problem> {
    let columns: Vec<&str> = ["row"].into_iter().chain(KEYS).chain(names.iter().copied()).collect();
    let mut means: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for name in names.iter().filter(|name| **name != "...") {
        let column = if *name == "Unnamed: 0" { "row" } else { name };
        means.insert(name, means_of(cx, parts, column, groups)?);
    }
    let cell = |row: usize, group: &Group<'_>, column: &str| match column {
        "row" => Cell::from(row),
        "module" => group.module.into(),
        "batch_size" => group.batch_size.into(),
        "architecture" => group.architecture.into(),
        "layer_idx" => group.layer.into(),
        "..." => column.into(),
        _ => means.get(column).and_then(|means| means.get(row).copied()).unwrap_or(f64::NAN).into(),
    };
    let units = columns.iter().filter_map(|column| Some((*column, rawlog::tracker::unit(column)?)));
    let record = units
        .fold(Record::table(id).columns(columns.iter().copied()), |record, (column, unit)| record.unit(column, unit));
    let row = |record: Record, (row, group): (usize, &Group<'_>)| {
        record.plain_row(columns.iter().map(|column| cell(row, group, column)).collect::<Vec<_>>())
    };
    let record = groups.iter().enumerate().fold(record, row);
    Ok(record.note("Means over the runs of a configuration; energies are those of one forward pass."))
}

/// Networks at batch sizes, and draws, of which fewer layers were measured than of others, in the order
/// in which they are first seen.
fn incomplete<'a>(groups: &[Group<'a>]) -> Vec<(&'a str, i64, i64)> {
    let mut layers: Vec<((&str, i64, i64), usize)> = Vec::new();
    let mut places = BTreeMap::new();
    let mut most: BTreeMap<&str, usize> = BTreeMap::new();
    for group in groups {
        let setting = (group.architecture, group.batch_size, group.draw);
        let place = *places.entry(setting).or_insert(layers.len());
        if place == layers.len() {
            layers.push((setting, 0));
        }
        layers[place].1 += 1;
        let known = most.entry(group.architecture).or_default();
        *known = layers[place].1.max(*known);
    }
    let lacks =
        |(setting, count): ((&'a str, i64, i64), usize)| (most.get(setting.0) != Some(&count)).then_some(setting);
    layers.into_iter().filter_map(lacks).collect()
}

/// Batch sizes that were drawn more than once: all their runs became one group (not published).
fn merged(groups: &[&Group<'_>]) -> Record {
    let is_merged = |group: &&&Group<'_>| group.layer == 0 && group.runs.len() as u64 > REPETITIONS;
    let rows = groups.iter().filter(is_merged).map(|group| (group.architecture, group.batch_size, group.runs.len()));
    let mut rows: Vec<_> = rows.collect();
    rows.sort_unstable();
    let columns = ["architecture", "batch_size", "rows in the whole-network group"];
    let row = |record: Record, (network, batch_size, runs): (&str, i64, usize)| {
        record.plain_row(cells![network, batch_size, runs])
    };
    let record = rows.into_iter().fold(Record::table("derived.mw.merged").columns(columns), row);
    record.quirk("merged-batch-sizes").with_correction()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(architecture: &'static str, batch_size: i64, layer: i64, draw: i64) -> Group<'static> {
        Group { module: "ReLU", batch_size, architecture, layer, draw, runs: Vec::new() }
    }

    fn keys(layers: &[(i64, i64)]) -> Keys {
        Keys {
            modules: vec!["ReLU".to_owned(); layers.len()],
            batch_sizes: vec![8; layers.len()],
            architectures: vec!["alexnet".to_owned(); layers.len()],
            layers: layers.iter().map(|(layer, _)| *layer).collect(),
            draws: layers.iter().map(|(_, draw)| *draw).collect(),
        }
    }

    #[test]
    fn a_batch_size_that_lacks_a_layer_is_incomplete() {
        let whole = [group("vgg11", 4, 0, 0), group("vgg11", 4, 1, 0), group("alexnet", 4, 0, 0)];
        assert!(incomplete(&whole).is_empty());
        let broken = [group("vgg11", 4, 0, 0), group("vgg11", 9, 0, 0), group("vgg11", 9, 1, 0)];
        assert_eq!(incomplete(&broken), [("vgg11", 4, 0)]);
    }

    #[test]
    fn runs_of_one_configuration_are_one_group_unless_told_apart() {
        // Measured twice in the first table, and once more in the second.
        let tables = vec![keys(&[(0, 0), (1, 0), (0, 1)]), keys(&[(0, 0)])];
        let runs = Runs { keys: tables };
        let of = |apart| {
            let groups = runs.grouped(apart);
            groups.iter().map(|group| (group.layer, group.draw, group.runs.clone())).collect::<Vec<_>>()
        };
        assert_eq!(of(false), [(0, 0, vec![(0, 0), (0, 2), (1, 0)]), (1, 0, vec![(0, 1)])]);
        let apart = [(0, 0, vec![(0, 0)]), (1, 0, vec![(0, 1)]), (0, 1, vec![(0, 2)]), (0, 2, vec![(1, 0)])];
        assert_eq!(of(true), apart);
    }
}
