//! What goes with the artifact as a whole: the appendix for its reviewers, the list of all artifacts that goes with
//! it, and the description of what is packed as an RO-Crate.

mod appendix;
mod effort;
mod findings;
mod list;
pub mod ro_crate;
mod told;

use std::collections::BTreeSet;

use dag::Stage;

use crate::campaign::Campaign;
use crate::closing::{FRAGMENT, SHELL};
use crate::stage::Setting;
use crate::study::Chosen;

/// The name of its folders.
pub(crate) const NAME: &str = "artifact";

/// Where the appendix of the published campaign lies: committed, as the figures are.
pub const APPENDIX: &str = "ARTIFACT.md";

/// Where the list of all artifacts of the published campaign lies: committed, too.
pub const LIST: &str = "docs/artifacts.md";

/// The stages that write the appendix and the list over the studies that are `chosen` and declared already.
pub(crate) fn stages(setting: &Setting, chosen: &[Chosen]) -> Vec<Stage> {
    let names: Vec<&'static str> = chosen.iter().map(|chosen| chosen.study.name).collect();
    let published = chosen.iter().all(|chosen| chosen.campaign == Campaign::Published);
    let place = |path: &str| match path.rsplit('/').next() {
        Some(name) if !published => setting.derived(name),
        _ => path.to_owned(),
    };
    let evidence = |name: &str| {
        let mut stage = setting.stage("typeset", name);
        for study in &names {
            stage = stage.file(&format!("{study}/verification"), &format!("derived/{study}/verification.json"));
            stage = stage.file(&format!("{study}/published"), &format!("paper/published/{study}.toml"));
            stage = stage.file(&format!("{study}/sources"), &format!("raw/{study}/sources.toml"));
        }
        stage
    };

    let mut appendix = evidence("appendix");
    for file in ["appendix.md", "effort.toml"] {
        appendix = appendix.file(file, &format!("paper/{NAME}/{file}"));
    }
    for finding in names.iter().filter_map(|study| findings::of(study)) {
        for record in finding.records() {
            appendix = appendix.file(&finding.role(record), &format!("derived/{}.json", finding.role(record)));
        }
    }
    let appendix = appendix.makes_file("appendix", &place(APPENDIX)).does_with(names.clone(), appendix::write);
    let list = evidence("list").makes_file("list", &place(LIST)).does_with(names, list::write_list);
    vec![appendix, list]
}

/// Whether what a stage makes at a path is passed on: results are, and so are records, but the rows of raw files in
/// another form are not ours to pass on. `left_out` names records and data of figures, by their paths below `derived/`,
/// that are such rows, too. The parts of the report page are of no use without the page, which tells of one machine.
pub fn is_passed_on(stage: &str, path: &str, left_out: &BTreeSet<String>) -> bool {
    let layer = stage.split('/').nth(1).unwrap_or_default();
    let is_result = matches!(layer, "aggregate" | "stats" | "figures" | "typeset");
    let below = path.strip_prefix("derived/").unwrap_or(path);
    // A chart's specification holds the data of the figure.
    let data = below.strip_suffix(".js").map(|figure| format!("{figure}.csv"));
    let is_rows = below.ends_with("/rows.datapackage.json")
        || left_out.contains(below)
        || data.is_some_and(|data| left_out.contains(&data));
    let is_of_page = path == SHELL || matches!(below.split('/').collect::<Vec<_>>().as_slice(), [_, FRAGMENT]);
    (path.contains("/records/") || is_result) && !is_rows && !is_of_page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_passed_on_and_rows_of_raw_files_are_not() {
        let left_out = ["s/figures/raw.csv", "s/records/raw.json"].map(str::to_owned).into();
        for (stage, path, expected) in [
            ("s/figures/a", "derived/s/figures/a.csv", true),
            ("s/figures/a", "derived/s/figures/a.js", true),
            ("s/figures/a", "figures/s/a.svg", true),
            ("s/figures/raw", "derived/s/figures/raw.csv", false),
            ("s/figures/raw", "derived/s/figures/raw.js", false),
            ("s/figures/raw", "figures/s/raw.svg", true),
            ("s/ingest/a", "derived/s/records/a.json", true),
            ("s/ingest/a", "derived/s/records/raw.json", false),
            ("s/ingest/a", "derived/s/ingest/a.parquet", false),
            ("s/typeset/dictionary", "derived/s/datapackage.json", true),
            ("s/typeset/dictionary", "derived/s/rows.datapackage.json", false),
            ("s/typeset/report", "derived/s/report.json", false),
            ("compendium/typeset/report-shell", SHELL, false),
        ] {
            assert_eq!(is_passed_on(stage, path, &left_out), expected, "{path}");
        }
    }
}
