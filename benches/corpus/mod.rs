//! What the benches share: posts, terms and watches, the same in every run.
//!
//! Where `../shared/data` is present its real posts are read, else sentences of
//! this file are shuffled; the bench says which. Terms are made up.

#![allow(dead_code, reason = "no bench needs all of it")]

pub mod jetstream;
pub mod meter;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use courtier::detect::{Detector, Scratch};
use courtier::domain::{Brand, Mention, Network, Watch};
use courtier::feed::Names;
use jiff::Timestamp;

/// Sentences to make posts of where no real ones are at hand.
const SENTENCES: &[&str] = &[
    "I am going to switch from Dropbox to Nomadesk this weekend.",
    "The sync has been stuck since Monday and nobody answers 😡",
    "Does anybody know how to share a folder with my team?",
    "Honestly the best support I ever had, thank you!",
    "Just landed in Oslo, coffee first ☕",
    "They raised the price again, so I’m out.",
    "Watching the game tonight with friends – who else?",
    "My flight was delayed for 3 hours, no food, no word",
    "Je viens de finir mon café, il fait beau à Paris",
    "今日はとても寒いですね",
    "Check this out https://example.org/a/b?c=1 #cloud #storage",
    "@kim did you see that? lol",
];

/// Gives `count` posts and says where they come from.
pub fn posts(count: usize) -> (Vec<String>, &'static str) {
    let file = std::fs::read_to_string("../shared/data/airline_sentiment/dev.tsv").unwrap_or_default();
    let mut lines = file.lines();
    let column = lines.next().and_then(|head| head.split('\t').position(|name| name == "text"));
    let real: Vec<&str> = lines.filter_map(|line| line.split('\t').nth(column?)).filter(|text| !text.is_empty()).collect();
    if real.is_empty() {
        let mut dice = Dice(7);
        let post = |_| (0..1 + dice.below(3)).map(|_| SENTENCES[dice.below(SENTENCES.len())]).collect::<Vec<_>>().join(" ");
        return ((0..count).map(post).collect(), "made-up posts");
    }
    (real.iter().cycle().take(count).map(|&text| text.to_owned()).collect(), "real posts")
}

/// Gives `count` distinct terms: names, handles, tags, domains and two-word names.
pub fn terms(count: usize) -> Vec<String> {
    const SYLLABLES: &[&str] =
        &["no", "ma", "desk", "ti", "ro", "vel", "ka", "zen", "qui", "bo", "lex", "dra", "fin", "su", "mor", "pay", "cloud", "jet"];
    let mut dice = Dice(11);
    let mut terms = BTreeSet::new();
    while terms.len() < count {
        let word: String = (0..2 + dice.below(3)).map(|_| SYLLABLES[dice.below(SYLLABLES.len())]).collect();
        terms.insert(match dice.below(10) {
            0 => format!("@{word}"),
            1 => format!("#{word}"),
            2 => format!("{word}.com"),
            3 => format!("the {word} {}", SYLLABLES[dice.below(SYLLABLES.len())]),
            _ => word,
        });
    }
    terms.into_iter().collect()
}

/// One watch for every ten terms, as a house with many customers would have.
pub fn watches(terms: &[String]) -> Vec<Watch> {
    let watch = |(index, terms): (usize, &[String])| watch(&format!("w{index}"), terms.to_vec());
    terms.chunks(10).enumerate().map(watch).collect()
}

/// A watch with a brand of the same name.
pub fn watch(id: &str, terms: Vec<String>) -> Watch {
    Watch { id: id.to_owned(), brand: Brand { name: id.to_owned(), terms }, ..Watch::default() }
}

/// A post that is addressed to somebody, and so a mention whatever it says.
pub fn addressed(index: usize, text: &str, to: String) -> Mention {
    let mut mention = Mention::new(Network::known("bench"), index.to_string(), text, Timestamp::UNIX_EPOCH);
    mention.addressed = vec![to];
    mention.lang = Some("en".into());
    mention
}

/// What a firehose asks, as the program builds it.
pub fn names(detector: Arc<Detector>) -> Names {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    Arc::new(move |text: &str| SCRATCH.with_borrow_mut(|scratch| detector.names_any(text, scratch)))
}

/// A small generator with a seed, so that every run sees the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}
