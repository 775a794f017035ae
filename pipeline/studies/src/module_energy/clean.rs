//! Clean: leave out runs with errors, and bring energies to one forward pass.

use std::collections::BTreeMap;

use dag::Problem;
use serde::Serialize;

use super::ingest::{FAILED, MISSED, SOUND};
use super::schema;
use crate::cx::Cx;
use crate::record::{Record, cells};
use crate::table::{Column, Parts, Rows, Table};

/// What the cleaning of a table of runs leaves behind.
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct Cleaning {
    /// Records of the rows that are left out; notebooks print them more than once.
    pub(super) dropped: &'static [&'static str],
    /// Record of the number of rows and columns that stay.
    pub(super) shape: Option<&'static str>,
    /// Record of how many runs there are, and how many of them are odd.
    pub(super) runs: Option<&'static str>,
}

impl Cleaning {
    /// The ids of the records.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.dropped.iter().copied().chain(self.shape).chain(self.runs)
    }
}

/// Runs of networks and their modules that the original keeps, their energies divided by the number of
/// forward passes.
///
/// Left out are runs in which the original found an error of the energy counter, and such with a
/// negative energy.
pub(super) fn runs(cx: &mut Cx<'_, '_>, cleaning: &Cleaning) -> Result<(), Problem> {
    let mut seen = BTreeMap::new();
    let is_placed = Table::parts(cx, "runs", &[])?.has("longitude")?;
    sound(cx, cleaning, &schema::clean(is_placed), |raw, kept, rows| {
        let draws = draws(raw, &mut seen)?;
        let draws = kept.iter().filter_map(|&row| draws.get(row).copied()).collect();
        Ok(rows.without("failed").integers("draw", draws))
    })
}

/// What the cleaning of a table of runs of single layers leaves behind, and which layers they are.
#[derive(Clone, Copy, Serialize)]
pub(super) struct LayerCleaning {
    pub(super) cleaning: Cleaning,
    pub(super) parameters: &'static [&'static str],
    pub(super) of_networks: bool,
}

/// The same for runs of single layers. Those with an error that the original missed stay in, and are
/// marked by column `failed`.
pub(super) fn layer_runs(cx: &mut Cx<'_, '_>, layers: &LayerCleaning) -> Result<(), Problem> {
    let schema = schema::layer_runs(layers.parameters, layers.of_networks);
    sound(cx, &layers.cleaning, &schema, |_, _, rows| Ok(rows))
}

/// What is counted of the runs of a table.
#[derive(Default)]
struct Counts {
    runs: usize,
    failed: usize,
    missed: usize,
    negative: usize,
    set_back: usize,
    powerless: usize,
    kept: usize,
    /// Columns of the original's frame.
    columns: usize,
    /// The rows that are left out because of an error.
    dropped: Vec<usize>,
    /// When the last run ended.
    last: Option<String>,
}

impl Counts {
    /// Counts the runs of a part, and tells which of its rows the original keeps.
    fn add(&mut self, raw: &Table) -> Result<Vec<usize>, Problem> {
        let failed = if raw.has("failed") { raw.integers("failed")? } else { vec![SOUND; raw.len()] };
        let negative = negative(raw)?;
        let drops = |row: &usize| failed.get(*row) == Some(&FAILED);
        let kept: Vec<usize> =
            (0..raw.len()).filter(|row| !drops(row) && negative.binary_search(row).is_err()).collect();
        let count = |mark: i64| failed.iter().filter(|&&found| found == mark).count();
        self.dropped.extend((0..raw.len()).filter(drops).map(|row| self.runs + row));
        self.failed += count(FAILED);
        self.missed += count(MISSED);
        self.negative += negative.len();
        self.powerless += raw.numbers("cpu_power")?.iter().filter(|&&power| power == 0.0).count();
        for time in raw.texts("timestamp")? {
            // Times of this form sort as text.
            self.set_back += usize::from(self.last.as_ref().is_some_and(|last| time < *last));
            self.last = Some(time);
        }
        self.runs += raw.len();
        self.kept += kept.len();
        // Without what the row was and what the log tells of it, which are ours.
        self.columns = raw.names().len() - 1 - usize::from(raw.has("failed"));
        Ok(kept)
    }
}

/// Writes the rows that the original keeps, with energies divided by the number of forward passes, and the records of
/// the cleaning. `finish` is given a part of the runs, the rows of it that are kept, and what is in these.
fn sound(
    cx: &mut Cx<'_, '_>,
    cleaning: &Cleaning,
    schema: &[Column],
    mut finish: impl FnMut(&Table, &[usize], Rows) -> Result<Rows, Problem>,
) -> Result<(), Problem> {
    let mut counts = Counts::default();
    let mut table = Parts::new(cx, "table", schema)?;
    for raw in Table::parts(cx, "runs", &[])? {
        let raw = raw?;
        let kept = counts.add(&raw)?;
        let runs = raw.take(&kept)?;
        let passes = runs.numbers("forward_passes")?;
        let mut rows = Rows::of(&runs);
        for name in runs.names().iter().filter(|name| name.contains("energy")) {
            let of_a_pass = runs.numbers(name)?.iter().zip(&passes).map(|(energy, passes)| energy / passes).collect();
            rows = rows.with_floats(name, of_a_pass);
        }
        table.add(finish(&raw, &kept, rows)?)?;
    }
    table.finish()?;

    for id in cleaning.dropped {
        let rows = counts.dropped.iter();
        let record = rows.fold(Record::table(*id).columns(["row index"]), |record, row| record.plain_row([*row]));
        cx.record(record)?;
    }
    if let Some(id) = cleaning.shape {
        cx.record(Record::table(id).columns(["rows", "columns"]).plain_row([counts.kept, counts.columns]))?;
    }
    if let Some(id) = cleaning.runs {
        let record = Record::scalar(id)
            .value("runs", counts.runs)
            .value("failed", counts.failed)
            .value("missed", counts.missed)
            .value("negative energy", counts.negative)
            .value("clock set back", counts.set_back)
            .value("no processor power", counts.powerless)
            .value("kept", counts.kept)
            .note("missed: errors of the energy counter that do not begin a line of the job log.");
        cx.record(record)?;
    }
    Ok(())
}

/// A repetition of a configuration: module, network, batch size, layer, number of the repetition.
type Repetition = (String, String, i64, i64, i64);

/// For each run of a part, how often its repetition of its configuration was measured before in the file.
fn draws(raw: &Table, seen: &mut BTreeMap<Repetition, i64>) -> Result<Vec<i64>, Problem> {
    let (modules, architectures) = (raw.texts("module")?, raw.texts("architecture")?);
    let (batch_sizes, layers) = (raw.integers("batch_size")?, raw.integers("layer_idx")?);
    let numbers = batch_sizes.into_iter().zip(layers).zip(raw.integers("rep_no")?);
    let draw = |((module, network), ((batch_size, layer), repetition))| {
        let times = seen.entry((module, network, batch_size, layer, repetition)).or_default();
        *times += 1;
        *times - 1
    };
    Ok(modules.into_iter().zip(architectures).zip(numbers).map(draw).collect())
}

/// The rows with an energy below zero.
fn negative(raw: &Table) -> Result<Vec<usize>, Problem> {
    let mut rows = Vec::new();
    for name in raw.names().iter().filter(|name| name.contains("energy")) {
        rows.extend(raw.numbers(name)?.iter().enumerate().filter(|(_, energy)| **energy < 0.0).map(|(row, _)| row));
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// The file that the original's parser wrote against what is parsed here: cells that differ, and by
/// how much.
pub(super) fn compare_parsed(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let (ours, theirs) = (Table::parts(cx, "runs", &[])?, Table::parts(cx, "parsed", &[])?);
    let runs = ours.rows();
    if runs != theirs.rows() {
        let problem = Problem::new(format!("{} rows", theirs.rows())).in_file(cx.input_path("parsed")?);
        return Err(problem.expected(format!("{runs} runs")));
    }
    let (mut cells, mut texts, mut numbers_differing, mut largest) = (0, 0, 0, 0.0_f64);
    for (ours, theirs) in ours.zip(theirs) {
        let (ours, theirs) = (ours?, theirs?);
        let numbers = ours.number_names();
        for name in theirs.names() {
            cells += ours.len();
            if numbers.contains(&name) {
                for (a, b) in ours.floats(&name)?.iter().zip(theirs.floats(&name)?) {
                    let equal = *a == b || (a.is_nan() && b.is_nan());
                    numbers_differing += usize::from(!equal);
                    largest = if equal { largest } else { largest.max((a - b).abs() / b.abs()) };
                }
            } else {
                texts += ours.texts(&name)?.iter().zip(theirs.texts(&name)?).filter(|(a, b)| *a != b).count();
            }
        }
    }
    let record = Record::scalar("seed.parsed")
        .value("rows", runs)
        .value("cells", cells)
        .value("texts that differ", texts)
        .value("numbers that differ", numbers_differing)
        .value("largest relative difference", largest)
        .note("The raw file of the first cluster run, parsed here, against the parsed file of that run.");
    cx.record(record)
}

/// Configurations of the logs with progress bars whose only errors stand behind a bar, so that the
/// original misses them (not published; entry `derived.log.missed`). `data_sets` are names of logs, and
/// of data sets in them.
pub(super) fn failures(cx: &mut Cx<'_, '_>, data_sets: &Vec<(&'static str, &'static str)>) -> Result<(), Problem> {
    let mut record = Record::table("derived.log.missed").columns(["data set", "configuration numbers"]);
    let mut counts = Record::table("log.failures").columns(["data set", "failed", "found", "missed"]);
    let mut sums = [0; 3];
    for (log, data_set) in data_sets {
        let failures = Table::read(cx, log)?.of("data_set", data_set)?;
        let (configurations, counted) = (failures.integers("configuration")?, failures.integers("counted")?);
        let missed = configurations.iter().zip(&counted).filter(|(_, counted)| **counted == 0);
        let missed: Vec<String> = missed.map(|(configuration, _)| configuration.to_string()).collect();
        let row = [failures.len(), failures.len() - missed.len(), missed.len()];
        sums.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
        record = record.plain_row([(*data_set).to_owned(), format!("[{}]", missed.join(", "))]);
        counts = counts.plain_row(cells![*data_set, row[0], row[1], row[2]]);
    }
    cx.record(record.quirk("job-log"))?;
    let counts = counts.plain_row(cells!["all", sums[0], sums[1], sums[2]]);
    cx.record(counts.note("Configurations with errors of the energy counter: all, and those that the original found."))
}
