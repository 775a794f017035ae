//! `cargo xtask build-paper --watch`: builds again whenever something that a build reads has changed.
//!
//! Papers and raw files are rebuilt by this very program. When its own code changes it is compiled
//! again, and takes the place of itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use notify::{Event, EventKind, RecursiveMode, Watcher as _};

use crate::Failure;
use crate::console::Console;

/// Folders of the workspace that are watched: what builds read, and the code.
const DATA: [&str; 2] = ["paper", "raw"];
const CODE: [&str; 2] = ["pipeline", "xtask"];
/// Files beside them that shape the code.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "Cargo.lock"];
/// Editors write a file in several steps: this long nothing may have happened. Steps that are further apart are
/// built one by one, which a reader of the paper does not notice.
const QUIET: Duration = Duration::from_millis(15);
/// Something that never rests is not waited for longer than this.
const LONGEST: Duration = Duration::from_secs(1);
/// How soon Ctrl-C is noticed.
const POLL: Duration = Duration::from_millis(100);

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// Something that a build reads.
    Data,
    /// The program itself.
    Code,
}

/// Waits for changes below a workspace.
pub(crate) struct Watch {
    events: Events,
    _watcher: notify::RecommendedWatcher,
}

/// What is told of files below a workspace.
struct Events {
    root: PathBuf,
    receiver: Receiver<notify::Result<Event>>,
}

impl Watch {
    pub(crate) fn begin(root: &Path) -> Result<Self, Failure> {
        let failed = |error: notify::Error| Failure::new(format!("cannot watch {}: {error}", root.display()));
        // Events carry full paths.
        let root = root.canonicalize().map_err(|error| Failure::io("find", root.display(), &error))?;
        let (sender, receiver) = mpsc::channel();
        let mut watcher = notify::recommended_watcher(sender).map_err(failed)?;
        for folder in DATA.into_iter().chain(CODE).map(|name| root.join(name)).filter(|folder| folder.is_dir()) {
            watcher.watch(&folder, RecursiveMode::Recursive).map_err(failed)?;
        }
        watcher.watch(&root, RecursiveMode::NonRecursive).map_err(failed)?;
        Ok(Self { events: Events { root, receiver }, _watcher: watcher })
    }

    /// What changed next, or `None` if the program shall stop.
    pub(crate) fn next(&self, stop: &AtomicBool) -> Option<Change> {
        self.events.next(stop)
    }
}

impl Events {
    /// See [`Watch::next`].
    fn next(&self, stop: &AtomicBool) -> Option<Change> {
        let mut change = None;
        let mut first = Instant::now();
        let mut patience = POLL;
        loop {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            match self.receiver.recv_timeout(patience) {
                Ok(event) => {
                    let new = self.change(&event);
                    if change.is_none() {
                        first = Instant::now();
                    }
                    change = change.max(new);
                }
                Err(RecvTimeoutError::Timeout) if change.is_some() => return change,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
            if change.is_some() {
                patience = QUIET;
                if first.elapsed() > LONGEST {
                    return change;
                }
            }
        }
    }

    fn change(&self, event: &notify::Result<Event>) -> Option<Change> {
        // After a lost event anything may have changed.
        let Some(event) = event.as_ref().ok().filter(|event| !event.need_rescan()) else { return Some(Change::Code) };
        if matches!(event.kind, EventKind::Access(_)) {
            return None;
        }
        event.paths.iter().filter_map(|path| kind(path.strip_prefix(&self.root).ok()?)).max()
    }
}

/// Whether a change of a file matters: not of the copies that editors and `fetch` keep beside it.
fn kind(path: &Path) -> Option<Change> {
    let name = path.file_name()?.to_str()?;
    if name.starts_with(['.', '#']) || name.ends_with('~') {
        return None;
    }
    let folder = path.components().next()?.as_os_str().to_str()?;
    if CODE.contains(&folder) || MANIFESTS.contains(&folder) {
        return Some(Change::Code);
    }
    DATA.contains(&folder).then_some(Change::Data)
}

/// Compiles the program again and puts it in the place of this one. Returns where that is not needed
/// or not possible: then the program from before goes on.
pub(crate) fn renew(root: &Path, stop: &AtomicBool, console: &Console) {
    let compiled_at = || std::env::current_exe().and_then(|program| program.metadata()?.modified()).ok();
    let before = compiled_at();
    console.line("the code has changed: compiling it");
    // Set by cargo when it runs this program.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let compiled = Command::new(cargo).args(["build", "--quiet", "--package", "xtask"]).current_dir(root).status();
    match compiled {
        _ if stop.load(Ordering::Relaxed) => {}
        Ok(status) if !status.success() => console.warning("it does not compile; the program from before goes on"),
        Ok(_) if compiled_at() == before => console.line("the program is the same as before"),
        Ok(_) => replace(console),
        Err(error) => console.warning(&format!("cannot start cargo: {error}; start again by hand")),
    }
}

#[cfg(unix)]
fn replace(console: &Console) {
    use std::os::unix::process::CommandExt as _;
    let mut arguments = std::env::args_os();
    let Some(program) = arguments.next() else { return };
    let error = Command::new(program).args(arguments).exec();
    console.warning(&format!("cannot start the new program: {error}"));
}

#[cfg(not(unix))]
fn replace(console: &Console) {
    console.warning("start again to use the new program");
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, ModifyKind, RemoveKind, RenameMode};

    use super::*;

    /// Events that have happened already, of a path each.
    fn events(happened: &[(EventKind, &str)]) -> (Events, mpsc::Sender<notify::Result<Event>>) {
        let (sender, receiver) = mpsc::channel();
        for (kind, path) in happened {
            sender.send(Ok(Event::new(*kind).add_path(Path::new("/ws").join(path)))).unwrap();
        }
        (Events { root: PathBuf::from("/ws"), receiver }, sender)
    }

    #[test]
    fn the_steps_in_which_an_editor_saves_are_one_change() {
        let renamed = EventKind::Modify(ModifyKind::Name(RenameMode::Any));
        let written = EventKind::Modify(ModifyKind::Any);
        let (created, removed) = (EventKind::Create(CreateKind::File), EventKind::Remove(RemoveKind::File));
        let (events, _sender) = events(&[
            (created, "paper/zoo/.paper.typ.swp"),
            (renamed, "paper/zoo/paper.typ"),
            (renamed, "paper/zoo/paper.typ~"),
            (created, "paper/zoo/paper.typ"),
            (written, "paper/zoo/paper.typ"),
            (removed, "paper/zoo/paper.typ~"),
            (written, "paper/zoo/figures.toml"),
        ]);
        let stop = AtomicBool::new(false);
        assert_eq!(events.next(&stop), Some(Change::Data));
        assert!(events.receiver.try_recv().is_err(), "all steps were taken together");
        stop.store(true, Ordering::Relaxed);
        assert_eq!(events.next(&stop), None);
    }

    #[test]
    fn what_happens_while_a_build_is_at_work_is_the_next_change() {
        let written = EventKind::Modify(ModifyKind::Any);
        let (events, sender) = events(&[(written, "paper/zoo/paper.typ")]);
        let stop = AtomicBool::new(false);
        assert_eq!(events.next(&stop), Some(Change::Data));
        sender.send(Ok(Event::new(written).add_path("/ws/pipeline/plot/src/style.rs".into()))).unwrap();
        assert_eq!(events.next(&stop), Some(Change::Code));
    }

    #[test]
    fn only_what_a_build_reads_matters() {
        for (path, expected) in [
            ("paper/tinyml-mcu/paper.typ", Some(Change::Data)),
            ("paper/tinyml-mcu/figures.toml", Some(Change::Data)),
            ("raw/tinyml-mcu/data/table.pkl", Some(Change::Data)),
            ("pipeline/plot/src/style.rs", Some(Change::Code)),
            ("pipeline/plot/src/driver.js", Some(Change::Code)),
            ("Cargo.lock", Some(Change::Code)),
            ("README.md", None),
            ("paper/.paper.typ.swp", None),
            ("paper/paper.typ~", None),
            ("derived/papers/tinyml-mcu.pdf", None),
        ] {
            assert_eq!(kind(Path::new(path)), expected, "{path}");
        }
    }
}
