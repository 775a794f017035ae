//! Cargo.lock: which version of which package stands behind a dependency.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Part, sha256};

/// The packages of a Cargo.lock.
pub(crate) struct Lock {
    packages: Vec<Package>,
}

#[derive(Default)]
struct Package {
    name: String,
    version: String,
    /// Where it comes from, with the revision for one from git; members of the workspace have none.
    source: String,
    checksum: String,
    /// `name` or `name version`, as cargo writes them.
    dependencies: Vec<String>,
}

impl Lock {
    /// Reads the form in which cargo writes this file: one key a line.
    pub(crate) fn parse(text: &str) -> Self {
        let mut packages: Vec<Package> = Vec::new();
        for line in text.lines() {
            if line == "[[package]]" {
                packages.push(Package::default());
            }
            let Some(package) = packages.last_mut() else { continue };
            let value = |key: &str| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"').map(str::to_owned);
            if let Some(name) = value("name") {
                package.name = name;
            } else if let Some(version) = value("version") {
                package.version = version;
            } else if let Some(source) = value("source") {
                package.source = source;
            } else if let Some(checksum) = value("checksum") {
                package.checksum = checksum;
            } else if let Some(dependency) = line.strip_prefix(" \"").and_then(|l| l.strip_suffix("\",")) {
                package.dependencies.push(dependency.to_owned());
            }
        }
        Self { packages }
    }

    /// Whether a package is a member of the workspace.
    pub(crate) fn is_member(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.name == name && package.source.is_empty())
    }

    /// The packages named, and all that they depend on, as parts of code. Members of the workspace
    /// are left out here and count with their source files.
    pub(crate) fn closure(&self, roots: &BTreeSet<String>) -> Vec<Part> {
        let mut by_name: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
        for package in &self.packages {
            by_name.entry(&package.name).or_default().push(package);
        }
        let mut seen = BTreeSet::new();
        let mut open: Vec<&Package> =
            roots.iter().flat_map(|root| by_name.get(root.as_str()).into_iter().flatten().copied()).collect();
        while let Some(package) = open.pop() {
            if package.source.is_empty() || !seen.insert((&package.name, &package.version)) {
                continue;
            }
            for dependency in &package.dependencies {
                let mut words = dependency.split(' ');
                let (name, version) = (words.next().unwrap_or_default(), words.next());
                let candidates = by_name.get(name).into_iter().flatten();
                open.extend(candidates.filter(|p| version.is_none_or(|version| p.version == version)));
            }
        }
        let locked = self.packages.iter().filter(|p| seen.contains(&(&p.name, &p.version)));
        locked
            .map(|p| Part {
                name: p.name.clone(),
                version: p.version.clone(),
                sha256: sha256(format!("{} {} {}", p.version, p.checksum, p.source).as_bytes()),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "a"
version = "1.0.0"
source = "registry"
checksum = "aa"
dependencies = [
 "b 2.0.0",
 "ours",
]

[[package]]
name = "b"
version = "1.0.0"
source = "registry"
checksum = "b1"

[[package]]
name = "b"
version = "2.0.0"
source = "git#rev"

[[package]]
name = "ours"
version = "0.1.0"
dependencies = [
 "c",
]

[[package]]
name = "c"
version = "3.0.0"
source = "registry"
checksum = "cc"
"#;

    #[test]
    fn a_closure_follows_the_locked_version_and_leaves_members_out() {
        let parts = Lock::parse(LOCK).closure(&BTreeSet::from(["a".to_owned()]));
        let told: Vec<_> = parts.iter().map(|p| (&*p.name, &*p.version)).collect();
        assert_eq!(told, [("a", "1.0.0"), ("b", "2.0.0")]);
    }
}
