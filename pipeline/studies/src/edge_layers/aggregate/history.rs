//! The results of mobilenet_v2 in the history of the original, October and November 2024, with the
//! errors of that time.

use std::collections::BTreeMap;

use dag::Problem;
use rawlog::tensorrt::{Idle, stored};
use serde::Serialize;

use super::agreement::{Agreement, FULL_PRECISION};
use crate::cx::Cx;
use crate::edge_layers::features::Layers;
use crate::edge_layers::ingest::read;
use crate::edge_layers::kind::{Kind, MEASURED};
use crate::record::{Cell, Record, cells};
use crate::table::Table;

/// The idle power of the board, as two versions of one sentence tell it: of mW and of µW the same
/// number, and µW is right.
pub(in crate::edge_layers) fn idle(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let (first, second) = (read(cx, "first", Idle::read)?, read(cx, "second", Idle::read)?);
    let label = |idle: &Idle| idle.labelled.unwrap_or("none");
    let record = Record::scalar("upstream.jetson.idle").value("value", second.microwatt).unit("value", "µW");
    let record = record.value("first", first.microwatt).unit("first", "µW");
    cx.record(record.value("first label", label(&first)).value("second label", label(&second)))
}

/// Mean latency and throughput of 5000 inferences.
pub(in crate::edge_layers) fn latency(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let benchmark = Table::read(cx, "benchmark")?;
    let latencies = benchmark.numbers("latency")?;
    let latency = stats::mean(&latencies).map_err(|error| benchmark.problem(error.to_string()))?;
    let batch = benchmark.integers("batch")?.first().copied().unwrap_or(1) as f64;
    cx.record(Record::scalar("upstream.jetson5000.latency").value("value", latency).unit("value", "s"))?;
    cx.record(Record::scalar("upstream.jetson5000.throughput").value("value", batch / latency).unit("value", "1/s"))?;
    let summary = stats::describe(&latencies);
    let record = Record::scalar("upstream.jetson5000.spread").value("count", summary.count).value("min", summary.min);
    let record = record.value("median", summary.q50).value("max", summary.max).value("std", summary.std);
    cx.record(["min", "median", "max", "std"].into_iter().fold(record, |record, name| record.unit(name, "s")))
}

/// A profile as its layers: names, and the runs of each as (run time in ms, end in ns).
struct Runs {
    names: Vec<String>,
    runs: Vec<Vec<(f64, i64)>>,
}

impl Runs {
    fn read(cx: &Cx<'_, '_>) -> Result<Self, Problem> {
        let profile = Table::read(cx, "profile")?;
        let (names, places) = (profile.texts("layer")?, profile.integers("place")?);
        let (times, ends) = (profile.numbers("run_time")?, profile.integers("end")?);
        let mut found = Self { names: Vec::new(), runs: Vec::new() };
        for (((name, place), time), end) in names.into_iter().zip(places).zip(times).zip(ends) {
            if i64::try_from(found.names.len()).is_ok_and(|known| place >= known) {
                found.names.push(name);
                found.runs.push(Vec::new());
            }
            if let Some(runs) = found.runs.last_mut() {
                runs.push((time, end));
            }
        }
        Ok(found)
    }

    fn cycles(&self) -> usize {
        self.runs.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// Run times by layer and cycle: two states of a table, of which the power needs a log that is not held.
pub(in crate::edge_layers) fn by_cycle(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let id = "upstream.jetson5.by_cycle";
    let (profile, engine) = (Runs::read(cx)?, Layers::read(cx, "engine")?);
    let mut record = Record::table(id).columns(["cycle", "layer_name", "layer_type", "layer_run_time"]);
    let mut ours: BTreeMap<(i64, &str), (&str, f64)> = BTreeMap::new();
    for cycle in 0..profile.cycles() {
        let number = i64::try_from(cycle + 1).unwrap_or(i64::MAX);
        for (name, runs) in profile.names.iter().zip(&profile.runs) {
            let Some((time, _)) = runs.get(cycle) else { continue };
            let layer_type = engine.place(name)?;
            let layer_type = engine.types.get(layer_type).map_or("", String::as_str);
            record = record.plain_row(cells![number, name.as_str(), layer_type, *time]);
            ours.insert((number, name), (layer_type, *time));
        }
    }
    let mut agreement = Agreement::default();
    for role in ["layer-major", "cycle-major"] {
        let table = Table::read(cx, role)?;
        let (cycles, names) = (table.numbers("cycle")?, table.texts("layer_name")?);
        let stored = table.texts("layer_type")?.into_iter().zip(table.numbers("layer_run_time")?);
        agreement.rows(names.len(), ours.len());
        for ((cycle, name), (layer_type, time)) in cycles.into_iter().zip(&names).zip(stored) {
            #[expect(clippy::cast_possible_truncation, reason = "the number of a cycle; any other finds no run")]
            let run = ours.get(&(cycle as i64, name.as_str()));
            let (our_type, our_time) = run.copied().unwrap_or(("", f64::NAN));
            agreement.text(&layer_type, our_type);
            agreement.number(time, our_time, FULL_PRECISION);
        }
    }
    cx.record(record.unit("layer_run_time", "ms").not_recomputable("average_power"))?;
    cx.record(agreement.record(id, "both states of average_power_and_run_time.csv"))
}

/// Means over the cycles. The original counted a cycle in which no power sample fell into a layer as
/// one of 0 W (quirk `empty-as-zero`); the corrected table leaves such cycles out.
pub(in crate::edge_layers) fn average(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let id = "upstream.jetson5.average";
    let (profile, engine) = (Runs::read(cx)?, Layers::read(cx, "engine")?);
    let by_cycle = Table::read(cx, "layer-major")?;
    let mut powers: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (name, power) in by_cycle.texts("layer_name")?.into_iter().zip(by_cycle.numbers("average_power")?) {
        powers.entry(name).or_default().push(power);
    }
    let columns = ["layer_name", "layer_type", "average_power", "average_run_time"];
    let table = |id: &str| Record::table(id).columns(columns).unit(columns[2], "µW").unit(columns[3], "ms");
    let mut imitated = table(id).quirk("empty-as-zero").with_correction();
    let mut corrected = table(&format!("{id}.corrected")).quirk("empty-as-zero");
    let mut ours: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    let (mut empty, mut idle, mut longest) = (0_usize, 0_usize, 0.0_f64);
    for (name, runs) in profile.names.iter().zip(&profile.runs) {
        let times: Vec<f64> = runs.iter().map(|(time, _)| *time).collect();
        let time = mean(&times);
        let all = powers.get(name).map(Vec::as_slice).unwrap_or_default();
        let sampled: Vec<f64> = all.iter().copied().filter(|power| *power != 0.0).collect();
        let layer_type = engine.types.get(engine.place(name)?).map_or("", String::as_str);
        imitated = imitated.plain_row(cells![name.as_str(), layer_type, mean(all), time]);
        corrected = corrected.plain_row(cells![name.as_str(), layer_type, mean(&sampled), time]);
        ours.insert(name, [mean(all), time]);
        empty += usize::from(sampled.is_empty());
        idle += usize::from(sampled.is_empty() && time == 0.0);
        longest = times.iter().copied().fold(longest, f64::max);
    }
    cx.record(imitated)?;
    cx.record(corrected)?;
    let record = Record::scalar("upstream.jetson5.october").value("layers", ours.len()).value("empty", empty);
    let record = record.value("empty and of no run time", idle).value("longest run", longest).unit("longest run", "ms");
    cx.record(record.note("Empty: layers without a power sample in any cycle, which were given 0 W."))?;

    let mut agreement = Agreement::default();
    let stored = Table::read(cx, "averages")?;
    agreement.rows(stored.len(), ours.len());
    let numbers = stored.numbers("average_power")?.into_iter().zip(stored.numbers("average_run_time")?);
    for (name, (power, time)) in stored.texts("layer name")?.iter().zip(numbers) {
        let [our_power, our_time] = ours.get(name.as_str()).copied().unwrap_or([f64::NAN; 2]);
        agreement.number(power, our_power, FULL_PRECISION);
        agreement.number(time, our_time, FULL_PRECISION);
    }
    for (name, power) in &read(cx, "powers", stored::powers)?.0 {
        agreement.number(*power, ours.get(name.as_str()).map_or(f64::NAN, |[power, _]| *power), FULL_PRECISION);
    }
    cx.record(agreement.record(id, "average_power_and_run_time.csv and average_power_used_by_layer.json"))
}

fn mean(values: &[f64]) -> f64 {
    stats::mean(values).unwrap_or(f64::NAN)
}

/// How far the powers of the layers of one network lie apart (quirk `callback-stamps`): those of October
/// with the power of the idle board, those of November without.
pub(in crate::edge_layers) fn spread(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let averages = Table::read(cx, "jetson5")?.numbers("average_power")?;
    let mut training = Table::read(cx, "convolutional")?.numbers("power")?;
    training.extend(Table::read(cx, "pooling")?.numbers("power")?);
    let columns = ["state", "layers", "least", "median", "greatest", "std"];
    let mut record = Record::table("jetson.spread").columns(columns);
    let with_samples = averages.into_iter().filter(|power| *power != 0.0).collect();
    for (state, powers) in [("October 2024, 5 cycles", with_samples), ("November 2024, 5000 cycles", training)] {
        let powers: Vec<f64> = powers.into_iter().map(|microwatt| microwatt / 1e6).collect();
        let summary = stats::describe(&powers);
        record = record.plain_row(cells![state, summary.count, summary.min, summary.q50, summary.max, summary.std]);
    }
    record = columns[2..].iter().fold(record, |record, column| record.unit(*column, "W"));
    cx.record(
        record.note("Powers as the files of the original tell them; of October with the power of the idle board."),
    )
}

/// When the profiler reports: in bursts, and not when the layers ran (quirk `callback-stamps`).
pub(in crate::edge_layers) fn callbacks(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    const MILLISECOND: f64 = 1e6;
    let profile = Runs::read(cx)?;
    let columns =
        ["cycle", "layers", "before the first", "span of stamps", "sum of run times", "median distance", "overlapping"];
    let mut record = Record::table("upstream.jetson5.callbacks").columns(columns);
    for (column, unit) in [(columns[2], "ms"), (columns[3], "ms"), (columns[4], "ms"), (columns[5], "µs")] {
        record = record.unit(column, unit);
    }
    let mut last_of_cycle_before = None;
    for cycle in 0..profile.cycles() {
        let runs: Vec<(f64, i64)> = profile.runs.iter().filter_map(|runs| runs.get(cycle).copied()).collect();
        let ends = |runs: &[(f64, i64)]| runs.iter().map(|(_, end)| *end).collect::<Vec<_>>();
        let ends = ends(&runs);
        let before =
            ends.first().zip(last_of_cycle_before).map(|(first, last): (_, i64)| (first - last) as f64 / MILLISECOND);
        last_of_cycle_before = ends.last().copied();
        let span = ends.iter().max().zip(ends.iter().min()).map_or(0, |(last, first)| last - first);
        let distances: Vec<f64> = ends.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1000.0).collect();
        let starts = runs.iter().map(|(time, end)| *end as f64 / MILLISECOND - time);
        let overlapping = starts.skip(1).zip(&ends).filter(|(start, end)| *start < **end as f64 / MILLISECOND).count();
        record = record.plain_row(cells![
            cycle + 1,
            runs.len(),
            before,
            span as f64 / MILLISECOND,
            stats::sum(&runs.iter().map(|(time, _)| *time).collect::<Vec<_>>()),
            stats::median(&distances).unwrap_or(f64::NAN),
            overlapping,
        ]);
    }
    cx.record(record.note(
        "Before the first: from the last stamp of the cycle before to the first of this one. Overlapping: layers whose run begins \
         before the layer listed before it has ended.",
    ))
}

/// A training table of November 2024.
#[derive(Clone, Copy, Serialize)]
pub(in crate::edge_layers) struct Training {
    pub(in crate::edge_layers) id: &'static str,
    /// Whether power and run time can be had from tables that are held.
    pub(in crate::edge_layers) measured: bool,
}

/// Features with power and run time. At that state each layer of the parameter type `Convolution`
/// was convolutional, whatever kernel TensorRT chose for it.
pub(in crate::edge_layers) fn training(cx: &mut Cx<'_, '_>, training: &Training) -> Result<(), Problem> {
    let engine = Layers::read(cx, "engine")?;
    let mut measured: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    if training.measured {
        let averages = Table::read(cx, "averages")?;
        let numbers = averages.numbers("average_power")?.into_iter().zip(averages.numbers("average_run_time")?);
        measured.extend(averages.texts("layer name")?.into_iter().zip(numbers.map(|(power, time)| [power, time])));
    }
    let features = Kind::Convolutional.features();
    let columns = ["table"].into_iter().chain(features.iter().copied());
    let columns = columns.chain(MEASURED.into_iter().filter(|_| training.measured)).chain(["layer_name"]);
    let mut record = Record::table(training.id).columns(columns);
    let mut agreement = Agreement::default();
    for (kind, parameter_type) in [(Kind::Convolutional, "Convolution"), (Kind::Pooling, "Pooling")] {
        let stored = Table::read(cx, kind.table())?;
        let stored_names = stored.texts("layer_name")?;
        let of_type = engine.parameter_types.iter().filter(|found| *found == parameter_type).count();
        agreement.rows(stored_names.len(), of_type);
        let columns = kind.features().iter().chain(MEASURED.iter().filter(|_| training.measured));
        let stored = columns.map(|name| stored.numbers(name)).collect::<Result<Vec<_>, _>>()?;
        for (place, name) in engine.names.iter().enumerate() {
            if engine.parameter_types.get(place).is_none_or(|found| found != parameter_type) {
                continue;
            }
            let mut ours = engine.features(kind, place)?;
            ours.extend(measured.get(name).copied().unwrap_or_default().into_iter().filter(|_| training.measured));
            let by_name: BTreeMap<&str, f64> =
                kind.features().iter().chain(&MEASURED).copied().zip(ours.iter().copied()).collect();
            let shown = features.iter().chain(MEASURED.iter().filter(|_| training.measured));
            let numbers = shown.map(|name| Cell::from(by_name.get(name).copied()));
            let first = std::iter::once(Cell::from(kind.table()));
            record = record.plain_row(first.chain(numbers).chain([Cell::from(name.as_str())]));
            if let Some(row) = stored_names.iter().position(|stored| stored == name) {
                for (stored, ours) in stored.iter().zip(ours) {
                    agreement.number(stored[row], ours, FULL_PRECISION);
                }
            }
        }
    }
    record = record.quirk("pooling-kernel");
    record = if training.measured {
        record.unit("power", "µW").unit("runtime", "ms")
    } else {
        record.not_recomputable("power").not_recomputable("runtime")
    };
    cx.record(record)?;
    cx.record(agreement.record(training.id, "convolutional.csv and pooling.csv"))
}

/// How TensorRT split the layers of one network in several builds (quirk `dense-is-a-kernel`).
pub(in crate::edge_layers) fn builds(
    cx: &mut Cx<'_, '_>,
    builds: &Vec<(&'static str, &'static str)>,
) -> Result<(), Problem> {
    let columns = ["build", "layers", "CaskConvolution", "CaskGemmConvolution", "gemm", "CaskPooling"];
    let mut record = Record::table("mobilenet_v2.builds").columns(columns).quirk("dense-is-a-kernel");
    for (role, name) in builds {
        let engine = Layers::read(cx, role)?;
        let count = |layer_type: &str| engine.types.iter().filter(|found| *found == layer_type).count();
        let counts = columns[2..].iter().map(|layer_type| Cell::from(count(layer_type)));
        record = record.plain_row(cells![*name, engine.names.len()].into_iter().chain(counts));
    }
    cx.record(
        record.note("Layers by the kernel that TensorRT chose; `gemm` is a matrix product outside of its own kernels."),
    )
}
