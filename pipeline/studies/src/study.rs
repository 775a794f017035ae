//! What a study is to the rest of the program: a name, and a list of stages.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dag::{Digest, Stage};
use serde::Deserialize;

use crate::evidence::Origin;
use crate::published::Published;
use crate::record::{Record, Status};
use crate::sources::{Sources, SourcesError};
use crate::stage::Setting;
use crate::verify::{self, Expectation, StudyReport, Summary};
use crate::{tinyml_mcu, vision_inference};

/// A published study.
pub struct Study {
    /// Name of its folders, such as `tinyml-mcu`.
    pub name: &'static str,
    stages: fn(&Setting) -> Vec<Stage>,
    expectations: fn() -> Vec<Expectation>,
    /// The unit of a column of a raw file, by the file's path and the column's name.
    raw_unit: fn(&str, &str) -> Option<&'static str>,
}

/// All studies, in the order in which they are built and told of.
pub fn all() -> &'static [Study] {
    &[
        Study {
            name: "tinyml-mcu",
            stages: tinyml_mcu::stages,
            expectations: verify::tinyml_mcu::expectations,
            raw_unit: tinyml_mcu::raw_unit,
        },
        Study {
            name: "vision-inference",
            stages: vision_inference::stages,
            expectations: verify::vision_inference::expectations,
            raw_unit: vision_inference::raw_unit,
        },
    ]
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

    /// The unit of a column of one of the study's raw files, where it is known.
    pub fn raw_unit(&self, file: &str, column: &str) -> Option<&'static str> {
        (self.raw_unit)(file, column)
    }

    /// Compares the records that the last build of the study made with the published values. Without
    /// a build there are none, and each is told as missing.
    ///
    /// # Errors
    /// When the published values or a record cannot be read, or a record is not the one that was made.
    pub fn verify(&self, root: &Path) -> Result<StudyReport, Box<dyn std::error::Error>> {
        let published = Published::read(&root.join(format!("paper/published/{}.toml", self.name)))?;
        let records = self.records(root)?;
        Ok(verify::verify(&published, &records, &(self.expectations)()))
    }

    /// The records of the last build, by its list of them: the folder may hold others, of an earlier
    /// version of the study.
    fn records(&self, root: &Path) -> Result<Vec<Record>, Box<dyn std::error::Error>> {
        let folder = root.join(format!("derived/{}", self.name));
        let list = match std::fs::read(folder.join("provenance.json")) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            list => list?,
        };
        let origins: BTreeMap<String, Origin> = serde_json::from_slice(&list)?;
        let read = |(id, origin): (&String, &Origin)| {
            let file = folder.join(format!("records/{id}.json"));
            let json = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            if Digest::of(json.as_bytes()) != origin.sha256 {
                let file = file.display();
                return Err(
                    format!("{file} is not what the last build made; `cargo xtask build-paper` restores it").into()
                );
            }
            Ok(Record::from_json(&json, &file)?)
        };
        origins.iter().map(read).collect()
    }

    /// What the stage that compares the records found in the last build.
    ///
    /// # Errors
    /// When there was no such build.
    pub fn summary(&self, root: &Path) -> Result<Summary, Box<dyn std::error::Error>> {
        #[derive(Deserialize)]
        struct Verification {
            summary: Summary,
        }
        let file = root.join(format!("derived/{}/verification.json", self.name));
        let verification: Verification = serde_json::from_slice(&std::fs::read(file)?)?;
        Ok(verification.summary)
    }
}
