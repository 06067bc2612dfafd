//! What a mention deserves, always with a named reason.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::signal::words;
use super::{CaseId, MentionId};

words!(
    /// How soon a human should answer. Decided by signal and stance alone.
    Priority {
        /// Within minutes: somebody leaves, or is about to.
        Urgent => "urgent",
        /// Within the working day.
        Today => "today",
        /// Worth reading in the summary.
        Digest => "digest",
    }
);

words!(
    /// Why a mention became an alert, or did not. Each is one answer of `explain`.
    Reason {
        /// Opened a case.
        NewCase => "new-case",
        /// The author of an open case wrote again, and it got more urgent.
        CaseRose => "case-rose",
        /// The author of an open case wrote again; recorded there, no second alert.
        CaseGrew => "case-grew",
        /// One of our own accounts wrote it.
        OwnAccount => "own-account",
        /// One of our own accounts answered: the case is answered.
        AnsweredByUs => "answered-by-us",
        /// Somebody passed a post on without words of their own.
        Repost => "repost",
        /// The same words by the same author, here or on another network.
        CrossPost => "cross-post",
        /// The same words by many authors.
        Copied => "copied",
        /// Names the watch and says nothing that needs a human.
        NoSignal => "no-signal",
        /// No route takes it.
        NoRoute => "no-route",
        /// Known already: (network, native id) was seen before.
        Known => "known",
        /// No term of any watch stands in it.
        NotNamed => "not-named",
        /// An excluded phrase stands in it.
        Excluded => "excluded",
        /// Only an ambiguous term stands in it, without a context word.
        Ambiguous => "ambiguous",
    }
);

impl Reason {
    /// Says in one sentence what happened to the mention, and what would change it.
    pub fn says(self) -> &'static str {
        match self {
            Self::NewCase => "it opened a case, and its route sent it out",
            Self::CaseRose => "its author's open case became more urgent, and its route sent it out again",
            Self::CaseGrew => "its author has an open case of this matter already; it was added there without a second alert",
            Self::OwnAccount => "one of our own accounts wrote it (`own` of the watch)",
            Self::AnsweredByUs => "one of our own accounts wrote it in the thread of a case, which is answered now",
            Self::Repost => "it passes on somebody else's post without words of its own",
            Self::CrossPost => "the same author wrote the same words before, here or on another network",
            Self::Copied => "the same twelve words or more were heard from another author before",
            Self::NoSignal => "it names the watch, and no rule heard anything that needs a human",
            Self::NoRoute => "no route takes it: add one that fits, or one without `when`",
            Self::Known => "the same post (network and native id) was stored before",
            Self::NotNamed => "no term of the watch stands in it as a whole word, tag, handle or link",
            Self::Excluded => "a phrase of the watch's `exclude` stands in it",
            Self::Ambiguous => "only an ambiguous term stands in it, without a context word in the post or its parent",
        }
    }

    /// Whether a human hears of it.
    pub fn alerts(self) -> bool {
        matches!(self, Self::NewCase | Self::CaseRose)
    }
}

/// One delivery that a decision asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Name of the notifier in the configuration.
    pub notifier: String,
    /// Not before this moment: folding, opening hours and escalation wait.
    pub due: Timestamp,
    /// Deliveries of one notifier that wait under the same key leave as one card.
    pub fold: Option<String>,
    /// Sent only while nobody has taken the case (escalation).
    pub while_open: bool,
}

/// What triage decided for one mention and one watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Why.
    pub reason: Reason,
    /// How soon.
    pub priority: Priority,
    /// The case it belongs to, when it has one.
    pub case: Option<CaseId>,
    /// The stored mention it repeats, for reposts, cross-posts and copies.
    pub repeats: Option<MentionId>,
    /// By when a human should have answered.
    pub answer_by: Option<Timestamp>,
    /// The deliveries it asks for; empty unless `reason.alerts()`.
    pub deliveries: Vec<Planned>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_an_answer_of_its_own() {
        let mut answers: Vec<&str> = Reason::ALL.iter().map(|reason| reason.says()).collect();
        answers.sort_unstable();
        answers.dedup();
        assert_eq!(answers.len(), Reason::ALL.len());
        assert!(answers.iter().all(|answer| answer.len() > 30));
    }
}
