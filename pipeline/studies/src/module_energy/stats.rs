//! Deviations of the sums from the whole networks, and mean shares with bootstrap intervals.

pub(super) mod ablation;
pub(super) mod estimates;
pub(super) mod models;

use dag::Problem;
use serde::Serialize;
use stats::BootstrapMeanOptions;

use super::schema::{self, KINDS};
use crate::cx::Cx;
use crate::record::{Cell, Record, cells};
use crate::table::{Rows, Table};

/// A document that prints totals and draws shares.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Document {
    /// The first document, `seed.*`, on the file of that name; runs with errors are not left out.
    Seed,
    /// The final notebook, `mw.*`.
    Final,
    /// The notebook of the first cluster run, `u1.*`.
    First,
}

impl Document {
    /// Leading part of the record ids.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Document::Seed => "seed",
            Document::Final => "mw",
            Document::First => "u1",
        }
    }

    /// Name of the tables that it shows.
    pub(super) fn tables(self) -> &'static str {
        match self {
            Document::Seed => "literal",
            Document::Final => "final",
            Document::First => "first",
        }
    }

    /// Name of the tables of the correct analysis.
    pub(super) fn corrected_tables(self) -> &'static str {
        match self {
            Document::Seed | Document::First => "first",
            Document::Final => "final",
        }
    }

    /// The ids of the records of [`totals`].
    pub(super) fn totals_ids(self) -> &'static [&'static str] {
        match self {
            Document::Seed => {
                &["seed.totals", "seed.totals.corrected", "seed.deviation", "derived.seed_literal.totals"]
            }
            Document::Final => &[
                "mw.totals",
                "mw.totals.corrected",
                "derived.mw.deviation",
                "est.deviations",
                "est.blacklist",
                "est.blacklist.corrected",
            ],
            Document::First => &["u1.totals", "u1.totals.corrected"],
        }
    }

    /// The ids of the records of [`contributions`].
    pub(super) fn contributions_ids(self) -> &'static [&'static str] {
        match self {
            Document::Seed => {
                &["seed.fig.contrib.corrected", "seed.fig.contrib.whiskers", "derived.seed_literal.contrib"]
            }
            Document::Final => &["mw.fig.contrib.corrected", "mw.fig.contrib.whiskers", "derived.mw.contrib_unrounded"],
            Document::First => &["u1.fig.contrib.corrected", "u1.fig.contrib.whiskers"],
        }
    }
}

/// Rounded as numpy does: multiplied by a power of ten, to the nearest integer, ties to even.
pub(super) fn rounded(value: f64, decimals: i32) -> f64 {
    let power = 10.0_f64.powi(decimals);
    (value * power).round_ties_even() / power
}

/// A network over its batch sizes.
struct Network {
    name: String,
    batch_sizes: usize,
    /// Means of the energies of one forward pass, in kWh.
    measured: f64,
    modules: f64,
    /// (sum of modules - whole network) / sum of modules, over the batch sizes.
    signed: f64,
    absolute: f64,
    pooled: f64,
    lowest: f64,
    highest: f64,
}

/// The networks in the order in which they are first seen.
fn networks(totals: &Table) -> Result<Vec<Network>, Problem> {
    let names = totals.texts("architecture")?;
    let mut order: Vec<&String> = Vec::new();
    for name in &names {
        if !order.contains(&name) {
            order.push(name);
        }
    }
    let network = |name: &String| {
        let rows = totals.of("architecture", name)?;
        let (measured, modules) = (rows.numbers("measured")?, rows.numbers("modules")?);
        let deviations: Vec<f64> = measured.iter().zip(&modules).map(|(whole, sum)| (sum - whole) / sum).collect();
        let sizes: Vec<f64> = deviations.iter().map(|deviation| deviation.abs()).collect();
        let mean = |values: &[f64]| stats::mean(values).map_err(|error| totals.problem(format!("{name}: {error}")));
        Ok(Network {
            name: name.clone(),
            batch_sizes: rows.len(),
            measured: mean(&measured)?,
            modules: mean(&modules)?,
            signed: mean(&deviations)?,
            absolute: mean(&sizes)?,
            pooled: (stats::sum(&modules) - stats::sum(&measured)) / stats::sum(&modules),
            lowest: deviations.iter().copied().fold(f64::INFINITY, f64::min),
            highest: deviations.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    };
    order.into_iter().map(network).collect()
}

const TOTALS: [&str; 4] = ["architecture", "avg_total_measured_kWh", "avg_total_agg_kWh", "deviation_percent"];

/// The same in the words of the first document.
const SEED_TOTALS: [&str; 4] = [
    "architecture",
    "avg total-measured-energy [kWh per forward pass], 10 decimals",
    "avg total-agg-energy [kWh per forward pass], 10 decimals",
    "resulting deviation [%], signed",
];

const DEVIATIONS: [&str; 7] =
    ["architecture", "batch sizes", "mean signed", "mean absolute", "pooled", "lowest", "highest"];

/// Means over the batch sizes and their deviation, as printed and as they should be (final notebook,
/// cell 11; first run, cell 9; first document, cell 6).
///
/// The original rounds the mean deviation to two decimals and then takes it for a percentage, so that
/// 0.53 % prints as 1.0 % (quirk `rounded-early`); and what cancels out between batch sizes is lost,
/// with or without the sign (quirk `no-abs`).
pub(super) fn totals(cx: &mut Cx<'_, '_>, document: &Document) -> Result<(), Problem> {
    let printed = networks(&Table::read(cx, "totals")?)?;
    let prefix = document.prefix();
    let percent = |network: &Network| {
        let rounded = rounded(network.signed, 2) * 100.0;
        if *document == Document::Seed { rounded } else { rounded.abs() }
    };
    let table = |id: String, columns: [&str; 4]| {
        let record = Record::table(id).columns(columns);
        let record = record.unit(columns[1], "kWh").unit(columns[2], "kWh").unit(columns[3], "%");
        printed.iter().fold(record, |record, network| {
            let (measured, modules) = (rounded(network.measured, 10), rounded(network.modules, 10));
            record.plain_row(cells![network.name.as_str(), measured, modules, percent(network)])
        })
    };
    let columns = if *document == Document::Seed { SEED_TOTALS } else { TOTALS };
    let record = table(format!("{prefix}.totals"), columns).quirk("rounded-early").with_correction();
    cx.record(record.note("Means over the batch sizes; energies of the processors for one forward pass."))?;

    let deviations = |id: &str| {
        let record = Record::table(id).columns(DEVIATIONS);
        printed.iter().fold(record, |record, network| record.plain_row(deviation_cells(network)))
    };
    match document {
        Document::Seed => {
            cx.record(table("derived.seed_literal.totals".to_owned(), TOTALS).quirk("rounded-early"))?;
            cx.record(deviations("seed.deviation").note("Of the file as it is, runs with errors included."))?;
        }
        Document::Final => {
            cx.record(deviations("derived.mw.deviation"))?;
            of_estimates(cx, &printed)?;
        }
        Document::First => {}
    }

    let mut columns = DEVIATIONS.to_vec();
    columns.splice(2..2, [TOTALS[1], TOTALS[2]]);
    let apart = if *document == Document::Final { Some(networks(&Table::read(cx, "apart")?)?) } else { None };
    if apart.is_some() {
        columns.extend(["draws", "mean signed of draws", "mean absolute of draws"]);
    }
    let mut record = Record::table(format!("{prefix}.totals.corrected")).columns(columns);
    for network in networks(&Table::read(cx, "corrected")?)? {
        let mut row = Vec::from(deviation_cells(&network));
        row.splice(2..2, cells![network.measured, network.modules]);
        if let Some(draws) = apart.iter().flatten().find(|draws| draws.name == network.name) {
            row.extend(cells![draws.batch_sizes, draws.signed, draws.absolute]);
        }
        record = record.plain_row(row);
    }
    let record = record.unit(TOTALS[1], "kWh").unit(TOTALS[2], "kWh").quirk("rounded-early");
    cx.record(record.note(
        "Deviations as fractions, not rounded. Batch sizes that were measured twice count once, as the mean of all \
         their runs; as draws they count twice.",
    ))
}

/// The deviations as the notebook of the estimates shows them (cells 11 and 14). It looks for batch sizes
/// that deviate too much and speaks of 10 %, but tests for 90 % (quirk `blacklist`).
fn of_estimates(cx: &mut Cx<'_, '_>, networks: &[Network]) -> Result<(), Problem> {
    let mut by_name: Vec<&Network> = networks.iter().collect();
    by_name.sort_by(|a, b| a.name.cmp(&b.name));
    let columns = ["architecture", "mean_percent_deviation", "mean_total_agg_energy", "mean_measured_energy"];
    let record = Record::table("est.deviations").columns(columns).unit(columns[2], "kWh").unit(columns[3], "kWh");
    let row = |record: Record, network: &&Network| {
        record.plain_row(cells![network.name.as_str(), network.signed, network.modules, network.measured])
    };
    let record = by_name.iter().fold(record, row);
    cx.record(record.note("mean_percent_deviation: a fraction, the mean of signed deviations."))?;

    let bad = |limit: f64| {
        let beyond = |network: &&Network| network.lowest.abs().max(network.highest.abs()) > limit;
        let names: Vec<&str> = networks.iter().filter(beyond).map(|network| network.name.as_str()).collect();
        if names.is_empty() {
            "No bad measurements found!".to_owned()
        } else {
            format!("Bad measurements found: {}", names.join(", "))
        }
    };
    cx.record(Record::scalar("est.blacklist").value("value", bad(0.9)).quirk("blacklist").with_correction())?;
    cx.record(Record::scalar("est.blacklist.corrected").value("value", bad(0.1)).quirk("blacklist"))
}

fn deviation_cells(network: &Network) -> [Cell; 7] {
    let Network { name, batch_sizes, signed, absolute, pooled, lowest, highest, .. } = network;
    cells![name.as_str(), *batch_sizes, *signed, *absolute, *pooled, *lowest, *highest]
}

/// The batch sizes that were measured twice, each time for itself, and mean shares in which they count
/// twice (quirk `merged-batch-sizes`).
pub(super) fn draws(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let totals = Table::read(cx, "totals")?;
    let (names, batch_sizes) = (totals.texts("architecture")?, totals.integers("batch_size")?);
    let (draws, measured, modules) =
        (totals.integers("draw")?, totals.numbers("measured")?, totals.numbers("modules")?);
    let is_twice = |row: &usize| {
        let same = |other: &usize| names[*other] == names[*row] && batch_sizes[*other] == batch_sizes[*row];
        (0..totals.len()).filter(same).count() > 1
    };
    let mut rows: Vec<usize> = (0..totals.len()).filter(is_twice).collect();
    rows.sort_by_key(|&row| (&names[row], batch_sizes[row], draws[row]));
    let columns = ["architecture", "batch_size", "draw", "measured", "modules", "deviation"];
    let mut record = Record::table("derived.mw.merged.corrected").columns(columns);
    for row in rows {
        let deviation = (modules[row] - measured[row]) / modules[row];
        let name = names[row].as_str();
        record =
            record.plain_row(cells![name, batch_sizes[row], draws[row] + 1, measured[row], modules[row], deviation]);
    }
    cx.record(record.unit("measured", "kWh").unit("modules", "kWh").quirk("merged-batch-sizes"))?;
    let shares = Shares::of(&Table::read(cx, "shares")?)?;
    cx.record(shares.means("mw.fig.contrib.draws", KINDS.into_iter(), |share| share)?.quirk("merged-batch-sizes"))
}

/// How the whiskers of the bars are drawn from resamples. The original did not seed them.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Whiskers {
    pub(super) document: Document,
    pub(super) seed: u64,
    pub(super) resamples: usize,
}

/// Mean shares of the kinds of modules over the batch sizes, with the whiskers of seaborn's bars
/// (final notebook, cell 13; first run, cell 11; first document, cell 8).
///
/// The original rounds each share to two decimals before it takes the mean (quirk `rounded-early`).
pub(super) fn contributions(cx: &mut Cx<'_, '_>, whiskers: &Whiskers) -> Result<(), Problem> {
    let document = whiskers.document;
    let options = BootstrapMeanOptions { seed: whiskers.seed, resamples: whiskers.resamples, level: 0.95 };
    let shares = Shares::of(&Table::read(cx, "shares")?)?;
    let (mut kinds, mut networks) = (Vec::new(), Vec::new());
    let (mut means, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
    let mut record = Record::table(format!("{}.fig.contrib.whiskers", document.prefix()));
    record = record.columns(["module", "architecture", "share", "lower", "upper", "batch sizes"]);
    for kind in KINDS {
        for network in &shares.networks {
            let values: Vec<f64> = shares.values(network, kind).map(|share| rounded(share, 2)).collect();
            if values.is_empty() {
                continue;
            }
            let failed = |error: stats::Error| Problem::new(format!("{network}, {kind}: {error}"));
            let mean = stats::mean(&values).map_err(failed)?;
            let (low, high) = stats::bootstrap_mean(&values, &options).map_err(failed)?;
            record = record.plain_row(cells![kind, network.as_str(), mean, low, high, values.len()]);
            kinds.push(kind.to_owned());
            networks.push(network.clone());
            means.push(mean);
            lower.push(low);
            upper.push(high);
        }
    }
    for name in ["share", "lower", "upper"] {
        record = record.unit(name, "%");
    }
    cx.record(record.quirk("unseeded-bootstrap").note("95 % bootstrap intervals of the mean over the batch sizes."))?;

    let without_rounding = Shares::of(&Table::read(cx, "corrected")?)?;
    let id = format!("{}.fig.contrib.corrected", document.prefix());
    let kinds_in_order = || KINDS.into_iter().filter(|kind| *kind != "Dropout").chain(["Dropout"]);
    cx.record(without_rounding.means(&id, kinds_in_order(), |share| share)?.quirk("rounded-early"))?;
    match document {
        Document::Final => {
            let id = "derived.mw.contrib_unrounded";
            cx.record(without_rounding.means(id, kinds_in_order(), |share| share)?)?;
        }
        Document::Seed => {
            let id = "derived.seed_literal.contrib";
            cx.record(shares.means(id, KINDS.into_iter(), |share| rounded(share, 2))?.quirk("rounded-early"))?;
        }
        Document::First => {}
    }

    let rows = Rows::new().texts("module", kinds).texts("architecture", networks);
    let rows = rows.floats("share", means).floats("lower", lower).floats("upper", upper);
    rows.write(cx, "table", schema::CONTRIBUTIONS)
}

/// The shares of kinds of modules, over networks and batch sizes.
struct Shares {
    /// In the order in which they are first seen.
    networks: Vec<String>,
    rows: Vec<(String, String, f64)>,
}

impl Shares {
    fn of(table: &Table) -> Result<Self, Problem> {
        let (names, kinds, shares) = (table.texts("architecture")?, table.texts("module")?, table.numbers("share")?);
        let mut networks: Vec<String> = Vec::new();
        for name in &names {
            if !networks.contains(name) {
                networks.push(name.clone());
            }
        }
        let rows = names.into_iter().zip(kinds).zip(shares).map(|((name, kind), share)| (name, kind, share)).collect();
        Ok(Self { networks, rows })
    }

    /// The shares of a kind in a network, batch size by batch size.
    fn values<'a>(&'a self, network: &'a str, kind: &'a str) -> impl Iterator<Item = f64> + 'a {
        let wanted = move |(name, of, _): &&(String, String, f64)| name == network && of == kind;
        self.rows.iter().filter(wanted).map(|(_, _, share)| *share)
    }

    /// A table of mean shares, kinds by networks.
    fn means(
        &self,
        id: &str,
        kinds: impl Iterator<Item = &'static str>,
        each: fn(f64) -> f64,
    ) -> Result<Record, Problem> {
        let columns = ["module"].into_iter().chain(self.networks.iter().map(String::as_str));
        let mut record = Record::table(id).columns(columns);
        for network in &self.networks {
            record = record.unit(network.as_str(), "%");
        }
        for kind in kinds {
            let mean = |network: &String| {
                let values: Vec<f64> = self.values(network, kind).map(each).collect();
                Cell::from(stats::mean(&values).ok())
            };
            record = record.plain_row([Cell::from(kind)].into_iter().chain(self.networks.iter().map(mean)));
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::rounded;

    /// `numpy.round(value, decimals)`.
    #[test]
    fn rounds_as_numpy_does() {
        for (value, decimals, expected) in [
            (0.005_323_800_299, 2, 0.01),
            (0.005, 2, 0.0),
            (0.015, 2, 0.02),
            (2.675, 2, 2.68),
            (-0.021_666, 2, -0.02),
            (4.818_907_854_617e-5, 10, 4.818_91e-5),
        ] {
            assert_eq!(rounded(value, decimals), expected, "{value}");
        }
    }
}
