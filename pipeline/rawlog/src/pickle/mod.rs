//! Pickles of pandas DataFrames, read without running anything in them, and written.
//!
//! A pickle is a program for a small stack machine that may call any function of Python. This reader
//! carries out only what builds data: `opcode` decodes the operations, `machine` records objects
//! and calls in an inert graph (`value`), and `dataframe` interprets that graph, which knows the
//! classes by which pandas 0.24 to 3.0 and numpy lay out a table (`globals`). An opcode or a global
//! that is not on the list is an error naming it and its byte offset.
//!
//! [`write`](fn@write) writes a [`Frame`] in the layout of pandas 1.0.
//!
//! Memory is bounded: no file makes the reader hold more than [`MEMORY_MULTIPLE`] bytes of heap for
//! each of its own, plus [`MEMORY_BASE`] (`budget`). Nothing recurses to a depth that a file
//! chooses.
//!
//! ```
//! use std::path::Path;
//!
//! let file = Path::new("../../tests/reference/pickles/pandas-1.1.5-p4-mixed.pkl");
//! let frame = rawlog::pickle::read_path(file, 1 << 20)?;
//! assert_eq!(frame.nrows(), 5);
//! assert_eq!(frame.column("energy_uJ")?.f64()?[0], 1.5);
//! assert_eq!(frame.column("board")?.text()?[2], "L496ZG");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod axes;
mod budget;
mod cells;
mod dataframe;
mod dtype;
mod error;
mod extension;
mod globals;
mod machine;
mod numpy;
mod opcode;
mod value;
mod write;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use self::budget::Budget;
pub use self::budget::{MEMORY_BASE, MEMORY_MULTIPLE};
pub use self::error::{FileError, PickleError};
use self::numpy::Reader;
pub use self::write::{Protocol, WriteError, write};
use crate::frame::Frame;

/// What a pickle consists of, for diagnosis and tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickleSummary {
    /// Pickle protocol, 2 to 5.
    pub protocol: u8,
    /// Opcodes that occur, by their names in Python's `pickletools`, with how often; in the order of
    /// their codes.
    pub opcodes: Vec<(&'static str, u32)>,
    /// Number of values that the memo holds at the end.
    pub memo_entries: usize,
    /// Dotted names of classes and functions that are named, in the order of their first occurrence,
    /// as Python 3 and numpy 1 call them.
    pub globals: Vec<String>,
    /// The layout of each block, e.g. `<f8 14x462 _frombuffer at slice(15,29,1)`.
    pub blocks: Vec<String>,
}

/// Whether the bytes begin as a pickle of protocol 2 or later does.
#[must_use]
pub fn is_pickle(bytes: &[u8]) -> bool {
    matches!(bytes, [PROTO, protocol, ..] if (2..=32).contains(protocol))
}

const PROTO: u8 = 0x80;

/// Reads a pickled DataFrame.
///
/// # Errors
/// [`PickleError`] with the byte offset and the name of what was met there.
pub fn read(bytes: &[u8]) -> Result<Frame, PickleError> {
    read_with_summary(bytes).map(|(frame, _)| frame)
}

/// Reads a pickled DataFrame and says what the pickle consists of.
///
/// # Errors
/// As [`read`].
pub fn read_with_summary(bytes: &[u8]) -> Result<(Frame, PickleSummary), PickleError> {
    let protocol = match bytes {
        [PROTO, protocol, ..] => *protocol,
        _ => {
            return Err(PickleError::NotAPickle { found: recognise(bytes).to_owned() });
        }
    };
    if !(2..=5).contains(&protocol) {
        return Err(PickleError::Protocol { protocol });
    }
    let limit = u32::MAX;
    if u32::try_from(bytes.len()).is_err() {
        return Err(PickleError::TooLong { length: bytes.len() as u64, limit: limit.into() });
    }
    let mut budget = Budget::for_file(bytes.len());
    let loaded = machine::load(bytes, &mut budget)?;
    let mut reader = Reader { arena: &loaded.arena, budget: &mut budget, categories: Vec::new() };
    let (frame, blocks) = reader.data_frame(loaded.root)?;
    let opcodes = (0..=u8::MAX).zip(loaded.opcodes);
    let summary = PickleSummary {
        protocol,
        opcodes: opcodes.filter(|&(_, count)| count > 0).map(|(code, count)| (opcode::name(code), count)).collect(),
        memo_entries: loaded.memo_entries,
        globals: loaded.globals.iter().map(|g| g.dotted_name()).collect(),
        blocks,
    };
    Ok((frame, summary))
}

/// Reads a pickled DataFrame from a file of at most `max_bytes`.
///
/// # Errors
/// [`FileError`], which names the file: it cannot be read, is larger than the limit, or does not hold
/// a frame.
pub fn read_path(path: &Path, max_bytes: u64) -> Result<Frame, FileError> {
    let io_error = |source| FileError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io_error)?;
    let too_large = |bytes| FileError::TooLarge { path: path.to_owned(), bytes, limit: max_bytes };
    let length = file.metadata().map_err(io_error)?.len();
    if length > max_bytes {
        return Err(too_large(length));
    }
    // A file can grow, and a pipe has no length: the limit holds for what is read.
    let mut bytes = Vec::new();
    let mut limited = file.take(max_bytes.saturating_add(1));
    limited.read_to_end(&mut bytes).map_err(io_error)?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large(bytes.len() as u64));
    }
    read(&bytes).map_err(|source| FileError::Pickle { path: path.to_owned(), source })
}

/// What bytes that are no pickle look like, and what to do.
fn recognise(bytes: &[u8]) -> &'static str {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"\x1f\x8b", "it is compressed with gzip; decompress it first"),
        (b"BZh", "it is compressed with bzip2; decompress it first"),
        (b"\xfd7zXZ\0", "it is compressed with xz; decompress it first"),
        (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; decompress it first"),
        (b"PK\x03\x04", "it is a zip archive; unpack it first"),
        (b"\x89HDF", "it is an HDF5 file"),
        (b"PAR1", "it is a Parquet file"),
        (b"ARROW1", "it is an Arrow file"),
        (b"\x93NUMPY", "it is an array of numpy (.npy)"),
        (b"version https://git-lfs", "it is a pointer of git LFS; fetch the file itself"),
    ];
    if bytes.is_empty() {
        return "the file is empty";
    }
    let known = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic));
    known.map_or(
        "it does not begin with the opcode PROTO (0x80); \
         if it is a pickle of protocol 0 or 1, write it again with protocol 2 or later",
        |(_, what)| what,
    )
}
