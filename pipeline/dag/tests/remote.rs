//! A store elsewhere: what it has is not made again, and what is wrong with it harms nobody.

mod support;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dag::{Code, Digest, Engine, Fate, Graph, Options, Outcome, Pushed, Remote, Report, Stage};
use support::{Space, Study, damage, files, stages};

/// A folder that counts how often it is asked, and can be away.
struct Folder {
    path: PathBuf,
    away: bool,
    asked: AtomicUsize,
}

impl Folder {
    fn new(path: &Path) -> Arc<Self> {
        Arc::new(Self { path: path.to_owned(), away: false, asked: AtomicUsize::new(0) })
    }

    fn away() -> Arc<Self> {
        Arc::new(Self { path: PathBuf::new(), away: true, asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn ask(&self) -> io::Result<()> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.away { Err(io::Error::new(io::ErrorKind::TimedOut, "nobody answers")) } else { Ok(()) }
    }
}

impl Remote for Folder {
    fn name(&self) -> &str {
        "test://folder"
    }

    fn read(&self, path: &str, to: &mut dyn Write) -> io::Result<bool> {
        self.ask()?;
        match File::open(self.path.join(path)) {
            Ok(mut file) => io::copy(&mut file, to).map(|_| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn has(&self, path: &str) -> io::Result<bool> {
        self.ask()?;
        Ok(self.path.join(path).is_file())
    }

    fn write(&self, path: &str, file: &Path) -> io::Result<()> {
        self.ask()?;
        let target = self.path.join(path);
        fs::create_dir_all(target.parent().unwrap())?;
        fs::copy(file, target).map(|_| ())
    }
}

fn build(space: &Space, remote: &Arc<Folder>) -> Report {
    let mut options = Options::new(space.root());
    options.remote = Some(Arc::<Folder>::clone(remote));
    let graph = Graph::new(stages(&Study::default())).unwrap();
    Engine::open(options).unwrap().build(&graph, &[], &()).unwrap()
}

fn push(space: &Space, remote: &Folder) -> Pushed {
    let graph = Graph::new(stages(&Study::default())).unwrap();
    space.engine().push(&graph, &[], remote, &|_, _| {}).unwrap()
}

/// A workspace in which everything is built, and the folder that it was pushed to.
fn pushed() -> (Space, tempfile::TempDir) {
    let (space, dir) = (Space::new(), tempfile::tempdir().unwrap());
    space.build(&Study::default());
    let pushed = push(&space, &Folder::new(dir.path()));
    assert_eq!((pushed.results, pushed.new_results, pushed.left_out), (5, 5, 0));
    (space, dir)
}

fn told(report: &Report) -> String {
    report.warnings.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn what_was_pushed_is_restored_elsewhere_and_nothing_runs() {
    let (one, dir) = pushed();
    let (other, remote) = (Space::new(), Folder::new(dir.path()));
    let report = build(&other, &remote);
    assert_eq!((report.ran().len(), report.restored().len(), told(&report).as_str()), (0, 5, ""));
    assert_eq!((report.fetched.results, report.fetched.contents), (5, 5));
    assert_eq!(other.derived(), one.derived());
    // From now on it is here.
    let asked = remote.asked();
    fs::remove_dir_all(other.path("derived")).unwrap();
    assert_eq!(build(&other, &remote).restored().len(), 5);
    assert_eq!(build(&other, &remote).fresh().len(), 5);
    assert_eq!(remote.asked(), asked, "nothing is asked for that is here");
    let checked = Engine::check(&Options::new(other.root()), false, &|_, _| {}).unwrap();
    assert_eq!((checked.faults, checked.orphans), (vec![], 0));
    // The store of the first one, shown as it is, serves as well.
    let third = Space::new();
    assert_eq!(build(&third, &Folder::new(&one.path(".joulebook/store"))).restored().len(), 5);
}

#[test]
fn a_push_sends_what_is_not_there_and_leaves_out_what_is_not_fresh() {
    let (space, dir) = pushed();
    let again = push(&space, &Folder::new(dir.path()));
    assert_eq!((again.results, again.new_results, again.files), (5, 0, 0));
    // Something is lost there: it is sent again.
    fs::remove_file(&files(&dir.path().join("objects"))[0]).unwrap();
    assert_eq!(push(&space, &Folder::new(dir.path())).files, 1);
    space.write("raw/a.log", "9\n");
    let stale = push(&space, &Folder::new(dir.path()));
    assert_eq!((stale.results, stale.left_out), (2, 3), "clean/a, stats/sum and the paper would run");
}

#[test]
fn what_is_damaged_here_is_not_pushed() {
    let (space, dir) = (Space::new(), tempfile::tempdir().unwrap());
    space.build(&Study::default());
    let object = &files(&space.path(".joulebook/store/objects"))[0];
    damage(object, b"something else");
    let graph = Graph::new(stages(&Study::default())).unwrap();
    let error = space.engine().push(&graph, &[], &*Folder::new(dir.path()), &|_, _| {}).unwrap_err();
    assert!(error.to_string().contains("fsck --repair"), "{error}");
    // Manifests come last: none names what is not there.
    assert!(!dir.path().join("actions").exists());
}

#[test]
fn a_plan_asks_a_remote_store_and_writes_nothing() {
    let (_one, dir) = pushed();
    let other = Space::new();
    let graph = Graph::new(stages(&Study::default())).unwrap();
    let mut options = Options::new(other.root());
    assert!(Engine::plan(&options, &graph, &[]).unwrap().stages.iter().any(|stage| stage.fate == Fate::Run));
    options.remote = Some(Folder::new(dir.path()));
    let plan = Engine::plan(&options, &graph, &[]).unwrap();
    assert!(plan.stages.iter().all(|stage| stage.fate == Fate::Restore), "{plan:#?}");
    assert!(!other.path(".joulebook").exists() && !other.path("derived").exists());
}

/// Each content, in each way, is refused, and what it was for is made here.
#[test]
fn a_damaged_content_is_refused_and_made_here() {
    let (one, dir) = pushed();
    for object in files(&dir.path().join("objects")) {
        let whole = fs::read(&object).unwrap();
        let mut flipped = whole.clone();
        flipped[0] ^= 1;
        let longer = [&whole[..], b"and more"].concat();
        for bytes in [&flipped, &whole[..whole.len() - 1].to_vec(), &Vec::new(), &longer] {
            damage(&object, bytes);
            let other = Space::new();
            let report = build(&other, &Folder::new(dir.path()));
            assert!(report.succeeded() && !report.ran().is_empty(), "{report:#?}");
            assert!(told(&report).contains("the remote store test://folder is damaged"), "{}", told(&report));
            assert_eq!(other.derived(), one.derived());
            let checked = Engine::check(&Options::new(other.root()), false, &|_, _| {}).unwrap();
            assert_eq!(checked.faults, vec![]);
        }
        damage(&object, &whole);
    }
    assert_eq!(build(&Space::new(), &Folder::new(dir.path())).restored().len(), 5);
}

#[test]
fn a_damaged_or_foreign_manifest_is_refused() {
    let (one, dir) = pushed();
    let manifests = files(&dir.path().join("actions"));
    let texts: Vec<Vec<u8>> = manifests.iter().map(|file| fs::read(file).unwrap()).collect();
    for (i, manifest) in manifests.iter().enumerate() {
        let mut flipped = texts[i].clone();
        let at = flipped.len() / 2;
        flipped[at] ^= 1;
        // One of another stage, whole in itself; and one that claims to be of this key.
        let other = String::from_utf8(texts[(i + 1) % 5].clone()).unwrap();
        let (own_key, other_key) = (key(manifest), key(&manifests[(i + 1) % 5]));
        let body = other.split_once('\n').unwrap().1.trim_end().replace(&other_key, &own_key);
        let forged = format!("{}\n{body}\n", Digest::of(body.as_bytes()));
        for bytes in [flipped, texts[i][..at].to_vec(), vec![0xff; 10], other.into_bytes(), forged.into_bytes()] {
            damage(manifest, &bytes);
            let space = Space::new();
            let report = build(&space, &Folder::new(dir.path()));
            assert!(report.succeeded() && report.ran().len() == 1, "{report:#?}");
            assert!(told(&report).contains("is damaged"), "{}", told(&report));
            assert_eq!(space.derived(), one.derived());
        }
        damage(manifest, &texts[i]);
    }
}

/// The key that a manifest is filed under.
fn key(manifest: &Path) -> String {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    name(manifest.parent().unwrap()) + &name(manifest)
}

#[test]
fn a_remote_store_that_is_away_is_asked_once_and_the_build_goes_on() {
    let (space, remote) = (Space::new(), Folder::away());
    let report = build(&space, &remote);
    assert_eq!((report.ran().len(), remote.asked()), (5, 1));
    assert_eq!(report.warnings.len(), 1, "{}", told(&report));
    assert!(told(&report).contains("nobody answers") && told(&report).contains("went on without it"));
    // With nothing to do it is not even asked.
    assert_eq!(build(&space, &remote).fresh().len(), 5);
    assert_eq!(remote.asked(), 1);
}

#[test]
fn what_is_no_store_or_a_newer_one_is_told_and_left() {
    let dir = tempfile::tempdir().unwrap();
    let report = build(&Space::new(), &Folder::new(dir.path()));
    assert!(report.ran().len() == 5 && told(&report).contains("there is no store at test://folder"), "{report:#?}");
    let (_one, dir) = pushed();
    fs::write(dir.path().join("VERSION"), "dag store 2\n").unwrap();
    let (other, remote) = (Space::new(), Folder::new(dir.path()));
    let report = build(&other, &remote);
    assert_eq!((report.ran().len(), remote.asked()), (5, 1));
    assert!(told(&report).contains("\"dag store 2\", and this program knows \"dag store 1\""), "{}", told(&report));
    let graph = Graph::new(stages(&Study::default())).unwrap();
    let error = other.engine().push(&graph, &[], &*remote, &|_, _| {}).unwrap_err();
    assert!(error.to_string().contains("dag store 2"), "{error}");
}

/// What the store here has lost or damaged comes from there, before anything runs.
#[test]
fn what_is_lost_here_comes_from_there() {
    let (space, dir) = pushed();
    let right = space.derived();
    fs::remove_dir_all(space.path(".joulebook/store/objects")).unwrap();
    fs::remove_dir_all(space.path("derived")).unwrap();
    let report = build(&space, &Folder::new(dir.path()));
    assert_eq!((report.ran().len(), report.restored().len()), (0, 5), "{report:#?}");
    assert_eq!(space.derived(), right);
}

/// What was made here and what was made there never stand side by side.
#[test]
fn a_stage_that_makes_something_else_each_time_is_taken_from_there_whole() {
    let graph = |count: &'static str| {
        let stage = Stage::new("s").code(Code::of_text("1")).output("one", "derived/one").output("two", "derived/two");
        Graph::new(vec![stage.run(move |cx| {
            cx.write("one", format!("one {count}"))?;
            cx.write("two", format!("two {count}"))
        })])
        .unwrap()
    };
    let (here, there, dir) = (Space::new(), Space::new(), tempfile::tempdir().unwrap());
    here.engine().build(&graph("here"), &[], &()).unwrap();
    there.engine().build(&graph("there"), &[], &()).unwrap();
    let remote = Folder::new(dir.path());
    there.engine().push(&graph("there"), &[], &*remote, &|_, _| {}).unwrap();
    fs::remove_dir_all(here.path(".joulebook/store/objects")).unwrap();
    fs::remove_file(here.path("derived/two")).unwrap();
    let mut options = Options::new(here.root());
    options.remote = Some(remote);
    let mut engine = Engine::open(options).unwrap();
    assert_eq!(engine.build(&graph("here"), &[], &()).unwrap().restored(), ["s"]);
    assert_eq!((here.read("derived/one"), here.read("derived/two")), ("one there".to_owned(), "two there".to_owned()));
    assert_eq!(engine.build(&graph("here"), &[], &()).unwrap().fresh(), ["s"]);
}

#[cfg(unix)]
#[test]
fn an_executable_output_stays_executable() {
    use std::os::unix::fs::PermissionsExt;
    let spec = br#"[{"id": "tool", "command": "printf '#!/bin/sh\n' > tool; chmod +x tool", "outputs": ["tool"]}]"#;
    let graph = Graph::new(dag::spec::stages(spec).unwrap()).unwrap();
    let (one, other, dir) = (Space::new(), Space::new(), tempfile::tempdir().unwrap());
    assert!(one.engine().build(&graph, &[], &()).unwrap().succeeded());
    let remote = Folder::new(dir.path());
    one.engine().push(&graph, &[], &*remote, &|_, _| {}).unwrap();
    // As a web server has it, which knows no permissions.
    for file in files(&dir.path().join("objects")) {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let mut options = Options::new(other.root());
    options.remote = Some(remote);
    let report = Engine::open(options).unwrap().build(&graph, &[], &()).unwrap();
    assert_eq!(report.restored(), ["tool"]);
    assert_ne!(fs::metadata(other.path("tool")).unwrap().permissions().mode() & 0o111, 0);
}

#[test]
fn a_stage_that_runs_alone_takes_what_it_reads_from_there() {
    let (here, elsewhere) = (Space::new(), Space::new());
    assert!(elsewhere.build(&Study::default()).succeeded());
    let mut options = Options::new(here.root());
    options.remote = Some(Folder::new(&elsewhere.path(".joulebook/store")));
    // The paper is another one there, so that it runs here; what it reads was made there only.
    let mut stages = stages(&Study::default());
    stages[0] = Stage::new("s/paper/paper")
        .source("sum", "derived/sum.txt")
        .source("max", "derived/max.txt")
        .output("paper", "derived/papers/paper.txt")
        .code(Code::of_text("paper 2"))
        .run(|cx| cx.write("paper", format!("{}{}", cx.read_text("sum")?, cx.read_text("max")?)));
    let graph = Graph::new(stages).unwrap();
    let report = Engine::run_alone(&options, &graph, "s/paper/paper").unwrap().stages.remove(0);
    assert_eq!(report.outcome, Outcome::Ran, "{report:?}");
    assert_eq!(here.read("derived/papers/paper.txt"), "6\n5\n");
    let there: Vec<String> = here.derived().into_keys().collect();
    assert_eq!(there, ["derived/max.txt", "derived/papers/paper.txt", "derived/sum.txt"]);
    // What the remote store has of a stage itself is not made again either.
    let report = Engine::run_alone(&options, &graph, "s/clean/a").unwrap().stages.remove(0);
    assert_eq!(report.outcome, Outcome::Restored, "{report:?}");
}
