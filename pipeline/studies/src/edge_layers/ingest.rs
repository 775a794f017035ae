//! Read the raw files: each becomes a table with what is needed of it.

use std::fmt::Display;
use std::mem;

use dag::Problem;
use rawlog::delimited::Delimited;
use rawlog::json::Stopped;
use rawlog::tensorrt::{Benchmark, Engine, Layer, LayerTime, TakeRuns, Tensor, each_run, stored, trtexec};
use serde::Serialize;

use super::kind::Kind;
use super::schema::{self, SHAPES};
use crate::cx::Cx;
use crate::table::{Column, PART, Parts, Rows};

/// A problem with a raw file: what is wrong and where in the file the reader's error says.
pub(super) fn located(error: &impl Display, path: &str) -> Problem {
    let help = "correct the file, or bring the pinned one back with `cargo xtask fetch edge-layers --force`";
    Problem::new(error.to_string()).in_file(path).help(help)
}

/// Reads the raw file behind a role.
pub(super) fn read<T, E: Display>(
    cx: &Cx<'_, '_>,
    role: &str,
    read: impl Fn(&[u8]) -> Result<T, E>,
) -> Result<T, Problem> {
    let path = cx.input_path(role)?;
    read(&cx.read(role)?).map_err(|error| located(&error, path))
}

/// What came of a reader that gives away what it reads.
fn given<T>(read: Result<T, Stopped<Problem>>, path: &str) -> Result<T, Problem> {
    read.map_err(|error| match error {
        Stopped::Json(error) => located(&error, path),
        Stopped::Taker(problem) => problem,
    })
}

/// A size of a layer along an axis, and what it is called.
type Size = (&'static str, fn(&Layer, usize) -> f64);

/// The description of an engine: its layers, in the order in which they run.
pub(super) fn engine(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let engine = read(cx, "engine", Engine::read)?;
    let path = cx.input_path("engine")?;
    let layers = &engine.layers;
    for (place, layer) in layers.iter().enumerate().filter(|(_, layer)| Kind::of(&layer.layer_type).is_some()) {
        for (what, tensors) in [("inputs", &layer.inputs), ("outputs", &layer.outputs)] {
            let dimensions = tensors.first().map_or(0, |tensor| tensor.dimensions.len());
            if !matches!(dimensions, 2 | 4) {
                let problem = format!("layer {place}, `{}`: {dimensions} dimensions among its {what}", layer.name);
                return Err(
                    located(&problem, path).expected("2 or 4: batch, channels and, it may be, height and width")
                );
            }
        }
    }
    let numbers = |of: &dyn Fn(&Layer) -> f64| layers.iter().map(of).collect::<Vec<_>>();
    let mut rows = Rows::new()
        .texts("layer", layers.iter().map(|layer| layer.name.clone()).collect())
        .texts("layer_type", layers.iter().map(|layer| layer.layer_type.clone()).collect())
        .texts("parameter_type", layers.iter().map(|layer| layer.parameter_type.clone().unwrap_or_default()).collect());
    let ends: [fn(&Layer) -> &[Tensor]; 2] = [|layer| &layer.inputs, |layer| &layer.outputs];
    for (names, tensors) in SHAPES.into_iter().zip(ends) {
        for (axis, name) in names.into_iter().enumerate() {
            let size = |layer: &Layer| at(tensors(layer).first().map_or(&[], |tensor| &tensor.dimensions), axis);
            rows = rows.floats(name, numbers(&size));
        }
    }
    let by_axis: [Size; 4] = [
        ("kernel", |layer, axis| at(&layer.kernel, axis)),
        ("window", |layer, axis| at(&layer.window_size, axis)),
        ("padding", |layer, axis| at(&layer.pre_padding, axis) + at(&layer.post_padding, axis)),
        ("stride", |layer, axis| at(&layer.stride, axis)),
    ];
    for (name, size) in by_axis {
        for axis in 0..2 {
            rows = rows.floats(&format!("{name}_{axis}"), numbers(&|layer| size(layer, axis)));
        }
    }
    let groups = numbers(&|layer| layer.groups.map_or(f64::NAN, |groups| groups as f64));
    rows.floats("groups", groups).write(cx, "table", schema::LAYERS)
}

/// The size along an axis; missing if there is none.
#[expect(clippy::cast_precision_loss, reason = "sizes of tensors")]
fn at(sizes: &[u64], axis: usize) -> f64 {
    sizes.get(axis).map_or(f64::NAN, |size| *size as f64)
}

/// A mapping that the original stored.
pub(super) fn mapping(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let rows = read(cx, "mapping", stored::mapping_csv)?;
    let power = |of: fn(&stored::Row) -> Option<f64>| rows.iter().map(|row| of(row).unwrap_or(f64::NAN)).collect();
    Rows::new()
        .integers("cycle", rows.iter().map(|row| i64::try_from(row.cycle).unwrap_or(i64::MAX)).collect())
        .texts("layer", rows.iter().map(|row| row.layer.clone()).collect())
        .texts("layer_type", rows.iter().map(|row| row.layer_type.clone()).collect())
        .floats("power_with_idle", power(|row| row.power_with_idle))
        .floats("power_without_idle", power(|row| row.power_without_idle))
        .floats("run_time", rows.iter().map(|row| row.run_time).collect())
        .write(cx, "table", schema::MAPPING)
}

/// A profile: the run times of the layers in each cycle.
pub(super) fn profile(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let from = cx.open("profile")?;
    let path = cx.input_path("profile")?;
    let mut rows = ProfileRows {
        table: Parts::new(cx, "table", schema::PROFILE)?,
        layer: String::new(),
        place: -1,
        cycle: 0,
        runs: Vec::new(),
    };
    given(each_run(from, &mut rows), path)?;
    rows.write()?;
    rows.table.finish()
}

/// The rows of a profile as they come.
struct ProfileRows {
    table: Parts,
    layer: String,
    place: i64,
    cycle: i64,
    /// What is not written yet: place and name of the layer, cycle and run.
    runs: Vec<(i64, String, i64, LayerTime)>,
}

impl ProfileRows {
    fn write(&mut self) -> Result<(), Problem> {
        let runs = mem::take(&mut self.runs);
        let rows = Rows::new()
            .integers("place", runs.iter().map(|(place, ..)| *place).collect())
            .texts("layer", runs.iter().map(|(_, name, ..)| name.clone()).collect())
            .integers("cycle", runs.iter().map(|(_, _, cycle, _)| *cycle).collect())
            .floats("run_time", runs.iter().map(|(.., run)| run.milliseconds).collect())
            .integers("end", runs.iter().map(|(.., run)| run.end.unwrap_or(0)).collect());
        self.table.add(rows)
    }
}

impl TakeRuns for ProfileRows {
    type Error = Problem;

    fn layer(&mut self, name: &str) -> Result<(), Problem> {
        name.clone_into(&mut self.layer);
        (self.place, self.cycle) = (self.place + 1, 0);
        Ok(())
    }

    fn run(&mut self, time: LayerTime) -> Result<(), Problem> {
        self.cycle += 1;
        self.runs.push((self.place, self.layer.clone(), self.cycle, time));
        if self.runs.len() == PART { self.write() } else { Ok(()) }
    }
}

/// The result of a benchmark: its latencies, and what it tells of them.
pub(super) fn benchmark(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let result = read(cx, "benchmark", Benchmark::read)?;
    let path = cx.input_path("benchmark")?;
    if let Some(latency) = result.latencies.iter().find(|latency| **latency <= 0.0) {
        return Err(located(&format!("a latency of {latency} s"), path).expected("latencies above 0"));
    }
    if result.latencies.is_empty() {
        return Err(located(&"`latencies` is empty", path).expected("at least one inference"));
    }
    let batch = result.config.input_shape.first().copied().and_then(|batch| i64::try_from(batch).ok());
    let batch = batch.filter(|batch| *batch > 0);
    let batch = batch.ok_or_else(|| located(&"`input_shape` has no size of the batch", path).expected("at least 1"))?;
    let all = |value: f64| vec![value; result.latencies.len()];
    Rows::new()
        .texts("model", vec![result.config.model.clone(); result.latencies.len()])
        .integers("batch", vec![batch; result.latencies.len()])
        .floats("latency", result.latencies.clone())
        .floats("stored_latency", all(result.avg_latency))
        .floats("stored_throughput", all(result.avg_throughput))
        .write(cx, "table", schema::BENCHMARK)
}

/// The iterations of trtexec.
pub(super) fn timing(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let from = cx.open("timing")?;
    let path = cx.input_path("timing")?;
    let mut table = Parts::new(cx, "table", schema::TIMING)?;
    let mut part = Vec::new();
    let read = trtexec::each_iteration(from, |iteration| {
        part.push(iteration);
        if part.len() == PART { table.add(iterations(&mem::take(&mut part))) } else { Ok(()) }
    });
    given(read, path)?;
    table.add(iterations(&part))?;
    table.finish()
}

fn iterations(iterations: &[trtexec::Iteration]) -> Rows {
    let column = |of: fn(&trtexec::Iteration) -> f64| iterations.iter().map(of).collect();
    Rows::new()
        .floats("latency", column(|iteration| iteration.latency_ms))
        .floats("compute", column(|iteration| iteration.compute_ms))
        .floats("start", column(|iteration| iteration.start_h2d_ms))
        .floats("end", column(|iteration| iteration.end_d2h_ms))
}

/// The layers as trtexec profiles them.
pub(super) fn trtexec(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let profile = read(cx, "profile", trtexec::Profile::read)?;
    let count = i64::try_from(profile.count).unwrap_or(i64::MAX);
    let column = |of: fn(&trtexec::Layer) -> f64| profile.layers.iter().map(of).collect();
    Rows::new()
        .texts("layer", profile.layers.iter().map(|layer| layer.name.clone()).collect())
        .integers("iterations", vec![count; profile.layers.len()])
        .floats("time", column(|layer| layer.time_ms))
        .floats("average", column(|layer| layer.average_ms))
        .floats("median", column(|layer| layer.median_ms))
        .floats("percentage", column(|layer| layer.percentage))
        .write(cx, "table", schema::TRTEXEC)
}

/// What a comma-separated file must look like, and what is taken from it: the columns of `schema`, of
/// which those not among `texts` are numbers or empty.
#[derive(Clone, Serialize)]
pub(super) struct Csv {
    /// The header, exactly.
    pub(super) header: Vec<&'static str>,
    pub(super) texts: &'static [&'static str],
    #[serde(skip)]
    pub(super) schema: &'static [Column],
}

/// A comma-separated file that an earlier state of the original wrote.
pub(super) fn csv(cx: &mut Cx<'_, '_>, csv: &Csv) -> Result<(), Problem> {
    let file = read(cx, "csv", |bytes| Delimited::read(bytes, &csv.header))?;
    let path = cx.input_path("csv")?.to_owned();
    let mut rows = Rows::new();
    for Column { name, .. } in csv.schema {
        let located = |error| located(&error, &path);
        rows = if csv.texts.contains(name) {
            rows.texts(name, file.texts(name).map_err(located)?)
        } else {
            let numbers = file.optional_numbers(name).map_err(located)?;
            rows.floats(name, numbers.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect())
        };
    }
    rows.write(cx, "table", csv.schema)
}
