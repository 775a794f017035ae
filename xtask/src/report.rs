//! `cargo xtask report`, and the report page that every build leaves: what the stages wrote for it, and
//! what is of this machine and this moment.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use dag::{Digest, Engine, Graph, Outcome, StageReport};
use report::{File, Fragment, Part, Run, Stage};
use studies::Chosen;
use studies::campaign::Campaign;

use crate::build_paper::{Build, failure};
use crate::console::{self, Console};
use crate::{Exit, Failure, cli};

/// Where the page lies. No stage makes it, since it tells of this machine.
const PAGE: &str = "derived/report.html";

/// Is there if the page tells of a build that failed, or did not come to all stages.
const PARTIAL: &str = ".joulebook/report-is-partial";

/// The part of the page that is over all studies.
const COMPENDIUM: &str = "compendium";

/// `cargo xtask report`.
pub(crate) fn run(root: &Path, arguments: cli::Report, console: &Console) -> Result<Exit, Failure> {
    let asked = arguments.build();
    let (build, chosen) = Build::begin(root, &asked, console)?;
    let report = build.make(&chosen, console)?;
    if is_fresh(&report) {
        // The page also tells of the commit and of the machine, which may be others by now.
        rewrite(&build, &build.graph(&chosen)?, &report, &chosen)?;
    }
    let page = root.join(PAGE);
    let is_page = |out: &Path| fs::canonicalize(out).ok() == fs::canonicalize(&page).ok();
    let page = match arguments.out.filter(|out| !is_page(out)) {
        Some(out) => {
            fs::copy(&page, &out).map_err(|error| Failure::io("write", out.display(), &error))?;
            out
        }
        None => page,
    };
    anstream::println!("{}", page.display());
    if arguments.open {
        open(&page, console);
    }
    build.conclude(&report, console)
}

/// Writes the page, if the build did anything, if there is none, or if the one that is there tells of a
/// build that failed or did not come to all stages, and this one did better.
pub(crate) fn renew(build: &Build<'_>, graph: &Graph, report: &dag::Report, chosen: &[Chosen]) -> Result<(), Failure> {
    let betters = || is_complete(graph, report) && build.root.join(PARTIAL).exists();
    if is_fresh(report) && build.root.join(PAGE).exists() && !betters() {
        return Ok(());
    }
    rewrite(build, graph, report, chosen)
}

fn is_fresh(report: &dag::Report) -> bool {
    report.stages.iter().all(|stage| stage.outcome == Outcome::Fresh)
}

fn is_complete(graph: &Graph, report: &dag::Report) -> bool {
    report.succeeded() && report.stages.len() == graph.stages().len()
}

fn rewrite(build: &Build<'_>, graph: &Graph, report: &dag::Report, chosen: &[Chosen]) -> Result<(), Failure> {
    let (page, partial) = (build.root.join(PAGE), build.root.join(PARTIAL));
    let complete = is_complete(graph, report);
    let text = Told { build, graph, report, chosen }.page()?;
    let mark = || -> io::Result<()> {
        match complete {
            true if partial.exists() => fs::remove_file(&partial),
            true => Ok(()),
            false => fs::write(&partial, []),
        }
    };
    // Marked first, and cleared last: a page of which nothing is known is written again.
    if !complete {
        mark().map_err(|error| Failure::io("write", partial.display(), &error))?;
    }
    write(&page, &text).map_err(|error| Failure::io("write", page.display(), &error))?;
    mark().map_err(|error| Failure::io("write", partial.display(), &error))
}

/// By rename, so that a browser never sees half of it.
fn write(page: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = page.parent() {
        fs::create_dir_all(folder)?;
    }
    // Not in the engine's folder: its lock is not held any more.
    let scratch = page.with_file_name(format!(".report.html.{}.partial", std::process::id()));
    fs::write(&scratch, text)?;
    fs::rename(&scratch, page)
}

/// Shows the page in the browser of the system.
fn open(page: &Path, console: &Console) {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/c", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let opened = Command::new(program).args(arguments).arg(page).status();
    if !opened.is_ok_and(|status| status.success()) {
        console.warning(&format!("cannot open it with {program}; open it by hand"));
    }
}

/// A build to tell of.
struct Told<'a> {
    build: &'a Build<'a>,
    graph: &'a Graph,
    report: &'a dag::Report,
    chosen: &'a [Chosen],
}

impl Told<'_> {
    fn page(&self) -> Result<String, Failure> {
        let names = self.chosen.iter().map(|chosen| chosen.study.name).chain([COMPENDIUM]);
        let parts: Vec<Part> = names.map(|study| self.part(study)).collect();
        // A build of a few targets alone may not have made the frame.
        let shell = match self.outcome(&format!("{COMPENDIUM}/typeset/report-shell")) {
            Some(Outcome::Fresh | Outcome::Restored | Outcome::Ran) => {
                fs::read_to_string(self.build.root.join(studies::SHELL))
            }
            _ => Ok(studies::report_shell()),
        };
        let shell = shell.map_err(|error| Failure::io("read", studies::SHELL, &error))?;
        Ok(report::page(&shell, &parts, &self.run()?))
    }

    fn outcome(&self, stage: &str) -> Option<&Outcome> {
        self.report.stages.iter().find(|told| told.stage == stage).map(|told| &told.outcome)
    }

    /// What there is to show of a study.
    fn part(&self, study: &str) -> Part {
        let stage = format!("{study}/typeset/report");
        let file = format!("derived/{study}/{}", studies::FRAGMENT);
        let read = || -> Result<Fragment, String> {
            let json = fs::read(self.build.root.join(&file)).map_err(|error| format!("{file}: {error}"))?;
            serde_json::from_slice(&json).map_err(|error| format!("{file}: {error}"))
        };
        let again = format!("`cargo xtask build-paper {study}` makes it");
        let (fragment, reservation) = match self.outcome(&stage) {
            Some(Outcome::Fresh | Outcome::Restored | Outcome::Ran) => (read(), None),
            Some(Outcome::Failed(problem)) => (Err(format!("{stage} failed: {problem}")), None),
            Some(Outcome::Blocked { by }) => (Err(format!("{by} failed, and this rests on it")), None),
            Some(Outcome::Cancelled) | None => {
                let reservation =
                    format!("The last build did not come to this study: what is shown is older. {again}.");
                (read().map_err(|_| format!("it has not been built; {again}")), Some(reservation))
            }
        };
        Part { study: study.to_owned(), fragment, reservation }
    }

    fn run(&self) -> Result<Run, Failure> {
        let options = self.build.local_options();
        let plan = Engine::plan(&options, self.graph, &[]).map_err(failure)?;
        let took: HashMap<&str, u64> = plan
            .stages
            .iter()
            .filter_map(|stage| Some((stage.stage.as_str(), u64::try_from(stage.took?.as_millis()).ok()?)))
            .collect();
        let told: HashMap<&str, &StageReport> =
            self.report.stages.iter().map(|stage| (stage.stage.as_str(), stage)).collect();
        let mut files = Files::new(self);
        let (mut codes, mut libraries) = (HashSet::new(), BTreeMap::new());
        let mut stages = Vec::new();
        for stage in self.graph.stages() {
            // Stages of one module share their code.
            if codes.insert(stage.code().digest()) {
                let parts = stage.code().parts().iter();
                libraries
                    .extend(parts.filter_map(|part| Some((part.name.to_string(), part.version.as_ref()?.to_string()))));
            }
            let (outcome, because) = told.get(stage.id()).map_or_else(not_asked, |told| became(told));
            stages.push(Stage {
                id: stage.id().to_owned(),
                inputs: stage.inputs().map(|(_, path)| files.number(path)).collect(),
                outputs: stage.outputs().map(|(_, path)| files.number(path)).collect(),
                code: stage.code().digest().to_string(),
                code_parts: stage.code().parts().len(),
                outcome,
                because,
                took_ms: took.get(stage.id()).copied(),
            });
        }
        let when = utc();
        let summary = format!("{}, {when}.", console::counts(self.report));
        Ok(Run {
            summary,
            problems: self.problems(),
            machine: machine(),
            software: self.software(),
            libraries,
            files: files.files,
            stages,
            when,
        })
    }

    /// What went wrong in the build.
    fn problems(&self) -> Vec<String> {
        let failed = self.report.stages.iter().filter_map(|stage| match &stage.outcome {
            Outcome::Failed(problem) => Some(format!("The stage {} failed: {problem}", stage.stage)),
            _ => None,
        });
        let stopped = self.report.cancelled().len();
        let stopped = (stopped > 0).then(|| format!("The build was stopped; {stopped} stages were not begun."));
        failed.chain(stopped).collect()
    }

    fn software(&self) -> Vec<(String, String)> {
        let mut software = vec![
            ("Joulebook".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            ("Compiled by".to_owned(), env!("JOULEBOOK_RUSTC").to_owned()),
            ("Typst".to_owned(), self.build.typesetter.identity()),
            ("Written".to_owned(), utc()),
        ];
        if let Some((commit, changed)) = commit(self.build.root) {
            software.push(("Commit".to_owned(), commit));
            if changed {
                software.push(("Changes".to_owned(), "files differ from the commit".to_owned()));
            }
        }
        software
    }
}

/// The files that stages name, each once.
struct Files<'a> {
    root: &'a Path,
    known: HashMap<String, Digest>,
    pinned: HashMap<String, String>,
    numbers: HashMap<String, usize>,
    files: Vec<File>,
}

impl<'a> Files<'a> {
    fn new(told: &Told<'a>) -> Self {
        let outputs = told.report.stages.iter().flat_map(|stage| stage.outputs.iter().cloned());
        let published = told.chosen.iter().filter(|chosen| chosen.campaign == Campaign::Published);
        let pins = published.flat_map(|chosen| {
            let path = |path: &str| format!("raw/{}/{path}", chosen.study.name);
            chosen.sources.files.iter().map(move |pin| (path(&pin.path), pin.sha256.clone()))
        });
        let (known, pinned) = (outputs.collect(), pins.collect());
        Self { root: told.build.root, known, pinned, numbers: HashMap::new(), files: Vec::new() }
    }

    fn number(&mut self, path: &str) -> usize {
        if let Some(&number) = self.numbers.get(path) {
            return number;
        }
        let number = self.files.len();
        let pinned = self.pinned.get(path);
        let made = self.known.get(path).map(Digest::to_string);
        // Of what nothing makes and nothing pins there are only the sources of papers: small.
        let read = || Some(Digest::of(&fs::read(self.root.join(path)).ok()?).to_string());
        let sha256 = pinned.cloned().or(made).or_else(|| if path.starts_with("derived/") { None } else { read() });
        self.files.push(File { path: path.to_owned(), sha256, pinned: pinned.is_some() });
        self.numbers.insert(path.to_owned(), number);
        number
    }
}

fn not_asked() -> (String, Vec<String>) {
    ("not asked for".to_owned(), Vec::new())
}

/// What became of a stage, in a word, and why.
fn became(told: &StageReport) -> (String, Vec<String>) {
    let reasons = told.reasons.iter().map(ToString::to_string).collect();
    match &told.outcome {
        Outcome::Fresh => ("fresh".to_owned(), reasons),
        Outcome::Restored => ("restored".to_owned(), reasons),
        Outcome::Ran => ("ran".to_owned(), reasons),
        Outcome::Failed(problem) => ("failed".to_owned(), vec![problem.to_string()]),
        Outcome::Blocked { by } => ("blocked".to_owned(), vec![format!("{by} failed")]),
        Outcome::Cancelled => ("not begun".to_owned(), Vec::new()),
    }
}

/// Now, to the second.
fn utc() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let nanoseconds = i64::try_from(now).unwrap_or(0).saturating_mul(1_000_000_000);
    rawlog::time::iso8601(nanoseconds).replace('T', " ") + " UTC"
}

/// What the machine tells of itself; what it does not is left out.
fn machine() -> Vec<(String, String)> {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let value = |text: &str, key: &str, separator: char| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(separator));
        line.map(|value| value.trim().trim_matches('"').to_owned())
    };
    let system = value(&read("/etc/os-release"), "PRETTY_NAME", '=');
    let memory = value(&read("/proc/meminfo"), "MemTotal", ':');
    let memory = memory.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rows = [
        ("System", system.or(Some(std::env::consts::OS.to_owned()))),
        ("Processor", value(&read("/proc/cpuinfo"), "model name", ':')),
        ("Architecture", Some(std::env::consts::ARCH.to_owned())),
        ("Cores", Some(cores.to_string())),
        ("Memory", memory.map(|kibibytes| format!("{:.0} GiB", kibibytes / f64::from(1 << 20)))),
    ];
    rows.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?))).collect()
}

/// The commit of the workspace, and whether files differ from it; `None` where that is not known.
fn commit(root: &Path) -> Option<(String, bool)> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let changed = git(&["status", "--porcelain"]).is_some_and(|status| !status.is_empty());
    Some((commit, changed))
}
