//! `pipeline.lock`: the digest of each raw file and of each output of the published campaign.
//!
//! One line a file, below the stage that makes it, in the order in which data flow, so that `git diff`
//! shows what a change reached:
//!
//! ```text
//! stage tinyml-mcu/stats/fig5-regression
//! 5f0c…(64 digits) 81d0…(16 digits) derived/tinyml-mcu/records/fig5.regression.json
//! ```
//!
//! The first digest is SHA-256 over the bytes. The second one tells numbers that are the same from
//! others where the bytes differ: of JSON, tables and specifications of charts it is over texts and numbers
//! to ten significant digits, of a paper over the sources that no stage makes; dashes where there is neither.

use std::collections::HashMap;
use std::fmt;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use dag::Digest;

use crate::file;

/// The name of the file, at the top of the workspace.
pub const FILE: &str = "pipeline.lock";

const FORMAT: &str = "format 1";
const HEAD: &str = "\
# The digests of the raw files and of all that `cargo xtask build-paper` makes of them: of bytes (SHA-256), and
# of numbers to ten digits. `cargo xtask check` compares with them, `cargo xtask check --accept` writes them.
";
const NO_NUMBERS: &str = "----------------";

/// What tells numbers that are the same from others: the beginning of a digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub(crate) struct Numbers([u8; 8]);

impl Numbers {
    pub(crate) fn of(digest: &Digest) -> Self {
        let bytes = digest.to_bytes();
        Self(std::array::from_fn(|place| bytes[place]))
    }

    fn from_hex(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// A file of the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The stage that makes it; none makes a raw file.
    pub stage: Option<String>,
    /// Its path in the workspace.
    pub path: String,
    /// The digest of its bytes.
    pub sha256: Digest,
    pub(crate) numbers: Option<Numbers>,
}

/// The reference of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// Raw files, then outputs in the order in which data flow.
    pub entries: Vec<Entry>,
}

impl Lock {
    /// Reads the lock of a workspace; `None` if it has none.
    ///
    /// # Errors
    /// When it cannot be read, or a line is none of a lock.
    pub fn read(root: &Path) -> Result<Option<Self>, LockError> {
        let path = root.join(FILE);
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(LockError::Io { path, source }),
            Ok(text) => Self::parse(&text).map(Some),
        }
    }

    /// Reads the text of a lock.
    ///
    /// # Errors
    /// [`LockError::Line`] with the first line that is none of a lock.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        match lines.next() {
            Some((_, FORMAT)) => {}
            found => {
                let (line, found) = found.unwrap_or((1, ""));
                return Err(LockError::Line { line, found: found.to_owned(), expected: "`format 1`".to_owned() });
            }
        }
        let (mut stage, mut entries) = (None, Vec::new());
        for (number, line) in lines {
            if let Some(id) = line.strip_prefix("stage ") {
                stage = Some(id.to_owned());
                continue;
            }
            let entry = Self::entry(line, stage.as_ref()).ok_or_else(|| LockError::Line {
                line: number,
                found: line.to_owned(),
                expected: "`stage ID`, or `<sha256> <16 hex digits or dashes> <path>`".to_owned(),
            })?;
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    fn entry(line: &str, stage: Option<&String>) -> Option<Entry> {
        let (sha256, rest) = line.split_once(' ')?;
        let (numbers, path) = rest.split_once(' ')?;
        let numbers = match numbers {
            NO_NUMBERS => None,
            hex => Some(Numbers::from_hex(hex)?),
        };
        let sha256 = Digest::from_hex(sha256)?;
        (!path.is_empty()).then(|| Entry { stage: stage.cloned(), path: path.to_owned(), sha256, numbers })
    }

    /// The text of the lock.
    pub fn render(&self) -> String {
        let mut text = format!("{HEAD}{FORMAT}\n");
        let mut stage = None;
        for entry in &self.entries {
            if entry.stage.as_ref() != stage {
                stage = entry.stage.as_ref();
                let _ = writeln!(text, "\nstage {}", stage.map_or("", String::as_str));
            }
            let numbers = entry.numbers.map_or_else(|| NO_NUMBERS.to_owned(), |numbers| numbers.to_string());
            let _ = writeln!(text, "{} {numbers} {}", entry.sha256, entry.path);
        }
        text
    }

    /// Writes the lock: by rename, so that it is the old or the new one at any instant.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, root: &Path) -> Result<(), LockError> {
        let path = root.join(FILE);
        file::replace(&path, self.render().as_bytes()).map_err(|source| LockError::Io { path, source })
    }

    /// The entries by their paths.
    pub fn by_path(&self) -> HashMap<&str, &Entry> {
        self.entries.iter().map(|entry| (entry.path.as_str(), entry)).collect()
    }
}

/// Why a lock cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The file system refuses.
    #[error("cannot read or write {}: {source}", path.display())]
    Io {
        /// The lock.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A line is none of a lock.
    #[error(
        "{FILE}:{line}: found {found:?}, expected {expected}; after a merge, take either side and run `cargo xtask \
         check --accept`"
    )]
    Line {
        /// Which, from 1.
        line: usize,
        /// What stands there.
        found: String,
        /// What could stand there.
        expected: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let entry = |stage: Option<&str>, path: &str, numbers: bool| {
            let sha256 = Digest::of(path.as_bytes());
            let numbers = numbers.then(|| Numbers::of(&sha256));
            Entry { stage: stage.map(str::to_owned), path: path.to_owned(), sha256, numbers }
        };
        let entries = vec![
            entry(None, "raw/s/a file.pkl", false),
            entry(Some("s/ingest/a"), "derived/s/a.parquet", true),
            entry(Some("s/figures/b"), "derived/s/b.csv", true),
            entry(Some("s/figures/b"), "figures/s/b.svg", false),
        ];
        Lock { entries }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lock = lock();
        assert_eq!(Lock::parse(&lock.render()).unwrap(), lock);
        let dir = tempfile::tempdir().unwrap();
        assert!(Lock::read(dir.path()).unwrap().is_none());
        lock.write(dir.path()).unwrap();
        assert_eq!(Lock::read(dir.path()).unwrap(), Some(lock));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_lock_that_is_cut_or_merged_in_two_is_refused_with_its_line() {
        let text = lock().render();
        let line = |text: &str| match Lock::parse(text) {
            Err(LockError::Line { line, .. }) => Some(line),
            _ => None,
        };
        assert_eq!(line(""), Some(1));
        assert_eq!(line("format 2\n"), Some(1));
        let count = text.lines().count();
        assert_eq!(line(&format!("{text}<<<<<<< HEAD\n")), Some(count + 1));
        assert_eq!(line(&text[..text.len() - "figures/s/b.svg\n".len()]), Some(count));
        assert_eq!(line(&text.replacen(&NO_NUMBERS[1..], "", 1)), Some(4));
    }
}
