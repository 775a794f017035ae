//! Latencies and profiles of whole networks and their layers on a desktop, and of trtexec.

use dag::Problem;
use rawlog::tensorrt::trtexec::{Distribution, Summary};

use super::agreement::{Agreement, FULL_PRECISION};
use crate::cx::Cx;
use crate::edge_layers::ingest::read;
use crate::record::{Cell, Record, cells};
use crate::table::Table;

/// Allowed relative difference of what is reckoned from numbers of six significant digits.
const SIX_DIGITS: f64 = 1e-5;

/// Mean latency and throughput of each experiment, network and backend.
pub(in crate::edge_layers) fn latencies(
    cx: &mut Cx<'_, '_>,
    runs: &Vec<(&'static str, &'static str, &'static str)>,
) -> Result<(), Problem> {
    let id = "upstream.desktop.latency_throughput";
    let columns = ["experiment", "model", "backend", "avg_latency s", "avg_throughput images/s"];
    let mut record = Record::table(id).columns(columns);
    let mut agreement = Agreement::default();
    for (experiment, model, backend) in runs {
        let benchmark = Table::read(cx, &format!("{experiment}/{model}/{backend}"))?;
        let latencies = benchmark.numbers("latency")?;
        let latency = stats::mean(&latencies).map_err(|error| benchmark.problem(error.to_string()))?;
        let first = |values: Vec<f64>| values.first().copied().unwrap_or(f64::NAN);
        let batch = benchmark.integers("batch")?.first().copied().unwrap_or(1) as f64;
        let throughput = batch / latency;
        agreement.number(first(benchmark.numbers("stored_latency")?), latency, FULL_PRECISION);
        agreement.number(first(benchmark.numbers("stored_throughput")?), throughput, FULL_PRECISION);
        record = record.plain_row(cells![*experiment, *model, *backend, latency, throughput]);
    }
    cx.record(record)?;
    cx.record(agreement.record(id, "the means that the result files tell"))
}

/// Sums of the mean latencies of the layers, against the latency of the whole network.
pub(in crate::edge_layers) fn layers(
    cx: &mut Cx<'_, '_>,
    runs: &Vec<(&'static str, &'static str)>,
) -> Result<(), Problem> {
    let columns = ["experiment", "model", "layers", "runs", "sum of layers", "greatest layer", "layer"];
    let mut sums = Record::table("desktop.layers").columns(columns).unit(columns[4], "ms").unit(columns[5], "ms");
    for (experiment, model) in runs {
        let role = format!("{experiment}/{model}");
        let (mut layers, mut means) = (Vec::new(), Vec::new());
        each_layer(Table::parts(cx, &role, &["layer", "place", "run_time"])?, |name, times| {
            means.push(stats::mean(&times).unwrap_or(f64::NAN));
            layers.push((name, times.len()));
        })?;
        let greatest = (0..means.len()).max_by(|&a, &b| means[a].total_cmp(&means[b]));
        let path = cx.input_path(&role)?;
        let greatest = greatest.ok_or_else(|| Problem::new("a profile without layers").in_file(path))?;
        sums = sums.plain_row(cells![
            *experiment,
            *model,
            layers.len(),
            layers[greatest].1,
            stats::sum(&means),
            means[greatest],
            layers[greatest].0.as_str(),
        ]);
    }
    cx.record(sums)
}

/// The run times of each layer, in the order in which they run.
pub(in crate::edge_layers) fn by_layer(profile: &Table) -> Result<Vec<(String, Vec<f64>)>, Problem> {
    let mut layers = Vec::new();
    each_layer([Ok(profile.clone())], |name, times| layers.push((name, times)))?;
    Ok(layers)
}

/// Calls `each` with the run times of each layer, in the order in which they run; a profile lists all runs of a layer
/// before those of the next.
fn each_layer(
    profile: impl IntoIterator<Item = Result<Table, Problem>>,
    mut each: impl FnMut(String, Vec<f64>),
) -> Result<(), Problem> {
    let mut layer: Option<(i64, String, Vec<f64>)> = None;
    for part in profile {
        let part = part?;
        let rows = part.texts("layer")?.into_iter().zip(part.integers("place")?).zip(part.numbers("run_time")?);
        for ((name, place), time) in rows {
            match &mut layer {
                Some((of, _, times)) if *of == place => times.push(time),
                _ => {
                    let before = layer.replace((place, name, vec![time]));
                    before.into_iter().for_each(|(_, name, times)| each(name, times));
                }
            }
        }
    }
    layer.into_iter().for_each(|(_, name, times)| each(name, times));
    Ok(())
}

/// The summary of trtexec, reckoned from the times of all iterations.
pub(in crate::edge_layers) fn summary(cx: &mut Cx<'_, '_>, models: &[&'static str; 3]) -> Result<(), Problem> {
    let id = "upstream.trtexec.summary";
    let columns = [
        "model",
        "Throughput 1/s",
        "Total Host Walltime s",
        "Total GPU Compute Time s",
        "min ms",
        "max ms",
        "mean ms",
        "median ms",
        "p90 ms",
        "p95 ms",
        "p99 ms",
    ];
    let mut record = Record::table(id).columns(columns);
    let mut agreement = Agreement::default();
    for model in models {
        let timing = Table::read(cx, &format!("{model}/timing"))?;
        let told = read(cx, &format!("{model}/metadata"), Summary::read)?;
        let (latency, compute) = (timing.numbers("latency")?, timing.numbers("compute")?);
        let (starts, ends) = (timing.numbers("start")?, timing.numbers("end")?);
        let first = starts.first().copied().unwrap_or(f64::NAN);
        let walltime = (ends.last().copied().unwrap_or(f64::NAN) - first) / 1000.0;
        let total_compute = stats::sum(&compute) / 1000.0;
        let of = |times: &[f64]| Distribution::of(times).ok_or_else(|| timing.problem("no iterations"));
        let (latency, compute) = (of(&latency)?, of(&compute)?);
        let throughput = timing.len() as f64 / walltime;
        let numbers = [throughput, walltime, total_compute].into_iter().chain(numbers(&latency));
        record = record.plain_row(std::iter::once(Cell::from(*model)).chain(numbers.map(Cell::from)));
        let told_and_ours =
            [(told.throughput, throughput), (told.walltime, walltime), (told.total_compute, total_compute)];
        let distributions = self::numbers(&told.latency).into_iter().zip(self::numbers(&latency));
        let computations = self::numbers(&told.compute).into_iter().zip(self::numbers(&compute));
        for (told, ours) in told_and_ours.into_iter().chain(distributions).chain(computations) {
            agreement.number(told, ours, SIX_DIGITS);
        }
    }
    cx.record(record.note(
        "Wall time from the start of the first copy to the device to the end of the last copy back; times of the latency.",
    ))?;
    cx.record(agreement.record(id, "performance_summary in the files of metadata"))
}

fn numbers(of: &Distribution) -> [f64; 7] {
    let [p90, p95, p99] = of.percentiles;
    [of.min, of.max, of.mean, of.median, p90, p95, p99]
}

/// The profiles of trtexec: mean and share of each layer, from its time in all iterations.
pub(in crate::edge_layers) fn profile(cx: &mut Cx<'_, '_>, models: &[&'static str; 3]) -> Result<(), Problem> {
    let id = "upstream.trtexec.profile";
    let columns = ["model", "layer", "timeMs", "averageMs", "medianMs", "percentage"];
    let mut record = Record::table(id).columns(columns).unit("percentage", "%");
    for column in &columns[2..5] {
        record = record.unit(*column, "ms");
    }
    let mut agreement = Agreement::default();
    for model in models {
        let profile = Table::read(cx, &format!("{model}/profile"))?;
        let (layers, counts) = (profile.texts("layer")?, profile.integers("iterations")?);
        let (times, medians) = (profile.numbers("time")?, profile.numbers("median")?);
        let (averages, shares) = (profile.numbers("average")?, profile.numbers("percentage")?);
        let all = stats::sum(&times);
        for (row, layer) in layers.iter().enumerate() {
            let (average, share) = (times[row] / counts[row] as f64, 100.0 * times[row] / all);
            agreement.number(averages[row], average, SIX_DIGITS);
            agreement.number(shares[row], share, SIX_DIGITS);
            record = record.plain_row(cells![*model, layer.as_str(), times[row], average, medians[row], share]);
        }
    }
    cx.record(record)?;
    cx.record(agreement.record(id, "averageMs and percentage in the profiles"))
}
