//! Finds every term of every watch in one pass over folded text.
//!
//! One hash table of words: each term hangs on its rarest word, so that most
//! words of a post cost one hash and one bit of a filter that fits the cache
//! ([`table`]). What has no whole word to hang on (prefixes such as `sync*`,
//! scripts without spaces, bare signs) goes into an automaton that exists only
//! where such terms do. [`stands`] alone decides what a whole word is; a test
//! compares both ways with a naive search.

mod table;
mod words;

use aho_corasick::AhoCorasick;
use rustc_hash::FxHashMap;

use crate::text::{Folded, is_tracking, is_unsegmented, is_word, narrow};
use table::Table;

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

/// A folded term.
#[derive(Debug)]
struct Term {
    text: Box<str>,
    /// Bytes before the word it hangs on.
    lead: u32,
    /// The next term on the same word, as its number plus one.
    next: u32,
    /// Every word that begins so.
    prefix: bool,
}

/// All terms, built once and shared.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    terms: Vec<Term>,
    table: Table,
    automaton: Option<Automaton>,
}

/// The second way, for terms without a whole word.
#[derive(Debug)]
struct Automaton {
    search: AhoCorasick,
    /// The term of each pattern.
    terms: Vec<u32>,
    /// Every pattern is of a script without spaces: other texts need no search.
    scripts_only: bool,
}

impl Matcher {
    /// Builds the tables; terms are folded here. A term that is empty matches nothing.
    pub(super) fn new<'a>(terms: impl IntoIterator<Item = &'a str>) -> Self {
        let folded: Vec<String> = terms.into_iter().map(|term| crate::text::folded(term.trim())).collect();
        let mut shared: FxHashMap<&str, u32> = FxHashMap::default();
        for word in folded.iter().flat_map(|term| words_of(term)) {
            *shared.entry(word.1).or_insert(0) += 1;
        }
        let mut matcher = Self { terms: Vec::with_capacity(folded.len()), table: Table::sized(folded.len()), automaton: None };
        let mut patterns: Vec<(String, u32)> = Vec::new();
        for term in &folded {
            let number = narrow(matcher.terms.len());
            let stem = term.strip_suffix('*').filter(|stem| !stem.is_empty());
            // The rarest word: no function word, on few other terms, long.
            let rarity = |word: &(usize, &str)| {
                let common = super::languages::is_common(word.1);
                (common, shared.get(word.1).copied().unwrap_or(0), std::cmp::Reverse(word.1.len()))
            };
            let anchor = if stem.is_none() { words_of(term).min_by_key(rarity) } else { None };
            let mut entry = Term { text: stem.unwrap_or(term).into(), lead: 0, next: 0, prefix: stem.is_some() };
            match anchor {
                Some((lead, word)) => {
                    entry.lead = narrow(lead);
                    entry.next = matcher.table.insert(words::hash_word(word.as_bytes()), number + 1);
                }
                None if !entry.text.is_empty() => patterns.push((entry.text.to_string(), number)),
                None => {}
            }
            matcher.terms.push(entry);
        }
        matcher.automaton = Automaton::new(&patterns, &matcher.terms);
        matcher
    }

    /// Gives every match, in order of its start; of those that begin together the longest first.
    ///
    /// What only tracks the readers of a link (`?utm_source=dropbox`) is no match.
    pub(super) fn find(&self, folded: &Folded, out: &mut Vec<Match>) {
        self.scan(folded, &mut |found| {
            if !is_tracking(&folded.text, found.start) {
                out.push(found);
            }
            false
        });
        out.sort_unstable_by_key(|found| (found.start, std::cmp::Reverse(found.end), found.term));
    }

    /// Tells every match, in no order, until the caller has heard enough; says whether it had.
    pub(super) fn scan(&self, folded: &Folded, tell: &mut impl FnMut(Match) -> bool) -> bool {
        let text = folded.text.as_str();
        let mut enough = false;
        words::each(text.as_bytes(), &folded.breaks, |start, hash| {
            if self.table.may_hold(hash) {
                enough = self.at_word(text, start, hash, tell);
            }
            enough
        });
        enough || self.automaton.as_ref().is_some_and(|automaton| automaton.scan(folded, &self.terms, tell))
    }

    /// Tries the terms that hang on one word. Rarely reached: the filter lets one word in sixteen through.
    #[inline(never)]
    fn at_word(&self, text: &str, start: usize, hash: u64, tell: &mut impl FnMut(Match) -> bool) -> bool {
        let mut next = self.table.first(hash);
        while let Some(number) = next.checked_sub(1) {
            let Some(term) = self.terms.get(number as usize) else { break };
            if let Some(from) = start.checked_sub(term.lead as usize).filter(|from| stands(text, *from, &term.text))
                && tell(Match { term: number, start: from, end: from + term.text.len() })
            {
                return true;
            }
            next = term.next;
        }
        false
    }
}

impl Automaton {
    fn new(patterns: &[(String, u32)], terms: &[Term]) -> Option<Self> {
        if patterns.is_empty() {
            return None;
        }
        let search = AhoCorasick::new(patterns.iter().map(|(pattern, _)| pattern.as_bytes())).expect("terms are few and short");
        let numbers: Vec<u32> = patterns.iter().map(|(_, number)| *number).collect();
        let script = |number: &u32| terms.get(*number as usize).is_some_and(|term| term.text.chars().any(is_unsegmented));
        let scripts_only = numbers.iter().all(script);
        Some(Self { search, terms: numbers, scripts_only })
    }

    fn scan(&self, folded: &Folded, terms: &[Term], tell: &mut impl FnMut(Match) -> bool) -> bool {
        if self.scripts_only && !folded.unsegmented {
            return false;
        }
        let text = folded.text.as_str();
        for found in self.search.find_overlapping_iter(text) {
            let Some(&number) = self.terms.get(found.pattern().as_usize()) else { continue };
            let Some(term) = terms.get(number as usize) else { continue };
            let fits = if term.prefix { begins(text, found.start()) } else { stands(text, found.start(), &term.text) };
            if fits && tell(Match { term: number, start: found.start(), end: found.end() }) {
                return true;
            }
        }
        false
    }
}

/// Gives the whole words of a term with their places, those of scripts without spaces left out.
fn words_of(term: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    term.split_inclusive(|c| !is_word(c) || is_unsegmented(c)).filter_map(move |piece| {
        let start = at;
        at += piece.len();
        let word = piece.trim_end_matches(|c| !is_word(c) || is_unsegmented(c));
        let lead = word.len() - word.trim_start_matches('_').len();
        let word = word.trim_matches('_');
        (!word.is_empty()).then_some((start + lead, word))
    })
}

/// Whether a character goes on with a word: underscores inside a word do, at its edge they do not.
fn goes_on(edge: Option<char>, mut beyond: impl Iterator<Item = char>) -> bool {
    let joins = |c: char| is_word(c) && !is_unsegmented(c);
    let Some(edge) = edge.filter(|edge| joins(*edge)) else { return false };
    beyond.find(|c| *c != '_' || edge == '_').is_some_and(joins)
}

/// Whether a word begins at a place.
fn begins(text: &str, from: usize) -> bool {
    let before = text.get(..from).unwrap_or_default();
    let first = text.get(from..).and_then(|rest| rest.chars().next());
    !goes_on(first, before.chars().rev())
}

/// Whether a term stands at a place as a whole word, handle, tag or domain.
pub(super) fn stands(text: &str, from: usize, term: &str) -> bool {
    let Some(rest) = text.get(from..).filter(|rest| rest.starts_with(term)) else { return false };
    let after = rest.get(term.len()..).unwrap_or_default();
    if term.is_empty() || !begins(text, from) || goes_on(term.chars().next_back(), after.chars()) {
        return false;
    }
    let before = text.get(..from).and_then(|done| done.chars().next_back());
    let mut following = after.chars();
    let next = following.next();
    let dotted = next == Some('.') && following.next().is_some_and(char::is_alphanumeric);
    match term.chars().next() {
        // `kim@nomadesk.example` is no handle, and `@nomadesk.example.org` is somebody else's.
        Some('@' | '#') if before.is_some_and(is_word) => false,
        Some('@') if dotted => {
            after.starts_with(".bsky.social") || !crate::text::is_domain(rest.get(1..).unwrap_or_default()) || term.contains('.')
        }
        // `not-nomadesk.com` and `nomadesk.com.example` are other addresses than `nomadesk.com`.
        _ if term.contains('.') && !term.contains(' ') => before != Some('-') && next != Some('-') && !dotted,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn find(terms: &[&str], text: &str) -> Vec<Match> {
        let matcher = Matcher::new(terms.iter().copied());
        let mut folded = Folded::default();
        folded.fold(text);
        let mut found = Vec::new();
        matcher.find(&folded, &mut found);
        found
    }

    fn names(term: &str, text: &str) -> bool {
        !find(&[term], text).is_empty()
    }

    /// Tries every term at every place.
    fn naive(terms: &[&str], text: &str) -> Vec<Match> {
        let text = crate::text::folded(text);
        let mut found = Vec::new();
        for (number, term) in terms.iter().enumerate() {
            let term = crate::text::folded(term.trim());
            let stem = term.strip_suffix('*').filter(|stem| !stem.is_empty());
            for (start, _) in text.char_indices() {
                let fits = match stem {
                    Some(stem) => text.get(start..).is_some_and(|rest| rest.starts_with(stem)) && begins(&text, start),
                    None => stands(&text, start, &term),
                };
                if fits {
                    found.push(Match { term: narrow(number), start, end: start + stem.unwrap_or(&term).len() });
                }
            }
        }
        found.sort_unstable_by_key(|found| (found.start, std::cmp::Reverse(found.end), found.term));
        found
    }

    #[test]
    fn whole_words_only_and_folded() {
        for text in
            ["Tor is slow", "I use TOR.", "#tor", "@tor hi", "Tor's", "_tor_", "tor-browser", "“Ｔｏｒ”", "see tor.example.org", "ask.tor"]
        {
            assert!(names("tor", text), "{text}");
        }
        for text in ["FileStoreConfig", "tor_config", "my_tor", "torrent", "motor", "tör", "to r", "toré"] {
            assert!(!names("tor", text), "{text}");
        }
    }

    #[test]
    fn handles_tags_and_domains_are_themselves() {
        for (term, text) in [
            ("nomadesk.com", "https://www.nomadesk.com/pricing?x=1"),
            ("nomadesk.com", "go to nomadesk.com."),
            ("nomadesk.com", "mail help@nomadesk.com"),
            ("nomadesk.com", "hxxps://www.nomadesk[.]com/x"),
            ("nomadesk.com", "nomadesk(dot)com is down"),
            ("nomadesk[.]com", "nomadesk.com"),
            ("@nomadesk", "hey @Nomadesk, help"),
            ("@nomadesk", "@nomadesk.bsky.social hi"),
            ("@nomadesk", "@nomadesk@mastodon.example hi"),
            ("@nomadesk", ".@nomadesk.Thanks for nothing"),
            ("#nomadesk", "love #nomadesk!"),
            ("C++", "I write C++ and Rust"),
            ("at&t", "AT&T, really?"),
            ("l'oréal", "chez L’ORÉAL"),
            ("sync*", "Syncing fails"),
            ("ノマデスク", "私はノマデスクを使う"),
            ("nomadesk", "私はNomadeskを使う"),
            ("🍎", "an 🍎 a day"),
        ] {
            assert!(names(term, text), "{term} in {text}");
        }
        for (term, text) in [
            ("nomadesk.com", "not-nomadesk.com"),
            ("nomadesk.com", "nomadesk.com.evil.example"),
            ("nomadesk.com", "mynomadesk.com"),
            ("@nomadesk", "kim@nomadesk.com"),
            ("@nomadesk", "@nomadesk.example.org"),
            ("@nomadesk", "@nomadesk_fan"),
            ("#nomadesk", "nomadesk"),
            ("sync*", "async"),
            ("nomad desk", "nomad desks"),
        ] {
            assert!(!names(term, text), "{term} in {text}");
        }
    }

    #[test]
    fn long_words_and_the_edges_of_the_chunks_are_found() {
        for lead in 0..140 {
            let text = format!("{} nomadesk extraordinarily", "x".repeat(lead));
            assert_eq!(find(&["nomadesk", "extraordinarily", "x"], &text).len(), 2 + usize::from(lead == 1), "{lead}");
        }
    }

    #[test]
    fn terms_that_hang_on_one_word_are_all_found() {
        let terms = ["the box", "drop box", "box", "box office", "a box of the box"];
        assert_eq!(find(&terms, "Drop box office, a box of the box").len(), 7);
    }

    proptest! {
        #[test]
        fn the_same_hits_as_a_naive_search(
            text in "(([ab_é]|[aBx]{1,12}|nomad|desk|の|ク|😀|@|#|[.]com|-|'|\u{200b})[ .]?){0,30}",
            terms in proptest::collection::vec("[@#]?([ab_é]{1,3}|[abx]{1,12}|nomad|nomad desk|の|クの|😀|a b|a[.]com)[*]?", 1..8),
        ) {
            let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
            prop_assert_eq!(find(&terms, &text), naive(&terms, &text), "{:?} in {:?}", terms, text);
        }
    }
}
