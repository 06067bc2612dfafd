//! Learns from what people did which words tell right mentions from wrong ones.
//!
//! Counting, a smoothed ratio and a threshold: everything that comes out can be
//! checked by hand against the counts that are shown beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::words::Words;

/// Kinds of words that are held in memory at most; beyond it those seen once are let go.
const KINDS: usize = 200_000;
/// How many standard errors a ratio must be from even before it is believed: one in twenty by chance.
const SURE: f64 = 1.96;

/// What people's deeds say of a mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// About us: taken, answered, or dismissed for another reason.
    Right,
    /// Alerted, and nobody did anything about it yet: about us, presumably.
    Presumed,
    /// Dismissed as not about us.
    Wrong,
}

/// How often a word stands in right and wrong mentions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Count {
    /// Right mentions with it.
    pub(super) right: u64,
    /// Wrong mentions with it.
    pub(super) wrong: u64,
}

/// One word with its counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Telling {
    /// The word or pair, folded.
    pub(super) word: String,
    /// Where it stands.
    #[serde(flatten)]
    pub(super) count: Count,
    /// The logarithm of the odds, right over wrong, with half a mention added to each count.
    pub(super) ratio: f64,
    /// The ratio in standard errors.
    pub(super) sure: f64,
}

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Lesson {
    /// Labelled mentions.
    pub(super) seen: Count,
    single: BTreeMap<String, Count>,
    pairs: BTreeMap<String, Count>,
}

impl Lesson {
    /// Counts the words of one mention.
    pub(super) fn note(&mut self, words: Words, label: Label) {
        add(&mut self.seen, label);
        for (kinds, words) in [(&mut self.single, words.single), (&mut self.pairs, words.pairs)] {
            for word in words {
                add(kinds.entry(word).or_default(), label);
            }
            if kinds.len() > KINDS {
                kinds.retain(|_, count| count.right + count.wrong > 1);
            }
        }
    }

    /// Words that stand in right mentions rather than in wrong ones; the surest first.
    pub(super) fn for_right(&self, least: u64) -> Vec<Telling> {
        self.telling(&self.single, least, |telling| telling.sure >= SURE)
    }

    /// Words and pairs that stand in wrong mentions rather than in right ones; the surest first.
    pub(super) fn for_wrong(&self, least: u64) -> Vec<Telling> {
        let mut telling = self.telling(&self.single, least, |telling| telling.sure <= -SURE);
        let pairs = self.telling(&self.pairs, least, |telling| telling.sure <= -SURE);
        // A pair that says no more than one of its words is only longer.
        let more = |pair: &Telling| {
            let says = |word: &str| self.single.get(word).is_some_and(|one| one.wrong >= pair.count.wrong && one.right <= pair.count.right);
            !pair.word.split(' ').any(says)
        };
        telling.extend(pairs.into_iter().filter(more));
        sort(&mut telling);
        telling
    }

    fn telling(&self, kinds: &BTreeMap<String, Count>, least: u64, believed: impl Fn(&Telling) -> bool) -> Vec<Telling> {
        let often = kinds.iter().filter(|(_, count)| count.right + count.wrong >= least);
        let mut telling: Vec<Telling> = often.map(|(word, count)| weigh(word, *count, self.seen)).filter(|one| believed(one)).collect();
        sort(&mut telling);
        telling
    }
}

fn add(count: &mut Count, label: Label) {
    match label {
        Label::Right | Label::Presumed => count.right += 1,
        Label::Wrong => count.wrong += 1,
    }
}

/// The surest first; among equals the more frequent, then by the alphabet, so that the same past gives the same answer.
fn sort(telling: &mut [Telling]) {
    telling.sort_by(|a, b| {
        let often = |one: &Telling| one.count.right + one.count.wrong;
        b.sure.abs().total_cmp(&a.sure.abs()).then(often(b).cmp(&often(a))).then(a.word.cmp(&b.word))
    });
}

/// The smoothed log-odds ratio of a word, and how sure it is.
fn weigh(word: &str, count: Count, seen: Count) -> Telling {
    #[expect(clippy::cast_precision_loss, reason = "counts of mentions are far below 2^52")]
    let half_more = |count: u64| count as f64 + 0.5;
    let (right, no_right) = (half_more(count.right), half_more(seen.right - count.right));
    let (wrong, no_wrong) = (half_more(count.wrong), half_more(seen.wrong - count.wrong));
    let ratio = (right / no_right).ln() - (wrong / no_wrong).ln();
    let error = (right.recip() + no_right.recip() + wrong.recip() + no_wrong.recip()).sqrt();
    Telling { word: word.to_owned(), count, ratio, sure: ratio / error }
}

/// Picks few words that together stand in most of the wanted mentions: each next one adds the most that the others leave.
///
/// `posts` holds, for each mention, whether it is wanted and which of the candidates stand in it. A word that adds as many
/// unwanted as wanted ones is not worth its place.
pub(super) fn pick(candidates: &[Telling], posts: &[(bool, BTreeSet<usize>)], most: usize) -> Vec<usize> {
    let mut picked: Vec<usize> = Vec::new();
    let mut open: Vec<&(bool, BTreeSet<usize>)> = posts.iter().collect();
    while picked.len() < most {
        let gain = |candidate: usize| {
            let (mut wanted, mut unwanted) = (0_usize, 0_usize);
            for (want, _) in open.iter().filter(|(_, holds)| holds.contains(&candidate)) {
                if *want { wanted += 1 } else { unwanted += 1 }
            }
            wanted.saturating_sub(unwanted.saturating_mul(2))
        };
        // The earlier candidate is the surer one: it wins among equals.
        let best = (0..candidates.len()).filter(|at| !picked.contains(at)).map(|at| (gain(at), std::cmp::Reverse(at))).max();
        let Some((gain, std::cmp::Reverse(at))) = best.filter(|(gain, _)| *gain > 0) else { break };
        debug_assert!(gain > 0);
        open.retain(|(_, holds)| !holds.contains(&at));
        picked.push(at);
    }
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        Words { single: text.split(' ').map(str::to_owned).collect(), pairs: BTreeSet::new() }
    }

    fn lesson() -> Lesson {
        let mut lesson = Lesson::default();
        for n in 0..20 {
            lesson.note(words(if n % 2 == 0 { "cloud sync" } else { "cloud price" }), Label::Right);
            lesson.note(words(if n % 4 == 0 { "oak drawer price" } else { "oak chair" }), Label::Wrong);
        }
        lesson
    }

    #[test]
    fn words_of_one_side_are_found_and_words_of_both_are_not() {
        let lesson = lesson();
        let list = |telling: Vec<Telling>| telling.into_iter().map(|one| one.word).collect::<Vec<_>>();
        assert_eq!(list(lesson.for_right(3)), ["cloud", "sync"]);
        assert_eq!(list(lesson.for_wrong(3)), ["oak", "chair"]);
        assert_eq!(list(lesson.for_wrong(100)), Vec::<String>::new());
        let oak = &lesson.for_wrong(3)[0];
        assert_eq!(oak.count, Count { right: 0, wrong: 20 });
        assert!(oak.ratio < -6.0 && oak.sure < -3.0, "{oak:?}");
    }

    #[test]
    fn few_words_are_picked_that_cover_most() {
        let lesson = lesson();
        let right = lesson.for_right(3);
        // "cloud" stands in all right ones: nothing is left for "sync".
        let posts: Vec<_> = (0..20).map(|n| (true, if n % 2 == 0 { BTreeSet::from([0, 1]) } else { BTreeSet::from([0]) })).collect();
        assert_eq!(pick(&right, &posts, 8), [0]);
        let unwanted: Vec<_> = posts.iter().map(|(_, holds)| (false, holds.clone())).collect();
        assert!(pick(&right, &unwanted, 8).is_empty());
    }
}
