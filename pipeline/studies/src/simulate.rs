//! Simulated campaigns: raw files in the genuine formats, made from a seed, with a known ground truth.
//!
//! A study lists the [parts](Part) of its campaign. In a build each part is a stage that writes below
//! `derived/<study>/simulated/`; [`Part::write_below`] writes the same files to a folder of choice.

use std::any::type_name;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dag::{Code, Problem, Stage};
use serde::Serialize;

use crate::campaign::Simulation;
use crate::cx::Cx;
use crate::record::Status;
use crate::stage::{Setting, code_of};
use crate::truth::Truth;

/// The folder of simulated raw files, below that of the study's derived data.
pub(crate) const FOLDER: &str = "simulated";

/// Where a simulator writes raw files.
pub(crate) trait RawFiles {
    /// Writes a whole file, by its path as among the pins: relative, parts separated by `/`.
    fn write(&mut self, path: &str, content: Vec<u8>) -> Result<(), Problem> {
        self.stream(path, &mut |to| to.write_all(&content))
    }

    /// Writes a file that may be larger than memory.
    fn stream(&mut self, path: &str, content: &mut Content<'_>) -> Result<(), Problem>;
}

/// Writes the content of a file.
pub(crate) type Content<'a> = dyn FnMut(&mut dyn io::Write) -> io::Result<()> + 'a;

/// Writes a file in large pieces.
fn stream(file: &Path, content: &mut Content<'_>) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(1 << 16, File::create(file)?);
    content(&mut to)?;
    to.flush()
}

type Write = dyn Fn(&mut dyn RawFiles) -> Result<Vec<Truth>, Problem> + Send + Sync;

/// A part of a simulated campaign that is written at once: one stage.
pub struct Part {
    name: String,
    files: Vec<String>,
    parameters: serde_json::Value,
    code: Code,
    write: Arc<Write>,
}

impl Part {
    /// The part that `function` writes: exactly `files`. It returns what the analyses must find.
    ///
    /// # Panics
    /// When the parameters have no JSON form, which is an error of their type.
    pub(crate) fn new<P, F>(name: &str, files: Vec<String>, parameters: P, function: F) -> Self
    where
        P: Serialize + Send + Sync + 'static,
        F: Fn(&P, &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> + Send + Sync + 'static,
    {
        let json = serde_json::to_value(&parameters);
        let json = json.unwrap_or_else(|error| panic!("parameters of {}: {error}", type_name::<F>()));
        let code = code_of::<F>();
        let write = Arc::new(move |files: &mut dyn RawFiles| function(&parameters, files));
        Self { name: name.to_owned(), files, parameters: json, code, write }
    }

    /// Its name, unique in the study.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its raw files, the ground truth left out.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// The stage that writes the part.
    pub(crate) fn stage(self, setting: &Setting) -> Stage {
        let path = |file: &str| format!("{FOLDER}/{file}");
        let Self { name, files, parameters, code, write } = self;
        let mut stage = setting.stage("simulate", &name).status(Status::Simulated).has_code(code);
        for file in &files {
            stage = stage.makes(file, &path(file));
        }
        stage = stage.makes("truth", &path(&truth_file(&name)));
        stage.runs_with(parameters, move |cx, _| {
            let truths = write(&mut Outputs(cx))?;
            cx.write("truth", truth_json(&truths)?)
        })
    }

    /// Writes the part below a folder: its files, and what an analysis must find in `truth/`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_below(&self, folder: &Path) -> Result<(), Problem> {
        let mut files = Folder(folder.to_owned());
        let truths = (self.write)(&mut files)?;
        files.write(&truth_file(&self.name), truth_json(&truths)?.into_bytes())
    }
}

/// The part that every campaign has: what it is, in words.
pub(crate) fn about(study: &str, simulation: Simulation) -> Part {
    let about = About { study: study.to_owned(), simulation };
    Part::new("about", vec!["README.md".to_owned()], about, write_about)
}

#[derive(Serialize)]
struct About {
    study: String,
    simulation: Simulation,
}

fn write_about(about: &About, files: &mut dyn RawFiles) -> Result<Vec<Truth>, Problem> {
    let About { study, simulation } = about;
    let text = format!(
        "# Simulated raw files of {study}\n\nNOT measured. Made by `cargo xtask simulate {study}` with {simulation}, in the \
         formats of the genuine\nfiles. The folder `truth` holds what an analysis of these files must find: the place in a \
         record,\nthe value, and how far from it a right analysis may come out.\n"
    );
    files.write("README.md", text.into_bytes())?;
    Ok(Vec::new())
}

fn truth_file(part: &str) -> String {
    format!("truth/{part}.json")
}

fn truth_json(truths: &[Truth]) -> Result<String, Problem> {
    let json = serde_json::to_string_pretty(truths).map_err(|error| Problem::new(error.to_string()))?;
    Ok(json + "\n")
}

/// The outputs of a stage, whose roles are the paths of the files.
struct Outputs<'a, 'b, 'c>(&'a mut Cx<'b, 'c>);

impl RawFiles for Outputs<'_, '_, '_> {
    fn stream(&mut self, path: &str, content: &mut Content<'_>) -> Result<(), Problem> {
        let (file, target) = (self.0.output_path(path)?, self.0.output_target(path)?);
        stream(&file, content).map_err(|error| Problem::io("write", target, &error))
    }
}

/// A folder of the file system.
struct Folder(PathBuf);

impl RawFiles for Folder {
    fn stream(&mut self, path: &str, content: &mut Content<'_>) -> Result<(), Problem> {
        let mut file = self.0.clone();
        file.extend(path.split('/'));
        let failed = |error: io::Error| Problem::io("write", &file, &error);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        stream(&file, content).map_err(failed)
    }
}
