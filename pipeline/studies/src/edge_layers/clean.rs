//! Which power was drawn while which layer ran (steps 1 and 2 of the original).

use dag::Problem;
use rawlog::json::Stopped;
use rawlog::tensorrt::mapping::{Mapper, MappingError, Row};
use rawlog::tensorrt::{ByCycle, Engine, Idle, power_log};

use super::ingest::{located, read};
use super::schema;
use crate::cx::Cx;
use crate::table::{PART, Parts, Rows};

/// Maps the samples of a power log to the layers of a profile.
///
/// The whole chain rests on the clocks of log and profile being one: samples are taken in the order of
/// the log, so that a clock which jumps back would give them to the wrong layers without a trace. Here
/// that is an error, which the original does not know.
pub(super) fn mapping(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let (log_path, profile_path) = (cx.input_path("log")?, cx.input_path("profile")?);
    let engine = read(cx, "engine", Engine::read)?;
    let idle = read(cx, "idle", Idle::read)?;
    let mut profile = ByCycle::read(cx.open("profile")?, cx.scratch()).map_err(|error| match error {
        Stopped::Json(error) => located(&error, profile_path),
        Stopped::Taker(error) => no_scratch(&error),
    })?;
    let (layers, cycles) = (profile.layers().len(), profile.cycles());
    let (names, runs) = profile.split();
    let mut mapper = Mapper::new(power_log::in_order(cx.open("log")?), names, runs, &engine, idle.microwatt);

    let mut table = Parts::new(cx, "table", schema::MAPPING)?;
    loop {
        let part = mapper.by_ref().take(PART).collect::<Result<Vec<_>, _>>().map_err(|error| match error {
            MappingError::Log(error) => located(&error, log_path),
            MappingError::Scratch(error) => no_scratch(&error),
            error => located(&error, profile_path),
        })?;
        table.add(rows(&part))?;
        if part.len() < PART {
            break;
        }
    }
    table.finish()?;
    let (unknown, exhausted) = (mapper.unknown_layers().len(), mapper.log_exhausted());
    let samples = mapper.samples().map_err(|error| located(&error, log_path))?;
    let count = |count: usize| vec![i64::try_from(count).unwrap_or(i64::MAX)];
    Rows::new()
        .integers("samples", count(samples))
        .integers("layers", count(layers))
        .integers("cycles", count(cycles))
        .integers("unknown", count(unknown))
        .integers("exhausted", count(usize::from(exhausted)))
        .write(cx, "mapped", schema::MAPPED)
}

fn rows(part: &[Row<'_>]) -> Rows {
    let power = |of: fn(&Row<'_>) -> Option<f64>| part.iter().map(|row| of(row).unwrap_or(f64::NAN)).collect();
    Rows::new()
        .integers("cycle", part.iter().map(|row| i64::try_from(row.cycle).unwrap_or(i64::MAX)).collect())
        .texts("layer", part.iter().map(|row| row.layer.to_owned()).collect())
        .texts("layer_type", part.iter().map(|row| row.layer_type.to_owned()).collect())
        .floats("power_with_idle", power(|row| row.power_with_idle))
        .floats("power_without_idle", power(|row| row.power_without_idle))
        .floats("run_time", part.iter().map(|row| row.run_time).collect())
}

fn no_scratch(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(format!("the runs of the layers cannot be kept in a scratch file: {error}"))
        .help("see that the disk has room")
}
