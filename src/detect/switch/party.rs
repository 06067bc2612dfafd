//! Who stands in a slot, and who is meant where nobody is named.
//!
//! Known names win; a stranger counts only as it is written; things that change
//! inside one brand are nobody. The brand addressed is left unless the post
//! says otherwise; "you" is whoever the post speaks to.

use std::ops::Range;

use super::around::{Around, Mark};
use crate::detect::{Hit, Party, Reading};
use crate::text::{Gap, Kind, Tag, Token};

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
        return match you(reading) {
            // As an object "ihr" is hers or theirs; as a subject it is you.
            _ if (owns(reading.word(tokens.start)) || reading.word(tokens.start) == "ihr") && !follows(Mark::Service) => Slot::Wrong,
            Some(party) => Slot::Filled(party),
            None => Slot::Open,
        };
    }
    let last = reading.token(tokens.end - 1);
    let owner = last.is_some_and(|token| token.possessive) && reading.token(next).is_some_and(|token| token.gap == Gap::None);
    if owner && !around.is(next, Mark::Service) || name == "joined" && follows(Mark::Place) {
        return Slot::Wrong;
    }
    // "gonna Google": one word written out as two is no way to anybody.
    let merged = |at: usize| Some(reading.token(at.checked_sub(1)?)?.start == reading.token(at)?.start);
    if name == "joined" && reading.word(tokens.start.wrapping_sub(1)) == "to" && tokens.start.checked_sub(1).and_then(merged) == Some(true)
    {
        return Slot::Wrong;
    }
    // "never again, Salt is better": the name begins another clause.
    let parted = first.gap == Gap::Soft && tokens.start > hit.tokens.start && hit.tokens.end == next;
    if parted && reading.token(next).is_some_and(|token| token.gap == Gap::None && token.kind == Kind::Word) {
        return Slot::Wrong;
    }
    if first.tag == Tag::None && first.kind != Kind::Handle && !can_be_name(reading, around, &tokens) {
        return Slot::Wrong;
    }
    // "Self-hosted GitHub" is GitHub.
    let inner = tokens.clone().chain(std::iter::once(next).filter(|next| reading.token(*next).is_some_and(|token| token.gap == Gap::None)));
    let known = inner.map(|token| token..token + 1).find(|token| matches!(reading.token(token.start), Some(token) if is_known(token)));
    let tokens = if first.tag == Tag::None && first.kind == Kind::Word { known.unwrap_or(tokens) } else { tokens };
    let Some(party) = reading.who(&tokens) else { return Slot::Open };
    // "I switched to a Samsung": one of many, not whom one goes to.
    let one_of = tokens.start.checked_sub(1).is_some_and(|before| around.is(before, Mark::OneOf));
    if name == "joined" && one_of && matches!(party, Party::Other(_)) {
        return Slot::Wrong;
    }
    Slot::Filled(with_others(reading, party, tokens.end))
}

/// Whether a word says whose something is, and cannot be who does it.
pub(super) fn owns(word: &str) -> bool {
    matches!(word, "your" | "ur" | "yours" | "yourself" | "yourselves" | "dein")
}

/// Whether a token is the name of the brand or of a rival.
fn is_known(token: &Token) -> bool {
    matches!(token.tag, Tag::Brand | Tag::Rival(_)) && token.kind == Kind::Word
}

/// Says whether words we do not know can be a name.
fn can_be_name(reading: &Reading<'_>, around: &Around, tokens: &Range<usize>) -> bool {
    let Some(first) = reading.token(tokens.start) else { return false };
    let code = first.shouted && first.end - first.start == 3;
    let thing = tokens.clone().chain(std::iter::once(tokens.end)).any(|token| {
        around.is(token, Mark::Inside) && (token < tokens.end || reading.token(token).is_some_and(|token| token.gap == Gap::None))
    });
    let written = first.kind == Kind::Number || around.is(tokens.start, Mark::NoName) || first.capital && shouts(reading);
    !(code || thing || written)
}

/// Says whether capitals mean nothing: the post shouts or is a headline.
fn shouts(reading: &Reading<'_>) -> bool {
    let words = reading.tokens().iter().filter(|token| token.kind == Kind::Word && token.tag == Tag::None);
    let (capitals, all) = words.fold((0, 0), |(capitals, all), token| (capitals + usize::from(token.capital), all + 1));
    all > 4 && capitals * 2 > all
}

/// Of names that are listed ("Salt, Sunrise or UPC") the brand wins; a comma alone makes no list.
fn with_others(reading: &Reading<'_>, first: Party, mut end: usize) -> Party {
    let (mut brand, mut listed) = (false, false);
    for _ in 0..LISTED {
        let Some(link) = reading.token(end) else { break };
        let and = matches!(reading.word(end), "or" | "and" | "&" | "/" | "oder" | "und" | "o" | "ou" | "y" | "et" | "e" | "of" | "en");
        let at = if and { end + 1 } else { end };
        let named = reading
            .token(at)
            .filter(|token| matches!(token.tag, Tag::Brand | Tag::Rival(_)) || token.capital || token.kind == Kind::Handle);
        let Some(token) = named.filter(|_| and || link.gap == Gap::Soft) else { break };
        brand |= token.tag == Tag::Brand;
        listed |= and;
        end = at + 1;
    }
    if brand && listed { Party::Brand } else { first }
}

/// Whom "you" means: the brand of the page, else whose handle comes first, else the only one who is named.
fn you(reading: &Reading<'_>) -> Option<Party> {
    called(reading).or_else(|| reading.tokens().iter().find_map(|token| known(token.tag)))
}

/// Whom a post speaks to: the brand of the page, else whose handle comes first, if we know it.
pub(super) fn called(reading: &Reading<'_>) -> Option<Party> {
    if reading.about() {
        return Some(Party::Brand);
    }
    reading.tokens().iter().find(|token| token.kind == Kind::Handle).and_then(|token| known(token.tag))
}

/// Who is named last before a phrase, in its sentence: "Nomadesk, can I come back?"
pub(super) fn named_before(reading: &Reading<'_>, hit: &Hit) -> Option<Party> {
    let before = (0..hit.tokens.start).rev().take_while(|token| reading.same_sentence(*token, hit.tokens.start));
    before.filter_map(|token| reading.token(token)).filter(|token| token.kind != Kind::Url).find_map(|token| known(token.tag))
}

/// Whom "them" and "this company" mean: who is named last before a phrase. Whose handle is only called at the head of
/// the post is spoken to.
pub(super) fn spoken_of(reading: &Reading<'_>, hit: &Hit) -> Option<Party> {
    let called = reading.tokens().iter().take_while(|token| token.kind == Kind::Handle).count();
    let before = reading.tokens().get(called..hit.tokens.start)?.iter().rev();
    before.filter(|token| token.kind != Kind::Url).find_map(|token| known(token.tag))
}

/// The party that a tag stands for.
pub(super) fn known(tag: Tag) -> Option<Party> {
    match tag {
        Tag::Brand => Some(Party::Brand),
        Tag::Rival(number) => Some(Party::Rival(number)),
        _ => None,
    }
}

/// Who is left when the phrase does not say it.
///
/// A post that addresses the brand leaves it. In any other post it is who was named before the phrase, the brand
/// before its rivals; then who is named after it. Whoever is joined is not left.
pub(super) fn understood_left(reading: &Reading<'_>, hit: &Hit, joined: Option<&Party>) -> Option<Party> {
    if reading.addressed() && joined != Some(&Party::Brand) {
        return Some(Party::Brand);
    }
    let party = |token: &Token| known(token.tag);
    let others = |tokens: &[Token]| tokens.iter().filter_map(party).filter(|party| joined != Some(party)).collect::<Vec<_>>();
    let (before, after) = reading.tokens().split_at(hit.tokens.start.min(reading.tokens().len()));
    let (before, mut after) = (others(before), others(after));
    let brand = |parties: &[Party]| parties.contains(&Party::Brand).then_some(Party::Brand);
    after.dedup();
    brand(&before).or_else(|| before.last().cloned()).or_else(|| brand(&after)).or_else(|| after.pop().filter(|_| after.is_empty()))
}
