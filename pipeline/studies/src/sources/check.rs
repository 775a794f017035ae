//! The rules of `sources.toml`, checked with the line of each value at hand.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{MissingInput, Pin, Sources, SourcesError};

/// The only `schema` of `sources.toml` so far.
const SCHEMA: i64 = 1;

/// See [`Sources::parse`].
pub(super) fn check(text: &str, study: &str, file: &Path) -> Result<Sources, SourcesError> {
    let checker = Checker::new(text, file);
    // First, so that a file of another schema is not blamed for its keys.
    checker.schema()?;
    let document: Document = checker.deserialize()?;

    checker.rule("study", &document.study, document.study.get_ref() == study, || {
        format!("\"{study}\", the name of the folder")
    })?;
    let Some(files) = document.file else {
        return Err(checker.syntax(0..0, "no [[file]] entry; `file = []` says that nothing is pinned yet"));
    };
    let files = files.into_iter().map(|entry| checker.pin(entry)).collect::<Result<Vec<_>, _>>()?;
    checker.distinct(&files)?;

    Ok(Sources {
        study: study.to_owned(),
        title: document.title,
        authors: document.authors,
        arxiv: document.arxiv,
        terms: document.terms,
        licence: document.licence,
        files,
        missing: document.missing,
        file: file.to_owned(),
    })
}

/// `sources.toml` as written, before its values are checked.
#[derive(Deserialize)]
struct Document {
    study: Spanned<String>,
    title: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    arxiv: Option<String>,
    terms: Option<String>,
    #[serde(default)]
    licence: BTreeMap<String, String>,
    file: Option<Vec<FileEntry>>,
    #[serde(default)]
    missing: Vec<MissingInput>,
}

/// One `[[file]]` as written.
#[derive(Deserialize)]
struct FileEntry {
    path: Spanned<String>,
    bytes: u64,
    sha256: Spanned<String>,
    repository: Spanned<String>,
    commit: Spanned<String>,
    upstream_path: Spanned<String>,
    read_by: Option<String>,
}

/// The text at hand, to turn byte offsets into lines.
struct Checker<'a> {
    text: &'a str,
    file: &'a Path,
    /// Where the lines end: every pin asks for its own.
    ends: Vec<usize>,
}

impl<'a> Checker<'a> {
    fn new(text: &'a str, file: &'a Path) -> Self {
        Self { text, file, ends: text.match_indices('\n').map(|(offset, _)| offset).collect() }
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.ends.partition_point(|&end| end < offset)
    }

    fn syntax(&self, span: Range<usize>, message: &str) -> SourcesError {
        SourcesError::Syntax {
            file: self.file.to_owned(),
            line: self.line(span.start),
            message: message.replace('\n', " "),
        }
    }

    fn value(&self, key: &'static str, line: usize, found: &str, expected: impl Into<String>) -> SourcesError {
        SourcesError::Value {
            file: self.file.to_owned(),
            line,
            key,
            found: found.to_owned(),
            expected: expected.into(),
        }
    }

    fn deserialize<T: serde::de::DeserializeOwned>(&self) -> Result<T, SourcesError> {
        toml::from_str(self.text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            self.syntax(span, error.message())
        })
    }

    fn schema(&self) -> Result<(), SourcesError> {
        #[derive(Deserialize)]
        struct Head {
            schema: Option<Spanned<i64>>,
        }
        match self.deserialize::<Head>()?.schema {
            Some(schema) if *schema.get_ref() == SCHEMA => Ok(()),
            Some(schema) => Err(self.value(
                "schema",
                self.line(schema.span().start),
                &schema.get_ref().to_string(),
                format!("{SCHEMA}, the only one this version reads"),
            )),
            None => Err(self.syntax(0..0, &format!("no `schema = {SCHEMA}`"))),
        }
    }

    fn rule(
        &self,
        key: &'static str,
        value: &Spanned<String>,
        holds: bool,
        expected: impl FnOnce() -> String,
    ) -> Result<(), SourcesError> {
        if holds {
            return Ok(());
        }
        Err(self.value(key, self.line(value.span().start), value.get_ref(), expected()))
    }

    fn pin(&self, entry: FileEntry) -> Result<Pin, SourcesError> {
        for (key, path) in [("path", &entry.path), ("upstream_path", &entry.upstream_path)] {
            if let Some(expected) = path_fault(path.get_ref()) {
                self.rule(key, path, false, || expected.to_owned())?;
            }
        }
        self.rule("path", &entry.path, !is_reserved(entry.path.get_ref()), || {
            "a name other than sources.toml, .fetch.lock and .*.partial, which `fetch` itself uses".to_owned()
        })?;
        self.rule("sha256", &entry.sha256, is_lower_hex(entry.sha256.get_ref(), 64), || {
            "64 lower-case hex digits".to_owned()
        })?;
        self.rule("commit", &entry.commit, is_lower_hex(entry.commit.get_ref(), 40), || {
            "the 40 lower-case hex digits of a commit (a branch or tag can move)".to_owned()
        })?;
        self.rule("repository", &entry.repository, is_repository(entry.repository.get_ref()), || {
            "owner/name of a GitHub repository".to_owned()
        })?;
        Ok(Pin {
            line: self.line(entry.path.span().start),
            path: entry.path.into_inner(),
            bytes: entry.bytes,
            sha256: entry.sha256.into_inner(),
            repository: entry.repository.into_inner(),
            commit: entry.commit.into_inner(),
            upstream_path: entry.upstream_path.into_inner(),
            read_by: entry.read_by,
        })
    }

    /// No two files may claim the same place, not even on a file system that ignores case, and none
    /// may be a folder of another.
    fn distinct(&self, files: &[Pin]) -> Result<(), SourcesError> {
        let mut taken = BTreeMap::<String, &Pin>::new();
        for pin in files {
            let key = pin.path.to_ascii_lowercase();
            if let Some(first) = taken.get(&key) {
                let expected = format!("a path of its own: line {} has \"{}\"", first.line, first.path);
                return Err(self.value("path", pin.line, &pin.path, expected));
            }
            taken.insert(key, pin);
        }
        for pin in files {
            let key = pin.path.to_ascii_lowercase();
            for (end, _) in key.match_indices('/') {
                if let Some(other) = key.get(..end).and_then(|folder| taken.get(folder)) {
                    let expected = format!("a path that is not below the file of line {}", other.line);
                    return Err(self.value("path", pin.line, &pin.path, expected));
                }
            }
        }
        Ok(())
    }
}

fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_repository(text: &str) -> bool {
    let part = |part: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(allowed)
    };
    text.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name))
}

/// What is wrong with a path, as the end of "expected …", or nothing.
fn path_fault(path: &str) -> Option<&'static str> {
    let has_drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if path.is_empty() {
        Some("the path of a file")
    } else if path.starts_with('/') || has_drive {
        Some("a relative path")
    } else if path.contains('\\') {
        Some("`/` between the parts of a path, no backslash")
    } else if path.chars().any(char::is_control) {
        Some("a path without control characters")
    } else if path.split('/').any(|part| part == "..") {
        Some("a path without `..`")
    } else if path.split('/').any(|part| part.is_empty() || part == ".") {
        Some("a path without empty parts and `.`")
    } else {
        None
    }
}

/// Names that `fetch` writes or reads itself.
fn is_reserved(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    let partial = name.starts_with('.') && name.ends_with(".partial");
    lower == "sources.toml" || lower == ".fetch.lock" || partial
}
