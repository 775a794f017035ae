//! A repository in a temporary folder, and what a test wants to know of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use studies::sources::{Sources, raw_folder};
use tempfile::TempDir;

use super::server::{Answer, Server};
use crate::fetch::place::hash;
use crate::fetch::{FileError, Options, Origin, Patience, Progress, RawFile, Report, Upstream, fetch};

pub const STUDY: &str = "demo";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// `count` bytes that do not repeat soon.
pub fn bytes(count: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let step = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(step).take(count).collect()
}

pub fn sha256(content: &[u8]) -> String {
    hash(content).expect("reading from memory").sha256
}

/// Path of the file at `path` on the test's server.
pub fn url_path(path: &str) -> String {
    format!("/owner/name/{COMMIT}/up/{path}")
}

/// No long waits. Two seconds are for a busy machine, not part of what is tested.
pub fn hurried() -> Patience {
    Patience {
        attempts: 4,
        first_attempts: 2,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
        connect: Duration::from_secs(2),
        silence: Duration::from_secs(2),
        slowest: 1024,
    }
}

/// A repository with one study.
pub struct World {
    pub root: TempDir,
    pub sources: Sources,
    expected: BTreeMap<String, Vec<u8>>,
}

impl World {
    /// Pins `files`, of which none is in place.
    pub fn new(files: &[(&str, &[u8])]) -> World {
        let mut text = format!("schema = 1\nstudy = \"{STUDY}\"\n");
        for (path, content) in files {
            text.push_str(&format!(
                "[[file]]\npath = \"{path}\"\nbytes = {}\nsha256 = \"{}\"\nrepository = \"owner/name\"\n\
                 commit = \"{COMMIT}\"\nupstream_path = \"up/{path}\"\n",
                content.len(),
                sha256(content),
            ));
        }
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = raw_folder(root.path(), STUDY);
        fs::create_dir_all(&folder).expect("the folder of the study");
        fs::write(folder.join("sources.toml"), text).expect("sources.toml");
        let sources = Sources::load(root.path(), STUDY).expect("correct pins");
        let expected = files.iter().map(|(path, content)| ((*path).into(), content.to_vec()));
        World { root, sources, expected: expected.collect() }
    }

    /// `raw/demo`.
    pub fn folder(&self) -> PathBuf {
        raw_folder(self.root.path(), STUDY)
    }

    /// The place of a pinned file.
    pub fn place(&self, path: &str) -> PathBuf {
        self.folder().join(path)
    }

    /// The partial file of a pinned file.
    pub fn partial(&self, path: &str) -> PathBuf {
        let place = self.place(path);
        let name = place.file_name().and_then(|name| name.to_str()).expect("a name");
        place.with_file_name(format!(".{name}.partial"))
    }

    /// Writes a file of the study, with its folders.
    pub fn write(&self, place: &Path, content: &[u8]) {
        fs::create_dir_all(place.parent().expect("a folder")).expect("folders");
        fs::write(place, content).expect("a file");
    }

    pub fn fetch(&self, options: &Options) -> Report {
        self.fetch_telling(options, &Recorder::default())
    }

    pub fn fetch_telling(&self, options: &Options, progress: &dyn Progress) -> Report {
        fetch(self.root.path(), std::slice::from_ref(&self.sources), options, progress)
    }

    /// The only failure of a run in which everything else arrived; the file's place is empty.
    pub fn only_failure(&self, report: &Report, path: &str) -> FileError {
        assert_eq!(report.failures.len(), 1, "{report:?}");
        let failure = &report.failures[0];
        assert_eq!((failure.study.as_str(), failure.path.as_str()), (STUDY, path));
        let line = self.sources.pin(path).map(|pin| pin.line).expect("a pinned path");
        assert!(failure.to_string().contains(&format!("sources.toml:{line})")), "{failure}");
        assert!(!self.place(path).exists(), "{path} is in place");
        failure.error.clone()
    }

    /// Below the study's folder there are exactly the pinned files but those in `absent`, each with
    /// the right bytes, and the files `more`.
    #[track_caller]
    pub fn assert_holds(&self, absent: &[&str], more: &[(&str, &[u8])]) {
        let mut expected = self.expected.clone();
        expected.retain(|path, _| !absent.contains(&path.as_str()));
        expected.extend(more.iter().map(|(path, content)| ((*path).into(), content.to_vec())));
        let mut found = BTreeMap::new();
        collect(&self.folder(), "", &mut found);
        for name in ["sources.toml", ".fetch.lock"] {
            found.remove(name);
        }
        let sizes = |files: &BTreeMap<String, Vec<u8>>| {
            files.iter().map(|(path, content)| (path.clone(), content.len())).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&found), sizes(&expected));
        assert!(found == expected, "right sizes, but other bytes");
    }

    /// Every pinned file is in place and no other.
    #[track_caller]
    pub fn assert_complete(&self, report: &Report) {
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(report.in_place.len(), self.expected.len());
        self.assert_holds(&[], &[]);
    }
}

/// All files below `folder`, by their path in it.
fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a listing").flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name, fs::read(entry.path()).expect("a readable file"));
        }
    }
}

/// A server with a script for each pinned path.
pub fn serving(script: &[(&str, &[Answer])]) -> Server {
    let answers = script.iter().map(|(path, answers)| (url_path(path), answers.to_vec()));
    Server::start(answers.collect())
}

/// Fetch from `server` only.
pub fn from(server: &Server) -> Options {
    from_url(&server.url(), hurried())
}

pub fn from_url(url: &str, patience: Patience) -> Options {
    let upstream = Upstream::new(url, patience).expect("a URL");
    Options { mirrors: Vec::new(), upstream: Some(upstream), force: false, jobs: 1 }
}

/// Fetch from these mirrors only.
pub fn from_mirrors(mirrors: &[&Path]) -> Options {
    let mirrors = mirrors.iter().map(|mirror| mirror.to_path_buf()).collect();
    Options { mirrors, upstream: None, force: false, jobs: 1 }
}

/// Keeps what it is told, but not the bytes.
#[derive(Default)]
pub struct Recorder {
    pub notes: Mutex<Vec<String>>,
    pub events: Mutex<Vec<String>>,
}

impl Recorder {
    fn event(&self, event: String) {
        self.events.lock().expect("the events").push(event);
    }

    pub fn events(&self) -> Vec<String> {
        self.events.lock().expect("the events").clone()
    }

    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().expect("the notes").clone()
    }
}

impl Progress for Recorder {
    fn planned(&self, files: usize, bytes: u64) {
        self.event(format!("planned {files} {bytes}"));
    }

    fn started(&self, file: RawFile<'_>, _source: &str) {
        self.event(format!("started {file}"));
    }

    fn bytes(&self, file: RawFile<'_>, have: u64) {
        let mut events = self.events.lock().expect("the events");
        let event = format!("bytes {file} ");
        // Only the start and the last of a row: how many there are depends on the network.
        let grows = |last: &String| last.starts_with(&event) && *last != format!("{event}0");
        if have > 0 && events.last().is_some_and(grows) {
            events.pop();
        }
        events.push(format!("{event}{have}"));
    }

    fn done(&self, file: RawFile<'_>, outcome: &Result<Origin, FileError>) {
        self.event(format!("done {file} {}", if outcome.is_ok() { "right" } else { "failed" }));
    }

    fn note(&self, message: &str) {
        self.notes.lock().expect("the notes").push(message.to_owned());
    }
}
