//! Who stands in a slot, and who is meant where nobody is named.
//!
//! Known names win; a stranger counts only as it is written; things that change
//! inside one brand are nobody. The brand addressed is left unless the post
//! says otherwise; "you" is whoever the post speaks to.

use std::ops::Range;

use super::around::{Around, Mark};
use crate::detect::{Hit, Party, Reading};
use crate::text::{Gap, Kind, Tag};

/// Most names of a list ("Salt, Sunrise or UPC") that are read.
const LISTED: usize = 6;

/// What a slot says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Slot {
    /// The phrase has no such slot, or it is not filled.
    Open,
    /// It is filled by something that is no party: the phrase does not count.
    Wrong,
    /// It is filled.
    Filled(Party),
}

impl Slot {
    /// The party, if there is one.
    pub(super) fn party(self) -> Option<Party> {
        match self {
            Self::Filled(party) => Some(party),
            _ => None,
        }
    }
}

/// Reads a slot of a hit.
pub(super) fn slot(reading: &Reading<'_>, around: &Around, hit: &Hit, name: &str) -> Slot {
    let Some(tokens) = reading.slot(hit, name) else { return Slot::Open };
    let Some(first) = reading.token(tokens.start) else { return Slot::Open };
    let next = tokens.end;
    let follows = |mark: Mark| around.is(next, mark) && reading.token(next).is_some_and(|token| token.gap == Gap::None);
    if first.tag == Tag::You {
        let owns = matches!(reading.word(tokens.start), "your" | "ur" | "yours" | "yourself" | "yourselves" | "ihr" | "dein");
        return match you(reading) {
            _ if owns && !follows(Mark::Service) => Slot::Wrong,
            Some(party) => Slot::Filled(party),
            None => Slot::Open,
        };
    }
    let last = reading.token(tokens.end - 1);
    let owner = last.is_some_and(|token| token.possessive) && reading.token(next).is_some_and(|token| token.gap == Gap::None);
    if owner && !around.is(next, Mark::Service) || name == "joined" && follows(Mark::Place) {
        return Slot::Wrong;
    }
    if first.tag == Tag::None && first.kind != Kind::Handle && !can_be_name(reading, around, &tokens) {
        return Slot::Wrong;
    }
    reading.who(&tokens).map_or(Slot::Open, |party| Slot::Filled(with_others(reading, party, tokens.end)))
}

/// Says whether words we do not know can be a name.
fn can_be_name(reading: &Reading<'_>, around: &Around, tokens: &Range<usize>) -> bool {
    let Some(first) = reading.token(tokens.start) else { return false };
    let code = first.shouted && first.end - first.start == 3;
    let thing = tokens.clone().chain(std::iter::once(tokens.end)).any(|token| {
        around.is(token, Mark::Inside) && (token < tokens.end || reading.token(token).is_some_and(|token| token.gap == Gap::None))
    });
    !code && first.kind != Kind::Number && !thing && !around.is(tokens.start, Mark::NoName) && !(first.capital && shouts(reading))
}

/// Says whether capitals mean nothing: the post shouts or is a headline.
fn shouts(reading: &Reading<'_>) -> bool {
    let words = reading.tokens().iter().filter(|token| token.kind == Kind::Word && token.tag == Tag::None);
    let (capitals, all) = words.fold((0, 0), |(capitals, all), token| (capitals + usize::from(token.capital), all + 1));
    all > 4 && capitals * 2 > all
}

/// Of names that are listed with "or" and "and" the brand wins.
fn with_others(reading: &Reading<'_>, first: Party, mut end: usize) -> Party {
    for _ in 0..LISTED {
        let Some(link) = reading.token(end) else { break };
        let and = matches!(reading.word(end), "or" | "and" | "&" | "/" | "oder" | "und" | "o" | "ou" | "y" | "et" | "e" | "of" | "en");
        let at = if and { end + 1 } else { end };
        match reading.token(at) {
            Some(token) if token.tag == Tag::Brand && (and || link.gap == Gap::Soft) => return Party::Brand,
            Some(token)
                if (and || link.gap == Gap::Soft)
                    && (matches!(token.tag, Tag::Rival(_)) || token.capital || token.kind == Kind::Handle) =>
            {
                end = at + 1
            }
            _ => break,
        }
    }
    first
}

/// Whom "you" means: the brand of the page, else whose handle comes first, else the only one who is named.
fn you(reading: &Reading<'_>) -> Option<Party> {
    if reading.about() {
        return Some(Party::Brand);
    }
    let known = |tag: Tag| match tag {
        Tag::Brand => Some(Party::Brand),
        Tag::Rival(number) => Some(Party::Rival(number)),
        _ => None,
    };
    let handle = reading.tokens().iter().find(|token| token.kind == Kind::Handle);
    handle.and_then(|token| known(token.tag)).or_else(|| reading.tokens().iter().find_map(|token| known(token.tag)))
}

/// Who is left when the phrase does not say it: the brand, unless it is the one joined; else the only other one named.
pub(super) fn understood_left(reading: &Reading<'_>, joined: Option<&Party>) -> Option<Party> {
    if joined != Some(&Party::Brand) && reading.names_brand() {
        return Some(Party::Brand);
    }
    let mut others = reading.tokens().iter().filter_map(|token| match token.tag {
        Tag::Rival(number) if joined != Some(&Party::Rival(number)) => Some(Party::Rival(number)),
        _ => None,
    });
    let first = others.next()?;
    others.all(|other| other == first).then_some(first)
}
