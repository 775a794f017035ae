//! Reads a log block by block.
//!
//! Plain rows, as meters write them, are taken apart on several threads. A block with anything else, such as a quote,
//! a row of another length or a cell that is no number, is left to the careful reader, which goes on from there and
//! knows what to tell.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use memchr::{memchr, memchr_iter, memrchr};

use super::{Log, LogError, Means};
use crate::delimited::{DelimitedError, NON_NEGATIVE, NOT_UTF8, non_negative, unequal, wrong_cell};
use crate::time::parse_date_time;

/// Rows that the careful reader gives at once.
const ROWS: usize = 1 << 16;
/// A row that goes on for longer is not plain, and a header none.
const LONGEST_ROW: u64 = 1 << 20;

/// A part of a log.
#[derive(Default)]
pub(super) struct Block {
    pub(super) rows: usize,
    /// Rows of the block that are earlier than the row before them.
    pub(super) backward_steps: usize,
    /// The times of the first and of the last row that have one, in the order of the file.
    pub(super) ends: Option<(i64, i64)>,
    /// The rows whose time can be read, in the order of their times; those of the same time in the order of the file.
    pub(super) samples: Vec<(i64, f64)>,
}

/// Where a reader begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    byte: u64,
    line: u64,
}

/// How far plain reading came.
pub(super) enum Scan {
    Whole,
    /// The caller wanted no more.
    Stopped,
    Odd(Start),
}

/// The places of the columns among the cells of a row.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    cells: usize,
    time: usize,
    value: usize,
}

impl Block {
    fn push(&mut self, time: i64, value: f64) {
        let (first, before) = self.ends.unwrap_or((time, i64::MIN));
        self.backward_steps += usize::from(time < before);
        self.ends = Some((first, time));
        self.samples.push((time, value));
    }

    fn finish(mut self) -> Self {
        if self.backward_steps > 0 {
            // Stable: samples of the same time stay in the order of the file.
            self.samples.sort_by_key(|&(time, _)| time);
        }
        self
    }
}

/// Calls `each` with the blocks of the file in their order, as long as they are plain and it returns `true`.
pub(super) fn plain(
    log: &Log<'_>,
    (shape, start): (Shape, Start),
    means: &Means<'_>,
    each: &mut impl FnMut(&Block) -> io::Result<bool>,
) -> Result<Scan, LogError> {
    let length = File::open(log.path)?.metadata()?.len();
    let size = means.block.max(1);
    let blocks = length.saturating_sub(start.byte).div_ceil(size);
    let threads = u64::try_from(means.threads).unwrap_or(1).clamp(1, blocks.max(1));
    let read = |block: u64, file: &mut File| {
        let begin = start.byte + block * size;
        lines(file, begin, begin + size, begin == start.byte).map(|text| text.and_then(|text| parse(&text, shape)))
    };
    let mut line = start.line;
    let mut take = |block: u64, parsed: io::Result<Option<(Block, u64)>>| -> io::Result<Option<Scan>> {
        let Some((parsed, lines)) = parsed? else {
            let mut file = File::open(log.path)?;
            let byte = line_start(&mut file, start.byte + block * size, block == 0)?;
            return Ok(Some(Scan::Odd(Start { byte, line })));
        };
        line += lines;
        Ok(if each(&parsed)? { None } else { Some(Scan::Stopped) })
    };
    if threads == 1 {
        let mut file = File::open(log.path)?;
        for block in 0..blocks {
            if let Some(end) = take(block, read(block, &mut file))? {
                return Ok(end);
            }
        }
        return Ok(Scan::Whole);
    }
    thread::scope(|scope| {
        // Each thread has every so-many-th block, and is at most one ahead of what is taken.
        let worker = |first: u64| -> Receiver<io::Result<Option<(Block, u64)>>> {
            let (sender, receiver) = sync_channel(1);
            scope.spawn(move || {
                let mut file = File::open(log.path);
                let mut block = first;
                while block < blocks {
                    let parsed = match &mut file {
                        Ok(file) => read(block, file),
                        Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
                    };
                    // Nobody waits for more after an end.
                    if sender.send(parsed).is_err() {
                        return;
                    }
                    block += threads;
                }
            });
            receiver
        };
        let receivers: Vec<_> = (0..threads).map(worker).collect();
        for block in 0..blocks {
            let receiver = usize::try_from(block % threads).ok().and_then(|at| receivers.get(at));
            let parsed = receiver.and_then(|receiver| receiver.recv().ok());
            let parsed = parsed.unwrap_or_else(|| Err(io::Error::other("a thread that reads the log ended early")));
            if let Some(end) = take(block, parsed)? {
                return Ok(end);
            }
        }
        Ok(Scan::Whole)
    })
}

/// The header, and where the rows begin.
pub(super) fn header(log: &Log<'_>) -> Result<(Shape, Start), LogError> {
    let mut text = Vec::new();
    File::open(log.path)?.take(LONGEST_ROW).read_to_end(&mut text)?;
    let mark = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = text.get(mark..).unwrap_or_default();
    let end = memchr(b'\n', text).map_or(text.len(), |end| end + 1);
    let first = text.get(..end).unwrap_or_default();
    let mut found = csv::StringRecord::new();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(first);
    let expected = log.header.join(",");
    let not_text = |_| DelimitedError::Row { line: 1, message: NOT_UTF8.to_owned() };
    let is_there = reader.read_record(&mut found).map_err(not_text)?;
    if !is_there {
        return Err(DelimitedError::Empty { expected }.into());
    }
    if found.iter().ne(log.header.iter().copied()) {
        let found = found.iter().collect::<Vec<_>>().join(",");
        return Err(DelimitedError::Header { expected, found }.into());
    }
    let place = |name: &str| {
        let missing = || DelimitedError::Header { expected: name.to_owned(), found: expected.clone() };
        log.header.iter().position(|column| *column == name).ok_or_else(missing)
    };
    let shape = Shape { cells: log.header.len(), time: place(log.time)?, value: place(log.value)? };
    Ok((shape, Start { byte: (mark + end) as u64, line: 2 }))
}

/// Where the first line begins that begins at or after a place.
fn line_start(file: &mut File, place: u64, is_first: bool) -> io::Result<u64> {
    if is_first {
        return Ok(place);
    }
    file.seek(SeekFrom::Start(place - 1))?;
    let mut ahead = Vec::new();
    file.take(LONGEST_ROW).read_to_end(&mut ahead)?;
    Ok(place - 1 + memchr(b'\n', &ahead).map_or(ahead.len(), |at| at + 1) as u64)
}

/// The lines that begin in a part of the file; `None` if one of them is too long.
fn lines(file: &mut File, begin: u64, end: u64, is_first: bool) -> io::Result<Option<Vec<u8>>> {
    // From the byte before: a line begins after a line end.
    let from = if is_first { begin } else { begin - 1 };
    file.seek(SeekFrom::Start(from))?;
    let size = usize::try_from(end - from).unwrap_or(usize::MAX);
    let mut text = Vec::with_capacity(size + 4096);
    file.by_ref().take(end - from).read_to_end(&mut text)?;
    if text.len() == size && text.last() != Some(&b'\n') {
        // The last line goes on.
        let mut more = [0; 4096];
        loop {
            let count = file.read(&mut more)?;
            let rest = more.get(..count).unwrap_or_default();
            let line_end = memchr(b'\n', rest);
            text.extend_from_slice(line_end.and_then(|at| rest.get(..=at)).unwrap_or(rest));
            if line_end.is_some() || count == 0 {
                break;
            }
            if (text.len() - size) as u64 > LONGEST_ROW {
                return Ok(None);
            }
        }
    }
    if !is_first {
        // What is before the first line end belongs to the part before.
        let begins = memchr(b'\n', text.get(..size).unwrap_or(&text)).map_or(text.len(), |at| at + 1);
        text.drain(..begins);
    }
    Ok(Some(text))
}

/// Takes plain rows apart; the block, and how many lines it has. `None` if anything is not plain.
fn parse(text: &[u8], shape: Shape) -> Option<(Block, u64)> {
    if memchr(b'"', text).is_some() {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let has_returns = memchr(b'\r', text.as_bytes()).is_some();
    let mut block = Block::default();
    block.samples.reserve(text.len() / 48);
    let mut lines = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        lines += 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let (mut time, mut value, mut cells, mut from) = ("", "", 0, 0);
        for to in memchr_iter(b',', line.as_bytes()).chain([line.len()]) {
            if cells == shape.time {
                time = line.get(from..to)?;
            }
            if cells == shape.value {
                value = line.get(from..to)?;
            }
            cells += 1;
            from = to + 1;
        }
        // A carriage return by itself ends a row for the careful reader.
        if cells != shape.cells || (has_returns && memrchr(b'\r', line.as_bytes()).is_some()) {
            return None;
        }
        let value = non_negative(value)?;
        block.rows += 1;
        if let Some(found) = parse_date_time(time) {
            block.push(found.utc()?, value);
        }
    }
    Some((block.finish(), lines))
}

/// Calls `each` with all rows from a place on, until it returns `false`; whether it never did.
pub(super) fn careful(
    log: &Log<'_>,
    (shape, start): (Shape, Start),
    each: &mut impl FnMut(&Block) -> io::Result<bool>,
) -> Result<bool, LogError> {
    let mut file = File::open(log.path)?;
    file.seek(SeekFrom::Start(start.byte))?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
    let mut row = csv::ByteRecord::new();
    let mut block = Block::default();
    loop {
        let more = reader.read_byte_record(&mut row).map_err(io::Error::from)?;
        if !more || block.rows == ROWS {
            let goes_on = each(&std::mem::take(&mut block).finish())?;
            if !more || !goes_on {
                return Ok(goes_on);
            }
        }
        let at = || -> Result<u64, io::Error> { line_of(log, start, row.position().map_or(0, csv::Position::byte)) };
        let (time, value) = match take_row(&row, shape) {
            Ok(cells) => cells,
            Err(message) => return Err(DelimitedError::Row { line: at()?, message }.into()),
        };
        let Some(number) = non_negative(value) else {
            return Err(wrong_cell(at()?, log.value, value, NON_NEGATIVE).into());
        };
        block.rows += 1;
        if let Some(found) = parse_date_time(time) {
            let Some(utc) = found.utc() else {
                return Err(wrong_cell(at()?, log.time, time, "a time with its zone, such as +00:00,").into());
            };
            block.push(utc, number);
        }
    }
}

fn take_row(row: &csv::ByteRecord, shape: Shape) -> Result<(&str, &str), String> {
    if row.len() != shape.cells {
        return Err(unequal(row.len(), shape.cells));
    }
    let mut texts = Vec::with_capacity(row.len());
    for cell in row {
        let text = std::str::from_utf8(cell);
        texts.push(text.map_err(|_| NOT_UTF8.to_owned())?);
    }
    let cell = |place: usize| texts.get(place).copied().unwrap_or_default();
    Ok((cell(shape.time), cell(shape.value)))
}

/// The line of the row that starts at or, past line ends, after a place behind the start.
fn line_of(log: &Log<'_>, start: Start, place: u64) -> io::Result<u64> {
    let mut file = File::open(log.path)?;
    file.seek(SeekFrom::Start(start.byte))?;
    let mut line = start.line;
    for (at, byte) in (0..).zip(BufReader::new(file).bytes()) {
        let byte = byte?;
        if at >= place && !matches!(byte, b'\r' | b'\n') {
            break;
        }
        line += u64::from(byte == b'\n');
    }
    Ok(line)
}
