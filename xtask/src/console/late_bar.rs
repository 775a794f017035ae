//! A bar for work that may be done at once, or take a while.

use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Console, WORTH_A_LINE};

/// A bar on a terminal for work that takes longer than a second.
pub(crate) struct LateBar {
    begin: Instant,
    template: Option<&'static str>,
    bar: OnceLock<ProgressBar>,
}

impl LateBar {
    /// `template` is one of indicatif's.
    pub(crate) fn new(console: &Console, template: &'static str) -> Self {
        let shown = !console.quiet && std::io::stderr().is_terminal();
        Self { begin: Instant::now(), template: shown.then_some(template), bar: OnceLock::new() }
    }

    pub(crate) fn set(&self, done: u64, total: u64) {
        let Some(template) = self.template.filter(|_| self.begin.elapsed() >= WORTH_A_LINE) else { return };
        let bar = self.bar.get_or_init(|| {
            let bar = ProgressBar::new(total).with_elapsed(self.begin.elapsed());
            match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style.progress_chars("━╸─")),
                Err(_) => bar,
            }
        });
        bar.set_position(done);
    }
}

impl Drop for LateBar {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
