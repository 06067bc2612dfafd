//! One file per way to reach people.
//!
//! A notifier sends once and says what happened; when to try again, for how
//! long and under which rate is the engine's business. Adding a notifier costs
//! one file, two lines here and one folder in `fixtures/notify/`.

pub mod card;
pub mod escape;
pub mod marked;
pub mod slack;
pub mod status;
mod target;
pub mod terminal;
pub mod webhook;

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{Diagnostic, Field, Section};
use crate::domain::{Alert, Receipt};
use crate::net::Client;

/// Why an attempt failed; each variant is what the engine does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Try again later, under the same key.
    #[error("{why}")]
    Retry {
        /// How long the receiver wants us to wait, when it says so.
        after: Option<Duration>,
        /// What happened, without secrets.
        why: String,
    },
    /// This alert will never be taken: a dead letter. The next one may pass.
    #[error("{why}")]
    Refused {
        /// What happened, without secrets.
        why: String,
    },
    /// The receiver is gone for good (410, revoked hook): stop sending there and tell a person.
    #[error("{why}")]
    Gone {
        /// What happened, without secrets.
        why: String,
    },
}

/// How often a receiver may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls allowed ...
    pub calls: NonZeroU32,
    /// ... in this time.
    pub per: Duration,
}

/// Sends alerts to one receiver.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Sends once. `key` is the same for every attempt of one delivery.
    async fn send(&self, alert: &Alert, key: &str) -> Result<Receipt, SendError>;

    /// Proves credential and reach without sending anything that a person would see; says what it found.
    async fn probe(&self, now: Timestamp) -> Result<String, SendError>;

    /// The receiver's published limit.
    fn rate(&self) -> Rate;

    /// From how many waiting alerts on a burst becomes one card that counts and lists all; `None` sends each alone.
    fn folds_from(&self) -> Option<usize> {
        None
    }
}

/// What a notifier is built with, beside its own section.
#[derive(Clone)]
pub struct Outside {
    /// The only door out.
    pub client: Client,
    /// The zone in which times of day are shown.
    pub zone: TimeZone,
}

/// Builds a notifier from its section, or says everything that is wrong with it.
pub type Build = fn(&Section, &Outside) -> Result<Box<dyn Notifier>, Vec<Diagnostic>>;

/// One kind of notifier: what `type = "..."` names.
pub struct NotifierKind {
    /// The word in the configuration and in JSON.
    pub name: &'static str,
    /// One line for tables.
    pub summary: &'static str,
    /// Commented TOML of a section, shown by `init`, `notifiers` and the docs; parsed by a test.
    pub sample: &'static str,
    /// The keys of a section beside `type` and those of [`crate::config::NOTIFIER_FIELDS`].
    pub fields: &'static [Field],
    /// Whether a burst becomes one card: what [`Notifier::folds_from`] says, for commands that build no notifier.
    pub folds: bool,
    /// Builds the notifier; does no IO.
    pub build: Build,
    /// Writes the exact body that `send` would send, for fixtures and for people who want to see it.
    pub render: fn(&Alert, &str, &TimeZone) -> String,
}

impl std::fmt::Debug for NotifierKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotifierKind").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every kind of notifier, in the order of the documentation.
pub const NOTIFIERS: &[&NotifierKind] = &[&terminal::KIND, &slack::KIND, &webhook::KIND];

/// Finds a kind by its name.
pub fn kind(name: &str) -> Option<&'static NotifierKind> {
    NOTIFIERS.iter().copied().find(|kind| kind.name == name)
}
