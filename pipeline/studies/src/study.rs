//! What a study is to the rest of the program: a name, and a list of stages.

use std::path::Path;
use std::sync::Arc;

use dag::Stage;

use crate::published::Published;
use crate::record::{self, Status};
use crate::sources::{Sources, SourcesError};
use crate::stage::Setting;
use crate::verify::{self, Expectation, StudyReport};
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

    /// Compares the records that the study has left in a workspace with the published values.
    ///
    /// # Errors
    /// When the published values or a record cannot be read.
    pub fn verify(&self, root: &Path) -> Result<StudyReport, Box<dyn std::error::Error>> {
        let published = Published::read(&root.join(format!("paper/published/{}.toml", self.name)))?;
        let records = record::read_records(&root.join(format!("derived/{}/records", self.name)))?;
        Ok(verify::verify(&published, &records, &(self.expectations)()))
    }
}
