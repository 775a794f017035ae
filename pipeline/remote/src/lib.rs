//! Stores elsewhere, for [`dag`]: builds read from them what others have built, and CI pushes to them.
//!
//! | address | what it is | can be pushed to |
//! | --- | --- | --- |
//! | `file:///mnt/store` | a folder | yes |
//! | `s3://bucket/prefix` | a bucket of Amazon S3 or of a service like it | yes |
//! | `https://example.org/store` | any web server that shows the folder of a store | no |
//!
//! For `s3://` the environment is read as by the tools of AWS: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
//! AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL and others. Without a key requests are not signed, as
//! buckets that everybody may read want it.

mod bucket;
mod http;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::http::HttpBuilder;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, Error as StoreError, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use tokio::runtime::Runtime;
use url::Url;

/// Files up to this size are sent whole, and longer ones in parts of this size. S3 takes 10 000 parts.
const PART: usize = 16 << 20;

/// What a remote store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A build looks for what it needs not make: it does not wait for a store that does not answer.
    Read,
    /// Results are sent: what fails is tried again.
    Write,
}

/// Why a remote store cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is none of a remote store.
    #[error(
        "{url:?} is not the address of a remote store: {why}\n  expected: file:///FOLDER, s3://BUCKET/PREFIX or https://HOST/PATH"
    )]
    Address { url: String, why: String },
    /// Web servers take nothing.
    #[error(
        "nothing can be pushed to {url}\n  help: push to s3:// or file://, and let a web server show what lies there"
    )]
    ReadOnly { url: String },
    /// The folder cannot be made.
    #[error("cannot make the folder {}: {error}", folder.display())]
    Folder { folder: PathBuf, error: io::Error },
    /// The environment does not tell enough, or nonsense.
    #[error("{url} cannot be used: {why}")]
    Settings { url: String, why: String },
}

/// Opens the remote store at an address. Nothing is asked of it yet, so it may turn out not to be there.
///
/// # Errors
/// See [`OpenError`].
pub fn open(address: &str, purpose: Purpose) -> Result<Box<dyn dag::Remote>, OpenError> {
    let fault = |why: String| OpenError::Address { url: address.to_owned(), why };
    let mut url = Url::parse(address).map_err(|error| fault(error.to_string()))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("it has a query or a fragment".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fault("it has a user or a password, which would be shown in messages".to_owned()));
    }
    let store: Box<dyn ObjectStore> = match url.scheme() {
        "file" => {
            let folder = url.to_file_path().map_err(|()| fault("it names no folder of this machine".to_owned()))?;
            folder_store(&folder, address, purpose)?
        }
        "http" | "https" if purpose == Purpose::Write => return Err(OpenError::ReadOnly { url: address.to_owned() }),
        "http" | "https" => {
            // Paths are appended to a folder, not to its last part.
            if !url.path().ends_with('/') {
                url.set_path(&format!("{}/", url.path()));
            }
            let store = HttpBuilder::new().with_url(url.as_str()).with_retry(retries(purpose));
            let store = store.with_http_connector(http::Ureq::new(purpose, is_loopback(&url)));
            Box::new(store.build().map_err(|error| fault(told(&error)))?)
        }
        "s3" => bucket::open(&url, purpose)?,
        other => return Err(fault(format!("{other}:// is not known"))),
    };
    Ok(Box::new(ObjectRemote { name: address.to_owned(), store, readable: AtomicBool::default() }))
}

fn folder_store(folder: &Path, url: &str, purpose: Purpose) -> Result<Box<dyn ObjectStore>, OpenError> {
    if purpose == Purpose::Write {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|error| OpenError::Folder { folder: folder.to_owned(), error })?;
    }
    // Not opened as its own root, which would have to be there already.
    let settings = |why: String| OpenError::Settings { url: url.to_owned(), why };
    let prefix = object_store::path::Path::from_absolute_path(folder).map_err(|error| settings(error.to_string()))?;
    Ok(Box::new(PrefixStore::new(LocalFileSystem::new(), prefix)))
}

/// Whether a host is this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn retries(purpose: Purpose) -> RetryConfig {
    let (max_retries, retry_timeout) = match purpose {
        Purpose::Read => (0, Duration::from_secs(1)),
        Purpose::Write => (4, Duration::from_secs(60)),
    };
    RetryConfig { backoff: BackoffConfig::default(), max_retries, retry_timeout }
}

/// A store that `object_store` reaches.
struct ObjectRemote {
    name: String,
    store: Box<dyn ObjectStore>,
    /// Whether something could be read.
    readable: AtomicBool,
}

impl ObjectRemote {
    /// Whether something is there, from what came of asking. A bucket that may be read and not listed
    /// says "forbidden" of what is not there.
    fn found<T>(&self, result: object_store::Result<T>) -> io::Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(StoreError::PermissionDenied { .. }) if self.readable.load(Ordering::Relaxed) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }
}

impl dag::Remote for ObjectRemote {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, path: &str, to: &mut dyn Write) -> io::Result<bool> {
        runtime()?.block_on(async {
            let Some(found) = self.found(self.store.get(&path.into()).await)? else { return Ok(false) };
            let mut parts = found.into_stream();
            while let Some(part) = parts.next().await {
                to.write_all(&part.map_err(|error| failed(&error))?)?;
            }
            self.readable.store(true, Ordering::Relaxed);
            Ok(true)
        })
    }

    fn has(&self, path: &str) -> io::Result<bool> {
        runtime()?.block_on(async { Ok(self.found(self.store.head(&path.into()).await)?.is_some()) })
    }

    fn write(&self, path: &str, file: &Path) -> io::Result<()> {
        let mut file = File::open(file)?;
        let path = path.into();
        runtime()?.block_on(async {
            let first = part(&mut file)?;
            if first.len() < PART {
                return self
                    .store
                    .put(&path, PutPayload::from(first))
                    .await
                    .map(|_| ())
                    .map_err(|error| failed(&error));
            }
            let mut upload = self.store.put_multipart(&path).await.map_err(|error| failed(&error))?;
            let mut next = first;
            let sent = loop {
                if next.is_empty() {
                    break upload.complete().await.map(|_| ()).map_err(|error| failed(&error));
                }
                if let Err(error) = upload.put_part(PutPayload::from(next)).await {
                    break Err(failed(&error));
                }
                match part(&mut file) {
                    Ok(part) => next = part,
                    Err(error) => break Err(error),
                }
            };
            if sent.is_err() {
                // Parts that stay would be paid for. What failed first is what is told.
                let _ = upload.abort().await;
            }
            sent
        })
    }
}

/// The next part of a file; empty at its end.
fn part(file: &mut File) -> io::Result<Bytes> {
    let mut part = Vec::new();
    file.take(PART as u64).read_to_end(&mut part)?;
    Ok(part.into())
}

/// For one request: the thread that asks waits for the answer. Pauses between attempts need a clock.
fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().build()
}

fn failed(error: &StoreError) -> io::Error {
    io::Error::other(told(error))
}

/// An error with those that it comes from, each in a few words: the chain often says things twice.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    // The answers of services are pages of XML.
    if let Some((end, _)) = text.char_indices().nth(400) {
        text.truncate(end);
        text.push('…');
    }
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests;
