//! What the readers of line-oriented formats share: lines of bounded length, and what can be wrong.

use std::io::{self, BufRead};

use memchr::{memchr, memchr2};

use crate::clock;

/// Bytes of a line beyond which a file is refused, so that a file without line ends takes no memory.
/// The longest line of a genuine file has 9 KB (one record of a power log in JSON).
pub const LONGEST_LINE: usize = 1 << 20;

/// Characters of the file that a message repeats.
const LONGEST_QUOTED: usize = 80;

/// Why a file of lines could not be read. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing is in the file.
    #[error("the file is empty; expected {expected}. Fetch it again and check its sha256")]
    Empty {
        /// What the file should hold.
        expected: &'static str,
    },
    /// The operating system could not read on.
    #[error("line {line}: cannot be read: {message}")]
    Io {
        /// The line that could not be read.
        line: u64,
        /// What the system says.
        message: String,
    },
    /// A line without an end.
    #[error("line {line}: longer than {LONGEST_LINE} bytes; expected lines, so this may be another format")]
    LineTooLong {
        /// The line.
        line: u64,
    },
    /// Bytes that are no text.
    #[error("line {line}, byte {byte}: not UTF-8; expected UTF-8 text. Convert the file, or fetch it again")]
    NotUtf8 {
        /// The line.
        line: u64,
        /// Offset of the first bad byte in the line, from 0.
        byte: usize,
    },
    /// The names of the columns are none that the reader knows.
    #[error("line 1: the header is not that of {expected}: {}", header(.missing, .unexpected))]
    Header {
        /// The format that was expected.
        expected: &'static str,
        /// Columns that should be there.
        missing: Vec<String>,
        /// Columns that should not, or not twice.
        unexpected: Vec<String>,
    },
    /// A row with too few or too many fields.
    #[error("line {line}: {found} fields; expected {expected}. The line is cut off, or a quote is missing")]
    FieldCount {
        /// The line.
        line: u64,
        /// Columns of the format.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// A field that does not hold what belongs there.
    #[error("line {line}, {field}: expected {expected}, found {found:?}")]
    Field {
        /// The line.
        line: u64,
        /// Name of the column or of the part of the line.
        field: String,
        /// What belongs there.
        expected: &'static str,
        /// What is there, cut short.
        found: String,
    },
    /// A line in the wrong place.
    #[error("line {line}: {found}; expected {expected}")]
    Order {
        /// The line.
        line: u64,
        /// What it is.
        found: String,
        /// What could have come there.
        expected: &'static str,
    },
}

fn header(missing: &[String], unexpected: &[String]) -> String {
    let list = |names: &[String]| names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
    match (missing.is_empty(), unexpected.is_empty()) {
        (false, true) => format!("missing {}", list(missing)),
        (true, _) => format!("unexpected {}", list(unexpected)),
        (false, false) => format!("missing {}; unexpected {}", list(missing), list(unexpected)),
    }
}

/// Text of a file as a message repeats it.
pub(crate) fn quote(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTED) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

/// Which bytes end a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// `\n` and `\r\n`.
    LineFeed,
    /// Also a lone `\r`, as in Python's universal newlines.
    Universal,
}

/// The lines of a file one by one, without their ends and without a byte order mark.
pub(crate) struct Lines<R> {
    from: R,
    ends: LineEnds,
    line: u64,
    buffer: Vec<u8>,
    after_carriage_return: bool,
    done: bool,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(from: R, ends: LineEnds) -> Self {
        Self { from, ends, line: 0, buffer: Vec::new(), after_carriage_return: false, done: false }
    }

    /// The next line and its number, or `None` after the last. A final line need not have an end.
    pub(crate) fn next_line(&mut self) -> Result<Option<(u64, &[u8])>, TextError> {
        if self.done {
            return Ok(None);
        }
        self.buffer.clear();
        let mut complete = false;
        let mut any = false;
        while !complete {
            let chunk = match self.from.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.done = true;
                    return Err(TextError::Io { line: self.line + 1, message: error.to_string() });
                }
            };
            if chunk.is_empty() {
                break;
            }
            // The line feed of a `\r\n` that ended the line before.
            if self.after_carriage_return {
                self.after_carriage_return = false;
                if chunk.first() == Some(&b'\n') {
                    self.from.consume(1);
                    continue;
                }
            }
            any = true;
            let content = match self.ends {
                LineEnds::LineFeed => memchr(b'\n', chunk),
                LineEnds::Universal => memchr2(b'\n', b'\r', chunk),
            };
            let taken = content.unwrap_or(chunk.len());
            self.buffer.extend_from_slice(chunk.get(..taken).unwrap_or(chunk));
            self.after_carriage_return = chunk.get(taken) == Some(&b'\r');
            complete = content.is_some();
            self.from.consume(taken + usize::from(complete));
            if self.buffer.len() > LONGEST_LINE {
                self.done = true;
                return Err(TextError::LineTooLong { line: self.line + 1 });
            }
        }
        if !any {
            self.done = true;
            return Ok(None);
        }
        self.line += 1;
        let mut content = &self.buffer[..];
        if self.ends == LineEnds::LineFeed {
            content = content.strip_suffix(b"\r").unwrap_or(content);
        }
        if self.line == 1 {
            content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        }
        Ok(Some((self.line, content)))
    }

    /// As [`Self::next_line`], as text.
    pub(crate) fn next_text(&mut self) -> Result<Option<(u64, &str)>, TextError> {
        match self.next_line()? {
            None => Ok(None),
            Some((line, bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Some((line, text))),
                Err(error) => Err(TextError::NotUtf8 { line, byte: error.valid_up_to() }),
            },
        }
    }
}

/// A field of a line, for its conversion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) line: u64,
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

impl Field<'_> {
    pub(crate) fn wrong(&self, expected: &'static str) -> TextError {
        TextError::Field { line: self.line, field: self.name.to_owned(), expected, found: quote(self.text) }
    }

    pub(crate) fn number(&self) -> Result<f64, TextError> {
        let number = self.text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| self.wrong("a finite number"))
    }

    pub(crate) fn count(&self) -> Result<u64, TextError> {
        self.text.parse().map_err(|_| self.wrong("a whole number of at least 0"))
    }

    /// A date and time as ISO 8601 without zone, in nanoseconds since 1970-01-01 of the same clock.
    pub(crate) fn date_time(&self) -> Result<i64, TextError> {
        clock::iso8601(self.text)
            .ok_or_else(|| self.wrong("a date and time without zone, as 2022-12-22T03:26:18 or with decimals"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], ends: LineEnds, chunk: usize) -> Vec<String> {
        let mut lines = Lines::new(io::BufReader::with_capacity(chunk, bytes), ends);
        let mut all = Vec::new();
        while let Some((number, line)) = lines.next_text().unwrap() {
            all.push(line.to_owned());
            assert_eq!(number as usize, all.len());
        }
        all
    }

    #[test]
    fn ends_of_lines() {
        for chunk in [1, 2, 3, 64] {
            let read = |bytes: &[u8], ends| lines(bytes, ends, chunk);
            assert_eq!(read(b"a\r\nb\n\nc", LineEnds::LineFeed), ["a", "b", "", "c"]);
            assert_eq!(read(b"a\rb\r\n\r\rc\n", LineEnds::Universal), ["a", "b", "", "", "c"]);
            assert_eq!(read(b"a\rb\n", LineEnds::LineFeed), ["a\rb"]);
            assert_eq!(read(b"\xef\xbb\xbfa\n\xef\xbb\xbfb", LineEnds::LineFeed), ["a", "\u{feff}b"]);
            assert!(read(b"", LineEnds::Universal).is_empty());
            assert_eq!(read(b"\r", LineEnds::Universal), [""]);
        }
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_is_in_memory() {
        let endless = io::BufReader::new(io::repeat(b'x'));
        let error = Lines::new(endless, LineEnds::LineFeed).next_line().unwrap_err();
        assert_eq!(error, TextError::LineTooLong { line: 1 });
    }

    #[test]
    fn bytes_that_are_no_text() {
        let mut lines = Lines::new(&b"a\nb\xffc\n"[..], LineEnds::LineFeed);
        lines.next_text().unwrap();
        assert_eq!(lines.next_text().unwrap_err(), TextError::NotUtf8 { line: 2, byte: 1 });
    }
}
