//! Job logs in both of their styles.

use std::fmt::Write as _;
use std::io;

use rawlog::joblog::{ERROR_MARK, REPETITIONS};

use super::runs::{Configuration, Run};

/// A line of the tracker about its energy counter, which wrapped around.
fn error(second: i64, microjoules: u64) -> String {
    let (hour, minute, second) = (second / 3600 % 24, second / 60 % 60, second % 60);
    format!(
        "{ERROR_MARK} @ {hour:02}:{minute:02}:{second:02}] In RAPLFile : Current energy value \
         (Energy(kWh={:e})) is lower than previous value (Energy(kWh=0.0728)) ! Source file : \
         /sys/class/powercap/intel-rapl/intel-rapl:0/energy_uj",
        microjoules as f64 / 3.6e12
    )
}

/// What a log of the printed style begins and ends with.
pub(super) struct Printed {
    /// Lines before the data set.
    pub(super) preamble: &'static str,
    pub(super) data_set: &'static str,
    /// What the job says it does, if it does.
    pub(super) doing: &'static str,
    /// Configurations that the job was to measure.
    pub(super) planned: usize,
    pub(super) ending: Ending,
}

pub(super) enum Ending {
    /// All is done.
    Done,
    /// The log was cut out of a longer one.
    Cut,
    /// The job died in the run of this configuration that comes next.
    Died(Configuration),
}

/// Writes a log of the printed style: a line before each run, errors after the line of the run that they spoilt.
pub(super) fn printed(
    to: &mut dyn io::Write,
    configurations: &[Configuration],
    runs: &[Run],
    of: &Printed,
) -> io::Result<()> {
    let Printed { preamble, data_set, doing, planned, ending } = of;
    let total = *planned as u64 * REPETITIONS;
    let mut text = format!("{preamble}Starting data-collection for {data_set}...\n{doing}");
    let _ = write!(text, "Total number of iterations:  {total}\nMin. runtime: {:.2}h\n", total as f64 * 35.0 / 3600.0);
    let announce = |number: usize, repetition: u64, configuration: &Configuration| {
        let done = (number as f64 / total as f64 * 1e4).round() / 100.0;
        let text = configuration.text();
        format!("{number}/{repetition} (config_no/rep_no) [{text}] ({done:?}% done)\n")
    };
    for run in runs {
        let Some(configuration) = configurations.get(run.configuration) else { continue };
        // What was before this run is written now: it is known not to be the end.
        to.write_all(text.as_bytes())?;
        text = announce(run.configuration, run.repetition, configuration);
        for place in 0..run.errors {
            let _ = writeln!(text, "{}", error(run.start() + 3 * place as i64, 7_000_000 + 120_000_000 * place));
        }
    }
    match ending {
        Ending::Done => text.push_str("100.0% done"),
        Ending::Cut => text.truncate(text.trim_end().len()),
        Ending::Died(configuration) => {
            text.push_str(&announce(configurations.len(), 1, configuration));
            text.push_str("Traceback (most recent call last):\nTimeoutError: timed out\n");
        }
    }
    to.write_all(text.as_bytes())
}

/// How the errors of a failed configuration stand in a log with progress bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errors {
    None,
    /// So many lines after the one that is glued to the bar.
    Found(u64),
    /// Only the one that is glued to the bar, which the original does not see.
    Missed,
}

/// Writes the part of a log with progress bars that is about one data set: the bar is drawn when a
/// configuration begins and when it is done. `seconds` is what each takes.
pub(super) fn bars(
    to: &mut dyn io::Write,
    name: &str,
    configurations: &[Configuration],
    errors: &[Errors],
    seconds: f64,
) -> io::Result<()> {
    let total = configurations.len();
    writeln!(to, "Starting data-collection for {name}...\nDoing random configs...")?;
    writeln!(to, "Total number of iterations:  {}", total as u64 * REPETITIONS)?;
    writeln!(to, "Min. runtime: {:.2}h\n", total as f64 * seconds / 3600.0)?;
    writeln!(to, "{}", bar("", 0, total, seconds))?;
    for (number, (configuration, errors)) in configurations.iter().zip(errors).enumerate() {
        let text = format!("current config:[{}]: ", configuration.text());
        to.write_all(bar(&text, number, total, seconds).as_bytes())?;
        let at = (number as f64 * seconds) as i64 + 20;
        match errors {
            Errors::None => writeln!(to)?,
            Errors::Missed => writeln!(to, "{}\n", error(at, 500_000_000))?,
            Errors::Found(lines) => {
                for place in 0..=*lines {
                    writeln!(to, "{}", error(at + 15 * place as i64, 500_000_000 + 600_000_000 * place))?;
                }
                writeln!(to)?;
            }
        }
        writeln!(to, "{}", bar(&text, number + 1, total, seconds))?;
    }
    writeln!(to)
}

/// A progress bar as tqdm draws it, ten characters wide.
fn bar(text: &str, done: usize, total: usize, seconds: f64) -> String {
    let share = done as f64 / total.max(1) as f64;
    let eighths = (share * 80.0) as usize;
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"].get(eighths % 8).copied().unwrap_or_default();
    let full = "█".repeat(eighths / 8) + partial;
    let blank = " ".repeat(10 - full.chars().count().min(10));
    let times = if done == 0 {
        "[00:00<?, ?it/s]".to_owned()
    } else {
        let (gone, left) = (done as f64 * seconds, (total - done) as f64 * seconds);
        format!("[{}<{}, {seconds:.2}s/it]", clock(gone), clock(left))
    };
    format!("{text}{:3.0}%|{full}{blank}| {done}/{total} {times}", share * 100.0)
}

/// `24:07`, `1:31:31`.
fn clock(seconds: f64) -> String {
    let seconds = seconds as u64;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hour > 0 { format!("{hour}:{minute:02}:{second:02}") } else { format!("{minute:02}:{second:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_look_as_those_of_tqdm() {
        assert_eq!(bar("", 0, 500, 100.0), "  0%|          | 0/500 [00:00<?, ?it/s]");
        assert_eq!(bar("a: ", 22, 500, 103.69), "a:   4%|▍         | 22/500 [38:01<13:46:03, 103.69s/it]");
        assert_eq!(bar("", 500, 500, 1.0), "100%|██████████| 500/500 [08:20<00:00, 1.00s/it]");
    }
}
