//! Mirrors: folders that hold `<study>/<path>`.

use std::fs;
use std::path::{Path, PathBuf};

use studies::sources::Sources;
use tempfile::TempDir;

use super::server::Answer;
use super::support::{Recorder, STUDY, World, bytes, from, from_mirrors, serving, sha256};
use crate::fetch::progress::Silent;
use crate::fetch::{FileError, Options, Origin, Problem, all_mirrors, fetch};

const PATH: &str = "data/a.bin";

/// A mirror that holds `files` of the study.
fn mirror(files: &[(&str, &[u8])]) -> TempDir {
    let mirror = tempfile::tempdir().expect("a temporary folder");
    for (path, content) in files {
        let place = mirror.path().join(STUDY).join(path);
        fs::create_dir_all(place.parent().expect("a folder")).expect("folders");
        fs::write(place, content).expect("a file");
    }
    mirror
}

fn problems(error: &FileError) -> Vec<Problem> {
    match error {
        FileError::Unavailable { tried, .. } => tried.iter().map(|tried| tried.problem.clone()).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn copies_from_the_first_mirror_that_has_the_file() {
    let (a, b) = (bytes(300_000), bytes(10));
    let world = World::new(&[(PATH, &a), ("b", &b), ("empty", b"")]);
    let first = mirror(&[("b", &b)]);
    let second = mirror(&[(PATH, &a), ("b", &b), ("empty", b"")]);
    let absent = Path::new("/nonexistent/mirror");
    let recorder = Recorder::default();
    let options = from_mirrors(&[absent, first.path(), second.path()]);
    let report = world.fetch_telling(&options, &recorder);
    world.assert_complete(&report);
    let copy = |mirror: &TempDir, path| Origin::Mirror(mirror.path().join(STUDY).join(path));
    let origins: Vec<&Origin> = report.in_place.iter().map(|file| &file.origin).collect();
    assert_eq!(origins, [&copy(&second, PATH), &copy(&first, "b"), &copy(&second, "empty")]);
    assert_eq!(report.to_string(), "demo: 3 of 3 raw files in place, 300.01 kB (3 from a mirror)");
    assert_eq!(recorder.notes(), Vec::<String>::new());
}

#[test]
fn a_wrong_file_of_a_mirror_is_noted_and_not_used() {
    let right = bytes(5000);
    let mut wrong = right.clone();
    wrong[0] ^= 1;
    for bad in [wrong, bytes(4999), bytes(5001), vec![]] {
        let world = World::new(&[(PATH, &right)]);
        let (first, second) = (mirror(&[(PATH, &bad)]), mirror(&[(PATH, &right)]));
        let recorder = Recorder::default();
        let report = world.fetch_telling(&from_mirrors(&[first.path(), second.path()]), &recorder);
        world.assert_complete(&report);
        let notes = recorder.notes();
        assert_eq!(notes.len(), 1, "{notes:?}");
        let place = first.path().join(STUDY).join(PATH).display().to_string();
        assert!(notes[0].contains(&place) && notes[0].contains(&sha256(&bad)), "{notes:?}");

        // And without another source it is an error that leaves nothing behind.
        let world = World::new(&[(PATH, &right)]);
        let report = world.fetch(&from_mirrors(&[first.path()]));
        let message = world.only_failure(&report, PATH).to_string();
        for part in [&place, &sha256(&bad), &sha256(&right), "JOULEBOOK_UPSTREAM=off"] {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
        world.assert_holds(&[PATH], &[]);
    }
}

#[test]
fn asks_upstream_for_what_no_mirror_has() {
    let (a, b) = (bytes(100), bytes(200));
    let world = World::new(&[(PATH, &a), ("b", &b)]);
    let mirror = mirror(&[("b", &b)]);
    let server = serving(&[(PATH, &[Answer::file(&a)]), ("b", &[Answer::file(&b)])]);
    let options = Options { mirrors: vec![mirror.path().to_owned()], ..from(&server) };
    let report = world.fetch(&options);
    world.assert_complete(&report);
    assert!(matches!(report.in_place[0].origin, Origin::Upstream(_)));
    assert!(matches!(report.in_place[1].origin, Origin::Mirror(_)));
    assert_eq!(server.requests().len(), 1);
    assert_eq!(report.to_string(), "demo: 2 of 2 raw files in place, 300 B (1 from a mirror, 1 from upstream)");
}

#[test]
fn lists_all_that_was_tried() {
    let world = World::new(&[(PATH, b"abc")]);
    let (empty, odd) = (mirror(&[]), mirror(&[]));
    fs::create_dir_all(odd.path().join(STUDY).join(PATH)).expect("a folder in the file's place");
    let server = serving(&[]);
    let mirrors = vec![empty.path().to_owned(), odd.path().to_owned()];
    let report = world.fetch(&Options { mirrors, ..from(&server) });
    let error = world.only_failure(&report, PATH);
    let status = Problem::Status { status: "404 Not Found".into(), at: None };
    assert_eq!(problems(&error), [Problem::Absent, Problem::NotAFile, status]);
    assert_eq!(error.to_string().lines().count(), 5, "{error}");
    world.assert_holds(&[PATH], &[]);
}

#[test]
fn a_file_where_a_mirror_should_have_a_folder_is_no_obstacle() {
    let world = World::new(&[(PATH, b"abc")]);
    let (odd, good) = (mirror(&[("data", b"a file")]), mirror(&[(PATH, b"abc")]));
    world.assert_complete(&world.fetch(&from_mirrors(&[odd.path(), good.path()])));
}

#[test]
fn mirrors_of_the_command_line_come_first_and_must_exist() {
    let (one, two) = (mirror(&[]), mirror(&[]));
    let list = std::env::join_paths([Path::new("/nonexistent"), two.path(), Path::new("")]);
    let list = list.expect("a list of paths");
    let mirrors = all_mirrors(vec![one.path().to_owned()], Some(list.clone())).expect("folders");
    assert_eq!(mirrors, [one.path(), Path::new("/nonexistent"), two.path()]);

    let typo = one.path().join("typo");
    let error = all_mirrors(vec![typo.clone()], Some(list)).expect_err("no folder").to_string();
    assert!(error.contains(&typo.display().to_string()), "{error}");
    assert_eq!(all_mirrors(vec![], None).expect("nothing"), Vec::<PathBuf>::new());
}

/// The repository's pins, against the genuine files if there is a mirror of them.
#[test]
fn the_committed_pins_fit_the_genuine_files() {
    let Some(list) = std::env::var_os("JOULEBOOK_MIRROR") else {
        println!("skipped: JOULEBOOK_MIRROR names no mirror of the raw files");
        return;
    };
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let studies = Sources::load_all(&repository, &[]).expect("correct pins");
    let root = tempfile::tempdir().expect("a temporary folder");
    for sources in &studies {
        fs::create_dir_all(root.path().join("raw").join(&sources.study)).expect("folders");
    }
    // Relative paths are meant from the top of the repository, where tests are started.
    let mirrors: Vec<PathBuf> = std::env::split_paths(&list).map(|path| repository.join(path)).collect();
    let options = Options { mirrors, upstream: None, force: false, jobs: 2 };
    let report = fetch(root.path(), &studies, &options, &Silent);
    assert!(report.is_complete(), "{:#?}", report.failures);
    let files: usize = studies.iter().map(|sources| sources.files.len()).sum();
    assert_eq!(report.in_place.len(), files);
}
