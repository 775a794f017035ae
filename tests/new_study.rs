//! `cargo xtask new-study`: what it writes compiles, builds and verifies at once, and it replaces nothing.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Workspace, repository, text};

/// A copy of what `new-study` looks at: the sources of the studies beside papers and pins.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    copy(&repository().join("pipeline/studies"), &workspace.path("pipeline/studies"));
    workspace
}

#[test]
fn nothing_is_replaced_and_a_study_is_written_whole_or_not_at_all() {
    let workspace = workspace();
    let before = workspace.contents(".");
    for (name, why) in [
        ("Demo", "does not begin with a lower-case letter"),
        ("match", "is a word of Rust"),
        ("plot", "is the name of a crate"),
        ("serde-json", "is the name of a crate"),
        ("stage", "stage.rs is there already"),
        ("published", "is the name of something else"),
        ("tinyml-mcu", "is there already"),
    ] {
        let output = workspace.run(&["new-study", name]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", text(&output));
        assert!(text(&output).contains(why), "{name}: {}", text(&output));
    }
    assert_eq!(workspace.contents("."), before);

    // The list of studies is not as it should be.
    let list = workspace.path("pipeline/studies/src/study.rs");
    let right = fs::read_to_string(&list).unwrap();
    fs::write(&list, right.replace("study!(", "another!(")).unwrap();
    let output = workspace.run(&["new-study", "demo"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("study.rs: there is no line `study!(…),`"), "{}", text(&output));
    fs::write(&list, &right).unwrap();
    assert_eq!(workspace.contents("."), before);

    // A file cannot be written: what was written before it is taken back.
    let published = workspace.path("paper/published");
    let kept = workspace.path("paper/kept");
    fs::rename(&published, &kept).unwrap();
    fs::write(&published, "no folder").unwrap();
    let output = workspace.run(&["new-study", "demo"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    fs::remove_file(&published).unwrap();
    fs::rename(&kept, &published).unwrap();
    assert_eq!(workspace.contents("."), before);

    let output = workspace.run(&["new-study", "demo"]);
    assert!(output.status.success(), "{}", text(&output));
    let written = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(written.lines().count(), workspace.contents(".").len() - before.len());
    for file in written.lines() {
        let text = workspace.read(file);
        assert!(!text.contains("your-study") && !text.contains("your_study"), "{file}");
    }
}

/// The walk of `docs/adding-a-study.md`, with the real compiler.
#[test]
fn a_new_study_builds_and_verifies_at_once() {
    if std::env::var_os("JOULEBOOK_NEW_STUDY").is_none() {
        println!("skipped: it compiles the workspace a second time; set JOULEBOOK_NEW_STUDY=1 to run it");
        return;
    }
    // Beside the compiled crates, so that they can be linked.
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let root = scratch.path().join("joulebook");
    copy_workspace(&repository(), &root);
    let target = scratch.path().join("target");
    lend_dependencies(&target);

    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(&root).args(arguments);
        command.env("CARGO_TARGET_DIR", &target).env("CARGO_NET_OFFLINE", "true").env("CARGO_INCREMENTAL", "0");
        command.env("JOULEBOOK_UPSTREAM", "off").env_remove("JOULEBOOK_MIRROR").env_remove("JOULEBOOK_TYPST");
        let output = command.output().unwrap();
        assert!(output.status.success(), "cargo {}\n{}", arguments.join(" "), text(&output));
        text(&output)
    };
    let new = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["new-study", "zoo-demo"]).current_dir(&root).output();
    assert!(new.as_ref().unwrap().status.success(), "{}", text(&new.unwrap()));

    let built = cargo(&["xtask", "build-paper", "zoo-demo"]);
    let counts = built.lines().find_map(|line| line.split_once(" stages: ")).unwrap_or_else(|| panic!("{built}"));
    assert!(counts.1.starts_with(&format!("{} ran in ", counts.0)), "each stage ran: {built}");
    assert!(built.contains("zoo-demo is SIMULATED (seed 0, scale 1): 17 of 17 known values"), "{built}");
    assert!(fs::read(root.join("derived/papers/zoo-demo.pdf")).unwrap().starts_with(b"%PDF-"));
    let svg = fs::read_to_string(root.join("derived/zoo-demo/figures/energy.svg")).unwrap();
    let findings = plot::lint(&svg).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    for (seed, scale) in [("1", "1"), ("2", "3")] {
        let built = cargo(&["xtask", "build-paper", "zoo-demo", "--seed", seed, "--scale", scale]);
        assert!(built.contains("17 of 17 known values"), "{built}");
    }
    let verified = cargo(&["xtask", "verify", "zoo-demo", "--simulated"]);
    assert!(verified.contains("zoo-demo: 3 entries"), "{verified}");

    // What is made of all studies takes one more, although nobody has measured or described it.
    let built = cargo(&["xtask", "build-paper", "artifact", "--campaign", "simulated"]);
    let appendix = fs::read_to_string(root.join("derived/artifact/ARTIFACT.md")).unwrap_or_else(|_| panic!("{built}"));
    let row = appendix.lines().find(|line| line.contains("`cargo xtask build-paper zoo-demo`")).unwrap();
    assert!(row.ends_with("| not measured | not measured |"), "{row}");

    // It has no published campaign yet; the check says so, and goes on to what has one.
    let mut check = Command::new(target.join("debug/xtask"));
    check.current_dir(&root).arg("check").env("JOULEBOOK_UPSTREAM", "off").env_remove("JOULEBOOK_MIRROR");
    let checked = text(&check.output().unwrap());
    assert!(checked.contains("not compared: zoo-demo, as no raw files are pinned for it yet"), "{checked}");

    cargo(&["fmt", "--all", "--check"]);
    cargo(&["clippy", "--package", "studies", "--lib", "--", "--deny", "warnings"]);
}

/// Copies the sources of the workspace: no raw files, nothing that is made.
fn copy_workspace(from: &Path, to: &Path) {
    let left_out = ["target", "derived", "figures", "raw", "reference", ".git", ".joulebook"];
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if left_out.iter().any(|left_out| name == *left_out) {
            continue;
        }
        if path.is_dir() { copy(&path, &to.join(name)) } else { copy_with_time(&path, &to.join(name)) }
    }
    for study in fs::read_dir(from.join("raw")).unwrap().flatten() {
        let to = to.join("raw").join(study.file_name());
        fs::create_dir_all(&to).unwrap();
        fs::copy(study.path().join("sources.toml"), to.join("sources.toml")).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy(&path, &target) } else { copy_with_time(&path, &target) }
    }
}

/// Lends the compiled dependencies of this build to another one, which compiles only the crates of the
/// workspace then. Theirs would have the same names in one folder, and each build would undo the other's.
fn lend_dependencies(target: &Path) {
    let profile = Path::new(env!("CARGO_BIN_EXE_xtask")).parent().unwrap();
    let lent = target.join(profile.file_name().unwrap());
    let folders = |path: &Path| -> Vec<PathBuf> { fs::read_dir(path).unwrap().flatten().map(|e| e.path()).collect() };
    for kind in [".fingerprint", "build"] {
        for folder in folders(&profile.join(kind)).iter().filter(|folder| !is_of_workspace(folder)) {
            copy(folder, &lent.join(kind).join(folder.file_name().unwrap()));
        }
    }
    fs::create_dir_all(lent.join("deps")).unwrap();
    for file in folders(&profile.join("deps")) {
        let library = file.extension().is_some_and(|extension| ["rlib", "rmeta", "so"].iter().any(|e| extension == *e));
        if library && !is_of_workspace(&file) {
            fs::hard_link(&file, lent.join("deps").join(file.file_name().unwrap())).unwrap();
        }
    }
}

/// Whether what cargo made, `name-hash` or `libname-hash.rlib`, is of a crate of this workspace.
fn is_of_workspace(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let name = name.strip_prefix("lib").unwrap_or(&name);
    let name = name.rsplit_once('-').map_or(name, |(name, _)| name);
    let own = ["dag", "plot", "rawlog", "reference", "remote", "report", "stats", "studies", "typeset", "xtask"];
    own.contains(&name)
}

/// Cargo compares times to learn whether something is stale.
fn copy_with_time(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    let time = fs::metadata(from).unwrap().modified().unwrap();
    fs::File::options().write(true).open(to).unwrap().set_modified(time).unwrap();
}
