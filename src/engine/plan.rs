//! What the house runs: everything built from one configuration.
//!
//! A plan is built whole or not at all; a reload builds a new one beside the
//! running one and swaps only when nothing is wrong with it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::retention::Keep;
use crate::config::{Config, LogSettings, NetSettings, Silence, WebSettings};
use crate::detect::{Detector, Heard, Outcome, Scratch};
use crate::domain::{Account, Decision, Draft, Hearing, Mention, MentionId, Network, Primary, Watch};
use crate::feed::Feed;
use crate::notify::Notifier;
use crate::triage::Routing;

/// Drafts the answer to a mention for one watch.
pub type Drafter = Arc<dyn Fn(&Mention, &Hearing, &Watch, MentionId) -> Option<Draft> + Send + Sync>;
/// Says when the desk opens next; `None` while it is staffed.
pub type Opens = Arc<dyn Fn(Timestamp) -> Option<Timestamp> + Send + Sync>;

/// One feed, ready to be asked.
#[derive(Clone)]
pub struct PlannedFeed {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// The network whose ids it brings.
    pub network: Network,
    /// The translator.
    pub feed: Arc<dyn Feed>,
    /// Only these watches, by index; empty for all.
    pub watches: Vec<usize>,
    /// When it is called deaf although it answers.
    pub silence: Silence,
}

/// One notifier, ready to send.
#[derive(Clone)]
pub struct PlannedNotifier {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// The sender.
    pub notifier: Arc<dyn Notifier>,
    /// The notifier that takes over when this one gives up.
    pub fallback: Option<String>,
    /// How long one alert is tried.
    pub give_up: Duration,
}

/// Fits a decision to its notifiers: what cannot fold is sent at once, each alone.
pub(super) fn fit(decision: &mut Decision, now: Timestamp, folds: impl Fn(&str) -> bool) {
    for planned in &mut decision.deliveries {
        if !folds(&planned.notifier) && planned.fold.take().is_some() {
            planned.due = now;
        }
    }
}

/// What is read when the daemon starts and never again: a reload leaves it as it is, and says so.
#[derive(Clone, Default)]
pub struct AtStart {
    net: NetSettings,
    log: LogSettings,
    web: WebSettings,
    store: (Option<PathBuf>, Option<u64>),
}

impl AtStart {
    /// Takes it out of a configuration.
    pub(super) fn of(config: &Config) -> Self {
        let store = (config.store.path.clone(), config.store.max_size);
        Self { net: config.net.clone(), log: config.log.clone(), web: config.web, store }
    }

    /// Names the sections that another configuration would change.
    pub(super) fn changed(&self, next: &Self) -> Vec<&'static str> {
        let same = [
            ("[net]", self.net == next.net),
            ("[log]", self.log == next.log),
            ("[web]", self.web == next.web),
            ("[store]", self.store == next.store),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(section, _)| section).collect()
    }
}

/// Everything built from one configuration.
#[derive(Clone)]
pub struct Plan {
    /// What we look for.
    pub watches: Arc<[Watch]>,
    /// All terms and rules.
    pub detector: Arc<Detector>,
    /// The feeds.
    pub feeds: Vec<PlannedFeed>,
    /// The notifiers.
    pub notifiers: Vec<PlannedNotifier>,
    /// Who hears what.
    pub routing: Arc<Routing>,
    /// When the desk is staffed.
    pub opens: Opens,
    /// Drafts answers.
    pub drafter: Drafter,
    /// How long what strangers wrote is kept.
    pub keep: Keep,
    /// The zone in which times of day are shown.
    pub zone: TimeZone,
    /// On a feed's first run, read posts back to this moment.
    pub backfill: Option<Timestamp>,
    /// What only a start changes.
    pub at_start: AtStart,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let feeds: Vec<&str> = self.feeds.iter().map(|feed| &*feed.name).collect();
        let notifiers: Vec<&str> = self.notifiers.iter().map(|notifier| &*notifier.name).collect();
        f.debug_struct("Plan").field("feeds", &feeds).field("notifiers", &notifiers).finish_non_exhaustive()
    }
}

impl Plan {
    /// Whether one of our own accounts of any watch wrote it.
    pub fn is_own(&self, mention: &Mention) -> bool {
        self.watches.iter().any(|watch| crate::triage::is_own(&watch.own, mention))
    }

    /// Hears a mention for the watches that its feed listens for, by index; none means all.
    pub fn hear(&self, mention: &Mention, watches: &[usize], scratch: &mut Scratch) -> Vec<Heard> {
        let mut heard = self.detector.hear(mention, scratch);
        if !watches.is_empty() {
            heard.retain(|one| watches.contains(&one.watch));
        }
        heard
    }

    /// An own account's post counts for its watch even where it names nothing: it may answer a case.
    pub fn own_words(&self, mention: &Mention) -> Vec<Heard> {
        let silent = || Hearing { primary: Primary::Noise, asks: false, lang: None, switch: None, findings: Vec::new() };
        let own = |(watch, of): (usize, &Watch)| {
            crate::triage::is_own(&of.own, mention).then(|| Heard { watch, outcome: Outcome::Named(silent()) })
        };
        self.watches.iter().enumerate().filter_map(own).collect()
    }

    /// Every own account of every watch.
    pub fn own_accounts(watches: &[Watch]) -> Arc<[Account]> {
        watches.iter().flat_map(|watch| watch.own.iter().cloned()).collect()
    }
}
