//! Compares a build with the reference.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use dag::{Digest, Graph, Report, Stage};
use plot::compare::Kind;

use crate::committed::Committed;
use crate::content::{self, Content};
use crate::difference::differences;
use crate::lock::{Entry, Lock, Numbers};
use crate::verdict::{Change, Comparison, Output, Verdict};

/// A build of everything that succeeded.
pub struct Build<'a> {
    /// The workspace.
    pub root: &'a Path,
    /// Its stages.
    pub graph: &'a Graph,
    /// What became of them.
    pub report: &'a Report,
    /// The raw files with their digests, which the stages that read them have checked.
    pub raw: Vec<(String, Digest)>,
}

impl Build<'_> {
    /// All files, with the stages that make them: raw ones, then outputs in the order in which data flow.
    pub(crate) fn files(&self) -> impl Iterator<Item = (Option<&str>, &str, Digest)> {
        let raw = self.raw.iter().map(|(path, digest)| (None, path.as_str(), *digest));
        let made = self.report.stages.iter().flat_map(|stage| {
            stage.outputs.iter().map(|(path, digest)| (Some(stage.stage.as_str()), path.as_str(), *digest))
        });
        raw.chain(made)
    }

    /// What tells whether the numbers of a file are the same, besides its bytes.
    pub(crate) fn numbers(&self, stage: Option<&str>, path: &str, bytes: &[u8]) -> Option<Numbers> {
        if content::has_numbers(path) {
            return Content::read(path, bytes).ok().map(|content| content.numbers());
        }
        let stage = self.graph.stages().iter().find(|other| Some(other.id()) == stage)?;
        content::is_bundle(path).then(|| self.sources(stage)).flatten()
    }

    /// A digest over the files that a stage reads and no stage makes.
    fn sources(&self, stage: &Stage) -> Option<Numbers> {
        let made: HashSet<&str> = self.files().filter(|(stage, ..)| stage.is_some()).map(|(_, path, _)| path).collect();
        let mut sources: Vec<(&str, &str)> = stage.inputs().filter(|(_, path)| !made.contains(path)).collect();
        sources.sort_unstable();
        let mut text = String::new();
        for (role, path) in sources {
            let bytes = std::fs::read(self.root.join(path)).ok()?;
            text.push_str(&format!("{role}\n{}\n", Digest::of(&bytes)));
        }
        Some(Numbers::of(&Digest::of(text.as_bytes())))
    }
}

/// Gives each file of a build and of the reference its verdict.
pub fn compare(build: &Build<'_>, lock: &Lock, committed: &Committed) -> Comparison {
    let mut judge = Judge { build, committed, locked: lock.by_path(), verdicts: HashMap::new() };
    let mut comparison = Comparison::default();
    let mut suspects: Vec<(Option<&str>, &str, Digest)> = Vec::new();
    for (stage, path, digest) in build.files() {
        comparison.counts.files += 1;
        match judge.locked.get(path) {
            Some(entry) if entry.sha256 == digest => {}
            _ => suspects.push((stage, path, digest)),
        }
    }
    // Within a stage data before drawings, and these before pictures of them: each rests on the former.
    let order = order_of_stages(build.report);
    suspects
        .sort_by_key(|(stage, path, _)| (stage.map_or(0, |stage| order.get(stage).copied().unwrap_or(0)), rank(path)));
    for (stage, path, _) in suspects {
        let mut output = judge.judge(stage, path);
        output.arises = judge.inputs(stage).all(|path| !judge.differs(path));
        judge.verdicts.insert(path.to_owned(), (output.verdict, output.what.clone()));
        comparison.outputs.push(output);
    }
    comparison.outputs.extend(gone(build, lock));
    comparison.outputs.extend(misplaced(build, lock, committed, &judge));
    let same_numbers = comparison.outputs.iter().filter(|output| output.verdict == Verdict::SameNumbers).count();
    let counts = &mut comparison.counts;
    counts.same_numbers = same_numbers;
    counts.different = comparison.outputs.len() - same_numbers;
    let other_bytes: HashSet<&str> = comparison.outputs.iter().map(|output| output.path.as_str()).collect();
    counts.same_bytes = build.files().filter(|(_, path, _)| !other_bytes.contains(path)).count();
    comparison
}

fn order_of_stages(report: &Report) -> HashMap<&str, usize> {
    report.stages.iter().enumerate().map(|(place, stage)| (stage.stage.as_str(), place + 1)).collect()
}

fn rank(path: &str) -> u8 {
    match content::extension(path) {
        "svg" => 1,
        "png" => 2,
        "pdf" => 3,
        _ => 0,
    }
}

/// A verdict, which part of a drawing changed, and what differs.
type Found = (Verdict, Option<Change>, Vec<String>);

struct Judge<'a> {
    build: &'a Build<'a>,
    committed: &'a Committed,
    locked: HashMap<&'a str, &'a Entry>,
    /// Of the files that are not the same bytes, with what differs.
    verdicts: HashMap<String, (Verdict, Vec<String>)>,
}

impl Judge<'_> {
    fn differs(&self, path: &str) -> bool {
        self.verdicts.get(path).is_some_and(|(verdict, _)| *verdict > Verdict::SameNumbers)
    }

    /// The verdict of a file that is not the same bytes.
    fn judge(&self, stage: Option<&str>, path: &str) -> Output {
        let output = |verdict, change, what| Output {
            stage: stage.map(str::to_owned),
            path: path.to_owned(),
            verdict,
            change,
            what,
            arises: false,
        };
        let Some(entry) = self.locked.get(path) else {
            return output(Verdict::New, None, vec!["the reference has no such file".to_owned()]);
        };
        let Ok(made) = std::fs::read(self.build.root.join(path)) else {
            return output(Verdict::Different, None, vec!["it cannot be read".to_owned()]);
        };
        let (verdict, change, what) = match content::extension(path) {
            _ if content::has_numbers(path) => self.data(path, entry, &made),
            "svg" => self.drawing(stage, path, entry, &made),
            "png" => self.picture(stage),
            _ if content::is_bundle(path) => self.bundle(stage, path, entry, &made),
            _ => (Verdict::Different, None, vec!["a log: the same bytes, or another log".to_owned()]),
        };
        output(verdict, change, what)
    }

    fn data(&self, path: &str, entry: &Entry, made: &[u8]) -> Found {
        let different = |what: String| (Verdict::Different, None, vec![what]);
        let made = match Content::read(path, made) {
            Ok(made) => made,
            Err(error) => return different(format!("it cannot be read: {error}")),
        };
        let committed = self.committed.content(path, &entry.sha256);
        let committed = committed.and_then(|bytes| Content::read(path, &bytes).ok());
        match committed.map(|committed| differences(&committed, &made)) {
            Some(found) if found.is_empty() => (Verdict::SameNumbers, None, Vec::new()),
            Some(found) => (Verdict::Different, None, found.iter().map(ToString::to_string).collect()),
            None if entry.numbers == Some(made.numbers()) => (Verdict::SameNumbers, None, Vec::new()),
            None => different(
                "its numbers to ten digits are others; which, cannot be told, as the committed content is not on this \
                 machine"
                    .to_owned(),
            ),
        }
    }

    fn drawing(&self, stage: Option<&str>, path: &str, entry: &Entry, made: &[u8]) -> Found {
        let tables = self.siblings(stage, "csv").filter_map(|csv| self.verdicts.get(csv));
        let differing = tables.filter(|(verdict, _)| *verdict > Verdict::SameNumbers);
        let mut what: Vec<String> = differing.flat_map(|(_, what)| what).map(|what| format!("data: {what}")).collect();
        let data = !what.is_empty();
        let committed = self.committed.content(path, &entry.sha256);
        let committed = committed.and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(committed) = committed else {
            what.push(
                "the committed drawing cannot be had: it was overwritten by an earlier build, and is neither in the \
                 engine's store nor in git; restore the file and check again"
                    .to_owned(),
            );
            return (Verdict::Different, data.then_some(Change::Data), what);
        };
        let changes = match plot::compare(&committed, &String::from_utf8_lossy(made)) {
            Ok(changes) => changes,
            Err(error) => return (Verdict::Different, data.then_some(Change::Data), vec![error.to_string()]),
        };
        let gravest = changes.first().map(|change| match change.kind {
            Kind::Text => Change::Text,
            Kind::Geometry => Change::Geometry,
            Kind::Style => Change::Style,
        });
        what.extend(changes.iter().map(|change| format!("{}: {change}", change.kind)));
        let change = if data { Some(Change::Data) } else { gravest };
        (if change.is_some() { Verdict::Different } else { Verdict::SameNumbers }, change, what)
    }

    /// A picture of a drawing is worth what the drawing is.
    fn picture(&self, stage: Option<&str>) -> Found {
        let mut drawings = self.siblings(stage, "svg").peekable();
        let known = drawings.peek().is_some();
        let differs = drawings.any(|svg| self.differs(svg));
        let verdict = if known && !differs { Verdict::SameNumbers } else { Verdict::Different };
        let what = if differs { "it shows a drawing that differs" } else { "the same drawing in other pixels" };
        (verdict, None, vec![what.to_owned()])
    }

    /// A paper, and a study's part of the report page, have the same numbers if they are made of the same sources and of
    /// data with the same numbers.
    fn bundle(&self, stage: Option<&str>, path: &str, entry: &Entry, made: &[u8]) -> Found {
        let differing: BTreeSet<&str> = self.inputs(stage).filter(|path| self.differs(path)).collect();
        let mut what: Vec<String> =
            differing.iter().map(|path| format!("it is made of {path}, which differs")).collect();
        if entry.numbers != self.build.numbers(stage, path, made) {
            what.push("its sources are others: files that no stage makes, as those below paper/".to_owned());
        }
        let verdict = if what.is_empty() { Verdict::SameNumbers } else { Verdict::Different };
        (verdict, None, what)
    }

    fn stage(&self, id: Option<&str>) -> Option<&Stage> {
        self.build.graph.stages().iter().find(|stage| Some(stage.id()) == id)
    }

    /// What a stage reads.
    fn inputs(&self, stage: Option<&str>) -> impl Iterator<Item = &str> {
        self.stage(stage).into_iter().flat_map(Stage::inputs).map(|(_, path)| path)
    }

    /// The outputs of a stage with an ending.
    fn siblings<'b>(&'b self, stage: Option<&str>, extension: &'static str) -> impl Iterator<Item = &'b str> {
        let outputs = self.stage(stage).into_iter().flat_map(Stage::outputs).map(|(_, path)| path);
        outputs.filter(move |path| content::extension(path) == extension)
    }
}

/// What the reference has and no stage makes.
fn gone(build: &Build<'_>, lock: &Lock) -> Vec<Output> {
    let made: HashSet<&str> = build.files().map(|(_, path, _)| path).collect();
    let gone = lock.entries.iter().filter(|entry| !made.contains(entry.path.as_str()));
    gone.map(|entry| Output {
        stage: entry.stage.clone(),
        path: entry.path.clone(),
        verdict: Verdict::Gone,
        change: None,
        what: vec!["no stage makes it any more".to_owned()],
        arises: true,
    })
    .collect()
}

/// Committed files that are not what the lock names, although the build makes just that: who cloned the
/// repository would see other drawings and numbers than were made.
fn misplaced(build: &Build<'_>, lock: &Lock, committed: &Committed, judge: &Judge<'_>) -> Vec<Output> {
    let made: HashMap<&str, Option<&str>> = build.files().map(|(stage, path, _)| (path, stage)).collect();
    let mut expected = BTreeSet::new();
    let mut found = Vec::new();
    for entry in &lock.entries {
        let Some(place) = committed.place(&entry.path) else { continue };
        let is_told = judge.verdicts.contains_key(&entry.path) || !made.contains_key(entry.path.as_str());
        let what = match committed.file(&place) {
            _ if is_told => None,
            None => Some("was not in place before this build"),
            Some(bytes) if Digest::of(bytes) != entry.sha256 => Some("was another one before this build"),
            Some(_) => None,
        };
        if let Some(what) = what {
            let mend = if place == entry.path { "it is now the right one: commit it" } else { "--accept mends it" };
            let what = format!("the committed file {place} {what}; {mend}");
            found.push((entry.stage.clone(), entry.path.clone(), what));
        }
        expected.insert(place);
    }
    for place in committed.places().filter(|place| !expected.contains(*place)) {
        // What is new is told as such.
        if !made.contains_key(place) {
            found.push((None, place.to_owned(), "it is committed, and no stage makes it: remove it".to_owned()));
        }
    }
    let output = |(stage, path, what)| Output {
        stage,
        path,
        verdict: Verdict::Different,
        change: None,
        what: vec![what],
        arises: true,
    };
    found.into_iter().map(output).collect()
}
