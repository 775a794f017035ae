//! `cargo xtask export`: the graph in the language of another program.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dag::{Digest, Graph, Stage};

use crate::build_paper::{Build, load};
use crate::cli::{Export, Snakemake};
use crate::console::Console;
use crate::{Exit, Failure};

pub(crate) fn run(root: &Path, arguments: Export, console: &Console) -> Result<Exit, Failure> {
    let Export::Snakemake(Snakemake { targets, data, out }) = arguments;
    let arguments = data.of(targets);
    let build = Build::planned(root, &arguments)?;
    let chosen = build.choose(load(root)?);
    build.warn(&chosen, console);
    let options: Vec<String> =
        crate::data::arguments(&chosen).iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let text = snakefile(&build.graph(&chosen)?, &arguments.targets, &options)?;
    let file = if out.is_dir() { out.join("Snakefile") } else { out };
    let scratch = PathBuf::from(format!("{}.partial", file.display()));
    let written = fs::write(&scratch, text).and_then(|()| fs::rename(&scratch, &file));
    written.map_err(|error| Failure::io("write", file.display(), &error))?;
    anstream::println!("{}", file.display());
    Ok(Exit::Success)
}

const HEADER: &str = r#"# The stages of Joulebook as rules, one each. Made by `cargo xtask export snakemake`.
#
# Each rule runs `xtask stage ID`, which takes what it knows already from the store in .joulebook, and
# runs the stage otherwise. All paths are below the workspace: run Snakemake there, or say where it is
# (--directory). `cargo xtask build-paper` finds what was made, and runs none of it again.
#
# On this machine:
#   cargo build --package xtask
#   snakemake --snakefile Snakefile --cores 4
#
# On a cluster with SLURM, in a folder that all nodes see. The stages are short: those of a layer of a
# study are a group, and many go into one submission.
#   pip install snakemake-executor-plugin-slurm
#   snakemake --snakefile Snakefile --executor slurm --jobs 20 --default-resources runtime=10 mem_mb=2000 \
#       --group-components GROUP=50 ... --config program=/shared/bin/xtask
#
# On Kubernetes nodes share no folder: Snakemake itself carries the inputs and outputs of its rules through
# an object store. The image holds the program.
#   pip install snakemake-executor-plugin-kubernetes snakemake-storage-plugin-s3
#   snakemake --snakefile Snakefile --executor kubernetes --jobs 20 --container-image IMAGE_WITH_XTASK \
#       --default-storage-provider s3 --default-storage-prefix s3://BUCKET/PREFIX --config program=xtask
#
# With --config options="--remote URL" each stage also asks a store that other machines push to (`xtask push`)
# for what it would make.
#
# --config program=PATH    the program; target/debug/xtask in the workspace otherwise
# --config options="..."   further options of `xtask stage`

PROGRAM = config.get("program", "target/debug/xtask")
OPTIONS = config.get("options", "")

localrules: all

"#;

/// The stages that `targets` need as rules. The same graph gives the same text: no time of a last run
/// is in it.
fn snakefile(graph: &Graph, targets: &[String], options: &[String]) -> Result<String, Failure> {
    let stages = graph.needed(targets).map_err(Failure::usage)?;
    let mut wanted = Vec::new();
    for target in targets {
        wanted.extend(graph.named(target).map_err(Failure::usage)?);
    }
    let is_wanted = |stage: &&&Stage| targets.is_empty() || wanted.contains(&stage.id());
    let results = stages.iter().filter(is_wanted).flat_map(|stage| stage.outputs()).map(|(_, path)| path);

    let mut text = HEADER.to_owned();
    text.push_str("rule all:\n");
    files(&mut text, "input", results)?;
    for (stage, rule) in stages.iter().zip(rules(&stages)) {
        // Writing to a text cannot fail.
        let _ = write!(text, "\nrule {rule}:\n");
        files(&mut text, "input", stage.inputs().map(|(_, path)| path))?;
        files(&mut text, "output", stage.outputs().map(|(_, path)| path))?;
        let words = ["stage", stage.id()].into_iter().chain(options.iter().map(String::as_str));
        let line = format!("{{PROGRAM:q}} --quiet {} {{OPTIONS}} > /dev/null", braced(&dag::shell_line(words)));
        let group = stage.id().rsplit_once('/').map_or("", |(group, _)| group);
        // The code and the parameters: Snakemake runs a rule again when these are others.
        let _ = write!(
            text,
            "    params:\n        code={},\n    group: {}\n    shell:\n        {}\n",
            string(&stage.recipe().to_string()),
            string(&identifier(group)),
            string(&line),
        );
    }
    Ok(text)
}

/// A section with files.
fn files<'a>(text: &mut String, section: &str, paths: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let mut paths = paths.peekable();
    if paths.peek().is_none() {
        return Ok(());
    }
    let _ = writeln!(text, "    {section}:");
    for path in paths {
        if path.contains(['{', '}']) {
            let message = "Snakemake takes braces in a file's name for a wildcard, and has no way to tell it otherwise";
            return Err(Failure::new(format!("cannot export {path}: {message}")));
        }
        let _ = writeln!(text, "        {},", string(path));
    }
    Ok(())
}

/// How long the name of a rule can be: Snakemake makes the name of a file of those of several rules.
const LONGEST: usize = 28;

/// A name for each stage's rule, in order: an identifier of Python, as like the id as can be.
fn rules(stages: &[&Stage]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let name = |stage: &&Stage| {
        let mut name = identifier(stage.id());
        if name.len() > LONGEST || taken.contains(&name) {
            // The end of an id tells more than its beginning, which many share.
            let number = Digest::of(stage.id().as_bytes()).to_string();
            let end = name.len() - name.len().min(LONGEST - 8);
            name = format!("{}_{}", name[end..].trim_start_matches('_'), &number[..7]);
            name = identifier(&name);
        }
        taken.insert(name.clone());
        name
    };
    stages.iter().map(name).collect()
}

/// An identifier of Python that resembles a text.
fn identifier(text: &str) -> String {
    let text = text.replace('/', "__");
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = text.chars().map(plain).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// A string of Python. What JSON escapes, Python reads back in the same way.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Text in which Snakemake fills nothing in.
fn braced(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let one = Stage::new("s/clean/it's {odd}").source("in", "raw/a \"b\" $c é.log").output("out", "derived/it's");
        let two = Stage::new("s/stats/2").source("in", "derived/it's").output("out", "derived/two");
        Graph::new(vec![one.run(|_| Ok(())), two.run_with(7, |_, _| Ok(()))]).unwrap()
    }

    #[test]
    fn odd_names_are_quoted_for_python_and_for_the_shell() {
        let text = snakefile(&graph(), &[], &["--seed".to_owned(), "1 2".to_owned()]).unwrap();
        for line in [
            "rule s__clean__it_s__odd_:\n",
            "        \"raw/a \\\"b\\\" $c é.log\",\n",
            "        \"derived/it's\",\n",
            r#""{PROGRAM:q} --quiet stage 's/clean/it'\\''s {{odd}}' --seed '1 2' {OPTIONS} > /dev/null""#,
            "    group: \"s__stats\"\n",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        let braces = Stage::new("s").output("out", "derived/{x}").run(|_| Ok(()));
        let failure = snakefile(&Graph::new(vec![braces]).unwrap(), &[], &[]).unwrap_err();
        assert!(failure.message.contains("derived/{x}"), "{}", failure.message);
    }

    #[test]
    fn rules_have_short_names_of_their_own() {
        let ids = [
            "s/clean/a-b",
            "s/clean/a.b",
            "2/é",
            "a-study/of-many-things/and-a-long-name",
            "a-study/of-many-things/the-long-name",
        ];
        let stages = ids.map(|id| Stage::new(id).output("out", id).run(|_| Ok(())));
        let names = rules(&stages.each_ref());
        assert_eq!(names[0], "s__clean__a_b");
        assert_eq!(names[2], "_2___");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{names:?}");
        for name in names {
            assert!(
                name.len() <= LONGEST && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
                "{name}"
            );
        }
    }

    #[test]
    fn targets_are_the_results_and_what_they_need_are_rules() {
        let text = snakefile(&graph(), &["s/clean".to_owned()], &[]).unwrap();
        assert!(text.contains("rule all:\n    input:\n        \"derived/it's\",\n\nrule s__clean"), "{text}");
        assert!(!text.contains("rule s__stats"), "{text}");
        let text = snakefile(&graph(), &["s/stats/2".to_owned()], &[]).unwrap();
        assert!(text.contains("rule all:\n    input:\n        \"derived/two\",\n\nrule s__clean"), "{text}");
        assert!(snakefile(&graph(), &["nothing".to_owned()], &[]).is_err());
    }
}
