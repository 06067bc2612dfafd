//! A Jetstream that does what a test wants: speaks, stops, lies, hangs up.

use std::sync::{Arc, Mutex};

use futures_util::SinkExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// What happens on one connection, in order; afterwards it stays open in silence.
pub(crate) enum Act {
    /// Sends a frame.
    Say(String),
    /// Sends a text frame of these bytes, whatever they are.
    Raw(&'static [u8]),
    /// Waits until the test gives a permit.
    Wait(Arc<Semaphore>),
    /// Closes as a server should.
    Close,
    /// Is gone.
    Drop,
}

/// A running fake.
pub(crate) struct Jetstream {
    /// `ws://127.0.0.1:PORT`
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<(String, Option<String>)>>>,
}

impl Jetstream {
    /// The path and query, and the User-Agent, of every connection so far.
    pub(crate) fn asked(&self) -> Vec<(String, Option<String>)> {
        self.asked.lock().expect("no panic").clone()
    }

    /// The cursor that the n-th connection asked for.
    pub(crate) fn cursor(&self, connection: usize) -> Option<i64> {
        let (path, _) = self.asked().into_iter().nth(connection)?;
        path.split("cursor=").nth(1)?.split('&').next()?.parse().ok()
    }
}

/// Starts a fake; `script` gives the acts of the n-th connection.
#[expect(clippy::disallowed_methods, reason = "the fake network is no part of the house")]
pub(crate) async fn start(script: impl Fn(usize) -> Vec<Act> + Send + Sync + 'static) -> Jetstream {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("ws://{}", listener.local_addr().expect("bound"));
    let asked: Arc<Mutex<Vec<(String, Option<String>)>>> = Arc::default();
    let kept = Arc::clone(&asked);
    let script = Arc::new(script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (kept, script) = (Arc::clone(&kept), Arc::clone(&script));
            tokio::spawn(async move {
                let mut connection = 0;
                #[expect(clippy::result_large_err, reason = "the type is the library's")]
                let note = |request: &Request, response: Response| {
                    let agent = request.headers().get("user-agent").and_then(|agent| agent.to_str().ok()).map(str::to_owned);
                    let mut kept = kept.lock().expect("no panic");
                    connection = kept.len();
                    kept.push((request.uri().to_string(), agent));
                    Ok(response)
                };
                let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, note).await else { return };
                for act in script(connection) {
                    match act {
                        Act::Say(text) => drop(socket.send(Message::text(text)).await),
                        Act::Raw(bytes) => {
                            let head = [0x81, u8::try_from(bytes.len()).expect("short")];
                            drop(socket.get_mut().write_all(&[&head, bytes].concat()).await);
                        }
                        Act::Wait(gate) => gate.acquire().await.expect("open").forget(),
                        Act::Close => drop(socket.close(None).await),
                        Act::Drop => return,
                    }
                }
                std::future::pending::<()>().await;
            });
        }
    });
    Jetstream { url, asked }
}

/// A time in microseconds, so many milliseconds after the moment of the tests.
pub(crate) fn at(milliseconds: i64) -> i64 {
    super::now().as_microsecond() + milliseconds * 1000
}

/// A post: the key is also the revision.
pub(crate) fn post(key: &str, milliseconds: i64, text: &str) -> Act {
    event(
        key,
        milliseconds,
        "create",
        &format!(
            r#","record":{}"#,
            serde_json::json!({"$type": "app.bsky.feed.post", "text": text, "langs": ["en-US"], "createdAt": "2026-11-21T22:26:39Z"})
        ),
    )
}

/// An event in the collection of posts.
pub(crate) fn event(key: &str, milliseconds: i64, operation: &str, rest: &str) -> Act {
    Act::Say(format!(
        r#"{{"did":"did:plc:kim","time_us":{},"kind":"commit","commit":{{"rev":"r{key}","operation":"{operation}","collection":"app.bsky.feed.post","rkey":"{key}"{rest}}}}}"#,
        at(milliseconds)
    ))
}
