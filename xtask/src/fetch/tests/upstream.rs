//! Downloads, from a server that does right and from servers that do not.

use std::fs;
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::server::{Answer, ENDLESS, Server};
use super::support::{Recorder, World, bytes, from, from_url, hurried, serving, sha256, url_path};
use crate::fetch::{FileError, Options, Origin, Patience, Problem, Progress, RawFile};

const PATH: &str = "data/a.bin";

/// The problem of the last source of an unavailable file.
#[track_caller]
fn problem(error: &FileError) -> Problem {
    match error {
        FileError::Unavailable { tried, .. } => tried.last().expect("a source").problem.clone(),
        other => panic!("{other}"),
    }
}

fn range(start: usize) -> Option<String> {
    Some(format!("bytes={start}-"))
}

#[test]
fn downloads_what_is_absent_and_nothing_twice() {
    let (a, b) = (bytes(300_000), bytes(10));
    let world = World::new(&[(PATH, &a), ("b.csv", &b), ("empty", b"")]);
    let server =
        serving(&[(PATH, &[Answer::file(&a)]), ("b.csv", &[Answer::file(&b)]), ("empty", &[Answer::file(b"")])]);
    let recorder = Recorder::default();
    let report = world.fetch_telling(&from(&server), &recorder);
    world.assert_complete(&report);
    let url = format!("{}{}", server.url(), url_path(PATH));
    assert_eq!(report.in_place[0].origin, Origin::Upstream(url));
    assert_eq!(report.to_string(), "demo: 3 of 3 raw files in place, 300.01 kB (3 from upstream)");
    assert_eq!(server.requests().len(), 3);
    assert_eq!(server.ranges(PATH), [None]);
    assert_eq!(
        recorder.events(),
        [
            "planned 3 300010",
            "started demo/data/a.bin",
            "bytes demo/data/a.bin 0",
            "bytes demo/data/a.bin 300000",
            "done demo/data/a.bin right",
            "started demo/b.csv",
            "bytes demo/b.csv 0",
            "bytes demo/b.csv 10",
            "done demo/b.csv right",
            "started demo/empty",
            "bytes demo/empty 0",
            "done demo/empty right",
        ]
    );

    let recorder = Recorder::default();
    let again = world.fetch_telling(&from(&server), &recorder);
    world.assert_complete(&again);
    assert!(again.in_place.iter().all(|file| file.origin == Origin::Present));
    assert_eq!(again.to_string(), "demo: 3 of 3 raw files in place, 300.01 kB");
    assert_eq!(server.requests().len(), 3);
    assert_eq!(recorder.events(), Vec::<String>::new());
}

#[test]
fn encodes_the_path_in_the_url() {
    let a = bytes(20);
    let path = "data/a+b (1) é.csv";
    let world = World::new(&[(path, &a)]);
    let server = serving(&[("data/a%2Bb%20%281%29%20%C3%A9.csv", &[Answer::file(&a)])]);
    world.assert_complete(&world.fetch(&from(&server)));
}

#[test]
fn refuses_a_wrong_hash_and_goes_on_with_the_others() {
    let (right, mut wrong) = (bytes(5000), bytes(5000));
    wrong[4999] ^= 1;
    let world = World::new(&[(PATH, &right), ("b", b"b")]);
    let server = serving(&[(PATH, &[Answer::file(&wrong)]), ("b", &[Answer::file(b"b")])]);
    let report = world.fetch(&from(&server));
    let error = world.only_failure(&report, PATH);
    assert_eq!(report.messages(), [report.failures[0].to_string()]);
    world.assert_holds(&[PATH], &[]);
    assert_eq!(server.ranges(PATH), [None], "what was refused is not asked for again");
    assert_eq!(report.to_string(), "demo: 1 of 2 raw files in place, 1 B (1 from upstream, 1 failed)");

    let message = error.to_string();
    for part in [&sha256(&right), &sha256(&wrong), &url_path(PATH), "--mirror DIR"] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert!(matches!(error, FileError::Unavailable { .. }), "{error}");
}

#[test]
fn resumes_after_a_cut_connection() {
    let a = bytes(200_000);
    let world = World::new(&[(PATH, &a)]);
    let file = Answer::file(&a);
    let server = serving(&[(PATH, &[file.clone().cut_after(70_000), file.clone().cut_after(1), file.clone()])]);
    let recorder = Recorder::default();
    let report = world.fetch_telling(&from(&server), &recorder);
    world.assert_complete(&report);
    assert_eq!(server.ranges(PATH), [None, range(70_000), range(70_001)]);
    assert_eq!(recorder.notes().len(), 2, "{:?}", recorder.notes());
    assert!(recorder.notes()[0].contains("broke off at 70.00 kB of 200.00 kB"));
}

#[test]
fn keeps_what_has_arrived_for_the_next_run() {
    let a = bytes(100_000);
    let world = World::new(&[(PATH, &a)]);
    let file = Answer::file(&a);
    let server = serving(&[(
        PATH,
        &[
            file.clone().cut_after(40_000),
            file.clone().cut_after(0),
            file.clone().cut_after(0),
            file.clone().cut_after(1_000),
            file,
        ],
    )]);
    let report = world.fetch(&from(&server));
    let error = world.only_failure(&report, PATH);
    assert!(matches!(problem(&error), Problem::Interrupted { have: 41_000, .. }), "{error}");
    assert!(error.to_string().contains("again, which goes on from there"), "{error}");
    world.assert_holds(&[PATH], &[("data/.a.bin.partial", &a[..41_000])]);

    world.assert_complete(&world.fetch(&from(&server)));
    assert_eq!(server.ranges(PATH).last(), Some(&range(41_000)));
    assert_eq!(server.ranges(PATH).len(), 5);
}

#[test]
fn an_interrupted_run_leaves_no_half_file() {
    /// Ends the run in the middle of a file.
    struct Bomb;
    impl Progress for Bomb {
        fn bytes(&self, _file: RawFile<'_>, have: u64) {
            assert!(have < 50_000, "interrupted on purpose");
        }
    }
    let a = bytes(100_000);
    let world = World::new(&[(PATH, &a)]);
    let pause = Duration::from_millis(20);
    let server = serving(&[(PATH, &[Answer::file(&a).pause_every(50_000, pause)])]);
    let run = || world.fetch_telling(&from(&server), &Bomb);
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    assert!(!world.place(PATH).exists());
    let partial = fs::read(world.partial(PATH)).expect("the partial file");
    assert!(partial.len() >= 50_000 && a.starts_with(&partial));

    // Also shows that the lock of the broken-off run is gone.
    world.assert_complete(&world.fetch(&from(&server)));
    if partial.len() < a.len() {
        assert_eq!(server.ranges(PATH), [None, range(partial.len())]);
    }
}

#[test]
fn starts_again_if_the_server_knows_no_ranges() {
    let a = bytes(100_000);
    let world = World::new(&[(PATH, &a)]);
    let file = Answer::file(&a);
    let whole = file.clone().without_ranges();
    let server = serving(&[(PATH, &[file.cut_after(40_000), whole])]);
    let recorder = Recorder::default();
    world.assert_complete(&world.fetch_telling(&from(&server), &recorder));
    assert_eq!(server.ranges(PATH), [None, range(40_000)]);
    let bytes = |have| format!("bytes demo/data/a.bin {have}");
    assert_eq!(recorder.events()[2..6], [0, 40_000, 0, 100_000].map(bytes));
}

#[test]
fn starts_again_if_the_range_is_refused_or_another_one() {
    let a = bytes(1000);
    let unsatisfiable = Answer::status("416 Range Not Satisfiable");
    let elsewhere = Answer::status("206 Partial Content").header("Content-Range: bytes 9-999/1000");
    let unreadable = Answer::status("206 Partial Content").header("Content-Range: lines 1-2/3");
    let missing = Answer::status("206 Partial Content");
    for odd in [unsatisfiable, elsewhere, unreadable, missing] {
        let world = World::new(&[(PATH, &a)]);
        world.write(&world.partial(PATH), &a[..600]);
        let server = serving(&[(PATH, &[odd, Answer::file(&a)])]);
        world.assert_complete(&world.fetch(&from(&server)));
        assert_eq!(server.ranges(PATH), [range(600), None]);
    }
}

#[test]
fn distrusts_what_an_earlier_run_left() {
    let a = bytes(1000);
    for (left, ranges) in [
        // The beginning of another file.
        (vec![0; 400], vec![range(400), None]),
        // Another file of the same size.
        (vec![0; 1000], vec![None]),
        // More than there is.
        (bytes(2000), vec![None]),
        // Nothing.
        (vec![], vec![None]),
        // All of it: killed just before the rename.
        (a.clone(), vec![]),
    ] {
        let world = World::new(&[(PATH, &a)]);
        world.write(&world.partial(PATH), &left);
        let server = serving(&[(PATH, &[Answer::file(&a)])]);
        world.assert_complete(&world.fetch(&from(&server)));
        assert_eq!(server.ranges(PATH), ranges, "{} bytes were left", left.len());
    }
}

#[test]
fn a_404_says_where_and_what_to_do() {
    let world = World::new(&[(PATH, b"a"), ("b", b"b")]);
    let server = serving(&[("b", &[Answer::file(b"b")])]);
    let report = world.fetch(&from(&server));
    let message = world.only_failure(&report, PATH).to_string();
    world.assert_holds(&[PATH], &[]);
    assert_eq!(server.ranges(PATH).len(), 1, "asking again does not help");
    let url = format!("{}{}: answered 404 Not Found", server.url(), url_path(PATH));
    for part in [&url, "put the file at DIR/demo/data/a.bin", "fetch demo` with `--mirror DIR`"] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

#[test]
fn asks_again_when_the_server_is_overloaded_but_not_for_ever() {
    let overloaded = Answer::status("503 Service Unavailable");
    let limited = Answer::status("429 Too Many Requests").header("Retry-After: 20");
    let start = Instant::now();
    let world = World::new(&[(PATH, b"a")]);
    let server = serving(&[(PATH, &[overloaded.clone(), limited, Answer::file(b"a")])]);
    world.assert_complete(&world.fetch(&from(&server)));
    assert_eq!(server.ranges(PATH).len(), 3);
    assert!(start.elapsed() < Duration::from_secs(10), "it may not ask for any pause");

    let world = World::new(&[(PATH, b"a")]);
    let server = serving(&[(PATH, &[overloaded])]);
    let report = world.fetch(&from(&server));
    let error = world.only_failure(&report, PATH);
    assert!(matches!(problem(&error), Problem::Status { .. }), "{error}");
    assert_eq!(server.ranges(PATH).len(), hurried().attempts as usize);
    world.assert_holds(&[PATH], &[]);
}

#[test]
fn follows_redirects_and_keeps_the_range() {
    let a = bytes(1000);
    let world = World::new(&[(PATH, &a)]);
    let other = Server::start(vec![("/moved/a?x=1".into(), vec![Answer::file(&a)])]);
    let server = Server::start(vec![
        (url_path(PATH), vec![Answer::redirect("/here")]),
        ("/here".into(), vec![Answer::redirect("there")]),
        ("/there".into(), vec![Answer::redirect(&format!("{}/moved/a?x=1", other.url()))]),
    ]);
    world.write(&world.partial(PATH), &a[..600]);
    world.assert_complete(&world.fetch(&from(&server)));
    assert_eq!(server.requests().len(), 3);
    assert_eq!(other.ranges("/moved/a?x=1"), [range(600)]);
}

#[test]
fn a_redirect_to_nowhere_names_both_urls() {
    let world = World::new(&[(PATH, b"a")]);
    let server = serving(&[(PATH, &[Answer::redirect("/gone")])]);
    let report = world.fetch(&from(&server));
    let message = world.only_failure(&report, PATH).to_string();
    assert!(message.contains(&url_path(PATH)), "{message}");
    assert!(message.contains(&format!("redirected to {}/gone", server.url())), "{message}");
}

#[test]
fn leaves_a_redirect_loop() {
    let world = World::new(&[(PATH, b"a"), ("b", b"b")]);
    let b = url_path("b");
    let server = serving(&[(PATH, &[Answer::redirect(&b)]), ("b", &[Answer::redirect(&b)])]);
    let report = world.fetch(&from(&server));
    assert_eq!(report.failures.len(), 2);
    for failure in &report.failures {
        let Problem::Redirect { to, fault } = problem(&failure.error) else { panic!("{failure}") };
        assert!(to.ends_with(&b) && fault.starts_with("too many redirects"), "{failure}");
    }
    assert_eq!(server.requests().len(), 22, "the request and ten redirects, for each file");
    world.assert_holds(&[PATH, "b"], &[]);
}

#[test]
fn follows_no_redirect_to_another_scheme() {
    let world = World::new(&[(PATH, b"a")]);
    let server = serving(&[(PATH, &[Answer::redirect("file:///etc/hostname")])]);
    let report = world.fetch(&from(&server));
    let error = world.only_failure(&report, PATH);
    assert!(matches!(problem(&error), Problem::Redirect { .. }), "{error}");
}

#[test]
fn reads_no_more_than_is_pinned() {
    let a = bytes(100_000);
    for (answer, found) in [
        (Answer::file(&bytes(100_001)), Some(100_001)),
        (Answer::file(&bytes(99_999)), Some(99_999)),
        (Answer::file(&bytes(100_001)).unannounced(), None),
        // Would never end.
        (Answer::file(&a).endless(), None),
    ] {
        let world = World::new(&[(PATH, &a)]);
        let server = serving(&[(PATH, &[answer])]);
        let report = world.fetch(&from(&server));
        let error = world.only_failure(&report, PATH);
        assert_eq!(problem(&error), Problem::Size { found, expected: 100_000 });
        assert_eq!(server.ranges(PATH), [None]);
        assert!(server.repeated() < ENDLESS / 2, "it was read to its end");
        world.assert_holds(&[PATH], &[]);
    }
}

#[test]
fn a_file_that_ends_early_without_a_length_counts_as_cut() {
    let a = bytes(1000);
    let world = World::new(&[(PATH, &a)]);
    let short = Answer::file(&a[..300]).without_ranges().unannounced();
    let server = serving(&[(PATH, &[short, Answer::file(&a)])]);
    world.assert_complete(&world.fetch(&from(&server)));
    assert_eq!(server.ranges(PATH), [None, range(300)]);
}

#[test]
fn does_not_wait_for_a_silent_or_endlessly_slow_server() {
    let a = bytes(20_000);
    let silent = Answer::file(&a).pause_every(10_000, Duration::from_secs(2));
    let slow = Answer::file(&a).pause_every(100, Duration::from_millis(20));
    let silence = Duration::from_millis(300);
    for (answer, slowest, cause) in
        [(silent, 1024, "nothing for 300ms"), (slow, 1_000_000, "slower than 1000000 bytes/s")]
    {
        let world = World::new(&[(PATH, &a)]);
        let server = serving(&[(PATH, &[answer, Answer::file(&a)])]);
        let recorder = Recorder::default();
        let patience = Patience { silence, slowest, ..hurried() };
        let report = world.fetch_telling(&from_url(&server.url(), patience), &recorder);
        world.assert_complete(&report);
        assert!(recorder.notes()[0].contains(cause), "{:?}", recorder.notes());
        let ranges = server.ranges(PATH);
        assert!(ranges.len() == 2 && ranges[1].is_some(), "resumed: {ranges:?}");
    }
}

#[test]
fn refuses_a_coding_that_was_not_asked_for() {
    let world = World::new(&[(PATH, b"a")]);
    let server = serving(&[(PATH, &[Answer::file(b"a").header("Content-Encoding: gzip")])]);
    let report = world.fetch(&from(&server));
    let message = world.only_failure(&report, PATH).to_string();
    assert!(message.contains("in coding \"gzip\""), "{message}");
    world.assert_holds(&[PATH], &[]);
}

#[test]
fn gives_up_soon_where_nobody_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("the port"));
    drop(listener);
    let files: Vec<String> = (0..50).map(|number| format!("f{number}")).collect();
    let pins: Vec<(&str, &[u8])> = files.iter().map(|path| (path.as_str(), &b"a"[..])).collect();
    let world = World::new(&pins);
    let recorder = Recorder::default();
    let start = Instant::now();
    let report = world.fetch_telling(&from_url(&url, hurried()), &recorder);
    assert_eq!(report.failures.len(), 50);
    let silent = |error: &FileError| matches!(problem(error), Problem::NoAnswer { .. });
    assert!(report.failures.iter().all(|failure| silent(&failure.error)));
    let message = report.failures[49].to_string();
    assert!(message.contains("no answer:") && message.contains("check the network"), "{message}");
    let messages = report.messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].starts_with("demo: f0 is not in place"), "{messages:?}");
    assert!(messages[0].ends_with("\n    f10\n    and 39 more"), "{messages:?}");
    assert_eq!(recorder.notes(), Vec::<String>::new(), "the report says it once");
    assert!(start.elapsed() < Duration::from_secs(2));
    world.assert_holds(&files.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
}

#[test]
fn transfers_at_most_so_many_files_at_once() {
    let contents: Vec<(String, Vec<u8>)> =
        (1..=12).map(|number| (format!("f{number:02}"), bytes(number * 1000))).collect();
    let pins: Vec<(&str, &[u8])> = contents.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    let world = World::new(&pins);
    let script = contents.iter().map(|(path, content)| {
        (url_path(path), vec![Answer::file(content).pause_every(content.len() / 2 + 1, Duration::from_millis(60))])
    });
    let server = Server::start(script.collect());
    let report = world.fetch(&Options { jobs: 3, ..from(&server) });
    world.assert_complete(&report);
    assert_eq!(server.busiest(), 3);
    let order: Vec<&str> = report.in_place.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(order, contents.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>());
}
