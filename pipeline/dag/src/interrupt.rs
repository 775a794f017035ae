//! Ctrl-C, and the other way of asking a process to end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Makes the signals that ask a process to end, SIGINT and SIGTERM, set `cancel`, for
/// [`Options::cancel`]: the build then stops cleanly. A second one ends the process at once, with 128
/// and the signal's number as exit code; the next build is right also then.
///
/// # Errors
/// When the kernel refuses.
///
/// [`Options::cancel`]: crate::Options::cancel
pub fn cancel_on_signals(cancel: &Arc<AtomicBool>) -> io::Result<()> {
    // Not the hangup of a terminal: `nohup` has it ignored, and a handler would undo that.
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag still down.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(cancel))?;
        flag::register(signal, Arc::clone(cancel))?;
    }
    Ok(())
}
