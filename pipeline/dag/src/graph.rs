//! The graph: stages joined by the paths that one writes and another reads.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path};

use crate::stage::{Input, Stage};

/// Why stages do not make a graph. Each is a mistake in their declarations.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two stages have the same id.
    #[error("two stages are named {0}; ids must be unique")]
    DuplicateStage(String),
    /// Two stages write to the same path.
    #[error("{path} is an output of both {first} and {second}; a path has one writer")]
    DuplicateOutput { path: String, first: String, second: String },
    /// A path would have to be a file and a folder.
    #[error(
        "{file} is an output of {first}, and {second} has the output {path} below it; a path is a file or a folder"
    )]
    OutputBelowOutput { file: String, path: String, first: String, second: String },
    /// A stage uses a role twice.
    #[error("stage {stage} uses the role {role} twice")]
    DuplicateRole { stage: String, role: String },
    /// A path leaves the workspace.
    #[error(
        "stage {stage} declares the path {path:?}; expected one below the workspace, with '/' and without '.' or '..'"
    )]
    BadPath { stage: String, path: String },
    /// A stage without outputs would never be fresh.
    #[error("stage {0} has no output; declare at least one")]
    NoOutput(String),
    /// Stages wait for each other.
    #[error("these stages wait for each other: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// A target names neither a stage nor an output.
    #[error("there is no stage, output or group {target:?}{}", nearest.as_ref().map_or_else(String::new, |s| format!("; did you mean {s}?")))]
    UnknownTarget { target: String, nearest: Option<String> },
}

/// Stages in an order in which each comes after those it reads from.
pub struct Graph {
    pub(crate) stages: Vec<Stage>,
    /// For each stage and each of its inputs: the stage and output that it reads, or a source file.
    pub(crate) origins: Vec<Vec<Option<(usize, usize)>>>,
    /// For each stage: the stages that read from it, ascending.
    pub(crate) dependants: Vec<Vec<usize>>,
}

impl Graph {
    /// Joins stages into a graph.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub fn new(stages: Vec<Stage>) -> Result<Self, GraphError> {
        let writers = check_declarations(&stages)?;
        let order = topological_order(&stages, &writers)?;
        let mut slots: Vec<Option<Stage>> = stages.into_iter().map(Some).collect();
        let stages: Vec<Stage> = order.iter().filter_map(|&i| slots[i].take()).collect();

        let mut outputs: HashMap<&str, (usize, usize)> = HashMap::new();
        for (s, stage) in stages.iter().enumerate() {
            for (o, output) in stage.outputs.iter().enumerate() {
                outputs.insert(&output.path, (s, o));
            }
        }
        let origin = |input: &Input| outputs.get(input.path.as_str()).copied();
        let origins: Vec<Vec<_>> = stages.iter().map(|s| s.inputs.iter().map(origin).collect()).collect();
        let mut dependants = vec![Vec::new(); stages.len()];
        for (reader, origins) in origins.iter().enumerate() {
            let read: BTreeSet<usize> = origins.iter().flatten().map(|&(stage, _)| stage).collect();
            read.into_iter().for_each(|stage| dependants[stage].push(reader));
        }
        Ok(Self { stages, origins, dependants })
    }

    /// The stages, each after those it reads from.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Ids of the stages that `id` reads from, in order, each once.
    pub fn reads_from(&self, id: &str) -> Vec<&str> {
        let Some(stage) = self.stages.iter().position(|s| s.id == id) else { return Vec::new() };
        let read: BTreeSet<usize> = self.origins[stage].iter().flatten().map(|&(s, _)| s).collect();
        read.into_iter().map(|s| self.stages[s].id.as_str()).collect()
    }

    /// Which stages `targets` need, themselves included; all where there is no target. A target is
    /// a stage's id, a leading part of ids up to a `/`, or the path of an output.
    pub(crate) fn select(&self, targets: &[String]) -> Result<Vec<bool>, GraphError> {
        if targets.is_empty() {
            return Ok(vec![true; self.stages.len()]);
        }
        let mut selected = vec![false; self.stages.len()];
        for target in targets {
            let target = target.trim_end_matches('/');
            let mut found = false;
            for (i, stage) in self.stages.iter().enumerate() {
                let in_group =
                    stage.id.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                if in_group || stage.outputs.iter().any(|output| output.path == target) {
                    selected[i] = true;
                    found = true;
                }
            }
            if !found {
                let nearest = self.nearest(target);
                return Err(GraphError::UnknownTarget { target: target.to_owned(), nearest });
            }
        }
        for stage in (0..self.stages.len()).rev() {
            if selected[stage] {
                self.origins[stage].iter().flatten().for_each(|&(origin, _)| selected[origin] = true);
            }
        }
        Ok(selected)
    }

    /// The id or output path that shares the longest ending or beginning with `target`.
    fn nearest(&self, target: &str) -> Option<String> {
        let common = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
        let common_end = |a: &str, b: &str| a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
        let names = self.stages.iter().flat_map(|s| std::iter::once(&s.id).chain(s.outputs.iter().map(|o| &o.path)));
        names
            .map(|name| (common(name, target).max(common_end(name, target)), name))
            .filter(|(shared, _)| *shared >= 3)
            .max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)))
            .map(|(_, name)| name.clone())
    }
}

/// Checks each declaration by itself and against the others; returns who writes which path.
fn check_declarations(stages: &[Stage]) -> Result<HashMap<String, usize>, GraphError> {
    let mut ids = BTreeSet::new();
    let mut writers: HashMap<String, usize> = HashMap::new();
    for (i, stage) in stages.iter().enumerate() {
        if !ids.insert(stage.id.as_str()) {
            return Err(GraphError::DuplicateStage(stage.id.clone()));
        }
        if stage.outputs.is_empty() {
            return Err(GraphError::NoOutput(stage.id.clone()));
        }
        let inputs = stage.inputs.iter().map(|input| (&input.role, &input.path));
        let outputs = stage.outputs.iter().map(|output| (&output.role, &output.path));
        for declared in [inputs.collect::<Vec<_>>(), outputs.collect()] {
            let mut roles = BTreeSet::new();
            for (role, path) in declared {
                if !roles.insert(role) {
                    return Err(GraphError::DuplicateRole { stage: stage.id.clone(), role: role.clone() });
                }
                if !is_inside(path) {
                    return Err(GraphError::BadPath { stage: stage.id.clone(), path: path.clone() });
                }
            }
        }
        for output in &stage.outputs {
            if let Some(first) = writers.insert(output.path.clone(), i) {
                let (first, second) = (stages[first].id.clone(), stage.id.clone());
                return Err(GraphError::DuplicateOutput { path: output.path.clone(), first, second });
            }
        }
    }
    let outputs: BTreeSet<&str> = writers.keys().map(String::as_str).collect();
    for output in &outputs {
        let folders = output.match_indices('/').map(|(end, _)| &output[..end]);
        if let Some(file) = folders.into_iter().find(|folder| outputs.contains(folder)) {
            let (first, second) = (stages[writers[file]].id.clone(), stages[writers[*output]].id.clone());
            return Err(GraphError::OutputBelowOutput {
                file: file.to_owned(),
                path: (*output).to_owned(),
                first,
                second,
            });
        }
    }
    Ok(writers)
}

fn is_inside(path: &str) -> bool {
    let normal = Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
    // `components` drops what a plain join would keep: "a//b", "a/./b" and a slash at the end.
    normal && !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Depth first, in declared order, so that the order is the same on every machine.
fn topological_order(stages: &[Stage], writers: &HashMap<String, usize>) -> Result<Vec<usize>, GraphError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; stages.len()];
    let mut order = Vec::with_capacity(stages.len());
    for root in 0..stages.len() {
        // A stack of (stage, next input to follow): no recursion, a chain may be long.
        let mut open = if marks[root] == Mark::New { vec![(root, 0)] } else { continue };
        marks[root] = Mark::Open;
        while let Some((stage, next)) = open.last_mut() {
            let Some(input) = stages[*stage].inputs.get(*next) else {
                marks[*stage] = Mark::Done;
                order.push(*stage);
                open.pop();
                continue;
            };
            *next += 1;
            match writers.get(&input.path) {
                Some(&origin) if marks[origin] == Mark::New => {
                    marks[origin] = Mark::Open;
                    open.push((origin, 0));
                }
                Some(&origin) if marks[origin] == Mark::Open => {
                    let start = open.iter().position(|&(s, _)| s == origin).unwrap_or(0);
                    let mut names: Vec<String> = open[start..].iter().map(|&(s, _)| stages[s].id.clone()).collect();
                    names.push(stages[origin].id.clone());
                    return Err(GraphError::Cycle(names));
                }
                _ => {}
            }
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(id: &str, inputs: &[&str], outputs: &[&str]) -> Stage {
        let mut builder = Stage::new(id);
        for path in inputs {
            builder = builder.source(*path, *path);
        }
        for path in outputs {
            builder = builder.output(*path, *path);
        }
        builder.run(|_| Ok(()))
    }

    fn error(stages: Vec<Stage>) -> GraphError {
        Graph::new(stages).err().expect("an error")
    }

    #[test]
    fn readers_come_after_writers_whatever_the_declared_order() {
        let graph =
            Graph::new(vec![stage("c", &["b"], &["c"]), stage("b", &["a"], &["b"]), stage("a", &["raw"], &["a"])]);
        let graph = graph.unwrap();
        let ids: Vec<_> = graph.stages().iter().map(Stage::id).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert_eq!(graph.reads_from("c"), ["b"]);
        assert_eq!(graph.dependants, [vec![1], vec![2], vec![]]);
    }

    #[test]
    fn mistakes_in_declarations_are_named() {
        assert_eq!(
            error(vec![stage("a", &[], &["x"]), stage("a", &[], &["y"])]),
            GraphError::DuplicateStage("a".into())
        );
        assert!(matches!(
            error(vec![stage("a", &[], &["x"]), stage("b", &[], &["x"])]),
            GraphError::DuplicateOutput { .. }
        ));
        let below = error(vec![stage("a", &[], &["x"]), stage("b", &[], &["x/y"])]);
        assert!(matches!(below, GraphError::OutputBelowOutput { .. }));
        assert_eq!(error(vec![stage("a", &["x"], &[])]), GraphError::NoOutput("a".into()));
        for path in ["/etc/passwd", "../x", "a/../../x", "", "a//b", "a/", "./a", "a\\b"] {
            assert!(matches!(error(vec![stage("a", &[], &[path])]), GraphError::BadPath { .. }), "{path}");
        }
        let cycle = error(vec![stage("a", &["z"], &["x"]), stage("b", &["x"], &["y"]), stage("c", &["y"], &["z"])]);
        assert_eq!(cycle.to_string(), "these stages wait for each other: a -> c -> b -> a");
    }

    #[test]
    fn targets_bring_what_they_need_and_nothing_else() {
        let graph = Graph::new(vec![
            stage("s/clean/a", &["raw"], &["a"]),
            stage("s/stats/b", &["a"], &["b"]),
            stage("t/stats/c", &["a"], &["c"]),
        ])
        .unwrap();
        assert_eq!(graph.select(&["s/stats".into()]).unwrap(), [true, true, false]);
        assert_eq!(graph.select(&["c".into()]).unwrap(), [true, false, true]);
        assert_eq!(graph.select(&["s".into()]).unwrap(), [true, true, false]);
        let unknown = graph.select(&["s/stats/x".into()]).unwrap_err();
        assert_eq!(unknown.to_string(), "there is no stage, output or group \"s/stats/x\"; did you mean s/stats/b?");
    }
}
