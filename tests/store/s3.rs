//! A service that speaks S3, started for a test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;

/// moto's server, on a port of its own, until it is dropped.
pub struct Service {
    child: Child,
    port: u16,
}

impl Service {
    /// `None`, with a printed reason, where none is installed.
    pub fn start() -> Option<Self> {
        let program = std::env::var_os("JOULEBOOK_TEST_S3").filter(|program| !program.is_empty());
        let Some(program) = program else {
            println!(
                "skipped: an S3 service is needed; set JOULEBOOK_TEST_S3 to the program moto_server of moto[server]"
            );
            return None;
        };
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", "0"]).env("PYTHONUNBUFFERED", "1").env_remove("http_proxy");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // It says where it listens, and then tells each request.
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let port = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the S3 service ended: {said}");
            let port = line.split("http://127.0.0.1:").nth(1);
            let port = port.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
            if let Some(port) = port.and_then(|port| port.parse().ok()) {
                break port;
            }
            said.push_str(&line);
        };
        thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Some(Self { child, port })
    }

    /// What the tools of AWS read; the keys are any.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }

    pub fn create_bucket(&self, name: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let host = format!("127.0.0.1:{}", self.port);
        write!(stream, "PUT /{name} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
