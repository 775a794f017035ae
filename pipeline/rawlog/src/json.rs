//! What the readers of JSON share: objects in the order of the file, and what can be wrong.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

pub(crate) mod stream;

pub use stream::Stopped;

/// Why a JSON document could not be read. Lines and columns are counted from 1, columns in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Nothing is in the file.
    #[error("the file is empty; expected {expected}. Fetch it again and check its sha256")]
    Empty {
        /// What the file should hold.
        expected: &'static str,
    },
    /// The document ends before it is complete.
    #[error("line {line}, column {column}: the file ends inside {what}: it is truncated; fetch it again")]
    Truncated {
        /// Line of the end.
        line: u64,
        /// Column of the end.
        column: u64,
        /// What is incomplete.
        what: &'static str,
    },
    /// The bytes are no JSON.
    #[error("line {line}, column {column}: no JSON where {what} was expected: {problem}")]
    Syntax {
        /// Line of the first wrong byte.
        line: u64,
        /// Its column.
        column: u64,
        /// What was being read.
        what: &'static str,
        /// What the parser says.
        problem: String,
    },
    /// The operating system could not read on.
    #[error("line {line}: cannot be read: {message}")]
    Io {
        /// The line that could not be read.
        line: u64,
        /// What the system says.
        message: String,
    },
    /// A text or a number without an end.
    #[error(
        "line {line}: longer than {} bytes at a stretch; expected {what}, so this may be another format",
        stream::LONGEST
    )]
    TooLong {
        /// The line.
        line: u64,
        /// What was being read.
        what: &'static str,
    },
    /// Lists and objects within each other without an end.
    #[error(
        "line {line}: more than {} lists and objects within each other; expected {what}, so this may be another format",
        stream::DEEPEST
    )]
    TooDeep {
        /// The line.
        line: u64,
        /// What was being read.
        what: &'static str,
    },
    /// A value that is missing, unknown or of another type than expected.
    #[error("line {line}, column {column}: not {what}: {problem}")]
    Content {
        /// Line behind the value.
        line: u64,
        /// Its column.
        column: u64,
        /// What was expected as a whole.
        what: &'static str,
        /// What is wrong and what was expected in its place.
        problem: String,
    },
}

impl JsonError {
    fn new(error: &serde_json::Error, what: &'static str, lines_before: u64) -> Self {
        let (line, column) = (lines_before + error.line() as u64, error.column() as u64);
        // serde_json ends its messages with the place.
        let problem = error.to_string();
        let problem = problem.split(" at line ").next().unwrap_or_default().chars().take(300).collect();
        match error.classify() {
            serde_json::error::Category::Eof => Self::Truncated { line, column, what },
            serde_json::error::Category::Data => Self::Content { line, column, what, problem },
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                Self::Syntax { line, column, what, problem }
            }
        }
    }
}

/// Reads a document that fills its file but for blanks and a byte order mark.
pub(crate) fn document<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, JsonError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(JsonError::Empty { expected: what });
    }
    serde_json::from_slice(bytes).map_err(|error| JsonError::new(&error, what, 0))
}

/// Reads one line of a file of JSON lines.
pub(crate) fn line<T: DeserializeOwned>(line: u64, bytes: &[u8], what: &'static str) -> Result<T, JsonError> {
    serde_json::from_slice(bytes).map_err(|error| JsonError::new(&error, what, line.saturating_sub(1)))
}

/// An object whose keys are data (process ids, layers), in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries<V>(pub Vec<(String, V)>);

impl<V> Entries<V> {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The values in the order of the file.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder(PhantomData))
    }
}

struct InOrder<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for InOrder<V> {
    type Value = Entries<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        while let Some((key, value)) = map.next_entry::<String, V>()? {
            if !seen.insert(key.clone()) {
                return Err(twice(&key));
            }
            entries.push((key, value));
        }
        Ok(Entries(entries))
    }
}

/// The error of a key that stands already in its object.
pub(crate) fn twice<E: serde::de::Error>(key: &str) -> E {
    let key: String = key.chars().take(100).collect();
    E::custom(format!("key `{key}` occurs twice; expected each once"))
}
