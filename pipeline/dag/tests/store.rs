//! A store that several workspaces share: collection, checks, formats, and cleaning.

#![cfg(unix)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use dag::{Cleaning, Engine, Error, Graph, Keep, Options, Report};
use support::{Space, Study, files, stages};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn options(space: &Space, store: &Path) -> Options {
    let mut options = Options::new(space.root());
    options.store = Some(store.to_owned());
    options
}

fn build(space: &Space, store: &Path, study: &Study) -> Report {
    let graph = Graph::new(stages(study)).unwrap();
    Engine::open(options(space, store)).unwrap().build(&graph, &[], &()).unwrap()
}

/// Everything is as it was an age ago.
fn age(store: &Path, age: Duration) {
    for file in files(&store.join("actions")) {
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        fs::File::open(&file).unwrap().set_modified(modified - age).unwrap();
    }
}

fn keep_days(days: u32) -> Keep {
    Keep { used_within: Some(days * DAY), max_bytes: None }
}

/// All five stages of it have other inputs than those of the usual one.
const OLD: Study = Study { threshold: 5, clean_code: "clean 1", stats_code: "stats 1", fail: false };

#[test]
fn what_one_workspace_made_another_one_restores() {
    let (one, other, dir) = (Space::new(), Space::new(), tempfile::tempdir().unwrap());
    let store = dir.path().join("a/store");
    assert_eq!(build(&one, &store, &Study::default()).ran().len(), 5);
    let report = build(&other, &store, &Study::default());
    assert_eq!((report.ran().len(), report.restored().len()), (0, 5));
    assert_eq!(one.derived(), other.derived());
    assert!(!one.path(".joulebook/store").exists());
    assert!(store.join("VERSION").exists() && store.join("CACHEDIR.TAG").exists());
}

#[test]
fn a_store_on_another_file_system_is_filled_by_rename_too() {
    let shm = Path::new("/dev/shm");
    let Ok(dir) = tempfile::tempdir_in(shm) else {
        println!("skipped: this test needs a second file system at /dev/shm");
        return;
    };
    let space = Space::new();
    assert_eq!(build(&space, dir.path(), &Study::default()).ran().len(), 5);
    fs::remove_dir_all(space.path("derived")).unwrap();
    assert_eq!(build(&space, dir.path(), &Study::default()).restored().len(), 5);
    assert!(files(&dir.path().join("tmp")).is_empty() && files(&space.path(".joulebook/tmp")).is_empty());
}

#[test]
fn what_no_workspace_needs_goes_when_nobody_used_it_for_long() {
    let (one, other, dir) = (Space::new(), Space::new(), tempfile::tempdir().unwrap());
    build(&one, dir.path(), &OLD);
    build(&one, dir.path(), &Study::default());
    build(&other, dir.path(), &Study { stats_code: "stats 2", ..Study::default() });
    age(dir.path(), 31 * DAY);
    let collect = |dry_run| Engine::collect(&options(&one, dir.path()), &keep_days(30), dry_run).unwrap();
    let (before, foreseen) = (files(dir.path()), collect(true));
    assert_eq!(files(dir.path()), before, "a dry run removes nothing");
    let collected = collect(false);
    assert_eq!(collected, foreseen);
    assert_eq!((collected.results, collected.workspaces.len()), (5, 2), "{collected:?}");
    assert_eq!(collect(false).files, 0);
    // Both have all that they need.
    for (space, stats_code) in [(&one, "stats 1"), (&other, "stats 2")] {
        fs::remove_dir_all(space.path("derived")).unwrap();
        assert_eq!(build(space, dir.path(), &Study { stats_code, ..Study::default() }).restored().len(), 5);
    }
    assert_eq!(build(&one, dir.path(), &OLD).ran().len(), 5);
    let checked = Engine::check(&options(&one, dir.path()), false, &|_, _| {}).unwrap();
    assert_eq!((checked.faults, checked.orphans), (vec![], 0));
}

#[test]
fn a_workspace_that_is_no_more_needs_nothing() {
    let (one, other, dir) = (Space::new(), Space::new(), tempfile::tempdir().unwrap());
    build(&one, dir.path(), &Study::default());
    build(&other, dir.path(), &OLD);
    age(dir.path(), 31 * DAY);
    let gone = std::path::absolute(other.path(".joulebook")).unwrap();
    drop(other);
    let collected = Engine::collect(&options(&one, dir.path()), &keep_days(30), false).unwrap();
    assert_eq!((collected.gone, collected.results), (vec![gone], 5));
    assert_eq!(files(&dir.path().join("workspaces")).len(), 1);
}

/// The state named it until a moment ago, however old it is.
#[test]
fn what_was_in_use_until_now_counts_as_used_now() {
    let (space, dir) = (Space::new(), tempfile::tempdir().unwrap());
    build(&space, dir.path(), &OLD);
    age(dir.path(), 31 * DAY);
    build(&space, dir.path(), &Study::default());
    let collected = Engine::collect(&options(&space, dir.path()), &keep_days(30), false).unwrap();
    assert_eq!(collected.results, 0);
    assert_eq!(build(&space, dir.path(), &OLD).restored().len(), 5);
}

#[test]
fn a_build_with_nothing_to_do_changes_nothing_in_the_store() {
    let (space, dir) = (Space::new(), tempfile::tempdir().unwrap());
    build(&space, dir.path(), &Study::default());
    age(dir.path(), 31 * DAY);
    let looks = || -> Vec<_> {
        files(dir.path()).iter().map(|file| (file.clone(), fs::metadata(file).unwrap().modified().unwrap())).collect()
    };
    let before = looks();
    assert_eq!(build(&space, dir.path(), &Study::default()).fresh().len(), 5);
    assert_eq!(looks(), before);
}

#[test]
fn below_a_size_what_was_used_last_is_kept() {
    let (space, dir) = (Space::new(), tempfile::tempdir().unwrap());
    let study = |threshold| Study { threshold, ..Study::default() };
    for threshold in [-30, -20, -10, 0] {
        space.write("raw/a.log", &format!("{threshold}\n"));
        build(&space, dir.path(), &study(threshold));
        age(dir.path(), DAY);
    }
    let size = |keep: Keep, dry_run| Engine::collect(&options(&space, dir.path()), &keep, dry_run).unwrap();
    let all = size(Keep::default(), true);
    assert_eq!((all.results, all.files), (0, 0));
    // One byte less than all of it: the oldest goes.
    let collected = size(Keep { max_bytes: Some(all.bytes_left - 1), ..Keep::default() }, false);
    assert!(collected.results > 0 && collected.bytes_left < all.bytes_left, "{collected:?}");
    space.write("raw/a.log", "-20\n");
    assert_eq!(build(&space, dir.path(), &study(-20)).ran(), Vec::<&str>::new(), "it was used later");
    // Nothing but what is needed.
    let least = size(Keep { max_bytes: Some(0), ..Keep::default() }, false);
    assert_eq!(least.bytes_left, least.bytes_needed);
    fs::remove_dir_all(space.path("derived")).unwrap();
    assert_eq!(build(&space, dir.path(), &study(-20)).restored().len(), 5);
}

#[test]
fn a_build_respects_the_limit_and_keeps_what_it_needs() {
    let (space, dir) = (Space::new(), tempfile::tempdir().unwrap());
    build(&space, dir.path(), &OLD);
    let graph = Graph::new(stages(&Study::default())).unwrap();
    let mut options = options(&space, dir.path());
    options.store_limit = Some(1);
    let report = Engine::open(options).unwrap().build(&graph, &[], &()).unwrap();
    assert_eq!(report.ran().len(), 5);
    let told = report.warnings.iter().map(ToString::to_string).collect::<String>();
    assert!(told.contains("above its limit of 1") && told.contains("raise the limit"), "{told}");
    assert_eq!(files(&dir.path().join("actions")).len(), 5, "those of the old study are gone");
    fs::remove_dir_all(space.path("derived")).unwrap();
    assert_eq!(build(&space, dir.path(), &Study::default()).restored().len(), 5);
}

#[test]
fn nothing_is_collected_while_somebody_builds() {
    let (one, other, dir) = (Space::new(), Space::new(), tempfile::tempdir().unwrap());
    build(&one, dir.path(), &Study::default());
    let engine = Engine::open(options(&other, dir.path())).unwrap();
    let error = Engine::collect(&options(&one, dir.path()), &keep_days(0), false).unwrap_err();
    assert!(matches!(error, Error::StoreInUse { .. }), "{error}");
    drop(engine);
    Engine::collect(&options(&one, dir.path()), &keep_days(0), false).unwrap();
}

/// Collections beside builds of two workspaces, one after the other as fast as they can.
#[test]
fn collections_beside_builds_take_nothing_from_them() {
    let (one, other, here, dir) = (Space::new(), Space::new(), Space::new(), tempfile::tempdir().unwrap());
    let (done, collected) = (AtomicBool::new(false), AtomicUsize::new(0));
    let everything = Keep { used_within: Some(Duration::ZERO), max_bytes: Some(0) };
    let build_often = |space: &Space| {
        for threshold in 0..20 {
            // However busy the machine is, one collection falls between two builds.
            while threshold == 10 && collected.load(Ordering::Relaxed) == 0 {
                thread::yield_now();
            }
            let study = Study { threshold: threshold % 4, ..Study::default() };
            let report = build(space, dir.path(), &study);
            assert!(report.succeeded(), "{report:#?}");
            assert_eq!(build(space, dir.path(), &study).fresh().len(), 5);
        }
    };
    thread::scope(|scope| {
        let (a, b) = (scope.spawn(|| build_often(&one)), scope.spawn(|| build_often(&other)));
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                match Engine::collect(&options(&here, dir.path()), &everything, false) {
                    Ok(_) => _ = collected.fetch_add(1, Ordering::Relaxed),
                    Err(Error::StoreInUse { .. }) => thread::yield_now(),
                    Err(error) => {
                        // Nobody waits for a collector that is no more.
                        collected.fetch_add(1, Ordering::Relaxed);
                        panic!("{error}");
                    }
                }
            }
        });
        let ended = [a.join(), b.join()];
        done.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok));
    });
    let space = Space::new();
    let checked = Engine::check(&options(&space, dir.path()), false, &|_, _| {}).unwrap();
    assert_eq!(checked.faults, vec![]);
}

#[test]
fn a_check_finds_every_kind_of_damage_and_repairs_it() {
    let space = Space::new();
    space.build(&Study::default());
    let right = space.derived();
    let store = space.path(".joulebook/store");
    let check = |repair| Engine::check(&Options::new(space.root()), repair, &|_, _| {}).unwrap();
    let sound = check(false);
    assert_eq!((sound.contents, sound.manifests, sound.orphans, sound.faults), (5, 5, 0, vec![]));
    let object = files(&store.join("objects")).remove(0);
    let flips: Vec<PathBuf> =
        ["objects", "actions", "codes"].map(|kind| files(&store.join(kind)).pop().unwrap()).to_vec();
    for file in &flips {
        let mut bytes = fs::read(file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        support::damage(file, &bytes);
    }
    fs::remove_file(object).unwrap();
    let checked = check(false);
    for file in &flips {
        assert!(checked.faults.iter().any(|fault| fault.file == *file), "{checked:#?}");
    }
    assert!(checked.faults.iter().any(|fault| fault.what.contains("gone or damaged")), "{checked:#?}");
    assert!(!checked.repaired && check(true).repaired);
    // Contents whose manifest was damaged are left over, until they are used again.
    assert_eq!(check(false).faults, vec![]);
    fs::remove_dir_all(space.path("derived")).unwrap();
    assert!(space.build(&Study::default()).succeeded());
    assert_eq!(space.derived(), right);
}

#[test]
fn a_newer_store_and_a_newer_folder_are_refused_and_left_alone() {
    let space = Space::new();
    space.build(&Study::default());
    let graph = Graph::new(stages(&Study::default())).unwrap();
    for (path, own, newer) in [
        (".joulebook/VERSION", "dag folder 2", "dag folder 3"),
        (".joulebook/store/VERSION", "dag store 1", "dag store 2"),
    ] {
        space.write(path, &format!("{newer}\n"));
        let before = files(&space.path(".joulebook"));
        let errors = [
            Engine::open(Options::new(space.root())).err().unwrap(),
            Engine::plan(&Options::new(space.root()), &graph, &[]).unwrap_err(),
            Engine::collect(&Options::new(space.root()), &keep_days(0), false).unwrap_err(),
            Engine::collect(&Options::new(space.root()), &keep_days(0), true).unwrap_err(),
        ];
        for error in errors {
            let error = error.to_string();
            assert!(error.contains(own) && error.contains(newer) && error.contains("help: a newer version"), "{error}");
        }
        assert_eq!(files(&space.path(".joulebook")), before);
        space.write(path, &format!("{own}\n"));
        assert_eq!(space.build(&Study::default()).fresh().len(), 5);
    }
}

#[test]
fn a_folder_with_something_else_in_it_does_not_become_a_store() {
    let (space, dir) = (Space::new(), tempfile::tempdir().unwrap());
    fs::write(dir.path().join("lock"), "mine").unwrap();
    fs::write(dir.path().join("thesis.tex"), "").unwrap();
    let error = Engine::open(options(&space, dir.path())).err().unwrap().to_string();
    assert!(error.contains("not a store"), "{error}");
    assert_eq!(fs::read_to_string(dir.path().join("lock")).unwrap(), "mine");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

/// As it was before a store had a file VERSION.
#[test]
fn a_store_without_a_version_is_taken_over() {
    let space = Space::new();
    space.build(&Study::default());
    fs::remove_file(space.path(".joulebook/store/VERSION")).unwrap();
    fs::remove_dir_all(space.path("derived")).unwrap();
    assert_eq!(space.build(&Study::default()).restored().len(), 5);
    assert_eq!(space.read(".joulebook/store/VERSION"), "dag store 1\n");
}

#[test]
fn cleaning_removes_what_was_made_and_nothing_else() {
    let space = Space::new();
    space.build(&Study::default());
    space.write("derived/copies/mine.txt", "not made by a stage");
    let right = space.derived();
    let graph = Graph::new(stages(&Study::default())).unwrap();
    let clean = |store, dry_run| {
        let cleaning = Cleaning { keeps: &|path| path == "derived/max.txt", store, dry_run };
        Engine::clean(&Options::new(space.root()), &[&graph], &cleaning).unwrap()
    };
    let before = files(space.root());
    let foreseen = clean(false, true);
    assert_eq!(files(space.root()), before);
    let cleaned = clean(false, false);
    assert_eq!(cleaned, foreseen);
    assert_eq!((cleaned.outputs, cleaned.left), (6, 1));
    let left: Vec<String> = space.derived().into_keys().collect();
    assert_eq!(left, ["derived/copies/mine.txt", "derived/max.txt"]);
    assert!(!space.path("derived/papers").exists(), "folders that are empty now go, too");
    assert_eq!(space.read("raw/a.log"), "# watts\n1\n2\n3\n");
    assert_eq!(space.build(&Study::default()).ran(), Vec::<&str>::new(), "the store is still there");
    assert_eq!(space.derived(), right);
    clean(true, false);
    assert_eq!(space.build(&Study::default()).ran().len(), 5);
}

#[test]
fn cleaning_spares_a_store_that_others_use() {
    let (one, other) = (Space::new(), Space::new());
    one.build(&Study::default());
    build(&other, &one.path(".joulebook/store"), &Study::default());
    let graph = Graph::new(stages(&Study::default())).unwrap();
    let cleaning = Cleaning { keeps: &|_| true, store: true, dry_run: false };
    let error = Engine::clean(&Options::new(one.root()), &[&graph], &cleaning).unwrap_err();
    assert!(matches!(error, Error::SharedStore { .. }), "{error}");
    assert_eq!(build(&other, &one.path(".joulebook/store"), &OLD).ran().len(), 5);
}

#[test]
fn dates_in_the_future_are_no_reason_to_remove_anything() {
    let (space, dir) = (Space::new(), tempfile::tempdir().unwrap());
    build(&space, dir.path(), &OLD);
    build(&space, dir.path(), &Study::default());
    for file in files(&dir.path().join("actions")) {
        fs::File::open(file).unwrap().set_modified(SystemTime::now() + 400 * DAY).unwrap();
    }
    assert_eq!(Engine::collect(&options(&space, dir.path()), &keep_days(30), false).unwrap().results, 0);
}
