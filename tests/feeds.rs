//! Every feed copes with the real world: recordings, hostile servers, first runs.

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

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use std::sync::{Arc, Mutex};

use courtier::config::{FEED_FIELDS, SecretRef, Secrets, Section};
use courtier::domain::{Cursor, Mention};
use courtier::feed::{Ask, FEEDS, Feed, FeedError, Outside, Page, kind};
use courtier::net::{Client, Settings};
use fake::{Server, answer, send, serve};
use jiff::Timestamp;
use proptest::prelude::*;

fn now() -> Timestamp {
    Timestamp::from_second(1_795_300_000).expect("in range")
}

/// The folder of recorded answers beside the project, where it is present.
fn recordings(folder: &str) -> Option<Vec<PathBuf>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings").join(folder);
    let Ok(entries) = std::fs::read_dir(&path) else {
        println!("skipped: {} is not here", path.display());
        return None;
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Some(files)
}

fn read(name: &str, bytes: &[u8]) -> Result<Vec<Mention>, FeedError> {
    (kind(name).expect("a kind of feed").read)(bytes, now())
}

/// Per origin of the recordings: documents with entries and entries in all, of the better of
/// feed-rs 3.0.0 and feedparser-rs 0.7.2 (measured November 2026).
const OTHERS: &[(&str, usize, usize)] = &[
    ("feedparser__encoding", 3, 3),
    ("feedparser__illformed", 7, 7),
    ("feedparser__wellformed", 59, 59),
    ("feedrs__atom", 10, 34),
    ("feedrs__jsonfeed", 1, 3),
    ("feedrs__rss0", 3, 3),
    ("feedrs__rss1", 2, 3),
    ("feedrs__rss2", 15, 16),
    ("gofeed__extensions", 1, 1),
    ("gofeed__parser", 22, 22),
    ("gofeed__translator", 0, 0),
    ("huginn", 5, 119),
    ("miniflux", 5, 133),
];

#[test]
fn recorded_feeds_give_at_least_what_other_readers_give() {
    let Some(files) = recordings("feeds") else { return };
    let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for file in &files {
        let name = file.file_name().and_then(|name| name.to_str()).expect("plain names");
        let entries = read("rss", &std::fs::read(file).expect("readable")).map_or(0, |mentions| mentions.len());
        let origin = OTHERS.iter().map(|(origin, ..)| *origin).find(|origin| name.starts_with(origin)).unwrap_or("others");
        let sum = found.entry(origin.to_owned()).or_default();
        *sum = (sum.0 + usize::from(entries > 0), sum.1 + entries);
    }
    for (origin, documents, entries) in OTHERS {
        let ours = found.get(*origin).copied().unwrap_or_default();
        println!("{origin}: {} documents, {} entries (others {documents}, {entries})", ours.0, ours.1);
        assert!(ours.0 >= *documents && ours.1 >= *entries, "{origin}: {ours:?}");
    }
}

#[test]
fn recorded_answers_of_hacker_news_give_items_or_a_named_error() {
    let Some(files) = recordings("hackernews") else { return };
    for file in &files {
        let name = file.file_name().and_then(|name| name.to_str()).expect("plain names");
        let heard = read("hackernews", &std::fs::read(file).expect("readable"));
        let holds_items = name.contains("firebase_item_") || name.contains("search");
        assert_eq!(heard.as_ref().is_ok_and(|mentions| !mentions.is_empty()), holds_items, "{name}: {heard:?}");
    }
}

/// Whether everything that is wanted stands in what was found.
fn holds(found: &serde_json::Value, wanted: &serde_json::Value) -> bool {
    match wanted {
        serde_json::Value::Object(keys) => keys.iter().all(|(key, value)| found.get(key).is_some_and(|found| holds(found, value))),
        wanted => found == wanted,
    }
}

#[test]
fn every_fixture_is_heard_as_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/feed");
    let folders = |path: &Path| std::fs::read_dir(path).expect("a folder").flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    let mut cases = 0;
    for kind in folders(&root) {
        let name = kind.file_name().and_then(|name| name.to_str()).expect("plain names").to_owned();
        for case in folders(&kind) {
            let file = |start: &str| {
                folders_files(&case).into_iter().find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)))
            };
            let Some(saved) = file("answer.") else { continue };
            let heard = read(&name, &std::fs::read(saved).expect("readable"));
            if let Some(error) = file("error.txt") {
                let wanted = std::fs::read_to_string(error).expect("text");
                let found = heard.expect_err(&format!("{} is no answer", case.display())).to_string();
                assert!(found.contains(wanted.trim()), "{}: {found}", case.display());
            } else {
                let wanted: Vec<serde_json::Value> =
                    serde_json::from_slice(&std::fs::read(case.join("mentions.json")).expect("readable")).expect("JSON");
                let found = serde_json::to_value(heard.unwrap_or_else(|error| panic!("{}: {error}", case.display()))).expect("JSON");
                let found = found.as_array().expect("a list");
                let right = found.len() == wanted.len() && found.iter().zip(&wanted).all(|(found, wanted)| holds(found, wanted));
                assert!(right, "{}: {found:#?}", case.display());
            }
            cases += 1;
        }
    }
    assert!(cases >= 15, "only {cases} cases were found");
}

fn folders_files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect()
}

/// Every secret is the key of the Standard Webhooks test vector.
struct Demo;

impl Secrets for Demo {
    fn read(&self, _: &SecretRef) -> Result<secrecy::SecretString, String> {
        Ok("whsec_ZGVtby1rZXktZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OWFi".to_owned().into())
    }
}

/// Builds a feed from the lines of its section.
fn feed(name: &str, lines: &str) -> Box<dyn Feed> {
    let kind = kind(name).expect("a kind of feed");
    let text = format!("[feeds.test]\ntype = \"{name}\"\n{lines}\n");
    let section = Section::read(&text, kind.fields, FEED_FIELDS, &Demo).expect("a good section");
    (kind.build)(&section, &outside()).expect("it builds")
}

fn outside() -> Outside {
    Outside { terms: Arc::new(["dropbox".to_owned()]), ..Outside::new(Client::new(&Settings::default()).expect("the default settings")) }
}

async fn fetch(feed: &dyn Feed, since: Option<&Cursor>) -> Result<Page, FeedError> {
    feed.fetch(Ask { since, now: now(), backfill: None }).await
}

fn texts(page: &Page) -> Vec<&str> {
    page.mentions.iter().map(|mention| mention.text.as_str()).collect()
}

#[test]
fn every_sample_is_a_good_section_and_builds() {
    for kind in FEEDS {
        let section = Section::read(kind.sample, kind.fields, FEED_FIELDS, &Demo).unwrap_or_else(|_| panic!("the sample of {}", kind.name));
        assert!((kind.build)(&section, &outside()).is_ok(), "{}", kind.name);
        let names_itself = |line: &str| line.starts_with("type") && line.contains(&format!("\"{}\"", kind.name));
        assert!(kind.sample.lines().any(names_itself), "{}", kind.name);
        for field in kind.fields {
            assert!(field.doc.ends_with('.') && !FEED_FIELDS.iter().any(|common| common.key == field.key), "{}.{}", kind.name, field.key);
        }
    }
}

#[test]
fn no_bytes_make_a_parser_panic() {
    let deep = "[".repeat(200_000);
    let tags = "<a b=\"".repeat(50_000);
    let items = "<item>".repeat(50_000);
    let nasty: Vec<&[u8]> = vec![
        b"",
        b"\0",
        b"\xff\xfe",
        b"\xff\xfe\0",
        b"\0\0\0<",
        b"null",
        b"{}",
        b"[]",
        b"<",
        b"<rss",
        deep.as_bytes(),
        tags.as_bytes(),
        items.as_bytes(),
    ];
    for kind in FEEDS {
        for bytes in &nasty {
            if let Err(error) = (kind.read)(bytes, now()) {
                assert!(matches!(error, FeedError::Unreadable { .. }), "{}: {error}", kind.name);
            }
        }
    }
}

proptest! {
    #[test]
    fn no_document_makes_the_feed_reader_panic(parts in proptest::collection::vec(prop_oneof![
        Just("<rss>"), Just("<item>"), Just("</item>"), Just("<entry"), Just("<title>"), Just("</title>"), Just("<![CDATA["), Just("]]>"),
        Just("<link href='"), Just("<content type='xhtml'>"), Just("<author>"), Just("<pubDate>"), Just("&#x1F600;"), Just("&nbsp"), Just("é😀"), Just("<!--"), Just("-->"),
        Just("<?xml version='1.0' encoding='koi8-r'?>"), Just(" xml:base='http://a/'>"), Just("2003-12-31T10:14"), Just("\0\u{202e}")], 0..40)) {
        let text = parts.concat();
        drop(read("rss", text.as_bytes()));
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        drop(read("rss", &wide));
    }
}

/// Kinds that ask over HTTP in this file, with the lines of a section at a server; the others have their
/// own way in, and their own tests.
const ASKING: &[(&str, &str)] = &[("rss", "url = \"{url}/feed\""), ("hackernews", "base_url = \"{url}\"")];
const OTHERWISE: &[(&str, &str)] =
    &[("bluesky", "tests/streams.rs"), ("mastodon", "tests/streams.rs"), ("webhook", "tests/streams.rs"), ("file", "below")];

#[tokio::test]
async fn a_hostile_answer_is_a_named_error_and_never_a_cursor() {
    for kind in FEEDS {
        let tested = ASKING.iter().chain(OTHERWISE).any(|(name, _)| *name == kind.name);
        assert!(tested, "say here how {} is tested against hostile answers", kind.name);
    }
    for (kind, lines) in ASKING {
        for (what, server) in fake::hostile() {
            let feed = feed(kind, &lines.replace("{url}", &server.url));
            let error = fetch(&*feed, None).await.expect_err(&format!("{kind} took {what} for an answer"));
            let named = error.to_string();
            assert!(named.contains("127.0.0.1") || named.contains("localhost"), "{kind}, {what}: {named}");
            let right = match what {
                "an HTML page" | "an empty 200" | "cut JSON" | "a gzip bomb" | "an endless body" | "a 304 that nobody asked for" => {
                    matches!(error, FeedError::Unreadable { .. })
                }
                "a redirect loop" => matches!(error, FeedError::Denied { .. }),
                "429 without a time" => matches!(error, FeedError::Throttled { after: None, .. }),
                _ => matches!(error, FeedError::Unreachable { .. }),
            };
            assert!(right, "{kind}, {what}: {error:?}");
        }
    }
}

/// A server whose document a test can change.
fn changing(first: &str) -> (Server, Arc<Mutex<String>>) {
    let document = Arc::new(Mutex::new(first.to_owned()));
    let shown = document.clone();
    let server = serve(move |got, stream| {
        let body = shown.lock().unwrap().clone();
        let tag = format!("\"{}\"", body.len());
        let known = got.header("if-none-match") == Some(&tag);
        send(stream, &answer(if known { "304 Not Modified" } else { "200 OK" }, &[("etag", &tag)], if known { "" } else { &body }));
    });
    (server, document)
}

fn rss(items: &[(&str, &str)]) -> String {
    let items: String = items
        .iter()
        .map(|(title, date)| format!("<item><title>{title}</title><guid>https://x.example/{title}</guid><pubDate>{date}</pubDate></item>"))
        .collect();
    format!("<rss><channel><link>https://x.example/</link>{items}</channel></rss>")
}

const DAY: &str = "Sat, 21 Nov 2026 10:00:00 GMT";
const EARLIER: &str = "Mon, 02 Nov 2026 10:00:00 GMT";

#[tokio::test]
async fn a_first_run_marks_the_old_and_later_ones_hear_same_second_and_back_dated_posts() {
    let (server, document) = changing(&rss(&[("A", DAY)]));
    let feed = feed("rss", &format!("url = \"{}/feed\"", server.url));
    let first = fetch(&*feed, None).await.expect("a page");
    assert!(first.mentions.is_empty());
    let cursor = first.cursor.expect("marks what was seen");
    let again = fetch(&*feed, Some(&cursor)).await.expect("not modified");
    assert!(again.mentions.is_empty() && again.cursor.is_none());
    *document.lock().unwrap() = rss(&[("B", DAY), ("A", DAY), ("C", EARLIER)]);
    let third = fetch(&*feed, Some(&cursor)).await.expect("a page");
    assert_eq!(texts(&third), ["C", "B"], "the same second as the newest, and dated earlier");
    assert_eq!(texts(&fetch(&*feed, Some(&cursor)).await.expect("a page")), ["C", "B"], "a page that was not stored comes again");
    let calls = server.calls();
    assert_eq!(calls[0].header("if-none-match"), None);
    assert!(calls[1].header("if-none-match").is_some());
}

#[tokio::test]
async fn a_backfill_reads_back_to_its_moment() {
    let (server, _) = changing(&rss(&[("A", DAY), ("C", EARLIER)]));
    let feed = feed("rss", &format!("url = \"{}/feed\"", server.url));
    let from = "2026-11-20T00:00:00Z".parse().ok();
    let page = feed.fetch(Ask { since: None, now: now(), backfill: from }).await.expect("a page");
    assert_eq!(texts(&page), ["A"]);
}

#[tokio::test]
async fn one_dead_address_does_not_silence_its_neighbours_and_a_new_one_starts_with_what_is_there() {
    let (alive, document) = changing(&rss(&[("A", DAY)]));
    let gone = fake::always(answer("410 Gone", &[], ""));
    let one = feed("rss", &format!("urls = [\"{}/f\"]", alive.url));
    let cursor = fetch(&*one, None).await.expect("a page").cursor.expect("a cursor");
    let (fresh, _) = changing(&rss(&[("Z", DAY)]));
    *document.lock().unwrap() = rss(&[("B", DAY), ("A", DAY)]);
    let both = feed("rss", &format!("urls = [\"{}/f\", \"{}/secret-token\", \"{}/f\"]", alive.url, gone.url, fresh.url));
    let page = fetch(&*both, Some(&cursor)).await.expect("a page");
    assert_eq!(texts(&page), ["B"]);
    let why = page.missed.expect("the dead one is named");
    assert!(why.starts_with("1 of 3 addresses: denied: ") && why.contains("gone for good") && !why.contains("secret-token"), "{why}");
    assert_eq!(page.unreadable, None, "an address is no post");
    // Whoever refused is left alone for a while, and named all the same.
    let at = |minutes: i64| Ask { since: Some(&cursor), now: now() + jiff::SignedDuration::from_mins(minutes), backfill: None };
    assert_eq!(both.fetch(at(14)).await.expect("a page").missed.as_ref(), Some(&why));
    assert_eq!(gone.calls().len(), 1, "asked again at once");
    assert_eq!(both.fetch(at(16)).await.expect("a page").missed.as_ref(), Some(&why));
    assert_eq!(gone.calls().len(), 2, "never asked again");
    both.fetch(at(45)).await.expect("a page");
    assert_eq!(gone.calls().len(), 2, "the second refusal doubles the rest");
    let only = feed("rss", &format!("url = \"{}/f\"", gone.url));
    assert!(matches!(fetch(&*only, None).await, Err(FeedError::Denied { why }) if why.contains("410")));
}

#[tokio::test]
async fn a_cut_document_gives_its_whole_entries_and_the_rest_later() {
    let (server, document) = changing(&rss(&[("A", DAY)]));
    let feed = feed("rss", &format!("url = \"{}/feed\"", server.url));
    let cursor = fetch(&*feed, None).await.expect("a page").cursor.expect("a cursor");
    let whole = rss(&[("C", DAY), ("B", DAY), ("A", DAY)]);
    *document.lock().unwrap() = whole.split_once("<title>B").map(|(start, _)| format!("{start}<title")).expect("it is there");
    let page = fetch(&*feed, Some(&cursor)).await.expect("a page");
    assert_eq!(texts(&page), ["C"]);
    assert!(page.unreadable.as_ref().is_some_and(|(_, why)| why.contains("cut off")), "{:?}", page.unreadable);
    *document.lock().unwrap() = whole;
    let rest = fetch(&*feed, page.cursor.as_ref()).await.expect("a page");
    assert_eq!(texts(&rest), ["B"]);
}

#[tokio::test]
async fn the_publishers_wish_is_passed_on_when_it_is_longer_than_the_pace() {
    let body = rss(&[("A", DAY)]).replace("<channel>", "<channel><ttl>60</ttl>");
    let (server, _) = changing(&body);
    let patient = feed("rss", &format!("url = \"{}/feed\"\nevery = \"5m\"", server.url));
    let page = fetch(&*patient, None).await.expect("a page");
    assert_eq!(page.not_before.map(|wish| wish.as_secs()), Some(3600));
    let early = fetch(&*patient, page.cursor.as_ref()).await.expect("nothing to ask yet");
    assert!(early.mentions.is_empty() && server.calls().len() == 1, "the address is left alone until then");
    let slower = feed("rss", &format!("url = \"{}/feed\"\nevery = \"2h\"", server.url));
    assert_eq!(fetch(&*slower, None).await.expect("a page").not_before, None);
}

fn hits(items: &[(u64, i64, &str)]) -> String {
    let hit = |(id, created, text): &(u64, i64, &str)| {
        format!(r#"{{"objectID":"{id}","author":"kim","created_at_i":{created},"comment_text":"{text}"}}"#)
    };
    format!(r#"{{"hits":[{}],"nbHits":{}}}"#, items.iter().map(hit).collect::<Vec<_>>().join(","), items.len())
}

#[tokio::test]
async fn hacker_news_overlaps_its_windows_and_hears_each_item_once() {
    let second = now().as_second();
    let (server, document) = changing(&hits(&[(1, second - 60, "dropbox old")]));
    let feed = feed("hackernews", &format!("base_url = \"{}\"", server.url));
    let first = fetch(&*feed, None).await.expect("a page");
    assert!(first.mentions.is_empty());
    *document.lock().unwrap() = hits(&[(3, second - 60, "dropbox new"), (1, second - 60, "dropbox old"), (2, second - 90, "dropbox late")]);
    let page = fetch(&*feed, first.cursor.as_ref()).await.expect("a page");
    assert_eq!(texts(&page), ["dropbox late", "dropbox new"]);
    assert!(fetch(&*feed, page.cursor.as_ref()).await.expect("a page").mentions.is_empty());
    let asked = &server.calls()[1].path;
    assert!(asked.contains("typoTolerance=false") && asked.contains(&format!("created_at_i%3E%3D{}", second - 3600)), "{asked}");
}

#[tokio::test]
async fn hacker_news_slides_its_window_when_an_answer_is_full() {
    let second = now().as_second();
    let server = serve(move |got, stream| {
        let number = |key: &str| {
            got.path.split(key).nth(1).and_then(|rest| rest.split(['%', '&']).next()).and_then(|number| number.parse::<i64>().ok())
        };
        let (from, to) = (number("created_at_i%3E%3D").unwrap_or(0), number("created_at_i%3C%3D").unwrap_or(second));
        // One item a second, ids by second, newest first, a thousand at most.
        let items: Vec<_> = (from..=to).rev().take(1000).map(|at| (u64::try_from(at).unwrap_or(0), at, "dropbox")).collect();
        send(stream, &answer("200 OK", &[], hits(&items)));
    });
    let feed = feed("hackernews", &format!("base_url = \"{}\"", server.url));
    let from = Timestamp::from_second(second - 2500).ok();
    let page = feed.fetch(Ask { since: None, now: now(), backfill: from }).await.expect("a page");
    assert_eq!((page.mentions.len(), page.gap), (2501, None));
    assert!(page.mentions.is_sorted_by_key(|mention| mention.posted));
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn a_growing_file_is_followed_and_a_bad_line_stops_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("posts.ndjson");
    std::fs::write(&path, "{\"text\":\"old\"}\n").expect("room");
    let feed = feed("file", &format!("path = \"{}\"", path.display()));
    let first = fetch(&*feed, None).await.expect("a page");
    assert!(first.mentions.is_empty());
    std::fs::write(&path, "{\"text\":\"old\"}\n{\"text\":\"one\"}\nnope\n{\"text\":\"two\"}\n{\"text\":\"half").expect("room");
    let page = fetch(&*feed, first.cursor.as_ref()).await.expect("a page");
    assert_eq!(texts(&page), ["one", "two"]);
    assert!(page.unreadable.is_some_and(|(count, why)| count == 1 && why.contains("posts.ndjson")));
}

#[tokio::test]
async fn files_that_appear_in_a_folder_are_read_once() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.ndjson"), "{\"text\":\"old\"}\n").expect("room");
    let feed = feed("file", &format!("path = \"{}\"\nnetwork = \"forum\"", folder.path().display()));
    let first = fetch(&*feed, None).await.expect("a page");
    assert!(first.mentions.is_empty());
    std::fs::write(folder.path().join("b.ndjson"), "{\"text\":\"new\"}\n").expect("room");
    std::fs::write(folder.path().join("c.ndjson.part"), "{\"text\":\"not yet\"}\n").expect("room");
    let page = fetch(&*feed, first.cursor.as_ref()).await.expect("a page");
    assert_eq!((texts(&page), page.mentions[0].network.as_str()), (vec!["new"], "forum"));
    assert!(fetch(&*feed, page.cursor.as_ref()).await.expect("a page").mentions.is_empty());
}

#[tokio::test]
async fn a_backfill_of_a_file_reads_what_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("posts.ndjson");
    std::fs::write(
        &path,
        "{\"text\":\"2024\",\"posted\":\"2024-01-01T00:00:00Z\"}\n{\"text\":\"2026\",\"posted\":\"2026-11-20T00:00:00Z\"}\n",
    )
    .expect("room");
    let feed = feed("file", &format!("path = \"{}\"", path.display()));
    let from = "2026-11-01T00:00:00Z".parse().ok();
    let first = feed.fetch(Ask { since: None, now: now(), backfill: from }).await.expect("a page");
    assert!(first.more);
    let page = feed.fetch(Ask { since: first.cursor.as_ref(), now: now(), backfill: from }).await.expect("a page");
    assert_eq!(texts(&page), ["2026"]);
}
