//! The code behind a stage, as a digest that can say which part of it changed.
//!
//! A stage is as stale as its code: the source files of its module, those of the crates that it
//! calls, and the locked versions of the dependencies below. The crate `code` collects them in the
//! build script of a crate that holds stages, as a [`Table`], which is asked for the code behind a
//! function by the function's own path (`std::any::type_name`), so that a stage cannot name the wrong
//! file.

mod table;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

pub use self::table::Table;
use crate::digest::{Digest, FieldHasher};

/// Named parts of code with a digest each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Part>", into = "Vec<Part>")]
pub struct Code {
    parts: Arc<Vec<Part>>,
    /// Kept, because many stages share one code.
    digest: Digest,
}

impl Default for Code {
    /// No code at all: what all commands share.
    fn default() -> Self {
        static NONE: LazyLock<Code> = LazyLock::new(|| Code::new(Vec::new()));
        NONE.clone()
    }
}

impl From<Vec<Part>> for Code {
    fn from(parts: Vec<Part>) -> Self {
        Self::new(parts)
    }
}

impl From<Code> for Vec<Part> {
    fn from(code: Code) -> Self {
        code.parts.to_vec()
    }
}

/// One part: a source file, a locked dependency, or a tool. Its texts are most often constants of the
/// program, and there are hundreds for each module with stages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    /// Path of the source file, or name of the dependency.
    pub name: Cow<'static, str>,
    /// Version, for what has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Cow<'static, str>>,
    /// Digest of the file, or of the dependency's version and checksum.
    pub digest: Digest,
}

impl Code {
    /// Code of the given parts; their order does not matter.
    pub fn new(mut parts: Vec<Part>) -> Self {
        parts.sort();
        parts.dedup();
        let mut hasher = FieldHasher::new("dag code 1");
        for part in &parts {
            hasher.field(part.name.as_bytes());
            hasher.digest(&part.digest);
        }
        Self { parts: Arc::new(parts), digest: hasher.finish() }
    }

    /// Code that is told by one text, such as a version or a command line.
    pub fn of_text(text: &str) -> Self {
        Self::new(vec![Part { name: text.to_owned().into(), version: None, digest: Digest::of(text.as_bytes()) }])
    }

    /// This code and a tool that is told by its name and version.
    pub fn with_tool(&self, name: &str, version: &str) -> Self {
        let mut parts = self.parts.to_vec();
        let digest = Digest::of(version.as_bytes());
        parts.push(Part { name: name.to_owned().into(), version: Some(version.to_owned().into()), digest });
        Self::new(parts)
    }

    /// The parts, sorted by name.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The digest over all parts.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What differs from `before`: `(part, version before, version now)`; the version is the
    /// digest's beginning for a part that has none, and `None` on the side that lacks the part.
    pub(crate) fn differences(&self, before: &Self) -> Vec<(String, Option<String>, Option<String>)> {
        let mut names: Vec<&str> = self.parts.iter().chain(before.parts.iter()).map(|p| &*p.name).collect();
        names.sort_unstable();
        names.dedup();
        // A name can stand for two locked versions at once: compare all that bear it.
        let told = |code: &Self, name: &str| {
            let all: Vec<_> = code.parts.iter().filter(|p| p.name == name).map(Part::told).collect();
            if all.is_empty() { None } else { Some(all.join(", ")) }
        };
        let digests = |code: &Self, name: &str| -> Vec<Digest> {
            code.parts.iter().filter(|p| p.name == name).map(|p| p.digest).collect()
        };
        let changed = names.into_iter().filter(|name| digests(self, name) != digests(before, name));
        changed.map(|name| (name.to_owned(), told(before, name), told(self, name))).collect()
    }
}

impl Part {
    fn told(&self) -> String {
        self.version.as_deref().map_or_else(|| self.digest.short(), str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, version: Option<&str>, content: &str) -> Part {
        Part {
            name: name.to_owned().into(),
            version: version.map(|text| text.to_owned().into()),
            digest: Digest::of(content.as_bytes()),
        }
    }

    #[test]
    fn differences_name_files_and_dependencies() {
        let before =
            Code::new(vec![part("a.rs", None, "1"), part("typst", Some("0.15.0"), "x"), part("b.rs", None, "1")]);
        let after =
            Code::new(vec![part("a.rs", None, "2"), part("typst", Some("0.15.1"), "y"), part("b.rs", None, "1")]);
        let told = |content: &str| Some(Digest::of(content.as_bytes()).short());
        assert_eq!(
            after.differences(&before),
            [
                ("a.rs".to_owned(), told("1"), told("2")),
                ("typst".to_owned(), Some("0.15.0".to_owned()), Some("0.15.1".to_owned())),
            ]
        );
        assert_ne!(before.digest(), after.digest());
    }
}
