//! Cuts posts into the words and pairs that may tell one meaning from another.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::config::STOP_WORDS;
use crate::domain::{Mention, Watch};
use crate::text::folded;

/// Words beyond the stop words of the configuration that stand everywhere and tell nothing.
const EVERYWHERE: &str = "\
    about after again all also always am any because been before being both could day did does doing don down even ever \
    every first going good got here into know last like ll made make many may might more most much must need never new now \
    off old one only other over own people re really right said same say see should since some something still such take \
    than then there these thing things think those through time today too two under until use using ve very want way well \
    where which while why would year years yes yet aber auch bei bin dass doch durch einen einer eines für hat hier immer \
    jetzt kann mehr mein meine nach noch nur schon sehr sein sich sind über wenn wie wird alors au avec bien ce cette comme \
    deux fait mais mes mon ne on plus pour sans son sont sur tout tres con del esta este hay mas muy pero por porque ser sin \
    sobre todo aan als bij dat dit geen maar meer met naar nog ook op te uit wel alla anche come della ho mi piu sono na no \
    nao";

/// The most of one post that is read: a word that decides stands near the name.
const MOST: usize = 2_000;

/// What stands in a post, once each: single words and pairs of neighbours.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Words, each of which may be a context word.
    pub(super) single: BTreeSet<String>,
    /// Pairs, which with the words may be excluded phrases.
    pub(super) pairs: BTreeSet<String>,
}

/// Cuts posts for one watch.
#[derive(Debug)]
pub(super) struct Cutter {
    /// Words of the names of the brand and its rivals: they stand in right and wrong posts alike.
    own: BTreeSet<String>,
}

impl Cutter {
    /// Prepares for a watch.
    pub(super) fn new(watch: &Watch) -> Self {
        let rivals = watch.rivals.iter().flat_map(|rival| rival.terms.iter().chain([&rival.name]));
        let names = watch.brand.terms.iter().chain([&watch.brand.name]).chain(&watch.ambiguous).chain(rivals);
        let own = names.flat_map(|name| folded(name).unicode_words().map(str::to_owned).collect::<Vec<_>>()).collect();
        Self { own }
    }

    /// Cuts a post. Links and handles name somebody, they mean nothing.
    pub(super) fn cut(&self, mention: &Mention) -> Words {
        let mut words = Words::default();
        let end = mention.text.floor_char_boundary(MOST);
        let mut before: Option<String> = None;
        for piece in mention.text.get(..end).unwrap_or_default().split_whitespace() {
            if piece.starts_with('@') || piece.contains('/') || piece.contains("www.") {
                before = None;
                continue;
            }
            for word in folded(piece).unicode_words() {
                self.take(word, &mut before, &mut words);
            }
            // A pair does not reach over the end of a clause.
            if piece.ends_with(|c: char| !c.is_alphanumeric()) {
                before = None;
            }
        }
        // A context word may stand in the post that is answered; an excluded phrase may not.
        if let Some(parent) = &mention.thread.parent_text {
            let parent = folded(parent);
            words.single.extend(parent.unicode_words().filter(|word| self.tells(word)).map(str::to_owned));
        }
        words
    }

    fn take(&self, word: &str, before: &mut Option<String>, words: &mut Words) {
        let tells = self.tells(word);
        if tells {
            words.single.insert(word.to_owned());
        }
        // "Standing desk" tells, though "desk" is part of the name; "the desk" does not.
        let named = self.own.contains(word);
        if let Some(first) = before.take()
            && (tells || named)
            && !(named && self.own.contains(&first))
        {
            words.pairs.insert(format!("{first} {word}"));
        }
        *before = (tells || named).then(|| word.to_owned());
    }

    /// Whether a word may tell one meaning from another.
    fn tells(&self, word: &str) -> bool {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        letters >= 3 && !self.own.contains(word) && !STOP_WORDS.contains(&word) && !EVERYWHERE.split(' ').any(|one| one == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Brand, Network};
    use jiff::Timestamp;

    #[test]
    fn names_links_and_words_of_every_post_tell_nothing() {
        let brand = Brand { name: "Nomad Desk".into(), terms: vec!["nomad desk".into()] };
        let cutter = Cutter::new(&Watch { brand, ..Watch::default() });
        let text = "My Nomad Desk is a standing desk, and the oak is solid. See https://oak.example/desk @oakshop";
        let mention = Mention::new(Network::known("bluesky"), "1", text, Timestamp::UNIX_EPOCH);
        let words = cutter.cut(&mention);
        assert_eq!(words.single.iter().map(String::as_str).collect::<Vec<_>>(), ["oak", "solid", "standing"]);
        assert_eq!(words.pairs.iter().map(String::as_str).collect::<Vec<_>>(), ["standing desk"]);
    }
}
