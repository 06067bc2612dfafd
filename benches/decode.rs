//! From the bytes of a Jetstream event to "names nobody we watch".
//!
//! `cargo bench --profile fast --bench decode`; `corpus/jetstream.rs` has the events.

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

use corpus::jetstream::{key, like, mixed, post};
use courtier::detect::Detector;
use courtier::feed::{Firehose, Names};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;

/// Events of one round.
const EVENTS: usize = 4096;

/// Asks a detector with so many terms: names, handles, tags, domains and phrases of made-up brands.
fn names(terms: usize) -> Names {
    let mut dice = fastrand::Rng::with_seed(7);
    let mut watches = Vec::new();
    for number in 0..terms.div_ceil(5) {
        let name = key(&mut dice, 8);
        let all = [name.clone(), format!("@{name}"), format!("#{name}hq"), format!("{name}.example"), format!("the {name} window")];
        watches.push(corpus::watch(&name, all.into_iter().take(terms - number * 5).collect()));
    }
    corpus::names(Arc::new(Detector::new(&watches)))
}

fn decode(criterion: &mut Criterion) {
    let seen = Timestamp::from_second(1_795_300_000).expect("in range");
    let mut dice = fastrand::Rng::with_seed(1);
    let posts: Vec<String> = (0..EVENTS).map(|_| post(&mut dice)).collect();
    let likes: Vec<String> = (0..EVENTS).map(|_| like(&mut dice)).collect();
    let mixed: Vec<String> = (0..EVENTS).map(|_| mixed(&mut dice)).collect();
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
