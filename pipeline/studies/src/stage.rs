//! Stages of a study: declared below the study's folders, with the code of the module that their
//! function stands in, and with handles that know the study's data.

use std::any::type_name;
use std::ops::{Deref, DerefMut};

use dag::code::cargo::Table;
use dag::{Code, Context, Problem, Stage, StageBuilder};
use serde::Serialize;

use crate::record::{Record, Status};
use crate::study::Setting;

/// Pixels per pt of the pictures of figures: 144 a line on a screen at twice the size in print.
const PNG_SCALE: f32 = 2.0;

const CODE: Table = include!(concat!(env!("OUT_DIR"), "/code.rs"));

/// A stage of a study under declaration. Paths are relative to the study's folder of their kind.
pub(crate) struct StageOf<'a> {
    setting: &'a Setting,
    builder: StageBuilder,
    tools: Vec<(String, String)>,
}

impl<'a> StageOf<'a> {
    pub(crate) fn new(setting: &'a Setting, layer: &str, name: &str) -> Self {
        let builder = Stage::new(format!("{}/{layer}/{name}", setting.study));
        Self { setting, builder, tools: Vec::new() }
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
        let status = self.setting.status;
        self.builder.code(code).run_with(status, move |cx, &status| function(&mut Cx { cx, status }))
    }

    /// Ends the declaration: the stage runs `function` with `parameters`.
    pub(crate) fn does_with<P, F>(self, parameters: P, function: F) -> Stage
    where
        P: Serialize + Send + Sync + 'static,
        F: Fn(&mut Cx<'_, '_>, &P) -> Result<(), Problem> + Send + Sync + 'static,
    {
        let code = self.code(code_of::<F>());
        let run = Run { status: self.setting.status, parameters };
        self.builder.code(code).run_with(run, move |cx, run| function(&mut Cx { cx, status: run.status }, &run.parameters))
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
    let name = type_name::<F>();
    CODE.code_of(name).unwrap_or_else(|| panic!("{name} is no function of a module of this crate"))
}

/// The handles of a running stage of a study.
pub(crate) struct Cx<'a, 'b> {
    cx: &'a mut Context<'b>,
    /// Which data the study is made from.
    pub(crate) status: Status,
}

impl Cx<'_, '_> {
    /// Writes a record to the output that has its id.
    pub(crate) fn record(&mut self, record: Record) -> Result<(), Problem> {
        let record = record.status(self.status);
        let json = record.to_json().map_err(|error| Problem::new(error.to_string()))?;
        self.cx.write(&record.id, json)
    }

    /// Draws a figure to the outputs that [`StageOf::makes_figure`] declares.
    pub(crate) fn figure(&mut self, figure: &plot::Figure) -> Result<(), Problem> {
        let broken = |error: plot::Error| Problem::new(error.to_string());
        let svg = match self.status {
            Status::Published => figure.svg(),
            Status::Reconstructed => figure.clone().status_banner("RECONSTRUCTED DATA").svg(),
            Status::Simulated => figure.clone().status_banner("SIMULATED DATA").svg(),
        };
        let svg = svg.map_err(broken)?;
        self.cx.write("png", plot::png(&svg, PNG_SCALE).map_err(broken)?)?;
        self.cx.write("csv", figure.data_csv())?;
        self.cx.write("svg", svg)
    }

    /// Reads the record that is the input of its id.
    pub(crate) fn read_record(&self, id: &str) -> Result<Record, Problem> {
        let file = self.cx.input_path(id)?;
        Record::from_json(&self.cx.read_text(id)?, file.as_ref()).map_err(|error| Problem::new(error.to_string()).in_file(file))
    }
}

impl<'b> Deref for Cx<'_, 'b> {
    type Target = Context<'b>;

    fn deref(&self) -> &Context<'b> {
        self.cx
    }
}

impl DerefMut for Cx<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.cx
    }
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
