//! What the report page shows of a study, as the output of a stage: the page itself is put together by the
//! crate `report`, which knows nothing of records.

use std::collections::BTreeMap;
use std::path::Path;

use dag::Problem;
use report::Fragment;
use serde::Serialize;

use crate::campaign::Campaign;
use crate::cx::Cx;
use crate::evidence::{self, Compared};
use crate::record::Record;
use crate::sources::Sources;
use crate::verify::Expectation;

mod claims;
mod figures;
mod tables;
#[cfg(test)]
mod tests;
mod verdict;

/// What a fragment is made from, beside its inputs.
#[derive(Debug, Serialize)]
pub(crate) struct Makers {
    /// Name of the study.
    pub(crate) study: String,
    /// Which raw files it was made from.
    pub(crate) campaign: Campaign,
    /// For each record the stage that makes it.
    pub(crate) records: BTreeMap<String, String>,
    /// Figures and the stages that draw them, in the order of the study.
    pub(crate) figures: Vec<(String, String)>,
}

/// Where a thing lies, and what made it.
struct Origin {
    /// Id of the stage.
    stage: String,
    /// Below the workspace.
    path: String,
    /// SHA-256 of its content.
    sha256: String,
}

impl Origin {
    fn of(cx: &Cx<'_, '_>, role: &str, stage: &str) -> Result<Self, Problem> {
        let (path, sha256) = (cx.input_path(role)?.to_owned(), cx.input_digest(role)?.to_string());
        Ok(Self { stage: stage.to_owned(), path, sha256 })
    }
}

/// Writes what the page shows of a study whose values were published.
pub(crate) fn of_study(cx: &mut Cx<'_, '_>, makers: &Makers, expectations: &[Expectation]) -> Result<(), Problem> {
    let compared = evidence::compared(cx, makers.campaign, expectations)?;
    let file = cx.input_path("sources")?;
    let sources = Sources::parse(&cx.read_text("sources")?, &makers.study, Path::new(file))
        .map_err(|error| Problem::new(error.to_string()).in_file(file))?;
    let mut fragment = of_records(cx, makers, &compared.records)?;
    let Compared { report, published, .. } = &compared;
    let rows = claims::rows(report, published, makers)?;
    fragment.packs.insert(format!("{}:claims", makers.study), rows.packed);
    fragment.claims = rows.claims.into_string();
    fragment.besides = rows.besides.into_string();
    fragment.counts = Some(verdict::counts(report));
    fragment.verdict = verdict::card(report, &compared.records, &sources).into_string();
    fragment.reference = verdict::reference(&sources).into_string();
    write(cx, &fragment)
}

/// Writes what the page shows of records that have no published values.
pub(crate) fn of_compendium(cx: &mut Cx<'_, '_>, makers: &Makers) -> Result<(), Problem> {
    let roles: Vec<String> = evidence::record_roles(cx);
    let records = roles.iter().map(|role| cx.read_record(role)).collect::<Result<Vec<Record>, Problem>>()?;
    let fragment = of_records(cx, makers, &records)?;
    write(cx, &fragment)
}

/// The figures and tables.
fn of_records(cx: &Cx<'_, '_>, makers: &Makers, records: &[Record]) -> Result<Fragment, Problem> {
    let mut packs = BTreeMap::new();
    let figures = figures::cards(cx, makers, records, &mut packs)?;
    let (tables, packed) = tables::cards(cx, makers, records)?;
    packs.insert(format!("{}:records", makers.study), packed);
    Ok(Fragment {
        study: makers.study.clone(),
        counts: None,
        verdict: String::new(),
        claims: String::new(),
        besides: String::new(),
        figures: figures.into_string(),
        tables: tables.into_string(),
        reference: String::new(),
        packs,
    })
}

fn write(cx: &mut Cx<'_, '_>, fragment: &Fragment) -> Result<(), Problem> {
    let json = serde_json::to_string(fragment).map_err(|error| Problem::new(error.to_string()))?;
    cx.write("fragment", json + "\n")
}

/// Writes the frame of the page.
pub(crate) fn shell(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    cx.write("shell", report_shell())
}

/// The frame of the report page, as the stage writes it.
pub fn report_shell() -> String {
    report::shell(plot::ECHARTS)
}

/// The id in the page of a claim, a figure or a table.
fn anchor(kind: &str, study: &str, id: &str) -> String {
    format!("{kind}:{study}:{id}")
}
