//! The brand of a watch with its rivals, ready to be found in a text.

use super::matcher::{Match, Matcher};
use crate::domain::Brand;
use crate::text::{Folded, Span, Tag};

/// A brand and its rivals: names for the answer, terms for the search. Built once, used for many posts.
#[derive(Debug)]
pub struct CompiledBrand {
    pub(super) names: Names,
    matcher: Matcher,
    /// Whom each term names.
    tags: Vec<Tag>,
}

/// What the brand and its rivals are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The watched brand.
    pub brand: String,
    /// Its rivals, in the order of the watch.
    pub rivals: Vec<String>,
}

impl Names {
    pub(super) fn new(brand: &Brand, rivals: &[Brand]) -> Self {
        Self { brand: brand.name.clone(), rivals: rivals.iter().map(|rival| rival.name.clone()).collect() }
    }
}

impl CompiledBrand {
    /// Compiles a brand and its rivals.
    pub fn new(brand: &Brand, rivals: &[Brand]) -> Self {
        let mut terms: Vec<&str> = brand.terms.iter().map(String::as_str).collect();
        let mut tags = vec![Tag::Brand; terms.len()];
        for (index, rival) in rivals.iter().enumerate() {
            let tag = Tag::Rival(u16::try_from(index).unwrap_or(u16::MAX));
            terms.extend(rival.terms.iter().map(String::as_str));
            tags.resize(terms.len(), tag);
        }
        Self { names: Names::new(brand, rivals), matcher: Matcher::new(terms), tags }
    }

    /// Whether a text names the brand itself.
    pub fn is_named(&self, text: &str) -> bool {
        let mut folded = Folded::default();
        folded.fold(text);
        self.spans(&folded).iter().any(|span| span.tag == Tag::Brand)
    }

    /// Finds whom a text names.
    pub(super) fn spans(&self, folded: &Folded) -> Vec<Span> {
        let mut found: Vec<Match> = Vec::new();
        self.matcher.find(folded, &mut found);
        let tag = |found: &Match| self.tags.get(found.term as usize).copied().unwrap_or_default();
        leftmost(found.iter().map(|found| Span { start: found.start, end: found.end, tag: tag(found) }))
    }
}

/// Of spans that overlap, keeps the first; of those that begin together, the longest; of equal ones
/// the brand before its rivals.
pub(super) fn leftmost(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut all: Vec<Span> = spans.collect();
    all.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end), span.tag));
    let mut reach = 0;
    all.retain(|span| {
        let free = span.start >= reach;
        if free {
            reach = span.end;
        }
        free
    });
    all
}
