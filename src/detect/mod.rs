//! Which watch is named, and which signals speak.

use crate::domain::{Hearing, Mention, Watch};

/// Buffers that one caller reuses from post to post.
#[derive(Debug, Default)]
pub struct Scratch {}

/// What was heard for one watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Index of the watch in the list the detector was built with.
    pub watch: usize,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a watch whose terms stand in a post.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is named: this was heard.
    Named(Hearing),
    /// An excluded phrase stands in it.
    Excluded {
        /// The phrase.
        phrase: String,
    },
    /// Only an ambiguous term, without a context word.
    Ambiguous {
        /// The term.
        term: String,
    },
}

/// All terms of all watches and all rules, built once and shared.
#[derive(Debug)]
pub struct Detector {}

impl Detector {
    /// Builds the tables.
    pub fn new(watches: &[Watch]) -> Self {
        let _ = watches;
        Self {}
    }

    /// Says whether a text names anything we watch: the hot path, for every post of a firehose.
    pub fn names_any(&self, text: &str, scratch: &mut Scratch) -> bool {
        let _ = (text, scratch);
        false
    }

    /// Hears a mention for every watch it names or addresses; empty when it names none.
    pub fn hear(&self, mention: &Mention, scratch: &mut Scratch) -> Vec<Heard> {
        let _ = (mention, scratch);
        Vec::new()
    }
}
