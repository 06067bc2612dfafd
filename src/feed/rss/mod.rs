//! RSS, Atom, RDF, CDF and JSON Feed: blogs, forums, comments, news alerts.
//!
//! A reader of our own: no crate reads what is out there (one panics on UTF-16,
//! one rejects a feed for an empty element). `charset` makes text of bytes,
//! `xml` cuts it into pieces, `document` and `json` fill the few fields of
//! `entry`, `mention` resolves them. `position` is the cursor, `wish` what the
//! publisher asks for. One feed may hold several addresses.

mod charset;
mod date;
mod document;
mod entry;
mod json;
mod mention;
mod position;
mod space;
mod wish;
mod xml;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use url::Url;

use super::answer::{good, start_of};
use super::{Ask, Feed, FeedError, FeedKind, Outside, Pace, Page};
use crate::config::{Diagnostic, Field, Form, Section};
use crate::domain::{Cursor, Mention};
use crate::net::{Client, Request, Response, Validators, host_of};

use self::entry::Document;
use self::position::{Position, fingerprint};

/// How often to ask when the file says nothing: quick enough for an answer, and conditional.
const PACE: Duration = Duration::from_mins(5);
/// How long an address of a list is left alone after it refused; each further refusal doubles it.
const REST: Duration = Duration::from_mins(15);
/// The longest that it is left alone.
const LONGEST_REST: Duration = Duration::from_hours(6);
/// Forms that are asked for, feeds first.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1";

/// What `type = "rss"` means.
pub(in crate::feed) const KIND: FeedKind = FeedKind {
    name: "rss",
    summary: "RSS, Atom, RDF and JSON Feed: blogs, forums, comments, news alerts",
    sample: r#"[feeds.blogs]
type = "rss"
url = "https://www.example.org/comments/feed/"   # or several: urls = ["https://...", "https://..."]
every = "5m"                                     # the publisher's own wish (ttl, Cache-Control) counts when it is longer
"#,
    fields: &[
        Field::optional("url", Form::Url, "Address of the feed."),
        Field::optional("urls", Form::Urls, "Addresses of several feeds that are read as one."),
    ],
    build,
    read,
    scan: None,
};

/// The feed.
struct Rss {
    client: Client,
    addresses: Vec<Address>,
    every: Duration,
    /// When an address may be asked again, by its name: the publisher's wish. Lost at a restart,
    /// which costs one early call.
    due: Mutex<HashMap<String, Due>>,
    /// Addresses of a list that refused: they are asked rarely, as a feed of their own would be.
    refused: Mutex<HashMap<String, Refused>>,
}

/// How often an address refused in a row, until when it is left alone, and why.
#[derive(Clone)]
struct Refused {
    times: u32,
    until: Timestamp,
    error: FeedError,
}

/// A wish, and the body it came with: a page that was never stored is asked for again at once.
#[derive(Clone, Copy)]
struct Due {
    then: Timestamp,
    body: u64,
}

/// One address and its name in the cursor.
struct Address {
    url: Url,
    key: String,
}

fn build(section: &Section, outside: &Outside) -> Result<Box<dyn Feed>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let mut addresses: Vec<Address> = Vec::new();
    // `base_url` is what every feed takes; here it is the address itself.
    let single = section.text("url").or_else(|| section.text("base_url"));
    let listed = single.map(|url| ("url", url)).into_iter().chain(section.texts("urls").iter().map(|url| ("urls", url.as_str())));
    for (key, text) in listed {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                let name = mention::hash(&[url.as_str()]);
                if addresses.iter().all(|address| address.key != name) {
                    addresses.push(Address { url, key: name });
                }
            }
            _ => mistakes.push(section.mistake(
                key,
                format!("`{}` is no web address", start_of(text.as_bytes())),
                "write it out: \"https://www.example.org/feed.xml\"",
            )),
        }
    }
    if addresses.is_empty() && mistakes.is_empty() {
        mistakes.push(section.mistake("url", "an rss feed needs an address", "url = \"https://www.example.org/feed.xml\""));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let every = section.duration("every").unwrap_or(PACE);
    Ok(Box::new(Rss { client: outside.client.clone(), addresses, every, due: Mutex::default(), refused: Mutex::default() }))
}

/// Reads a saved document.
fn read(bytes: &[u8], now: Timestamp) -> Result<Vec<Mention>, FeedError> {
    Ok(mention::all(&parse(bytes, None)?, "", None, now))
}

/// Reads the bytes of a document of any form.
fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Document, FeedError> {
    let text = charset::decode(bytes, content_type);
    match text.trim_start().chars().next() {
        Some('{' | '[') => json::read(text.trim_start_matches('\u{feff}')),
        _ => document::read(&text),
    }
}

#[async_trait]
impl Feed for Rss {
    fn pace(&self) -> Pace {
        Pace::Every(self.every)
    }

    async fn fetch(&self, ask: Ask<'_>) -> Result<Page, FeedError> {
        let before = ask.since.and_then(Cursor::read::<Position>).and_then(Position::known);
        let mut position = before.clone().unwrap_or_default();
        position.marks.retain(|key, _| self.addresses.iter().any(|address| address.key == *key));
        let mut page = Page::default();
        let mut failed: Vec<FeedError> = Vec::new();
        let mut answered = false;
        for address in &self.addresses {
            if self.waits(address, &position, ask.now) {
                answered = true;
                continue;
            }
            if let Some(error) = self.rests(address, ask.now) {
                failed.push(error);
                continue;
            }
            let asked = self.one(address, &mut position, &ask, &mut page).await;
            self.note_refusal(address, asked.as_ref().err(), ask.now);
            match asked {
                Ok(()) => answered = true,
                // One dead address must not hide the others; it is shown with the page.
                Err(error) => failed.push(error),
            }
        }
        if let Some(first) = failed.first() {
            if !answered {
                return Err(first.clone());
            }
            page.missed = Some(format!("{} of {} addresses: {first}", failed.len(), self.addresses.len()));
        }
        page.mentions.sort_by_key(Mention::when);
        page.cursor = (before.as_ref() != Some(&position)).then(|| Cursor::write(&position));
        page.not_before = self.soonest(ask.now);
        Ok(page)
    }

    async fn probe(&self, now: Timestamp) -> Result<String, FeedError> {
        let mut found = Vec::new();
        for address in &self.addresses {
            let response = self.ask(&address.url, Validators::default(), now).await?;
            let document = parse(&response.body, response.header("content-type"))?;
            found.push(format!("{}: {}, {} entries", host_of(address.url.as_str()), document.form, document.entries.len()));
        }
        Ok(found.join("; "))
    }
}

impl Rss {
    async fn ask(&self, url: &Url, validators: Validators, now: Timestamp) -> Result<Response, FeedError> {
        let mut request = Request::get(url.as_str()).header("accept", ACCEPT);
        request.validators = validators;
        good(self.client.call(request).await?, now)
    }

    /// Asks one address and puts what is new into the page.
    async fn one(&self, address: &Address, position: &mut Position, ask: &Ask<'_>, page: &mut Page) -> Result<(), FeedError> {
        let known = position.marks.get(&address.key).cloned();
        let first = known.is_none();
        let mut mark = known.unwrap_or_default();
        let response = self.ask(&address.url, mark.validators.clone(), ask.now).await?;
        let wish = wish::of_answer(&response);
        if response.status == 304 {
            if mark.validators == Validators::default() {
                // Believed, it would be a feed that is deaf for ever without a word.
                let host = host_of(address.url.as_str());
                return Err(FeedError::Unreadable { why: format!("{host}: \"not modified\" (304) to a call that asked for everything") });
            }
            self.wait_for(address, mark.body, wish, ask.now);
            return Ok(());
        }
        let body = fingerprint(&response.body);
        if !first && body == mark.body {
            mark.validators = response.validators();
            position.marks.insert(address.key.clone(), mark);
            self.wait_for(address, body, wish, ask.now);
            return Ok(());
        }
        let named = |error: FeedError| match error {
            FeedError::Unreadable { why } => FeedError::Unreadable { why: format!("{}: {why}", host_of(address.url.as_str())) },
            other => other,
        };
        let mut document = parse(&response.body, response.header("content-type")).map_err(named)?;
        // A post that is only half there would be kept in halves: it is read once it is whole.
        document.entries.retain(|entry| !entry.cut);
        let place = Url::parse(&response.url).unwrap_or_else(|_| address.url.clone());
        let mentions = mention::all(&document, &address.key, Some(&place), ask.now);
        let hashes: Vec<u64> = mentions.iter().map(|mention| fingerprint(mention.native_id.as_bytes())).collect();
        let blank = mark.is_blank();
        let new = mark.take(&hashes);
        if !blank && new.len() > 1 && new.iter().all(|new| *new) {
            page.gap =
                Some(format!("{}: all {} entries are new; older ones may have passed unseen", host_of(address.url.as_str()), new.len()));
        }
        let wanted = |mention: &Mention| !first || ask.backfill.is_some_and(|from| mention.posted.is_none_or(|at| at >= from));
        page.mentions.extend(mentions.into_iter().zip(new).filter(|(mention, new)| *new && wanted(mention)).map(|(mention, _)| mention));
        let whole = document.unreadable.is_none();
        if let Some((count, why)) = document.unreadable.take() {
            let (more, first) = page.unreadable.take().unwrap_or((0, format!("{}: {why}", host_of(address.url.as_str()))));
            page.unreadable = Some((count + more, first));
        }
        // A cut document is asked for again in full, and read again.
        mark.validators = if whole { response.validators() } else { Validators::default() };
        mark.body = if whole { body } else { 0 };
        let body = mark.body;
        position.marks.insert(address.key.clone(), mark);
        self.wait_for(address, body, wish.max(wish::of_document(&document, ask.now)), ask.now);
        Ok(())
    }

    /// Gives why an address is left alone for now.
    fn rests(&self, address: &Address, now: Timestamp) -> Option<FeedError> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(&address.key).filter(|refused| refused.until > now).map(|refused| refused.error.clone())
    }

    /// Notes how a call ended: a refusal again and again doubles the rest.
    fn note_refusal(&self, address: &Address, failed: Option<&FeedError>, now: Timestamp) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        match failed {
            // A single address is the feed: the engine sets its pause.
            Some(error @ FeedError::Denied { .. }) if self.addresses.len() > 1 => {
                let times = refused.get(&address.key).map_or(1, |before| before.times.saturating_add(1));
                let rest = REST.saturating_mul(1 << times.saturating_sub(1).min(8)).min(LONGEST_REST);
                let until = now.checked_add(rest).unwrap_or(now);
                refused.insert(address.key.clone(), Refused { times, until, error: error.clone() });
            }
            _ => drop(refused.remove(&address.key)),
        }
    }

    fn waits(&self, address: &Address, position: &Position, now: Timestamp) -> bool {
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = position.marks.get(&address.key).map(|mark| mark.body);
        due.get(&address.key).is_some_and(|due| due.then > now && stored == Some(due.body))
    }

    fn wait_for(&self, address: &Address, body: u64, wish: Option<Duration>, now: Timestamp) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        match wish.filter(|&wish| wish > self.every).and_then(|wish| now.checked_add(wish).ok()) {
            Some(then) => due.insert(address.key.clone(), Due { then, body }),
            None => due.remove(&address.key),
        };
    }

    /// The time until the first address may be asked again; `None` when one may at the usual pace.
    fn soonest(&self, now: Timestamp) -> Option<Duration> {
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |address: &Address| Duration::try_from(due.get(&address.key)?.then.duration_since(now)).ok();
        self.addresses.iter().map(wait).collect::<Option<Vec<_>>>()?.into_iter().min().filter(|wait| *wait > self.every)
    }
}
