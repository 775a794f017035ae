//! Tables that may be larger than memory: written and read in parts.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use dag::{Context, Problem};
use polars_io::parquet::write::BatchedWriter;
use polars_io::prelude::{ParallelStrategy, ParquetReader, SerReader as _};

use super::{Column, Rows, Table, broken, writer};

/// Rows of a part. Each becomes a row group; a table of fewer rows has one, as one that is written at once.
pub(crate) const PART: usize = 1 << 16;

/// A table that is written part by part.
pub(crate) struct Parts {
    path: PathBuf,
    target: String,
    schema: Vec<Column>,
    writer: Option<BatchedWriter<BufWriter<File>>>,
}

impl Parts {
    /// Begins an output of the stage.
    pub(crate) fn new(cx: &mut Context<'_>, role: &str, schema: &[Column]) -> Result<Self, Problem> {
        let target = cx.output_target(role)?.to_owned();
        Ok(Self { path: cx.output_path(role)?, target, schema: schema.to_vec(), writer: None })
    }

    /// Writes the rows that come next, at most [`PART`] of them, after a look that they have the columns that are declared.
    /// Each call makes a row group; a table without rows has one without rows.
    pub(crate) fn add(&mut self, rows: Rows) -> Result<(), Problem> {
        let (mut frame, told) = rows.frame(&self.schema)?;
        // The writer takes the columns chunk by chunk, and wants the chunks of all of them alike.
        frame.rechunk_mut();
        if self.writer.is_none() {
            let file = File::create(&self.path).map_err(|error| Problem::io("write", &self.target, &error))?;
            let begun = writer(BufWriter::new(file), &frame, &told)?.batched(frame.schema());
            self.writer = Some(begun.map_err(|error| self.broken(&error))?);
        }
        match self.writer.as_mut().map(|writer| writer.write_batch(&frame)) {
            Some(Err(error)) => Err(self.broken(&error)),
            _ => Ok(()),
        }
    }

    /// Ends the table.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let Some(writer) = &self.writer else {
            return Err(Problem::new("the table has no part")
                .in_file(&self.target)
                .expected("one, be it without rows"));
        };
        writer.finish().map(drop).map_err(|error| self.broken(&error))
    }

    fn broken(&self, error: &polars_core::prelude::PolarsError) -> Problem {
        broken(error).in_file(&self.target)
    }
}

/// A table that is read part by part; see [`Table::parts`].
pub(crate) struct PartsOf<'a> {
    path: PathBuf,
    file: String,
    columns: &'a [&'a str],
    rows: usize,
    next: usize,
    ended: bool,
}

impl Table {
    /// The parts of a table behind an input of the stage, with some of its columns, or all if none are named. There is a
    /// part even if there are no rows.
    pub(crate) fn parts<'a>(cx: &Context<'_>, role: &str, columns: &'a [&'a str]) -> Result<PartsOf<'a>, Problem> {
        let file = cx.input_path(role)?.to_owned();
        let mut parts = PartsOf { path: cx.path(role)?, file, columns, rows: 0, next: 0, ended: false };
        parts.rows = parts.reader()?.num_rows().map_err(|error| broken(&error).in_file(&parts.file))?;
        Ok(parts)
    }
}

impl Table {
    /// Some columns of a table behind an input of the stage, of which the others are not read.
    pub(crate) fn columns(cx: &Context<'_>, role: &str, columns: &[&str]) -> Result<Self, Problem> {
        let parts = Self::parts(cx, role, columns)?;
        parts.slice(0, parts.rows)
    }

    /// A table behind an input of the stage without its rows.
    pub(crate) fn without_rows(cx: &Context<'_>, role: &str) -> Result<Self, Problem> {
        Self::parts(cx, role, &[])?.slice(0, 1)?.take(&[])
    }
}

impl PartsOf<'_> {
    /// The rows of all parts together.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the table has a column.
    pub(crate) fn has(&self, column: &str) -> Result<bool, Problem> {
        let schema = self.reader()?.schema().map_err(|error| broken(&error).in_file(&self.file))?;
        Ok(schema.contains(column))
    }

    fn reader(&self) -> Result<ParquetReader<File>, Problem> {
        let file = File::open(&self.path).map_err(|error| Problem::io("read", &self.file, &error))?;
        Ok(ParquetReader::new(file))
    }

    fn slice(&self, first: usize, rows: usize) -> Result<Table, Problem> {
        let broken = |error| broken(&error).in_file(&self.file);
        let mut reader = self.reader()?;
        let schema = reader.schema().map_err(broken)?;
        // Whoever asks the table for a column that it lacks is told so.
        let columns = self.columns.iter().filter(|name| schema.contains(name)).map(|name| (*name).to_owned());
        let reader = reader.with_columns((!self.columns.is_empty()).then(|| columns.collect()));
        // Row groups that hold none of the rows are passed over.
        let reader = reader.read_parallel(ParallelStrategy::RowGroups).with_slice(Some((first, rows)));
        let in_file = schema.iter_names().map(ToString::to_string).collect();
        Ok(Table { frame: reader.finish().map_err(broken)?, file: self.file.clone(), first, in_file })
    }
}

impl Iterator for PartsOf<'_> {
    type Item = Result<Table, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let part = self.slice(self.next, PART);
        self.next += PART;
        self.ended = part.is_err() || self.next >= self.rows;
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const SCHEMA: [Column; 3] =
        [Column::new("count", "", "A count"), Column::new("name", "", "A text"), Column::new("value", "W", "A number")];

    /// Rows with the numbers from one to another.
    fn rows(numbers: std::ops::Range<usize>) -> Rows {
        let of = |number: &usize| *number as f64 / 8.0;
        Rows::new()
            .integers("count", numbers.clone().map(|number| number as i64).collect())
            .texts("name", numbers.clone().map(|number| format!("{}", number % 7)).collect())
            .floats("value", numbers.collect::<Vec<_>>().iter().map(of).collect())
    }

    fn written(folder: &Path, parts: &[std::ops::Range<usize>]) -> PathBuf {
        written_rows(folder.join(parts.len().to_string()), parts.iter().cloned().map(rows).collect())
    }

    fn written_rows(path: PathBuf, parts: Vec<Rows>) -> PathBuf {
        let mut table =
            Parts { path: path.clone(), target: "a table".to_owned(), schema: SCHEMA.to_vec(), writer: None };
        parts.into_iter().for_each(|part| table.add(part).unwrap());
        table.finish().unwrap();
        path
    }

    fn parts<'a>(path: &Path, columns: &'a [&'a str]) -> PartsOf<'a> {
        let mut parts =
            PartsOf { path: path.to_owned(), file: "a table".to_owned(), columns, rows: 0, next: 0, ended: false };
        parts.rows = parts.reader().unwrap().num_rows().unwrap();
        parts
    }

    #[test]
    fn a_table_comes_back_part_by_part() {
        let folder = tempfile::tempdir().unwrap();
        let count = 2 * PART + 3;
        let path = written(folder.path(), &[0..PART, PART..2 * PART, 2 * PART..count]);
        let read = parts(&path, &["value", "count", "none"]);
        assert_eq!((read.rows(), read.has("name").unwrap(), read.has("none").unwrap()), (count, true, false));
        let read = read.collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(read.iter().map(Table::len).collect::<Vec<_>>(), [PART, PART, 3]);
        let all: Vec<i64> = read.iter().flat_map(|part| part.integers("count").unwrap()).collect();
        assert!(all.iter().copied().eq(0..count as i64));
        let last = &read[2];
        assert_eq!((last.positions()[0], last.label(1)), (2 * PART as i64, (2 * PART + 1).to_string()));
        assert!(last.texts("none").is_err() && last.texts("name").is_err());
        let columns = parts(&path, &["count"]).slice(0, count).unwrap();
        assert_eq!((columns.len(), columns.names()), (count, vec!["count".to_owned()]));
        // Parts of another length than the row groups.
        let across = parts(&path, &[]).slice(PART - 2, PART + 4).unwrap();
        assert_eq!(across.floats("value").unwrap()[PART + 3], (2 * PART + 1) as f64 / 8.0);
    }

    #[test]
    fn one_part_has_the_bytes_of_a_table_that_is_written_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for part in [0..0, 0..50] {
            let path = written(folder.path(), std::slice::from_ref(&part));
            let (mut frame, told) = rows(part.clone()).frame(&SCHEMA).unwrap();
            let mut bytes = Vec::new();
            writer(&mut bytes, &frame, &told).unwrap().finish(&mut frame).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
            let read = parts(&path, &[]).collect::<Result<Vec<_>, _>>().unwrap();
            assert_eq!(read.iter().map(Table::len).collect::<Vec<_>>(), [part.len()]);
        }
    }

    #[test]
    fn columns_of_several_chunks_become_one_row_group() {
        let folder = tempfile::tempdir().unwrap();
        let mut in_chunks = rows(0..5);
        // The chunks of one column end elsewhere than those of the others.
        in_chunks.columns[0].append(&rows(5..8).columns[0]).unwrap();
        in_chunks.columns[2].append(&rows(5..8).columns[2]).unwrap();
        in_chunks.columns[1] = rows(0..3).columns[1].clone();
        in_chunks.columns[1].append(&rows(3..8).columns[1]).unwrap();
        let path = written_rows(folder.path().join("chunks"), vec![in_chunks]);
        let whole = written(folder.path(), std::slice::from_ref(&(0..8)));
        assert_eq!(std::fs::read(path).unwrap(), std::fs::read(whole).unwrap());
    }

    #[test]
    fn a_table_without_any_part_or_with_other_columns_is_a_mistake() {
        let path = tempfile::tempdir().unwrap().path().join("table");
        let mut table = Parts { path, target: "a table".to_owned(), schema: SCHEMA.to_vec(), writer: None };
        assert!(table.add(rows(0..1).without("name")).is_err());
        assert!(table.finish().is_err());
    }
}
