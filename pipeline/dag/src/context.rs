//! What a stage's function is given: handles to its declared inputs and outputs, and nothing else.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::problem::Problem;
use crate::stage::Output;
use crate::store::Used;

/// The handles of a running stage.
pub struct Context<'a> {
    root: &'a Path,
    stage: &'a str,
    inputs: &'a [Used],
    outputs: &'a [Output],
    scratch: &'a Path,
    /// Inputs that were given out by path, to be checked when the function is done.
    by_path: RefCell<BTreeSet<usize>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        root: &'a Path,
        stage: &'a str,
        inputs: &'a [Used],
        outputs: &'a [Output],
        scratch: &'a Path,
    ) -> Self {
        Self { root, stage, inputs, outputs, scratch, by_path: RefCell::default() }
    }

    /// The id of the stage.
    pub fn stage(&self) -> &str {
        self.stage
    }

    /// Roles of the declared inputs, in declared order.
    pub fn inputs(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.inputs.iter().map(|input| input.role.as_str())
    }

    /// The path of an input below the workspace, for messages.
    pub fn input_path(&self, role: &str) -> Result<&'a str, Problem> {
        Ok(&self.inputs[self.input(role)?].path)
    }

    /// The digest of an input's content.
    pub fn input_digest(&self, role: &str) -> Result<Digest, Problem> {
        Ok(self.inputs[self.input(role)?].digest)
    }

    /// Reads an input whole.
    ///
    /// # Errors
    /// When the input is not declared, cannot be read, or is no longer the one that made the key.
    pub fn read(&self, role: &str) -> Result<Vec<u8>, Problem> {
        let input = &self.inputs[self.input(role)?];
        let bytes = fs::read(self.root.join(&input.path)).map_err(|error| Problem::io("read", &input.path, &error))?;
        if Digest::of(&bytes) == input.digest { Ok(bytes) } else { Err(changed(input)) }
    }

    /// Reads an input as UTF-8 text.
    ///
    /// # Errors
    /// As [`Context::read`], and for bytes that are not UTF-8, with the line.
    pub fn read_text(&self, role: &str) -> Result<String, Problem> {
        String::from_utf8(self.read(role)?).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count() as u64;
            let problem = Problem::new("the file is not UTF-8 text").at_line(line).expected("UTF-8");
            self.input_path(role).map_or_else(|undeclared| undeclared, |path| problem.in_file(path))
        })
    }

    /// The place of an input, for readers that want a path. It is checked after the run that the
    /// content there is still the one that made the key.
    pub fn path(&self, role: &str) -> Result<PathBuf, Problem> {
        let input = self.input(role)?;
        self.by_path.borrow_mut().insert(input);
        Ok(self.root.join(&self.inputs[input].path))
    }

    /// Writes an output whole.
    ///
    /// # Errors
    /// When the output is not declared or cannot be written.
    pub fn write(&mut self, role: &str, content: impl AsRef<[u8]>) -> Result<(), Problem> {
        let path = self.output_path(role)?;
        let write = || {
            let mut file = fs::File::create(&path)?;
            file.write_all(content.as_ref())
        };
        let target = self.output_target(role)?;
        write().map_err(|error: io::Error| Problem::io("write", target, &error))
    }

    /// Where to write an output. The file is moved to its final place when the stage is done.
    pub fn output_path(&mut self, role: &str) -> Result<PathBuf, Problem> {
        Ok(self.scratch.join(format!("{}", self.output(role)?)))
    }

    /// The path below the workspace where an output will appear.
    pub fn output_target(&self, role: &str) -> Result<&'a str, Problem> {
        Ok(&self.outputs[self.output(role)?].path)
    }

    fn input(&self, role: &str) -> Result<usize, Problem> {
        let found = self.inputs.iter().position(|input| input.role == role);
        found.ok_or_else(|| undeclared("input", role, &mut self.inputs.iter().map(|i| i.role.as_str())))
    }

    fn output(&self, role: &str) -> Result<usize, Problem> {
        let found = self.outputs.iter().position(|output| output.role == role);
        found.ok_or_else(|| undeclared("output", role, &mut self.outputs.iter().map(|o| o.role.as_str())))
    }

    /// Checks that the inputs given out by path did not change during the run.
    pub(crate) fn check_inputs(&self) -> Result<(), Problem> {
        for &input in self.by_path.borrow().iter() {
            let input = &self.inputs[input];
            let file = fs::File::open(self.root.join(&input.path));
            let found = file.and_then(Digest::of_reader).map_err(|error| Problem::io("read", &input.path, &error))?;
            if found.0 != input.digest {
                return Err(changed(input));
            }
        }
        Ok(())
    }
}

fn changed(input: &Used) -> Problem {
    Problem::new("the input changed while the stage ran")
        .in_file(&input.path)
        .help("run again when the file is left alone")
}

fn undeclared(kind: &str, role: &str, declared: &mut dyn Iterator<Item = &str>) -> Problem {
    let declared: Vec<_> = declared.collect();
    Problem::new(format!("the stage's code asks for the {kind} {role:?}, which the stage does not declare"))
        .expected(format!("one of {}", declared.join(", ")))
        .help("declare it where the stage is listed")
}
