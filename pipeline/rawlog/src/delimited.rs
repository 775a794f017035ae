//! Delimited text with a header line: comma-separated files as loggers and spreadsheets write them.
//!
//! A byte order mark, CRLF line ends and a missing last line end are taken as they come. Everything
//! else that differs from what the caller expects is an error that names the line: silence here would
//! be a wrong number later.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

/// A delimited file in memory: its header, and the cells of each row as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delimited {
    header: Vec<String>,
    rows: Vec<Row>,
}

/// One row and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    line: u64,
    cells: Vec<String>,
}

/// Why a delimited file could not be read. Lines count from 1; the header is line 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DelimitedError {
    /// There is no header.
    #[error("the file is empty; expected the header {expected}")]
    Empty {
        /// The header that is needed.
        expected: String,
    },
    /// The header is another one.
    #[error("line 1: the header is {found}; expected {expected}")]
    Header {
        /// The header that is needed.
        expected: String,
        /// The header that is there.
        found: String,
    },
    /// A row is longer or shorter than the header, or not UTF-8.
    #[error("line {line}: {message}")]
    Row {
        /// Its line.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A cell does not hold what it should.
    #[error("line {line}, column {column}: {found:?} where {expected} is needed")]
    Cell {
        /// Its line.
        line: u64,
        /// Its column.
        column: String,
        /// What is there.
        found: String,
        /// What is needed.
        expected: &'static str,
    },
    /// A key occurs twice.
    #[error("line {line}, column {column}: {value:?} stands already in line {first}; expected each once")]
    Duplicate {
        /// The later line.
        line: u64,
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// The earlier line.
        first: u64,
    },
}

impl DelimitedError {
    /// The line that the error is about.
    #[must_use]
    pub fn line(&self) -> u64 {
        match self {
            Self::Empty { .. } | Self::Header { .. } => 1,
            Self::Row { line, .. } | Self::Cell { line, .. } | Self::Duplicate { line, .. } => *line,
        }
    }
}

impl Delimited {
    /// Reads a file whose header must be `header`.
    ///
    /// # Errors
    /// [`DelimitedError::Empty`], [`DelimitedError::Header`], or [`DelimitedError::Row`] at the first row
    /// with another number of cells or with bytes that are not UTF-8.
    pub fn read(bytes: &[u8], header: &[&str]) -> Result<Self, DelimitedError> {
        Self::read_if(bytes, &header.join(","), |found| found == header)
    }

    /// Reads a file whatever its header is.
    ///
    /// # Errors
    /// As of [`Delimited::read`].
    pub fn read_any(bytes: &[u8]) -> Result<Self, DelimitedError> {
        Self::read_if(bytes, "of any columns", |_| true)
    }

    fn read_if(bytes: &[u8], expected: &str, is_right: impl Fn(&[String]) -> bool) -> Result<Self, DelimitedError> {
        let mut parts = Parts::read_if([Box::new(bytes), Box::new(bytes)], expected, is_right, usize::MAX)?;
        let rows = parts.rows()?;
        Ok(Self { header: parts.header, rows })
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All columns, by their names in the header.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        // Each row has as many cells as the header: `read` has seen to it.
        let cells = |place: usize| self.rows.iter().map(move |row| row.cells.get(place).map_or("", String::as_str));
        self.header.iter().enumerate().map(move |(place, name)| (name.as_str(), cells(place).collect()))
    }

    /// The cells of a column with their lines.
    ///
    /// # Errors
    /// [`DelimitedError::Header`] if there is no such column.
    pub fn column(&self, name: &str) -> Result<impl Iterator<Item = (u64, &str)>, DelimitedError> {
        let missing = || DelimitedError::Header { expected: name.to_owned(), found: self.header.join(",") };
        let place = self.header.iter().position(|column| column == name).ok_or_else(missing)?;
        // Each row has as many cells as the header: `read` has seen to it.
        Ok(self.rows.iter().map(move |row| (row.line, row.cells.get(place).map_or("", String::as_str))))
    }

    /// A column as texts.
    ///
    /// # Errors
    /// [`DelimitedError::Header`] if there is no such column.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, DelimitedError> {
        Ok(self.column(name)?.map(|(_, cell)| cell.to_owned()).collect())
    }

    /// A column of texts of which none may occur twice or be empty.
    ///
    /// # Errors
    /// [`DelimitedError::Duplicate`] or [`DelimitedError::Cell`] at the first row that offends.
    pub fn keys(&self, name: &str) -> Result<Vec<String>, DelimitedError> {
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        for (line, cell) in self.column(name)? {
            if cell.is_empty() {
                return Err(wrong_cell(line, name, cell, "a name"));
            }
            if let Some(first) = seen.insert(cell, line) {
                let (column, value) = (name.to_owned(), cell.to_owned());
                return Err(DelimitedError::Duplicate { line, column, value, first });
            }
        }
        self.texts(name)
    }

    /// A column of finite numbers.
    ///
    /// # Errors
    /// [`DelimitedError::Cell`] at the first cell that holds none.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, DelimitedError> {
        let finite = |cell: &str| cell.trim().parse().ok().filter(|number: &f64| number.is_finite());
        self.numbers_where(name, "a finite number", finite)
    }

    /// A column of finite numbers that are zero or more: counts, powers, energies.
    ///
    /// # Errors
    /// [`DelimitedError::Cell`] at the first cell that holds none.
    pub fn non_negative(&self, name: &str) -> Result<Vec<f64>, DelimitedError> {
        self.numbers_where(name, NON_NEGATIVE, non_negative)
    }

    /// A column of whole numbers of at least 0.
    ///
    /// # Errors
    /// [`DelimitedError::Cell`] at the first cell that holds none.
    pub fn counts(&self, name: &str) -> Result<Vec<u64>, DelimitedError> {
        let count = |(line, cell): (u64, &str)| {
            cell.trim().parse().map_err(|_| wrong_cell(line, name, cell, "a whole number of at least 0"))
        };
        self.column(name)?.map(count).collect()
    }

    /// A column of finite numbers in which a cell may be empty.
    ///
    /// # Errors
    /// [`DelimitedError::Cell`] at the first cell that holds something else.
    pub fn optional_numbers(&self, name: &str) -> Result<Vec<Option<f64>>, DelimitedError> {
        let number = |(line, cell): (u64, &str)| {
            if cell.trim().is_empty() {
                return Ok(None);
            }
            let number = cell.trim().parse().ok().filter(|number: &f64| number.is_finite());
            number.map(Some).ok_or_else(|| wrong_cell(line, name, cell, "a finite number, or nothing"))
        };
        self.column(name)?.map(number).collect()
    }

    fn numbers_where(
        &self,
        name: &str,
        expected: &'static str,
        number: impl Fn(&str) -> Option<f64>,
    ) -> Result<Vec<f64>, DelimitedError> {
        let number = |(line, cell): (u64, &str)| number(cell).ok_or_else(|| wrong_cell(line, name, cell, expected));
        self.column(name)?.map(number).collect()
    }
}

/// What [`non_negative`] reads.
pub(crate) const NON_NEGATIVE: &str = "a number that is not negative";

/// Reads a finite number that is zero or more.
pub(crate) fn non_negative(cell: &str) -> Option<f64> {
    cell.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// What is wrong with a row that is not UTF-8.
pub(crate) const NOT_UTF8: &str = "bytes that are not UTF-8; save the file as UTF-8";

/// What is wrong with a row of another length than the header.
pub(crate) fn unequal(cells: impl std::fmt::Display, header: impl std::fmt::Display) -> String {
    format!("{cells} cells where the header has {header}")
}

/// The error of a cell that does not hold what it should.
pub(crate) fn wrong_cell(line: u64, column: &str, found: &str, expected: &'static str) -> DelimitedError {
    DelimitedError::Cell { line, column: column.to_owned(), found: found.to_owned(), expected }
}

/// What a file is read from: an object, so that its readers are compiled here, with this crate's optimisation.
type Source<'a> = Box<dyn BufRead + 'a>;

/// A delimited file of any size, some rows at a time. The first part is there even if the file has no row.
pub struct Parts<'a> {
    header: Vec<String>,
    records: csv::StringRecordsIntoIter<Source<'a>>,
    lines: Lines<Source<'a>>,
    /// Rows of a part.
    size: usize,
    begun: bool,
    ended: bool,
}

impl<'a> Parts<'a> {
    /// Reads the header, which must be `header`. The file is given twice, as it is gone through twice: for its cells, and
    /// for the lines that they stand in.
    ///
    /// # Errors
    /// As of [`Delimited::read`]; the parts have those of the rows, after which comes nothing.
    pub fn read(file: [impl BufRead + 'a; 2], header: &[&str], size: usize) -> Result<Self, DelimitedError> {
        Self::read_if(file.map(|from| Box::new(from) as Source<'a>), &header.join(","), |found| found == header, size)
    }

    fn read_if(
        file: [Source<'a>; 2],
        expected: &str,
        is_right: impl Fn(&[String]) -> bool,
        size: usize,
    ) -> Result<Self, DelimitedError> {
        let [mut from, mut again] = file;
        skip_mark(&mut from)?;
        skip_mark(&mut again)?;
        let mut lines = Lines { from: again, byte: 0, line: 1 };
        let mut reader = csv::ReaderBuilder::new().from_reader(from);
        let found: Vec<String> =
            reader.headers().map_err(|error| broken(&error, &mut lines))?.iter().map(str::to_owned).collect();
        if found.is_empty() {
            return Err(DelimitedError::Empty { expected: expected.to_owned() });
        }
        if !is_right(&found) {
            return Err(DelimitedError::Header { expected: expected.to_owned(), found: found.join(",") });
        }
        let records = reader.into_records();
        Ok(Self { header: found, records, lines, size: size.max(1), begun: false, ended: false })
    }

    /// The rows of the next part.
    fn rows(&mut self) -> Result<Vec<Row>, DelimitedError> {
        let mut rows = Vec::new();
        for record in self.records.by_ref().take(self.size) {
            let record = record.map_err(|error| broken(&error, &mut self.lines))?;
            let line = self.lines.at(record.position())?;
            rows.push(Row { line, cells: record.iter().map(str::to_owned).collect() });
        }
        Ok(rows)
    }
}

impl Iterator for Parts<'_> {
    type Item = Result<Delimited, DelimitedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let rows = self.rows();
        self.ended = rows.as_ref().map_or(true, |rows| rows.len() < self.size);
        let is_over = self.begun && rows.as_ref().is_ok_and(Vec::is_empty);
        self.begun = true;
        (!is_over).then(|| rows.map(|rows| Delimited { header: self.header.clone(), rows }))
    }
}

/// Goes past a byte order mark.
fn skip_mark(from: &mut impl BufRead) -> Result<(), DelimitedError> {
    let marked = from.fill_buf().map_err(|error| unreadable(1, &error))?.starts_with(b"\xef\xbb\xbf");
    from.consume(if marked { 3 } else { 0 });
    Ok(())
}

fn unreadable(line: u64, error: &io::Error) -> DelimitedError {
    DelimitedError::Row { line, message: format!("cannot be read: {error}") }
}

/// Lines of ascending places. The reader's own count is one behind after CRLF.
struct Lines<R> {
    from: R,
    byte: u64,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    /// The line of the row that starts at or, past line ends, after a place.
    fn at(&mut self, position: Option<&csv::Position>) -> Result<u64, DelimitedError> {
        let start = position.map_or(self.byte, csv::Position::byte);
        loop {
            let chunk = self.from.fill_buf().map_err(|error| unreadable(self.line, &error))?;
            let before = usize::try_from(start.saturating_sub(self.byte)).unwrap_or(usize::MAX).min(chunk.len());
            let (passed, rest) = chunk.split_at(before);
            let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let is_at_end = before + ends < chunk.len() || chunk.is_empty();
            let line_feeds = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count() as u64;
            self.line += line_feeds(passed) + line_feeds(rest.get(..ends).unwrap_or_default());
            self.byte += (before + ends) as u64;
            self.from.consume(before + ends);
            if is_at_end {
                return Ok(self.line);
            }
        }
    }
}

fn broken<R: BufRead>(error: &csv::Error, lines: &mut Lines<R>) -> DelimitedError {
    let line = match lines.at(error.position()) {
        Ok(line) => line,
        Err(error) => return error,
    };
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => unequal(len, expected_len),
        csv::ErrorKind::Utf8 { .. } => NOT_UTF8.to_owned(),
        _ => error.to_string(),
    };
    DelimitedError::Row { line, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [&str; 3] = ["model", "top1", "top5"];

    #[test]
    fn a_byte_order_mark_crlf_and_a_missing_last_line_end_change_nothing() {
        let plain = Delimited::read(b"model,top1,top5\na,24,7\nb,8.5,8.456\n", &HEADER).unwrap();
        for same in [
            &b"\xef\xbb\xbfmodel,top1,top5\r\na,24,7\r\nb,8.5,8.456"[..],
            b"model,top1,top5\r\na,24,7\r\nb,8.5,8.456\r\n",
            b"model,top1,top5\na,24,7\nb,8.5,8.456",
        ] {
            assert_eq!(Delimited::read(same, &HEADER).unwrap(), plain);
        }
        assert_eq!(plain.numbers("top5").unwrap(), [7.0, 8.456]);
        assert_eq!(plain.keys("model").unwrap(), ["a", "b"]);
    }

    #[test]
    fn parts_are_those_of_the_whole_wherever_the_file_is_cut() {
        let text = "\u{feff}model,top1,top5\r\na,24,7\n\n\r\n\"b\nb\",8.5,1\r\nc,1,2\nd,3,4".as_bytes();
        let whole = Delimited::read(text, &HEADER).unwrap();
        for (size, count) in [(1, 4), (2, 2), (3, 2), (9, 1)] {
            for chunk in 3..30 {
                let file = || io::BufReader::with_capacity(chunk, text);
                let parts = Parts::read([file(), file()], &HEADER, size).unwrap();
                let parts = parts.collect::<Result<Vec<_>, _>>().unwrap();
                assert_eq!(parts.len(), count);
                assert_eq!(parts.into_iter().flat_map(|part| part.rows).collect::<Vec<_>>(), whole.rows);
            }
        }
        let empty = Parts::read([&b"model,top1,top5\n"[..]; 2], &HEADER, 5).unwrap();
        assert_eq!(empty.map(|part| part.unwrap().len()).collect::<Vec<_>>(), [0]);
        let broken = &b"model,top1,top5\na,1,2\nb,1\nc,1,2\n"[..];
        let mut parts = Parts::read([broken; 2], &HEADER, 1).unwrap();
        assert!(parts.next().is_some_and(|part| part.is_ok()));
        assert_eq!(parts.next().map(|part| part.unwrap_err().line()), Some(3));
        assert!(parts.next().is_none());
    }

    #[test]
    fn what_is_not_as_expected_is_named_with_its_line() {
        let fails = |text: &[u8], words: &[&str]| {
            let error = Delimited::read(text, &HEADER).unwrap_err();
            for word in words {
                assert!(error.to_string().contains(word), "{error} says {word}");
            }
        };
        fails(b"", &["empty", "model,top1,top5"]);
        fails(b"\xef\xbb\xbf", &["empty"]);
        fails(b"model,top5,top1\na,7,24\n", &["line 1", "model,top5,top1", "expected model,top1,top5"]);
        fails(b"model,top1,top5\na,1,2\nb,3\n", &["line 3", "2 cells", "3"]);
        fails(b"model,top1,top5\r\na,1,2\r\n\r\nb,3\r\n", &["line 4", "2 cells"]);
        fails(b"model,top1,top5\n\xff,1,2\n", &["line 2", "UTF-8"]);
    }

    #[test]
    fn cells_that_do_not_fit_are_named_with_line_and_column() {
        let file = Delimited::read(b"model,top1,top5\na,1,-2\na,x,nan\n", &HEADER).unwrap();
        let duplicate = file.keys("model").unwrap_err();
        assert_eq!((duplicate.line(), duplicate.to_string().contains("line 2")), (3, true), "{duplicate}");
        let number = file.numbers("top1").unwrap_err().to_string();
        assert!(number.contains("line 3, column top1: \"x\""), "{number}");
        let negative = file.non_negative("top5").unwrap_err().to_string();
        assert!(negative.contains("line 2, column top5: \"-2\""), "{negative}");
        assert_eq!(file.numbers("top5").unwrap_err().line(), 3, "NaN is no number");
        let count = file.counts("top5").unwrap_err().to_string();
        assert!(count.contains("line 2, column top5: \"-2\" where a whole number"), "{count}");
        let gaps = Delimited::read(b"model,top1,top5\na,,2\nb,3,x\n", &HEADER).unwrap();
        assert_eq!(gaps.optional_numbers("top1").unwrap(), [None, Some(3.0)]);
        assert_eq!(gaps.optional_numbers("top5").unwrap_err().line(), 3);
        assert!(file.texts("top9").unwrap_err().to_string().contains("top9"));
    }
}
