//! One table of the terms of all queries: a post is cut and looked up once.
//!
//! Each term hangs on one word. Equal terms of different queries are one term;
//! what has no word (signs between backticks) goes into an automaton that
//! exists only where such terms do.

use aho_corasick::AhoCorasick;
use rustc_hash::FxHashMap;

use super::pattern::{Anchor, Pattern, Place, Text};
use crate::text::narrow;

/// A term that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) term: u32,
    pub(super) place: Place,
}

/// All terms, each once.
#[derive(Debug, Default)]
pub(super) struct Table {
    patterns: Vec<Pattern>,
    numbers: FxHashMap<Pattern, u32>,
    words: FxHashMap<Box<str>, Vec<u32>>,
    stems: FxHashMap<Box<str>, Vec<u32>>,
    /// By the first byte of a word, the lengths of the stems that begin with it.
    lengths: Vec<Vec<usize>>,
    signs: Vec<(Box<str>, u32)>,
    automaton: Option<AhoCorasick>,
}

impl Table {
    /// Gives the number of a term; equal terms have one.
    pub(super) fn add(&mut self, pattern: Pattern) -> u32 {
        if let Some(&number) = self.numbers.get(&pattern) {
            return number;
        }
        let number = narrow(self.patterns.len());
        match pattern.anchor() {
            Anchor::Word(word) => self.words.entry(word.into()).or_default().push(number),
            Anchor::Stem(stem) => {
                self.lengths.resize(256, Vec::new());
                let first = usize::from(stem.bytes().next().unwrap_or_default());
                if let Some(lengths) = self.lengths.get_mut(first).filter(|lengths| !lengths.contains(&stem.len())) {
                    lengths.push(stem.len());
                }
                self.stems.entry(stem.into()).or_default().push(number);
            }
            Anchor::Signs(signs) => self.signs.push((signs.into(), number)),
        }
        self.numbers.insert(pattern.clone(), number);
        self.patterns.push(pattern);
        number
    }

    /// Makes the automaton, when there are signs to look for.
    pub(super) fn finish(&mut self) {
        if !self.signs.is_empty() {
            // Too many signs for an automaton is no way to write rules; they would only not be heard.
            self.automaton = AhoCorasick::new(self.signs.iter().map(|(signs, _)| signs.as_bytes())).ok();
        }
    }

    /// How many terms there are.
    pub(super) fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Finds every term, those of one term together and in the order of the text.
    pub(super) fn find(&self, text: &Text<'_>, hits: &mut Vec<Hit>) {
        hits.clear();
        let folded = text.folded.text.as_str();
        for (at, piece) in text.pieces.iter().enumerate() {
            let word = piece.of(folded);
            if let Some(numbers) = self.words.get(word) {
                self.compare(numbers, text, at, hits);
            }
            let first = word.bytes().next().map(usize::from);
            for &length in first.and_then(|first| self.lengths.get(first)).into_iter().flatten() {
                if let Some(numbers) = word.get(..length).and_then(|stem| self.stems.get(stem)) {
                    self.compare(numbers, text, at, hits);
                }
            }
        }
        for found in self.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(text.original)) {
            let Some(&(_, term)) = self.signs.get(found.pattern().as_usize()) else { continue };
            let place = self.patterns.get(term as usize).and_then(|pattern| pattern.at_byte(text, found.start()));
            hits.extend(place.map(|place| Hit { term, place }));
        }
        hits.sort_unstable_by_key(|hit| (hit.term, hit.place.start));
    }

    /// Compares the terms that hang on a word.
    fn compare(&self, numbers: &[u32], text: &Text<'_>, at: usize, hits: &mut Vec<Hit>) {
        for &term in numbers {
            let place = self.patterns.get(term as usize).and_then(|pattern| pattern.at(text, at));
            hits.extend(place.map(|place| Hit { term, place }));
        }
    }
}
