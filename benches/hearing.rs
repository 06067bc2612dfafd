//! A post from text to what was heard in it: all rules, one brand or 10,000 terms.
//!
//! `cargo bench --profile fast --bench hearing`; the throughput is posts a second.

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

use courtier::detect::{CompiledBrand, Detector, Scratch, hear_text};
use courtier::domain::{Brand, Mention};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const POSTS: usize = 4_000;

fn hearing(criterion: &mut Criterion) {
    let (posts, origin) = corpus::posts(POSTS);
    let brand = Brand { name: "The Brand".into(), terms: vec!["thebrand".into()] };
    let compiled = CompiledBrand::new(&brand, &[]);
    let mut group = criterion.benchmark_group(format!("hear, {origin}"));
    group.throughput(Throughput::Elements(POSTS as u64)).sample_size(20).measurement_time(Duration::from_secs(3));
    group.bench_function("one brand, language given", |bencher| {
        bencher.iter(|| posts.iter().filter(|post| hear_text(black_box(post), Some("en"), &compiled, true).switch.is_some()).count());
    });
    group.bench_function("one brand, language found", |bencher| {
        bencher.iter(|| posts.iter().filter(|post| hear_text(black_box(post), None, &compiled, true).switch.is_some()).count());
    });

    // Every post is addressed to one of a thousand watches of ten terms each: all of them are heard to the end.
    let terms = corpus::terms(10_000);
    let mut watches = corpus::watches(&terms);
    for (index, watch) in watches.iter_mut().enumerate() {
        watch.brand.terms.push(format!("@account{index}"));
    }
    let detector = Detector::new(&watches);
    let mention = |(index, post): (usize, &String)| corpus::addressed(index, post, format!("account{}", index % 1_000));
    let mentions: Vec<Mention> = posts.iter().enumerate().map(mention).collect();
    let mut scratch = Scratch::default();
    group.bench_function("10,000 terms, every post a mention", |bencher| {
        bencher.iter(|| mentions.iter().map(|mention| detector.hear(black_box(mention), &mut scratch).len()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, hearing);
criterion_main!(benches);
