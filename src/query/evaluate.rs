//! Whether a query is true of a post, and the words that make it so.

use std::ops::Range;

use super::field::Test;
use super::near;
use super::set::{Found, Set, WatchNames};
use super::table::Hit;
use super::tree::MacroName;
use crate::domain::{Hearing, Mention};

/// The most places that one finding quotes.
const EVIDENCE: usize = 16;
/// The most places of one term among them.
const OF_A_TERM: usize = 4;

/// A post and what is known of it, as a query sees it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The post.
    pub mention: &'a Mention,
    /// What the built-in rules heard, where they were asked.
    pub hearing: Option<&'a Hearing>,
    /// The watch it is asked for, by its place in the set's list.
    pub watch: usize,
    /// Whether the post is about the brand even where no term of it stands in the text: addressed, linked.
    pub about: bool,
}

/// A part of a query, ready to be asked.
#[derive(Debug)]
pub(super) enum Node {
    Term(u32),
    Field(Test),
    Macro(MacroName),
    Near(Box<Pair>),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    /// A term that no text can hold.
    Never,
}

/// Two things close together.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) first: Node,
    pub(super) second: Node,
    pub(super) words: u32,
    pub(super) ordered: bool,
}

impl Set {
    /// Gives the places in the original text that make a query true; `None` when it is not.
    ///
    /// `found` is what [`find`](Self::find) found in the text of the mention. The places are in order
    /// and do not overlap; none at all where only fields speak.
    pub fn holds(&self, query: usize, subject: &Subject<'_>, found: &Found) -> Option<Vec<Range<usize>>> {
        let (_, node) = self.nodes.get(query)?;
        let scene = Scene { subject, found, names: self.watches.get(subject.watch)? };
        if !node.holds(&scene) {
            return None;
        }
        let mut places = Vec::new();
        node.evidence(&scene, &mut places);
        places.sort_unstable_by_key(|place: &Range<usize>| (place.start, std::cmp::Reverse(place.end)));
        let mut reach = 0;
        places.retain(|place| {
            let free = place.start >= reach;
            if free {
                reach = place.end;
            }
            free
        });
        places.truncate(EVIDENCE);
        Some(places)
    }
}

/// Everything that an answer depends on.
pub(super) struct Scene<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) found: &'a Found,
    pub(super) names: &'a WatchNames,
}

impl Node {
    /// Whether it is true.
    pub(super) fn holds(&self, scene: &Scene<'_>) -> bool {
        match self {
            Self::Term(term) => !scene.found.of(*term).is_empty(),
            Self::Field(test) => test.fits(scene.subject, scene.names),
            Self::Macro(name) => self.hits(scene).next().is_some() || is_meant(*name, scene),
            Self::Near(pair) => near::pairs(pair, scene).next().is_some(),
            Self::Not(inner) => !inner.holds(scene),
            Self::All(parts) => parts.iter().all(|part| part.holds(scene)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(scene)),
            Self::Never => false,
        }
    }

    /// The places of what has places: terms, macros, and one of several of these.
    pub(super) fn hits<'s>(&'s self, scene: &'s Scene<'_>) -> Box<dyn Iterator<Item = &'s Hit> + 's> {
        match self {
            Self::Term(term) => Box::new(scene.found.of(*term).iter()),
            Self::Macro(name) => {
                let [brand, rival, own] = &scene.names.terms;
                let terms = match name {
                    MacroName::Brand => brand,
                    MacroName::Rival => rival,
                    MacroName::Own => own,
                };
                Box::new(terms.iter().flat_map(|term| scene.found.of(*term)))
            }
            Self::Any(parts) => Box::new(parts.iter().flat_map(|part| part.hits(scene))),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Writes down the places that make it true.
    fn evidence(&self, scene: &Scene<'_>, out: &mut Vec<Range<usize>>) {
        let range = |hit: &Hit| hit.place.start as usize..hit.place.end as usize;
        match self {
            Self::Term(_) | Self::Macro(_) => out.extend(self.hits(scene).take(OF_A_TERM).map(range)),
            Self::Near(pair) => {
                out.extend(near::pairs(pair, scene).take(OF_A_TERM).flat_map(|(one, other)| [range(&one), range(&other)]));
            }
            Self::All(parts) => parts.iter().for_each(|part| part.evidence(scene, out)),
            Self::Any(parts) => parts.iter().filter(|part| part.holds(scene)).for_each(|part| part.evidence(scene, out)),
            Self::Field(_) | Self::Not(_) | Self::Never => {}
        }
    }
}

/// Whether the network says that a name of the watch is meant, where no word does.
fn is_meant(name: MacroName, scene: &Scene<'_>) -> bool {
    match name {
        MacroName::Brand => scene.subject.about,
        MacroName::Rival => false,
        MacroName::Own => {
            let mention = scene.subject.mention;
            let network = mention.network.as_str();
            mention.addressed.iter().any(|handle| {
                let handle = crate::text::folded(handle.trim_start_matches('@'));
                scene.names.own.iter().any(|(of, own)| of == network && *own == handle)
            })
        }
    }
}
