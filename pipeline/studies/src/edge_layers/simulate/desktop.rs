//! Stand-ins of the benchmarks on the desktop, of the profiles of layers, and of what trtexec exports.

use dag::Problem;
use serde::Serialize;

use super::build;
use super::format::{self, Benchmark, six_digits};
use crate::campaign::Simulation;
use crate::edge_layers::aggregate::agreement::agreement_id;
use crate::edge_layers::raw::{BENCHMARKS, EXPERIMENTS, NETWORKS, benchmark_path, profiling_paths, trtexec_path};
use crate::simulate::{Part, RawFiles};
use crate::truth::{Truth, Within};

/// Runs of a profile at scale 1, and iterations of trtexec.
const RUNS: usize = 100;
const ITERATIONS: usize = 1000;
/// Unit of trtexec's times in ms.
const TICK: f64 = 1.0 / 1024.0;
/// A desktop is that much faster than the board.
const FASTER: f64 = 0.4;

/// The parts: whole networks, their layers, and trtexec.
pub(super) fn parts(simulation: Simulation) -> Vec<Part> {
    let benchmarks = BENCHMARKS.map(benchmark_path).to_vec();
    let pairs = EXPERIMENTS.iter().flat_map(|experiment| NETWORKS.map(|model| (*experiment, model)));
    let layers = pairs.flat_map(|(experiment, model)| profiling_paths(experiment, model)).collect();
    let exports = ["timing", "profile", "profile.metadata"];
    let trtexec = NETWORKS.iter().flat_map(|model| exports.map(|export| trtexec_path(model, export))).collect();
    vec![
        Part::new("desktop/networks", benchmarks, simulation, write_networks),
        Part::new("desktop/layers", layers, simulation, write_layers),
        Part::new("desktop/trtexec", trtexec, simulation, write_trtexec),
    ]
}

/// Latencies of whole networks, each with a mean of its own.
fn write_networks(simulation: &Simulation, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let id = "upstream.desktop.latency_throughput";
    let mut truths = vec![Truth::rows(id, BENCHMARKS.len())];
    for (row, run @ (_, model, backend, when)) in BENCHMARKS.into_iter().enumerate() {
        let mean = 0.001 * (row + 1) as f64;
        let result = Benchmark::of(model, Some(backend), when, RUNS * simulation.scale as usize, mean);
        files.write(&benchmark_path(run), format::doubly_encoded(&result)?)?;
        truths.push(Truth::cell(id, row, "avg_latency s", mean, Within::Relative(1e-9)));
        truths.push(Truth::cell(id, row, "avg_throughput images/s", 1.0 / mean, Within::Relative(1e-9)));
    }
    truths.push(Truth::value(agreement_id(id), "cells", 2.0 * BENCHMARKS.len() as f64, Within::Exactly));
    Ok(truths)
}

/// Profiles without times of the clock, as they are on the desktop.
fn write_layers(simulation: &Simulation, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let runs = RUNS * simulation.scale as usize;
    let mut truths = Vec::new();
    for (number, experiment) in EXPERIMENTS.into_iter().enumerate() {
        for (place, model) in NETWORKS.into_iter().enumerate() {
            let layers = build::fused(model)?;
            let [engine, profile] = profiling_paths(experiment, model);
            files.write(&engine, format::engine(layers.iter().map(|layer| layer.engine.clone()))?)?;
            let mean = |layer: &build::Layer| FASTER * layer.run_time;
            // Evenly spread over 20 %, in an order that looks random.
            let offset = |run: usize| ((run * 7919) % runs) as f64 / (runs as f64 - 1.0) - 0.5;
            files.stream(&profile, &mut |to| {
                let times = layers.iter().map(|layer| {
                    let mean = mean(layer);
                    (layer.name(), (0..runs).map(move |run| (mean * (1.0 + 0.2 * offset(run)), None)))
                });
                format::profile(to, times)
            })?;
            let row = NETWORKS.len() * number + place;
            let sum: f64 = layers.iter().map(mean).sum();
            truths.push(Truth::cell("desktop.layers", row, "layers", layers.len() as f64, Within::Exactly));
            truths.push(Truth::cell("desktop.layers", row, "sum of layers", sum, Within::Relative(1e-9)));
            let median = format!("{experiment}/{model} median");
            truths.push(Truth::points("upstream.desktop.layer_boxplots", &median, layers.len()));
        }
    }
    Ok(truths)
}

/// An iteration as trtexec exports it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Iteration {
    start_enq_ms: f64,
    end_enq_ms: f64,
    start_h2d_ms: f64,
    end_h2d_ms: f64,
    start_compute_ms: f64,
    end_compute_ms: f64,
    start_d2h_ms: f64,
    end_d2h_ms: f64,
    h2d_ms: f64,
    compute_ms: f64,
    d2h_ms: f64,
    latency_ms: f64,
}

#[derive(Serialize)]
struct Metadata {
    performance_summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    #[serde(rename = "Throughput")]
    throughput: f64,
    #[serde(rename = "Latency")]
    latency: [f64; 7],
    #[serde(rename = "GPU Compute Time")]
    compute: [f64; 7],
    #[serde(rename = "Total Host Walltime")]
    walltime: f64,
    #[serde(rename = "Total GPU Compute Time")]
    total_compute: f64,
}

/// Times of the iterations: each of as many ticks above the least occurs once, in an order that looks
/// random, so that all of the summary follows from formulas.
fn write_trtexec(simulation: &Simulation, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    const START: f64 = 100.0;
    let iterations = ITERATIONS * simulation.scale as usize;
    let (profile_id, summary_id) = ("upstream.trtexec.profile", "upstream.trtexec.summary");
    let (mut truths, mut profiled) = (Vec::new(), 0_usize);
    for (row, model) in NETWORKS.into_iter().enumerate() {
        // Ticks are finer with more iterations: the spread stays the same.
        let (least, tick) = ((200 + 100 * row) as f64 * TICK, TICK / simulation.scale as f64);
        let mut now = START;
        let mut all = Vec::with_capacity(iterations);
        for number in 0..iterations {
            let compute = least + tick * ((number * 7919) % iterations) as f64 / 10.0;
            let [begin, end] = [now, now + compute].map(six_digits);
            let compute_ms = six_digits(compute);
            all.push(Iteration {
                start_enq_ms: begin,
                end_enq_ms: begin,
                start_h2d_ms: begin,
                end_h2d_ms: begin,
                start_compute_ms: begin,
                end_compute_ms: end,
                start_d2h_ms: end,
                end_d2h_ms: end,
                h2d_ms: 0.0,
                compute_ms,
                d2h_ms: 0.0,
                latency_ms: compute_ms,
            });
            now += compute;
        }
        files.write(&trtexec_path(model, "timing"), format::indented(&all)?)?;
        let at = |place: usize| least + tick * place as f64 / 10.0;
        let last = iterations - 1;
        let middle = (at(last / 2) + at(iterations / 2)) / 2.0;
        // trtexec leaves out ⌊(1 - p / 100) n⌋ of the greatest, in single precision.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of iterations")]
        let percentile = |p: f32| at(last - ((1.0 - p / 100.0) * iterations as f32) as usize);
        let latency = [at(0), at(last), middle, middle, percentile(90.0), percentile(95.0), percentile(99.0)];
        let total = middle * iterations as f64 / 1000.0;
        let summary = Summary {
            throughput: six_digits(iterations as f64 / total),
            latency: latency.map(six_digits),
            compute: latency.map(six_digits),
            walltime: six_digits(total),
            total_compute: six_digits(total),
        };
        files.write(
            &trtexec_path(model, "profile.metadata"),
            format::indented(&Metadata { performance_summary: summary })?,
        )?;
        let names = ["min ms", "max ms", "mean ms", "median ms", "p90 ms", "p95 ms", "p99 ms"];
        for (name, value) in names.into_iter().zip(latency) {
            truths.push(Truth::cell(summary_id, row, name, value, Within::Relative(1e-5)));
        }
        profiled += write_profile(model, iterations, files)?;
    }
    truths.push(Truth::value(agreement_id(summary_id), "cells", 17.0 * NETWORKS.len() as f64, Within::Exactly));
    truths.push(Truth::rows(profile_id, profiled));
    truths.push(Truth::value(agreement_id(profile_id), "cells", 2.0 * profiled as f64, Within::Exactly));
    Ok(truths)
}

/// The profile of the layers, which is a list of a count and the layers; gives their number.
fn write_profile(model: &str, iterations: usize, files: &mut dyn RawFiles) -> Result<usize, Problem> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Layer {
        name: String,
        time_ms: f64,
        average_ms: f64,
        median_ms: f64,
        percentage: f64,
    }
    let layers: Vec<build::Layer> = build::fused(model)?.into_iter().filter(|layer| layer.run_time > 0.0).collect();
    let all: f64 = layers.iter().map(|layer| layer.run_time).sum();
    let layers: Vec<Layer> = layers
        .iter()
        .map(|layer| Layer {
            name: layer.name().to_owned(),
            time_ms: six_digits(FASTER * layer.run_time * iterations as f64),
            average_ms: six_digits(FASTER * layer.run_time),
            median_ms: six_digits(FASTER * layer.run_time),
            percentage: six_digits(100.0 * layer.run_time / all),
        })
        .collect();
    let broken = |error: serde_json::Error| Problem::new(error.to_string());
    let mut text = format!("[\n  {{ \"count\" : {iterations} }}\n");
    for layer in &layers {
        text += &format!(", {}\n", serde_json::to_string(layer).map_err(broken)?);
    }
    text += "]\n";
    files.write(&trtexec_path(model, "profile"), text.into_bytes())?;
    Ok(layers.len())
}
