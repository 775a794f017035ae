//! Where the content of the reference is found: the lock has digests only.
//!
//! A build writes drawings and the appendix in place, over those that are committed. So what is committed is read before
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
    /// Outputs that are committed in place, beside those below the folder of the drawings.
    in_place: BTreeSet<String>,
    left_out: BTreeSet<String>,
}

impl Committed {
    /// The folder of the drawings.
    const DRAWINGS: &str = "figures";
    /// The folder of the copies of records and of the data of figures.
    pub(crate) const COPIES: &str = "reference";
    /// The list of outputs that are not copied: one path below `derived` in a line, and why.
    pub(crate) const LEFT_OUT: &str = "reference/left-out.txt";

    /// Reads what is committed, before a build writes over it. `in_place` are the outputs that are committed where
    /// they are made, beside the drawings.
    ///
    /// # Errors
    /// When a file that is there cannot be read.
    pub fn read(root: &Path, store: &Path, in_place: &[&str]) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for folder in [Self::DRAWINGS, Self::COPIES] {
            read_folder(&root.join(folder), folder, &mut files)?;
        }
        files.remove(Self::LEFT_OUT);
        for path in in_place {
            match std::fs::read(root.join(path)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                content => drop(files.insert((*path).to_owned(), content?)),
            }
        }
        let in_place = in_place.iter().map(|path| (*path).to_owned()).collect();
        Ok(Self { root: root.to_owned(), store: store.to_owned(), files, in_place, left_out: left_out(root)? })
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
        let is_in_place = path.split('/').next() == Some(Self::DRAWINGS) || self.in_place.contains(path);
        if is_in_place { Some(path.to_owned()) } else { self.copy_of(path) }
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

/// The outputs of which no copy is committed, as they are not ours to pass on: their paths below `derived/`, from
/// `reference/left-out.txt`; none if there is no such list.
///
/// # Errors
/// When the list cannot be read.
pub fn left_out(root: &Path) -> io::Result<BTreeSet<String>> {
    let list = match std::fs::read_to_string(root.join(Committed::LEFT_OUT)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        list => list?,
    };
    Ok(list.lines().filter_map(left_out_path).collect())
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
        let committed = Committed::read(dir.path(), &dir.path().join(".engine"), &["APPENDIX.md"]).unwrap();
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
    fn an_output_at_the_top_is_committed_in_place_if_it_is_named() {
        let (_dir, committed) = committed(&[("APPENDIX.md", "one"), ("README.md", "two")]);
        assert_eq!(committed.place("APPENDIX.md").as_deref(), Some("APPENDIX.md"));
        assert_eq!(committed.place("README.md"), None);
        assert_eq!(committed.places().collect::<Vec<_>>(), ["APPENDIX.md"]);
        assert!(committed.content("APPENDIX.md", &Digest::of(b"one")).is_some());
    }

    #[test]
    fn content_counts_only_if_it_is_what_the_lock_names() {
        let (_dir, committed) = committed(&[("figures/s/a.svg", "old"), ("reference/s/records/a.json", "{}")]);
        let found = |path: &str, text: &str| committed.content(path, &Digest::of(text.as_bytes())).is_some();
        assert!(found("figures/s/a.svg", "old") && found("derived/s/records/a.json", "{}"));
        assert!(!found("figures/s/a.svg", "new") && !found("derived/s/records/b.json", "{}"));
    }
}
