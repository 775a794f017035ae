//! `cargo xtask package`: a folder with what there is to pass on, described and with its digests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dag::{Digest, Graph, Picture};
use reference::Lock;
use serde_json::Value;
use studies::artifact::ro_crate::{self, METADATA, Packed, PackedFile, WORKFLOW};
use studies::artifact::{APPENDIX, LIST, is_passed_on};
use studies::campaign::Campaign;

use crate::build_paper::Build;
use crate::cli::Package;
use crate::console::Console;
use crate::{Exit, Failure};

/// The digests of all files of a package, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";

/// Name of the folder that a package is laid out in before it gets its place.
const SCRATCH: &str = ".joulebook-package-";

/// Files of the repository that go with what is made. Those that a study has are added to them.
const REPOSITORY: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "docs/adding-a-study.md",
    "CITATION.cff",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    reference::FILE,
];

/// The dictionary of the results of a study, in its folder below `derived`.
const DICTIONARY: &str = "datapackage.json";

pub(crate) fn run(root: &Path, arguments: &Package, console: &Console) -> Result<Exit, Failure> {
    check_place(&arguments.out, arguments.force)?;
    let asked = arguments.build();
    let (build, chosen) = Build::begin(root, &asked, console)?;
    let report = build.make(&chosen, console)?;
    let exit = build.conclude(&report, console)?;
    if exit != Exit::Success {
        console.error("nothing was packed: first everything has to be made, and to agree with what is known");
        return Ok(exit);
    }

    let graph = build.graph(&chosen)?;
    let mut paths: Vec<String> = REPOSITORY.map(str::to_owned).into();
    for chosen in &chosen {
        let study = chosen.study.name;
        paths.extend([format!("raw/{study}/sources.toml"), format!("paper/published/{study}.toml")]);
    }
    let outputs = graph.stages().iter().flat_map(|stage| stage.outputs().map(move |(_, path)| (stage.id(), path)));
    let left_out =
        reference::left_out(root).map_err(|error| Failure::io("read", "the list of what is not passed on", &error))?;
    paths.extend(outputs.filter(|(stage, path)| is_passed_on(stage, path, &left_out)).map(|(_, path)| path.to_owned()));

    let mut package = Folder::beside(&arguments.out)?;
    let (dictionaries, files): (Vec<&String>, Vec<&String>) = paths.iter().partition(|path| is_dictionary(path));
    for path in files {
        package.copy(root, path)?;
    }
    check_made(&report, &package.files)?;
    if chosen.iter().all(|chosen| chosen.campaign == Campaign::Published) {
        warn_of_lock(root, &package.files, console)?;
    }
    for path in dictionaries {
        package.copy_dictionary(root, path)?;
    }
    for place in [APPENDIX, LIST] {
        // Of simulated data they lie among the made data, and come to their places here.
        let name = place.rsplit('/').next().unwrap_or(place);
        let among_made = |path: &&String| path.starts_with("derived/artifact/") && path.ends_with(&format!("/{name}"));
        if let Some(made) = paths.iter().find(among_made) {
            let made = root.join(made);
            let content = fs::read(&made).map_err(|error| Failure::io("read", made.display(), &error))?;
            package.write(place, &content)?;
        }
    }
    package.write(WORKFLOW, workflow(&graph)?.as_bytes())?;
    let packed = Packed {
        stages: graph.stages(),
        chosen: &chosen,
        files: &package.files,
        lock: include_str!("../../Cargo.lock"),
    };
    let metadata = ro_crate::describe(&packed).map_err(Failure::new)?;
    package.write(METADATA, metadata.as_bytes())?;
    let sums = sums(&package.files);
    package.write(SUMS, sums.as_bytes())?;
    let (files, bytes) = (package.files.len(), package.files.values().map(|file| file.bytes).sum::<u64>());
    package.take_place(&arguments.out)?;
    console.line(&format!("{files} files, {:.1} MB; `sha256sum --check {SUMS}` checks them", bytes as f64 / 1e6));
    anstream::println!("{}", arguments.out.display());
    Ok(Exit::Success)
}

/// What is packed is what the build made, and not what somebody wrote over it meanwhile.
fn check_made(report: &dag::Report, files: &BTreeMap<String, PackedFile>) -> Result<(), Failure> {
    let mut made = report.stages.iter().flat_map(|stage| &stage.outputs);
    match made.find(|(path, digest)| files.get(path).is_some_and(|file| file.sha256 != *digest)) {
        Some((path, _)) => Err(Failure::new(format!(
            "{path} is not what the build made any more: something wrote to it meanwhile
  help: pack again when \
             nothing else is at work here"
        ))),
        None => Ok(()),
    }
}

/// The lock is packed as well, and tells of another build if it was not renewed.
fn warn_of_lock(root: &Path, files: &BTreeMap<String, PackedFile>, console: &Console) -> Result<(), Failure> {
    let Some(lock) = Lock::read(root).map_err(Failure::new)? else { return Ok(()) };
    let others = lock.entries.iter().filter(|entry| files.get(&entry.path).is_some_and(|f| f.sha256 != entry.sha256));
    let others = others.count();
    if others > 0 {
        console.warning(&format!(
            "{others} of the packed files are not those of {}, which is packed with them; `cargo xtask check` tells \
             why",
            reference::FILE
        ));
    }
    Ok(())
}

/// Refuses to replace what is no package, and a package unless that was asked for.
fn check_place(out: &Path, force: bool) -> Result<(), Failure> {
    if !out.exists() {
        return Ok(());
    }
    let shown = out.display();
    if !force {
        return Err(Failure::usage(format!(
            "{shown} is there already; name another folder, or replace it with --force"
        )));
    }
    if out.join(METADATA).is_file() && out.join(SUMS).is_file() {
        return Ok(());
    }
    Err(Failure::usage(format!("{shown} is no package, and is not replaced; name another folder with --out")))
}

/// The graph of stages, as `cargo xtask graph --format json` prints it.
fn workflow(graph: &Graph) -> Result<String, Failure> {
    graph.picture(Picture::Json, &[]).map_err(Failure::new)
}

fn is_dictionary(path: &str) -> bool {
    matches!(path.split('/').collect::<Vec<_>>().as_slice(), ["derived", _, DICTIONARY])
}

/// A dictionary with those of its tables that `is_packed`; `None` if it has no others.
fn without_others(text: &[u8], is_packed: impl Fn(&str) -> bool) -> serde_json::Result<Option<String>> {
    let mut dictionary: Value = serde_json::from_slice(text)?;
    let Some(tables) = dictionary.get_mut("resources").and_then(Value::as_array_mut) else { return Ok(None) };
    let before = tables.len();
    tables.retain(|table| table.get("path").and_then(Value::as_str).is_none_or(&is_packed));
    Ok((tables.len() < before).then(|| format!("{dictionary:#}\n")))
}

fn sums(files: &BTreeMap<String, PackedFile>) -> String {
    files.iter().fold(String::new(), |mut sums, (path, file)| {
        // Writing to a text does not fail.
        let _ = writeln!(sums, "{}  {path}", file.sha256);
        sums
    })
}

/// A package under construction, beside its place.
struct Folder {
    scratch: tempfile::TempDir,
    files: BTreeMap<String, PackedFile>,
}

impl Folder {
    fn beside(out: &Path) -> Result<Self, Failure> {
        let above = match out.parent() {
            Some(above) if above != Path::new("") => above.to_owned(),
            _ => PathBuf::from("."),
        };
        let beside = |error| Failure::io("write beside", out.display(), &error);
        fs::create_dir_all(&above).map_err(beside)?;
        let scratch = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(above).map_err(beside)?;
        Ok(Self { scratch, files: BTreeMap::new() })
    }

    fn copy(&mut self, root: &Path, path: &str) -> Result<(), Failure> {
        let from = root.join(path);
        let content = fs::read(&from).map_err(|error| Failure::io("read", from.display(), &error))?;
        self.write(path, &content)
    }

    /// Copies a dictionary, without the tables that are not in the package. The others have to be in it already.
    fn copy_dictionary(&mut self, root: &Path, path: &str) -> Result<(), Failure> {
        let from = root.join(path);
        let content = fs::read(&from).map_err(|error| Failure::io("read", from.display(), &error))?;
        let folder = path.trim_end_matches(DICTIONARY);
        let shortened = without_others(&content, |table| self.files.contains_key(&format!("{folder}{table}")));
        let shortened =
            shortened.map_err(|error| Failure::new(format!("{path} is no dictionary of tables: {error}")))?;
        self.write(path, shortened.as_ref().map_or(content.as_slice(), String::as_bytes))
    }

    fn write(&mut self, path: &str, content: &[u8]) -> Result<(), Failure> {
        let to = self.scratch.path().join("package").join(path);
        let problem = |error| Failure::io("write", to.display(), &error);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(problem)?;
        }
        fs::write(&to, content).map_err(problem)?;
        let file = PackedFile { bytes: content.len() as u64, sha256: Digest::of(content) };
        self.files.insert(path.to_owned(), file);
        Ok(())
    }

    /// Moves the package to its place, so that there is never a part of one.
    fn take_place(self, out: &Path) -> Result<(), Failure> {
        let problem = |error| Failure::io("write", out.display(), &error);
        let (new, old) = (self.scratch.path().join("package"), self.scratch.path().join("old"));
        let replaces = out.exists();
        if replaces {
            fs::rename(out, &old).map_err(problem)?;
        }
        fs::rename(new, out).map_err(|error| {
            if replaces {
                // The scratch folder goes, and the old package would go with it.
                let _ = fs::rename(&old, out);
            }
            problem(error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_tells_of_the_tables_that_are_packed() {
        let text = br#"{"name": "s", "resources": [{"path": "figures/a.csv"}, {"path": "figures/raw.csv"}]}"#;
        assert_eq!(without_others(text, |_| true).unwrap(), None);
        let shortened = without_others(text, |table| table == "figures/a.csv").unwrap().unwrap();
        let shortened: Value = serde_json::from_str(&shortened).unwrap();
        assert_eq!(shortened, serde_json::json!({"name": "s", "resources": [{"path": "figures/a.csv"}]}));
        assert!(is_dictionary("derived/s/datapackage.json") && !is_dictionary("derived/s/records/datapackage.json"));
    }
}
