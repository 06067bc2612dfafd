//! A phrase in its sentence: who does it, whether it is meant, how far it is.
//!
//! All looks are short windows within the sentence of the phrase. Which words
//! count stands in the data of the language (see [`super::around`]), so that a
//! new language needs no code here.

use std::ops::Range;

use super::around::{Around, Mark};
use super::party::owns;
use crate::detect::{Hit, Reading};
use crate::domain::{Attribute, Status};
use crate::text::{Gap, Kind, Tag};

/// Tokens looked at before a phrase to find who does it.
const ACTOR_WINDOW: usize = 18;
/// Tokens looked at before a phrase for a negation.
const NEGATION_WINDOW: usize = 4;
/// Tokens looked at before a phrase for "might", "thinking of".
const MOOD_WINDOW: usize = 8;
/// Tokens of a sentence looked at on either side for "if" and "years ago".
const SENTENCE_WINDOW: usize = 40;

/// Tokens before a phrase in which somebody may be quoted.
const QUOTE_WINDOW: usize = 6;
/// Words between the author and the "who" that stands for him.
const RELATIVE_WINDOW: usize = 6;
/// From how many words behind a phrase on a question is more than a pitch.
const PITCH: usize = 4;

/// Who does what a phrase says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Actor {
    /// The author, said or understood.
    Author,
    /// Somebody else.
    Other,
    /// Nobody is named and the verb commands.
    Command,
}

/// How a phrase hangs on an "if".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// "if I switch".
    Governs,
    /// "I switch if", "if not, I switch".
    Unless,
    /// "or I switch", "otherwise I switch".
    OrElse,
}

/// A phrase and the words around it.
pub(super) struct Clause<'r, 'a> {
    /// The post.
    pub(super) reading: &'r Reading<'a>,
    /// Marks of its words.
    pub(super) around: &'r Around,
    /// The phrase.
    pub(super) hit: &'r Hit,
}

/// What the words around a phrase make of it.
#[derive(Debug)]
pub(super) struct Sense {
    /// How far it has come.
    pub(super) status: Status,
    /// What lowers or turns it, with the word that does.
    pub(super) against: Vec<(Attribute, Option<usize>)>,
}

impl Clause<'_, '_> {
    /// Reads the words around the phrase.
    pub(super) fn sense(&self) -> Sense {
        let mut against = Vec::new();
        match self.actor() {
            // "Has anybody moved to it?" is asked by somebody who thinks of it.
            Actor::Other if self.asks_others() => {}
            Actor::Other if !self.marked("any-actor") => against.push((Attribute::Reported, None)),
            Actor::Command if !self.marked("any-actor") && !(self.marked("order") && self.reading.addressed()) => {
                against.push((Attribute::Advice, Some(self.hit.tokens.start)));
            }
            _ if self.is_topic() || self.is_quoted() => against.push((Attribute::Reported, None)),
            _ => {}
        }
        if let Some(at) = self.negation() {
            against.push((Attribute::Negated, Some(at)));
        }
        if let Some(at) = self.counterfactual() {
            against.push((Attribute::Hypothetical, Some(at)));
        }
        let status = self.status();
        if status == Status::Considering && self.is_pitch() {
            against.push((Attribute::Advice, Some(self.hit.tokens.start)));
        }
        match status {
            Status::Done => against.extend(self.long_past().map(|at| (Attribute::Past, Some(at)))),
            Status::Threat => against.push((Attribute::Conditional, None)),
            _ => {}
        }
        if self.reading.in_question(self.hit.tokens.start) {
            against.push((Attribute::Asked, None));
        }
        Sense { status, against }
    }

    /// Says whether the phrase has a mark in its data file.
    pub(super) fn marked(&self, key: &str) -> bool {
        self.reading.mark(self.hit, key).is_some()
    }

    fn is(&self, token: usize, mark: Mark) -> bool {
        self.around.is(token, mark)
    }

    /// The tokens before the phrase in its sentence, nearest first.
    fn before(&self, window: usize) -> impl Iterator<Item = usize> {
        let start = self.hit.tokens.start;
        (start.saturating_sub(window)..start).rev().take_while(move |token| self.reading.same_sentence(*token, start))
    }

    /// The tokens after the phrase in its sentence.
    fn after(&self, window: usize) -> impl Iterator<Item = usize> {
        let Range { start: _, end } = self.hit.tokens;
        (end..end + window).take_while(move |token| self.reading.same_sentence(*token, end - 1))
    }

    fn within(&self) -> impl Iterator<Item = usize> {
        self.hit.tokens.clone()
    }

    fn gap(&self, token: usize) -> Gap {
        self.reading.token(token).map_or(Gap::Hard, |token| token.gap)
    }

    /// Says whether the phrase has a word in the form of something under way, and nothing done.
    fn doing(&self) -> bool {
        self.within().any(|token| self.is(token, Mark::Doing)) && !self.done()
    }

    fn done(&self) -> bool {
        self.within().any(|token| self.is(token, Mark::Done))
    }

    /// Says whether the author stands as subject before the phrase or in it.
    pub(super) fn author_says(&self) -> bool {
        self.within().chain(self.before(ACTOR_WINDOW)).any(|token| self.is(token, Mark::Subject)) && self.actor() == Actor::Author
    }

    /// Says whether it could not be done.
    pub(super) fn cannot(&self) -> bool {
        self.within().chain(self.before(NEGATION_WINDOW)).any(|token| self.is(token, Mark::Cannot))
    }

    /// Says whether it was only tried or wanted.
    pub(super) fn tried(&self) -> bool {
        self.within().chain(self.before(NEGATION_WINDOW)).any(|token| self.is(token, Mark::Tried))
    }

    /// Finds who does it: the nearest word before the phrase that can be its subject.
    fn actor(&self) -> Actor {
        if !self.is(self.hit.tokens.start, Mark::Done) && self.within().take(4).any(|token| self.is(token, Mark::Author)) {
            return Actor::Author;
        }
        let passive = |token: &usize| self.is(*token, Mark::Passive);
        let first_word_done = self.is(self.hit.tokens.start, Mark::Done);
        if first_word_done
            && self.before(2).take_while(|token| passive(token) || self.is(*token, Mark::Adverb)).any(|token| passive(&token))
        {
            return Actor::Other;
        }
        let doing = self.doing();
        let mut linked = self.gap(self.hit.tokens.start) != Gap::None;
        let (mut helped, mut close, mut third) = (false, true, false);
        for token in self.before(ACTOR_WINDOW) {
            if self.is(token, Mark::Author) {
                return Actor::Author;
            }
            let link = close && self.is(token, Mark::Link);
            if (linked || link) && doing && !helped {
                return Actor::Author;
            }
            if self.is(token, Mark::Others) && !owns(self.reading.word(token))
                || close && self.is_person(token)
                || close && self.is(token, Mark::Near) && self.gap(token + 1) == Gap::None
                || close && self.is_third_name(token, third)
                || close && self.is_somebody(token)
            {
                return if self.is_asked(token) || self.is_author_told(token) { Actor::Author } else { Actor::Other };
            }
            helped |= self.is(token, Mark::Helper);
            third |= close && self.is(token, Mark::Third);
            close &= self.is(token, Mark::Adverb) || self.is(token, Mark::Helper);
            linked = self.gap(token) != Gap::None && !self.is(token, Mark::Adverb);
        }
        // "spiped has moved to it": whoever that is, it is not the author.
        if third {
            return Actor::Other;
        }
        let begins = self.before(ACTOR_WINDOW).all(|token| self.is_opening(token));
        let bare =
            !doing && !self.done() && !self.is(self.hit.tokens.start, Mark::Considering) && self.reading.mark(self.hit, "status").is_none();
        if begins && bare { Actor::Command } else { Actor::Author }
    }

    /// "Netflix cancelled my account", "Netflix is moving away": a name that is no handle at the beginning does it.
    fn is_third_name(&self, token: usize, third: bool) -> bool {
        let named =
            self.reading.token(token).is_some_and(|token| matches!(token.tag, Tag::Brand | Tag::Rival(_)) && token.kind == Kind::Word);
        let object = token.checked_sub(1).is_some_and(|before| self.is(before, Mark::Prep));
        named && !object && (third || !self.doing()) && self.gap(self.hit.tokens.start) == Gap::None
    }

    /// "wow, @bob jumped ship": a handle that is neither called at the head of the post nor known does it.
    fn is_somebody(&self, token: usize) -> bool {
        let handle = |token: usize| self.reading.token(token).is_some_and(|token| token.kind == Kind::Handle);
        let known = self.reading.token(token).is_some_and(|token| token.tag != Tag::None);
        handle(token) && !known && !(0..token).all(handle) && self.gap(self.hit.tokens.start) == Gap::None && !self.doing()
    }

    /// "Jony Ive leaving Apple": two capitalised words that mean nothing else stand where the subject stands; the first
    /// may be an abbreviation.
    fn is_person(&self, token: usize) -> bool {
        let name = |token: usize, shouted: bool| {
            let written = self
                .reading
                .token(token)
                .is_some_and(|token| token.kind == Kind::Word && token.tag == Tag::None && token.capital && (shouted || !token.shouted));
            written && !self.around.is_marked(token) && !self.reading.is_function(token)
        };
        let first = token.checked_sub(1).filter(|first| self.reading.same_sentence(*first, token));
        name(token, false) && self.gap(token) == Gap::None && first.is_some_and(|first| name(first, true))
    }

    /// "Switching from X to Y takes a day", "the move from X to Y": nobody moves, the move is what is talked about.
    fn is_topic(&self) -> bool {
        if self.marked("status") || self.sentence().any(|token| self.is(token, Mark::Author)) {
            return false;
        }
        let Range { start, end } = self.hit.tokens;
        let told = self.reading.same_clause(start, end) && self.is(end, Mark::Predicate);
        let subject = told && self.doing() && self.reading.begins_clause(start);
        subject || self.before(3).chain(self.within()).any(|token| self.is(token, Mark::Matter))
    }

    /// The tokens of the sentence around the phrase.
    fn sentence(&self) -> impl Iterator<Item = usize> {
        self.before(SENTENCE_WINDOW).chain(self.within()).chain(self.after(SENTENCE_WINDOW))
    }

    /// They claim "I'm leaving X forever": somebody else's words.
    fn is_quoted(&self) -> bool {
        let opens = |token: &usize| {
            let before = token.checked_sub(1).and_then(|before| self.reading.token(before)).map_or(0, |before| before.end as usize);
            let here = self.reading.token(*token).map_or(0, |token| token.start as usize);
            self.reading.text().get(before..here).is_some_and(|gap| gap.contains(['"', '\u{201c}', '\u{201e}', '\u{ab}']))
        };
        let Some(quote) = std::iter::once(self.hit.tokens.start).chain(self.before(QUOTE_WINDOW)).find(opens) else { return false };
        let mut before = (quote.saturating_sub(ACTOR_WINDOW)..quote).rev().take_while(|token| self.reading.same_sentence(*token, quote));
        before
            .find(|token| [Mark::Author, Mark::Others, Mark::Says].iter().any(|mark| self.is(*token, *mark)))
            .is_some_and(|token| !self.is(token, Mark::Author) && !token.checked_sub(1).is_some_and(|before| self.is(before, Mark::Author)))
    }

    /// A handle, a name or a word that opens the sentence without saying anything.
    fn is_opening(&self, token: usize) -> bool {
        self.is(token, Mark::Opener) || self.reading.token(token).is_some_and(|token| token.kind != Kind::Word || token.tag != Tag::None)
    }

    /// "can you cancel", "I need you to cancel": the author wants it.
    fn is_asked(&self, token: usize) -> bool {
        let you = self.reading.token(token).is_some_and(|token| token.tag == Tag::You);
        let before = |mark: Mark| token.checked_sub(1).is_some_and(|before| self.is(before, mark));
        // "Why would you move?" asks what speaks for it.
        let why = token.checked_sub(2).is_some_and(|why| self.reading.word(why) == "why");
        you && (before(Mark::Request) && !why || self.reading.word(token + 1) == "to" && !before(Mark::Advises))
    }

    /// "I'm a developer who jumped ship": the author tells it of himself.
    fn is_author_told(&self, token: usize) -> bool {
        let mut before = (token.saturating_sub(RELATIVE_WINDOW)..token).rev().take_while(|before| self.reading.same_clause(*before, token));
        self.reading.word(token) == "who" && before.any(|before| self.is(before, Mark::Subject))
    }

    /// "Thinking of moving to X?" and nothing else in the sentence: an advertisement asks the reader.
    fn is_pitch(&self) -> bool {
        let author = |token: usize| self.is(token, Mark::Author) || self.is(token, Mark::Anyone);
        self.reading.in_question(self.hit.tokens.start)
            && !self.marked("ask-ok")
            && self.doing()
            && self.before(PITCH).all(|token| self.is(token, Mark::Considering) || self.reading.is_function(token))
            && self.after(PITCH).count() < PITCH
            && !self.within().chain(self.after(PITCH)).any(author)
    }

    /// "Has anybody moved from X to Y?"
    fn asks_others(&self) -> bool {
        self.reading.in_question(self.hit.tokens.start) && self.before(ACTOR_WINDOW).any(|token| self.is(token, Mark::Anyone))
    }

    /// Finds a negation that turns the phrase.
    fn negation(&self) -> Option<usize> {
        if self.marked("negated-ok") {
            return None;
        }
        let mut despite = false;
        // "it is no use, going back", "I don't miss it, moved on", "no dark mode, you lost a customer": the comma ends the negation.
        let first = self.hit.tokens.start;
        let begins = self.doing() || [Mark::Done, Mark::Subject, Mark::Others].iter().any(|mark| self.is(first, *mark));
        let parted = begins && self.gap(first) != Gap::None;
        for token in self.before(if parted { 0 } else { NEGATION_WINDOW }) {
            if self.is(token, Mark::Negation) {
                let can = token.checked_sub(1).is_some_and(|before| self.is(before, Mark::Cannot));
                return (!(despite || can && self.marked("cannot-ok"))).then_some(token);
            }
            despite |= self.is(token, Mark::DespiteNot);
            // "It is not good, so I switch": the author begins anew, but for "I don't think I'll switch".
            let raised = token.checked_sub(1).is_some_and(|before| self.is(before, Mark::Raises));
            if self.is(token, Mark::Subject) && !raised || self.is(token, Mark::Hence) {
                break;
            }
            if self.gap(token) != Gap::None && self.hit.tokens.start - token > 1 {
                break;
            }
        }
        // "never leave", and behind the verb in German and Dutch.
        self.within().find(|token| self.is(*token, Mark::Negation))
    }

    /// Finds "would have", "wish", "if it was": it did not happen.
    fn counterfactual(&self) -> Option<usize> {
        if self.reading.mark(self.hit, "status") == Some("considering") {
            return None;
        }
        let mut have = false;
        for token in self.before(4) {
            have |= self.is(token, Mark::Have);
            if self.done() && self.is(token, Mark::Wish) || have && self.is(token, Mark::Would) {
                return Some(token);
            }
        }
        // "Going over to X would cost me a fair amount."
        let Range { start, end } = self.hit.tokens;
        if self.doing() && self.reading.begins_clause(start) && self.reading.same_clause(start, end) && self.is(end, Mark::Would) {
            return Some(end);
        }
        let would = self.before(SENTENCE_WINDOW).chain(self.within()).find(|token| self.is(*token, Mark::Would))?;
        let unreal = |token: usize| self.is(token, Mark::If) && (token + 1..token + 4).any(|next| self.is(next, Mark::Were));
        self.before(SENTENCE_WINDOW).chain(self.after(SENTENCE_WINDOW)).any(unreal).then_some(would)
    }

    /// Finds "years ago", "in 2015".
    fn long_past(&self) -> Option<usize> {
        self.before(SENTENCE_WINDOW)
            .chain(self.after(8))
            .find(|token| self.is(*token, Mark::LongPast) || is_past_year(self.reading.word(*token)) && !self.is_since(*token))
    }

    /// "A customer since 2009": what began then goes on.
    fn is_since(&self, token: usize) -> bool {
        token.checked_sub(1).is_some_and(|before| self.is(before, Mark::Since))
    }

    /// Says how far it has come.
    fn status(&self) -> Status {
        let mood = |mark: Mark| self.before(MOOD_WINDOW).any(|token| self.is(token, mark) && !self.is(token, Mark::Wants));
        let inner = |mark: Mark| self.within().any(|token| self.is(token, mark));
        let said = self.reading.mark(self.hit, "status").and_then(Status::parse);
        let status = match said {
            Some(said @ (Status::Done | Status::Threat | Status::Considering)) => said,
            _ if self.asks_others() => Status::Considering,
            Some(Status::Intent) if mood(Mark::Considering) => Status::Considering,
            None if self.done() => Status::Done,
            None if mood(Mark::Considering) || inner(Mark::Considering) => Status::Considering,
            None if !self.doing() && mood(Mark::Made) => Status::Done,
            Some(Status::Intent) | None => Status::Intent,
        };
        match self.condition() {
            Some(Condition::Governs) if status != Status::Done => Status::Considering,
            Some(Condition::Unless) if status == Status::Intent => Status::Threat,
            Some(Condition::OrElse) if status != Status::Done => Status::Threat,
            _ => status,
        }
    }

    /// Finds what the phrase depends on.
    fn condition(&self) -> Option<Condition> {
        for (distance, token) in self.before(SENTENCE_WINDOW).enumerate() {
            if self.is(token, Mark::OrElse) && distance < 7 && (token + 1..token + 4).any(|next| self.is(next, Mark::Author)) {
                return Some(Condition::OrElse);
            }
            if self.is(token, Mark::If) && !(token + 1..token + 4).any(|next| self.is(next, Mark::Reads)) {
                let governs = distance < 4 && self.is(token + 1, Mark::Author) && !self.done();
                return Some(if governs { Condition::Governs } else { Condition::Unless });
            }
        }
        self.after(SENTENCE_WINDOW).any(|token| self.is(token, Mark::If)).then_some(Condition::Unless)
    }
}

/// Says whether a word is a year that is over for good.
fn is_past_year(word: &str) -> bool {
    word.len() == 4 && ["19", "200", "201"].iter().any(|start| word.starts_with(start)) && word.bytes().all(|byte| byte.is_ascii_digit())
}
