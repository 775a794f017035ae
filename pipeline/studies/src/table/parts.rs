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

    /// Writes the rows that come next, [`PART`] of them but in the last part, after a look that they have the columns that
    /// are declared. A table without rows has one part without rows.
    pub(crate) fn add(&mut self, rows: Rows) -> Result<(), Problem> {
        let (frame, told) = rows.frame(&self.schema)?;
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

    fn read(&self) -> Result<Table, Problem> {
        let broken = |error| broken(&error).in_file(&self.file);
        let mut reader = self.reader()?;
        let schema = reader.schema().map_err(broken)?;
        // Whoever asks the table for a column that it lacks is told so.
        let columns = self.columns.iter().filter(|name| schema.contains(name)).map(|name| (*name).to_owned());
        let reader = reader.with_columns((!self.columns.is_empty()).then(|| columns.collect()));
        // Row groups that the part does not touch are passed over.
        let reader = reader.read_parallel(ParallelStrategy::RowGroups).with_slice(Some((self.next, PART)));
        Ok(Table { frame: reader.finish().map_err(broken)?, file: self.file.clone(), first: self.next })
    }
}

impl Iterator for PartsOf<'_> {
    type Item = Result<Table, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let part = self.read();
        self.next += PART;
        self.ended = part.is_err() || self.next >= self.rows;
        Some(part)
    }
}
