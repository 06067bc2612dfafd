//! What is wrong with a query: where, what was expected, and one hint.

use std::fmt;
use std::ops::Range;

/// A mistake in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Bytes of the query it is about.
    pub at: Range<usize>,
    /// What is wrong, in one line.
    pub what: String,
    /// What was expected there, in a few words.
    pub expected: String,
    /// What would be right.
    pub hint: String,
}

impl Mistake {
    /// Says what is wrong there.
    pub(super) fn new(at: Range<usize>, what: impl Into<String>, expected: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at, what: what.into(), expected: expected.into(), hint: hint.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {}): expected {}; {}", self.what, self.at.start, self.expected, self.hint)
    }
}

impl std::error::Error for Mistake {}
