//! Reads a file that may be hostile, under the limits that hold for every file.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use rawlog::pickle::{self, MEMORY_BASE, MEMORY_MULTIPLE, PickleError};
use rawlog::{Frame, inspect};

use super::allocation::peak_of;

/// Far above what the largest real file takes in an unoptimised build on a loaded machine (0.2 s).
const LONGEST: Duration = Duration::from_secs(10);

/// Reads the bytes; fails if that takes more memory or time than any file may. What could be read is
/// described and written as CSV and JSON as well.
pub fn read_guarded(bytes: &[u8]) -> Result<Frame, PickleError> {
    let start = Instant::now();
    let (result, peak) = peak_of(|| pickle::read(bytes));
    let limit = MEMORY_MULTIPLE * bytes.len() + MEMORY_BASE;
    assert!(peak <= limit, "{peak} bytes of memory for a file of {} bytes", bytes.len());
    if let Ok(frame) = &result {
        assert!(frame.columns().iter().all(|column| column.data.len() == frame.nrows()));
        let text = inspect::describe(frame, |_| None).render(100);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        // Cells may share one long text, so that the output can be as long as one likes.
        let _ = inspect::write_csv(frame, Limited { left: 1 << 20 });
        let _ = inspect::write_json_rows(frame, Limited { left: 1 << 20 });
    }
    let took = start.elapsed();
    assert!(took < LONGEST, "{took:?} for a file of {} bytes", bytes.len());
    result
}

/// A writer that takes so many bytes and then fails.
struct Limited {
    left: usize,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.left {
            return Err(io::Error::other("enough written"));
        }
        self.left -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
