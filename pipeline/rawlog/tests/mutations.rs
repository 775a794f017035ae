//! Damaged files: genuine pickles with bytes changed, moved, doubled or cut off, and random
//! opcodes. Every one must be read or refused within the limits on memory and time, without panic.
//!
//! JOULEBOOK_FUZZ_SECONDS=N goes on with other damage for N seconds; JOULEBOOK_MIRROR adds the raw
//! files of tinyml-mcu.

mod common;

use std::time::{Duration, Instant};

use common::allocation::Counting;
use common::guard::read_guarded;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One kind of damage; positions are fractions of the file in units of 1/65536.
#[derive(Debug, Clone)]
enum Damage {
    Replace {
        at: u16,
        bytes: Vec<u8>,
    },
    Insert {
        at: u16,
        bytes: Vec<u8>,
    },
    Remove {
        at: u16,
        count: usize,
    },
    Copy {
        from: u16,
        count: usize,
        to: u16,
    },
    Repeat {
        at: u16,
        count: usize,
        times: usize,
    },
    Truncate {
        at: u16,
    },
    /// Lets a reference to the memo (`BINGET`) at or after a place refer to another value: the
    /// shape of the opcodes stays right, the types of the objects do not.
    Retarget {
        at: u16,
        slot: u8,
    },
    /// Changes a small integer (`BININT1`) at or after a place.
    Renumber {
        at: u16,
        number: u8,
    },
}

fn damage() -> impl Strategy<Value = Damage> {
    // Opcodes that matter and lengths that hurt are likelier than other bytes.
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(
            b"()tR]}ebusahjqrKJMGXBCcN0.\x80\x81\x85\x86\x87\x88\x8c\x8d\x8e\x93\x94\x95\x96\xff\0".to_vec()
        ),
    ];
    let bytes = prop_oneof![
        prop::collection::vec(byte, 1..6),
        prop::sample::select(vec![vec![0xff; 4], vec![0xff; 8], vec![0; 8], vec![0xff, 0xff, 0xff, 0x7f]]),
    ];
    prop_oneof![
        4 => (any::<u16>(), bytes.clone()).prop_map(|(at, bytes)| Damage::Replace { at, bytes }),
        2 => (any::<u16>(), bytes).prop_map(|(at, bytes)| Damage::Insert { at, bytes }),
        2 => (any::<u16>(), 1..200usize).prop_map(|(at, count)| Damage::Remove { at, count }),
        2 => (any::<u16>(), 1..400usize, any::<u16>()).prop_map(|(from, count, to)| Damage::Copy { from, count, to }),
        1 => (any::<u16>(), 1..60usize, 1..300usize)
            .prop_map(|(at, count, times)| Damage::Repeat { at, count, times }),
        1 => any::<u16>().prop_map(|at| Damage::Truncate { at }),
        2 => misdirection(),
    ]
}

/// Damage after which the opcodes still fit together, so that it reaches the interpretation.
fn misdirection() -> impl Strategy<Value = Damage> {
    prop_oneof![
        2 => (any::<u16>(), any::<u8>()).prop_map(|(at, slot)| Damage::Retarget { at, slot }),
        1 => (any::<u16>(), 0..12u8).prop_map(|(at, number)| Damage::Renumber { at, number }),
    ]
}

fn apply(file: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for damage in damages {
        let place = |at: u16| bytes.len() * usize::from(at) / 65536;
        let span = |at: u16, count: usize| place(at)..bytes.len().min(place(at) + count);
        match damage {
            Damage::Replace { at, bytes: new } => {
                let span = span(*at, new.len());
                bytes.splice(span, new.iter().copied());
            }
            Damage::Insert { at, bytes: new } => {
                let span = span(*at, 0);
                bytes.splice(span, new.iter().copied());
            }
            Damage::Remove { at, count } => drop(bytes.drain(span(*at, *count))),
            Damage::Copy { from, count, to } => {
                let (copy, to) = (bytes[span(*from, *count)].to_vec(), place(*to));
                bytes.splice(to..to, copy);
            }
            Damage::Repeat { at, count, times } => {
                let span = span(*at, *count);
                let copies = bytes[span.clone()].repeat(*times);
                bytes.splice(span, copies);
            }
            Damage::Truncate { at } => bytes.truncate(place(*at)),
            Damage::Retarget { at, slot } => {
                // A slot that is likely to be written by then.
                let from = place(*at);
                let writes = bytes[..from].iter().filter(|byte| [0x94, b'q'].contains(byte)).count();
                let slot = usize::from(*slot) % writes.clamp(1, 256);
                set_operand(&mut bytes[from..], b'h', slot as u8);
            }
            Damage::Renumber { at, number } => {
                let from = place(*at);
                set_operand(&mut bytes[from..], b'K', *number);
            }
        }
    }
    bytes
}

/// Sets the operand of the first byte that may be this opcode.
fn set_operand(bytes: &mut [u8], opcode: u8, operand: u8) {
    if let Some(found) = bytes.windows(2).position(|pair| pair[0] == opcode) {
        bytes[found + 1] = operand;
    }
}

fn files_in(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pkl"));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A runner that makes the same damage on every run, or other damage for each `seed`.
fn runner(cases: u32, seed: Option<u64>) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_time: 60_000, ..Config::default() };
    let rng = match seed {
        None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        Some(seed) => {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
        }
    };
    TestRunner::new_with_rng(config, rng)
}

fn damage_files(runner: &mut TestRunner, files: &[Vec<u8>]) {
    let damages = prop_oneof![prop::collection::vec(damage(), 1..6), prop::collection::vec(misdirection(), 1..4),];
    let strategy = (0..files.len(), damages);
    let result = runner.run(&strategy, |(file, damages)| {
        // A panic or a broken limit fails the case, which is then made smaller and printed.
        let _ = read_guarded(&apply(&files[file], &damages));
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

#[test]
fn damaged_files_of_all_pandas_versions() {
    let files = files_in(&common::pickles());
    assert!(files.len() > 100);
    // Undamaged, all are within the limits too.
    let read = files.iter().filter(|file| read_guarded(file).is_ok()).count();
    assert!(read > 100, "{read}");
    damage_files(&mut runner(4000, None), &files);
}

#[test]
fn damaged_raw_files() {
    let Some(mirror) = common::mirror("damaged_raw_files") else {
        return;
    };
    let files = files_in(&mirror.join("tinyml-mcu/data"));
    assert_eq!(files.len(), 12);
    for file in &files {
        assert!(read_guarded(file).is_ok());
    }
    damage_files(&mut runner(400, None), &files);
}

#[test]
fn random_opcodes() {
    let codes: Vec<u8> = b"()tR]}ebusadlhqKJNXCcN0.\x81\x85\x86\x87\x88\x89\x8c\x8f\x90\x91\x92\x93\x94".to_vec();
    let strategy = prop::collection::vec(prop::sample::select(codes), 0..400);
    let result = runner(4000, None).run(&strategy, |codes| {
        let _ = read_guarded(&[&[0x80, 4][..], &codes, b"."].concat());
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

#[test]
fn for_as_long_as_asked() {
    let seconds = std::env::var("JOULEBOOK_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let Some(seconds) = seconds else {
        println!("for_as_long_as_asked: skipped, JOULEBOOK_FUZZ_SECONDS is not set to a number");
        return;
    };
    let mut files = files_in(&common::pickles());
    if let Some(mirror) = common::mirror("for_as_long_as_asked, raw files") {
        files.extend(files_in(&mirror.join("tinyml-mcu/data")));
    }
    let start = Instant::now();
    let mut seed = 1;
    let mut cases = 0;
    while start.elapsed() < Duration::from_secs(seconds) {
        damage_files(&mut runner(500, Some(seed)), &files);
        seed += 1;
        cases += 500;
    }
    println!("for_as_long_as_asked: {cases} damaged files in {:?}", start.elapsed());
}
