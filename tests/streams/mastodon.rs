//! What Mastodon-API servers do to us, and what comes of it.

use std::sync::{Arc, Mutex};

use courtier::domain::Cursor;
use courtier::feed::{Ask, FeedError, ScanRequest, kind};

use super::jetstream::{Act, start};
use super::{ask, build, client, now, texts};
use crate::fake::{Server, answer, hostile, send, serve};

const INSTANCE: &str = r#"{"domain":"social.example","version":"4.5.1","configuration":{"urls":{},"timelines_access":{"live_feeds":{"local":"disabled","remote":"disabled"},"hashtag_feeds":{"local":"public","remote":"public"}}}}"#;

fn status(id: &str, text: &str) -> String {
    format!(
        r#"{{"id":"{id}","uri":"https://social.example/s/{id}","url":"https://social.example/@kim/{id}","content":"<p>{text}</p>","created_at":"2026-11-21T22:00:00Z",
        "account":{{"id":"7","acct":"kim","url":"https://social.example/@kim"}},"visibility":"public"}}"#
    )
}

/// A server whose timelines hold these ids, oldest first; ids are no numbers and sort in no order.
struct Fediverse {
    server: Server,
    posts: Arc<Mutex<Vec<String>>>,
}

impl Fediverse {
    fn new(posts: &[&str]) -> Self {
        Self::with(posts, INSTANCE)
    }

    fn with(posts: &[&str], instance: &str) -> Self {
        let posts = Arc::new(Mutex::new(posts.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()));
        let (kept, instance) = (Arc::clone(&posts), instance.to_owned());
        let server = serve(move |got, stream| {
            let json = |body: &str, link: &str| answer("200 OK", &[("content-type", "application/json"), ("link", link)], body);
            if got.path.contains("/instance") {
                return send(stream, &json(&instance, ""));
            }
            if got.path.contains("/accounts/lookup") {
                return send(stream, &json(r#"{"id":"7","acct":"kim"}"#, ""));
            }
            let key = |key: &str| got.path.split(['?', '&']).find_map(|pair| pair.strip_prefix(key)).map(str::to_owned);
            let posts = kept.lock().expect("no panic").clone();
            let place = |id: String| posts.iter().position(|known| *known == id);
            // Two a page, so that paging happens; the real limit is asked for all the same.
            let page: Vec<&String> = match (key("min_id=").and_then(place), key("max_id=").and_then(place)) {
                (Some(after), _) => posts.iter().skip(after + 1).take(40).collect(),
                (None, Some(before)) => posts.iter().take(before).rev().take(40).rev().collect(),
                (None, None) => posts.iter().rev().take(40).rev().collect(),
            };
            let body: Vec<String> = page.iter().rev().map(|id| status(id, &format!("post {id}"))).collect();
            let link = match (page.first(), page.last()) {
                (Some(oldest), Some(newest)) => format!(
                    r#"<http://social.example/x?max_id={oldest}>; rel="next", <http://social.example/x?min_id={newest}>; rel="prev""#
                ),
                _ => String::new(),
            };
            send(stream, &json(&format!("[{}]", body.join(",")), &link));
        });
        Self { server, posts }
    }

    fn write(&self, id: &str) {
        self.posts.lock().expect("no panic").push(id.to_owned());
    }
}

#[tokio::test]
async fn the_first_run_marks_and_the_next_walks_forward() {
    let world = Fediverse::new(&["01HZ", "9", "b"]);
    let feed = build("mastodon", &format!("instance = \"{}\"\ntags = [\"nomadesk\", \"Dropbox\"]", world.server.url), |_| {});
    let first = ask(&*feed, None).await.expect("a page");
    assert!(first.mentions.is_empty() && first.gap.is_none());
    let cursor = first.cursor.expect("where it stands");
    assert_eq!(cursor, Cursor(r#"{"tag:dropbox":"b","tag:nomadesk":"b"}"#.into()));
    assert!(ask(&*feed, Some(&cursor)).await.expect("a page").cursor.is_none(), "nothing new");
    world.write("01A");
    world.write("10");
    let page = ask(&*feed, Some(&cursor)).await.expect("a page");
    assert_eq!(texts(&page), ["post 01A", "post 10", "post 01A", "post 10"], "both tags, oldest first");
    assert_eq!(page.mentions[0].native_id, "https://social.example/s/01A");
    assert_eq!(page.mentions[0].author.handle, "kim@social.example");
    assert_eq!(page.cursor, Some(Cursor(r#"{"tag:dropbox":"10","tag:nomadesk":"10"}"#.into())));
    assert!(world.server.calls().iter().all(|call| call.header("user-agent").is_some_and(|agent| agent.starts_with("courtier/"))));
}

#[tokio::test]
async fn more_than_a_page_is_walked_to_the_end() {
    let world = Fediverse::new(&["0"]);
    let feed = build("mastodon", &format!("instance = \"{}\"\ntags = [\"nomadesk\"]", world.server.url), |_| {});
    let mut cursor = ask(&*feed, None).await.expect("a page").cursor;
    (1..=250).for_each(|number| world.write(&number.to_string()));
    let (mut heard, mut pages) = (Vec::new(), 0);
    loop {
        let page = ask(&*feed, cursor.as_ref()).await.expect("a page");
        heard.extend(page.mentions.iter().map(|mention| mention.text.clone()));
        cursor = page.cursor.or(cursor);
        pages += 1;
        if !page.more {
            break;
        }
    }
    assert_eq!(heard, (1..=250).map(|number| format!("post {number}")).collect::<Vec<_>>());
    assert_eq!(pages, 2);
}

#[tokio::test]
async fn what_comes_after_an_empty_first_run_is_new() {
    let world = Fediverse::new(&[]);
    let feed = build("mastodon", &format!("instance = \"{}\"\ntags = [\"nomadesk\"]", world.server.url), |_| {});
    let cursor = ask(&*feed, None).await.expect("a page").cursor;
    assert_eq!(cursor, Some(Cursor(r#"{"tag:nomadesk":""}"#.into())));
    world.write("1");
    let page = ask(&*feed, cursor.as_ref()).await.expect("a page");
    assert_eq!((texts(&page), page.cursor.clone()), (vec!["post 1"], Some(Cursor(r#"{"tag:nomadesk":"1"}"#.into()))));
}

#[tokio::test]
async fn a_backfill_reads_what_is_there() {
    let world = Fediverse::new(&["1", "2"]);
    let feed = build("mastodon", &format!("instance = \"{}\"\ntags = [\"nomadesk\"]", world.server.url), |_| {});
    let backfill = |at: &str| Ask { since: None, now: now(), backfill: Some(at.parse().expect("a time")) };
    let page = feed.fetch(backfill("2026-11-21T00:00:00Z")).await.expect("a page");
    assert_eq!(texts(&page), ["post 1", "post 2"]);
    let page = feed.fetch(backfill("2026-11-21T22:10:00Z")).await.expect("a page");
    assert!(page.mentions.is_empty() && page.cursor.is_some(), "all are older");
}

#[tokio::test]
async fn closed_timelines_are_named_once() {
    let world = Fediverse::new(&["1"]);
    let shut = build("mastodon", &format!("instance = \"{}\"\npublic = \"local\"", world.server.url), |_| {});
    let error = ask(&*shut, None).await.expect_err("closed");
    assert!(
        matches!(&error, FeedError::Denied { why } if why == "the local timeline is closed on social.example for its own people's posts"),
        "{error}"
    );
    let both = build("mastodon", &format!("instance = \"{}\"\npublic = \"all\"\ntags = [\"nomadesk\"]", world.server.url), |_| {});
    let page = ask(&*both, None).await.expect("a page");
    assert_eq!(page.gap.as_deref(), Some("the public timeline is closed on social.example"));
    let again = ask(&*both, page.cursor.as_ref()).await.expect("a page");
    assert_eq!(again.gap, None, "said once");
    let said = both.probe(now()).await.expect("reachable");
    assert!(said.contains("1 of 2 timelines") && said.contains("closed"), "{said}");
}

#[tokio::test]
async fn a_limit_gives_the_time_to_wait() {
    let world = serve(|got, stream| {
        let limited = [
            ("date", "Sat, 21 Nov 2026 22:26:40 GMT"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "2026-11-21T22:30:00.146988Z"),
        ];
        let bytes = if got.path.contains("/instance") {
            answer("200 OK", &[], INSTANCE)
        } else {
            answer("429 Too Many Requests", &limited, r#"{"error":"Zu viele Anfragen"}"#)
        };
        send(stream, &bytes);
    });
    let feed = build("mastodon", &format!("instance = \"{}\"\ntags = [\"nomadesk\"]", world.url), |_| {});
    let error = ask(&*feed, None).await.expect_err("throttled");
    assert!(matches!(&error, FeedError::Throttled { after: Some(after), .. } if after.as_secs() == 200), "{error:?}");
}

#[tokio::test]
async fn refusals_are_sorted_by_status_and_never_by_words() {
    for (code, wanted) in [
        ("401 Unauthorized", "denied"),
        ("403 Forbidden", "denied"),
        ("404 Not Found", "denied"),
        ("418 I'm a teapot", "denied"),
        ("422 Unprocessable Content", "denied"),
        ("503 Service Unavailable", "unreachable"),
    ] {
        let world = serve(move |got, stream| {
            let bytes = if got.path.contains("/instance") {
                answer("200 OK", &[], INSTANCE)
            } else {
                answer(code, &[], r#"{"error":"Ungültig"}"#)
            };
            send(stream, &bytes);
        });
        let feed = build("mastodon", &format!("instance = \"{}\"\ntags = [\"nomadesk\"]\ntoken = \"env:TOKEN\"", world.url), |_| {});
        let error = ask(&*feed, None).await.expect_err(code).to_string();
        assert!(error.starts_with(wanted) && !error.contains("hunter2"), "{code}: {error}");
    }
}

#[tokio::test]
async fn hostile_servers_are_named_and_give_no_cursor() {
    for (name, server) in hostile() {
        let feed = build("mastodon", &format!("instance = \"{}\"\ntags = [\"nomadesk\"]", server.url), |_| {});
        ask(&*feed, None).await.expect_err(name);
    }
    // The instance answers well, the timeline does not: the cursor stays.
    for (name, body) in [("HTML", "<!DOCTYPE html>"), ("empty", ""), ("cut", r#"[{"id":"1","#), ("an object", "{}")] {
        let world =
            serve(move |got, stream| send(stream, &answer("200 OK", &[], if got.path.contains("/instance") { INSTANCE } else { body })));
        let feed = build("mastodon", &format!("instance = \"{}\"\ntags = [\"nomadesk\"]", world.url), |_| {});
        let kept = Cursor(r#"{"tag:nomadesk":"1"}"#.into());
        let error = ask(&*feed, Some(&kept)).await.expect_err(name);
        assert!(matches!(error, FeedError::Unreadable { .. }), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_stream_brings_posts_and_the_walk_goes_on_without_it() {
    let quoted =
        serde_json::json!({"stream": ["hashtag", "nomadesk"], "event": "update", "payload": status("s", "from the stream")}).to_string();
    let streaming = start(move |connection| {
        if connection == 0 { vec![Act::Say("undefined".into()), Act::Raw(b"\xff"), Act::Say(quoted.clone()), Act::Close] } else { vec![] }
    })
    .await;
    let instance = INSTANCE.replace(r#""urls":{}"#, &format!(r#""urls":{{"streaming":"{}"}}"#, streaming.url));
    let world = Fediverse::with(&["1"], &instance);
    let feed = build(
        "mastodon",
        &format!("instance = \"{}\"\ntags = [\"nomadesk\"]\ntoken = \"env:TOKEN\"\nevery = \"1s\"", world.server.url),
        |_| {},
    );
    let cursor = ask(&*feed, None).await.expect("a page").cursor;
    let page = ask(&*feed, cursor.as_ref()).await.expect("a page");
    assert_eq!(texts(&page), ["from the stream"]);
    assert_eq!((page.unreadable.map(|(count, _)| count), page.cursor), (Some(2), None), "neither ends the stream");
    assert!(streaming.asked()[0].0.starts_with("/api/v1/streaming?stream=hashtag&tag=nomadesk"));
    assert!(streaming.asked()[0].1.is_some(), "servers answer 418 without a User-Agent");
    world.write("2");
    let page = loop {
        let page = ask(&*feed, cursor.as_ref()).await.expect("a page");
        if !page.mentions.is_empty() {
            break page;
        }
    };
    assert!(texts(&page).contains(&"post 2"), "walked beside the stream");
    assert!(world.server.calls().iter().any(|call| call.header("authorization") == Some("Bearer tok-hunter2")));
}

#[tokio::test]
async fn a_scan_asks_the_server_where_the_handle_lives() {
    let world = Fediverse::new(&["1", "2"]);
    let scan = kind("mastodon").and_then(|kind| kind.scan).expect("scans");
    let client = client();
    let since = "2026-11-20T00:00:00Z".parse().expect("a time");
    let request = ScanRequest {
        handle: "kim",
        since,
        now: now(),
        base_url: Some(&world.server.url),
        section: None,
        client: &client,
        progress: &|_| (),
    };
    let found = scan(request).await.expect("a scan");
    let heard: Vec<_> = found.mentions.iter().map(|mention| mention.text.as_str()).collect();
    assert_eq!(heard, ["post 2", "post 1"]);
    assert!(found.incomplete.is_some_and(|said| said.contains("address @kim")));
}
