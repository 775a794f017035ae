//! Damage to files: what a broken disk, a killed writer, an editor or an enemy leaves behind.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// One kind of damage; positions are fractions of the file in units of 1/65536.
#[derive(Debug, Clone)]
pub enum Damage {
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
    /// Lets a reference to a pickle's memo (`BINGET`) at or after a place refer to another value: the
    /// shape of the opcodes stays right, the types of the objects do not.
    Retarget {
        at: u16,
        slot: u8,
    },
    /// Changes a small integer of a pickle (`BININT1`) at or after a place.
    Renumber {
        at: u16,
        number: u8,
    },
}

/// Damage to any file that puts in such bytes.
pub fn edit(bytes: impl Strategy<Value = Vec<u8>> + Clone) -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<u16>(), bytes.clone()).prop_map(|(at, bytes)| Damage::Replace { at, bytes }),
        2 => (any::<u16>(), bytes).prop_map(|(at, bytes)| Damage::Insert { at, bytes }),
        2 => (any::<u16>(), 1..200usize).prop_map(|(at, count)| Damage::Remove { at, count }),
        2 => (any::<u16>(), 1..400usize, any::<u16>()).prop_map(|(from, count, to)| Damage::Copy { from, count, to }),
        1 => (any::<u16>(), 1..60usize, 1..300usize)
            .prop_map(|(at, count, times)| Damage::Repeat { at, count, times }),
        1 => any::<u16>().prop_map(|at| Damage::Truncate { at }),
    ]
}

/// Damage to a pickle after which the opcodes still fit together, so that it reaches the
/// interpretation.
pub fn misdirection() -> impl Strategy<Value = Damage> {
    prop_oneof![
        2 => (any::<u16>(), any::<u8>()).prop_map(|(at, slot)| Damage::Retarget { at, slot }),
        1 => (any::<u16>(), 0..12u8).prop_map(|(at, number)| Damage::Renumber { at, number }),
    ]
}

/// Bytes that mean something in some format of text, and bytes that are no text at all.
fn telling() -> impl Strategy<Value = Vec<u8>> + Clone {
    let telling = prop::sample::select(
        ["\"", ",", "\n", "\r", "\r\n", "{", "}", "[", "]", ":", "null", "-1", "1e999", "NaN", "99999999999999999999"]
            .map(|text| text.as_bytes().to_vec())
            .to_vec(),
    );
    prop_oneof![telling, prop::collection::vec(any::<u8>(), 1..6)]
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

/// A runner that makes the same cases on every run, or other ones for each `seed`.
pub fn runner(cases: u32, seed: Option<u64>) -> TestRunner {
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

/// Gives what the strategy makes to `check`. A panic in it, such as of a broken limit, fails the
/// test, and the case is then made smaller and printed.
pub fn run<S: Strategy>(runner: &mut TestRunner, cases: &S, check: impl Fn(S::Value)) {
    let result = runner.run(cases, |case| {
        check(case);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

/// Gives copies of the files, damaged like that, to `read`.
pub fn damage(
    runner: &mut TestRunner,
    files: &[Vec<u8>],
    damages: impl Strategy<Value = Vec<Damage>>,
    read: impl Fn(&[u8]),
) {
    run(runner, &(0..files.len(), damages), |(file, damages)| read(&apply(&files[file], &damages)));
}

/// Gives `cases` damaged copies of files of text to `read`, the same on every run.
pub fn damage_texts(cases: u32, files: &[Vec<u8>], read: impl Fn(&[u8])) {
    damage(&mut runner(cases, None), files, prop::collection::vec(edit(telling()), 1..6), read);
}
