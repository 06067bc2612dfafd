//! The first step: where pieces begin and end, before names and contractions.

use rustc_hash::FxHashSet;

use super::{End, Gap, Kind, sign};
use crate::text::chars::{is_emoji, is_unsegmented, is_word};
use crate::text::link;

/// A piece of folded text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) gap: Gap,
    /// How the sentence ends behind it, when it does.
    pub(super) ends: Option<End>,
    pub(super) quoted: bool,
    pub(super) possessive: bool,
    /// Holds an apostrophe: a contraction may be written out by its ending.
    pub(super) apostrophe: bool,
}

/// Cuts folded text into pieces.
pub(super) fn cut(text: &str, abbreviations: &FxHashSet<String>) -> Vec<Raw> {
    let mut cutter =
        Cutter { text, at: 0, gap: Gap::None, quote: None, quoted_line: false, pieces: Vec::with_capacity(text.len() / 5 + 1) };
    cutter.quoted_line = text.starts_with('>');
    loop {
        let rest = cutter.rest();
        cutter.at += rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let Some(c) = cutter.rest().chars().next() else { return cutter.pieces };
        cutter.step(c, abbreviations);
    }
}

struct Cutter<'a> {
    text: &'a str,
    at: usize,
    gap: Gap,
    /// The piece at which an open quotation began.
    quote: Option<usize>,
    quoted_line: bool,
    pieces: Vec<Raw>,
}

impl<'a> Cutter<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn before(&self) -> Option<char> {
        self.text.get(..self.at).and_then(|done| done.chars().next_back())
    }

    fn step(&mut self, c: char, abbreviations: &FxHashSet<String>) {
        let rest = self.rest();
        if c.is_alphanumeric() || is_word(c) {
            self.word(c);
        } else if let length @ 1.. = sign::emoticon(rest, self.before()) {
            self.push(Kind::Emoji, length);
        } else if matches!(c, '@' | '#') && !self.before().is_some_and(is_word) && rest.chars().nth(1).is_some_and(is_word) {
            let word = word_length(rest.get(1..).unwrap_or_default());
            let (kind, length) = if c == '@' { (Kind::Handle, link::handle_length(rest)) } else { (Kind::Hashtag, 1 + word) };
            self.push(kind, length);
        } else if is_emoji(c) && c != '→' {
            self.push(Kind::Emoji, c.len_utf8());
        } else if let length @ 1.. = self.sign(c) {
            self.push(Kind::Sign, length);
        } else {
            self.punctuation(c, abbreviations);
        }
    }

    /// Reads a word, a number or an address.
    fn word(&mut self, c: char) {
        let rest = self.rest();
        if let length @ 1.. = plain_length(rest.as_bytes()) {
            return self.push(Kind::Word, length);
        }
        let address = link::url_length(rest);
        if address > 0 {
            return self.push(Kind::Url, address);
        }
        if is_unsegmented(c) {
            let length = rest.find(|c: char| !is_unsegmented(c)).unwrap_or(rest.len());
            return self.push(Kind::Word, length);
        }
        if c.is_ascii_digit() {
            return self.push(Kind::Number, number_length(rest));
        }
        let length = word_length(rest);
        let word = rest.get(..length).unwrap_or_default();
        if word.bytes().all(|byte| byte == b'_') {
            self.at += length;
            return;
        }
        // Marks of emphasis are no part of the word.
        let lead = length - word.trim_start_matches('_').len();
        self.at += lead;
        let length = word.trim_matches('_').len();
        let after = self.rest().get(length..).unwrap_or_default();
        let tail = after.strip_prefix('\'').map_or(0, |tail| tail.bytes().take_while(u8::is_ascii_alphabetic).count());
        match after.get(1..=tail).unwrap_or_default() {
            "s" if !holds_a_verb(rest.get(lead..lead + length).unwrap_or_default()) => {
                self.push(Kind::Word, length);
                self.at += 2;
                if let Some(last) = self.pieces.last_mut() {
                    last.possessive = true;
                }
            }
            "s" | "t" | "m" | "re" | "ve" | "ll" | "d" | "all" => {
                self.push(Kind::Word, length + 1 + tail);
                if let Some(last) = self.pieces.last_mut() {
                    last.apostrophe = true;
                }
            }
            _ => self.push(Kind::Word, length),
        }
    }

    fn sign(&self, c: char) -> usize {
        // A `>` at the start of a line marks a quotation, a lone slash or hyphen parts words.
        let line_start = self.before().is_none_or(|before| before == '\n') || self.pieces.is_empty();
        let length = sign::sign(self.rest());
        let spaced = self.before() == Some(' ') || length > 1 || c == '→';
        if (c == '>' && line_start) || !spaced { 0 } else { length }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let gap = std::mem::take(&mut self.gap);
        let piece = Raw {
            kind,
            start: self.at,
            end: self.at + length,
            gap,
            ends: None,
            quoted: self.quoted_line,
            possessive: false,
            apostrophe: false,
        };
        self.pieces.push(piece);
        self.at += length;
        if kind == Kind::Emoji {
            self.gap = Gap::Soft;
        }
    }

    fn punctuation(&mut self, c: char, abbreviations: &FxHashSet<String>) {
        let after = self.rest().get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\n' | '\r' => {
                self.end(End::Stop);
                self.quoted_line = after.trim_start_matches(' ').starts_with('>');
                self.quote = None;
            }
            '.' | '。' => {
                let dots = after.bytes().take_while(|byte| *byte == b'.').count();
                let last = self.pieces.last().map(|piece| self.text.get(piece.start..piece.end).unwrap_or_default());
                let short = last.is_some_and(|word| word.chars().nth(1).is_none() || abbreviations.contains(word));
                match dots {
                    0 if short && c == '.' => {}
                    0 => self.end(End::Stop),
                    _ => self.soften(),
                }
                self.at += dots;
            }
            '?' | '？' | '¿' => {
                if c != '¿' {
                    self.end(End::Question);
                }
            }
            '!' | '！' => self.end(End::Exclaim),
            '"' => self.quotation(),
            // A hyphen or an apostrophe inside a word parts nothing; with space around it is a dash.
            '-' if self.before().is_some_and(is_word) && after.chars().next().is_some_and(is_word) => {}
            '\'' | '*' | '~' | '%' | '$' | '€' | '£' | '\u{200d}' => {}
            _ => self.soften(),
        }
        self.at += c.len_utf8();
    }

    /// Opens or closes a quotation; the pieces inside are somebody else's words.
    fn quotation(&mut self) {
        self.soften();
        match self.quote.take() {
            None => self.quote = Some(self.pieces.len()),
            Some(from) => self.pieces.iter_mut().skip(from).for_each(|piece| piece.quoted = true),
        }
    }

    fn soften(&mut self) {
        self.gap = self.gap.max(Gap::Soft);
    }

    /// Ends the sentence; of several marks in a row a question mark wins.
    fn end(&mut self, end: End) {
        self.gap = Gap::Hard;
        if let Some(last) = self.pieces.last_mut() {
            let stronger =
                matches!((last.ends, end), (None, _) | (Some(End::Stop | End::Exclaim), End::Question) | (Some(End::Stop), End::Exclaim));
            // A new line after "Really?" changes nothing.
            if stronger {
                last.ends = Some(end);
            }
        }
    }
}

/// Whether `'s` behind this word is "is" or "us" and no possessive.
fn holds_a_verb(word: &str) -> bool {
    matches!(
        word,
        "it" | "that"
            | "what"
            | "he"
            | "she"
            | "there"
            | "here"
            | "who"
            | "how"
            | "where"
            | "when"
            | "why"
            | "let"
            | "this"
            | "everything"
            | "nothing"
            | "something"
            | "everyone"
            | "nobody"
            | "one"
    )
}

/// Gives the length of a word of plain letters that begins here and is nothing else: no address, no number, no
/// contraction, nothing in emphasis. Most words are; 0 says that one must look closer.
fn plain_length(text: &[u8]) -> usize {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let ends = match text.get(length) {
        None | Some(b' ' | b',' | b'!' | b'?' | b'\n' | b';' | b'"' | b'(' | b')' | b'/' | b'&') => true,
        Some(b'.') => matches!(text.get(length + 1), None | Some(b' ' | b'\n')),
        Some(_) => false,
    };
    if ends && text.first().is_some_and(u8::is_ascii_alphabetic) { length } else { 0 }
}

/// Gives the length of the word that begins here.
fn word_length(text: &str) -> usize {
    let ascii = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    if text.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
        return ascii;
    }
    text.find(|c: char| !is_word(c) || is_unsegmented(c)).unwrap_or(text.len())
}

/// Gives the length of a number with its letters: `1,000.50`, `4g`, `2nd`, `10:30`.
fn number_length(text: &str) -> usize {
    let mut length = word_length(text);
    while let Some(after) = text.get(length..) {
        let mut chars = after.chars();
        if !(matches!(chars.next(), Some('.' | ',' | ':')) && chars.next().is_some_and(|c| c.is_ascii_digit())) {
            break;
        }
        length += 1 + word_length(after.get(1..).unwrap_or_default());
    }
    length
}
