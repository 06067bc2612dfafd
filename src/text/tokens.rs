//! Cuts folded text into the tokens that rules read.
//!
//! A token is a word, a number, a handle, a hashtag, an address, a sign or an
//! emoji. Punctuation is no token: it lives in the [`Gap`] before a token and
//! in the [`End`] of a sentence, so that a phrase matches with and without
//! its commas. Contractions are written out (`don't`, `dont` and `do n't` are
//! all `do not`), and the words of a known name are one token with its [`Tag`].

mod cut;
mod sign;

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::fold::{Folded, Map};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters.
    Word,
    /// Begins with a digit.
    Number,
    /// `@somebody`, with the domain where one follows.
    Handle,
    /// `#tag`.
    Hashtag,
    /// An address, with or without its scheme.
    Url,
    /// A sign that people use as a word: `→` (also `->`), `>`, `<`, `&`, `+`, `=`.
    Sign,
    /// An emoji or an emoticon.
    Emoji,
}

/// Whom a token names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tag {
    /// Nobody we know.
    #[default]
    None,
    /// The watched brand.
    Brand,
    /// A rival, by its place in the watch.
    Rival(u16),
    /// "You", in a post that addresses the brand.
    You,
}

/// What stands between a token and the one before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing but space, a hyphen or an apostrophe.
    #[default]
    None,
    /// A comma, a dash, a bracket, a quote, dots: a new clause may begin.
    Soft,
    /// The end of a sentence or of a line.
    Hard,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about how a word is written")]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Whom it names.
    pub tag: Tag,
    /// What stands before it.
    pub gap: Gap,
    /// First byte in the original text.
    pub start: u32,
    /// One past the last byte in the original text. Both halves of a contraction carry the whole word.
    pub end: u32,
    /// Place of the folded word in the arena.
    text: (u32, u32),
    /// Number of the folded word, 0 for one that no phrase asks for.
    pub(crate) number: u32,
    /// Number of its sentence.
    pub sentence: u16,
    /// Number of its clause, counted through the whole text.
    pub clause: u16,
    /// Written with a capital first letter.
    pub capital: bool,
    /// Written in capitals only, two letters at least.
    pub shouted: bool,
    /// Stands between quotation marks or in a quoted line: somebody else's words.
    pub quoted: bool,
    /// Had a possessive `'s`, which is no token.
    pub possessive: bool,
}

/// How a sentence ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum End {
    /// A full stop, a line break or the end of the text.
    #[default]
    Stop,
    /// At least one question mark.
    Question,
    /// An exclamation mark.
    Exclaim,
}

/// A run of tokens between two hard gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// How it ends.
    pub end: End,
}

/// What cutting must know of a language; built from its data file.
#[derive(Debug, Clone, Default)]
pub struct Speech {
    /// Words that cutting treats in their own way: one look-up says all of it.
    words: FxHashMap<Box<str>, Spoken>,
    /// Words whose full stop ends no sentence: `vs`, `mr`.
    pub abbreviations: FxHashSet<String>,
}

/// What cutting knows of one word.
#[derive(Debug, Clone, Default)]
struct Spoken {
    /// Its number in the vocabulary of the phrases, 0 for none.
    number: u32,
    /// Addresses the reader.
    you: bool,
    /// Begins a clause.
    clause: bool,
    /// What it is written out as.
    written_out: Option<Vec<String>>,
}

impl Speech {
    /// Adds a word that addresses the reader: `you`, `u`.
    pub fn you(&mut self, word: String) {
        self.words.entry(word.into()).or_default().you = true;
    }

    /// Adds a word that begins a clause: `but`, `because`.
    pub fn clause(&mut self, word: String) {
        self.words.entry(word.into()).or_default().clause = true;
    }

    /// Adds a contraction and what it is written out as: `don't` and `do not`.
    pub fn contraction(&mut self, word: String, written_out: Vec<String>) {
        self.words.entry(word.into()).or_default().written_out = Some(written_out);
    }

    /// Numbers a word that phrases ask for: its tokens carry the number, so that nobody looks it up again.
    pub fn numbered(&mut self, word: Box<str>, number: u32) {
        self.words.entry(word).or_default().number = number;
    }

    /// Gives the number of a folded word, 0 for one that no phrase asks for.
    pub fn number(&self, word: &str) -> u32 {
        self.words.get(word).map_or(0, |spoken| spoken.number)
    }

    /// Writes a contraction out by its ending: `someone'll`.
    fn by_ending<'w>(&'w self, word: &'w str) -> Option<(Option<&'w str>, &'w [String])> {
        let (stem, ending) = word.bytes().position(|byte| byte == b'\'').and_then(|at| word.split_at_checked(at))?;
        self.words.get(ending)?.written_out.as_ref().map(|words| (Some(stem), words.as_slice()))
    }
}

/// A known name in the folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte of the folded text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Whom it names.
    pub tag: Tag,
}

/// A text cut into tokens.
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    /// The text as it was written.
    pub original: &'a str,
    list: Vec<Token>,
    sentences: Vec<Sentence>,
    arena: String,
}

impl<'a> Tokens<'a> {
    /// Cuts `folded`, made of `original` with `map`; `names` are in order and do not overlap.
    pub fn new(original: &'a str, folded: &Folded, map: &Map, names: &[Span], speech: &Speech) -> Self {
        let raw = cut::cut(&folded.text, &speech.abbreviations);
        let mut build = Build { original, folded: &folded.text, map, speech, out: Self::empty(original), clause: 0 };
        build.out.arena.reserve(folded.text.len() + 16);
        build.out.list.reserve(raw.len() + 4);
        build.run(&raw, names);
        build.out
    }

    fn empty(original: &'a str) -> Self {
        Self { original, list: Vec::new(), sentences: Vec::new(), arena: String::new() }
    }

    /// All tokens.
    pub fn all(&self) -> &[Token] {
        &self.list
    }

    /// All sentences.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// The folded word of a token; empty behind the end.
    pub fn word(&self, index: usize) -> &str {
        self.list.get(index).map_or("", |token| self.text_of(token))
    }

    /// The folded word of a token of this text.
    pub fn text_of(&self, token: &Token) -> &str {
        self.arena.get(token.text.0 as usize..token.text.1 as usize).unwrap_or_default()
    }

    /// The original bytes of a range of tokens; empty at the end of the text for an empty range.
    pub fn bytes(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.list.get(range.start).map_or(self.original.len(), |token| token.start as usize);
        let last = range.end.checked_sub(1).and_then(|index| self.list.get(index)).map_or(first, |token| token.end as usize);
        first..last.max(first)
    }
}

/// The second step: names, contractions, sentences and clauses.
struct Build<'a, 'b> {
    original: &'a str,
    folded: &'b str,
    map: &'b Map,
    speech: &'b Speech,
    out: Tokens<'a>,
    clause: u16,
}

impl Build<'_, '_> {
    fn run(&mut self, raw: &[cut::Raw], names: &[Span]) {
        let mut names = names.iter().peekable();
        let mut index = 0;
        while let Some(piece) = raw.get(index) {
            while names.next_if(|name| name.end <= piece.start).is_some() {}
            let mut end = piece.end;
            let mut taken = 1;
            let mut tag = Tag::None;
            if let Some(name) = names.peek().filter(|name| name.start < piece.end && names_whole(self.folded, piece, name)) {
                tag = name.tag;
                while let Some(more) = raw.get(index + taken).filter(|more| more.start < name.end) {
                    end = end.max(more.end);
                    taken += 1;
                }
            }
            self.token(piece, end, tag);
            if let Some(last) = raw.get(index + taken - 1)
                && let Some(token) = self.out.list.last_mut()
            {
                token.possessive = last.possessive;
                self.close(last.ends);
            }
            index += taken;
        }
        self.finish();
    }

    /// Writes one raw piece as one token, or as the words of its contraction.
    fn token(&mut self, piece: &cut::Raw, end: usize, tag: Tag) {
        let (start, stop) = self.map.original(piece.start, end);
        let word = self.folded.get(piece.start..end).unwrap_or_default();
        let written = self.original.get(start..stop).unwrap_or_default();
        let capital = match written.as_bytes().first() {
            Some(b'a'..=b'z') => false,
            _ => written.trim_start_matches(['@', '#']).chars().next().is_some_and(char::is_uppercase),
        };
        let letters = || written.chars().filter(|c| c.is_alphabetic());
        let shouted = capital && letters().nth(1).is_some() && letters().all(char::is_uppercase);
        let gap = if self.out.list.is_empty() { Gap::Hard } else { piece.gap };
        let speech = self.speech;
        let spoken = speech.words.get(word);
        if gap != Gap::None || (tag == Tag::None && spoken.is_some_and(|spoken| spoken.clause)) {
            self.clause = self.clause.saturating_add(1);
        }
        let mut token = Token {
            kind: piece.kind,
            tag,
            gap,
            start: super::fold::narrow(start),
            end: super::fold::narrow(stop),
            text: (0, 0),
            number: spoken.map_or(0, |spoken| spoken.number),
            sentence: u16::try_from(self.out.sentences.len()).unwrap_or(u16::MAX),
            clause: self.clause,
            capital,
            shouted,
            quoted: piece.quoted,
            possessive: false,
        };
        let whole = spoken.and_then(|spoken| spoken.written_out.as_ref()).map(|words| (None, words.as_slice()));
        let by_ending = || if piece.apostrophe { speech.by_ending(word) } else { None };
        let written_out = if tag == Tag::None && piece.kind == Kind::Word { whole.or_else(by_ending) } else { None };
        let Some((stem, words)) = written_out else {
            if tag == Tag::None && spoken.is_some_and(|spoken| spoken.you) {
                token.tag = Tag::You;
            }
            if piece.kind == Kind::Sign {
                let word = sign::plain(word);
                token.number = speech.number(word);
                return self.push(token, word);
            }
            return self.push(token, word);
        };
        for word in stem.into_iter().chain(words.iter().map(String::as_str)) {
            let spoken = speech.words.get(word);
            token.tag = if spoken.is_some_and(|spoken| spoken.you) { Tag::You } else { Tag::None };
            token.number = spoken.map_or(0, |spoken| spoken.number);
            self.push(token, word);
            token.gap = Gap::None;
        }
    }

    fn push(&mut self, mut token: Token, word: &str) {
        let from = self.out.arena.len();
        self.out.arena.push_str(word);
        token.text = (super::fold::narrow(from), super::fold::narrow(self.out.arena.len()));
        self.out.list.push(token);
    }

    /// Ends the sentence when the last piece ended one.
    fn close(&mut self, ends: Option<End>) {
        let Some(end) = ends else { return };
        let start = self.out.sentences.last().map_or(0, |sentence| sentence.tokens.end);
        self.out.sentences.push(Sentence { tokens: start..self.out.list.len(), end });
    }

    fn finish(&mut self) {
        let start = self.out.sentences.last().map_or(0, |sentence| sentence.tokens.end);
        if start < self.out.list.len() {
            self.close(Some(End::Stop));
        }
    }
}

/// Whether a name stands for the whole piece: `@dropbox-fan.example` is not Dropbox, though the word stands in it.
fn names_whole(folded: &str, piece: &cut::Raw, name: &Span) -> bool {
    match piece.kind {
        Kind::Handle | Kind::Hashtag => {
            let leads = name.start <= piece.start + 1;
            let rest = folded.get(name.end..piece.end).unwrap_or_default();
            leads && (rest.is_empty() || rest == ".bsky.social" || rest == ".com" || rest.starts_with('@'))
        }
        _ => true,
    }
}
