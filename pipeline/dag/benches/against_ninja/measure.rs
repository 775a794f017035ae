//! What a run of a program costs.

use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

pub struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
    pub peak_kib: i64,
}

/// Runs a program to its end, which must be a good one.
#[expect(clippy::zombie_processes, reason = "`wait4` waits for it, and tells what it cost")]
pub fn cost(command: &mut Command) -> Cost {
    let start = Instant::now();
    let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (mut status, pid) = (0, libc::pid_t::try_from(child.id()).expect("a process id"));
    // SAFETY: both pointers are to variables that outlive the call, and zero is a valid `rusage`.
    let (waited, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(pid, &mut status, 0, &mut usage), usage)
    };
    let wall = start.elapsed();
    assert_eq!(waited, pid, "{}", io::Error::last_os_error());
    assert_eq!(status, 0, "{command:?} failed");
    Cost { wall, cpu: time(usage.ru_utime) + time(usage.ru_stime), peak_kib: usage.ru_maxrss }
}

fn time(time: libc::timeval) -> Duration {
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
    seconds + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or(0))
}

pub fn median(durations: &mut [Duration]) -> Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}
