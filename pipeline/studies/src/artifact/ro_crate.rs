//! The description of a packed artifact as an RO-Crate 1.1 (<https://w3id.org/ro/crate/1.1>) of the profile
//! Workflow Run Crate 0.5: the raw files with their origin and terms, the graph of stages as a workflow, its
//! run, the programs behind it, and every file in the folder with its digest.
//!
//! There are hundreds of stages. The file of the workflow has each of them; here, a step and an action is all
//! stages of a study in one layer. No clock and no machine is told of, so that the same artifact has the
//! same description; with them fall the times of the actions, which the profile recommends.

use std::collections::{BTreeMap, BTreeSet};

use dag::Stage;
use serde_json::{Map, Value, json};

use crate::campaign::Campaign;
use crate::record::Status;
use crate::sources::{Pin, Sources};
use crate::stage;
use crate::study::Chosen;

mod entity;

use entity::{dependencies, encoding, file_url, refs};

/// The name of the description in its folder.
pub const METADATA: &str = "ro-crate-metadata.json";

/// The name of the file that holds the graph of stages.
pub const WORKFLOW: &str = "workflow.json";

/// The day that the artifact is of, as `CITATION.cff` says.
pub const RELEASED: &str = "2026-01-01";

const AUTHORS: &str = "#authors";
const PROGRAM: &str = "pkg:generic/joulebook";
const LANGUAGE: &str = "#stages";
const PROFILES: [(&str, &str, &str); 3] = [
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
];

/// What is described.
pub struct Packed<'a> {
    /// The stages that made it.
    pub stages: &'a [Stage],
    /// The studies, with the pins of their raw files.
    pub chosen: &'a [Chosen],
    /// The files in the folder, by their paths, the description itself left out.
    pub files: &'a BTreeMap<String, PackedFile>,
    /// The text of `Cargo.lock`, from which the versions of what the program rests on are taken.
    pub lock: &'a str,
}

/// A file in the folder.
pub struct PackedFile {
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 digest of its content.
    pub sha256: dag::Digest,
}

/// All stages of a study in one layer.
struct Step<'a> {
    /// `<study>/<layer>`.
    id: String,
    stages: Vec<&'a Stage>,
}

/// The description.
///
/// # Errors
/// When `Cargo.lock` cannot be read.
pub fn describe(packed: &Packed<'_>) -> Result<String, toml::de::Error> {
    let dependencies = dependencies(packed.lock)?;
    let steps = steps(packed.stages);
    let mut graph = vec![
        json!({
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": [{"@id": "https://w3id.org/ro/crate/1.1"}, {"@id": PROFILES[2].0}],
        }),
        root(packed, &steps),
        json!({"@id": AUTHORS, "@type": "Organization", "name": "The Joulebook authors", "url": "CITATION.cff"}),
        licence("https://spdx.org/licenses/MIT", "MIT License"),
        licence("https://spdx.org/licenses/Apache-2.0", "Apache License 2.0"),
        json!({
            "@id": LANGUAGE,
            "@type": "ComputerLanguage",
            "name": "Graph of hashed stages, as `cargo xtask graph --format json` prints it",
            "url": "ARCHITECTURE.md",
        }),
        program(&dependencies),
    ];
    graph.extend(
        PROFILES
            .map(|(id, name, version)| json!({"@id": id, "@type": "CreativeWork", "name": name, "version": version})),
    );
    graph.extend(dependencies.iter().map(|(name, version)| {
        let id = format!("pkg:cargo/{name}@{version}");
        json!({"@id": id, "@type": "SoftwareApplication", "name": name, "softwareVersion": version, "url": id})
    }));
    graph.extend(raw_files(packed));
    graph.extend(workflow(packed, &steps));
    graph.push(run(packed));
    graph.extend(actions(packed, &steps));
    graph.extend(files(packed));
    let crate_of = json!({
        "@context": ["https://w3id.org/ro/crate/1.1/context", {"sha256": "http://schema.org/sha256"}],
        "@graph": graph,
    });
    Ok(format!("{crate_of:#}\n"))
}

/// The stages by study and layer, in the order in which they are declared.
fn steps(stages: &[Stage]) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for stage in stages {
        let id: Vec<&str> = stage.id().splitn(3, '/').take(2).collect();
        let id = id.join("/");
        match steps.iter_mut().find(|step| step.id == id) {
            Some(step) => step.stages.push(stage),
            None => steps.push(Step { id, stages: vec![stage] }),
        }
    }
    steps
}

fn root(packed: &Packed<'_>, steps: &[Step<'_>]) -> Value {
    let raw = studies_from_raw_files(packed).flat_map(|sources| sources.files.iter().map(file_url));
    // Two studies, or two paths of one, may have the same upstream file.
    let raw: BTreeSet<String> = raw.collect();
    let collections = studies_from_raw_files(packed).map(raw_id);
    let mut description = format!(
        "Papers, figures, records and tables that were made anew from the raw logs of {} published studies, with the \
         comparison of every value with the published one.",
        packed.chosen.len()
    );
    for (status, word) in [(Status::Simulated, "SIMULATED"), (Status::Reconstructed, "RECONSTRUCTED")] {
        let count = packed.stages.iter().filter(|stage| stage::status_of(stage) == status);
        let made: BTreeSet<&str> = count.filter_map(|stage| stage.id().split('/').next()).collect();
        let made: Vec<&str> =
            packed.chosen.iter().map(|chosen| chosen.study.name).filter(|s| made.contains(s)).collect();
        if !made.is_empty() {
            description.push_str(&format!(" All or in part from {word} data: {}.", made.join(", ")));
        }
    }
    let runs = ["#run".to_owned()].into_iter().chain(steps.iter().map(action_id)).chain(collections);
    json!({
        "@id": "./",
        "@type": "Dataset",
        "name": "Joulebook: studies of the energy of neural networks, regenerated",
        "description": description,
        "datePublished": RELEASED,
        "author": {"@id": AUTHORS},
        "publisher": {"@id": AUTHORS},
        "license": refs(["https://spdx.org/licenses/MIT", "https://spdx.org/licenses/Apache-2.0"]),
        "conformsTo": refs(PROFILES.map(|(id, ..)| id)),
        "mainEntity": {"@id": WORKFLOW},
        "hasPart": refs(packed.files.keys().chain(&raw)),
        "mentions": refs(runs),
    })
}

fn licence(id: &str, name: &str) -> Value {
    json!({"@id": id, "@type": "CreativeWork", "name": name, "description": name, "url": id})
}

/// The studies that are made from the raw files, and not from simulated ones.
fn studies_from_raw_files<'a>(packed: &Packed<'a>) -> impl Iterator<Item = &'a Sources> + use<'a> {
    let published = packed.chosen.iter().filter(|chosen| chosen.campaign == Campaign::Published);
    published.map(|chosen| &chosen.sources)
}

fn raw_id(sources: &Sources) -> String {
    format!("#raw/{}", sources.study)
}

fn action_id(step: &Step<'_>) -> String {
    format!("#run/{}", step.id)
}

/// The raw files where their authors have them, the terms on which, and a collection for each study.
fn raw_files(packed: &Packed<'_>) -> Vec<Value> {
    let (mut entities, mut known) = (Vec::new(), BTreeSet::new());
    for sources in studies_from_raw_files(packed) {
        let terms_id = |of: &str| format!("#terms/{}/{}", sources.study, of.replace(['/', ' '], "-"));
        for (of, terms) in &sources.licence {
            entities.push(json!({
                "@id": terms_id(of),
                "@type": "CreativeWork",
                "name": format!("Terms of the raw files of {}: {of}", sources.study),
                "description": terms.split_whitespace().collect::<Vec<_>>().join(" "),
            }));
        }
        for pin in &sources.files {
            let url = file_url(pin);
            if known.insert(url.clone()) {
                let terms: Vec<String> = terms_of(sources, pin).map(terms_id).collect();
                entities.push(json!({
                    "@id": url,
                    "@type": "File",
                    "name": format!("raw/{}/{}", sources.study, pin.path),
                    "description": format!(
                        "Raw file of {}, from {} at commit {}. It is fetched, and not passed on.",
                        sources.study, pin.repository, pin.commit
                    ),
                    "contentSize": pin.bytes.to_string(),
                    "sha256": pin.sha256,
                    "encodingFormat": encoding(&pin.path),
                    "license": refs(terms),
                }));
            }
        }
        let urls: BTreeSet<String> = sources.files.iter().map(file_url).collect();
        entities.push(json!({
            "@id": raw_id(sources),
            "@type": "Collection",
            "name": format!("Raw files of {}", sources.study),
            "mainEntity": {"@id": format!("raw/{}/sources.toml", sources.study)},
            "hasPart": refs(&urls),
            "exampleOfWork": {"@id": format!("#input/{}", sources.study)},
        }));
    }
    entities
}

/// The entries of a study's terms that a file falls under: those of its repository, or all where none has its name.
fn terms_of<'a>(sources: &'a Sources, pin: &Pin) -> impl Iterator<Item = &'a str> {
    let names = |of: &str| pin.repository == of || pin.repository.rsplit('/').next() == Some(of);
    let named = sources.licence.keys().any(|of| names(of));
    sources.licence.keys().map(String::as_str).filter(move |of| !named || names(of)).collect::<Vec<_>>().into_iter()
}

/// The program, and what its results rest on.
fn program(dependencies: &[(String, String)]) -> Value {
    let needed = dependencies.iter().map(|(name, version)| format!("pkg:cargo/{name}@{version}"));
    json!({
        "@id": PROGRAM,
        "@type": "SoftwareApplication",
        "name": "Joulebook (cargo xtask)",
        "softwareVersion": env!("CARGO_PKG_VERSION"),
        "description": format!("Compiled with Rust {} or newer.", env!("CARGO_PKG_RUST_VERSION")),
        "url": "README.md",
        "license": refs(["https://spdx.org/licenses/MIT", "https://spdx.org/licenses/Apache-2.0"]),
        "softwareRequirements": refs(needed),
    })
}

/// The workflow with its steps, inputs and outputs.
fn workflow(packed: &Packed<'_>, steps: &[Step<'_>]) -> Vec<Value> {
    let mut entities = Vec::new();
    let parameter = |id: String, name: String, kind: &str, example: &str| {
        json!({
            "@id": id,
            "@type": "FormalParameter",
            "conformsTo": {"@id": "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"},
            "name": name,
            "description": name,
            "additionalType": kind,
            "valueRequired": true,
            "workExample": {"@id": example},
        })
    };
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for sources in studies_from_raw_files(packed) {
        let id = format!("#input/{}", sources.study);
        entities.push(parameter(id.clone(), format!("Raw files of {}", sources.study), "Collection", &raw_id(sources)));
        inputs.push(id);
    }
    for (path, name) in papers(packed) {
        let id = format!("#output/{name}");
        entities.push(parameter(id.clone(), format!("The paper {name}"), "File", path));
        outputs.push(id);
    }
    for (position, step) in (1..).zip(steps) {
        entities.push(json!({
            "@id": format!("{WORKFLOW}#{}", step.id),
            "@type": "HowToStep",
            "position": position.to_string(),
            "name": step.id,
            "description": format!("{} stages", step.stages.len()),
        }));
    }
    let mut workflow = match packed.files.get(WORKFLOW) {
        Some(file) => file_entity(WORKFLOW, file, "The stages, with what each reads and makes."),
        None => Map::new(),
    };
    let more = json!({
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "From raw logs to papers",
        "programmingLanguage": {"@id": LANGUAGE},
        "version": env!("CARGO_PKG_VERSION"),
        "creator": {"@id": AUTHORS},
        "license": refs(["https://spdx.org/licenses/MIT", "https://spdx.org/licenses/Apache-2.0"]),
        "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
        "input": refs(inputs),
        "output": refs(outputs),
        "step": refs(steps.iter().map(|step| format!("{WORKFLOW}#{}", step.id))),
        "hasPart": {"@id": PROGRAM},
    });
    if let Value::Object(more) = more {
        workflow.extend(more);
    }
    entities.push(Value::Object(workflow));
    for (profile, name) in
        [("ComputationalWorkflow", "Bioschemas workflow"), ("FormalParameter", "Bioschemas parameter")]
    {
        let id = format!("https://bioschemas.org/profiles/{profile}/1.0-RELEASE");
        entities.push(json!({"@id": id, "@type": "CreativeWork", "name": name, "version": "1.0"}));
    }
    entities
}

/// The papers among the files, with their names.
fn papers<'a>(packed: &Packed<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let paths = packed.files.keys().map(String::as_str);
    paths.filter_map(|path| Some((path, path.strip_prefix("derived/papers/")?.strip_suffix(".pdf")?)))
}

/// The run of the whole workflow.
fn run(packed: &Packed<'_>) -> Value {
    json!({
        "@id": "#run",
        "@type": "CreateAction",
        "name": "cargo xtask build-paper",
        "description": "Makes all papers from the raw files.",
        "instrument": {"@id": WORKFLOW},
        "agent": {"@id": AUTHORS},
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "object": refs(studies_from_raw_files(packed).map(raw_id)),
        "result": refs(papers(packed).map(|(path, _)| path)),
    })
}

/// What each step did, and what it made that is not passed on.
fn actions(packed: &Packed<'_>, steps: &[Step<'_>]) -> Vec<Value> {
    let urls = raw_urls(packed);
    let made_by: BTreeMap<&str, &str> = steps
        .iter()
        .flat_map(|step| step.stages.iter().flat_map(|stage| stage.outputs().map(|(_, path)| (path, &*step.id))))
        .collect();
    let mut entities = Vec::new();
    for step in steps {
        let (mut objects, mut results, mut kept) = (BTreeSet::new(), BTreeSet::new(), 0);
        for (_, path) in step.stages.iter().flat_map(|stage| stage.outputs()) {
            if packed.files.contains_key(path) {
                results.insert(path.to_owned());
            } else {
                kept += 1;
            }
        }
        for (_, path) in step.stages.iter().flat_map(|stage| stage.inputs()) {
            match (urls.get(path), made_by.get(path)) {
                (Some(url), _) => objects.insert(url.clone()),
                (None, Some(maker)) if *maker == step.id => false,
                (None, _) if packed.files.contains_key(path) => objects.insert(path.to_owned()),
                (None, Some(maker)) => objects.insert(format!("#made/{maker}")),
                // A source of a paper: part of the repository.
                (None, None) => false,
            };
        }
        if kept > 0 {
            let id = format!("#made/{}", step.id);
            results.insert(id.clone());
            entities.push(json!({
                "@id": id,
                "@type": "CreativeWork",
                "name": format!("{kept} files made by {}", step.id),
                "description": format!("Not passed on: `cargo xtask build-paper {}` makes them.", step.id),
            }));
        }
        entities.push(json!({
            "@id": action_id(step),
            "@type": "CreateAction",
            "name": format!("cargo xtask build-paper {}", step.id),
            "description": format!("{} stages", step.stages.len()),
            "instrument": {"@id": PROGRAM},
            "agent": {"@id": AUTHORS},
            "actionStatus": "http://schema.org/CompletedActionStatus",
            "object": refs(&objects),
            "result": refs(&results),
        }));
    }
    entities
}

/// The addresses of the raw files, by the paths that stages read them at.
fn raw_urls(packed: &Packed<'_>) -> BTreeMap<String, String> {
    let of_study = |sources: &Sources| {
        let url = |pin: &Pin| (format!("raw/{}/{}", sources.study, pin.path), file_url(pin));
        sources.files.iter().map(url).collect::<Vec<_>>()
    };
    studies_from_raw_files(packed).flat_map(of_study).collect()
}

/// The files in the folder.
fn files(packed: &Packed<'_>) -> Vec<Value> {
    let outputs = packed.stages.iter().flat_map(|stage| stage.outputs().map(move |(_, path)| (path, stage)));
    let makers: BTreeMap<&str, &Stage> = outputs.collect();
    let parameters: BTreeMap<&str, &str> = papers(packed).collect();
    let others = packed.files.iter().filter(|(path, _)| *path != WORKFLOW);
    let entity = |(path, file): (&String, &PackedFile)| {
        let description = match makers.get(path.as_str()) {
            Some(stage) => match stage::status_of(stage) {
                Status::Published => format!("Made by stage {}.", stage.id()),
                status => format!("Made by stage {}, all or in part from {status} data.", stage.id()),
            },
            None => "Part of the repository.".to_owned(),
        };
        let mut entity = file_entity(path, file, &description);
        if path == "README.md" {
            entity.insert("about".to_owned(), json!({"@id": "./"}));
        }
        if let Some(name) = parameters.get(path.as_str()) {
            entity.insert("exampleOfWork".to_owned(), json!({"@id": format!("#output/{name}")}));
        }
        Value::Object(entity)
    };
    others.map(entity).collect()
}

fn file_entity(path: &str, file: &PackedFile, description: &str) -> Map<String, Value> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let entity = json!({
        "@id": path,
        "@type": "File",
        "name": name,
        "description": description,
        "encodingFormat": encoding(path),
        "contentSize": file.bytes.to_string(),
        "sha256": file.sha256.to_string(),
    });
    match entity {
        Value::Object(entity) => entity,
        _ => Map::new(),
    }
}
