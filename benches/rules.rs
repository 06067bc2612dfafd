//! What rules of one's own cost: none, 10 and 1,000 of them, alone and in a whole hearing.
//!
//! `cargo bench --profile fast --bench rules`; the throughput is posts a second. The words of
//! the rules are words of the posts, so that rules wake and fire as they would.

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

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Duration;

use courtier::detect::{Detector, OwnRule, Scratch};
use courtier::domain::{Mention, Signal};
use courtier::query::{Found, Query, Set, Subject};
use courtier::text::Folded;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const POSTS: usize = 4_000;

/// Queries of the usual shape over words that the posts hold; the same ones in every run.
fn queries(posts: &[String], count: usize) -> Vec<Query> {
    let words: BTreeSet<String> = posts
        .iter()
        .flat_map(|post| post.split(|c: char| !c.is_ascii_alphabetic()))
        .filter(|word| word.len() >= 4)
        .map(str::to_ascii_lowercase)
        .collect();
    let words: Vec<String> = words.into_iter().collect();
    let mut dice = fastrand::Rng::with_seed(5);
    let query = |_| {
        let mut word = || dice.choice(&words).expect("words").as_str();
        let (a, b, c, d, e) = (word(), word(), word(), word(), word());
        Query::parse(&format!("brand AND (({a}* NEAR/4 ({b} OR {c})) OR \"{d} {e}\") AND NOT lang:fi")).expect("a query")
    };
    (0..count).map(query).collect()
}

fn rules(criterion: &mut Criterion) {
    let (posts, origin) = corpus::posts(POSTS);
    let watches = [corpus::watch("w", vec!["thebrand".into(), "@thebrand".into()])];
    // Every post is a mention: addressed to the brand.
    let mention = |(index, post): (usize, &String)| corpus::addressed(index, post, "thebrand".into());
    let mentions: Vec<Mention> = posts.iter().enumerate().map(mention).collect();
    let folded: Vec<_> = mentions
        .iter()
        .map(|mention| {
            let mut folded = Folded::default();
            let map = folded.fold_mapped(&mention.text);
            (mention, folded, map)
        })
        .collect();
    let mut group = criterion.benchmark_group(format!("own rules, {origin}"));
    group.throughput(Throughput::Elements(POSTS as u64)).sample_size(20).measurement_time(Duration::from_secs(3));
    for count in [10, 1_000] {
        let queries = queries(&posts, count);
        let set = Set::new(&queries, &watches);
        let mut found = Found::default();
        group.bench_function(format!("{count} rules alone, folded text"), |bencher| {
            bencher.iter(|| {
                let mut fired = 0;
                for (mention, folded, map) in black_box(&folded) {
                    set.find(&mention.text, folded, map, &mut found);
                    let subject = Subject { mention, hearing: None, watch: 0, about: true };
                    fired += found.awake().filter(|query| set.holds(*query, &subject, &found).is_some()).count();
                }
                fired
            });
        });
    }
    for count in [0, 10, 1_000] {
        let rule = |(index, query): (usize, Query)| OwnRule {
            id: format!("rule-{index}"),
            query,
            signal: Signal::Complaint,
            priority: None,
            shadow: true,
            watches: Vec::new(),
        };
        let detector = Detector::with_rules(&watches, queries(&posts, count).into_iter().enumerate().map(rule).collect());
        let mut scratch = Scratch::default();
        group.bench_function(format!("{count} rules in a whole hearing"), |bencher| {
            bencher.iter(|| mentions.iter().map(|mention| detector.hear(black_box(mention), &mut scratch).len()).sum::<usize>());
        });
    }
    group.finish();
}

criterion_group!(benches, rules);
criterion_main!(benches);
