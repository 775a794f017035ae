//! Readers of files that grow with a campaign hold little of them, whatever their size: each is given some 50 MB, which
//! are made while they are read.

mod common;

use std::io::{self, BufReader, Read, Write as _};

use common::allocation::{Counting, peak_of};
use rawlog::delimited;
use rawlog::tensorrt::mapping::Mapper;
use rawlog::tensorrt::{ByCycle, Engine, LayerTime, Profile, TakeRuns, each_run, power_log, trtexec};
use rawlog::{joblog, tracker};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A file that is made while it is read: pieces by their number, as many as there are.
struct Made<F> {
    piece: F,
    pieces: usize,
    next: usize,
    text: Vec<u8>,
    given: usize,
    bytes: usize,
}

impl<F: FnMut(usize, &mut Vec<u8>)> Made<F> {
    fn new(pieces: usize, piece: F) -> Self {
        Self { piece, pieces, next: 0, text: Vec::new(), given: 0, bytes: 0 }
    }
}

impl<F: FnMut(usize, &mut Vec<u8>)> Read for Made<F> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.next == self.pieces {
                assert!(self.bytes > 40_000_000, "{} bytes are no long file", self.bytes);
                return Ok(0);
            }
            self.text.clear();
            (self.given, self.next) = (0, self.next + 1);
            (self.piece)(self.next - 1, &mut self.text);
            self.bytes += self.text.len();
        }
        let count = (&self.text[self.given..]).read(to)?;
        self.given += count;
        Ok(count)
    }
}

const LAYERS: usize = 60;
const CYCLES: usize = 10_000;

/// A profile of some 50 MB.
fn profile() -> impl Read {
    Made::new(LAYERS * CYCLES, |run, text| {
        let (layer, cycle) = (run / CYCLES, run % CYCLES);
        if cycle == 0 {
            write!(text, "{}\n    \"layer {layer}\": [", if layer == 0 { "{" } else { "," }).unwrap();
        }
        let comma = if cycle == 0 { "" } else { "," };
        let microseconds = cycle * LAYERS + layer;
        let time = format!("20241121-05:00:{:02}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000);
        write!(text, "{comma}\n        [\n            0.0015,\n            \"{time}\"\n        ]").unwrap();
        if cycle + 1 == CYCLES {
            text.extend_from_slice(if layer + 1 == LAYERS { b"\n    ]\n}" } else { b"\n    ]" });
        }
    })
}

/// A power log of some 45 MB over the same time.
fn power_log() -> impl Read {
    Made::new(LAYERS * CYCLES * 2, |place, text| {
        let (seconds, half) = (place / 2 / 1_000_000, 5 * (place % 2));
        writeln!(text, "20241121-05:00:{seconds:02}.{:06}{half},5000.0,848.0", place / 2 % 1_000_000).unwrap();
    })
}

/// The file of a tracker, some 50 MB.
fn tracker() -> impl Read {
    Made::new(200_000, |row, text| match row {
        0 => writeln!(text, "{}", tracker::COLUMNS.join(",")).unwrap(),
        row => {
            let project = format!("module:ReLU,rep_no:{},macs:1,batch_size:1,freeText:,forward_passes:9", row % 3 + 1);
            writeln!(
                text,
                "2022-12-22T03:26:18,\"{project}\",id-{row},1.0,2.0,3.0,4.0,5.0,6.0,7.0,8.0,9.0,10.0,\
                 Linux-5.4.0-94-generic-x86_64-with-glibc2.31,3.10.8,2,Intel(R) Xeon(R) Gold 5120 CPU @ 2.20GHz,1,\
                 1 x NVIDIA GeForce RTX 2080 Ti,770.0,machine,N"
            )
            .unwrap();
        }
    })
}

struct Count(usize);

impl TakeRuns for Count {
    type Error = ();

    fn layer(&mut self, _: &str) -> Result<(), ()> {
        Ok(())
    }

    fn run(&mut self, _: LayerTime) -> Result<(), ()> {
        self.0 += 1;
        Ok(())
    }
}

const MEGABYTE: usize = 1 << 20;

#[test]
fn a_profile_run_by_run() {
    let mut count = Count(0);
    let (read, peak) = peak_of(|| each_run(BufReader::new(profile()), &mut count));
    assert!(read.is_ok() && count.0 == LAYERS * CYCLES);
    assert!(peak < MEGABYTE, "{peak} bytes");
}

#[test]
fn the_mapping_of_a_log_to_a_profile() {
    let scratch = tempfile::tempdir().unwrap();
    let layer =
        |layer| format!(r#"{{"Name": "layer {layer}", "LayerType": "CaskPooling", "Inputs": [], "Outputs": []}}"#);
    let layers: Vec<String> = (0..LAYERS).map(layer).collect();
    let engine = Engine::read(format!(r#"{{"Layers": [{}], "Bindings": []}}"#, layers.join(",")).as_bytes()).unwrap();
    let (samples, peak) = peak_of(|| {
        let mut profile = ByCycle::read_holding(BufReader::new(profile()), scratch.path(), MEGABYTE).unwrap();
        let (names, runs) = profile.split();
        let samples = power_log::in_order(BufReader::new(power_log()));
        let mut mapper = Mapper::new(samples, names, runs, &engine, 0.0);
        let rows = mapper.by_ref().map(Result::unwrap).filter(|row| row.power_with_idle.is_some()).count();
        (rows, mapper.samples().unwrap())
    });
    // The last run takes the end of the log.
    assert_eq!(samples, (LAYERS * CYCLES, 2 * LAYERS * CYCLES));
    assert!(peak < 4 * MEGABYTE, "{peak} bytes");
}

#[test]
fn the_runs_of_a_tracker() {
    let (runs, peak) = peak_of(|| {
        let runs = tracker::runs(BufReader::new(tracker())).unwrap();
        runs.map(Result::unwrap).count()
    });
    assert_eq!(runs, 199_999);
    assert!(peak < MEGABYTE, "{peak} bytes");
}

#[test]
fn comma_separated_text_in_parts() {
    let (rows, peak) = peak_of(|| {
        let file = [BufReader::new(table()), BufReader::new(table())];
        let parts = delimited::Parts::read(file, &["number", "text"], 1000).unwrap();
        parts.map(|part| part.unwrap().len()).sum::<usize>()
    });
    assert_eq!(rows, 499_999);
    assert!(peak < MEGABYTE, "{peak} bytes");
}

#[test]
fn the_iterations_of_trtexec() {
    let mut iterations = 0;
    let (read, peak) = peak_of(|| {
        trtexec::each_iteration(BufReader::new(timing()), |_| {
            iterations += 1;
            Ok::<(), ()>(())
        })
    });
    assert!(read.is_ok() && iterations == 150_000);
    assert!(peak < MEGABYTE, "{peak} bytes");
}

#[test]
fn the_failures_of_a_job_log() {
    let (log, peak) = peak_of(|| joblog::read(BufReader::new(job_log())).unwrap());
    assert_eq!(log[0].announced_rows, 500_000);
    assert!(peak < MEGABYTE, "{peak} bytes");
}

/// The measure itself: the reader of whole files holds more than that.
#[test]
fn the_tree_of_a_profile_takes_more() {
    let mut text = Vec::new();
    profile().read_to_end(&mut text).unwrap();
    let (profile, peak) = peak_of(|| Profile::read(&text).unwrap());
    assert_eq!((profile.layers.0.len(), profile.cycles()), (LAYERS, CYCLES));
    assert!(peak > 10 * MEGABYTE, "{peak} bytes");
}

/// Comma-separated text of two columns.
fn table() -> impl Read {
    Made::new(500_000, |row, text| match row {
        0 => text.extend_from_slice(b"number,text\n"),
        row => writeln!(text, "{row},\"{:080}\"", row % 7).unwrap(),
    })
}

/// The iterations of trtexec.
fn timing() -> impl Read {
    const ITERATIONS: usize = 150_000;
    Made::new(ITERATIONS, |place, text| {
        text.extend_from_slice(if place == 0 { b"[\n" } else { b",\n" });
        text.extend_from_slice(
            br#"{ "startEnqMs" : 0.5, "endEnqMs" : 0.5, "startH2dMs" : 1.5, "endH2dMs" : 1.25, "startComputeMs" : 1.125,
                "endComputeMs" : 3.0625, "startD2hMs" : 3.125, "endD2hMs" : 3.5, "h2dMs" : 0.5, "computeMs" : 2.125,
                "d2hMs" : 0.5, "latencyMs" : 2.5 }"#,
        );
        text.extend_from_slice(if place + 1 == ITERATIONS { b"]" } else { b"" });
    })
}

/// A job log of the printed style.
fn job_log() -> impl Read {
    Made::new(500_000, |run, text| {
        let (configuration, repetition) = (run / 3, run % 3 + 1);
        let settings = "batch_size:66,image_size:24,kernel_size:3,freeText:";
        writeln!(text, "{configuration}/{repetition} (config_no/rep_no) [{settings}] (0.5% done)").unwrap();
    })
}
