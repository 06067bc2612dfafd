//! A server on loopback that answers as badly as a test wants it to.
//!
//! Plain threads and bytes: what matters is what goes over the wire, also when
//! it is no valid HTTP. Every request is kept for the test to look at.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Got {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Got {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A running server; its thread ends with the test's process.
pub struct Server {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    calls: Arc<Mutex<Vec<Got>>>,
}

impl Server {
    /// Every request so far.
    pub fn calls(&self) -> Vec<Got> {
        self.calls.lock().unwrap().clone()
    }
}

/// Starts a server that gives every request and its connection to `answer`; the connection
/// is closed afterwards.
pub fn serve(answer: impl Fn(&Got, &mut TcpStream) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let calls = Arc::new(Mutex::new(Vec::new()));
    let (answer, kept) = (Arc::new(answer), calls.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, kept) = (answer.clone(), kept.clone());
            std::thread::spawn(move || one(stream, answer.as_ref(), &kept));
        }
    });
    Server { url, calls }
}

/// Starts a server that answers every request with these bytes.
pub fn always(bytes: impl Into<Vec<u8>>) -> Server {
    let bytes = bytes.into();
    serve(move |_, stream| send(stream, &bytes))
}

fn one(mut stream: TcpStream, answer: &(dyn Fn(&Got, &mut TcpStream) + Send + Sync), kept: &Mutex<Vec<Got>>) {
    // A test that has ended must not leave a thread that waits for ever.
    drop(stream.set_read_timeout(Some(Duration::from_secs(30))));
    let Some(got) = read(&mut stream) else { return };
    kept.lock().unwrap().push(got.clone());
    answer(&got, &mut stream);
    drop(stream.flush());
    drop(stream.shutdown(std::net::Shutdown::Write));
    // Reading until the client closes keeps a reset from overtaking the answer.
    drop(std::io::copy(&mut stream.take(1 << 20), &mut std::io::sink()));
}

fn read(stream: &mut TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Got { method, path, headers, body })
}

/// Writes bytes; a client that has gone is no matter of the server's.
pub fn send(stream: &mut TcpStream, bytes: &[u8]) {
    drop(stream.write_all(bytes));
}

/// A whole answer with a length.
pub fn answer(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n", body.len()).into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// The ways in which a service goes wrong for every feed alike: name and server.
pub fn hostile() -> Vec<(&'static str, Server)> {
    vec![
        ("an HTML page", always(answer("200 OK", &[("content-type", "text/html")], "<!DOCTYPE html><html><title>Log in</title></html>"))),
        ("an empty 200", always(answer("200 OK", &[], ""))),
        ("cut JSON", always(answer("200 OK", &[("content-type", "application/json")], r#"{"hits":[{"objectID":"1","crea"#))),
        ("a 304 that nobody asked for", always("HTTP/1.1 304 Not Modified\r\n\r\n")),
        ("a redirect loop", serve(|got, stream| send(stream, &answer("302 Found", &[("location", &got.path)], "")))),
        ("a gzip bomb", always(answer("200 OK", &[("content-encoding", "gzip")], gzip_bomb()))),
        ("an endless body", serve(|_, stream| endless(stream))),
        ("a cut body", always("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n<rss>")),
        ("no answer at all", always("")),
        ("a page of 500", always(answer("500 Internal Server Error", &[], "<html>oops</html>"))),
        ("429 without a time", always(answer("429 Too Many Requests", &[], "<html>slow down</html>"))),
    ]
}

/// 256 MiB of spaces in a quarter of a megabyte.
pub fn gzip_bomb() -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![b' '; 1 << 20];
    for _ in 0..256 {
        packer.write_all(&block).expect("memory");
    }
    packer.finish().expect("memory")
}

fn endless(stream: &mut TcpStream) {
    send(stream, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    while stream.write_all(&chunk).is_ok() {}
}
