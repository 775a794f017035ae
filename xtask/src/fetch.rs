//! `cargo xtask fetch`: brings the pinned raw files of the studies into `raw/<study>/`.
//!
//! A file that is in place with the pinned hash is left alone. One that is not comes from the first of
//! these that has it: the mirrors in order, laid out `<mirror>/<study>/<path>`, then upstream,
//! `<base>/<repository>/<commit>/<upstream path>`. Whatever the source, the file grows beside its
//! place as `.<name>.partial`, is checked against the pin, and appears by rename: at its place there
//! is never half a file, and an interrupted download is resumed by the next run.
//!
//! A file that is in place with another hash is an error and stays, unless [`Options::force`]; then
//! it stays until a right one has arrived. One failure does not stop the others.
//!
//! | environment | meaning |
//! | --- | --- |
//! | `JOULEBOOK_MIRROR` | mirror folders, separated as in `PATH`, asked after those of the command line |
//! | `JOULEBOOK_UPSTREAM` | base URL instead of <https://raw.githubusercontent.com>; `off`: use mirrors only |
//! | `SSL_CERT_FILE` | PEM file of the certificate authorities to trust instead of the built-in ones |
//! | `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` … | proxy for upstream, unless that is a loopback address |
//!
//! Map: `place` is the file system's side (lock, partial files, rename), `mirror` and `download` are
//! the two ways to fill a partial file, `upstream` is HTTP (URLs, redirects), `progress` draws.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use indicatif::DecimalBytes;
use studies::sources::{Pin, Sources, raw_folder};

use crate::parallel::in_parallel;

mod download;
mod error;
mod mirror;
mod place;
pub mod progress;
#[cfg(test)]
mod tests;
mod upstream;

pub use error::{Content, Failure, FileError, OptionsError, Problem, Tried};
pub use progress::{Progress, RawFile};
pub use upstream::{Patience, Upstream};

use error::Stop;
use place::{Lock, Partial, RawFolder, State};

/// Files that are checked or transferred at the same time, unless the caller says otherwise.
const JOBS: usize = 4;
/// Paths that one message lists besides that of its first file.
const MOST_PATHS: usize = 10;

/// Where to fetch from, and how.
#[derive(Debug)]
pub struct Options {
    /// Mirror folders in the order in which they are asked.
    pub mirrors: Vec<PathBuf>,
    /// The source of files that no mirror has; none: such files are failures.
    pub upstream: Option<Upstream>,
    /// Replace a file in place that has another hash than pinned.
    pub force: bool,
    /// Files that are checked or transferred at the same time, at least 1.
    pub jobs: usize,
}

impl Options {
    /// The options that the environment asks for, with `mirrors` of the command line before its own.
    ///
    /// # Errors
    /// A mirror of the command line that is no folder, or an unusable `JOULEBOOK_UPSTREAM`.
    pub fn from_env(mirrors: Vec<PathBuf>) -> Result<Options, OptionsError> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let upstream = match set("JOULEBOOK_UPSTREAM") {
            None => Some(Upstream::github()),
            Some(value) if value == "off" => None,
            Some(value) => Some(Upstream::new(&value.to_string_lossy(), Patience::default())?),
        };
        let certificates = set("SSL_CERT_FILE").map(PathBuf::from);
        Ok(Options {
            mirrors: all_mirrors(mirrors, set("JOULEBOOK_MIRROR"))?,
            upstream: upstream.map(|upstream| upstream.trusting(certificates)),
            force: false,
            jobs: JOBS,
        })
    }
}

/// The mirrors of the command line, which have to exist, then those of `JOULEBOOK_MIRROR`, which, as
/// in `PATH`, need not.
fn all_mirrors(named: Vec<PathBuf>, environment: Option<OsString>) -> Result<Vec<PathBuf>, OptionsError> {
    if let Some(path) = named.iter().find(|path| !path.is_dir()) {
        return Err(OptionsError::Mirror { path: path.clone() });
    }
    let mut mirrors = named;
    if let Some(list) = environment {
        mirrors.extend(std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()));
    }
    Ok(mirrors)
}

/// The pins whose files are not there at all.
pub fn absent<'a>(root: &Path, sources: &'a Sources) -> Vec<&'a Pin> {
    let folder = raw_folder(root, &sources.study);
    sources.files.iter().filter(|pin| !pin.below(&folder).exists()).collect()
}

/// The pins whose files are absent or of another size: a quick look, without reading the files.
/// Whether the content is right is for the hash to say, here in [`fetch`] and in the engine.
pub fn missing<'a>(root: &Path, sources: &'a Sources) -> Vec<&'a Pin> {
    let folder = raw_folder(root, &sources.study);
    let in_place = |pin: &Pin| {
        std::fs::metadata(pin.below(&folder)).is_ok_and(|found| found.is_file() && found.len() == pin.bytes)
    };
    sources.files.iter().filter(|pin| !in_place(pin)).collect()
}

/// Where a file in place came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It was in place before.
    Present,
    /// Copied from this file of a mirror.
    Mirror(PathBuf),
    /// Downloaded from this URL.
    Upstream(String),
}

/// A file that is in place and has the pinned hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InPlace {
    /// The study.
    pub study: String,
    /// [`Pin::path`].
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Where it came from.
    pub origin: Origin,
}

/// What became of each pinned file, in the order of the studies' names and of their pins.
#[derive(Debug, Default)]
pub struct Report {
    /// The files that are in place and right.
    pub in_place: Vec<InPlace>,
    /// Those that are not, and why.
    pub failures: Vec<Failure>,
}

impl Report {
    /// Whether every pinned file is in place.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }

    /// What to print for the failures: one message each, but one for all files of a study that
    /// cannot be had for the same reason, such as no network.
    pub fn messages(&self) -> Vec<String> {
        let mut messages: Vec<(&Failure, Vec<&str>)> = Vec::new();
        for failure in &self.failures {
            let same = messages.iter_mut().find(|(first, _)| first.has_same_reason(failure));
            match same {
                Some((_, others)) => others.push(&failure.path),
                None => messages.push((failure, Vec::new())),
            }
        }
        let text = |(first, others): (&Failure, Vec<&str>)| {
            let mut text = first.to_string();
            if !others.is_empty() {
                text.push_str("\n  for the same reason not in place:");
            }
            for path in others.iter().take(MOST_PATHS) {
                text.push_str(&format!("\n    {path}"));
            }
            match others.len().saturating_sub(MOST_PATHS) {
                0 => {}
                more => text.push_str(&format!("\n    and {more} more")),
            }
            text
        };
        messages.into_iter().map(text).collect()
    }
}

/// One line for each study, such as `tinyml-mcu: 12 of 12 raw files in place, 1.45 MB (2 from a
/// mirror)`, without a line end after the last. The failures are only counted.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fetched = self.in_place.iter().map(|file| &file.study);
        let studies: BTreeSet<_> = fetched.chain(self.failures.iter().map(|f| &f.study)).collect();
        for (number, study) in studies.into_iter().enumerate() {
            let files: Vec<_> = self.in_place.iter().filter(|file| file.study == *study).collect();
            let failed = self.failures.iter().filter(|file| file.study == *study).count();
            let bytes = files.iter().map(|file| file.bytes).sum();
            let count = |is: fn(&Origin) -> bool| files.iter().filter(|f| is(&f.origin)).count();
            if number > 0 {
                writeln!(f)?;
            }
            let (right, all, size) = (files.len(), files.len() + failed, DecimalBytes(bytes));
            write!(f, "{study}: {right} of {all} raw files in place, {size}")?;
            let parts: Vec<String> = [
                (count(|origin| matches!(origin, Origin::Mirror(_))), "from a mirror"),
                (count(|origin| matches!(origin, Origin::Upstream(_))), "from upstream"),
                (failed, "failed"),
            ]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
            if !parts.is_empty() {
                write!(f, " ({})", parts.join(", "))?;
            }
        }
        Ok(())
    }
}

/// One pinned file on its way.
struct Job<'a> {
    sources: &'a Sources,
    pin: &'a Pin,
    folder: &'a RawFolder,
}

/// Brings every pinned file of `studies` to its place below `<root>/raw/`, and reports in the order
/// of the studies' names.
///
/// Waits while another process fetches for the same study. Nothing is written for a study whose
/// files are all in place.
pub fn fetch(root: &Path, studies: &[Sources], options: &Options, progress: &dyn Progress) -> Report {
    let studies: BTreeMap<&str, (&Sources, RawFolder)> = studies
        .iter()
        .map(|sources| (sources.study.as_str(), (sources, RawFolder::new(root, &sources.study))))
        .collect();
    let jobs: Vec<Job> = studies
        .values()
        .flat_map(|(sources, folder)| sources.files.iter().map(move |pin| Job { sources, pin, folder }))
        .collect();

    // What is right already needs no lock, so that a folder that cannot be written is no obstacle.
    let in_place = in_parallel(options.jobs, &jobs, |job| matches!(job.folder.state(job.pin), Ok(State::Right)));
    let jobs: Vec<(&Job, bool)> = jobs.iter().zip(in_place).collect();
    let wanted = || jobs.iter().filter(|(_, in_place)| !in_place).map(|(job, _)| job);
    if wanted().next().is_some() {
        let bytes = wanted().fold(0_u64, |sum, job| sum.saturating_add(job.pin.bytes));
        progress.planned(wanted().count(), bytes);
    }
    // In the order of the names, so that two runs cannot wait for each other.
    let busy: BTreeSet<&str> = wanted().map(|job| job.sources.study.as_str()).collect();
    let locks: BTreeMap<&str, Result<Lock, FileError>> = studies
        .iter()
        .filter(|(study, _)| busy.contains(*study))
        .map(|(study, (_, folder))| {
            let waiting = || {
                progress.note(&format!("another process fetches for {study}: waiting for it"));
            };
            (*study, folder.lock(waiting))
        })
        .collect();

    let outcomes = in_parallel(options.jobs, &jobs, |(job, in_place)| {
        let outcome = match locks.get(job.sources.study.as_str()) {
            _ if *in_place => return Ok(Origin::Present),
            Some(Ok(lock)) => bring(job, lock, options, progress),
            Some(Err(error)) => Err(error.clone()),
            // A study has no lock only if all of its files are in place.
            None => return Ok(Origin::Present),
        };
        progress.done(RawFile { study: &job.sources.study, pin: job.pin }, &outcome);
        outcome
    });

    let mut report = Report::default();
    for ((job, _), outcome) in jobs.iter().zip(outcomes) {
        let (study, path) = (job.sources.study.clone(), job.pin.path.clone());
        match outcome {
            Ok(origin) => {
                report.in_place.push(InPlace { study, path, bytes: job.pin.bytes, origin });
            }
            Err(error) => {
                let pinned_at = format!("{}:{}", job.sources.file.display(), job.pin.line);
                report.failures.push(Failure { study, path, pinned_at, error });
            }
        }
    }
    report
}

/// Brings one file, if it is not in place, from the first source that has it.
fn bring(job: &Job, lock: &Lock, options: &Options, progress: &dyn Progress) -> Result<Origin, FileError> {
    let Job { pin, folder, .. } = *job;
    // Again: who held the lock before may have brought it.
    match folder.state(pin)? {
        State::Right => return Ok(Origin::Present),
        State::Other(found) if !options.force => {
            let (path, expected) = (pin.below(folder.path()), Content::pinned(pin));
            return Err(FileError::Conflict { path, expected, found });
        }
        State::Other(_) | State::Absent => {}
    }
    let file = RawFile { study: &job.sources.study, pin };
    from_any_source(file, folder.partial(pin, lock)?, options, progress)
}

/// Fills `partial` from the mirrors in order, then from upstream, and publishes the first right file.
fn from_any_source(
    file: RawFile,
    partial: Partial,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Origin, FileError> {
    let mut tried = Vec::new();
    for mirror in &options.mirrors {
        let copy = file.pin.below(&mirror.join(file.study));
        progress.started(file, &copy.display().to_string());
        match mirror::copy(&copy, file.pin, &partial, &|have| progress.bytes(file, have)) {
            Ok(()) => return partial.publish().map(|()| Origin::Mirror(copy)),
            Err(Stop::Here(error)) => return Err(error),
            Err(Stop::Source(problem)) => {
                let place = copy.display().to_string();
                // A mirror need not have everything; what it has should be right.
                if !matches!(problem, Problem::Absent) {
                    progress.note(&format!("{place}: {problem}; not used"));
                }
                tried.push(Tried { place, problem });
            }
        }
    }
    if let Some(upstream) = &options.upstream {
        let url = upstream.url(file.pin);
        progress.started(file, &url);
        match download::download(upstream, file, &partial, progress) {
            Ok(()) => return partial.publish().map(|()| Origin::Upstream(url)),
            Err(Stop::Here(error)) => return Err(error),
            Err(Stop::Source(problem)) => tried.push(Tried { place: url, problem }),
        }
    } else {
        tried.push(Tried { place: "upstream".to_owned(), problem: Problem::NotAsked });
    }
    let study = file.study.to_owned();
    let path = file.pin.path.clone();
    Err(FileError::Unavailable { study, path, expected: Content::pinned(file.pin), tried })
}
