//! Single pieces of the work of studies, timed from the inside, without the start of a program.
//!
//! tests/peers holds the same pieces as one writes them in Python. Both sides take the same arguments and print the
//! same JSON, `{"seconds": […], "result": {…}}`, so that tests/peers/compare.py can set one beside the other and see
//! that they did the same work:
//!
//! ```text
//! cargo bench --bench pieces -- windows LOG WINDOWS
//! ```
//!
//! Benches are built with the dev profile, which is what `cargo xtask` runs.

mod models;
mod pickles;
mod power_metrics;
mod trackers;
mod windows;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Map, Value, json};

const USAGE: &str = "usage: pieces PIECE [--repeat N] FILE...
  pickles FILE...                        read pickled data frames
  windows LOG WINDOWS                    sum a power log over windows
  trackers (CSV LOG NAME)...             read tracker files and job logs, average runs
  power-metrics FILE...                  integrate recorded powers
  models LIST FOLDER                     fit the models of a list to the data sets in a folder";

/// What a piece found, by names that both sides use.
type Found = Map<String, Value>;
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.is_empty() {
        // `cargo bench` runs every bench.
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run(arguments) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("pieces: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: Vec<String>) -> Outcome<Value> {
    let piece = arguments.remove(0);
    let mut repeat = 1;
    if arguments.first().is_some_and(|argument| argument == "--repeat") {
        arguments.remove(0);
        repeat = arguments.drain(..1.min(arguments.len())).next().ok_or(USAGE)?.parse()?;
    }
    match piece.as_str() {
        "pickles" => timed(repeat, || pickles::read(&arguments), |found| pickles::told(found)),
        "windows" => timed(repeat, || windows::sums(&arguments), windows::told),
        "trackers" => timed(repeat, || trackers::data_sets(&arguments), |found| trackers::told(found)),
        "power-metrics" => timed(repeat, || power_metrics::energies(&arguments), |found| power_metrics::told(found)),
        "models" => {
            let input = models::read(&arguments)?;
            timed(repeat, || models::fitted(&input), |found| models::told(found))
        }
        _ => Err(USAGE.into()),
    }
}

/// Does a piece so many times; what there is to tell of it is put together off the clock.
fn timed<T>(repeat: usize, work: impl Fn() -> Outcome<T>, told: impl Fn(&T) -> Found) -> Outcome<Value> {
    let mut seconds = Vec::new();
    let mut last = None;
    for _ in 0..repeat.max(1) {
        let begin = Instant::now();
        let done = work()?;
        seconds.push(begin.elapsed().as_secs_f64());
        last = Some(done);
    }
    Ok(json!({ "seconds": seconds, "result": last.as_ref().map(told) }))
}
