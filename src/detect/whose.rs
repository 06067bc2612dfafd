//! Whose trouble a post tells of: ours, or that of the rival somebody comes from.
//!
//! "Dropbox lost my files again. Moving to Nomadesk." is good news for one of
//! the two. Only a post that names whom it leaves is read this way, and only
//! trouble that clearly belongs to the one left is taken off: words in a
//! sentence that names the one left alone, words in front of the move, words
//! behind it after "because", and any words where the move is still to come.
//! Whatever remains is ours, so that nobody is thanked for an arrival that he
//! regrets.

use std::ops::Range;

use super::judge::counts;
use super::reading::Reading;
use super::rule::{Found, Party};
use super::switch::Mark;
use super::weigh::{Counted, Weight};
use crate::domain::{Attribute, Evidence, Role, Signal, Status};
use crate::text::{Gap, Tag};

/// A post of somebody who joins one party, most often us, and names whom he leaves.
pub(super) struct Whose<'r, 'a> {
    reading: &'r Reading<'a>,
    /// The words that tell of the move, in order.
    moves: Vec<Range<usize>>,
    /// Nobody has trouble with a service that he has yet to join.
    ahead: bool,
    /// For each sentence whether it names the one joined, and the others, beside the words of the moves.
    named: Vec<(bool, bool)>,
    /// For each token the nearest "because" before it.
    because: Vec<Option<usize>>,
}

impl<'r, 'a> Whose<'r, 'a> {
    /// Finds the moves to one party; `None` when nobody comes to it, or it is not said from where.
    pub(super) fn new(reading: &'r Reading<'a>, found: &[Found], joined: &Party) -> Option<Self> {
        let joins =
            |found: &&Found| counts(&found.finding) && found.change.as_ref().is_some_and(|change| change.joined.as_ref() == Some(joined));
        let from = |found: &Found| found.change.as_ref().is_some_and(|change| change.left.as_ref().is_some_and(|left| left != joined));
        if !found.iter().filter(joins).any(from) {
            return None;
        }
        let words = |found: &Found| {
            let told = found.finding.evidence.iter().filter(|evidence| matches!(evidence.role, Role::Cue | Role::Left | Role::Joined));
            let (start, end) = told.fold((usize::MAX, 0), |(start, end), one| (start.min(one.start), end.max(one.end)));
            (start < end).then(|| reading.tokens_of(start..end))
        };
        let mut moves: Vec<_> = found.iter().filter(joins).filter_map(words).collect();
        moves.sort_by_key(|tokens| tokens.start);
        let done = |found: &Found| found.change.as_ref().is_some_and(|change| change.status == Status::Done);
        let ahead = !found.iter().filter(joins).any(done);
        if moves.is_empty() {
            return None;
        }
        let (named, because) = (named_beside(reading, &moves, joined), because(reading));
        Some(Self { reading, moves, ahead, named, because })
    }

    /// Whether trouble at a token is that of the one who is left.
    pub(super) fn is_theirs(&self, token: usize) -> bool {
        let sentence = self.reading.token(token).map_or(0, |token| token.sentence as usize);
        let (us, them) = self.named.get(sentence).copied().unwrap_or_default();
        match (us, them) {
            (false, true) => true,
            (true, _) => false,
            (false, false) => {
                let last = self.moves.iter().rev().find(|tokens| self.reading.same_sentence(tokens.start, token)).or(self.moves.last());
                self.ahead || last.is_some_and(|last| token < last.end || self.gives_reason(last.end, token))
            }
        }
    }

    /// "Switched to Nomadesk, far too expensive": what a comma puts beside the move, without an "and", explains it.
    fn is_put_beside(&self, token: usize) -> bool {
        let near = self.moves.iter().rev().find(|tokens| tokens.end <= token && self.reading.same_sentence(tokens.start, token));
        let parts = |at: usize| {
            let parted = self.reading.token(at).is_some_and(|token| token.gap != Gap::None);
            parted && !self.reading.around().is(at, Mark::Link)
        };
        near.is_some_and(|tokens| (tokens.end..=token).any(parts))
    }

    /// Whether "because" stands between a move and a word of the same sentence.
    fn gives_reason(&self, from: usize, token: usize) -> bool {
        let nearest = self.because.get(token).copied().flatten();
        nearest.is_some_and(|because| because >= from && self.reading.same_sentence(because, token))
    }

    /// Marks findings of trouble whose words all tell of the one who is left.
    pub(super) fn mark_theirs(&self, found: &mut [Found]) {
        for found in found {
            let trouble = matches!(found.finding.signal, Signal::Complaint | Signal::Distrust | Signal::Chasing);
            let mut told = found.finding.evidence.iter().filter(|evidence| matches!(evidence.role, Role::Cue | Role::Emotion));
            if trouble && told.all(|evidence| self.is_theirs(self.reading.tokens_of(evidence.start..evidence.end).start)) {
                found.attribute(Attribute::AboutRival);
            }
        }
    }
}

/// Drops reasons for leaving us that tell of trouble with the one who is joined: "Moved to Nomadesk. Sync is broken."
pub(super) fn drop_their_reasons(reading: &Reading<'_>, found: &mut [Found]) {
    let joined = found.iter().filter_map(|found| found.change.as_ref()).find_map(|change| {
        let leaves = change.left == Some(Party::Brand) && change.reason.is_some();
        change.joined.clone().filter(|_| leaves)
    });
    // Whoever speaks to us tells us of our own trouble.
    let Some(whose) = joined.filter(|_| !reading.addressed()).and_then(|joined| Whose::new(reading, found, &joined)) else { return };
    for found in found {
        let ours = |one: &Evidence| {
            let token = reading.tokens_of(one.start..one.end).start;
            whose.is_theirs(token) || whose.is_put_beside(token)
        };
        if let Some(change) = found.change.as_mut().filter(|change| change.left == Some(Party::Brand) && change.reason.is_some()) {
            found.finding.evidence.retain(|one| one.role != Role::Reason || ours(one));
            if !found.finding.evidence.iter().any(|one| one.role == Role::Reason) {
                change.reason = None;
            }
        }
    }
}

/// Says of each sentence whether it names the one joined, and the others, beside the words of the moves.
fn named_beside(reading: &Reading<'_>, moves: &[Range<usize>], joined: &Party) -> Vec<(bool, bool)> {
    let mut told = vec![false; reading.tokens().len()];
    for tokens in moves {
        told.get_mut(tokens.clone()).into_iter().flatten().for_each(|told| *told = true);
    }
    let mut named = vec![(false, false); reading.sentences().len()];
    for (token, _) in reading.tokens().iter().zip(told).filter(|(_, told)| !told) {
        let party = match token.tag {
            Tag::Brand => Some(Party::Brand),
            Tag::You => reading.addressed().then_some(Party::Brand),
            Tag::Rival(number) => Some(Party::Rival(number)),
            Tag::None => None,
        };
        if let (Some(party), Some((one, others))) = (party, named.get_mut(token.sentence as usize)) {
            *if party == *joined { one } else { others } = true;
        }
    }
    named
}

/// Finds for each token the nearest "because" before it.
fn because(reading: &Reading<'_>) -> Vec<Option<usize>> {
    let mut nearest = None;
    let each = (0..reading.tokens().len()).map(|token| {
        let before = nearest;
        if reading.around().is(token, Mark::Because) {
            nearest = Some(token);
        }
        before
    });
    each.collect()
}

/// Marks arrivals in a post that is upset about us, or regrets something.
pub(super) fn mark_unhappy(reading: &Reading<'_>, whose: Option<&Whose<'_, '_>>, found: &mut [Found]) {
    let joined = |found: &&mut Found| found.change.as_ref().is_some_and(|change| change.joined == Some(Party::Brand));
    let mut joined = found.iter_mut().filter(joined).peekable();
    if joined.peek().is_none() {
        return;
    }
    let around = reading.around();
    let upset = |token: &usize| around.is(*token, Mark::Upset) || around.is(*token, Mark::Regret);
    let theirs = |token: usize| whose.is_some_and(|whose| whose.is_theirs(token));
    // Trouble said plainly spoils an arrival even where kind words outweigh it.
    let plain = |one: &&Counted| one.weight == Weight::Hard && reading.list_name(one.list) != "hard.rhetoric";
    let hard = reading.mood().counted.iter().filter(plain).map(|one| one.tokens.start);
    let homesick = (0..reading.tokens().len()).any(|token| around.is(token, Mark::Homesick));
    if homesick || (0..reading.tokens().len()).filter(upset).chain(hard).any(|token| !theirs(token)) {
        joined.for_each(|found| found.attribute(Attribute::Unhappy));
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::{CompiledBrand, hear_text};
    use crate::domain::{Brand, Primary, Why};

    /// Hears a post for Nomadesk, whose rival is Dropbox.
    fn primary(text: &str, lang: &str) -> Primary {
        let brand = |name: &str| Brand { name: name.to_owned(), terms: vec![name.to_lowercase()] };
        hear_text(text, Some(lang), &CompiledBrand::new(&brand("Nomadesk"), &[brand("Dropbox")]), false).primary
    }

    #[test]
    fn trouble_with_the_rival_welcomes_the_newcomer() {
        for (lang, text) in [
            ("en", "Dropbox lost my files again. Moving to Nomadesk."),
            ("en", "Switched from Dropbox to Nomadesk because Dropbox support is terrible"),
            ("en", "After the last price hike at Dropbox we switched to Nomadesk"),
            ("en", "Goodbye Dropbox, hello Nomadesk! Dropbox support was a joke."),
            ("en", "If Dropbox does not fix sync by Friday, I'm going back to Nomadesk"),
            ("en", "Done with Dropbox, moving everything to Nomadesk this weekend. The price went up twice this year."),
            ("de", "Dropbox hat wieder meine Dateien verloren. Ich wechsle zu Nomadesk."),
            ("de", "Von Dropbox zu Nomadesk gewechselt, weil der Support unterirdisch ist"),
        ] {
            assert_eq!(primary(text, lang), Primary::Joining, "{text}");
        }
    }

    #[test]
    fn the_newcomers_trouble_is_no_reason_for_leaving_the_other() {
        let brand = |name: &str| Brand { name: name.to_owned(), terms: vec![name.to_lowercase()] };
        let dropbox = CompiledBrand::new(&brand("Dropbox"), &[brand("Nomadesk")]);
        let reason = |text: &str| hear_text(text, Some("en"), &dropbox, false).switch.and_then(|switch| switch.reason);
        assert_eq!(reason("Moved to Nomadesk from Dropbox. Sync is broken."), None);
        assert_eq!(reason("Moved to Nomadesk from Dropbox because sync is broken."), Some(Why::Outage));
        assert_eq!(reason("Moved to Nomadesk from Dropbox, and now sync is broken."), None);
        assert_eq!(reason("Moved to Nomadesk from Dropbox, far too expensive."), Some(Why::Price));
        assert_eq!(reason("Dropbox sync is broken. Moved to Nomadesk."), Some(Why::Outage));
    }

    #[test]
    fn trouble_with_us_thanks_nobody() {
        for (lang, text) in [
            ("en", "Moved to Nomadesk from Dropbox. Worst decision ever, sync is broken"),
            ("en", "Switched from Dropbox to Nomadesk last week and now sync is broken"),
            ("en", "Switched to Nomadesk from Dropbox and support is terrible"),
            ("en", "Nomadesk is terrible. Dropbox was better. Moved to Nomadesk in March."),
            ("en", "So disappointed: switched from Dropbox to Nomadesk and lost two folders"),
            ("en", "I lost my files. Moved to Nomadesk last week."),
            ("en", "Got Nomadesk to replace Dropbox and it hangs all day, what a waste"),
            ("en", "Switched to Nomadesk from Dropbox and I miss Dropbox"),
            ("en", "Switched to Nomadesk, no better than Dropbox"),
        ] {
            assert_eq!(primary(text, lang), Primary::Complaint, "{text}");
        }
    }
}
