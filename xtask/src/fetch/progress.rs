//! What is going on, told to whoever draws it; and the two ways to draw it on standard error.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{DecimalBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use studies::sources::Pin;

use super::{FileError, Origin};
use crate::console::can_redraw;

/// A pinned file of a study; shown as `<study>/<path>`.
#[derive(Debug, Clone, Copy)]
pub struct RawFile<'a> {
    /// The study.
    pub study: &'a str,
    /// The pin.
    pub pin: &'a Pin,
}

impl fmt::Display for RawFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.study, self.pin.path)
    }
}

/// Is told of all that [`fetch`](super::fetch) does, from several threads, each file by one of them.
pub trait Progress: Sync {
    /// So many files are not in place, of so many bytes together. Not called if all are.
    fn planned(&self, files: usize, bytes: u64) {
        let _ = (files, bytes);
    }
    /// `file` is asked of `source` (a file of a mirror or a URL).
    fn started(&self, file: RawFile<'_>, source: &str) {
        let _ = (file, source);
    }
    /// So many bytes of `file` are here; less than before if it starts again.
    fn bytes(&self, file: RawFile<'_>, have: u64) {
        let _ = (file, have);
    }
    /// `file`, one of those planned, is in place, or is not going to be in this run. The report says
    /// so too.
    fn done(&self, file: RawFile<'_>, outcome: &Result<Origin, FileError>) {
        let _ = (file, outcome);
    }
    /// Something that a user wants to know but need not act on.
    fn note(&self, message: &str) {
        let _ = message;
    }
}

/// Draws nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {}

/// Bars if standard error is a terminal, lines if it is not, nothing if `quiet`.
pub fn on_stderr(quiet: bool) -> Box<dyn Progress> {
    if quiet {
        Box::new(Silent)
    } else if can_redraw() {
        Box::new(Bars::new(ProgressDrawTarget::stderr()))
    } else {
        Box::new(Lines::new(io::stderr()))
    }
}

/// One line for each file that arrives, for logs.
pub struct Lines<W> {
    out: Mutex<W>,
}

impl<W: Write + Send> Lines<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Lines<W> {
        Lines { out: Mutex::new(out) }
    }

    fn line(&self, line: fmt::Arguments<'_>) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A closed standard error is no reason to stop.
        let _ = writeln!(out, "{line}");
    }
}

impl<W: Write + Send> Progress for Lines<W> {
    fn planned(&self, files: usize, bytes: u64) {
        let (plural, size) = (if files == 1 { "" } else { "s" }, DecimalBytes(bytes));
        self.line(format_args!("fetching {files} raw file{plural}, {size}"));
    }

    fn done(&self, file: RawFile<'_>, outcome: &Result<Origin, FileError>) {
        if let Ok(origin) = outcome {
            let size = DecimalBytes(file.pin.bytes);
            self.line(format_args!("fetched {file}, {size}, {}", from(origin)));
        }
    }

    fn note(&self, message: &str) {
        self.line(format_args!("note: {message}"));
    }
}

fn from(origin: &Origin) -> &'static str {
    match origin {
        Origin::Present => "in place",
        Origin::Mirror(_) => "from a mirror",
        Origin::Upstream(_) => "from upstream",
    }
}

/// A bar for the whole and one for each file on its way, for terminals. They vanish with it.
pub struct Bars {
    screen: MultiProgress,
    drawn: Mutex<Drawn>,
}

struct Drawn {
    /// All bytes of this run.
    whole: ProgressBar,
    /// Bytes of the files that are done.
    done: u64,
    /// The files on their way, each with a bar.
    files: BTreeMap<String, ProgressBar>,
}

impl Drawn {
    fn update_whole(&self) {
        let on_the_way: u64 = self.files.values().map(ProgressBar::position).sum();
        self.whole.set_position(self.done + on_the_way);
    }
}

impl Bars {
    /// Draws on `target`.
    pub fn new(target: ProgressDrawTarget) -> Bars {
        let screen = MultiProgress::with_draw_target(target);
        let drawn = Drawn { whole: ProgressBar::hidden(), done: 0, files: BTreeMap::new() };
        Bars { screen, drawn: Mutex::new(drawn) }
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Bars {
    fn planned(&self, files: usize, bytes: u64) {
        let mut drawn = self.drawn();
        let plural = if files == 1 { "" } else { "s" };
        drawn.whole = self.screen.add(
            ProgressBar::new(bytes)
                .with_style(style("{msg} {bar:24} {decimal_bytes}/{decimal_total_bytes}, {decimal_bytes_per_sec}"))
                .with_message(format!("fetching {files} raw file{plural}")),
        );
        // Time goes on while a server is silent.
        drawn.whole.enable_steady_tick(Duration::from_millis(200));
    }

    fn started(&self, file: RawFile<'_>, _source: &str) {
        let mut drawn = self.drawn();
        let bar = drawn.files.entry(file.to_string()).or_insert_with(|| {
            self.screen.add(
                ProgressBar::new(file.pin.bytes)
                    .with_style(style("  {bar:24} {percent:>3} % {wide_msg}"))
                    .with_message(file.to_string()),
            )
        });
        bar.set_position(0);
        drawn.update_whole();
    }

    fn bytes(&self, file: RawFile<'_>, have: u64) {
        let drawn = self.drawn();
        if let Some(bar) = drawn.files.get(&file.to_string()) {
            bar.set_position(have.min(file.pin.bytes));
        }
        drawn.update_whole();
    }

    fn done(&self, file: RawFile<'_>, _outcome: &Result<Origin, FileError>) {
        let mut drawn = self.drawn();
        if let Some(bar) = drawn.files.remove(&file.to_string()) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
        drawn.done = drawn.done.saturating_add(file.pin.bytes);
        drawn.update_whole();
    }

    fn note(&self, message: &str) {
        // A closed standard error is no reason to stop.
        let _ = self.screen.println(format!("note: {message}"));
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        let drawn = self.drawn();
        drawn.whole.finish_and_clear();
        for bar in drawn.files.values() {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━╌")
}
