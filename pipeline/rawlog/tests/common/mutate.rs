//! Damage to files of text: what a broken disk, a killed writer or an editor leaves behind.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// One kind of damage; positions are fractions of the file in units of 1/65536.
#[derive(Debug, Clone)]
pub enum Damage {
    Replace { at: u16, bytes: Vec<u8> },
    Insert { at: u16, bytes: Vec<u8> },
    Remove { at: u16, count: usize },
    Copy { from: u16, count: usize, to: u16 },
    Truncate { at: u16 },
}

fn damage() -> impl Strategy<Value = Damage> {
    // What means something in some format of text, and what is no text at all.
    let telling = prop::sample::select(
        ["\"", ",", "\n", "\r", "\r\n", "{", "}", "[", "]", ":", "null", "-1", "1e999", "NaN", "99999999999999999999"]
            .map(|text| text.as_bytes().to_vec())
            .to_vec(),
    );
    let bytes = prop_oneof![telling, prop::collection::vec(any::<u8>(), 1..6)];
    prop_oneof![
        4 => (any::<u16>(), bytes.clone()).prop_map(|(at, bytes)| Damage::Replace { at, bytes }),
        3 => (any::<u16>(), bytes).prop_map(|(at, bytes)| Damage::Insert { at, bytes }),
        2 => (any::<u16>(), 1..200usize).prop_map(|(at, count)| Damage::Remove { at, count }),
        2 => (any::<u16>(), 1..400usize, any::<u16>()).prop_map(|(from, count, to)| Damage::Copy { from, count, to }),
        1 => any::<u16>().prop_map(|at| Damage::Truncate { at }),
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
            Damage::Truncate { at } => bytes.truncate(place(*at)),
        }
    }
    bytes
}

/// Gives `cases` damaged copies of the files to `read`, the same on every run. A panic in it fails
/// the test, and the damage is then made smaller and printed.
pub fn damage_files(cases: u32, files: &[Vec<u8>], read: impl Fn(&[u8])) {
    let config = Config { cases, failure_persistence: None, max_shrink_time: 60_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&(0..files.len(), prop::collection::vec(damage(), 1..6)), |(file, damages)| {
        read(&apply(&files[file], &damages));
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
