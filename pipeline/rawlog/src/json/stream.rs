//! JSON that is read from a file piece by piece, for files that are larger than memory.

use std::fmt;
use std::io::{self, BufRead, Read};

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::JsonError;

/// Bytes of a text or a number beyond which a file is refused, so that one without an end takes no memory. The
/// longest name of a layer in a genuine file has 135 bytes.
pub(crate) const LONGEST: usize = 1 << 20;

/// Lists and objects within each other beyond which a file is refused. The parser bounds the depth of what it gives
/// away, but holds a byte for each level of what is ignored.
pub(crate) const DEEPEST: usize = 128;

/// Bytes that are read from the file at once.
const CHUNK: usize = 1 << 16;

/// Why reading stopped: what is wrong with the file, or with what was made of it.
#[derive(Debug, thiserror::Error)]
pub enum Stopped<E> {
    /// The file cannot be read.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Whoever took what was read wants no more.
    #[error("{0}")]
    Taker(E),
}

/// As [`super::document`], for a file of any size: what is held of it is what the seed holds, and the piece at hand.
pub(crate) fn document<'de, S: DeserializeSeed<'de>>(
    from: &mut dyn BufRead,
    what: &'static str,
    seed: S,
) -> Result<S::Value, JsonError> {
    let mut pieces = Pieces::new(from);
    let mut deserializer = serde_json::Deserializer::from_reader(&mut pieces);
    let read = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|error| match pieces {
        Pieces { stretch, line, .. } if error.is_io() && stretch > LONGEST => JsonError::TooLong { line, what },
        Pieces { depth, line, .. } if error.is_io() && depth > DEEPEST => JsonError::TooDeep { line, what },
        Pieces { failed: Some(message), line, .. } if error.is_io() => JsonError::Io { line, message },
        Pieces { any: false, .. } => JsonError::Empty { expected: what },
        _ => JsonError::new(&error, what, 0),
    })
}

/// Takes what is read piece by piece. An error ends the reading; what it is, is known elsewhere, as that of a
/// deserializer is but a text.
pub(crate) type Take<'a, T> = &'a mut dyn FnMut(T) -> Result<(), ()>;

/// What came of reading, and why the taker wanted no more, if it did not.
pub(crate) fn outcome<T, E>(read: Result<T, JsonError>, stopped: Option<E>) -> Result<T, Stopped<E>> {
    match stopped {
        Some(error) => Err(Stopped::Taker(error)),
        None => Ok(read?),
    }
}

/// The error of a deserializer whose taker wants no more.
pub(crate) fn stop<E: serde::de::Error>((): ()) -> E {
    E::custom("nobody takes more")
}

/// A list whose elements are given away one by one; gives their number.
pub(crate) struct Elements<'a, T>(pub(crate) Take<'a, T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Elements<'_, T> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<'_, T> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while let Some(element) = list.next_element()? {
            (self.0)(element).map_err(stop)?;
            count += 1;
        }
        Ok(count)
    }
}

/// The bytes of a file without a byte order mark, and what they come to before the deserializer has seen them: it
/// gathers a text or a number as long as that goes on.
struct Pieces<'a> {
    from: &'a mut dyn BufRead,
    chunk: Vec<u8>,
    /// Bytes of the chunk that were given out.
    given: usize,
    begun: bool,
    /// Whether there was anything but blanks.
    any: bool,
    /// Line of the end of the chunk, from 1.
    line: u64,
    /// Whether the chunk ends inside a text, and there behind a backslash.
    in_text: bool,
    escaped: bool,
    /// Bytes since the last one that ends a text or a number.
    stretch: usize,
    /// Lists and objects that are open.
    depth: usize,
    failed: Option<String>,
}

impl<'a> Pieces<'a> {
    fn new(from: &'a mut dyn BufRead) -> Self {
        Self {
            from,
            chunk: Vec::with_capacity(CHUNK),
            given: 0,
            begun: false,
            any: false,
            line: 1,
            in_text: false,
            escaped: false,
            stretch: 0,
            depth: 0,
            failed: None,
        }
    }

    /// Reads the next chunk; an empty one at the end of the file.
    fn fill(&mut self) -> io::Result<()> {
        if self.is_refused() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.chunk.clear();
        self.given = 0;
        if self.failed.is_none() {
            let read = Read::take(&mut *self.from, CHUNK as u64).read_to_end(&mut self.chunk);
            // What came before an error is given out first.
            self.failed = read.err().map(|error| error.to_string());
        }
        if !self.begun {
            self.begun = true;
            self.given = if self.chunk.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        }
        let bytes = self.chunk.get(self.given..).unwrap_or_default();
        if bytes.is_empty() && self.failed.is_some() {
            return Err(io::ErrorKind::Other.into());
        }
        for (place, &byte) in bytes.iter().enumerate() {
            self.any |= !byte.is_ascii_whitespace();
            self.line += u64::from(byte == b'\n');
            self.stretch += 1;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = self.in_text,
                b'"' => (self.in_text, self.stretch) = (!self.in_text, 0),
                _ if self.in_text => {}
                b'[' | b'{' => (self.depth, self.stretch) = (self.depth + 1, 0),
                // More ends than beginnings are the parser's to tell.
                b']' | b'}' => (self.depth, self.stretch) = (self.depth.saturating_sub(1), 0),
                b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => self.stretch = 0,
                _ => {}
            }
            // Behind the match, so that escapes count as any other byte of a text.
            if self.is_refused() {
                // What came before is given out first: the parser may find another mistake in it.
                let before = self.given + place;
                self.chunk.truncate(before);
                return if place == 0 { Err(io::ErrorKind::InvalidData.into()) } else { Ok(()) };
            }
        }
        Ok(())
    }

    /// Whether a text or a number is too long, or lists and objects are too deep.
    fn is_refused(&self) -> bool {
        self.stretch > LONGEST || self.depth > DEEPEST
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.chunk.len() {
            self.fill()?;
        }
        let rest = self.chunk.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(bytes)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(bytes);
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;
    use crate::json;

    fn elements<T: for<'de> Deserialize<'de>>(from: impl Read, each: Take<'_, T>) -> Result<usize, JsonError> {
        document(&mut io::BufReader::with_capacity(3, from), "a list of numbers", Elements(each))
    }

    /// What the reader of whole files and the streaming one make of a list of numbers.
    fn both(text: &[u8]) -> [Result<Vec<f64>, JsonError>; 2] {
        let mut found = Vec::new();
        let streamed = elements(text, &mut |number| {
            found.push(number);
            Ok(())
        });
        [json::document(text, "a list of numbers"), streamed.map(|count| found.into_iter().take(count).collect())]
    }

    #[test]
    fn errors_are_those_of_the_reader_of_whole_files() {
        let marked = "\u{feff}[1, 2.5e-3,\n 4]".as_bytes();
        for text in [&b""[..], b" \n\t", b"\xef\xbb\xbf ", marked, b"[1", b"[1,\n2,", b"[1, x]", b"[\"a\"]", b"[1] 2"] {
            let [whole, streamed] = both(text);
            assert_eq!(streamed, whole, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_text_without_end_is_refused_before_it_is_in_memory() {
        for beginning in ["[\"", "[1", "\"\\\""] {
            let endless = beginning.as_bytes().chain(io::repeat(b'7'));
            let read = elements(endless, &mut |_: serde_json::Value| Ok(()));
            assert!(matches!(read, Err(JsonError::TooLong { line: 1, .. })), "{read:?}");
        }
    }

    #[test]
    fn a_text_of_escapes_without_end_is_refused_too() {
        struct Escapes(bool);
        impl Read for Escapes {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                for byte in &mut *buffer {
                    *byte = if self.0 { b'n' } else { b'\\' };
                    self.0 = !self.0;
                }
                Ok(buffer.len())
            }
        }
        // Not quite without end, so that a reader that takes all of it fails.
        let escapes = Escapes(false).take(4 * LONGEST as u64);
        let read = elements(b"[1,\n\"".chain(escapes), &mut |_: serde_json::Value| Ok(()));
        assert!(matches!(read, Err(JsonError::TooLong { line: 2, .. })), "{read:?}");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = || b"[1,\n\"[[\\\"[[\",".chain(io::repeat(b'[').take(LONGEST as u64));
        let read = elements(deep(), &mut |_: serde_json::Value| Ok(()));
        assert!(matches!(read, Err(JsonError::Syntax { line: 2, .. })), "{read:?}");
        // Where values are ignored, the parser has no bound.
        let read = elements(deep(), &mut |_: IgnoredAny| Ok(()));
        assert!(matches!(read, Err(JsonError::TooDeep { line: 2, .. })), "{read:?}");
        let [allowed, refused] = [DEEPEST, DEEPEST + 1].map(|depth| {
            let text = format!("[\"{0}\",{0}{1}]", "[".repeat(depth - 1), "]".repeat(depth - 1));
            elements(text.as_bytes(), &mut |_: IgnoredAny| Ok(()))
        });
        assert!(allowed == Ok(2) && matches!(refused, Err(JsonError::TooDeep { line: 1, .. })), "{refused:?}");
    }

    #[test]
    fn a_mistake_before_what_is_refused_is_told() {
        let text = format!("[1, x, {}", "[".repeat(2 * DEEPEST));
        let [whole, streamed] = both(text.as_bytes());
        assert!(matches!(streamed, Err(JsonError::Syntax { column: 5, .. })), "{streamed:?}");
        assert_eq!(streamed, whole);
    }

    #[test]
    fn an_error_of_the_file_system_is_told_with_its_line() {
        struct Torn;
        impl Read for Torn {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let read = elements(b"[1,\n2,\n3".chain(Torn), &mut |_: f64| Ok(()));
        let error = read.unwrap_err().to_string();
        assert_eq!(error, "line 3: cannot be read: the disk is gone");
    }

    #[test]
    fn the_taker_can_stop() {
        let mut stopped = None;
        let mut take = |number: f64| {
            stopped = (number >= 2.0).then_some(number);
            stopped.map_or(Ok(()), |_| Err(()))
        };
        let read = elements(&b"[1, 2, x"[..], &mut take);
        let outcome = outcome(read, stopped);
        assert!(matches!(outcome, Err(Stopped::Taker(found)) if found == 2.0), "{outcome:?}");
    }
}
