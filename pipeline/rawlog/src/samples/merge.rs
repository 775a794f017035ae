//! Samples that are not in the order of their times, sorted with a scratch file.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Bytes of a sample in the scratch file: its time and its value.
const BYTES: usize = 16;
/// Samples of one run that are held in memory while runs are merged.
const HELD: usize = 4096;

/// Runs of samples, each in the order of its times, one behind the other in a file without a name.
pub(super) struct Sorter {
    file: BufWriter<File>,
    runs: Vec<Run>,
    /// Samples in the file.
    written: u64,
    last: i64,
}

/// A run: the places of its next sample that is not in memory yet, and of its end.
struct Run {
    next: u64,
    end: u64,
    held: std::vec::IntoIter<(i64, f64)>,
}

impl Sorter {
    pub(super) fn new(scratch: &Path) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(scratch)?);
        Ok(Self { file, runs: Vec::new(), written: 0, last: i64::MIN })
    }

    /// Takes samples that are in the order of their times among themselves.
    pub(super) fn add(&mut self, samples: &[(i64, f64)]) -> io::Result<()> {
        let (Some(&(first, _)), Some(&(last, _))) = (samples.first(), samples.last()) else { return Ok(()) };
        for (time, value) in samples {
            self.file.write_all(&time.to_le_bytes())?;
            self.file.write_all(&value.to_le_bytes())?;
        }
        let begins = self.written;
        self.written += samples.len() as u64;
        match self.runs.last_mut().filter(|_| first >= self.last) {
            Some(run) => run.end = self.written,
            None => self.runs.push(Run { next: begins, end: self.written, held: Vec::new().into_iter() }),
        }
        self.last = last;
        Ok(())
    }

    /// Calls `each` with all samples in the order of their times; those of the same time in the order in which they
    /// came.
    pub(super) fn merge(self, mut each: impl FnMut(i64, f64)) -> io::Result<()> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let mut runs = self.runs;
        let mut heads = BinaryHeap::new();
        let mut values = vec![0.0; runs.len()];
        for (at, run) in runs.iter_mut().enumerate() {
            if let Some((time, value)) = run.take(&mut file)? {
                values[at] = value;
                heads.push(Reverse((time, at)));
            }
        }
        while let Some(mut head) = heads.peek_mut() {
            let Reverse((time, at)) = *head;
            each(time, values[at]);
            if let Some((time, value)) = runs[at].take(&mut file)? {
                values[at] = value;
                // Most often it stays where it is: runs overlap little.
                *head = Reverse((time, at));
            } else {
                PeekMut::pop(head);
            }
        }
        Ok(())
    }
}

impl Run {
    fn take(&mut self, file: &mut File) -> io::Result<Option<(i64, f64)>> {
        if let Some(sample) = self.held.next() {
            return Ok(Some(sample));
        }
        let count = usize::try_from(self.end - self.next).unwrap_or(HELD).min(HELD);
        let mut bytes = vec![0; count * BYTES];
        file.seek(SeekFrom::Start(self.next * BYTES as u64))?;
        file.read_exact(&mut bytes)?;
        self.next += count as u64;
        let sample = |bytes: &[u8]| {
            let (time, value) = bytes.split_at(BYTES / 2);
            Some((i64::from_le_bytes(time.try_into().ok()?), f64::from_le_bytes(value.try_into().ok()?)))
        };
        self.held = bytes.chunks_exact(BYTES).filter_map(sample).collect::<Vec<_>>().into_iter();
        Ok(self.held.next())
    }
}
