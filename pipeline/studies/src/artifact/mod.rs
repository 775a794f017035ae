//! What goes with the artifact as a whole: the appendix for its reviewers, and the description of what
//! is packed as an RO-Crate.

mod appendix;
mod effort;
pub mod ro_crate;

use dag::Stage;

use crate::campaign::Campaign;
use crate::stage::Setting;
use crate::study::Chosen;

/// The name of its folders.
pub(crate) const NAME: &str = "artifact";

/// Where the appendix of the published campaign lies: committed, as the figures are.
pub const APPENDIX: &str = "ARTIFACT.md";

/// The stage that writes the appendix over the studies that are `chosen` and declared already.
pub(crate) fn stages(setting: &Setting, chosen: &[Chosen]) -> Vec<Stage> {
    let mut stage = setting.stage("typeset", "appendix");
    for file in ["appendix.md", "effort.toml"] {
        stage = stage.file(file, &format!("paper/{NAME}/{file}"));
    }
    let names: Vec<&'static str> = chosen.iter().map(|chosen| chosen.study.name).collect();
    for study in &names {
        stage = stage.file(&format!("{study}/verification"), &format!("derived/{study}/verification.json"));
        stage = stage.file(&format!("{study}/published"), &format!("paper/published/{study}.toml"));
        stage = stage.file(&format!("{study}/sources"), &format!("raw/{study}/sources.toml"));
    }
    let published = chosen.iter().all(|chosen| chosen.campaign == Campaign::Published);
    let path = if published { APPENDIX.to_owned() } else { setting.derived(APPENDIX) };
    vec![stage.makes_file("appendix", &path).does_with(names, appendix::write)]
}

/// Whether what a stage makes at a path is ours to pass on: results are, and so is every record, but the rows of raw
/// files in another form are not.
pub fn is_passed_on(stage: &str, path: &str) -> bool {
    let layer = stage.split('/').nth(1).unwrap_or_default();
    let result = matches!(layer, "aggregate" | "stats" | "figures" | "typeset");
    path.contains("/records/") || (result && !path.ends_with("/rows.datapackage.json"))
}
