//! The daemon's own address: posts are handed in where the papers say, and nobody who dawdles keeps others out.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::let_underscore_must_use,
    clippy::large_stack_arrays,
    unreachable_pub,
    missing_docs,
    dead_code,
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

mod network;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use courtier::engine::{Health, Inboxes};
use courtier::observe::Metrics;
use courtier::web::{Doors, Limits, listen, serve};
use network::{Daemon, World, well};
use tokio_util::sync::CancellationToken;

/// Sends these bytes and reads until the other side closes.
async fn say(address: SocketAddr, bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    let call = move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
        stream.write_all(&bytes).expect("sent");
        let mut answer = Vec::new();
        // A connection that is cut is an answer too.
        drop(stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::task::spawn_blocking(call).await.expect("joins")
}

fn hand_in(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer tok-hunter2\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Waits until the log names the address.
async fn address(folder: &Path) -> SocketAddr {
    for _ in 0..1_000 {
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        if let Some((_, rest)) = log.split_once("address=") {
            return rest.split_whitespace().next().expect("a word").parse().expect("an address");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no address in the log: {}", std::fs::read_to_string(folder.join("log")).unwrap_or_default());
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_are_handed_in_where_the_sample_and_the_page_say() {
    let path = "/in/forum";
    let kind = courtier::feed::kind("webhook").expect("a kind");
    assert!(kind.sample.contains(&format!("POST to {path} ")), "{}", kind.sample);
    assert!(include_str!("../docs/feeds/webhook.md").contains(&format!("to `{path}`")));
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let world = World::open(well).await;
    let more = "[feeds.forum]\ntype = \"webhook\"\nscheme = \"bearer\"\nsecret = \"file:token\"\n[web]\nlisten = \"127.0.0.1:0\"";
    let configuration = world.configuration(folder, more);
    std::fs::write(folder.join("token"), "tok-hunter2").expect("writable");
    let _daemon = Daemon::start(&configuration);
    let address = address(folder).await;
    let body = format!("{{\"text\": {:?}}}", network::words(7));
    // While the house starts the sender is told to come again; a 404 would be a last word for many.
    let mut answer = say(address, hand_in(path, &body)).await;
    for _ in 0..500 {
        if !answer.starts_with("HTTP/1.1 503") {
            break;
        }
        answer = say(address, hand_in(path, &body)).await;
    }
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    // Handing in the same again is accepted and changes nothing.
    assert!(say(address, hand_in(path, &body)).await.starts_with("HTTP/1.1 202"));
    let times = || world.hook.lock().unwrap().iter().filter(|(_, body)| body["data"]["text"] == network::words(7)).count();
    for _ in 0..500 {
        if times() > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(times(), 1);
    // Whoever sends with an old secret is refused, and neither the log nor the figures are silent about it.
    for _ in 0..3 {
        let answer = say(address, hand_in(path, &body).replace("tok-hunter2", "tok-old")).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    let figures = say(address, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(figures.contains("courtier_inbound_requests_total{feed=\"forum\",status=\"401\"} 3"), "{figures}");
    let log = std::fs::read_to_string(folder.join("log")).expect("a log");
    assert_eq!(log.matches("refused what was handed in").count(), 1, "the others are counted, not told: {log}");
    assert!(!log.contains("tok-"), "{log}");
    assert!(say(address, hand_in("/in/bsky", &body)).await.starts_with("HTTP/1.1 404"), "no feed that takes posts");
    assert!(say(address, hand_in("/nothing", &body)).await.contains("/in/FEED"), "a wrong path says which there are");
}

/// A request of a forum: what its signature covers is the body alone.
fn forum(event: &str, instance: &str, body: &str) -> String {
    hand_in("/in/forum", body)
        .replace("host: x\r\n", &format!("host: x\r\nx-discourse-event: {event}\r\nx-discourse-instance: {instance}\r\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_replayed_is_the_same_post_and_stays_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let world = World::open(well).await;
    let more = "[feeds.forum]\ntype = \"webhook\"\npreset = \"discourse\"\nscheme = \"bearer\"\nsecret = \"file:token\"\n\
                [web]\nlisten = \"127.0.0.1:0\"";
    let configuration = world.configuration(folder, more);
    std::fs::write(folder.join("token"), "tok-hunter2").expect("writable");
    let _daemon = Daemon::start(&configuration);
    let address = address(folder).await;
    let post =
        |id: u64, number: usize| format!("{{\"post\": {{\"id\": {id}, \"raw\": {:?}, \"username\": \"u{id}\"}}}}", network::words(number));
    let told = |number: usize| world.hook.lock().unwrap().iter().filter(|(_, body)| body["data"]["text"] == network::words(number)).count();
    let stored = async |request: String| {
        for _ in 0..500 {
            let answer = say(address, request.clone()).await;
            if !answer.starts_with("HTTP/1.1 503") {
                assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
                return;
            }
        }
        panic!("never stored");
    };
    let until = async |number: usize| {
        for _ in 0..500 {
            if told(number) > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nobody was told of {number}");
    };
    stored(forum("post_created", "https://forum.example", &post(1, 7))).await;
    until(7).await;
    stored(forum("post_destroyed", "https://forum.example", &post(1, 7))).await;
    // Recorded and sent again, also as if another forum had sent it; the last one says that all before are through.
    for instance in ["https://forum.example", "https://elsewhere.example"] {
        stored(forum("post_created", instance, &post(1, 7))).await;
    }
    stored(forum("post_created", "https://forum.example", &post(2, 8))).await;
    until(8).await;
    assert_eq!(told(7), 1);
    let store = courtier::store::Sqlite::open_read_only(courtier::store::Options::new(folder.join("courtier.db"))).expect("opens");
    let kept = courtier::store::Store::mentions(&store, jiff::Timestamp::UNIX_EPOCH, None, 100).await.expect("reads");
    assert!(kept.iter().all(|one| one.mention.text != network::words(7)), "its words came back");
}

/// Opens doors over nothing.
async fn doors(limits: Limits) -> (SocketAddr, Inboxes, CancellationToken) {
    let listener = listen("127.0.0.1:0".parse().expect("an address")).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let inboxes = Inboxes::default();
    let doors = Doors { health: Health::default(), metrics: Metrics::default(), inboxes: inboxes.clone() };
    let stop = CancellationToken::new();
    tokio::spawn(serve(listener, doors, limits, stop.clone()));
    (address, inboxes, stop)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_is_sent_away_and_keeps_nobody_out() {
    let limits = Limits { head: Duration::from_millis(200), body: Duration::from_millis(200), connections: 4 };
    let (address, inboxes, _stop) = doors(limits).await;
    let _inbox = inboxes.open("forum");
    // As many as are let in at a time, each with half a head.
    let dawdlers: Vec<_> = (0..4).map(|_| say(address, "GET /metrics HTTP/1.1\r\nhost: ")).collect();
    let dawdlers = tokio::spawn(futures_util::future::join_all(dawdlers));
    let answer = say(address, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for answer in dawdlers.await.expect("joins") {
        assert!(!answer.contains(" 200 "), "{answer}");
    }
    // A head that promises a body which never comes, and one that is too large.
    let answer = say(address, "POST /in/forum HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{").await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    let answer = say(address, hand_in("/in/forum", &"x".repeat((1 << 20) + 1))).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_word_becomes_no_figure() {
    let (address, inboxes, _stop) = doors(Limits::default()).await;
    inboxes.promise("forum");
    // Nothing is ready yet: everybody is told to come again.
    for path in ["/in/forum", "/in/made-up-1", "/in/made-up-2"] {
        let answer = say(address, hand_in(path, "{}")).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
    let figures = say(address, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(figures.contains("courtier_inbound_requests_total{feed=\"forum\",status=\"503\"} 1"), "{figures}");
    assert!(!figures.contains("made-up"), "{figures}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_every_connection_busy_takes_turns_with_the_rest() {
    // Nobody is sent away for dawdling here.
    let limits = Limits { head: Duration::from_secs(600), body: Duration::from_secs(600), connections: 4 };
    let (address, _inboxes, _stop) = doors(limits).await;
    let over = Arc::new(AtomicBool::new(false));
    let let_in = Arc::new(AtomicUsize::new(0));
    let busy: Vec<_> = (0..4)
        .map(|_| {
            let (over, let_in) = (Arc::clone(&over), Arc::clone(&let_in));
            tokio::task::spawn_blocking(move || {
                let mut stream = TcpStream::connect(address).expect("a connection");
                let mut some = [0; 65_536];
                let mut first = 1;
                // Asks on the same connection until it is closed.
                while !over.load(Ordering::Relaxed) {
                    let asked = stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").is_ok();
                    if !asked || !matches!(stream.read(&mut some), Ok(1..)) {
                        return;
                    }
                    let_in.fetch_add(std::mem::take(&mut first), Ordering::Relaxed);
                }
            })
        })
        .collect();
    while let_in.load(Ordering::Relaxed) < 4 {
        tokio::task::yield_now().await;
    }
    let answer =
        tokio::time::timeout(Duration::from_secs(30), say(address, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
    over.store(true, Ordering::Relaxed);
    assert!(answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")), "locked out");
    for one in busy {
        one.await.expect("joins");
    }
}
