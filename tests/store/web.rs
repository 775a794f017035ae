//! A web server that shows a folder, and nothing more: what a reviewer's store is read from.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// Runs until it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    folder: PathBuf,
    requests: AtomicUsize,
    cut: AtomicBool,
    closing: AtomicBool,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            requests: AtomicUsize::default(),
            cut: AtomicBool::default(),
            closing: AtomicBool::default(),
        });
        let of_thread = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if of_thread.closing.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&of_thread);
                // A client that goes away is none of the server's business.
                thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// From now on contents end early, as they do when a connection breaks.
    pub fn cut_contents_in_half(&mut self) {
        self.shared.cut.store(true, Ordering::SeqCst);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Shared {
    /// Answers the requests of a connection.
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut input = BufReader::new(stream.try_clone()?);
        loop {
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                if input.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push(line);
            }
            self.requests.fetch_add(1, Ordering::SeqCst);
            let mut words = head[0].split(' ');
            let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let found = fs::read(self.folder.join(path.trim_start_matches('/')));
            let (status, body) = match found {
                Ok(body) if matches!(method, "GET" | "HEAD") => ("200 OK", body),
                _ => ("404 Not Found", Vec::new()),
            };
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len())?;
            let cut = self.cut.load(Ordering::SeqCst) && path.contains("/objects/");
            stream.write_all(if method == "HEAD" {
                b""
            } else {
                &body[..if cut { body.len() / 2 } else { body.len() }]
            })?;
            if cut {
                return Ok(());
            }
        }
    }
}
