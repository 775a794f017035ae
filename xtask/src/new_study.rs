//! `cargo xtask new-study`: a study that builds and verifies at once, to be changed into one's own.
//!
//! What is written stands in `xtask/templates/study/`, as the files of a study called `your-study`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::console::Console;
use crate::{Exit, Failure};

#[derive(Args)]
pub(crate) struct NewStudy {
    /// Its name: lower-case letters, digits and `-`, as in `tinyml-mcu`.
    #[arg(value_name = "NAME")]
    name: String,
}

/// The name of the study in the templates, and that of its module.
const NAME: &str = "your-study";
const MODULE: &str = "your_study";

/// The files of a study: where each goes, and its template.
const TEMPLATES: [(&str, &str); 12] = [
    ("pipeline/studies/src/your_study/mod.rs", include_str!("../templates/study/src/mod.rs")),
    ("pipeline/studies/src/your_study/schema.rs", include_str!("../templates/study/src/schema.rs")),
    ("pipeline/studies/src/your_study/ingest.rs", include_str!("../templates/study/src/ingest.rs")),
    ("pipeline/studies/src/your_study/clean.rs", include_str!("../templates/study/src/clean.rs")),
    ("pipeline/studies/src/your_study/aggregate.rs", include_str!("../templates/study/src/aggregate.rs")),
    ("pipeline/studies/src/your_study/stats.rs", include_str!("../templates/study/src/stats.rs")),
    ("pipeline/studies/src/your_study/figures.rs", include_str!("../templates/study/src/figures.rs")),
    ("pipeline/studies/src/your_study/simulate.rs", include_str!("../templates/study/src/simulate.rs")),
    ("paper/your-study/paper.typ", include_str!("../templates/study/paper/paper.typ")),
    ("paper/your-study/figures.toml", include_str!("../templates/study/paper/figures.toml")),
    ("paper/published/your-study.toml", include_str!("../templates/study/published/published.toml")),
    ("raw/your-study/sources.toml", include_str!("../templates/study/raw/sources.toml")),
];

/// Where studies are registered: the modules, and the list of studies.
const MODULES: &str = "pipeline/studies/src/lib.rs";
const LIST: &str = "pipeline/studies/src/study.rs";

/// The crate that holds the studies: a module of it cannot be called as one of its dependencies.
const MANIFEST: &str = "pipeline/studies/Cargo.toml";

/// Names of folders below `derived/`, `paper/` or `figures/` that are no study's, and of what every crate sees.
const TAKEN: [&str; 9] = ["alloc", "check", "core", "lib", "papers", "published", "report", "std", "test"];

/// Words that no module can be called: <https://doc.rust-lang.org/reference/keywords.html>.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

pub(crate) fn run(root: &Path, arguments: &NewStudy, console: &Console) -> Result<Exit, Failure> {
    let name = &arguments.name;
    check_name(name).map_err(|reason| {
        Failure::usage(format!(
            "{name:?} {reason}; a study is called by lower-case letters, digits and `-`, as tinyml-mcu"
        ))
    })?;
    let change = Change::plan(root, name)?;
    change.check()?;
    change.make().map_err(|(path, error)| Failure::io("write", path.display(), &error))?;
    for (path, _) in &change.new {
        anstream::println!("{}", path.strip_prefix(root).unwrap_or(path).display());
    }
    console.line(&format!(
        "registered in {MODULES} and {LIST}; now:\n  cargo xtask build-paper {name}\n  cargo xtask verify {name} --simulated\n\
         docs/adding-a-study.md tells how to make it your own"
    ));
    Ok(Exit::Success)
}

/// Whether a study can be called that, whatever the workspace holds.
fn check_name(name: &str) -> Result<(), &'static str> {
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        Err("does not begin with a lower-case letter")
    } else if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        Err("holds something else than lower-case letters, digits and `-`")
    } else if name.ends_with('-') || name.contains("--") {
        Err("has a `-` with nothing behind it")
    } else if name.len() > 40 {
        Err("is longer than 40 letters")
    } else if name == NAME {
        Err("is the name that the templates stand for")
    } else if KEYWORDS.contains(&name) {
        Err("is a word of Rust")
    } else if TAKEN.contains(&name) {
        Err("is the name of something else")
    } else {
        Ok(())
    }
}

/// What a new study changes: files that are new, and files with another content.
struct Change {
    new: Vec<(PathBuf, String)>,
    changed: Vec<(PathBuf, String, String)>,
    /// What must not be there yet: a folder or file for each place of the study.
    places: Vec<PathBuf>,
}

impl Change {
    fn plan(root: &Path, name: &str) -> Result<Self, Failure> {
        let module = name.replace('-', "_");
        let own = |text: &str| text.replace(NAME, name).replace(MODULE, &module);
        let new = TEMPLATES.iter().map(|(path, text)| (root.join(own(path)), own(text))).collect();
        let source = root.join("pipeline/studies/src");
        let places = vec![
            source.join(&module),
            source.join(format!("{module}.rs")),
            root.join("paper").join(name),
            root.join("paper/published").join(format!("{name}.toml")),
            root.join("raw").join(name),
            root.join("figures").join(name),
        ];

        let manifest = read(&root.join(MANIFEST))?;
        // A crate is in scope by the name of its module.
        let is_crate =
            |line: &str| line.split(['.', ' ', '=']).next().is_some_and(|key| key.replace('-', "_") == module);
        if manifest.lines().any(is_crate) {
            return Err(Failure::usage(format!("{name:?} is the name of a crate that the studies use: take another")));
        }
        let edited = |path: &str, edit: fn(&str, &str, &str) -> Option<String>, expected: &str| {
            let path = root.join(path);
            let before = read(&path)?;
            let after = edit(&before, name, &module).ok_or_else(|| {
                Failure::new(format!(
                    "{}: there is no {expected}; nothing was written. Restore the line, or register the study by hand",
                    path.display()
                ))
            })?;
            Ok((path, before, after))
        };
        let changed = vec![
            edited(MODULES, with_module, "line `mod …;` or `pub mod …;` to put the new module beside")?,
            edited(LIST, with_study, "line `study!(…),` to put the new study behind")?,
        ];
        Ok(Self { new, changed, places })
    }

    /// Refuses to replace anything.
    fn check(&self) -> Result<(), Failure> {
        match self.places.iter().find(|place| place.symlink_metadata().is_ok()) {
            Some(place) => Err(Failure::usage(format!("{} is there already; nothing was written", place.display()))),
            None => Ok(()),
        }
    }

    /// Writes everything, or leaves everything as it was. The files that register the study come last.
    fn make(&self) -> Result<(), (PathBuf, std::io::Error)> {
        let write = |path: &Path, text: &str| put(path, text).map_err(|error| (path.to_owned(), error));
        let new = self.new.iter().map(|(path, text)| (path, text));
        let changed = self.changed.iter().map(|(path, _, after)| (path, after));
        let done = new.chain(changed).try_for_each(|(path, text)| write(path, text));
        if done.is_err() {
            for (path, before, after) in &self.changed {
                if fs::read_to_string(path).is_ok_and(|now| now == *after) {
                    let _ = put(path, before);
                }
            }
            for place in &self.places {
                let _ = if place.is_dir() { fs::remove_dir_all(place) } else { fs::remove_file(place) };
            }
        }
        done
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        let message =
            format!("cannot read {}: {error}; a study is added to the repository of Joulebook", path.display());
        Failure::new(message)
    })
}

/// Writes a file that is new; one that is there is replaced at once.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let Ok(before) = fs::metadata(path) else {
        fs::create_dir_all(folder)?;
        return fs::write(path, text);
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(before.permissions())?;
    file.persist(path)?;
    Ok(())
}

/// The list of modules with one more, where the order of the alphabet puts it.
fn with_module(text: &str, _: &str, module: &str) -> Option<String> {
    let named = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')).map(str::to_owned)
    };
    let lines: Vec<&str> = text.lines().collect();
    let after = lines.iter().position(|line| named(line).is_some_and(|other| *other > *module));
    let at = after.or_else(|| Some(lines.iter().rposition(|line| named(line).is_some())? + 1))?;
    Some(with_line(&lines, at, &format!("mod {module};")))
}

/// The list of studies with one more at its end.
fn with_study(text: &str, name: &str, module: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|line| line.trim_start().starts_with("study!(") && line.ends_with("),"))?;
    Some(with_line(&lines, last + 1, &format!("        study!(\"{name}\", {module}),")))
}

fn with_line(lines: &[&str], at: usize, line: &str) -> String {
    let (before, after) = lines.split_at(at.min(lines.len()));
    let lines: Vec<&str> = before.iter().chain([&line]).chain(after).copied().collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_studies_are_names_of_folders_and_modules() {
        for name in ["demo", "tinyml-mcu", "a1-b2"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let bad =
            ["", "Demo", "demo_1", "1demo", "-demo", "demo-", "de--mo", "dé", "de mo", "../demo", "match", "std", NAME];
        for name in bad {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name(&"a".repeat(41)).is_err());
    }

    #[test]
    fn registration_keeps_the_order_and_the_rest() {
        let modules = "//! Studies.\n\nmod a;\npub mod c;\nmod d;\n\npub use a::A;\n";
        let with = |module: &str| with_module(modules, "", module).unwrap();
        assert_eq!(with("b"), modules.replace("pub mod c;", "mod b;\npub mod c;"));
        assert_eq!(with("e"), modules.replace("mod d;", "mod d;\nmod e;"));
        assert_eq!(with_module("//! No modules.\n", "", "b"), None);
        let list = "    &[\n        study!(\"a\", a),\n    ]\n";
        let expected = "    &[\n        study!(\"a\", a),\n        study!(\"b-c\", b_c),\n    ]\n";
        assert_eq!(with_study(list, "b-c", "b_c").as_deref(), Some(expected));
        assert_eq!(with_study("    &[]\n", "b-c", "b_c"), None);
    }

    #[test]
    fn keywords_are_in_order_and_the_templates_name_the_study() {
        assert!(KEYWORDS.is_sorted() && TAKEN.is_sorted());
        for (path, text) in TEMPLATES {
            assert!(path.contains(NAME) || path.contains(MODULE), "{path}");
            assert!(!text.is_empty() && text.ends_with('\n'), "{path}");
        }
    }
}
