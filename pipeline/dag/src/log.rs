//! The log of builds: when, what for, and what became of the stages that were not fresh.
//!
//! One line of JSON a build, in the file `log` of the engine's folder, the newest at its end. A build
//! writes its line when it ends, also where stages failed or it was stopped. One that found
//! everything fresh writes none: it has nothing to tell, and shall cost nothing. One that is killed
//! leaves no line, or half of one, which is passed over. A log that has grown beyond 4 MiB loses its
//! oldest builds.
//!
//! The log is for people. The engine reads nothing from it, and it can be removed at any time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::report::{Outcome, Reason, Report};
use crate::store::move_file;

/// A log that is longer is cut down to half of this.
const MOST_BYTES: usize = 4 << 20;

/// A build, as its line in the log tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it began, in milliseconds since the beginning of 1970 in UTC.
    pub began: u64,
    /// How long it took.
    pub duration: Duration,
    /// What was asked for; everything where this is empty.
    pub targets: Vec<String>,
    /// What the caller said of it: [`Options::note`](crate::Options::note).
    pub note: Option<String>,
    /// How many stages were fresh.
    pub fresh: usize,
    /// How many were not begun, or were given up, because the build was stopped.
    pub cancelled: usize,
    /// What became of the others, in the order of the graph.
    pub stages: Vec<LoggedStage>,
}

/// What became of a stage that was not fresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedStage {
    /// Id of the stage.
    pub stage: String,
    /// What became of it. What a failed command printed is not kept.
    pub outcome: Outcome,
    /// Why it was not fresh.
    pub reasons: Vec<Reason>,
    /// How long it took in this build.
    pub duration: Duration,
}

impl Entry {
    /// What is to be written of a build; nothing of one that found everything fresh.
    pub(crate) fn of(report: &Report, began: SystemTime, targets: &[String], note: Option<&str>) -> Option<Self> {
        let fresh = report.fresh().len();
        if fresh == report.stages.len() {
            return None;
        }
        let told = report.stages.iter().filter(|told| !matches!(told.outcome, Outcome::Fresh | Outcome::Cancelled));
        let stages = told.map(|told| {
            let mut outcome = told.outcome.clone();
            if let Outcome::Failed(problem) = &mut outcome
                && let Some(command) = &mut problem.command
            {
                command.printed.clear();
            }
            LoggedStage { stage: told.stage.clone(), outcome, reasons: told.reasons.clone(), duration: told.duration }
        });
        let began = began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Some(Self {
            began: u64::try_from(began.as_millis()).unwrap_or(u64::MAX),
            duration: report.duration,
            targets: targets.to_owned(),
            note: note.map(str::to_owned),
            fresh,
            cancelled: report.cancelled().len(),
            stages: stages.collect(),
        })
    }

    /// How many of its stages came to an end of some sort.
    pub fn count(&self, wanted: impl Fn(&Outcome) -> bool) -> usize {
        self.stages.iter().filter(|stage| wanted(&stage.outcome)).count()
    }
}

/// The builds that the log in an engine's folder tells of, the oldest first. None where there is no
/// log. What is not a whole line of this format is passed over.
///
/// # Errors
/// When the log is there and cannot be read.
pub fn read(folder: &Path) -> io::Result<Vec<Entry>> {
    let bytes = match fs::read(folder.join("log")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?,
    };
    Ok(bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// Adds a build. Only who holds the folder's lock may.
pub(crate) fn append(folder: &Path, entry: &Entry) -> io::Result<()> {
    append_up_to(folder, entry, MOST_BYTES)
}

fn append_up_to(folder: &Path, entry: &Entry, most: usize) -> io::Result<()> {
    let path = folder.join("log");
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
    let length = file.metadata()?.len();
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    if length > 0 && last_byte(&mut file)? != b'\n' {
        // Of a build that was killed while it wrote.
        line.insert(0, b'\n');
    }
    file.write_all(&line)?;
    if length.saturating_add(line.len() as u64) > most as u64 {
        shorten(folder, &path, most / 2)?;
    }
    Ok(())
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// Replaces the log by its end: as many whole lines as fit, but at least the last one.
fn shorten(folder: &Path, path: &Path, most: usize) -> io::Result<()> {
    let bytes = fs::read(path)?;
    let mut kept = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n').rev() {
        if kept > 0 && kept + line.len() > most {
            break;
        }
        kept += line.len();
    }
    let scratch = folder.join("tmp").join(format!("log-{}", std::process::id()));
    fs::write(&scratch, bytes.get(bytes.len() - kept..).unwrap_or_default())?;
    move_file(&scratch, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        folder
    }

    fn entry(began: u64) -> Entry {
        let stage = LoggedStage {
            stage: "a/b".to_owned(),
            outcome: Outcome::Ran,
            reasons: vec![Reason::OutputMissing { path: "out\nput".to_owned() }],
            duration: Duration::from_millis(7),
        };
        let (duration, targets) = (Duration::from_secs(1), vec!["a".to_owned()]);
        Entry {
            began,
            duration,
            targets,
            note: Some("simulated".to_owned()),
            fresh: 3,
            cancelled: 0,
            stages: vec![stage],
        }
    }

    #[test]
    fn builds_come_back_in_order_and_half_a_line_is_passed_over() {
        let folder = folder();
        assert_eq!(read(folder.path()).unwrap(), []);
        append(folder.path(), &entry(1)).unwrap();
        append(folder.path(), &entry(2)).unwrap();
        assert_eq!(read(folder.path()).unwrap(), [entry(1), entry(2)]);
        let whole = fs::read(folder.path().join("log")).unwrap();
        let second = whole.len() / 2;
        for end in second..whole.len() {
            fs::write(folder.path().join("log"), &whole[..end]).unwrap();
            append(folder.path(), &entry(3)).unwrap();
            let read: Vec<u64> = read(folder.path()).unwrap().iter().map(|entry| entry.began).collect();
            // A line that lacks only its end is whole again.
            let expected: &[u64] = if end == whole.len() - 1 { &[1, 2, 3] } else { &[1, 3] };
            assert_eq!(read, expected, "cut at {end}");
        }
    }

    #[test]
    fn the_oldest_builds_go_when_the_log_has_grown() {
        let folder = folder();
        let length = serde_json::to_vec(&entry(1)).unwrap().len() + 1;
        for began in 1..=9 {
            append_up_to(folder.path(), &entry(began), 8 * length).unwrap();
        }
        let kept: Vec<u64> = read(folder.path()).unwrap().iter().map(|entry| entry.began).collect();
        assert_eq!(kept, [6, 7, 8, 9]);
        // One build that is larger than all that may be kept is kept by itself.
        append_up_to(folder.path(), &entry(10), 10).unwrap();
        assert_eq!(read(folder.path()).unwrap(), [entry(10)]);
    }
}
