//! Whether a stage is right, and if not what to do: the same for a build and for a plan.

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::digest::Digest;
use crate::files::{Files, Known};
use crate::graph::Graph;
use crate::job::{Job, Outputs};
use crate::key;
use crate::problem::Problem;
use crate::report::Reason;
use crate::stage::{Input, Stage};
use crate::state::{Last, State};
use crate::store::{Manifest, Store};

/// What is known of the stages and files of a graph, and what is remembered of them.
pub(crate) struct Judge<'a> {
    graph: &'a Graph,
    store: &'a Store,
    pub(crate) files: Files<'a>,
    /// The last run of each stage.
    lasts: Vec<Option<Last>>,
    /// Digests of the outputs of stages that are right, by file.
    made: Vec<Option<Digest>>,
    /// Of other graphs, to be remembered on.
    other_stages: Vec<(&'a str, Last)>,
    other_files: Vec<(&'a str, Known)>,
    /// Whether a stage has another last run than at the start.
    changed: bool,
}

pub(crate) enum Decision<'a> {
    /// The outputs are right. With reasons, the stage had to be looked up in the store.
    Right(Digest, Vec<Reason>),
    /// The outputs must be put in place or made.
    Job(Job<'a>),
    Failed(Problem),
}

impl<'a> Judge<'a> {
    pub(crate) fn new(graph: &'a Graph, root: &Path, store: &'a Store, state: State<'a>) -> Self {
        let State { mut stages, mut files } = state;
        let lasts = graph.stages.iter().map(|stage| stages.take(&stage.id)).collect();
        let known = graph.files.paths.iter().map(|path| files.take(path)).collect();
        let (other_stages, other_files) = (stages.others(), files.others());
        let made = vec![None; graph.files.paths.len()];
        let files = Files::new(root, &graph.files.paths, known);
        Self { graph, store, files, lasts, made, other_stages, other_files, changed: false }
    }

    /// Looks at all files that the selected stages name, on up to `threads` threads.
    pub(crate) fn look_ahead(&mut self, selected: &[bool], threads: usize) {
        let names = &self.graph.files;
        let mut wanted = vec![false; names.paths.len()];
        for stage in (0..selected.len()).filter(|&stage| selected[stage]) {
            names.reads[stage].iter().chain(&names.writes[stage]).for_each(|&file| wanted[file] = true);
        }
        let wanted: Vec<usize> = (0..wanted.len()).filter(|&file| wanted[file]).collect();
        self.files.look_ahead(&wanted, threads);
    }

    /// What to do for a stage all of whose origins are right.
    pub(crate) fn decide(&mut self, index: usize) -> Decision<'a> {
        let (graph, store) = (self.graph, self.store);
        let stage = &graph.stages[index];
        let inputs = match self.inputs(index) {
            Ok(inputs) => inputs,
            Err(problem) => return Decision::Failed(problem),
        };
        let key = key::key(stage, &inputs);
        let last = self.lasts[index].as_ref();
        let unchanged = last.filter(|last| last.key == key && last.outputs.len() == stage.outputs.len());
        let (stored, mut reasons) = match unchanged {
            Some(last) => (Some(Cow::Borrowed(&last.outputs)), Vec::new()),
            None => (stored(store, stage, &key).map(Cow::Owned), self.reasons(index, &inputs)),
        };
        let mut wrong = Vec::new();
        for (i, (digest, &file)) in stored.iter().flat_map(|s| s.iter()).zip(&graph.files.writes[index]).enumerate() {
            let path = &*stage.outputs[i].path;
            let reason = match self.files.look(file) {
                Ok(Some(known)) if known.digest == *digest => continue,
                Ok(Some(_)) => Reason::OutputEdited { path: path.to_string() },
                Ok(None) => Reason::OutputMissing { path: path.to_string() },
                Err(error) => return Decision::Failed(Problem::io("look at the output", path, &error)),
            };
            wrong.push(i);
            if unchanged.is_some() {
                reasons.push(reason);
            }
        }
        match stored {
            Some(digests) if wrong.is_empty() => {
                for (&file, &digest) in graph.files.writes[index].iter().zip(digests.iter()) {
                    self.made[file] = Some(digest);
                }
                Decision::Right(key, reasons)
            }
            stored => {
                let ingredients = key::ingredients(stage, &inputs);
                let stored = stored.map(Cow::into_owned);
                Decision::Job(Job { index, stage, key, ingredients, stored, wrong, reasons })
            }
        }
    }

    /// Why a stage whose inputs have these digests is not as its last run left it.
    fn reasons(&self, index: usize, inputs: &[Digest]) -> Vec<Reason> {
        match self.history(index) {
            Ok(last) => self.differences(index, inputs, &last),
            Err(reason) => vec![reason],
        }
    }

    /// What is written down of a stage's last run, or the reason why nothing is.
    pub(crate) fn history(&self, index: usize) -> Result<Manifest, Reason> {
        let last = self.lasts[index].as_ref().ok_or(Reason::FirstRun)?;
        self.store.manifest(&last.key).ok_or(Reason::HistoryLost)
    }

    /// How a stage whose inputs have these digests differs from its last run.
    pub(crate) fn differences(&self, index: usize, inputs: &[Digest], last: &Manifest) -> Vec<Reason> {
        let stage = &self.graph.stages[index];
        let code = self.store.code(&last.ingredients.code);
        key::reasons(stage, &key::ingredients(stage, inputs), last, code.as_ref())
    }

    /// Digests of the inputs of a stage all of whose origins are right.
    fn inputs(&mut self, index: usize) -> Result<Vec<Digest>, Problem> {
        let names = &self.graph.files;
        let inputs = self.graph.stages[index].inputs.iter().zip(&names.reads[index]);
        inputs.map(|(input, &file)| self.input(input, file)).collect()
    }

    /// Digest of an input that is a source, or an output of a stage that is right.
    pub(crate) fn input(&mut self, input: &Input, file: usize) -> Result<Digest, Problem> {
        let digest = match self.made[file] {
            Some(digest) => digest,
            None => self.source(input, file)?,
        };
        match &input.pin {
            Some(pin) if pin.sha256 != digest => Err(Problem::new("the file is not the one that is pinned")
                .in_file(&*input.path)
                .expected(format!("sha256 {}, found {digest}", pin.sha256))
                .help(&pin.help)),
            _ => Ok(digest),
        }
    }

    /// Whether there is no file where a stage looks for its input.
    pub(crate) fn is_missing(&mut self, input: &Input, file: usize) -> Result<bool, Problem> {
        let found = self.files.look(file).map_err(|error| Problem::io("read", &*input.path, &error))?;
        Ok(found.is_none())
    }

    fn source(&mut self, input: &Input, file: usize) -> Result<Digest, Problem> {
        match self.files.look(file) {
            Ok(Some(known)) => Ok(known.digest),
            Ok(None) => {
                let help = input.pin.as_ref().map_or("put the file there, or correct the path", |pin| &pin.help);
                let problem = Problem::new("an input file is missing").in_file(&*input.path).help(help);
                Err(match &input.pin {
                    Some(pin) => problem.expected(format!("a file with sha256 {}", pin.sha256)),
                    None => problem,
                })
            }
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                let problem = Problem::new("an input is a folder").in_file(&*input.path);
                Err(problem.expected("a file").help("declare the files in it, each by itself"))
            }
            Err(error) => Err(Problem::io("read", &*input.path, &error)),
        }
    }

    /// Digests of the outputs of a stage, in declared order, if the stage is right.
    pub(crate) fn outputs(&self, index: usize) -> Vec<Digest> {
        self.graph.files.writes[index].iter().filter_map(|&file| self.made[file]).collect()
    }

    /// Takes the outputs of a stage for what the store says they are.
    pub(crate) fn foresee(&mut self, index: usize, digests: &[Digest]) {
        for (&file, &digest) in self.graph.files.writes[index].iter().zip(digests) {
            self.made[file] = Some(digest);
        }
    }

    /// Milliseconds that the last run of a stage took.
    pub(crate) fn took(&self, index: usize) -> Option<u64> {
        self.lasts[index].as_ref().map(|last| last.milliseconds)
    }

    /// Takes over the outputs that a job has put in place, and remembers the run, which took
    /// `took` if the stage's function or command ran.
    pub(crate) fn take_over(&mut self, index: usize, key: Digest, outputs: &Outputs, took: Option<Duration>) {
        for &(output, known) in &outputs.placed {
            self.files.insert(self.graph.files.writes[index][output], known);
        }
        self.foresee(index, &outputs.digests);
        self.remember(index, key, took);
    }

    /// Remembers that a stage is right.
    pub(crate) fn remember(&mut self, index: usize, key: Digest, took: Option<Duration>) {
        let took = took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        let milliseconds = took
            .or_else(|| self.store.manifest(&key).map(|manifest| manifest.milliseconds))
            .or_else(|| self.took(index));
        let last = Last { key, outputs: self.outputs(index), milliseconds: milliseconds.unwrap_or(0) };
        if let Some(before) = self.lasts[index].replace(last)
            && before.key != key
        {
            // It was in use until now.
            self.store.renew(&before.key);
        }
        self.changed = true;
    }

    /// Everything to be remembered, if it is something else than at the start.
    pub(crate) fn state(&self) -> Option<Vec<u8>> {
        if !self.changed && !self.files.changed() {
            return None;
        }
        let lasts = self.graph.stages.iter().zip(&self.lasts);
        let lasts = lasts.filter_map(|(stage, last)| Some((stage.id.as_str(), last.as_ref()?)));
        let known = self.graph.files.paths.iter().zip(self.files.known());
        let known = known.filter_map(|(path, known)| Some((&**path, (*known)?)));
        let stages = lasts.chain(self.other_stages.iter().map(|(id, last)| (*id, last)));
        Some(State::encode(stages, known.chain(self.other_files.iter().copied())))
    }
}

/// The digests of the outputs for a key, in the stage's order, if the store knows the key.
pub(crate) fn stored(store: &Store, stage: &Stage, key: &Digest) -> Option<Vec<Digest>> {
    let digests = store.manifest(key)?.digests(stage)?;
    store.renew(key);
    Some(digests)
}
