//! A build on a terminal: a line for each running stage, and one for all with the time left, redrawn
//! in place. All of them vanish at the end.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::console::{Term, truncate_str};
use dag::{Event, Observer, Outcome, TimeLeft};
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::{STOPPING, WORTH_A_LINE, told};

/// Running stages that have a line. More would push the one for all off the screen.
const MOST_LINES: usize = 8;
/// How often it is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// What is shared with the threads that redraw.
type Shared = Arc<Mutex<Option<TimeLeft>>>;

pub(super) struct Live {
    begun: Instant,
    left: Shared,
    drawn: RefCell<Drawn>,
    /// Whether stages that took long leave a line.
    leaves_lines: bool,
}

/// Nothing is drawn before a stage starts: a build with nothing to do shows nothing.
#[derive(Default)]
struct Drawn {
    lines: MultiProgress,
    all: Option<ProgressBar>,
    running: BTreeMap<String, ProgressBar>,
    done: u64,
    total: u64,
}

impl Live {
    pub(super) fn new(leaves_lines: bool) -> Self {
        Self { begun: Instant::now(), left: Shared::default(), drawn: RefCell::default(), leaves_lines }
    }

    /// Writes a line above those that are redrawn; it stays.
    fn say(&self, line: &str) {
        let width = usize::from(Term::stderr().size().1);
        self.drawn.borrow().lines.suspend(|| anstream::eprintln!("{}", truncate_str(line, width, "…")));
    }
}

impl Observer for Live {
    fn event(&self, event: Event<'_>) {
        {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            match &event {
                Event::Began { forecast } => *left = Some(forecast.time_left()),
                Event::Stopping { .. } => *left = None,
                event => left.iter_mut().for_each(|left| left.event(event, self.begun.elapsed())),
            }
        }
        match event {
            Event::Began { .. } => {}
            Event::Started { stage, .. } => self.drawn.borrow_mut().start(stage, self.begun, &self.left),
            Event::Finished { report, done, total } => {
                self.drawn.borrow_mut().finish(&report.stage, done as u64, total as u64);
                let worth = report.duration >= WORTH_A_LINE || matches!(report.outcome, Outcome::Failed(_));
                if let Some(line) = told(report).filter(|_| worth && self.leaves_lines) {
                    self.say(&line);
                }
            }
            Event::Stopping { .. } => self.say(STOPPING),
        }
    }
}

impl Drawn {
    fn start(&mut self, stage: &str, begun: Instant, left: &Shared) {
        let (done, total) = (self.done, self.total);
        let lines = &self.lines;
        let all = self.all.get_or_insert_with(|| {
            let all = lines.add(ProgressBar::new(total).with_position(done).with_elapsed(begun.elapsed()));
            all.set_style(style_of_all(begun, Arc::clone(left)));
            all.enable_steady_tick(TICK);
            all
        });
        if self.running.len() < MOST_LINES {
            let line = lines.insert_before(all, ProgressBar::new_spinner().with_message(stage.to_owned()));
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
                line.set_style(style);
            }
            line.enable_steady_tick(TICK);
            self.running.insert(stage.to_owned(), line);
        }
    }

    fn finish(&mut self, stage: &str, done: u64, total: u64) {
        (self.done, self.total) = (done, total);
        if let Some(all) = &self.all {
            all.set_length(total);
            all.set_position(done);
        }
        if let Some(line) = self.running.remove(stage) {
            line.finish_and_clear();
            self.lines.remove(&line);
        }
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.running.values().chain(&self.all).for_each(ProgressBar::finish_and_clear);
    }
}

fn style_of_all(begun: Instant, left: Shared) -> ProgressStyle {
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} stages  {elapsed}{left}");
    let tell = move |_: &ProgressState, text: &mut dyn std::fmt::Write| {
        let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = left.as_mut().and_then(|left| left.left(begun.elapsed())) {
            // There is nobody to be told that drawing failed.
            let _ = write!(text, ", about {} left", rounded(left));
        }
    };
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("left", tell).progress_chars("━╸─")
}

/// A time to wait, no finer than a person cares about.
fn rounded(left: Duration) -> String {
    match left.as_secs() + 1 {
        seconds if seconds <= 60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60 / 5 * 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_wait_are_rounded_and_never_nothing() {
        let told = [0, 999, 1000, 59_999, 60_000, 61_999, 3_725_000].map(|ms| rounded(Duration::from_millis(ms)));
        assert_eq!(told, ["1 s", "1 s", "2 s", "60 s", "1 min 00 s", "1 min 00 s", "62 min 05 s"]);
    }
}
