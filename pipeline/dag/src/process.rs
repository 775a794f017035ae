//! Child processes: started, waited for, and ended when the build is asked to stop.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, WaitId, WaitIdOptions};

/// How long a process that was asked to end may take before it is killed.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// How much of what a command prints is kept, from the end.
const PRINTED: u64 = 32 * 1024;

/// The commands at work, each with all that it started in a process group of its own.
pub(crate) struct Children {
    cancel: Arc<AtomicBool>,
    groups: Mutex<Vec<Group>>,
}

impl Children {
    pub(crate) fn new(cancel: Arc<AtomicBool>) -> Self {
        Self { cancel, groups: Mutex::default() }
    }

    /// Runs a command to its end, with what it is to read as standard input and all that it prints in
    /// the file `printed`. `None` when the build was asked to stop before the command succeeded.
    pub(crate) fn run(&self, command: &mut Command, input: Stdio, printed: &Path) -> io::Result<Option<ExitStatus>> {
        let output = File::create(printed)?;
        command.stdin(input).stdout(output.try_clone()?).stderr(output);
        prepare(command);
        let mut groups = self.groups();
        // Under the lock: either this sees that the build is to stop, or `signal` sees the child.
        if self.is_cancelled() {
            return Ok(None);
        }
        let mut child = spawn(command)?;
        let group = Group::of(&child);
        groups.push(group);
        drop(groups);

        let ended = wait(&child);
        // Until the child is reaped nobody else can have its number.
        let mut groups = self.groups();
        group.signal(Signal::KILL);
        groups.retain(|&other| other != group);
        let status = child.wait()?;
        drop(groups);
        ended?;
        Ok(if !status.success() && self.is_cancelled() { None } else { Some(status) })
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Sends a signal to all commands at work.
    pub(crate) fn signal(&self, signal: Signal) {
        self.groups().iter().for_each(|group| group.signal(signal));
    }

    fn groups(&self) -> MutexGuard<'_, Vec<Group>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..20 {
        match command.spawn() {
            // A program that a stage has just made can still be open for writing in a child that
            // another thread has forked and that has not got to its `exec` yet.
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => thread::sleep(Duration::from_millis(10)),
            result => return result,
        }
    }
    command.spawn()
}

/// The end of what a command printed, as text.
pub(crate) fn printed(file: &Path) -> io::Result<String> {
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    let left_out = length.saturating_sub(PRINTED);
    file.seek(SeekFrom::Start(left_out))?;
    let mut bytes = Vec::new();
    file.take(PRINTED).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    if left_out == 0 {
        return Ok(text.into_owned());
    }
    // Not from the middle of a line, where there are lines.
    let whole = text.split_once('\n').map_or(&*text, |(_, rest)| rest);
    Ok(format!("[{} bytes before this are left out]\n{whole}", length - whole.len() as u64))
}

/// The process group that a child leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(i32::try_from(child.id()).ok().and_then(Pid::from_raw))
    }

    fn signal(self, signal: Signal) {
        if let Some(group) = self.0 {
            // It may have no process left.
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }
}

/// Makes the command lead a group of its own, which ends with this process however that ends.
fn prepare(command: &mut Command) {
    command.process_group(0);
    #[cfg(target_os = "linux")]
    // SAFETY: between fork and exec only a system call is made, which allocates nothing and takes
    // no lock.
    unsafe {
        command.pre_exec(|| Ok(rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?));
    }
}

/// Waits until the child has ended, and leaves it unreaped.
fn wait(child: &Child) -> io::Result<()> {
    let Group(Some(pid)) = Group::of(child) else { return Ok(()) };
    loop {
        match rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(()),
        }
    }
}

/// How a process ended, to complete "the command …".
pub(crate) fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => {
            let name = match signal {
                4 => " (SIGILL)",
                6 => " (SIGABRT)",
                8 => " (SIGFPE)",
                9 => " (SIGKILL, perhaps for want of memory)",
                11 => " (SIGSEGV)",
                13 => " (SIGPIPE)",
                15 => " (SIGTERM)",
                _ => "",
            };
            format!("was ended by signal {signal}{name}")
        }
        (None, None) => "ended in an unknown way".to_owned(),
    }
}
