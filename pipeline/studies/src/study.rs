//! What a study is to the rest of the program: a name, and a list of stages.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dag::{Digest, Pin, Stage};

use crate::record::Status;
use crate::sources::{Sources, SourcesError};
use crate::stage::StageOf;
use crate::tinyml_mcu;

/// A published study.
pub struct Study {
    /// Name of its folders, such as `tinyml-mcu`.
    pub name: &'static str,
    stages: fn(&Setting) -> Vec<Stage>,
}

/// All studies, in the order in which they are built and told of.
pub fn all() -> &'static [Study] {
    &[Study { name: "tinyml-mcu", stages: tinyml_mcu::stages }]
}

impl Study {
    /// The stages of the study in a workspace.
    ///
    /// # Errors
    /// When the pins of the raw files cannot be read.
    pub fn stages(&self, root: &Path, typesetter: &Arc<typeset::Backend>) -> Result<Vec<Stage>, SourcesError> {
        let setting = Setting {
            root: root.to_owned(),
            study: self.name,
            sources: Sources::load(root, self.name)?,
            status: Status::Published,
            typesetter: Arc::clone(typesetter),
        };
        Ok((self.stages)(&setting))
    }
}

/// What the stages of a study are declared with.
pub(crate) struct Setting {
    root: PathBuf,
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
            help: format!("`cargo xtask fetch {} --force` brings the pinned file", self.study),
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
