//! Programs: those that building papers takes, and those that only some tests take.

use std::path::Path;
use std::process::Command;

use super::{Finding, State};
use crate::machine::{on_path, version_of};

/// The oldest compiler that the workspace is written for.
const RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// The version of typst whose pages are those of the built-in compiler.
const TYPST: &str = "0.15";

pub(super) fn needed(root: &Path) -> Vec<Finding> {
    vec![rust(), c_compiler(), typst(), git(root)]
}

fn rust() -> Finding {
    let program = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let fix = format!("rustup toolchain install {RUST} (or later)");
    let Some(version) = version_of(&program) else {
        let found = format!("{program} does not run; {RUST} or later is needed");
        return Finding::new("Rust", State::Missing, found).fix(fix);
    };
    if is_at_least(&version, RUST) {
        Finding::ok("Rust", version)
    } else {
        Finding::new("Rust", State::Missing, format!("{version}; {RUST} or later is needed")).fix(fix)
    }
}

/// Whether the first number with dots in `told` is `least` or later.
fn is_at_least(told: &str, least: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
        text.split('.').map_while(|part| digits(part).parse().ok()).collect()
    };
    let version =
        told.split_whitespace().find(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit()));
    version.is_some_and(|version| numbers(version) >= numbers(least))
}

/// The JavaScript engine and some libraries are C; Rust itself links with this compiler.
fn c_compiler() -> Finding {
    let set = std::env::var("CC").ok().filter(|name| !name.is_empty());
    let candidates = set.map_or_else(|| vec!["cc".to_owned(), "clang".to_owned(), "gcc".to_owned()], |name| vec![name]);
    if cfg!(windows) {
        return Finding::ok("C compiler", "not looked for here: Rust's own installer asks for it");
    }
    match candidates.iter().find_map(|name| Some(format!("{name}: {}", version_of(name)?))) {
        Some(found) => Finding::ok("C compiler", found),
        None => {
            let fix =
                if cfg!(target_os = "macos") { "xcode-select --install" } else { "sudo apt-get install gcc libc6-dev" };
            Finding::new("C compiler", State::Missing, format!("none of {} runs", candidates.join(", "))).fix(fix)
        }
    }
}

/// The compiler of the papers: the built-in one, or the one that JOULEBOOK_TYPST names.
fn typst() -> Finding {
    let set = std::env::var_os("JOULEBOOK_TYPST").filter(|path| !path.is_empty());
    let named = set.is_some();
    match typeset::Backend::choose(set.map(Into::into)) {
        Ok(backend) if named && !is_at_least(&backend.identity(), TYPST) => {
            let found = format!("{}; the papers are written for {TYPST}", backend.identity());
            Finding::new("typst", State::Note, found).fix("unset JOULEBOOK_TYPST to typeset with the built-in compiler")
        }
        Ok(backend) => Finding::ok("typst", backend.identity()),
        Err(error) if named => Finding::new("typst", State::Missing, format!("JOULEBOOK_TYPST: {error}"))
            .fix("unset JOULEBOOK_TYPST to typeset with the built-in compiler"),
        Err(error) => {
            let fix = "build without --no-default-features, or install a typst and name it with JOULEBOOK_TYPST";
            Finding::new("typst", State::Missing, error.to_string()).fix(fix)
        }
    }
}

/// Only `check` asks git what is committed.
fn git(root: &Path) -> Finding {
    let Some(version) = version_of("git") else {
        let found = "no git: figures cannot be compared with the committed ones";
        return Finding::new("git", State::Note, found).fix("sudo apt-get install git");
    };
    let inside = Command::new("git").arg("-C").arg(root).args(["rev-parse", "--is-inside-work-tree"]).output();
    if inside.is_ok_and(|output| output.status.success()) {
        Finding::ok("git", version)
    } else {
        let found = format!("{version}, but this is no repository: there is nothing committed to compare with");
        Finding::new("git", State::Note, found).fix("git clone the repository in the place of an archive of it")
    }
}

/// A program that only some tests and benches use.
struct Optional {
    what: &'static str,
    /// What it is called on PATH.
    names: &'static [&'static str],
    /// How it is installed.
    install: &'static str,
    /// By which variable the tests that use it learn where it is; without one they take it from PATH.
    variable: Option<&'static str>,
}

impl Optional {
    const fn on_path(what: &'static str, names: &'static [&'static str], install: &'static str) -> Self {
        Self { what, names, install, variable: None }
    }

    const fn told_by(self, variable: &'static str) -> Self {
        Self { variable: Some(variable), ..self }
    }

    fn look(&self) -> Finding {
        let what = format!("{} (tests)", self.what);
        let told = self.variable.and_then(std::env::var_os).filter(|value| !value.is_empty());
        let found = self.names.iter().find_map(|name| on_path(name));
        match (self.variable, told, found) {
            (_, Some(told), _) => Finding::ok(what, told.display().to_string()),
            (None, None, Some(path)) => Finding::ok(what, path.display().to_string()),
            (Some(variable), None, Some(path)) => {
                let found = format!("{}, but {variable} is not set: its tests are skipped", path.display());
                Finding::new(what, State::Optional, found).fix(format!("export {variable}={}", path.display()))
            }
            (None, None, None) => Finding::new(what, State::Optional, "not on PATH").fix(self.install),
            (Some(variable), None, None) => {
                let fix =
                    format!("{}\nexport {variable}=… with its path, or run .ci/run, which does both", self.install);
                Finding::new(what, State::Optional, format!("{variable} is not set: its tests are skipped")).fix(fix)
            }
        }
    }
}

const OPTIONAL: [Optional; 8] = [
    Optional::on_path("python3", &["python3"], "sudo apt-get install python3-venv"),
    Optional::on_path("ninja", &["ninja"], "sudo apt-get install ninja-build"),
    Optional::on_path("node", &["node"], "sudo apt-get install nodejs"),
    Optional::on_path("npm", &["npm"], "sudo apt-get install npm"),
    Optional::on_path(
        "chromium",
        &["chromium", "chromium-browser", "google-chrome"],
        "sudo apt-get install chromium && npm ci --prefix tests/report",
    )
    .told_by("JOULEBOOK_CHROMIUM"),
    Optional::on_path(
        "snakemake",
        &["snakemake"],
        "python3 -m venv target/snakemake && target/snakemake/bin/pip install snakemake",
    )
    .told_by("JOULEBOOK_TEST_SNAKEMAKE"),
    Optional::on_path(
        "S3 service",
        &["moto_server"],
        "python3 -m venv target/moto && target/moto/bin/pip install 'moto[server]'",
    )
    .told_by("JOULEBOOK_TEST_S3"),
    // A Python that has them; nothing on PATH is known to.
    Optional::on_path(
        "validators",
        &[],
        "python3 -m venv target/validators && target/validators/bin/pip install -r tests/provenance/validators.txt",
    )
    .told_by("JOULEBOOK_VALIDATORS"),
];

pub(super) fn optional() -> Vec<Finding> {
    OPTIONAL.iter().map(Optional::look).chain([landlock()]).collect()
}

/// Stages can be kept from reading what they do not declare where the kernel has Landlock.
fn landlock() -> Finding {
    match dag::isolation::probe() {
        Ok(()) => Finding::ok("Landlock (isolation)", "switched on"),
        Err(error) => Finding::new("Landlock (isolation)", State::Optional, error.0)
            .fix("Linux 5.13 or later, with `lsm=landlock,…` on the kernel's command line"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_at_least;

    #[test]
    fn versions_are_compared_by_number() {
        for (told, least, expected) in [
            ("rustc 1.95.0 (abc 2026-04-14)", "1.95", true),
            ("rustc 1.100.0-nightly", "1.95", true),
            ("rustc 1.9.0", "1.95", false),
            ("typst 0.15.1 (embedded)", "0.15", true),
            ("typst 0.14.2", "0.15", false),
            ("what", "1.95", false),
        ] {
            assert_eq!(is_at_least(told, least), expected, "{told}");
        }
    }
}
