//! Select and group: the printed tables.

use std::collections::BTreeMap;

use dag::Problem;
use serde::Serialize;
use stats::argsort_quicksort;

use super::architecture::Architecture;
use super::stats::MCUS;
use crate::cx::Cx;
use crate::record::{Axis, Record, Scale, Series, cells};
use crate::table::Table;

/// A network of figure 3.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Network {
    /// Leading part of the record ids, such as `fig3.lenet`.
    pub(super) id: &'static str,
    /// The network's name in the raw files.
    pub(super) name: &'static str,
}

/// Figure 2 of one board and network (In[3]), such as `fig2.l4.lenet`: the printed rows, and the rows that their labels
/// promise.
///
/// The original picks rows by position after two sorts, of which the first is not stable where
/// there are more than 16 rows; see quirks `unstable-sort`, `fig2-labels` and `fig2-column`.
pub(super) fn fig2(cx: &mut Cx<'_, '_>, name: &&'static str) -> Result<(), Problem> {
    let id = format!("fig2.{name}");
    let table = Table::read(cx, "latency")?;
    let column =
        if table.has("tflu_mcu_benchmark_mean_50") { "tflu_mcu_benchmark_mean_50" } else { "tflu_mcu_benchmark_mean" };
    let sorted = table.take(&argsort_quicksort(&table.texts("model_type")?))?;
    let comparable = in_one_format(&sorted)?.of("compiler_optimization", "-Ofast")?;
    let comparable = comparable.take(&argsort_quicksort(&comparable.texts("model_type")?))?;

    let kept: Vec<usize> = (0..comparable.len()).filter(|position| ![1, 3, 6, 7].contains(position)).collect();
    let printed = comparable.take(&kept)?;
    let order = argsort_quicksort(&printed.integers("fpu")?);
    let printed = printed.take(&order)?;
    let mut record = Record::table(format!("{id}.table")).columns(["combined_type", column]).unit(column, "ms");
    for ((place, kind), latency) in order.iter().zip(combined_types(&printed)?).zip(printed.floats(column)?) {
        record = record.row(kept[*place], cells![kind, latency / 1000.0]);
    }
    cx.record(record.quirk("fig2-labels"))?;

    let mut latencies = Vec::new();
    for (format, kernels, fpu) in LABELLED {
        let row = comparable.of("weights", format)?.of("cmsis_nn", kernels)?;
        let row = row.of_numbers("fpu", |value| value == f64::from(fpu))?;
        if row.len() != 1 {
            let problem = row.problem(format!("{} rows measure {format}, {kernels}, FPU {fpu}", row.len()));
            return Err(problem.expected("one"));
        }
        latencies.push(row.floats(column)?[0] / 1000.0);
    }
    let record = Record::figure(format!("{id}.figure.corrected")).series(Series::bars("bars", BAR_LABELS, latencies));
    let record = record
        .x_axis(Axis::new("Inference latency").unit("ms"))
        .y_axis(Axis::new("Model type").scale(Scale::Categorical));
    cx.record(record.quirk("fig2-labels").note("Bars chosen by what their labels promise."))
}

/// The labels that figure 2 pastes under its bars.
pub(super) const BAR_LABELS: [&str; 4] = ["Unoptimized (U)", "U + FPU", "Quantized (Q)", "Q + CMSIS-NN"];

/// What the labels promise: number format, CMSIS-NN, FPU.
const LABELLED: [(&str, &str, u8); 4] =
    [("float32", "none", 0), ("float32", "none", 1), ("int8", "none", 1), ("int8", "cmsis-nn", 1)];

fn combined_types(table: &Table) -> Result<Vec<String>, Problem> {
    let (types, kernels, fpu) = (table.texts("model_type")?, table.texts("cmsis_nn")?, table.integers("fpu")?);
    Ok(types.iter().zip(kernels).zip(fpu).map(|((t, k), f)| format!("{t}_{k}_{f}")).collect())
}

/// The rows whose weights and activations have the same number format.
fn in_one_format(table: &Table) -> Result<Table, Problem> {
    let (weights, activations) = (table.texts("weights")?, table.texts("activations")?);
    table.filter(weights.iter().zip(&activations).map(|(weight, activation)| weight == activation))
}

/// Figure 3 of one network (In[5]): the measured points, and the corners of the drawn front.
pub(super) fn fig3(cx: &mut Cx<'_, '_>, network: &Network) -> Result<(), Problem> {
    let table = fig3_points(cx, network.name)?;
    let (rows, types) = (table.integers("row")?, table.texts("model_type")?);
    let (latency, energy) = milli(&table)?;
    let units = |record: Record| record.unit("latency_mean", "ms").unit("energy_mean", "mJ");
    let mut record =
        Record::table(format!("{}.table", network.id)).columns(["model_type", "latency_mean", "energy_mean"]);
    for i in 0..table.len() {
        record = record.row(rows[i], cells![types[i].as_str(), latency[i], energy[i]]);
    }
    cx.record(units(record))?;

    let (fastest, frugal) = (least(&table, &latency)?, least(&table, &energy)?);
    let corners = |name: &str, column: &str, places: &[(usize, f64)]| {
        let record = Record::table(format!("{}.{name}", network.id)).columns([column]);
        units(places.iter().fold(record, |record, &(place, value)| record.row(rows[place], [value])))
    };
    let x = [(fastest, latency[fastest]), (frugal, latency[frugal])];
    let y = [(fastest, energy[fastest]), (fastest, energy[fastest]), (frugal, energy[frugal])];
    cx.record(corners("pareto_x", "latency_mean", &x))?;
    cx.record(corners("pareto_y", "energy_mean", &y))
}

/// Energy of one inference for each board, network and variant, for the comparison of all studies. The
/// mean, where a variant was measured several times.
pub(super) fn energy_per_inference(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let table = Table::read(cx, "inferences")?;
    let (mcus, networks) = (table.texts("mcu")?, table.texts("model_name")?);
    let (formats, kernels, energies) = (table.texts("weights")?, table.texts("cmsis_nn")?, table.numbers("energy")?);
    let mut measured: BTreeMap<(usize, Architecture, &str, bool), Vec<f64>> = BTreeMap::new();
    for (row, energy) in energies.into_iter().enumerate() {
        let place = MCUS.iter().position(|mcu| *mcu == mcus[row]).unwrap_or(MCUS.len());
        let network = Architecture::of(&networks[row]).ok_or_else(|| {
            let problem = table.problem(format!("row {}: unknown network {:?}", table.label(row), networks[row]));
            problem.expected("LeNet-MNIST or 01d_ResNet20_CIFAR-10").help("add its layers in architecture.rs")
        })?;
        measured.entry((place, network, &formats[row], kernels[row] != "none")).or_default().push(energy);
    }
    let mut record = Record::table("energy-per-inference").columns(["model", "macs", "energy"]);
    for ((place, network, format, cmsis_nn), energies) in measured {
        let kernels = if cmsis_nn { " with CMSIS-NN" } else { "" };
        let model = format!("{} {format}{kernels} on {}", network.name(), MCUS.get(place).unwrap_or(&"?"));
        let energy = stats::mean(&energies).map_err(|error| table.problem(format!("{model}: {error}")))?;
        record = record.plain_row(cells![model, i64::try_from(network.macs()).unwrap_or(i64::MAX), energy]);
    }
    let note = "Energy of one inference at the supply of the microcontroller's board, idle power included; batches of one. \
                The operations follow from the layers (architecture.rs): the column MACs of the raw files counts the \
                weights of a convolution once and not at each place.";
    cx.record(record.unit("macs", "MAC").unit("energy", "J").note(note))
}

/// The rows of figure 3, sorted by number format and then by board, F4 before F7 before L4.
pub(super) fn fig3_points(cx: &Cx<'_, '_>, network: &str) -> Result<Table, Problem> {
    let table = in_one_format(&Table::read(cx, "inferences")?.of("model_name", network)?)?;
    let keys: Vec<_> = table.texts("model_type")?.into_iter().zip(table.texts("mcu")?).collect();
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|&a, &b| keys[a].cmp(&keys[b]));
    table.take(&order)
}

/// Latency in ms and energy in mJ.
pub(super) fn milli(table: &Table) -> Result<(Vec<f64>, Vec<f64>), Problem> {
    let thousandfold = |values: Vec<f64>| values.into_iter().map(|value| value * 1000.0).collect();
    Ok((thousandfold(table.numbers("latency")?), thousandfold(table.numbers("energy")?)))
}

/// Where the first of the least values stands.
pub(super) fn least(table: &Table, values: &[f64]) -> Result<usize, Problem> {
    let found = (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b]));
    found.ok_or_else(|| table.problem("no row is left").expected("at least one measured point"))
}

/// The head and the tail of the cleaned convolution sweep (In[10]).
pub(super) fn fig5_frame(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let table = Table::read(cx, "sweep")?;
    let (rows, layers) = (table.integers("row")?, table.texts("layer")?);
    let (latency, maccs, kernel) = (table.floats("latency")?, table.floats("maccs")?, table.floats("kernel")?);
    let columns = ["layer", "layer_latency_mean", "layer_MACCs", "kernel"];
    let mut record = Record::table("fig5.frame").columns(columns).excerpt_of(table.len(), columns.len());
    record = record.unit("layer_latency_mean", "us");
    for i in (0..table.len()).filter(|&i| i < 5 || i + 5 >= table.len()) {
        record = record.row(rows[i], cells![layers[i].as_str(), latency[i], maccs[i], kernel[i]]);
    }
    cx.record(record)
}

/// The points of figure 5 (In[11]).
pub(super) fn fig5_table(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let points = fig5_points(cx)?;
    let (rows, size, maccs) = (points.integers("row")?, points.floats("size")?, points.floats("maccs")?);
    let seconds = seconds(&points)?;
    let record = Record::table("fig5.table").columns(["filters", "layer_MACCs", "layer_latency_mean"]);
    let record = (0..points.len())
        .fold(record.unit("layer_latency_mean", "s"), |record, i| record.row(rows[i], [size[i], maccs[i], seconds[i]]));
    cx.record(record.quirk("conv-macc"))
}

/// The 3x3 convolutions with CMSIS-NN.
pub(super) fn fig5_points(cx: &Cx<'_, '_>) -> Result<Table, Problem> {
    let table = Table::read(cx, "sweep")?.of("layer", "2_CONV_2D")?.of("cmsis_nn", "cmsis-nn")?;
    table.of_numbers("kernel", |edge| edge == 3.0)
}

/// The points of figure 8 (In[21]).
pub(super) fn fig8_table(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let points = fig8_points(cx)?;
    let (rows, layers, kernel) = (points.integers("row")?, points.texts("layer")?, points.floats("kernel")?);
    let (size, maccs, flops) = (points.floats("size")?, points.floats("maccs")?, points.floats("flops")?);
    let seconds = seconds(&points)?;
    let columns = ["layer", "kernel", "filters", "layer_MACCs", "layer_FLOPs", "layer_latency_mean"];
    let record = Record::table("fig8.table").columns(columns).unit("layer_latency_mean", "s");
    let record = (0..points.len()).fold(record, |record, i| {
        record.row(rows[i], cells![layers[i].as_str(), kernel[i], size[i], maccs[i], flops[i], seconds[i]])
    });
    cx.record(record)
}

/// The 3x3 depth-wise convolutions; the file holds runs with CMSIS-NN only.
pub(super) fn fig8_points(cx: &Cx<'_, '_>) -> Result<Table, Problem> {
    Table::read(cx, "sweep")?.of("layer", "2_DEPTHWISE_CONV_2D")?.of_numbers("kernel", |edge| edge == 3.0)
}

/// Latency in seconds. Divided twice, as in the original: once by a million differs in the last bit.
pub(super) fn seconds(table: &Table) -> Result<Vec<f64>, Problem> {
    Ok(table.numbers("latency")?.into_iter().map(|us| us / 1000.0 / 1000.0).collect())
}

/// A block of table 4: one kind of layer and kernel, without and with CMSIS-NN.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Block {
    /// Leading part of the record ids.
    pub(super) id: &'static str,
    /// Names of the layers, in part.
    pub(super) layers: &'static [&'static str],
    /// Edge of the kernel, where there is one.
    pub(super) kernel: Option<f64>,
    /// Name of the column of standard deviations: misspelt in the dense block of the original.
    pub(super) std: &'static str,
}

/// The ids of the records of [`table4`].
pub(super) fn table4_ids(blocks: &[Block]) -> Vec<String> {
    let of_block = |block: &Block| {
        let id = block.id;
        ["none", "none.corrected", "cmsis-nn", "cmsis-nn.corrected"].map(|part| format!("{id}.{part}"))
    };
    blocks.iter().flat_map(of_block).collect()
}

/// Table 4 (`02_Tables.ipynb`, In[3], In[5], In[7]): time per multiply-accumulate operation.
pub(super) fn table4(cx: &mut Cx<'_, '_>, blocks: &&'static [Block]) -> Result<(), Problem> {
    let sweep = Table::read(cx, "sweep")?;
    for block in *blocks {
        let mut layers = sweep.texts("layer")?.into_iter().enumerate();
        let rows: Vec<usize> = layers
            .by_ref()
            .filter(|(_, layer)| block.layers.iter().any(|part| layer.contains(part)))
            .map(|(row, _)| row)
            .collect();
        let mut table = sweep.take(&rows)?;
        if let Some(kernel) = block.kernel {
            table = table.of_numbers("kernel", |edge| edge == kernel)?;
        }
        // Latencies are compared with that of all sizes without CMSIS-NN, of the same kernel.
        for (suffix, maccs) in [("", "maccs"), (".corrected", "true_maccs")] {
            let without = Group::of(&table.of("cmsis_nn", "none")?, maccs, suffix)?;
            let reference = without.mean("all")?;
            for kernels in ["none", "cmsis-nn"] {
                let group = if kernels == "none" {
                    &without
                } else {
                    &Group::of(&table.of("cmsis_nn", kernels)?, maccs, suffix)?
                };
                let mut columns = vec!["MACCss_mean", block.std, "factor"];
                columns.extend((!suffix.is_empty()).then_some("n"));
                let record = Record::table(format!("{}.{kernels}{suffix}", block.id)).columns(columns);
                let mut record = record.unit("MACCss_mean", "ns/MACC").unit(block.std, "ns/MACC");
                for class in ["all", "odd", "even", "modulo 4"] {
                    let mean = group.mean(class)?;
                    let mut cells = cells![mean, group.std(class)?, reference / mean].to_vec();
                    cells.extend((!suffix.is_empty()).then(|| group.class(class).len().into()));
                    record = record.row(class, cells);
                }
                let quirk = if block.kernel.is_some() { "conv-macc" } else { "dense-duplicates" };
                cx.record(if suffix.is_empty() { record.with_correction() } else { record.quirk(quirk) })?;
            }
        }
    }
    Ok(())
}

/// Times per operation in ns, with the swept size of each.
struct Group {
    times: Vec<(i64, f64)>,
    file: Table,
}

impl Group {
    /// The correct analysis takes the last run of each size; the original takes them all.
    fn of(table: &Table, maccs: &str, suffix: &str) -> Result<Self, Problem> {
        let (models, layers) = (table.texts("model")?, table.texts("layer")?);
        let last_run = |i: usize| (i + 1..table.len()).all(|j| models[i] != models[j] || layers[i] != layers[j]);
        let (size, latency, maccs) = (table.floats("size")?, table.numbers("latency")?, table.numbers(maccs)?);
        let kept = (0..table.len()).filter(|&i| suffix.is_empty() || last_run(i));
        #[expect(clippy::cast_possible_truncation, reason = "sizes are whole numbers below 1000")]
        let times = kept.map(|i| (size[i] as i64, latency[i] / maccs[i] * 1e3)).collect();
        Ok(Self { times, file: table.clone() })
    }

    /// As in the table of the original, "even" contains the multiples of four.
    fn class(&self, class: &str) -> Vec<f64> {
        let belongs = |size: i64| match class {
            "odd" => size % 2 != 0,
            "even" => size % 2 == 0,
            "modulo 4" => size % 4 == 0,
            _ => true,
        };
        self.times.iter().filter(|(size, _)| belongs(*size)).map(|&(_, time)| time).collect()
    }

    fn mean(&self, class: &str) -> Result<f64, Problem> {
        stats::mean(&self.class(class)).map_err(|error| self.file.problem(format!("class {class}: {error}")))
    }

    fn std(&self, class: &str) -> Result<f64, Problem> {
        stats::std(&self.class(class), 1).map_err(|error| self.file.problem(format!("class {class}: {error}")))
    }
}
