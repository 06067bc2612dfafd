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

/// The bytes of a stem by which it is looked up.
const HEAD: usize = 4;

/// The first bytes of a word, zeros behind a short one.
type Head = [u8; HEAD];

/// A term that hangs on a word.
#[derive(Debug, Clone, Copy)]
struct Entry {
    term: u32,
    /// The word is the whole term: there is nothing to compare.
    is_word: bool,
}

/// All terms, each once.
#[derive(Debug, Default)]
pub(super) struct Table {
    patterns: Vec<Pattern>,
    numbers: FxHashMap<Pattern, u32>,
    words: FxHashMap<Box<str>, Vec<Entry>>,
    /// By their first bytes, [`HEAD`] at most: a word has one key, not one a length.
    stems: FxHashMap<Head, Vec<Entry>>,
    /// Whether a stem has only so many bytes.
    short: [bool; HEAD],
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
        let entry = Entry { term: number, is_word: pattern.is_word() };
        match pattern.anchor() {
            Anchor::Word(word) => self.words.entry(word.into()).or_default().push(entry),
            Anchor::Stem(stem) => {
                if let Some(short) = self.short.get_mut(stem.len()) {
                    *short = true;
                }
                self.stems.entry(head(stem, HEAD)).or_default().push(entry);
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
            if let Some(entries) = self.words.get(word) {
                self.compare(entries, text, at, hits);
            }
            if self.stems.is_empty() {
                continue;
            }
            let short = (1..HEAD.min(word.len())).filter(|length| self.short.get(*length) == Some(&true));
            for length in short.chain([HEAD]) {
                if let Some(entries) = self.stems.get(&head(word, length)) {
                    self.compare(entries, text, at, hits);
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
    fn compare(&self, entries: &[Entry], text: &Text<'_>, at: usize, hits: &mut Vec<Hit>) {
        for &Entry { term, is_word } in entries {
            let place = if is_word { text.word(at) } else { self.patterns.get(term as usize).and_then(|pattern| pattern.at(text, at)) };
            hits.extend(place.map(|place| Hit { term, place }));
        }
    }
}

/// The first bytes of a word, so many at most.
fn head(word: &str, length: usize) -> Head {
    let mut head = Head::default();
    head.iter_mut().zip(word.bytes().take(length)).for_each(|(to, from)| *to = from);
    head
}
