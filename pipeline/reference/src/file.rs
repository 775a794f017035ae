//! Files that are replaced as a whole.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file beside its place and renames it there: at any instant it is the old or the new one.
/// What a killed process leaves beside it is hidden, and replaced by the next one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.partial"));
    let mut file = File::create(&beside)?;
    file.write_all(content)?;
    // Otherwise a crash of the machine could keep the name and lose the content.
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
