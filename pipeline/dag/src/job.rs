//! One stage at work, on a thread of its own: restore it from the store, or else run it.

use std::fs;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

#[cfg(unix)]
use crate::command::Command;
use crate::context::Context;
use crate::digest::Digest;
use crate::files::Known;
use crate::isolation::{self, Isolation};
#[cfg(unix)]
use crate::mirror;
#[cfg(unix)]
use crate::pool::Pool;
use crate::problem::Problem;
#[cfg(unix)]
use crate::process::Children;
use crate::report::Reason;
use crate::stage::{Function, Stage, Work};
use crate::store::{Ingredients, Made, Manifest, Store, Taken};

/// What all jobs of a build share.
pub(crate) struct Place<'a> {
    pub(crate) root: &'a Path,
    pub(crate) tmp: &'a Path,
    pub(crate) store: &'a Store,
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(crate) isolation: Option<&'a Isolation>,
    #[cfg(unix)]
    pub(crate) children: &'a Children,
    #[cfg(unix)]
    pub(crate) pool: &'a Pool,
}

/// What a thread needs to bring a stage up to date.
pub(crate) struct Job<'a> {
    pub(crate) index: usize,
    pub(crate) stage: &'a Stage,
    pub(crate) key: Digest,
    pub(crate) ingredients: Ingredients,
    /// The outputs' digests, where they are known and may be in the store.
    pub(crate) stored: Option<Vec<Digest>>,
    /// Places of the outputs that are not what they should be, if `stored` is known.
    pub(crate) wrong: Vec<usize>,
    pub(crate) reasons: Vec<Reason>,
}

/// What came of it.
pub(crate) struct Done {
    pub(crate) index: usize,
    pub(crate) key: Digest,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) duration: Duration,
    /// `None` when the build was asked to stop.
    pub(crate) result: Result<Option<Outputs>, Problem>,
}

/// The outputs of a stage that is right now.
pub(crate) struct Outputs {
    /// Whether the function or command ran.
    pub(crate) ran: bool,
    pub(crate) digests: Vec<Digest>,
    /// For the outputs that were put in place: what is known of them.
    pub(crate) placed: Vec<(usize, Known)>,
    /// What the command printed.
    pub(crate) printed: String,
}

impl Job<'_> {
    pub(crate) fn execute(mut self, place: &Place<'_>) -> Done {
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| self.bring_about(place, start))).unwrap_or_else(|panic| {
            // What a panic carries may panic again when it is dropped.
            mem::forget(panic);
            Err(Problem::new("the engine panicked").help("this is a bug: please report it"))
        });
        let Self { index, key, reasons, .. } = self;
        Done { index, key, reasons, duration: start.elapsed(), result }
    }

    /// Takes the outputs from the store, else from the remote one, and else makes them.
    fn bring_about(&mut self, place: &Place<'_>, start: Instant) -> Result<Option<Outputs>, Problem> {
        match self.restore(place) {
            Ok(None) => match self.fetch(place) {
                // Nothing new is begun, and to fetch may have taken long.
                #[cfg(unix)]
                Ok(None) if place.children.is_cancelled() => Ok(None),
                Ok(None) => self.run(place, start),
                fetched => fetched,
            },
            restored => restored,
        }
    }

    /// Puts the outputs that are wrong back in place, if the store has them.
    fn restore(&mut self, place: &Place<'_>) -> Result<Option<Outputs>, Problem> {
        let (root, store) = (place.root, place.store);
        if let Some(lost) = self.lost(store) {
            self.reasons.push(lost);
            return Ok(None);
        }
        let Some(digests) = &self.stored else { return Ok(None) };
        let mut placed = Vec::new();
        for &i in &self.wrong {
            let path = &*self.stage.outputs[i].path;
            match store.put(&digests[i], &root.join(path)) {
                Ok(Some(known)) => placed.push((i, known)),
                Ok(None) => {
                    self.reasons.push(Reason::ContentLost { path: path.to_owned() });
                    return Ok(None);
                }
                Err(error) => return Err(Problem::io("put the output in place", path, &error)),
            }
        }
        Ok(Some(Outputs { ran: false, digests: digests.clone(), placed, printed: String::new() }))
    }

    /// As [`Job::restore`], after what the store lacks was brought from the remote one.
    fn fetch(&mut self, place: &Place<'_>) -> Result<Option<Outputs>, Problem> {
        let store = place.store;
        let Some(manifest) = store.remote_manifest(&self.key, &self.ingredients) else { return Ok(None) };
        let Some(digests) = manifest.digests(self.stage) else { return Ok(None) };
        match store.fetch(&manifest) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(Problem::io("store what came from the remote store", place.tmp, &error)),
        }
        // A stage that does not make the same each time may have made something else there: then no
        // output that stands here goes with those that come.
        if self.stored.as_ref() != Some(&digests) {
            self.wrong = (0..self.stage.outputs.len()).collect();
        }
        self.stored = Some(digests);
        self.restore(place)
    }

    /// Why the outputs cannot be restored although they are known.
    pub(crate) fn lost(&self, store: &Store) -> Option<Reason> {
        let digests = self.stored.as_ref()?;
        let lost = self.wrong.iter().find(|&&i| !store.has(&digests[i]))?;
        Some(Reason::ContentLost { path: self.stage.outputs[*lost].path.to_string() })
    }

    /// `None` when the build was asked to stop.
    fn run(&self, place: &Place<'_>, start: Instant) -> Result<Option<Outputs>, Problem> {
        let &Place { root, tmp, store, .. } = place;
        let scratch = tempfile::Builder::new().prefix("stage-").tempdir_in(tmp);
        let scratch = scratch.map_err(|error| Problem::io("make a folder", tmp, &error))?;
        let mut cx = Context::new(root, &self.stage.id, &self.ingredients.inputs, &self.stage.outputs, scratch.path());
        let Some(printed) = self.work(&mut cx, place)? else { return Ok(None) };
        cx.check_inputs()?;

        let mut made = Vec::new();
        for (i, output) in self.stage.outputs.iter().enumerate() {
            let file = scratch.path().join(i.to_string());
            if !fs::symlink_metadata(&file).is_ok_and(|metadata| metadata.is_file()) {
                let problem = Problem::new(format!("the stage's code did not write its output {:?}", output.role));
                return Err(problem.in_file(&*output.path).help("write it, or do not declare it"));
            }
            let taken = store.take(&file).map_err(|error| Problem::io("store", &*output.path, &error))?;
            let Taken { digest, bytes, executable } = taken;
            made.push(Made { role: output.role.to_string(), digest, bytes, executable });
        }
        let manifest = Manifest {
            key: self.key,
            stage: self.stage.id.clone(),
            ingredients: self.ingredients.clone(),
            outputs: made,
            milliseconds: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        let write = store.write_code(&self.stage.code).and_then(|()| store.write_manifest(&manifest));
        write.map_err(|error| Problem::io("write", tmp, &error))?;

        let mut placed = Vec::new();
        for (i, (output, made)) in self.stage.outputs.iter().zip(&manifest.outputs).enumerate() {
            match store.put(&made.digest, &root.join(&*output.path)) {
                Ok(Some(known)) => placed.push((i, known)),
                Ok(None) => {
                    let problem = Problem::new("what was stored a moment ago reads back as something else");
                    return Err(problem.in_file(&*output.path).help("check the disk, then run again"));
                }
                Err(error) => return Err(Problem::io("put the output in place", &*output.path, &error)),
            }
        }
        let digests = manifest.outputs.iter().map(|made| made.digest).collect();
        Ok(Some(Outputs { ran: true, digests, placed, printed }))
    }

    /// Calls the function or runs the command; returns what the command printed, or `None` when
    /// the build was asked to stop.
    fn work(&self, cx: &mut Context<'_>, place: &Place<'_>) -> Result<Option<String>, Problem> {
        match (&self.stage.work, place.isolation) {
            #[cfg(target_os = "linux")]
            (Work::Function(_), Some(isolation)) => isolation::run_function(self.key, cx, isolation, place.children),
            (Work::Function(function), _) => call(&**function, cx).map(|()| Some(String::new())),
            #[cfg(unix)]
            (Work::Command, _) => {
                let command: Command = serde_json::from_str(&self.stage.parameters).map_err(|error| {
                    Problem::new(format!("the command cannot be read back: {error}"))
                        .help("this is a bug: please report it")
                })?;
                mirror::run(&command, cx, place)
            }
            #[cfg(not(unix))]
            (Work::Command, _) => {
                let _ = place;
                Err(Problem::new("commands are only run on Unix systems"))
            }
        }
    }
}

/// Calls a stage's function. One that panics has failed.
pub(crate) fn call(function: &Function, cx: &mut Context<'_>) -> Result<(), Problem> {
    let called = catch_unwind(AssertUnwindSafe(|| function(cx)));
    called.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        let problem = Problem::new(format!("the stage's code panicked: {text}"));
        Err(problem.help("this is a bug: please report it"))
    })
}
