//! What a store holds.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::access::failed;
use super::{Kind, Manifest};
use crate::digest::Digest;
use crate::error::Error;

/// A file of a store.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) digest: Digest,
    pub(super) path: PathBuf,
    pub(super) metadata: Metadata,
}

/// All files of a kind, by their digests. Files with other names are none of the store's.
pub(super) fn entries(store: &Path, kind: Kind) -> Result<Vec<Entry>, Error> {
    let mut found = Vec::new();
    for beginning in names(&store.join(kind.folder()))? {
        for rest in names(&beginning)? {
            let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let Some(digest) = Digest::from_hex(&(name(&beginning) + &name(&rest))) else { continue };
            match fs::symlink_metadata(&rest) {
                Ok(metadata) => found.push(Entry { digest, path: rest, metadata }),
                // A build has dropped a damaged one since.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&rest, error)),
            }
        }
    }
    found.sort_by_key(|entry| entry.digest);
    Ok(found)
}

fn names(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    match fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(|error| failed(folder, error)))
            .collect::<Result<Vec<_>, _>>(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(failed(folder, error)),
    }
}

/// The manifest in a file of the store, if it is whole and in its place.
pub(super) fn manifest(entry: &Entry) -> Option<Manifest> {
    let manifest: Manifest = super::read_text(&fs::read_to_string(&entry.path).ok()?)?;
    (manifest.key == entry.digest).then_some(manifest)
}
