//! The open stream: one socket that outlives the calls that read from it.
//!
//! [`Stream`] stands behind a lock in the feed. Whatever is taken off the
//! socket goes into the page at once, without waiting in between, so that a
//! dropped call loses nothing: the next one finds the page as it stands. The
//! engine owns the pauses: a connection that ends is told as an error exactly
//! once, and the call after that connects to the next host.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use super::event::{self, Event};
use super::position::{Missing, Position, Start, plausible};
use super::recent::Recent;
use super::sieve::Sieve;
use crate::domain::Cursor;
use crate::feed::answer::good;
use crate::feed::clock::Clock;
use crate::feed::{Ask, FeedError, Page};
use crate::net::{Client, Message, Opened, Socket, Upgrade, host_of};

/// Posts wait at most this long for company, so that a burst is one page and a single post is not late.
const WINDOW: Duration = Duration::from_millis(50);
/// A quiet stream still gives a page now and then: its cursor moves, and it proves that it lives.
const IDLE: Duration = Duration::from_secs(5);
/// The whole network is never silent for so long: the host is.
const SILENCE: Duration = Duration::from_secs(30);
/// Entries of one page.
const BATCH: usize = 500;
/// The server leaves out larger events, so that none ever breaks the connection.
const EVENT_BYTES: usize = 1 << 20;

/// The stream, open or not.
pub(super) struct Stream {
    hosts: Vec<String>,
    host: usize,
    socket: Option<Box<Socket>>,
    /// Why the last connection ended, until somebody has been told.
    ended: Option<String>,
    /// When the last event came.
    heard: Instant,
    /// Where we stood before a resume, until the first event tells whether something is missing.
    resumed: Option<Position>,
    /// Time of the first event of all: where to start again when the first page was not stored.
    began: i64,
    position: Position,
    handed: Option<Cursor>,
    page: Page,
    /// What the stream did not bring; the feed may search for it before the page is handed on.
    pub(super) missing: Option<Missing>,
    recent: Recent,
    /// What becomes a mention.
    pub(super) sieve: Sieve,
}

impl Stream {
    /// Names the hosts to take turns with; connects to none of them yet.
    pub(super) fn new(hosts: Vec<String>, sieve: Sieve) -> Self {
        Self {
            hosts,
            host: 0,
            socket: None,
            ended: None,
            heard: Instant::now(),
            resumed: None,
            began: 0,
            position: Position::default(),
            handed: None,
            page: Page::default(),
            missing: None,
            recent: Recent::default(),
            sieve,
        }
    }

    /// Makes the stream continue where the store says we are.
    ///
    /// When that is not what was handed on last, a page did not arrive (or the process is new):
    /// the socket is ahead of the store, so it is given up and everything since comes again.
    pub(super) fn align(&mut self, since: Option<&Cursor>) {
        if self.handed.as_ref() == since {
            return;
        }
        let began = Position { time_us: self.began, host: self.position.host.clone() };
        self.socket = None;
        self.ended = None;
        self.page = Page::default();
        self.missing = None;
        self.recent.forget();
        self.handed = since.cloned();
        self.position = since.map_or(Some(began), Cursor::read).unwrap_or_else(|| {
            self.page.gap = Some("the kept position could not be read: reading on from now".into());
            Position::default()
        });
        if let Some(host) = self.hosts.iter().position(|host| host_of(host) == self.position.host) {
            self.host = host;
        }
    }

    /// Says, once, why the last connection ended.
    pub(super) fn told(&mut self) -> Result<(), FeedError> {
        self.ended.take().map_or(Ok(()), |why| Err(FeedError::Unreachable { why }))
    }

    /// Connects when no socket is open; `true` when it had to.
    pub(super) async fn open(&mut self, client: &Client, ask: Ask<'_>) -> Result<bool, FeedError> {
        if self.socket.is_some() {
            return Ok(false);
        }
        let (cursor, resumed) = self.start(ask);
        let address = self.hosts.get(self.host).cloned().unwrap_or_default();
        let from = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let url = format!("{address}/subscribe?wantedCollections=app.bsky.feed.post&maxMessageSizeBytes={EVENT_BYTES}{from}");
        // Whatever comes of this call, the next one that must connect asks the next host.
        self.host = (self.host + 1) % self.hosts.len().max(1);
        let mut upgrade = Upgrade::to(url);
        upgrade.cap = 2 * EVENT_BYTES;
        match client.socket(upgrade).await? {
            Opened::Open(socket) => self.socket = Some(socket),
            Opened::Answered(response) => {
                let response = good(response, ask.now)?;
                return Err(FeedError::Unreadable { why: format!("{} answered {} and no stream", host_of(&address), response.status) });
            }
        }
        self.heard = Instant::now();
        self.position.host = host_of(&address);
        self.resumed = resumed;
        Ok(true)
    }

    /// Decides where a connection starts: the cursor to ask for, and where we stand.
    fn start(&mut self, ask: Ask<'_>) -> (Option<i64>, Option<Position>) {
        if self.position.time_us == 0 {
            let back = ask.backfill.map(|from| Position { time_us: from.as_microsecond(), host: self.position.host.clone() });
            return (back.as_ref().map(|back| back.time_us), back);
        }
        let host = self.hosts.get(self.host).map(|host| host_of(host)).unwrap_or_default();
        match self.position.resume(&host, ask.now) {
            Start::From(cursor) => (Some(cursor), Some(self.position.clone())),
            Start::Ahead(kept) => {
                self.page.gap = Some(format!("the kept position {kept:.0} lies in the future: was a clock wrong? Reading on from now"));
                self.position.time_us = 0;
                (None, None)
            }
        }
    }

    /// Listens until there is a page to hand on, or the connection ends.
    pub(super) async fn listen(&mut self, clock: Clock) {
        // A call that was dropped may have left something: it has waited long enough.
        let mut waiting = self.is_worth_a_page();
        let mut until = Instant::now() + if waiting { WINDOW } else { IDLE };
        while let Some(socket) = &mut self.socket {
            let silent = self.heard + SILENCE;
            let heard = timeout_at(until.min(silent), socket.next()).await;
            let now = Instant::now();
            match heard {
                Ok(Some(Ok(Message::Binary(frame)))) => {
                    self.heard = now;
                    match std::str::from_utf8(&frame) {
                        Ok(frame) => self.take_in(frame, clock),
                        Err(_) => self.unreadable("a frame that is no UTF-8".into()),
                    }
                }
                Ok(Some(Ok(Message::Close(frame)))) => {
                    let reason = frame.map(|frame| format!(" ({} {:.80})", frame.code, frame.reason.as_str())).unwrap_or_default();
                    self.end(&format!("closed the stream{reason}"));
                }
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => self.end(&format!("the stream broke ({error})")),
                Ok(None) => self.end("the stream ended"),
                Err(_) if now >= silent => self.end(&format!("silent for {} s", SILENCE.as_secs())),
                Err(_) => break,
            }
            // A host that catches up always has the next event ready: the time limit would never be looked at.
            if now >= until || self.page.mentions.len() >= BATCH || self.page.deleted.len() >= 4 * BATCH {
                break;
            }
            if !waiting && self.is_worth_a_page() {
                waiting = true;
                until = now + WINDOW;
            }
        }
    }

    fn is_worth_a_page(&self) -> bool {
        !self.page.mentions.is_empty() || self.missing.is_some()
    }

    /// Gives up the socket and remembers why.
    fn end(&mut self, why: &str) {
        self.socket = None;
        self.ended = Some(format!("{}: {why}", self.position.host));
    }

    /// Takes in one frame: into the page, or counted.
    fn take_in(&mut self, frame: &str, clock: Clock) {
        let (time_us, heard) = match event::read(frame) {
            Ok(read) => read,
            Err(why) => return self.unreadable(why),
        };
        let now = clock.now();
        if plausible(time_us, now) {
            if self.began == 0 {
                self.began = time_us;
            }
            self.missing = self.resumed.take().and_then(|stood| stood.missing(time_us)).or(self.missing);
            self.position.advance(time_us, now);
        }
        match heard {
            Event::Post(post) => match self.sieve.pass(&post) {
                None => self.page.passed += 1,
                Some(extras) => {
                    let commit = &post.commit;
                    if self.recent.is_new(&commit.did.0, &commit.rkey.0, &commit.rev.0) {
                        self.page.mentions.push(self.sieve.mention(&post, extras, now));
                    }
                }
            },
            Event::Deleted(commit) => {
                if self.recent.is_new(&commit.did.0, &commit.rkey.0, &commit.rev.0) {
                    self.page.deleted.push(super::address::address(&commit.did.0, &commit.rkey.0));
                }
            }
            Event::Other => {}
            Event::Failed(why) => self.end(&format!("the host gives up on us: {why}")),
        }
    }

    fn unreadable(&mut self, why: String) {
        self.page.unreadable.get_or_insert((0, why)).0 += 1;
    }

    /// Adds what a search found for the time that is missing, and says what remains to be said.
    pub(super) fn fill(&mut self, found: Vec<crate::domain::Mention>, gap: String) {
        let known: HashSet<String> = self.page.mentions.iter().map(|mention| mention.native_id.clone()).collect();
        self.page.mentions.extend(found.into_iter().filter(|mention| !known.contains(&mention.native_id)));
        self.page.gap = Some(gap);
        self.missing = None;
    }

    /// Hands the page on; an error when the connection ended and left nothing to hand on.
    pub(super) fn hand_on(&mut self) -> Result<Page, FeedError> {
        let mut page = std::mem::take(&mut self.page);
        if self.position.time_us > 0 {
            let cursor = Cursor::write(&self.position);
            if self.handed.as_ref() != Some(&cursor) {
                self.handed = Some(cursor.clone());
                page.cursor = Some(cursor);
            }
        }
        let empty = page.mentions.is_empty() && page.deleted.is_empty() && page.cursor.is_none();
        if empty && page.gap.is_none() && page.unreadable.is_none() {
            self.told()?;
        }
        Ok(page)
    }
}
