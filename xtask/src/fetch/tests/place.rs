//! What is in place already, what is in the way, and who may write.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::server::Answer;
use super::support::{STUDY, World, bytes, from, serving, sha256, url_path};
use crate::fetch::place::RawFolder;
use crate::fetch::progress::Lines;
use crate::fetch::{FileError, Options, Origin, Progress, missing};

const PATH: &str = "data/a.bin";

#[test]
fn a_changed_file_stays_unless_forced() {
    let a = bytes(1000);
    let world = World::new(&[(PATH, &a), ("b", b"b"), ("c", b"cc")]);
    let server = serving(&[(PATH, &[Answer::file(&a)]), ("c", &[Answer::file(b"cc")])]);
    world.write(&world.place("b"), b"b");
    world.write(&world.place("c"), b"mine too");
    world.write(&world.place(PATH), b"mine");
    let report = world.fetch(&from(&server));
    assert_eq!(report.failures.len(), 2);
    assert_eq!(report.messages().len(), 2, "each says which file was changed");
    let failure = &report.failures[0];
    assert!(matches!(failure.error, FileError::Conflict { .. }), "{failure}");
    let message = failure.to_string();
    for part in ["demo: data/a.bin", &sha256(&a), &sha256(b"mine"), "4 bytes", "--force"] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert_eq!(server.ranges(PATH), []);
    world.assert_holds(&[PATH, "c"], &[(PATH, b"mine"), ("c", b"mine too")]);

    let report = world.fetch(&Options { force: true, ..from(&server) });
    world.assert_complete(&report);
    assert_eq!(report.in_place[1].origin, Origin::Present);
}

#[test]
fn a_forced_fetch_that_fails_keeps_the_file() {
    let world = World::new(&[(PATH, &bytes(1000))]);
    let server = serving(&[(PATH, &[Answer::file(&bytes(999))])]);
    world.write(&world.place(PATH), b"mine");
    let report = world.fetch(&Options { force: true, ..from(&server) });
    assert_eq!(report.failures.len(), 1);
    world.assert_holds(&[PATH], &[(PATH, b"mine")]);
}

#[test]
fn missing_looks_at_existence_and_size_only() {
    let world = World::new(&[("a", b"aaa"), ("b", b"bbb"), ("c", b"ccc"), ("d/e", b"eee")]);
    world.write(&world.place("a"), b"aaa");
    world.write(&world.place("b"), b"bb");
    world.write(&world.place("c"), b"xxx");
    world.write(&world.place("d"), b"a file in the way");
    let missing = missing(world.root.path(), &world.sources);
    let paths: Vec<&str> = missing.iter().map(|pin| pin.path.as_str()).collect();
    assert_eq!(paths, ["b", "d/e"]);
}

#[test]
fn says_what_is_in_the_way() {
    let server = serving(&[(PATH, &[Answer::file(b"a")])]);
    type Block = fn(&World);
    let in_the_way: [(Block, &str); 4] = [
        (|world| fs::create_dir_all(world.place(PATH)).expect("a folder"), "is a folder"),
        (|world| fs::create_dir_all(world.partial(PATH)).expect("a folder"), "is a folder"),
        (|world| fs::write(world.place("data"), b"").expect("a file"), "is no folder"),
        (|world| fs::create_dir(world.place(".fetch.lock")).expect("a folder"), "is no regular file"),
    ];
    for (block, found) in in_the_way {
        let world = World::new(&[(PATH, b"a"), ("b", b"b")]);
        block(&world);
        for force in [false, true] {
            let report = world.fetch(&Options { force, ..from(&server) });
            let failure = &report.failures[0];
            assert!(matches!(failure.error, FileError::InTheWay { .. }), "{failure}");
            assert!(failure.to_string().contains(found), "{failure}");
            assert!(!world.place(PATH).is_file());
        }
    }
    assert_eq!(server.ranges(PATH), []);
}

#[test]
fn writes_nothing_if_everything_is_in_place() {
    let world = World::new(&[(PATH, b"a")]);
    world.write(&world.place(PATH), b"a");
    let server = serving(&[]);
    world.assert_complete(&world.fetch(&from(&server)));
    assert!(!world.place(".fetch.lock").exists());
    assert_eq!(server.requests(), []);
}

#[test]
fn waits_for_another_fetch_of_the_same_study() {
    let world = World::new(&[(PATH, b"a")]);
    let server = serving(&[(PATH, &[Answer::file(b"a")])]);
    let (told, tell) = mpsc::channel();
    /// Hands on the first note.
    struct Teller(std::sync::Mutex<mpsc::Sender<String>>);
    impl Progress for Teller {
        fn note(&self, message: &str) {
            self.0.lock().expect("the channel").send(message.to_owned()).expect("a listener");
        }
    }
    let folder = RawFolder::new(world.root.path(), STUDY);
    let lock = folder.lock(|| panic!("nobody else is here")).expect("the lock");
    thread::scope(|scope| {
        let run = scope.spawn(|| world.fetch_telling(&from(&server), &Teller(std::sync::Mutex::new(told))));
        let note = tell.recv_timeout(Duration::from_secs(10)).expect("a note");
        assert_eq!(note, "another process fetches for demo: waiting for it");
        assert_eq!(server.requests(), []);
        // Meanwhile the other one has brought the file.
        world.write(&world.place(PATH), b"a");
        drop(lock);
        let report = run.join().expect("the run");
        world.assert_complete(&report);
        assert_eq!(report.in_place[0].origin, Origin::Present);
    });
    assert_eq!(server.requests(), []);
}

#[test]
fn two_runs_at_once_bring_every_file_once() {
    let files: Vec<(String, Vec<u8>)> =
        (1..9).map(|number| (format!("data/f{number}"), bytes(number * 50_000))).collect();
    let pins: Vec<(&str, &[u8])> = files.iter().map(|(p, c)| (p.as_str(), c.as_slice())).collect();
    let world = World::new(&pins);
    let script: Vec<_> = pins.iter().map(|(path, content)| (*path, [Answer::file(content)])).collect();
    let script: Vec<_> = script.iter().map(|(path, answers)| (*path, &answers[..])).collect();
    let server = serving(&script);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let report = world.fetch(&Options { jobs: 2, ..from(&server) });
                assert!(report.is_complete(), "{report:?}");
            });
        }
    });
    world.assert_holds(&[], &[]);
    assert_eq!(server.requests().len(), files.len());
}

#[test]
fn draws_lines_for_logs() {
    let world = World::new(&[(PATH, b"abc"), ("b", b"b")]);
    let server = serving(&[
        (PATH, &[Answer::status("500 Internal Server Error"), Answer::file(b"abc")]),
        ("b", &[Answer::status("404 Not Found")]),
    ]);
    let mut out = Vec::new();
    world.fetch_telling(&from(&server), &Lines::new(&mut out));
    let url = format!("{}{}", server.url(), url_path(PATH));
    assert_eq!(
        String::from_utf8(out).expect("text"),
        format!(
            "fetching 2 raw files, 4 B\nnote: {url}: answered 500 Internal Server Error; asking again\n\
             fetched demo/data/a.bin, 3 B, from upstream\n"
        )
    );
}

#[test]
fn a_full_disk_and_a_read_only_folder_say_what_to_do() {
    for (kind, advice) in [
        (ErrorKind::StorageFull, "make room and run fetch again"),
        (ErrorKind::ReadOnlyFilesystem, "has to be writable"),
    ] {
        let message = FileError::local("write", Path::new("raw/x"))(kind.into()).to_string();
        assert!(message.starts_with("cannot write raw/x: ") && message.contains(advice), "{message}");
    }
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::super::support::from_mirrors;
    use super::*;

    fn link(target: &Path, link: &Path) {
        fs::create_dir_all(link.parent().expect("a folder")).expect("folders");
        symlink(target, link).expect("a symbolic link");
    }

    /// A folder outside of `raw/`, and whether anything was written there.
    fn outside() -> (tempfile::TempDir, impl Fn(&Path) -> usize) {
        let outside = tempfile::tempdir().expect("a temporary folder");
        (outside, |path: &Path| fs::read_dir(path).expect("a listing").count())
    }

    #[test]
    fn follows_no_link_out_of_the_raw_folder() {
        let server = serving(&[(PATH, &[Answer::file(b"a")])]);
        let world = World::new(&[(PATH, b"a")]);
        let (outside, entries) = outside();
        link(outside.path(), &world.place("data"));
        for force in [false, true] {
            let report = world.fetch(&Options { force, ..from(&server) });
            let failure = &report.failures[0];
            assert!(matches!(failure.error, FileError::LeavesRaw { .. }), "{failure}");
            let target = fs::canonicalize(outside.path()).expect("the target");
            assert!(failure.to_string().contains(&target.display().to_string()), "{failure}");
        }
        assert_eq!(entries(outside.path()), 0);

        // The folder of the study itself.
        let world = World::new(&[(PATH, b"a")]);
        fs::remove_dir_all(world.folder()).expect("no folder");
        link(outside.path(), &world.folder());
        let report = world.fetch(&from(&server));
        assert!(matches!(report.failures[0].error, FileError::LeavesRaw { .. }), "{report:?}");
        assert_eq!(entries(outside.path()), 0);
        assert_eq!(server.requests(), []);
    }

    #[test]
    fn raw_itself_and_links_inside_of_it_may_be_links() {
        let server = serving(&[(PATH, &[Answer::file(b"a")])]);
        let world = World::new(&[(PATH, b"a")]);
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        let raw = world.root.path().join("raw");
        fs::rename(&raw, elsewhere.path().join("raw")).expect("raw elsewhere");
        link(&elsewhere.path().join("raw"), &raw);
        fs::create_dir(world.place("real")).expect("a folder");
        link(Path::new("real"), &world.place("data"));
        let report = world.fetch(&from(&server));
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(fs::read(world.place("real/a.bin")).expect("the file"), b"a");
    }

    #[test]
    fn a_link_in_the_place_of_the_file_is_read_but_never_written_through() {
        let a = bytes(1000);
        let server = serving(&[(PATH, &[Answer::file(&a)])]);
        let world = World::new(&[(PATH, &a)]);
        let (outside, _) = outside();
        let target = outside.path().join("target");
        link(&target, &world.place(PATH));

        let report = world.fetch(&Options { force: true, ..from(&server) });
        assert!(report.failures[0].to_string().contains("leads nowhere"), "{report:?}");
        assert!(!target.exists());

        fs::write(&target, &a).expect("the right content");
        world.assert_complete(&world.fetch(&from(&server)));
        assert_eq!(server.requests(), []);

        fs::write(&target, b"mine").expect("other content");
        let report = world.fetch(&from(&server));
        assert!(matches!(report.failures[0].error, FileError::Conflict { .. }), "{report:?}");
        world.assert_complete(&world.fetch(&Options { force: true, ..from(&server) }));
        assert_eq!(fs::read(&target).expect("the target"), b"mine");
        assert!(!fs::symlink_metadata(world.place(PATH)).expect("the file").is_symlink());
    }

    #[test]
    fn a_link_in_the_place_of_the_partial_or_lock_file_is_not_followed() {
        let a = bytes(1000);
        let server = serving(&[(PATH, &[Answer::file(&a)])]);
        let world = World::new(&[(PATH, &a)]);
        let (outside, entries) = outside();
        let target = outside.path().join("target");
        fs::write(&target, &a[..100]).expect("a file");
        link(&target, &world.partial(PATH));
        world.assert_complete(&world.fetch(&from(&server)));
        assert_eq!(fs::read(&target).expect("the target"), &a[..100]);
        assert_eq!(server.ranges(PATH), [None]);

        let world = World::new(&[(PATH, &a)]);
        link(&outside.path().join("lock"), &world.place(".fetch.lock"));
        let report = world.fetch(&from(&server));
        assert!(matches!(report.failures[0].error, FileError::InTheWay { .. }), "{report:?}");
        assert_eq!(entries(outside.path()), 1);
    }

    #[test]
    fn a_mirror_may_hold_links() {
        let world = World::new(&[(PATH, b"a")]);
        let (store, _) = outside();
        fs::write(store.path().join("blob"), b"a").expect("a file");
        let mirror = tempfile::tempdir().expect("a temporary folder");
        link(&store.path().join("blob"), &mirror.path().join(STUDY).join(PATH));
        world.assert_complete(&world.fetch(&from_mirrors(&[mirror.path()])));
        let place = fs::symlink_metadata(world.place(PATH)).expect("the file");
        assert!(place.is_file(), "a copy, not a link");
    }
}
