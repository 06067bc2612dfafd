//! What the words around a phrase are: subjects, negations, conditions.
//!
//! The lists `clause.*` of the language say it; here each token gets one set of
//! marks, once a post, so that every look afterwards is a look at a bit.

use crate::detect::Reading;

/// What a word can be to a phrase near it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) enum Mark {
    /// "I", "we", "my": whoever writes.
    Author,
    /// "I", "we": who writes, as a subject.
    Subject,
    /// "they", "people", "my friend", "you": somebody else does it.
    Others,
    /// "anybody": whoever asks for others who did it is thinking of it.
    Anyone,
    /// "it", "this": does it only when it stands right before.
    Near,
    /// "can you", "please": asks the reader to do it.
    Request,
    /// "and", "but", "so": a new verb with the same subject.
    Link,
    /// "just", "now": stands between a subject and its verb.
    Adverb,
    /// "so", "well", "hey": opens a sentence.
    Opener,
    /// "is", "have", "will".
    Helper,
    /// "has", "wants": neither "I" nor "you" does what follows.
    Third,
    /// "not", "never", "accidentally".
    Negation,
    /// "wait", "why" after a "not": no negation after all.
    DespiteNot,
    /// "have" of "would have".
    Have,
    /// "would".
    Would,
    /// "if", "unless".
    If,
    /// "or", "otherwise".
    OrElse,
    /// "were" of "if it were".
    Were,
    /// "years ago".
    LongPast,
    /// "might", "thinking of".
    Considering,
    /// "Since" before a year: what began then goes on.
    Since,
    /// "Of", "with": what follows them is no subject.
    Prep,
    /// "Would like": wants it, though "would" alone only thinks of it.
    Wants,
    /// "made me", "had to".
    Made,
    /// Anger and bad service.
    Upset,
    /// Regret and disappointment.
    Regret,
    /// "I miss", "no better than": whoever says so of the one he left is not happy with us.
    Homesick,
    /// "tried to", "wanted to".
    Tried,
    /// "reinstalled".
    Reinstall,
    /// "could not".
    Cannot,
    /// "if you read this".
    Reads,
    /// "wish", "should have".
    Wish,
    /// "because", "after": what follows is the reason of what stands before.
    Because,
    /// Seats, plans, devices: change inside one brand.
    Inside,
    /// "counter", "app": what a name can stand before without being meant.
    Place,
    /// "a", "an": an unknown name behind it is one of many things.
    OneOf,
    /// "airline", "provider".
    Service,
    /// "the switch", "a migration": the move as a matter that is talked about.
    Matter,
    /// "makes", "takes": says something about a move that is its subject.
    Predicate,
    /// "encourage", "recommend": whoever does it tells others to move.
    Advises,
    /// "am switching back again": takes back the move told before it.
    Reversed,
    /// "think" before "I'll switch": a "not" before it holds for what follows.
    Raises,
    /// "hence", "so": a "not" before it is over.
    Hence,
    /// "claim", "say": what stands in quotation marks behind it are not the author's words.
    Says,
    /// "Monday", "English": capitalised and no name.
    NoName,
    /// "was", "got" before a form of something done: somebody else did it.
    Passive,
    /// "looking forward", "countdown": joy over a place to go to.
    Eager,
    /// A verb form of something done.
    Done,
    /// A verb form of something under way.
    Doing,
}

/// Every mark with its list.
const LISTS: &[(Mark, &str)] = &[
    (Mark::Author, "clause.author"),
    (Mark::Others, "clause.others"),
    (Mark::Anyone, "clause.anyone"),
    (Mark::Near, "clause.near"),
    (Mark::Request, "clause.request"),
    (Mark::Link, "clause.link"),
    (Mark::Adverb, "clause.adverb"),
    (Mark::Opener, "clause.opener"),
    (Mark::Helper, "clause.helper"),
    (Mark::Third, "clause.third"),
    (Mark::Negation, "clause.negation"),
    (Mark::DespiteNot, "clause.despite-not"),
    (Mark::Have, "clause.have"),
    (Mark::Would, "clause.would"),
    (Mark::If, "clause.if"),
    (Mark::OrElse, "clause.or-else"),
    (Mark::Were, "clause.were"),
    (Mark::LongPast, "clause.long-past"),
    (Mark::Considering, "clause.considering"),
    (Mark::Since, "clause.since"),
    (Mark::Prep, "clause.prep"),
    (Mark::Wants, "clause.wants"),
    (Mark::Made, "clause.made"),
    (Mark::Upset, "clause.upset"),
    (Mark::Regret, "clause.regret"),
    (Mark::Homesick, "clause.homesick"),
    (Mark::Tried, "clause.tried"),
    (Mark::Reinstall, "clause.reinstall"),
    (Mark::Cannot, "clause.cannot"),
    (Mark::Reads, "clause.reads"),
    (Mark::Wish, "clause.wish"),
    (Mark::Because, "clause.because"),
    (Mark::Inside, "clause.inside"),
    (Mark::Place, "clause.place"),
    (Mark::OneOf, "clause.one-of"),
    (Mark::Service, "clause.service"),
    (Mark::Matter, "clause.matter"),
    (Mark::Predicate, "clause.predicate"),
    (Mark::Advises, "clause.advises"),
    (Mark::Reversed, "clause.reversed"),
    (Mark::Raises, "clause.raises"),
    (Mark::Hence, "clause.hence"),
    (Mark::Says, "clause.says"),
    (Mark::NoName, "clause.no-name"),
    (Mark::Passive, "clause.passive"),
    (Mark::Subject, "clause.subject"),
    (Mark::Eager, "clause.eager"),
    (Mark::Done, "clause.done"),
    (Mark::Doing, "clause.doing"),
];

/// Several marks, a bit each.
pub(in crate::detect) type Marks = u64;

/// Says which marks the phrases of a list bring.
pub(in crate::detect) fn marks_of(list: &str) -> Marks {
    LISTS.iter().filter(|(_, name)| *name == list).fold(0, |marks, (mark, _)| marks | bit(*mark))
}

/// The marks of every token of a post.
#[derive(Debug)]
pub(in crate::detect) struct Around {
    marks: Vec<Marks>,
}

impl Around {
    /// Marks the tokens of a post.
    pub(in crate::detect) fn new(reading: &Reading<'_>) -> Self {
        let mut marks = vec![0; reading.tokens().len()];
        for hit in reading.all_hits() {
            let brought = reading.marks(hit);
            if brought != 0 {
                marks.get_mut(hit.tokens.clone()).into_iter().flatten().for_each(|token| *token |= brought);
            }
        }
        Self { marks }
    }

    /// Says whether a token is marked.
    pub(in crate::detect) fn is(&self, token: usize, mark: Mark) -> bool {
        self.marks.get(token).is_some_and(|marks| marks & bit(mark) != 0)
    }

    /// Says whether a token means anything to phrases near it.
    pub(super) fn is_marked(&self, token: usize) -> bool {
        self.marks.get(token).is_some_and(|marks| *marks != 0)
    }

    /// Says whether any token is marked.
    pub(super) fn any(&self, mark: Mark) -> bool {
        self.marks.iter().any(|marks| marks & bit(mark) != 0)
    }
}

fn bit(mark: Mark) -> Marks {
    1 << mark as u64
}
