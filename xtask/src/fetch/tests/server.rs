//! A small HTTP/1.1 server that misbehaves as told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Where an endless body does end, so that a failing test does not fill the disk.
pub const ENDLESS: usize = 64 << 20;

/// What one request is answered with.
#[derive(Clone)]
pub struct Answer {
    status: &'static str,
    headers: Vec<String>,
    body: Vec<u8>,
    /// Answer a `Range` with 206 and the rest of the body.
    ranges: bool,
    /// Close the connection after so many bytes of what would be sent of the body.
    cut: Option<usize>,
    /// Send so many bytes at a time, and wait in between.
    pause: Option<(usize, Duration)>,
    /// Announce no length: the body ends with the connection.
    unannounced: bool,
    /// Repeat the body until the client goes away, or for [`ENDLESS`] bytes.
    endless: bool,
}

impl Answer {
    /// 200 with `body`, or 206 with the part of it that is asked for.
    pub fn file(body: &[u8]) -> Answer {
        Answer { ranges: true, body: body.to_vec(), ..Answer::status("200 OK") }
    }

    /// Another status, with an empty body.
    pub fn status(status: &'static str) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            ranges: false,
            cut: None,
            pause: None,
            unannounced: false,
            endless: false,
        }
    }

    pub fn redirect(to: &str) -> Answer {
        Answer::status("302 Found").header(&format!("Location: {to}"))
    }

    pub fn header(mut self, header: &str) -> Answer {
        self.headers.push(header.to_owned());
        self
    }

    /// 200 and everything, whatever range is asked for.
    pub fn without_ranges(self) -> Answer {
        Answer { ranges: false, ..self }
    }

    pub fn cut_after(self, bytes: usize) -> Answer {
        Answer { cut: Some(bytes), ..self }
    }

    pub fn pause_every(self, bytes: usize, pause: Duration) -> Answer {
        Answer { pause: Some((bytes, pause)), ..self }
    }

    pub fn unannounced(self) -> Answer {
        Answer { unannounced: true, ..self }
    }

    pub fn endless(self) -> Answer {
        Answer { endless: true, unannounced: true, ..self }
    }
}

/// A request as it came: path and value of `Range`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub path: String,
    pub range: Option<String>,
}

#[derive(Default)]
struct Shared {
    /// The n-th request of a path gets the n-th answer, and all later ones the last.
    script: BTreeMap<String, Vec<Answer>>,
    requests: Mutex<Vec<Request>>,
    now: AtomicUsize,
    busiest: AtomicUsize,
    repeated: AtomicUsize,
    closing: AtomicBool,
}

/// Runs until it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    pub fn start(script: Vec<(String, Vec<Answer>)>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("the port");
        let script = script.into_iter().collect();
        let shared = Arc::new(Shared { script, ..Shared::default() });
        let for_thread = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if for_thread.closing.load(Ordering::SeqCst) {
                    return;
                }
                let shared = for_thread.clone();
                // A client that goes away is part of the tests.
                thread::spawn(move || drop(serve(stream, &shared)));
            }
        });
        Server { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("the log").clone()
    }

    /// The `Range` of each request of a path that ends so, in order.
    pub fn ranges(&self, end: &str) -> Vec<Option<String>> {
        let requests = self.requests().into_iter();
        requests.filter(|request| request.path.ends_with(end)).map(|request| request.range).collect()
    }

    /// How many bytes of endless bodies the client took.
    pub fn repeated(&self) -> usize {
        self.shared.repeated.load(Ordering::SeqCst)
    }

    /// The largest number of requests that were being answered at the same time.
    pub fn busiest(&self) -> usize {
        self.shared.busiest.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
    }
}

/// Answers the requests of one connection until it is closed.
fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut input = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = Vec::new();
        for line in input.by_ref().lines() {
            match line? {
                line if line.is_empty() => break,
                line => head.push(line),
            }
        }
        let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else {
            return Ok(());
        };
        let range = head.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("range").then(|| value.to_owned())
        });
        let request = Request { path: path.to_owned(), range };
        let count = {
            let mut requests = shared.requests.lock().expect("the log");
            requests.push(request.clone());
            requests.iter().filter(|earlier| earlier.path == request.path).count()
        };
        let answers = shared.script.get(&request.path);
        let answer = answers.and_then(|answers| answers.get(count - 1).or(answers.last()));
        let answer = answer.cloned().unwrap_or(Answer::status("404 Not Found"));

        send(&mut stream, &request, &answer, shared)?;
        if answer.cut.is_some() || answer.unannounced {
            return Ok(());
        }
    }
}

/// Counts the requests that are being answered.
struct Busy<'a> {
    shared: &'a Shared,
}

impl Busy<'_> {
    fn new(shared: &Shared) -> Busy<'_> {
        let now = shared.now.fetch_add(1, Ordering::SeqCst) + 1;
        shared.busiest.fetch_max(now, Ordering::SeqCst);
        Busy { shared }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.shared.now.fetch_sub(1, Ordering::SeqCst);
    }
}

fn send(stream: &mut TcpStream, request: &Request, answer: &Answer, shared: &Shared) -> std::io::Result<()> {
    let start = request.range.as_deref().filter(|_| answer.ranges).map(|range| {
        let start = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
        start.and_then(|start| start.parse::<usize>().ok()).expect("bytes=N-")
    });
    let total = answer.body.len();
    let mut head = match start {
        Some(start) => {
            format!("HTTP/1.1 206 Partial\r\nContent-Range: bytes {start}-{}/{total}\r\n", total - 1)
        }
        None => format!("HTTP/1.1 {}\r\n", answer.status),
    };
    let body = &answer.body[start.unwrap_or(0)..];
    if answer.unannounced {
        head.push_str("Connection: close\r\n");
    } else {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for header in &answer.headers {
        head.push_str(&format!("{header}\r\n"));
    }
    let body = &body[..answer.cut.unwrap_or(body.len()).min(body.len())];
    let (step, pause) = answer.pause.unwrap_or((usize::MAX, Duration::ZERO));
    let last = body.len().saturating_sub(1) / step;
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    let mut busy = Some(Busy::new(shared));
    for (number, chunk) in body.chunks(step).enumerate() {
        if number > 0 {
            thread::sleep(pause);
        }
        if number == last {
            // Before the client can know that it has everything and ask for more.
            busy.take();
        }
        stream.write_all(chunk)?;
    }
    if answer.endless {
        for _ in 0..ENDLESS / body.len() {
            stream.write_all(body)?;
            shared.repeated.fetch_add(body.len(), Ordering::SeqCst);
        }
    }
    stream.flush()
}
