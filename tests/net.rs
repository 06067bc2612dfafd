//! The one door out keeps its promises towards servers of every kind.
//!
//! Real sockets on loopback: what is tested here is HTTP behaviour, not parsing.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::let_underscore_must_use,
    clippy::large_stack_arrays,
    clippy::type_complexity,
    clippy::async_yields_async,
    unreachable_pub,
    missing_docs,
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

mod fake;

use std::io::Write as _;
use std::time::Duration;

use courtier::net::{Client, NetError, Opened, Request, Settings, Upgrade, Validators};
use fake::{always, answer, gzip_bomb, send, serve};

fn client() -> Client {
    Client::new(&Settings::default()).expect("the default settings")
}

fn error(outcome: Result<courtier::net::Response, NetError>) -> NetError {
    outcome.expect_err("this server is hostile")
}

#[tokio::test]
async fn an_answer_comes_with_headers_and_every_request_says_who_we_are() {
    let server = always(answer("200 OK", &[("ETag", "W/\"a b\""), ("X-Thing", "1")], "hello"));
    let response = client().call(Request::get(&server.url)).await.unwrap();
    assert_eq!((response.status, &*response.body, response.header("x-thing")), (200, b"hello".as_slice(), Some("1")));
    assert_eq!(response.validators().etag.as_deref(), Some("W/\"a b\""));
    assert!(server.calls()[0].header("user-agent").unwrap().starts_with(concat!("courtier/", env!("CARGO_PKG_VERSION"))));
    let named =
        Client::new(&Settings { user_agent: Some("acme-listener/2 (+mailto:ann@example.org)".into()), ..Settings::default() }).unwrap();
    named.call(Request::get(&server.url)).await.unwrap();
    assert_eq!(server.calls()[1].header("user-agent"), Some("acme-listener/2 (+mailto:ann@example.org)"));
}

#[tokio::test]
async fn validators_go_back_byte_for_byte_and_304_is_an_answer() {
    let server = serve(|got, stream| {
        let known = got.header("if-none-match") == Some("W/\"x\"") && got.header("if-modified-since") == Some("yesterday, odd");
        send(stream, &answer(if known { "304 Not Modified" } else { "200 OK" }, &[], ""));
    });
    let mut request = Request::get(&server.url);
    request.validators = Validators { etag: Some("W/\"x\"".into()), modified: Some("yesterday, odd".into()) };
    assert_eq!(client().call(request).await.unwrap().status, 304);
}

#[tokio::test]
async fn compressed_answers_are_unpacked() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"plain").unwrap();
    let server = always(answer("200 OK", &[("content-encoding", "gzip")], packer.finish().unwrap()));
    assert_eq!(&*client().call(Request::get(&server.url)).await.unwrap().body, b"plain");
}

#[tokio::test]
async fn a_gzip_bomb_stops_at_the_cap() {
    let bomb = gzip_bomb();
    assert!(bomb.len() < 1 << 20);
    let server = always(answer("200 OK", &[("content-encoding", "gzip")], bomb));
    let error = error(client().call(Request::get(&server.url)).await);
    assert!(matches!(&error, NetError::Unreadable { why } if why.contains("larger than 8 MiB")), "{error}");
}

#[tokio::test]
async fn broken_compression_and_broken_chunks_are_named() {
    let zipped = answer("200 OK", &[("content-encoding", "gzip")], "this is no gzip");
    let chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZZ\r\nabc\r\n".to_vec();
    for (bytes, named) in [(zipped, "cannot be decompressed"), (chunks, "has broken chunks")] {
        let server = always(bytes);
        let error = error(client().call(Request::get(&server.url)).await);
        assert!(matches!(&error, NetError::Unreadable { why } if why.contains(named)), "{error}");
    }
}

#[tokio::test]
async fn a_length_beyond_the_cap_is_refused_before_reading() {
    let server = always("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nx");
    let error = error(client().call(Request::get(&server.url)).await);
    assert!(matches!(&error, NetError::Unreadable { why } if why.contains("larger than")), "{error}");
}

#[tokio::test]
async fn an_endless_body_stops_at_the_cap_and_a_slow_one_at_the_time() {
    let endless = fake::hostile().into_iter().find(|(name, _)| *name == "an endless body").unwrap().1;
    assert!(matches!(error(client().call(Request::get(&endless.url)).await), NetError::Unreadable { .. }));
    let slow = serve(|_, stream| {
        send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        while stream.write_all(b".").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let mut request = Request::get(&slow.url);
    request.timeout = Duration::from_millis(300);
    let error = error(client().call(request).await);
    assert!(matches!(&error, NetError::Unreachable { why } if why.contains("no complete answer")), "{error}");
}

#[tokio::test]
async fn a_cut_body_and_a_closed_connection_are_named() {
    let cut = always("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n<rss>");
    let found = error(client().call(Request::get(&cut.url)).await);
    assert!(matches!(&found, NetError::Unreachable { why } if why.contains("cut off")), "{found}");
    let chunked = always("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n9\r\nhal");
    let found = error(client().call(Request::get(&chunked.url)).await);
    assert!(matches!(&found, NetError::Unreachable { why } if why.contains("cut off")), "{found}");
    let silent = always("");
    assert!(matches!(error(client().call(Request::get(&silent.url)).await), NetError::Unreachable { .. }));
    let nobody = "http://127.0.0.1:1/path?token=hunter2";
    let found = error(client().call(Request::get(nobody)).await);
    assert!(matches!(&found, NetError::Unreachable { why } if why.contains("cannot connect") && !why.contains("hunter2")), "{found}");
}

#[tokio::test]
async fn redirects_are_followed_within_bounds_and_loops_are_named() {
    let server = serve(|got, stream| match got.path.as_str() {
        "/old" => send(stream, &answer("301 Moved Permanently", &[("location", "/new")], "")),
        "/new" => send(stream, &answer("200 OK", &[], "here")),
        "/forever" => send(stream, &answer("302 Found", &[("location", "/forever")], "")),
        path => send(stream, &answer("302 Found", &[("location", &format!("{path}x"))], "")),
    });
    let found = client().call(Request::get(format!("{}/old", server.url))).await.unwrap();
    assert_eq!((found.url.ends_with("/new"), &*found.body), (true, b"here".as_slice()));
    for path in ["/forever", "/a"] {
        let error = error(client().call(Request::get(format!("{}{path}", server.url))).await);
        assert!(matches!(&error, NetError::Forbidden { why } if why.contains("redirect loop")), "{error}");
    }
    let mut request = Request::get(format!("{}/old", server.url));
    request.redirects = 0;
    assert_eq!(client().call(request).await.unwrap().status, 301);
}

#[tokio::test]
async fn a_secret_header_stays_with_its_origin() {
    let other = always(answer("200 OK", &[], "other"));
    let target = other.url.clone();
    let first = serve(move |got, stream| {
        let to = if got.path == "/same" { "/here".to_owned() } else { target.clone() };
        let bytes = if got.path == "/here" { answer("200 OK", &[], "") } else { answer("302 Found", &[("location", &to)], "") };
        send(stream, &bytes);
    });
    let ask = |path: &str| {
        let request = Request::get(format!("{}{path}", first.url)).header("authorization", "Bearer hunter2").header("accept", "text/plain");
        async move { client().call(request).await.unwrap() }
    };
    ask("/same").await;
    assert!(first.calls().iter().all(|call| call.header("authorization") == Some("Bearer hunter2")));
    ask("/away").await;
    let call = &other.calls()[0];
    assert_eq!((call.header("authorization"), call.header("accept")), (None, Some("text/plain")));
}

#[tokio::test]
async fn a_post_with_redirects_becomes_a_get_and_without_is_not_followed() {
    let server = serve(|got, stream| match got.path.as_str() {
        "/hook" => send(stream, &answer("303 See Other", &[("location", "/seen")], "")),
        _ => send(stream, &answer("200 OK", &[], got.method.as_bytes())),
    });
    let mut request = Request::post(format!("{}/hook", server.url), "{}");
    assert_eq!(client().call(request.clone()).await.unwrap().status, 303);
    request.redirects = 2;
    assert_eq!(&*client().call(request).await.unwrap().body, b"GET");
    assert_eq!(server.calls()[0].body, b"{}");
}

#[tokio::test]
async fn addresses_from_posts_do_not_reach_this_machine() {
    let server = always(answer("200 OK", &[], "metadata"));
    let foreign = Request::get(&server.url).found_at("https://example.org/feed");
    assert!(matches!(error(client().call(foreign).await), NetError::Forbidden { .. }));
    let own = Request::get(&server.url).found_at(&server.url);
    assert_eq!(client().call(own).await.unwrap().status, 200);
    let lan = Request::get("http://169.254.169.254/latest/meta-data/");
    assert!(matches!(error(client().call(lan).await), NetError::Forbidden { why } if why.contains("link-local")));
    let redirecting = always(answer("302 Found", &[("location", "http://10.0.0.1/")], ""));
    assert!(matches!(error(client().call(Request::get(&redirecting.url)).await), NetError::Forbidden { why } if why.contains("private")));
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn the_egress_list_holds_at_every_hop() {
    let server = serve(|_, stream| send(stream, &answer("302 Found", &[("location", "http://localhost:1/")], "")));
    let listed = Client::new(&Settings { egress: Some(vec!["127.0.0.1".into()]), ..Settings::default() }).unwrap();
    let found = error(listed.call(Request::get(&server.url)).await);
    assert!(matches!(&found, NetError::Forbidden { why } if why.contains("egress")), "{found}");
    let empty = Client::new(&Settings { egress: Some(Vec::new()), ..Settings::default() }).unwrap();
    assert!(matches!(error(empty.call(Request::get(&server.url)).await), NetError::Forbidden { .. }));
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_429_closes_the_host_for_paced_calls_and_not_for_hooks() {
    let server = always(answer("429 Too Many Requests", &[("retry-after", "120")], ""));
    let client = client();
    assert_eq!(client.call(Request::get(&server.url)).await.unwrap().status, 429);
    let refused = error(client.call(Request::get(&server.url)).await);
    assert!(matches!(refused, NetError::Throttled { after } if after > Duration::from_secs(100)), "{refused:?}");
    assert_eq!(client.call(Request::post(&server.url, "{}")).await.unwrap().status, 429, "a hook has its own limits");
    assert_eq!(server.calls().len(), 2);
}

#[tokio::test]
async fn a_proxy_gets_the_whole_address() {
    let proxy = always(answer("200 OK", &[], "through"));
    let client = Client::new(&Settings { proxy: Some(proxy.url.clone()), ..Settings::default() }).unwrap();
    let response = client.call(Request::get("http://feeds.example.org/a?b")).await.unwrap();
    assert_eq!(&*response.body, b"through");
    assert_eq!(proxy.calls()[0].path, "http://feeds.example.org/a?b");
}

#[tokio::test]
async fn no_debug_print_shows_a_secret_header() {
    let request = Request::get("https://example.org/").header("authorization", "Bearer hunter2");
    assert!(!format!("{request:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_websocket_passes_the_same_guard_and_a_refusal_is_an_answer() {
    let server = always(answer("401 Unauthorized", &[("retry-after", "9")], r#"{"error":"no"}"#));
    let url = server.url.replace("http://", "ws://");
    match client().socket(Upgrade::to(&url).header("authorization", "Bearer hunter2")).await.unwrap() {
        Opened::Answered(response) => assert_eq!((response.status, response.header("retry-after")), (401, Some("9"))),
        Opened::Open(_) => panic!("this server opens nothing"),
    }
    let call = &server.calls()[0];
    assert!(call.header("user-agent").unwrap().starts_with("courtier/"));
    assert_eq!(call.header("authorization"), Some("Bearer hunter2"));
    let mut foreign = Upgrade::to(&url);
    foreign.loopback = false;
    assert!(matches!(client().socket(foreign).await, Err(NetError::Forbidden { .. })));
}

#[tokio::test]
async fn a_websocket_opens_and_refuses_messages_beyond_its_cap() {
    use futures_util::StreamExt as _;
    use tokio_tungstenite::tungstenite;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/subscribe", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        socket.send("small".into()).unwrap();
        // The client hangs up somewhere inside this one.
        drop(socket.send("x".repeat(4096).into()));
        while socket.read().is_ok() {}
    });
    let mut upgrade = Upgrade::to(url);
    upgrade.cap = 1024;
    let Opened::Open(mut socket) = client().socket(upgrade).await.unwrap() else { panic!("it opens") };
    assert_eq!(socket.next().await.unwrap().unwrap().to_text().unwrap(), "small");
    assert!(socket.next().await.unwrap().is_err(), "4 kB are more than the cap");
    drop(socket);
    server.join().unwrap();
}
