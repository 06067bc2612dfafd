//! The whole way of an event: from bytes to a decision, and to a row of the store.
//!
//! `cargo bench --profile fast --bench pipeline -- [terms]` (10,000 by default).
//! Two ways over the same events. *In memory*: decode, match, hear, decide, on one
//! thread. *With the store*: the running house with its feed loop, its intake and
//! an `SQLite` file that waits for the disk at each commit; deliveries are planned
//! and nobody sends them. The events come from memory instead of a socket. Each row
//! is printed three times, because the spread is part of the answer.

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
    reason = "a bench may stop at the first surprise and prints its figures"
)]

mod corpus;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use corpus::jetstream::{like, post, post_saying};
use corpus::meter::{clock, cpu};
use courtier::config::Silence;
use courtier::detect::{Detector, Outcome, Scratch};
use courtier::domain::{Cursor, IdSource, Mention, MentionId, Network, Watch};
use courtier::engine::{Clock, House, Keep, Plan, PlannedFeed, Shared};
use courtier::feed::{Ask, Feed, FeedError, Firehose, Pace, Page};
use courtier::store::{Options, Sqlite, Store};
use courtier::triage::{Input, Ledger, Past, Routing, decide, fingerprint};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// Events of one page, as a feed that catches up hands them on.
const PAGE: usize = 2_048;
/// Mentions of one batch of the intake.
const BATCH: usize = 512;
const ROUNDS: usize = 3;

/// Said of a brand; the first four want somebody's attention.
const SAID: &[&str] = &[
    "I am going to switch from Dropbox to {} this weekend.",
    "{} has been stuck since Monday and nobody answers 😡",
    "Does anybody know how to share a folder with {}?",
    "Honestly, {} has the best support I ever had, thank you!",
    "saw the people of {} at the fair in Leipzig",
    "{} opened an office in Oslo, says the paper",
    "the new logo of {} is blue now",
    "reading about {} on the train",
];

/// What is measured over: events, and how many of them are posts.
struct Stream {
    name: String,
    events: Vec<String>,
    posts: usize,
}

impl Stream {
    /// So many events; among a hundred of them `posts` posts, and one in `hit` posts names a brand.
    fn new(name: &str, count: usize, posts_in_100: u8, hit: usize, terms: &[String]) -> Self {
        let mut dice = fastrand::Rng::with_seed(3);
        let (texts, origin) = corpus::posts(5_000);
        let (mut events, mut posts) = (Vec::with_capacity(count), 0);
        for _ in 0..count {
            if dice.u8(..100) >= posts_in_100 {
                events.push(like(&mut dice));
                continue;
            }
            posts += 1;
            events.push(if posts % hit == 0 {
                let said = dice.choice(SAID).unwrap().replace("{}", dice.choice(terms).unwrap());
                let text = format!("{said} {}", dice.choice(&texts).unwrap());
                post_saying(&mut dice, serde_json::to_string(&text).unwrap().trim_matches('"'))
            } else {
                post(&mut dice)
            });
        }
        Self { name: format!("{name} ({origin} after the name)"), events, posts }
    }
}

/// One thread, nothing kept: gives how many mentions were decided.
fn in_memory(stream: &Stream, firehose: &Firehose, watches: &[Watch], detector: &Detector, routing: &Routing) -> usize {
    let now = Timestamp::from_second(1_795_300_000).unwrap();
    let ids = IdSource::new(7);
    let (mut scratch, mut ledger, mut decided) = (Scratch::default(), Ledger::new(), 0);
    for event in &stream.events {
        let Ok(Some(mention)) = firehose.read(event, now) else { continue };
        let print = fingerprint(&mention.text);
        let id = MentionId(ids.next(now.as_millisecond()));
        let mut verdicts = Vec::new();
        for heard in detector.hear(&mention, &mut scratch) {
            let Outcome::Named(hearing) = &heard.outcome else { continue };
            let watch = &watches[heard.watch];
            let mut past = Past::default();
            ledger.merge(&mention, &watch.id, print, &mut past);
            let input = Input { mention: &mention, feed: "bsky", watch, hearing, past: &past, now, opens: None };
            verdicts.push((&*watch.id, decide(&input, routing, &ids)));
        }
        if !verdicts.is_empty() {
            ledger.note(&mention, id, print, &verdicts.iter().map(|(watch, verdict)| (*watch, verdict)).collect::<Vec<_>>());
            decided += 1;
            if decided % BATCH == 0 {
                ledger = Ledger::new();
            }
        }
    }
    decided
}

/// A feed whose network stands in memory.
struct Wire {
    stream: Arc<Stream>,
    firehose: Firehose,
    at: AtomicUsize,
}

#[async_trait]
impl Feed for Wire {
    fn pace(&self) -> Pace {
        Pace::Every(Duration::from_hours(1))
    }

    async fn fetch(&self, ask: Ask<'_>) -> Result<Page, FeedError> {
        let from = self.at.fetch_add(PAGE, Ordering::Relaxed);
        let events = self.stream.events.iter().skip(from).take(PAGE);
        let mut page = Page { cursor: Some(Cursor((from + PAGE).to_string())), ..Page::default() };
        for event in events {
            match self.firehose.read(event, ask.now) {
                Ok(Some(mention)) => page.mentions.push(mention),
                _ => page.passed += 1,
            }
        }
        page.more = from + PAGE < self.stream.events.len();
        Ok(page)
    }

    async fn enrich(&self, _: &mut [Mention]) {}

    async fn probe(&self, _: Timestamp) -> Result<String, FeedError> {
        Ok("in memory".to_owned())
    }
}

/// The running house over an empty store: gives how many mentions were stored.
async fn with_store(
    stream: &Arc<Stream>,
    firehose: Firehose,
    watches: Arc<[Watch]>,
    detector: Arc<Detector>,
    routing: Arc<Routing>,
) -> u64 {
    let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(Options::new(dir.path().join("courtier.db"))).unwrap());
    let feed = PlannedFeed {
        name: "bsky".into(),
        network: Network::known("bluesky"),
        feed: Arc::new(Wire { stream: Arc::clone(stream), firehose, at: AtomicUsize::new(0) }),
        watches: Vec::new(),
        silence: Silence::Off,
    };
    let plan = Plan {
        watches,
        detector,
        feeds: vec![feed],
        notifiers: Vec::new(),
        routing,
        opens: Arc::new(|_| None),
        drafter: Arc::new(|_, _, _, _| None),
        keep: Keep::default(),
        zone: jiff::tz::TimeZone::UTC,
        backfill: None,
        at_start: Default::default(),
    };
    let stop = CancellationToken::new();
    let house = House::new(Shared::new(Arc::clone(&store), Clock::system()), Duration::from_secs(5), stop.clone());
    let house = tokio::spawn(house.run(plan, None));
    // The cursor is stored with the last mentions.
    let end = stream.events.len().div_ceil(PAGE) * PAGE;
    while store.cursor("bsky").await.unwrap() != Some(Cursor(end.to_string())) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let stored = store.standing().await.unwrap().mentions;
    stop.cancel();
    house.await.unwrap().unwrap();
    stored
}

/// Prints a row: what one core would do, and what this machine did.
fn measure(way: &str, stream: &Stream, run: impl Fn() -> u64) {
    for _ in 0..ROUNDS {
        let (start, before) = (clock(), cpu());
        let hits = run();
        let (wall, spent) = (start.elapsed().as_secs_f64(), (cpu() - before).as_secs_f64());
        let (events, posts) = (stream.events.len() as f64, stream.posts as f64);
        println!(
            "{way:<16} {:>11.0} events/s {:>9.0} posts/s {:>9.2} µs CPU an event {:>9.0} events/s of CPU {hits:>7} mentions ({:.2} % of posts)  {}",
            events / wall,
            posts / wall,
            spent * 1e6 / events,
            events / spent,
            hits as f64 * 100.0 / posts,
            stream.name,
        );
    }
}

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let terms = corpus::terms(count);
    let watches: Arc<[Watch]> = corpus::watches(&terms).into();
    let detector = Arc::new(Detector::new(&watches));
    let routing = Arc::new(Routing { routes: Vec::new(), notifiers: vec!["desk".to_owned()] });
    let firehose = || Firehose::new(Some(corpus::names(Arc::clone(&detector))));
    let runtime = Runtime::new().unwrap();
    println!("{count} terms of {} watches", watches.len());
    let streams = [
        ("the network's mix, one post in 50 names a brand", 400_000, 11, 50),
        ("posts only, one in 50 names a brand", 200_000, 100, 50),
        ("posts only, every one names a brand", 50_000, 100, 1),
    ];
    for (name, events, posts, hit) in streams {
        let stream = Arc::new(Stream::new(name, events, posts, hit, &terms));
        let pure = firehose();
        measure("in memory", &stream, || in_memory(&stream, &pure, &watches, &detector, &routing) as u64);
        measure("with the store", &stream, || {
            runtime.block_on(with_store(&stream, firehose(), Arc::clone(&watches), Arc::clone(&detector), Arc::clone(&routing)))
        });
    }
}
