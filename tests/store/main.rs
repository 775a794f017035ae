//! The store beside the pipeline: `clean`, `gc`, `fsck`, and remote stores of every kind, with the real
//! binary in two checkouts.

mod s3;
#[path = "../support/mod.rs"]
mod support;
mod web;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use support::{Workspace, text};

/// A few stages of one study, from simulated files: they need nothing from elsewhere.
const STAGES: [&str; 3] = ["module-energy/clean", "--campaign", "simulated"];

/// Builds the stages, and tells how many ran and how many were restored.
fn build(workspace: &Workspace, environment: &[(&str, &str)]) -> (usize, usize, Output) {
    let mut command = workspace.command(&["build-paper", "--json"]);
    command.args(STAGES).envs(environment.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let count =
        |outcome: &str| report["stages"].as_array().unwrap().iter().filter(|stage| stage["outcome"] == outcome).count();
    (count("ran"), count("restored"), output)
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    output
}

/// Pushes to a remote store from one checkout, and builds in another one from `url`: nothing runs there.
fn push_and_pull(push_to: &str, url: &str, environment: &[(&str, &str)]) {
    let (one, other) = (Workspace::new(), Workspace::new());
    let (made, _, _) = build(&one, &[]);
    assert!(made > 3, "{made} stages");
    let push =
        || run(one.command(&["push", "--json", "--remote", push_to]).args(STAGES).envs(environment.iter().copied()));
    let pushed = push();
    let told: Value = serde_json::from_slice(&pushed.stdout).unwrap();
    assert_eq!((told["results"].as_u64(), told["left_out"].as_u64()), (Some(made as u64), Some(0)));
    let told: Value = serde_json::from_slice(&push().stdout).unwrap();
    assert_eq!(told["files"], 0, "it is all there");

    let (ran, restored, output) = build(&other, &[environment, &[("JOULEBOOK_REMOTE", url)]].concat());
    assert_eq!((ran, restored), (0, made), "{}", text(&output));
    assert!(text(&output).contains(&format!("{made} results came from the remote store")), "{}", text(&output));
    assert_eq!(one.contents("derived"), other.contents("derived"));
}

#[test]
fn what_one_checkout_pushed_to_a_folder_another_one_builds_from() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("file://{}", dir.path().join("store").display());
    push_and_pull(&url, &url, &[]);
}

#[test]
fn a_web_server_that_shows_a_store_is_a_remote_store() {
    let dir = tempfile::tempdir().unwrap();
    let server = web::Server::start(dir.path());
    push_and_pull(&format!("file://{}", dir.path().display()), &server.url(), &[]);
    assert!(server.requests() > 3);
}

#[test]
fn a_bucket_of_an_s3_service_is_a_remote_store() {
    let Some(service) = s3::Service::start() else { return };
    let environment = service.environment();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    service.create_bucket("joulebook");
    push_and_pull("s3://joulebook/a/prefix", "s3://joulebook/a/prefix/", &environment);
    // Another prefix of the bucket is another store, which is not there.
    let workspace = Workspace::new();
    let another = [&environment[..], &[("JOULEBOOK_REMOTE", "s3://joulebook/another")]].concat();
    let (ran, restored, _) = build(&workspace, &another);
    assert!(ran > 3 && restored == 0);
}

#[test]
fn a_remote_store_that_lies_or_is_away_costs_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("file://{}", dir.path().display());
    let one = Workspace::new();
    let (made, _, _) = build(&one, &[]);
    run(one.command(&["push", "--remote", &url]).args(STAGES));
    let mut server = web::Server::start(dir.path());
    server.cut_contents_in_half();
    // Nothing listens there any more.
    let away = web::Server::start(dir.path()).url();
    for (url, message) in [(server.url(), "the remote store"), (away, "cannot be read")] {
        let other = Workspace::new();
        let (ran, restored, output) = build(&other, &[("JOULEBOOK_REMOTE", &url)]);
        assert_eq!((ran, restored), (made, 0), "{}", text(&output));
        assert!(text(&output).contains(message) && text(&output).contains(&url), "{}", text(&output));
        assert_eq!(one.contents("derived"), other.contents("derived"));
    }
}

#[test]
fn two_checkouts_share_a_store_and_collect_what_neither_needs() {
    let (one, other, dir) = (Workspace::new(), Workspace::new(), tempfile::tempdir().unwrap());
    let store = dir.path().join("store");
    let store = store.to_str().unwrap();
    let with_store = |workspace: &Workspace, arguments: &[&str]| {
        let mut command = workspace.command(arguments);
        command.env("JOULEBOOK_STORE", store);
        command
    };
    let (made, _, _) = build(&one, &[("JOULEBOOK_STORE", store)]);
    let (ran, restored, output) = build(&other, &[("JOULEBOOK_STORE", store)]);
    assert_eq!((ran, restored), (0, made), "{}", text(&output));
    assert!(!one.path(".joulebook/store").exists());

    let told = |output: &Output| -> Value { serde_json::from_slice(&output.stdout).unwrap() };
    let collected = run(&mut with_store(&one, &["gc", "--keep", "0s", "--json"]));
    assert_eq!(told(&collected)["results"], 0, "all is needed");
    let fsck = run(&mut with_store(&other, &["fsck", "--json"]));
    assert_eq!(told(&fsck)["manifests"], made as u64);

    // A bit of a content is flipped.
    let object = first_file(&dir.path().join("store/objects"));
    let mut bytes = fs::read(&object).unwrap();
    bytes[0] ^= 1;
    fs::remove_file(&object).unwrap();
    fs::write(&object, bytes).unwrap();
    let found = with_store(&one, &["fsck"]).output().unwrap();
    assert_eq!(found.status.code(), Some(1), "{}", text(&found));
    assert!(String::from_utf8_lossy(&found.stdout).contains(object.to_str().unwrap()), "{}", text(&found));
    run(&mut with_store(&one, &["fsck", "--repair"]));
    run(&mut with_store(&one, &["fsck"]));

    // Everything made by builds goes, and nothing else.
    let sources = (one.contents("paper"), one.contents("raw"));
    let cleaned = run(&mut with_store(&one, &["clean", "--all", "--json"]));
    assert!(told(&cleaned)["outputs"].as_u64().unwrap() > 3);
    assert!(!one.path("derived").exists());
    assert_eq!((one.contents("paper"), one.contents("raw")), sources);
    // What was needed here alone is not needed any more; the other checkout has what it needs.
    drop(one);
    let collected = run(&mut with_store(&other, &["gc", "--max-size", "0B", "--json"]));
    assert_eq!(told(&collected)["workspaces"].as_array().unwrap().len(), 1);
    let (ran, restored, _) = build(&other, &[("JOULEBOOK_STORE", store)]);
    assert_eq!((ran, restored), (0, 0));
}

#[test]
fn a_store_of_a_newer_program_is_refused() {
    let (workspace, dir) = (Workspace::new(), tempfile::tempdir().unwrap());
    fs::write(dir.path().join("VERSION"), "dag store 7\n").unwrap();
    let store = dir.path().to_str().unwrap();
    for arguments in [&["build-paper"][..], &["plan"], &["gc"], &["fsck"]] {
        let output = workspace.command(&[arguments, &["--store", store]].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        for part in ["dag store 7", "dag store 1", "help: a newer version"] {
            assert!(text(&output).contains(part), "{part}: {}", text(&output));
        }
    }
}

fn first_file(folder: &Path) -> PathBuf {
    let entry = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).min().unwrap();
    if entry.is_dir() { first_file(&entry) } else { entry }
}
