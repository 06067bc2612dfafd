//! A fake network (Jetstream) and fake receivers (Slack, webhook) for the real binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use courtier::engine::Clock;
use futures_util::SinkExt as _;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

/// How a receiver takes a call.
pub(crate) enum Mood {
    /// It answers so.
    Answer(Response),
    /// It cuts the connection without a word.
    Cut,
    /// It never answers within anybody's patience.
    Hang,
}

/// The mood of the n-th call (from 0).
pub(crate) type Moods = dyn Fn(usize) -> Mood + Send + Sync;

/// Takes everything.
pub(crate) fn well(_: usize) -> Mood {
    Mood::Answer(StatusCode::OK.into_response())
}

/// The fake world outside.
pub(crate) struct World {
    /// Microseconds of event 0; event n is n milliseconds later.
    pub start_us: i64,
    released: AtomicUsize,
    pub slack: Mutex<Vec<String>>,
    /// (webhook-id, body), taken calls only.
    pub hook: Mutex<Vec<(String, Value)>>,
    hook_calls: AtomicUsize,
    moods: Box<Moods>,
    pub address: String,
}

/// The text of event n: one author, one leaver each.
pub(crate) fn words(number: usize) -> String {
    format!("I am done with Nomadesk and I am switching to Dropbox, reason number {number}")
}

impl World {
    /// Opens the world on a free port.
    pub(crate) async fn open(moods: impl Fn(usize) -> Mood + Send + Sync + 'static) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let world = Arc::new(Self {
            start_us: Clock::system().now().as_microsecond() - 60_000_000,
            released: AtomicUsize::new(1),
            slack: Mutex::default(),
            hook: Mutex::default(),
            hook_calls: AtomicUsize::new(0),
            moods: Box::new(moods),
            address,
        });
        let router = Router::new()
            .route("/subscribe", get(subscribe))
            .route("/slack", post(slack))
            .route("/hook", post(hook))
            .fallback(|| async { (StatusCode::OK, "{\"profiles\":[],\"posts\":[]}") })
            .with_state(Arc::clone(&world));
        tokio::spawn(async move { axum::serve(listener, router).await });
        world
    }

    /// Lets so many events exist.
    pub(crate) fn release(&self, count: usize) {
        self.released.store(count, Ordering::SeqCst);
    }

    pub(crate) fn released(&self) -> usize {
        self.released.load(Ordering::SeqCst)
    }

    fn time_us(&self, number: usize) -> i64 {
        self.start_us + i64::try_from(number).expect("few") * 1_000
    }

    fn event(&self, number: usize) -> Value {
        let created = jiff::Timestamp::from_microsecond(self.time_us(number)).expect("in range").to_string();
        json!({
            "did": format!("did:plc:author{number}"), "time_us": self.time_us(number), "kind": "commit",
            "commit": {"rev": format!("3m{number:011}"), "operation": "create", "collection": "app.bsky.feed.post",
                "rkey": format!("3m{number:011}"), "cid": "bafyreitest",
                "record": {"$type": "app.bsky.feed.post", "createdAt": created, "langs": ["en"], "text": words(number)}},
        })
    }

    /// The alerts that the webhook took: alert id to the keys under which it came.
    pub(crate) fn keys(&self) -> BTreeMap<String, Vec<String>> {
        let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, body) in self.hook.lock().unwrap().iter() {
            let alert = body["data"]["alert"].as_str().expect("an alert").to_owned();
            keys.entry(alert).or_default().push(key.clone());
        }
        keys
    }

    /// A configuration that hears and tells this world.
    pub(crate) fn configuration(&self, folder: &Path, more: &str) -> PathBuf {
        let address = &self.address;
        let text = format!(
            "version = 1\n[watches.nomadesk]\nname = \"Nomadesk\"\nterms = [\"nomadesk\"]\nrivals = [\"dropbox\"]\n\
             [rivals.dropbox]\nname = \"Dropbox\"\nterms = [\"dropbox\"]\n\
             [feeds.bsky]\ntype = \"bluesky\"\nhosts = [\"ws://{address}\"]\nappview = \"http://{address}\"\n\
             [notifiers.care]\ntype = \"slack\"\nurl = \"file:slack-hook\"\n\
             [notifiers.crm]\ntype = \"webhook\"\nurl = \"http://{address}/hook\"\nsecret = \"file:crm-key\"\n\
             [store]\npath = \"courtier.db\"\n{more}\n"
        );
        std::fs::write(folder.join("slack-hook"), format!("http://{address}/slack")).expect("writable");
        std::fs::write(folder.join("crm-key"), "whsec_ZGVtby1rZXktZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OWFi").expect("writable");
        let path = folder.join("courtier.toml");
        std::fs::write(&path, text).expect("writable");
        path
    }
}

async fn subscribe(State(world): State<Arc<World>>, Query(query): Query<BTreeMap<String, String>>, mut request: Request) -> Response {
    let key = request.headers().get("sec-websocket-key").map(|key| derive_accept_key(key.as_bytes())).unwrap_or_default();
    let cursor: i64 = query.get("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let mut next = 0;
        loop {
            while next < world.released() {
                if world.time_us(next) >= cursor && socket.send(Message::text(world.event(next).to_string())).await.is_err() {
                    return;
                }
                next += 1;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    response.headers_mut().insert("sec-websocket-accept", HeaderValue::from_str(&key).expect("base64"));
    response
}

async fn slack(State(world): State<Arc<World>>, body: String) -> &'static str {
    world.slack.lock().unwrap().push(body);
    "ok"
}

async fn hook(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let call = world.hook_calls.fetch_add(1, Ordering::SeqCst);
    let answer = match (world.moods)(call) {
        Mood::Answer(answer) => answer,
        // The server drops the connection of a handler that panics.
        Mood::Cut => panic!("the receiver cuts the connection"),
        Mood::Hang => {
            tokio::time::sleep(Duration::from_mins(2)).await;
            return StatusCode::OK.into_response();
        }
    };
    if answer.status().is_success() {
        let key = headers["webhook-id"].to_str().expect("text").to_owned();
        world.hook.lock().unwrap().push((key, serde_json::from_slice(&body).expect("JSON")));
    }
    answer
}

/// The running program; killed when the test lets go of it.
pub(crate) struct Daemon(pub Child);

impl Daemon {
    pub(crate) fn start(configuration: &Path) -> Self {
        let folder = configuration.parent().expect("in a folder");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_courtier"))
            .args(["run", "--config"])
            .arg(configuration)
            .env_clear()
            .env("HOME", folder)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        Self(child)
    }

    /// SIGKILL: nothing is flushed, nobody says goodbye.
    pub(crate) fn kill(mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("reaped");
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    /// Waits for the end, at most so long.
    pub(crate) async fn ended(&mut self, within: Duration) -> Option<i32> {
        for _ in 0..within.as_millis() / 20 {
            if let Some(status) = self.0.try_wait().expect("waitable") {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
