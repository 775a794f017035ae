//! Where the content of the reference is found: the lock has digests only.
//!
//! A build writes drawings in place, over those that are committed. So what is committed is read before
//! the build; where an earlier build was there first, the engine's store or git still has it. Whatever
//! is found counts only if its digest is the one that the lock names.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dag::Digest;

/// The files of the reference as they were before a build.
pub struct Committed {
    root: PathBuf,
    /// The folder of the store.
    store: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
    left_out: BTreeSet<String>,
}

impl Committed {
    /// The folder of the drawings.
    const DRAWINGS: &str = "figures";
    /// The folder of the copies of records and of the data of figures.
    pub(crate) const COPIES: &str = "reference";
    /// The list of outputs that are not copied: one path below `derived` in a line, and why.
    pub(crate) const LEFT_OUT: &str = "reference/left-out.txt";

    /// Reads what is committed, before a build writes over it.
    ///
    /// # Errors
    /// When a file that is there cannot be read.
    pub fn read(root: &Path, store: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for folder in [Self::DRAWINGS, Self::COPIES] {
            read_folder(&root.join(folder), folder, &mut files)?;
        }
        let left_out = files.remove(Self::LEFT_OUT).unwrap_or_default();
        let left_out = String::from_utf8_lossy(&left_out).lines().filter_map(left_out_path).collect();
        Ok(Self { root: root.to_owned(), store: store.to_owned(), files, left_out })
    }

    /// Where a copy of an output is committed, if one is: a record, or the data of a figure.
    pub fn copy_of(&self, path: &str) -> Option<String> {
        let below = path.strip_prefix("derived/")?;
        let is_kept = match below.split('/').collect::<Vec<_>>().as_slice() {
            [_, "records", name] => name.ends_with(".json"),
            [_, "figures", name] => name.ends_with(".csv"),
            _ => false,
        };
        (is_kept && !self.left_out.contains(below)).then(|| format!("{}/{below}", Self::COPIES))
    }

    /// Where the reference's content of an output is committed, if it is: in place, or as a copy.
    pub(crate) fn place(&self, path: &str) -> Option<String> {
        if path.split('/').next() == Some(Self::DRAWINGS) { Some(path.to_owned()) } else { self.copy_of(path) }
    }

    /// The committed file at a place, as it was before the build.
    pub(crate) fn file(&self, place: &str) -> Option<&[u8]> {
        self.files.get(place).map(Vec::as_slice)
    }

    /// The places of all committed files.
    pub(crate) fn places(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The content with a digest that the lock names for an output, wherever it can be had.
    pub fn content(&self, path: &str, sha256: &Digest) -> Option<Vec<u8>> {
        let is_right = |content: &Vec<u8>| Digest::of(content) == *sha256;
        let place = self.place(path);
        let committed = place.as_ref().and_then(|place| self.files.get(place).cloned());
        let committed = committed.filter(is_right).or_else(|| dag::stored(&self.store, sha256));
        committed.or_else(|| self.in_git(&place?).filter(is_right))
    }

    /// The file as the last commit has it.
    fn in_git(&self, place: &str) -> Option<Vec<u8>> {
        let mut git = Command::new("git");
        git.current_dir(&self.root).args(["show", &format!("HEAD:./{place}")]);
        let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then_some(output.stdout)
    }
}

/// The path in a line of the list, without the reason after `#`.
fn left_out_path(line: &str) -> Option<String> {
    let path = line.split('#').next().unwrap_or_default().trim();
    (!path.is_empty()).then(|| path.to_owned())
}

/// Reads all files below a folder, by their paths in the workspace; none if there is no such folder.
pub(crate) fn read_folder(folder: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let (path, name) = (entry.path(), format!("{name}/{}", entry.file_name().to_string_lossy()));
        if entry.file_type()?.is_dir() {
            read_folder(&path, &name, files)?;
        } else {
            files.insert(name, std::fs::read(path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(files: &[(&str, &str)]) -> (tempfile::TempDir, Committed) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            crate::file::replace(&dir.path().join(path), text.as_bytes()).unwrap();
        }
        let committed = Committed::read(dir.path(), &dir.path().join(".engine")).unwrap();
        (dir, committed)
    }

    #[test]
    fn records_and_data_of_figures_are_copied_unless_they_are_left_out() {
        let (_dir, committed) =
            committed(&[(Committed::LEFT_OUT, "# why\ns/records/raw.json  # each row of a log\n\n")]);
        let copy = |path: &str| committed.copy_of(path);
        assert_eq!(copy("derived/s/records/a.json").as_deref(), Some("reference/s/records/a.json"));
        assert_eq!(copy("derived/s/figures/a.csv").as_deref(), Some("reference/s/figures/a.csv"));
        for other in
            ["derived/s/records/raw.json", "derived/s/figures/a.png", "derived/s/clean/a.csv", "figures/s/a.svg"]
        {
            assert_eq!(copy(other), None, "{other}");
        }
    }

    #[test]
    fn content_counts_only_if_it_is_what_the_lock_names() {
        let (_dir, committed) = committed(&[("figures/s/a.svg", "old"), ("reference/s/records/a.json", "{}")]);
        let found = |path: &str, text: &str| committed.content(path, &Digest::of(text.as_bytes())).is_some();
        assert!(found("figures/s/a.svg", "old") && found("derived/s/records/a.json", "{}"));
        assert!(!found("figures/s/a.svg", "new") && !found("derived/s/records/b.json", "{}"));
    }
}
