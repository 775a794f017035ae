//! The graph: stages joined by the paths that one writes and another reads.

use std::collections::BTreeSet;
use std::mem;
use std::path::{Component, Path};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::stage::{Name, Stage};

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

/// How much a name must be like another to be meant, between 0 and 1.
const LIKE: f64 = 0.6;

/// Stages in an order in which each comes after those it reads from.
pub struct Graph {
    pub(crate) stages: Vec<Stage>,
    pub(crate) files: Names,
    /// For each stage: the stages that read from it, ascending.
    pub(crate) dependants: Vec<Vec<usize>>,
}

/// The files that the stages name, by number: everything that is known of a file stands in a list
/// at its number, so that a path is looked up once.
#[derive(Default)]
pub(crate) struct Names {
    /// Each path once, in the order in which the stages were declared.
    pub(crate) paths: Vec<Name>,
    /// For each file: the stage that makes it and the place among its outputs; `None` for a source.
    pub(crate) writers: Vec<Option<(usize, usize)>>,
    /// For each stage: the files it reads, in declared order.
    pub(crate) reads: Vec<Vec<usize>>,
    /// For each stage: the files it makes, in declared order.
    pub(crate) writes: Vec<Vec<usize>>,
}

impl Graph {
    /// Joins stages into a graph.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub fn new(stages: Vec<Stage>) -> Result<Self, GraphError> {
        let declared = Names::of(&stages)?;
        let order = topological_order(&stages, &declared)?;
        let (stages, files) = if order.is_sorted() { (stages, declared) } else { reordered(stages, declared, &order) };
        let mut dependants: Vec<Vec<usize>> = vec![Vec::new(); stages.len()];
        for reader in 0..stages.len() {
            for origin in files.origins(reader) {
                // A stage may read several outputs of another: readers come in ascending order.
                if dependants[origin].last() != Some(&reader) {
                    dependants[origin].push(reader);
                }
            }
        }
        Ok(Self { stages, files, dependants })
    }

    /// The stages, each after those it reads from.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Ids of the stages that `id` reads from, in order, each once.
    pub fn reads_from(&self, id: &str) -> Vec<&str> {
        let Some(stage) = self.index(id) else { return Vec::new() };
        let read: BTreeSet<usize> = self.files.origins(stage).collect();
        read.into_iter().map(|s| self.stages[s].id.as_str()).collect()
    }

    /// The stages that `targets` need, themselves included, each after those it reads from; all stages
    /// where there is no target.
    ///
    /// # Errors
    /// When a target is unknown.
    pub fn needed(&self, targets: &[String]) -> Result<Vec<&Stage>, GraphError> {
        let selected = self.select(targets)?;
        Ok(self.stages.iter().zip(selected).filter_map(|(stage, selected)| selected.then_some(stage)).collect())
    }

    /// Ids of the stages that a target names: a stage's id, a leading part of ids up to a `/`, or
    /// the path of an output.
    ///
    /// # Errors
    /// When it names none.
    pub fn named(&self, target: &str) -> Result<Vec<&str>, GraphError> {
        Ok(self.matching(target)?.into_iter().map(|stage| self.stages[stage].id.as_str()).collect())
    }

    /// The place of the stage with an id.
    pub(crate) fn index(&self, id: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.id == id)
    }

    fn matching(&self, target: &str) -> Result<Vec<usize>, GraphError> {
        let target = target.trim_end_matches('/');
        let names = |stage: &Stage| {
            let in_group = stage.id.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            in_group || stage.outputs.iter().any(|output| *output.path == *target)
        };
        let found: Vec<usize> = (0..self.stages.len()).filter(|&stage| names(&self.stages[stage])).collect();
        if found.is_empty() {
            return Err(self.unknown(target));
        }
        Ok(found)
    }

    /// Which stages `targets` need, themselves included; all where there is no target.
    pub(crate) fn select(&self, targets: &[String]) -> Result<Vec<bool>, GraphError> {
        if targets.is_empty() {
            return Ok(vec![true; self.stages.len()]);
        }
        let mut selected = vec![false; self.stages.len()];
        for target in targets {
            self.matching(target)?.into_iter().for_each(|stage| selected[stage] = true);
        }
        for stage in (0..self.stages.len()).rev() {
            if selected[stage] {
                self.files.origins(stage).for_each(|origin| selected[origin] = true);
            }
        }
        Ok(selected)
    }

    pub(crate) fn unknown(&self, target: &str) -> GraphError {
        GraphError::UnknownTarget { target: target.to_owned(), nearest: self.nearest(target) }
    }

    /// The id, group or output path that is most like `target`, or whose last part is; the shortest of several.
    fn nearest(&self, target: &str) -> Option<String> {
        let groups = |id: &str| id.match_indices('/').map(|(at, _)| at).collect::<Vec<_>>();
        let ids = self.stages.iter().map(|stage| stage.id.as_str());
        let ids = ids.flat_map(|id| groups(id).into_iter().filter_map(|at| id.get(..at)).chain([id]));
        let outputs = self.stages.iter().flat_map(|stage| stage.outputs.iter().map(|output| &*output.path));
        let likeness = |name: &str| {
            let last = name.rsplit('/').next().unwrap_or(name);
            if target.len() >= 3 && name.starts_with(target) {
                1.0
            } else {
                let like = |name: &str| strsim::normalized_damerau_levenshtein(name, target);
                like(name).max(like(last))
            }
        };
        let alike = ids.chain(outputs).map(|name| (likeness(name), name)).filter(|(likeness, _)| *likeness >= LIKE);
        let shorter = |a: &str, b: &str| b.len().cmp(&a.len()).then_with(|| b.cmp(a));
        alike.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| shorter(a.1, b.1))).map(|(_, name)| name.to_owned())
    }
}

impl Names {
    /// Numbers the files, and checks each declaration by itself and against the others.
    fn of(stages: &[Stage]) -> Result<Self, GraphError> {
        // Room for as many files as there can be: to grow on the way costs more.
        let files = stages.iter().map(|stage| stage.inputs.len() + stage.outputs.len()).sum();
        let mut numbers = Numbers::default();
        numbers.numbers.reserve(files);
        numbers.names.paths.reserve(files);
        numbers.names.writers.reserve(files);
        let mut ids = FxHashSet::with_capacity_and_hasher(stages.len(), FxBuildHasher);
        for (s, stage) in stages.iter().enumerate() {
            if !ids.insert(stage.id.as_str()) {
                return Err(GraphError::DuplicateStage(stage.id.clone()));
            }
            if stage.outputs.is_empty() {
                return Err(GraphError::NoOutput(stage.id.clone()));
            }
            let (inputs, outputs) = (stage.inputs.iter().map(|i| &*i.role), stage.outputs.iter().map(|o| &*o.role));
            if let Some(role) = first_repeated(inputs).or_else(|| first_repeated(outputs)) {
                return Err(GraphError::DuplicateRole { stage: stage.id.clone(), role: role.to_owned() });
            }
            let reads = stage.inputs.iter().map(|input| numbers.of(stage, &input.path)).collect::<Result<_, _>>()?;
            let writes: Vec<usize> =
                stage.outputs.iter().map(|output| numbers.of(stage, &output.path)).collect::<Result<_, _>>()?;
            for (o, &file) in writes.iter().enumerate() {
                if let Some((first, _)) = numbers.names.writers[file].replace((s, o)) {
                    let (first, second) = (stages[first].id.clone(), stage.id.clone());
                    return Err(GraphError::DuplicateOutput { path: stage.outputs[o].path.to_string(), first, second });
                }
            }
            numbers.names.reads.push(reads);
            numbers.names.writes.push(writes);
        }
        let Numbers { names, numbers } = numbers;
        names.check_folders(stages, &numbers)?;
        Ok(names)
    }

    /// Checks that no output lies below another.
    fn check_folders(&self, stages: &[Stage], numbers: &FxHashMap<&str, usize>) -> Result<(), GraphError> {
        for (path, writer) in self.paths.iter().zip(&self.writers) {
            let Some((second, _)) = writer else { continue };
            for (end, _) in path.match_indices('/') {
                let folder = &path[..end];
                if let Some((first, _)) = numbers.get(folder).and_then(|&file| self.writers[file]) {
                    let (first, second) = (stages[first].id.clone(), stages[*second].id.clone());
                    return Err(GraphError::OutputBelowOutput {
                        file: folder.to_owned(),
                        path: path.to_string(),
                        first,
                        second,
                    });
                }
            }
        }
        Ok(())
    }

    /// The stages that a stage reads from, in the order of its inputs.
    pub(crate) fn origins(&self, stage: usize) -> impl Iterator<Item = usize> {
        self.reads[stage].iter().filter_map(|&file| self.writers[file]).map(|(origin, _)| origin)
    }
}

/// The numbers of the files met so far.
#[derive(Default)]
struct Numbers<'a> {
    numbers: FxHashMap<&'a str, usize>,
    names: Names,
}

impl<'a> Numbers<'a> {
    fn of(&mut self, stage: &Stage, path: &'a Name) -> Result<usize, GraphError> {
        if let Some(&number) = self.numbers.get(&**path) {
            return Ok(number);
        }
        if !is_inside(path) {
            return Err(GraphError::BadPath { stage: stage.id.clone(), path: path.to_string() });
        }
        let number = self.names.paths.len();
        self.numbers.insert(path, number);
        self.names.paths.push(Name::clone(path));
        self.names.writers.push(None);
        Ok(number)
    }
}

/// The first name that was there before.
fn first_repeated<'a>(mut names: impl ExactSizeIterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if names.len() > 8 {
        let mut seen = FxHashSet::default();
        return names.find(|&name| !seen.insert(name));
    }
    // A few are compared faster than they are hashed.
    let all = names.clone();
    names.enumerate().find(|&(i, name)| all.clone().take(i).any(|other| other == name)).map(|(_, name)| name)
}

/// Whether a path stays below the workspace, and has only one spelling.
pub(crate) fn is_inside(path: &str) -> bool {
    // A Windows path could begin with a drive, which `components` knows.
    let normal = cfg!(unix) || Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    normal && !path.contains(['\\', '\0']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Brings stages, and what is said of them, into another order.
fn reordered(stages: Vec<Stage>, names: Names, order: &[usize]) -> (Vec<Stage>, Names) {
    let mut places = vec![0; stages.len()];
    order.iter().enumerate().for_each(|(place, &stage)| places[stage] = place);
    let Names { paths, writers, mut reads, mut writes } = names;
    let writers = writers.into_iter().map(|writer| writer.map(|(stage, output)| (places[stage], output))).collect();
    let reads = order.iter().map(|&stage| mem::take(&mut reads[stage])).collect();
    let writes = order.iter().map(|&stage| mem::take(&mut writes[stage])).collect();
    let mut slots: Vec<Option<Stage>> = stages.into_iter().map(Some).collect();
    let stages = order.iter().filter_map(|&stage| slots[stage].take()).collect();
    (stages, Names { paths, writers, reads, writes })
}

/// Depth first, in declared order, so that the order is the same on every machine.
fn topological_order(stages: &[Stage], names: &Names) -> Result<Vec<usize>, GraphError> {
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
            let Some(&file) = names.reads[*stage].get(*next) else {
                marks[*stage] = Mark::Done;
                order.push(*stage);
                open.pop();
                continue;
            };
            *next += 1;
            match names.writers[file] {
                Some((origin, _)) if marks[origin] == Mark::New => {
                    marks[origin] = Mark::Open;
                    open.push((origin, 0));
                }
                Some((origin, _)) if marks[origin] == Mark::Open => {
                    let start = open.iter().position(|&(s, _)| s == origin).unwrap_or(0);
                    let mut cycle: Vec<String> = open[start..].iter().map(|&(s, _)| stages[s].id.clone()).collect();
                    cycle.push(stages[origin].id.clone());
                    return Err(GraphError::Cycle(cycle));
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
        for (target, expected) in [
            ("s/stat", Some("s/stats")),
            ("staats/b", Some("s/stats/b")),
            ("clena/a", Some("s/clean/a")),
            ("xyz", None),
        ] {
            assert_eq!(graph.nearest(target).as_deref(), expected, "{target}");
        }
    }
}
