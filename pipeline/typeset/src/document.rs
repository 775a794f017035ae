//! What is typeset: a virtual project of named files, and what it becomes.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::error::Error;

/// A project to typeset. It is complete in itself: the compiler sees these files, the fonts of this
/// crate, and nothing else of the machine.
#[derive(Debug, Clone)]
pub struct Document {
    /// Path in the project, as in `lib/number.typ`, to content. Paths are relative, separated by
    /// `/`, and have no `.` or `..` in them; typst code names them from the root: `/lib/number.typ`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The path of the file to compile. Title, author and language of the PDF are set in there, by
    /// `set document(…)` and `set text(lang: …)`.
    pub main: String,
    /// The moment that the PDF says it was made, in seconds since 1970 UTC. It is also what
    /// `datetime.today()` gives, so that no clock reaches the pages.
    pub timestamp: i64,
    /// The standard that the PDF has to fulfil; a document that does not is an error.
    pub standard: Standard,
}

/// A standard that a PDF can be held to. Each of them is PDF 1.7 and tagged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standard {
    /// No more than tagged PDF 1.7.
    Plain,
    /// PDF/A-2a, for archives: every image and equation needs alternative text.
    A2a,
    /// PDF/UA-1, for readers with assistive technology: as [`Standard::A2a`], and a title and a
    /// sound order of headings.
    #[default]
    Ua1,
    /// Both [`Standard::Ua1`] and [`Standard::A2a`].
    Ua1A2a,
}

/// A typeset document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdf {
    /// The file. Equal documents give equal bytes with one backend of one version.
    pub bytes: Vec<u8>,
    /// How many pages it has; `None` if a foreign version of the command line wrote it in a way
    /// that does not tell without unpacking it.
    pub pages: Option<usize>,
    /// What the compiler warned of, in its order.
    pub warnings: Vec<Diagnostic>,
}

impl Document {
    /// A document of the given files, to PDF/UA-1, dated to the start of 1970 UTC.
    pub fn new(main: impl Into<String>, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self { files, main: main.into(), timestamp: 0, standard: Standard::default() }
    }

    /// Checks what both backends rely on, so that a document which one of them takes is not refused
    /// by the other: sound paths, of which none is both a file and a folder, and a main file.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for path in self.files.keys() {
            if let Some(reason) = unsound(path) {
                return Err(Error::Path { path: path.clone(), reason });
            }
            let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
            if let Some(file) = folders.into_iter().find(|folder| self.files.contains_key(*folder)) {
                return Err(Error::FileIsFolder { file: file.to_owned(), path: path.clone() });
            }
        }
        if !self.files.contains_key(&self.main) {
            return Err(Error::NoMain { main: self.main.clone(), files: self.files.len() });
        }
        Ok(())
    }
}

/// Why a path cannot name a file of a project; `None` if it can.
fn unsound(path: &str) -> Option<&'static str> {
    if path.contains(['\\', '\0']) {
        return Some("it has a backslash or a NUL in it");
    }
    path.split('/').find_map(|part| match part {
        "" => Some("it is empty, or starts, ends or doubles a slash"),
        "." | ".." => Some("it has `.` or `..` in it"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(paths: &[&str], main: &str) -> Document {
        Document::new(main, paths.iter().map(|path| (path.to_string(), Vec::new())).collect())
    }

    #[test]
    fn sound_projects_pass() {
        document(&["main.typ", "lib/a.typ", "lib/b.typ", "libx"], "main.typ").check().unwrap();
    }

    #[test]
    fn paths_that_leave_the_project_are_refused() {
        for path in ["", "/etc/passwd", "a//b", "a/", "../a", "a/../b", "./a", "a\\b", "a\0"] {
            let error = document(&["main.typ", path], "main.typ").check().unwrap_err();
            assert!(matches!(&error, Error::Path { path: named, .. } if named == path), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_also_a_folder_is_refused() {
        let error = document(&["main.typ", "a/b", "a/b/c/d"], "main.typ").check().unwrap_err();
        assert!(matches!(&error, Error::FileIsFolder { file, path } if file == "a/b" && path == "a/b/c/d"));
    }

    #[test]
    fn the_main_file_has_to_be_there() {
        let error = document(&["a.typ"], "main.typ").check().unwrap_err();
        assert!(matches!(&error, Error::NoMain { main, files: 1 } if main == "main.typ"));
    }
}
