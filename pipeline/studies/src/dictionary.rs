//! The data dictionary of a study: every table that its stages make, with name, type, unit and meaning
//! of each column, as Data Packages of Frictionless (<https://specs.frictionlessdata.io>).
//!
//! There are two beside the tables: `datapackage.json` has those that hold results, `rows.datapackage.json`
//! those that hold the rows of raw files in another form, which are no more ours to pass on than the raw
//! files are.

use std::collections::{BTreeMap, BTreeSet};

use dag::{Problem, Stage};
use serde::Serialize;

use crate::cx::Cx;
use crate::record::Status;
use crate::stage::Setting;
use crate::table::{Fields, fields_of_csv};

/// The package of the results, and that of the rows of raw files.
const PACKAGES: [(&str, &str); 2] = [("results", "datapackage.json"), ("rows", "rows.datapackage.json")];

/// What a package says beside what its tables say themselves.
#[derive(Serialize)]
pub(crate) struct Told {
    study: &'static str,
    sources: Vec<Source>,
    /// The tables that rest on other data than published ones.
    statuses: BTreeMap<String, Status>,
}

/// An upstream repository.
#[derive(Serialize)]
struct Source {
    title: String,
    path: String,
}

/// Which of the packages a table belongs to.
fn package_of(table: &str) -> &'static str {
    let [(results, _), (rows, _)] = PACKAGES;
    let folder = table.split('/').next().unwrap_or_default();
    if matches!(folder, "ingest" | "clean" | "reconstructed") { rows } else { results }
}

/// The stage that writes the dictionary of the tables that `stages` make; none if they make no table.
pub(crate) fn stage(setting: &Setting, stages: &[Stage]) -> Option<Stage> {
    let folder = setting.derived("");
    let mut dictionary = setting.stage("typeset", "dictionary");
    let (mut packages, mut statuses) = (BTreeSet::new(), BTreeMap::new());
    for (_, path) in stages.iter().flat_map(Stage::outputs) {
        // Simulated logs have the formats of the raw files, and are told of beside them.
        let table = path.strip_prefix(&folder).filter(|path| !path.starts_with("simulated/"));
        let Some(table) = table.filter(|path| path.ends_with(".parquet") || path.ends_with(".csv")) else { continue };
        let status = setting.status_of(path);
        if status != Status::Published {
            statuses.insert(table.to_owned(), status);
        }
        packages.insert(package_of(table));
        dictionary = dictionary.file(table, path);
    }
    for (package, file) in PACKAGES.into_iter().filter(|(package, _)| packages.contains(package)) {
        dictionary = dictionary.makes(package, file);
    }
    let mut sources: Vec<Source> = Vec::new();
    for pin in setting.pins() {
        let path = format!("https://github.com/{}/tree/{}", pin.repository, pin.commit);
        if sources.iter().all(|source| source.path != path) {
            sources.push(Source { title: pin.repository.clone(), path });
        }
    }
    (!packages.is_empty()).then(|| dictionary.does_with(Told { study: setting.study, sources, statuses }, write))
}

#[derive(Serialize)]
struct Package<'a> {
    name: String,
    title: String,
    description: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sources: &'a [Source],
    resources: Vec<Resource<'a>>,
}

#[derive(Serialize)]
struct Resource<'a> {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    path: &'a str,
    format: &'a str,
    mediatype: &'static str,
    /// Of texts only: those of parquet, the validator cannot count.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    dialect: Option<Dialect>,
    schema: Fields,
}

/// How a CSV is to be read, where that is not plain.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dialect {
    header: bool,
    comment_rows: [usize; 1],
}

/// Writes the packages.
pub(crate) fn write(cx: &mut Cx<'_, '_>, told: &Told) -> Result<(), Problem> {
    let tables: Vec<String> = cx.inputs().map(str::to_owned).collect();
    for (role, _) in PACKAGES {
        let mut resources = Vec::new();
        for table in tables.iter().filter(|table| package_of(table) == role) {
            let status = told.statuses.get(table).copied().unwrap_or_default();
            let in_file = |problem: Problem| problem.in_file(format!("derived/{}/{table}", told.study));
            resources.push(resource(cx, table, status).map_err(in_file)?);
        }
        if resources.is_empty() {
            continue;
        }
        let description = match role {
            "results" => "Results: aggregates, regressions, and the data behind each figure.",
            _ => "Rows of the raw files, typed, checked and cleaned; made anew from these, and not passed on.",
        };
        let package = Package {
            name: format!("{}-{role}", told.study),
            title: format!("{}: {role}", told.study),
            description,
            sources: &told.sources,
            resources,
        };
        let json = serde_json::to_string_pretty(&package).map_err(|error| Problem::new(error.to_string()))?;
        cx.write(role, json + "\n")?;
    }
    Ok(())
}

fn resource<'a>(cx: &Cx<'_, '_>, table: &'a str, status: Status) -> Result<Resource<'a>, Problem> {
    let content = cx.read(table)?;
    let format = if table.ends_with(".csv") { "csv" } else { "parquet" };
    let (mut bytes, mut hash, mut dialect) = (None, None, None);
    let (mediatype, schema) = match format {
        "parquet" => ("application/vnd.apache.parquet", Fields::of_parquet(content)?),
        _ => {
            bytes = Some(content.len());
            hash = Some(format!("sha256:{}", cx.input_digest(table)?));
            let text = String::from_utf8(content).map_err(|_| Problem::new("it is no UTF-8"))?;
            let mut schema = fields_of_csv(&text)?;
            if schema.fields.first().is_some_and(|field| field.name.is_empty()) {
                // As pandas writes an index: without a name. It is that of the same table in parquet.
                dialect = Some(Dialect { header: false, comment_rows: [1] });
                schema = told_by_twin(cx, table, schema)?;
            }
            ("text/csv", schema)
        }
    };
    let name = table.to_lowercase().replace(|c: char| !(c.is_ascii_alphanumeric() || "./_-".contains(c)), "-");
    Ok(Resource { name, kind: "table", path: table, format, mediatype, bytes, hash, status, dialect, schema })
}

/// The columns of a CSV in the words of `aggregate/<name>.parquet`, the table that it was written of.
fn told_by_twin(cx: &Cx<'_, '_>, table: &str, mut schema: Fields) -> Result<Fields, Problem> {
    let name = table.rsplit('/').next().and_then(|name| name.strip_suffix(".csv")).unwrap_or(table);
    let twin = Fields::of_parquet(cx.read(&format!("aggregate/{name}.parquet"))?)?.fields;
    if let (Some(index), Some(first)) = (schema.fields.first_mut(), twin.first()) {
        *index = first.clone();
    }
    for field in schema.fields.iter_mut().skip(1) {
        if let Some(told) = twin.iter().find(|told| told.name == field.name) {
            (field.unit, field.description) = (told.unit.clone(), told.description.clone());
        }
    }
    Ok(schema)
}
