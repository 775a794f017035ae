//! A profile of any size, which is written layer by layer, gone through cycle by cycle.

use std::io::{self, BufRead, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use tempfile::SpooledTempFile;

use super::profile::{CycleRun, LayerTime, TakeRuns, each_run};
use crate::json::Stopped;

/// Bytes of a run in the scratch file: its time and its end.
const BYTES: usize = 16;
/// What stands for the end of a run that has none. No clock of a profile goes back to the year 1677.
const NO_END: i64 = i64::MIN;
/// Bytes of runs that are held in memory: a shorter profile takes no scratch file, and of a longer one so many are read
/// at once.
const HELD: usize = 8 << 20;

/// The names of the layers, and their runs one layer behind the other in a scratch file.
pub struct ByCycle {
    layers: Vec<String>,
    /// For each layer the number of the runs of those before it, and of its own.
    runs: Vec<(u64, u64)>,
    file: SpooledTempFile,
    /// Bytes of runs that are read at once.
    held: usize,
}

impl ByCycle {
    /// Reads a profile. What is held of it are the names of its layers; its runs are in memory if they are few, else in a
    /// file without a name in `scratch`, 16 bytes each.
    ///
    /// # Errors
    /// Those of [`each_run`], and where the scratch file cannot be written.
    pub fn read(from: impl BufRead, scratch: &Path) -> Result<Self, Stopped<io::Error>> {
        Self::read_holding(from, scratch, HELD)
    }

    /// As [`ByCycle::read`], with so many bytes of runs in memory.
    ///
    /// # Errors
    /// As those of [`ByCycle::read`].
    pub fn read_holding(mut from: impl BufRead, scratch: &Path, held: usize) -> Result<Self, Stopped<io::Error>> {
        // Compiled here, with this crate's optimisation, and not where it is called.
        Self::shelved(&mut from, scratch, held)
    }

    fn shelved(from: &mut dyn BufRead, scratch: &Path, held: usize) -> Result<Self, Stopped<io::Error>> {
        let file = tempfile::spooled_tempfile_in(held, scratch);
        let mut shelf = Shelf { layers: Vec::new(), runs: Vec::new(), file: BufWriter::with_capacity(1 << 16, file) };
        each_run(from, &mut shelf)?;
        let file = shelf.file.into_inner().map_err(|error| Stopped::Taker(error.into_error()))?;
        Ok(Self { layers: shelf.layers, runs: shelf.runs, file, held })
    }

    /// The names of the layers in the order of the file.
    #[must_use]
    pub fn layers(&self) -> &[String] {
        &self.layers
    }

    /// The number of cycles: that of the layer with the most.
    #[must_use]
    pub fn cycles(&self) -> usize {
        let cycles = self.runs.iter().map(|(_, count)| *count).max().unwrap_or(0);
        usize::try_from(cycles).unwrap_or(usize::MAX)
    }

    /// The names of the layers, and the runs cycle by cycle, in each the layers in the order of the file.
    pub fn split(&mut self) -> (impl Iterator<Item = &str>, Runs<'_>) {
        let cycles = self.cycles();
        // Of each layer as many runs as there is room for.
        let at_once = (self.held / BYTES / self.layers.len().max(1)).max(1);
        let runs = Runs {
            of: &self.runs,
            file: &mut self.file,
            cycles,
            at_once,
            first: 0,
            held: Vec::new(),
            cycle: 0,
            place: 0,
        };
        (self.layers.iter().map(String::as_str), runs)
    }
}

/// Writes down the runs as they come.
struct Shelf {
    layers: Vec<String>,
    runs: Vec<(u64, u64)>,
    file: BufWriter<SpooledTempFile>,
}

impl TakeRuns for Shelf {
    type Error = io::Error;

    fn layer(&mut self, name: &str) -> io::Result<()> {
        let before = self.runs.last().map_or(0, |(before, count)| before + count);
        self.layers.push(name.to_owned());
        self.runs.push((before, 0));
        Ok(())
    }

    fn run(&mut self, time: LayerTime) -> io::Result<()> {
        self.file.write_all(&time.milliseconds.to_le_bytes())?;
        self.file.write_all(&time.end.unwrap_or(NO_END).to_le_bytes())?;
        if let Some((_, count)) = self.runs.last_mut() {
            *count += 1;
        }
        Ok(())
    }
}

/// The runs of a profile cycle by cycle. After an error comes nothing.
pub struct Runs<'a> {
    of: &'a [(u64, u64)],
    file: &'a mut SpooledTempFile,
    cycles: usize,
    /// Runs of a layer that are read at once.
    at_once: usize,
    /// The first cycle of those that are held, and the runs that are held of each layer.
    first: usize,
    held: Vec<Vec<LayerTime>>,
    cycle: usize,
    place: usize,
}

impl Runs<'_> {
    /// Reads the runs of all layers from the cycle at hand on.
    fn fill(&mut self) -> io::Result<()> {
        self.first = self.cycle;
        self.held.resize(self.of.len(), Vec::new());
        let mut bytes = Vec::new();
        for ((before, count), held) in self.of.iter().zip(&mut self.held) {
            let skipped = (self.first as u64).min(*count);
            let left = usize::try_from(count - skipped).unwrap_or(usize::MAX).min(self.at_once);
            held.clear();
            if left == 0 {
                continue;
            }
            bytes.resize(left * BYTES, 0);
            self.file.seek(SeekFrom::Start((before + skipped) * BYTES as u64))?;
            self.file.read_exact(&mut bytes)?;
            held.extend(bytes.chunks_exact(BYTES).filter_map(run));
        }
        Ok(())
    }
}

/// A run as it is written down.
fn run(bytes: &[u8]) -> Option<LayerTime> {
    let (time, end) = bytes.split_at_checked(BYTES / 2)?;
    let end = i64::from_le_bytes(end.try_into().ok()?);
    Some(LayerTime { milliseconds: f64::from_le_bytes(time.try_into().ok()?), end: (end != NO_END).then_some(end) })
}

impl Iterator for Runs<'_> {
    type Item = io::Result<CycleRun>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.cycle < self.cycles {
            if self.place == self.of.len() {
                (self.cycle, self.place) = (self.cycle + 1, 0);
                continue;
            }
            if (self.held.is_empty() || self.cycle >= self.first + self.at_once)
                && let Err(error) = self.fill()
            {
                self.cycle = self.cycles;
                return Some(Err(error));
            }
            let (cycle, place) = (self.cycle, self.place);
            self.place += 1;
            let time = self.held.get(place).and_then(|runs| runs.get(cycle - self.first));
            if let Some(&time) = time {
                return Some(Ok(CycleRun { cycle, place, time }));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::BufReader;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::tensorrt::Profile;

    /// A profile as text: layers with so many runs, of which some have an end.
    fn text(layers: &[Vec<(f64, Option<u32>)>], blank: &str) -> String {
        let mut text = String::from("{");
        for (place, runs) in layers.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(text, "{comma}{blank}\"layer \\\"{place}\\\" + é\"{blank}:{blank}[").unwrap();
            for (cycle, (time, end)) in runs.iter().enumerate() {
                let comma = if cycle > 0 { "," } else { "" };
                match end {
                    None => write!(text, "{comma}{blank}{time:?}").unwrap(),
                    Some(end) => {
                        write!(text, "{comma}[{time:?},{blank}\"20241121-05:00:00.{end:06}\"{blank}]").unwrap();
                    }
                }
            }
            text.push(']');
        }
        text + blank + "}"
    }

    proptest! {
        /// Whatever is held at once, and wherever the file is cut while it is read.
        #[test]
        fn the_runs_are_those_of_the_tree(
            layers in vec(vec((0.0_f64..1e4, proptest::option::of(0_u32..1_000_000)), 0..9), 0..7),
            blank in "[ \n\t]{0,3}",
            chunk in 1_usize..40,
            held in 0_usize..600,
            cut in 0_usize..2000,
        ) {
            let text = text(&layers, &blank);
            let scratch = std::env::temp_dir();
            let whole = Profile::read(text.as_bytes()).unwrap();
            let from = BufReader::with_capacity(chunk, text.as_bytes());
            let mut turned = ByCycle::read_holding(from, &scratch, held).unwrap();
            prop_assert_eq!(turned.cycles(), whole.cycles());
            let (names, runs) = turned.split();
            let expected: Vec<&str> = whole.layers.0.iter().map(|(name, _)| name.as_str()).collect();
            prop_assert_eq!(names.collect::<Vec<_>>(), expected);
            let runs = runs.collect::<io::Result<Vec<_>>>().unwrap();
            prop_assert_eq!(runs, whole.by_cycle().collect::<io::Result<Vec<_>>>().unwrap());

            // A file that is cut off is refused with the same words.
            let cut = text.as_bytes().get(..cut).unwrap_or(text.as_bytes());
            let whole = Profile::read(cut).map(drop).map_err(|error| error.to_string());
            let from = BufReader::with_capacity(chunk, cut);
            let turned = ByCycle::read_holding(from, &scratch, held).map(drop).map_err(|error| error.to_string());
            prop_assert_eq!(turned, whole);
        }
    }
}
