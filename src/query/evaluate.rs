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

impl Scene<'_> {
    /// The terms that a macro stands for.
    fn terms(&self, name: MacroName) -> &[u32] {
        let [brand, rival, own] = &self.names.terms;
        match name {
            MacroName::Brand => brand,
            MacroName::Rival => rival,
            MacroName::Own => own,
        }
    }
}

impl Node {
    /// Whether it is true.
    pub(super) fn holds(&self, scene: &Scene<'_>) -> bool {
        match self {
            Self::Term(term) => !scene.found.of(*term).is_empty(),
            Self::Field(test) => test.fits(scene.subject, scene.names),
            Self::Macro(name) => self.stands(scene) || is_meant(*name, scene),
            Self::Near(pair) => pair.first.stands(scene) && pair.second.stands(scene) && !near::pairs(pair, scene).is_empty(),
            Self::Not(inner) => !inner.holds(scene),
            Self::All(parts) => parts.iter().all(|part| part.holds(scene)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(scene)),
            Self::Never => false,
        }
    }

    /// Whether it has a place in the text: a term, a macro, or one of several of these.
    pub(super) fn stands(&self, scene: &Scene<'_>) -> bool {
        match self {
            Self::Term(term) => !scene.found.of(*term).is_empty(),
            Self::Macro(name) => scene.terms(*name).iter().any(|term| !scene.found.of(*term).is_empty()),
            Self::Any(parts) => parts.iter().any(|part| part.stands(scene)),
            _ => false,
        }
    }

    /// Adds the places of what has places.
    pub(super) fn places(&self, scene: &Scene<'_>, out: &mut Vec<Hit>) {
        match self {
            Self::Term(term) => out.extend(scene.found.of(*term)),
            Self::Macro(name) => out.extend(scene.terms(*name).iter().flat_map(|term| scene.found.of(*term))),
            Self::Any(parts) => parts.iter().for_each(|part| part.places(scene, out)),
            _ => {}
        }
    }

    /// Writes down the places that make it true.
    fn evidence(&self, scene: &Scene<'_>, out: &mut Vec<Range<usize>>) {
        let range = |hit: &Hit| hit.place.start as usize..hit.place.end as usize;
        match self {
            Self::Term(term) => out.extend(scene.found.of(*term).iter().take(OF_A_TERM).map(range)),
            Self::Macro(name) => {
                out.extend(scene.terms(*name).iter().flat_map(|term| scene.found.of(*term)).take(OF_A_TERM).map(range));
            }
            Self::Near(pair) => {
                out.extend(near::pairs(pair, scene).iter().take(OF_A_TERM).flat_map(|(one, other)| [range(one), range(other)]));
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
