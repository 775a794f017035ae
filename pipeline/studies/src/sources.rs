//! The pins of a study's raw files: `raw/<study>/sources.toml`, typed and checked.
//!
//! ```toml
//! schema = 1
//! study = "tinyml-mcu"            # the name of the folder
//! title = "…"                     # optional, as are authors, arxiv, terms and [licence]
//! terms = "…"                     # what [licence] says, in a few words
//! [licence]
//! statement = "…"                 # or one entry for each upstream repository
//! [[file]]
//! path = "data/table.pkl"         # below raw/<study>/, parts separated by `/`
//! bytes = 9308
//! sha256 = "…"                    # 64 lower-case hex digits
//! repository = "owner/name"       # on GitHub
//! commit = "…"                    # 40 lower-case hex digits
//! upstream_path = "data/table.pkl"
//! read_by = "…"                   # optional
//! [[missing]]                     # inputs that were never released, or cannot be had
//! name = "…"
//! holds = "…"
//! why = "…"
//! upstream_says = "…"             # optional
//! ```
//!
//! `file = []`, before the first table, says that nothing is pinned yet: such a study is made from its simulated campaign.
//! Other keys are remarks for the reader and are ignored.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

mod check;

/// The checked content of one `raw/<study>/sources.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// Name of the study, equal to that of its folder below `raw/`.
    pub study: String,
    /// Title of the publication.
    pub title: Option<String>,
    /// Authors of the publication, in its order.
    pub authors: Vec<String>,
    /// arXiv identifier of the publication, such as `2104.10645`.
    pub arxiv: Option<String>,
    /// What is known of the licence, in a few words.
    pub terms: Option<String>,
    /// What is known of the licence: key `statement`, or one key for each upstream repository.
    pub licence: BTreeMap<String, String>,
    /// The pinned files, in the order of the file; none where it says `file = []`.
    pub files: Vec<Pin>,
    /// Inputs of the original analysis that were never released, or cannot be had.
    pub missing: Vec<MissingInput>,
    /// The `sources.toml` that this was read from, for messages.
    pub file: PathBuf,
}

/// One pinned raw file: where it belongs, what it must contain, where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Place below `raw/<study>/`: relative, parts separated by `/`, none of them empty, `.` or `..`.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the content, 64 lower-case hex digits.
    pub sha256: String,
    /// GitHub repository, `owner/name`.
    pub repository: String,
    /// Commit of that repository, 40 lower-case hex digits.
    pub commit: String,
    /// Path in that repository at that commit, of the same form as `path`.
    pub upstream_path: String,
    /// Which cells of the original analysis read the file.
    pub read_by: Option<String>,
    /// Line of the entry in `sources.toml`, counted from 1, for messages.
    pub line: usize,
}

/// An input that the authors had, and that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MissingInput {
    /// File name or pattern.
    pub name: String,
    /// What it holds.
    pub holds: String,
    /// Why it cannot be had.
    pub why: String,
    /// What the upstream repository says of it.
    pub upstream_says: Option<String>,
}

/// Why the pins of a study cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourcesError {
    /// A name that cannot be a folder below `raw/`.
    #[error("`{study}` is no name of a study: expected lower-case letters, digits and `-`")]
    StudyName {
        /// The name as given.
        study: String,
    },
    /// The study has no `sources.toml`.
    #[error("study `{study}` has no pinned raw files: expected {}; studies that have: {}", .file.display(), list(.known))]
    Unknown {
        /// The name as given.
        study: String,
        /// The file that was looked for.
        file: PathBuf,
        /// The studies that do have one, sorted.
        known: Vec<String>,
    },
    /// No study at all has a `sources.toml`.
    #[error("{} holds no <study>/sources.toml: run this from the repository of the papers", .raw.display())]
    NoStudies {
        /// The `raw/` folder that was looked at.
        raw: PathBuf,
    },
    /// A file or folder could not be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not TOML, or a key is absent or of another type.
    #[error("{}:{line}: {message}; expected the keys described in pipeline/studies/src/sources.rs", .file.display())]
    Syntax {
        /// The `sources.toml`.
        file: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// What the parser said.
        message: String,
    },
    /// A value that breaks a rule.
    #[error("{}:{line}: {key} = {found:?}: expected {expected}", .file.display())]
    Value {
        /// The `sources.toml`.
        file: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// The key.
        key: &'static str,
        /// The value as written.
        found: String,
        /// The rule, as the end of "expected …".
        expected: String,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The folder of a study's raw files, `<root>/raw/<study>`.
pub fn raw_folder(root: &Path, study: &str) -> PathBuf {
    root.join("raw").join(study)
}

/// The studies that have a `raw/<study>/sources.toml`, sorted by name.
///
/// # Errors
/// [`SourcesError::Read`] if `raw/` exists and cannot be listed.
pub fn pinned_studies(root: &Path) -> Result<Vec<String>, SourcesError> {
    let raw = root.join("raw");
    let failed = |source| SourcesError::Read { path: raw.clone(), source };
    let entries = match std::fs::read_dir(&raw) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut studies = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if let Ok(name) = entry.file_name().into_string()
            && is_study_name(&name)
            && entry.path().join("sources.toml").is_file()
        {
            studies.push(name);
        }
    }
    studies.sort();
    Ok(studies)
}

impl Sources {
    /// Reads and checks `<root>/raw/<study>/sources.toml`.
    ///
    /// # Errors
    /// [`SourcesError`], naming file and line where there is one.
    pub fn load(root: &Path, study: &str) -> Result<Sources, SourcesError> {
        if !is_study_name(study) {
            return Err(SourcesError::StudyName { study: study.to_owned() });
        }
        let file = raw_folder(root, study).join("sources.toml");
        match std::fs::read_to_string(&file) {
            Ok(text) => Sources::parse(&text, study, &file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(SourcesError::Unknown { study: study.to_owned(), file, known: pinned_studies(root)? })
            }
            Err(source) => Err(SourcesError::Read { path: file, source }),
        }
    }

    /// Reads the pins of the named studies, each once, or of all pinned studies if none is named.
    ///
    /// # Errors
    /// The first [`SourcesError`]; [`SourcesError::NoStudies`] if none is named and none is pinned.
    pub fn load_all(root: &Path, studies: &[String]) -> Result<Vec<Sources>, SourcesError> {
        let mut names = Vec::<String>::new();
        for name in studies {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        if names.is_empty() {
            names = pinned_studies(root)?;
            if names.is_empty() {
                return Err(SourcesError::NoStudies { raw: root.join("raw") });
            }
        }
        names.iter().map(|name| Sources::load(root, name)).collect()
    }

    /// Checks the text of a `sources.toml`. `file` is only named in messages.
    ///
    /// # Errors
    /// [`SourcesError::Syntax`] or [`SourcesError::Value`].
    pub fn parse(text: &str, study: &str, file: &Path) -> Result<Sources, SourcesError> {
        check::check(text, study, file)
    }

    /// The pin of the file at `path` (as in [`Pin::path`]).
    pub fn pin(&self, path: &str) -> Option<&Pin> {
        self.files.iter().find(|pin| pin.path == path)
    }

    /// Sum of the sizes of all pinned files, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, pin| sum.saturating_add(pin.bytes))
    }
}

impl Pin {
    /// Where the file belongs below `folder` (a study's folder in `raw/` or in a mirror).
    pub fn below(&self, folder: &Path) -> PathBuf {
        let mut place = folder.to_owned();
        place.extend(self.path.split('/'));
        place
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

fn is_study_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && !name.starts_with('-') && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests;
