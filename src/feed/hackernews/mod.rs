//! Hacker News: stories and comments by date, through Algolia's search.
//!
//! `query` decides what is asked (a question per word, or everything), `hit`
//! reads the items, `position` is the cursor: windows of time that overlap, and
//! the ids seen in them. An answer holds a thousand hits and has no second page:
//! the window then slides back.

mod hit;
mod position;
mod query;
mod scan;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use url::Url;

use super::answer::{good, json};
use super::{Ask, Feed, FeedError, FeedKind, Names, Outside, Pace, Page};
use crate::config::{Diagnostic, Section};
use crate::domain::{Cursor, Mention};
use crate::net::{Client, Request};

use self::hit::{Found, HACKERNEWS, Hit, hits};
use self::position::Position;
use self::query::{HITS, Question, questions, search};

/// Algolia's service; about 10,000 calls an hour are allowed.
const SERVICE: &str = "https://hn.algolia.com";
/// How often to ask; the index itself is a minute or two behind.
const PACE: Duration = Duration::from_mins(1);
/// How far a search by word reaches back behind the newest hit: what the index brings late.
const OVERLAP: i64 = 60 * 60;
/// The same when everything is read, where an hour would be six hundred items each minute.
const OVERLAP_ALL: i64 = 10 * 60;
/// Windows of one fetch; fifty thousand items are more than three days of everything.
const WINDOWS: usize = 50;

/// What `type = "hackernews"` means.
pub(in crate::feed) const KIND: FeedKind = FeedKind {
    name: "hackernews",
    summary: "stories and comments of Hacker News; no account needed",
    sample: r#"[feeds.hn]
type = "hackernews"        # asks for the terms of all watches; no account needed
every = "60s"
"#,
    fields: &[],
    build,
    read: hit::read,
    scan: Some(scan::scan),
};

/// The feed.
struct Hackernews {
    client: Client,
    base: Url,
    every: Duration,
    questions: Vec<Question>,
    names: Option<Names>,
    own: Vec<String>,
}

fn build(section: &Section, outside: &Outside) -> Result<Box<dyn Feed>, Vec<Diagnostic>> {
    let base = section.text("base_url").unwrap_or(SERVICE);
    if Url::parse(base).is_err() {
        return Err(vec![section.mistake("base_url", "this is no web address", format!("base_url = \"{SERVICE}\""))]);
    }
    let own = outside.own.iter().filter(|account| account.network == HACKERNEWS).map(|account| account.handle.clone());
    let mut feed = Hackernews::at(base, outside.client.clone());
    feed.every = section.duration("every").unwrap_or(PACE);
    feed.questions = questions(&outside.terms);
    feed.own = own.collect();
    if feed.asks_all() {
        feed.names.clone_from(&outside.names);
    } else {
        // Our own answers close cases; they need not name the brand.
        feed.questions.extend(feed.own.iter().cloned().map(Question::By));
    }
    Ok(Box::new(feed))
}

/// The items of one question over a window of time.
struct Window {
    hits: Vec<Hit>,
    unreadable: Option<(u64, String)>,
    /// What lies in the window and was not reached.
    missing: Option<String>,
}

impl Hackernews {
    /// Prepares calls to a service; without questions it is good for scans only.
    fn at(base: &str, client: Client) -> Self {
        let base = Url::parse(base).unwrap_or_else(|_| Url::parse(SERVICE).expect("the constant is a URL"));
        Self { client, base, every: PACE, questions: Vec::new(), names: None, own: Vec::new() }
    }

    fn asks_all(&self) -> bool {
        self.questions.contains(&Question::All)
    }

    /// Reads one question back to `from`, sliding the window while answers are full.
    async fn window(
        &self,
        question: &Question,
        from: i64,
        now: Timestamp,
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Window, FeedError> {
        let mut window = Window { hits: Vec::new(), unreadable: None, missing: None };
        let mut to: Option<i64> = None;
        for _ in 0..WINDOWS {
            let url = search(&self.base, question, from, to);
            let response = good(self.client.call(Request::get(url)).await?, now)?;
            let found: Found = json(&response)?;
            let full = found.hits.len() >= HITS;
            let (hits, unreadable) = hits(found.hits, now);
            progress(hits.len());
            window.unreadable = window.unreadable.or(unreadable);
            let oldest = hits.iter().map(|hit| hit.created).min();
            // Servers that know no filter (a test's, a proxy's cache) must not bring old posts back.
            window.hits.extend(hits.into_iter().filter(|hit| hit.created >= from));
            match oldest {
                Some(oldest) if full && oldest > from && to.is_none_or(|to| oldest < to) => to = Some(oldest),
                Some(oldest) if full && oldest > from => {
                    window.missing = Some(format!("more than {HITS} items in one second at {oldest}"));
                    return Ok(window);
                }
                _ => return Ok(window),
            }
        }
        let reached = to.and_then(|to| Timestamp::from_second(to).ok()).map(|to| to.to_string()).unwrap_or_default();
        window.missing = Some(format!("items before {reached} were not reached"));
        Ok(window)
    }

    /// Says whether an item goes on to intake; only asked when everything is read.
    fn passes(&self, mention: &Mention) -> bool {
        let Some(names) = &self.names else { return true };
        names(&mention.text)
            || mention.links.iter().any(|link| names(link))
            || mention.thread.parent_text.as_deref().is_some_and(|text| names(text))
            || self.own.contains(&mention.author.handle)
    }
}

#[async_trait]
impl Feed for Hackernews {
    fn pace(&self) -> Pace {
        Pace::Every(self.every)
    }

    async fn fetch(&self, ask: Ask<'_>) -> Result<Page, FeedError> {
        let overlap = if self.asks_all() { OVERLAP_ALL } else { OVERLAP };
        let before = ask.since.and_then(Cursor::read::<Position>).and_then(Position::known);
        let first = before.is_none();
        let start = before.clone().unwrap_or_else(|| Position::at(ask.backfill.unwrap_or(ask.now).as_second()));
        let from = if first && ask.backfill.is_some() { start.newest } else { start.newest - overlap };
        let mut page = Page::default();
        let mut found = Vec::new();
        for question in &self.questions {
            let window = self.window(question, from, ask.now, &mut |_| {}).await?;
            found.extend(window.hits);
            page.unreadable = page.unreadable.or(window.unreadable);
            page.gap = page.gap.or(window.missing);
        }
        let mut position = start;
        let new = position.take(found, overlap);
        page.cursor = (before.as_ref() != Some(&position)).then(|| Cursor::write(&position));
        if first && ask.backfill.is_none() {
            return Ok(page);
        }
        let heard = new.len();
        page.mentions = new.into_iter().map(|hit| hit.mention).filter(|mention| self.passes(mention)).collect();
        page.passed = u64::try_from(heard - page.mentions.len()).unwrap_or(0);
        Ok(page)
    }

    async fn probe(&self, now: Timestamp) -> Result<String, FeedError> {
        let question = self.questions.first().unwrap_or(&Question::All);
        let url =
            search(&self.base, question, now.as_second() - 24 * 60 * 60, None).replace(&format!("hitsPerPage={HITS}"), "hitsPerPage=1");
        let response = good(self.client.call(Request::get(url)).await?, now)?;
        let found: serde_json::Value = json(&response)?;
        match found.get("nbHits").and_then(serde_json::Value::as_u64) {
            Some(hits) => Ok(format!("answers; {hits} items of the last day")),
            None => Err(FeedError::Unreadable { why: "an answer without nbHits".into() }),
        }
    }
}
