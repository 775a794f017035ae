//! Stages of a study: declared below the study's folders, with the code of the module that their
//! function stands in, and with handles that know the study's data.

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dag::code::Table;
use dag::{Code, Digest, Pin, Problem, Stage, StageBuilder};
use serde::{Deserialize, Serialize};

use crate::campaign::{Campaign, Simulation};
use crate::cx::Cx;
use crate::figures_file::{self, FiguresError, FiguresFile, Keys};
use crate::record::Status;
use crate::simulate::{self, Part};
use crate::sources;

/// The code of all modules of this crate, as its build script found it.
pub(crate) const CODE: Table = include!(concat!(env!("OUT_DIR"), "/code.rs"));

/// What the stages of a study are declared with.
pub(crate) struct Setting {
    pub(crate) root: PathBuf,
    pub(crate) study: &'static str,
    pins: Vec<sources::Pin>,
    /// Which raw files the study is made from.
    pub(crate) campaign: Campaign,
    pub(crate) typesetter: Arc<typeset::Backend>,
    /// What authors set of the figures.
    figures: FiguresFile,
    declared: Arc<Mutex<Declared>>,
}

/// What is known of the stages that were declared so far, of all studies.
#[derive(Default)]
struct Declared {
    /// What they make, and what that rests on.
    made: BTreeMap<String, Status>,
    /// What they read that no stage before them made: source files.
    sources: BTreeSet<String>,
}

impl Setting {
    /// The setting of what has no raw files of its own.
    pub(crate) fn new(root: PathBuf, name: &'static str, typesetter: Arc<typeset::Backend>) -> Self {
        let (campaign, figures) = (Campaign::Published, FiguresFile::read(&root, name));
        Self { root, study: name, pins: Vec::new(), campaign, typesetter, figures, declared: Arc::default() }
    }

    /// The setting of a study beside this one.
    pub(crate) fn study(&self, study: &'static str, pins: Vec<sources::Pin>, campaign: Campaign) -> Self {
        let (typesetter, declared) = (Arc::clone(&self.typesetter), Arc::clone(&self.declared));
        let figures = FiguresFile::read(&self.root, study);
        Self { root: self.root.clone(), study, pins, campaign, typesetter, figures, declared }
    }

    /// Starts the declaration of a stage.
    pub(crate) fn stage(&self, layer: &str, name: &str) -> StageOf<'_> {
        StageOf::new(self, layer, name)
    }

    /// The stages that write parts of a simulated campaign.
    pub(crate) fn simulated(&self, parts: impl IntoIterator<Item = Part>) -> Vec<Stage> {
        parts.into_iter().map(|part| part.stage(self)).collect()
    }

    /// The stages that write what stands in for logs that were never released, and a word on it. In
    /// the simulated campaign all of its parts are stages already.
    pub(crate) fn stand_ins(&self, parts: impl IntoIterator<Item = Part>) -> Vec<Stage> {
        match self.campaign {
            Campaign::Published => {
                self.simulated([simulate::about(self.study, Simulation::default())].into_iter().chain(parts))
            }
            Campaign::Simulated(_) => Vec::new(),
        }
    }

    /// The pins of the study's raw files.
    pub(crate) fn pins(&self) -> &[sources::Pin] {
        &self.pins
    }

    fn declared(&self) -> MutexGuard<'_, Declared> {
        self.declared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a path that a stage reads rests on: the worst of what went into it.
    pub(crate) fn status_of(&self, path: &str) -> Status {
        let mut declared = self.declared();
        let made = declared.made.get(path).copied();
        made.unwrap_or_else(|| {
            declared.sources.insert(path.to_owned());
            Status::Published
        })
    }

    /// The paths below the workspace that the stages declared so far make, sorted.
    pub(crate) fn made(&self) -> Vec<String> {
        self.declared().made.keys().cloned().collect()
    }

    /// Checks that every stage was declared after those it reads from: otherwise it would not know what
    /// it rests on, and could be taken for better than it is.
    ///
    /// # Panics
    /// When one was not, which is an error of the study's list of stages.
    pub(crate) fn check_order(&self) {
        let declared = self.declared();
        let early = declared.sources.iter().find(|path| declared.made.contains_key(*path));
        assert!(early.is_none(), "{} is read by a stage that is declared before the one that makes it", early.unwrap());
    }

    /// Checks what authors set of the figures, when all stages are declared.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check_figures(&self) -> Result<(), FiguresError> {
        self.figures.check()
    }

    /// Where a raw file lies, and what it must hold. A file that is not pinned is let through, and
    /// will be found missing.
    fn raw(&self, path: &str) -> (String, Option<Pin>) {
        if let Campaign::Simulated(_) = self.campaign {
            return (self.stand_in(path), None);
        }
        let pinned = self.pins.iter().find(|pin| pin.path == path);
        let pin = pinned.and_then(|pin| Digest::from_hex(&pin.sha256)).map(|sha256| Pin {
            sha256,
            help: format!(
                "`cargo xtask fetch {} --force` brings the pinned file, from upstream or from a folder of copies \
                 (--mirror DIR, JOULEBOOK_MIRROR)",
                self.study
            ),
        });
        (format!("raw/{}/{path}", self.study), pin)
    }

    /// Where made data lie.
    pub(crate) fn derived(&self, path: &str) -> String {
        format!("derived/{}/{path}", self.study)
    }

    /// Where a simulated raw file lies.
    fn stand_in(&self, path: &str) -> String {
        self.derived(&format!("{}/{path}", simulate::FOLDER))
    }

    /// Where the ground truth of a simulated campaign lies.
    pub(crate) fn truths(&self) -> String {
        self.stand_in("truth/")
    }

    /// Where a figure lies as SVG. Those that hold nothing simulated are committed as the reference.
    fn figure(&self, name: &str, status: Status) -> String {
        match status {
            Status::Published | Status::Reconstructed => format!("figures/{}/{name}.svg", self.study),
            Status::Simulated => self.derived(&format!("figures/{name}.svg")),
        }
    }

    /// Where the paper lies.
    pub(crate) fn paper(&self) -> String {
        format!("derived/papers/{}.pdf", self.study)
    }

    /// The sources of the paper: the template, and the files of the study's own folder, but for what is set of the
    /// figures.
    pub(crate) fn paper_sources(&self) -> Vec<String> {
        let folders = ["paper".to_owned(), "paper/lib".to_owned(), format!("paper/{}", self.study)];
        let mut sources = Vec::new();
        for folder in folders {
            let entries = std::fs::read_dir(self.root.join(&folder)).into_iter().flatten().flatten();
            let names = entries.filter(|entry| entry.path().is_file()).map(|entry| entry.file_name());
            let hidden = |name: &str| name.starts_with('.') || name.ends_with('~');
            let is_source = |name: &String| !hidden(name) && name != figures_file::FILE;
            let names = names.filter_map(|name| name.into_string().ok()).filter(is_source);
            sources.extend(names.map(|name| format!("{folder}/{name}")));
        }
        sources.sort();
        sources
    }

    /// Where a record lies.
    pub(crate) fn record(&self, id: &str) -> String {
        self.derived(&format!("records/{id}.json"))
    }
}

/// A stage of a study under declaration. Paths are relative to the study's folder of their kind.
///
/// Stages are declared in the order in which data flow: what a stage makes rests on what it reads.
pub(crate) struct StageOf<'a> {
    setting: &'a Setting,
    builder: StageBuilder,
    code: Option<Code>,
    tools: Vec<(String, String)>,
    status: Status,
    outputs: Vec<String>,
    figures: Vec<String>,
}

impl<'a> StageOf<'a> {
    pub(crate) fn new(setting: &'a Setting, layer: &str, name: &str) -> Self {
        let builder = Stage::new(format!("{}/{layer}/{name}", setting.study));
        let status = match setting.campaign {
            Campaign::Published => Status::Published,
            Campaign::Simulated(_) => Status::Simulated,
        };
        Self { setting, builder, code: None, tools: Vec::new(), status, outputs: Vec::new(), figures: Vec::new() }
    }

    /// Reads a raw file of the study; it must be the pinned one, or is a simulated one in its place.
    pub(crate) fn raw(mut self, role: &str, path: &str) -> Self {
        let (path, pin) = self.setting.raw(path);
        match pin {
            Some(pin) => {
                self.builder = self.builder.pinned(role, path, pin);
                self
            }
            None => self.file(role, &path),
        }
    }

    /// Reads what stands in for a raw file that was never released: a simulated one, always.
    pub(crate) fn stand_in(self, role: &str, path: &str) -> Self {
        let path = self.setting.stand_in(path);
        self.file(role, &path)
    }

    /// Reads a file of the workspace.
    pub(crate) fn file(mut self, role: &str, path: &str) -> Self {
        self.status = self.status.max(self.setting.status_of(path));
        self.builder = self.builder.source(role, path);
        self
    }

    /// Reads a table that another stage of the study makes.
    pub(crate) fn table(self, role: &str, path: &str) -> Self {
        let path = self.setting.derived(&format!("{path}.parquet"));
        self.file(role, &path)
    }

    /// Reads a record that another stage of the study writes; its role is its id.
    pub(crate) fn reads_record(self, id: &str) -> Self {
        let path = self.setting.record(id);
        self.file(id, &path)
    }

    /// Makes a file below the study's derived data.
    pub(crate) fn makes(self, role: &str, path: &str) -> Self {
        let path = self.setting.derived(path);
        self.makes_file(role, &path)
    }

    /// Makes a file of the workspace.
    pub(crate) fn makes_file(mut self, role: &str, path: &str) -> Self {
        self.outputs.push(path.to_owned());
        self.builder = self.builder.output(role, path);
        self
    }

    /// Makes a table.
    pub(crate) fn makes_table(self, path: &str) -> Self {
        self.makes("table", &format!("{path}.parquet"))
    }

    /// Writes records.
    pub(crate) fn makes_records<I: AsRef<str>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        ids.into_iter().fold(self, |stage, id| {
            let path = stage.setting.record(id.as_ref());
            stage.makes_file(id.as_ref(), &path)
        })
    }

    /// Makes a figure: the drawing, a picture of it, its data, and its specification.
    pub(crate) fn makes_figure(mut self, name: &str) -> Self {
        // Where the drawing goes is decided when all inputs are known.
        self.figures.push(name.to_owned());
        let file = |ending: &str| format!("figures/{name}.{ending}");
        self.makes("png", &file("png")).makes("csv", &file("csv")).makes("option", &file("js"))
    }

    /// Says that what the stage makes stands for a log that was never released.
    pub(crate) fn reconstructed(self) -> Self {
        self.status(Status::Reconstructed)
    }

    /// Says that what the stage makes is no better than that.
    pub(crate) fn status(mut self, status: Status) -> Self {
        self.status = self.status.max(status);
        self
    }

    /// Depends on a tool outside the code, told by its version.
    pub(crate) fn uses(mut self, tool: &str, version: &str) -> Self {
        self.tools.push((tool.to_owned(), version.to_owned()));
        self
    }

    /// Says which code the stage runs, where that is not the code of a function named below.
    pub(crate) fn has_code(mut self, code: Code) -> Self {
        self.code = Some(code);
        self
    }

    /// Ends the declaration: the stage runs `function`, which has no parameters.
    pub(crate) fn does<F>(self, function: F) -> Stage
    where
        F: Fn(&mut Cx<'_, '_>) -> Result<(), Problem> + Send + Sync + 'static,
    {
        let (builder, status) = self.has_code(code_of::<F>()).finish();
        builder.run_with(status, move |cx, &status| function(&mut Cx { cx, status }))
    }

    /// Ends the declaration: the stage runs `function` with `parameters`.
    pub(crate) fn does_with<P, F>(self, parameters: P, function: F) -> Stage
    where
        P: Serialize + Send + Sync + 'static,
        F: Fn(&mut Cx<'_, '_>, &P) -> Result<(), Problem> + Send + Sync + 'static,
    {
        self.has_code(code_of::<F>()).runs_with(parameters, function)
    }

    /// Ends the declaration of a figure's stage: it runs `function` with what `figures.toml` says of the figure.
    pub(crate) fn draws<K, F>(self, function: F) -> Stage
    where
        K: Keys,
        F: Fn(&mut Cx<'_, '_>, &K) -> Result<(), Problem> + Send + Sync + 'static,
    {
        self.has_code(code_of::<F>()).runs_with_keys((), move |cx, (), keys| function(cx, keys))
    }

    /// Ends the declaration of a figure's stage: it runs `function` with `parameters`, and with what
    /// `figures.toml` says of the figure.
    pub(crate) fn draws_with<P, K, F>(self, parameters: P, function: F) -> Stage
    where
        P: Serialize + Send + Sync + 'static,
        K: Keys,
        F: Fn(&mut Cx<'_, '_>, &P, &K) -> Result<(), Problem> + Send + Sync + 'static,
    {
        self.has_code(code_of::<F>()).runs_with_keys(parameters, function)
    }

    fn runs_with_keys<P, K, F>(self, parameters: P, function: F) -> Stage
    where
        P: Serialize + Send + Sync + 'static,
        K: Keys,
        F: Fn(&mut Cx<'_, '_>, &P, &K) -> Result<(), Problem> + Send + Sync + 'static,
    {
        let [figure] = self.figures.as_slice() else {
            panic!("a stage that draws makes one figure, and not {:?}", self.figures);
        };
        let Some(keys) = self.setting.figures.keys::<K>(figure) else {
            // Nothing is built before `Setting::check_figures` has told why.
            let file = format!("paper/{}/{}", self.setting.study, figures_file::FILE);
            return self
                .runs_with((), move |_, ()| Err(Problem::new("what is set of the figure is wrong").in_file(&file)));
        };
        let (builder, status) = self.finish();
        let drawn = Drawn { status, parameters, keys };
        builder.run_with(drawn, move |cx, drawn| {
            function(&mut Cx { cx, status: drawn.status }, &drawn.parameters, &drawn.keys)
        })
    }

    /// Ends the declaration: the stage runs `call`, a closure that calls `function` with what has no
    /// place among the parameters. It has the code of `function`.
    pub(crate) fn calls<P, F, G>(self, parameters: P, _function: F, call: G) -> Stage
    where
        P: Serialize + Send + Sync + 'static,
        G: Fn(&mut Cx<'_, '_>, &P) -> Result<(), Problem> + Send + Sync + 'static,
    {
        self.has_code(code_of::<F>()).runs_with(parameters, call)
    }

    /// Ends the declaration of a stage that has its code: it runs `function` with `parameters`.
    pub(crate) fn runs_with<P, F>(self, parameters: P, function: F) -> Stage
    where
        P: Serialize + Send + Sync + 'static,
        F: Fn(&mut Cx<'_, '_>, &P) -> Result<(), Problem> + Send + Sync + 'static,
    {
        let (builder, status) = self.finish();
        let run = Run { status, parameters };
        builder.run_with(run, move |cx, run| function(&mut Cx { cx, status: run.status }, &run.parameters))
    }

    /// The builder, with the code and all that depends on the status.
    fn finish(mut self) -> (StageBuilder, Status) {
        for name in std::mem::take(&mut self.figures) {
            let path = self.setting.figure(&name, self.status);
            self = self.makes_file("svg", &path);
        }
        let code = self.code.unwrap_or_default();
        let code = self.tools.iter().fold(code, |code, (tool, version)| code.with_tool(tool, version));
        self.setting.declared().made.extend(self.outputs.into_iter().map(|path| (path, self.status)));
        (self.builder.code(code), self.status)
    }
}

/// What a stage with parameters is run with.
#[derive(Serialize)]
struct Run<P> {
    status: Status,
    parameters: P,
}

/// What a figure's stage is run with: that authors set something else is told by the name of the key alone.
#[derive(Serialize)]
struct Drawn<P, K> {
    status: Status,
    parameters: P,
    #[serde(flatten)]
    keys: K,
}

/// Which data the outputs of a stage of this crate rest on: the worst that it reads.
pub(crate) fn status_of(stage: &Stage) -> Status {
    // A parameter like others, as `StageOf::does` and `StageOf::runs_with` declare it.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Declared {
        Alone(Status),
        With { status: Status },
    }
    match serde_json::from_str(stage.parameters()) {
        Ok(Declared::Alone(status) | Declared::With { status }) => status,
        Err(_) => Status::default(),
    }
}

/// The code of the module of a function, as collected by the build script of this crate.
///
/// # Panics
/// When the function stands outside this crate: its code could change without a trace.
pub(crate) fn code_of<F>() -> Code {
    /// Functions of one module share one code; to put it together takes longer than all else that
    /// a build with nothing to do does.
    static KNOWN: Mutex<BTreeMap<&str, Code>> = Mutex::new(BTreeMap::new());
    let name = type_name::<F>();
    let module = name.rsplit_once("::").map_or(name, |(module, _)| module);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let code = known.entry(module).or_insert_with(|| {
        CODE.code_of(name).unwrap_or_else(|| panic!("{name} is no function of a module of this crate"))
    });
    code.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_the_code_of_its_module_and_of_the_crates_that_it_calls() {
        fn parts<F>(_: F) -> Vec<String> {
            code_of::<F>().parts().iter().map(|part| part.name.to_string()).collect()
        }
        let ingest = parts(crate::tinyml_mcu::ingest::pickle);
        for part in ["pipeline/studies/src/tinyml_mcu/ingest.rs", "pipeline/studies/src/table.rs", "polars-core"] {
            assert!(ingest.iter().any(|p| p == part), "{part} in {ingest:?}");
        }
        assert!(ingest.iter().any(|p| p.starts_with("pipeline/rawlog/src/pickle")), "{ingest:?}");
        let foreign = ["pipeline/studies/src/tinyml_mcu/stats.rs", "pipeline/plot/src/lib.rs", "typst"];
        assert!(!ingest.iter().any(|p| foreign.contains(&p.as_str())), "{ingest:?}");
    }
}
