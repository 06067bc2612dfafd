//! The content a human receives.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AlertId, CaseId, Hearing, Mention, MentionId, Priority, Reason};

/// The proposed answer; a human sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The words.
    pub text: String,
    /// Its length as the network counts it, in characters.
    pub chars: usize,
    /// The most the network takes, in characters; `None` where it sets no limit.
    pub limit: Option<usize>,
    /// Keys of the facts it states, such as `facts.export_url`.
    pub facts: Vec<String>,
    /// What a person should look at before sending.
    pub lint: Vec<String>,
}

/// When each thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// When the author says it was written.
    pub posted: Option<Timestamp>,
    /// When we heard it.
    pub seen: Timestamp,
    /// When triage decided.
    pub decided: Timestamp,
    /// When this attempt is sent; `None` before.
    pub sent: Option<Timestamp>,
}

/// What we know of the author from our own store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Mentions of this watch by this author before this one.
    pub mentions_before: u32,
    /// Customer since, when a lookup says so.
    pub customer_since: Option<String>,
}

/// One further mention that is folded into a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoldedLine {
    /// Its alert.
    pub alert: AlertId,
    /// Its first line.
    pub headline: String,
    /// Its page.
    pub url: Option<String>,
    /// Its words, cut to one line.
    pub text: String,
}

/// An alert about one mention, seen from one watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MentionAlert {
    /// Its name.
    pub id: AlertId,
    /// The stored mention.
    pub mention_id: MentionId,
    /// The case it belongs to.
    pub case: CaseId,
    /// Key of the watch in the configuration.
    pub watch: String,
    /// Name of the brand.
    pub watch_name: String,
    /// Name of the feed in the configuration.
    pub feed: String,
    /// The post.
    pub mention: Mention,
    /// What was heard.
    pub hearing: Hearing,
    /// How soon.
    pub priority: Priority,
    /// Why this is an alert.
    pub reason: Reason,
    /// By when a human should have answered.
    pub answer_by: Option<Timestamp>,
    /// The proposed answer.
    pub draft: Option<Draft>,
    /// What we know of the author.
    pub history: History,
    /// When each thing happened.
    pub times: Times,
    /// Further alerts on the same card, when a burst or a route folds them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<FoldedLine>,
}

/// An alert about courtier itself: a feed went deaf, a receiver is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Its name.
    pub id: AlertId,
    /// The feed or notifier it is about.
    pub about: String,
    /// What happened, in one line without secrets.
    pub what: String,
    /// What a person can do.
    pub hint: String,
    /// When.
    pub at: Timestamp,
    /// When this attempt is sent; `None` before.
    #[serde(default)]
    pub sent: Option<Timestamp>,
}

/// What a notifier is asked to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Alert {
    /// About a mention.
    Mention(Box<MentionAlert>),
    /// About courtier itself.
    Health(Health),
}

impl Alert {
    /// Gives its name.
    pub fn id(&self) -> AlertId {
        match self {
            Self::Mention(alert) => alert.id,
            Self::Health(health) => health.id,
        }
    }

    /// Says when this attempt is sent.
    pub fn sent_at(&mut self, now: Timestamp) {
        match self {
            Self::Mention(alert) => alert.times.sent = Some(now),
            Self::Health(health) => health.sent = Some(now),
        }
    }
}
