//! Finds every term of every watch in one pass over folded text.

use rustc_hash::FxHashMap;

use crate::text::{Folded, is_unsegmented, is_word};

/// A term that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    /// Its number in the list the matcher was built from.
    pub(super) term: u32,
    /// First byte of the folded text.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
}

/// All terms, by their first word.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    terms: Vec<String>,
    by_first: FxHashMap<String, Vec<u32>>,
}

impl Matcher {
    /// Builds the table; terms are folded here.
    pub(super) fn new<'a>(terms: impl IntoIterator<Item = &'a str>) -> Self {
        let mut matcher = Self::default();
        for term in terms {
            let folded = crate::text::folded(term.trim());
            let first: String = folded.chars().skip_while(|c| !is_word(*c)).take_while(|c| is_word(*c)).collect();
            let number = crate::text::narrow(matcher.terms.len());
            matcher.by_first.entry(first).or_default().push(number);
            matcher.terms.push(folded);
        }
        matcher
    }

    /// Gives every match, in order of its start.
    pub(super) fn find(&self, folded: &Folded, out: &mut Vec<Match>) {
        let text = folded.text.as_str();
        let mut start = 0;
        for word in text.split(|c| !is_word(c)) {
            for &number in self.by_first.get(word.trim_matches('_')).map_or(&[][..], Vec::as_slice) {
                let term = self.terms.get(number as usize).map_or("", String::as_str);
                let lead = term.find(is_word).unwrap_or(0);
                let at = start + word.len() - word.trim_start_matches('_').len();
                if let Some(from) = at.checked_sub(lead).filter(|from| stands(text, *from, term)) {
                    out.push(Match { term: number, start: from, end: from + term.len() });
                }
            }
            start += word.len() + text.get(start + word.len()..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
        out.sort_unstable_by_key(|found| (found.start, std::cmp::Reverse(found.end), found.term));
    }
}

/// Whether a term stands at a place as a whole word, handle, tag or domain.
pub(super) fn stands(text: &str, from: usize, term: &str) -> bool {
    let Some(rest) = text.get(from..).filter(|rest| rest.starts_with(term)) else { return false };
    let before = text.get(..from).and_then(|done| done.chars().next_back());
    let after = rest.get(term.len()..).unwrap_or_default();
    let mut following = after.chars();
    let next = following.next();
    let joins = |inside: char, outside: char| {
        is_word(inside) && is_word(outside) && !is_unsegmented(inside) && !is_unsegmented(outside) && outside != '_'
    };
    let (Some(first), Some(last)) = (term.chars().next(), term.chars().next_back()) else { return false };
    if before.is_some_and(|before| joins(first, before)) || next.is_some_and(|next| joins(last, next)) {
        return false;
    }
    match first {
        // `kim@nomadesk.example` is no handle, and `@nomadesk.example.org` is somebody else's.
        '@' | '#' if before.is_some_and(is_word) => false,
        '@' if next == Some('.') && following.next().is_some_and(char::is_alphanumeric) => {
            after.starts_with(".bsky.social") || !crate::text::is_domain(rest.get(1..).unwrap_or_default())
        }
        // `not-nomadesk.com` and `nomadesk.com.example` are other addresses than `nomadesk.com`.
        _ if term.contains('.') && !term.contains(' ') => {
            before != Some('-') && next != Some('-') && !(next == Some('.') && following.next().is_some_and(char::is_alphanumeric))
        }
        _ => true,
    }
}
