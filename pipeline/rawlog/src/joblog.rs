//! Job logs of measuring campaigns, and which of their runs failed.
//!
//! A campaign measures every configuration [`REPETITIONS`] times and writes one row for each run into
//! the tracker's CSV ([`crate::tracker`]), in this order. Its job log tells in which runs the energy
//! counter wrapped around, by lines with [`ERROR_MARK`]. There are two styles of logs:
//!
//! - [`Style::Printed`]: a line `12/3 (config_no/rep_no) […] (2.6% done)` before each run, which says
//!   exactly which run an error belongs to: row = 3 · configuration + repetition - 1.
//! - [`Style::ProgressBar`]: a bar `current config:[…]:  2%| | 12/500 […]` drawn anew over itself
//!   (`\r` ends a line), which names the configuration only. All its repetitions count as failed.
//!
//! A log may hold several data sets after each other, each after a line `Starting data-collection
//! for relu...`.

use std::io::BufRead;

use crate::text::{LineEnds, Lines, TextError, quote};

/// Runs of each configuration.
pub const REPETITIONS: u64 = 3;

/// What an error of the tracker begins with.
pub const ERROR_MARK: &str = "[codecarbon ERROR";

/// Bytes that a log may spend on the names of its data sets, and data sets that it may have.
const LONGEST_NAME: usize = 200;
const MOST_DATA_SETS: usize = 1000;

/// How a log announces its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A line before each run.
    Printed,
    /// A progress bar over the configurations.
    ProgressBar,
}

/// Which lines count as errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// As the original analysis of module-energy: only errors that begin a line. Those that were
    /// written behind a progress bar, on its line, are missed.
    Original,
    /// All errors, wherever they stand on their line.
    Corrected,
}

/// A run, or all runs of a configuration, as far as the log tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// Number of the configuration, from 0.
    pub configuration: u64,
    /// Number of the repetition, from 1; `None` if the log does not tell.
    pub repetition: Option<u64>,
}

impl Announced {
    /// Rows of the tracker's CSV (from 0, without the header) that this stands for.
    pub fn rows(self) -> impl Iterator<Item = u64> {
        let first = self.configuration.saturating_mul(REPETITIONS);
        let repetitions = match self.repetition {
            Some(repetition) => repetition..=repetition,
            None => 1..=REPETITIONS,
        };
        repetitions.map(move |repetition| first.saturating_add(repetition.saturating_sub(1)))
    }
}

/// The errors during one announced run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// During which run.
    pub during: Announced,
    /// Line of the first error, from 1.
    pub line: u64,
    /// Errors that begin a line.
    pub at_line_start: u64,
    /// Errors behind other text on a line.
    pub behind_text: u64,
}

/// What a log tells of one data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// Its name, e.g. `conv2d`; `None` for runs before any name.
    pub name: Option<String>,
    /// How its runs are announced; `None` if there are none.
    pub style: Option<Style>,
    /// Rows of the tracker's CSV up to the last announced run.
    pub announced_rows: u64,
    /// Runs with errors, in the order of the log.
    pub failures: Vec<Failure>,
    /// Errors before the first run and after the last.
    pub errors_outside_runs: u64,
}

impl DataSet {
    /// Rows of the tracker's CSV (from 0, without the header) whose run failed, ascending, each once.
    #[must_use]
    pub fn failed_rows(&self, rule: Rule) -> Vec<u64> {
        let counts = |failure: &&Failure| rule == Rule::Corrected || failure.at_line_start > 0;
        let mut rows: Vec<u64> =
            self.failures.iter().filter(counts).flat_map(|failure| failure.during.rows()).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}

/// Reads a job log. Memory grows with the number of failed runs only.
///
/// # Errors
/// [`TextError::Empty`], also if no run is announced; [`TextError::Order`] if a data set changes its style, goes back to
/// an earlier run or has runs that cannot be; and those of the file itself.
pub fn read(mut from: impl BufRead) -> Result<Vec<DataSet>, TextError> {
    // Compiled here, with this crate's optimisation, and not where it is called.
    read_lines(&mut from)
}

fn read_lines(from: &mut dyn BufRead) -> Result<Vec<DataSet>, TextError> {
    let mut lines = Lines::new(from, LineEnds::Universal);
    let mut log = Builder::default();
    while let Some((line, bytes)) = lines.next_line()? {
        // Only ASCII matters; what else is in the log may be of any encoding.
        log.take(line, &String::from_utf8_lossy(bytes))?;
    }
    log.finish()
}

/// What a line of a log says.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    DataSet(&'a str),
    Run(Style, Announced),
    /// The bar after the last configuration: nothing runs any more.
    Finished,
    Other,
}

fn parse(line: &str) -> Line<'_> {
    let name = line.strip_prefix("Starting data-collection for ").and_then(|rest| rest.strip_suffix("..."));
    if let Some(name) = name {
        return Line::DataSet(name);
    }
    let printed = line.split_once(" (config_no/rep_no)").and_then(|(numbers, _)| fraction(numbers));
    if let Some((configuration, repetition)) = printed {
        return Line::Run(Style::Printed, Announced { configuration, repetition: Some(repetition) });
    }
    // `12/500 [24:07<16:51:11, 124.33s/it]` behind the bar.
    let bar = line.split_once("%|").and_then(|(_, bar)| bar.split_once("| "));
    let numbers = bar.and_then(|(_, rest)| rest.split_once(" [")).and_then(|(numbers, _)| fraction(numbers));
    match numbers {
        Some((done, total)) if done >= total => Line::Finished,
        Some((done, _)) => Line::Run(Style::ProgressBar, Announced { configuration: done, repetition: None }),
        None => Line::Other,
    }
}

/// `12/500`.
fn fraction(text: &str) -> Option<(u64, u64)> {
    let (first, second) = text.trim().split_once('/')?;
    let number = |text: &str| text.parse::<u32>().ok().map(u64::from);
    Some((number(first)?, number(second)?))
}

/// What was read of a log so far.
#[derive(Default)]
struct Builder {
    data_sets: Vec<DataSet>,
    current: Option<Announced>,
}

impl Builder {
    fn take(&mut self, line: u64, text: &str) -> Result<(), TextError> {
        match parse(text) {
            Line::DataSet(name) => self.begin(line, Some(name))?,
            Line::Run(style, run) => self.announce(line, style, run)?,
            Line::Finished => self.current = None,
            Line::Other => {}
        }
        if let Some(at) = text.find(ERROR_MARK) {
            self.error(line, at == 0)?;
        }
        Ok(())
    }

    fn begin(&mut self, line: u64, name: Option<&str>) -> Result<(), TextError> {
        let expected = "a log of at most 1000 data sets with short names";
        if self.data_sets.len() == MOST_DATA_SETS || name.is_some_and(|name| name.len() > LONGEST_NAME) {
            return Err(TextError::Order { line, found: "one more data set, or a long name".to_owned(), expected });
        }
        self.current = None;
        self.data_sets.push(DataSet {
            name: name.map(str::to_owned),
            style: None,
            announced_rows: 0,
            failures: Vec::new(),
            errors_outside_runs: 0,
        });
        Ok(())
    }

    /// The data set that is being read; one without name if none has begun.
    fn data_set(&mut self, line: u64) -> Result<&mut DataSet, TextError> {
        if self.data_sets.is_empty() {
            self.begin(line, None)?;
        }
        let nothing = TextError::Empty { expected: "a data set" };
        self.data_sets.last_mut().ok_or(nothing)
    }

    fn announce(&mut self, line: u64, style: Style, run: Announced) -> Result<(), TextError> {
        let wrong = |found: String, expected| Err(TextError::Order { line, found, expected });
        if run.repetition.is_some_and(|number| !(1..=REPETITIONS).contains(&number)) {
            let found = format!("repetition {} of configuration {}", run.repetition.unwrap_or(0), run.configuration);
            return wrong(found, "repetitions 1 to 3");
        }
        let data_set = self.data_set(line)?;
        if data_set.style.is_some_and(|before| before != style) {
            return wrong(
                "printed runs and a progress bar in one data set".to_owned(),
                "one style, or a line `Starting data-collection for …` between them",
            );
        }
        // A bar is drawn several times at the same place, a printed run is announced once.
        let first_row = run.rows().next().unwrap_or(0);
        let rows = run.rows().last().map_or(0, |row| row + 1);
        let back = match style {
            Style::Printed => first_row < data_set.announced_rows,
            Style::ProgressBar => rows < data_set.announced_rows,
        };
        if back {
            let found = format!("row {first_row} after {} rows", data_set.announced_rows);
            return wrong(found, "runs in ascending order within a data set; a restarted log must be cut in two");
        }
        data_set.style = Some(style);
        data_set.announced_rows = rows;
        self.current = Some(run);
        Ok(())
    }

    fn error(&mut self, line: u64, at_line_start: bool) -> Result<(), TextError> {
        let current = self.current;
        let data_set = self.data_set(line)?;
        let Some(during) = current else {
            data_set.errors_outside_runs += 1;
            return Ok(());
        };
        let (start, behind) = (u64::from(at_line_start), u64::from(!at_line_start));
        match data_set.failures.last_mut() {
            Some(failure) if failure.during == during => {
                failure.at_line_start += start;
                failure.behind_text += behind;
            }
            _ => data_set.failures.push(Failure { during, line, at_line_start: start, behind_text: behind }),
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<DataSet>, TextError> {
        if self.data_sets.iter().all(|data_set| data_set.style.is_none()) {
            return Err(TextError::Empty {
                expected: "announced runs: lines `0/1 (config_no/rep_no) […]` or a progress bar `| 0/500 […]`",
            });
        }
        Ok(self.data_sets)
    }
}

/// Whether a file is such a log: its beginning announces a data set or a run.
pub(crate) fn is_job_log(beginning: &[u8]) -> bool {
    let text = String::from_utf8_lossy(beginning);
    text.split(['\n', '\r']).take(40).any(|line| !matches!(parse(line), Line::Other))
}

/// A name for messages and tables: of the data set, or that it has none.
pub(crate) fn name_of(data_set: &DataSet) -> String {
    data_set.name.as_deref().map_or_else(|| "(unnamed)".to_owned(), quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: &str = "[codecarbon ERROR @ 14:19:14] In RAPLFile : Current energy value is lower";

    fn bar(done: u64, end: &str) -> String {
        format!(
            "current config:[batch_size:2,freeText:]:   4%|▍         | {done}/500 [37:59<13:46:03, 103.69s/it]{end}"
        )
    }

    fn rows(log: &str, rule: Rule) -> Vec<Vec<u64>> {
        read(log.as_bytes()).unwrap().iter().map(|data_set| data_set.failed_rows(rule)).collect()
    }

    #[test]
    fn printed_runs_name_the_row() {
        let log = format!(
            "Starting job 1\n{ERROR}\nStarting data-collection for conv2d...\n\n\
             0/1 (config_no/rep_no) [a] (0.0% done)\n0/2 (config_no/rep_no) [a] (0.1% done)\n{ERROR}\n{ERROR}\n\
             0/3 (config_no/rep_no) [a] (0.2% done)\n1/1 (config_no/rep_no) [b] (0.3% done)\n{ERROR}\n100.0% done"
        );
        for log in [log.clone(), log.replace('\n', "\r\n"), log.replace("100.0% done", ""), format!("\u{feff}{log}")] {
            assert_eq!(rows(&log, Rule::Original), [vec![], vec![1, 3]]);
            assert_eq!(rows(&log, Rule::Corrected), [vec![], vec![1, 3]]);
        }
        let data_sets = read(log.as_bytes()).unwrap();
        assert_eq!(data_sets[0].errors_outside_runs, 1);
        assert_eq!(data_sets[1].name.as_deref(), Some("conv2d"));
        assert_eq!((data_sets[1].style, data_sets[1].announced_rows), (Some(Style::Printed), 4));
        assert_eq!((data_sets[1].failures[0].line, data_sets[1].failures[0].at_line_start), (7, 2));
    }

    #[test]
    fn errors_behind_a_bar_are_missed_by_the_original_rule_only() {
        let log = [
            "Starting data-collection for relu...\n".to_owned(),
            bar(0, "\r"),
            bar(1, "\r"),
            bar(1, ERROR),
            format!("\n{ERROR}\n"),
            bar(2, "\r"),
            bar(2, ERROR),
            "\n".to_owned(),
            bar(3, "\r"),
            bar(500, ERROR),
            "\nStarting data-collection for tanh...\n".to_owned(),
            bar(0, ERROR),
        ]
        .concat();
        assert_eq!(rows(&log, Rule::Original), [vec![3, 4, 5], vec![]]);
        assert_eq!(rows(&log, Rule::Corrected), [vec![3, 4, 5, 6, 7, 8], vec![0, 1, 2]]);
        let data_sets = read(log.as_bytes()).unwrap();
        assert_eq!((data_sets[0].announced_rows, data_sets[0].errors_outside_runs), (12, 1));
    }

    #[test]
    fn what_cannot_be_a_log_is_refused() {
        for log in ["", "hello\nworld\n", "Starting data-collection for relu...\n"] {
            let error = read(log.as_bytes()).unwrap_err();
            assert!(matches!(error, TextError::Empty { .. }), "{error}");
        }
        for (log, expected) in [
            ("0/4 (config_no/rep_no) [a]\n".to_owned(), "line 1: repetition 4 of configuration 0"),
            ("0/0 (config_no/rep_no) [a]\n".to_owned(), "line 1: repetition 0 of configuration 0"),
            ("5/1 (config_no/rep_no) [a]\n0/1 (config_no/rep_no) [a]\n".to_owned(), "line 2: row 0 after 16 rows"),
            (format!("{}\n0/1 (config_no/rep_no) [a]\n", bar(0, "")), "line 2: printed runs and a progress bar"),
            (format!("{}\n{}\n", bar(3, ""), bar(2, "")), "line 2: row 6 after 12 rows"),
        ] {
            let error = read(log.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected) && error.contains("expected"), "{error}");
        }
    }
}
