//! Damaged files: genuine pickles with bytes changed, moved, doubled or cut off, and random
//! opcodes. Every one must be read or refused within the limits on memory and time, without panic.
//!
//! JOULEBOOK_FUZZ_SECONDS=N goes on with other damage for N seconds; JOULEBOOK_MIRROR adds the raw
//! files of tinyml-mcu.

mod common;

use std::time::{Duration, Instant};

use common::allocation::Counting;
use common::guard::read_guarded;
use common::mutate::{damage, edit, misdirection, run, runner};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Opcodes that matter and lengths that hurt are likelier than other bytes.
fn opcodes() -> impl Strategy<Value = Vec<u8>> + Clone {
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(
            b"()tR]}ebusahjqrKJMGXBCcN0.\x80\x81\x85\x86\x87\x88\x8c\x8d\x8e\x93\x94\x95\x96\xff\0".to_vec()
        ),
    ];
    prop_oneof![
        prop::collection::vec(byte, 1..6),
        prop::sample::select(vec![vec![0xff; 4], vec![0xff; 8], vec![0; 8], vec![0xff, 0xff, 0xff, 0x7f]]),
    ]
}

fn files_in(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pkl"));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn damage_pickles(runner: &mut TestRunner, files: &[Vec<u8>]) {
    let any = prop_oneof![6 => edit(opcodes()), 1 => misdirection()];
    let damages = prop_oneof![prop::collection::vec(any, 1..6), prop::collection::vec(misdirection(), 1..4)];
    damage(runner, files, damages, |bytes| drop(read_guarded(bytes)));
}

#[test]
fn damaged_files_of_all_pandas_versions() {
    let files = files_in(&common::pickles());
    assert!(files.len() > 100);
    // Undamaged, all are within the limits too.
    let read = files.iter().filter(|file| read_guarded(file).is_ok()).count();
    assert!(read > 100, "{read}");
    damage_pickles(&mut runner(4000, None), &files);
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
    damage_pickles(&mut runner(400, None), &files);
}

#[test]
fn random_opcodes() {
    let codes: Vec<u8> = b"()tR]}ebusadlhqKJNXCcN0.\x81\x85\x86\x87\x88\x89\x8c\x8f\x90\x91\x92\x93\x94".to_vec();
    let strategy = prop::collection::vec(prop::sample::select(codes), 0..400);
    run(&mut runner(4000, None), &strategy, |codes| {
        drop(read_guarded(&[&[0x80, 4][..], &codes, b"."].concat()));
    });
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
        damage_pickles(&mut runner(500, Some(seed)), &files);
        seed += 1;
        cases += 500;
    }
    println!("for_as_long_as_asked: {cases} damaged files in {:?}", start.elapsed());
}
