//! Bluesky: every post of the network, live, with search for what was missed.
//!
//! The stream (Jetstream) brings all posts without an account and without
//! profiles; `stream` holds the socket, `event` decodes, `sieve` drops what
//! names nobody, `record` makes the mention, `position` knows where we stand.
//! The HTTP side (`xrpc`, `view`, `scan`) fills in profiles and parents of hits
//! and searches, with an app password or at a private AppView.

mod address;
mod enrich;
mod event;
mod fields;
mod position;
mod read;
mod recent;
mod record;
mod scan;
mod sieve;
mod stream;
mod view;
mod xrpc;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::clock::Clock;
use super::{Ask, Feed, FeedError, FeedKind, Outside, Pace, Page};
use crate::config::{Diagnostic, Field, Form, Section};
use crate::domain::Mention;
use crate::net::{Client, Opened, Upgrade, host_of};

pub use self::read::Firehose;

use self::record::BLUESKY;
use self::sieve::Sieve;
use self::stream::Stream;
use self::xrpc::{Login, Xrpc};

/// The public hosts, in the order in which they are tried (bluesky-social/jetstream, November 2026).
const HOSTS: &[&str] = &[
    "jetstream2.us-east.bsky.network",
    "jetstream1.us-west.bsky.network",
    "jetstream1.us-east.bsky.network",
    "jetstream2.us-west.bsky.network",
];
/// A search for missed posts gets this much time; the socket waits meanwhile.
const FILL: Duration = Duration::from_secs(30);

/// What `type = "bluesky"` means.
pub(in crate::feed) const KIND: FeedKind = FeedKind {
    name: "bluesky",
    summary: "every post of Bluesky, live; no account needed",
    sample: r#"[feeds.bluesky]
type = "bluesky"                       # the whole network, live; no account needed
# identifier = "you.example.org"       # with an app password: searches for what a long outage missed
# password = "cred:bluesky"
# hosts = ["jetstream2.us-east.bsky.network"]
"#,
    fields: &[
        Field::optional("hosts", Form::Texts, "Jetstream hosts to take turns with; default the four public ones."),
        Field::optional("appview", Form::Url, "Where profiles and parents of hits are asked for; a private one is also searched."),
        Field::optional("pds", Form::Url, "Where the account is at home; default https://bsky.social."),
        Field::optional("identifier", Form::Text, "Handle of an account, to search for posts that the stream missed."),
        Field::optional("password", Form::Secret, "An app password of that account, never its real one."),
    ],
    build,
    read: read::read,
    scan: Some(scan::scan),
};

/// The feed.
struct Bluesky {
    client: Client,
    xrpc: Xrpc,
    hosts: Vec<String>,
    terms: Arc<[String]>,
    /// Own handles whose DID is not known yet.
    unresolved: Vec<String>,
    stream: Mutex<Stream>,
}

fn build(section: &Section, outside: &Outside) -> Result<Box<dyn Feed>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    match (section.text("identifier"), section.secret("password")) {
        (Some(_), None) => mistakes.push(section.mistake(
            "identifier",
            "an account without a password",
            "add `password = \"cred:NAME\"` with an app password",
        )),
        (None, Some(_)) => {
            mistakes.push(section.mistake("password", "a password without an account", "add `identifier = \"you.example.org\"`"));
        }
        _ => {}
    }
    let hosts = hosts(section.text("base_url"), section.texts("hosts"));
    for host in &hosts {
        if host_of(host).is_empty() {
            mistakes.push(section.mistake(
                "hosts",
                format!("`{host}` is no host"),
                "write a name such as `jetstream2.us-east.bsky.network`",
            ));
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let own: Vec<_> = outside.own.iter().filter(|account| account.network == BLUESKY).cloned().collect();
    let unresolved = own.iter().filter(|account| !address::is_did(&account.handle)).map(|account| account.handle.clone()).collect();
    Ok(Box::new(Bluesky {
        client: outside.client.clone(),
        xrpc: xrpc_of(&outside.client, Some(section), None),
        terms: Arc::clone(&outside.terms),
        unresolved,
        stream: Mutex::new(Stream::new(hosts.clone(), Sieve::new(outside.names.clone(), &own))),
        hosts,
    }))
}

/// Opens the HTTP side as a section describes it; `appview` wins over the section's.
fn xrpc_of(client: &Client, section: Option<&Section>, appview: Option<&str>) -> Xrpc {
    let text = |key| section.and_then(|section| section.text(key));
    let password = section.and_then(|section| section.secret("password")).cloned();
    let login = text("identifier").zip(password).map(|(identifier, password)| Login { identifier: identifier.to_owned(), password });
    Xrpc::new(client.clone(), appview.or(text("appview")), text("pds"), login)
}

/// Gives the websocket addresses of the hosts.
fn hosts(base_url: Option<&str>, hosts: &[String]) -> Vec<String> {
    let given: Vec<&str> = match base_url {
        Some(url) => vec![url],
        None if hosts.is_empty() => HOSTS.to_vec(),
        None => hosts.iter().map(String::as_str).collect(),
    };
    let address = |host: &str| {
        let host = host.trim_end_matches('/');
        match host.split_once("://") {
            None => format!("wss://{host}"),
            Some(("http", rest)) => format!("ws://{rest}"),
            Some(("https", rest)) => format!("wss://{rest}"),
            Some(_) => host.to_owned(),
        }
    };
    given.into_iter().map(address).collect()
}

#[async_trait]
impl Feed for Bluesky {
    fn pace(&self) -> Pace {
        Pace::Live
    }

    async fn fetch(&self, ask: Ask<'_>) -> Result<Page, FeedError> {
        let clock = Clock::at(ask.now);
        let mut stream = self.stream.lock().await;
        stream.align(ask.since);
        stream.told()?;
        if stream.open(&self.client, ask).await? {
            self.meet_own(&mut stream.sieve).await;
        }
        stream.listen(clock).await;
        if let Some(missing) = stream.missing {
            let searched = timeout(FILL, scan::fill(&self.xrpc, &self.terms, missing, clock.now())).await;
            let (found, gap) = searched.unwrap_or_else(|_| (Vec::new(), format!("{missing}; the search for them took too long")));
            stream.fill(found, gap);
        }
        stream.hand_on()
    }

    async fn enrich(&self, mentions: &mut [Mention]) {
        enrich::profiles(&self.xrpc, mentions).await;
        enrich::parents(&self.xrpc, mentions).await;
    }

    async fn probe(&self, now: Timestamp) -> Result<String, FeedError> {
        let address = self.hosts.first().cloned().unwrap_or_default();
        let upgrade = Upgrade::to(format!("{address}/subscribe?wantedCollections=app.bsky.feed.post"));
        let host = host_of(&address);
        match self.client.socket(upgrade).await? {
            Opened::Open(_) => {}
            Opened::Answered(response) => {
                let response = super::answer::good(response, now)?;
                return Err(FeedError::Unreadable { why: format!("{host} answered {} and no stream", response.status) });
            }
        }
        if !self.xrpc.searches() {
            return Ok(format!("{host} streams; no account, so what a long outage misses is lost"));
        }
        self.xrpc.private("app.bsky.feed.searchPosts", &[("q", "bluesky"), ("limit", "1")], now).await?;
        Ok(format!("{host} streams, and the account may search"))
    }
}

impl Bluesky {
    /// Finds the DIDs of our own handles, once; without them an answer of ours is known by its words only.
    async fn meet_own(&self, sieve: &mut Sieve) {
        for handle in self.unresolved.iter().filter(|handle| !sieve.knows(handle)).cloned().collect::<Vec<_>>() {
            if let Some(did) = enrich::did_of(&self.xrpc, &handle).await {
                sieve.own(did, handle);
            }
        }
    }
}
