//! `cargo xtask inspect`.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use rawlog::inspect::{self, Opened};
use serde_json::json;

use crate::cli::Inspect;
use crate::{Exit, Failure};

/// Larger files are not read: a raw file of this size is no table of measurements.
const MOST_BYTES: u64 = 1 << 30;
/// Columns of the output where it is no terminal.
const WIDTH: usize = 100;

pub(crate) fn run(arguments: &Inspect) -> Result<Exit, Failure> {
    let file = &arguments.file;
    let failed = |error: &io::Error| Failure::io("read", file.display(), error);
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| failed(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::new(format!("{}: larger than 1 GiB", file.display())));
    }
    let opened = inspect::open(&file.display().to_string(), &bytes).map_err(Failure::new)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = if arguments.csv {
        inspect::write_csv(&opened.frame, &mut out)
    } else if arguments.json {
        write_json(&opened, &mut out)
    } else {
        let width = if io::stdout().is_terminal() { console_width() } else { WIDTH };
        out.write_all(opened.describe(|column| unit(file, column)).render(width).as_bytes())
    };
    match written.and_then(|()| out.flush()) {
        // Whoever reads has seen enough, as in `… | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Success),
        Err(error) => Err(Failure::io("print", file.display(), &error)),
        Ok(()) => Ok(Exit::Success),
    }
}

fn write_json(opened: &Opened, out: &mut impl io::Write) -> io::Result<()> {
    let mut rows = Vec::new();
    inspect::write_json_rows(&opened.frame, &mut rows)?;
    let rows: Box<serde_json::value::RawValue> = serde_json::from_slice(&rows)?;
    let description = opened.describe(|column| unit(Path::new(&opened.file), column));
    serde_json::to_writer(&mut *out, &json!({ "description": description, "rows": rows }))?;
    writeln!(out)
}

/// The unit of a column, if the file is one of a study that knows.
fn unit(file: &Path, column: &str) -> Option<String> {
    let path = file.to_string_lossy().replace('\\', "/");
    let study = studies::all().iter().find(|study| path.split('/').any(|part| part == study.name))?;
    study.raw_unit(&path, column).map(str::to_owned)
}

fn console_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(WIDTH)
}
