//! `cargo xtask build-paper --watch`: one line for each rebuild, whatever is broken and mended, and at no
//! instant half a paper.
#![cfg(unix)]

mod support;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use support::{Workspace, mirror, other_form, send};

const STUDY: &str = "vision-inference";
const PAPER: &str = "derived/papers/vision-inference.pdf";

/// A program that watches, and the lines that it tells.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    /// Starts it; returns when it has built for the first time.
    fn begin(workspace: &Workspace) -> Self {
        let mut command = workspace.command(&["build-paper", "--watch", PAPER]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let watching = Self { child, lines };
        watching.until(|line| line == "watching; Ctrl-C ends it");
        watching
    }

    /// The lines up to the one that is waited for.
    #[track_caller]
    fn until(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(120)) {
                Ok(line) => lines.push(line),
                Err(error) => panic!("{error} after {lines:?}"),
            }
            if lines.last().is_some_and(|line| wanted(line)) {
                return lines;
            }
        }
    }

    /// The lines of the next rebuild; the last one tells what became of how many stages.
    #[track_caller]
    fn rebuilt(&self) -> Vec<String> {
        self.until(|line| line.contains(" stages: "))
    }

    /// Ends it; returns its exit code and what it told since.
    fn end(mut self, signal: &str) -> (Option<i32>, Vec<String>) {
        send(signal, &self.child);
        let code = self.child.wait().unwrap().code();
        (code, self.lines.iter().collect())
    }
}

/// Reads a file again and again, as a viewer might, until it is told to stop; returns how often, and
/// fails if it was ever not there or half.
fn read_again_and_again(paper: &Path, stop: &AtomicBool) -> u32 {
    let mut reads = 0;
    while !stop.load(Ordering::Relaxed) {
        let pdf = fs::read(paper).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.trim_ascii_end().ends_with(b"%%EOF"), "half a paper");
        reads += 1;
    }
    reads
}

#[test]
fn each_change_gives_one_line_and_never_half_a_paper() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    let watching = Watching::begin(&workspace);
    let (paper, stop) = (workspace.path(PAPER), Arc::new(AtomicBool::new(false)));
    let reader = thread::spawn({
        let stop = Arc::clone(&stop);
        move || read_again_and_again(&paper, &stop)
    });
    edit(&workspace, &watching);
    stop.store(true, Ordering::Relaxed);
    assert!(reader.join().unwrap() > 100, "the paper was read all the while");
    let (code, told) = watching.end("INT");
    assert_eq!((code, told), (Some(130), vec![]));

    // What was built is fresh, and other ways of asking it to end are as good.
    let watching = Watching::begin(&workspace);
    assert_eq!(watching.end("TERM"), (Some(130), vec![]));
}

fn edit(workspace: &Workspace, watching: &Watching) {
    let (paper, source) = (workspace.path(PAPER), workspace.path(&format!("paper/{STUDY}/paper.typ")));
    let sentence = fs::read_to_string(&source).unwrap();
    let first = fs::read(&paper).unwrap();

    // A sentence: one line. Who holds the old paper open still reads all of it.
    let mut held = File::open(&paper).unwrap();
    fs::write(&source, format!("{sentence}\nOne more sentence.\n")).unwrap();
    let told = watching.rebuilt();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("1 ran") && told[0].contains(": input paper/vision-inference/paper.typ changed"),
        "{told:?}"
    );
    let second = fs::read(&paper).unwrap();
    assert_ne!(first, second);
    let mut old = Vec::new();
    held.read_to_end(&mut old).unwrap();
    assert!(old == first, "the paper was replaced, not written over");

    // A mistake: it is told where it is, and the paper stays.
    fs::write(&source, format!("{sentence}\n#no-such-function()\n")).unwrap();
    let told = watching.rebuilt().join("\n");
    assert!(told.contains("paper/vision-inference/paper.typ, line ") && told.contains("1 failed"), "{told}");
    assert!(fs::read(&paper).unwrap() == second);

    // Mended: what was made of it before comes back.
    fs::write(&source, &sentence).unwrap();
    let told = watching.rebuilt();
    assert!(told.len() == 1 && told[0].contains("1 restored"), "{told:?}");
    assert!(fs::read(&paper).unwrap() == first);

    // What is set of a figure: it is drawn again. A mistake is told with its line.
    let figures = workspace.path(&format!("paper/{STUDY}/figures.toml"));
    let set = fs::read_to_string(&figures).unwrap();
    let save = |text: String| {
        let beside = figures.with_file_name(".figures.toml.swp");
        fs::write(&beside, text).unwrap();
        fs::rename(&beside, &figures).unwrap();
    };
    save(set.replacen("size = [446, 264]", "size = [440, 264]", 1));
    let told = watching.rebuilt();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("2 ran") && told[0].contains("parameter size.width changed from 446.0 to 440.0"),
        "{told:?}"
    );
    let third = fs::read(&paper).unwrap();
    assert_ne!(first, third);
    save(set.replacen("size = [446, 264]", "sise = [446, 264]", 1));
    let line = 1 + set.lines().position(|line| line == "size = [446, 264]").unwrap();
    let told = watching.until(|line| line.contains("error")).join("\n");
    assert!(told.contains(&format!("paper/{STUDY}/figures.toml:{line}: ")) && told.contains("`sise`"), "{told}");
    assert!(fs::read(&paper).unwrap() == third);
    save(set);
    let told = watching.rebuilt().join("\n");
    assert!(told.contains("2 restored") && !told.contains("failed"), "{told}");
    assert!(fs::read(&paper).unwrap() == first);

    // A raw file that is no longer the pinned one, until the pin is renewed. It holds the same numbers in
    // another form, so nothing but its reader runs.
    let pins = workspace.path(&format!("raw/{STUDY}/sources.toml"));
    let pinned = fs::read_to_string(&pins).unwrap();
    workspace.spoil_raw(STUDY, "logs/pm.csv", other_form);
    let renewed = fs::read_to_string(&pins).unwrap();
    assert_ne!(pinned, renewed);
    let told = watching.until(|line| line.contains(" 1 ran, ")).join("\n");
    assert!(told.contains(": input raw/vision-inference/logs/pm.csv changed"), "{told}");
    assert!(fs::read(&paper).unwrap() == first);
    fs::write(&pins, &pinned).unwrap();
    let told = watching.rebuilt().join("\n");
    assert!(told.contains("the file is not the one that is pinned") && told.contains("1 failed"), "{told}");
    fs::write(&pins, &renewed).unwrap();
    let told = watching.rebuilt();
    assert!(told.len() == 1 && !told[0].contains("failed"), "{told:?}");
}
