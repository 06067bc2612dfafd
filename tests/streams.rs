//! Live feeds lose nothing: resume, gaps, silence, garbage, hostile servers.
//!
//! Fake networks on loopback for what happens on the wire; parsing is tested
//! from `fixtures/feed`, and from recordings where they lie beside the project.

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

#[path = "streams/bluesky.rs"]
mod bluesky;
mod fake;
#[path = "streams/fixtures.rs"]
mod fixtures;
#[path = "streams/jetstream.rs"]
mod jetstream;
#[path = "streams/mastodon.rs"]
mod mastodon;
#[path = "streams/recorded.rs"]
mod recorded;
#[path = "streams/webhook.rs"]
mod webhook;

use std::sync::Arc;

use courtier::config::{FEED_FIELDS, Given, Section};
use courtier::domain::Cursor;
use courtier::feed::{Ask, Feed, FeedError, Outside, Page, kind};
use courtier::net::{Client, Settings};
use jiff::Timestamp;

/// The moment of every test: 2026-11-21T22:26:40Z.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_795_300_000).expect("in range")
}

/// The secrets of the tests.
pub(crate) const SECRETS: Given<'static> =
    Given(&[("env:TOKEN", "tok-hunter2"), ("env:HOOK", "whsec_ZGVtby1rZXktZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OWFi")]);

pub(crate) fn client() -> Client {
    Client::new(&Settings::default()).expect("the default settings")
}

/// A section of a configuration: `[feeds.test]` with these lines.
pub(crate) fn section(name: &str, lines: &str) -> Section {
    let kind = kind(name).expect("a kind of feed");
    let text = format!("[feeds.test]\ntype = \"{name}\"\n{lines}\n");
    Section::read(&text, kind.fields, FEED_FIELDS, &SECRETS).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)))
}

/// Builds a feed from the lines of its section.
pub(crate) fn build(name: &str, lines: &str, change: impl FnOnce(&mut Outside)) -> Box<dyn Feed> {
    let mut outside = Outside::new(client());
    outside.terms = Arc::new(["nomadesk".into(), "drop box".into()]);
    change(&mut outside);
    (kind(name).expect("a kind").build)(&section(name, lines), &outside).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

/// Asks once.
pub(crate) async fn ask(feed: &dyn Feed, since: Option<&Cursor>) -> Result<Page, FeedError> {
    feed.fetch(Ask { since, now: now(), backfill: None }).await
}

/// Asks until a page has something to say, as the engine does: the cursor goes along.
pub(crate) async fn news(feed: &dyn Feed, since: &mut Option<Cursor>) -> Result<Page, FeedError> {
    loop {
        let page = ask(feed, since.as_ref()).await?;
        if let Some(cursor) = &page.cursor {
            *since = Some(cursor.clone());
        }
        if !page.mentions.is_empty() || page.gap.is_some() || page.unreadable.is_some() || !page.deleted.is_empty() {
            return Ok(page);
        }
    }
}

pub(crate) fn texts(page: &Page) -> Vec<&str> {
    page.mentions.iter().map(|mention| mention.text.as_str()).collect()
}
