//! Tries a program where its anchor stands. Bounded: a fixed number of steps a try.

use super::compile::{Set, Step};
use super::parse::Fill;
use super::{Hit, Slot};
use crate::text::{Gap, Kind, Tag, Token, Tokens};

/// The most tokens that fill one slot.
pub(crate) const SLOT_TOKENS: usize = 4;

/// The most handles in front of a clause that are passed over: "@kim @lee what now" begins a clause with "what".
const CALLED: usize = 6;

/// The most steps of one try; real phrases need a few dozen.
const STEPS: usize = 600;

/// A token as programs see it.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about a word, asked one at a time")]
pub(crate) struct Place {
    /// Its index among all tokens.
    pub(crate) index: u32,
    /// Its word's number in the vocabulary, 0 for words that nobody asks for.
    pub(crate) number: u32,
    /// What the token is.
    pub(crate) kind: Kind,
    /// What stands before it.
    pub(crate) gap: Gap,
    /// A clause begins here.
    pub(crate) begins: bool,
    /// A known name, which is never a word.
    pub(crate) named: bool,
    /// A function word, which begins no name.
    pub(crate) function: bool,
    /// A determiner, which may stand before a name.
    pub(crate) determiner: bool,
}

/// Tells of each token, in order, whether a clause begins there.
#[derive(Debug, Default)]
pub(crate) struct Clauses {
    /// The clause of the token before.
    clause: Option<u16>,
    /// Handles right before the token, and whether a clause began at each of the last ones, the newest in the lowest bit.
    called: usize,
    began: u32,
}

impl Clauses {
    /// Takes the next token.
    pub(crate) fn begins(&mut self, token: &Token) -> bool {
        let begins = token.gap != Gap::None || self.clause != Some(token.clause);
        // A clause begins behind those whom it calls, too.
        let back = self.called.min(CALLED);
        let called = back > 0 && self.began >> (back - 1) & 1 == 1;
        self.clause = Some(token.clause);
        self.called = if token.kind == Kind::Handle { self.called + 1 } else { 0 };
        self.began = self.began << 1 | u32::from(begins);
        begins || called
    }
}

/// The text as programs see it: without emoji, with the numbers of its words.
pub(crate) struct Line<'a> {
    pub(crate) tokens: &'a Tokens<'a>,
    /// The tokens that are no emoji.
    pub(crate) places: &'a [Place],
    /// How many of them are known names.
    pub(crate) names: usize,
}

/// Counts steps in tests: bounded time is tested by work, never by a clock.
#[cfg(test)]
pub(in crate::detect) mod work {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<usize> = const { Cell::new(0) });

    /// Counts one step.
    pub(super) fn step() {
        STEPS.set(STEPS.get() + 1);
    }

    /// Gives the steps since the last call.
    pub(in crate::detect) fn take() -> usize {
        STEPS.replace(0)
    }
}

/// Where one try stands.
#[derive(Debug, Clone, Copy)]
struct State {
    step: u32,
    at: usize,
    cross: bool,
    /// Slots that are filled so far.
    filled: usize,
}

/// Buffers for tries.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    /// Where to go on when a way ends.
    other_ways: Vec<State>,
    /// The slots of the way that is gone at the moment.
    slots: Vec<Slot>,
}

impl Stack {
    /// Gives the slots of the last match.
    pub(crate) fn slots(&self) -> Option<Box<[Slot]>> {
        (!self.slots.is_empty()).then(|| self.slots.as_slice().into())
    }
}

/// Tries a program at one token; gives the token behind the match and leaves its slots in the buffers.
pub(crate) fn attempt(steps: &[Step], sets: &[Set], line: &Line<'_>, start: usize, stack: &mut Stack) -> Option<usize> {
    stack.other_ways.clear();
    stack.slots.clear();
    let mut state = State { step: 0, at: start, cross: false, filled: 0 };
    for _ in 0..STEPS {
        #[cfg(test)]
        work::step();
        let fits = match *steps.get(state.step as usize)? {
            Step::Match if state.at > start => return Some(state.at),
            Step::Match => false,
            Step::Jump(to) => {
                state.step = to;
                continue;
            }
            Step::Split(first, second) => {
                stack.other_ways.push(State { step: second, ..state });
                state.step = first;
                continue;
            }
            Step::Cross => {
                state.cross = true;
                true
            }
            Step::Start => line.begins_clause(state.at),
            Step::End => line.ends_clause(state.at),
            Step::Any => {
                let fits = line.reaches(state.at, start, state.cross);
                state.at += 1;
                fits
            }
            Step::Set(set) => {
                let holds = sets.get(set as usize).is_some_and(|set| line.holds(state.at, set));
                let fits = holds && line.reaches(state.at, start, state.cross);
                (state.at, state.cross) = (state.at + 1, false);
                fits
            }
            Step::Kind(kind) => {
                let is_kind = line.place(state.at).is_some_and(|place| place.kind == kind);
                let fits = is_kind && line.reaches(state.at, start, state.cross);
                (state.at, state.cross) = (state.at + 1, false);
                fits
            }
            Step::Slot(name, fill) => line.slot(state.at, start, state.cross, fill).is_some_and(|(from, to)| {
                stack.slots.truncate(state.filled);
                stack.slots.push((name, line.index(from), line.index(to - 1) + 1));
                (state.at, state.cross, state.filled) = (to, false, state.filled + 1);
                true
            }),
        };
        if fits {
            state.step += 1;
        } else {
            state = stack.other_ways.pop()?;
            stack.slots.truncate(state.filled);
        }
    }
    None
}

impl Line<'_> {
    fn place(&self, at: usize) -> Option<&Place> {
        self.places.get(at)
    }

    fn token(&self, at: usize) -> Option<&Token> {
        self.places.get(at).and_then(|place| self.tokens.all().get(place.index as usize))
    }

    /// Gives the token's place among all tokens.
    pub(crate) fn index(&self, at: usize) -> u32 {
        self.places.get(at).map_or_else(|| crate::text::narrow(self.tokens.all().len()), |place| place.index)
    }

    fn is_function(&self, at: usize) -> bool {
        self.places.get(at).is_some_and(|place| place.function)
    }

    /// Whether the token can follow the one before it within a phrase.
    fn reaches(&self, at: usize, start: usize, cross: bool) -> bool {
        self.place(at).is_some_and(|place| at == start || cross || place.gap != Gap::Hard)
    }

    fn begins_clause(&self, at: usize) -> bool {
        self.place(at).is_some_and(|place| place.begins)
    }

    /// Whether a clause ended before the token: a link or a hashtag at the end is no part of it.
    fn ends_clause(&self, at: usize) -> bool {
        self.place(at).is_none_or(|place| matches!(place.kind, Kind::Url | Kind::Hashtag) || place.begins)
    }

    /// Whether the token is a known name, which is never a word.
    pub(crate) fn names(&self, at: usize) -> bool {
        self.places.get(at).is_some_and(|place| place.named)
    }

    /// Whether the token is one of a set. A name is never a word: a brand may be called "Salt".
    fn holds(&self, at: usize, set: &Set) -> bool {
        let Some(place) = self.places.get(at).filter(|place| !place.named) else { return false };
        // The beginnings of a set are written out for every word that is known.
        if place.number != 0 {
            return set.has(place.number);
        }
        let word = || self.tokens.word(place.index as usize);
        !set.prefixes.is_empty() && set.prefixes.iter().any(|stem| word().starts_with(&**stem))
    }

    /// Whether the token before or behind one may be one of a set with such a mask.
    pub(crate) fn may_hold_beside(&self, at: usize, side: i8, mask: u64) -> bool {
        let beside = at.checked_add_signed(isize::from(side)).and_then(|at| self.place(at));
        beside.is_some_and(|place| mask >> (place.number % 64) & 1 == 1)
    }

    /// Whether the token before or behind one is one of a set.
    pub(crate) fn holds_beside(&self, at: usize, side: i8, set: &Set) -> bool {
        at.checked_add_signed(isize::from(side)).is_some_and(|at| self.holds(at, set))
    }

    /// Finds what fills a slot at a token; gives its first token and the one behind it.
    fn slot(&self, at: usize, start: usize, cross: bool, fill: Fill) -> Option<(usize, usize)> {
        if !self.reaches(at, start, cross) {
            return None;
        }
        // A determiner and its adjectives: "my good old", at most three words.
        let leads = |at: usize| {
            self.places.get(at).is_some_and(|place| place.determiner)
                && self.token(at).is_some_and(|token| token.tag == Tag::None)
                && self.token(at + 1).is_some_and(|token| token.gap == Gap::None)
        };
        let at = (at..at + 3).find(|at| !leads(*at)).unwrap_or(at + 3);
        // "Microsoft OneNote": who makes it stands before the name.
        let maker = fill != Fill::Name && fill != Fill::Any && self.makes(at);
        let at = if maker { at + 1 } else { at };
        let token = self.token(at)?;
        let one = (at, at + 1);
        // "Blogger.com" names a brand as well as "Blogger"; an address with a path is a link.
        let address =
            token.kind == Kind::Url && self.places.get(at).is_some_and(|place| self.tokens.word(place.index as usize).contains('/'));
        let known = matches!(token.tag, Tag::Brand | Tag::Rival(_)) && !address;
        match fill {
            Fill::Us => (matches!(token.tag, Tag::Brand | Tag::You) && token.kind != Kind::Url).then_some(one),
            Fill::Rival => (known && token.tag != Tag::Brand).then_some(one),
            Fill::Known => (known || token.tag == Tag::You || token.kind == Kind::Handle).then_some(one),
            Fill::Named => known.then_some(one),
            Fill::Name if known || token.tag == Tag::You || matches!(token.kind, Kind::Handle | Kind::Hashtag) => Some(one),
            Fill::Name => self.run(at, |line, at, token| token.capital && !line.is_function(at)),
            Fill::Any if known || token.tag == Tag::You || matches!(token.kind, Kind::Handle | Kind::Hashtag) => Some(one),
            Fill::Any => self.run(at, |line, at, _| !line.is_function(at)).map(|(from, to)| (from, to.min(from + 3))),
        }
    }

    /// Whether a capitalised word that is no known name stands right before one.
    fn makes(&self, at: usize) -> bool {
        let stranger = self
            .token(at)
            .is_some_and(|token| token.tag == Tag::None && token.kind == Kind::Word && token.capital && !self.is_function(at));
        let known = |token: &Token| matches!(token.tag, Tag::Brand | Tag::Rival(_)) && token.kind == Kind::Word && token.gap == Gap::None;
        stranger && self.token(at + 1).is_some_and(known)
    }

    /// Takes as many untagged words as pass, without a gap between them.
    fn run(&self, at: usize, passes: impl Fn(&Self, usize, &Token) -> bool) -> Option<(usize, usize)> {
        let mut end = at;
        while end < at + SLOT_TOKENS
            && let Some(token) = self.token(end)
            && (end == at || token.gap == Gap::None)
            && token.tag == Tag::None
            && matches!(token.kind, Kind::Word | Kind::Number)
            && passes(self, end, token)
        {
            end += 1;
        }
        (end > at).then_some((at, end))
    }
}

/// Takes hits out that stand wholly inside a longer hit of the same phrase, or of one of the same list that swallows
/// others, and sorts the rest by list and place.
pub(crate) fn settle(hits: &mut Vec<Hit>, swallows: impl Fn(&Hit) -> bool) {
    hits.sort_unstable_by(|a, b| (a.list, a.tokens.start, b.tokens.end, a.phrase).cmp(&(b.list, b.tokens.start, a.tokens.end, b.phrase)));
    let mut reach = (u16::MAX, 0);
    let mut own = (u32::MAX, 0);
    hits.retain(|hit| {
        let inside = reach.0 == hit.list && hit.tokens.end <= reach.1 || own.0 == hit.phrase && hit.tokens.end <= own.1;
        if !inside {
            own = (hit.phrase, hit.tokens.end);
            if swallows(hit) {
                reach = (hit.list, hit.tokens.end);
            }
        }
        !inside
    });
}
