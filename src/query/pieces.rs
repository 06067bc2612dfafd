//! Cuts folded text into words: what the language counts and compares.
//!
//! A word is a run of letters, digits, marks and underscores, the underscores
//! at its edges left out. A character of a script without spaces is a word of
//! its own, so that a name in it is found as a run of such words; so is an emoji.

use std::ops::Range;

use crate::text::{is_emoji, is_unsegmented, is_word, narrow};

/// A word of the folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    start: u32,
    end: u32,
}

impl Piece {
    /// Its bytes in the folded text.
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Its words in the folded text.
    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }
}

/// What a character is to its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Goes on with a word.
    Word,
    /// Is a word of its own.
    Alone,
    /// Stands between words.
    Between,
}

/// Whether an ASCII character belongs to a word.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() || c == '_' { Class::Word } else { Class::Between };
    }
    if is_unsegmented(c) || is_emoji(c) {
        Class::Alone
    } else if is_word(c) {
        Class::Word
    } else {
        Class::Between
    }
}

/// Cuts a folded text into its words.
pub(super) fn cut(text: &str, out: &mut Vec<Piece>) {
    out.clear();
    let mut open = None;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        // Within a word, and between two, runs of ASCII go by byte.
        let inside = open.is_some();
        let run = rest.bytes().take_while(|byte| byte.is_ascii() && is_plain(*byte) == inside).count();
        at += run;
        let Some(c) = rest.get(run..).and_then(|rest| rest.chars().next()) else { break };
        let here = at;
        at += c.len_utf8();
        match class(c) {
            Class::Word => {
                open.get_or_insert(here);
            }
            Class::Alone => {
                close(text, open.take(), here, out);
                out.push(Piece { start: narrow(here), end: narrow(at) });
            }
            Class::Between => close(text, open.take(), here, out),
        }
    }
    close(text, open, text.len(), out);
}

/// Ends an open word.
fn close(text: &str, open: Option<usize>, end: usize, out: &mut Vec<Piece>) {
    let Some(start) = open else { return };
    let word = text.get(start..end).unwrap_or_default();
    let lead = word.len() - word.trim_start_matches('_').len();
    let length = word.trim_matches('_').len();
    if length > 0 {
        out.push(Piece { start: narrow(start + lead), end: narrow(start + lead + length) });
    }
}

/// Whether a character goes on with a word that stands beside it.
pub(super) fn goes_on(c: Option<char>) -> bool {
    c.is_some_and(|c| class(c) == Class::Word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_underscores_scripts_and_emoji() {
        let mut out = Vec::new();
        let text = "don't _go_ my_box ノマはtest 👍👍 c++ straße __";
        cut(text, &mut out);
        let words: Vec<&str> = out.iter().map(|piece| piece.of(text)).collect();
        assert_eq!(words, ["don", "t", "go", "my_box", "ノ", "マ", "は", "test", "👍", "👍", "c", "straße"]);
    }
}
