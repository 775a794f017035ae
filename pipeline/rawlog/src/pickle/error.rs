//! What can be wrong with a pickle, and where.

use std::path::PathBuf;

/// Why a pickle could not be read as a table.
///
/// Offsets are byte offsets into the file. Where an error concerns an object, the offset is that of
/// the opcode that made the object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PickleError {
    /// The bytes do not begin as a pickle of protocol 2 to 5 does.
    #[error("this is not a pickle of protocol 2 to 5: {found}")]
    NotAPickle {
        /// What the bytes look like instead, and what to do about it.
        found: String,
    },

    /// A protocol newer than this reader knows.
    #[error("offset 0: pickle protocol {protocol}; protocols 2 to 5 can be read")]
    Protocol {
        /// Protocol named by the file.
        protocol: u8,
    },

    /// The file is longer than the offsets of this reader reach.
    #[error("the file has {length} bytes; at most {limit} can be read")]
    TooLong {
        /// Bytes in the file.
        length: u64,
        /// Largest length that is read.
        limit: u64,
    },

    /// The file ends before an operand, a frame or the pickle itself is complete.
    #[error(
        "offset {offset}: the file ends inside {what}: {missing} more byte(s) expected. \
         The file is truncated, or a length in it is wrong; fetch it again and check its sha256"
    )]
    Truncated {
        /// Where the incomplete opcode begins.
        offset: usize,
        /// Name of the opcode or of the part that is incomplete.
        what: &'static str,
        /// Bytes that are missing (the least that would do).
        missing: u64,
    },

    /// Bytes follow the end of the pickle.
    #[error("offset {offset}: {bytes} byte(s) follow the end (STOP) of the pickle; expected none")]
    TrailingBytes {
        /// First byte after STOP.
        offset: usize,
        /// How many there are.
        bytes: usize,
    },

    /// A byte that is no opcode of any protocol.
    #[error("offset {offset}: byte 0x{byte:02x} is not a pickle opcode; the file is damaged")]
    UnknownOpcode {
        /// Where the byte is.
        offset: usize,
        /// The byte.
        byte: u8,
    },

    /// An opcode of the pickle format that no DataFrame needs.
    #[error("offset {offset}: opcode {opcode} is not allowed: {reason}")]
    OpcodeNotAllowed {
        /// Where the opcode is.
        offset: usize,
        /// Its name in Python's `pickletools`.
        opcode: &'static str,
        /// What it would do.
        reason: &'static str,
    },

    /// A class or function that is neither needed by a DataFrame nor known as a feature of pandas.
    #[error(
        "offset {offset}: global `{name}` is not allowed; a pandas DataFrame needs only classes of \
         pandas and numpy that hold data, and nothing of a pickle is ever run"
    )]
    GlobalNotAllowed {
        /// Where it is referred to.
        offset: usize,
        /// Its dotted name.
        name: String,
    },

    /// Something that pandas writes and this reader does not read.
    #[error("offset {offset}: {feature} is not supported{hint}")]
    Unsupported {
        /// Where it was met.
        offset: usize,
        /// The feature by name.
        feature: String,
        /// What to do, beginning with `; `, or empty.
        hint: &'static str,
    },

    /// A cell of an object column that has no counterpart in [`crate::Cell`].
    #[error("offset {offset}: column `{column}`, row {row}: {feature} is not supported in a cell")]
    UnsupportedCell {
        /// Where the value was made.
        offset: usize,
        /// Name of the column.
        column: String,
        /// Row position, from 0.
        row: usize,
        /// The kind of value by name.
        feature: String,
    },

    /// The opcodes do not fit together.
    #[error("offset {offset}: {opcode} expects {expected}, found {found}; the file is damaged")]
    BadOpcodeUse {
        /// Where the opcode is.
        offset: usize,
        /// Its name.
        opcode: &'static str,
        /// What it needs on the stack or in the memo.
        expected: &'static str,
        /// What was there.
        found: String,
    },

    /// The objects are not a DataFrame as pandas builds it.
    #[error("offset {offset}: {what}: expected {expected}, found {found}")]
    BadStructure {
        /// Where the object was made.
        offset: usize,
        /// The part of the frame.
        what: String,
        /// What a frame has there.
        expected: String,
        /// What the file has there.
        found: String,
    },

    /// Reading on would take more memory than a file of this size may.
    #[error(
        "offset {offset}: the objects of this file of {file_bytes} bytes take more than {limit} bytes of memory, \
         the most that is allowed for it; it refers to the same data over and over, or repeats what takes \
         no place in the file"
    )]
    MemoryLimit {
        /// Object or opcode at which the limit was reached.
        offset: usize,
        /// Size of the file.
        file_bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refused.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than the caller allows.
    #[error("{}: {bytes} bytes, more than the limit of {limit}; raise the limit if this is no mistake", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit that the caller set.
        limit: u64,
    },
    /// The content is not a frame that can be read.
    #[error("{}: {source}", path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the offset.
        source: PickleError,
    },
}
