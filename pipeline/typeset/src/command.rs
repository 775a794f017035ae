//! The `typst` command line as a backend.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::diagnostic::{self, Diagnostic, Severity};
use crate::document::{Document, Pdf, Standard};
use crate::error::Error;
use crate::fonts::NOTO_SANS;

/// A `typst` command line that has told its version.
#[derive(Debug)]
pub(crate) struct CommandLine {
    program: PathBuf,
    /// What `--version` printed after `typst `.
    version: String,
    limit: Duration,
}

/// How much of a stream of a child is read. A typst that prints more is not believed anyway.
const STREAM_LIMIT: u64 = 1 << 20;
/// How much of it an error quotes.
const QUOTE_LIMIT: usize = 400;
/// How often a child is looked at. Short against the tenths of a second that a paper takes.
const POLL: Duration = Duration::from_millis(5);

impl CommandLine {
    /// Asks the program for its version.
    pub(crate) fn new(program: PathBuf, limit: Duration) -> Result<Self, Error> {
        // It will be run in another folder, from which a relative path would lead elsewhere. A mere
        // name is looked up on PATH.
        let program = match program.components().count() {
            0 | 1 => program,
            _ => std::path::absolute(&program).map_err(Error::file("cannot resolve", &program))?,
        };
        let scratch = scratch()?;
        let mut command = Command::new(&program);
        command.arg("--version");
        let run = run(command, &program, scratch.path(), limit)?;
        match version(&run.stdout) {
            Some(version) if run.status.success() => Ok(Self { version: version.to_owned(), program, limit }),
            _ => Err(Error::NotTypst { program, output: quote(&(run.stdout + &run.stderr)) }),
        }
    }

    /// As in `typst 0.15.1 (command line, 3aa5f8dd)`, with the commit if the program knows it.
    pub(crate) fn identity(&self) -> String {
        let (number, rest) = self.version.split_once(' ').unwrap_or((&self.version, ""));
        match rest.trim_matches(['(', ')', ' ']) {
            "" | "unknown commit" | "unknown hash" => format!("typst {number} (command line)"),
            commit => format!("typst {number} (command line, {commit})"),
        }
    }

    /// Lays the project out in a scratch folder and compiles it there.
    pub(crate) fn pdf(&self, document: &Document) -> Result<Pdf, Error> {
        let scratch = scratch()?;
        let root = scratch.path().join("project");
        let fonts = scratch.path().join("fonts");
        let packages = scratch.path().join("packages");
        let output = scratch.path().join("output.pdf");
        for (path, bytes) in &document.files {
            write(&root.join(path), bytes)?;
        }
        for (name, bytes) in NOTO_SANS {
            write(&fonts.join(name), bytes)?;
        }
        let mut command = Command::new(&self.program);
        command.args(["--color", "never", "compile", "--format", "pdf", "--diagnostic-format", "human"]);
        command.arg("--root").arg(&root);
        command.arg("--ignore-system-fonts").arg("--font-path").arg(&fonts);
        command.arg("--package-path").arg(&packages).arg("--package-cache-path").arg(&packages);
        command.arg(format!("--creation-timestamp={}", document.timestamp));
        let standards = match document.standard {
            Standard::Plain => None,
            Standard::A2a => Some("a-2a"),
            Standard::Ua1 => Some("ua-1"),
            Standard::Ua1A2a => Some("ua-1,a-2a"),
        };
        if let Some(standards) = standards {
            command.args(["--pdf-standard", standards]);
        }
        // Diagnostics name files relative to the working directory: so, as the document does.
        command.arg(root.join(&document.main)).arg(&output).current_dir(&root);
        isolate(&mut command);

        let run = run(command, &self.program, scratch.path(), self.limit)?;
        let folder = format!("{}/", canonical(&root).display());
        let diagnostics = diagnostic::parse(&run.stderr).into_iter().map(|mut found| {
            // A file that is not there is named by its path in the document, not in the scratch folder.
            found.message = found.message.replace(&folder, "");
            explain_package(found)
        });
        let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.partition(|found| found.severity == Severity::Error);
        if !errors.is_empty() {
            return Err(Error::Document(errors));
        }
        if !run.status.success() {
            let (program, output) = (self.program.clone(), quote(&run.stderr));
            return Err(Error::Command { program, status: run.status, output });
        }
        let bytes = fs::read(&output).unwrap_or_default();
        if !bytes.starts_with(b"%PDF-") {
            return Err(Error::NoPdf { program: self.program.clone() });
        }
        Ok(Pdf { pages: page_count(&bytes), bytes, warnings })
    }
}

/// Takes from the child what would let the machine into the pages: variables that set options of
/// typst, and the network, of which it has a proxy that nobody listens at (port 9, "discard").
fn isolate(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TYPST_") {
            command.env_remove(name);
        }
    }
    command.env_remove("SOURCE_DATE_EPOCH").env_remove("NO_PROXY").env_remove("no_proxy");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:9").env(name.to_lowercase(), "http://127.0.0.1:9");
    }
}

/// Says of a package that could not be had that none can, as the embedded compiler does.
fn explain_package(mut found: Diagnostic) -> Diagnostic {
    let about_package = ["failed to download package", "package not found", "failed to load package"];
    if about_package.iter().any(|start| found.message.starts_with(start)) {
        found.message = NO_PACKAGES.to_owned();
        found.hints = vec![NO_PACKAGES_HINT.to_owned()];
    }
    found
}

/// What is said of an import of a package, by either backend.
pub(crate) const NO_PACKAGES: &str = "failed to load package (packages are not available here)";
/// And what to do.
pub(crate) const NO_PACKAGES_HINT: &str = "put the package's files into the document and import them by path";

/// What a child left.
struct Run {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

/// Runs a child to its end, or to the limit. Its streams go to files: a pipe would have to be read
/// at the same time, and would stay open while a grandchild lives.
fn run(mut command: Command, program: &Path, scratch: &Path, limit: Duration) -> Result<Run, Error> {
    let (out_path, err_path) = (scratch.join("stdout"), scratch.join("stderr"));
    let create = |path: &Path| File::create(path).map_err(Error::file("cannot write", path));
    command.stdin(Stdio::null()).stdout(create(&out_path)?).stderr(create(&err_path)?);
    let started = Instant::now();
    let start_error = |source| Error::Start { program: program.to_owned(), source };
    let mut child = command.spawn().map_err(start_error)?;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(start_error)? {
            break status;
        }
        if started.elapsed() >= limit {
            // Both can only fail if the child ended just now, which is as good.
            let _ = child.kill();
            let _ = child.wait();
            return Err(Error::TimeLimit { program: program.to_owned(), limit });
        }
        thread::sleep(POLL);
    };
    Ok(Run { status, stdout: read_start(&out_path)?, stderr: read_start(&err_path)? })
}

/// The path as typst names it, which resolves links.
fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn scratch() -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix("typeset-")
        .tempdir()
        .map_err(Error::file("cannot make a folder in", std::env::temp_dir()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::file("cannot make the folder", folder))?;
    }
    fs::write(path, bytes).map_err(Error::file("cannot write", path))
}

/// The first part of a file, as text.
fn read_start(path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(STREAM_LIMIT).read_to_end(&mut bytes))
        .map_err(Error::file("cannot read", path))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn quote(text: &str) -> String {
    text.trim().chars().take(QUOTE_LIMIT).collect()
}

/// `0.15.1 (3aa5f8dd)` of `typst 0.15.1 (3aa5f8dd)`, if it is that.
fn version(stdout: &str) -> Option<&str> {
    let version = stdout.lines().next()?.strip_prefix("typst ")?.trim_end();
    let number = version.split(' ').next()?;
    let mut parts = number.splitn(3, '.');
    let whole = |part: Option<&str>| part.is_some_and(|part| part.parse::<u32>().is_ok());
    let (major, minor) = (parts.next(), parts.next());
    let patch = parts.next().map(|part| part.split(['-', '+']).next().unwrap_or(part));
    (whole(major) && whole(minor) && whole(patch)).then_some(version)
}

/// The number of pages, from the XMP metadata, which typst does not compress.
fn page_count(pdf: &[u8]) -> Option<usize> {
    const KEY: &[u8] = b"<xmpTPg:NPages>";
    let start = pdf.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
    let rest = pdf.get(start..)?;
    let end = rest.iter().position(|&byte| byte == b'<')?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_version() {
        assert_eq!(version("typst 0.15.1 (3aa5f8dd)\n"), Some("0.15.1 (3aa5f8dd)"));
        assert_eq!(version("typst 0.16.0-dev\r\n"), Some("0.16.0-dev"));
        for text in ["", "typst", "typst fast", "typst 1.2", "typst 1.2.x", "git version 2.39.5", "pre typst 1.2.3"] {
            assert_eq!(version(text), None, "{text:?}");
        }
    }

    #[test]
    fn identity_is_without_path_and_unknown_commit() {
        let identity = |version: &str| {
            CommandLine { program: "/opt/typst".into(), version: version.into(), limit: Duration::ZERO }.identity()
        };
        assert_eq!(identity("0.15.1 (3aa5f8dd)"), "typst 0.15.1 (command line, 3aa5f8dd)");
        assert_eq!(identity("0.15.1 (unknown commit)"), "typst 0.15.1 (command line)");
        assert_eq!(identity("0.14.0"), "typst 0.14.0 (command line)");
    }

    #[test]
    fn counts_pages() {
        assert_eq!(page_count(b"%PDF-1.7\n<a/><xmpTPg:NPages>12</xmpTPg:NPages>"), Some(12));
        for pdf in ["%PDF-1.7", "<xmpTPg:NPages>12", "<xmpTPg:NPages>", "<xmpTPg:NPages>x<", ""] {
            assert_eq!(page_count(pdf.as_bytes()), None, "{pdf}");
        }
    }
}
