//! What the records of a study are worth: how they compare with what was published, and where each
//! comes from.

use std::collections::BTreeMap;

use dag::{Digest, Problem};
use serde::{Deserialize, Serialize};

use crate::campaign::Campaign;
use crate::cx::Cx;
use crate::published::Published;
use crate::record::Record;
use crate::truth::{self, Recovery, Truth};
use crate::verify::{self, BriefReport, Expectation, Summary};

/// Beginning of the roles of inputs that hold a ground truth.
pub(crate) const TRUTH: &str = "truth/";

/// What the stage that compares the records leaves for papers and reviewers.
#[derive(Serialize)]
struct Verification<'a> {
    campaign: Campaign,
    #[serde(flatten)]
    report: BriefReport<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery: Option<Recovery>,
}

/// How the records of a study that was built compare with what is known.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Outcome {
    /// Which raw files it was made from.
    pub campaign: Campaign,
    /// The comparison with the published values.
    pub summary: Summary,
    /// The comparison with the ground truth, as far as the data are simulated.
    pub recovery: Option<Recovery>,
}

impl Outcome {
    /// Whether nothing differs and no truth was missed.
    pub fn passed(&self) -> bool {
        self.summary.passed() && self.recovery.as_ref().is_none_or(|recovery| recovery.missed.is_empty())
    }
}

/// Compares all records with the published values, and with the ground truth of simulated data.
pub(crate) fn compare(cx: &mut Cx<'_, '_>, campaign: Campaign, expectations: &[Expectation]) -> Result<(), Problem> {
    let file = cx.input_path("published")?;
    let published = Published::parse(file.as_ref(), &cx.read_text("published")?)
        .map_err(|error| Problem::new(error.to_string()).in_file(file))?;
    let mut truths: Vec<Truth> = Vec::new();
    let mut records: Vec<Record> = Vec::new();
    let roles: Vec<String> = cx.inputs().filter(|role| *role != "published").map(str::to_owned).collect();
    for role in &roles {
        if role.starts_with(TRUTH) {
            let part: Vec<Truth> = serde_json::from_str(&cx.read_text(role)?)
                .map_err(|error| Problem::new(error.to_string()).at_line(error.line() as u64))?;
            truths.extend(part);
        } else {
            records.push(cx.read_record(role)?);
        }
    }
    let report = verify::verify(&published, &records, expectations, campaign);
    let recovery = (!truths.is_empty()).then(|| truth::recover(&truths, &records));
    write_json(cx, "verification", &Verification { campaign, report: report.brief(), recovery })
}

/// Where a record comes from.
#[derive(Serialize, Deserialize)]
pub(crate) struct Origin {
    /// Id of the stage that made it.
    pub(crate) stage: String,
    /// Digest of its file.
    pub(crate) sha256: Digest,
}

/// For each record the stage that makes it, and its digest.
pub(crate) fn tell_provenance(cx: &mut Cx<'_, '_>, makers: &BTreeMap<String, String>) -> Result<(), Problem> {
    let mut origins = BTreeMap::new();
    for (id, stage) in makers {
        origins.insert(id.as_str(), Origin { stage: stage.clone(), sha256: cx.input_digest(id)? });
    }
    write_json(cx, "provenance", &origins)
}

fn write_json(cx: &mut Cx<'_, '_>, role: &str, value: &impl Serialize) -> Result<(), Problem> {
    let mut json = serde_json::to_string_pretty(value).map_err(|error| Problem::new(error.to_string()))?;
    json.push('\n');
    cx.write(role, json)
}
