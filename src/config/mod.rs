//! Reads the file: positions, secrets, every mistake at once with a caret.
//!
//! Two steps: spanned TOML first, then each section by its kind's list of
//! [`Field`]s. This room knows no particular feed and no particular notifier:
//! their fields arrive as data ([`Kinds`]) from the lists in `feed` and `notify`.

mod address;
mod brand;
mod diagnostic;
pub mod environment;
mod feeds;
mod field;
mod hours;
mod kinds;
mod load;
mod mask;
mod notifiers;
mod parse;
mod parts;
mod read;
mod reference;
mod routes;
mod rules;
mod sample;
mod schema;
mod secret;
mod section;
mod settings;
mod syntax;
mod terms;
mod value;
mod watches;

use std::collections::BTreeMap;

pub use diagnostic::{Diagnostic, Diagnostics, Source};
pub use feeds::{FeedSection, Silence};
pub use field::{FEED_FIELDS, Field, Form, NOTIFIER_FIELDS};
pub use hours::Hours;
pub use kinds::{Kind, Kinds};
pub use notifiers::NotifierSection;
pub use parts::{PARTS, Part, Shape, VERSION};
pub use reference::reference;
pub use routes::{Escalation, Fold, FoldBy, RouteSection, When};
pub use rules::{MatchText, RuleSection, RuleTest};
pub use secret::{Ambient, Given, Secret, SecretRef, Secrets, StandIns};
pub use section::Section;
pub use settings::{LogFormat, LogSettings, NetSettings, PrivacySettings, ReplySettings, StoreSettings, WebSettings};
pub use terms::STOP_WORDS;
pub use value::duration;

use crate::domain::{Brand, Watch};

/// A whole configuration, checked; every reference in it resolves.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file, for messages that come later: `source.report(errors, warnings)`.
    pub source: Source,
    /// What to listen for, with rivals resolved, in the order of the file.
    pub watches: Vec<Watch>,
    /// The `[rivals.*]` by id.
    pub rivals: BTreeMap<String, Brand>,
    /// Where to listen.
    pub feeds: Vec<FeedSection>,
    /// How to reach people.
    pub notifiers: Vec<NotifierSection>,
    /// Who hears of what; empty leaves it to the engine.
    pub routes: Vec<RouteSection>,
    /// Rules of one's own.
    pub rules: Vec<RuleSection>,
    /// When people are there.
    pub hours: Hours,
    /// `[reply]`.
    pub reply: ReplySettings,
    /// `[store]`.
    pub store: StoreSettings,
    /// `[privacy]`.
    pub privacy: PrivacySettings,
    /// `[net]`.
    pub net: NetSettings,
    /// `[log]`.
    pub log: LogSettings,
    /// `[web]`.
    pub web: WebSettings,
}
