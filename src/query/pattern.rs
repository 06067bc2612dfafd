//! A term, ready to be compared with a place of a text.
//!
//! Words and phrases are compared word by word in folded text; what stands
//! between backticks is compared character by character in the original. Both
//! hang on one of their words, the longest, by which the table finds them.

use super::pieces::{Piece, cut, goes_on};
use super::tree::{Form, Term};
use crate::text::{Folded, Map, is_domain, is_word};

/// The longest term in bytes.
pub(super) const TERM_BYTES: usize = 512;
/// The fewest letters before a star.
const STEM: usize = 2;

/// Why a term cannot be heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It has no letter, no digit and no emoji.
    NoWord,
    /// A sign at its edge that is no part of a word.
    Edge(char),
    /// A star that does not end a word.
    Star,
    /// Too few letters before the star.
    ShortStem,
    /// Longer than [`TERM_BYTES`].
    Long,
}

/// A term, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Pattern {
    /// Folded words.
    Words(Words),
    /// The very characters.
    Exact(Exact),
}

/// What stands before a word of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Gap {
    /// Anything that ends no sentence.
    Soft,
    /// These signs.
    Glued(Box<str>),
}

/// One word of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Word {
    text: Box<str>,
    prefix: bool,
    gap: Gap,
    /// `@` or `#`, which must stand right before it.
    sigil: Option<char>,
    /// As it was written, where capitals count.
    cased: Option<Box<str>>,
}

/// Words that follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Words {
    words: Vec<Word>,
    anchor: usize,
}

/// Characters of the original text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Exact {
    text: Box<str>,
    cased: bool,
    /// A folded word in it and its offset in `text`; none in a term of signs alone.
    anchor: Option<(Box<str>, usize)>,
}

/// By what the table finds a pattern.
pub(super) enum Anchor<'a> {
    /// A whole folded word.
    Word(&'a str),
    /// Every folded word that begins so.
    Stem(&'a str),
    /// These characters of the original text.
    Signs(&'a str),
}

/// A text with everything that comparing needs.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) original: &'a str,
    pub(super) folded: &'a Folded,
    pub(super) map: &'a Map,
    pub(super) pieces: &'a [Piece],
}

impl Text<'_> {
    /// The place of one word.
    pub(super) fn word(&self, at: usize) -> Option<Place> {
        let piece = self.pieces.get(at)?.range();
        let (start, end) = self.map.original(piece.start, piece.end);
        let first = crate::text::narrow(at);
        Some(Place { first, after: first + 1, start: crate::text::narrow(start), end: crate::text::narrow(end) })
    }
}

/// Where a pattern stands: words by number, bytes in the original text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// How many words begin before it.
    pub(super) first: u32,
    /// How many words begin before its end.
    pub(super) after: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Pattern {
    /// Compiles a term.
    pub(super) fn new(term: &Term) -> Result<Self, Unfit> {
        if term.text.len() > TERM_BYTES {
            return Err(Unfit::Long);
        }
        match term.form {
            Form::Exact => Exact::new(term).map(Self::Exact),
            Form::Word | Form::Phrase => Words::new(term).map(Self::Words),
        }
    }

    /// Compiles a term of a watch; nothing for one that stands for nothing.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let term = |form| Term { text: name.trim().to_owned(), form, cased: false };
        let spaced = name.trim().contains(char::is_whitespace);
        let plain = Self::new(&term(if spaced { Form::Phrase } else { Form::Word }));
        plain.or_else(|_| Self::new(&term(Form::Exact))).ok()
    }

    /// Whether it is one bare word, true wherever that word stands.
    pub(super) fn is_word(&self) -> bool {
        let Self::Words(Words { words, .. }) = self else { return false };
        matches!(&words[..], [word] if !word.prefix && word.sigil.is_none() && word.cased.is_none())
    }

    /// Gives that by which the table finds it.
    pub(super) fn anchor(&self) -> Anchor<'_> {
        match self {
            Self::Words(Words { words, anchor }) => match words.get(*anchor) {
                Some(word) if word.prefix => Anchor::Stem(&word.text),
                Some(word) => Anchor::Word(&word.text),
                None => Anchor::Word(""),
            },
            Self::Exact(exact) => match &exact.anchor {
                Some((word, _)) => Anchor::Word(word),
                None => Anchor::Signs(&exact.text),
            },
        }
    }

    /// Compares it with the place where its anchor is the word `at`.
    pub(super) fn at(&self, text: &Text<'_>, at: usize) -> Option<Place> {
        match self {
            Self::Words(words) => words.at(text, at),
            Self::Exact(exact) => {
                let (_, offset) = exact.anchor.as_ref()?;
                let piece = text.pieces.get(at)?.range();
                exact.at(text, text.map.original(piece.start, piece.end).0.checked_sub(*offset)?)
            }
        }
    }

    /// Compares it with a place of the original text; only signs are found so.
    pub(super) fn at_byte(&self, text: &Text<'_>, start: usize) -> Option<Place> {
        match self {
            Self::Words(_) => None,
            Self::Exact(exact) => exact.at(text, start),
        }
    }
}

impl Words {
    fn new(term: &Term) -> Result<Self, Unfit> {
        let mut folded = Folded::default();
        let map = folded.fold_mapped(&term.text);
        let mut pieces = Vec::new();
        cut(&folded.text, &mut pieces);
        if term.form == Form::Word {
            edges(&folded.text)?;
        }
        let mut words: Vec<Word> = Vec::with_capacity(pieces.len());
        let mut done = 0;
        for piece in &pieces {
            let range = piece.range();
            let between = folded.text.get(done..range.start).unwrap_or_default();
            let between = starred(between, words.last_mut())?;
            let gap = if words.is_empty() || between.contains(char::is_whitespace) { Gap::Soft } else { Gap::Glued(between.into()) };
            let (from, to) = map.original(range.start, range.end);
            words.push(Word {
                text: piece.of(&folded.text).into(),
                prefix: false,
                sigil: between.chars().next_back().filter(|c| gap == Gap::Soft && matches!(c, '@' | '#')),
                gap,
                cased: term.cased.then(|| term.text.get(from..to).unwrap_or_default().into()),
            });
            done = range.end;
        }
        starred(folded.text.get(done..).unwrap_or_default(), words.last_mut())?;
        // The longest whole word is most likely the rarest.
        let rank = |word: &Word| (word.prefix, std::cmp::Reverse(word.text.len()));
        let anchor = words.iter().enumerate().min_by_key(|(_, word)| rank(word)).map(|(index, _)| index).ok_or(Unfit::NoWord)?;
        Ok(Self { words, anchor })
    }

    fn at(&self, text: &Text<'_>, at: usize) -> Option<Place> {
        let first = at.checked_sub(self.anchor)?;
        let pieces = text.pieces.get(first..first + self.words.len())?;
        let folded = text.folded.text.as_str();
        let mut end = None;
        for (word, piece) in self.words.iter().zip(pieces) {
            let stands = piece.of(folded);
            let same = if word.prefix { stands.starts_with(&*word.text) } else { *stands == *word.text };
            let between = end.map(|end| folded.get(end..piece.range().start).unwrap_or_default());
            if !same || !between.is_none_or(|between| word.follows(between)) || !word.marked(folded, piece.range().start) {
                return None;
            }
            end = Some(piece.range().end);
        }
        let (start, end) = (pieces.first()?.range().start, end?);
        if !self.is_whole(folded, start, end) {
            return None;
        }
        let begins = start - usize::from(self.words.first()?.sigil.is_some());
        let original = text.map.original(begins, end);
        self.words.iter().zip(pieces).all(|(word, piece)| word.is_cased(text, *piece)).then_some(Place {
            first: crate::text::narrow(first),
            after: crate::text::narrow(first + self.words.len()),
            start: crate::text::narrow(original.0),
            end: crate::text::narrow(original.1),
        })
    }

    /// Whether it is not just a part of somebody else's handle or address.
    fn is_whole(&self, text: &str, start: usize, end: usize) -> bool {
        let rest = text.get(end..).unwrap_or_default();
        let mut after = rest.chars();
        let next = after.next();
        let dotted = next == Some('.') && after.next().is_some_and(char::is_alphanumeric);
        let glued = |sign: &str| self.words.iter().skip(1).any(|word| matches!(&word.gap, Gap::Glued(gap) if **gap == *sign));
        if glued(".") {
            // `not-nomadesk.com` and `nomadesk.com.example` are other addresses than `nomadesk.com`.
            let before = text.get(..start).and_then(|done| done.chars().next_back());
            return before != Some('-') && next != Some('-') && !dotted;
        }
        // `@nomadesk.example.org` is another handle than `@nomadesk`.
        let handle = self.words.first().is_some_and(|word| word.sigil == Some('@'));
        !(handle && dotted) || rest.starts_with(".bsky.social") || !is_domain(text.get(start..).unwrap_or_default())
    }
}

impl Word {
    /// Whether what stands between the word before and this one may stand there.
    fn follows(&self, between: &str) -> bool {
        match &self.gap {
            Gap::Glued(signs) => **signs == *between,
            // A phrase stays in its sentence and in its paragraph.
            Gap::Soft => !between.contains(['.', '!', '?', '…', '。', '！', '？']) && !between.contains("\n\n"),
        }
    }

    /// Whether its `@` or `#` stands before it, and no word before that.
    fn marked(&self, text: &str, start: usize) -> bool {
        let Some(sigil) = self.sigil else { return true };
        let mut before = text.get(..start).unwrap_or_default().chars().rev();
        before.next() == Some(sigil) && !before.next().is_some_and(is_word)
    }

    fn is_cased(&self, text: &Text<'_>, piece: Piece) -> bool {
        let Some(cased) = &self.cased else { return true };
        let (start, end) = text.map.original(piece.range().start, piece.range().end);
        let written = text.original.get(start..end).unwrap_or_default();
        if self.prefix { written.starts_with(&**cased) } else { *written == **cased }
    }
}

impl Exact {
    fn new(term: &Term) -> Result<Self, Unfit> {
        if term.text.is_empty() {
            return Err(Unfit::NoWord);
        }
        let mut folded = Folded::default();
        let map = folded.fold_mapped(&term.text);
        let mut pieces = Vec::new();
        cut(&folded.text, &mut pieces);
        let longest = pieces.iter().max_by_key(|piece| piece.range().len());
        let anchor = longest.map(|piece| (piece.of(&folded.text).into(), map.original(piece.range().start, piece.range().end).0));
        Ok(Self { text: term.text.as_str().into(), cased: term.cased, anchor })
    }

    fn at(&self, text: &Text<'_>, start: usize) -> Option<Place> {
        let mut rest = text.original.get(start..)?.chars();
        for wanted in self.text.chars() {
            let stands = rest.next()?;
            let same = stands == wanted || (!self.cased && stands.to_lowercase().eq(wanted.to_lowercase()));
            if !same {
                return None;
            }
        }
        let end = text.original.len() - rest.as_str().len();
        let before = text.original.get(..start)?.chars().next_back();
        let edge = |edge: Option<char>, beyond: Option<char>| if goes_on(edge) { goes_on(beyond) } else { edge == beyond };
        // `C++` is neither in `MC++` nor in `C+++`.
        if edge(self.text.chars().next(), before) || edge(self.text.chars().next_back(), rest.next()) {
            return None;
        }
        let begun = |byte: usize| {
            let starts = |piece: &Piece| text.map.original(piece.range().start, piece.range().end).0;
            crate::text::narrow(text.pieces.partition_point(|piece| starts(piece) < byte))
        };
        Some(Place { first: begun(start), after: begun(end), start: crate::text::narrow(start), end: crate::text::narrow(end) })
    }
}

/// Takes the star from what stands behind a word; gives the rest.
fn starred<'t>(between: &'t str, word: Option<&mut Word>) -> Result<&'t str, Unfit> {
    let rest = match (between.strip_prefix('*'), word) {
        (Some(rest), Some(word)) if rest.chars().next().is_none_or(char::is_whitespace) => {
            if word.text.chars().count() < STEM && word.text.is_ascii() {
                return Err(Unfit::ShortStem);
            }
            word.prefix = true;
            rest
        }
        _ => between,
    };
    if rest.contains('*') { Err(Unfit::Star) } else { Ok(rest) }
}

/// Refuses a bare word with signs at its edges: they would not be heard.
fn edges(word: &str) -> Result<(), Unfit> {
    let inner = word.strip_prefix(['@', '#']).unwrap_or(word);
    let inner = inner.strip_suffix('*').unwrap_or(inner);
    let mut pieces = Vec::new();
    cut(inner, &mut pieces);
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return Err(Unfit::NoWord) };
    let outside = |text: Option<&str>| text.unwrap_or_default().chars().find(|c| *c != '_');
    match outside(inner.get(..first.range().start)).or_else(|| outside(inner.get(last.range().end..))) {
        Some('*') => Err(Unfit::Star),
        Some(sign) => Err(Unfit::Edge(sign)),
        None => Ok(()),
    }
}
