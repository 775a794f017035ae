//! Files of JSON that benchmarks and later steps of edge-layers write, and any comma-separated text.

use super::text::{Table, column, counts, floats, frame, texts};
use crate::delimited::{Delimited, DelimitedError};
use crate::frame::{Column, ColumnData};
use crate::json::{Entries, JsonError};
use crate::tensorrt::stored::{self, Row};
use crate::tensorrt::{Benchmark, Idle, IdleError, trtexec};
use crate::time::{NAT, parse_date_time};

pub(super) fn benchmark(bytes: &[u8]) -> Result<Table, JsonError> {
    let result = Benchmark::read(bytes)?;
    let config = &result.config;
    let by = config.backend.as_ref().map(|backend| format!(" by {backend}")).unwrap_or_default();
    let variant = format!("latencies of {}{by}, {}, {}", config.model, config.dtype, result.timestamp);
    Ok((variant, frame(vec![floats("latency", result.latencies)])))
}

pub(super) fn idle(bytes: &[u8]) -> Result<Table, IdleError> {
    let idle = Idle::read(bytes)?;
    let when = idle.timestamp.map(|when| format!(", {when}")).unwrap_or_default();
    Ok((format!("power of the idle board{when}"), frame(vec![floats("avg_idle_power", vec![idle.microwatt])])))
}

pub(super) fn timing(bytes: &[u8]) -> Result<Table, JsonError> {
    let iterations = trtexec::timing(bytes)?;
    let times = |name: &str, of: fn(&trtexec::Iteration) -> f64| floats(name, iterations.iter().map(of).collect());
    let columns = vec![
        times("startEnqMs", |iteration| iteration.start_enq_ms),
        times("endEnqMs", |iteration| iteration.end_enq_ms),
        times("startH2dMs", |iteration| iteration.start_h2d_ms),
        times("endH2dMs", |iteration| iteration.end_h2d_ms),
        times("startComputeMs", |iteration| iteration.start_compute_ms),
        times("endComputeMs", |iteration| iteration.end_compute_ms),
        times("startD2hMs", |iteration| iteration.start_d2h_ms),
        times("endD2hMs", |iteration| iteration.end_d2h_ms),
        times("h2dMs", |iteration| iteration.h2d_ms),
        times("computeMs", |iteration| iteration.compute_ms),
        times("d2hMs", |iteration| iteration.d2h_ms),
        times("latencyMs", |iteration| iteration.latency_ms),
    ];
    Ok(("times of the iterations of trtexec".to_owned(), frame(columns)))
}

pub(super) fn layer_times(bytes: &[u8]) -> Result<Table, JsonError> {
    let profile = trtexec::Profile::read(bytes)?;
    let layers = &profile.layers;
    let numbers = |name: &str, of: fn(&trtexec::Layer) -> f64| floats(name, layers.iter().map(of).collect());
    let columns = vec![
        texts("name", layers.iter().map(|layer| layer.name.clone())),
        numbers("timeMs", |layer| layer.time_ms),
        numbers("averageMs", |layer| layer.average_ms),
        numbers("medianMs", |layer| layer.median_ms),
        numbers("percentage", |layer| layer.percentage),
    ];
    Ok((format!("layer profile of trtexec, {} iterations", profile.count), frame(columns)))
}

pub(super) fn summary(bytes: &[u8]) -> Result<Table, JsonError> {
    let summary = trtexec::Summary::read(bytes)?;
    let times = [&summary.latency, &summary.compute];
    let numbers = |name: &str, of: fn(&trtexec::Distribution) -> f64| {
        floats(name, times.iter().map(|distribution| of(distribution)).collect())
    };
    let columns = vec![
        texts("of", ["Latency", "GPU Compute Time"].into_iter().map(str::to_owned)),
        numbers("min", |times| times.min),
        numbers("max", |times| times.max),
        numbers("mean", |times| times.mean),
        numbers("median", |times| times.median),
        numbers("p90", |times| times.percentiles[0]),
        numbers("p95", |times| times.percentiles[1]),
        numbers("p99", |times| times.percentiles[2]),
    ];
    let variant = format!(
        "summary of trtexec, {} inferences per s in {} s, of which {} s of computation",
        summary.throughput, summary.walltime, summary.total_compute
    );
    Ok((variant, frame(columns)))
}

pub(super) fn mapping(rows: &[Row]) -> Table {
    let [cycle, layer, layer_type, with_idle, without_idle, run_time] = stored::HEADER;
    let powers = |name: &str, of: fn(&Row) -> Option<f64>| {
        floats(name, rows.iter().map(|row| of(row).unwrap_or(f64::NAN)).collect())
    };
    let columns = vec![
        counts(cycle, rows.iter().map(|row| row.cycle)),
        texts(layer, rows.iter().map(|row| row.layer.clone())),
        texts(layer_type, rows.iter().map(|row| row.layer_type.clone())),
        powers(with_idle, |row| row.power_with_idle),
        powers(without_idle, |row| row.power_without_idle),
        floats(run_time, rows.iter().map(|row| row.run_time).collect()),
    ];
    ("power and run time of the layers of a Jetson".to_owned(), frame(columns))
}

pub(super) fn powers(bytes: &[u8]) -> Result<Table, JsonError> {
    let Entries(layers) = stored::powers(bytes)?;
    let columns = vec![
        texts("layer", layers.iter().map(|(layer, _)| layer.clone())),
        floats("power", layers.iter().map(|(_, power)| *power).collect()),
    ];
    Ok(("mean power of the layers of a Jetson".to_owned(), frame(columns)))
}

pub(super) fn features(bytes: &[u8]) -> Result<Table, JsonError> {
    let Entries(tables) = stored::features(bytes)?;
    let rows: Vec<(&str, &str, f64)> = tables
        .iter()
        .flat_map(|(table, Entries(features))| features.iter().map(move |(name, value)| (&**table, &**name, *value)))
        .collect();
    let columns = vec![
        texts("table", rows.iter().map(|(table, _, _)| (*table).to_owned())),
        texts("feature", rows.iter().map(|(_, feature, _)| (*feature).to_owned())),
        floats("value", rows.iter().map(|(_, _, value)| *value).collect()),
    ];
    Ok(("features of layers by table".to_owned(), frame(columns)))
}

/// The unit of a column of these formats.
pub(super) fn unit(column: &str) -> Option<&'static str> {
    match column {
        "latency" => Some("s"),
        "avg_idle_power" | "power" => Some("µW"),
        "layer_run_time" | "min" | "max" | "mean" | "median" | "p90" | "p95" | "p99" => Some("ms"),
        "percentage" => Some("%"),
        column if column.ends_with("_micro_watt") => Some("µW"),
        column if column.ends_with("Ms") => Some("ms"),
        _ => None,
    }
}

/// Comma-separated text of no format in particular. A column is of the narrowest type that all its cells
/// have: whole numbers, numbers, times, or texts; empty cells are missing, and make whole numbers numbers.
pub(super) fn delimited(bytes: &[u8]) -> Result<Table, DelimitedError> {
    let file = Delimited::read_any(bytes)?;
    let columns = file.columns().map(|(name, cells)| typed(name, &cells)).collect();
    Ok(("comma-separated text with a header".to_owned(), frame(columns)))
}

fn typed(name: &str, cells: &[&str]) -> Column {
    // A column of nothing is of no type that could be told.
    let has_any = cells.iter().any(|cell| !cell.is_empty());
    if let Ok(whole) = cells.iter().map(|cell| cell.parse()).collect::<Result<Vec<i64>, _>>() {
        return column(name, "int64", ColumnData::I64(whole));
    }
    let number =
        |cell: &&str| if cell.is_empty() { Some(f64::NAN) } else { cell.parse().ok().filter(|n: &f64| n.is_finite()) };
    if let Some(numbers) = cells.iter().map(number).collect::<Option<Vec<f64>>>().filter(|_| has_any) {
        return floats(name, numbers);
    }
    let without_zone = |cell: &str| parse_date_time(cell).filter(|time| time.ahead.is_none()).map(|time| time.local);
    let time = |cell: &&str| if cell.is_empty() { Some(NAT) } else { without_zone(cell) };
    if let Some(times) = cells.iter().map(time).collect::<Option<Vec<i64>>>().filter(|_| has_any) {
        return column(name, "datetime64[ns]", ColumnData::Datetime(times));
    }
    texts(name, cells.iter().map(|cell| (*cell).to_owned()))
}
