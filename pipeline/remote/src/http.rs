//! The requests of `object_store`, made by ureq on the thread that waits for the answer.

use std::fmt;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use ureq::{Agent, BodyReader};

use crate::Purpose;

/// How long to wait for a connection, and for the next bytes on it.
const CONNECT: Duration = Duration::from_secs(3);
const SILENCE_READING: Duration = Duration::from_secs(10);
const SILENCE_WRITING: Duration = Duration::from_secs(60);

/// How much of an answer is handed on at a time.
const CHUNK: usize = 64 << 10;

/// How much of the body of an answer that is an error is read.
const LONGEST_EXPLANATION: u64 = 64 << 10;

/// An HTTP client, as `object_store` wants it.
#[derive(Clone)]
pub(crate) struct Ureq(Agent);

impl Ureq {
    pub(crate) fn new(purpose: Purpose, loopback: bool) -> Self {
        let silence = match purpose {
            Purpose::Read => SILENCE_READING,
            Purpose::Write => SILENCE_WRITING,
        };
        let mut config = Agent::config_builder()
            .user_agent(concat!("joulebook/", env!("CARGO_PKG_VERSION")))
            // Digests are of the file as it is, not of a compressed form.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .https_only(!loopback && purpose == Purpose::Write)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(silence))
            .timeout_per_read(Some(silence))
            .timeout_per_write(Some(silence));
        if loopback {
            config = config.proxy(None);
        }
        Self(config.build().new_agent())
    }
}

impl fmt::Debug for Ureq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ureq")
    }
}

impl HttpConnector for Ureq {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Ureq {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let answer = if body.is_empty() && !matches!(parts.method.as_str(), "PUT" | "POST") {
            self.0.run(ureq::http::Request::from_parts(parts, ()))
        } else {
            self.0.run(ureq::http::Request::from_parts(parts, &*body))
        };
        let (parts, body) = answer.map_err(|error| failed(&error))?.into_parts();
        // What explains a failure is read whole by who asks.
        let most = if parts.status.is_success() { u64::MAX } else { LONGEST_EXPLANATION };
        let body = HttpResponseBody::new(Answer(Mutex::new(body.into_reader().take(most))));
        Ok(HttpResponse::from_parts(parts, body))
    }
}

fn failed(error: &ureq::Error) -> HttpError {
    let kind = match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => HttpErrorKind::Connect,
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::Io(_) => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    };
    let message = match error {
        ureq::Error::HostNotFound => "the host is not known, or there is no network".to_owned(),
        ureq::Error::Timeout(_) => format!("no answer in time ({error})"),
        other => other.to_string(),
    };
    HttpError::new(kind, io::Error::other(message))
}

/// The body of an answer. The lock is never contended: it makes the reader fit to be shared, which the
/// interface wants.
struct Answer(Mutex<io::Take<BodyReader<'static>>>);

impl Body for Answer {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let mut chunk = vec![0; CHUNK];
        let reader = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        Poll::Ready(match reader.read(&mut chunk) {
            Ok(0) => None,
            Ok(n) => {
                chunk.truncate(n);
                Some(Ok(Frame::data(chunk.into())))
            }
            Err(error) => Some(Err(HttpError::new(HttpErrorKind::Interrupted, error))),
        })
    }
}
