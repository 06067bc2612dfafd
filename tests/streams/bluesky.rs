//! What Bluesky's stream and its HTTP side do to us, and what comes of it.

use std::sync::Arc;
use std::time::Duration;

use courtier::domain::{Account, Cursor, Mention, Network};
use courtier::feed::{FeedError, Outside, ScanRequest, kind};

use super::jetstream::{Act, Jetstream, at, event, post, start};
use super::{ask, build, client, news, now, section, texts};
use crate::fake::{Server, answer, hostile, send, serve};

fn listen(jetstream: &Jetstream, more: &str, change: impl FnOnce(&mut Outside)) -> Box<dyn courtier::feed::Feed> {
    build("bluesky", &format!("base_url = \"{}\"\nappview = \"http://127.0.0.1:1\"\n{more}", jetstream.url), change)
}

fn time_of(cursor: Option<&Cursor>) -> i64 {
    cursor.and_then(Cursor::read::<serde_json::Value>).and_then(|cursor| cursor["time_us"].as_i64()).expect("a cursor with a time")
}

#[tokio::test]
async fn the_first_run_hears_what_comes_and_says_who_we_are() {
    let jetstream = start(|_| vec![post("1", 10, "bye Dropbox"), event("0", 20, "delete", "")]).await;
    let feed = listen(&jetstream, "", |_| {});
    let page = ask(&*feed, None).await.expect("a page");
    assert_eq!(texts(&page), ["bye Dropbox"]);
    let mention = &page.mentions[0];
    assert_eq!(mention.native_id, "at://did:plc:kim/app.bsky.feed.post/1");
    assert_eq!(mention.url.as_deref(), Some("https://bsky.app/profile/did:plc:kim/post/1"));
    assert_eq!(mention.lang.as_deref(), Some("en-US"));
    assert_eq!(page.deleted, ["at://did:plc:kim/app.bsky.feed.post/0"]);
    assert_eq!(time_of(page.cursor.as_ref()), at(20));
    let (path, agent) = jetstream.asked().remove(0);
    assert!(path.starts_with("/subscribe?wantedCollections=app.bsky.feed.post&") && !path.contains("cursor="), "{path}");
    assert!(agent.is_some_and(|agent| agent.starts_with("courtier/")));
}

#[tokio::test]
async fn a_broken_stream_is_told_once_and_resumed_without_doubles() {
    let jetstream = start(|connection| match connection {
        0 => vec![post("1", 0, "one"), post("2", 10, "two"), Act::Drop],
        1 => vec![post("1", 0, "one"), post("2", 10, "two"), post("3", 5, "three, a step back"), Act::Close],
        _ => vec![post("3", 5, "three, a step back"), post("4", 30, "four")],
    })
    .await;
    let feed = listen(&jetstream, "", |_| {});
    let mut cursor = None;
    let mut heard: Vec<String> = Vec::new();
    let mut told = 0;
    while heard.last().is_none_or(|last| last != "four") {
        match news(&*feed, &mut cursor).await {
            Ok(page) => heard.extend(page.mentions.into_iter().map(|mention| mention.text)),
            Err(FeedError::Unreachable { .. }) => told += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(heard, ["one", "two", "three, a step back", "four"]);
    assert_eq!((told, jetstream.asked().len()), (2, 3));
    assert_eq!(jetstream.cursor(1), Some(at(10) - 5_000_000), "rewound by five seconds");
}

#[tokio::test]
async fn a_frame_that_is_no_utf8_is_counted_and_the_stream_goes_on() {
    let jetstream = start(|_| vec![post("1", 0, "one"), Act::Raw(b"{\"kind\":\"\xff\xfe\"}"), post("2", 10, "two")]).await;
    let feed = listen(&jetstream, "", |_| {});
    let (mut cursor, mut heard, mut unreadable): (_, Vec<String>, _) = (None, Vec::new(), 0);
    while heard.len() < 2 {
        let page = news(&*feed, &mut cursor).await.expect("no frame ends the stream");
        unreadable += page.unreadable.as_ref().map_or(0, |(count, _)| *count);
        heard.extend(page.mentions.into_iter().map(|mention| mention.text));
    }
    assert_eq!((heard, unreadable, jetstream.asked().len()), (vec!["one".to_owned(), "two".to_owned()], 1, 1));
}

#[tokio::test]
async fn a_page_that_was_not_stored_comes_again() {
    let jetstream = start(|_| vec![post("1", 0, "one")]).await;
    let feed = listen(&jetstream, "", |_| {});
    let first = ask(&*feed, None).await.expect("a page");
    let again = ask(&*feed, None).await.expect("the same page");
    assert_eq!((texts(&first), texts(&again)), (vec!["one"], vec!["one"]));
    assert_eq!(jetstream.cursor(1), Some(at(0) - 5_000_000), "from the first event on");
}

#[tokio::test]
async fn a_dropped_call_loses_nothing() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let waits = Arc::clone(&gate);
    let jetstream = start(move |_| {
        let posts = (0..60).map(|number| post(&number.to_string(), number, &format!("post {number}")));
        posts.flat_map(|post| [post, Act::Wait(Arc::clone(&waits))]).collect()
    })
    .await;
    let feed = listen(&jetstream, "", |_| {});
    let mut cursor = None;
    let mut heard: Vec<String> =
        news(&*feed, &mut cursor).await.expect("a page").mentions.into_iter().map(|mention| mention.text).collect();
    let mut dropped = 0;
    for _ in 1..60 {
        gate.add_permits(1);
        match tokio::time::timeout(Duration::from_millis(1), news(&*feed, &mut cursor)).await {
            Ok(page) => heard.extend(page.expect("a page").mentions.into_iter().map(|mention| mention.text)),
            Err(_) => dropped += 1,
        }
    }
    assert!(dropped > 0, "nothing was cut short");
    while heard.len() < 60 {
        heard.extend(news(&*feed, &mut cursor).await.expect("a page").mentions.into_iter().map(|mention| mention.text));
    }
    assert_eq!(heard, (0..60).map(|number| format!("post {number}")).collect::<Vec<_>>());
    assert_eq!(jetstream.asked().len(), 1, "one connection");
}

#[tokio::test]
async fn garbage_is_counted_and_moves_no_cursor() {
    let jetstream = start(|_| {
        vec![
            Act::Say("<!DOCTYPE html><html>".into()),
            Act::Say(r#"{"did":"did:plc:kim","time_us":9999999999999999,"kind":"identity"}"#.into()),
            Act::Say(r#"{"did":"did:plc:kim","time_us":7,"kind":"account"}"#.into()),
            event("x", 0, "create", &format!(r#","record":{{"text":{}1{}}}"#, "[".repeat(500), "]".repeat(500))),
            Act::Say(String::new()),
            post("1", 0, "words"),
        ]
    })
    .await;
    let feed = listen(&jetstream, "", |_| {});
    let page = ask(&*feed, None).await.expect("a page");
    assert_eq!(texts(&page), ["words"]);
    let (count, why) = page.unreadable.expect("garbage");
    assert_eq!((count, why.as_str()), (3, "no event but `<!DOCTYPE html><html>`"));
    assert_eq!(time_of(page.cursor.as_ref()), at(0));
}

#[tokio::test]
async fn a_silent_host_is_left_for_the_next_one() {
    let silent = start(|_| vec![]).await;
    let lively = start(|_| vec![post("1", 0, "here")]).await;
    let hosts = format!("hosts = [\"{}\", \"{}\"]\nappview = \"http://127.0.0.1:1\"", silent.url, lively.url);
    let feed = build("bluesky", &hosts, |_| {});
    // Connects in real time; the silence is the runtime's own.
    let quiet = tokio::time::timeout(Duration::from_millis(300), ask(&*feed, None)).await;
    assert!(quiet.is_err() && silent.asked().len() == 1);
    tokio::time::pause();
    let why = loop {
        match ask(&*feed, None).await {
            Ok(page) => assert!(page.mentions.is_empty() && page.cursor.is_none()),
            Err(error) => break error.to_string(),
        }
    };
    tokio::time::resume();
    assert!(why.starts_with("unreachable: 127.0.0.1") && why.ends_with("silent for 30 s"), "{why}");
    assert_eq!(texts(&ask(&*feed, None).await.expect("the next host")), ["here"]);
}

#[tokio::test]
async fn an_error_frame_says_its_name() {
    let jetstream = start(|_| vec![Act::Say(r#"{"error":"ConsumerTooSlow","message":"catch up"}"#.into())]).await;
    let feed = listen(&jetstream, "", |_| {});
    let error = ask(&*feed, None).await.expect_err("the host gave up");
    assert!(error.to_string().contains("ConsumerTooSlow: catch up"), "{error}");
}

#[tokio::test]
async fn a_clamped_cursor_is_a_gap_that_is_named() {
    let old = Cursor::write(&serde_json::json!({"time_us": at(-7_200_000), "host": "127.0.0.1"}));
    let jetstream = start(|_| vec![post("1", 0, "after")]).await;
    let feed = build("bluesky", &format!("base_url = \"{}\"", jetstream.url), |_| {});
    let mut cursor = Some(old);
    let page = news(&*feed, &mut cursor).await.expect("a page");
    assert_eq!(texts(&page), ["after"]);
    let gap = page.gap.expect("two hours");
    assert!(gap.starts_with("posts written between 2026-11-21T20:26:40Z and 2026-11-21T22:26:40Z may be missing"), "{gap}");
    assert!(gap.contains("an account"), "what would help: {gap}");
}

#[tokio::test]
async fn an_event_of_the_future_moves_no_cursor() {
    let jetstream = start(|_| vec![post("1", 3_600_000, "early")]).await;
    let feed = listen(&jetstream, "", |_| {});
    let kept = Cursor::write(&serde_json::json!({"time_us": at(0), "host": "127.0.0.1"}));
    let page = ask(&*feed, Some(&kept)).await.expect("a page");
    assert_eq!((texts(&page), page.gap.clone(), time_of(page.cursor.as_ref())), (vec!["early"], None, at(0)));
}

#[tokio::test]
async fn a_cursor_from_the_future_is_named_and_left() {
    let jetstream = start(|_| vec![post("1", 0, "now")]).await;
    let feed = listen(&jetstream, "", |_| {});
    let mut cursor = Some(Cursor::write(&serde_json::json!({"time_us": at(86_400_000), "host": "127.0.0.1"})));
    let page = news(&*feed, &mut cursor).await.expect("a page");
    assert!(page.gap.is_some_and(|gap| gap.contains("future")));
    assert_eq!((jetstream.cursor(0), time_of(cursor.as_ref())), (None, at(0)));
    let mut foreign = Some(Cursor("3kabc".into()));
    let feed = listen(&jetstream, "", |_| {});
    let page = news(&*feed, &mut foreign).await.expect("a page");
    assert!(page.gap.is_some_and(|gap| gap.contains("could not be read")));
}

#[tokio::test]
async fn what_names_nobody_is_passed_over_and_our_own_words_are_not() {
    let record = |text: &str, rest: &str| format!(r#","record":{{"text":"{text}"{rest}}}"#);
    let reply =
        r#","reply":{"root":{"uri":"at://did:plc:us/app.bsky.feed.post/9"},"parent":{"uri":"at://did:plc:us/app.bsky.feed.post/9"}}"#;
    let (named, weather, thanks) = (record("leaving nomadesk", ""), record("nice weather", ""), record("thanks!", reply));
    let script = move |_| vec![event("1", 0, "create", &named), event("2", 1, "create", &weather), event("3", 2, "update", &thanks)];
    let jetstream = start(script).await;
    let feed = listen(&jetstream, "", |outside| {
        outside.names = Some(Arc::new(|text: &str| text.contains("nomadesk")));
        outside.own = Arc::new([Account { network: Network::known("bluesky"), handle: "did:plc:us".into() }]);
    });
    let page = ask(&*feed, None).await.expect("a page");
    assert_eq!((texts(&page), page.passed), (vec!["leaving nomadesk", "thanks!"], 1));
    assert_eq!(page.mentions[1].addressed, ["did:plc:us"]);
}

#[tokio::test]
async fn hostile_hosts_are_named_and_give_no_cursor() {
    for (name, server) in hostile() {
        let feed = build("bluesky", &format!("base_url = \"{}\"\nappview = \"{0}\"", server.url), |_| {});
        let error = ask(&*feed, None).await.expect_err(name);
        assert!(!matches!(error, FeedError::Denied { .. }) || name.contains("redirect"), "{name}: {error}");
        let mut mentions = vec![Mention::new(Network::known("bluesky"), "at://did:plc:a/app.bsky.feed.post/1", "x", now())];
        mentions[0].author.native_id = Some("did:plc:a".into());
        let before = mentions.clone();
        feed.enrich(&mut mentions).await;
        assert_eq!(mentions, before, "{name}");
    }
}

/// A PDS: sessions, searches, profiles, parents and an author's feed.
fn pds(expire: bool) -> Server {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    serve(move |got, stream| {
        let json = |status: &str, body: &str| answer(status, &[("content-type", "application/json")], body);
        let view = |key: &str, text: &str| {
            format!(
                r#"{{"uri":"at://did:plc:ann/app.bsky.feed.post/{key}","author":{{"did":"did:plc:ann","handle":"ann.example"}},"record":{{"text":"{text}","createdAt":"2026-11-21T21:00:00Z"}},"indexedAt":"2026-11-21T21:00:01Z"}}"#
            )
        };
        let token = got.header("authorization").unwrap_or_default().to_owned();
        let path = got.path.clone();
        let bytes = if path.contains("createSession") {
            json("200 OK", r#"{"accessJwt":"old","refreshJwt":"fresh","did":"did:plc:us"}"#)
        } else if path.contains("refreshSession") {
            let ok = token == "Bearer fresh";
            json(if ok { "200 OK" } else { "401 Unauthorized" }, r#"{"accessJwt":"new","refreshJwt":"fresh2"}"#)
        } else if path.contains("searchPosts")
            && expire
            && token == "Bearer old"
            && calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0
        {
            json("400 Bad Request", r#"{"error":"ExpiredToken","message":"Token has expired"}"#)
        } else if path.contains("searchPosts") && token.is_empty() {
            json("403 Forbidden", r#"{"error":"AuthMissing","message":"Authentication Required"}"#)
        } else if path.contains("searchPosts") {
            json("200 OK", &format!(r#"{{"posts":[{}]}}"#, view("found", "nomadesk was down")))
        } else if path.contains("getAuthorFeed") && path.contains("cursor=2") {
            json("200 OK", &format!(r#"{{"feed":[{{"post":{}}}]}}"#, view("b", "second page")))
        } else if path.contains("getAuthorFeed") {
            json("200 OK", &format!(r#"{{"cursor":"2","feed":[{{"post":{}}},{{"post":7}}]}}"#, view("a", "first page")))
        } else if path.contains("getProfiles") {
            json("200 OK", r#"{"profiles":[{"did":"did:plc:kim","handle":"kim.example","displayName":"Kim"}]}"#)
        } else if path.contains("getPosts") {
            json("200 OK", &format!(r#"{{"posts":[{}]}}"#, view("9", "the parent")))
        } else {
            json("404 Not Found", "{}")
        };
        send(stream, &bytes);
    })
}

const LOGIN: &str = "identifier = \"us.example\"\npassword = \"env:TOKEN\"";

#[tokio::test]
async fn a_gap_is_searched_with_one_session_that_is_refreshed() {
    let jetstream = start(|_| vec![post("1", 0, "after")]).await;
    let pds = pds(true);
    let feed = build("bluesky", &format!("base_url = \"{}\"\npds = \"{}\"\nappview = \"{1}\"\n{LOGIN}", jetstream.url, pds.url), |_| {});
    let mut cursor = Some(Cursor::write(&serde_json::json!({"time_us": at(-7_200_000), "host": "127.0.0.1"})));
    let page = news(&*feed, &mut cursor).await.expect("a page");
    assert_eq!(texts(&page), ["after", "nomadesk was down"]);
    assert!(page.gap.is_some_and(|gap| gap.contains("a search found 1 of them")));
    let calls = pds.calls();
    let count = |part: &str| calls.iter().filter(|call| call.path.contains(part)).count();
    // Two terms: the second search meets an expired token, which is renewed once.
    assert_eq!((count("createSession"), count("refreshSession"), count("searchPosts")), (1, 1, 3));
    assert!(calls.iter().all(|call| call.header("user-agent").is_some()));
    assert!(calls.iter().any(|call| call.path.contains("q=%22drop+box%22")), "phrases in quotes");
}

#[tokio::test]
async fn a_refused_log_in_is_not_tried_again_and_shows_no_password() {
    let pds = serve(|_, stream| {
        send(stream, &answer("401 Unauthorized", &[], r#"{"error":"AuthenticationRequired","message":"Invalid identifier or password"}"#));
    });
    let jetstream = start(|_| vec![]).await;
    let feed = build("bluesky", &format!("base_url = \"{}\"\npds = \"{}\"\n{LOGIN}", jetstream.url, pds.url), |_| {});
    for _ in 0..3 {
        let error = feed.probe(now()).await.expect_err("refused");
        assert!(matches!(&error, FeedError::Denied { why } if why.contains("app password") && !why.contains("hunter2")), "{error}");
    }
    assert_eq!(pds.calls().len(), 1);
}

#[tokio::test]
async fn hits_get_their_profile_and_their_parent() {
    let reply = r#","record":{"text":"me too","reply":{"root":{"uri":"at://did:plc:ann/app.bsky.feed.post/9"},"parent":{"uri":"at://did:plc:ann/app.bsky.feed.post/9"}}}"#;
    let jetstream = start(|_| vec![event("1", 0, "create", reply)]).await;
    let pds = pds(false);
    let feed = build("bluesky", &format!("base_url = \"{}\"\nappview = \"{}\"", jetstream.url, pds.url), |_| {});
    let mut page = ask(&*feed, None).await.expect("a page");
    assert_eq!(page.mentions[0].author.handle, "did:plc:kim", "the stream brings nothing else");
    feed.enrich(&mut page.mentions).await;
    let mention = &page.mentions[0];
    assert_eq!((mention.author.handle.as_str(), mention.author.name.as_deref()), ("kim.example", Some("Kim")));
    assert_eq!(mention.thread.parent_text.as_deref(), Some("the parent"));
}

#[tokio::test]
async fn a_scan_walks_the_pages_and_says_what_is_missing() {
    let pds = pds(false);
    let scan = kind("bluesky").and_then(|kind| kind.scan).expect("scans");
    let client = client();
    let since = "2026-11-20T00:00:00Z".parse().expect("a time");
    let request = |section| ScanRequest {
        handle: "ann.example",
        since,
        now: now(),
        base_url: Some(&pds.url),
        section,
        client: &client,
        progress: &|_| (),
    };
    let found = scan(request(None)).await.expect("a scan");
    let heard: Vec<_> = found.mentions.iter().map(|mention| mention.text.as_str()).collect();
    assert!(heard.contains(&"first page") && heard.contains(&"second page"), "{heard:?}");
    let said = found.incomplete.expect("something is missing");
    assert!(said.contains("1 posts could not be read"), "{said}");
    let login = section("bluesky", &format!("pds = \"{}\"\n{LOGIN}", pds.url));
    let found = scan(request(Some(&login))).await.expect("a scan");
    assert!(found.mentions.iter().any(|mention| mention.text == "nomadesk was down"));
}
