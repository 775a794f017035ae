//! Which power was drawn while which layer ran (steps 1 and 2 of the original).

use dag::Problem;
use rawlog::tensorrt::mapping::Mapper;
use rawlog::tensorrt::{Engine, Idle, Profile, power_log};

use super::ingest::located;
use super::schema;
use crate::cx::Cx;
use crate::table::Rows;

/// Maps the samples of a power log to the layers of a profile.
///
/// The whole chain rests on the clocks of log and profile being one: samples are taken in the order of
/// the log, so that a clock which jumps back would give them to the wrong layers without a trace. Here
/// that is an error, which the original does not know.
pub(super) fn mapping(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let path = |role| cx.input_path(role);
    let (log_path, profile_path) = (path("log")?, path("profile")?);
    let samples = power_log::read(&cx.read("log")?[..]).map_err(|error| located(&error, log_path))?;
    power_log::check_clock(&samples).map_err(|error| located(&error, log_path))?;
    let profile = Profile::read(&cx.read("profile")?).map_err(|error| located(&error, profile_path))?;
    let engine = Engine::read(&cx.read("engine")?).map_err(|error| located(&error, path("engine").unwrap_or("")))?;
    let idle = Idle::read(&cx.read("idle")?).map_err(|error| located(&error, path("idle").unwrap_or("")))?;

    let mut mapper = Mapper::new(&samples, &profile, &engine, idle.microwatt);
    let (mut cycles, mut layers, mut types) = (Vec::new(), Vec::new(), Vec::new());
    let (mut with_idle, mut without_idle, mut run_times) = (Vec::new(), Vec::new(), Vec::new());
    for row in mapper.by_ref() {
        let row = row.map_err(|error| located(&error, profile_path))?;
        cycles.push(i64::try_from(row.cycle).unwrap_or(i64::MAX));
        layers.push(row.layer.to_owned());
        types.push(row.layer_type.to_owned());
        with_idle.push(row.power_with_idle.unwrap_or(f64::NAN));
        without_idle.push(row.power_without_idle.unwrap_or(f64::NAN));
        run_times.push(row.run_time);
    }
    let count = |count: usize| vec![i64::try_from(count).unwrap_or(i64::MAX)];
    Rows::new()
        .integers("samples", count(samples.len()))
        .integers("layers", count(profile.layers.0.len()))
        .integers("cycles", count(profile.cycles()))
        .integers("unknown", count(mapper.unknown_layers().len()))
        .integers("exhausted", count(usize::from(mapper.log_exhausted())))
        .write(cx, "mapped", schema::MAPPED)?;
    Rows::new()
        .integers("cycle", cycles)
        .texts("layer", layers)
        .texts("layer_type", types)
        .floats("power_with_idle", with_idle)
        .floats("power_without_idle", without_idle)
        .floats("run_time", run_times)
        .write(cx, "table", schema::MAPPING)
}
