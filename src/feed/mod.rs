//! One file per network: translators from a service's answers to mentions.
//!
//! A feed asks, reads and translates; it keeps no time, retries nothing and
//! never touches a cursor in the store: the engine owns all of that. Adding a
//! feed costs one file, two lines here (the `mod` and the entry of [`FEEDS`])
//! and one folder in `fixtures/feed/`.

mod answer;
mod bluesky;
mod clock;
mod file;
mod hackernews;
mod inbox;
mod loose;
mod mastodon;
mod rss;
mod scan;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::config::{Diagnostic, Field, Section};
use crate::domain::{Account, Cursor, Mention, Network};
use crate::net::Client;

pub use bluesky::Firehose;
pub use inbox::{Caller, Inbound, Inbox, Inboxes, Refused, Verdict};
pub use scan::{Scan, ScanFn, ScanRequest, Scanning};

/// When the engine should ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Ask, then wait this long.
    Every(Duration),
    /// `fetch` itself waits for the next posts; ask again at once.
    Live,
}

/// What a feed is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Where the last committed page ended; `None` on the first run.
    pub since: Option<&'a Cursor>,
    /// The moment of asking; feeds read no clock.
    pub now: Timestamp,
    /// On the first run: read posts back to this moment. `None` (the default) marks what
    /// is there as old and gives none of it.
    pub backfill: Option<Timestamp>,
}

/// What one call heard.
#[derive(Debug, Default)]
pub struct Page {
    /// The new posts, oldest first where the service allows; names of brands are not looked at here.
    pub mentions: Vec<Mention>,
    /// Where to continue once these are stored; `None` leaves the cursor as it is.
    pub cursor: Option<Cursor>,
    /// Ask again at once: there is more behind this page.
    pub more: bool,
    /// The publisher's own wish for the next call (`ttl`, `Cache-Control`), longer than the pace.
    pub not_before: Option<Duration>,
    /// A gap that was noticed: what may be missing and since when; logged and shown, never silent.
    pub gap: Option<String>,
    /// Posts that were read and dropped because [`Outside::names`] said that they name nothing
    /// we watch: proof that a quiet firehose is alive.
    pub passed: u64,
    /// Entries of this answer that could not be read and were passed over, with the first reason.
    pub unreadable: Option<(u64, String)>,
    /// The part of the feed that could not be asked, with the reason; the rest was heard.
    pub missed: Option<String>,
    /// Native ids (or URLs) of posts that were deleted at the source.
    pub deleted: Vec<String>,
    /// Callers that wait for this page to be stored; the engine tells them after the commit.
    pub waiting: Vec<Caller>,
}

/// Why a call gave nothing; each variant is what the engine does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Asked too often: wait.
    #[error("throttled: {why}")]
    Throttled {
        /// How long the service wants us to wait, when it says so.
        after: Option<Duration>,
        /// What it said, without secrets.
        why: String,
    },
    /// The service knows us and says no, or wants a credential: tell a person, ask rarely.
    #[error("denied: {why}")]
    Denied {
        /// What it said, without secrets.
        why: String,
    },
    /// No answer: name, connection, TLS, time, 5xx. Try again with growing pauses.
    #[error("unreachable: {why}")]
    Unreachable {
        /// What failed, without secrets.
        why: String,
    },
    /// An answer that is not what the service promises: HTML for JSON, cut, empty, too large.
    #[error("unreadable: {why}")]
    Unreadable {
        /// What it was, with the first bytes where they help.
        why: String,
    },
}

/// Reads one network.
#[async_trait]
pub trait Feed: Send + Sync {
    /// Says when to ask.
    fn pace(&self) -> Pace;

    /// The network whose ids [`Page::deleted`] names; `None` when it has the name of the kind.
    fn network(&self) -> Option<Network> {
        None
    }

    /// Asks once and translates the answer. Dropping the future loses nothing (cancel-safe).
    async fn fetch(&self, ask: Ask<'_>) -> Result<Page, FeedError>;

    /// Fills in what only hits deserve a further call for (profiles, parents). Best effort:
    /// a failure leaves the mentions as they are.
    async fn enrich(&self, mentions: &mut [Mention]) {
        let _ = mentions;
    }

    /// One cheap real call for `check --probe`: proves reach and credential; says what it found.
    async fn probe(&self, now: Timestamp) -> Result<String, FeedError>;
}

/// What a feed is built with, beside its own section.
#[derive(Clone)]
pub struct Outside {
    /// The only door out.
    pub client: Client,
    /// Terms of all watches, for services that must be asked by word.
    pub terms: Arc<[String]>,
    /// Standard input, a folder or a port belong to the feed that names them; this is the way a
    /// push feed (inbound webhook) receives: the web room puts requests in, the feed takes them out.
    pub inboxes: Inboxes,
    /// Says whether a text names anything we watch. A firehose asks it for a post's text, link
    /// targets and titles before it builds a mention; `None` lets everything through.
    pub names: Option<Names>,
    /// Our own accounts of all watches: what they write, and what answers or addresses them,
    /// passes whatever [`Outside::names`] says.
    pub own: Arc<[Account]>,
}

/// Says whether a text names anything we watch; fast enough to be asked for every post there is.
pub type Names = Arc<dyn Fn(&str) -> bool + Send + Sync>;

impl Outside {
    /// Gives a feed a client and nothing else: no terms, no accounts, and every post passes.
    pub fn new(client: Client) -> Self {
        Self { client, terms: Arc::new([]), inboxes: Inboxes::default(), names: None, own: Arc::new([]) }
    }
}

/// Builds a feed from its section, or says everything that is wrong with it.
pub type Build = fn(&Section, &Outside) -> Result<Box<dyn Feed>, Vec<Diagnostic>>;

/// One kind of feed: what `type = "..."` names.
pub struct FeedKind {
    /// The word in the configuration and in JSON.
    pub name: &'static str,
    /// One line for tables.
    pub summary: &'static str,
    /// Commented TOML of a section, shown by `init`, `feeds` and the docs; parsed by a test.
    pub sample: &'static str,
    /// The keys of a section beside `type` and those of [`crate::config::FEED_FIELDS`].
    pub fields: &'static [Field],
    /// Builds the feed; does no IO, so that `check` can build everything and throw it away.
    pub build: Build,
    /// Reads saved answers of the service, as `courtier feeds read` does: bytes in, mentions out.
    pub read: fn(&[u8], Timestamp) -> Result<Vec<Mention>, FeedError>,
    /// Reads what a handle wrote, for `courtier scan`; `None` where the network has no handles.
    pub scan: Option<ScanFn>,
}

impl std::fmt::Debug for FeedKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeedKind").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every kind of feed, in the order of the documentation.
pub const FEEDS: &[&FeedKind] = &[&rss::KIND, &hackernews::KIND, &bluesky::KIND, &mastodon::KIND, &file::KIND, &webhook::KIND];

/// Finds a kind by its name.
pub fn kind(name: &str) -> Option<&'static FeedKind> {
    FEEDS.iter().copied().find(|kind| kind.name == name)
}
