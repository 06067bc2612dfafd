//! How fast mentions are stored and recalled, and how many bytes one takes.
//!
//! `cargo bench --bench store` measures commits of 500 mentions and recalls of
//! as many. `cargo bench --bench store -- fill 1000000 [full|process] [copy.db]`
//! fills one file and prints, ten times, the rate of the last ones, the CPU time
//! of the thread that writes (claims and settling included) and of the one beside
//! it that moves the log, and the bytes a mention takes: a layout that is not flat
//! shows here. `process` gives up the wait for the disk at each commit.

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

use std::hint::black_box;
use std::time::Duration;

use corpus::meter::{clock, cpu_of_threads};
use courtier::domain::{
    AlertId, Author, Case, CaseId, CaseState, Cursor, Decision, Draft, Evidence, Finding, Hearing, IdSource, Matter, Mention, MentionId,
    Network, Planned, Primary, Priority, Reason, Receipt, Role, Signal, Stance, Status, Switch,
};
use courtier::store::{Batch, Decided, Durability, Options, Query, Settlement, Sqlite, Store};
use criterion::{BatchSize, Criterion, Throughput};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Mentions of one commit.
const BATCH: usize = 500;
/// Milliseconds between two mentions; a million in a month.
const STEP_MS: i64 = 2_592;
const START: i64 = 1_795_300_000_000;
const WORDS: &[&str] = &[
    "the",
    "app",
    "sync",
    "my",
    "files",
    "is",
    "again",
    "broken",
    "love",
    "really",
    "and",
    "cloud",
    "team",
    "price",
    "switching",
    "über",
    "because",
    "this",
    "support",
    "never",
    "answered",
    "😀",
    "why",
    "does",
    "it",
    "take",
    "hours",
    "über",
    "danke",
    "日本",
    "great",
    "folder",
];

/// Makes mentions as a busy brand hears them: five networks, returning authors, answers, a few that alert.
struct Posts {
    random: fastrand::Rng,
    ids: IdSource,
    made: i64,
}

impl Posts {
    fn new() -> Self {
        Self { random: fastrand::Rng::with_seed(1), ids: IdSource::new(7), made: 0 }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(START + self.made * STEP_MS).expect("in range")
    }

    fn batch(&mut self) -> Batch {
        let decided = (0..BATCH).map(|_| self.decided()).collect();
        Batch {
            decided,
            cursors: vec![("bsky".to_owned(), Cursor(format!("{{\"at\":{}}}", self.made)))],
            now: Some(self.now()),
            ..Batch::default()
        }
    }

    /// About a hundred bytes, as short posts are.
    fn text(&mut self) -> String {
        let mut text = String::from("nomadesk");
        let words = self.random.usize(5..28);
        for _ in 0..words {
            text.push(' ');
            text.push_str(WORDS[self.random.usize(..WORDS.len())]);
        }
        text
    }

    fn mention(&mut self) -> Mention {
        let n = self.made;
        // Three in five come back: about 0.6 authors a mention at a million.
        let author = if self.random.u8(0..5) < 3 { self.random.i64(0..200_000) } else { 200_000 + n };
        let mixed = author.wrapping_mul(0x5851_f42d_4c95_7f2d).cast_unsigned();
        let handle = format!("u{mixed:x}").chars().take(9).collect::<String>();
        let name = (author % 3 > 0).then(|| format!("Name {}", mixed % 10_007));
        let text = self.text();
        let snowflake = 115_590_000_000_000_000 + n * STEP_MS * 65_536;
        let (network, native_id, url, author) = match self.random.u8(0..20) {
            0..=11 => {
                let account = did(author);
                let handle = format!("{handle}.bsky.social");
                let key = record_key(n);
                let author_url = format!("https://bsky.app/profile/{handle}");
                let url = format!("{author_url}/post/{key}");
                let native_id = format!("at://{account}/app.bsky.feed.post/{key}");
                ("bluesky", native_id, url, Author { handle, name, native_id: Some(account), url: Some(author_url) })
            }
            12..=14 => {
                let server = ["mastodon.social", "fosstodon.org", "mas.to"][usize::try_from(author % 3).unwrap_or_default()];
                let url = format!("https://{server}/@{handle}/{snowflake}");
                let native_id = format!("https://{server}/users/{handle}/statuses/{snowflake}");
                let author_url = format!("https://{server}/@{handle}");
                let account = Some(format!("{}", 109_000_000_000_000_000 + author));
                (
                    "mastodon",
                    native_id,
                    url,
                    Author { handle: format!("{handle}@{server}"), name, native_id: account, url: Some(author_url) },
                )
            }
            15..=16 => {
                let id = 45_000_000 + n * 3;
                ("hackernews", id.to_string(), format!("https://news.ycombinator.com/item?id={id}"), Author { handle, ..Author::default() })
            }
            17..=18 => {
                let id = format!("1p{:05x}", n + 0x10000);
                let slug: String = text.chars().filter(char::is_ascii_alphanumeric).take(30).collect();
                let url = format!("https://www.reddit.com/r/cloud/comments/{id}/{slug}/");
                ("reddit", format!("t3_{id}"), url, Author { handle, ..Author::default() })
            }
            _ => {
                let url = format!("https://blog{}.example.org/2026/11/{:x}-why-we-moved", author % 50, mixed);
                ("rss", url.clone(), url, Author { handle, ..Author::default() })
            }
        };
        let mut mention = Mention::new(Network::known(network), native_id, &text, self.now());
        mention.url = Some(url);
        mention.author = author;
        mention.lang = Some("en".to_owned());
        mention.posted_at(Timestamp::from_millisecond(self.now().as_millisecond() - self.random.i64(500..90_000)).ok());
        if self.random.u8(0..10) < 2 {
            let parent = format!("at://{}/app.bsky.feed.post/{}", did(self.random.i64(..)), record_key(n - 9));
            mention.thread.root = Some(parent.clone());
            mention.thread.parent = Some(parent);
        }
        mention
    }

    fn decided(&mut self) -> Decided {
        self.made += 1;
        let mention = self.mention();
        let now = self.now();
        let mention_id = MentionId(self.ids.next(now.as_millisecond()));
        let id = |ids: &IdSource| ids.next(now.as_millisecond());
        let kind = self.random.u8(0..100);
        let (heard, alerts) = (kind < 15, kind < 5);
        let case = alerts.then(|| Case {
            id: CaseId(id(&self.ids)),
            watch: "nomadesk".to_owned(),
            network: mention.network.clone(),
            author: mention.author.handle.clone(),
            matter: Matter::Trouble,
            state: CaseState::Open,
            priority: Priority::Urgent,
            opened: now,
            touched: now,
            answer_by: Some(now),
            taken_by: None,
            dismissed: None,
            mentions: 1,
        });
        Decided {
            mention_id,
            fingerprint: if self.random.u8(0..10) == 0 { self.random.u64(1..50) } else { self.random.u64(1..) },
            feed: mention.network.as_str().to_owned(),
            watch: format!("brand{}", self.random.u8(0..10)),
            watch_name: "Nomadesk".to_owned(),
            hearing: hearing(heard),
            decision: Decision {
                reason: if alerts { Reason::NewCase } else { Reason::NoSignal },
                priority: if alerts { Priority::Urgent } else { Priority::Digest },
                case: case.as_ref().map(|case| case.id),
                repeats: None,
                answer_by: alerts.then_some(now),
                deliveries: if alerts {
                    vec![Planned { notifier: "care".to_owned(), due: now, fold: None, while_open: false }]
                } else {
                    Vec::new()
                },
            },
            alert: alerts.then(|| (AlertId(id(&self.ids)), Some(draft()))),
            case,
            mentions_before: 0,
            decided: now,
            mention,
        }
    }
}

fn draft() -> Draft {
    let text = "Thank you for telling us. We are sorry that the sync kept you waiting; somebody looks at it right now. Your files can be \
                exported at any time: https://example.org/export";
    Draft { text: text.to_owned(), chars: text.len(), limit: Some(300), facts: vec!["facts.export_url".to_owned()], lint: Vec::new() }
}

fn hearing(heard: bool) -> Hearing {
    let mark = |start, end, role| Evidence { start, end, text: String::new(), role };
    let switch = Switch { left: Some("Nomadesk".to_owned()), joined: None, status: Status::Threat, stance: Stance::Leaving, reason: None };
    let finding = Finding {
        rule: "switch.from-to".to_owned(),
        signal: Signal::Switch,
        score: 0.93,
        evidence: vec![mark(0, 8, Role::Left), mark(9, 20, Role::Cue), mark(21, 30, Role::Reason)],
        attributes: Vec::new(),
    };
    Hearing {
        primary: if heard { Primary::Leaving } else { Primary::Noise },
        asks: false,
        lang: Some("en".to_owned()),
        switch: heard.then_some(switch),
        findings: if heard { vec![finding] } else { Vec::new() },
    }
}

/// An account's id as Bluesky makes it: 120 bits of a hash, base 32.
fn did(author: i64) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bits = fastrand::Rng::with_seed(author.cast_unsigned());
    let id: String = (0..24).map(|_| char::from(DIGITS[bits.usize(..32)])).collect();
    format!("did:plc:{id}")
}

/// A key as Bluesky makes it: microseconds and a clock number, base 32.
fn record_key(n: i64) -> String {
    const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
    let value = (((START + n * STEP_MS) * 1000) << 10) | (n & 1023);
    (0..13).rev().map(|digit| char::from(DIGITS[usize::try_from((value >> (digit * 5)) & 31).unwrap_or_default()])).collect()
}

fn open(durability: Durability) -> (TempDir, Sqlite) {
    let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory");
    let options = Options { durability, ..Options::new(dir.path().join("courtier.db")) };
    let store = Sqlite::open(options).expect("opens");
    (dir, store)
}

/// The size of the database, with what still stands in its log.
fn bytes(dir: &TempDir) -> u64 {
    let conn = rusqlite::Connection::open(dir.path().join("courtier.db")).expect("opens");
    conn.query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |row| row.get(0)).expect("reads")
}

/// Fills one file and prints how it goes.
fn fill(runtime: &Runtime, most: i64, durability: Durability) {
    let (dir, store) = open(durability);
    let mut posts = Posts::new();
    let mut spent = Duration::ZERO;
    let of_threads = || [cpu_of_threads("store"), cpu_of_threads("checkpoint")];
    let mut before = of_threads();
    let step = most / 10;
    println!("{:>9}  {:>12}  {:>16}  {:>16}  {:>15}", "mentions", "stored a s", "CPU us a mention", "and the log's", "bytes a mention");
    while posts.made < most {
        let batch = posts.batch();
        let now = posts.now();
        let start = clock();
        runtime.block_on(store.commit(batch.into())).expect("commits");
        spent += start.elapsed();
        // The outbox is emptied as dispatch does, outside the clock.
        let lease = Duration::from_secs(60);
        let claims = runtime.block_on(store.claim("care", now, lease, 100, None)).expect("claims");
        let yes = || Settlement::Delivered(Receipt { remote_id: Some("1795300000.000100".to_owned()), note: "200".to_owned() });
        runtime.block_on(store.settle(claims.into_iter().map(|claim| (claim, yes())).collect(), now)).expect("settles");
        if posts.made % step == 0 {
            let mentions = runtime.block_on(store.standing()).expect("reads").mentions;
            let stored = f64::from(u32::try_from(step).expect("small")) / spent.as_secs_f64();
            let now = of_threads();
            let one = |of: usize| (now[of] - before[of]).as_secs_f64() * 1e6 / f64::from(u32::try_from(step).expect("small"));
            println!("{mentions:>9}  {stored:>12.0}  {:>16.1}  {:>16.1}  {:>15}", one(0), one(1), bytes(&dir) / mentions);
            (spent, before) = (Duration::ZERO, now);
        }
    }
    if let Some(keep) = std::env::args().skip_while(|argument| argument != "fill").nth(3) {
        drop(store);
        std::fs::copy(dir.path().join("courtier.db"), keep).expect("copies");
    }
}

fn benches(runtime: &Runtime, criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store");
    group.throughput(Throughput::Elements(u64::try_from(BATCH).expect("small"))).sample_size(20);
    for (name, durability) in [("commit, safe from power loss", Durability::Full), ("commit, safe from kill", Durability::Process)] {
        let (_dir, store) = open(durability);
        let mut posts = Posts::new();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| posts.batch(), |batch| runtime.block_on(store.commit(batch.into())), BatchSize::LargeInput);
        });
    }
    let (_dir, store) = open(Durability::Full);
    let mut posts = Posts::new();
    for _ in 0..200 {
        runtime.block_on(store.commit(posts.batch().into())).expect("commits");
    }
    let fresh = posts.batch();
    let queries: Vec<_> =
        fresh.decided.iter().map(|one| Query { mention: &one.mention, watches: vec![&one.watch], fingerprint: one.fingerprint }).collect();
    group.bench_function("recall of 500 new mentions among 100,000", |bencher| {
        bencher.iter(|| black_box(runtime.block_on(store.recall(&queries, posts.now())).expect("recalls")));
    });
    group.finish();
}

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "fill") {
        Some(at) => {
            let most = arguments.get(at + 1).and_then(|most| most.parse().ok()).unwrap_or(1_000_000);
            let process = arguments.get(at + 2).is_some_and(|word| word == "process");
            fill(&runtime, most, if process { Durability::Process } else { Durability::Full });
        }
        None => {
            let mut criterion = Criterion::default().configure_from_args();
            benches(&runtime, &mut criterion);
            criterion.final_summary();
        }
    }
}
