//! The handles of a running stage of a study.

use std::fs::File;
use std::io::BufReader;
use std::ops::{Deref, DerefMut};

use dag::{Context, Problem};

use crate::record::{Record, Status};

/// What a stage's function is given: its inputs and outputs, and which data the study is made from.
pub(crate) struct Cx<'a, 'b> {
    pub(crate) cx: &'a mut Context<'b>,
    /// Which data the study is made from.
    pub(crate) status: Status,
}

impl Cx<'_, '_> {
    /// Writes a record to the output that has its id.
    pub(crate) fn record(&mut self, record: Record) -> Result<(), Problem> {
        let record = record.status(self.status);
        let json = record.to_json().map_err(|error| Problem::new(error.to_string()))?;
        self.cx.write(&record.id, json)
    }

    /// The file behind an input, for readers that hold little of it.
    pub(crate) fn open(&self, role: &str) -> Result<BufReader<File>, Problem> {
        let path = self.cx.input_path(role)?;
        let file = File::open(self.cx.path(role)?).map_err(|error| Problem::io("read", path, &error))?;
        Ok(BufReader::with_capacity(1 << 16, file))
    }

    /// Reads the record that is the input of its id.
    pub(crate) fn read_record(&self, id: &str) -> Result<Record, Problem> {
        let file = self.cx.input_path(id)?;
        Record::from_json(&self.cx.read_text(id)?, file.as_ref())
            .map_err(|error| Problem::new(error.to_string()).in_file(file))
    }
}

impl<'b> Deref for Cx<'_, 'b> {
    type Target = Context<'b>;

    fn deref(&self) -> &Context<'b> {
        self.cx
    }
}

impl DerefMut for Cx<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.cx
    }
}
