//! The workspace: which parts are behind each module of a crate, and the table that says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::lock::Lock;
use crate::{Part, module, sha256};

/// The crates that collect code and that keep it: the engine's own code is behind no stage.
const ENGINE: [&str; 2] = ["code", "dag"];

/// A cargo workspace as seen from the build script of one of its crates.
pub struct Workspace {
    root: PathBuf,
    /// The crate that holds the stages, as `(name in code, folder)`.
    home: (String, PathBuf),
    /// Crates of the workspace that stages may call.
    members: BTreeMap<String, PathBuf>,
}

impl Workspace {
    /// `home` is the folder of the crate that holds the stages, relative to the root.
    pub fn new(root: impl Into<PathBuf>, home: &str) -> Self {
        let name = home.rsplit('/').next().unwrap_or(home).replace('-', "_");
        Self { root: root.into(), home: (name, PathBuf::from(home)), members: BTreeMap::new() }
    }

    /// Adds a crate of the workspace that stages may call, by its folder.
    pub fn member(mut self, folder: &str) -> Self {
        let name = folder.rsplit('/').next().unwrap_or(folder).replace('-', "_");
        self.members.insert(name, PathBuf::from(folder));
        self
    }

    /// Writes the table to `file`, and tells cargo on which files it depends.
    ///
    /// # Errors
    /// When a source file cannot be read or `file` cannot be written.
    pub fn emit(&self, file: &Path) -> io::Result<()> {
        for file in ["Cargo.lock", "Cargo.toml"] {
            println!("cargo::rerun-if-changed={}", self.root.join(file).display());
        }
        for folder in self.members.values().chain([&self.home.1]) {
            println!("cargo::rerun-if-changed={}", self.root.join(folder).display());
        }
        let mut parts: BTreeMap<Part, usize> = BTreeMap::new();
        let mut modules = String::new();
        let codes = self.codes()?;
        for code in codes.values() {
            for part in code {
                let next = parts.len();
                parts.entry(part.clone()).or_insert(next);
            }
        }
        for (module, code) in &codes {
            let places: Vec<_> = code.iter().map(|part| parts[part]).collect();
            let _ = writeln!(modules, "        ({module:?}, &{places:?}),");
        }
        let mut listed: Vec<_> = parts.into_iter().collect();
        listed.sort_by_key(|&(_, place)| place);
        let mut text = format!("dag::code::Table {{\n    home: {:?},\n    parts: &[\n", self.home.0);
        for (part, _) in listed {
            let _ = writeln!(text, "        ({:?}, {:?}, {:?}),", part.name, part.version, part.sha256);
        }
        let _ = write!(text, "    ],\n    modules: &[\n{modules}    ],\n}}\n");
        fs::write(file, text)
    }

    /// The parts behind each module of the home crate, sorted.
    fn codes(&self) -> io::Result<BTreeMap<String, BTreeSet<Part>>> {
        let lock = Lock::parse(&fs::read_to_string(self.root.join("Cargo.lock"))?);
        let shared = self.shared_parts()?;
        let requested = requested_features(&fs::read_to_string(self.root.join("Cargo.toml")).unwrap_or_default());
        let mut members = BTreeMap::new();
        for (name, folder) in &self.members {
            members.insert(name.as_str(), self.read_member(folder)?);
        }
        let manifest = fs::read_to_string(self.root.join(&self.home.1).join("Cargo.toml"))?;
        let own_dependencies = declared_dependencies(&manifest);
        let unknown = |name: &&String| lock.is_member(name) && !members.contains_key(name.replace('-', "_").as_str());
        if let Some(name) = own_dependencies.iter().filter(|name| !ENGINE.contains(&name.as_str())).find(unknown) {
            let problem = format!("{name} is a member of the workspace that stages may call: name it with `member`");
            return Err(io::Error::other(problem));
        }
        if manifest.contains("package = \"") {
            let problem = "a dependency under another name hides which code is behind a stage; use its own name";
            return Err(io::Error::other(problem));
        }
        let own: BTreeMap<Vec<String>, Source> = self
            .sources(&self.home.1.join("src"))?
            .into_iter()
            .filter(|source| source.is_module)
            .map(|source| (module_path(&source.inside), source))
            .collect();
        if let Some((source, opaque)) = own.values().find_map(|source| Some((source, source.names.opaque?))) {
            let problem =
                format!("{}: {opaque} hides which code is behind a stage; write it another way", source.part.name);
            return Err(io::Error::other(problem));
        }

        let mut codes = BTreeMap::new();
        for module in own.keys() {
            let (files, crates) = closure(module, &own);
            let mut parts: BTreeSet<Part> = files.iter().map(|file| own[file].part.clone()).collect();
            let mut locked = BTreeSet::new();
            let mut open: Vec<String> = crates.into_iter().collect();
            let mut seen = BTreeSet::new();
            while let Some(name) = open.pop() {
                if !seen.insert(name.clone()) {
                    continue;
                }
                if let Some(member) = members.get(name.as_str()) {
                    parts.extend(member.parts.iter().cloned());
                    open.extend(member.dependencies.iter().map(|d| d.replace('-', "_")));
                    locked.extend(member.dependencies.iter().cloned());
                }
                locked.extend(own_dependencies.iter().filter(|d| d.replace('-', "_") == name).cloned());
            }
            parts.extend(locked.iter().filter_map(|name| requested.get(name).cloned()));
            parts.extend(lock.closure(&locked));
            parts.extend(shared.iter().cloned());
            codes.insert(module.join("::"), parts);
        }
        Ok(codes)
    }

    /// What every stage depends on: files of the home crate that are no modules, because any of them
    /// may be included in one.
    fn shared_parts(&self) -> io::Result<Vec<Part>> {
        let sources = self.sources(&self.home.1)?.into_iter();
        let other = sources.filter(|source| !source.is_module && source.inside.starts_with("src"));
        Ok(other.map(|source| source.part).collect())
    }

    fn read_member(&self, folder: &Path) -> io::Result<Member> {
        let manifest = fs::read_to_string(self.root.join(folder).join("Cargo.toml"))?;
        let parts = self.sources(folder)?.into_iter().map(|source| source.part).collect();
        Ok(Member { parts, dependencies: declared_dependencies(&manifest) })
    }

    /// The files below a folder of the workspace that shape what a crate does, sorted: of whatever
    /// kind, because a Rust file may include them.
    fn sources(&self, folder: &Path) -> io::Result<Vec<Source>> {
        let base = self.root.join(folder);
        let mut sources = Vec::new();
        for entry in walkdir::WalkDir::new(&base).sort_by_file_name() {
            let entry = entry?;
            let inside = entry.path().strip_prefix(&base).map_err(io::Error::other)?.to_owned();
            let beside = ["tests", "benches", "examples"].iter().any(|part| inside.starts_with(part));
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if beside || hidden || !entry.file_type().is_file() {
                continue;
            }
            let is_module = inside.extension().is_some_and(|extension| extension == "rs");
            let bytes = fs::read(entry.path())?;
            let name = folder.join(&inside).to_string_lossy().replace('\\', "/");
            let names =
                if is_module { module::names(&String::from_utf8_lossy(&bytes)) } else { module::Names::default() };
            sources.push(Source {
                inside,
                is_module,
                names,
                part: Part { name, version: String::new(), sha256: sha256(&bytes) },
            });
        }
        Ok(sources)
    }
}

/// The modules of the own crate whose code is behind a module, and the crates that they name.
///
/// A module that is reached from outside brings the modules that it declares. One that is reached
/// from below does not: it may list many that have nothing to do with each other, and counts with
/// what it names itself.
fn closure(module: &[String], own: &BTreeMap<Vec<String>, Source>) -> (BTreeSet<Vec<String>>, BTreeSet<String>) {
    let mut crates = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(module.to_vec(), false)];
    while let Some((module, from_below)) = open.pop() {
        let Some(source) = own.get(&module) else { continue };
        if !seen.insert((module.clone(), from_below)) {
            continue;
        }
        if !from_below {
            let child = |name: &String| module.iter().chain([name]).cloned().collect();
            open.extend(source.names.declared.iter().map(|name| (child(name), false)));
        }
        for path in &source.names.paths {
            match resolve(&module, path, own) {
                Some(other) if other == module => {}
                Some(other) => {
                    // A glob may bring the modules that are declared above by their bare names.
                    let from_below = module.starts_with(&other) && path.last().is_none_or(|last| last != "*");
                    open.push((other, from_below));
                }
                None => drop(crates.insert(path[0].clone())),
            }
        }
    }
    (seen.into_iter().map(|(module, _)| module).collect(), crates)
}

struct Member {
    parts: Vec<Part>,
    dependencies: Vec<String>,
}

struct Source {
    /// Path below the folder that was walked.
    inside: PathBuf,
    is_module: bool,
    names: module::Names,
    part: Part,
}

/// `tinyml_mcu/stats/fig5.rs` is the module `[tinyml_mcu, stats, fig5]`; `lib.rs` is `[]`.
fn module_path(inside: &Path) -> Vec<String> {
    let mut segments: Vec<String> =
        inside.with_extension("").iter().map(|s| s.to_string_lossy().into_owned()).collect();
    if matches!(segments.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        segments.pop();
    }
    segments
}

/// The module of the own crate that a path leads to: the innermost that has a file.
fn resolve(from: &[String], path: &[String], own: &BTreeMap<Vec<String>, Source>) -> Option<Vec<String>> {
    let mut base = from.to_vec();
    let mut rest = path;
    match path[0].as_str() {
        "crate" => base.clear(),
        "self" => {}
        "super" => {
            while rest.first().is_some_and(|s| s == "super") {
                base.pop();
                rest = &rest[1..];
            }
        }
        _ => {
            // A child module by its bare name, or else a crate.
            base.push(path[0].clone());
            if !own.contains_key(&base) {
                return None;
            }
            base.pop();
        }
    }
    if matches!(path[0].as_str(), "crate" | "self") {
        rest = &path[1..];
    }
    for segment in rest {
        base.push(segment.clone());
        if !own.contains_key(&base) {
            base.pop();
            break;
        }
    }
    Some(base)
}

/// For each package under `[workspace.dependencies]` what is asked of it there: its features shape what
/// it does, and stand in no lock file.
fn requested_features(manifest: &str) -> BTreeMap<String, Part> {
    let section = manifest.lines().skip_while(|line| line.trim() != "[workspace.dependencies]").skip(1);
    let section = section.take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#'));
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    let mut name = String::new();
    for line in section {
        // What is indented or closes a bracket goes on with the entry above.
        if line.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '"') {
            name = line.split(['.', '=', ' ']).next().unwrap_or_default().trim_matches('"').to_owned();
        }
        let entry = entries.entry(name.clone()).or_default();
        entry.push_str(line.trim());
        entry.push('\n');
    }
    let part = |(name, entry): (String, String)| {
        let sha256 = sha256(entry.trim().as_bytes());
        (name.clone(), Part { name: format!("Cargo.toml: {name}"), version: String::new(), sha256 })
    };
    entries.into_iter().map(part).collect()
}

/// The packages under `[dependencies]`, `[target.….dependencies]` and `[dependencies.….]` of a
/// manifest, and those that a build script needs, by the name that the lock has for them.
fn declared_dependencies(manifest: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut in_list = false;
    let mut in_table = false;
    for line in manifest.lines() {
        let line = line.split('#').next().unwrap_or(line).trim();
        let package = line.split_once("package").and_then(|(_, rest)| rest.split('"').nth(1));
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            in_list = ["dependencies", "build-dependencies"].iter().any(|kind| section.ends_with(kind))
                && !section.ends_with("dev-dependencies");
            let table = section.rsplit_once("dependencies.").filter(|(before, _)| !before.ends_with("dev-"));
            in_table = table.is_some();
            names.extend(table.map(|(_, name)| name.trim_matches('"').to_owned()));
        } else if in_list {
            let key = line.split(['.', '=', ' ']).next().unwrap_or_default().trim_matches('"');
            if !key.is_empty() {
                names.push(package.unwrap_or(key).to_owned());
            }
        } else if in_table
            && line.starts_with("package")
            && let (Some(last), Some(package)) = (names.last_mut(), package)
        {
            package.clone_into(last);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    const FILES: &[(&str, &str)] = &[
        ("Cargo.lock", "[[package]]\nname = \"dep\"\nversion = \"1.0.0\"\nsource = \"registry\"\nchecksum = \"aa\"\n"),
        ("home/Cargo.toml", "[dependencies]\ndep.workspace = true\nhelper.workspace = true\n\n[features]\n"),
        ("home/src/lib.rs", "mod study; mod shared;"),
        ("home/src/shared.rs", "pub fn f() {}"),
        ("home/src/study/mod.rs", "mod a; mod b; fn stages() { a::run; b::run; }"),
        ("home/src/study/a.rs", "use crate::shared::f; fn run() { helper::go() }"),
        ("home/src/study/b.rs", "use super::a::{self, X}; use dep::Y; let c = 1;"),
        ("home/src/study/c.rs", "use super::list::go; mod deep; let helper = 1;"),
        ("home/src/study/c/deep.rs", "use super::x;"),
        ("home/src/study/list.rs", "mod one; mod two; fn go() { dep::z() }"),
        ("home/src/study/list/one.rs", "use super::go;"),
        ("home/src/study/list/two.rs", ""),
        ("helper/Cargo.toml", "[dependencies]\n"),
        ("helper/src/lib.rs", "pub fn go() {}"),
        ("helper/src/driver.js", "draw()"),
        ("helper/tests/t.rs", "fn test() {}"),
    ];

    #[test]
    fn dependencies_are_found_however_they_are_declared() {
        let manifest = "[package]\nname = \"x\"\n[dependencies] # those\na.workspace = true\nb = { package = \"real-b\", version = \"1\" }\n\
                        \"c\" = \"1\"\n[dependencies.d]\npackage = \"real-d\"\n[target.'cfg(unix)'.dependencies]\ne = \"1\"\n\
                        [dev-dependencies]\nf = \"1\"\n[build-dependencies]\ng = \"1\"\n[features]\nh = []\n";
        assert_eq!(declared_dependencies(manifest), ["a", "real-b", "c", "real-d", "e", "g"]);
    }

    #[test]
    fn what_is_asked_of_a_dependency_counts_where_it_is_used() {
        let manifest = "[workspace.dependencies]\n# why\na = \"1\"\n\nb = { version = \"2\", features = [\n    \"x\",\n] }\n[profile.dev]\n";
        let features = requested_features(manifest);
        assert_eq!(features.keys().collect::<Vec<_>>(), ["a", "b"]);
        let digest = |text: &str, name: &str| requested_features(text)[name].sha256;
        let other = manifest.replace("\"x\"", "\"y\"").replace("why", "because");
        assert_eq!(digest(&other, "a"), features["a"].sha256);
        assert_ne!(digest(&other, "b"), features["b"].sha256);

        let files =
            [FILES, &[("Cargo.toml", "[workspace.dependencies]\ndep = \"1\"\nhelper = { path = \"helper\" }\n")]]
                .concat();
        let codes = Workspace::new(workspace(&files).path(), "home").member("helper").codes().unwrap();
        let has = |module: &str, name: &str| codes[module].iter().any(|part| part.name == name);
        assert!(has("study::b", "Cargo.toml: dep"));
        assert!(!has("study::a", "Cargo.toml: dep"));
    }

    fn parts(dir: &Path) -> BTreeMap<String, Vec<String>> {
        let codes = Workspace::new(dir, "home").member("helper").codes().unwrap();
        let names = |code: BTreeSet<Part>| {
            code.into_iter().map(|part| part.name).filter(|name| !name.starts_with("Cargo.toml")).collect()
        };
        codes.into_iter().map(|(module, code)| (module, names(code))).collect()
    }

    #[test]
    fn a_module_counts_what_it_calls_and_not_the_list_that_calls_it() {
        let parts = parts(workspace(FILES).path());
        let helper = ["helper/Cargo.toml", "helper/src/driver.js", "helper/src/lib.rs"];
        let a = [&helper[..], &["home/src/shared.rs", "home/src/study/a.rs"]].concat();
        assert_eq!(parts["study::a"], a);
        assert_eq!(parts["study::b"], [&["dep"], &a[..], &["home/src/study/b.rs"]].concat());
        let list = ["home/src/study/list.rs", "home/src/study/list/one.rs"];
        assert_eq!(parts["study::list::one"], [&["dep"], &list[..]].concat(), "not two, which is only declared above");
        let c = ["dep", "home/src/study/c.rs", "home/src/study/c/deep.rs"];
        let c = [&c[..], &list, &["home/src/study/list/two.rs"]].concat();
        assert_eq!(parts["study::c"], c);
        assert_eq!(parts["study::c::deep"], c, "with what its parent names");
    }

    #[test]
    fn the_table_names_modules_and_parts() {
        let dir = workspace(FILES);
        let out = dir.path().join("code.rs");
        Workspace::new(dir.path(), "home").member("helper").emit(&out).unwrap();
        let text = fs::read_to_string(out).unwrap();
        assert!(text.contains("(\"study::a\", &["), "{text}");
        assert!(text.contains("(\"dep\", \"1.0.0\", "), "{text}");
    }
}
