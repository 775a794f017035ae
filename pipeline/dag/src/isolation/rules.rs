//! What a process may do, in Landlock's terms.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError,
};

use super::{Isolation, system};
use crate::context::Context;
use crate::problem::Problem;

/// The newest of Landlock's interfaces that the rules here were written for; an older kernel enforces
/// what it knows.
const KNOWN: ABI = ABI::V7;

/// Devices that are always there and tell nothing of the machine.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Whether the kernel enforces any rules at all.
pub(super) fn probe() -> Result<(), RulesetError> {
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    ruleset.handle_access(AccessFs::from_all(ABI::V1))?.create().map(drop)
}

/// Rules under which a function of a stage runs: its inputs to read, its scratch folder to write.
pub(super) fn for_function(cx: &Context<'_>, isolation: &Isolation) -> Result<RulesetCreated, Problem> {
    let mut rules = Rules::new()?;
    rules.inputs(cx, isolation)?;
    rules.allow(cx.scratch, AccessFs::from_all(KNOWN))?;
    Ok(rules.0)
}

/// Keeps a command that is about to be started in `mirror`, a folder in the stage's scratch folder, to
/// that folder, its inputs and the programs of the system. What it writes to a folder for temporary
/// files goes to the scratch folder, unless it is given another one.
pub(crate) fn confine(
    command: &mut Command,
    cx: &Context<'_>,
    mirror: &Path,
    isolation: &Isolation,
) -> Result<(), Problem> {
    let temporary = temporary(cx.scratch)?;
    if !command.get_envs().any(|(name, _)| name == "TMPDIR") {
        command.env("TMPDIR", &temporary);
    }
    let mut rules = Rules::new()?;
    rules.inputs(cx, isolation)?;
    for folder in system() {
        rules.allow(folder, AccessFs::from_read(KNOWN))?;
    }
    for own in [mirror, &temporary] {
        rules.allow(own, AccessFs::from_all(KNOWN))?;
    }
    let mut rules = Some(rules.0);
    // SAFETY: between fork and exec only system calls are made: to restrict the process, and to close
    // the file that stands for the rules. A refusal is told by its number alone.
    unsafe {
        command.pre_exec(move || match rules.take().map(RulesetCreated::restrict_self) {
            Some(Err(_)) => Err(io::Error::from(rustix::io::Errno::PERM)),
            Some(Ok(_)) | None => Ok(()),
        });
    }
    Ok(())
}

/// A folder for temporary files in a stage's scratch folder.
pub(super) fn temporary(scratch: &Path) -> Result<std::path::PathBuf, Problem> {
    let folder = std::path::absolute(scratch).map(|scratch| scratch.join("temporary"));
    let made = folder.and_then(|folder| std::fs::create_dir(&folder).map(|()| folder));
    made.map_err(|error| Problem::io("make a folder for temporary files", scratch, &error))
}

struct Rules(RulesetCreated);

impl Rules {
    /// Nothing may be read, written, run or connected to.
    fn new() -> Result<Self, Problem> {
        let refused = |error: RulesetError| Problem::new(format!("cannot isolate the stage: {error}"));
        let ruleset = Ruleset::default()
            .handle_access(AccessFs::from_all(KNOWN))
            .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(KNOWN))?.create());
        let mut rules = Self(ruleset.map_err(refused)?);
        for device in DEVICES.iter().map(Path::new).filter(|device| device.exists()) {
            rules.allow(device, AccessFs::ReadFile | AccessFs::WriteFile)?;
        }
        Ok(rules)
    }

    fn inputs(&mut self, cx: &Context<'_>, isolation: &Isolation) -> Result<(), Problem> {
        let inputs = cx.used.iter().map(|input| cx.root.join(&input.path));
        inputs.chain(isolation.readable.iter().cloned()).try_for_each(|path| {
            let access = AccessFs::from_read(KNOWN);
            self.allow(&path, if path.is_dir() { access } else { access & AccessFs::from_file(KNOWN) })
        })
    }

    /// Allows something for a file, or for everything below a folder.
    fn allow(&mut self, path: &Path, access: impl Into<BitFlags<AccessFs>>) -> Result<(), Problem> {
        let refused = |error: &dyn std::fmt::Display| Problem::new(format!("cannot isolate the stage: {error}"));
        let handle = PathFd::new(path).map_err(|error| refused(&error).in_file(path))?;
        let rule = PathBeneath::new(handle, access);
        (&mut self.0).add_rule(rule).map(drop).map_err(|error| refused(&error).in_file(path))
    }
}
