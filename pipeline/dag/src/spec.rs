//! Graphs written down as JSON, for builds that need no program of their own.
//!
//! ```json
//! [
//!   {
//!     "id": "clean/watts",
//!     "command": "grep -v '^#' raw/watts.csv | sort > derived/watts.csv",
//!     "inputs": ["raw/watts.csv"],
//!     "outputs": ["derived/watts.csv"]
//!   },
//!   {
//!     "id": "stats/fit",
//!     "command": ["Rscript", "scripts/fit.R", "derived/watts.csv", "derived/fit.csv"],
//!     "inputs": ["scripts/fit.R", "derived/watts.csv"],
//!     "outputs": ["derived/fit.csv"],
//!     "env": { "LC_ALL": "C.UTF-8", "R_LIBS_USER": null }
//!   }
//! ]
//! ```
//!
//! A command is a line for `/bin/sh -c`, or a list of a program and its arguments. Paths are
//! relative to the workspace, with `/`; the command runs in a folder that mirrors the workspace and
//! holds the inputs only ([`Command`]). A variable in `env` has the value given; with `null` it has
//! the value that it has where the build is started. `inputs` and `env` may be left out.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, SeqAccess, Visitor};

use crate::command::Command;
use crate::stage::{Name, Stage};

/// What is wrong with a graph in JSON, and where.
#[derive(Debug, thiserror::Error)]
#[error("line {}, column {}: {}", .0.line(), .0.column(), message(.0))]
pub struct SpecError(#[from] serde_json::Error);

/// The error without the position, which `serde_json` puts at its end.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&end).map_or(text.clone(), str::to_owned)
}

/// Reads the stages of a graph. Roles of inputs and outputs are their paths.
///
/// # Errors
/// When it is no JSON, or not of the form above, or a variable that a stage wants from here is not
/// Unicode.
pub fn stages(json: &[u8]) -> Result<Vec<Stage>, SpecError> {
    let Stages(stages) = serde_json::from_slice(json)?;
    Ok(stages)
}

/// The stages, each made as soon as it is read: a large graph is not held twice.
struct Stages(Vec<Stage>);

impl<'de> Deserialize<'de> for Stages {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(StagesVisitor)
    }
}

struct StagesVisitor;

impl<'de> Visitor<'de> for StagesVisitor {
    type Value = Stages;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of stages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Stages, A::Error> {
        let mut stages = Vec::new();
        while let Some(entry) = list.next_element::<Entry>()? {
            stages.push(entry.stage()?);
        }
        Ok(Stages(stages))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    command: Words,
    #[serde(default)]
    inputs: Vec<Path>,
    outputs: Vec<Path>,
    #[serde(default)]
    env: BTreeMap<String, Option<String>>,
}

impl Entry {
    fn stage<E: de::Error>(self) -> Result<Stage, E> {
        let Self { id, command: Words(mut command), inputs, outputs, env } = self;
        for (name, value) in env {
            command = match value {
                Some(value) => command.env(name, value),
                None => command.env_from_here(name).map_err(|error| E::custom(format!("stage {id}: {error}")))?,
            };
        }
        let names = |paths: Vec<Path>| paths.into_iter().map(|path| path.0).collect();
        Ok(Stage::new(id).paths(names(inputs), names(outputs)).command(command))
    }
}

struct Path(Name);

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(PathVisitor)
    }
}

struct PathVisitor;

impl Visitor<'_> for PathVisitor {
    type Value = Path;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path relative to the workspace")
    }

    fn visit_str<E: de::Error>(self, path: &str) -> Result<Path, E> {
        Ok(Path(path.into()))
    }
}

/// A command in either form.
struct Words(Command);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordsVisitor)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line for the shell, or a list of a program and its arguments")
    }

    fn visit_str<E: de::Error>(self, line: &str) -> Result<Words, E> {
        Ok(Words(Command::shell(line)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
        let mut arguments: Vec<String> = Vec::new();
        while let Some(argument) = list.next_element()? {
            arguments.push(argument);
        }
        if arguments.is_empty() {
            return Err(de::Error::invalid_length(0, &self));
        }
        Ok(Words(Command::of_arguments(arguments)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_command_and_its_environment_are_read() {
        let json = br#"[
            {"id": "a", "command": "cat x > y", "inputs": ["x"], "outputs": ["y"]},
            {"id": "b", "command": ["true", "-v"], "outputs": ["z"], "env": {"LANG": "C", "DAG_SURELY_NOT_SET": null}}
        ]"#;
        let stages = stages(json).unwrap();
        assert_eq!(stages[0].inputs().collect::<Vec<_>>(), [("x", "x")]);
        assert_eq!(stages[0].parameters, Command::shell("cat x > y").canonical());
        assert_eq!(stages[1].outputs().collect::<Vec<_>>(), [("z", "z")]);
        assert_eq!(stages[1].parameters, Command::new("true", ["-v"]).env("LANG", "C").canonical());
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let error = |json: &str| stages(json.as_bytes()).err().unwrap().to_string();
        assert_eq!(error("[\n{\"id\": \"a\"}]"), "line 2, column 11: missing field `command`");
        assert!(error(r#"[{"id": "a", "input": []}]"#).contains("unknown field `input`, expected one of `id`"));
        assert!(error(r#"[{"id": "a", "command": [], "outputs": []}]"#).contains("a program and its arguments"));
        assert!(error(r#"[{"id": "a", "command": 7, "outputs": []}]"#).contains("a line for the shell"));
        assert!(stages(b"[{\"id\": \"\xff\"}]").is_err());
        assert!(error("{}").contains("expected an array of stages"));
    }
}
