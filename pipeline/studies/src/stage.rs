//! Stages of a study: declared below the study's folders, with the code of the module that their
//! function stands in, and with handles that know the study's data.

use std::any::type_name;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use dag::code::cargo::Table;
use dag::{Code, Digest, Pin, Problem, Stage, StageBuilder};
use serde::Serialize;

use crate::cx::Cx;
use crate::record::Status;
use crate::sources::Sources;

const CODE: Table = include!(concat!(env!("OUT_DIR"), "/code.rs"));

/// What the stages of a study are declared with.
pub(crate) struct Setting {
    pub(crate) root: PathBuf,
    pub(crate) study: &'static str,
    pub(crate) sources: Sources,
    /// Which data the study is made from.
    pub(crate) status: Status,
    pub(crate) typesetter: Arc<typeset::Backend>,
}

impl Setting {
    /// Starts the declaration of a stage.
    pub(crate) fn stage(&self, layer: &str, name: &str) -> StageOf<'_> {
        StageOf::new(self, layer, name)
    }

    /// Where a raw file lies, and what it must hold. A file that is not pinned is let through, and
    /// will be found missing.
    pub(crate) fn raw(&self, path: &str) -> (String, Option<Pin>) {
        let pinned = self.sources.files.iter().find(|pin| pin.path == path);
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

    /// Where figures lie as SVG: those of the published data are committed as the reference.
    pub(crate) fn figures(&self) -> String {
        match self.status {
            Status::Published => format!("figures/{}", self.study),
            Status::Reconstructed | Status::Simulated => self.derived("figures"),
        }
    }

    /// Where the paper lies.
    pub(crate) fn paper(&self) -> String {
        format!("derived/papers/{}.pdf", self.study)
    }

    /// The sources of the paper: the template, and the files of the study's own folder.
    pub(crate) fn paper_sources(&self) -> Vec<String> {
        let folders = ["paper".to_owned(), "paper/lib".to_owned(), format!("paper/{}", self.study)];
        let mut sources = Vec::new();
        for folder in folders {
            let entries = std::fs::read_dir(self.root.join(&folder)).into_iter().flatten().flatten();
            let names = entries.filter(|entry| entry.path().is_file()).map(|entry| entry.file_name());
            let hidden = |name: &str| name.starts_with('.') || name.ends_with('~');
            let names = names.filter_map(|name| name.into_string().ok()).filter(|name| !hidden(name));
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
pub(crate) struct StageOf<'a> {
    setting: &'a Setting,
    builder: StageBuilder,
    tools: Vec<(String, String)>,
    /// Which data what the stage makes rests on: those of the study, unless the stage says otherwise.
    status: Status,
}

impl<'a> StageOf<'a> {
    pub(crate) fn new(setting: &'a Setting, layer: &str, name: &str) -> Self {
        let builder = Stage::new(format!("{}/{layer}/{name}", setting.study));
        Self { setting, builder, tools: Vec::new(), status: setting.status }
    }

    /// Reads a raw file of the study; it must be the pinned one.
    pub(crate) fn raw(mut self, role: &str, path: &str) -> Self {
        let (path, pin) = self.setting.raw(path);
        self.builder = match pin {
            Some(pin) => self.builder.pinned(role, path, pin),
            None => self.builder.source(role, path),
        };
        self
    }

    /// Reads a file of the workspace.
    pub(crate) fn file(mut self, role: &str, path: &str) -> Self {
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
    pub(crate) fn makes(mut self, role: &str, path: &str) -> Self {
        self.builder = self.builder.output(role, self.setting.derived(path));
        self
    }

    /// Makes a file of the workspace.
    pub(crate) fn makes_file(mut self, role: &str, path: &str) -> Self {
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

    /// Makes a figure: the drawing, a picture of it, and its data.
    pub(crate) fn makes_figure(self, name: &str) -> Self {
        let svg = format!("{}/{name}.svg", self.setting.figures());
        let stage = self.makes_file("svg", &svg);
        stage.makes("png", &format!("figures/{name}.png")).makes("csv", &format!("figures/{name}.csv"))
    }

    /// Says that what the stage makes rests on a log that was never released and is reconstructed.
    /// Simulated data stay simulated.
    pub(crate) fn reconstructed(mut self) -> Self {
        if self.status == Status::Published {
            self.status = Status::Reconstructed;
        }
        self
    }

    /// Depends on a tool outside the code, told by its version.
    pub(crate) fn uses(mut self, tool: &str, version: &str) -> Self {
        self.tools.push((tool.to_owned(), version.to_owned()));
        self
    }

    /// Ends the declaration: the stage runs `function`, which has no parameters.
    pub(crate) fn does<F>(self, function: F) -> Stage
    where
        F: Fn(&mut Cx<'_, '_>) -> Result<(), Problem> + Send + Sync + 'static,
    {
        let code = self.code(code_of::<F>());
        let status = self.status;
        self.builder.code(code).run_with(status, move |cx, &status| function(&mut Cx { cx, status }))
    }

    /// Ends the declaration: the stage runs `function` with `parameters`.
    pub(crate) fn does_with<P, F>(self, parameters: P, function: F) -> Stage
    where
        P: Serialize + Send + Sync + 'static,
        F: Fn(&mut Cx<'_, '_>, &P) -> Result<(), Problem> + Send + Sync + 'static,
    {
        let code = self.code(code_of::<F>());
        let run = Run { status: self.status, parameters };
        self.builder
            .code(code)
            .run_with(run, move |cx, run| function(&mut Cx { cx, status: run.status }, &run.parameters))
    }

    /// Ends the declaration: the stage runs `call`, a closure that calls `function` with what has no
    /// place among the parameters. It has the code of `function`.
    pub(crate) fn calls<F, G>(self, _function: F, call: G) -> Stage
    where
        G: Fn(&mut Cx<'_, '_>) -> Result<(), Problem> + Send + Sync + 'static,
    {
        let code = self.code(code_of::<F>());
        let status = self.status;
        self.builder.code(code).run_with(status, move |cx, &status| call(&mut Cx { cx, status }))
    }

    fn code(&self, code: Code) -> Code {
        self.tools.iter().fold(code, |code, (tool, version)| code.with_tool(tool, version))
    }
}

/// What a stage with parameters is run with.
#[derive(Serialize)]
struct Run<P> {
    status: Status,
    parameters: P,
}

/// The code of the module of a function, as collected by the build script of this crate.
///
/// # Panics
/// When the function stands outside this crate: its code could change without a trace.
fn code_of<F>() -> Code {
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
            code_of::<F>().parts().iter().map(|part| part.name.clone()).collect()
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
