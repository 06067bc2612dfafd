//! The phrase language: what a data file says, compiled once, found in one pass.
//!
//! A phrase is a line of words with a few signs, see the HOWTO in
//! [`crate::detect`]. [`parse`] reads a file into sections, [`compile`] turns
//! a phrase into a small program anchored on its rarest word, [`run`] tries it
//! where that word stands. No rule is needed to read or to change a phrase.

pub(super) mod compile;
pub(super) mod parse;
pub(super) mod run;

use std::ops::Range;

pub use parse::Mistake;

/// One phrase of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// The line as it stands in the file, for explanations.
    pub source: String,
    /// How much it says, 1 unless the line says otherwise.
    pub weight: f32,
    /// `key=value` pairs behind `::`; a bare word is a key with an empty value.
    pub marks: Vec<(String, String)>,
}

/// Marks under which a phrase counts only in some posts. It says so after it was found, so that it must not take
/// a shorter phrase of its list away.
const TIES: &[&str] = &["subject", "upset", "both", "away", "later", "fault"];

impl Phrase {
    /// Whether it counts only in some posts.
    pub(super) fn is_tied(&self) -> bool {
        self.marks.iter().any(|(name, _)| TIES.contains(&name.as_str()))
    }

    /// Gives the value of a mark.
    pub fn mark(&self, key: &str) -> Option<&str> {
        self.marks.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// The most slots of one phrase.
pub(super) const SLOTS: usize = 4;

/// What fills a slot: number of its name, first token, the one behind the last.
pub(super) type Slot = (u8, u32, u32);

/// A phrase that stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Number of the list.
    pub(super) list: u16,
    /// Number of the phrase in the lexicon.
    pub(super) phrase: u32,
    /// Its tokens; never empty.
    pub tokens: Range<usize>,
    /// Its slots; most phrases have none.
    pub(super) slots: Option<Box<[Slot]>>,
}
