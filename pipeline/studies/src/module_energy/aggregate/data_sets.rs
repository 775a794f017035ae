//! Data sets of single layers: each layer with settings as the mean of its runs (notebooks of the models,
//! cells 5 to 7; generate_datasets.ipynb).

use std::collections::BTreeMap;

use dag::Problem;
use serde::Serialize;

use crate::cx::Cx;
use crate::module_energy::ingest::MISSED;
use crate::module_energy::layers::layer_set;
use crate::module_energy::schema;
use crate::record::{Cell, Record, cells};
use crate::table::{Rows, Table};

/// What is told of a data set, and which runs are in it.
#[derive(Clone, Copy, Serialize)]
pub(in crate::module_energy) struct Making {
    /// Name of the data set.
    pub(in crate::module_energy) set: &'static str,
    /// Whether runs with an error that the original missed are in it.
    pub(in crate::module_energy) with_missed: bool,
    /// Record of the shapes of the frames on the way, and which frames it tells of.
    pub(in crate::module_energy) shapes: Option<(&'static str, Frames)>,
    /// Record of the first rows.
    pub(in crate::module_energy) head: Option<&'static str>,
    /// Record of the shapes that `generate_datasets.ipynb` prints.
    pub(in crate::module_energy) generated: Option<&'static str>,
}

/// Which frames a notebook tells the shapes of.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub(in crate::module_energy) enum Frames {
    /// That of all runs, and that of the means.
    BeforeAndAfter,
    /// Those of the files, too.
    All,
}

impl Making {
    /// The ids of the records.
    pub(in crate::module_energy) fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.shapes.map(|(id, _)| id).into_iter().chain(self.head).chain(self.generated)
    }
}

/// The rows that the notebook of the activations shows of a frame.
const HEAD: usize = 5;

/// The role of the job with the layers of the networks, which only the shapes are told of.
const OF_NETWORKS: &str = "of_networks";

/// The runs of one layer with settings: table and row of each.
type Group = Vec<(usize, usize)>;

/// Puts the runs of the jobs together.
pub(in crate::module_energy) fn means(cx: &mut Cx<'_, '_>, making: &Making) -> Result<(), Problem> {
    let set = layer_set(making.set).ok_or_else(|| Problem::new(format!("there is no data set {}", making.set)))?;
    // The settings of the runs, and their rows for messages; other columns are read one by one, when they are averaged.
    let keys: Vec<&str> = set.parameters.iter().copied().chain(["failed", "row"]).collect();
    let parts = set.random.iter().map(|job| Table::columns(cx, job.name, &keys)).collect::<Result<Vec<_>, _>>()?;
    let frames = set.random.iter().map(|job| Table::without_rows(cx, job.name)).collect::<Result<Vec<_>, _>>()?;
    let groups = grouped(&parts, set.parameters, making.with_missed)?;
    let sizes: Vec<[usize; 2]> =
        parts.iter().zip(&frames).map(|(part, frame)| [part.len(), frame_width(frame)]).collect();

    // The original marks the runs of the newer of two files, by a column of its own.
    let is_marked = set.name == "relu";
    let names = averaged(&frames, set.parameters, is_marked);
    let mut columns: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for name in &names {
        let of_part = |(place, part): (usize, &Table)| match name.as_str() {
            MARK => Ok(vec![f64::from(u8::from(place == 0)); part.len()]),
            name => Table::columns(cx, set.random[place].name, &[name, "row"])?.numbers(name),
        };
        let values = parts.iter().enumerate().map(of_part).collect::<Result<Vec<_>, _>>()?;
        let mean = |runs: &Group| {
            let of_runs: Vec<f64> = runs.iter().map(|&(part, row)| values[part][row]).collect();
            stats::mean(&of_runs).unwrap_or(f64::NAN)
        };
        columns.insert(name, groups.iter().map(|(_, runs)| mean(runs)).collect());
    }

    let width = set.parameters.len() + names.len();
    if let Some((id, told)) = making.shapes {
        cx.record(shapes(id, &sizes, is_marked, told, [groups.len(), width]))?;
    }
    if let Some(id) = making.generated {
        let of_networks = set.of_networks.as_ref().map(|_| Table::parts(cx, OF_NETWORKS, &[])).transpose()?;
        let record = Record::table(id).columns(["rows", "columns"]);
        // Of a data set with one file only the last frame is told.
        let files = sizes.iter().enumerate().filter(|_| sizes.len() > 1);
        let mut record = files.fold(record, |record, (place, [rows, columns])| {
            record.plain_row([*rows, columns + usize::from(is_marked && place > 0)])
        });
        if let Some(part) = of_networks {
            record = record.plain_row([part.rows(), frame_width(&Table::without_rows(cx, OF_NETWORKS)?)]);
        }
        cx.record(record.plain_row([groups.len(), width]))?;
    }
    if let Some(id) = making.head {
        cx.record(head(id, set.parameters, &names, &groups, &columns))?;
    }

    let mut rows = Rows::new();
    for (place, name) in set.parameters.iter().enumerate() {
        rows = rows.integers(name, groups.iter().map(|(settings, _)| settings[place]).collect());
    }
    for name in ["macs", "cpu_energy"] {
        rows = rows.floats(name, columns.remove(name).unwrap_or_default());
    }
    let runs = groups.iter().map(|(_, runs)| runs.len() as i64).collect();
    rows.integers("runs", runs).write(cx, "table", &schema::layer_set(set.parameters))
}

/// The column by which the original marks the runs of the newer file of ReLU.
const MARK: &str = "test";

/// The settings of layers and the runs of each, in the order in which they are first seen, as
/// `groupby(…, sort=False)` of pandas.
fn grouped(parts: &[Table], parameters: &[&str], with_missed: bool) -> Result<Vec<(Vec<i64>, Group)>, Problem> {
    let mut places: BTreeMap<Vec<i64>, usize> = BTreeMap::new();
    let mut groups: Vec<(Vec<i64>, Group)> = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        let settings = parameters.iter().map(|name| part.integers(name)).collect::<Result<Vec<_>, _>>()?;
        let failed = part.integers("failed")?;
        for row in (0..part.len()).filter(|&row| with_missed || failed[row] != MISSED) {
            let key: Vec<i64> = settings.iter().map(|column| column[row]).collect();
            let group = *places.entry(key.clone()).or_insert(groups.len());
            if group == groups.len() {
                groups.push((key, Vec::new()));
            }
            groups[group].1.push((place, row));
        }
    }
    Ok(groups)
}

/// The columns that are averaged, in the order of the original's frame.
fn averaged(parts: &[Table], parameters: &[&str], is_marked: bool) -> Vec<String> {
    let numbers = parts.first().map_or_else(Vec::new, Table::number_names);
    let is_averaged = |name: &String| !parameters.contains(&name.as_str()) && !is_ours(name);
    let names = numbers.into_iter().filter(is_averaged);
    names.chain(is_marked.then(|| MARK.to_owned())).collect()
}

/// Whether a column holds what we know of a run and the original does not.
fn is_ours(name: &str) -> bool {
    ["row", "failed"].contains(&name)
}

/// The columns of the original's frame of a file.
fn frame_width(part: &Table) -> usize {
    part.names().iter().filter(|name| !is_ours(name)).count()
}

/// Rows and columns of the frames. The newer file of ReLU is printed before it is marked, the older one
/// after.
fn shapes(id: &str, sizes: &[[usize; 2]], is_marked: bool, frames: Frames, means: [usize; 2]) -> Record {
    let record = Record::table(id).columns(["rows", "columns"]);
    let of_files = sizes.iter().enumerate().filter(|_| frames == Frames::All);
    let record = of_files.fold(record, |record, (place, [rows, columns])| {
        record.plain_row([*rows, columns + usize::from(is_marked && place > 0)])
    });
    let width = sizes.first().map_or(0, |[_, columns]| *columns) + usize::from(is_marked);
    record.plain_row([sizes.iter().map(|[rows, _]| rows).sum(), width]).plain_row(means)
}

/// The first rows of the frame of means.
fn head(
    id: &str,
    parameters: &[&str],
    names: &[String],
    groups: &[(Vec<i64>, Group)],
    columns: &BTreeMap<&str, Vec<f64>>,
) -> Record {
    let all = ["row"].into_iter().chain(parameters.iter().copied()).chain(names.iter().map(String::as_str));
    let units = names.iter().filter_map(|name| Some((name, rawlog::tracker::unit(name)?)));
    let record = units.fold(Record::table(id).columns(all), |record, (name, unit)| record.unit(name, unit));
    let row = |record: Record, (row, (settings, _)): (usize, &(Vec<i64>, Group))| {
        let means = names.iter().map(|name| Cell::from(columns.get(name.as_str()).and_then(|of| of.get(row)).copied()));
        let settings = settings.iter().map(|setting| Cell::from(*setting));
        record.plain_row(cells![row].into_iter().chain(settings).chain(means))
    };
    let record = groups.iter().enumerate().take(HEAD).fold(record, row);
    record.note("Means over the runs of a layer with settings; energies are those of one forward pass.")
}
