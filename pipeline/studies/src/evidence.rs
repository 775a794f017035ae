//! What the records of a study are worth: how they compare with what was published, and where each
//! comes from.

use std::collections::BTreeMap;

use dag::{Digest, Problem};
use serde::{Deserialize, Serialize};

use crate::campaign::Campaign;
use crate::cx::Cx;
use crate::on_file;
use crate::published::Published;
use crate::record::{Record, Status};
use crate::truth::{self, Recovery, Truth};
use crate::verify::{self, BriefReport, Expectation, StudyReport, Summary};

/// Beginning of the roles of inputs that hold a ground truth.
pub(crate) const TRUTH: &str = "truth/";

/// What the stage that compares the records leaves for papers, for reviewers, and for [`Outcome`].
#[derive(Serialize)]
struct Verification<'a> {
    #[serde(flatten)]
    report: BriefReport<'a>,
    /// The worst that any record rests on.
    status: Status,
    /// The digest of each record that was compared.
    records: BTreeMap<&'a str, Digest>,
}

/// How the records of a study that was built compare with what is known.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Outcome {
    /// Which raw files it was made from.
    pub campaign: Campaign,
    /// The comparison with the published values.
    pub summary: Summary,
    /// The worst that any record rests on.
    pub status: Status,
    /// The digest of each record that was compared.
    pub records: BTreeMap<String, Digest>,
    /// The comparison with the ground truth, as far as the data are simulated.
    pub recovery: Option<Recovery>,
}

impl Outcome {
    /// Whether nothing differs and no truth was missed.
    pub fn passed(&self) -> bool {
        self.summary.passed() && self.recovery.as_ref().is_none_or(Recovery::is_complete)
    }
}

/// The records of a study, and how they compare with what is known.
pub(crate) struct Compared {
    pub(crate) published: Published,
    pub(crate) records: Vec<Record>,
    pub(crate) report: StudyReport,
}

/// Roles of the inputs that are records: those with the id of one.
pub(crate) fn record_roles(cx: &Cx<'_, '_>) -> Vec<String> {
    let others = ["published", "sources"];
    cx.inputs().filter(|role| !role.contains('/') && !others.contains(role)).map(str::to_owned).collect()
}

/// Compares all records with the published values, and with the ground truth of simulated data.
pub(crate) fn compared(cx: &Cx<'_, '_>, campaign: Campaign, expectations: &[Expectation]) -> Result<Compared, Problem> {
    let published = on_file::published(cx)?;
    let mut truths: Vec<Truth> = Vec::new();
    for role in cx.inputs().filter(|role| role.starts_with(TRUTH)) {
        let part: Vec<Truth> = serde_json::from_str(&cx.read_text(role)?)
            .map_err(|error| Problem::new(error.to_string()).at_line(error.line() as u64))?;
        truths.extend(part);
    }
    let records = record_roles(cx).iter().map(|role| cx.read_record(role)).collect::<Result<Vec<Record>, Problem>>()?;
    let mut report = verify::verify(&published, &records, expectations, campaign);
    report.recovery = (!truths.is_empty()).then(|| truth::recover(&truths, &records));
    Ok(Compared { published, records, report })
}

/// Writes how the records compare with what is known.
pub(crate) fn compare(cx: &mut Cx<'_, '_>, campaign: Campaign, expectations: &[Expectation]) -> Result<(), Problem> {
    let Compared { records, report, .. } = compared(cx, campaign, expectations)?;
    let status = records.iter().map(|record| record.status).max().unwrap_or_default();
    let digest = |record: &'_ Record| cx.input_digest(&record.id);
    let digests = records.iter().map(digest).collect::<Result<Vec<Digest>, Problem>>()?;
    let records = records.iter().map(|record| record.id.as_str()).zip(digests).collect();
    write_json(cx, "verification", &Verification { report: report.brief(), status, records })
}

/// Where a record comes from.
#[derive(Serialize)]
struct Origin<'a> {
    /// Id of the stage that made it.
    stage: &'a str,
    /// Digest of its file.
    sha256: Digest,
}

/// For each record the stage that makes it, and its digest.
pub(crate) fn tell_provenance(cx: &mut Cx<'_, '_>, makers: &BTreeMap<String, String>) -> Result<(), Problem> {
    let mut origins = BTreeMap::new();
    for (id, stage) in makers {
        origins.insert(id.as_str(), Origin { stage, sha256: cx.input_digest(id)? });
    }
    write_json(cx, "provenance", &origins)
}

fn write_json(cx: &mut Cx<'_, '_>, role: &str, value: &impl Serialize) -> Result<(), Problem> {
    let mut json = serde_json::to_string_pretty(value).map_err(|error| Problem::new(error.to_string()))?;
    json.push('\n');
    cx.write(role, json)
}
