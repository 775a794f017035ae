//! The report page that a build leaves: what stands in it, what it says of what is missing, and how it works
//! in a browser.
//!
//! The browser is a Chromium that JOULEBOOK_CHROMIUM names, driven by the scripts in tests/report/ after
//! `npm ci --prefix tests/report`.

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use support::{Workspace, mirror, repository, text};

const PAGE: &str = "derived/report.html";

/// The published studies: the page as a reviewer sees it.
#[test]
fn the_page_tells_everything_and_works_in_a_browser() {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    let output = workspace.run(&["report"]);
    assert!(output.status.success(), "{}", text(&output));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.trim_end().ends_with(PAGE) && printed.lines().count() == 1, "{printed}");

    let page = workspace.read(PAGE);
    // 5 MB are what a page may have; below that is room for the next figures.
    assert!(page.len() < 4_800_000, "the page has {} bytes: see what is carried packed, and what as it is", page.len());
    let studies = ["tinyml-mcu", "vision-inference", "module-energy", "edge-layers", "aipowermeter"];
    for study in studies {
        let published = workspace.read(&format!("paper/published/{study}.toml"));
        let entries = published.lines().filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
        let verified: serde_json::Value =
            serde_json::from_str(&workspace.read(&format!("derived/{study}/verification.json"))).unwrap();
        let claims = verified["entries"].as_array().unwrap();
        assert!(claims.len() <= entries.count());
        for claim in claims.iter().map(|entry| entry["id"].as_str().unwrap()) {
            assert!(page.contains(&format!("id=\"claim:{study}:{claim}\"")), "{study} {claim}");
        }
        assert!(page.contains(&format!("{study} <span class=\"verdict ")), "the verdict on {study}");
    }
    // Drawings are those that are committed, and what is no published data is marked.
    assert!(page.contains(workspace.read("figures/tinyml-mcu/fig3.resnet.svg").trim_end()));
    assert!(page.contains("reconstructed data</p>") && page.contains("simulated data</p>"));

    // Nothing to do: the page stays as it is. It comes back when it is lost.
    workspace.run(&["build-paper"]);
    assert!(workspace.read(PAGE) == page);
    std::fs::remove_file(workspace.path(PAGE)).unwrap();
    assert_eq!(workspace.build(&[]).ran(), Vec::<&str>::new());
    assert!(workspace.path(PAGE).exists());

    in_a_browser(&workspace);
    for study in studies {
        titles_tell_figures_apart(&workspace, study);
    }

    // A value that differs is told at the top, and the page is made all the same.
    let published = workspace.path("paper/published/tinyml-mcu.toml");
    let values = std::fs::read_to_string(&published).unwrap();
    std::fs::write(&published, values.replace("1.9044774133487125e-08", "1.9044774233487125e-08")).unwrap();
    assert_eq!(workspace.run(&["report"]).status.code(), Some(5));
    let page = workspace.read(PAGE);
    assert!(page.contains("<div class=\"judgement bad\">") && page.contains("data-verdict=\"differs\""));

    // A stage that fails: its study has nothing to show, and says why; the others stay.
    std::fs::write(&published, "no toml").unwrap();
    assert_eq!(workspace.run(&["report"]).status.code(), Some(1));
    let page = workspace.read(PAGE);
    assert!(page.contains("The stage tinyml-mcu/typeset/verification failed"), "the failure is told");
    assert!(page.contains("Nothing to show: ") && !page.contains("id=\"claim:tinyml-mcu:"));
    assert!(page.contains("id=\"claim:module-energy:") && page.contains("<div class=\"judgement bad\">"));
}

/// No two figures of a study have the same title, published or simulated.
fn titles_tell_figures_apart(workspace: &Workspace, study: &str) {
    let mut known: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in [format!("figures/{study}"), format!("derived/{study}/figures")] {
        let Ok(files) = std::fs::read_dir(workspace.path(&folder)) else { continue };
        for file in files.map(|file| file.unwrap().path()).filter(|file| file.extension().is_some_and(|e| e == "svg")) {
            let svg = std::fs::read_to_string(&file).unwrap();
            let title = svg.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap().to_owned();
            if let Some(other) = known.insert(title.clone(), file.clone()) {
                panic!("{} and {} are both called `{title}`", other.display(), file.display());
            }
        }
    }
    assert!(!known.is_empty(), "{study} has no figures");
}

/// A part of a build, and a study that is simulated.
#[test]
fn what_was_not_built_or_is_simulated_is_said() {
    let workspace = Workspace::new();
    let output = workspace.run(&["build-paper", "--campaign", "simulated", "tinyml-mcu/typeset/report"]);
    assert!(output.status.success(), "{}", text(&output));
    let page = workspace.read(PAGE);
    assert!(page.contains("it has not been built; <code>cargo xtask build-paper module-energy</code> makes it"));
    assert!(page.contains("Made from SIMULATED raw files (seed 0, scale 1)"));
    assert!(!page.contains("<div class=\"judgement good\">"));
}

/// Opens the page of a workspace in a browser, or prints why not.
fn in_a_browser(workspace: &Workspace) {
    let scripts = repository().join("tests/report");
    if std::env::var_os("JOULEBOOK_CHROMIUM").is_none_or(|program| program.is_empty()) {
        return println!("skipped: a browser is needed; set JOULEBOOK_CHROMIUM to a Chromium");
    }
    if !scripts.join("node_modules").is_dir() {
        return println!(
            "skipped: playwright-core and axe-core are needed; `npm ci --prefix tests/report` brings them"
        );
    }
    let checked = Command::new("node").arg(scripts.join("check.mjs")).arg(workspace.path(PAGE)).output().unwrap();
    assert!(checked.status.success(), "{}", text(&checked));
}
