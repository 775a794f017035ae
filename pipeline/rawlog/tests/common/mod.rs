//! What several tests of the readers share.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod allocation;
pub mod assembler;
pub mod expected;
pub mod guard;
pub mod mutate;

use std::path::PathBuf;

use rawlog::{Cell, CellRef, Container};

/// The folder of the repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pickles made by tests/reference/make_pickles.py.
pub fn pickles() -> PathBuf {
    repository().join("tests/reference/pickles")
}

/// The mirror of raw files, or `None` after saying why the test is skipped.
pub fn mirror(test: &str) -> Option<PathBuf> {
    let mirror = std::env::var_os("JOULEBOOK_MIRROR").filter(|value| !value.is_empty());
    if mirror.is_none() {
        println!("{test}: skipped, JOULEBOOK_MIRROR names no folder with the raw files");
    }
    // A relative path is meant from the top of the repository, where tests are started.
    mirror.map(|path| repository().join(path))
}

/// A cell as the token by which the reference values are hashed and written down: `f` and the bits
/// of a float, `n` NaN, `i` integer, `t` nanoseconds, `s` text, `c` class, `a` array, …
pub fn token(cell: &CellRef<'_>) -> String {
    match *cell {
        CellRef::Float(number) | CellRef::Object(&Cell::Float(number)) => {
            if number.is_nan() {
                "n".to_owned()
            } else {
                format!("f{:016x}", number.to_bits())
            }
        }
        CellRef::Int(number) | CellRef::Object(&Cell::Int(number)) => format!("i{number}"),
        CellRef::Bool(flag) | CellRef::Object(&Cell::Bool(flag)) => format!("b{}", u8::from(flag)),
        CellRef::Datetime(nanoseconds) => format!("t{nanoseconds}"),
        CellRef::Object(cell) => match cell {
            Cell::Text(text) => format!("s{text}"),
            Cell::None => "N".to_owned(),
            Cell::Missing => "A".to_owned(),
            Cell::Class(name) => format!("c{name}"),
            Cell::Container { kind, entries } => {
                let letter = match kind {
                    Container::Dict => 'D',
                    Container::List => 'L',
                    Container::Tuple => 'T',
                    Container::Set => 'S',
                };
                format!("{letter}{entries}")
            }
            Cell::Array(array) => {
                let values: Vec<String> = array.values.cells().map(|v| v.to_string()).collect();
                format!("a{}[{}]", array.dtype, values.join(","))
            }
            other => panic!("no token for {other:?}"),
        },
    }
}
