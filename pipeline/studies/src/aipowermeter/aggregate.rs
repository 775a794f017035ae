//! Medians over the runs of an input size: the compiled csv of each network, and what belongs beside it.

pub(super) mod recordings;

use std::fmt::Write as _;

use dag::Problem;
use rawlog::python::repr;

use super::protocol::Network;
use super::{operations, schema};
use crate::cx::Cx;
use crate::record::{Cell, Record, cells};
use crate::table::{Column, Rows, Table};

/// Heading of the label of a row, as the published list of columns has it.
const INDEX: &str = "(index: text after the first underscore of the directory name)";

/// The medians of a network, as the original compiles them and by the correct analysis: tables, records
/// and csv; and how much of a run its records cover.
pub(super) fn medians(cx: &mut Cx<'_, '_>, network: &Network) -> Result<(), Problem> {
    let id = network.id();
    for (role, schema, corrected) in
        [("compiled", schema::AS_COMPILED, false), ("corrected", schema::AS_CORRECTED, true)]
    {
        let runs = Table::read(cx, &format!("{role} runs"))?;
        let medians = over_runs(&runs, network)?;
        let mut csv = csv_line("", schema::COMPILED.map(str::to_owned));
        let suffix = if corrected { ".corrected" } else { "" };
        let mut record = Record::table(format!("{id}.compiled{suffix}")).columns(schema::COMPILED);
        for column in schema.iter().filter(|column| schema::COMPILED.contains(&column.name)) {
            record = record.unit(column.name, column.unit);
        }
        for (row, size) in medians.sizes.iter().enumerate() {
            let values = schema::COMPILED.map(|name| medians.column(name)[row]);
            csv += &csv_line(&size.to_string(), values.map(repr));
            record = record.row(*size, values);
        }
        let record = record.title(format!("{}, medians over the runs", network.title()));
        let record = if corrected {
            record.quirk("compile-step").note(
                "Energies are mean power × mean latency without the first inference; memory and use are plain medians. \
                 The latency is that of queueing the work, in both.",
            )
        } else {
            record.quirk("compile-step").with_correction()
        };
        cx.record(record)?;
        cx.write(&format!("{role} csv"), csv)?;
        if !corrected {
            cx.record(coverage(&medians, network))?;
        }
        medians.write(cx, role, schema)?;
    }
    Ok(())
}

/// A line of a csv as pandas writes it: nothing here needs quotes.
fn csv_line(label: &str, cells: [String; 8]) -> String {
    format!("{label},{}\n", cells.join(","))
}

/// How much of the runs lies between their first and their last record.
fn coverage(medians: &Medians, network: &Network) -> Record {
    let mut record = Record::table(format!("{}.coverage", network.id()))
        .columns(["inferences", "run time", "records", "covered", "share"])
        .unit("run time", "s")
        .unit("covered", "s")
        .note("The run time is the sum of the latencies; covered is the time from the first to the last record.");
    let [inferences, records] = ["inferences", "records"].map(|name| medians.column(name));
    let (duration, covered) = (medians.column("duration"), medians.column("covered"));
    for (row, size) in medians.sizes.iter().enumerate() {
        let share = covered[row] / duration[row];
        let (inferences, records) = (count(inferences[row]), count(records[row]));
        record = record.row(*size, cells![inferences, duration[row], records, covered[row], share]);
    }
    record.title(format!("{}: how much of the runs the records cover", network.title()))
}

/// A median of counts, which is whole where all runs have the same.
pub(super) fn count(median: f64) -> Cell {
    #[expect(clippy::cast_possible_truncation, reason = "counts of records and inferences, and sizes")]
    let whole = median as i64;
    #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "whole numbers below 2^53")]
    if whole as f64 == median { Cell::from(whole) } else { Cell::from(median) }
}

/// One row for each input size.
struct Medians {
    sizes: Vec<i64>,
    /// The columns behind `size` and `run` with their medians over the runs.
    columns: Vec<(&'static str, Vec<f64>)>,
}

impl Medians {
    fn column(&self, name: &str) -> &[f64] {
        self.columns.iter().find(|(column, _)| *column == name).map_or(&[], |(_, values)| values)
    }

    fn write(self, cx: &mut Cx<'_, '_>, role: &str, schema: &[Column]) -> Result<(), Problem> {
        let schema: Vec<Column> = schema.iter().copied().filter(|column| column.name != "run").collect();
        let rows = Rows::new().integers("size", self.sizes);
        let rows = self.columns.into_iter().fold(rows, |rows, (name, values)| rows.floats(name, values));
        rows.write(cx, role, &schema)
    }
}

fn over_runs(runs: &Table, network: &Network) -> Result<Medians, Problem> {
    let sizes: Vec<i64> = network.sizes().into_iter().map(i64::from).collect();
    let of_row = runs.integers("size")?;
    let mut columns = Vec::new();
    for column in schema::AS_COMPILED.iter().filter(|column| !["size", "run"].contains(&column.name)) {
        let values = runs.numbers(column.name)?;
        let median = |size: &i64| {
            let of_size: Vec<f64> =
                values.iter().zip(&of_row).filter(|(_, of)| *of == size).map(|(value, _)| *value).collect();
            stats::median(&of_size).map_err(|error| runs.problem(format!("size {size}, {}: {error}", column.name)))
        };
        columns.push((column.name, sizes.iter().map(median).collect::<Result<Vec<f64>, _>>()?));
    }
    Ok(Medians { sizes, columns })
}

/// The layout of the compiled csv, from the file itself.
pub(super) fn csv_layout(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let path = cx.input_path("csv")?;
    let text = cx.read_text("csv")?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let Some(("", columns)) = header.split_first().map(|(first, rest)| (*first, rest)) else {
        return Err(Problem::new("the header does not start with an empty cell").in_file(path).at_line(1));
    };
    let mut record = Record::table("seed.csv_layout").columns([INDEX].into_iter().chain(columns.iter().copied()));
    for line in lines {
        let number = |cell: &str| cell.parse::<f64>().map_or_else(|_| Cell::from(cell), Cell::from);
        let cells = line.split(',').map(|cell| cell.parse::<i64>().map_or_else(|_| number(cell), Cell::from));
        record = record.plain_row(cells);
    }
    cx.record(record.title("The compiled csv of AlexNet"))
}

/// Energy of one inference of each network and size by the correct analysis, beside its operations.
pub(super) fn energy_per_inference(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let mut record = Record::table("energy-per-inference").columns(["model", "macs", "energy"]).unit("energy", "J");
    for network in Network::ALL {
        let table = Table::read(cx, network.id())?;
        let (package, card) = (table.numbers("intel_power")?, table.numbers("nvidia_draw_absolute")?);
        for (row, size) in network.sizes().into_iter().enumerate() {
            let macs = i64::try_from(operations::macs(network, size)).unwrap_or(i64::MAX);
            let mut model = network.title().to_owned();
            let _ = write!(model, ", {size} {}", network.size_unit());
            record = record.plain_row(cells![model, macs, package[row] + card[row]]);
        }
    }
    cx.record(record.title("Energy of one inference against its operations").note(
        "Graphics card (nvidia-smi board power) and processor package (RAPL), idle power included, by the correct \
         analysis, one input at a time. AlexNet and BERT on a GeForce RTX 3090 beside a 16-core i9, as the source says; the \
         figures of ResNet50 point to a smaller machine. The recordings are simulated after the published figures. \
         Operations are reckoned from the architectures: torchvision's AlexNet and ResNet50 (version 1.5) on a \
         square picture, bert-base-uncased with a classifier on that many words and the two tokens that the \
         tokenizer adds.",
    ))
}
