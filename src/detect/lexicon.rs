//! The compiled phrases of one language, all lists found in one pass.
//!
//! Every word of the text is looked up once; a phrase is tried only where its
//! rarest word stands. Built from the data files in `languages/`.

mod build;

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::phrase::Mistake;
use super::phrase::compile::{Set, Step};
use super::phrase::run::{self, Place, Stack};
use super::phrase::{Hit, Phrase};
use super::switch::Marks;
use super::weigh::Weight;
use crate::text::{Kind, Speech, Tag, Token, Tokens};

/// Sections that are no phrases: what cutting and slots must know of the language.
pub(super) const RESERVED: &[&str] = &["contractions", "you", "clause", "abbreviations", "function", "determiner"];

/// A function word, which begins no name.
const FUNCTION: u8 = 1;

/// A determiner, which may stand before a name.
const DETERMINER: u8 = 2;

/// Where a program is tried: how far its anchor stands behind its start, and what must stand beside the anchor.
///
/// Most tries end at what stands in here: nothing else is fetched for them.
#[derive(Debug, Clone, Copy)]
struct Try {
    /// The mask of the neighbour's set.
    mask: u64,
    program: u32,
    nearest: u8,
    farthest: u8,
    /// How many known names the program needs: in a post with fewer it is not tried.
    names: u8,
    /// Side of the neighbour, 0 for none, and its set.
    side: i8,
    set: u32,
}

/// The steps of one way to say a phrase.
#[derive(Debug, Clone, Copy)]
struct Program {
    phrase: u32,
    list: u16,
    /// It is a single word, which is found already where it is tried.
    single: bool,
    /// Where its steps begin and end among those of all.
    steps: (u32, u32),
}

/// A beginning of words and where it is tried.
type Stem = (Box<str>, Vec<Try>);

/// A list of phrases, with what others ask of its name once a word.
#[derive(Debug)]
struct List {
    name: String,
    weight: Option<Weight>,
    marks: Marks,
}

/// A set of lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lists([u64; Lists::MOST / 64]);

impl Lists {
    /// The most lists of a language.
    const MOST: usize = 256;

    /// Adds a list.
    pub(super) fn add(&mut self, list: u16) {
        self.0.get_mut(list as usize / 64).into_iter().for_each(|word| *word |= 1 << (list % 64));
    }

    /// Whether a list is in it.
    pub(super) fn holds(&self, list: u16) -> bool {
        self.0.get(list as usize / 64).is_some_and(|word| word >> (list % 64) & 1 == 1)
    }

    /// Whether two sets share a list.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one & other != 0)
    }
}

/// All phrases of one language.
#[derive(Debug, Default)]
pub struct Lexicon {
    code: String,
    speech: Speech,
    sets: Vec<Set>,
    slots: Vec<String>,
    lists: Vec<List>,
    /// For each rule the lists of which one must have a hit for it to run.
    cues: Vec<Lists>,
    list_numbers: FxHashMap<Box<str>, u16>,
    phrases: Vec<Phrase>,
    list_of: Vec<u16>,
    /// Programs and the phrases they belong to: a phrase that offers a choice has several.
    programs: Vec<Program>,
    /// The steps of all programs, one behind the other.
    steps: Vec<Step>,
    /// For each phrase whether it counts only in some posts.
    tied: Vec<bool>,
    /// For each word of the vocabulary where its tries stand.
    by_word: Vec<(u32, u32)>,
    tries: Vec<Try>,
    /// Beginnings by their first two bytes, each with where it is tried.
    prefixes: FxHashMap<[u8; 2], Vec<Stem>>,
    by_emoji: FxHashMap<Box<str>, Vec<u32>>,
    /// Words that say something at either end of a hashtag, and their phrases.
    by_tag: Vec<(Box<str>, u32)>,
    /// What each word of the vocabulary is to grammar: [`FUNCTION`], [`DETERMINER`].
    grammar: Vec<u8>,
}

impl Lexicon {
    /// Compiles the files of a language.
    pub fn build(code: &str, files: &[&str]) -> Result<Self, Mistake> {
        build::build(code, files)
    }

    /// Gives the two-letter code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Gives what cutting must know of the language.
    pub(super) fn speech(&self) -> &Speech {
        &self.speech
    }

    /// Gives the number of a list.
    pub(super) fn list(&self, name: &str) -> Option<u16> {
        self.list_numbers.get(name).copied()
    }

    /// Gives the name of a list.
    pub(super) fn list_name(&self, list: u16) -> &str {
        self.lists.get(list as usize).map_or("", |list| &list.name)
    }

    /// Gives the names of all lists.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        self.lists.iter().map(|list| list.name.as_str())
    }

    /// Says what the phrases of a list weigh for and against trouble.
    pub(super) fn weight(&self, list: u16) -> Option<Weight> {
        self.lists.get(list as usize).and_then(|list| list.weight)
    }

    /// Says what the phrases of a list are to phrases near them.
    pub(super) fn marks(&self, list: u16) -> Marks {
        self.lists.get(list as usize).map_or(0, |list| list.marks)
    }

    /// Whether a rule, by its place among all, has a cue among the lists that were heard.
    pub(super) fn calls(&self, rule: usize, heard: &Lists) -> bool {
        self.cues.get(rule).is_some_and(|cues| cues.meets(heard))
    }

    /// Gives a phrase by its number.
    pub(super) fn phrase(&self, number: u32) -> Option<&Phrase> {
        self.phrases.get(number as usize)
    }

    /// Gives the tokens of a slot.
    pub(super) fn slot(&self, hit: &Hit, name: &str) -> Option<Range<usize>> {
        let slot = hit.slots.iter().flatten().find(|slot| self.slots.get(slot.0 as usize).is_some_and(|known| known == name))?;
        Some(slot.1 as usize..slot.2 as usize)
    }

    /// Gives every filled slot with its name.
    pub(super) fn filled<'a>(&'a self, hit: &'a Hit) -> impl Iterator<Item = (&'a str, Range<usize>)> {
        let name = |slot: u8| self.slots.get(slot as usize).map_or("", String::as_str);
        hit.slots.iter().flatten().map(move |slot| (name(slot.0), slot.1 as usize..slot.2 as usize))
    }

    /// Whether the language counts a token as a function word.
    pub(super) fn is_function(&self, token: &Token) -> bool {
        self.is(token.number, FUNCTION)
    }

    /// Whether a word of the vocabulary is a function word or a determiner.
    fn is(&self, number: u32, what: u8) -> bool {
        self.grammar.get(number as usize).is_some_and(|grammar| grammar & what != 0)
    }

    /// Finds every phrase in a text, sorted by list and place. Of two hits of one list of which one
    /// holds the other, the longer stays.
    pub(super) fn find(&self, tokens: &Tokens<'_>) -> Vec<Hit> {
        let mut hits = Vec::with_capacity(tokens.all().len());
        let mut places = Vec::with_capacity(tokens.all().len());
        let mut clauses = run::Clauses::default();
        let mut names = 0;
        for (index, token) in tokens.all().iter().enumerate() {
            let at = crate::text::narrow(index);
            if token.kind == Kind::Emoji {
                self.emoji(tokens.text_of(token), at, &mut hits);
                continue;
            }
            if token.kind == Kind::Hashtag {
                self.hashtag(tokens.text_of(token), at, &mut hits);
            }
            let named = matches!(token.tag, Tag::Brand | Tag::Rival(_));
            names += usize::from(named);
            let number = if token.number == 0 { self.plainly(tokens.text_of(token)) } else { token.number };
            let grammar = self.grammar.get(number as usize).copied().unwrap_or_default();
            let (function, determiner) = (grammar & FUNCTION != 0, grammar & DETERMINER != 0);
            let (kind, gap, begins) = (token.kind, token.gap, clauses.begins(token));
            places.push(Place { index: at, number, kind, gap, begins, named, function, determiner });
        }
        let line = run::Line { tokens, places: &places, names };
        let mut stack = Stack::default();
        for (at, place) in places.iter().enumerate() {
            for &entry in self.called_by(place.number) {
                self.attempt(&line, at, entry, &mut stack, &mut hits);
            }
            // A known word brings what its beginning calls; see `finish`.
            if place.number == 0 {
                let word = tokens.word(place.index as usize);
                let called = word.as_bytes().first_chunk().and_then(|head| self.prefixes.get(head));
                for (_, entries) in called.into_iter().flatten().filter(|(stem, _)| word.starts_with(&**stem)) {
                    for &entry in entries {
                        self.attempt(&line, at, entry, &mut stack, &mut hits);
                    }
                }
            }
        }
        run::settle(&mut hits, |hit| !self.tied.get(hit.phrase as usize).copied().unwrap_or_default());
        hits
    }

    /// The programs that hang on a word of the vocabulary.
    fn called_by(&self, number: u32) -> &[Try] {
        let place = self.by_word.get(number as usize);
        place.and_then(|place| self.tries.get(place.0 as usize..place.1 as usize)).unwrap_or_default()
    }

    /// Tries one program around one anchor.
    fn attempt(&self, line: &run::Line<'_>, at: usize, entry: Try, stack: &mut Stack, hits: &mut Vec<Hit>) {
        let beside = || {
            line.may_hold_beside(at, entry.side, entry.mask)
                && self.sets.get(entry.set as usize).is_some_and(|set| line.holds_beside(at, entry.side, set))
        };
        if entry.names as usize > line.names || entry.side != 0 && !beside() {
            return;
        }
        let Some(&Program { phrase, list, single, steps }) = self.programs.get(entry.program as usize) else { return };
        let mut push = |tokens: Range<usize>, slots| hits.push(Hit { list, phrase, tokens, slots });
        // Most phrases of the data are single words: nothing is left to try.
        if single {
            if !line.names(at) {
                push(line.index(at) as usize..line.index(at) as usize + 1, None);
            }
            return;
        }
        let steps = self.steps.get(steps.0 as usize..steps.1 as usize).unwrap_or_default();
        for back in entry.nearest..=entry.farthest {
            let Some(start) = at.checked_sub(back as usize) else { break };
            if let Some(end) = run::attempt(steps, &self.sets, line, start, stack)
                && end > at
            {
                push(line.index(start) as usize..line.index(end - 1) as usize + 1, stack.slots());
            }
        }
    }

    /// Gives the number of an unknown word written plainly: of `soooo` that of `so`, of `goood` that of `good`.
    fn plainly(&self, word: &str) -> u32 {
        if !drawn_out(word) {
            return 0;
        }
        let numbers = [2, 1].iter().filter_map(|most| squeezed(word, *most)).map(|word| self.speech.number(&word));
        numbers.into_iter().find(|number| *number != 0).unwrap_or(0)
    }

    fn emoji(&self, emoji: &str, at: u32, hits: &mut Vec<Hit>) {
        for &phrase in self.by_emoji.get(emoji).map_or(&[][..], Vec::as_slice) {
            hits.push(self.hit(phrase, at));
        }
    }

    /// Hears `#worstservice` and `#brandfail`: words run together, the telling one first or last.
    fn hashtag(&self, tag: &str, at: u32, hits: &mut Vec<Hit>) {
        let word = tag.trim_start_matches('#');
        let says = |stem: &str| word.starts_with(stem) || word.ends_with(stem);
        let mut heard: Vec<u16> = Vec::new();
        for (_, phrase) in self.by_tag.iter().filter(|(stem, _)| says(stem)) {
            let hit = self.hit(*phrase, at);
            // One word of each list is enough.
            if !heard.contains(&hit.list) {
                heard.push(hit.list);
                hits.push(hit);
            }
        }
    }

    fn hit(&self, phrase: u32, at: u32) -> Hit {
        let list = self.list_of.get(phrase as usize).copied().unwrap_or(u16::MAX);
        Hit { list, phrase, tokens: at as usize..at as usize + 1, slots: None }
    }
}

/// Whether a letter stands there more than twice in a row.
fn drawn_out(word: &str) -> bool {
    let (mut last, mut run) = ('\0', 1);
    word.chars().any(|c| {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        run > 2
    })
}

/// Shortens runs of more than two equal letters to `most`; `None` where there is no such run.
fn squeezed(word: &str, most: usize) -> Option<String> {
    let mut short = String::with_capacity(word.len());
    let mut run: Vec<char> = Vec::new();
    let mut squeezed = false;
    for c in word.chars().map(Some).chain([None]) {
        if c.is_none_or(|c| run.first().is_some_and(|first| *first != c)) {
            let keep = if run.len() > 2 && run.first().is_some_and(|c| c.is_alphabetic()) { most } else { run.len() };
            squeezed |= keep < run.len();
            short.extend(run.drain(..).take(keep));
        }
        run.extend(c);
    }
    squeezed.then_some(short)
}
