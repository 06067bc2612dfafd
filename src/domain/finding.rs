//! What a rule found, with the exact words, and what they add up to.

use serde::{Deserialize, Serialize};

use super::signal::words;
use super::{Primary, Signal, Stance, Status, Why};

words!(
    /// What a marked piece of text is to the finding.
    Role {
        /// The words that carry the signal.
        Cue => "cue",
        /// The brand that is left.
        Left => "left",
        /// The brand that is joined.
        Joined => "joined",
        /// Why.
        Reason => "reason",
        /// Emotion words, shown and never counted.
        Emotion => "emotion",
        /// Words that lowered or turned the finding.
        Against => "against",
    }
);

words!(
    /// What changed or lowered a finding; shown in the explanation, never a silent drop.
    Attribute {
        /// "not switching".
        Negated => "negated",
        /// "years ago".
        Past => "past",
        /// "would have switched".
        Hypothetical => "hypothetical",
        /// "if this is not fixed".
        Conditional => "conditional",
        /// Somebody else does it: friends, news.
        Reported => "reported",
        /// Tells others to do it.
        Advice => "advice",
        /// Asks whether to.
        Asked => "asked",
        /// Seats, plans, devices, accounts changed inside one brand.
        InsideBrand => "inside-brand",
        /// Says the opposite of what it means.
        Ironic => "ironic",
        /// A newcomer who is already unhappy.
        Unhappy => "unhappy",
        /// Tried to come and could not.
        Failed => "failed",
        /// Told of a rival, not of us: trouble with the one whom the author leaves, kind words for another.
        AboutRival => "about-rival",
        /// Heard by a rule in shadow mode: recorded and counted, and no reason for anything.
        Shadow => "shadow",
        /// The rule, one of the user's own, asks for an answer within minutes.
        Urgent => "urgent",
        /// The rule, one of the user's own, asks for an answer within the working day.
        Today => "today",
    }
);

impl Attribute {
    /// Whether it says what a rule wishes, and nothing against the finding.
    pub fn is_wish(self) -> bool {
        matches!(self, Self::Urgent | Self::Today)
    }
}

/// Exact words of the post: byte offsets into the mention's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The words themselves: always `text[start..end]`.
    pub text: String,
    /// What they are to the finding.
    pub role: Role,
}

/// One rule, what it heard and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the rule, such as `switch.from-to`.
    pub rule: String,
    /// What it hears.
    pub signal: Signal,
    /// How sure the rule is, above 0 and at most 1. Orders explanations; never a person's worth.
    pub score: f32,
    /// The words.
    pub evidence: Vec<Evidence>,
    /// What lowered or turned it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// Who leaves whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// The brand that is left: a known name, else the words as they stand; `None` when nothing is named.
    pub left: Option<String>,
    /// The brand that is joined, likewise.
    pub joined: Option<String>,
    /// How far it has come.
    pub status: Status,
    /// Seen from the watch.
    pub stance: Stance,
    /// Why, where it is said.
    pub reason: Option<Why>,
}

/// Everything heard in one mention for one watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hearing {
    /// The one word for it.
    pub primary: Primary,
    /// Whether the author wants an answer to a question; independent of `primary`.
    pub asks: bool,
    /// Language as a two-letter code: the network's tag first, then detection; `None` when unknown.
    pub lang: Option<String>,
    /// Who leaves whom, when somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switch: Option<Switch>,
    /// What was found, the strongest first; lowered ones included, with their attributes.
    pub findings: Vec<Finding>,
}

impl Hearing {
    /// Whether some finding carries this attribute.
    pub fn has(&self, attribute: Attribute) -> bool {
        self.findings.iter().any(|finding| finding.attributes.contains(&attribute))
    }

    /// Whether some rule heard this signal and nothing negated it; what is told of a rival and rules in shadow mode do not count.
    pub fn hears(&self, signal: Signal) -> bool {
        let silent = [Attribute::Negated, Attribute::AboutRival, Attribute::Shadow];
        self.findings.iter().any(|finding| finding.signal == signal && !finding.attributes.iter().any(|one| silent.contains(one)))
    }

    /// Takes away what rules in shadow mode heard: no human is to see it.
    pub fn drop_shadows(&mut self) {
        self.findings.retain(|finding| !finding.attributes.contains(&Attribute::Shadow));
    }
}
