//! A mirror: a folder laid out `<mirror>/<study>/<path>`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use studies::sources::Pin;

use super::error::{FileError, Problem, Stop};
use super::place::{Partial, hash, is_absent};

/// Copies the file `from` of a mirror into `partial` and checks it. `progress` is told the bytes
/// copied so far. If it fails, there is no partial file.
pub(super) fn copy(from: &Path, pin: &Pin, partial: &Partial, progress: &dyn Fn(u64)) -> Result<(), Stop> {
    let unreadable = |error: io::Error| Problem::Unreadable { cause: error.to_string() };
    let found = match fs::metadata(from) {
        Ok(found) if found.is_file() => found,
        Ok(_) => return Err(Problem::NotAFile.into()),
        Err(error) if is_absent(&error) => return Err(Problem::Absent.into()),
        Err(error) => return Err(unreadable(error).into()),
    };
    let mut input = File::open(from).map_err(unreadable)?;
    if found.len() != pin.bytes {
        let found = hash(input).map_err(unreadable)?;
        return Err(Problem::Other { found }.into());
    }

    let copied = copy_bytes(&mut input, pin.bytes, partial, progress);
    let outcome = copied.and_then(|()| match partial.check()? {
        Ok(()) => Ok(()),
        Err(found) => Err(Problem::Other { found }.into()),
    });
    if outcome.is_err() {
        partial.discard()?;
    }
    outcome
}

/// Writes `input`, but not more than one byte above `limit`, into the new partial file.
fn copy_bytes(input: &mut File, limit: u64, partial: &Partial, progress: &dyn Fn(u64)) -> Result<(), Stop> {
    let mut output = partial.create()?;
    let mut input = input.take(limit.saturating_add(1));
    let mut buffer = vec![0; 128 * 1024];
    let mut have = 0;
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                output.write_all(&buffer[..count]).map_err(FileError::local("write", partial.path()))?;
                have += count as u64;
                progress(have);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Problem::Unreadable { cause: error.to_string() }.into()),
        }
    }
}
