//! From the bytes of a Jetstream event to "names nobody we watch".
//!
//! `cargo bench --bench decode`. The events have the shape and the size of the
//! network's own (posts of about 800 bytes of JSON with 100 bytes of text, a
//! third of them with links, cards or replies); words and names are made up.

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

use std::cell::RefCell;
use std::sync::Arc;

use courtier::detect::{Detector, Scratch};
use courtier::domain::{Brand, Watch};
use courtier::feed::{Firehose, Names};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;

/// Events of one round.
const EVENTS: usize = 4096;

const WORDS: &[&str] = &[
    "the",
    "a",
    "and",
    "just",
    "today",
    "really",
    "coffee",
    "morning",
    "weather",
    "people",
    "about",
    "think",
    "with",
    "photo",
    "café",
    "naïve",
    "größer",
    "train",
    "music",
    "album",
    "again",
    "tomorrow",
    "watching",
    "finally",
    "😂",
    "🎉",
    "日本語",
    "game",
    "season",
    "friend",
    "would",
    "never",
    "because",
    "something",
    "between",
    "little",
    "window",
    "garden",
    "paper",
    "question",
];

fn words(dice: &mut fastrand::Rng, count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        if number > 0 {
            text.push(' ');
        }
        text.push_str(WORDS[dice.usize(..WORDS.len())]);
    }
    text
}

fn key(dice: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[dice.usize(..32)])).collect()
}

fn post(dice: &mut fastrand::Rng) -> String {
    let (did, root) = (key(dice, 24), key(dice, 24));
    let address = format!(r#"{{"cid":"bafyrei{}","uri":"at://did:plc:{root}/app.bsky.feed.post/{}"}}"#, key(dice, 52), key(dice, 13));
    let extra = match dice.u8(..9) {
        0..=2 => format!(r#""reply":{{"parent":{address},"root":{address}}},"#),
        3 => format!(
            r#""embed":{{"$type":"app.bsky.embed.external","external":{{"description":"{}","title":"{}","uri":"https://news.example/{}"}}}},"#,
            words(dice, 20),
            words(dice, 8),
            key(dice, 20)
        ),
        4 => format!(
            r#""facets":[{{"features":[{{"$type":"app.bsky.richtext.facet#link","uri":"https://blog.example/{}"}}],"index":{{"byteEnd":40,"byteStart":10}}}}],"#,
            key(dice, 20)
        ),
        _ => String::new(),
    };
    let (rev, rkey, cid) = (key(dice, 13), key(dice, 13), key(dice, 52));
    let count = 8 + dice.usize(..20);
    let mut text = words(dice, count);
    if dice.u8(..6) == 0 {
        text.push_str(r"\n\n\u0026 so on");
    }
    format!(
        r#"{{"did":"did:plc:{did}","time_us":1795300000000000,"kind":"commit","commit":{{"rev":"{rev}","operation":"create","collection":"app.bsky.feed.post","rkey":"{rkey}","record":{{"$type":"app.bsky.feed.post","createdAt":"2026-11-21T22:26:39.757Z",{extra}"langs":["en"],"text":"{text}"}},"cid":"bafyrei{cid}"}}}}"#
    )
}

fn like(dice: &mut fastrand::Rng) -> String {
    format!(
        r#"{{"did":"did:plc:{}","time_us":1795300000000000,"kind":"commit","commit":{{"rev":"{}","operation":"create","collection":"app.bsky.feed.like","rkey":"{}","record":{{"$type":"app.bsky.feed.like","createdAt":"2026-11-21T22:26:39.757Z","subject":{{"cid":"bafyrei{}","uri":"at://did:plc:{}/app.bsky.feed.post/{}"}}}},"cid":"bafyrei{}"}}}}"#,
        key(dice, 24),
        key(dice, 13),
        key(dice, 13),
        key(dice, 52),
        key(dice, 24),
        key(dice, 13),
        key(dice, 52)
    )
}

/// Asks a detector with so many terms: names, handles, tags, domains and phrases of made-up brands.
fn names(terms: usize) -> Names {
    let mut dice = fastrand::Rng::with_seed(7);
    let mut watches = Vec::new();
    for number in 0..terms.div_ceil(5) {
        let name = key(&mut dice, 8);
        let all = [name.clone(), format!("@{name}"), format!("#{name}hq"), format!("{name}.example"), format!("the {name} window")];
        let brand = Brand { name: name.clone(), terms: all.into_iter().take(terms - number * 5).collect() };
        watches.push(Watch { id: name, brand, ..Watch::default() });
    }
    let detector = Detector::new(&watches);
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    Arc::new(move |text: &str| SCRATCH.with_borrow_mut(|scratch| detector.names_any(text, scratch)))
}

fn decode(criterion: &mut Criterion) {
    let seen = Timestamp::from_second(1_795_300_000).expect("in range");
    let mut dice = fastrand::Rng::with_seed(1);
    let posts: Vec<String> = (0..EVENTS).map(|_| post(&mut dice)).collect();
    let likes: Vec<String> = (0..EVENTS).map(|_| like(&mut dice)).collect();
    let mixed: Vec<String> = (0..EVENTS).map(|_| if dice.u8(..100) < 11 { post(&mut dice) } else { like(&mut dice) }).collect();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(EVENTS as u64));
    let mut measure = |name: &str, events: &[String], firehose: &Firehose| {
        let hits: usize = events.iter().filter(|event| firehose.read(event, seen).is_ok_and(|mention| mention.is_some())).count();
        let bytes = events.iter().map(String::len).sum::<usize>() / events.len();
        group.bench_function(format!("{name} ({bytes} bytes, {hits} of {EVENTS} pass)"), |bencher| {
            bencher.iter_batched(
                || (),
                |()| events.iter().filter(|event| firehose.read(event, seen).is_ok_and(|mention| mention.is_some())).count(),
                BatchSize::PerIteration,
            );
        });
    };
    let nobody: Names = Arc::new(|_: &str| false);
    measure("a like, which is no post", &likes, &Firehose::new(Some(Arc::clone(&nobody))));
    measure("a post, borrowed", &posts, &Firehose::new(Some(nobody)));
    measure("a post, made a mention", &posts, &Firehose::new(None));
    for terms in [10, 1_000, 10_000, 100_000] {
        let firehose = Firehose::new(Some(names(terms)));
        measure(&format!("a post, asked of {terms} terms"), &posts, &firehose);
        measure(&format!("the whole network, asked of {terms} terms"), &mixed, &firehose);
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
