//! A download that survives broken connections: what has arrived is kept and asked for no more.

use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

use studies::sources::Pin;
use ureq::Body;
use ureq::http::{HeaderMap, Response, header};

use super::error::{FileError, Problem, Stop};
use super::place::Partial;
use super::progress::{Progress, RawFile};
use super::upstream::{Refusal, Upstream};

/// Why an attempt ended without the file.
enum Fault {
    /// Asking again may help, not before this pause.
    Passing(Problem, Duration),
    /// It would not.
    Final(Problem),
    /// This machine is to blame.
    Here(FileError),
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Fault {
        Fault::Here(error)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        match refusal {
            Refusal::Passing(problem) => Fault::Passing(problem, Duration::ZERO),
            Refusal::Final(problem) => Fault::Final(problem),
        }
    }
}

/// Fills `partial` from upstream and checks it. What has arrived of a file that could not be finished
/// stays, unless it is of no use.
pub(super) fn download(
    upstream: &Upstream,
    file: RawFile,
    partial: &Partial,
    progress: &dyn Progress,
) -> Result<(), Stop> {
    let url = upstream.url(file.pin);
    let patience = upstream.patience();
    let mut pause = patience.first_pause;
    let mut attempt = 1;
    loop {
        match attempt_once(upstream, &url, file, partial, progress) {
            Ok(()) => return Ok(()),
            Err(Fault::Here(error)) => return Err(error.into()),
            Err(Fault::Final(problem)) => {
                upstream.give_up(&problem);
                return Err(problem.into());
            }
            Err(Fault::Passing(problem, _)) if attempt >= upstream.attempts() => {
                upstream.give_up(&problem);
                return Err(problem.into());
            }
            Err(Fault::Passing(problem, asked)) => {
                // Without a network every file would say so, and say it again in the end.
                if !matches!(problem, Problem::NoAnswer { .. }) {
                    progress.note(&format!("{url}: {problem}; asking again"));
                }
                thread::sleep(pause.max(asked).min(patience.longest_pause));
                pause = pause.saturating_mul(2);
                attempt += 1;
            }
        }
    }
}

/// One request, for what is missing of the partial file.
fn attempt_once(
    upstream: &Upstream,
    url: &str,
    file: RawFile,
    partial: &Partial,
    progress: &dyn Progress,
) -> Result<(), Fault> {
    let pin = file.pin;
    let again = |problem| Err(Fault::Passing(problem, Duration::ZERO));
    let mut start = 0;
    match partial.length()? {
        Some(have) if have < pin.bytes => start = have,
        // Killed between the last byte and the rename; or of another version of the pin.
        Some(have) if have == pin.bytes && partial.check()?.is_ok() => return Ok(()),
        Some(_) => partial.discard()?,
        None => {}
    }

    let (answer, at) = upstream.get(url, start, pin.bytes)?;
    let status = answer.status();
    let total = match status.as_u16() {
        200 => {
            start = 0;
            number(answer.headers(), header::CONTENT_LENGTH)
        }
        206 => match content_range(answer.headers()) {
            Some((first, total)) if first == start => total,
            _ => {
                partial.discard()?;
                let what = format!("another part of the file than from byte {start} on");
                return again(Problem::Nonsense { what });
            }
        },
        code => {
            let problem = Problem::Status { status: status.to_string(), at };
            // The beginning that is here does not fit what is there.
            if code == 416 && start > 0 {
                partial.discard()?;
                return again(problem);
            }
            if matches!(code, 408 | 429 | 500..=599) {
                let seconds = number(answer.headers(), header::RETRY_AFTER).unwrap_or(0);
                return Err(Fault::Passing(problem, Duration::from_secs(seconds)));
            }
            return Err(Fault::Final(problem));
        }
    };
    if let Some(coding) = answer.headers().get(header::CONTENT_ENCODING)
        && coding.as_bytes() != b"identity"
    {
        let what = format!("in coding {coding:?}, which was not asked for");
        return Err(Fault::Final(Problem::Nonsense { what }));
    }
    if total.is_some_and(|total| total != pin.bytes) {
        partial.discard()?;
        return Err(Fault::Final(Problem::Size { found: total, expected: pin.bytes }));
    }

    let have = receive(upstream, answer, start, file, partial, progress)?;
    if have > pin.bytes {
        partial.discard()?;
        return Err(Fault::Final(Problem::Size { found: None, expected: pin.bytes }));
    }
    match partial.check()? {
        Ok(()) => Ok(()),
        Err(found) => {
            partial.discard()?;
            let problem = Problem::Other { found };
            // An earlier run may have left a beginning of another file: once more, from zero.
            if start > 0 { again(problem) } else { Err(Fault::Final(problem)) }
        }
    }
}

/// Appends the body of `answer` to the first `start` bytes of the partial file and returns its
/// length, which is at least that of the pin and at most one byte more.
fn receive(
    upstream: &Upstream,
    answer: Response<Body>,
    start: u64,
    file: RawFile,
    partial: &Partial,
    progress: &dyn Progress,
) -> Result<u64, Fault> {
    let Pin { bytes: expected, .. } = *file.pin;
    let mut output = if start > 0 { partial.append()? } else { partial.create()? };
    let mut have = start;
    progress.bytes(file, have);
    let mut body = answer.into_body().into_reader().take(expected.saturating_add(1) - start);
    let mut buffer = vec![0; 64 * 1024];
    let cause = loop {
        match body.read(&mut buffer) {
            Ok(0) => break "the connection was closed".to_owned(),
            Ok(count) => {
                output.write_all(&buffer[..count]).map_err(FileError::local("write", partial.path()))?;
                have += count as u64;
                progress.bytes(file, have);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break upstream.describe(&ureq::Error::from(error)),
        }
    };
    if have < expected {
        let problem = Problem::Interrupted { have, expected, cause };
        return Err(Fault::Passing(problem, Duration::ZERO));
    }
    Ok(have)
}

fn number(headers: &HeaderMap, name: header::HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// First byte and, if told, total size of `Content-Range: bytes FIRST-LAST/TOTAL`.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?.trim();
    let (span, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _last) = span.split_once('-')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    Some((first.trim().parse().ok()?, total))
}
