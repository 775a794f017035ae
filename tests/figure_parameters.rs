//! What authors set of figures, `paper/<study>/figures.toml`: a change makes that figure and what reads it again, and
//! nothing else; a mistake is told with its line.

mod support;

use std::collections::BTreeMap;
use std::fs;

use support::{Workspace, text};

const STUDY: &str = "tinyml-mcu";
const FILE: &str = "paper/tinyml-mcu/figures.toml";
const DRAWING: &str = "derived/tinyml-mcu/figures/fig4.svg";

/// The arguments of a build of the study from simulated files, which every machine has.
const BUILD: [&str; 3] = [STUDY, "--campaign", "simulated"];

/// Writes the file with `from` replaced, which must stand there once.
fn edit(workspace: &Workspace, from: &str, to: &str) {
    let before = workspace.read(FILE);
    assert_eq!(before.matches(from).count(), 1, "{from} in\n{before}");
    fs::write(workspace.path(FILE), before.replace(from, to)).unwrap();
}

/// The files below `derived/` that differ.
fn changed(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    assert!(before.keys().eq(after.keys()));
    before.iter().filter(|(path, content)| after[*path] != **content).map(|(path, _)| path.clone()).collect()
}

#[test]
fn another_size_draws_that_figure_and_typesets_the_paper() {
    let workspace = Workspace::new();
    assert!(workspace.build(&BUILD).failed().is_empty());
    let (first, drawing) = (workspace.contents("derived"), workspace.read(DRAWING));
    assert!(drawing.contains("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"260\""), "{drawing}");

    edit(&workspace, "[fig4]\nsize = [260, 206]", "[fig4]\nsize = [300, 206]");
    let told = workspace.run(&["explain", "tinyml-mcu/figures/fig4", "--campaign", "simulated"]);
    assert!(text(&told).contains("parameter size.width changed from 260.0 to 300.0"), "{}", text(&told));
    let build = workspace.build(&BUILD);
    assert_eq!(
        build.ran(),
        ["tinyml-mcu/figures/fig4", "tinyml-mcu/typeset/paper", "tinyml-mcu/typeset/report"],
        "{}",
        build.errors
    );
    assert!(build.restored().is_empty() && build.failed().is_empty());
    assert!(workspace.read(DRAWING).contains("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"300\""));
    let second = workspace.contents("derived");
    // The record and the data are those from before: no value depends on how large a figure is printed.
    assert_eq!(
        changed(&first, &second),
        [
            "derived/papers/tinyml-mcu.pdf",
            "derived/tinyml-mcu/figures/fig4.js",
            "derived/tinyml-mcu/figures/fig4.png",
            DRAWING,
            "derived/tinyml-mcu/report.json",
        ]
    );

    // Taken back, the results from before come from the store.
    edit(&workspace, "[fig4]\nsize = [300, 206]", "[fig4]\nsize = [260, 206]");
    let build = workspace.build(&BUILD);
    assert!(build.ran().is_empty() && build.restored().len() == 3, "{}", build.errors);
    assert!(workspace.contents("derived") == first);

    // A remark is none of its parameters, and none of the paper's sources.
    edit(&workspace, "[fig4]\n", "# wide enough for the labels\n[fig4]\n");
    let build = workspace.build(&BUILD);
    assert!(build.ran().is_empty() && build.restored().is_empty(), "{}", build.errors);
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_nothing_is_made() {
    let workspace = Workspace::new();
    let line = 1 + workspace.read(FILE).lines().take_while(|line| *line != "[fig4]").count();
    for (to, line, message) in [
        ("[fig4]\nsize = [10, 206]", line + 1, "figure fig4: [10, 206] is no size: expected width and height"),
        ("[fig4]\nsise = [260, 206]", line + 1, "figure fig4: unknown field `sise`, expected one of `size`, `x`, `y`"),
        ("[fig4]\nsize = [260 206]", line + 1, ""),
        ("[fig44]\nsize = [260, 206]", line, "`fig44` is no figure; expected one of fig2.corrected"),
    ] {
        let sound = workspace.read(FILE);
        edit(&workspace, "[fig4]\nsize = [260, 206]", to);
        let output = workspace.run(&[&["build-paper"], &BUILD[..]].concat());
        let told = text(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(&format!("{FILE}:{line}: {message}")) && told.contains("study tinyml-mcu"), "{told}");
        assert!(!workspace.path("derived").exists(), "{told}");
        fs::write(workspace.path(FILE), sound).unwrap();
    }
    fs::remove_file(workspace.path(FILE)).unwrap();
    let told = text(&workspace.run(&[&["build-paper"], &BUILD[..]].concat()));
    assert!(told.contains(&format!("{FILE}: the file is missing or empty: expected a table")), "{told}");
    assert_eq!(told.matches("expected").count(), 1, "{told}");
}
