//! One author, one matter, over time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::signal::words;
use super::{CaseId, Network, Primary, Priority};

words!(
    /// Where a case stands. It never goes back from a closed state; a new post opens a new case.
    CaseState {
        /// Nobody has taken it.
        Open => "open",
        /// Somebody works on it.
        Taken => "taken",
        /// We answered or promised; waiting.
        Waiting => "waiting",
        /// Answered.
        Answered => "answered",
        /// Needs no answer.
        Dismissed => "dismissed",
    }
);

impl CaseState {
    /// Whether the case still wants somebody.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Taken | Self::Waiting)
    }

    /// Whether a case may move from here to `next`: forward only, closed is closed.
    pub fn may_become(self, next: Self) -> bool {
        self.is_live() && next > self
    }
}

words!(
    /// What a case is about: what belongs together for the person who answers.
    Matter {
        /// Leaving, complaints, distrust, chasing.
        Trouble => "trouble",
        /// Joining.
        Newcomer => "newcomer",
        /// A rival's customer looks around.
        Opportunity => "opportunity",
        /// A question.
        Question => "question",
        /// Praise, and all else that is worth a look.
        Praise => "praise",
    }
);

impl Matter {
    /// Gives the matter of a mention.
    pub fn of(primary: Primary) -> Self {
        match primary {
            Primary::Leaving | Primary::Complaint => Self::Trouble,
            Primary::Joining => Self::Newcomer,
            Primary::Opportunity => Self::Opportunity,
            Primary::Question => Self::Question,
            Primary::Praise | Primary::Noise => Self::Praise,
        }
    }
}

words!(
    /// What a case was dismissed as: a person's word, from which `watch suggest` learns.
    Dismissal {
        /// About us, and needs no answer.
        NoAnswer => "no-answer",
        /// Somebody or something else of that name.
        NotUs => "not-us",
        /// Advertising, copied text, a machine.
        Spam => "spam",
    }
);

/// One author's matter with one watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its name.
    pub id: CaseId,
    /// Key of the watch.
    pub watch: String,
    /// The place.
    pub network: Network,
    /// The author's handle.
    pub author: String,
    /// What it is about.
    pub matter: Matter,
    /// Where it stands.
    pub state: CaseState,
    /// The highest priority seen in it.
    pub priority: Priority,
    /// When its first mention was decided.
    pub opened: Timestamp,
    /// When its last mention was decided or its state changed.
    pub touched: Timestamp,
    /// By when it should be answered.
    pub answer_by: Option<Timestamp>,
    /// Who took it.
    pub taken_by: Option<String>,
    /// How many mentions it holds.
    pub mentions: u32,
    /// What it was dismissed as, once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dismissed: Option<Dismissal>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_never_goes_back() {
        for &from in CaseState::ALL {
            for &to in CaseState::ALL {
                if from.may_become(to) {
                    assert!(from.is_live() && to > from, "{from} to {to}");
                    assert!(!to.may_become(from), "{to} back to {from}");
                }
            }
        }
        assert!(CaseState::Open.may_become(CaseState::Dismissed));
        assert!(!CaseState::Answered.may_become(CaseState::Dismissed));
    }
}
