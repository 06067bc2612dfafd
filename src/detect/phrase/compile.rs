//! Turns a phrase into a small program and finds the word to anchor it on.

use rustc_hash::FxHashMap;

use super::SLOTS;
use super::parse::{Fill, Node};
use crate::text::Kind;

/// One step of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// One token out of a set.
    Set(u32),
    /// A token or a run of them that fills a slot: the slot's name, what may fill it.
    Slot(u8, Fill),
    /// One token of any kind, in the same sentence.
    Any,
    /// One token of this kind.
    Kind(Kind),
    /// Goes on here first, there on failure.
    Split(u32, u32),
    /// Goes on there.
    Jump(u32),
    /// A clause begins here.
    Start,
    /// A clause ends here.
    End,
    /// The next token may stand behind a hard gap.
    Cross,
    /// Found.
    Match,
}

/// Words of which one must stand there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Set {
    /// Numbers in the vocabulary, in order.
    pub(crate) words: Vec<u32>,
    /// Beginnings.
    pub(crate) prefixes: Vec<Box<str>>,
    /// A bit for the last six bits of each number: most words are told off by it alone.
    pub(crate) mask: u64,
}

impl Set {
    /// Writes the mask, when all words are known.
    pub(crate) fn settle(&mut self) {
        self.words.sort_unstable();
        self.words.dedup();
        self.mask = self.words.iter().fold(0, |mask, number| mask | 1 << (number % 64));
    }

    /// Whether a word of the vocabulary is one of its words.
    pub(crate) fn has(&self, number: u32) -> bool {
        self.mask >> (number % 64) & 1 == 1
            && (self.words.len() == 1 && self.words.first() == Some(&number) || self.words.binary_search(&number).is_ok())
    }
}

/// A word that must stand in the text for a phrase to be tried, and how far behind the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) word: Node,
    pub(crate) nearest: usize,
    pub(crate) farthest: usize,
    /// The words of which one must stand right beside it, and on which side: most tries end here.
    pub(crate) beside: Option<(i8, Vec<Node>)>,
}

/// Numbers for words, sets and slot names while a lexicon is compiled.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    pub(crate) words: FxHashMap<Box<str>, u32>,
    pub(crate) sets: Vec<Set>,
    known_sets: FxHashMap<Set, u32>,
    pub(crate) slots: Vec<String>,
}

impl Vocabulary {
    /// Numbers a word; 0 is kept for words nobody asks for.
    pub(crate) fn word(&mut self, word: &str) -> u32 {
        let next = u32::try_from(self.words.len() + 1).unwrap_or(u32::MAX);
        *self.words.entry(word.into()).or_insert(next)
    }

    pub(crate) fn set(&mut self, nodes: &[&Node]) -> u32 {
        let mut set = Set::default();
        for node in nodes {
            match node {
                Node::Word(word) => set.words.push(self.word(word)),
                Node::Prefix(stem) => set.prefixes.push(stem.as_str().into()),
                _ => {}
            }
        }
        set.words.sort_unstable();
        set.words.dedup();
        set.prefixes.sort_unstable();
        let next = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        *self.known_sets.entry(set).or_insert_with_key(|set| {
            self.sets.push(set.clone());
            next
        })
    }

    fn slot(&mut self, name: &str) -> u8 {
        let at = self.slots.iter().position(|known| known == name).unwrap_or_else(|| {
            self.slots.push(name.to_owned());
            self.slots.len() - 1
        });
        u8::try_from(at).unwrap_or(u8::MAX)
    }
}

/// The program of one phrase.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) steps: Vec<Step>,
    slots: usize,
}

/// Compiles a phrase whose classes are resolved.
pub(crate) fn compile(node: &Node, vocabulary: &mut Vocabulary) -> Result<Program, String> {
    let mut program = Program::default();
    program.write(node, vocabulary)?;
    program.steps.push(Step::Match);
    Ok(program)
}

impl Program {
    fn here(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX)
    }

    fn set(&mut self, at: u32, step: Step) {
        if let Some(place) = self.steps.get_mut(at as usize) {
            *place = step;
        }
    }

    fn write(&mut self, node: &Node, vocabulary: &mut Vocabulary) -> Result<(), String> {
        match node {
            Node::Word(_) | Node::Prefix(_) => {
                let set = vocabulary.set(&[node]);
                self.steps.push(Step::Set(set));
            }
            Node::Seq(all) => all.iter().try_for_each(|node| self.write(node, vocabulary))?,
            Node::Alt(all) => self.alternatives(all, vocabulary)?,
            Node::Opt(inner) => {
                let split = self.here();
                self.steps.push(Step::Match);
                self.write(inner, vocabulary)?;
                self.set(split, Step::Split(split + 1, self.here()));
            }
            Node::Slot(name, fill) => {
                if self.slots == SLOTS {
                    return Err(format!("more than {SLOTS} slots"));
                }
                self.slots += 1;
                self.steps.push(Step::Slot(vocabulary.slot(name), *fill));
            }
            Node::Gap(most) => {
                // The fewest words first: the nearest continuation is the one that is meant.
                let end = self.here() + 2 * u32::try_from(*most).unwrap_or(0);
                for _ in 0..*most {
                    let at = self.here();
                    self.steps.push(Step::Split(end, at + 1));
                    self.steps.push(Step::Any);
                }
            }
            Node::Class(name) => return Err(format!("there is no class <{name}>")),
            Node::Kind(kind) => self.steps.push(Step::Kind(*kind)),
            Node::Start => self.steps.push(Step::Start),
            Node::End => self.steps.push(Step::End),
            Node::Cross => self.steps.push(Step::Cross),
        }
        Ok(())
    }

    /// Longer alternatives first, all single words in one set behind them.
    fn alternatives(&mut self, all: &[Node], vocabulary: &mut Vocabulary) -> Result<(), String> {
        let (single, longer): (Vec<&Node>, Vec<&Node>) = all.iter().partition(|node| matches!(node, Node::Word(_) | Node::Prefix(_)));
        let mut jumps = Vec::new();
        for (index, node) in longer.iter().enumerate() {
            let last = single.is_empty() && index + 1 == longer.len();
            let split = self.here();
            if !last {
                self.steps.push(Step::Match);
            }
            self.write(node, vocabulary)?;
            if !last {
                jumps.push(self.here());
                self.steps.push(Step::Match);
                self.set(split, Step::Split(split + 1, self.here()));
            }
        }
        if !single.is_empty() {
            let set = vocabulary.set(&single);
            self.steps.push(Step::Set(set));
        }
        let end = self.here();
        for jump in jumps {
            self.set(jump, Step::Jump(end));
        }
        Ok(())
    }
}

/// How many tokens a phrase takes, at least and at most.
fn width(node: &Node) -> (usize, usize) {
    match node {
        Node::Word(_) | Node::Prefix(_) | Node::Kind(_) => (1, 1),
        Node::Seq(all) => all.iter().map(width).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)),
        Node::Alt(all) => all.iter().map(width).fold((usize::MAX, 0), |sum, one| (sum.0.min(one.0), sum.1.max(one.1))),
        Node::Opt(inner) => (0, width(inner).1),
        // A determiner and its adjectives may stand before a name.
        Node::Slot(..) => (1, super::run::SLOT_TOKENS + 3),
        Node::Gap(most) => (0, *most),
        Node::Class(_) | Node::Start | Node::End | Node::Cross => (0, 0),
    }
}

/// Takes a phrase apart that offers a choice: what is longer than a word one by one, all single words together.
///
/// Each part has its own anchors, so that `i` is not tried against `i'm`, `i'll` and twenty more.
pub(crate) fn choices(node: Node) -> Vec<Node> {
    let Node::Alt(all) = node else { return vec![node] };
    let (single, mut parts): (Vec<Node>, Vec<Node>) = all.into_iter().partition(|node| matches!(node, Node::Word(_) | Node::Prefix(_)));
    if !single.is_empty() {
        parts.push(Node::Alt(single));
    }
    parts
}

/// Gives the words of which one must stand at a place that takes just one; `None` for other places.
fn singles(node: &Node) -> Option<Vec<Node>> {
    match node {
        Node::Word(_) | Node::Prefix(_) => Some(vec![node.clone()]),
        Node::Alt(all) => all.iter().all(|node| matches!(node, Node::Word(_) | Node::Prefix(_))).then(|| all.clone()),
        _ => None,
    }
}

/// Finds the words of which one must stand in every text that a phrase matches, rarest first;
/// `cost` says how common a word is. `None` when every word may be missing.
pub(crate) fn anchors(node: &Node, cost: &impl Fn(&Node) -> usize) -> Option<(Vec<Anchor>, usize)> {
    match node {
        Node::Word(_) | Node::Prefix(_) => Some((vec![Anchor { word: node.clone(), nearest: 0, farthest: 0, beside: None }], cost(node))),
        Node::Seq(all) => in_sequence(all, cost),
        Node::Alt(all) => {
            let mut union = Vec::new();
            let mut price = 0;
            for node in all {
                let (found, one) = anchors(node, cost)?;
                union.extend(found);
                price += one;
            }
            Some((union, price))
        }
        _ => None,
    }
}

/// Finds the best part of a sequence: rare words, few places where the phrase can begin.
fn in_sequence(all: &[Node], cost: &impl Fn(&Node) -> usize) -> Option<(Vec<Anchor>, usize)> {
    let (mut least, mut most) = (0, 0);
    let mut best: Option<(Vec<Anchor>, usize)> = None;
    for (index, node) in all.iter().enumerate() {
        if let Some((mut found, price)) = anchors(node, cost)
            && let price = price.saturating_mul(1 + most - least)
            && best.as_ref().is_none_or(|(_, cheapest)| price < *cheapest)
        {
            let at = |at: Option<usize>| at.and_then(|at| all.get(at)).and_then(singles);
            let beside = singles(node)
                .and_then(|_| at(Some(index + 1)).map(|words| (1, words)).or_else(|| at(index.checked_sub(1)).map(|words| (-1, words))));
            for anchor in &mut found {
                anchor.nearest += least;
                anchor.farthest += most;
                anchor.beside = anchor.beside.take().or_else(|| beside.clone());
            }
            best = Some((found, price));
        }
        let (shortest, longest) = width(node);
        least += shortest;
        most += longest;
    }
    best
}
