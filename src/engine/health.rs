//! How each part is doing, for people, health routes and systemd.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// How one feed is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FeedHealth {
    /// Whether its last call succeeded; `None` before the first one ended.
    pub ok: Option<bool>,
    /// Why not, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How long it has brought nothing although it answers, when that is too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<String>,
    /// The part of it that is not heard, with the reason, when the rest is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// When a call last succeeded.
    pub last_ok: Option<Timestamp>,
    /// When it last heard a post, whether it named anybody or not.
    pub last_post: Option<Timestamp>,
}

impl FeedHealth {
    /// Whether all of it is heard, or it has not been asked yet.
    fn is_well(&self) -> bool {
        self.hears() && self.missed.is_none()
    }

    /// Whether it is heard, or has not been asked yet.
    pub fn hears(&self) -> bool {
        self.ok != Some(false) && self.silent.is_none()
    }
}

/// What the health route answers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Standing {
    /// `ok`, `degraded` or `stopping`.
    pub status: &'static str,
    /// Why the store does not answer; `None` when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Each feed.
    pub feeds: BTreeMap<String, FeedHealth>,
    /// Notifiers that were given up, with the reason.
    pub disabled: BTreeMap<String, String>,
    /// The mistakes of the last configuration that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reload: Option<String>,
}

#[derive(Debug, Default)]
struct Inner {
    ready: bool,
    stopping: bool,
    standing: Standing,
}

/// The way in which something went wrong: what stands before the first colon.
fn way(why: &str) -> &str {
    why.split(':').next().unwrap_or_default()
}

/// The shared picture; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<Inner>>);

impl Health {
    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Starts over with these feeds: a new plan.
    pub(super) fn expect(&self, feeds: impl Iterator<Item = String>) {
        self.with(|inner| {
            let old = std::mem::take(&mut inner.standing.feeds);
            inner.standing.feeds = feeds.map(|name| (name.clone(), old.get(&name).cloned().unwrap_or_default())).collect();
            inner.standing.disabled.clear();
            inner.ready = true;
        });
    }

    /// Notes a call that succeeded; says whether it had failed before.
    pub(super) fn feed_ok(&self, feed: &str, heard: bool, now: Timestamp) -> bool {
        self.with(|inner| {
            let health = inner.standing.feeds.entry(feed.to_owned()).or_default();
            let recovered = health.ok == Some(false);
            if health.ok != Some(true) {
                health.since = Some(now);
            }
            health.ok = Some(true);
            health.why = None;
            health.last_ok = Some(now);
            if heard {
                health.last_post = Some(now);
            }
            recovered
        })
    }

    /// Notes a call that failed; says whether that is news: it went well before, or it failed in another way.
    ///
    /// The way stands before the first colon; what follows (a host of a list, a byte count) may change from call to call.
    pub(super) fn feed_failed(&self, feed: &str, why: &str, now: Timestamp) -> bool {
        self.with(|inner| {
            let health = inner.standing.feeds.entry(feed.to_owned()).or_default();
            let news = health.ok != Some(false) || health.why.as_deref().map(way) != Some(way(why));
            if health.ok != Some(false) {
                health.since = Some(now);
            }
            health.ok = Some(false);
            health.missed = None;
            health.why = Some(why.to_owned());
            news
        })
    }

    /// Notes the part of a feed that is not heard; says whether that is news: all of it was heard before, or it is another part.
    pub(super) fn feed_missed(&self, feed: &str, missed: Option<String>) -> bool {
        self.with(|inner| {
            let health = inner.standing.feeds.entry(feed.to_owned()).or_default();
            let news = health.missed.as_deref().map(way) != missed.as_deref().map(way);
            health.missed = missed;
            news
        })
    }

    /// Notes whether a feed is silent for too long; says whether that is news.
    pub(super) fn feed_silent(&self, feed: &str, silent: Option<String>) -> bool {
        self.with(|inner| {
            let health = inner.standing.feeds.entry(feed.to_owned()).or_default();
            let news = health.silent.is_some() != silent.is_some();
            health.silent = silent;
            news
        })
    }

    /// Gives one feed's health.
    pub fn feed(&self, feed: &str) -> FeedHealth {
        self.with(|inner| inner.standing.feeds.get(feed).cloned().unwrap_or_default())
    }

    /// Notes whether the store answers; says whether that is news.
    pub(super) fn store(&self, why: Option<String>) -> bool {
        self.with(|inner| {
            let news = inner.standing.store.is_some() != why.is_some();
            inner.standing.store = why;
            news
        })
    }

    /// Notes a notifier that is given up; says whether that is news.
    pub(super) fn disable(&self, notifier: &str, why: &str) -> bool {
        self.with(|inner| inner.standing.disabled.insert(notifier.to_owned(), why.to_owned()).is_none())
    }

    /// Says why a notifier was given up, if it was.
    pub(super) fn disabled(&self, notifier: &str) -> Option<String> {
        self.with(|inner| inner.standing.disabled.get(notifier).cloned())
    }

    /// Notes what became of the last reload.
    pub(super) fn reload(&self, mistakes: Option<String>) {
        self.with(|inner| inner.standing.reload = mistakes);
    }

    /// Notes that the house is going down.
    pub(super) fn stopping(&self) {
        self.with(|inner| inner.stopping = true);
    }

    /// Whether posts can be taken in now.
    pub fn ready(&self) -> bool {
        self.with(|inner| inner.ready && !inner.stopping && inner.standing.store.is_none())
    }

    /// Gives the whole picture.
    pub fn standing(&self) -> Standing {
        self.with(|inner| {
            let standing = &inner.standing;
            let well = standing.store.is_none()
                && standing.disabled.is_empty()
                && standing.reload.is_none()
                && standing.feeds.values().all(FeedHealth::is_well);
            let status = if inner.stopping {
                "stopping"
            } else if well {
                "ok"
            } else {
                "degraded"
            };
            Standing { status, ..standing.clone() }
        })
    }
}
