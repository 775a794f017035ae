//! Stages: the nodes of the graph, as their author declares them.

use std::sync::Arc;

use serde::Serialize;

use crate::canonical::to_canonical_json;
use crate::code::Code;
use crate::command::Command;
use crate::context::Context;
use crate::digest::Digest;
use crate::key;
use crate::problem::Problem;

pub(crate) type Function = dyn Fn(&mut Context<'_>) -> Result<(), Problem> + Send + Sync;

/// A stage: declared inputs, declared outputs, parameters, the code behind it, and the function or
/// the command that makes the outputs.
///
/// ```
/// use dag::{Code, Stage};
///
/// let stage = Stage::new("study/clean/watts")
///     .source("log", "raw/study/power.csv")
///     .output("table", "derived/study/watts.csv")
///     .code(Code::of_text("watts 1"))
///     .run_with(0.5_f64, |cx, &scale| {
///         let log = cx.read_text("log")?;
///         let watts: f64 = log.lines().filter_map(|line| line.parse::<f64>().ok()).sum();
///         cx.write("table", format!("{}\n", watts * scale))
///     });
/// assert_eq!(stage.id(), "study/clean/watts");
/// ```
#[derive(Clone)]
pub struct Stage {
    pub(crate) id: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) parameters: String,
    pub(crate) code: Code,
    pub(crate) work: Work,
}

/// What makes the outputs.
#[derive(Clone)]
pub(crate) enum Work {
    Function(Arc<Function>),
    /// Its canonical text stands in the place of parameters, and nowhere else.
    Command,
}

/// A role or a path, shared by all that name it.
pub(crate) type Name = Arc<str>;

/// A declared input: the role by which the function asks for it, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) role: Name,
    pub(crate) path: Name,
    pub(crate) pin: Option<Box<Pin>>,
}

/// A declared output: the role by which the function names it, and the path where it appears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) role: Name,
    pub(crate) path: Name,
}

/// The content that a source file must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Digest of the right content.
    pub sha256: Digest,
    /// What to do when the file is missing or another one.
    pub help: String,
}

impl Stage {
    /// Starts the declaration of a stage. By convention an id is `group/layer/name`.
    // The builder is no stage until it has a function, hence not `-> Self`.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(id: impl Into<String>) -> StageBuilder {
        StageBuilder { id: id.into(), inputs: Vec::new(), outputs: Vec::new(), code: Code::default() }
    }

    /// The id, unique in its graph.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A digest of everything that makes the stage's key but the contents of its inputs: of its id, its
    /// code, its parameters and the roles that it declares.
    pub fn recipe(&self) -> Digest {
        key::recipe(self)
    }

    /// The code behind it; none for a command.
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// The parameters as canonical JSON.
    pub fn parameters(&self) -> &str {
        &self.parameters
    }

    /// Roles and paths of the inputs, in declared order.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.inputs.iter().map(|input| (&*input.role, &*input.path))
    }

    /// Roles and paths of the outputs, in declared order.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.outputs.iter().map(|output| (&*output.role, &*output.path))
    }
}

/// A stage under declaration.
pub struct StageBuilder {
    id: String,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    code: Code,
}

impl StageBuilder {
    /// Declares an input by its path below the workspace root. It is the output of the stage that
    /// declares that path as output, or a source file where no stage does.
    pub fn source(mut self, role: impl Into<String>, path: impl Into<String>) -> Self {
        self.inputs.push(Input { role: role.into().into(), path: path.into().into(), pin: None });
        self
    }

    /// Declares a source file that must have a given content.
    pub fn pinned(mut self, role: impl Into<String>, path: impl Into<String>, pin: Pin) -> Self {
        self.inputs.push(Input { role: role.into().into(), path: path.into().into(), pin: Some(Box::new(pin)) });
        self
    }

    /// Declares an output by its path below the workspace root.
    pub fn output(mut self, role: impl Into<String>, path: impl Into<String>) -> Self {
        self.outputs.push(Output { role: role.into().into(), path: path.into().into() });
        self
    }

    /// Inputs and outputs whose role is their path.
    pub(crate) fn paths(mut self, inputs: Vec<Name>, outputs: Vec<Name>) -> Self {
        self.inputs.extend(inputs.into_iter().map(|path| Input { role: Arc::clone(&path), path, pin: None }));
        self.outputs.extend(outputs.into_iter().map(|path| Output { role: Arc::clone(&path), path }));
        self
    }

    /// Says which code the stage runs.
    pub fn code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// Ends the declaration of a stage without parameters.
    ///
    /// What the function captures is not part of the key: a value that shapes the outputs belongs
    /// among the parameters ([`StageBuilder::run_with`]), a tool into the code
    /// ([`Code::with_tool`]).
    pub fn run<F>(self, function: F) -> Stage
    where
        F: Fn(&mut Context<'_>) -> Result<(), Problem> + Send + Sync + 'static,
    {
        self.finish("null".to_owned(), Work::Function(Arc::new(function)))
    }

    /// Ends the declaration of a stage with parameters: the value that makes the key is the very
    /// value that the function is given.
    ///
    /// Take ordered maps and sets: of hashed ones the order is another in every run.
    ///
    /// # Panics
    /// When the parameters have no canonical form, which is an error of their type.
    pub fn run_with<P, F>(self, parameters: P, function: F) -> Stage
    where
        P: Serialize + Send + Sync + 'static,
        F: Fn(&mut Context<'_>, &P) -> Result<(), Problem> + Send + Sync + 'static,
    {
        let text = to_canonical_json(&parameters);
        let text =
            text.unwrap_or_else(|error| panic!("the parameters of stage {} have no canonical form: {error}", self.id));
        self.finish(text, Work::Function(Arc::new(move |cx: &mut Context<'_>| function(cx, &parameters))))
    }

    /// Ends the declaration of a stage whose outputs an external command makes. See [`Command`].
    pub fn command(self, command: Command) -> Stage {
        self.finish(command.canonical(), Work::Command)
    }

    fn finish(self, parameters: String, work: Work) -> Stage {
        let Self { id, inputs, outputs, code } = self;
        Stage { id, inputs, outputs, parameters, code, work }
    }
}
