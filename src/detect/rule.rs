//! One detector: the trait, what it finds, and the plain list of all of them.

use super::reading::Reading;
use crate::domain::{Attribute, Finding, Signal, Status, Why};

/// What a rule says of itself; `docs/signals.md` is made of these.
#[derive(Debug, Clone, Copy)]
pub struct Doc {
    /// What it hears, one sentence.
    pub hears: &'static str,
    /// Why that matters, one sentence.
    pub why: &'static str,
    /// Posts it says yes to.
    pub yes: &'static [&'static str],
    /// Near misses it says no to.
    pub no: &'static [&'static str],
}

/// Hears one thing.
pub trait Rule: Sync {
    /// Its id: family and name, such as `switch.from-to`.
    fn id(&self) -> &'static str;

    /// What it hears.
    fn signal(&self) -> Signal;

    /// What it says of itself.
    fn doc(&self) -> Doc;

    /// The phrase lists of which one must have a hit for the rule to run; a name that ends in `.`
    /// means every list that begins so; none at all means always.
    fn cues(&self) -> &'static [&'static str];

    /// Reads a post and writes down what it found, lowered findings included, with their attributes.
    fn read(&self, reading: &Reading<'_>, out: &mut Vec<Found>);
}

/// Every rule, in the order of the documentation.
pub const RULES: &[&dyn Rule] = &[
    &super::switch::FROM_TO,
    &super::switch::TO,
    &super::switch::BACK_TO,
    &super::switch::FROM,
    &super::switch::INSTEAD,
    &super::switch::REPLACE,
    &super::switch::GOODBYE,
    &super::switch::HELLO,
    &super::switch::ARROW,
    &super::switch::STAY,
    &super::switch::NOT_STAY,
    &super::switch::REGRET,
    &super::switch::REGRET_STAYING,
    &super::switch::NEW,
    &super::switch::FUTURE,
    &super::switch::LOOK,
    &super::switch::OTHERS,
    &super::switch::LEAVE,
    &super::switch::CANCEL,
    &super::switch::CLOSE,
    &super::switch::DELETE,
    &super::switch::NOT_RENEW,
    &super::switch::STOP,
    &super::switch::DONE,
    &super::switch::NEVER,
    &super::switch::LOST,
    &super::switch::WIN_BACK,
    &super::switch::JOIN,
    &super::switch::TAG,
    &super::complaint::Complaint,
    &super::praise::Praise,
    &super::question::Question,
    &super::chasing::CHASING,
    &super::distrust::DISTRUST,
];

/// Finds a rule by its id.
pub fn rule(id: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.id() == id)
}

/// Lets every rule read whose cues occur.
pub(super) fn read(reading: &Reading<'_>, out: &mut Vec<Found>) {
    for (index, rule) in RULES.iter().enumerate() {
        if reading.calls(index) || rule.cues().is_empty() {
            rule.read(reading, out);
        }
    }
}

/// Somebody who is left or joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// The watched brand.
    Brand,
    /// A rival, by its place in the watch.
    Rival(u16),
    /// The words as they stand.
    Other(String),
}

/// Who leaves whom, as one finding says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Who is left.
    pub left: Option<Party>,
    /// Who is joined.
    pub joined: Option<Party>,
    /// How far it has come.
    pub status: Status,
    /// Why, where it is said.
    pub reason: Option<Why>,
}

/// A finding, with the change when it is a switch.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What the explanation shows.
    pub finding: Finding,
    /// Who leaves whom; only switch rules fill it.
    pub change: Option<Change>,
}

impl Found {
    /// Adds an attribute once.
    pub fn attribute(&mut self, attribute: Attribute) {
        if !self.finding.attributes.contains(&attribute) {
            self.finding.attributes.push(attribute);
        }
    }

    /// Whether it carries an attribute.
    pub fn has(&self, attribute: Attribute) -> bool {
        self.finding.attributes.contains(&attribute)
    }
}

/// A rule that is nothing but its list: every hit is a finding.
#[derive(Debug, Clone, Copy)]
pub struct ListRule {
    /// Its id.
    pub id: &'static str,
    /// What it hears.
    pub signal: Signal,
    /// What it says of itself.
    pub doc: Doc,
    /// Its lists.
    pub lists: &'static [&'static str],
}

impl Rule for ListRule {
    fn id(&self) -> &'static str {
        self.id
    }

    fn signal(&self) -> Signal {
        self.signal
    }

    fn doc(&self) -> Doc {
        self.doc
    }

    fn cues(&self) -> &'static [&'static str] {
        self.lists
    }

    fn read(&self, reading: &Reading<'_>, out: &mut Vec<Found>) {
        for hit in self.lists.iter().flat_map(|list| reading.hits(list)) {
            out.push(reading.found(self.id, self.signal, hit));
        }
    }
}
