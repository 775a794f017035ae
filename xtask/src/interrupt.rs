//! Ctrl-C: what runs is finished, nothing new is begun. A second one ends the program at once, which
//! the engine survives, too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Exit, Failure};

/// A flag that the first Ctrl-C sets.
pub(crate) fn flag() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    let handler = move || {
        if set.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        anstream::eprintln!("stopping when the running stages are done; press Ctrl-C again to stop at once");
    };
    ctrlc::set_handler(handler).map_err(|error| Failure::new(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(flag)
}
