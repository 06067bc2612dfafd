//! Finds the words that come closest to a term: most misses are a letter away.

use crate::domain::{Brand, Watch};
use crate::text::folded;

/// Words of a text that are compared; a slip stands near the beginning or nowhere.
const WORDS: usize = 500;
/// Shorter terms have too many neighbours.
const SHORTEST: usize = 4;

/// What of a text nearly named a watch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Nearest {
    /// The words as they stand in the text.
    pub(super) words: String,
    /// The term.
    pub(super) term: String,
    /// Letters to change, add, drop or swap with a neighbour; 0 for a term inside a longer word.
    pub(super) letters: usize,
}

impl Nearest {
    /// Says how near it is.
    pub(super) fn says(&self) -> String {
        let Self { words, term, letters } = self;
        match letters {
            0 => format!("the term \"{term}\" stands inside \"{words}\", and a term names a brand only as a whole word"),
            1 => format!("the closest is \"{words}\", one letter from the term \"{term}\""),
            letters => format!("the closest is \"{words}\", {letters} letters from the term \"{term}\""),
        }
    }
}

/// Finds the closest words, if any come close.
pub(super) fn nearest(watch: &Watch, text: &str) -> Option<Nearest> {
    let words: Vec<(&str, String)> = text.split_whitespace().take(WORDS).map(|word| (word, plain(word))).collect();
    let mut best: Option<Nearest> = None;
    for term in watch.brand.terms.iter().chain(&watch.ambiguous) {
        let bare = plain(term);
        let length = bare.chars().count();
        if length < SHORTEST {
            inside(&words, term, &bare, &mut best);
            continue;
        }
        // "Nomad esk" and "nomaddesk" are slips of "nomad desk" as much as of "nomadesk": spaces do not count.
        let most = term.split_whitespace().count() + 1;
        for window in (1..=most).flat_map(|size| words.windows(size)) {
            let joined: String = window.iter().map(|(_, plain)| plain.as_str()).collect();
            // A third of the letters: beyond that it is another word.
            let room = (length / 3).min(best.as_ref().filter(|best| best.letters > 0).map_or(usize::MAX, |best| best.letters - 1));
            if joined.chars().count().abs_diff(length) > room {
                continue;
            }
            let letters = strsim::osa_distance(&joined, &bare);
            if letters <= room {
                let shown = window.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" ");
                best = Some(Nearest { words: trimmed(&shown), term: term.clone(), letters: letters.max(1) });
            }
        }
        if best.is_none() {
            inside(&words, term, &bare, &mut best);
        }
    }
    best
}

/// Finds a term inside a longer word.
fn inside(words: &[(&str, String)], term: &str, bare: &str, best: &mut Option<Nearest>) {
    if best.is_some() || bare.is_empty() {
        return;
    }
    let longer = words.iter().find(|(_, plain)| plain.len() > bare.len() && plain.contains(bare));
    *best = longer.map(|(word, _)| Nearest { words: trimmed(word), term: term.to_owned(), letters: 0 });
}

/// Names the rivals whose terms stand in a text.
pub(super) fn rivals<'a>(watch: &'a Watch, text: &str) -> Vec<&'a str> {
    let alone = |rival: &Brand| Watch { id: rival.name.clone(), brand: rival.clone(), ..Watch::default() };
    let named = |rival: &&Brand| crate::detect::Detector::new(&[alone(rival)]).names_any(text, &mut crate::detect::Scratch::default());
    watch.rivals.iter().filter(named).map(|rival| rival.name.as_str()).collect()
}

fn plain(word: &str) -> String {
    folded(word).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn trimmed(words: &str) -> String {
    words.trim_matches(|c: char| !c.is_alphanumeric() && c != '@' && c != '#').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(terms: &[&str]) -> Watch {
        let terms = terms.iter().map(|&term| term.to_owned()).collect();
        Watch { brand: Brand { name: "Nomadesk".into(), terms }, ..Watch::default() }
    }

    #[test]
    fn slips_of_every_kind_are_found() {
        let nomadesk = watch(&["nomadesk", "@nomadesk", "nomadesk.com"]);
        for (text, words, letters) in [
            ("I love Nomadeks!", "Nomadeks", 1),
            ("I love Nomdesk.", "Nomdesk", 1),
            ("I love Nomad esk", "Nomad esk", 1),
            ("NOMADDESKK is down", "NOMADDESKK", 2),
            ("see NomadeskHelper", "NomadeskHelper", 0),
        ] {
            let near = nearest(&nomadesk, text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((near.words.as_str(), near.letters), (words, letters), "{text}: {near:?}");
            assert!(near.says().contains(words), "{}", near.says());
        }
        assert_eq!(nearest(&nomadesk, "the weather is nice in Ghent today"), None);
        assert_eq!(nearest(&nomadesk, ""), None);
    }

    #[test]
    fn a_short_name_has_no_neighbours_but_may_stand_inside_a_word() {
        let tor = watch(&["tor"]);
        assert_eq!(nearest(&tor, "to the top for"), None);
        assert_eq!(nearest(&tor, "a FileStoreConfig").map(|near| near.letters), Some(0));
    }
}
