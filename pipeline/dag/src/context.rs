//! What a stage's function is given: handles to its declared inputs and outputs, and nothing else.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::files::Stamp;
use crate::problem::Problem;
use crate::stage::Output;
use crate::store::Used;

/// The handles of a running stage.
pub struct Context<'a> {
    pub(crate) root: &'a Path,
    stage: &'a str,
    pub(crate) used: &'a [Used],
    pub(crate) outputs: &'a [Output],
    pub(crate) scratch: &'a Path,
    /// What the inputs looked like at the start.
    stamps: Vec<Option<Stamp>>,
    /// Inputs that were given out by path, so that nobody has seen yet what was read from them.
    by_path: RefCell<BTreeSet<usize>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        root: &'a Path,
        stage: &'a str,
        used: &'a [Used],
        outputs: &'a [Output],
        scratch: &'a Path,
    ) -> Self {
        let stamps = used.iter().map(|input| stamp(root, input).ok()).collect();
        Self { root, stage, used, outputs, scratch, stamps, by_path: RefCell::default() }
    }

    /// The id of the stage.
    pub fn stage(&self) -> &str {
        self.stage
    }

    /// Roles of the declared inputs, in declared order.
    pub fn inputs(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.used.iter().map(|input| input.role.as_str())
    }

    /// The path of an input below the workspace, for messages.
    pub fn input_path(&self, role: &str) -> Result<&'a str, Problem> {
        Ok(&self.used[self.input(role)?].path)
    }

    /// The digest of an input's content.
    pub fn input_digest(&self, role: &str) -> Result<Digest, Problem> {
        Ok(self.used[self.input(role)?].digest)
    }

    /// Reads an input whole.
    ///
    /// # Errors
    /// When the input is not declared, cannot be read, or is no longer the one that made the key.
    pub fn read(&self, role: &str) -> Result<Vec<u8>, Problem> {
        let input = &self.used[self.input(role)?];
        let bytes = fs::read(self.root.join(&input.path)).map_err(|error| Problem::io("read", &input.path, &error))?;
        if Digest::of(&bytes) == input.digest { Ok(bytes) } else { Err(input.has_changed()) }
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

    /// The place of an input, for readers that want a path.
    pub fn path(&self, role: &str) -> Result<PathBuf, Problem> {
        let input = self.input(role)?;
        self.by_path.borrow_mut().insert(input);
        Ok(self.root.join(&self.used[input].path))
    }

    /// A folder for files that the stage needs while it works. It is removed with all that is in it.
    pub fn scratch(&self) -> &'a Path {
        self.scratch
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
        let found = self.used.iter().position(|input| input.role == role);
        found.ok_or_else(|| undeclared("input", role, &mut self.used.iter().map(|i| i.role.as_str())))
    }

    fn output(&self, role: &str) -> Result<usize, Problem> {
        let found = self.outputs.iter().position(|output| *output.role == *role);
        found.ok_or_else(|| undeclared("output", role, &mut self.outputs.iter().map(|o| &*o.role)))
    }

    /// Checks when the stage's work is done that the inputs are still those that made the key, and,
    /// for those that were given out by path, that they were not others in between.
    pub(crate) fn check_inputs(&self) -> Result<(), Problem> {
        for (i, (input, before)) in self.used.iter().zip(&self.stamps).enumerate() {
            let unchanged = || {
                let now = Some(stamp(self.root, input)?);
                let by_path = self.by_path.borrow().contains(&i);
                if now == *before && !by_path {
                    return Ok(true);
                }
                // Of a content that came and went only the times are left. A new change time alone
                // may stem from a link or a mode, which do no harm.
                let came_and_went = match (now, before) {
                    (Some(now), Some(before)) => !now.is_same_content_as(before),
                    _ => true,
                };
                if by_path && came_and_went {
                    return Ok(false);
                }
                Ok(Digest::of_reader(fs::File::open(self.root.join(&input.path))?)?.0 == input.digest)
            };
            if !unchanged().map_err(|error: io::Error| Problem::io("read", &input.path, &error))? {
                return Err(input.has_changed());
            }
        }
        Ok(())
    }
}

fn stamp(root: &Path, input: &Used) -> io::Result<Stamp> {
    Ok(Stamp::of(&fs::metadata(root.join(&input.path))?))
}

fn undeclared(kind: &str, role: &str, declared: &mut dyn Iterator<Item = &str>) -> Problem {
    let declared: Vec<_> = declared.collect();
    Problem::new(format!("the stage's code asks for the {kind} {role:?}, which the stage does not declare"))
        .expected(format!("one of {}", declared.join(", ")))
        .help("declare it where the stage is listed")
}
