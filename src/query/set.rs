//! Many queries in one: compiled once, a post looked up once for all of them.
//!
//! A query can be true only when one of its *wakers* stands in the post: a set
//! of terms of which every way to be true needs one, chosen as rare as its
//! words allow. Queries without such a set (`lang:de`, `brand` alone) are
//! always asked.

use rustc_hash::FxHashSet;

use super::evaluate::{Node, Pair, Subject};
use super::field;
use super::pattern::{Pattern, Text};
use super::pieces::{self, Piece};
use super::table::{Hit, Table};
use super::tree::{Expr, Query};
use crate::domain::{Brand, Watch};
use crate::text::{Folded, Map};

/// What the macros stand for in one watch.
#[derive(Debug, Default)]
pub(super) struct WatchNames {
    /// The id of the watch.
    id: String,
    /// The name of the brand.
    pub(super) brand: String,
    /// The names of its rivals.
    pub(super) rivals: Vec<String>,
    /// Its terms, those of its rivals, and the handles of its own accounts, as numbers of the table.
    pub(super) terms: [Vec<u32>; 3],
    /// Its own accounts: network and folded handle.
    pub(super) own: Vec<(String, String)>,
}

/// Many queries, compiled for the watches they are asked for.
#[derive(Debug, Default)]
pub struct Set {
    table: Table,
    pub(super) nodes: Vec<(Expr, Node)>,
    /// The queries that each term wakes.
    wakes: Vec<Vec<u32>>,
    always: Vec<u32>,
    pub(super) watches: Vec<WatchNames>,
}

/// What was found in one text: buffers that one caller reuses.
#[derive(Debug, Default)]
pub struct Found {
    pieces: Vec<Piece>,
    hits: Vec<Hit>,
    awake: Vec<u32>,
}

impl Found {
    /// The places of a term, in the order of the text.
    pub(super) fn of(&self, term: u32) -> &[Hit] {
        let from = self.hits.partition_point(|hit| hit.term < term);
        let rest = self.hits.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|hit| hit.term == term)).unwrap_or_default()
    }

    /// How much was found, as a measure of the work.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.pieces.len() + self.hits.len()
    }

    /// The queries that may be true of this text, in the order of the set.
    pub fn awake(&self) -> impl Iterator<Item = usize> {
        self.awake.iter().map(|&query| query as usize)
    }
}

impl Set {
    /// Compiles queries for watches; both are known by their place in these lists from then on.
    pub fn new<'q>(queries: impl IntoIterator<Item = &'q Query>, watches: &[Watch]) -> Self {
        let mut set = Self::default();
        let mut macros = false;
        for (index, query) in queries.into_iter().enumerate() {
            macros |= query.tree.any(&mut |expr| matches!(expr, Expr::Macro(_)));
            let node = set.node(&query.tree);
            let number = crate::text::narrow(index);
            match wakers(&query.tree, &node) {
                Some((_, wakers)) => {
                    set.wakes.resize_with(set.table.len(), Vec::new);
                    for term in wakers {
                        if let Some(wakes) = set.wakes.get_mut(term as usize).filter(|wakes| wakes.last() != Some(&number)) {
                            wakes.push(number);
                        }
                    }
                }
                None => set.always.push(number),
            }
            set.nodes.push((query.tree.clone(), node));
        }
        for watch in watches {
            let names = set.names(watch, macros);
            set.watches.push(names);
        }
        set.table.finish();
        set
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Finds a watch by its id.
    pub fn watch(&self, id: &str) -> Option<usize> {
        self.watches.iter().position(|names| names.id == id)
    }

    /// Whether one query is true of a post: for whoever asks now and then.
    pub fn is_true(&self, query: usize, subject: &Subject<'_>) -> bool {
        let (mut folded, mut found) = (Folded::default(), Found::default());
        let map = folded.fold_mapped(&subject.mention.text);
        self.find(&subject.mention.text, &folded, &map, &mut found);
        self.holds(query, subject, &found).is_some()
    }

    /// Looks a text up once for all queries. `folded` and `map` are those of `original`.
    pub fn find(&self, original: &str, folded: &Folded, map: &Map, found: &mut Found) {
        pieces::cut(&folded.text, &mut found.pieces);
        self.table.find(&Text { original, folded, map, pieces: &found.pieces }, &mut found.hits);
        found.awake.clear();
        found.awake.extend_from_slice(&self.always);
        for hits in found.hits.chunk_by(|one, other| one.term == other.term) {
            let wakes = hits.first().and_then(|hit| self.wakes.get(hit.term as usize));
            found.awake.extend(wakes.into_iter().flatten());
        }
        found.awake.sort_unstable();
        found.awake.dedup();
    }

    /// Compiles one part of a tree.
    fn node(&mut self, expr: &Expr) -> Node {
        match expr {
            // What the parser let through compiles; a term that a caller built by hand may be none.
            Expr::Term(term) => Pattern::new(term).map_or(Node::Never, |pattern| Node::Term(self.table.add(pattern))),
            Expr::Field(field) => Node::Field(field::Test::new(field)),
            Expr::Macro(name) => Node::Macro(*name),
            Expr::Near(near) => Node::Near(Box::new(Pair {
                first: self.node(&near.first),
                second: self.node(&near.second),
                words: u32::from(near.words),
                ordered: near.ordered,
            })),
            Expr::Not(inner) => Node::Not(Box::new(self.node(inner))),
            Expr::All(parts) => Node::All(parts.iter().map(|part| self.node(part)).collect()),
            Expr::Any(parts) => Node::Any(parts.iter().map(|part| self.node(part)).collect()),
        }
    }

    /// Fills in what the macros stand for; their terms only where some query says one.
    fn names(&mut self, watch: &Watch, macros: bool) -> WatchNames {
        let mut numbers = |terms: &mut dyn Iterator<Item = String>| -> Vec<u32> {
            let patterns = terms.filter(|_| macros).filter_map(|term| Pattern::of_name(&term));
            let mut numbers: Vec<u32> = patterns.map(|pattern| self.table.add(pattern)).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let of = |brand: &Brand| brand.terms.clone();
        let brand = numbers(&mut watch.brand.terms.iter().chain(&watch.ambiguous).cloned());
        let rival = numbers(&mut watch.rivals.iter().flat_map(of));
        let own = numbers(&mut watch.own.iter().map(|account| format!("@{}", account.handle.trim_start_matches('@'))));
        let plain = |handle: &str| crate::text::folded(handle.trim_start_matches('@'));
        WatchNames {
            id: watch.id.clone(),
            brand: watch.brand.name.clone(),
            rivals: watch.rivals.iter().map(|rival| rival.name.clone()).collect(),
            terms: [brand, rival, own],
            own: watch.own.iter().map(|account| (account.network.as_str().to_owned(), plain(&account.handle))).collect(),
        }
    }
}

/// The terms of which every way to be true needs one, with how often such words are met; `None` when there are none.
fn wakers(expr: &Expr, node: &Node) -> Option<(u64, Vec<u32>)> {
    match (expr, node) {
        (Expr::Term(term), Node::Term(number)) => Some((frequency(&term.text), vec![*number])),
        (Expr::Near(near), Node::Near(pair)) => {
            rarest([wakers(&near.first, &pair.first), wakers(&near.second, &pair.second)].into_iter().flatten())
        }
        (Expr::All(parts), Node::All(nodes)) => rarest(parts.iter().zip(nodes).filter_map(|(part, node)| wakers(part, node))),
        (Expr::Any(parts), Node::Any(nodes)) => {
            let all: Option<Vec<_>> = parts.iter().zip(nodes).map(|(part, node)| wakers(part, node)).collect();
            let all = all?;
            let often = all.iter().map(|(often, _)| often).sum();
            let mut seen = FxHashSet::default();
            let terms = all.into_iter().flat_map(|(_, terms)| terms).filter(|term| seen.insert(*term));
            Some((often, terms.collect()))
        }
        // What can never be true needs no waking.
        (Expr::Term(_), Node::Never) => Some((0, Vec::new())),
        _ => None,
    }
}

fn rarest(all: impl Iterator<Item = (u64, Vec<u32>)>) -> Option<(u64, Vec<u32>)> {
    all.min_by_key(|(often, terms)| (*often, terms.len()))
}

/// A guess how often a term is met: long words are rare, phrases as rare as their longest word.
fn frequency(text: &str) -> u64 {
    let longest = text.split(|c: char| !c.is_alphanumeric()).map(|word| word.chars().count()).max().unwrap_or(0);
    // A star stands for the rest of the word, and for many words.
    let letters = if text.ends_with('*') { longest.saturating_sub(1) } else { longest };
    1_u64 << (20 - letters.min(20))
}
