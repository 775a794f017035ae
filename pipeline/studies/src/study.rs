//! What a study is to the rest of the program: a name, and a list of stages.

use std::path::Path;
use std::sync::Arc;

use dag::{Digest, Stage};

use crate::campaign::{Campaign, Simulation};
use crate::evidence::Outcome;
use crate::figures_file::FiguresError;
use crate::published::Published;
use crate::record::Record;
use crate::simulate::{self, Part};
use crate::sources::Sources;
use crate::stage::Setting;
use crate::verify::{self, Expectation, StudyReport};
use crate::{artifact, compendium};

/// A published study.
pub struct Study {
    /// Name of its folders, such as `tinyml-mcu`.
    pub name: &'static str,
    stages: fn(&Setting) -> Vec<Stage>,
    expectations: fn() -> Vec<Expectation>,
    /// The parts of its simulated campaign.
    simulation: fn(Simulation) -> Vec<Part>,
    /// The unit of a column of a raw file, by the file's path and the column's name.
    raw_unit: fn(&str, &str) -> Option<&'static str>,
}

/// A study by its name and by its module, which holds all that makes it.
macro_rules! study {
    ($name:literal, $module:ident) => {
        Study {
            name: $name,
            stages: crate::$module::stages,
            expectations: crate::$module::expectations,
            simulation: crate::$module::simulate::campaign,
            raw_unit: crate::$module::raw_unit,
        }
    };
}

/// All studies, in the order in which they are built and told of. `cargo xtask new-study` adds a line.
pub fn all() -> &'static [Study] {
    &[
        study!("tinyml-mcu", tinyml_mcu),
        study!("vision-inference", vision_inference),
        study!("module-energy", module_energy),
        study!("edge-layers", edge_layers),
        study!("aipowermeter", aipowermeter),
    ]
}

/// A study, its raw files, and which of them it is made from.
pub struct Chosen {
    /// The study.
    pub study: &'static Study,
    /// The pins of its raw files.
    pub sources: Sources,
    /// The campaign it is made from.
    pub campaign: Campaign,
}

/// The stages of studies in a workspace, of the compendium over them, and of the artifact's appendix.
///
/// # Errors
/// When what authors set of the figures of a study is wrong.
pub fn stages(root: &Path, chosen: &[Chosen], typesetter: Arc<typeset::Backend>) -> Result<Vec<Stage>, FiguresError> {
    let setting = Setting::new(root.to_owned(), compendium::NAME, typesetter);
    let (mut stages, mut wrong) = (Vec::new(), Vec::new());
    for Chosen { study, sources, campaign } in chosen {
        match study.stages(&setting, sources, *campaign) {
            Ok(of_study) => stages.extend(of_study),
            Err(error) => wrong.push(error),
        }
    }
    FiguresError::of_all(wrong)?;
    let names = chosen.iter().map(|chosen| chosen.study.name);
    let names: Vec<&str> = names.filter(|name| compendium::tells_of(name)).collect();
    stages.extend(compendium::stages(&setting, &names));
    stages.extend(artifact::stages(&setting.study(artifact::NAME, Vec::new(), Campaign::Published), chosen));
    setting.check_order();
    setting.check_figures()?;
    Ok(stages)
}

impl Study {
    /// The stages of the study.
    fn stages(&self, beside: &Setting, sources: &Sources, campaign: Campaign) -> Result<Vec<Stage>, FiguresError> {
        let setting = beside.study(self.name, sources.files.clone(), campaign);
        let mut stages = match campaign {
            Campaign::Published => Vec::new(),
            Campaign::Simulated(simulation) => setting.simulated(self.parts(simulation)),
        };
        stages.extend((self.stages)(&setting));
        setting.check_figures()?;
        Ok(stages)
    }

    /// The parts of the study's simulated campaign.
    pub fn parts(&self, simulation: Simulation) -> Vec<Part> {
        let about = simulate::about(self.name, simulation);
        [about].into_iter().chain((self.simulation)(simulation)).collect()
    }

    /// The unit of a column of one of the study's raw files, where it is known.
    pub fn raw_unit(&self, file: &str, column: &str) -> Option<&'static str> {
        (self.raw_unit)(file, column)
    }

    /// Compares the records that the last build of the study made with the published values. Without
    /// a build there are none, and each is told as missing.
    ///
    /// # Errors
    /// When the published values or a record cannot be read, or the records are not those of the build.
    pub fn verify(&self, root: &Path) -> Result<StudyReport, Box<dyn std::error::Error>> {
        let published = Published::read(&root.join(format!("paper/published/{}.toml", self.name)))?;
        let outcome = self.outcome(root)?;
        let records = outcome.as_ref().map_or_else(|| Ok(Vec::new()), |outcome| self.records(root, outcome))?;
        let campaign = outcome.as_ref().map_or(Campaign::Published, |outcome| outcome.campaign);
        let mut report = verify::verify(&published, &records, &(self.expectations)(), campaign);
        report.recovery = outcome.and_then(|outcome| outcome.recovery);
        Ok(report)
    }

    /// The records that a build compared: the folder may hold others, of an earlier version of the study
    /// or of a build that made a part of it from other data.
    fn records(&self, root: &Path, outcome: &Outcome) -> Result<Vec<Record>, Box<dyn std::error::Error>> {
        let read = |(id, sha256): (&String, &Digest)| {
            let file = root.join(format!("derived/{}/records/{id}.json", self.name));
            let json = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            if Digest::of(json.as_bytes()) != *sha256 {
                let (file, study) = (file.display(), self.name);
                return Err(format!(
                    "{file} is not the record that derived/{study}/verification.json is about; `cargo xtask build-paper \
                     {study}` makes both anew"
                )
                .into());
            }
            Ok(Record::from_json(&json, &file)?)
        };
        outcome.records.iter().map(read).collect()
    }

    /// What the stage that compares the records found in the last build; `None` if there was none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn outcome(&self, root: &Path) -> Result<Option<Outcome>, Box<dyn std::error::Error>> {
        let file = root.join(format!("derived/{}/verification.json", self.name));
        match std::fs::read(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            json => {
                let outcome = serde_json::from_slice(&json?);
                let outcome = outcome.map_err(|error| {
                    let (file, study) = (file.display(), self.name);
                    format!("{file}: {error}; `cargo xtask build-paper {study}` makes it anew")
                });
                Ok(Some(outcome?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::stage::CODE;

    /// A change of how results are shown or verified must not make them stale.
    #[test]
    fn the_code_of_results_is_not_that_of_what_shows_and_verifies_them() {
        const LAYERS: [&str; 6] = ["ingest", "clean", "aggregate", "stats", "figures", "simulate"];
        let mut layers = 0;
        for study in super::all().iter().map(|study| study.name.replace('-', "_")) {
            for layer in LAYERS.map(|layer| format!("{study}::{layer}::function")) {
                let Some(code) = CODE.code_of(&format!("studies::{layer}")) else { continue };
                let shows = |name: &str| {
                    ["pipeline/report/", "pipeline/studies/src/verify"].iter().any(|part| name.starts_with(part))
                };
                let found: Vec<_> = code.parts().iter().map(|part| &part.name).filter(|name| shows(name)).collect();
                assert!(found.is_empty(), "{layer}: {found:?}");
                layers += 1;
            }
        }
        assert!(layers >= 25, "{layers}");
    }
}
