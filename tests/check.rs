//! `cargo xtask check` on the published raw files: what differs from the committed reference is found,
//! told for what it is, and taken over when that is asked for.

mod support;

use std::fs;
use std::process::{Output, Stdio};
use std::time::Duration;

use dag::Digest;
use serde_json::Value;
use support::{Workspace, mirror, text};

const FIGURE: &str = "figures/tinyml-mcu/fig5.svg";
const DATA: &str = "derived/tinyml-mcu/figures/fig5.csv";
const RECORD: &str = "derived/tinyml-mcu/records/fig5.regression.json";
const APPENDIX: &str = "ARTIFACT.md";

/// What follows from the data of a figure: its specification, the dictionary with its digest, the part of the report
/// page, and the appendix over all.
const FOLLOWING: [&str; 4] = [
    "derived/tinyml-mcu/figures/fig5.js",
    "derived/tinyml-mcu/datapackage.json",
    "derived/tinyml-mcu/report.json",
    APPENDIX,
];

/// An output, and what is done to its committed content.
type Edit<'a> = (&'a str, &'a dyn Fn(&str) -> String);

/// A workspace with a reference that can be made to differ from what is built.
struct Reference {
    workspace: Workspace,
    lock: String,
}

impl Reference {
    fn check(&self, arguments: &[&str]) -> Output {
        self.workspace.command(&[&["check"], arguments].concat()).env_remove("CI").output().unwrap()
    }

    /// Makes the reference of an output another one, and tells what a check says of it. Puts all back.
    fn with(&self, edits: &[Edit<'_>], arguments: &[&str]) -> (Output, Value) {
        let mut lock = self.lock.clone();
        let mut before = Vec::new();
        for (output, edit) in edits {
            let place = output.replace("derived/", "reference/");
            let old = self.workspace.read(&place);
            let new = edit(&old);
            assert_ne!(old, new, "nothing was edited in {place}");
            let digest = |text: &str| Digest::of(text.as_bytes()).to_string();
            assert!(lock.contains(&digest(&old)), "{place} is not in the lock");
            lock = lock.replace(&digest(&old), &digest(&new));
            fs::write(self.workspace.path(&place), new).unwrap();
            before.push((place, old));
        }
        fs::write(self.workspace.path("pipeline.lock"), &lock).unwrap();
        let output = self.check(&[&["--json"], arguments].concat());
        for (place, old) in before {
            fs::write(self.workspace.path(&place), old).unwrap();
        }
        fs::write(self.workspace.path("pipeline.lock"), &self.lock).unwrap();
        let told = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}", text(&output)));
        (output, told)
    }
}

/// What is told of an output; null if it is the same bytes.
fn of<'a>(told: &'a Value, path: &str) -> &'a Value {
    told["outputs"].as_array().unwrap().iter().find(|output| output["path"] == path).unwrap_or(&Value::Null)
}

/// Replaces the first occurrence of a text after another one.
fn replaced_after(svg: &str, start: &str, from: &str, to: &str) -> String {
    let place = svg.find(start).unwrap();
    format!("{}{}", &svg[..place], svg[place..].replacen(from, to, 1))
}

/// Moves the first marker of a drawing up by 10 pt.
fn with_a_marker_moved(svg: &str) -> String {
    let before = "matrix(2.5,0,0,2.5,";
    let start = svg.find(before).unwrap() + before.len();
    let (x, y) = svg[start..svg[start..].find(')').unwrap() + start].split_once(',').unwrap();
    let moved = y.parse::<f64>().unwrap() - 10.0;
    svg.replacen(&format!("{before}{x},{y})"), &format!("{before}{x},{moved})"), 1)
}

/// The lock of a machine on which what follows from a number came out with another last bit: those bytes are neither
/// committed nor in the store here, and only the digests of numbers are left to compare.
fn with_other_bytes(lock: &str) -> String {
    let other = |line: &str| match line.split_once(' ') {
        Some((_, rest)) if FOLLOWING.iter().any(|path| rest.split(' ').nth(1) == Some(path)) => {
            format!("{} {rest}\n", Digest::of(line.as_bytes()))
        }
        _ => format!("{line}\n"),
    };
    lock.lines().map(other).collect()
}

#[test]
fn what_differs_from_the_reference_is_told_for_what_it_is() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);

    // Without a reference there is nothing to compare with; in CI there is no way to make one.
    let first = workspace.command(&["check"]).env_remove("CI").output().unwrap();
    assert_eq!(first.status.code(), Some(1), "{}", text(&first));
    assert!(text(&first).contains("there is no pipeline.lock") && text(&first).contains("check --accept"));
    let in_ci = workspace.command(&["check", "--accept"]).env("CI", "true").output().unwrap();
    assert_eq!(in_ci.status.code(), Some(2), "{}", text(&in_ci));
    assert!(!workspace.path("pipeline.lock").exists() && !workspace.path("derived").exists());

    let accepted = workspace.command(&["check", "--accept"]).env_remove("CI").output().unwrap();
    assert_eq!(accepted.status.code(), Some(0), "{}", text(&accepted));
    let lock = workspace.read("pipeline.lock");
    let reference = Reference { workspace, lock };
    let workspace = &reference.workspace;

    // Everything fresh.
    let same = reference.check(&["--strict", "--junit", "derived/check/junit.xml"]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same));
    assert!(!text(&same).contains("help:"), "{}", text(&same));
    assert!(same.stdout.is_empty(), "nothing differs: {}", text(&same));
    let junit = workspace.read("derived/check/junit.xml");
    assert!(roxmltree::Document::parse(&junit).is_ok() && !junit.contains("<failure"), "{junit}");

    // A colour, and a font size.
    let colour = |svg: &str| svg.replace("#7d1d4b", "#0072b2");
    let (output, told) = reference.with(&[(FIGURE, &colour)], &["--junit", "junit.xml"]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    let figure = of(&told, FIGURE);
    assert_eq!((&figure["verdict"], &figure["change"]), (&"different".into(), &"style".into()), "{figure}");
    assert!(figure["what"].to_string().contains("fill #0072b2 → #7d1d4b"), "{figure}");
    assert_eq!(told["outputs"].as_array().unwrap().len(), 1, "{told}");
    let junit = workspace.read("junit.xml");
    let junit = roxmltree::Document::parse(&junit).unwrap();
    let failures = junit.descendants().filter(|node| node.has_tag_name("failure")).map(|node| node.parent().unwrap());
    let failures: Vec<_> = failures.map(|case| (case.attribute("classname"), case.attribute("name"))).collect();
    assert_eq!(failures, [(Some("tinyml-mcu.figures"), Some("fig5"))]);
    let page = workspace.read("derived/check/index.html");
    assert_eq!(page.matches("<img ").count(), 3, "committed, new, difference");
    assert!(page.contains("style only") && !page.contains("http://") && !page.contains("https://"));
    let font = |svg: &str| replaced_after(svg, ">Odd<", "font-size:8px", "font-size:9px");
    let figure = of(&reference.with(&[(FIGURE, &font)], &[]).1, FIGURE).clone();
    assert_eq!(figure["change"], "style", "{figure}");
    assert!(figure["what"].to_string().contains(": font size 9 → 8"), "{figure}");

    // A moved point: in the data, and where it is drawn.
    let row = workspace.read(DATA).lines().nth(3).unwrap().to_owned();
    let value = row.rsplit(',').find(|cell| cell.parse::<f64>().is_ok_and(|value| value.fract() != 0.0)).unwrap();
    let moved_value = (value.parse::<f64>().unwrap() * 1.1).to_string();
    let data = |csv: &str| csv.replace(value, &moved_value);
    let drawing = with_a_marker_moved;
    let (output, told) = reference.with(&[(DATA, &data), (FIGURE, &drawing)], &[]);
    assert_eq!(output.status.code(), Some(5));
    let (figure, table) = (of(&told, FIGURE), of(&told, DATA));
    assert_eq!((&figure["change"], &table["verdict"]), (&"data".into(), &"different".into()), "{figure} {table}");
    let what = table["what"][0].as_str().unwrap();
    assert!(what.starts_with("series `") && what.contains(", point 3, ") && what.ends_with("(-9.091 %)"), "{what}");
    assert_eq!(figure["what"][0], format!("data: {what}"), "{figure}");
    assert!(figure["what"].to_string().contains("moved by 10.00 pt"), "{figure}");
    let moved = of(&reference.with(&[(FIGURE, &drawing)], &[]).1, FIGURE).clone();
    assert_eq!(moved["change"], "geometry", "the same data in another place: {moved}");

    // The last bit of a number: the same numbers, which only a strict check does not take.
    let number = serde_json::from_str::<Value>(&workspace.read(RECORD)).unwrap()["values"]["slope"].to_string();
    let next = f64::from_bits(number.parse::<f64>().unwrap().to_bits() + 1);
    let last_bit = |record: &str| record.replace(&number, &serde_json::to_string(&next).unwrap());
    let (output, told) = reference.with(&[(RECORD, &last_bit)], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(of(&told, RECORD)["verdict"], "same-numbers");
    assert_eq!(reference.with(&[(RECORD, &last_bit)], &["--strict", "--junit", "strict.xml"]).0.status.code(), Some(5));
    assert_eq!(workspace.read("strict.xml").matches("<failure").count(), 1, "a check that fails fails a test");
    let other = |record: &str| record.replace(&number, &serde_json::to_string(&(next * 1.0001)).unwrap());
    let (output, told) = reference.with(&[(RECORD, &other)], &[]);
    assert_eq!((output.status.code(), &of(&told, RECORD)["verdict"]), (Some(5), &"different".into()));
    assert!(of(&told, RECORD)["what"][0].as_str().unwrap().starts_with("values.slope: "), "{told}");

    let as_elsewhere = with_other_bytes(&reference.lock);
    fs::write(workspace.path("pipeline.lock"), &as_elsewhere).unwrap();
    let output = reference.check(&["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    FOLLOWING.iter().for_each(|path| assert_eq!(of(&told, path)["verdict"], "same-numbers", "{path}: {told}"));
    assert_eq!(reference.check(&["--strict"]).status.code(), Some(5));
    let numbers = as_elsewhere.lines().find_map(|line| line.strip_suffix(&format!(" {}", FOLLOWING[0]))).unwrap();
    let others = format!("{}{}", numbers.rsplit_once(' ').unwrap().0, " 0123456789abcdef");
    fs::write(workspace.path("pipeline.lock"), as_elsewhere.replace(numbers, &others)).unwrap();
    let output = reference.check(&[]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(text(&output).contains("it begins in tinyml-mcu/figures/fig5"), "{}", text(&output));
    fs::write(workspace.path("pipeline.lock"), &reference.lock).unwrap();

    // A committed drawing that is not the one in the lock: who clones would see another one.
    let right = workspace.read(FIGURE);
    fs::write(workspace.path(FIGURE), right.replace("#7d1d4b", "#0072b2")).unwrap();
    let output = reference.check(&[]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(text(&output).contains("was another one before this build"), "{}", text(&output));
    assert_eq!(workspace.read(FIGURE), right);
    assert_eq!(reference.check(&[]).status.code(), Some(0));

    // The same of the appendix, which is committed at the top.
    let right = workspace.read(APPENDIX);
    fs::write(workspace.path(APPENDIX), right.clone() + "One more sentence.\n").unwrap();
    let output = reference.check(&["--strict"]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(text(&output).contains("ARTIFACT.md was another one before this build"), "{}", text(&output));
    assert_eq!(workspace.read(APPENDIX), right);
    fs::remove_file(workspace.path(APPENDIX)).unwrap();
    let output = reference.check(&["--strict"]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(text(&output).contains("ARTIFACT.md was not in place before this build"), "{}", text(&output));
    assert_eq!(reference.check(&["--strict"]).status.code(), Some(0));

    accepting_takes_over_what_is_named(&reference);
    killing_leaves_the_old_lock_or_the_new_one(&reference);
}

/// A real change: another title in a paper's source, so that the paper is made anew.
fn accepting_takes_over_what_is_named(reference: &Reference) {
    let workspace = &reference.workspace;
    let source = workspace.path("paper/tinyml-mcu/paper.typ");
    let before = fs::read_to_string(&source).unwrap();
    fs::write(&source, before.clone() + "\nOne more sentence.\n").unwrap();
    let output = reference.check(&[]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.starts_with("different    derived/papers/tinyml-mcu.pdf: its sources") && told.lines().count() == 1);
    assert!(text(&output).contains("it begins in tinyml-mcu/typeset/paper"), "{}", text(&output));
    assert!(text(&output).contains("if it is meant, `cargo xtask check --accept`"), "{}", text(&output));

    let unknown = reference.check(&["--accept", "no-such-figure"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown));
    let elsewhere = reference.check(&["--accept", FIGURE]);
    assert_eq!(elsewhere.status.code(), Some(5), "another file was accepted: {}", text(&elsewhere));
    assert!(text(&elsewhere).contains("1 file differs and is not accepted yet"), "{}", text(&elsewhere));
    assert_eq!(workspace.read("pipeline.lock"), reference.lock);
    let accepted = reference.check(&["--accept", "derived/papers/tinyml-mcu.pdf"]);
    assert_eq!(accepted.status.code(), Some(0), "{}", text(&accepted));
    let changed = workspace.read("pipeline.lock");
    let lines = changed.lines().zip(reference.lock.lines()).filter(|(new, old)| new != old).count();
    assert_eq!(lines, 1, "one line of the lock is another one");

    // A build that fails changes nothing, and is told as an error.
    fs::write(&source, "#panic()").unwrap();
    let failed = reference.check(&["--accept", "--junit", "failed.xml", "--json"]);
    assert_eq!(failed.status.code(), Some(1), "{}", text(&failed));
    let told: Value = serde_json::from_slice(&failed.stdout).unwrap();
    assert_eq!((&told["same"], &told["failed"][0]["stage"]), (&false.into(), &"tinyml-mcu/typeset/paper".into()));
    assert!(!workspace.path("derived/check/index.html").exists(), "a page of an earlier check");
    assert_eq!(workspace.read("pipeline.lock"), changed);
    assert!(workspace.read("failed.xml").contains("<error "));
    fs::write(&source, before).unwrap();
    assert_eq!(reference.check(&["--accept"]).status.code(), Some(0));
    assert_eq!(workspace.read("pipeline.lock"), reference.lock);
}

fn killing_leaves_the_old_lock_or_the_new_one(reference: &Reference) {
    let workspace = &reference.workspace;
    // Without its numbers each line has to be made anew.
    let head = reference.lock.lines().take_while(|line| !line.starts_with("stage ")).collect::<Vec<_>>().join("\n");
    for milliseconds in (20..400).step_by(20) {
        fs::write(workspace.path("pipeline.lock"), &head).unwrap();
        let mut command = workspace.command(&["check", "--accept"]);
        let mut child = command.env_remove("CI").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().unwrap();
        let found = workspace.read("pipeline.lock");
        assert!(found == head || found == reference.lock, "after {milliseconds} ms");
    }
    assert_eq!(reference.check(&["--accept"]).status.code(), Some(0));
    assert_eq!(workspace.read("pipeline.lock"), reference.lock);
    assert_eq!(reference.check(&["--strict"]).status.code(), Some(0));
}
