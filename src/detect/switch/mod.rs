//! Who leaves whom: the grammar of a switch.
//!
//! Every rule of the family is a list of phrases in the data files of the
//! languages (`languages/*/switch.txt`) and one entry in [`family`]: what kind
//! of move its phrases tell. The code here is the same for all of them and for
//! every language: [`clause`] reads who does it, whether it is meant and how far
//! it is, [`party`] fills the sides, [`reason`] finds why, and [`mod@verdict`] makes
//! one answer of all findings. Nothing is dropped silently: a near miss is a
//! finding with the attribute that turned it.
//!
//! Marks of a phrase (behind `::`): `status=done|intent|considering|threat` where the words decide alone;
//! `any-actor` whoever does it; `negated-ok` a negation before it does not turn it; `cannot-ok` nor does
//! "can not"; `upset` only in a post that is upset; `both` only where the brand and a rival are named; `whole` only where
//! the post says nothing else; `subject` only where the author says "I"; `away` not where a post that addresses the brand joins it; `order` a command is a request to the brand; `later` not in the first sentence; `fault` not where an
//! app was installed again or could not be removed.

mod around;
mod clause;
mod family;
mod party;
mod reason;
#[cfg(test)]
mod tests;
mod verdict;

pub(super) use around::{Around, Mark};
use clause::Clause;
use party::{Slot, slot, understood_left};

pub(super) use around::{Marks, marks_of};
pub(super) use family::*;
pub(super) use verdict::{TURNED, verdict};

use super::weigh::Mood;
use super::{Doc, Found, Hit, Party, Reading, Rule, aside};
use crate::domain::{Attribute, Role, Signal};
use crate::text::{Kind as Written, Tag, Token};

/// What the phrases of a rule tell about the parties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody leaves: whom the slot says, else the brand addressed.
    Leave,
    /// Somebody goes to the one joined; the one left may be named.
    Go,
    /// Somebody goes from the one left; where a rival is left, the brand addressed is joined.
    From,
    /// Somebody comes, new or again: to the one joined, else to the brand addressed.
    Come,
    /// Somebody stays with the one joined.
    Stay,
}

/// One rule of the family.
#[derive(Debug, Clone, Copy)]
pub(super) struct SwitchRule {
    /// Its id, which is the name of its list.
    id: &'static str,
    /// What its phrases tell.
    kind: Kind,
    /// Its list, then, for some, the list of what only looks like it: the same words about a thing inside the brand.
    lists: &'static [&'static str],
    /// What it says of itself.
    doc: Doc,
}

/// The weight from which a phrase about a thing inside the brand turns one about the brand that shares a word with it.
const SURE: f32 = 0.9;

/// The same where the phrase names the one joined.
const SURER: f32 = 0.95;

/// Most findings of one rule in one post: a person repeats himself less often.
const MOST: usize = 16;

impl Rule for SwitchRule {
    fn id(&self) -> &'static str {
        self.id
    }

    fn signal(&self) -> Signal {
        Signal::Switch
    }

    fn doc(&self) -> Doc {
        self.doc
    }

    fn cues(&self) -> &'static [&'static str] {
        self.lists
    }

    fn read(&self, reading: &Reading<'_>, out: &mut Vec<Found>) {
        let around = reading.around();
        let mut end = None;
        for hit in reading.hits(self.id).iter().take(MOST) {
            // Of phrases that end at one word the first says most.
            if end != Some(hit.tokens.end)
                && let Some(found) = self.hear(reading, around, hit)
            {
                end = Some(hit.tokens.end);
                out.push(found);
            }
        }
        let hits = reading.hits(self.id);
        let near = self.near(reading).iter().filter(|near| !hits.iter().any(|hit| overlap(hit, near)));
        out.extend(near.take(MOST).map(|hit| {
            let mut found = reading.found(self.id, Signal::Switch, hit);
            turn(reading, &mut found, Attribute::InsideBrand, Some(hit.tokens.start));
            found
        }));
    }
}

impl SwitchRule {
    /// Reads one phrase; `None` when it does not say what its words seem to say.
    fn hear(&self, reading: &Reading<'_>, around: &Around, hit: &Hit) -> Option<Found> {
        let clause = Clause { reading, around, hit };
        let (left, joined) = (slot(reading, around, hit, "left"), slot(reading, around, hit, "joined"));
        let fuller = self.kind == Kind::From && reading.hits("switch.from-to").iter().any(|other| overlap(other, hit));
        if fuller
            || left == Slot::Wrong
            || joined == Slot::Wrong
            || !is_backed(reading, self.id, hit, &left, &joined)
            || !fits(&clause, &joined)
            || came_from(reading, around, hit)
        {
            return None;
        }
        let sense = clause.sense();
        let mut found = reading.change(self.id, hit, sense.status);
        for (attribute, token) in sense.against {
            turn(reading, &mut found, attribute, token);
        }
        let first = hit.tokens.start;
        if self.id == "switch.tag" && !is_named_tag(reading, hit) {
            return None;
        }
        let left = left
            .party()
            .filter(|party| !self.is_nickname(reading, party))
            // "If Dropbox gets it, I'm gone": the condition names whom one would go to.
            .or_else(|| if self.kind == Kind::Leave && !around.is(first, Mark::If) { named_in(reading, hit) } else { None });
        let (mut left, mut joined) = self.sides(reading, hit, left, joined.party());
        let back = taken_back(reading, around, hit);
        if let Some(back) = back {
            // "I switched from X to Y and now am switching back."
            if self.id == "switch.from-to" {
                std::mem::swap(&mut left, &mut joined);
                found.finding.evidence.push(reading.evidence(&(back..back + 1), Role::Cue));
            } else {
                turn(reading, &mut found, Attribute::Past, Some(back));
            }
        }
        if clause.marked("both") && !is_between(left.as_ref(), joined.as_ref()) {
            return None;
        }
        if self.is_thing(reading, hit) || left.is_some() && left == joined {
            turn(reading, &mut found, Attribute::InsideBrand, None);
        }
        // "Tough to justify sticking with Dropbox" is no staying, at whichever desk.
        let unsure = || reading.hits("switch.not-stay").iter().any(|other| overlap(other, hit));
        if self.kind == Kind::Stay && (joined.as_ref().is_none_or(|joined| *joined == Party::Brand) || unsure()) {
            turn(reading, &mut found, Attribute::Negated, Some(first));
        }
        if clause.marked("fault") && (around.any(Mark::Reinstall) || clause.cannot()) {
            turn(reading, &mut found, Attribute::InsideBrand, None);
        }
        if joined == Some(Party::Brand) && clause.tried() {
            turn(reading, &mut found, Attribute::Failed, None);
        }
        if let Some(change) = &mut found.change {
            change.left = left;
            change.joined = joined;
        }
        reason::add(reading, hit, &mut found);
        Some(found)
    }

    /// The phrases that only look like those of this rule.
    fn near<'r>(&self, reading: &'r Reading<'_>) -> &'r [Hit] {
        self.lists.get(1).map_or(&[], |list| reading.hits(list))
    }

    /// "I'll never use that feature again": the thing, not the brand.
    fn is_thing(&self, reading: &Reading<'_>, hit: &Hit) -> bool {
        // "I'll switch the family to Dropbox": where a name is joined, only what is sure about it turns it.
        let named = reading
            .slot(hit, "joined")
            .and_then(|joined| reading.token(joined.start))
            .is_some_and(|token| matches!(token.tag, Tag::Brand | Tag::Rival(_)));
        let bar = if named { SURER } else { SURE };
        self.near(reading).iter().any(|near| reading.weight(near) >= bar && overlap(near, hit))
    }

    /// A post that addresses the brand and is done with a name we do not know calls it by a nickname.
    fn is_nickname(&self, reading: &Reading<'_>, left: &Party) -> bool {
        self.kind == Kind::Leave && reading.addressed() && matches!(left, Party::Other(name) if !name.starts_with('@'))
    }

    /// Fills in the sides that the phrase leaves unsaid.
    fn sides(&self, reading: &Reading<'_>, hit: &Hit, left: Option<Party>, joined: Option<Party>) -> (Option<Party>, Option<Party>) {
        match self.kind {
            Kind::From if joined.is_none() => {
                // "I'm moving away from them", "from this company": whoever was spoken of.
                let left = left.or_else(|| party::spoken_of(reading, hit)).or_else(|| understood_left(reading, hit, None));
                let here = left != Some(Party::Brand) && reading.names_brand();
                (left, here.then_some(Party::Brand))
            }
            Kind::Come => {
                // "@dropbox can I come back?": one comes to whom one speaks.
                let spoken_to = || party::called(reading).or_else(|| party::named_before(reading, hit));
                let joined = joined.or_else(spoken_to).or_else(|| reading.names_brand().then_some(Party::Brand));
                (left.or_else(|| understood_left(reading, hit, joined.as_ref())), joined)
            }
            Kind::Stay if !reading.addressed() => (left, joined),
            // "@nomadesk I ditched Dropbox": whom one tells of it is where one goes.
            Kind::Leave if joined.is_none() && left.is_some() => {
                let joined = called_beside(reading, left.as_ref());
                // On the brand's own page: "exactly what I wanted when I left Dropbox", "love Nomadesk, cancelled Dropbox".
                let named = reading.tokens().iter().any(|token| token.tag == Tag::Brand);
                let here = joined.is_none() && matches!(left, Some(Party::Rival(_))) && reading.about();
                let glad = |mood: &Mood| if named { mood.pleased() } else { !mood.complains() };
                (left, joined.or_else(|| (here && glad(reading.mood())).then_some(Party::Brand)))
            }
            Kind::Leave | Kind::Go | Kind::From | Kind::Stay => (left.or_else(|| understood_left(reading, hit, joined.as_ref())), joined),
        }
    }
}

/// Whether a move is one between the brand and a rival.
fn is_between(left: Option<&Party>, joined: Option<&Party>) -> bool {
    matches!(
        (left, joined),
        (Some(Party::Brand), Some(Party::Rival(_) | Party::Other(_))) | (Some(Party::Rival(_) | Party::Other(_)), Some(Party::Brand))
    )
}

/// The one party beside the one left whose handle is called.
fn called_beside(reading: &Reading<'_>, left: Option<&Party>) -> Option<Party> {
    if !matches!(left, Some(Party::Brand | Party::Rival(_))) {
        return None;
    }
    let mut called = reading.tokens().iter().filter(|token| token.kind == Written::Handle).filter_map(|token| party::known(token.tag));
    let first = called.find(|party| Some(party) != left)?;
    called.all(|party| party == first || Some(&party) == left).then_some(first)
}

/// Checks the marks that tie a phrase to its post.
fn fits(clause: &Clause<'_, '_>, joined: &Slot) -> bool {
    let upset = !clause.marked("upset") || clause.around.any(Mark::Upset);
    let other = matches!(joined, Slot::Filled(Party::Other(_)));
    let calm = !(other && clause.around.any(Mark::Eager));
    // Where a rival is named beside it, the brand may well be what is chosen.
    let chosen = || aside::names_rival(clause.reading) && !is_called(clause);
    let away = !clause.marked("away") || !clause.reading.addressed() || *joined != Slot::Filled(Party::Brand) || chosen();
    let later = !clause.marked("later") || clause.reading.token(clause.hit.tokens.start).is_some_and(|token| token.sentence > 0);
    let subject = !clause.marked("subject") || clause.author_says();
    let whole = !clause.marked("whole") || says_nothing_else(clause.reading, clause.hit);
    upset && calm && away && later && subject && whole
}

/// Where a post takes back the move that a phrase tells: "and now am switching back". "Fix it and I'll think about coming
/// back" takes nothing back.
fn taken_back(reading: &Reading<'_>, around: &Around, hit: &Hit) -> Option<usize> {
    let tokens = || 0..reading.tokens().len();
    let back = tokens().skip(hit.tokens.end).find(|token| around.is(*token, Mark::Reversed))?;
    let open = |at: usize| around.is(at, Mark::If) || around.is(at, Mark::Considering);
    (!tokens().skip(hit.tokens.end).any(|at| open(at) && reading.same_sentence(at, back))).then_some(back)
}

/// Whether the one that a phrase takes for joined is only called, at the head of the post: "@nomadesk from now on it is Dropbox".
fn is_called(clause: &Clause<'_, '_>) -> bool {
    let handle = |token: &Token| token.kind == Written::Handle;
    let Some(joined) = clause.reading.slot(clause.hit, "joined") else { return false };
    clause.reading.tokens().iter().take(joined.end).all(handle)
}

/// Whether the one that a phrase takes for joined is where the author comes from: "just in from Dropbox, number came across".
fn came_from(reading: &Reading<'_>, around: &Around, hit: &Hit) -> bool {
    let Some(joined) = reading.slot(hit, "joined") else { return false };
    let before = joined.start.checked_sub(1).filter(|before| *before < hit.tokens.start && reading.same_clause(*before, joined.start));
    before.is_some_and(|before| around.is(before, Mark::Since))
}

/// Whether a post is nothing but the words of a phrase, whom it calls and at most one word more: "@nomadesk unsubscribing today".
fn says_nothing_else(reading: &Reading<'_>, hit: &Hit) -> bool {
    let tokens = reading.tokens().iter().enumerate();
    tokens.filter(|(at, token)| !hit.tokens.contains(at) && token.kind == Written::Word && token.tag == Tag::None).nth(1).is_none()
}

/// The rival whose name stands among the words of a phrase: "not using Dropbox ever again".
fn named_in(reading: &Reading<'_>, hit: &Hit) -> Option<Party> {
    hit.tokens.clone().find_map(|token| party::known(reading.token(token)?.tag))
}

/// A word that is neither a handle nor capitalised counts as a name only beside one we know; beside a "you" it does
/// not where the verb may mean things: "I left a note for you".
fn is_backed(reading: &Reading<'_>, rule: &str, hit: &Hit, left: &Slot, joined: &Slot) -> bool {
    let first = |name: &str| reading.slot(hit, name).and_then(|tokens| reading.token(tokens.start));
    let known = |name: &str, slot: &Slot| {
        let said = rule != "switch.replace" || first(name).is_some_and(|token| token.tag != Tag::You);
        said && matches!(slot, Slot::Filled(Party::Brand | Party::Rival(_)))
    };
    let loose = |name: &str, slot: &Slot| {
        matches!(slot, Slot::Filled(Party::Other(_))) && first(name).is_some_and(|token| token.kind == Written::Word && !token.capital)
    };
    !(loose("left", left) || loose("joined", joined)) || known("left", left) || known("joined", joined)
}

/// "#byebyejetblue": the tag holds the name of the brand.
fn is_named_tag(reading: &Reading<'_>, hit: &Hit) -> bool {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let brand = plain(reading.name(&Party::Brand));
    brand.len() > 2 && plain(reading.word(hit.tokens.start)).contains(&brand)
}

/// Whether two phrases share a word.
fn overlap(one: &Hit, other: &Hit) -> bool {
    one.tokens.start < other.tokens.end && other.tokens.start < one.tokens.end
}

/// Adds an attribute, and the word that brought it.
fn turn(reading: &Reading<'_>, found: &mut Found, attribute: Attribute, token: Option<usize>) {
    found.attribute(attribute);
    if let Some(token) = token {
        found.finding.evidence.push(reading.evidence(&(token..token + 1), Role::Against));
    }
}
