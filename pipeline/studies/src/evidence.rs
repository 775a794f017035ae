//! What the records of a study are worth: how they compare with what was published, and where each
//! comes from.

use std::collections::BTreeMap;

use dag::{Digest, Problem};
use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::published::Published;
use crate::record::Record;
use crate::verify::{self, Expectation};

/// Compares all records with the published values.
pub(crate) fn compare(cx: &mut Cx<'_, '_>, expectations: &[Expectation]) -> Result<(), Problem> {
    let file = cx.input_path("published")?;
    let published = Published::parse(file.as_ref(), &cx.read_text("published")?)
        .map_err(|error| Problem::new(error.to_string()).in_file(file))?;
    let ids = cx.inputs().filter(|role| *role != "published").collect::<Vec<_>>();
    let records: Vec<Record> = ids.into_iter().map(|id| cx.read_record(id)).collect::<Result<_, _>>()?;
    let report = verify::verify(&published, &records, expectations);
    write_json(cx, "verification", &report.brief())
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
