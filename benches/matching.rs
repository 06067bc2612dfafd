//! Does a text name anything we watch: our table beside two automata, at four sizes.
//!
//! `cargo bench --profile fast --bench matching`. Each figure is for one pass over
//! all posts; the throughput is posts a second. The automata get text that is folded
//! already and check word boundaries of ASCII only: a little less work than ours.

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

use courtier::detect::{Detector, Scratch};
use courtier::text::folded;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const POSTS: usize = 4_000;

/// Whether the match is a whole word.
fn bounded(text: &[u8], start: usize, end: usize) -> bool {
    let word = |at: usize| text.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    !(start > 0 && word(start - 1) && word(start)) && !(word(end) && word(end - 1))
}

fn matching(criterion: &mut Criterion) {
    let (posts, origin) = corpus::posts(POSTS);
    let plain: Vec<String> = posts.iter().map(|post| folded(post)).collect();
    for size in [10, 1_000, 10_000, 100_000] {
        let terms = corpus::terms(size);
        let detector = Detector::new(&corpus::watches(&terms));
        let aho = aho_corasick::AhoCorasick::new(terms.iter().map(|term| folded(term))).expect("few terms");
        let daac = daachorse::DoubleArrayAhoCorasick::<u32>::new(terms.iter().map(|term| folded(term))).expect("few terms");
        let mut group = criterion.benchmark_group(format!("names_any, {size} terms, {origin}"));
        group
            .throughput(Throughput::Elements(POSTS as u64))
            .sample_size(20)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2));
        let mut scratch = Scratch::default();
        group.bench_function("courtier, folding included", |bencher| {
            bencher.iter(|| posts.iter().filter(|post| detector.names_any(black_box(post), &mut scratch)).count());
        });
        group.bench_function("aho-corasick, folded text", |bencher| {
            let hit =
                |post: &&String| aho.find_overlapping_iter(post.as_str()).any(|found| bounded(post.as_bytes(), found.start(), found.end()));
            bencher.iter(|| black_box(&plain).iter().filter(hit).count());
        });
        group.bench_function("daachorse, folded text", |bencher| {
            let hit = |post: &&String| {
                daac.find_overlapping_iter(post.as_str()).any(|found| bounded(post.as_bytes(), found.start(), found.end()))
            };
            bencher.iter(|| black_box(&plain).iter().filter(hit).count());
        });
        group.finish();
    }
    let mut scratch = courtier::text::Folded::default();
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(POSTS as u64)).sample_size(20).measurement_time(Duration::from_secs(2));
    group.bench_function(origin, |bencher| bencher.iter(|| posts.iter().for_each(|post| scratch.fold(black_box(post)))));
    group.finish();
}

criterion_group!(benches, matching);
criterion_main!(benches);
