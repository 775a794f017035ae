//! What `cargo xtask package` lays out: complete, described, and as the validators of its formats want it.

#[path = "../support/mod.rs"]
mod support;

mod pdf;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use studies::artifact::ro_crate::RELEASED;
use support::{Workspace, mirror, repository, text};

const PAPERS: [&str; 6] =
    ["tinyml-mcu", "vision-inference", "module-energy", "edge-layers", "aipowermeter", "compendium"];

/// The list of outputs that are not ours to pass on.
const LEFT_OUT: &str = "reference/left-out.txt";

#[test]
fn a_package_is_whole_and_described() {
    let Some(mirror) = mirror() else { return };
    let workspace = workspace();
    let packed = workspace.run(&["package", "--out", "package", "--mirror", mirror.to_str().unwrap()]);
    assert!(packed.status.success(), "{}", text(&packed));
    assert_eq!(String::from_utf8_lossy(&packed.stdout), "package\n");
    check_sums(&workspace);
    let left_out = left_out(&workspace);
    check_what_is_left_out(&workspace, &left_out);
    check_dictionaries(&workspace);

    // The appendix and its list are the committed ones, and the workflow is the graph.
    for made in ["ARTIFACT.md", "docs/artifacts.md"] {
        let committed = fs::read_to_string(repository().join(made)).unwrap();
        assert!(
            workspace.read(&format!("package/{made}")) == committed,
            "{made} is not the one that is made; if the change is meant, commit that"
        );
    }
    let graph = workspace.run(&["graph", "--format", "json"]);
    assert!(String::from_utf8_lossy(&graph.stdout) == workspace.read("package/workflow.json"));

    for paper in PAPERS {
        pdf::check(&workspace.path(&format!("package/derived/papers/{paper}.pdf")), &left_out);
    }

    // It is not replaced unasked, and comes out the same.
    let before = workspace.contents("package");
    let again = workspace.run(&["package", "--out", "package"]);
    assert_eq!(again.status.code(), Some(2), "{}", text(&again));
    assert!(text(&again).contains("--force"), "{}", text(&again));
    let other = workspace.run(&["package", "--out", "paper", "--force"]);
    assert_eq!(other.status.code(), Some(2), "a folder that is no package: {}", text(&other));
    let again = workspace.run(&["package", "--out", "package", "--force"]);
    assert!(again.status.success(), "{}", text(&again));
    assert!(workspace.contents("package") == before);

    validate(&workspace);
}

#[test]
fn a_package_of_simulated_data_says_so() {
    let workspace = workspace();
    let packed = workspace.run(&["package", "--out", "package", "--campaign", "simulated"]);
    assert!(packed.status.success(), "{}", text(&packed));
    check_sums(&workspace);
    let description = root(&workspace, "package")["description"].to_string();
    assert!(description.contains("from SIMULATED data: tinyml-mcu, vision-inference"), "{description}");
    for committed in ["ARTIFACT.md", "docs/artifacts.md"] {
        assert!(!workspace.path(committed).exists(), "the committed {committed} is of the published campaign");
    }
    assert!(workspace.read("package/docs/artifacts.md").contains("\n## tinyml-mcu\n"));
    assert!(workspace.read("package/ARTIFACT.md").contains("0 of 52 artifacts come out as published"));
    validate_crate(&workspace, "package");
}

#[test]
fn the_citation_is_of_this_version() {
    let citation = fs::read_to_string(repository().join("CITATION.cff")).unwrap();
    for line in [format!("version: {}", env!("CARGO_PKG_VERSION")), format!("date-released: \"{RELEASED}\"")] {
        assert!(citation.lines().any(|found| found == line), "CITATION.cff has no line `{line}`");
    }
    // Those of PAPERS: a study that was added since has perhaps nothing to cite yet.
    for study in PAPERS.iter().filter(|paper| **paper != "compendium") {
        assert!(citation.contains(&format!("The study {study}.")), "{study}");
    }
    match std::env::var_os("JOULEBOOK_CFFCONVERT") {
        None => {
            println!("not validated: set JOULEBOOK_CFFCONVERT to the program cffconvert of tests/provenance/cff.txt")
        }
        Some(program) => {
            run(Command::new(program).args(["--validate", "-i"]).arg(repository().join("CITATION.cff")));
        }
    }
}

/// A workspace with the files of the repository that go into a package.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("docs")).unwrap();
    fs::create_dir(workspace.path("reference")).unwrap();
    for file in [
        "README.md",
        "ARCHITECTURE.md",
        "docs/adding-a-study.md",
        "CITATION.cff",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "pipeline.lock",
        LEFT_OUT,
    ] {
        fs::copy(repository().join(file), workspace.path(file)).unwrap();
    }
    workspace
}

/// Every file has its digest in SHA256SUMS, and the description names every file.
fn check_sums(workspace: &Workspace) {
    let sums = workspace.read("package/SHA256SUMS");
    let told: BTreeSet<(String, String)> = sums
        .lines()
        .map(|line| line.split_once("  ").unwrap())
        .map(|(digest, path)| (path.to_owned(), digest.to_owned()))
        .collect();
    let found = workspace.contents("package").into_iter();
    let found = found
        .map(|(path, bytes)| (path.strip_prefix("package/").unwrap().to_owned(), dag::Digest::of(&bytes).to_string()));
    let found: BTreeSet<_> = found.filter(|(path, _)| path != "SHA256SUMS").collect();
    assert_eq!(told, found);

    let parts = root(workspace, "package")["hasPart"].clone();
    let parts: BTreeSet<&str> = parts.as_array().unwrap().iter().map(|part| part["@id"].as_str().unwrap()).collect();
    for (path, _) in found.iter().filter(|(path, _)| path != "ro-crate-metadata.json") {
        assert!(parts.contains(path.as_str()), "{path} is not described");
    }
}

/// The outputs that the list names, by their paths below `derived`.
fn left_out(workspace: &Workspace) -> BTreeSet<String> {
    let list = workspace.read(LEFT_OUT);
    let paths = list.lines().map(|line| line.split('#').next().unwrap().trim().to_owned());
    paths.filter(|path| !path.is_empty()).collect()
}

/// The raw files are not ours to pass on, nor are tables of their rows, nor the records and the data of figures that the
/// list names; and nobody can open a part of the report page.
fn check_what_is_left_out(workspace: &Workspace, left_out: &BTreeSet<String>) {
    let sums = workspace.read("package/SHA256SUMS");
    for study in &PAPERS[..5] {
        let pins = workspace.read(&format!("raw/{study}/sources.toml"));
        for digest in pins.lines().filter_map(|line| line.strip_prefix("sha256 = ")) {
            assert!(!sums.contains(digest.trim_matches('"')), "{study}: a raw file with the digest {digest}");
        }
    }
    for folder in ["/ingest/", "/clean/", "/simulated/", "/reconstructed/"] {
        assert!(!sums.contains(folder), "{folder}");
    }
    for path in left_out {
        assert!(workspace.path(&format!("derived/{path}")).exists(), "{LEFT_OUT}: no stage makes {path}");
        assert!(!sums.contains(&format!("  derived/{path}\n")), "{path}");
    }
    assert!(!sums.contains("/report.json\n") && !sums.contains("report-shell"), "{sums}");
}

/// Every table that is made is in a dictionary, and every column has a name and a type, and a meaning unless it is of
/// a raw file whose authors tell none.
fn check_dictionaries(workspace: &Workspace) {
    let made = workspace
        .contents("derived")
        .into_keys()
        .filter(|path| (path.ends_with(".parquet") || path.ends_with(".csv")) && !path.contains("/simulated/"));
    let mut told = BTreeSet::new();
    for study in PAPERS {
        for file in ["datapackage.json", "rows.datapackage.json"] {
            let descriptor = format!("derived/{study}/{file}");
            if !workspace.path(&descriptor).exists() {
                continue;
            }
            let package: Value = serde_json::from_str(&workspace.read(&descriptor)).unwrap();
            for table in package["resources"].as_array().unwrap() {
                let path = table["path"].as_str().unwrap();
                for column in table["schema"]["fields"].as_array().unwrap() {
                    assert!(column["type"].is_string() && column["name"].is_string(), "{study}/{path}: {column}");
                    let is_raw = study == "tinyml-mcu" && path.starts_with("ingest/");
                    assert!(is_raw || column["description"].is_string(), "{study}/{path}: {column}");
                }
                assert!(told.insert(format!("derived/{study}/{path}")), "{study}/{path} is told of twice");
            }
        }
    }
    assert_eq!(made.collect::<BTreeSet<_>>(), told);
    let latency = workspace.read("derived/tinyml-mcu/rows.datapackage.json");
    let latency: Value = serde_json::from_str(&latency).unwrap();
    let dense = latency["resources"].as_array().unwrap().iter().find(|table| table["path"] == "clean/dense.parquet");
    let column = dense.unwrap()["schema"]["fields"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        column,
        serde_json::json!({"name": "latency", "type": "number", "unit": "us", "description": "Layer latency"})
    );
}

/// The entity of the package as a whole.
fn root(workspace: &Workspace, package: &str) -> Value {
    let metadata = workspace.read(&format!("{package}/ro-crate-metadata.json"));
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    metadata["@graph"].as_array().unwrap().iter().find(|entity| entity["@id"] == "./").unwrap().clone()
}

/// The Python that has the validators, or a printed reason to leave them out.
fn validators() -> Option<PathBuf> {
    let python = std::env::var_os("JOULEBOOK_VALIDATORS").filter(|path| !path.is_empty());
    if python.is_none() {
        println!("not validated: set JOULEBOOK_VALIDATORS to a Python that has tests/provenance/validators.txt");
    }
    python.map(PathBuf::from)
}

fn validate(workspace: &Workspace) {
    let Some(python) = validators() else { return };
    for study in PAPERS {
        // Tables of rows are long, and the validator slow: of these it sees the first rows.
        for (package, limit) in [("package/derived", None), ("derived", Some("100"))] {
            for file in ["datapackage.json", "rows.datapackage.json"] {
                let descriptor = workspace.path(&format!("{package}/{study}/{file}"));
                if descriptor.exists() {
                    let mut command = Command::new(&python);
                    command.args(["-m", "frictionless", "validate"]).args(limit.map(|_| "--limit-rows")).args(limit);
                    run(command.arg(descriptor.file_name().unwrap()).current_dir(descriptor.parent().unwrap()));
                }
            }
        }
    }
    validate_crate(workspace, "package");

    // The validator is not one that takes everything.
    let metadata = workspace.path("package/ro-crate-metadata.json");
    let right = fs::read_to_string(&metadata).unwrap();
    fs::write(&metadata, right.replace("\"datePublished\"", "\"dateModified\"")).unwrap();
    let output = crate_validator(&python, &workspace.path("package"), "ro-crate-1.1").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    fs::write(&metadata, right).unwrap();
}

fn validate_crate(workspace: &Workspace, package: &str) {
    let Some(python) = validators() else { return };
    for profile in ["ro-crate-1.1", "process-run-crate", "workflow-run-crate"] {
        run(&mut crate_validator(&python, &workspace.path(package), profile));
    }
}

fn crate_validator(python: &Path, package: &Path, profile: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(repository().join("tests/provenance/crate.py")).arg(package).args([profile, "required"]);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", text(&output));
}
