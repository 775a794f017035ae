//! The scratch folder in which a command runs: it looks like the workspace, with the declared
//! inputs at their paths and nothing else.
//!
//! A small input is copied, and its digest is checked on the way: the command reads the very bytes
//! that made the key, whatever happens to the file meanwhile, and cannot reach the files beside it
//! (an interpreter looks for modules beside a script, through links). A large one is a symbolic
//! link, and is checked after the run.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustc_hash::FxHashSet;

use crate::command::Command;
use crate::context::Context;
use crate::digest::Digest;
use crate::graph::is_inside;
#[cfg(target_os = "linux")]
use crate::isolation;
use crate::job::Place;
use crate::pool::{Lent, Pool};
use crate::problem::Problem;
use crate::process;
use crate::store::Tee;

/// Inputs up to this size are copied.
const COPIED: u64 = 1 << 20;

/// A mirror; what it is made of goes back to the pool with it.
struct Mirror<'a> {
    folder: PathBuf,
    copies: Vec<Lent>,
    pool: &'a Pool,
}

impl Drop for Mirror<'_> {
    fn drop(&mut self) {
        self.pool.give_back(&self.folder, &self.copies);
    }
}

/// Runs a command in a mirror of the workspace below the stage's scratch folder, and leaves its
/// outputs where those of a function are left. Returns what it printed, or `None` when the build was
/// asked to stop.
pub(crate) fn run(command: &Command, cx: &mut Context<'_>, place: &Place<'_>) -> Result<Option<String>, Problem> {
    let mut mirror = Mirror { folder: cx.scratch.join("workspace"), copies: Vec::new(), pool: place.pool };
    lay_out(cx, &mut mirror)?;
    let [program, arguments @ ..] = command.arguments() else {
        return Err(Problem::new("the command is empty").expected("a program and its arguments"));
    };
    if let Some((name, _)) = command.environment().find(|(name, _)| name.is_empty() || name.contains(['=', '\0'])) {
        return Err(Problem::new(format!("{name:?} cannot be the name of an environment variable")));
    }
    let mut child = std::process::Command::new(program);
    child.args(arguments).current_dir(&mirror.folder).env_clear().envs(command.environment());
    #[cfg(target_os = "linux")]
    if let Some(isolation) = place.isolation {
        isolation::confine(&mut child, cx, &mirror.folder, isolation)?;
    }
    let printed = cx.scratch.join("printed");
    let status = place
        .children
        .run(&mut child, Stdio::null(), &printed)
        .map_err(|error| cannot_start(command, program, &error))?;
    let Some(status) = status else { return Ok(None) };
    let printed = process::printed(&printed).unwrap_or_else(|error| format!("[what it printed is lost: {error}]"));
    let problem = Problem::new(format!("the command {}", process::told(status)));
    match status.code() {
        Some(0) => {}
        Some(_) => return Err(explained(problem, command, printed, cx, place)),
        None => return Err(problem.of_command(command.to_string(), printed)),
    }
    collect(cx, &mirror.folder).map_err(|problem| explained(problem, command, printed.clone(), cx, place))?;
    Ok(Some(printed))
}

/// Puts the inputs in place, and makes the folders of the outputs.
fn lay_out(cx: &Context<'_>, mirror: &mut Mirror<'_>) -> Result<(), Problem> {
    let mut made = FxHashSet::default();
    let mut folder_of = |path: &str, mirror: &Mirror<'_>| {
        let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
        for folder in std::iter::once("").chain(folders) {
            if made.insert(folder.to_owned()) {
                let made = mirror.pool.folder(&mirror.folder.join(folder));
                made.map_err(|error| Problem::io("make a folder for the command", folder, &error))?;
            }
        }
        Ok(())
    };
    folder_of("", mirror)?;
    for (role, input) in cx.inputs().zip(cx.used) {
        folder_of(&input.path, mirror)?;
        let (source, target) = (cx.root.join(&input.path), mirror.folder.join(&input.path));
        let failed = |error| Problem::io("put the input where the command looks for it", &input.path, &error);
        if fs::metadata(&source).map_err(|error| Problem::io("read", &input.path, &error))?.len() <= COPIED {
            if copy(&source, &target, mirror).map_err(failed)? != input.digest {
                return Err(input.has_changed());
            }
        } else {
            std::path::absolute(cx.path(role)?).and_then(|source| symlink(source, target)).map_err(failed)?;
        }
    }
    cx.outputs.iter().try_for_each(|output| folder_of(&output.path, mirror))
}

/// Copies an input, with the permission to run it where the original has it. Returns its digest.
fn copy(source: &Path, target: &Path, mirror: &mut Mirror<'_>) -> io::Result<Digest> {
    let mut from = File::open(source)?;
    let executable = from.metadata()?.permissions().mode() & 0o111 != 0;
    let (mut to, lent) = mirror.pool.file(target, executable)?;
    let before = lent.bytes;
    mirror.copies.push(lent);
    let (digest, bytes) = Digest::of_reader(Tee { from: &mut from, to: &mut to })?;
    if bytes < before {
        to.set_len(bytes)?;
    }
    Ok(digest)
}

/// Moves the outputs from where the command wrote them to where a function writes them.
fn collect(cx: &mut Context<'_>, mirror: &Path) -> Result<(), Problem> {
    for output in cx.outputs {
        let written = mirror.join(&*output.path);
        let problem = match fs::symlink_metadata(&written).map(|metadata| metadata.file_type()) {
            Ok(kind) if kind.is_file() => {
                let moved = fs::rename(&written, cx.output_path(&output.role)?);
                moved.map_err(|error| Problem::io("take", &*output.path, &error))?;
                continue;
            }
            Ok(kind) if kind.is_dir() => Problem::new("the command made a folder where its output should be"),
            Ok(_) => Problem::new("the command made something else than a file where its output should be"),
            Err(_) => Problem::new("the command did not write its output"),
        };
        return Err(problem.in_file(&*output.path).expected("a regular file at that path, relative to where it ran"));
    }
    Ok(())
}

fn cannot_start(command: &Command, program: &str, error: &io::Error) -> Problem {
    let problem = Problem::new(format!("cannot start {program:?}: {error}"));
    match error.kind() {
        io::ErrorKind::NotFound if program.contains('/') => {
            problem.help("declare it as an input, if it is in the workspace, or correct the path")
        }
        io::ErrorKind::NotFound => {
            let path = command.environment().find(|(name, _)| *name == "PATH").map_or("", |(_, path)| path);
            problem
                .expected(format!("a program of that name in PATH={path}"))
                .help("install it, or declare another PATH among the environment variables of the stage")
        }
        io::ErrorKind::PermissionDenied => problem.help("make it executable (chmod +x)"),
        _ => problem,
    }
}

/// Adds to a problem what the command was, what it printed, and which undeclared files of the
/// workspace it names: that it cannot see them is the likely reason.
fn explained(problem: Problem, command: &Command, printed: String, cx: &Context<'_>, place: &Place<'_>) -> Problem {
    let declared: FxHashSet<&str> =
        cx.used.iter().map(|input| &*input.path).chain(cx.outputs.iter().map(|output| &*output.path)).collect();
    let separates = |c: char| c.is_whitespace() || "'\"`;|&()<>=$".contains(c);
    let words = command.arguments().iter().flat_map(|argument| argument.split(separates));
    let words = words.map(|word| word.strip_prefix("./").unwrap_or(word));
    let undeclared: BTreeSet<&str> =
        words.filter(|word| is_inside(word) && !declared.contains(word) && cx.root.join(word).is_file()).collect();
    let problem = problem.of_command(command.to_string(), printed);
    let mut help = "it ran in a folder that holds its declared inputs only".to_owned();
    if place.isolation.is_some() {
        help.push_str(", and cannot read other files, wherever they are, but the programs of the system");
    }
    if !undeclared.is_empty() {
        let undeclared: Vec<&str> = undeclared.into_iter().collect();
        help = format!("{help}: declare {} as well", undeclared.join(", "));
    }
    problem.help(help)
}
