//! Upstream over HTTP: URLs, redirects, and whether anybody answers at all.

use std::error::Error as _;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use studies::sources::Pin;
use ureq::http::{Response, Uri, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Timeout};

use super::error::{OptionsError, Problem};

/// Where GitHub serves the files of a commit.
const GITHUB: &str = "https://raw.githubusercontent.com";
/// Redirects that are followed for one request.
const REDIRECTS: usize = 10;

/// How long to wait for a server, and how often to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// Attempts for one file, of which each goes on where the last one broke off.
    pub attempts: u32,
    /// Attempts while upstream has not answered a single time. After these it is not asked again,
    /// so that a machine without a network does not wait for every file.
    pub first_attempts: u32,
    /// Pause before the second attempt; it doubles with each further one.
    pub first_pause: Duration,
    /// Longest pause, also if the server asks for more.
    pub longest_pause: Duration,
    /// Time for finding and connecting to the server.
    pub connect: Duration,
    /// Time for the head of the answer, and longest silence while its body arrives.
    pub silence: Duration,
    /// Bytes a second below which a server that does send something is given up.
    pub slowest: u32,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            attempts: 5,
            first_attempts: 2,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            slowest: 8 * 1024,
        }
    }
}

impl Patience {
    /// Time for a body of `bytes`.
    fn for_body(&self, bytes: u64) -> Duration {
        self.silence + Duration::from_secs(bytes / u64::from(self.slowest.max(1)))
    }
}

/// The server that has every file at `<base>/<repository>/<commit>/<upstream path>`.
#[derive(Debug)]
pub struct Upstream {
    /// Base URL without `/` at its end.
    base: String,
    /// Whether the base URL is on this machine: then no proxy is asked.
    is_loopback: bool,
    patience: Patience,
    certificates: Option<PathBuf>,
    /// Made at the first request: it reads certificates.
    agent: OnceLock<Result<Agent, String>>,
    standing: Mutex<Standing>,
}

/// What is known of upstream in this run.
#[derive(Debug, Clone)]
enum Standing {
    NotAsked,
    Answers,
    /// Not reached, with the reason.
    Silent(String),
}

/// Why a request brought nothing.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Asking again may help.
    Passing(Problem),
    /// It would not.
    Final(Problem),
}

impl Upstream {
    /// GitHub's server of raw files.
    pub fn github() -> Upstream {
        Upstream::with(GITHUB.to_owned(), false, Patience::default())
    }

    /// The server at the `http` or `https` URL `base`.
    ///
    /// # Errors
    /// [`OptionsError::Upstream`] if `base` is no such URL, or has a user name, `?` or `#` in it.
    pub fn new(base: &str, patience: Patience) -> Result<Upstream, OptionsError> {
        let fault = |fault| OptionsError::Upstream { base: base.to_owned(), fault };
        if base.contains(['?', '#']) {
            return Err(fault("`?` or `#` in it"));
        }
        let uri: Uri = base.parse().map_err(|_| fault("no URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(fault("neither http nor https"));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(fault("a user name or password in it, which messages would show"));
        }
        let base = base.trim_end_matches('/').to_owned();
        Ok(Upstream::with(base, is_loopback(&uri), patience))
    }

    fn with(base: String, is_loopback: bool, patience: Patience) -> Upstream {
        Upstream {
            base,
            is_loopback,
            patience,
            certificates: None,
            agent: OnceLock::new(),
            standing: Mutex::new(Standing::NotAsked),
        }
    }

    /// Trusts the certificate authorities of this PEM file instead of the built-in ones, if given.
    pub fn trusting(self, certificates: Option<PathBuf>) -> Upstream {
        Upstream { certificates, ..self }
    }

    /// Asks once and does not wait long: for who only wants to know whether anybody answers.
    pub fn impatient(mut self) -> Upstream {
        let (connect, silence) = (Duration::from_secs(3), Duration::from_secs(5));
        self.patience = Patience { attempts: 1, first_attempts: 1, connect, silence, ..self.patience };
        self
    }

    /// Whether the server answers and has a pinned file. Its content is not read.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn offers(&self, pin: &Pin) -> Result<(), Problem> {
        match self.get(&self.url(pin), 0, pin.bytes) {
            Ok((answer, _)) if answer.status().is_success() => Ok(()),
            Ok((answer, at)) => Err(Problem::Status { status: answer.status().to_string(), at }),
            Err(Refusal::Passing(problem) | Refusal::Final(problem)) => Err(problem),
        }
    }

    /// The URL of a pinned file.
    pub fn url(&self, pin: &Pin) -> String {
        let Pin { repository, commit, upstream_path, .. } = pin;
        format!("{}/{repository}/{commit}/{}", self.base, percent_encoded(upstream_path))
    }

    pub(super) fn patience(&self) -> &Patience {
        &self.patience
    }

    /// How often a file may be asked for, as things stand.
    pub(super) fn attempts(&self) -> u32 {
        match self.standing() {
            Standing::Answers => self.patience.attempts,
            Standing::NotAsked | Standing::Silent(_) => self.patience.first_attempts,
        }
    }

    /// All attempts for a file are used up: upstream is silent if it has never answered.
    pub(super) fn give_up(&self, problem: &Problem) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Standing::NotAsked, Problem::NoAnswer { cause }) = (&*standing, problem) {
            *standing = Standing::Silent(cause.clone());
        }
    }

    fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for `url` from byte `start` on and follows redirects. Returns the first answer that is no
    /// redirect, and the URL it came from if that is another one.
    pub(super) fn get(&self, url: &str, start: u64, bytes: u64) -> Result<(Response<Body>, Option<String>), Refusal> {
        if let Standing::Silent(cause) = self.standing() {
            return Err(Refusal::Final(Problem::NoAnswer { cause }));
        }
        let no_answer = |cause| Refusal::Final(Problem::NoAnswer { cause });
        let agent = self.agent.get_or_init(|| self.make_agent()).as_ref();
        let agent = agent.map_err(|cause| no_answer(cause.clone()))?;
        let mut at: Uri = url.parse().map_err(|_| no_answer(format!("{url} is no URL")))?;
        for hop in 0..=REDIRECTS {
            let request = agent.get(at.clone()).config();
            let mut request = request.timeout_recv_body(Some(self.patience.for_body(bytes))).build();
            if start > 0 {
                request = request.header(header::RANGE, format!("bytes={start}-"));
            }
            let answer = request.call().map_err(|error| self.refusal(&error))?;
            *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = Standing::Answers;
            let location = answer.headers().get(header::LOCATION);
            match (answer.status().as_u16(), location) {
                (301 | 302 | 303 | 307 | 308, Some(location)) => {
                    let to = String::from_utf8_lossy(location.as_bytes());
                    at = redirect(&at, &to)
                        .map_err(|fault| Refusal::Final(Problem::Redirect { to: to.into_owned(), fault }))?;
                }
                _ => return Ok((answer, (hop > 0).then(|| at.to_string()))),
            }
        }
        let fault = "too many redirects, one after the other";
        Err(Refusal::Final(Problem::Redirect { to: at.to_string(), fault }))
    }

    fn make_agent(&self) -> Result<Agent, String> {
        let mut config = Agent::config_builder()
            .user_agent(concat!("joulebook/", env!("CARGO_PKG_VERSION")))
            // Ranges and pinned sizes are of the file as it is, not of a compressed form.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(Some(self.patience.connect))
            .timeout_connect(Some(self.patience.connect))
            .timeout_send_request(Some(self.patience.silence))
            .timeout_recv_response(Some(self.patience.silence))
            .timeout_per_read(Some(self.patience.silence));
        if self.is_loopback {
            config = config.proxy(None);
        }
        if let Some(path) = &self.certificates {
            let roots = certificates(path).map_err(|fault| format!("certificates in {}: {fault}", path.display()))?;
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(config.build().new_agent())
    }

    /// What an error before the head of an answer means.
    fn refusal(&self, error: &ureq::Error) -> Refusal {
        let problem = Problem::NoAnswer { cause: self.describe(error) };
        match error {
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::Protocol(_) => Refusal::Passing(problem),
            // Certificates that do not fit come as invalid data.
            ureq::Error::Io(error) if error.kind() != ErrorKind::InvalidData => Refusal::Passing(problem),
            _ => Refusal::Final(problem),
        }
    }

    /// A connection's error in plain words.
    pub(super) fn describe(&self, error: &ureq::Error) -> String {
        let Patience { connect, silence, slowest, .. } = &self.patience;
        match error {
            ureq::Error::HostNotFound => "the host is not known, or there is no network".to_owned(),
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                format!("no connection within {connect:?}")
            }
            ureq::Error::Timeout(Timeout::RecvBody) => format!("slower than {slowest} bytes/s"),
            ureq::Error::Timeout(_) => format!("nothing for {silence:?}"),
            ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
                format!("{error} (SSL_CERT_FILE=PEM names other authorities to trust)")
            }
            ureq::Error::Io(error) => match error.source() {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            },
            other => other.to_string(),
        }
    }
}

/// The certificates of a PEM file; other sections of it are skipped.
fn certificates(path: &Path) -> Result<RootCerts, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err("none found, expected PEM (unset SSL_CERT_FILE for the built-in ones)".to_owned());
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// `path` for a URL: all bytes but unreserved characters (RFC 3986) and `/` as `%XX`.
fn percent_encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Whether the host of `uri` is this machine.
fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The target of a redirect from `at` to `location` (RFC 3986, section 5.2, but `..` is left to the
/// server).
fn redirect(at: &Uri, location: &str) -> Result<Uri, &'static str> {
    let scheme = at.scheme_str().unwrap_or("https");
    let authority = at.authority().map_or("", |authority| authority.as_str());
    let location = location.split('#').next().unwrap_or_default();
    let target = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        let folder = at.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    let target: Uri = target.parse().map_err(|_| "no URL")?;
    match (scheme, target.scheme_str()) {
        (_, Some("https")) | ("http", Some("http")) => Ok(target),
        (_, Some("http")) if is_loopback(&target) => Ok(target),
        (_, Some("http")) => Err("not followed, it leaves https for http"),
        _ => Err("neither http nor https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirected(at: &str, location: &str) -> Result<String, &'static str> {
        let at: Uri = at.parse().expect("a URL");
        redirect(&at, location).map(|target| target.to_string())
    }

    #[test]
    fn encodes_every_byte_that_a_url_would_misread() {
        assert_eq!(percent_encoded("data/a+b (1)#%?é_~-.pkl"), "data/a%2Bb%20%281%29%23%25%3F%C3%A9_~-.pkl");
    }

    #[test]
    fn resolves_redirects() {
        let at = "https://host:8443/a/b/c?q=1";
        for (location, expected) in [
            ("https://other/x", "https://other/x"),
            ("//other/x", "https://other/x"),
            ("/x?y#z", "https://host:8443/x?y"),
            ("x", "https://host:8443/a/b/x"),
        ] {
            assert_eq!(redirected(at, location).as_deref(), Ok(expected), "{location}");
        }
    }

    #[test]
    fn never_leaves_https_for_http_but_on_this_machine() {
        let leaves = Err("not followed, it leaves https for http");
        assert_eq!(redirected("https://host/a", "http://host/a"), leaves);
        assert_eq!(redirected("https://host/a", "http://127.0.0.1.example.org/a"), leaves);
        assert_eq!(redirected("https://host/a", "http://localhost.example.org/a"), leaves);
        for location in ["http://127.0.0.1:1/a", "http://[::1]:1/a", "http://localhost/a"] {
            assert_eq!(redirected("https://host/a", location).as_deref(), Ok(location));
        }
        assert!(redirected("http://host/a", "http://other/a").is_ok());
        for location in ["ftp://host/a", "file:///etc/passwd", "http://", "https://a b/"] {
            assert!(redirected("http://host/a", location).is_err(), "{location}");
        }
    }

    #[test]
    fn refuses_bases_that_are_no_plain_url() {
        for (base, fault) in [
            ("", "no URL"),
            ("host/path", "no URL"),
            ("/path", "neither http nor https"),
            ("ftp://host", "neither http nor https"),
            ("https://user:word@host", "a user name or password in it, which messages would show"),
            ("https://host/?q=", "`?` or `#` in it"),
        ] {
            let error = Upstream::new(base, Patience::default()).expect_err(base).to_string();
            assert!(error.contains(fault) && error.contains("JOULEBOOK_UPSTREAM"), "{error}");
        }
    }
}
