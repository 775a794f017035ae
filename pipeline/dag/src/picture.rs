//! The graph as a picture: for Graphviz, for Mermaid, and as JSON for everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use serde::Serialize;

use crate::graph::{Graph, GraphError};

/// A form in which a graph can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The language of Graphviz: `dot -Tsvg`.
    Dot,
    /// The language of Mermaid, which many web pages draw.
    Mermaid,
    /// Stages with their inputs and outputs.
    Json,
}

#[derive(Serialize)]
struct Node<'a> {
    id: &'a str,
    inputs: Vec<Input<'a>>,
    outputs: Vec<&'a str>,
}

#[derive(Serialize)]
struct Input<'a> {
    path: &'a str,
    /// The stage that makes it; a source file has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
}

impl Graph {
    /// The stages that `targets` need, themselves included, and which reads from which; all stages
    /// where there is no target.
    ///
    /// # Errors
    /// When a target is unknown.
    pub fn picture(&self, picture: Picture, targets: &[String]) -> Result<String, GraphError> {
        let selected = self.select(targets)?;
        let indices: Vec<usize> = (0..self.stages.len()).filter(|&stage| selected[stage]).collect();
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = match picture {
            Picture::Dot => self.dot(&mut text, &indices),
            Picture::Mermaid => self.mermaid(&mut text, &indices),
            Picture::Json => self.json(&mut text, &indices),
        };
        Ok(text)
    }

    /// The stages by group: what stands before the first `/` of their ids.
    fn groups(&self, indices: &[usize]) -> BTreeMap<&str, Vec<usize>> {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &index in indices {
            let id = &self.stages[index].id;
            let group = id.split_once('/').map_or("", |(group, _)| group);
            groups.entry(group).or_default().push(index);
        }
        groups
    }

    /// The name of a stage within its group.
    fn short(&self, index: usize) -> &str {
        let id = &self.stages[index].id;
        id.split_once('/').map_or(id.as_str(), |(_, name)| name)
    }

    /// The stages that a stage reads from, ascending, each once.
    fn origins_of(&self, index: usize) -> BTreeSet<usize> {
        self.files.origins(index).collect()
    }

    fn dot(&self, text: &mut String, indices: &[usize]) -> fmt::Result {
        writeln!(text, "digraph stages {{\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];")?;
        for (number, (group, members)) in self.groups(indices).into_iter().enumerate() {
            writeln!(text, "  subgraph cluster_{number} {{\n    label={};", quoted(group))?;
            for index in members {
                let (id, name) = (&self.stages[index].id, self.short(index));
                writeln!(text, "    {} [label={}];", quoted(id), quoted(name))?;
            }
            writeln!(text, "  }}")?;
        }
        for &reader in indices {
            for origin in self.origins_of(reader) {
                let (from, to) = (&self.stages[origin].id, &self.stages[reader].id);
                writeln!(text, "  {} -> {};", quoted(from), quoted(to))?;
            }
        }
        writeln!(text, "}}")
    }

    fn mermaid(&self, text: &mut String, indices: &[usize]) -> fmt::Result {
        writeln!(text, "flowchart LR")?;
        for (number, (group, members)) in self.groups(indices).into_iter().enumerate() {
            writeln!(text, "  subgraph g{number} [\"{}\"]", entities(group))?;
            for index in members {
                writeln!(text, "    s{index}[\"{}\"]", entities(self.short(index)))?;
            }
            writeln!(text, "  end")?;
        }
        for &reader in indices {
            for origin in self.origins_of(reader) {
                writeln!(text, "  s{origin} --> s{reader}")?;
            }
        }
        Ok(())
    }

    fn json(&self, text: &mut String, indices: &[usize]) -> fmt::Result {
        let node = |&index: &usize| {
            let stage = &self.stages[index];
            let writer = |&file: &usize| self.files.writers[file].map(|(stage, _)| self.stages[stage].id.as_str());
            let origins = self.files.reads[index].iter().map(writer);
            let inputs = stage.inputs.iter().zip(origins).map(|(input, stage)| Input { path: &input.path, stage });
            let outputs = stage.outputs.iter().map(|output| &*output.path).collect();
            Node { id: &stage.id, inputs: inputs.collect(), outputs }
        };
        let nodes: Vec<Node<'_>> = indices.iter().map(node).collect();
        let json = serde_json::to_string_pretty(&nodes).map_err(|_| fmt::Error)?;
        writeln!(text, "{json}")
    }
}

/// A quoted name of Graphviz.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text between quotes of Mermaid.
fn entities(name: &str) -> String {
    name.replace('#', "#35;").replace('"', "#quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stage;

    fn graph() -> Graph {
        let stage = |id: &str, input: &str, output: &str| {
            Stage::new(id).source("in", input).output("out", output).run(|_| Ok(()))
        };
        Graph::new(vec![stage("a/one", "raw", "x"), stage("a/\"two\"", "x", "y"), stage("b/three", "raw", "z")])
            .unwrap()
    }

    #[test]
    fn graphviz() {
        let expected = "digraph stages {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n  \
                        subgraph cluster_0 {\n    label=\"a\";\n    \"a/one\" [label=\"one\"];\n    \"a/\\\"two\\\"\" \
                        [label=\"\\\"two\\\"\"];\n  }\n  \"a/one\" -> \"a/\\\"two\\\"\";\n}\n";
        assert_eq!(graph().picture(Picture::Dot, &["y".to_owned()]).unwrap(), expected);
    }

    #[test]
    fn mermaid() {
        let text = graph().picture(Picture::Mermaid, &[]).unwrap();
        assert!(text.starts_with("flowchart LR\n  subgraph g0 [\"a\"]\n"), "{text}");
        assert!(text.contains("[\"#quot;two#quot;\"]") && text.matches("-->").count() == 1, "{text}");
    }

    #[test]
    fn json() {
        let text = graph().picture(Picture::Json, &["a".to_owned()]).unwrap();
        let nodes: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(nodes.as_array().unwrap().len(), 2);
        assert_eq!(nodes[0]["inputs"][0], serde_json::json!({ "path": "raw" }));
        assert_eq!(nodes[1]["inputs"][0], serde_json::json!({ "path": "x", "stage": "a/one" }));
    }
}
