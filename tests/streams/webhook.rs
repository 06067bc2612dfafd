//! Posts that others hand in: signed or refused, stored before they hear "accepted".

use bytes::Bytes;
use courtier::feed::{Feed, Inboxes, Verdict};
use tokio::sync::oneshot;

use super::{ask, build, texts};

/// Puts a request into the inbox, as the web room does.
async fn hand_in(inboxes: &Inboxes, headers: &[(&str, &str)], body: &str) -> oneshot::Receiver<Verdict> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let inbox = inboxes.find("test").expect("the feed was asked once");
    inbox.hand_in(headers, Bytes::from(body.to_owned())).expect("room")
}

/// Builds a feed and lets it open its inbox: the first call brings nothing, and proves that the feed is well.
async fn open(lines: &str, inboxes: &Inboxes) -> Box<dyn Feed> {
    let feed = build("webhook", lines, |outside| outside.inboxes = inboxes.clone());
    assert!(inboxes.find("test").is_none(), "a feed that is only built takes no posts");
    let page = ask(&*feed, None).await.expect("a page");
    assert!(page.mentions.is_empty() && inboxes.find("test").is_some());
    feed
}

const TOKEN: [(&str, &str); 1] = [("authorization", "Bearer tok-hunter2")];

#[tokio::test]
async fn a_caller_hears_accepted_only_after_the_store_has_it() {
    let inboxes = Inboxes::default();
    let lines = "secret = \"env:TOKEN\"\nscheme = \"bearer\"\nmap = { text = \"/post/body\", id = \"/post/id\" }";
    let feed = open(lines, &inboxes).await;
    let body = r#"[{"post":{"id":1,"body":"bye Dropbox"}},{"post":{"id":2}},{"post":{"id":3,"body":"hello"}}]"#;
    let (page, mut verdict) = tokio::join!(ask(&*feed, None), hand_in(&inboxes, &TOKEN, body));
    let mut page = page.expect("a page");
    assert_eq!(texts(&page), ["bye Dropbox", "hello"]);
    assert_eq!(page.unreadable.map(|(count, _)| count), Some(1));
    assert!(verdict.try_recv().is_err(), "not before the commit");
    page.waiting.remove(0).tell(Verdict::Accepted);
    assert_eq!(verdict.await, Ok(Verdict::Accepted));
}

#[tokio::test]
async fn a_stranger_and_nonsense_are_told_so_and_nothing_is_taken() {
    let inboxes = Inboxes::default();
    let feed = open("secret = \"env:TOKEN\"\nscheme = \"bearer\"", &inboxes).await;
    let wrong = [("authorization", "Bearer guess")];
    let (page, verdict) = tokio::join!(ask(&*feed, None), hand_in(&inboxes, &wrong, r#"{"text":"x"}"#));
    assert!(page.is_ok_and(|page| page.mentions.is_empty() && page.waiting.is_empty()));
    assert!(matches!(verdict.await, Ok(Verdict::Unsigned(why)) if !why.contains("hunter2")));
    for body in ["<html>", "", "{\"text\":", "7", r#"{"other":1}"#] {
        let (page, verdict) = tokio::join!(ask(&*feed, None), hand_in(&inboxes, &TOKEN, body));
        assert!(page.is_ok_and(|page| page.mentions.is_empty()), "{body}");
        assert!(matches!(verdict.await, Ok(Verdict::Unreadable(_))), "{body}");
    }
}

#[tokio::test]
async fn the_published_vector_is_accepted_and_a_second_build_takes_no_inbox() {
    let inboxes = Inboxes::default();
    let lines = "secret = \"env:HOOK\"\nmap = { text = \"/type\", id = \"/data/channel\" }";
    let feed = open(lines, &inboxes).await;
    let body = r#"{"type":"channel.test","timestamp":"2026-11-21T22:31:13Z","data":{"channel":"crm"}}"#;
    let signed = [
        ("webhook-id", "msg_01JDEMO5"),
        ("webhook-timestamp", "1795300273"),
        ("webhook-signature", "v1,5FFv4TYZ3p4eFWWfijPOVGPJWUy8slZtePPca7KDs3c="),
    ];
    let hand = async {
        let verdict = hand_in(&inboxes, &signed, body);
        // A reload builds the same feed to check the file; the running one keeps its inbox.
        drop(build("webhook", lines, |outside| outside.inboxes = inboxes.clone()));
        verdict.await
    };
    let (page, _verdict) = tokio::join!(ask(&*feed, None), hand);
    assert_eq!(texts(&page.expect("a page")), ["channel.test"]);
}

/// A list of so many posts, each of its own.
fn list(from: usize, posts: usize) -> String {
    let posts: Vec<String> = (from..from + posts).map(|id| format!(r#"{{"id":{id},"text":"bye Dropbox {id}"}}"#)).collect();
    format!("[{}]", posts.join(","))
}

#[tokio::test]
async fn lists_of_thousands_come_page_by_page_and_whoever_has_gone_is_not_read() {
    let inboxes = Inboxes::default();
    let feed = open("secret = \"env:TOKEN\"\nscheme = \"bearer\"", &inboxes).await;
    let mut told = Vec::new();
    for request in 0..4 {
        told.push(hand_in(&inboxes, &TOKEN, &list(request * 1_000, 1_000)).await);
    }
    // Who hears nothing for long is told to send his posts again, and does: they are not read twice.
    drop(told.remove(2));
    let mut pages = Vec::new();
    for _ in 0..3 {
        let page = ask(&*feed, None).await.expect("a page");
        pages.push((page.mentions.len(), page.waiting.len()));
    }
    assert_eq!(pages, [(1_000, 1), (1_000, 1), (1_000, 1)], "one transaction of four thousand would keep everybody else waiting");
}
